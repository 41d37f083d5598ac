//! The agent: its parts, what can be asked of it, and the five verbs.
//!
//! ```text
//! socket → handle_input ─┬ request  → requests ──┬→ early, learned, triggered
//!                        ├ response → responses ─┼→ nominate → select → PathChosen
//!                        └ payload  → routes     └→ consent
//! clock  → handle_timeout → checks (Ta, retransmissions) · consent · PAC · silence · names
//! ```

mod candidates;
mod checks;
mod consent;
mod gather;
mod names;
mod nominate;
mod requests;
mod responses;
mod restart;
mod state;
mod verbs;

use std::collections::VecDeque;

use limpid_crypto::Random;
use limpid_sansio::tap::{Note, Notes};
use limpid_sansio::{
    Answer, Datagram, Driven, DueQueue, Instant, Machine, Path, PathInfo, Transmit, Wish, WishId,
};
use limpid_stun::{Class, Message, Method};

use crate::config::Config;
use crate::credentials::Credentials;
use crate::error::{DropReason, Error, Misuse};
use crate::event::{ConnectionState, Event, GatheringState};
use crate::foundation::Foundations;
use crate::id::{ComponentId, PathId, StreamId};
use crate::outbound::Outbound;
use crate::pair::Pair;
use crate::role::Role;
use crate::routes::Routes;
use crate::session::{Session, Stream};
use crate::socket::Sockets;
use crate::stats::{PairStats, Stats};
use crate::transaction::Transactions;

/// What is left of a datagram when ICE has had its look.
#[derive(Debug, PartialEq, Eq)]
pub enum Yield<'a> {
    /// Nothing: it was ICE's own, or it was dropped and counted.
    Done,
    /// Not STUN, and from a pair of addresses that has authenticated itself.
    Payload(PathId, &'a mut [u8]),
}

/// One ICE agent: all streams of one peer connection.
///
/// See the crate's front page for how it is driven. Everything that it holds is bounded: sockets (64), pairs
/// ([`Config::max_pairs`]), remote candidates ([`Config::max_remote_candidates`]), early checks (16), candidates ahead of
/// their generation (64), names to resolve (32), bytes to be sent (64 KiB), events (2048).
#[derive(Debug)]
pub struct Agent {
    config: Config,
    random: Random,
    role: Role,
    tie_breaker: u64,
    streams: Vec<Stream>,
    sockets: Sockets,
    foundations: Foundations,
    gatherer: gather::Gatherer,
    names: names::Names,
    transactions: Transactions,
    pacer: checks::Pacer,
    due: DueQueue<Due>,
    routes: Routes,
    says: Says,
    state: ConnectionState,
}

/// What waits to be polled, and what is counted.
#[derive(Default, Debug)]
struct Says {
    outbound: Outbound,
    events: VecDeque<Event>,
    wishes: VecDeque<Wish>,
    stats: Stats,
    notes: Notes,
}

impl Says {
    const EVENTS: usize = 2048;

    /// A driver that never asks loses the oldest.
    fn event(&mut self, event: Event) {
        if self.events.len() >= Self::EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

/// What a timer is for.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Due {
    /// Ta: the next new transaction may leave.
    Pace,
    /// A request is sent again, or given up.
    Transaction(u32),
    /// A consent check is sent, or consent is over.
    Consent(PathId),
    /// Nobody was heard for too long, perhaps.
    Silence(PathId),
    /// The controlling side has waited long enough for something better.
    Nominate(StreamId),
    /// RFC 8863.
    Pac(StreamId),
    /// A name took too long.
    Name(WishId),
    /// The NATs before our reflexive candidates are to be reminded of them.
    KeepAlive,
}

impl Agent {
    /// An agent with nothing to do yet: add streams, then addresses.
    pub fn new(mut config: Config, _now: Instant) -> Self {
        let mut random = Random::from_seed(core::mem::take(&mut config.seed));
        Agent {
            role: config.role,
            tie_breaker: random.u64(),
            random,
            streams: Vec::new(),
            sockets: Sockets::default(),
            foundations: Foundations::default(),
            gatherer: gather::Gatherer::new(&config),
            names: names::Names::default(),
            transactions: Transactions::default(),
            pacer: checks::Pacer::default(),
            due: DueQueue::default(),
            routes: Routes::default(),
            says: Says::default(),
            state: ConnectionState::New,
            config,
        }
    }

    /// What to tell the peer of this stream's current generation. `None`: the stream was never added.
    pub fn local_credentials(&self, stream: StreamId) -> Option<Credentials<'_>> {
        Some(self.stream(stream)?.current.local.view())
    }

    /// Our role now.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The state of all streams together.
    pub fn state(&self) -> ConnectionState {
        self.state
    }

    /// How far gathering is.
    pub fn gathering_state(&self) -> GatheringState {
        if self.gatherer.has_completed() {
            GatheringState::Complete
        } else if self.sockets.list().is_empty() && !self.sockets.is_complete() {
            GatheringState::New
        } else {
            GatheringState::Gathering
        }
    }

    /// The addresses of a path. `None`: it is no more.
    pub fn path(&self, path: PathId) -> Option<Path> {
        match &self.routes.chosen {
            Some(chosen) if chosen.id == path => Some(chosen.path),
            _ => self.pair(path).map(|pair| pair.path),
        }
    }

    /// How large a datagram the path takes, less what a relay would put around it. `None`: it is no more.
    pub fn path_info(&self, path: PathId) -> Option<PathInfo> {
        let pair = self.pair(path)?;
        Some(PathInfo { max_datagram: self.max_datagram(pair), is_new_route: false })
    }

