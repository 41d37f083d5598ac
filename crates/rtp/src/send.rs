//! One stream that goes out: frames in, packets with numbers, timestamps and header extension out, and packets once more
//! when they are asked for. RFC 3550 §5.1, §6.4.1; RFC 4588; RFC 4585 §6.2.1, §6.3.1; RFC 9143 §15.
//!
//! A frame is cut into payloads when it is written; they wait here until the pacer lets them go. Sequence numbers are given
//! when a packet leaves, so that what is dropped from the queue leaves no hole. Sent packets are kept for a while.

mod dependencies;
mod frame;
mod history;
mod packet;
mod reports;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use limpid_sansio::Instant;

pub use frame::{Frame, Kind, Payload, Refused, Sent};
pub use history::Limits;

use crate::clock::Timeline;
use crate::codec::{FirstIds, Format, FrameInfo, Packetizer};
use crate::elements::ElementIds;
use crate::header::Packet as View;
use crate::names::{Mid, PayloadType, Rid, Ssrc};
use crate::rtx::Rtx;
use crate::slots::Slots;
use crate::statistics::Outbound;
use dependencies::{Dependencies, Written};
use history::{History, Packet};
use reports::Reports;

/// What a stream that goes out is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its SSRC, random (RFC 3550 §8.1).
    pub ssrc: Ssrc,
    /// The payload type of its frames.
    pub payload_type: PayloadType,
    /// The payload format of its frames.
    pub format: Format,
    /// Where packets are sent again. `None`: nowhere, unless `resends_in_place`.
    pub rtx: Option<Rtx>,
    /// Without RTX: packets are sent again as they were, under their old sequence number.
    ///
    /// Only with SRTP profiles of AES-CM: a second packet of one number with another header extension would use a nonce of
    /// AES-GCM twice and give its authentication key away (RFC 7714 §8.1). Default `false`.
    pub resends_in_place: bool,
    /// The section that it belongs to, sent until the other side is known to know the SSRC, and with each key frame.
    pub mid: Option<Mid>,
    /// The encoding that it is, sent likewise.
    pub rid: Option<Rid>,
    /// Its first sequence number: random (RFC 3550 §5.1).
    pub first_sequence_number: u16,
    /// The timestamp of media time 0: random (RFC 3550 §5.1).
    pub first_timestamp: u32,
    /// Where payload formats that number their frames begin: random.
    pub first_ids: FirstIds,
    /// How long packets are kept.
    pub history: Limits,
    /// Bytes that may wait to be sent. Default 4 MiB.
    pub queue: usize,
}

impl Config {
    /// A stream of this format under this SSRC, with all numbers at 0: fill in random ones.
    pub fn new(ssrc: Ssrc, payload_type: PayloadType, format: Format) -> Self {
        Config {
            ssrc,
            payload_type,
            format,
            rtx: None,
            resends_in_place: false,
            mid: None,
            rid: None,
            first_sequence_number: 0,
            first_timestamp: 0,
            first_ids: FirstIds::default(),
            history: Limits::default(),
            queue: 4 << 20,
        }
    }
}

/// One stream that goes out.
///
/// Bounds: [`Config::queue`] bytes wait (a frame that is begun is taken whole), [`Limits::packets`] packets are kept, and
/// each of those is asked for at most once at a time.
#[derive(Debug)]
pub struct Stream {
    config: Config,
    packetizer: Packetizer,
    timeline: Timeline,
    /// Where frames are described to relays.
    dependencies: Option<Box<Dependencies>>,
    queue: VecDeque<Packet>,
    queued_bytes: usize,
    /// The front of the queue continues a frame whose first packet left.
    is_mid_frame: bool,
    history: History,
    rtx_sequence: u16,
    slots: Slots,
    is_paused: bool,
    reports: Reports,
    stats: Outbound,
}

impl Stream {
    /// A stream that has sent nothing.
    pub fn new(config: Config) -> Self {
        let history = History::new(config.history, config.first_sequence_number);
        Stream {
            packetizer: Packetizer::new(config.format, config.first_ids),
            timeline: Timeline::new(config.first_timestamp, config.format.clock_rate()),
            dependencies: None,
            queue: VecDeque::new(),
            queued_bytes: 0,
            is_mid_frame: false,
            history,
            rtx_sequence: config.rtx.map_or(0, |rtx| rtx.first_sequence_number),
            // What waits and what is kept come from one pool.
            slots: Slots::with_limit(config.history.packets),
            is_paused: false,
            reports: Reports::default(),
            stats: Outbound::default(),
            config,
        }
    }

