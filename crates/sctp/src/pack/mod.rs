//! One packet goes out: control chunks first (RFC 9260 §6.10), then what was lost, then what is new.
//!
//! Here are the packet and its control chunks; DATA is packed in `data.rs`.

mod data;

use limpid_sansio::Instant;
use limpid_sansio::wire::Writer;

use crate::association::{Association, Timer, max_payload, packet_size};
use crate::chunk::{
    self, Cause, CauseCode, ChunkType, Data, ForwardTsn, Heartbeat, Init, Reconfig, Sack, Shutdown, padded,
};
use crate::control::{Bundled, Standalone};
use crate::cookie::{Cookie, PeerInit};
use crate::event::State;
use crate::packet;
use crate::param::{self, ParameterType};

/// What we announce beside FORWARD TSN. `Deviation:` PAD (RFC 4820) stands in no other WebRTC peer's list; an unknown entry
/// there harms nobody, unlike an unknown parameter.
const SUPPORTED: [u8; 3] = [ChunkType::RECONFIG.0, ChunkType::FORWARD_TSN.0, ChunkType::PAD.0];

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
}
