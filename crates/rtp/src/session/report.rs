//! What we say about packets: reports at their interval, requests and arrivals as soon as they are due. RFC 3550 §6.3, §6.4;
//! RFC 4585 §3.5; RFC 5506.

use alloc::vec::Vec;
use core::time::Duration;

use limpid_crypto::Random;
use limpid_sansio::Instant;

use super::Session;
use super::outgoing::Arrivals;
use crate::names::Ssrc;
use crate::rtcp::{self, ReportBlock};

/// Between two reports, on average. The 360 kbit/s of RFC 4585 §3.4's formula give one second; browsers keep to it for pictures.
const INTERVAL_MS: u32 = 1000;
/// Most report blocks in one report (RFC 3550 §6.4.1: five bits).
const MAX_BLOCKS: usize = 31;
/// What stands between the RTCP of one datagram and the limit of its size.
const ROOM_FOR_ONE_MORE: usize = 200;

/// When the next report is due, and what waits to be said.
#[derive(Debug, Default)]
pub(super) struct Reports {
    next: Option<Instant>,
    /// Streams of ours that have ended.
    pub(super) goodbyes: Vec<Ssrc>,
    /// Something is to be said before the next report.
    pub(super) is_urgent: bool,
    /// Numbers the Full Intra Requests. RFC 5104 §4.3.1.1.
    pub(super) fir_sequence: u8,
}

impl Reports {
    /// There is something to report on: the first report comes soon (RFC 4585 §3.4: the initial minimum is 0).
    pub(super) fn begin(&mut self, now: Instant, random: &mut Random) {
        if self.next.is_none() {
            self.next = Some(now + Duration::from_millis(u64::from(100 + random.below(200))));
        }
    }

    /// Nothing is reported any more but that these streams have ended.
    pub(super) fn close(&mut self, ended: impl Iterator<Item = Ssrc>) {
        self.goodbyes.extend(ended);
        (self.next, self.is_urgent) = (None, false);
    }

    /// Between half and one and a half of the interval. RFC 3550 §6.3.1.
    fn schedule(&mut self, now: Instant, random: &mut Random) {
        let millis = INTERVAL_MS / 2 + random.below(INTERVAL_MS);
        self.next = Some(now + Duration::from_millis(u64::from(millis)));
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    fn is_due(&self, now: Instant) -> bool {
        self.next.is_some_and(|next| next <= now)
    }
}

impl Session {
    /// Writes what is due into one datagram. `false`: nothing is.
    pub(super) fn pack_control(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let is_report = self.reports.is_due(now);
        let has_arrivals = self.arrivals.poll_timeout().is_some_and(|at| at <= now);
        if !is_report && !has_arrivals && !self.reports.is_urgent && self.reports.goodbyes.is_empty() {
            return false;
        }
        if is_report {
            self.reports.schedule(now, &mut self.random);
            self.write_reports(now, out);
        } else if !self.config.reduced_size {
            rtcp::write_receiver_report(out, self.speaker(), []);
            rtcp::write_cname(out, [self.speaker()], &self.config.cname);
        }
        let before = out.len();
        self.write_requests(now, out, start);
        let goodbyes = core::mem::take(&mut self.reports.goodbyes);
        if !goodbyes.is_empty() {
            rtcp::write_goodbye(out, goodbyes.iter().copied(), None);
        }
        // Last, as it may be padded, and only the last packet of a datagram may (RFC 3550 §6.4.1).
        self.write_arrivals(now, out);
        if !is_report && out.len() == before {
            out.truncate(start); // what was urgent has settled itself
            return false;
        }
        true
    }

    /// A stream of ours that speaks for all of them.
    fn speaker(&self) -> Ssrc {
        self.senders.first().map_or(self.local_ssrc, |sender| sender.config.ssrc)
    }

    /// A sender report for each stream that has sent, with what was received in the first; else a receiver report.
    fn write_reports(&mut self, now: Instant, out: &mut Vec<u8>) {
        let ntp = self.ntp(now);
        let mut blocks: Vec<ReportBlock> = Vec::new();
        for receiver in &mut self.receivers {
            blocks.extend(receiver.stream.as_mut().and_then(|stream| stream.report_block(now)));
        }
        let mut rest = blocks.chunks(MAX_BLOCKS);
        let mut is_first = true;
        for sender in &self.senders {
            if let Some(info) = sender.stream.sender_info(now, ntp) {
                let blocks = if is_first { rest.next().unwrap_or_default() } else { &[] };
                rtcp::write_sender_report(out, sender.config.ssrc, &info, blocks.iter().copied());
                is_first = false;
            }
        }
        let speaker = self.speaker();
        for blocks in rest {
            rtcp::write_receiver_report(out, speaker, blocks.iter().copied());
            is_first = false;
        }
        if is_first {
            rtcp::write_receiver_report(out, speaker, []);
        }
        match self.senders.is_empty() {
            true => rtcp::write_cname(out, [speaker], &self.config.cname),
            false => {
                let sources = self.senders.iter().map(|sender| sender.config.ssrc);
                rtcp::write_cname(out, sources, &self.config.cname);
            }
        }
    }

    /// What is missing, and which pictures can not be shown.
    fn write_requests(&mut self, now: Instant, out: &mut Vec<u8>, start: usize) {
        self.reports.is_urgent = false;
        let speaker = self.speaker();
        let round_trip = self.round_trip;
        let limit = start + self.config.max_packet.saturating_sub(ROOM_FOR_ONE_MORE);
        for receiver in &mut self.receivers {
            let (asks, by_fir) = (receiver.asks_again(), receiver.asks_by_fir());
            let Some(stream) = receiver.stream.as_mut() else { continue };
            if out.len() >= limit {
                self.reports.is_urgent = true; // the next datagram goes on
                return;
            }
            self.lost.clear();
            if asks {
                stream.poll_nack(now, round_trip, &mut self.lost);
            }
            if !self.lost.is_empty() {
                rtcp::write_nack(out, speaker, stream.ssrc(), self.lost.iter().copied());
            }
            if receiver.asks_for_key_frames && stream.poll_key_frame_request(now) {
                match by_fir {
                    true => {
                        self.reports.fir_sequence = self.reports.fir_sequence.wrapping_add(1);
                        let entry = rtcp::FullIntraEntry {
                            ssrc: stream.ssrc(),
                            sequence_number: self.reports.fir_sequence,
                        };
                        rtcp::write_full_intra_request(out, speaker, [entry]);
                    }
                    false => rtcp::write_picture_loss_indication(out, speaker, stream.ssrc()),
                }
            }
        }
    }

    fn write_arrivals(&mut self, now: Instant, out: &mut Vec<u8>) {
        let speaker = self.speaker();
        let media = self.receivers.iter().find_map(|receiver| Some(receiver.stream.as_ref()?.ssrc()));
        match &mut self.arrivals {
            Arrivals::None => {}
            Arrivals::TransportWide(recorder) => {
                recorder.poll(now, speaker, media.unwrap_or_default(), out);
            }
            Arrivals::CongestionControl(recorder) => {
                let ntp = crate::clock::Ntp(self.config.ntp_epoch).plus(now.since(Instant::ZERO));
                recorder.poll(now, ntp.middle(), speaker, out);
            }
        }
    }
}
