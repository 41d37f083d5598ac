//! ★ One end of a DTLS connection.
//!
//! | part | file |
//! |---|---|
//! | what the caller says and asks | here |
//! | what arrives: records, fragments, messages, alerts | `receive.rs` |
//! | what leaves: flights, alerts, application data | `send.rs` |

mod receive;
mod send;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use core::time::Duration;

use limpid_crypto::{Fingerprint, Secret};
use limpid_sansio::tap::{Note, Notes};
use limpid_sansio::{Instant, Machine, PathInfo, Transmit};

use crate::alert::Alert;
use crate::alert::AlertDescription;
use crate::config::Config;
use crate::early::Early;
use crate::error::{Error, Misuse, Stats};
use crate::event::{Event, Info};
use crate::handshake::{Context, Timer};
use crate::handshake12::State;
use crate::handshake12::client::WaitServerHello;
use crate::handshake12::server::WaitClientHello;
use crate::reassembly::Reassembly;
use crate::record::{Epochs, ProtocolVersion};

pub use send::Record;

/// What is left of a datagram after one record was taken from it.
#[derive(Debug)]
pub struct Opened<'a> {
    /// The application data of the record, if that is what it held and the peer is verified.
    pub plaintext: Option<&'a mut [u8]>,
    /// The records behind it: feed them to [`handle_input`](Machine::handle_input) next. Empty at the end.
    pub rest: &'a mut [u8],
}

/// Where a connection stands.
#[derive(Debug)]
enum Phase {
    /// Boxed: an idle connection has no use for the room.
    Handshaking(Box<State>),
    Established,
    Closed,
    Failed(Error),
}

impl Phase {
    const fn name(&self) -> &'static str {
        match self {
            Phase::Handshaking(state) => state.name(),
            Phase::Established => "established",
            Phase::Closed => "closed",
            Phase::Failed(_) => "failed",
        }
    }
}

/// One end of a DTLS connection, client or server.
///
/// Bounds: handshake messages of at most 64 KiB, 16 of them and 128 KiB in the making; early records and unverified data
/// 16 and 32 KiB each; 8 events; 2 alerts.
#[derive(Debug)]
pub struct Endpoint {
    phase: Phase,
    context: Context,
    reassembly: Reassembly,
    early: Early,
    /// Alerts that wait to be sent.
    words: VecDeque<Alert>,
    events: VecDeque<Event>,
    stats: Stats,
    notes: Notes,
    verified: bool,
    /// The record numbers of our first flight go on where the ClientHello's were (RFC 6347 §4.2.1).
    after_cookie: bool,
}

/// At most this many events wait; only warnings can be that many, and they are dropped.
const MAX_EVENTS: usize = 8;
/// At most this many alerts wait.
const MAX_WORDS: usize = 2;

/// With less than this a busy machine would repeat flights that are being answered.
const SMALLEST_TIMEOUT: Duration = Duration::from_millis(50);

impl Endpoint {
    /// A client: its hello is ready to be polled.
    pub fn client(config: Config, now: Instant) -> Self {
        let mut endpoint = Self::new(config, Phase::Established, ProtocolVersion::DTLS_1_0);
        endpoint.phase = Phase::Handshaking(Box::new(WaitServerHello::start(&mut endpoint.context, now)));
        endpoint.note(now, "");
        endpoint
    }

    /// A server that answers the first hello which arrives. Behind ICE nothing else is needed, since only a peer that
    /// receives at its address gets there; on a naked socket put an [`Acceptor`](crate::Acceptor) in front.
    pub fn server(config: Config, now: Instant) -> Self {
        let phase = Phase::Handshaking(Box::new(State::ServerWaitClientHello(WaitClientHello)));
        let mut endpoint = Self::new(config, phase, ProtocolVersion::DTLS_1_2);
        endpoint.note(now, "");
        endpoint
    }

    /// A server for a client whose cookie an [`Acceptor`](crate::Acceptor) has verified. The datagram with the cookie is
    /// its first input; `message_seq` comes with [`Accepted::Hello`](crate::Accepted::Hello).
    pub fn server_after_cookie(config: Config, now: Instant, message_seq: u16) -> Self {
        let mut endpoint = Self::server(config, now);
        // Every hello without a good cookie, and the request that answered it, took one number each.
        endpoint.reassembly = Reassembly::starting_at(message_seq);
        endpoint.context.outgoing.start_at(message_seq);
        endpoint.after_cookie = true;
        endpoint
    }

    fn new(config: Config, phase: Phase, version: ProtocolVersion) -> Self {
        Endpoint {
            phase,
            context: Context::new(config, Epochs::new(version)),
            reassembly: Reassembly::default(),
            early: Early::default(),
            words: VecDeque::new(),
            events: VecDeque::new(),
            stats: Stats::default(),
            notes: Notes::default(),
            verified: false,
            after_cookie: false,
        }
    }

    /// The peer's certificate must have one of these fingerprints: of those with the strongest hash, if there are several
    /// kinds (RFC 8122 §5.1). May come before, during or after the handshake; application data waits for it. Later calls
    /// must be true as well. On a mismatch the connection is over.
    pub fn expect_fingerprints(&mut self, now: Instant, fingerprints: &[Fingerprint]) -> Result<(), Error> {
        match self.phase {
            Phase::Failed(error) => return Err(error),
            Phase::Closed => return Ok(()),
            Phase::Handshaking(_) | Phase::Established => {}
        }
        let provider = self.context.config.provider;
        let expected = self.context.peer.expect(&provider, fingerprints);
        let verified = expected.and_then(|()| self.check_verified());
        verified.map_err(|error| self.fail(now, error))
    }

