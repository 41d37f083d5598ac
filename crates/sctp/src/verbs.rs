//! What a user does with channels: open, write, close.

use bytes::Bytes;
use limpid_sansio::Instant;
use limpid_sansio::wire::Writer;

use crate::association::Association;
use crate::config::{ChannelConfig, Parity};
use crate::datachannel::channel::{Channel, OutgoingReset, Phase};
use crate::datachannel::dcep::{Open, ppid};
use crate::datachannel::table::MAX_STREAM_ID;
use crate::error::{Misuse, WriteError};
use crate::event::{ChannelId, ChannelInfo, Event, Kind, State};
use crate::tx::queue::Envelope;

/// DCEP messages are neither counted nor given up.
pub(crate) const DCEP_ENVELOPE: Envelope =
    Envelope { ppid: ppid::DCEP, expires: None, counted: false, reliable: true };

impl Association {
    /// Tells which stream ids are ours, once DTLS knows who is its client. Channels that were opened before get theirs now,
    /// in the order in which they were opened.
    pub fn set_parity(&mut self, parity: Parity) {
        self.channels.parity = Some(parity);
        for slot in self.channels.all() {
            if self.channels.look(slot).is_some_and(|channel| channel.stream_id.is_none()) {
                self.give_stream(slot);
            }
        }
    }

    /// Opens a channel. May be called before the association is up, and before the parity is known; messages may be
    /// written at once, and follow the OPEN.
    pub fn open_channel(&mut self, _now: Instant, config: ChannelConfig) -> Result<ChannelId, Misuse> {
        if self.is_closing() {
            return Err(Misuse::Closed);
        }
        if config.label.len() > u16::MAX.into() || config.protocol.len() > u16::MAX.into() {
            return Err(Misuse::LabelTooLong);
        }
        if let Some(stream_id) = config.negotiated {
            return self.open_negotiated(stream_id, config);
        }
        let no_stream = self
            .channels
            .parity
            .is_some_and(|parity| self.channels.free_stream_id(parity, self.outbound_streams()).is_none());
        if no_stream || self.channels.len() >= self.config.max_channels.into() {
            return Err(Misuse::NoFreeChannel);
        }
        let slot = self.channels.insert(Channel::new(config, None, Phase::Connecting));
        if self.channels.parity.is_some() {
            self.give_stream(slot);
        }
        Ok(self.channels.id(slot))
    }

    fn open_negotiated(&mut self, stream_id: u16, config: ChannelConfig) -> Result<ChannelId, Misuse> {
        if stream_id > MAX_STREAM_ID || stream_id >= self.outbound_streams() {
            return Err(Misuse::BadStreamId);
        }
        let up = self.peer.is_some() && self.state != State::CookieWait && self.state != State::CookieEchoed;
        let phase = if up { Phase::Open } else { Phase::Connecting };
        let held = self.channels.on_stream(stream_id);
        let slot = match held {
            Some(slot) if self.channels.look(slot).is_some_and(|held| held.phase == Phase::Nascent) => {
                self.adopt(slot, config, phase);
                slot
            }
            Some(_) => return Err(Misuse::StreamInUse),
            None if self.channels.len() >= self.config.max_channels.into() => {
                return Err(Misuse::NoFreeChannel);
            }
            None => self.channels.insert(Channel::new(config, Some(stream_id), phase)),
        };
        let id = self.channels.id(slot);
        if up {
            self.log.events.push_back(Event::ChannelOpened(id));
            self.report_readable(slot);
        }
        Ok(id)
    }

    /// Data that came before the channel was opened becomes the channel's.
    pub(crate) fn adopt(&mut self, slot: u16, config: ChannelConfig, phase: Phase) {
        if let Some(channel) = self.channels.at(slot) {
            channel.proven = config.negotiated.is_some();
            channel.config = config;
            self.channels.set_phase(slot, phase);
        }
    }

    /// How many streams we may send on, as far as we know.
    pub(crate) fn outbound_streams(&self) -> u16 {
        self.peer.map_or(self.config.streams, |peer| peer.outbound_streams)
    }

