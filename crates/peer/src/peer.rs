//! The peer connection: its parts, its verbs, and what follows from the events of the floors below.

use std::collections::{BTreeSet, VecDeque};

use limpid_crypto::Random;
use limpid_ice::{ComponentId, GatheringState, PairStats, PathId};
use limpid_sansio::tap::Tap;
use limpid_sansio::{Answer, Datagram, Driven, Instant, Machine, Path, PathInfo, Transmit, Wish, WishId};
use limpid_sctp::{Association, ChannelId};

use crate::media::NegotiatedMedia;
use crate::negotiate::{Negotiation, fingerprint_of};
use crate::rtp::Media;
use crate::stats::{DropReason, Stats};
use crate::tapped::Tapped;
use crate::transceiver::Transceiver;
use crate::transport::{STREAM, Transport};
use crate::{CloseReason, Config, ConnectionState, Error, Event};

/// A peer connection without sockets and without a clock. ★
///
/// Bounded by its parts: the send buffer and receive window of its [`Config`], 100 candidate pairs, 16 queued handshake
/// messages, 256 transceivers, the streams of a [`Session`](limpid_rtp::Session); its own events are edges, at most a few wait
/// at a time.
#[doc(alias = "RTCPeerConnection")]
pub struct Peer {
    pub(crate) config: Config,
    pub(crate) random: Random,
    pub(crate) negotiation: Negotiation,
    pub(crate) transport: Transport,
    pub(crate) association: Option<Association>,
    /// Streams, once somebody wants any.
    pub(crate) media: Option<Box<Media>>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) tap: Tapped,
    pub(crate) dropped: [u64; DropReason::COUNT],
    pub(crate) send_quantum: usize,
    /// The largest message that the other side takes; `None`: no data channels were agreed on.
    pub(crate) remote_max_message_size: Option<usize>,
    /// The association has been told to connect.
    pub(crate) has_begun: bool,
    pub(crate) transceivers: Vec<Transceiver>,
    pub(crate) negotiated: Vec<NegotiatedMedia>,
    /// Channels that are open, and how many have been and are no longer.
    pub(crate) open_channels: BTreeSet<ChannelId>,
    pub(crate) channels_closed: u64,
    state: ConnectionState,
    ended: Option<CloseReason>,
    error: Option<Error>,
}

impl Peer {
    /// A connection that knows nobody yet. Tell it your sockets' addresses next.
    pub fn new(config: Config, now: Instant) -> Self {
        let mut random = Random::from_seed(config.seed);
        let transport = Transport::new(&config, &mut random, now);
        let negotiation = Negotiation::new(&mut random, fingerprint_of(&config));
        let tap = Tapped { sink: None, connection: config.connection };
        Peer {
            config,
            random,
            negotiation,
            transport,
            association: None,
            media: None,
            events: VecDeque::new(),
            tap,
            dropped: [0; DropReason::COUNT],
            send_quantum: 0,
            remote_max_message_size: None,
            has_begun: false,
            transceivers: Vec::new(),
            negotiated: Vec::new(),
            open_channels: BTreeSet::new(),
            channels_closed: 0,
            state: ConnectionState::New,
            ended: None,
            error: None,
        }
    }

    /// A socket is bound here: it becomes a host candidate.
    pub fn add_local_address(&mut self, now: Instant, address: core::net::SocketAddr) {
        self.transport.ice.add_local_address(now, address);
        self.attend(now);
    }

    /// There will be no more sockets.
    pub fn end_of_local_addresses(&mut self, now: Instant) {
        self.transport.ice.end_of_local_addresses(now);
        self.attend(now);
    }

    /// Lets somebody look on. Costs one branch a packet while nobody does.
    pub fn set_tap(&mut self, tap: Option<Box<dyn Tap + Send>>) {
        self.tap.sink = tap;
    }

    /// The state of the whole (W3C `connectionState`).
    pub fn connection_state(&self) -> ConnectionState {
        self.state
    }

    /// ICE's state (W3C `iceConnectionState`).
    pub fn ice_connection_state(&self) -> limpid_ice::ConnectionState {
        self.transport.ice.state()
    }

    /// Whether local candidates may still come (W3C `iceGatheringState`).
    pub fn ice_gathering_state(&self) -> GatheringState {
        self.transport.ice.gathering_state()
    }

    /// The pair of candidates that carries what is sent.
    pub fn selected_pair(&self) -> Option<PairStats> {
        self.transport.ice.selected_pair(STREAM, ComponentId::FIRST)
    }

