//! One direction of a link: delay, jitter, loss, bursts of loss, reordering, duplicates, a rate with a queue, an MTU.

use core::fmt;
use core::time::Duration;

use limpid_sansio::Instant;

use crate::packet::DropCause;
use crate::random::Random;

/// What a link does to packets. The default is perfect: no delay, no loss, no limit but an MTU of 1500.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Link {
    /// The time that every packet takes.
    pub delay: Duration,
    /// Up to this much more, evenly spread. Keeps the order: a packet never overtakes another because of jitter alone.
    pub jitter: Duration,
    /// Probability (0 to 1) that a packet is lost, each on its own.
    pub loss: f64,
    /// Losses that come in bursts.
    pub burst: Option<Burst>,
    /// Probability (0 to 1) that a packet is held back by `reorder_by`, so that later ones overtake it.
    pub reorder: f64,
    /// How long a reordered packet is held back.
    pub reorder_by: Duration,
    /// Probability (0 to 1) that a packet arrives twice.
    pub duplicate: f64,
    /// Bits per second on the wire, IP and UDP headers counted; `None`: as fast as you like.
    pub rate: Option<u64>,
    /// Bytes that may wait before a link with a `rate`; more are dropped (drop-tail).
    pub queue: usize,
    /// The largest IP packet, in bytes; larger ones vanish, as on paths that do not fragment.
    pub mtu: usize,
}

impl Default for Link {
    fn default() -> Self {
        Link {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            burst: None,
            reorder: 0.0,
            reorder_by: Duration::from_millis(10),
            duplicate: 0.0,
            rate: None,
            queue: 256 * 1024,
            mtu: 1500,
        }
    }
}

impl Link {
    /// A perfect link that takes this long.
    pub fn with_delay(delay: Duration) -> Self {
        Link { delay, ..Link::default() }
    }

    /// The same in milliseconds.
    pub fn millis(delay: u64) -> Self {
        Link::with_delay(Duration::from_millis(delay))
    }

    /// Loses this part (0 to 1) of the packets, each on its own.
    pub fn loss(self, loss: f64) -> Self {
        Link { loss, ..self }
    }

    /// Loses packets in bursts.
    pub fn burst(self, burst: Burst) -> Self {
        Link { burst: Some(burst), ..self }
    }

    /// Up to this much more delay, in order.
    pub fn jitter(self, jitter: Duration) -> Self {
        Link { jitter, ..self }
    }

    /// Holds this part (0 to 1) of the packets back for `by`.
    pub fn reorder(self, reorder: f64, by: Duration) -> Self {
        Link { reorder, reorder_by: by, ..self }
    }

    /// Delivers this part (0 to 1) of the packets twice.
    pub fn duplicate(self, duplicate: f64) -> Self {
        Link { duplicate, ..self }
    }

    /// Carries at most `bits` a second, with `queue` bytes waiting.
    pub fn rate(self, bits: u64, queue: usize) -> Self {
        Link { rate: Some(bits), queue, ..self }
    }

    /// Carries IP packets of at most `mtu` bytes.
    pub fn mtu(self, mtu: usize) -> Self {
        Link { mtu, ..self }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} +{:?} loss {}%", self.delay, self.jitter, self.loss * 100.0)?;
        if let Some(burst) = self.burst {
            write!(f, " bursts of {:.0}", 1.0 / burst.leave.max(f64::MIN_POSITIVE))?;
        }
        write!(f, " reorder {}% twice {}%", self.reorder * 100.0, self.duplicate * 100.0)?;
        match self.rate {
            Some(rate) => write!(f, " {rate} bit/s queue {}", self.queue),
            None => Ok(()),
        }
    }
}

/// Gilbert and Elliott's model: a link is good or bad, and changes between the two by chance at each packet.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Burst {
    /// Probability at each packet that a good link turns bad.
    pub enter: f64,
    /// Probability at each packet that a bad link turns good: its inverse is the mean length of a burst, in packets.
    pub leave: f64,
    /// Probability that a packet is lost while the link is bad.
    pub loss: f64,
}