    /// The path that payload of this component takes now.
    pub fn selected(&self, stream: StreamId, component: ComponentId) -> Option<PathId> {
        self.stream(stream)?.selected(component)
    }

    /// Whether the peer consents to be sent to on this path (RFC 7675 §5.1).
    pub fn may_send(&self, path: PathId) -> bool {
        match &self.routes.chosen {
            Some(chosen) if chosen.id == path => true,
            _ => self.pair(path).is_some_and(Pair::is_usable),
        }
    }

    /// What is known of the pair that payload of this component takes.
    pub fn selected_pair(&self, stream: StreamId, component: ComponentId) -> Option<PairStats> {
        let pair = self.pair(self.selected(stream, component)?)?;
        let valid = pair.valid?;
        Some(PairStats {
            local: valid.local_kind,
            remote: pair.remote.kind,
            is_ipv6: pair.path.remote.is_ipv6(),
            answered: valid.answered,
            round_trip: valid.round_trip,
            is_nominated: pair.is_nominated(),
        })
    }

    /// Whether a check with this USERNAME is meant for us: how a port that many agents share finds the right one.
    pub fn answers_to(&self, username: &str) -> bool {
        let ufrag = username.split(':').next().unwrap_or_default();
        self.streams.iter().flat_map(Stream::sessions).any(|session| &*session.local.ufrag == ufrag)
    }

    /// What was counted since the beginning.
    pub fn stats(&self) -> &Stats {
        &self.says.stats
    }

    /// How many pairs there are, in all streams and generations.
    pub fn pair_count(&self) -> usize {
        let sessions = self.streams.iter().flat_map(Stream::sessions);
        sessions.map(|session| session.checklist.pairs().len()).sum()
    }

    /// The oldest change of state that a tap was not told yet.
    pub fn pop_note(&mut self) -> Option<Note> {
        self.says.notes.pop()
    }

    fn stream(&self, id: StreamId) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.id == id)
    }

    fn stream_index(&self, id: StreamId) -> Option<usize> {
        self.streams.iter().position(|stream| stream.id == id)
    }

    /// The stream that a verb is about.
    fn open_stream(&self, id: StreamId) -> Result<usize, Misuse> {
        if self.state == ConnectionState::Closed {
            return Err(Misuse::Closed);
        }
        self.stream_index(id).ok_or(Misuse::UnknownStream)
    }

    fn pair(&self, id: PathId) -> Option<&Pair> {
        self.streams.iter().find_map(|stream| stream.pair(id))
    }

    /// The session and pair of this name, to be changed.
    fn session_of(&mut self, id: PathId) -> Option<(usize, &mut Session)> {
        self.streams.iter_mut().enumerate().find_map(|(index, stream)| {
            let session = stream.sessions_mut().find(|session| session.checklist.get(id).is_some())?;
            Some((index, session))
        })
    }

    fn pair_mut(&mut self, id: PathId) -> Option<&mut Pair> {
        self.session_of(id)?.1.checklist.get_mut(id)
    }

    fn max_datagram(&self, pair: &Pair) -> usize {
        let kind = pair.valid.map_or(pair.local.kind, |valid| valid.local_kind);
        self.config.max_datagram.saturating_sub(kind.overhead())
    }

    fn drop(&mut self, reason: DropReason) {
        self.says.stats.dropped.count(reason);
    }

    fn handle_stun(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        let Ok(message) = Message::parse(bytes) else { return self.drop(DropReason::Malformed) };
        if message.method() != Method::BINDING {
            return self.drop(DropReason::Unsupported);
        }
        match message.class() {
            Class::Request => self.handle_request(now, path, &message),
            Class::Success | Class::Error => self.handle_response(now, path, &message),
            // A keep-alive (RFC 8445 §11): it has done its work by arriving at all the NATs on its way.
            Class::Indication => {}
        }
    }

    fn handle_due(&mut self, now: Instant, due: Due) {
        match due {
            Due::Pace => self.pace(now),
            Due::Transaction(serial) => self.transaction_due(now, serial),
            Due::Consent(pair) => self.consent_due(now, pair),
            Due::Silence(pair) => self.silence_due(now, pair),
            Due::Nominate(stream) => self.nomination_due(now, stream),
            Due::Pac(stream) => self.patience_over(now, stream),
            Due::Name(wish) => self.name_overdue(now, wish),
            Due::KeepAlive => self.keep_alive(now),
        }
    }
}

impl Machine for Agent {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = Yield<'a>;
    type Route = Path;
    type Event = Event;
    type Error = Error;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        if self.state == ConnectionState::Closed {
            return Ok(Yield::Done);
        }
        let Datagram { path, payload, .. } = input;
        // RFC 7983 §7: STUN begins with 0 to 3, everything else is not ours.
        match payload.first() {
            Some(0..=3) => self.handle_stun(now, path, payload),
            Some(_) => match self.routes.find(&path) {
                Some(id) => {
                    self.heard_payload(now, id);
                    return Ok(Yield::Payload(id, payload));
                }
                None => self.drop(DropReason::UnknownPath),
            },
            None => self.drop(DropReason::Empty),
        }
        Ok(Yield::Done)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        while let Some(due) = self.due.pop_due(now) {
            self.handle_due(now, due);
        }
        Ok(())
    }

    fn poll_transmit(&mut self, _now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Self::Route>> {
        self.says.outbound.pop(out)
    }

    fn poll_event(&mut self) -> Option<Self::Event> {
        self.says.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.due.next()
    }
}

impl Driven for Agent {
    fn poll_wish(&mut self) -> Option<Wish> {
        self.says.wishes.pop_front()
    }

    fn handle_answer(&mut self, now: Instant, id: WishId, answer: Answer<'_>) {
        self.answered(now, id, answer);
    }
}
