//! An endpoint on a UDP socket: the driver of the two commands.

use std::net::SocketAddr;
use std::time::Duration;

use limpid_dtls::{Endpoint, Error};
use limpid_sansio::{Instant, Machine};
use tokio::net::UdpSocket;

/// Milliseconds that a program's clock can show.
#[derive(Copy, Clone, Debug)]
pub(super) struct Clock(tokio::time::Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Clock(tokio::time::Instant::now())
    }

    pub(super) fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// How long until a deadline; a long time where there is none.
    pub(super) fn until(&self, deadline: Option<Instant>) -> Duration {
        deadline.map_or(Duration::from_secs(3600), |at| at.since(self.now()))
    }
}

/// Sends all that an endpoint has to say.
pub(super) async fn flush(endpoint: &mut Endpoint, now: Instant, socket: &UdpSocket, to: SocketAddr) {
    let mut out = Vec::new();
    while endpoint.poll_transmit(now, &mut out).is_some() {
        // What can not be sent is lost, as datagrams may be: the flight is repeated.
        let _ = socket.send_to(&out, to).await;
        out.clear();
    }
}

/// Feeds a datagram, record by record; `each` gets the application data.
pub(super) fn feed(
    endpoint: &mut Endpoint,
    now: Instant,
    datagram: &mut [u8],
    mut each: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let mut rest = datagram;
    while !rest.is_empty() {
        let opened = endpoint.handle_input(now, rest)?;
        if let Some(plaintext) = opened.plaintext {
            each(plaintext);
        }
        rest = opened.rest;
    }
    Ok(())
}

/// One record of application data, in a datagram of its own.
pub(super) async fn say(endpoint: &mut Endpoint, socket: &UdpSocket, to: SocketAddr, text: &[u8]) {
    let mut out = Vec::new();
    let record = endpoint.begin(&mut out);
    out.extend_from_slice(text);
    if endpoint.seal(&mut out, record) > 0 {
        let _ = socket.send_to(&out, to).await;
    }
}
