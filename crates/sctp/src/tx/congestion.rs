//! Congestion control behind a trait, and NewReno as RFC 9260 §7.2 describes it, adapted to one SACK per burst.
//!
//! The association tells a controller what was acknowledged and lost, and asks it how many bytes may be outstanding.

use core::fmt;
use core::time::Duration;

use limpid_sansio::Instant;

/// What one SACK, or one burst of them, newly acknowledged.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Acked {
    /// User bytes, by cumulative TSN or by gap blocks. Abandoned ones are left out.
    pub bytes: usize,
    /// User bytes outstanding before.
    pub flight_before: usize,
    /// Packing stopped since the last SACK because the congestion window was full.
    pub window_limited: bool,
    /// Losses of this round trip are still being repaired.
    pub in_recovery: bool,
    /// A round trip measured by this SACK.
    pub rtt: Option<Duration>,
}

/// Decides how much may be outstanding.
pub trait CongestionControl: fmt::Debug + Send + Sync {
    /// Data was acknowledged.
    fn on_acked(&mut self, now: Instant, acked: &Acked);
    /// SACKs told of a loss; called once for each round trip with losses (fast recovery).
    fn on_loss(&mut self, now: Instant, flight: usize);
    /// T3-rtx expired.
    fn on_timeout(&mut self, now: Instant, flight: usize);
    /// Nothing was sent for one RTO.
    fn on_idle(&mut self, now: Instant);
    /// The path is another one, or takes other sizes: `max_payload` is the largest DATA that a packet takes, in bytes.
    fn on_path_changed(&mut self, now: Instant, max_payload: usize, is_new_route: bool);
    /// How many user bytes may be outstanding.
    fn window(&self) -> usize;
}

/// Slow start, congestion avoidance, and a halved window for each round trip with losses.
#[derive(Clone, Debug)]
pub struct NewReno {
    max_payload: usize,
    cwnd: usize,
    ssthresh: usize,
    partial_bytes_acked: usize,
}

/// The first window in packets. `Deviation:` RFC 9260 §7.2.1 begins with about four; ten is what TCP (RFC 6928) and
/// browsers do.
const INITIAL_PACKETS: usize = 10;
/// The smallest ssthresh in packets (RFC 9260 §7.2.3).
const MIN_SSTHRESH_PACKETS: usize = 4;

impl NewReno {
    /// A controller for a fresh path.
    pub fn new(max_payload: usize) -> Self {
        NewReno {
            max_payload,
            cwnd: INITIAL_PACKETS * max_payload,
            ssthresh: usize::MAX,
            partial_bytes_acked: 0,
        }
    }

    fn halve(&mut self) {
        self.ssthresh = (self.cwnd / 2).max(MIN_SSTHRESH_PACKETS * self.max_payload);
        self.partial_bytes_acked = 0;
    }
}

impl CongestionControl for NewReno {
    /// A window that losses halved stands at `ssthresh`: repaired, it takes one step of slow start, then avoids congestion.
    ///
    /// `Deviation:` slow start counts all acknowledged bytes, not one packet a SACK (RFC 3465 with L unlimited), for one
    /// SACK answers a whole burst here; but it ends within a packet of `ssthresh`.
    fn on_acked(&mut self, _: Instant, acked: &Acked) {
        if self.cwnd <= self.ssthresh {
            if acked.window_limited && !acked.in_recovery {
                let room = (self.ssthresh - self.cwnd).saturating_add(self.max_payload);
                self.cwnd = self.cwnd.saturating_add(acked.bytes.min(room));
            }
            return;
        }
        self.partial_bytes_acked = self.partial_bytes_acked.saturating_add(acked.bytes);
        if self.partial_bytes_acked >= self.cwnd {
            if acked.window_limited {
                self.partial_bytes_acked -= self.cwnd;
                self.cwnd = self.cwnd.saturating_add(self.max_payload);
            } else {
                self.partial_bytes_acked = self.cwnd;
            }
        }
        if acked.bytes >= acked.flight_before {
            self.partial_bytes_acked = 0;
        }
    }

