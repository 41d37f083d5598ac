//! What goes between a stream and its receiver beside the packets: requests, report blocks, sender reports, and whether the
//! receiver knows the stream's names. RFC 3550 §6.4.1; RFC 4585 §6.2.1, §6.3.1; RFC 5104 §4.3.1; RFC 9143 §15.

use core::time::Duration;

use limpid_sansio::Instant;

use super::Stream;
use crate::clock::Ntp;
use crate::names::Ssrc;
use crate::rtcp::{ReportBlock, SenderInfo};
use crate::statistics::RemoteInbound;

/// Key frames are large: more than one in this time is not asked of the encoder.
const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(300);
/// Retransmissions that carry names though their SSRC was never reported: receivers seldom report on that stream.
const REPAIRS_WITH_NAMES: u32 = 50;

/// What a sender report counts.
#[derive(Copy, Clone, Debug, Default)]
struct Sent {
    packets: u32,
    octets: u32,
    last: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct Reports {
    /// A report block spoke of the stream: the receiver knows whose it is.
    is_known: bool,
    repairs: u32,
    /// What left under the stream's own number, and under that of its retransmissions.
    sent: [Sent; Stream::SOURCES],
    key_frame_asked: Option<Instant>,
    /// A key frame was asked for, and none was written since.
    is_key_frame_awaited: bool,
    /// It was asked for too soon after another one to tell the application at once.
    key_frame_waits: bool,
    /// Who sent the last Full Intra Request, and its number: each counts for itself.
    last_fir: Option<(Ssrc, u8)>,
}

impl Reports {
    /// Names are sent until the receiver is known to know them, and with each key frame, at which it may begin anew.
    pub(super) fn names_are_due(&self, is_key: bool) -> bool {
        !self.is_known || is_key
    }

    pub(super) fn repair_names_are_due(&mut self, is_key: bool) -> bool {
        self.repairs = self.repairs.saturating_add(1);
        !self.is_known || is_key || self.repairs <= REPAIRS_WITH_NAMES
    }

    /// A packet left. RFC 3550 §6.4.1: padding is not counted among the octets.
    pub(super) fn sent(&mut self, now: Instant, payload: usize, is_repair: bool) {
        let sent = &mut self.sent[usize::from(is_repair)];
        sent.last = Some(now);
        sent.packets = sent.packets.wrapping_add(1);
        sent.octets = sent.octets.wrapping_add(payload as u32);
    }

    /// Under other numbers nothing was sent, and nobody knows whose they are.
    pub(super) fn begin_anew(&mut self) {
        (self.sent, self.is_known, self.repairs) = (Default::default(), false, 0);
    }

    /// What is asked for too soon is not forgotten: the frame that was asked for before may have left already.
    fn key_frame_is_due(&mut self, now: Instant) -> bool {
        let is_due = self.key_frame_asked.is_none_or(|asked| asked + KEY_FRAME_INTERVAL <= now);
        if is_due {
            self.key_frame_asked = Some(now);
        }
        self.is_key_frame_awaited = true;
        self.key_frame_waits = !is_due;
        is_due
    }

    /// A key frame is written, which answers all that was asked until now. `true`: it was asked for.
    pub(super) fn key_frame_comes(&mut self) -> bool {
        self.key_frame_waits = false;
        core::mem::take(&mut self.is_key_frame_awaited)
    }
}

impl Stream {
    /// Packets are asked for again. Each is sent once a round trip at most, and all together not more than the budget of
    /// [`Limits::burst`](super::Limits::burst) allows. What was never sent, or is no longer kept, is ignored.
    pub fn on_nack(&mut self, now: Instant, lost: impl Iterator<Item = u16>, rtt: Duration) {
        let is_answered = self.config.rtx.is_some() || self.config.resends_in_place;
        self.stats.nack_packets += 1;
        for sequence in lost {
            self.stats.nack_count += 1;
            if !is_answered || !self.history.ask(now, sequence, rtt) {
                self.stats.retransmissions_refused += 1;
            }
        }
    }

