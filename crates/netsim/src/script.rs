//! "Drop the second packet that …": exact accidents, by counting the packets that match.

use core::fmt;
use core::time::Duration;

use limpid_sansio::Instant;

use crate::mitm::{Injected, Mitm, Verdict};
use crate::packet::Packet;

/// A list of accidents. Each counts, from 1, the packets that match it; the first accident that strikes decides.
#[derive(Default)]
pub struct Script {
    accidents: Vec<Accident>,
}

struct Accident {
    matches: Box<dyn Fn(&Packet) -> bool>,
    seen: u32,
    from: u32,
    to: u32,
    what: What,
}

#[derive(Copy, Clone)]
enum What {
    Drop,
    Hold(Duration),
    Repeat(u32),
}

impl Script {
    /// Nothing happens.
    pub fn new() -> Self {
        Script::default()
    }

    /// Drops the `nth` packet (from 1) that matches.
    pub fn drop_nth(self, nth: u32, matches: impl Fn(&Packet) -> bool + 'static) -> Self {
        self.add(nth, nth, What::Drop, matches)
    }

    /// Drops the first `count` packets that match.
    pub fn drop_first(self, count: u32, matches: impl Fn(&Packet) -> bool + 'static) -> Self {
        self.add(1, count, What::Drop, matches)
    }

    /// Drops every packet that matches.
    pub fn drop_all(self, matches: impl Fn(&Packet) -> bool + 'static) -> Self {
        self.add(1, u32::MAX, What::Drop, matches)
    }

    /// Holds the `nth` packet that matches back for `time`, so that later ones overtake it.
    pub fn hold_nth(self, nth: u32, time: Duration, matches: impl Fn(&Packet) -> bool + 'static) -> Self {
        self.add(nth, nth, What::Hold(time), matches)
    }

    /// Sends the `nth` packet that matches `times` more times.
    pub fn repeat_nth(self, nth: u32, times: u32, matches: impl Fn(&Packet) -> bool + 'static) -> Self {
        self.add(nth, nth, What::Repeat(times), matches)
    }

    /// How many packets the accident with this index (in the order they were written) has matched.
    pub fn matched(&self, accident: usize) -> u32 {
        self.accidents.get(accident).map_or(0, |accident| accident.seen)
    }

    fn add(mut self, from: u32, to: u32, what: What, matches: impl Fn(&Packet) -> bool + 'static) -> Self {
        self.accidents.push(Accident { matches: Box::new(matches), seen: 0, from, to, what });
        self
    }
}

impl Mitm for Script {
    fn packet(&mut self, _now: Instant, packet: &mut Packet, injected: &mut Injected) -> Verdict {
        let mut verdict = None;
        for accident in &mut self.accidents {
            if !(accident.matches)(packet) {
                continue;
            }
            accident.seen = accident.seen.saturating_add(1);
            if !(accident.from..=accident.to).contains(&accident.seen) || verdict.is_some() {
                continue;
            }
            verdict = Some(match accident.what {
                What::Drop => Verdict::Drop,
                What::Hold(time) => Verdict::Hold(time),
                What::Repeat(times) => {
                    (0..times).for_each(|_| injected.send(packet.clone()));
                    Verdict::Forward
                }
            });
        }
        verdict.unwrap_or(Verdict::Forward)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script of {} accidents", self.accidents.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(mut script: Script, packets: &[&[u8]]) -> (Vec<Verdict>, usize) {
        let (from, to) = ("192.0.2.1:1".parse().unwrap(), "192.0.2.2:2".parse().unwrap());
        let mut injected = Injected::default();
        let verdicts = packets
            .iter()
            .map(|bytes| script.packet(Instant::ZERO, &mut Packet::udp(from, to, *bytes), &mut injected))
            .collect();
        (verdicts, injected.0.len())
    }

    #[test]
    fn an_accident_counts_only_what_matches() {
        let hold = Duration::from_millis(5);
        let script = Script::new()
            .drop_nth(2, |p| p.bytes == b"a")
            .hold_nth(1, hold, |p| p.bytes == b"b")
            .repeat_nth(3, 2, |p| p.bytes == b"a");
        let (verdicts, injected) = verdicts(script, &[b"a", b"b", b"a", b"b", b"a"]);
        let expected =
            [Verdict::Forward, Verdict::Hold(hold), Verdict::Drop, Verdict::Forward, Verdict::Forward];
        assert_eq!((verdicts.as_slice(), injected), (expected.as_slice(), 2));
    }

    #[test]
    fn the_first_packets_or_all_of_them_can_be_dropped() {
        let (first, _) = verdicts(Script::new().drop_first(2, |_| true), &[b"1", b"2", b"3"]);
        assert_eq!(first, [Verdict::Drop, Verdict::Drop, Verdict::Forward]);
        let (all, _) = verdicts(Script::new().drop_all(|_| true), &[b"1", b"2"]);
        assert_eq!(all, [Verdict::Drop, Verdict::Drop]);
    }
}
