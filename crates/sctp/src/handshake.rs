//! How an association begins (RFC 9260 §5): four messages, begun by one side or by both at once, and what happens when
//! they cross an association that exists already.
//!
//! ```text
//!   Closed ── connect ──→ CookieWait ── INIT ACK ──→ CookieEchoed ── COOKIE ACK ──→ Established
//!      └──────────────────────── COOKIE ECHO with a cookie of ours ────────────────────↗
//! ```

use limpid_sansio::{Instant, ParseError};

use crate::association::{Association, Handshake, Local, Timer};
use crate::chunk::{CauseCode, Chunk, Init};
use crate::control::{Bundled, Standalone};
use crate::cookie::{Cookie, Extensions, PeerInit};
use crate::datachannel::channel::Phase;
use crate::error::{DropReason, Error};
use crate::event::{Event, State};
use crate::param::{Parameter, ParameterType};
use crate::reset::Resets;
use crate::rx::Rx;
use crate::tx::Tx;

/// Bytes of unknown parameters that we report back at most.
const MAX_UNRECOGNIZED: usize = 256;

/// What the parameters of an INIT or INIT ACK tell.
#[derive(Debug, Default)]
struct Told {
    extensions: Extensions,
    /// Whole parameters to be reported, each padded.
    unrecognized: Vec<u8>,
    /// A host name, which nobody may send any more (RFC 9260 §3.3.2.1.4).
    host_name: bool,
}

const IPV4: ParameterType = ParameterType(5);
const IPV6: ParameterType = ParameterType(6);
const COOKIE_PRESERVATIVE: ParameterType = ParameterType(9);
const HOST_NAME: ParameterType = ParameterType(11);
const SUPPORTED_ADDRESS_TYPES: ParameterType = ParameterType(12);

impl Told {
    fn read(init: &Init<'_>) -> Result<Told, ParseError> {
        let mut told = Told::default();
        for param in init.parameters() {
            let param = param?;
            match param.kind {
                ParameterType::FORWARD_TSN_SUPPORTED => told.extensions.forward_tsn = true,
                ParameterType::SUPPORTED_EXTENSIONS => told.supported(param.value),
                HOST_NAME => told.host_name = true,
                // Addresses mean nothing over DTLS (RFC 8261 §6.1); the cookie is read elsewhere.
                IPV4 | IPV6 | COOKIE_PRESERVATIVE | SUPPORTED_ADDRESS_TYPES => {}
                ParameterType::STATE_COOKIE | ParameterType::UNRECOGNIZED => {}
                unknown => {
                    if unknown.if_unknown().report {
                        told.report(&param);
                    }
                    if !unknown.if_unknown().skip {
                        break;
                    }
                }
            }
        }
        Ok(told)
    }

    fn supported(&mut self, chunk_types: &[u8]) {
        use crate::chunk::ChunkType;
        let lists = |kind: ChunkType| chunk_types.contains(&kind.0);
        self.extensions.forward_tsn |= lists(ChunkType::FORWARD_TSN);
        self.extensions.reconfig |= lists(ChunkType::RECONFIG);
        self.extensions.pad |= lists(ChunkType::PAD);
    }

    fn report(&mut self, param: &Parameter<'_>) {
        let len = crate::chunk::padded(param.whole.len());
        if self.unrecognized.len() + len <= MAX_UNRECOGNIZED {
            self.unrecognized.extend_from_slice(param.whole);
            self.unrecognized.resize(self.unrecognized.len() + len - param.whole.len(), 0);
        }
    }
}

impl Association {
    /// Sends INIT. Both sides may do so at once. A second call changes nothing.
    pub fn connect(&mut self, now: Instant) {
        if self.state != State::Closed || self.finished() {
            return;
        }
        self.enter(now, State::CookieWait);
        self.begin_init(now);
    }

