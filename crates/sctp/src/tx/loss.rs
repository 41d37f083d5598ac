//! Which chunks are lost: told by what was sent later and has arrived.
//!
//! `Deviation:` RFC 9260 §7.2.4 counts SACKs that miss a TSN. Where one SACK answers a burst, three reports would be three
//! bursts. Here every packet has a number (which nobody else sees), and a chunk is lost when a packet three numbers later
//! was acknowledged, or a later one at all and 9/8 of a round trip has passed since the chunk was sent: the two thresholds
//! of RFC 9002 §6.1, in the spirit of RACK (RFC 8985). What was sent again has a new number, so that its loss is told in
//! the same way and not by timeout alone.
//!
//! Each transmission is judged once: new chunks in the order of their TSNs, those sent again in the order in which they
//! were. Nothing is scanned.

use std::collections::VecDeque;

use limpid_sansio::Instant;
use limpid_sansio::serial::before32;

use super::inflight::{Fate, InFlight, Sent};
use super::rto::Rto;

/// A packet this many numbers before one that was acknowledged is lost.
const PACKET_THRESHOLD: u32 = 3;

#[derive(Debug)]
pub(crate) struct Loss {
    next_packet: u32,
    largest_acked: Option<u32>,
    /// When a chunk was last sent again.
    last_resent: Option<Instant>,
    /// First transmissions of all TSNs below this are judged.
    judged: u64,
    /// Packet and TSN of later transmissions that are not judged.
    resent: VecDeque<(u32, u64)>,
    /// TSNs to send again, in the order in which they were found lost.
    lost: VecDeque<u64>,
    /// Losses of packets from this one on are news to the congestion controller.
    recovery_packet: u32,
    /// Losses are being repaired until the cumulative TSN ack reaches this.
    recovery_tsn: Option<u64>,
}

impl Loss {
    pub(crate) fn new(next_tsn: u64) -> Self {
        Loss {
            next_packet: 0,
            largest_acked: None,
            last_resent: None,
            judged: next_tsn,
            resent: VecDeque::new(),
            lost: VecDeque::new(),
            recovery_packet: 0,
            recovery_tsn: None,
        }
    }

    /// The number of the packet that is being packed.
    pub(crate) fn packet(&self) -> u32 {
        self.next_packet
    }

    /// That packet is sent.
    pub(crate) fn packet_sent(&mut self) {
        self.next_packet = self.next_packet.wrapping_add(1);
    }

    /// A chunk is acknowledged. One that was sent again counts only if the answer can be to that.
    #[inline]
    pub(crate) fn acked(&mut self, now: Instant, sent: &Sent, rto: &Rto) {
        let ambiguous = sent.transmissions > 1 && now.since(sent.sent_at) < rto.min();
        if !ambiguous && self.largest_acked.is_none_or(|largest| before32(largest, sent.packet)) {
            self.largest_acked = Some(sent.packet);
        }
    }

    /// Whether the answer to a chunk measures a round trip: it was sent once, and nothing was sent again since, whose
    /// answer it may have waited for (RFC 9260 §6.3.1 C5).
    #[inline]
    pub(crate) fn measures(&self, sent: &Sent) -> bool {
        sent.transmissions == 1 && self.last_resent.is_none_or(|resent| resent <= sent.sent_at)
    }

    /// A chunk is sent again.
    pub(crate) fn resent(&mut self, now: Instant, tsn: u64) {
        self.resent.push_back((self.next_packet, tsn));
        self.last_resent = Some(now);
    }

    /// Judges what can be judged; calls `lose` for each chunk that is lost. Returns when there is more to judge, and
    /// whether the congestion controller must be told.
    pub(crate) fn detect(
        &mut self,
        now: Instant,
        flight: &InFlight,
        rto: &Rto,
        mut lose: impl FnMut(u64),
    ) -> (Option<Instant>, bool) {
        let Some(largest) = self.largest_acked else { return (None, false) };
        let delay = rto.reordering_delay();
        let verdict = |sent: &Sent| match largest.wrapping_sub(sent.packet) as i32 {
            ..=0 => Verdict::Wait(None),
            ahead if ahead >= PACKET_THRESHOLD as i32 || sent.sent_at + delay <= now => Verdict::Lost,
            _ => Verdict::Wait(Some(sent.sent_at + delay)),
        };
        let (mut again, mut news) = (None, false);
        self.judged = self.judged.max(flight.base());
        while let Some(sent) = flight.get(self.judged) {
            if sent.fate == Fate::Outstanding && sent.transmissions == 1 {
                match verdict(sent) {
                    Verdict::Wait(at) => {
                        again = at;
                        break;
                    }
                    Verdict::Lost => {
                        news |= !before32(sent.packet, self.recovery_packet);
                        lose(self.judged);
                    }
                }
            }
            self.judged += 1;
        }
        while let Some(&(packet, tsn)) = self.resent.front() {
            if let Some(sent) = flight.get(tsn).filter(|s| s.fate == Fate::Outstanding && s.packet == packet)
            {
                match verdict(sent) {
                    Verdict::Wait(at) => {
                        again = Instant::earliest(again, at);
                        break;
                    }
                    Verdict::Lost => {
                        news |= !before32(packet, self.recovery_packet);
                        lose(tsn);
                    }
                }
            }
            self.resent.pop_front();
        }
        (again, news)
    }

    /// Queues a chunk to be sent again.
    pub(crate) fn queue(&mut self, tsn: u64) {
        match self.lost.front() {
            Some(first) if tsn < *first => self.lost.push_front(tsn),
            _ => self.lost.push_back(tsn),
        }
    }

    /// The next chunk to send again, if it still has to be.
    pub(crate) fn next_lost(&mut self, flight: &InFlight) -> Option<u64> {
        while let Some(&tsn) = self.lost.front() {
            if flight.get(tsn).is_some_and(|sent| sent.fate == Fate::Lost) {
                return Some(tsn);
            }
            self.lost.pop_front();
        }
        None
    }

    /// That one is in a packet.
    pub(crate) fn take_lost(&mut self) {
        self.lost.pop_front();
    }

    /// Repair begins: what is outstanding now belongs to it.
    pub(crate) fn enter_recovery(&mut self, flight: &InFlight) {
        self.recovery_packet = self.next_packet;
        self.recovery_tsn = Some(flight.next_tsn());
    }

    /// Everything that was outstanding is taken as lost; packets sent so far say nothing any more.
    pub(crate) fn start_over(&mut self, flight: &InFlight) {
        self.lost.clear();
        self.resent.clear();
        self.judged = flight.next_tsn();
        self.recovery_packet = self.next_packet;
        self.recovery_tsn = None;
    }

    /// Whether losses are being repaired, now that the cumulative TSN ack stands before `base`.
    pub(crate) fn in_recovery(&mut self, base: u64) -> bool {
        self.recovery_tsn = self.recovery_tsn.filter(|tsn| base < *tsn);
        self.recovery_tsn.is_some()
    }

    /// Lets go of memory that idles.
    pub(crate) fn trim_if_idle(&mut self, flight: &InFlight) {
        if flight.is_empty() {
            (self.resent, self.lost) = (VecDeque::new(), VecDeque::new());
        }
    }
}

enum Verdict {
    Lost,
    /// Perhaps at that time; `None`: nothing that was sent later has arrived.
    Wait(Option<Instant>),
}