    /// Cuts a frame into packets of at most `max_payload` bytes of payload and queues them. Leave room for the header
    /// extension and for the [two bytes](crate::rtx::OVERHEAD) of a retransmission.
    pub fn write(&mut self, now: Instant, frame: &Frame<'_>, max_payload: usize) -> Result<(), Refused> {
        self.admit(frame.data.len())?;
        let info =
            self.packetizer.start(frame.data, &frame.info, max_payload).map_err(Refused::Unsendable)?;
        if info.is_key && self.reports.key_frame_comes() {
            // Whoever asked can do nothing with those before it, and this one must not wait for them.
            self.drop_queued();
            self.history.forget(&mut self.slots);
        }
        let mut described = self.dependencies.as_mut().filter(|_| Dependencies::describe(self.config.format));
        if let Some(dependencies) = &mut described {
            let layer = info.layer.or(frame.info.layer);
            dependencies.begin(&FrameInfo { layer, ..info });
        }
        let mut is_first = true;
        let captured = frame.captured.unwrap_or(now);
        let timestamp = self.timeline.at(captured, frame.media_time);
        loop {
            let mut bytes = self.slots.take();
            let Some(piece) = self.packetizer.next_payload(frame.data, &mut bytes) else {
                self.slots.put(bytes);
                return Ok(());
            };
            let dependencies = described.as_mut().map_or(Written::default(), |dependencies| {
                dependencies.packet(core::mem::take(&mut is_first), piece.is_last)
            });
            self.queued_bytes += bytes.len();
            self.queue.push_back(Packet {
                dependencies,
                payload_type: self.config.payload_type,
                timestamp,
                marker: piece.marker,
                is_key: info.is_key,
                captured,
                written: now,
                extras: frame.extras,
                bytes,
                described: 0,
                elements: 0,
                lost_before: false,
            });
        }
    }

    /// Queues one packet whose payload was made elsewhere.
    pub fn write_payload(&mut self, now: Instant, payload: &Payload<'_>) -> Result<(), Refused> {
        self.admit(payload.data.len())?;
        let mut bytes = self.slots.take();
        bytes.extend_from_slice(payload.dependencies.unwrap_or_default());
        let described = bytes.len();
        for &(id, data) in payload.elements {
            if let Ok(len) = u8::try_from(data.len()) {
                bytes.extend_from_slice(&[id, len]);
                bytes.extend_from_slice(data);
            }
        }
        let elements = bytes.len();
        bytes.extend_from_slice(payload.data);
        let captured = payload.captured.unwrap_or(now);
        let timestamp = payload.timestamp.unwrap_or_else(|| self.timeline.extrapolate(captured));
        self.timeline.note(captured, timestamp);
        if payload.is_key {
            self.reports.key_frame_comes();
        }
        self.queued_bytes += bytes.len();
        self.queue.push_back(Packet {
            dependencies: Written::default(),
            payload_type: payload.payload_type,
            timestamp,
            marker: payload.marker,
            is_key: payload.is_key,
            captured,
            written: now,
            extras: payload.extras,
            bytes,
            described,
            elements,
            lost_before: payload.lost_before,
        });
        Ok(())
    }

    fn admit(&self, len: usize) -> Result<(), Refused> {
        match () {
            () if self.is_paused => Err(Refused::Paused),
            () if self.queued_bytes > 0 && self.queued_bytes + len > self.config.queue => {
                Err(Refused::QueueFull)
            }
            () => Ok(()),
        }
    }

    /// Frames written from now on have this format. Timestamps go on; with another clock rate by RFC 7160 §4.2's formula.
    pub fn switch_format(
        &mut self,
        now: Instant,
        payload_type: PayloadType,
        format: Format,
        first: FirstIds,
    ) {
        if format.clock_rate() != self.timeline.clock_rate() {
            self.timeline.join_by(now, format.clock_rate());
        }
        self.packetizer = Packetizer::new(format, first);
        (self.config.payload_type, self.config.format) = (payload_type, format);
    }

