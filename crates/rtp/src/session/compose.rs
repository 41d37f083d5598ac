//! What is said in one datagram of RTCP, so that it never exceeds the path: reports first, requests and arrivals as soon as
//! they are due, and what does not fit in the next one. RFC 3550 §6.1; RFC 4585 §3.5; RFC 5506.

use alloc::vec::Vec;

use limpid_sansio::Instant;

use super::Session;
use super::incoming::Incoming;
use super::outgoing::Arrivals;
use crate::names::Ssrc;
use crate::rtcp::{self, NackPair};

/// A datagram of RTCP may always be so long: one report with a name of any length, and one request.
const SHORTEST_LIMIT: usize = 512;
/// Less room than this is left empty: a NACK of one pair takes 16 bytes, the longest request for a key frame 20, arrivals 64.
const LEAST_ROOM: usize = 64;
/// Feedback in front of its entries: header, who says it, of which stream. RFC 4585 §6.1.
const FEEDBACK: usize = 12;

impl Session {
    /// Writes what is due into one datagram. `false`: nothing is.
    pub(super) fn pack_control(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let limit = start + self.config.max_packet.max(SHORTEST_LIMIT);
        let is_report = self.write_reports(now, limit, out);
        let has_arrivals = self.arrivals.poll_timeout().is_some_and(|at| at <= now);
        let has_goodbyes = !self.reports.goodbyes.is_empty();
        if !is_report && !has_arrivals && !self.reports.is_urgent && !has_goodbyes {
            return false;
        }
        // Goodbyes are no feedback: RFC 5506 §3.4.2 leaves them in full datagrams.
        if !is_report && (has_goodbyes || !self.config.reduced_size) {
            rtcp::write_receiver_report(out, self.speaker(), []);
            rtcp::write_cname(out, [self.speaker()], &self.config.cname);
        }
        let before = out.len();
        self.write_goodbyes(limit, out);
        self.write_requests(now, limit, out);
        self.write_confirmations(limit, out);
        // Last, as it may be padded, and only the last packet of a datagram may (RFC 3550 §6.4.1).
        self.write_arrivals(now, limit, out);
        if !is_report && out.len() == before {
            out.truncate(start); // what was urgent has settled itself
            return false;
        }
        true
    }

    fn write_goodbyes(&mut self, limit: usize, out: &mut Vec<u8>) {
        // A word for each source, and one in front of every 31 of them.
        let room = limit.saturating_sub(out.len()) / 4;
        let most = room.saturating_sub(room / 32 + 1).min(self.reports.goodbyes.len());
        if most > 0 {
            rtcp::write_goodbye(out, self.reports.goodbyes.drain(..most), None);
        }
    }

    /// What is missing, and which pictures can not be shown.
    fn write_requests(&mut self, now: Instant, limit: usize, out: &mut Vec<u8>) {
        self.reports.is_urgent = false;
        let speaker = self.speaker();
        for receiver in &mut self.receivers {
            if limit.saturating_sub(out.len()) < LEAST_ROOM {
                self.reports.is_urgent = true; // the next datagram goes on
                return;
            }
            let pairs = (limit - out.len() - FEEDBACK) / NackPair::LEN;
            self.lost.clear();
            if let Some(stream) = receiver.stream.as_mut().filter(|_| receiver.section.asks_again()) {
                // What was only assumed may be too short: then answers say so.
                let seen = stream.usual_answer().filter(|_| !self.knows_round_trip);
                let round_trip = self.round_trip.max(seen.unwrap_or_default());
                stream.poll_nack(now, round_trip, pairs, &mut self.lost);
                if !self.lost.is_empty() {
                    rtcp::write_nack(out, speaker, stream.ssrc(), self.lost.iter().copied());
                }
            }
            if limit.saturating_sub(out.len()) < LEAST_ROOM {
                self.reports.is_urgent = true;
                return;
            }
            write_key_frame_request(now, speaker, receiver, &mut self.reports.fir_sequence, out);
        }
    }

    fn write_arrivals(&mut self, now: Instant, limit: usize, out: &mut Vec<u8>) {
        let room = limit.saturating_sub(out.len());
        if room < LEAST_ROOM {
            return;
        }
        let (speaker, ntp) = (self.speaker(), self.ntp(now));
        let media = self.receivers.iter().find_map(|receiver| Some(receiver.stream.as_ref()?.ssrc()));
        match &mut self.arrivals {
            Arrivals::None => {}
            Arrivals::TransportWide(recorder) => {
                recorder.set_max_len(room);
                recorder.poll(now, speaker, media.unwrap_or_default(), out);
            }
            Arrivals::CongestionControl(recorder) => {
                recorder.set_max_len(room);
                recorder.poll(now, ntp.middle(), speaker, out);
            }
        }
    }
}

fn write_key_frame_request(
    now: Instant,
    speaker: Ssrc,
    receiver: &mut Incoming,
    fir_sequence: &mut u8,
    out: &mut Vec<u8>,
) {
    let Some(stream) = receiver.stream.as_mut().filter(|_| receiver.asks_for_key_frames) else { return };
    if !stream.poll_key_frame_request(now) {
        return;
    }
    if receiver.section.asks_by_fir() {
        *fir_sequence = fir_sequence.wrapping_add(1);
        let entry = rtcp::FullIntraEntry { ssrc: stream.ssrc(), sequence_number: *fir_sequence };
        rtcp::write_full_intra_request(out, speaker, [entry]);
    } else {
        rtcp::write_picture_loss_indication(out, speaker, stream.ssrc());
    }
}
