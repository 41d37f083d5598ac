//! One session with another member: descriptions by perfect negotiation, and the channel `call`. PROTOCOLS.md 11.

mod exchange;
mod watch;

use std::sync::Arc;
use std::time::Instant;

use limpid::{
    ConnectionState, DataChannel, Description, DescriptionKind, Direction, Event, MediaKind, PeerConnection,
    SignalingState, Track, Transceiver, TransceiverId, TransceiverInit,
};
use limpid_app::call::message::{CHANNEL, Message, State};
use limpid_app::share::failure::Failure;
use limpid_app::share::message::{from_hex, to_hex};
use limpid_signaling::{Body, Candidate, Tags};
use tokio::task::JoinSet;

use super::Call;
use super::files::Files;
use super::greet::Greeter;
use super::member::Who;
use crate::cmd::say::Trouble;
use watch::read;

pub(crate) use watch::{Lines, What};

/// Candidates that wait for their description.
const EARLY: usize = 100;
/// The stream that our sound and our pictures belong to.
const STREAM: &str = "limpid";

/// One session.
pub(crate) struct Connection {
    pub(crate) call: Arc<Call>,
    pub(crate) lines: Lines,
    pub(crate) session: u64,
    pub(crate) is_offerer: bool,
    is_polite: bool,
    pub(crate) pc: Arc<PeerConnection>,
    our_nonce: [u8; 32],
    their_nonce: Option<[u8; 32]>,
    their_fingerprint: Option<[u8; 32]>,
    early: Vec<Option<Candidate>>,
    our_offer: Option<u64>,
    their_offer: Option<u64>,
    voice: Option<Transceiver>,
    camera: Option<Transceiver>,
    channel: Option<Arc<DataChannel>>,
    greeter: Option<Greeter>,
    /// What we last said that we send.
    said: Option<State>,
    pub(crate) is_proven: bool,
    files: Files,
    /// Sections that somebody listens to.
    pub(crate) heard: Vec<TransceiverId>,
    /// When the channel went without a goodbye.
    pub(crate) closed_at: Option<Instant>,
    /// What goes on beside: events, the channel, sound and pictures.
    pub(crate) tasks: JoinSet<()>,
}

impl Connection {
    /// A session that nothing was said in yet.
    pub(crate) async fn new(
        call: &Arc<Call>,
        lines: Lines,
        session: u64,
        is_offerer: bool,
        is_polite: bool,
    ) -> Result<Self, Trouble> {
        let builder = PeerConnection::builder().ice_servers(call.ice_servers.iter().cloned());
        let builder = call.trace.watch(builder.identity(call.identity.clone()));
        let pc = Arc::new(builder.build().await.map_err(Trouble::unexpected)?);
        let mut our_nonce = [0; 32];
        call.provider.random.fill(&mut our_nonce);
        let mut connection = Connection {
            call: call.clone(),
            lines,
            session,
            is_offerer,
            is_polite,
            pc,
            our_nonce,
            their_nonce: None,
            their_fingerprint: None,
            early: Vec::new(),
            our_offer: None,
            their_offer: None,
            voice: None,
            camera: None,
            channel: None,
            greeter: None,
            said: None,
            is_proven: false,
            files: Files::default(),
            heard: Vec::new(),
            closed_at: None,
            tasks: JoinSet::new(),
        };
        connection.watch();
        Ok(connection)
    }

    /// The first offer: voice, camera, channel, in this order.
    pub(crate) async fn start(&mut self) -> Result<(), Failure> {
        let add = |kind, has_source: bool| {
            let track = has_source.then(|| Track::local(kind, kind.as_str()));
            let streams = vec![STREAM.to_owned()];
            let init = TransceiverInit { direction: Direction::SendRecv, track, streams, rids: Vec::new() };
            self.pc.add_transceiver(kind, init).map_err(|_| Failure::PeerProtocol)
        };
        let voice = add(MediaKind::Audio, self.call.voice.is_some())?;
        let camera = add(MediaKind::Video, self.call.camera.is_some())?;
        (self.voice, self.camera) = (Some(voice), Some(camera));
        let channel = self.pc.create_data_channel(CHANNEL).map_err(|_| Failure::PeerProtocol)?;
        self.tasks.spawn(read(channel, self.lines.clone()));
        self.offer().await
    }

    /// Whether it carries what we say, and what we send.
    pub(crate) fn is_working(&self) -> bool {
        self.is_proven && self.pc.connection_state() == ConnectionState::Connected
    }

    /// Whether an offer of ours waits for its answer.
    pub(crate) fn is_waiting(&self) -> bool {
        self.pc.signaling_state() == SignalingState::HaveLocalOffer
    }

    /// Whether the other side has said anything yet.
    pub(crate) fn is_answered(&self) -> bool {
        self.their_fingerprint.is_some()
    }

    /// The first section of sound and the first of pictures.
    pub(crate) fn sections(&self) -> [Option<&Transceiver>; 2] {
        [self.voice.as_ref(), self.camera.as_ref()]
    }

    /// Says something over the channel; `false`: that is not there.
    pub(crate) async fn send(&self, message: &str) -> bool {
        match self.channel.as_ref().filter(|_| self.is_proven) {
            Some(channel) => channel.send_text(message).await.is_ok(),
            None => false,
        }
    }

    /// Says what we send, if that is news.
    pub(crate) async fn say_state(&mut self) {
        let state = self.call.state();
        if self.said.as_ref() != Some(&state) && self.send(&Message::State(state.clone()).to_text()).await {
            self.said = Some(state);
        }
    }