    /// Where packets are sent again from now on. Those that left before are forgotten: they belong to another payload type.
    /// The numbers of a retransmission stream go on.
    pub fn repair_by(&mut self, rtx: Option<Rtx>) {
        if self.config.rtx.map(|rtx| (rtx.ssrc, rtx.payload_type))
            == rtx.map(|rtx| (rtx.ssrc, rtx.payload_type))
        {
            return;
        }
        if let (None, Some(rtx)) = (self.config.rtx, rtx)
            && self.rtx_sequence == 0
        {
            self.rtx_sequence = rtx.first_sequence_number;
        }
        self.config.rtx = rtx;
        self.history.forget(&mut self.slots);
    }

    /// Whether relays are told which frames need which, from the next key frame on: the
    /// [dependency descriptor](crate::ext::Kind::DependencyDescriptor), of VP8, AV1, H.264 and H.265 without spatial layers.
    /// Temporal layers are those of [`FrameToSend::layer`](crate::codec::FrameToSend::layer).
    pub fn describe_dependencies(&mut self, is_wanted: bool) {
        match is_wanted {
            true => {
                self.dependencies.get_or_insert_default();
            }
            false => self.dependencies = None,
        }
    }

    /// Other numbers from now on, as the other side uses one of those that it had: its own, that of its retransmissions, and
    /// where the sequence numbers of both begin. What left under the old ones can not be asked for any more. RFC 3550 §8.2.
    pub fn renumber(&mut self, ssrc: Ssrc, repair: Ssrc, [first, first_repair]: [u16; 2]) {
        self.config.ssrc = ssrc;
        if let Some(rtx) = &mut self.config.rtx {
            rtx.ssrc = repair;
            self.rtx_sequence = first_repair;
        }
        self.history.restart(first, &mut self.slots);
        self.reports.begin_anew();
    }

    /// Frames come from another source from now on: its media time may begin anywhere, timestamps go on.
    pub fn replace_source(&mut self) {
        self.timeline.join();
    }

    /// Takes no frames until [`resume`](Stream::resume), and drops those of which nothing was sent. Requests are answered.
    pub fn pause(&mut self) {
        self.is_paused = true;
        self.drop_queued();
    }

    /// Takes frames again.
    pub fn resume(&mut self) {
        self.is_paused = false;
    }

    /// The timestamp that a moment has, by the last frame.
    pub fn timestamp_at(&self, at: Instant) -> u32 {
        self.timeline.extrapolate(at)
    }

    /// Whether it takes no frames.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Drops the frames of which nothing was sent. Their sequence numbers are not lost, as they had none.
    pub fn drop_queued(&mut self) {
        let begun = self.queue.front().filter(|_| self.is_mid_frame).map(|packet| packet.timestamp);
        let kept = self.queue.iter().take_while(|packet| Some(packet.timestamp) == begun).count();
        for packet in self.queue.drain(kept..) {
            self.queued_bytes -= packet.bytes.len();
            self.slots.put(packet.bytes);
        }
    }

    /// Drops all that waits, also the rest of a frame whose beginning left, and what is to be sent again.
    pub fn drop_all(&mut self) {
        self.is_mid_frame = false;
        self.drop_queued();
        self.history.settle();
    }

    /// Bytes of payload that wait to be sent for the first time.
    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// When the oldest packet that waits was written.
    pub fn waits_since(&self) -> Option<Instant> {
        self.queue.front().map(|packet| packet.written)
    }

    /// About how large the next packet will be, in bytes, retransmissions first. `None`: nothing waits.
    pub fn next_len(&self, elements: &ElementIds) -> Option<usize> {
        let again = self.history.peek_again().map(|packet| packet.bytes.len() + crate::rtx::OVERHEAD);
        let len = again.or_else(|| self.queue.front().map(|packet| packet.bytes.len()))?;
        Some(View::HEADER_LEN + packet::expected_extension(elements) + len)
    }

    /// The stream's own SSRC.
    pub fn ssrc(&self) -> Ssrc {
        self.config.ssrc
    }

    /// Where its packets are sent again.
    pub fn rtx(&self) -> Option<Rtx> {
        self.config.rtx
    }

    /// What it is made of. Numbers are those of its beginning.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What it counted.
    pub fn stats(&self) -> &Outbound {
        &self.stats
    }
}
