//! How much one client may ask for: every number in one place, and the two meters that count.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use limpid_sansio::Instant;

/// The limits of a server. The defaults suit one machine; a test may tighten them.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Messages a second of one socket, in the long run (20).
    pub messages_per_second: u32,
    /// Messages at once (100).
    pub message_burst: u32,
    /// Candidates between two descriptions of one member (100).
    pub candidates: u32,
    /// Until the first message of a socket (5 s).
    pub hello: Duration,
    /// Until a socket is in a room (60 s).
    pub roomless: Duration,
    /// How long a member whose socket broke is still there (30 s).
    pub grace: Duration,
    /// Between two pings (20 s).
    pub ping: Duration,
    /// Silence after which a socket counts as broken (45 s).
    pub silence: Duration,
    /// Messages that wait for one socket or one absent member (128).
    pub queue_messages: usize,
    /// Bytes of them (512 KiB).
    pub queue_bytes: usize,
    /// Sockets of one address: an IPv4 address or an IPv6 /64 (64).
    pub sockets_per_address: u32,
    /// Joins a minute of one address (30).
    pub joins_per_minute: u32,
    /// Members of one room (16).
    pub members: usize,
    /// Sockets in all (20 000).
    pub sockets: usize,
    /// Rooms in all (5 000).
    pub rooms: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            messages_per_second: 20,
            message_burst: 100,
            candidates: 100,
            hello: Duration::from_secs(5),
            roomless: Duration::from_secs(60),
            grace: Duration::from_secs(30),
            ping: Duration::from_secs(20),
            silence: Duration::from_secs(45),
            queue_messages: 128,
            queue_bytes: 512 * 1024,
            sockets_per_address: 64,
            joins_per_minute: 30,
            members: 16,
            sockets: 20_000,
            rooms: 5_000,
        }
    }
}

/// A bucket of tokens: `burst` at once, `per_second` in the long run. Kept as the time at which it will be full.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// Takes one token, if there is one.
    pub(crate) fn take(&mut self, now: Instant, interval: Duration, burst: u32) -> bool {
        let full_at = self.full_at.max(now) + interval;
        let fits = full_at.since(now) <= interval.saturating_mul(burst);
        if fits {
            self.full_at = full_at;
        }
        fits
    }

    /// When nothing is owed any more.
    pub(crate) fn full_at(self) -> Instant {
        self.full_at
    }
}

/// What one customer holds: an IPv4 address, or an IPv6 /64.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Prefix(IpAddr);

impl Prefix {
    pub(crate) fn of(address: IpAddr) -> Self {
        Prefix(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) >> 64 << 64)),
            v4 => v4,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::default();
        let mut take = |millis| bucket.take(Instant::from_millis(millis), Duration::from_millis(50), 3);
        assert_eq!([take(0), take(0), take(0), take(0)], [true, true, true, false]);
        assert_eq!([take(49), take(50), take(50), take(10_000)], [false, true, false, true]);
    }

    #[test]
    fn one_customer_is_a_v4_address_or_a_v6_64() {
        let prefix = |text: &str| Prefix::of(text.parse().unwrap());
        assert_eq!(prefix("2001:db8:1:2::1"), prefix("2001:db8:1:2:ffff::9"));
        assert_ne!(prefix("2001:db8:1:2::1"), prefix("2001:db8:1:3::1"));
        assert_eq!(prefix("::ffff:192.0.2.1"), prefix("192.0.2.1"));
        assert_ne!(prefix("192.0.2.1"), prefix("192.0.2.2"));
    }
}
