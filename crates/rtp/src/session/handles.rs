//! One stream of a session, borrowed.

use limpid_sansio::Instant;

use super::outgoing::{first_ids, format_of, repair_of};
use super::{ReceiverId, Session};
use crate::names::{PayloadType, Rid, Ssrc};
use crate::receive::{self, Frame, PacketRead};
use crate::send::{self, Refused};
use crate::statistics::{Inbound, Outbound};

/// Room that a header extension takes: names, numbers, times, levels.
const EXTENSION: usize = 64;

/// A stream of ours.
#[derive(Debug)]
pub struct Sender<'a> {
    pub(super) session: &'a mut Session,
    pub(super) at: usize,
}

impl Sender<'_> {
    /// Queues a frame. It leaves in its turn: sound at once, pictures as the path takes them.
    pub fn write(&mut self, now: Instant, frame: &send::Frame<'_>) -> Result<(), Refused> {
        let reserve = crate::header::Packet::HEADER_LEN + EXTENSION + crate::rtx::OVERHEAD;
        let max_payload = self.session.config.max_packet.saturating_sub(reserve);
        self.admit()?;
        self.stream().write(now, frame, max_payload)
    }

    /// Queues one packet whose payload was made elsewhere.
    pub fn write_payload(&mut self, now: Instant, payload: &send::Payload<'_>) -> Result<(), Refused> {
        self.admit()?;
        self.stream().write_payload(now, payload)
    }

    /// After [`Event::SendingCeased`](super::Event::SendingCeased): the application has reason to believe that the network
    /// carries the stream now. `false`: it is too early (RFC 8083 §4.5), 15 s at least have to pass.
    pub fn resume(&mut self, now: Instant) -> bool {
        self.session.resume_sender(now, self.at)
    }

    /// Why it ceased to send, if it did.
    pub fn ceased(&self) -> Option<crate::bwe::Trip> {
        self.session.senders[self.at].breaker.tripped()
    }

    /// Frames written from now on are in this format. `false`: the other side takes none such.
    pub fn set_payload_type(&mut self, now: Instant, payload_type: PayloadType) -> bool {
        let sender = &mut self.session.senders[self.at];
        let Some(format) = format_of(&sender.config, payload_type) else { return false };
        if sender.config.payload_type != payload_type {
            sender.config.payload_type = payload_type;
            let random = &mut self.session.random;
            sender.stream.switch_format(now, payload_type, format, first_ids(random));
            sender.stream.repair_by(repair_of(&sender.config, random));
        }
        true
    }

    /// What the other side takes from now on. Where the format of the frames is no longer among it, the first is.
    pub fn set_payloads(&mut self, now: Instant, payloads: &[super::Payload]) {
        let config = &mut self.session.senders[self.at].config;
        if config.payloads == payloads {
            return;
        }
        config.payloads = payloads.to_vec();
        let current = config.payload_type;
        if format_of(config, current).is_none()
            && let Some(first) =
                payloads.iter().find(|payload| matches!(payload.meaning, super::Meaning::Media(_)))
        {
            self.set_payload_type(now, first.payload_type);
        }
        let Session { senders, random, .. } = &mut *self.session;
        let sender = &mut senders[self.at];
        sender.stream.repair_by(repair_of(&sender.config, random));
    }

    /// What the other side takes.
    pub fn payloads(&self) -> &[super::Payload] {
        &self.session.senders[self.at].config.payloads
    }

    /// Frames come from another source from now on: its media time may begin anywhere, timestamps go on.
    pub fn replace_source(&mut self) {
        self.stream().replace_source();
    }

    /// Takes no frames, or takes them again.
    pub fn set_paused(&mut self, is_paused: bool) {
        match is_paused {
            true => self.stream().pause(),
            false => self.stream().resume(),
        }
    }

    /// The timestamp that a moment has, by the last frame.
    pub fn timestamp_at(&self, at: Instant) -> u32 {
        self.session.senders[self.at].stream.timestamp_at(at)
    }

    /// The other side wants to be sent at most so many bits per second of this stream (`b=` of its description).
    pub fn set_max_bitrate(&mut self, now: Instant, bits_per_second: Option<u64>) {
        let wanted = &mut self.session.senders[self.at].wanted;
        if wanted.described != bits_per_second {
            wanted.described = bits_per_second;
            self.session.weigh_limits(now);
        }
    }

    /// What the other side wants to be sent of this stream at most, in bits per second: by its description or by TMMBR. It
    /// counts towards [`target_bitrate`](Session::target_bitrate) too, which is for all streams together.
    pub fn max_bitrate(&self) -> Option<u64> {
        self.session.senders[self.at].wanted.limit()
    }

    /// In which format frames are written.
    pub fn payload_type(&self) -> PayloadType {
        self.session.senders[self.at].config.payload_type
    }

    /// Its number: that under which it was added, unless it was [renumbered](super::Event::Renumbered).
    pub fn ssrc(&self) -> Ssrc {
        self.session.senders[self.at].stream.ssrc()
    }

    /// Bytes that wait to be sent.
    pub fn queued_bytes(&self) -> usize {
        self.session.senders[self.at].stream.queued_bytes()
    }

    /// What it counted.
    pub fn stats(&self) -> Outbound {
        *self.session.senders[self.at].stream.stats()
    }

    fn admit(&self) -> Result<(), Refused> {
        self.ceased().map_or(Ok(()), |_| Err(Refused::Ceased))
    }

    fn stream(&mut self) -> &mut send::Stream {
        &mut self.session.senders[self.at].stream
    }
}

