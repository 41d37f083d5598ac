//! One packet goes out: control chunks first (RFC 9260 §6.10), then what was lost, then what is new.
//!
//! Messages are cut here and not before, so that all packets of a burst but the last are full and equally long: a driver
//! hands them to the kernel in one call. When a window is the limit, nothing goes out until a whole batch fits.

use limpid_sansio::Instant;
use limpid_sansio::wire::Writer;

use crate::association::{Association, Timer, max_payload, packet_size};
use crate::chunk::{
    self, Cause, CauseCode, ChunkType, Data, ForwardTsn, Heartbeat, Init, Reconfig, Sack, Shutdown, padded,
};
use crate::control::{Bundled, Standalone};
use crate::cookie::{Cookie, PeerInit};
use crate::event::{Event, State};
use crate::packet;
use crate::param::{self, ParameterType};
use crate::tx::inflight::{Fate, Sent};

/// What we announce beside FORWARD TSN. `Deviation:` PAD (RFC 4820) stands in no other WebRTC peer's list; an unknown entry
/// there harms nobody, unlike an unknown parameter.
const SUPPORTED: [u8; 3] = [ChunkType::RECONFIG.0, ChunkType::FORWARD_TSN.0, ChunkType::PAD.0];
/// Less room than this for a fragment is not worth its header.
const MIN_FRAGMENT: usize = 4;

impl Association {
    pub(crate) fn max_payload(&self) -> usize {
        max_payload(self.config.max_datagram)
    }

    /// Appends one packet, without its checksum; or nothing.
    pub(crate) fn pack(&mut self, now: Instant, out: &mut Vec<u8>) {
        if let Some(reply) = self.out.standalone.pop_front() {
            return self.pack_standalone(&mut Writer::new(out), reply);
        }
        match (self.state, self.peer_tag()) {
            (State::Closed, _) => {}
            (State::CookieWait, _) if !self.out.init => {}
            (State::CookieWait, _) => self.pack_init(now, &mut Writer::new(out)),
            (State::CookieEchoed, Some(tag)) if self.out.cookie_echo => self.pack_bundle(now, out, tag),
            (State::CookieEchoed, _) | (_, None) => {}
            (_, Some(tag)) => self.pack_bundle(now, out, tag),
        }
    }

    fn begin(&self, writer: &mut Writer<'_>, tag: u32) {
        packet::begin(writer, self.config.local_port, self.config.remote_port, tag);
    }

    fn pack_standalone(&mut self, writer: &mut Writer<'_>, reply: Standalone) {
        match reply {
            Standalone::InitAck { cookie, unrecognized } => {
                self.pack_init_ack(writer, &cookie, &unrecognized);
            }
            Standalone::Abort { tag, reflected, cause, value } => {
                self.begin(writer, tag);
                let cause = cause.map(|code| Cause { code, value: &value });
                chunk::write_abort(writer, reflected, cause.as_ref());
            }
            Standalone::ShutdownComplete { tag, reflected } => {
                self.begin(writer, tag);
                chunk::write_shutdown_complete(writer, reflected);
            }
            Standalone::Stale { tag, by } => {
                self.begin(writer, tag);
                let cause = Cause { code: CauseCode::STALE_COOKIE, value: &by.to_be_bytes() };
                chunk::write_error(writer, &cause);
            }
        }
    }

