//! DATA in a packet: what was lost, then what is new (RFC 9260 §6.1).
//!
//! Messages are cut here and not before, so that all packets of a burst but the last are full and equally long: a driver
//! hands them to the kernel in one call. When a window is the limit, nothing goes out until a whole batch fits.

use limpid_sansio::Instant;
use limpid_sansio::wire::Writer;

use crate::association::{Association, Timer, max_payload};
use crate::chunk::{self, Data, padded};
use crate::event::Event;
use crate::packet;
use crate::tx::inflight::{Fate, Sent};
use crate::tx::queue::Next;

/// Less room than this for a fragment is not worth its header.
const MIN_FRAGMENT: usize = 4;

impl Association {
    /// Whether the next packet will hold DATA.
    pub(super) fn has_data(&mut self, now: Instant) -> bool {
        let lost = self.tx.loss.next_lost(&self.tx.flight).is_some();
        let window = self.tx.congestion.window();
        (lost && (self.tx.flight.flight() < window || self.tx.window.credit))
            || self.tx.window.probe
            || (self.tx.schedule.current().is_some() && self.admits_new(now))
    }

    /// Whether the windows let new data out. When they are the limit, it waits until a whole batch fits.
    fn admits_new(&mut self, now: Instant) -> bool {
        let window = &mut self.tx.window;
        if window.zero_window_probe {
            return true;
        }
        let (cwnd, flight) = (self.tx.congestion.window(), self.tx.flight.flight());
        let space = cwnd.saturating_sub(flight).min(window.rwnd);
        if flight == 0 && window.rwnd < max_payload(self.config.max_datagram) {
            // Shut, or nearly so: ask again after one RTO, as long as it takes (§6.1 A).
            if window.rwnd == 0 || self.tx.schedule.current().is_none() {
                if self.timers.at(Timer::T3).is_none() {
                    self.timers.arm(Timer::T3, now + self.tx.rto.current(&self.config.timing));
                }
                return false;
            }
            return true;
        }
        if !window.open {
            let batch = self.config.send_quantum.min(cwnd.min(window.rwnd + flight) / 8);
            window.open = space > 0 && (flight == 0 || space >= batch);
        }
        if !window.open {
            window.limited = flight + batch_of(self.config.send_quantum, cwnd) >= cwnd;
        }
        window.open
    }

    pub(super) fn pack_data(&mut self, now: Instant, writer: &mut Writer<'_>, size: usize) {
        let probe = std::mem::take(&mut self.tx.window.probe);
        let mut last = self.pack_lost(now, writer, size);
        let room_for_new = self.tx.loss.next_lost(&self.tx.flight).is_none() || probe;
        if room_for_new && self.tx.schedule.current().is_some() {
            let free = probe && last.is_none();
            last = self.pack_new(now, writer, size, free).or(last);
        }
        if probe && last.is_none() {
            last = self.pack_probe(now, writer);
        }
        let Some(last) = last else { return };
        self.tx.loss.packet_sent();
        self.tx.last_sent = now;
        if self.tx.schedule.current().is_none() || !self.tx.window.open {
            writer.written_mut()[last + 1] |= Data::IMMEDIATE; // nothing follows: answer at once
        } else if self.wants_padding(size.saturating_sub(writer.len())) {
            chunk::write_pad(writer, size - writer.len());
        }
        if self.timers.at(Timer::T3).is_none() {
            self.timers.arm(Timer::T3, now + self.tx.rto.current(&self.config.timing));
        }
        self.arm_probe(now);
    }

    /// In a batch, room that is too little for a fragment is filled, so that the packet is as long as the others.
    fn wants_padding(&self, room: usize) -> bool {
        let pad = self.peer.is_some_and(|peer| peer.extensions.pad);
        pad && self.config.send_quantum > 0 && (1..Data::HEADER_LEN + MIN_FRAGMENT).contains(&room)
    }