    fn begin_init(&mut self, now: Instant) {
        self.out.init = true;
        self.timers.arm(Timer::T1, now + self.tx.rto.current(&self.config.timing));
    }

    /// T1: the handshake goes unanswered (RFC 9260 §5.1.6).
    pub(crate) fn on_t1(&mut self, now: Instant) {
        self.handshake.retransmits += 1;
        if self.handshake.retransmits > self.config.timing.max_init_retransmits {
            return self.fail(now, Error::HandshakeTimedOut, None);
        }
        self.tx.rto.back_off();
        self.handshake.sent_at = None; // Karn: which one is answered is not known
        match self.state {
            State::CookieWait => self.out.init = true,
            State::CookieEchoed => self.out.cookie_echo = true,
            _ => return,
        }
        self.timers.arm(Timer::T1, now + self.tx.rto.current(&self.config.timing));
    }

    fn peer_init(&self, init: &Init<'_>, extensions: Extensions) -> PeerInit {
        PeerInit {
            tag: init.initiate_tag,
            initial_tsn: init.initial_tsn,
            a_rwnd: init.a_rwnd,
            outbound_streams: self.config.streams.min(init.inbound_streams),
            inbound_streams: self.config.streams.min(init.outbound_streams),
            extensions,
        }
    }

    /// INIT (RFC 9260 §5.1, §5.2.1, §5.2.2): answered with a cookie, and forgotten.
    pub(crate) fn on_init(&mut self, now: Instant, chunk: &Chunk<'_>) {
        let Ok(init) = Init::parse(chunk) else { return self.drop_for(DropReason::Malformed) };
        let told = Told::read(&init);
        let told = match told {
            Ok(told) if init.is_legal() && !told.host_name => told,
            _ => return self.refuse_init(&init),
        };
        if self.finished() {
            return self.drop_for(DropReason::OutOfTheBlue);
        }
        if self.state == State::ShutdownAckSent {
            self.out.shutdown_ack = true; // RFC 9260 §9.2: the peer has missed it
            return;
        }
        let peer_tag = self.peer_tag().unwrap_or(0);
        let (local, tie_tags) = match self.state {
            // Nobody else knows our tag yet; keeping it costs no state.
            State::Closed => (self.local, (0, 0)),
            // Simultaneous: the same tag and TSN as in our own INIT (§5.2.1).
            State::CookieWait | State::CookieEchoed => (self.local, (self.local.tag, peer_tag)),
            // The peer has started again: a new tag, and tie tags that prove it (§5.2.2).
            _ => {
                let fresh = Local { tag: self.random.u32().max(1), initial_tsn: self.random.u32() };
                (fresh, (self.local.tag, peer_tag))
            }
        };
        let cookie = Cookie {
            created: now,
            local_tag: local.tag,
            local_tsn: local.initial_tsn,
            tie_tags,
            peer: self.peer_init(&init, told.extensions),
        };
        if !self.out.reply(Standalone::InitAck { cookie, unrecognized: told.unrecognized }) {
            self.drop_for(DropReason::ReplyLimit);
        }
    }

    /// An INIT that breaks the rules is answered by ABORT, if it says with which tag (RFC 9260 §3.3.2).
    fn refuse_init(&mut self, init: &Init<'_>) {
        self.drop_for(DropReason::Malformed);
        if init.initiate_tag != 0 {
            let cause = Some(CauseCode::INVALID_PARAMETER);
            self.out.reply(Standalone::Abort {
                tag: init.initiate_tag,
                reflected: false,
                cause,
                value: Vec::new(),
            });
        }
    }

