//! Stream reset (RFC 6525): how a channel's stream ends in one direction, so that its id can be used again.

use std::collections::VecDeque;

use limpid_sansio::Instant;

use crate::association::{Association, Timer};
use crate::chunk::{Chunk, Reconfig, ReconfigResult};
use crate::control::Bundled;
use crate::datachannel::channel::{Channel, OutgoingReset, Phase};
use crate::error::{DropReason, Error};
use crate::event::{ChannelId, Event, State};

/// A request of ours that is not answered finally.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) number: u32,
    pub(crate) last_tsn: u32,
    pub(crate) channels: Vec<ChannelId>,
    /// Stream ids as they stand in the chunk.
    pub(crate) streams: Vec<u8>,
    /// Goes into the next packet.
    pub(crate) due: bool,
}

/// A request of the peer that has to wait for data before it.
#[derive(Debug)]
struct Pending {
    number: u32,
    last_tsn: u64,
    streams: Vec<u16>,
}

#[derive(Debug)]
pub(crate) struct Resets {
    /// The number of our next request; begins at our initial TSN (§4.1).
    next: u32,
    /// Channels whose streams are to be reset.
    asked: VecDeque<u16>,
    pub(crate) request: Option<Request>,
    /// The number of the peer's next request, and how its last one went.
    expected: u32,
    last_result: ReconfigResult,
    pending: Option<Pending>,
}

impl Resets {
    pub(crate) fn new(initial_tsn: u32) -> Self {
        Resets {
            next: initial_tsn,
            asked: VecDeque::new(),
            request: None,
            expected: 0,
            last_result: ReconfigResult::NOTHING_TO_DO,
            pending: None,
        }
    }

    /// The peer's requests begin at its initial TSN.
    pub(crate) fn expect(&mut self, initial_tsn: u32) {
        self.expected = initial_tsn;
    }

    pub(crate) fn ask(&mut self, slot: u16) {
        self.asked.push_back(slot);
    }

    /// The number that our requests name as the last one that we have seen.
    pub(crate) fn last_seen(&self) -> u32 {
        self.expected.wrapping_sub(1)
    }
}

impl Association {
    /// Gathers what was asked into one request, when none is on its way (§5.1.2). `max_streams` fit a packet.
    pub(crate) fn number_reset(&mut self, now: Instant, max_streams: usize) {
        if self.resets.request.is_some() || self.resets.asked.is_empty() {
            return;
        }
        let count = self.resets.asked.len().min(max_streams);
        let slots: Vec<u16> = self.resets.asked.drain(..count).collect();
        let stream_of = |slot: &u16| self.channels.look(*slot).and_then(|channel| channel.stream_id);
        let streams: Vec<u8> = slots.iter().filter_map(stream_of).flat_map(u16::to_be_bytes).collect();
        if streams.is_empty() {
            return; // an empty list would mean all of them
        }
        let last_tsn = (self.tx.flight.next_tsn() - 1) as u32;
        let number = self.resets.next;
        self.resets.next = number.wrapping_add(1);
        let channels = slots.iter().map(|slot| self.channels.id(*slot)).collect();
        self.resets.request = Some(Request { number, last_tsn, channels, streams, due: true });
        self.timers.arm(Timer::Reconfig, now + self.tx.rto.current(&self.config.timing));
    }

    /// The request goes unanswered (§5.1.1).
    pub(crate) fn on_reconfig_timeout(&mut self, now: Instant) {
        let Some(request) = self.resets.request.as_mut() else { return };
        request.due = true;
        self.tx.errors += 1;
        if self.tx.errors > self.config.timing.max_retransmits {
            return self.fail(now, Error::PeerUnreachable, None);
        }
        self.tx.rto.back_off();
        self.timers.arm(Timer::Reconfig, now + self.tx.rto.current(&self.config.timing));
    }

    /// RE-CONFIG: requests and answers.
    pub(crate) fn on_reconfig(&mut self, now: Instant, chunk: &Chunk<'_>) {
        if !matches!(self.state, State::Established | State::ShutdownPending | State::ShutdownReceived) {
            return self.drop_for(DropReason::Unexpected);
        }
        for param in Reconfig::all(chunk).take(2) {
            match param {
                Ok(Reconfig::OutgoingReset { request, last_tsn, streams, .. }) => {
                    self.on_outgoing_reset(now, request, last_tsn, streams);
                }
                // Nobody needs these between data channels; §5.2.3, §5.2.4, §5.2.5 and §5.2.6 let us deny them.
                Ok(Reconfig::IncomingReset { request, .. } | Reconfig::Other { request, .. }) => {
                    self.answer(request, |_| ReconfigResult::DENIED);
                }
                Ok(Reconfig::Response { response, result }) => self.on_response(now, response, result),
                Err(_) => return self.drop_for(DropReason::Malformed),
            }
        }
    }