impl Burst {
    /// Everything is lost while the link is bad; on the long run `loss` (0 to 1, exclusive) of all packets, in bursts of
    /// `length` packets on average.
    pub fn of(loss: f64, length: f64) -> Self {
        let leave = 1.0 / length.max(1.0);
        Burst { enter: (loss * leave / (1.0 - loss)).min(1.0), leave, loss: 1.0 }
    }
}

/// When the copies of a packet arrive.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Arrivals {
    /// The packet.
    pub first: Instant,
    /// Its duplicate, if the link made one.
    pub second: Option<Instant>,
}

/// A link at work: its queue, its good or bad state, its own chances.
#[derive(Clone, Debug)]
pub struct LinkState {
    link: Link,
    random: Random,
    bad: bool,
    /// When the last bit that waits will have been sent.
    free_at: Instant,
    /// The latest arrival of a packet that kept its place.
    last_arrival: Instant,
}

impl LinkState {
    /// How long a stream waits before it sends a lost frame again (RFC 6298 §2.4 has one second; kernels use this).
    const STREAM_RETRANSMISSION: Duration = Duration::from_millis(200);

    /// A link whose chances come from `random`.
    pub fn new(link: Link, random: Random) -> Self {
        LinkState { link, random, bad: false, free_at: Instant::ZERO, last_arrival: Instant::ZERO }
    }

    /// What the link does.
    pub fn link(&self) -> Link {
        self.link
    }

    /// From now on the link does this. What is on its way stays so.
    pub fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    /// Sends an IP packet of `len` bytes: when will it arrive?
    pub fn carry(&mut self, now: Instant, len: usize) -> Result<Arrivals, DropCause> {
        if len > self.link.mtu {
            return Err(DropCause::TooBig);
        }
        let sent = self.enqueue(now, len)?;
        if let Some(cause) = self.is_lost() {
            return Err(cause);
        }
        let first = self.arrival(sent);
        let second = self.random.chance(self.link.duplicate).then(|| self.arrival(sent));
        Ok(Arrivals { first, second })
    }

    /// Sends a frame of a stream: nothing is lost or overtaken, but a lost packet costs everything behind it time.
    pub fn carry_stream(&mut self, now: Instant, len: usize) -> Instant {
        let mut sent = match self.link.rate {
            Some(rate) => {
                self.free_at = self.free_at.max(now) + serialisation(len, rate);
                self.free_at
            }
            None => now,
        };
        // A link that loses everything would hold the frame for ever: eight attempts stand for "very long".
        for _ in 0..8 {
            if self.is_lost().is_none() {
                break;
            }
            sent += LinkState::STREAM_RETRANSMISSION;
        }
        sent + self.link.delay
    }

    /// When the last bit has left, if there is room to wait.
    fn enqueue(&mut self, now: Instant, len: usize) -> Result<Instant, DropCause> {
        let Some(rate) = self.link.rate else { return Ok(now) };
        let start = self.free_at.max(now);
        let waiting = start.since(now).as_nanos() * u128::from(rate) / 8_000_000_000;
        if waiting + len as u128 > self.link.queue as u128 {
            return Err(DropCause::QueueFull);
        }
        self.free_at = start + serialisation(len, rate);
        Ok(self.free_at)
    }

    fn is_lost(&mut self) -> Option<DropCause> {
        if let Some(burst) = self.link.burst {
            let change = if self.bad { burst.leave } else { burst.enter };
            self.bad ^= self.random.chance(change);
            if self.bad && self.random.chance(burst.loss) {
                return Some(DropCause::Burst);
            }
        }
        self.random.chance(self.link.loss).then_some(DropCause::Loss)
    }

    fn arrival(&mut self, sent: Instant) -> Instant {
        let jitter = self.random.below(nanos(self.link.jitter).saturating_add(1));
        let at = sent + self.link.delay + Duration::from_nanos(jitter);
        if self.random.chance(self.link.reorder) {
            return at + self.link.reorder_by;
        }
        self.last_arrival = self.last_arrival.max(at);
        self.last_arrival
    }
}