    fn on_loss(&mut self, _: Instant, _: usize) {
        self.halve();
        self.cwnd = self.ssthresh;
    }

    fn on_timeout(&mut self, _: Instant, _: usize) {
        self.halve();
        self.cwnd = self.max_payload;
    }

    fn on_idle(&mut self, _: Instant) {
        let floor = INITIAL_PACKETS * self.max_payload;
        if self.cwnd > floor {
            self.ssthresh = self.ssthresh.max(self.cwnd);
            self.cwnd = (self.cwnd / 2).max(floor);
        }
    }

    fn on_path_changed(&mut self, _: Instant, max_payload: usize, is_new_route: bool) {
        self.max_payload = max_payload;
        if is_new_route {
            *self = NewReno::new(max_payload);
        }
    }

    fn window(&self) -> usize {
        self.cwnd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: usize = 1000;
    const NOW: Instant = Instant::ZERO;
    const ACKED: Acked =
        Acked { bytes: 5000, flight_before: 10_000, window_limited: true, in_recovery: false, rtt: None };

    //~ covers 9260-7.2.1-a
    #[test]
    fn slow_start_grows_only_when_the_window_was_used_up_and_nothing_is_repaired() {
        let mut reno = NewReno::new(PACKET);
        for unfit in [Acked { window_limited: false, ..ACKED }, Acked { in_recovery: true, ..ACKED }] {
            reno.on_acked(NOW, &unfit);
            assert_eq!(reno.window(), 10 * PACKET);
        }
        reno.on_acked(NOW, &ACKED);
        assert_eq!(reno.window(), 15 * PACKET);
    }

    //~ covers 9260-7.2.2-a
    #[test]
    fn a_repaired_window_takes_one_step_and_then_grows_by_one_packet_a_window() {
        let mut reno = NewReno::new(PACKET);
        reno.on_loss(NOW, 0);
        reno.on_acked(NOW, &Acked { in_recovery: true, ..ACKED });
        assert_eq!(reno.window(), 5 * PACKET);
        for packets in [6, 6, 7] {
            reno.on_acked(NOW, &ACKED);
            assert_eq!(reno.window(), packets * PACKET);
        }
    }

    #[test]
    fn a_window_that_is_not_used_up_does_not_grow_but_is_ready_to() {
        let mut reno = NewReno::new(PACKET);
        reno.on_loss(NOW, 0);
        reno.on_acked(NOW, &ACKED);
        for _ in 0..9 {
            reno.on_acked(NOW, &Acked { window_limited: false, ..ACKED });
        }
        assert_eq!(reno.window(), 6 * PACKET);
        reno.on_acked(NOW, &ACKED);
        assert_eq!(reno.window(), 7 * PACKET);
        reno.on_acked(NOW, &Acked { bytes: 7000, flight_before: 7000, window_limited: false, ..ACKED });
        reno.on_acked(NOW, &ACKED);
        assert_eq!(reno.window(), 7 * PACKET, "all was acknowledged: counting begins anew");
    }

    #[test]
    fn losses_halve_it_down_to_four_packets_and_a_timeout_leaves_one() {
        let mut reno = NewReno::new(PACKET);
        for expected in [5, 4, 4] {
            reno.on_loss(NOW, 0);
            assert_eq!(reno.window(), expected * PACKET);
        }
        reno.on_timeout(NOW, 0);
        assert_eq!(reno.window(), PACKET);
        reno.on_path_changed(NOW, 2 * PACKET, true);
        assert_eq!(reno.window(), 20 * PACKET);
    }

    #[test]
    fn silence_shrinks_a_grown_window() {
        let mut reno = NewReno::new(PACKET);
        for _ in 0..18 {
            reno.on_acked(NOW, &ACKED);
        }
        reno.on_idle(NOW);
        assert_eq!(reno.window(), 50 * PACKET);
    }
}
