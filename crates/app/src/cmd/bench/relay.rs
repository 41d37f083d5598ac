//! A link between two UDP sockets that is as slow, long and lossy as one likes.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use limpid_crypto::Random;

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
///
/// It has threads of its own: a timer of the runtime rounds up to its next millisecond, which makes a link longer than asked.
#[derive(Debug)]
pub(crate) struct Relay {
    /// What the left side sends to.
    pub facing_left: SocketAddr,
    /// What the right side sends to.
    pub facing_right: SocketAddr,
    is_down: Arc<AtomicBool>,
}

impl Relay {
    /// Links two addresses of this machine.
    pub(crate) fn between(left: SocketAddr, right: SocketAddr, link: Link) -> io::Result<Relay> {
        let (near, far) = (Arc::new(bind(left)?), Arc::new(bind(right)?));
        let (facing_left, facing_right) = (near.local_addr()?, far.local_addr()?);
        let is_down = Arc::new(AtomicBool::new(false));
        for (from, to, target) in [(near.clone(), far.clone(), right), (far, near, left)] {
            let (enter, leave) = mpsc::channel();
            let is_down = is_down.clone();
            let chance = Random::from_seed(limpid_crypto::ring::provider().seed());
            std::thread::spawn(move || accept(&from, link, chance, &enter, &is_down));
            std::thread::spawn(move || deliver(&leave, &to, target));
        }
        Ok(Relay { facing_left, facing_right, is_down })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.is_down.store(true, Ordering::Relaxed);
    }
}

/// How often a thread that waits for datagrams looks whether the link is down.
const LOOK: Duration = Duration::from_millis(100);

fn bind(like: SocketAddr) -> io::Result<UdpSocket> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(like), socket2::Type::DGRAM, None)?;
    socket.set_read_timeout(Some(LOOK))?;
    // As much as the system gives: what is lost here would not be the link's doing.
    let _ = socket.set_recv_buffer_size(8 << 20);
    let _ = socket.set_send_buffer_size(8 << 20);
    socket.bind(&SocketAddr::new(like.ip(), 0).into())?;
    Ok(socket.into())
}

/// A datagram on the link, and when it arrives.
type UnderWay = (Instant, Vec<u8>);

/// The near end of one way: what comes in and is not lost goes on the link.
fn accept(
    from: &UdpSocket,
    link: Link,
    mut chance: Random,
    enter: &mpsc::Sender<UnderWay>,
    is_down: &AtomicBool,
) {
    let mut is_free_at = Instant::now();
    let mut buffer = vec![0; 65_536];
    while !is_down.load(Ordering::Relaxed) {
        let Ok(len) = from.recv(&mut buffer) else { continue };
        let arrives = schedule(Instant::now(), &mut is_free_at, len, link, &mut chance);
        if let Some(arrives) = arrives
            && enter.send((arrives, buffer[..len].to_vec())).is_err()
        {
            break;
        }
    }
}

/// The far end: datagrams arrive in the order in which they came.
fn deliver(leave: &Receiver<UnderWay>, to: &UdpSocket, target: SocketAddr) {
    for (arrives, bytes) in leave {
        std::thread::sleep(arrives.saturating_duration_since(Instant::now()));
        let _ = to.send_to(&bytes, target);
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