    /// INIT ACK (RFC 9260 §5.1 C): the cookie goes back.
    pub(crate) fn on_init_ack(&mut self, now: Instant, chunk: &Chunk<'_>) {
        if self.state != State::CookieWait {
            return self.drop_for(DropReason::Unexpected); // §5.2.3
        }
        let Ok(init) = Init::parse(chunk) else { return self.drop_for(DropReason::Malformed) };
        let Ok(told) = Told::read(&init) else { return self.drop_for(DropReason::Malformed) };
        let cookie = init.cookie().filter(|cookie| !cookie.is_empty());
        let (true, Some(cookie)) = (init.is_legal(), cookie) else {
            // Nothing can come of this association (§3.3.3, §5.1).
            let cause =
                if init.is_legal() { CauseCode::MISSING_PARAMETER } else { CauseCode::INVALID_PARAMETER };
            self.peer = Some(self.peer_init(&init, told.extensions)).filter(|peer| peer.tag != 0);
            return self.fail(now, Error::Violation(cause.0), Some(cause));
        };
        self.peer = Some(self.peer_init(&init, told.extensions));
        self.tx.window.rwnd = init.a_rwnd as usize;
        self.rx = Rx::new(&self.config, init.initial_tsn);
        self.resets = Resets::new(self.local.initial_tsn);
        self.resets.expect(init.initial_tsn);
        if let Some(sent_at) = self.handshake.sent_at {
            self.tx.rto.sample(&self.config.timing, now, now.since(sent_at));
        }
        self.handshake = Handshake { cookie: cookie.to_vec(), ..Handshake::default() };
        self.enter(now, State::CookieEchoed);
        self.out.init = false;
        self.out.cookie_echo = true;
        if !told.unrecognized.is_empty() {
            self.out.bundle(Bundled::Error(CauseCode::UNRECOGNIZED_PARAMETERS, told.unrecognized));
        }
        self.timers.arm(Timer::T1, now + self.tx.rto.current(&self.config.timing));
    }

    /// COOKIE ECHO (RFC 9260 §5.1.5, §5.2.4). `tag`: of the packet. Returns whether the rest of the packet belongs to the
    /// association.
    pub(crate) fn on_cookie_echo(&mut self, now: Instant, bytes: &[u8], tag: u32) -> bool {
        let Some(cookie) = self.cookies.open(bytes) else {
            self.drop_for(DropReason::BadCookie);
            return false;
        };
        if tag != cookie.local_tag {
            self.drop_for(DropReason::WrongTag);
            return false;
        }
        if self.finished() {
            self.drop_for(DropReason::OutOfTheBlue);
            return false;
        }
        let exists = self.state != State::Closed;
        let local_matches = exists && cookie.local_tag == self.local.tag;
        let peer_matches = exists && self.peer_tag() == Some(cookie.peer.tag);
        let age = now.since(cookie.created);
        if age > self.config.timing.cookie_life && !(local_matches && peer_matches) {
            self.drop_for(DropReason::StaleCookie);
            let late = (age - self.config.timing.cookie_life).as_micros();
            let by = u32::try_from(late).unwrap_or(u32::MAX);
            self.out.reply(Standalone::Stale { tag: cookie.peer.tag, by });
            return false;
        }
        let tied = Some(cookie.tie_tags) == self.peer_tag().map(|peer| (self.local.tag, peer));
        match (local_matches, peer_matches) {
            _ if !exists => self.begin_from(now, &cookie),
            (true, true) => self.confirm(now),                           // D
            (true, false) => self.collide(now, &cookie),                 // B
            (false, false) if tied => return self.restart(now, &cookie), // A
            _ => {
                // C: a cookie that comes late, or of another time
                self.drop_for(DropReason::Unexpected);
                return false;
            }
        }
        true
    }

    /// A peer knocked, and brings back what we would have had to remember.
    fn begin_from(&mut self, now: Instant, cookie: &Cookie) {
        self.take_peer(cookie);
        self.establish(now);
        self.out.cookie_ack = true;
    }

    fn take_peer(&mut self, cookie: &Cookie) {
        self.peer = Some(cookie.peer);
        self.tx.window.rwnd = (cookie.peer.a_rwnd as usize).saturating_sub(self.tx.flight.flight());
        self.rx = Rx::new(&self.config, cookie.peer.initial_tsn);
        self.resets = Resets::new(self.local.initial_tsn);
        self.resets.expect(cookie.peer.initial_tsn);
    }