    /// Sends again what was lost. Returns where the last chunk begins.
    fn pack_lost(&mut self, now: Instant, writer: &mut Writer<'_>, size: usize) -> Option<usize> {
        let mut last = None;
        while let Some(tsn) = self.tx.loss.next_lost(&self.tx.flight) {
            let sent = *self.tx.flight.get(tsn)?;
            let fits = writer.len() + Data::HEADER_LEN + padded(sent.len.into()) <= size;
            // One that was cut for a larger path goes out alone.
            let alone = writer.len() == packet::HEADER_LEN;
            let admitted = self.tx.flight.flight() < self.tx.congestion.window() || self.tx.window.credit;
            if !(fits || alone) || !admitted {
                break;
            }
            self.tx.loss.take_lost();
            if self.is_given_up(now, &sent) {
                self.abandon(tsn); // its lifetime ended while it waited
                continue;
            }
            last = Some(self.pack_again(now, writer, tsn, &sent));
        }
        if last.is_some() {
            self.tx.window.credit = false;
        }
        last
    }

    fn pack_again(&mut self, now: Instant, writer: &mut Writer<'_>, tsn: u64, sent: &Sent) -> usize {
        let at = writer.len();
        let Some(channel) = self.channels.look(sent.slot) else { return at };
        let data = Data {
            flags: sent.flags,
            tsn: tsn as u32,
            stream_id: channel.stream_id.unwrap_or_default(),
            ssn: sent.ssn,
            ppid: channel.tx.queue.message(sent.message).map_or(0, |message| message.ppid),
            payload: &[],
        };
        data.write_header(writer, sent.len.into());
        channel.tx.queue.copy(sent.message, sent.offset as usize, sent.len.into(), writer);
        writer.zeros(chunk::padding(sent.len.into()));
        self.tx.loss.resent(now, tsn);
        self.tx.flight.resend(tsn, self.tx.loss.packet(), now);
        self.log.stats.retransmits += 1;
        at
    }

    /// A tail-loss probe without new data: the last chunk that is outstanding, again.
    fn pack_probe(&mut self, now: Instant, writer: &mut Writer<'_>) -> Option<usize> {
        let (tsn, sent) = self.tx.flight.last_outstanding()?;
        Some(self.pack_again(now, writer, tsn, &sent))
    }

    /// Sends what is new. `free`: the congestion window does not count for the first chunk. Returns where the last chunk
    /// begins.
    fn pack_new(
        &mut self,
        now: Instant,
        writer: &mut Writer<'_>,
        size: usize,
        mut free: bool,
    ) -> Option<usize> {
        self.note_idle(now);
        let mut last = None;
        loop {
            let slot = match self.tx.schedule.current() {
                Some(slot) if self.is_mid_message(slot) => slot,
                _ => match self.tx.schedule.pick() {
                    Some(slot) => slot,
                    None => break,
                },
            };
            let room = size.saturating_sub(writer.len());
            if room < Data::HEADER_LEN + MIN_FRAGMENT {
                break;
            }
            if !free && !self.admits_new(now) {
                break;
            }
            match self.pack_fragment(now, writer, slot, room, last.is_some()) {
                Packed::At(at) => last = Some(at),
                Packed::Nothing => {}
                Packed::NoRoom => break,
            }
            free = false;
            let flight = self.tx.flight.flight();
            let full = flight >= self.tx.congestion.window();
            self.tx.window.limited = full;
            if full || self.tx.window.rwnd == 0 {
                self.tx.window.open = false;
            }
        }
        last
    }

    /// After a silence of one RTO the window is not to be trusted (RFC 9260 §7.2.1).
    fn note_idle(&mut self, now: Instant) {
        let rto = self.tx.rto.current(&self.config.timing);
        if self.tx.flight.is_empty() && self.tx.last_sent + rto <= now {
            self.tx.congestion.on_idle(now);
            self.tx.last_sent = now;
        }
    }

    fn is_mid_message(&self, slot: u16) -> bool {
        self.channels.look(slot).is_some_and(|channel| channel.tx.queue.is_mid_message())
    }