    fn our_init(&self, tag: u32, initial_tsn: u32) -> Init<'static> {
        Init::new(tag, self.rx.window() as u32, (self.config.streams, self.config.streams), initial_tsn)
    }

    /// Only what older peers survive: pion's sctp 1.8 drops an INIT with a parameter that it does not know.
    fn pack_extensions(writer: &mut Writer<'_>) {
        param::write(writer, ParameterType::FORWARD_TSN_SUPPORTED, &[]);
        param::write(writer, ParameterType::SUPPORTED_EXTENSIONS, &[&SUPPORTED]);
    }

    fn pack_init(&mut self, now: Instant, writer: &mut Writer<'_>) {
        self.out.init = false;
        self.handshake.sent_at = (self.handshake.retransmits == 0).then_some(now);
        self.begin(writer, 0);
        let init = chunk::open(writer, ChunkType::INIT, 0);
        self.our_init(self.local.tag, self.local.initial_tsn).write_fixed(writer);
        Self::pack_extensions(writer);
        chunk::close(writer, init);
    }

    fn pack_init_ack(&mut self, writer: &mut Writer<'_>, cookie: &Cookie, unrecognized: &[u8]) {
        let PeerInit { tag, .. } = cookie.peer;
        let Some(sealed) = self.cookies.seal(cookie) else { return };
        self.begin(writer, tag);
        let ack = chunk::open(writer, ChunkType::INIT_ACK, 0);
        self.our_init(cookie.local_tag, cookie.local_tsn).write_fixed(writer);
        param::write(writer, ParameterType::STATE_COOKIE, &[&sealed]);
        Self::pack_extensions(writer);
        for unknown in param::Parameters::new(unrecognized, 0).flatten() {
            param::write(writer, ParameterType::UNRECOGNIZED, &[unknown.whole]);
        }
        chunk::close(writer, ack);
    }

    /// A packet of the association: as much as there is, as much as fits.
    fn pack_bundle(&mut self, now: Instant, out: &mut Vec<u8>, tag: u32) {
        let start = out.len();
        let size = packet_size(self.config.max_datagram);
        let mut writer = Writer::new(out);
        self.begin(&mut writer, tag);
        self.pack_control(now, &mut writer, size);
        let data_may_go = self.may_send_data();
        let anything = writer.len() > packet::HEADER_LEN || (data_may_go && self.has_data(now));
        let ack = &self.rx.ack;
        if ack.is_due() || (anything && ack.is_welcome() && self.state != State::CookieEchoed) {
            self.pack_sack(&mut writer, size);
        }
        if data_may_go {
            self.pack_data(now, &mut writer, size);
        }
        if writer.len() == packet::HEADER_LEN {
            out.truncate(start);
            // The last messages of a closing association may have expired in their turn.
            self.go_on_shutting_down(now);
            if self.out.shutdown || self.out.shutdown_ack {
                self.pack_bundle(now, out, tag);
            }
        }
    }

    fn may_send_data(&self) -> bool {
        matches!(
            self.state,
            // With COOKIE ECHO, and not without it (RFC 9260 §5.1).
            State::CookieEchoed | State::Established | State::ShutdownPending | State::ShutdownReceived
        )
    }

    fn pack_control(&mut self, now: Instant, writer: &mut Writer<'_>, size: usize) {
        if std::mem::take(&mut self.out.cookie_echo) {
            self.handshake.sent_at = (self.handshake.retransmits == 0).then_some(now);
            chunk::write_cookie_echo(writer, &self.handshake.cookie);
        }
        if std::mem::take(&mut self.out.cookie_ack) {
            chunk::write_cookie_ack(writer);
        }
        if std::mem::take(&mut self.out.shutdown) {
            let cumulative_tsn_ack = self.rx.tracker.cumulative() as u32;
            Shutdown { cumulative_tsn_ack }.write(writer);
        }
        if std::mem::take(&mut self.out.shutdown_ack) {
            chunk::write_shutdown_ack(writer);
        }
        self.pack_answers(writer, size);
        if self.state == State::CookieEchoed {
            return;
        }
        self.pack_reset(now, writer, size);
        if self.out.forward_tsn {
            self.pack_forward_tsn(now, writer, size);
        }
        if std::mem::take(&mut self.out.heartbeat)
            && let Some((nonce, _)) = self.ending.heartbeat
        {
            Heartbeat { info: &nonce.to_be_bytes() }.write(writer, ChunkType::HEARTBEAT);
        }
    }

    fn pack_answers(&mut self, writer: &mut Writer<'_>, size: usize) {
        // The largest answer: a heartbeat's words fill no more than one packet.
        while let Some(answer) = self.out.bundled.front() {
            let len = match answer {
                Bundled::HeartbeatAck(info) => padded(info.len()) + 8,
                Bundled::Error(_, value) => padded(value.len()) + 8,
                Bundled::Reconfigured(..) => 16,
            };
            if writer.len() > packet::HEADER_LEN && writer.len() + len > size {
                return;
            }
            match self.out.bundled.pop_front() {
                Some(Bundled::HeartbeatAck(info)) => {
                    Heartbeat { info: &info }.write(writer, ChunkType::HEARTBEAT_ACK);
                }
                Some(Bundled::Error(code, value)) => {
                    chunk::write_error(writer, &Cause { code, value: &value });
                }
                Some(Bundled::Reconfigured(response, result)) => {
                    chunk::write_reconfig(writer, &[Reconfig::Response { response, result }]);
                }
                None => return,
            }
        }
    }

    fn pack_reset(&mut self, now: Instant, writer: &mut Writer<'_>, size: usize) {
        const FIXED: usize = 4 + 16;
        let room = size.saturating_sub(writer.len() + FIXED);
        self.number_reset(now, room / 2);
        let last_seen = self.resets.last_seen();
        let Some(request) = self.resets.request.as_mut().filter(|request| request.due) else { return };
        if request.streams.len() > room {
            return; // in the next packet
        }
        request.due = false;
        let reset = Reconfig::OutgoingReset {
            request: request.number,
            response: last_seen,
            last_tsn: request.last_tsn,
            streams: &request.streams,
        };
        chunk::write_reconfig(writer, &[reset]);
    }

    /// Tells the peer to skip what was given up, and on which streams (RFC 3758 §3.5 C3, C4).
    fn pack_forward_tsn(&mut self, now: Instant, writer: &mut Writer<'_>, size: usize) {
        self.out.forward_tsn = false;
        let base = self.tx.flight.base();
        if self.tx.acks.advanced < base {
            return;
        }
        let room = size.saturating_sub(writer.len() + ForwardTsn::FIXED_LEN) / 4;
        let mut skipped: Vec<(u16, u16)> = Vec::new();
        let mut through = base - 1;
        for tsn in base..=self.tx.acks.advanced {
            let Some(sent) = self.tx.flight.get(tsn) else { break };
            let stream = self.channels.look(sent.slot).and_then(|channel| channel.stream_id);
            if let Some(stream) = stream.filter(|_| sent.flags & Data::UNORDERED == 0) {
                match skipped.iter().position(|pair| pair.0 == stream) {
                    Some(at) => skipped[at].1 = sent.ssn,
                    None if skipped.len() >= room => break, // the rest with the next one
                    None => skipped.push((stream, sent.ssn)),
                }
            }
            through = tsn;
        }
        if through >= base {
            ForwardTsn::write(writer, through as u32, &skipped);
            self.tx.acks.forward_sent = Some(now);
            if self.timers.at(Timer::T3).is_none() {
                self.timers.arm(Timer::T3, now + self.tx.rto.current(&self.config.timing));
            }
        }
    }

    fn pack_sack(&mut self, writer: &mut Writer<'_>, size: usize) {
        let room = size.saturating_sub(writer.len() + Sack::FIXED_LEN) / 4;
        if size < writer.len() + Sack::FIXED_LEN {
            return; // in the next packet
        }
        let tracker = &self.rx.tracker;
        let gaps = tracker.gaps(room);
        let duplicates = &tracker.duplicates()[..tracker.duplicates().len().min(room - gaps.len())];
        let window = self.rx.window();
        Sack::write(writer, tracker.cumulative() as u32, window as u32, gaps, duplicates);
        self.rx.tracker.clear_duplicates();
        self.rx.ack.sent(window);
        self.log.stats.sacks_sent += 1;
    }

    /// Whether the next packet will hold DATA.
    fn has_data(&mut self, now: Instant) -> bool {
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
        window.limited |= !window.open && flight + batch_of(self.config.send_quantum, cwnd) >= cwnd;
        window.open
    }

    fn pack_data(&mut self, now: Instant, writer: &mut Writer<'_>, size: usize) {
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
        self.tx.loss.resent(tsn);
        self.tx.flight.resend(tsn, self.tx.loss.packet(), now);
        self.log.stats.retransmits += 1;
        at
    }

    /// A tail-loss probe without new data: the last chunk that is outstanding, again.
    fn pack_probe(&mut self, now: Instant, writer: &mut Writer<'_>) -> Option<usize> {
        let mut tsn = self.tx.flight.next_tsn();
        while tsn > self.tx.flight.base() {
            tsn -= 1;
            let sent = *self.tx.flight.get(tsn)?;
            if sent.fate == Fate::Outstanding {
                return Some(self.pack_again(now, writer, tsn, &sent));
            }
        }
        None
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
            self.tx.window.limited |= full;
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
        let mut len = next.remaining.min(room - Data::HEADER_LEN);
        let window = &mut self.tx.window;
        if len > window.rwnd && !window.zero_window_probe {
            if self.tx.flight.flight() > 0 || window.rwnd == 0 {
                window.open = false; // a SACK will come, and perhaps a larger window
                return Packed::NoRoom;
            }
            len = window.rwnd;
        }
        // Without batches nothing is gained by cutting what fits into the next packet whole.
        let whole_later = next.offset == 0 && next.remaining <= max_payload(self.config.max_datagram);
        if follows && len < next.remaining && whole_later && self.config.send_quantum == 0 {
            return Packed::NoRoom;
        }
        let (begins, ends) = (next.offset == 0, len == next.remaining);
        if begins {
            channel.tx.unordered = !channel.config.ordered && channel.proven && !next.reliable;
        }
        let unordered = channel.tx.unordered;
        let flags = if begins { Data::BEGIN } else { 0 } | if ends { Data::END } else { 0 };
        let flags = flags | if unordered { Data::UNORDERED } else { 0 };
        let at = writer.len();
        let data = Data {
            flags,
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
            let id = self.channels.id(slot);
            self.log.events.push_back(Event::BufferedAmountLow(id));
        }
        self.sent_new(now, slot, &data, len, (next.message, next.offset));
        Packed::At(at)
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