/// A stream of the other side's.
#[derive(Debug)]
pub struct Receiver<'a> {
    pub(super) session: &'a mut Session,
    pub(super) at: usize,
}

impl<'a> Receiver<'a> {
    /// The next frame, which lies in the stream's buffer until the next one is read. `None`: none is there, or one before
    /// it is still waited for; [`Event::Readable`](super::Event::Readable) says when to come back.
    pub fn read(self, now: Instant) -> Option<Received<'a>> {
        let Session { receivers, clocks, .. } = self.session;
        let receiver = &mut receivers[self.at];
        let stream = receiver.stream.as_mut()?;
        let frame = if stream.is_readable(now) { stream.read(now) } else { None };
        receiver.is_announced = frame.is_some();
        frame.map(|frame| clocks.place(&receiver.cname, frame))
    }

    /// The next packet, for who passes it on, which lies in the stream's buffer until the next one is read. For receivers that
    /// are [by packet](Receiver::set_by_packet).
    pub fn read_packet(self, now: Instant) -> Option<PacketRead<'a>> {
        let receiver = &mut self.session.receivers[self.at];
        let packet = receiver.stream.as_mut()?.read_packet(now);
        receiver.is_announced = packet.is_some();
        packet
    }

    /// Packets are read, not frames: for who passes them on and decodes nothing. Key frames are then asked for only by
    /// [`request_key_frame`](Receiver::request_key_frame).
    pub fn set_by_packet(&mut self, by_packet: bool) {
        let receiver = &mut self.session.receivers[self.at];
        receiver.by_packet = by_packet;
        if let Some(stream) = &mut receiver.stream {
            stream.set_by_packet(by_packet);
        }
    }

    /// Whether [`read`](Receiver::read) has something to look at.
    pub fn is_readable(&self, now: Instant) -> bool {
        self.session.receivers[self.at].stream.as_ref().is_some_and(|stream| stream.is_readable(now))
    }

    /// Asks for a picture that can be decoded by itself.
    pub fn request_key_frame(&mut self) {
        let receiver = &mut self.session.receivers[self.at];
        if let Some(stream) = &mut receiver.stream {
            stream.request_key_frame();
            self.session.reports.is_urgent = true;
        }
    }

    /// Whether key frames are asked for when pictures can not be decoded. Turn it off for a stream that nobody watches.
    pub fn set_wanted(&mut self, is_wanted: bool) {
        self.session.receivers[self.at].asks_for_key_frames = is_wanted;
    }

    /// Bounds of the delay that smooths what the network does.
    pub fn set_delay(&mut self, limits: receive::Limits) {
        let receiver = &mut self.session.receivers[self.at];
        receiver.delay = limits;
        if let Some(stream) = &mut receiver.stream {
            stream.set_delay(limits);
        }
    }

    /// Its name within the session.
    pub fn id(&self) -> ReceiverId {
        self.session.receivers[self.at].id
    }

    /// The encoding.
    pub fn rid(&self) -> Option<Rid> {
        self.session.receivers[self.at].rid
    }

    /// The stream that comes; `None`: nothing came yet.
    pub fn ssrc(&self) -> Option<Ssrc> {
        Some(self.session.receivers[self.at].stream.as_ref()?.ssrc())
    }

    /// Packets come: the stream began, was heard of lately, and its source has not left.
    pub fn is_live(&self) -> bool {
        let receiver = &self.session.receivers[self.at];
        receiver.stream.is_some() && !receiver.is_silent()
    }

    /// Whether its source said goodbye and has sent nothing new since.
    pub fn has_left(&self) -> bool {
        self.session.receivers[self.at].stream.as_ref().is_some_and(receive::Stream::has_left)
    }

    /// What it counted.
    pub fn stats(&self) -> Option<Inbound> {
        Some(self.session.receivers[self.at].stream.as_ref()?.stats())
    }
}

/// A frame that was read.
#[derive(Copy, Clone, Debug)]
pub struct Received<'a> {
    /// The frame.
    pub frame: Frame<'a>,
    /// When it was captured, by our clock: the time that the sender's reports give, on the one clock that all streams of
    /// that sender share. Streams are in step when frames of equal times are shown together. `None`: no report came yet.
    pub captured_at: Option<Instant>,
}

impl<'a> core::ops::Deref for Received<'a> {
    type Target = Frame<'a>;

    fn deref(&self) -> &Frame<'a> {
        &self.frame
    }
}