    /// The next fragment of a channel, at most `room` bytes with its header.
    fn pack_fragment(
        &mut self,
        now: Instant,
        writer: &mut Writer<'_>,
        slot: u16,
        room: usize,
        follows: bool,
    ) -> Packed {
        self.expire(now, slot);
        let Some(channel) = self.channels.at(slot) else {
            self.tx.schedule.remove(slot);
            return Packed::Nothing;
        };
        let Some(next) = channel.tx.queue.next() else {
            self.after_taking(slot);
            return Packed::Nothing;
        };
        let Some(len) = self.fragment_len(&next, room, follows) else { return Packed::NoRoom };
        let Some(channel) = self.channels.at(slot) else { return Packed::Nothing };
        let (begins, ends) = (next.offset == 0, len == next.remaining);
        if begins {
            channel.tx.unordered = !channel.config.ordered && channel.proven && !next.reliable;
        }
        let unordered = channel.tx.unordered;
        let flag = |set, flag| if set { flag } else { 0 };
        let at = writer.len();
        let data = Data {
            flags: flag(begins, Data::BEGIN) | flag(ends, Data::END) | flag(unordered, Data::UNORDERED),
            tsn: self.tx.flight.next_tsn() as u32,
            stream_id: channel.stream_id.unwrap_or_default(),
            ssn: if unordered { 0 } else { channel.tx.next_ssn },
            ppid: next.ppid,
            payload: &[],
        };
        data.write_header(writer, len);
        channel.tx.queue.copy(next.message, next.offset, len, writer);
        writer.zeros(chunk::padding(len));
        if ends && !unordered {
            channel.tx.next_ssn = channel.tx.next_ssn.wrapping_add(1);
        }
        let was_low = channel.tx.queue.buffered() <= channel.tx.low_water;
        channel.tx.queue.advance(len);
        if !was_low && channel.tx.queue.buffered() <= channel.tx.low_water && !channel.edges.low {
            channel.edges.low = true;
            self.log.events.push_back(Event::BufferedAmountLow(self.channels.id(slot)));
        }
        self.sent_new(now, slot, &data, len, (next.message, next.offset));
        Packed::At(at)
    }

    /// How much of a message goes into this packet; `None`: it waits for the next one.
    fn fragment_len(&mut self, next: &Next, room: usize, follows: bool) -> Option<usize> {
        let window = &mut self.tx.window;
        let mut len = next.remaining.min(room - Data::HEADER_LEN);
        if len > window.rwnd && !window.zero_window_probe {
            if self.tx.flight.flight() > 0 || window.rwnd == 0 {
                window.open = false; // a SACK will come, and perhaps a larger window
                return None;
            }
            len = window.rwnd;
        }
        // Without batches nothing is gained by cutting what fits into the next packet whole.
        let whole_later = next.offset == 0 && next.remaining <= max_payload(self.config.max_datagram);
        let waits = follows && len < next.remaining && whole_later && self.config.send_quantum == 0;
        (!waits).then_some(len)
    }

    fn sent_new(&mut self, now: Instant, slot: u16, data: &Data<'_>, len: usize, place: (u32, usize)) {
        let sent = Sent {
            sent_at: now,
            packet: self.tx.loss.packet(),
            message: place.0,
            offset: place.1 as u32,
            slot,
            ssn: data.ssn,
            len: len as u16,
            flags: data.flags,
            fate: Fate::Outstanding,
            transmissions: 1,
        };
        self.tx.flight.push(sent);
        self.tx.window.rwnd = self.tx.window.rwnd.saturating_sub(len);
        self.tx.window.zero_window_probe = false;
        self.log.stats.bytes_sent += len as u64;
        let Some(channel) = self.channels.at(slot) else { return };
        self.tx.schedule.charge(len, channel.config.priority);
        if !channel.tx.queue.has_unsent() {
            self.after_taking(slot);
        }
    }
}

/// What became of a try to pack a fragment.
enum Packed {
    /// A chunk that begins there.
    At(usize),
    /// This channel has nothing; another may have.
    Nothing,
    /// It goes into the next packet.
    NoRoom,
}

fn batch_of(quantum: usize, cwnd: usize) -> usize {
    quantum.min(cwnd / 8)
}
