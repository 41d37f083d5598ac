//! How fast the packets of a probe arrived.

use limpid_sansio::Instant;

use super::probe::{Probe, ProbeId};
use super::sent::Arrival;

/// What is known of one probe.
#[derive(Copy, Clone, Debug)]
struct Running {
    probe: Probe,
    packets: u32,
    bytes: u64,
    first_sent: Instant,
    last_sent: Instant,
    last_sent_bytes: u32,
    first_arrived: i64,
    last_arrived: i64,
    first_arrived_bytes: u32,
}

/// The last probes, at most [`ProbeResults::KEPT`].
#[derive(Clone, Debug, Default)]
pub(super) struct ProbeResults {
    running: [Option<Running>; Self::KEPT],
}

impl ProbeResults {
    const KEPT: usize = 4;
    /// Of a probe's packets and bytes, so many percent must have arrived.
    const ENOUGH: u64 = 80;
    /// Packets that arrive so much faster than they left were held up on the way.
    const TOO_FAST: f64 = 2.0;
    /// Where a probe arrives slower than it left by more than this, its rate of arrival is what the path carries.
    const IS_FULL: f64 = 0.9;
    /// Of what the path carries, so much is used.
    const USED: f64 = 0.95;

    /// A probe begins. The oldest gives way.
    pub(super) fn begin(&mut self, probe: &Probe) {
        self.running.rotate_right(1);
        self.running[0] = Some(Running {
            probe: *probe,
            packets: 0,
            bytes: 0,
            first_sent: Instant::ZERO,
            last_sent: Instant::ZERO,
            last_sent_bytes: 0,
            first_arrived: 0,
            last_arrived: 0,
            first_arrived_bytes: 0,
        });
    }

    /// A packet of a probe arrived.
    pub(super) fn arrived(&mut self, id: ProbeId, packet: &Arrival) {
        let Some(running) = self.running.iter_mut().flatten().find(|running| running.probe.id == id) else {
            return;
        };
        let is_first = running.packets == 0;
        running.packets = running.packets.saturating_add(1);
        running.bytes += u64::from(packet.size);
        if is_first || packet.sent < running.first_sent {
            running.first_sent = packet.sent;
        }
        if is_first || packet.sent >= running.last_sent {
            (running.last_sent, running.last_sent_bytes) = (packet.sent, packet.size);
        }
        if is_first || packet.arrived < running.first_arrived {
            (running.first_arrived, running.first_arrived_bytes) = (packet.arrived, packet.size);
        }
        if is_first || packet.arrived > running.last_arrived {
            running.last_arrived = packet.arrived;
        }
    }

    /// The highest rate, in bits per second, that a probe shows since the last call; each is asked once enough of it arrived.
    pub(super) fn take(&mut self) -> Option<u64> {
        let complete = self.running.iter_mut().filter_map(|slot| {
            let running = slot.filter(Running::is_complete)?;
            *slot = None;
            running.rate()
        });
        complete.max()
    }
}

impl Running {
    fn is_complete(&self) -> bool {
        let share = |part: u64, whole: u64| part * 100 >= whole * ProbeResults::ENOUGH;
        share(self.packets.into(), self.probe.packets.into()) && share(self.bytes, self.probe.bytes as u64)
    }

    fn rate(&self) -> Option<u64> {
        let sent_in = self.last_sent.since(self.first_sent).as_nanos() as f64 / 1e9;
        let arrived_in = (self.last_arrived as f64 - self.first_arrived as f64) / 1e9;
        let is_measurable = |time: f64| time > 0.0 && time < 1.0;
        if !is_measurable(sent_in) || !is_measurable(arrived_in) {
            return None;
        }
        // The last packet that left and the first that arrived have no gap in front of or behind them.
        let sent = self.bytes.saturating_sub(self.last_sent_bytes.into()) as f64 * 8.0 / sent_in;
        let arrived = self.bytes.saturating_sub(self.first_arrived_bytes.into()) as f64 * 8.0 / arrived_in;
        if arrived > sent * ProbeResults::TOO_FAST {
            return None;
        }
        let is_full = arrived < sent * ProbeResults::IS_FULL;
        Some(if is_full { arrived * ProbeResults::USED } else { arrived.min(sent) } as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six packets of 1000 bytes, 4 ms apart (2 Mbit/s), that arrive so many microseconds apart.
    fn rate(arrival_gap: i64, missing: &[u64]) -> Option<u64> {
        let mut results = ProbeResults::default();
        let id = ProbeId(9);
        results.begin(&Probe { id, rate: 2_000_000, bytes: 6000, packets: 5 });
        for at in (0..6).filter(|at| !missing.contains(at)) {
            let sent = Instant::from_millis(1000 + at * 4);
            let arrived = at as i64 * arrival_gap * 1000;
            results.arrived(id, &Arrival { sent, arrived, size: 1000, probe: Some(id), was_lost: false });
        }
        let rate = results.take();
        assert_eq!(results.take(), None, "told once");
        rate
    }

    #[test]
    fn a_probe_shows_the_smaller_of_both_rates() {
        assert_eq!(rate(4000, &[]), Some(2_000_000));
        assert_eq!(rate(3000, &[]), Some(2_000_000));
        assert_eq!(rate(8000, &[]), Some(950_000), "the path is full");
        assert_eq!(rate(1000, &[]), None, "held up and let go");
        assert_eq!(rate(0, &[]), None);
    }

    #[test]
    fn most_of_it_must_arrive() {
        assert_eq!(rate(4000, &[2]), Some(1_600_000));
        assert_eq!(rate(4000, &[2, 3]), None);
        let mut results = ProbeResults::default();
        let packet = Arrival { sent: Instant::ZERO, arrived: 0, size: 1, probe: None, was_lost: false };
        results.arrived(ProbeId(77), &packet);
        assert_eq!(results.take(), None, "never begun");
    }
}