    /// Both tags are known already: the peer missed COOKIE ACK, or its cookie crossed ours.
    fn confirm(&mut self, now: Instant) {
        self.out.cookie_ack = true;
        if self.state == State::CookieEchoed {
            self.establish(now);
        }
    }

    /// Both sides began at once, and the peer's handshake was the faster one, or used another tag than we knew.
    fn collide(&mut self, now: Instant, cookie: &Cookie) {
        if !matches!(self.state, State::CookieWait | State::CookieEchoed) {
            return self.drop_for(DropReason::Unexpected);
        }
        self.take_peer(cookie);
        self.establish(now);
        self.out.cookie_ack = true;
        self.lose_everything(now);
    }

    /// The peer started again and lost what it knew (RFC 9260 §5.2.4 A).
    fn restart(&mut self, now: Instant, cookie: &Cookie) -> bool {
        if self.state == State::ShutdownAckSent {
            self.out.shutdown_ack = true;
            self.out.bundle(Bundled::Error(CauseCode::COOKIE_WHILE_SHUTTING_DOWN, Vec::new()));
            return false;
        }
        for slot in self.channels.all() {
            if let Some(channel) = self.channels.at(slot) {
                self.rx.held -= channel.inbox.clear();
                channel.tx.queue.clear();
            }
            self.close_now(slot);
        }
        self.timers.clear();
        self.out.clear();
        self.local = Local { tag: cookie.local_tag, initial_tsn: cookie.local_tsn };
        let max_message = self.tx.max_message;
        self.tx = Tx::new(&self.config, cookie.local_tsn, now);
        self.tx.max_message = max_message;
        self.take_peer(cookie);
        self.log.events.push_back(Event::Restarted);
        self.establish(now);
        self.out.cookie_ack = true;
        true
    }

    /// COOKIE ACK (RFC 9260 §5.1 E).
    pub(crate) fn on_cookie_ack(&mut self, now: Instant) {
        if self.state != State::CookieEchoed {
            return self.drop_for(DropReason::Unexpected); // §5.2.5
        }
        if let Some(sent_at) = self.handshake.sent_at {
            self.tx.rto.sample(&self.config.timing, now, now.since(sent_at));
        }
        self.establish(now);
    }

    /// ERROR with "Stale Cookie" (RFC 9260 §5.2.6): begin again, with a new INIT.
    pub(crate) fn on_stale_cookie(&mut self, now: Instant) {
        if self.state == State::CookieEchoed {
            self.out.cookie_echo = false;
            self.handshake.cookie.clear();
            self.handshake.sent_at = None;
            self.peer = None;
            self.enter(now, State::CookieWait);
            self.out.init = true; // T1 runs on and counts
        }
    }

    fn establish(&mut self, now: Instant) {
        self.timers.disarm(Timer::T1);
        (self.out.init, self.out.cookie_echo) = (false, false);
        self.handshake = Handshake::default();
        self.tx.rto.reset_backoff();
        self.enter(now, State::Established);
        self.log.events.push_back(Event::Connected);
        self.arm_heartbeat(now);
        let limit = self.outbound_streams();
        for slot in self.channels.all() {
            let id = self.channels.id(slot);
            let Some(channel) = self.channels.at(slot) else { continue };
            if channel.stream_id.is_some_and(|stream_id| stream_id >= limit) {
                if self.tx.flight.is_empty() {
                    self.tx.held -= channel.tx.queue.clear();
                }
                self.close_now(slot);
            } else if channel.config.negotiated.is_some() && channel.phase == Phase::Connecting {
                channel.phase = Phase::Open;
                self.log.events.push_back(Event::ChannelOpened(id));
            }
        }
    }
}
