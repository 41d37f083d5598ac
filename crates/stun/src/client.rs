//! A STUN client: one Binding request at a time to one server, with long-term credentials if it asks for them. RFC 8489 §6, §9.2.
//!
//! In go the server's datagrams and the time; out come the request, again and again until a response is good or patience
//! ends, and then one [`Event`].

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

use limpid_crypto::{Provider, Random};
use limpid_sansio::{Answer, Datagram, Driven, Instant, Machine, Path, Transmit, Transport, Wish, WishId};

use crate::attribute::{Attribute, AttributeType};
use crate::auth::Credentials;
use crate::auth::long_term::{LongTerm, Refusal, Verdict};
use crate::builder::Builder;
use crate::error::{DropReason, Misuse};
use crate::message::{Class, Message, Method, TransactionId};
use crate::transaction::{Due, MIN_RTO, Retransmit, RtoEstimate, TI, Timing};

/// What a client needs to know. Prints without its seed.
#[derive(Clone)]
pub struct ClientConfig {
    /// Where transaction ids come from: 32 unpredictable bytes.
    pub seed: [u8; 32],
    /// For credentials.
    pub provider: Provider,
    /// How, from where, and to which server.
    pub path: Path,
    /// Given to a server that asks for them. Default none.
    pub credentials: Option<Credentials>,
    /// Counts and the first wait over UDP; the first wait grows with what was measured before. Default RFC 8489 §6.2.1.
    pub timing: Timing,
    /// How long to wait over a reliable transport. Default 39.5 s (RFC 8489 §6.2.2).
    pub ti: Duration,
    /// SOFTWARE in requests. Default none: it tells an attacker what to try (RFC 8489 §16.1.2).
    pub software: Option<String>,
}

impl ClientConfig {
    /// Everything but these at its default.
    pub fn new(seed: [u8; 32], provider: Provider, path: Path) -> Self {
        let timing = Timing { rto: MIN_RTO, ..Timing::default() };
        ClientConfig { seed, provider, path, credentials: None, timing, ti: TI, software: None }
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig")
            .field("provider", &self.provider)
            .field("path", &self.path)
            .field("credentials", &self.credentials)
            .field("timing", &self.timing)
            .field("ti", &self.ti)
            .field("software", &self.software)
            .finish_non_exhaustive()
    }
}

/// What became of a request.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The server sees us at this address. `round_trip` is there when the request was sent once.
    Answered {
        /// Our address, seen from there.
        mapped: SocketAddr,
        /// Between the request and its response.
        round_trip: Option<Duration>,
    },
    /// There is no answer.
    Failed(Failure),
}

/// Why a request failed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Nothing came.
    TimedOut,
    /// What came was not protected by our password (RFC 8489 §9.2.5).
    IntegrityViolated,
    /// The server said no with this code.
    Refused(u16),
    /// A challenge could not be answered.
    Credentials(Refusal),
    /// A response with attributes that we would have to understand, or without an address or an error code.
    NotUnderstood,
}

/// What a client has counted.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct ClientStats {
    /// Requests sent, repetitions among them.
    pub sent: u64,
    /// Responses that ended a transaction or led to another.
    pub accepted: u64,
    /// What was dropped, by [`DropReason`].
    pub dropped: [u64; DropReason::COUNT],
}

/// Asks one server for our address, as often as told. Holds one request and one event at most.
#[derive(Debug)]
pub struct Client {
    path: Path,
    timing: Timing,
    ti: Duration,
    software: Option<String>,
    random: Random,
    login: Option<Box<LongTerm>>,
    transaction: Option<Transaction>,
    estimate: RtoEstimate,
    events: VecDeque<Event>,
    stats: ClientStats,
}

/// The request that is under way.
#[derive(Debug)]
struct Transaction {
    id: TransactionId,
    request: Vec<u8>,
    clock: Retransmit,
    due: bool,
    integrity_violated: bool,
}

impl Client {
    /// A client that has not asked yet.
    pub fn new(config: ClientConfig) -> Self {
        let login =
            config.credentials.map(|credentials| Box::new(LongTerm::new(config.provider, credentials)));
        Client {
            path: config.path,
            timing: config.timing,
            ti: config.ti,
            software: config.software,
            random: Random::from_seed(config.seed),
            login,
            transaction: None,
            estimate: RtoEstimate::default(),
            events: VecDeque::new(),
            stats: ClientStats::default(),
        }
    }

    /// Asks. One [`Event`] will follow.
    pub fn request(&mut self, now: Instant) -> Result<(), Misuse> {
        if self.transaction.is_some() {
            return Err(Misuse::Busy);
        }
        self.begin(now);
        Ok(())
    }

    /// A hard ICMP error for this path: the request has failed (RFC 8489 §6.2.1).
    pub fn unreachable(&mut self) {
        if self.transaction.is_some() {
            self.end(Event::Failed(Failure::TimedOut));
        }
    }

    /// Counts since the beginning.
    pub fn stats(&self) -> ClientStats {
        self.stats
    }

