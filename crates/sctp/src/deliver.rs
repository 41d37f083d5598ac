//! DATA comes in (RFC 9260 §6.2, §6.5, §6.6, §6.9), becomes messages, and finds its channel.

use limpid_sansio::Instant;

use crate::association::Association;
use crate::chunk::{CauseCode, Data, ForwardTsn};
use crate::config::{ChannelConfig, Unannounced};
use crate::control::Bundled;
use crate::datachannel::channel::{Channel, Phase};
use crate::datachannel::dcep::{ACK, Dcep, Open, ppid};
use crate::datachannel::table::MAX_STREAM_ID;
use crate::error::{DropReason, Error};
use crate::event::{Event, Kind, State};
use crate::rx::inbox::Inbox;
use crate::rx::ordering::{Early, Ordering};
use crate::rx::reassembly::{Label, Outcome};
use crate::rx::tracker::Arrival;
use crate::verbs::DCEP_ENVELOPE;

/// How many streams that nobody opened may hold data at once.
const MAX_NASCENT: usize = 16;
/// How much all of them may hold, in bytes.
const MAX_NASCENT_BYTES: usize = 256 << 10;

/// A whole message: still in its packet, or put together.
enum Whole<'a> {
    Slice(&'a [u8]),
    Buffer(Vec<u8>),
}

impl Whole<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Whole::Slice(bytes) => bytes,
            Whole::Buffer(bytes) => bytes,
        }
    }

    fn into_vec(self) -> Vec<u8> {
        match self {
            Whole::Slice(bytes) => bytes.to_vec(),
            Whole::Buffer(bytes) => bytes,
        }
    }
}

impl Association {
    /// One DATA chunk.
    pub(crate) fn on_data(&mut self, now: Instant, data: &Data<'_>) {
        if !self.takes_data() {
            return self.drop_for(DropReason::Unexpected);
        }
        if data.payload.is_empty() {
            let cause = CauseCode::NO_USER_DATA; // §6.2
            return self.fail(now, Error::Violation(cause.0), Some(cause));
        }
        let tsn = match self.rx.tracker.look(data.tsn) {
            Arrival::New(tsn) => tsn,
            Arrival::Duplicate => {
                self.rx.ack.hurry();
                return self.drop_for(DropReason::DuplicateTsn);
            }
            Arrival::Refused => {
                self.rx.ack.hurry();
                return self.drop_for(DropReason::TooManyGaps);
            }
        };
        if !self.has_room(tsn, data) {
            self.rx.ack.hurry();
            return self.drop_for(DropReason::WindowFull);
        }
        if !self.rx.tracker.take(tsn) {
            self.rx.ack.hurry();
            return self.drop_for(DropReason::TooManyGaps);
        }
        self.log.stats.bytes_received += data.payload.len() as u64;
        let urgent = data.flags & Data::IMMEDIATE != 0 || self.rx.tracker.has_gaps() || !self.rx.begun;
        self.rx.begun = true;
        if urgent {
            self.rx.ack.hurry();
        }
        self.assemble(now, tsn, data);
    }

    /// Whether DATA means something in this state. After SHUTDOWN was taken no more may come (§9.2).
    fn takes_data(&self) -> bool {
        matches!(self.state, State::Established | State::ShutdownPending | State::ShutdownSent)
    }

    /// The window that we announced holds. What fills a gap, or goes on with a message that has begun, is let in beyond it:
    /// nothing else would open the window again.
    fn has_room(&self, tsn: u64, data: &Data<'_>) -> bool {
        let (held, size) = (self.rx.held + self.rx.reassembly.held(), self.rx.size);
        if held + data.payload.len() <= size {
            return true;
        }
        let fills = tsn < self.rx.tracker.highest();
        let goes_on = tsn == self.rx.tracker.cumulative() + 1
            && data.flags & Data::BEGIN == 0
            && self.rx.reassembly.continues(tsn);
        (fills && held < 2 * size) || goes_on
    }

    /// After the last DATA of a packet.
    pub(crate) fn after_data(&mut self, now: Instant) {
        self.rx.ack.on_data(now, self.config.timing.sack_delay);
        if self.state == State::ShutdownSent {
            self.rx.ack.hurry();
            self.out.shutdown = true; // §9.2: with what has arrived by now
        }
        self.perform_pending_reset(now);
        if !self.rx.forwarded && self.rx.reassembly.is_broken(self.rx.tracker.cumulative()) {
            self.violation(now);
        }
    }

    /// A message is longer than our description allowed.
    fn too_large(&mut self, now: Instant) {
        let cause = CauseCode::OUT_OF_RESOURCE;
        self.fail(now, Error::Violation(cause.0), Some(cause));
    }

    fn violation(&mut self, now: Instant) {
        let cause = CauseCode::PROTOCOL_VIOLATION;
        self.fail(now, Error::Violation(cause.0), Some(cause));
    }

