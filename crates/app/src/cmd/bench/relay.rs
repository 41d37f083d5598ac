//! A link between two UDP sockets that is as slow, long and lossy as one likes.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use limpid_crypto::Random;
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// What the link does to each datagram, each way.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Link {
    /// How long one way is.
    pub delay: Duration,
    /// Which part of the datagrams is lost, from 0 to 1.
    pub loss: f64,
    /// Bits a second; 0: any number.
    pub rate: f64,
    /// How much may wait for the link, in time; what comes then is lost.
    pub queue: Duration,
}

/// Two sockets with a link between them. Dropping it takes the link down.
#[derive(Debug)]
pub(crate) struct Relay {
    /// What the left side sends to.
    pub facing_left: SocketAddr,
    /// What the right side sends to.
    pub facing_right: SocketAddr,
    ways: [tokio::task::JoinHandle<()>; 2],
}

impl Relay {
    /// Links two addresses of this machine.
    pub(crate) fn between(left: SocketAddr, right: SocketAddr, link: Link) -> io::Result<Relay> {
        let (near, far) = (Arc::new(bind(left)?), Arc::new(bind(right)?));
        Ok(Relay {
            facing_left: near.local_addr()?,
            facing_right: far.local_addr()?,
            ways: [
                tokio::spawn(carry(near.clone(), far.clone(), right, link, 1)),
                tokio::spawn(carry(far, near, left, link, 2)),
            ],
        })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.ways.iter().for_each(|way| way.abort());
    }
}

fn bind(like: SocketAddr) -> io::Result<UdpSocket> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(like), socket2::Type::DGRAM, None)?;
    socket.set_nonblocking(true)?;
    // As much as the system gives: what is lost here would not be the link's doing.
    let _ = socket.set_recv_buffer_size(8 << 20);
    let _ = socket.set_send_buffer_size(8 << 20);
    socket.bind(&SocketAddr::new(like.ip(), 0).into())?;
    UdpSocket::from_std(socket.into())
}

/// One way: receives from one side, and sends to the other when the link has carried it there.
async fn carry(from: Arc<UdpSocket>, to: Arc<UdpSocket>, target: SocketAddr, link: Link, way: u8) {
    let mut chance = Random::from_seed([way; 32]);
    let mut is_free_at = Instant::now();
    let mut under_way: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    let mut buffer = vec![0; 65_536];
    loop {
        let due = under_way.front().map(|(due, _)| *due);
        let received = tokio::select! {
            received = from.recv(&mut buffer) => received.ok(),
            () = sleep_until(due) => None,
        };
        let now = Instant::now();
        if let Some(len) = received
            && let Some(arrives) = schedule(now, &mut is_free_at, len, link, &mut chance)
        {
            under_way.push_back((arrives, buffer[..len].to_vec()));
        }
        while under_way.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, bytes)) = under_way.pop_front() {
                let _ = to.send_to(&bytes, target).await;
            }
        }
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// When a datagram arrives; `None`: never.
fn schedule(
    now: Instant,
    is_free_at: &mut Instant,
    len: usize,
    link: Link,
    chance: &mut Random,
) -> Option<Instant> {
    let is_lost = f64::from(chance.u32()) / f64::from(u32::MAX) < link.loss;
    let starts = (*is_free_at).max(now);
    if is_lost || starts - now > link.queue {
        return None;
    }
    let takes = if link.rate > 0.0 { len as f64 * 8.0 / link.rate } else { 0.0 };
    *is_free_at = starts + Duration::from_secs_f64(takes);
    Some(*is_free_at + link.delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_spaces_datagrams_and_a_full_queue_loses_them() {
        let start = Instant::now();
        let (mut free, mut chance) = (start, Random::from_seed([1; 32]));
        let link =
            Link { delay: Duration::from_millis(25), loss: 0.0, rate: 8e6, queue: Duration::from_millis(10) };
        let arrivals: Vec<_> = (0..15).map(|_| schedule(start, &mut free, 1000, link, &mut chance)).collect();
        assert_eq!(arrivals[0], Some(start + Duration::from_millis(26)));
        assert_eq!(arrivals[10], Some(start + Duration::from_millis(36)));
        assert!(arrivals[11..].iter().all(Option::is_none));
    }

    #[test]
    fn one_in_ten_is_lost_when_asked() {
        let start = Instant::now();
        let (mut free, mut chance) = (start, Random::from_seed([1; 32]));
        let link = Link { delay: Duration::ZERO, loss: 0.1, rate: 0.0, queue: Duration::from_secs(1) };
        let lost = (0..10_000).filter(|_| schedule(start, &mut free, 1, link, &mut chance).is_none()).count();
        assert!((900..1100).contains(&lost), "{lost}");
    }
}