    fn begin(&mut self, now: Instant) {
        let id = TransactionId(self.random.bytes());
        let mut request = Vec::new();
        let builder = Builder::new(&mut request, Class::Request, Method::BINDING, id)
            .maybe(self.software.as_deref().map(Attribute::Software));
        match &self.login {
            Some(login) => login.finish(builder),
            None => builder.finish(),
        };
        let clock = if self.is_reliable() {
            Retransmit::reliable(now, self.ti)
        } else {
            let rto = self.estimate.rto(now, self.timing.rto);
            Retransmit::with_timing(now, Timing { rto, ..self.timing })
        };
        self.transaction = Some(Transaction { id, request, clock, due: true, integrity_violated: false });
    }

    fn end(&mut self, event: Event) {
        self.transaction = None;
        self.events.push_back(event);
    }

    fn is_reliable(&self) -> bool {
        !matches!(self.path.transport, Transport::Udp | Transport::DtlsTurn)
    }

    fn drop(&mut self, reason: DropReason) {
        self.stats.dropped[reason as usize] += 1;
    }

    /// The checks of RFC 8489 §6.3 that need no key.
    fn admit<'a>(&self, input: &'a Datagram<'_>) -> Result<Message<'a>, DropReason> {
        if input.path.remote != self.path.remote {
            return Err(DropReason::UnknownSender);
        }
        let message = Message::parse(input.payload).map_err(|_| DropReason::Malformed)?;
        if !message.class().is_response() || message.method() != Method::BINDING {
            return Err(DropReason::NotAResponse);
        }
        if self.transaction.as_ref().map(|transaction| transaction.id) != Some(message.transaction_id()) {
            return Err(DropReason::UnknownTransaction);
        }
        if message.has_fingerprint() && message.verify_fingerprint().is_err() {
            return Err(DropReason::BadFingerprint);
        }
        Ok(message)
    }

    fn handle_response(&mut self, now: Instant, response: &Message<'_>) {
        let verdict = match &mut self.login {
            Some(login) => login.handle_response(response),
            None => Verdict::Accepted,
        };
        match verdict {
            Verdict::Accepted => {}
            Verdict::Retry => {
                self.stats.accepted += 1;
                return self.begin(now);
            }
            Verdict::Discard { integrity } => return self.discard(integrity),
            Verdict::Failed(refusal) => return self.end(Event::Failed(Failure::Credentials(refusal))),
        }
        self.stats.accepted += 1;
        let round_trip = self.transaction.as_ref().and_then(|transaction| transaction.clock.round_trip(now));
        if let Some(round_trip) = round_trip {
            self.estimate.sample(now, round_trip);
        }
        self.end(outcome(response, round_trip));
    }

    /// Over UDP as if it had never come; over a reliable transport nothing else will come (RFC 8489 §9.2.5).
    fn discard(&mut self, integrity: bool) {
        self.drop(DropReason::BadIntegrity);
        let reliable = self.is_reliable();
        let Some(transaction) = &mut self.transaction else { return };
        transaction.integrity_violated |= integrity;
        if integrity && reliable {
            self.end(Event::Failed(Failure::IntegrityViolated));
        }
    }
}

/// What an authentic response says. RFC 8489 §6.3.3, §6.3.4.
fn outcome(response: &Message<'_>, round_trip: Option<Duration>) -> Event {
    if response.unknown_required(|ty: AttributeType| ty.name().is_some()).next().is_some() {
        return Event::Failed(Failure::NotUnderstood);
    }
    let failed = match response.class() {
        Class::Error => response.error_code().map(|error| Failure::Refused(error.code)),
        // MAPPED-ADDRESS is all that servers of RFC 3489 know.
        _ => match response.xor_mapped_address().or(response.mapped_address()) {
            Some(mapped) => return Event::Answered { mapped, round_trip },
            None => None,
        },
    };
    Event::Failed(failed.unwrap_or(Failure::NotUnderstood))
}

impl Machine for Client {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = ();
    type Route = Path;
    type Event = Event;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        match self.admit(&input) {
            Ok(response) => self.handle_response(now, &response),
            Err(reason) => self.drop(reason),
        }
        Ok(())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        let Some(transaction) = &mut self.transaction else { return Ok(()) };
        match transaction.clock.on_timeout(now) {
            Due::Nothing => {}
            Due::Send => transaction.due = true,
            Due::GiveUp if transaction.integrity_violated => {
                self.end(Event::Failed(Failure::IntegrityViolated))
            }
            Due::GiveUp => self.end(Event::Failed(Failure::TimedOut)),
        }
        Ok(())
    }

    fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<Transmit<Self::Route>> {
        let transaction = self.transaction.as_mut().filter(|transaction| transaction.due)?;
        transaction.due = false;
        out.extend_from_slice(&transaction.request);
        self.stats.sent += 1;
        Some(Transmit::new(self.path, transaction.request.len()))
    }

    fn poll_event(&mut self) -> Option<Self::Event> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.transaction.as_ref()?.clock.next()
    }
}

impl Driven for Client {
    fn poll_wish(&mut self) -> Option<Wish> {
        None
    }

    fn handle_answer(&mut self, _: Instant, _: WishId, _: Answer<'_>) {}
}