/// How long `len` bytes take at `rate` bits per second.
fn serialisation(len: usize, rate: u64) -> Duration {
    Duration::from_nanos((len as u64).saturating_mul(8_000_000_000) / rate.max(1))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(link: Link, count: u64) -> Vec<Result<Arrivals, DropCause>> {
        let mut state = LinkState::new(link, Random::new(1));
        (0..count).map(|i| state.carry(Instant::from_millis(i), 1000)).collect()
    }

    fn lost(link: Link) -> f64 {
        let all = arrivals(link, 100_000);
        all.iter().filter(|a| a.is_err()).count() as f64 / all.len() as f64
    }

    #[test]
    fn a_perfect_link_only_delays() {
        for (i, arrival) in arrivals(Link::millis(7), 100).into_iter().enumerate() {
            assert_eq!(arrival, Ok(Arrivals { first: Instant::from_millis(7 + i as u64), second: None }));
        }
    }

    #[test]
    fn loss_is_what_was_asked_for() {
        assert!((lost(Link::default().loss(0.1)) - 0.1).abs() < 0.005);
        assert_eq!(lost(Link::default().loss(1.0)), 1.0);
    }

    #[test]
    fn bursts_have_the_length_and_the_rate_that_were_asked_for() {
        let all = arrivals(Link::default().burst(Burst::of(0.05, 8.0)), 200_000);
        let lost = all.iter().filter(|a| a.is_err()).count();
        let bursts = all.windows(2).filter(|pair| pair[0].is_ok() && pair[1].is_err()).count();
        let (rate, length) = (lost as f64 / all.len() as f64, lost as f64 / bursts as f64);
        assert!((rate - 0.05).abs() < 0.01, "{rate}");
        assert!((length - 8.0).abs() < 1.0, "{length}");
    }

    #[test]
    fn jitter_keeps_the_order_and_reordering_does_not() {
        let in_order = |link| {
            let times: Vec<_> = arrivals(link, 1000).into_iter().map(|a| a.map(|a| a.first)).collect();
            times.is_sorted()
        };
        assert!(in_order(Link::millis(5).jitter(Duration::from_millis(20))));
        assert!(!in_order(Link::millis(5).reorder(0.1, Duration::from_millis(20))));
    }

    #[test]
    fn duplicates_arrive_twice() {
        let all = arrivals(Link::default().duplicate(0.5), 10_000);
        let twice = all.iter().filter(|a| a.is_ok_and(|a| a.second.is_some())).count();
        assert!((4500..5500).contains(&twice), "{twice}");
    }

    #[test]
    fn a_slow_link_spaces_packets_and_drops_what_does_not_fit_its_queue() {
        // 8 Mbit/s carry 1000 bytes a millisecond; 2500 bytes of queue hold two of them.
        let mut state = LinkState::new(Link::millis(10).rate(8_000_000, 2500), Random::new(1));
        let mut carry = || state.carry(Instant::ZERO, 1000).map(|a| a.first);
        assert_eq!(carry(), Ok(Instant::from_millis(11)));
        assert_eq!(carry(), Ok(Instant::from_millis(12)));
        assert_eq!(carry(), Err(DropCause::QueueFull));
        assert_eq!(state.carry(Instant::from_millis(1), 1000).map(|a| a.first), Ok(Instant::from_millis(13)));
    }

    #[test]
    fn what_exceeds_the_mtu_vanishes() {
        let mut state = LinkState::new(Link::default().mtu(1280), Random::new(1));
        assert_eq!(state.carry(Instant::ZERO, 1281), Err(DropCause::TooBig));
        assert!(state.carry(Instant::ZERO, 1280).is_ok());
    }

    #[test]
    fn a_stream_loses_nothing_but_time() {
        let mut state = LinkState::new(Link::millis(10).loss(0.5), Random::new(1));
        let arrivals: Vec<_> = (0..100).map(|_| state.carry_stream(Instant::ZERO, 100)).collect();
        assert!(arrivals.iter().all(|at| *at >= Instant::from_millis(10)));
        assert!(arrivals.iter().any(|at| *at >= Instant::from_millis(210)));
    }
}