    /// The addresses of that pair.
    pub fn path(&self) -> Option<Path> {
        self.transport.path.map(|(_, path, _)| path)
    }

    /// Version, suite and group that the handshake agreed on.
    pub fn dtls_info(&self) -> Option<limpid_dtls::Info> {
        self.transport.dtls.as_ref()?.info()
    }

    /// The certificate that the other side really has, DER.
    pub fn remote_certificate(&self) -> Option<&[u8]> {
        self.transport.dtls.as_ref()?.peer_certificate()
    }

    /// Our certificate, DER.
    pub fn local_certificate(&self) -> &[u8] {
        self.config.identity.certificate_der()
    }

    /// The user name fragment that checks for this connection address.
    pub fn local_ufrag(&self) -> &str {
        self.transport.ice.local_credentials(STREAM).map_or("", |credentials| credentials.ufrag)
    }

    /// Counts and measurements of the floors below the streams, in their own words; [`get_stats`](Peer::get_stats) has the
    /// W3C's, of the streams too.
    pub fn stats(&self) -> Stats {
        Stats {
            selected_pair: self.selected_pair(),
            ice: self.transport.ice.stats().clone(),
            dtls: self.dtls_info(),
            sctp: self.association.as_ref().map(Association::stats),
            dropped: self.dropped,
        }
    }

    /// Why it failed, if it did.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// The largest message that both sides take, in bytes, once the descriptions are exchanged.
    pub fn max_message_size(&self) -> Option<usize> {
        let ours = self.config.max_message_size as usize;
        self.remote_max_message_size.map(|theirs| theirs.min(ours))
    }

    /// Whether we ended it ourselves: then nothing can be read any more.
    pub(crate) fn was_left(&self) -> bool {
        self.ended == Some(CloseReason::Local)
    }

    /// Ended, in whatever way. One more drain gives its last words.
    pub fn is_closed(&self) -> bool {
        self.ended.is_some()
    }

    /// Says goodbye on every floor: BYE of our streams, SHUTDOWN (or ABORT, when messages are still on their way),
    /// close_notify, and no more answers to checks. The next drain sends all of it at once.
    pub fn close(&mut self, now: Instant) {
        self.end(now, CloseReason::Local);
    }

    /// Reacts to what the floors below have to say. Runs after everything that could make them speak.
    pub(crate) fn attend(&mut self, now: Instant) {
        while let Some(event) = self.transport.ice.poll_event() {
            self.on_ice(now, event);
        }
        self.note_answers(now);
        while let Some(event) = self.transport.dtls.as_mut().and_then(Machine::poll_event) {
            self.on_dtls(now, event);
        }
        if self.ended.is_none() && self.association.as_ref().is_some_and(Association::finished) {
            self.end(now, CloseReason::Remote);
        }
        self.update_state();
        if self.tap.sink.is_some() {
            self.tell_states();
        }
    }

    fn on_ice(&mut self, now: Instant, event: limpid_ice::Event) {
        match event {
            limpid_ice::Event::LocalCandidate { candidate, .. } => {
                self.transport.remember_candidate(candidate.to_string());
                self.announce_candidates();
            }
            limpid_ice::Event::GatheringCompleted => {
                self.transport.gathering_completed();
                self.announce_candidates();
            }
            limpid_ice::Event::StateChanged(state) => {
                self.events.push_back(Event::IceConnectionStateChanged(state));
            }
            limpid_ice::Event::PathChosen { path, info, .. } => self.on_path(now, path, info),
            _ => {}
        }
    }

    fn on_path(&mut self, now: Instant, id: PathId, info: PathInfo) {
        let is_first = self.transport.path.is_none();
        self.transport.take_path(now, id, info);
        let overhead = self.transport.dtls.as_ref().map(|dtls| dtls.overhead());
        if let (Some(overhead), Some(association)) = (overhead, &mut self.association) {
            let max_datagram = info.max_datagram.saturating_sub(overhead);
            let is_new_route = info.is_new_route && !is_first;
            association.path_changed(now, PathInfo { max_datagram, is_new_route });
        }
        self.fit_media(info);
        self.events.push_back(Event::PathChanged);
    }

    fn on_dtls(&mut self, now: Instant, event: limpid_dtls::Event) {
        match event {
            limpid_dtls::Event::HandshakeCompleted => {
                let line = self.transport.dtls.as_ref().and_then(|dtls| dtls.key_log_line());
                if let Some(line) = line.as_deref().and_then(|line| core::str::from_utf8(line).ok()) {
                    self.tap.secret(now, line);
                }
            }
            limpid_dtls::Event::Verified => {
                self.protect_media();
                self.connect_association(now);
            }
            limpid_dtls::Event::Closed => self.end(now, CloseReason::Remote),
            _ => {}
        }
    }