    /// Any peer will do, certificate or not. For tools that meet strangers; a connection of WebRTC never says so. Has no
    /// effect once fingerprints were given.
    pub fn accept_any_peer(&mut self, now: Instant) {
        self.context.peer.expect_anyone();
        if let Err(error) = self.check_verified() {
            self.fail(now, error);
        }
    }

    /// Application data may flow: the handshake has completed and the peer is verified.
    pub const fn is_connected(&self) -> bool {
        self.verified && matches!(self.phase, Phase::Established)
    }

    /// The connection is over, and [`poll_transmit`](Machine::poll_transmit) has nothing more to say.
    pub fn finished(&self) -> bool {
        matches!(self.phase, Phase::Closed | Phase::Failed(_)) && self.words.is_empty()
    }

    /// Application data that came before its sender was verified, oldest first. Nothing until
    /// [`is_connected`](Endpoint::is_connected); ask after [`Event::Verified`].
    pub fn read_held(&mut self) -> Option<Vec<u8>> {
        if self.is_connected() { self.early.pop_opened() } else { None }
    }

    /// What the handshake agreed on, once it has completed.
    pub fn info(&self) -> Option<Info> {
        self.context.session.as_ref().map(|(info, _)| *info)
    }

    /// The peer's certificate in DER, once it was shown; not authenticated before [`Event::HandshakeCompleted`].
    pub fn peer_certificate(&self) -> Option<&[u8]> {
        self.context.peer.certificate()
    }

    /// A secret for another protocol (RFC 5705), the same at both ends: SRTP's is `EXTRACTOR-dtls_srtp` without a context.
    /// No context and an empty one give different secrets.
    pub fn export(&self, label: &str, context: Option<&[u8]>, len: usize) -> Result<Secret, Misuse> {
        let (_, exporter) = self.context.session.as_ref().ok_or(Misuse::NotConnected)?;
        exporter.export(label, context, len)
    }

    /// The line of an `SSLKEYLOGFILE` that lets others decrypt this connection, without its end of line. Only with
    /// [`Config::key_log`], once the handshake has completed.
    pub fn key_log_line(&self) -> Option<Secret> {
        let (_, exporter) = self.context.session.as_ref().filter(|_| self.context.config.key_log)?;
        Some(exporter.key_log_line())
    }

    /// The path carries datagrams of another size now.
    pub fn path_changed(&mut self, _now: Instant, info: PathInfo) {
        self.context.outgoing.set_max_datagram(info.max_datagram);
    }

    /// The path's round-trip time is known: flights that are lost are repeated after one and a half of it (RFC 9147
    /// §5.8.2), though not before 50 ms and not later than configured.
    pub fn set_round_trip(&mut self, now: Instant, round_trip: Duration) {
        let first =
            (round_trip + round_trip / 2).max(SMALLEST_TIMEOUT).min(self.context.config.first_timeout);
        self.context.outgoing.set_first_timeout(now, first);
    }

    /// Ends the connection in peace: close_notify goes out, and what arrives from now on is dropped.
    pub fn close(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Handshaking(_) | Phase::Established) {
            self.say(Alert::warning(AlertDescription::CLOSE_NOTIFY));
            self.enter(now, Phase::Closed);
            self.report(Event::Closed);
        }
    }

    /// Counts since the beginning.
    pub const fn stats(&self) -> Stats {
        self.stats
    }

    /// The next change of state, for a tap.
    pub fn pop_note(&mut self) -> Option<Note> {
        self.notes.pop()
    }

    fn enter(&mut self, now: Instant, phase: Phase) {
        let from = self.phase.name();
        self.phase = phase;
        if matches!(self.phase, Phase::Closed | Phase::Failed(_)) {
            self.context.outgoing.stop();
            self.reassembly.clear();
            self.early.clear();
        }
        self.note(now, from);
    }

    fn note(&mut self, now: Instant, from: &'static str) {
        if from != self.phase.name() {
            self.notes.push(now, from, self.phase.name());
        }
    }

    /// The connection is over; the peer is told why.
    fn fail(&mut self, now: Instant, error: Error) -> Error {
        if let Some(description) = error.alert() {
            self.say(Alert::fatal(description));
        }
        self.enter(now, Phase::Failed(error));
        error
    }

    fn say(&mut self, alert: Alert) {
        // Last words displace a polite refusal that still waits.
        if self.words.len() == MAX_WORDS {
            self.words.pop_front();
        }
        self.words.push_back(alert);
    }

    fn report(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS || !matches!(event, Event::Warned(_)) {
            self.events.push_back(event);
        }
    }

    fn check_verified(&mut self) -> Result<(), Error> {
        // Asked even of a verified peer: what is said later must be true as well.
        if self.context.is_verified()? && !self.verified {
            self.verified = true;
            self.report(Event::Verified);
        }
        Ok(())
    }
}

impl Machine for Endpoint {
    type Input<'a> = &'a mut [u8];
    type Yield<'a> = Opened<'a>;
    type Route = ();
    type Event = Event;
    type Error = Error;

    /// Takes the first record of a datagram; the rest comes back. An empty input is nothing.
    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        self.receive(now, input)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        if let Phase::Failed(error) = self.phase {
            return Err(error);
        }
        while let Some(timer) = self.context.outgoing.pop_due(now) {
            match timer {
                Timer::Retransmit => {
                    self.context.outgoing.repeat(now);
                    self.stats.flights_repeated += 1;
                }
                Timer::GiveUp => return Err(self.fail(now, Error::TimedOut)),
                Timer::Linger => self.context.outgoing.stop(),
            }
        }
        Ok(())
    }

    fn poll_transmit(&mut self, _now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Self::Route>> {
        self.transmit(out)
    }

    fn poll_event(&mut self) -> Option<Self::Event> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.context.outgoing.poll_timeout()
    }
}