    fn assemble(&mut self, now: Instant, tsn: u64, data: &Data<'_>) {
        const WHOLE: u8 = Data::BEGIN | Data::END;
        if data.flags & WHOLE == WHOLE {
            return self.on_message(now, &Label::of(data), Whole::Slice(data.payload));
        }
        match self.rx.reassembly.insert(tsn, data) {
            Outcome::Held if self.rx.reassembly.len_at(tsn) > self.config.max_message_size => {
                self.too_large(now)
            }
            Outcome::Held => {}
            Outcome::Complete(_, bytes) if bytes.len() > self.config.max_message_size => self.too_large(now),
            Outcome::Complete(label, bytes) => self.on_message(now, &label, Whole::Buffer(bytes)),
            Outcome::Violation if self.rx.forwarded => self.drop_for(DropReason::StrayFragment),
            Outcome::Violation => self.violation(now),
        }
    }

    /// A whole message: to its channel, in its turn.
    fn on_message(&mut self, now: Instant, label: &Label, whole: Whole<'_>) {
        self.log.stats.messages_received += 1;
        let Some(slot) = self.slot_for(label.stream_id) else { return };
        let Some(channel) = self.channels.at(slot) else { return };
        if label.unordered {
            return self.hand_over(now, slot, label.ppid, whole);
        }
        if !channel.rx.is_next(label.ssn) {
            let cost = Ordering::cost(whole.bytes().len());
            if channel.rx.hold(label.ssn, Early { ppid: label.ppid, bytes: whole.into_vec() }) {
                self.rx.held += cost;
            } else {
                self.drop_for(DropReason::StrayFragment);
            }
            return;
        }
        channel.rx.advance();
        self.hand_over(now, slot, label.ppid, whole);
        while let Some(early) = self.channels.at(slot).and_then(|channel| channel.rx.pop()) {
            self.rx.held -= Ordering::cost(early.bytes.len());
            self.hand_over(now, slot, early.ppid, Whole::Buffer(early.bytes));
        }
    }

    /// The channel of a stream; one that nobody opened gets a place to wait, if there is one.
    fn slot_for(&mut self, stream_id: u16) -> Option<u16> {
        match self.channels.on_stream(stream_id) {
            Some(slot) if self.is_reused(slot) => self.close_now(slot),
            Some(slot) => return Some(slot),
            None => {}
        }
        if stream_id >= self.peer.map_or(0, |peer| peer.inbound_streams) || stream_id > MAX_STREAM_ID {
            let [high, low] = stream_id.to_be_bytes(); // §6.5: acknowledged, and reported
            self.out.bundle(Bundled::Error(CauseCode::INVALID_STREAM, vec![high, low, 0, 0]));
            self.drop_for(DropReason::NoChannel);
            return None;
        }
        let limit = usize::from(self.config.max_channels).min(65_000) + MAX_NASCENT;
        if self.channels.nascent.len() >= MAX_NASCENT || self.channels.len() >= limit {
            self.drop_for(DropReason::NoChannel);
            return None;
        }
        let channel = Channel::new(ChannelConfig::default(), Some(stream_id), Phase::Nascent);
        Some(self.channels.insert(channel))
    }

    /// A message in its turn.
    fn hand_over(&mut self, now: Instant, slot: u16, ppid: u32, whole: Whole<'_>) {
        let kind = match ppid {
            ppid::DCEP => return self.on_dcep(now, slot, whole.bytes()),
            ppid::STRING | ppid::STRING_EMPTY => Kind::Text,
            ppid::BINARY | ppid::BINARY_EMPTY => Kind::Binary,
            _ => {
                self.drop_for(DropReason::UnknownPpid);
                return self.refuse(slot); // RFC 8831 §6.6
            }
        };
        let empty = matches!(ppid, ppid::STRING_EMPTY | ppid::BINARY_EMPTY);
        let Some(channel) = self.channels.look(slot) else { return };
        match channel.phase {
            Phase::Nascent if self.config.unannounced == Unannounced::AcceptReliable => {
                self.accept_unannounced(slot);
            }
            Phase::Nascent if self.channels.nascent_held() + whole.bytes().len() > MAX_NASCENT_BYTES => {
                return self.drop_for(DropReason::NoChannel);
            }
            Phase::Closed => return self.drop_for(DropReason::NoChannel),
            Phase::Closing if channel.closing.by_us => return self.drop_for(DropReason::NoChannel),
            _ => {}
        }
        self.put(slot, kind, if empty { Whole::Slice(&[]) } else { whole });
    }

    fn put(&mut self, slot: u16, kind: Kind, whole: Whole<'_>) {
        let Some(channel) = self.channels.at(slot) else { return };
        let was_empty = channel.inbox.is_empty();
        channel.proven = true;
        channel.counts.messages_received += 1;
        channel.counts.bytes_received += whole.bytes().len() as u64;
        self.rx.held += Inbox::cost(whole.bytes().len());
        match whole {
            Whole::Slice(bytes) => channel.inbox.push_slice(kind, bytes),
            Whole::Buffer(bytes) => {
                if let Some(buffer) = channel.inbox.push_buffer(kind, bytes) {
                    self.rx.reassembly.recycle(buffer);
                }
            }
        }
        if was_empty {
            self.report_readable(slot);
        }
    }

