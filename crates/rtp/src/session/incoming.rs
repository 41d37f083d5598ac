//! The way in: which receiver a packet belongs to, and what becomes of it there.

use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::clocks::Name;
use super::route::Route;
use super::{DropReason, Event, Inbound, Meaning, Payload, ReceiverId, Section, Session};
use crate::elements::ElementIds;
use crate::header::Packet;
use crate::names::{Rid, Ssrc};
use crate::receive::{self, Codec, Verdict};
use crate::rtcp::ReportBlock;

/// Without a packet for so long a stream counts as silent.
const SILENCE: Duration = Duration::from_secs(2);
/// Five intervals of the smallest fixed length, 5 s. RFC 3550 §6.3.5.
const TIMEOUT: Duration = Duration::from_secs(25);
/// What comes so soon after a goodbye was on its way before (RFC 3550 §6.3.4: stragglers).
const STRAGGLERS: Duration = Duration::from_millis(500);
/// Another stream may take a receiver's place so often: each time buffers are made anew.
const CHANGE_INTERVAL: Duration = Duration::from_millis(100);
/// A stream that is known by its payload type alone takes no other one's place that was heard so lately: what carries no name
/// may be anything.
const NAMELESS_INTERVAL: Duration = Duration::from_millis(200);

/// A stream of the other side's, or the place where one may come.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) id: ReceiverId,
    pub(super) section: Section,
    pub(super) rid: Option<Rid>,
    /// Made when the first packet comes.
    pub(super) stream: Option<receive::Stream>,
    pub(super) delay: receive::Limits,
    /// [`Event::Readable`] was said, and not all was read yet.
    pub(super) is_announced: bool,
    /// Packets are read, not frames.
    pub(super) by_packet: bool,
    /// Pictures are of use to somebody, so key frames are asked for.
    pub(super) asks_for_key_frames: bool,
    last_heard: Option<Instant>,
    is_silent: bool,
    changed: Option<Instant>,
    /// When its source said goodbye.
    left: Option<Instant>,
    /// Who stands behind its source.
    pub(super) cname: Name,
}

impl Incoming {
    pub(super) fn new(id: ReceiverId, section: Section, rid: Option<Rid>) -> Self {
        Incoming {
            id,
            section,
            rid,
            stream: None,
            delay: receive::Limits::default(),
            is_announced: false,
            by_packet: false,
            asks_for_key_frames: true,
            last_heard: None,
            is_silent: false,
            changed: None,
            left: None,
            cname: None,
        }
    }

    /// Another agreement: the stream that there is goes on, unless one of its payload types means something else now.
    pub(super) fn update(&mut self, section: Section, elements: ElementIds) {
        self.section = section;
        let Some(ssrc) = self.stream.as_ref().map(receive::Stream::ssrc) else { return };
        let config = self.config(ssrc, elements);
        let goes_on = self.stream.as_mut().is_some_and(|stream| stream.reconfigure(config));
        if !goes_on {
            self.stream = None;
        }
    }

    pub(super) fn is_silent(&self) -> bool {
        self.is_silent
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let stream = self.stream.as_ref()?;
        let silence = self.last_heard.filter(|_| !self.is_silent).map(|heard| heard + SILENCE);
        // Who was told to read and does not is not told again.
        let reads_on = stream.reads_on_at().filter(|_| !self.is_announced);
        let asks = stream.asks_at(self.asks_for_key_frames);
        Instant::earliest(silence, Instant::earliest(reads_on, asks))
    }

    /// What a report says of it. Who was silent for so long that he counts as gone is reported on no more. RFC 3550 §6.3.5.
    pub(super) fn report_block(&mut self, now: Instant) -> Option<ReportBlock> {
        let is_heard = self.last_heard.is_some_and(|heard| now.since(heard) < TIMEOUT);
        self.stream.as_mut().filter(|_| is_heard)?.report_block(now)
    }

    fn config(&self, ssrc: Ssrc, elements: ElementIds) -> receive::Config {
        let mut config = receive::Config::new(ssrc, self.section.is_video, Vec::new());
        for &Payload { payload_type, ref meaning, clock_rate, .. } in &self.section.payloads {
            match *meaning {
                Meaning::Media(format) => config.formats.push(Codec { payload_type, format, clock_rate }),
                Meaning::Retransmission(original) => config.rtx.push((payload_type, original)),
                Meaning::Parity(form) => config.parity.push((payload_type, form)),
                Meaning::Redundancy(_) | Meaning::Wrapping => config.red = config.red.or(Some(payload_type)),
                Meaning::Tones => {}
            }
        }
        config.nack = self.section.asks_again();
        config.elements = elements;
        config.delay = self.delay;
        config.by_packet = self.by_packet;
        config
    }

    fn begin(&mut self, ssrc: Ssrc, elements: ElementIds) {
        self.stream = Some(receive::Stream::new(self.config(ssrc, elements)));
        self.is_announced = false;
        self.left = None;
    }
}