    /// Waits until what was said has left; not for ever.
    pub(crate) async fn said(&self, patience: std::time::Duration) {
        if let Some(channel) = &self.channel {
            let _ = tokio::time::timeout(patience, channel.drained_to(0)).await;
        }
    }

    /// Other addresses for the same connection.
    pub(crate) async fn restart(&mut self) -> Result<(), Failure> {
        if self.is_waiting() {
            if !self.is_answered() {
                self.repeat().await;
                return Ok(());
            }
            let rollback = Description { kind: DescriptionKind::Rollback, sdp: String::new() };
            self.pc.set_local_description(rollback).map_err(|_| Failure::PeerProtocol)?;
        }
        // One that has ended needs another session.
        if self.pc.restart_ice().is_err() {
            return Ok(());
        }
        self.offer().await
    }

    /// Says the last description again.
    pub(crate) async fn repeat(&self) {
        let Some(description) = self.pc.local_description() else { return };
        let is_offer = description.kind == DescriptionKind::Offer;
        let offer = if is_offer { self.our_offer } else { self.their_offer };
        let tags = Tags { member: Some(self.call.member.clone()), session: self.session, offer };
        let kind = description.kind.as_str().to_owned();
        let nonce = Some(to_hex(&self.our_nonce));
        self.say(Body::Description { kind, sdp: description.sdp, nonce }, tags).await;
    }

    /// Takes a body of signalling, wherever it came from.
    pub(crate) async fn hear(&mut self, body: Body, tags: &Tags) -> Result<(), Failure> {
        match body {
            Body::Description { kind, sdp, nonce } => {
                let nonce = nonce.as_deref().and_then(from_hex).ok_or(Failure::PeerProtocol)?;
                match kind.as_str() {
                    "offer" => self.hear_offer(sdp, nonce, tags.offer).await,
                    "answer" => self.hear_answer(sdp, nonce, tags.offer).await,
                    _ => Err(Failure::PeerProtocol),
                }
            }
            Body::Candidate(candidate) => {
                if self.is_answered() {
                    self.add(candidate);
                } else if self.early.len() < EARLY {
                    self.early.push(candidate);
                }
                Ok(())
            }
            Body::Resync => {
                self.repeat().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Something happened to the connection itself.
    pub(crate) async fn note(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::NegotiationNeeded if self.is_offerer || self.is_answered() => self.offer().await,
            Event::IceCandidate { candidate, mid, username_fragment } => {
                let (sdp_mid, username_fragment) = (Some(mid), Some(username_fragment));
                self.say_candidate(Some(Candidate { candidate, sdp_mid, username_fragment })).await;
                Ok(())
            }
            Event::IceGatheringCompleted => {
                self.say_candidate(None).await;
                Ok(())
            }
            Event::ConnectionStateChanged(ConnectionState::Failed) if !self.is_proven => {
                match self.pc.error() {
                    // With a path that works, it is the handshake that failed: one side refused the other's certificate.
                    Some(_) => {
                        let trouble = Trouble::of_connection(&self.pc);
                        Err(Failure::from_slug(trouble.slug).unwrap_or(Failure::PeerProtocol))
                    }
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The channel is open: our greeting leaves.
    pub(crate) async fn opened(&mut self, channel: Arc<DataChannel>, hello: Message) -> Result<(), Failure> {
        let greeter = Greeter::new(self, self.our_nonce, self.their_nonce)?;
        let text = greeter.say(hello.clone()).to_text();
        channel.send_text(&text).await.map_err(|_| Failure::ConnectionLost)?;
        if let Message::Hello { state, .. } = hello {
            self.said = Some(state);
        }
        self.channel = Some(channel);
        self.greeter = Some(greeter);
        Ok(())
    }

    /// A channel beside `call`: of a file, if it is somebody whom we know.
    pub(crate) fn take(&mut self, channel: DataChannel, who: Option<&Who>) {
        match who.filter(|_| self.is_proven) {
            Some(who) => self.files.take(&self.call, who, channel),
            None => channel.close(),
        }
    }

    /// Checks the other side's greeting. From then on the connection is one with a member of the call.
    pub(crate) async fn greeted(
        &mut self,
        v: &[u32],
        proof: Option<&str>,
        commit: Option<&str>,
    ) -> Result<(), Failure> {
        let greeter = self.greeter.as_mut().ok_or(Failure::PeerProtocol)?;
        greeter.check(v, proof)?;
        let reveal = greeter.reveal(commit);
        self.is_proven = true;
        if let Some(reveal) = reveal {
            self.send(&reveal.to_text()).await;
        }
        Ok(())
    }

    /// What people read to each other, out of what the other side has told.
    pub(crate) fn words(&self, number: &str) -> Result<String, Failure> {
        self.greeter.as_ref().ok_or(Failure::PeerProtocol)?.words(number)
    }

    /// Ends it, and all that goes on beside.
    pub(crate) async fn close(mut self) {
        self.pc.close();
        self.tasks.shutdown().await;
        self.files.end().await;
    }

    async fn say_candidate(&self, candidate: Option<Candidate>) {
        let tags = Tags { member: None, session: self.session, offer: None };
        self.say(Body::Candidate(candidate), tags).await;
    }

    async fn say(&self, body: Body, tags: Tags) {
        let _ = self.lines.say.send((body, tags)).await;
    }
}
