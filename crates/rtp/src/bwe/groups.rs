//! Packets that left together are one sample. draft-ietf-rmcat-gcc-02 §5.2.

use core::time::Duration;

use limpid_sansio::Instant;

use super::sent::Arrival;

/// How much later one group left, and how much later it arrived, than the one before.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(super) struct GroupDelta {
    /// Milliseconds between the departures of the last packets.
    pub(super) sent: f64,
    /// Milliseconds between their arrivals.
    pub(super) arrived: f64,
    /// When the later group had arrived: milliseconds on the receiver's clock.
    pub(super) at: f64,
}

#[derive(Copy, Clone, Debug)]
struct Group {
    first_sent: Instant,
    last_sent: Instant,
    first_arrived: i64,
    last_arrived: i64,
}

/// Collects packets, in the order of their arrival, into groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    current: Option<Group>,
    previous: Option<Group>,
}

impl Groups {
    /// Packets that left within this time of the first belong together: the pacer's burst.
    const BURST: Duration = Duration::from_millis(5);
    /// What arrives so soon behind another, faster than it left, was held up on the way and let go at once.
    const ARRIVAL_BURST: i64 = 5_000_000;
    /// No burst is longer.
    const MAX_BURST: i64 = 100_000_000;
    /// A gap between two arrivals that differs so much from that of their departures is a clock that was set.
    const CLOCK_WAS_SET: i64 = 3_000_000_000;

    /// Takes one packet. `Some`: it begins a group, and the one before is complete.
    pub(super) fn add(&mut self, packet: &Arrival) -> Option<GroupDelta> {
        let begun = Group {
            first_sent: packet.sent,
            last_sent: packet.sent,
            first_arrived: packet.arrived,
            last_arrived: packet.arrived,
        };
        let Some(current) = &mut self.current else {
            self.current = Some(begun);
            return None;
        };
        if packet.sent < current.first_sent {
            return None; // left before this group: overtaken
        }
        let sent_gap = packet.sent.since(current.last_sent).as_nanos() as i64;
        let arrived_gap = packet.arrived.saturating_sub(current.last_arrived);
        if arrived_gap.saturating_sub(sent_gap).saturating_abs() > Self::CLOCK_WAS_SET {
            *self = Groups { current: Some(begun), previous: None };
            return None;
        }
        let is_burst = arrived_gap <= Self::ARRIVAL_BURST
            && arrived_gap < sent_gap
            && packet.arrived.saturating_sub(current.first_arrived) < Self::MAX_BURST;
        if packet.sent.since(current.first_sent) <= Self::BURST || is_burst {
            current.last_sent = current.last_sent.max(packet.sent);
            current.last_arrived = current.last_arrived.max(packet.arrived);
            return None;
        }
        let complete = *current;
        let delta = self.previous.map(|previous| GroupDelta {
            sent: complete.last_sent.since(previous.last_sent).as_nanos() as f64 / 1e6,
            arrived: complete.last_arrived.saturating_sub(previous.last_arrived) as f64 / 1e6,
            at: complete.last_arrived as f64 / 1e6,
        });
        self.previous = Some(complete);
        self.current = Some(begun);
        delta.filter(|delta| delta.arrived >= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sent_micros: u64, arrived_micros: i64) -> Arrival {
        let sent = Instant::from_nanos(sent_micros * 1000);
        Arrival { sent, arrived: arrived_micros * 1000, size: 1000, probe: None, was_lost: false }
    }

    fn deltas(packets: &[(u64, i64)]) -> std::vec::Vec<(f64, f64)> {
        let mut groups = Groups::default();
        let added = packets.iter().filter_map(|&(sent, arrived)| groups.add(&packet(sent, arrived)));
        added.map(|delta| (delta.sent, delta.arrived)).collect()
    }

    #[test]
    fn what_left_within_five_milliseconds_is_one_group() {
        //~ covers gcc-5.2-a, gcc-5.2-b
        let packets = [(0, 0), (4000, 4000), (20_000, 21_000), (24_000, 27_000), (40_000, 40_000)];
        assert_eq!(deltas(&packets), [(20.0, 23.0)]);
    }

    #[test]
    fn what_arrives_at_once_after_it_was_held_up_is_one_group() {
        //~ covers gcc-5.2-c
        let held = [
            (0, 0),
            (10_000, 10_000),
            (20_000, 60_000),
            (30_000, 61_000),
            (40_000, 62_000),
            (80_000, 80_000),
        ];
        assert_eq!(deltas(&held), [(10.0, 10.0), (30.0, 52.0)]);
    }

    #[test]
    fn overtaken_packets_and_clocks_that_are_set_give_no_sample() {
        //~ covers gcc-5.2-d
        let overtaken = [(0, 0), (10_000, 10_000), (9000, 11_000), (20_000, 20_000)];
        assert_eq!(deltas(&overtaken), [(10.0, 10.0)]);
        let set =
            [(0, 0), (10_000, 10_000), (20_000, -9_000_000), (30_000, -8_990_000), (40_000, -8_980_000)];
        assert_eq!(deltas(&set), [(10.0, 10.0)]);
        let extreme = [(0, i64::MIN / 1000), (10_000, i64::MAX / 1000), (20_000, 0)];
        assert_eq!(deltas(&extreme), []);
    }
}