impl Session {
    pub(super) fn take_packet(&mut self, now: Instant, input: Inbound<'_>) {
        let Ok(packet) = Packet::parse(input.bytes) else { return self.drop(DropReason::Malformed) };
        if self.is_looped(now, packet.header.ssrc) {
            return;
        }
        self.note_arrival(now, input, &packet);
        let Some(route) = self.route(now, &packet) else {
            self.tell_unsignalled(&packet);
            return self.drop(DropReason::Unrouted);
        };
        let Some(at) = self.receivers.iter().position(|receiver| receiver.id == route.receiver()) else {
            return self.drop(DropReason::Unrouted);
        };
        let receiver = &mut self.receivers[at];
        if receiver.section.payload(packet.header.payload_type).is_none() {
            return self.drop(DropReason::UnknownPayloadType);
        }
        let Some(stream) = &mut receiver.stream else { return self.drop(DropReason::Unrouted) };
        let goes_on = receiver.left.is_some_and(|left| now >= left + STRAGGLERS) && route.is_media();
        if goes_on {
            receiver.left = None;
            stream.go_on();
        }
        receiver.last_heard = Some(now);
        receiver.is_silent = receiver.left.is_some();
        let (ssrc, rid) = (stream.ssrc(), receiver.rid);
        let verdict = match route {
            Route::Media(_) => stream.receive(now, &packet),
            Route::Repair(_) => stream.receive_rtx(now, &packet),
            Route::Parity(_) => stream.receive_parity(now, &packet),
        };
        match verdict {
            Verdict::Fresh | Verdict::Filler => {}
            Verdict::Duplicate | Verdict::TooOld | Verdict::OutOfRange | Verdict::Useless => {
                self.drop(DropReason::Stale);
            }
        }
        if goes_on {
            self.say(Event::Started { receiver: route.receiver(), ssrc, rid });
        }
        self.attend_receiver(now, at);
    }

    /// A source of the other side's left. Once is enough.
    pub(super) fn on_goodbye(&mut self, now: Instant, source: Ssrc) {
        let Some(Route::Media(id)) = self.routes.find(source) else { return };
        let Some(receiver) = self.receivers.iter_mut().find(|receiver| receiver.id == id) else { return };
        let Some(stream) = receiver.stream.as_mut().filter(|stream| !stream.has_left()) else { return };
        stream.on_goodbye();
        (receiver.left, receiver.is_silent) = (Some(now), true);
        self.say(Event::Goodbye(id));
    }

    /// What feedback will say of it.
    fn note_arrival(&mut self, now: Instant, input: Inbound<'_>, packet: &Packet<'_>) {
        if self.arrivals.are_told_by_stream() {
            self.arrivals.arrived(now, packet.header.ssrc, packet.header.sequence_number, input.ecn);
        } else if let Some(&[high, low, ..]) =
            self.elements.transport_wide().and_then(|id| packet.element(id))
        {
            self.arrivals.arrived_as(now, u16::from_be_bytes([high, low]));
        }
    }

    /// A stream that was not known, or not as this.
    pub(super) fn change(&mut self, now: Instant, route: Route, ssrc: Ssrc, is_named: bool) -> Option<Route> {
        let before = self.routes.find(ssrc);
        let receiver = self.receivers.iter_mut().find(|receiver| receiver.id == route.receiver())?;
        if let Route::Media(_) = route {
            let (last, interval) = match is_named {
                true => (receiver.changed, CHANGE_INTERVAL),
                false => (receiver.last_heard, NAMELESS_INTERVAL),
            };
            let is_too_soon = last.is_some_and(|at| now.since(at) < interval);
            if receiver.stream.is_some() && is_too_soon {
                return None;
            }
            receiver.stream = None;
            receiver.changed = Some(now);
        }
        if let Some(Route::Media(other)) = before.filter(|known| known.receiver() != route.receiver())
            && let Some(other) = self.receivers.iter_mut().find(|receiver| receiver.id == other)
        {
            other.stream = None; // it goes on elsewhere
        }
        self.routes.bind(ssrc, route);
        self.ensure_stream(now, route, ssrc);
        Some(route)
    }

    pub(super) fn ensure_stream(&mut self, now: Instant, route: Route, ssrc: Ssrc) {
        let (Route::Media(id), elements) = (route, self.elements) else { return };
        let Some(receiver) = self.receivers.iter_mut().find(|receiver| receiver.id == id) else { return };
        // A description may have given the section another number since.
        if receiver.stream.as_ref().is_none_or(|stream| stream.ssrc() != ssrc) {
            receiver.begin(ssrc, elements);
            receiver.last_heard = Some(now);
            let rid = receiver.rid;
            self.say(Event::Started { receiver: id, ssrc, rid });
        }
    }

    /// What is due in the receivers: frames to be read, requests to be made, silence to be told.
    pub(super) fn attend_receivers(&mut self, now: Instant) {
        (0..self.receivers.len()).for_each(|at| self.attend_receiver(now, at));
    }

    fn attend_receiver(&mut self, now: Instant, at: usize) {
        let receiver = &mut self.receivers[at];
        let (id, asks) = (receiver.id, receiver.asks_for_key_frames);
        let Some(stream) = &mut receiver.stream else { return };
        self.reports.is_urgent |= stream.asks_at(asks).is_some_and(|at| at <= now);
        let is_readable = !receiver.is_announced && stream.is_readable(now);
        let is_silent =
            !receiver.is_silent && receiver.last_heard.is_some_and(|heard| now.since(heard) >= SILENCE);
        receiver.is_announced |= is_readable;
        receiver.is_silent |= is_silent;
        if is_readable {
            self.say(Event::Readable(id));
        }
        if is_silent {
            self.say(Event::Silent(id));
        }
    }
}