    /// Finds a stream for a channel of ours and queues its OPEN.
    fn give_stream(&mut self, slot: u16) {
        let Some(parity) = self.channels.parity else { return };
        let Some(stream_id) = self.channels.free_stream_id(parity, self.outbound_streams()) else {
            return self.close_now(slot);
        };
        self.channels.bind(slot, stream_id);
        let Some(channel) = self.channels.at(slot) else { return };
        let config = &channel.config;
        let mut open = Vec::with_capacity(16 + config.label.len() + config.protocol.len());
        let message = Open {
            ordered: config.ordered,
            reliability: config.reliability,
            priority: config.priority,
            label: &config.label,
            protocol: &config.protocol,
        };
        message.write(&mut Writer::new(&mut open));
        self.tx.held += open.len();
        channel.tx.queue.push_first(DCEP_ENVELOPE, Bytes::from(open));
        self.schedule(slot);
    }

    /// What is known about a channel; `None`: it has gone.
    pub fn channel(&self, id: ChannelId) -> Option<ChannelInfo<'_>> {
        self.channels.get(id)?.info()
    }

    /// All channels that the user knows of.
    pub fn channel_infos(&self) -> impl Iterator<Item = (ChannelId, ChannelInfo<'_>)> {
        self.channels
            .all()
            .filter_map(|slot| Some((self.channels.id(slot), self.channels.look(slot)?.info()?)))
    }

    /// Queues a message, copying it. Best for small ones.
    ///
    /// Messages of a channel whose OPEN is not acknowledged yet go out in order, whatever the channel is (RFC 8832 §6).
    pub fn write(&mut self, now: Instant, id: ChannelId, kind: Kind, bytes: &[u8]) -> Result<(), WriteError> {
        let (slot, envelope) = self.admit(now, id, kind, bytes.len())?;
        let Some(channel) = self.channels.at(slot) else { return Err(WriteError::NotOpen) };
        // A message of no bytes is sent as one that the receiver ignores (RFC 8831 §6.6).
        channel.counts.messages_sent += 1;
        channel.counts.bytes_sent += bytes.len() as u64;
        let bytes = if bytes.is_empty() { &[0] } else { bytes };
        channel.tx.queue.push_slice(envelope, bytes);
        self.queued(slot, bytes.len());
        Ok(())
    }

    /// Queues a message without copying it, unless it is small.
    pub fn write_bytes(
        &mut self,
        now: Instant,
        id: ChannelId,
        kind: Kind,
        bytes: Bytes,
    ) -> Result<(), WriteError> {
        if bytes.is_empty() {
            return self.write(now, id, kind, &[]);
        }
        let (slot, envelope) = self.admit(now, id, kind, bytes.len())?;
        let Some(channel) = self.channels.at(slot) else { return Err(WriteError::NotOpen) };
        let len = bytes.len();
        channel.counts.messages_sent += 1;
        channel.counts.bytes_sent += len as u64;
        channel.tx.queue.push_bytes(envelope, bytes);
        self.queued(slot, len);
        Ok(())
    }

    /// Whether a message may be written, and what it is to be.
    fn admit(
        &mut self,
        now: Instant,
        id: ChannelId,
        kind: Kind,
        len: usize,
    ) -> Result<(u16, Envelope), WriteError> {
        let slot = self.channels.slot(id).ok_or(WriteError::NotOpen)?;
        let closing = self.is_closing();
        let channel = self.channels.at(slot).filter(|channel| channel.is_writable() && !closing);
        let channel = channel.ok_or(WriteError::NotOpen)?;
        if len > self.tx.max_message {
            return Err(WriteError::TooLarge);
        }
        // A channel with nothing to send is let in beyond the limit, so that a busy one can't lock it out.
        let limit = self.config.send_buffer;
        if self.tx.held >= limit && (channel.tx.queue.buffered() > 0 || self.tx.held >= 2 * limit) {
            if !channel.edges.blocked {
                channel.edges.blocked = true;
                self.tx.blocked.push_back(slot);
            }
            self.expire(now, slot);
            self.after_taking(slot);
            return Err(WriteError::Full);
        }
        let ppid = match (kind, len) {
            (Kind::Text, 0) => ppid::STRING_EMPTY,
            (Kind::Binary, 0) => ppid::BINARY_EMPTY,
            (Kind::Text, _) => ppid::STRING,
            (Kind::Binary, _) => ppid::BINARY,
        };
        Ok((slot, Envelope { ppid, expires: channel.expiry(now), counted: len > 0, reliable: false }))
    }

    fn queued(&mut self, slot: u16, len: usize) {
        self.tx.held += len;
        self.log.stats.messages_sent += 1;
        self.schedule(slot);
    }

    /// Puts a channel with something to send into the schedule.
    pub(crate) fn schedule(&mut self, slot: u16) {
        let Some(channel) = self.channels.at(slot) else { return };
        if !channel.tx.scheduled && channel.stream_id.is_some() && channel.tx.queue.has_unsent() {
            channel.tx.scheduled = true;
            self.tx.schedule.enter(slot, channel.tx.pass);
        }
    }

    /// The buffered amount in bytes at or below which [`Event::BufferedAmountLow`] is reported. Default 0.
    pub fn set_low_water(&mut self, id: ChannelId, bytes: usize) {
        if let Some(channel) = self.channels.get_mut(id) {
            channel.tx.low_water = bytes;
        }
    }

    /// Bytes written to a channel that were not put into a packet yet; 0 for one that has gone.
    pub fn buffered_amount(&self, id: ChannelId) -> usize {
        self.channels.get(id).map_or(0, |channel| channel.tx.queue.buffered())
    }

    /// Closes a channel: what was written still goes out, then our stream is reset, and when the peer has reset its own
    /// the channel is closed (RFC 8831 §6.7). What comes in the meantime is dropped; what waits to be read is too.
    /// Before the association is up there is nobody to send it to: the channel goes, with what was written.
    pub fn close_channel(&mut self, _now: Instant, id: ChannelId) {
        let Some(slot) = self.channels.slot(id) else { return };
        let Some(channel) = self.channels.at(slot) else { return };
        self.rx.held -= channel.inbox.clear();
        self.rx.ack.on_read(self.rx.window(), self.rx.size);
        if channel.phase == Phase::Closed {
            return self.forget_if_spent(id);
        }
        channel.closing.by_us = true;
        self.begin_closing(slot);
    }

    /// Resets our stream as soon as what was written is sent.
    pub(crate) fn begin_closing(&mut self, slot: u16) {
        let resets = self.peer.is_some_and(|peer| peer.extensions.reconfig);
        let Some(channel) = self.channels.at(slot) else { return };
        if resets && channel.stream_id.is_some() {
            self.channels.set_phase(slot, Phase::Closing);
            return self.ask_reset(slot);
        }
        if self.tx.flight.is_empty() && self.peer.is_none() {
            self.tx.held -= channel.tx.queue.clear();
        }
        self.close_now(slot);
    }

    /// Queues the reset of our stream, if nothing is left to send and it was not asked for yet.
    pub(crate) fn ask_reset(&mut self, slot: u16) {
        let Some(channel) = self.channels.at(slot) else { return };
        let ready = channel.phase == Phase::Closing && !channel.tx.queue.has_unsent();
        if ready && channel.closing.outgoing == OutgoingReset::No {
            channel.closing.outgoing = OutgoingReset::Asked;
            self.resets.ask(slot);
        }
    }

    /// The channel is gone, on this side at least.
    pub(crate) fn close_now(&mut self, slot: u16) {
        self.channels.unbind(slot);
        let id = self.channels.id(slot);
        let Some(channel) = self.channels.at(slot) else { return };
        if channel.phase == Phase::Closed {
            return;
        }
        let hidden = channel.phase == Phase::Nascent || channel.closing.hidden;
        self.rx.held -= channel.rx.reset() + if hidden { channel.inbox.clear() } else { 0 };
        if channel.tx.scheduled && !channel.tx.queue.has_unsent() {
            channel.tx.scheduled = false;
            self.tx.schedule.remove(slot);
        }
        self.channels.set_phase(slot, Phase::Closed);
        if hidden {
            self.forget_if_spent(id);
        } else {
            self.log.events.push_back(Event::ChannelClosed(id));
        }
    }

    /// Takes a closed channel out when nothing of it is needed any more.
    pub(crate) fn forget_if_spent(&mut self, id: ChannelId) {
        if let Some(slot) = self.channels.slot(id)
            && self.channels.look(slot).is_some_and(Channel::is_spent)
        {
            self.channels.remove(slot);
        }
    }

    /// Reports that a channel has something to read, once.
    pub(crate) fn report_readable(&mut self, slot: u16) {
        let id = self.channels.id(slot);
        let Some(channel) = self.channels.at(slot) else { return };
        let known = !matches!(channel.phase, Phase::Nascent);
        if known && !channel.inbox.is_empty() && !channel.edges.readable {
            channel.edges.readable = true;
            self.log.events.push_back(Event::Readable(id));
        }
    }

    /// No channel can be opened or written any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.finished()
            || matches!(
                self.state,
                State::ShutdownPending
                    | State::ShutdownSent
                    | State::ShutdownReceived
                    | State::ShutdownAckSent
            )
    }
}
