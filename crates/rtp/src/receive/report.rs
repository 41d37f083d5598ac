//! What a stream has to say to its sender: report blocks, requests for packets, requests for key frames. RFC 3550 §6.4.1,
//! A.3; RFC 4585 §6.2.1, §6.3.1; RFC 4588 §6.3.

use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::Stream;
use crate::clock::Ntp;
use crate::rtcp::{ReportBlock, SenderInfo};
use crate::statistics::{Inbound, RemoteOutbound};

/// A key frame is asked for again after so long, or after a round trip and a half.
const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(300);

/// Whether a key frame is wanted, and when one was asked for.
#[derive(Debug, Default)]
pub(super) struct KeyFrames {
    wanted: Option<Reason>,
    asked: Option<Instant>,
}

/// Why a key frame is wanted.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reason {
    /// Something was lost: any frame that can be decoded helps.
    Loss,
    /// The application said so.
    Application,
}

impl KeyFrames {
    /// Something was lost for good.
    pub(super) fn want(&mut self) {
        self.wanted = self.wanted.max(Some(Reason::Loss));
    }

    /// A frame was read.
    pub(super) fn read(&mut self, is_key: bool) {
        if is_key || self.wanted == Some(Reason::Loss) {
            self.wanted = None;
        }
    }

    pub(super) fn due(&self, rtt: Duration) -> Option<Instant> {
        let interval = KEY_FRAME_INTERVAL.max(rtt * 3 / 2);
        self.wanted.map(|_| self.asked.map_or(Instant::ZERO, |asked| asked + interval))
    }
}

impl Stream {
    /// How long answers to requests take: most of the last ones. `None`: too few came.
    pub fn usual_answer(&self) -> Option<Duration> {
        self.answers.usual()
    }

    /// Appends the sequence numbers to ask for again now. `rtt` is how long an answer takes; of more than so many
    /// [pairs](crate::rtcp::NackPair) the rest stays due.
    pub fn poll_nack(&mut self, now: Instant, rtt: Duration, pairs: usize, lost: &mut Vec<u16>) {
        self.rtt = rtt;
        if self.config.nack && !self.has_left {
            let before = lost.len();
            self.losses.poll(now, rtt, pairs, lost);
            self.stats.nack_count += (lost.len() - before) as u64;
            self.stats.nack_packets += u64::from(lost.len() > before);
        }
    }

    /// Whether to ask for a key frame now. Asked again every 300 ms until one comes.
    pub fn poll_key_frame_request(&mut self, now: Instant) -> bool {
        let is_due = !self.has_left && self.key_frames.due(self.rtt).is_some_and(|due| due <= now);
        if is_due && self.config.by_packet {
            self.key_frames.wanted = None; // whether one comes is seen by those who asked
        }
        if is_due {
            self.key_frames.asked = Some(now);
            self.stats.pli_count += 1;
        }
        is_due
    }

    /// The application wants a key frame, for example because its decoder failed.
    pub fn request_key_frame(&mut self) {
        if self.config.is_video {
            self.key_frames.wanted = Some(Reason::Application);
        }
    }

    /// A sender report about the stream came. Of a source that left it is a late one, and says nothing.
    pub fn on_sender_report(&mut self, now: Instant, info: &SenderInfo) {
        if self.has_left {
            return;
        }
        self.mapping.on_sender_report(now, Ntp(info.ntp), info.rtp_timestamp);
        self.stats.remote = Some(RemoteOutbound {
            packets_sent: info.packets,
            bytes_sent: info.octets,
            reports: self.stats.remote.map_or(0, |remote| remote.reports) + 1,
            sent_at: Ntp(info.ntp),
            came: now,
        });
    }

    /// What a report says of the stream, for the time since the last call. `None`: nothing came yet, or its source left.
    pub fn report_block(&mut self, now: Instant) -> Option<ReportBlock> {
        if self.has_left {
            return None;
        }
        let (fraction_lost, cumulative_lost, highest_sequence) = self.reception.report()?;
        let (last_sender_report, delay_since_last) = self.mapping.last_sender_report(now);
        Some(ReportBlock {
            ssrc: self.config.ssrc,
            fraction_lost,
            cumulative_lost,
            highest_sequence,
            jitter: self.reception.jitter_value(),
            last_sender_report,
            delay_since_last,
        })
    }

    /// What it counted.
    pub fn stats(&self) -> Inbound {
        let (packets_lost, jitter) = (self.reception.lost(), self.reception.jitter_value());
        Inbound { packets_lost, jitter, ..self.stats }
    }
}