    /// Tells the candidates that nobody was told yet, once there is a description that they belong to.
    pub(crate) fn announce_candidates(&mut self) {
        if !self.is_described() {
            return;
        }
        while let Some(announcement) = self.transport.next_announcement() {
            self.events.push_back(match announcement {
                Some(candidate) => Event::IceCandidate {
                    candidate,
                    mid: self.tag_mid().to_owned(),
                    username_fragment: self.local_ufrag().to_owned(),
                },
                None => Event::IceGatheringCompleted,
            });
        }
    }

    fn end(&mut self, now: Instant, reason: CloseReason) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some(reason);
        if let Some(association) = &mut self.association {
            match reason {
                CloseReason::Local if association.stats().send_held == 0 => association.shutdown(now),
                _ => association.abort(now), // tells its channels; what they received can still be read
            }
        }
        if let (Some(media), CloseReason::Local) = (&mut self.media, reason) {
            media.session.close();
        }
        for transceiver in &mut self.transceivers {
            transceiver.end();
        }
        self.transport.leave(now);
        self.update_state();
        self.events.push_back(Event::Closed(reason));
    }

    /// The first error ends everything; it is repeated from then on.
    fn settle(&mut self, now: Instant, result: Result<(), Error>) -> Result<(), Error> {
        if let Err(error) = result
            && self.error.is_none()
        {
            self.error = Some(error);
            self.end(now, CloseReason::Failed);
        }
        self.attend(now);
        self.error.clone().map_or(Ok(()), Err)
    }

    fn update_state(&mut self) {
        use limpid_ice::ConnectionState as Ice;
        let is_secured = self.transport.dtls.as_ref().is_some_and(|dtls| dtls.is_connected());
        let state = match (self.ended, self.transport.ice.state()) {
            (Some(CloseReason::Failed), _) => ConnectionState::Failed,
            (Some(_), _) | (_, Ice::Closed) => ConnectionState::Closed,
            (_, Ice::Failed) => ConnectionState::Failed,
            (_, Ice::Disconnected) => ConnectionState::Disconnected,
            (_, Ice::Connected | Ice::Completed) if is_secured => ConnectionState::Connected,
            (_, Ice::New) if self.transport.dtls.is_none() => ConnectionState::New,
            _ => ConnectionState::Connecting,
        };
        if state != self.state {
            self.state = state;
            self.events.push_back(Event::ConnectionStateChanged(state));
        }
    }
}

impl Machine for Peer {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = ();
    type Route = Path;
    type Event = Event;
    type Error = Error;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let result = self.climb(now, input);
        self.settle(now, result)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        let mut result = self.transport.ice.handle_timeout(now).map_err(Error::Ice);
        if let Some(dtls) = &mut self.transport.dtls {
            result = result.and(dtls.handle_timeout(now).map_err(Error::Dtls));
        }
        if let Some(association) = &mut self.association {
            // Its end is seen in `attend`.
            let _ = association.handle_timeout(now);
        }
        if let Some(media) = &mut self.media {
            let Ok(()) = media.session.handle_timeout(now);
        }
        self.attend_tones(now);
        self.settle(now, result)
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        self.descend(now, out)
    }

    fn poll_event(&mut self) -> Option<Event> {
        // `Closed` is the last: channels and streams end before it.
        match self.events.front() {
            Some(Event::Closed(_)) => {
                let last = self.poll_association().or_else(|| self.poll_media());
                last.or_else(|| self.events.pop_front())
            }
            Some(_) => self.events.pop_front(),
            None => self.poll_association().or_else(|| self.poll_media()),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.ended.is_some() {
            return None;
        }
        let dtls = self.transport.dtls.as_ref().and_then(Machine::poll_timeout);
        let association = self.association.as_ref().and_then(Machine::poll_timeout);
        let media = self.media_timeout();
        let below = Instant::earliest(self.transport.ice.poll_timeout(), dtls);
        Instant::earliest(below, Instant::earliest(association, media))
    }
}

impl Driven for Peer {
    fn poll_wish(&mut self) -> Option<Wish> {
        self.transport.ice.poll_wish()
    }

    fn handle_answer(&mut self, now: Instant, id: WishId, answer: Answer<'_>) {
        self.transport.ice.handle_answer(now, id, answer);
        self.attend(now);
    }
}

impl core::fmt::Debug for Peer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Peer").field("state", &self.state).field("path", &self.path()).finish_non_exhaustive()
    }
}