    /// A Picture Loss Indication came. `true`: ask the encoder for a key frame (at most every 300 ms; what comes sooner is
    /// asked for [later](Stream::key_frame_request_at)).
    pub fn on_picture_loss(&mut self, now: Instant) -> bool {
        self.stats.pli_count += 1;
        self.reports.key_frame_is_due(now)
    }

    /// A Full Intra Request came. `true`: ask the encoder for a key frame. The same number of the same `source` again is the
    /// same request (RFC 5104 §4.3.1.1).
    pub fn on_full_intra_request(&mut self, now: Instant, source: Ssrc, sequence: u8) -> bool {
        if self.reports.last_fir.replace((source, sequence)) == Some((source, sequence)) {
            return false;
        }
        self.stats.fir_count += 1;
        self.reports.key_frame_is_due(now)
    }

    /// When [`poll_key_frame_request`](Stream::poll_key_frame_request) has something to say: a request came so soon after
    /// another one that the encoder was not asked, and no key frame was written since.
    pub fn key_frame_request_at(&self) -> Option<Instant> {
        let asked = self.reports.key_frame_asked.filter(|_| self.reports.key_frame_waits);
        asked.map(|asked| asked + KEY_FRAME_INTERVAL)
    }

    /// `true`: ask the encoder for a key frame, as one was asked for a while ago.
    pub fn poll_key_frame_request(&mut self, now: Instant) -> bool {
        self.key_frame_request_at().is_some_and(|at| at <= now) && self.reports.key_frame_is_due(now)
    }

    /// A report block about the stream came; `now_ntp` is when. The round trip time, if it can be told.
    pub fn on_report(&mut self, now_ntp: Ntp, block: &ReportBlock) -> Option<Duration> {
        self.reports.is_known = true;
        let rtt = block.round_trip(now_ntp.middle());
        let before = self.stats.remote.unwrap_or_default();
        self.stats.remote = Some(RemoteInbound {
            packets_lost: block.cumulative_lost,
            fraction_lost: block.fraction_lost,
            jitter: block.jitter,
            round_trip_time: rtt.or(before.round_trip_time),
            total_round_trip_time: before.total_round_trip_time + rtt.unwrap_or_default(),
            round_trip_time_measurements: before.round_trip_time_measurements + u64::from(rtt.is_some()),
        });
        rtt
    }

    /// What a sender report says of the stream now. `None`: nothing was sent yet.
    pub fn sender_info(&self, now: Instant, ntp: Ntp) -> Option<SenderInfo> {
        Some(self.source_info(0, now, ntp)?.1)
    }

    /// How many numbers a stream has: its own, and that of its retransmissions.
    pub(crate) const SOURCES: usize = 2;

    /// What a sender report says of one of its numbers. Timestamps of retransmissions are those of the originals
    /// (RFC 4588 §4), so that both have one clock.
    pub(crate) fn source_info(&self, source: usize, now: Instant, ntp: Ntp) -> Option<(Ssrc, SenderInfo)> {
        let ssrc = if source == 0 { self.config.ssrc } else { self.config.rtx?.ssrc };
        let sent = self.reports.sent.get(source).filter(|sent| sent.last.is_some())?;
        let info = SenderInfo {
            ntp: ntp.0,
            rtp_timestamp: self.timeline.extrapolate(now),
            packets: sent.packets,
            octets: sent.octets,
        };
        Some((ssrc, info))
    }

    /// Its numbers under which something was sent.
    pub(crate) fn sources_that_sent(&self) -> impl Iterator<Item = Ssrc> + use<> {
        let [own, repair] = self.reports.sent.map(|sent| sent.last.is_some());
        let repair = self.config.rtx.filter(|_| repair).map(|rtx| rtx.ssrc);
        Some(self.config.ssrc).filter(|_| own).into_iter().chain(repair)
    }

    /// Whether packets of this number are its own.
    pub fn is_of(&self, ssrc: Ssrc) -> bool {
        self.config.ssrc == ssrc || self.config.rtx.is_some_and(|rtx| rtx.ssrc == ssrc)
    }

    /// When the last packet left on the stream's own SSRC: whether it is a sender in the sense of RFC 3550 §6.4.
    pub fn last_sent(&self) -> Option<Instant> {
        self.reports.sent[0].last
    }
}