    /// Answers a request in its turn: a new one by `perform`, the last one as before, any other as out of turn (§5.2.1).
    fn answer(&mut self, request: u32, perform: impl FnOnce(&mut Self) -> ReconfigResult) {
        let result = if request == self.resets.expected {
            let result = perform(self);
            if result != ReconfigResult::IN_PROGRESS {
                self.resets.expected = request.wrapping_add(1);
                self.resets.last_result = result;
            }
            result
        } else if request == self.resets.last_seen() {
            self.resets.last_result
        } else {
            ReconfigResult::BAD_SEQUENCE_NUMBER
        };
        if !self.out.bundle(Bundled::Reconfigured(request, result)) {
            self.drop_for(DropReason::ReplyLimit);
        }
    }

    /// The peer resets streams that it sends on (§5.2.2).
    fn on_outgoing_reset(&mut self, now: Instant, request: u32, last_tsn: u32, streams: &[u8]) {
        let last_tsn = self.rx.tracker.unwrap(last_tsn);
        self.answer(request, |this| {
            let streams: Vec<u16> = Reconfig::streams(streams).collect();
            if last_tsn > this.rx.tracker.cumulative() {
                // Evaluated again whenever the peer asks again, or data comes.
                this.resets.pending = Some(Pending { number: request, last_tsn, streams });
                return ReconfigResult::IN_PROGRESS;
            }
            this.resets.pending = None;
            this.reset_incoming(now, &streams);
            ReconfigResult::PERFORMED
        });
    }

    /// Data has come: perhaps all that a waiting request waited for.
    pub(crate) fn perform_pending_reset(&mut self, now: Instant) {
        let reached = |pending: &mut Pending| pending.last_tsn <= self.rx.tracker.cumulative();
        let Some(pending) = self.resets.pending.take_if(reached) else { return };
        self.answer(pending.number, |this| {
            this.reset_incoming(now, &pending.streams);
            ReconfigResult::PERFORMED
        });
    }

    /// The peer's streams begin anew; it closes the channels (RFC 8831 §6.7). No streams: all.
    fn reset_incoming(&mut self, _now: Instant, streams: &[u16]) {
        let slots: Vec<u16> = match streams.is_empty() {
            true => self.channels.all().collect(),
            false => streams.iter().filter_map(|id| self.channels.on_stream(*id)).collect(),
        };
        for slot in slots {
            let id = self.channels.id(slot);
            let Some(channel) = self.channels.at(slot) else { continue };
            self.rx.held -= channel.rx.reset();
            channel.closing.incoming = true;
            match channel.phase {
                Phase::Connecting | Phase::Open => {
                    self.log.events.push_back(Event::ChannelClosing(id));
                    self.begin_closing(slot);
                }
                Phase::Nascent => self.close_now(slot),
                Phase::Closing => self.close_if_reset(slot),
                Phase::Closed => {}
            }
        }
    }

    fn on_response(&mut self, now: Instant, response: u32, result: ReconfigResult) {
        let Some(request) = self.resets.request.as_mut().filter(|request| request.number == response) else {
            return;
        };
        self.tx.errors = 0;
        if result == ReconfigResult::IN_PROGRESS {
            // §5.2.7: ask again, as often as needed.
            request.due = false;
            self.timers.arm(Timer::Reconfig, now + self.tx.rto.current(&self.config.timing));
            return;
        }
        let channels = std::mem::take(&mut request.channels);
        self.resets.request = None;
        self.timers.disarm(Timer::Reconfig);
        let done = matches!(result, ReconfigResult::PERFORMED | ReconfigResult::NOTHING_TO_DO);
        for id in channels {
            let Some(slot) = self.channels.slot(id) else { continue };
            let Some(channel) = self.channels.at(slot) else { continue };
            channel.closing.outgoing = OutgoingReset::Done;
            channel.tx.next_ssn = 0;
            if done {
                self.close_if_reset(slot);
            } else {
                self.close_now(slot); // the peer does not reset streams: no use in waiting for it
            }
        }
    }

    /// Data on a stream whose reset we performed, and which we have asked the peer to take the other way: the peer has, and
    /// uses the id again; its answer was lost.
    pub(crate) fn is_reused(&self, slot: u16) -> bool {
        let asked = |channel: &Channel| channel.phase == Phase::Closing && channel.closing.incoming;
        let id = self.channels.id(slot);
        self.channels.look(slot).is_some_and(asked)
            && self.resets.request.as_ref().is_some_and(|request| request.channels.contains(&id))
    }

    /// Closed when both directions are reset; only then may the id be used again.
    fn close_if_reset(&mut self, slot: u16) {
        let closed = |channel: &Channel| {
            channel.phase == Phase::Closing
                && channel.closing.outgoing == OutgoingReset::Done
                && channel.closing.incoming
        };
        if self.channels.look(slot).is_some_and(closed) {
            self.close_now(slot);
        }
    }
}