    fn accept_unannounced(&mut self, slot: u16) {
        let stream_id = self.channels.look(slot).and_then(|channel| channel.stream_id);
        self.adopt(slot, ChannelConfig { negotiated: stream_id, ..ChannelConfig::default() }, Phase::Open);
        self.log.events.push_back(Event::ChannelAccepted(self.channels.id(slot)));
    }

    fn on_dcep(&mut self, now: Instant, slot: u16, message: &[u8]) {
        match Dcep::parse(message) {
            Ok(Dcep::Open(open)) => self.on_open(now, slot, &open),
            Ok(Dcep::Ack) => self.on_ack(slot),
            Err(_) => {
                self.drop_for(DropReason::BadDcep);
                self.refuse(slot);
            }
        }
    }

    /// OPEN (RFC 8832 §6): the stream must be free, and its id one of the peer's.
    fn on_open(&mut self, _now: Instant, slot: u16, open: &Open<'_>) {
        let parity = self.channels.parity;
        // Names are read by nobody, so that the window does not count them: together they take no more than it.
        let names = self.channels.names_held() + open.label.len() + open.protocol.len();
        let too_many =
            self.channels.len() > self.config.max_channels.into() || names > self.config.receive_window;
        let Some(channel) = self.channels.at(slot) else { return };
        let ours = parity.is_some_and(|ours| {
            channel.stream_id.is_some_and(|id| (id % 2 == 1) == (ours == crate::config::Parity::Odd))
        });
        if channel.phase != Phase::Nascent || ours || too_many {
            self.drop_for(DropReason::BadDcep);
            return self.refuse(slot);
        }
        let config = ChannelConfig {
            label: open.label.to_owned(),
            protocol: open.protocol.to_owned(),
            ordered: open.ordered,
            reliability: open.reliability,
            priority: open.priority,
            negotiated: None,
        };
        channel.proven = true;
        channel.tx.queue.push_slice(DCEP_ENVELOPE, &ACK);
        self.tx.held += ACK.len();
        self.adopt(slot, config, Phase::Open);
        if let Some(channel) = self.channels.at(slot) {
            channel.proven = true;
        }
        self.schedule(slot);
        self.log.events.push_back(Event::ChannelAccepted(self.channels.id(slot)));
        self.report_readable(slot);
    }

    fn on_ack(&mut self, slot: u16) {
        let id = self.channels.id(slot);
        let Some(channel) = self.channels.at(slot) else { return };
        channel.proven = true;
        match channel.phase {
            Phase::Connecting => {
                channel.phase = Phase::Open;
                self.log.events.push_back(Event::ChannelOpened(id));
            }
            Phase::Closing | Phase::Closed => {}
            Phase::Nascent | Phase::Open => self.drop_for(DropReason::BadDcep),
        }
    }

    /// What comes on this stream makes no sense: close it.
    pub(crate) fn refuse(&mut self, slot: u16) {
        let id = self.channels.id(slot);
        let Some(channel) = self.channels.at(slot) else { return };
        match channel.phase {
            Phase::Closing | Phase::Closed => return,
            // Nobody knows of it: it only has to be reset.
            Phase::Nascent => {
                self.rx.held -= channel.inbox.clear();
                channel.closing.by_us = true;
                channel.closing.hidden = true;
            }
            _ => self.log.events.push_back(Event::ChannelClosing(id)),
        }
        self.begin_closing(slot);
    }

    /// FORWARD TSN (RFC 3758 §3.6).
    pub(crate) fn on_forward_tsn(&mut self, now: Instant, skip: &ForwardTsn<'_>) {
        if !self.takes_data() {
            return self.drop_for(DropReason::Unexpected);
        }
        self.rx.ack.hurry();
        let full = self.rx.tracker.unwrap(skip.new_cumulative_tsn);
        if !self.rx.tracker.forward(full) {
            return; // old: the SACK tells
        }
        self.rx.forwarded = true;
        self.rx.reassembly.drop_through(full);
        for (stream_id, ssn) in skip.skipped() {
            // A stream on which nothing has come yet is skipped on as well, so that what follows finds its turn.
            let Some(slot) = self.slot_for(stream_id) else { continue };
            let mut due = Vec::new();
            let Some(channel) = self.channels.at(slot) else { continue };
            channel.rx.skip_through(ssn, |early| due.push(early));
            while let Some(early) = channel.rx.pop() {
                due.push(early);
            }
            for early in due {
                self.rx.held -= Ordering::cost(early.bytes.len());
                self.hand_over(now, slot, early.ppid, Whole::Buffer(early.bytes));
            }
        }
        self.perform_pending_reset(now);
    }
}
