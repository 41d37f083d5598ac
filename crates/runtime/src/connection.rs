//! A peer connection as a tokio program holds it: the W3C's verbs, and futures where a page would have callbacks.

use std::sync::Arc;

use limpid_peer::{
    ChannelConfig, CloseReason, ConnectionState, Description, DtlsInfo, Event, MediaKind, PairStats, Peer,
    PeerId, SignalingState, Stats, StatsReport, Track, TransceiverId, TransceiverInit,
};
use limpid_sansio::{Instant, Path};

use crate::builder::Builder;
use crate::channel::DataChannel;
use crate::error::Error;
use crate::port::{Connections, Listener, Port};
use crate::shared::Shared;
use crate::track::Transceiver;

/// A peer connection. Dropping it says goodbye to the other side and frees everything that belongs to it.
#[doc(alias = "RTCPeerConnection")]
#[derive(Debug)]
pub struct PeerConnection {
    port: Arc<Port>,
    id: PeerId,
}

impl PeerConnection {
    /// A connection that lives on a port already.
    pub(crate) fn on(port: Arc<Port>, id: PeerId) -> Self {
        PeerConnection { port, id }
    }

    /// A connection with all defaults, on a port of its own.
    pub async fn new() -> Result<Self, Error> {
        Self::builder().build().await
    }

    /// A connection to be made otherwise.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Opens a reliable, ordered channel. It becomes usable when both sides are connected.
    #[doc(alias = "createDataChannel")]
    pub fn create_data_channel(&self, label: &str) -> Result<DataChannel, Error> {
        self.create_data_channel_with(ChannelConfig { label: label.into(), ..ChannelConfig::default() })
    }

    /// Opens a channel of any kind.
    pub fn create_data_channel_with(&self, config: ChannelConfig) -> Result<DataChannel, Error> {
        let (id, bells) = self.with(|peer, listener, now| {
            let id = peer.create_data_channel(now, config)?;
            Ok::<_, Error>((id, listener.channel(id)))
        })??;
        Ok(DataChannel::new(self.port.shared.clone(), self.id, id, bells))
    }

    /// Makes an offer with the candidates that are known so far.
    #[doc(alias = "createOffer")]
    pub fn create_offer(&self) -> Result<Description, Error> {
        self.with(|peer, _, _| peer.create_offer().map_err(Error::Misuse))?
    }

    /// Makes an answer to the offer that was set.
    #[doc(alias = "createAnswer")]
    pub fn create_answer(&self) -> Result<Description, Error> {
        self.with(|peer, _, _| peer.create_answer().map_err(Error::Misuse))?
    }

    /// Applies our own description.
    #[doc(alias = "setLocalDescription")]
    pub fn set_local_description(&self, description: Description) -> Result<(), Error> {
        self.with(|peer, _, now| peer.set_local_description(now, description).map_err(Error::Misuse))?
    }

    /// Applies the other side's description.
    #[doc(alias = "setRemoteDescription")]
    pub fn set_remote_description(&self, description: Description) -> Result<(), Error> {
        self.with(|peer, _, now| peer.set_remote_description(now, description).map_err(Error::Misuse))?
    }

    /// Our description, with all candidates that are known by now.
    #[doc(alias = "localDescription")]
    pub fn local_description(&self) -> Option<Description> {
        self.look(|peer| peer.local_description())?
    }

    /// The other side's description.
    #[doc(alias = "remoteDescription")]
    pub fn remote_description(&self) -> Option<String> {
        self.look(|peer| peer.remote_description())?
    }

    /// A candidate of the other side; empty: there will be no more.
    #[doc(alias = "addIceCandidate")]
    pub fn add_ice_candidate(&self, candidate: &str, username_fragment: Option<&str>) -> Result<(), Error> {
        self.with(|peer, _, now| {
            peer.add_ice_candidate(now, candidate, username_fragment).map_err(Error::Misuse)
        })?
    }

    /// The next offer will ask for a new path.
    #[doc(alias = "restartIce")]
    pub fn restart_ice(&self) -> Result<(), Error> {
        self.with(|peer, _, _| peer.restart_ice())
    }

    /// Creates and applies an offer in one step, and waits until all candidates stand in it.
    pub async fn offer(&self) -> Result<Description, Error> {
        self.set_local_description(self.create_offer()?)?;
        self.gathered().await;
        self.local_description().ok_or(Error::Closed)
    }

    /// Takes an offer, applies the answer to it, and waits until all candidates stand in it.
    pub async fn answer(&self, offer: Description) -> Result<Description, Error> {
        self.set_remote_description(offer)?;
        self.set_local_description(self.create_answer()?)?;
        self.gathered().await;
        self.local_description().ok_or(Error::Closed)
    }

    /// Waits until no more local candidates will come.
    pub async fn gathered(&self) {
        use limpid_peer::IceGatheringState::Complete;
        self.until(|peer, _| (peer.ice_gathering_state() == Complete).then_some(())).await;
    }

    /// Waits until the connection is secured and usable. An error if it ended before.
    pub async fn connected(&self) -> Result<(), Error> {
        let connected =
            self.until(|peer, _| (peer.connection_state() == ConnectionState::Connected).then_some(()));
        connected.await.ok_or(Error::Closed)
    }

    /// Waits for the next channel that the other side opens. `None`: the connection has ended.
    #[doc(alias = "ondatachannel")]
    pub async fn next_channel(&self) -> Option<DataChannel> {
        let (id, bells) = self
            .until(|_, listener| {
                let id = listener.accepted.pop_front()?;
                Some((id, listener.channel(id)))
            })
            .await?;
        Some(DataChannel::new(self.port.shared.clone(), self.id, id, bells))
    }

    /// A new place for one track each way; an exchange of descriptions has to follow.
    #[doc(alias = "addTransceiver")]
    pub fn add_transceiver(&self, kind: MediaKind, init: TransceiverInit) -> Result<Transceiver, Error> {
        let id = self.with(|peer, _, _| peer.add_transceiver(kind, init))??;
        self.transceiver(id).ok_or(Error::Closed)
    }

    /// A track to send; an exchange of descriptions has to follow. Tracks of one stream are played in step.
    #[doc(alias = "addTrack")]
    pub fn add_track(&self, track: Track, streams: &[&str]) -> Result<Transceiver, Error> {
        let id = self.with(|peer, _, _| peer.add_track(track, streams))??;
        self.transceiver(id).ok_or(Error::Closed)
    }

    /// One of the transceivers.
    pub fn transceiver(&self, id: TransceiverId) -> Option<Transceiver> {
        let found =
            self.with(|peer, listener, _| peer.transceiver(id).map(|_| listener.track(id))).ok()??;
        Some(Transceiver::new(self.port.shared.clone(), self.id, id, found))
    }

    /// All transceivers, in the order in which they were made.
    #[doc(alias = "getTransceivers")]
    pub fn transceivers(&self) -> Vec<Transceiver> {
        let ids = self.look(|peer| peer.transceivers().iter().map(|it| it.id()).collect::<Vec<_>>());
        ids.unwrap_or_default().into_iter().filter_map(|id| self.transceiver(id)).collect()
    }

    /// Waits for the next track that the other side sends. `None`: the connection has ended.
    #[doc(alias = "ontrack")]
    pub async fn next_track(&self) -> Option<Transceiver> {
        let id = self.until(|_, listener| listener.announced.pop_front()).await?;
        self.transceiver(id)
    }

    /// What all our streams together may send, in bits per second; `None`: there are none.
    pub fn target_bitrate(&self) -> Option<u64> {
        self.look(Peer::target_bitrate)?
    }

    /// Waits for the next event of the connection (those of single channels are left to their channels). `None`: it has
    /// ended, and all was said.
    pub async fn next_event(&self) -> Option<Event> {
        self.until(|_, listener| listener.events.pop_front()).await
    }

    /// Waits for the end.
    pub async fn closed(&self) -> CloseReason {
        let shared = &self.port.shared;
        loop {
            let Some(bell) = self.bell() else { return CloseReason::Failed };
            let mut rung = std::pin::pin!(bell.notified());
            rung.as_mut().enable();
            let ended = shared.lock(|all, _| all.listeners.get(&self.id).map(|listener| listener.ended));
            match ended {
                Some(Some(None)) => rung.await,
                Some(Some(Some(reason))) => return reason,
                _ => return CloseReason::Failed,
            }
        }
    }

    /// Why it failed, if it did.
    pub fn error(&self) -> Option<limpid_peer::Error> {
        self.port.shared.lock(|all, _| all.mux.error(self.id).cloned())?
    }

    /// The state of the whole.
    #[doc(alias = "connectionState")]
    pub fn connection_state(&self) -> ConnectionState {
        self.look(Peer::connection_state).unwrap_or(ConnectionState::Closed)
    }

    /// Where offer and answer stand.
    #[doc(alias = "signalingState")]
    pub fn signaling_state(&self) -> SignalingState {
        self.look(Peer::signaling_state).unwrap_or(SignalingState::Closed)
    }

    /// The addresses that data travels between.
    pub fn path(&self) -> Option<Path> {
        self.look(Peer::path)?
    }

    /// Kinds of the candidates that data travels between, and the round trip.
    pub fn selected_pair(&self) -> Option<PairStats> {
        self.look(Peer::selected_pair)?
    }

    /// Version, suite and group that the handshake agreed on.
    pub fn dtls_info(&self) -> Option<DtlsInfo> {
        self.look(Peer::dtls_info)?
    }

    /// The certificate that the other side really has, DER.
    pub fn remote_certificate(&self) -> Option<Vec<u8>> {
        self.look(|peer| peer.remote_certificate().map(<[u8]>::to_vec))?
    }

    /// Our certificate, DER.
    pub fn local_certificate(&self) -> Option<Vec<u8>> {
        self.look(|peer| peer.local_certificate().to_vec())
    }

    /// All that can be told of the connection now, in the W3C's words. `None`: it has gone.
    #[doc(alias = "getStats")]
    pub fn get_stats(&self) -> Option<StatsReport> {
        self.port.shared.lock(|all, now| all.mux.look(self.id).map(|peer| peer.get_stats(now)))?
    }

    /// Counts and measurements of all layers.
    pub fn stats(&self) -> Option<Stats> {
        self.look(Peer::stats)
    }

    /// The largest message that both sides take, in bytes, once the descriptions are exchanged.
    pub fn max_message_size(&self) -> Option<usize> {
        self.look(Peer::max_message_size)?
    }

    /// The port that it lives on.
    pub fn port(&self) -> &Arc<Port> {
        &self.port
    }

    /// Says goodbye. What was received before can still be read. A program that ends next waits for
    /// [`closed`](PeerConnection::closed) first: what its runtime has not sent by then, the other side never hears.
    pub fn close(&self) {
        let _ = self.with(|peer, _, now| peer.close(now));
    }

    fn with<R>(&self, verb: impl FnOnce(&mut Peer, &mut Listener, Instant) -> R) -> Result<R, Error> {
        let done = self.port.shared.with(|all, now| with_peer(all, self.id, now, verb));
        done.flatten().ok_or(Error::Closed)
    }

    fn look<R>(&self, at: impl FnOnce(&Peer) -> R) -> Option<R> {
        self.port.shared.lock(|all, _| all.mux.look(self.id).map(at))?
    }

    fn bell(&self) -> Option<Arc<tokio::sync::Notify>> {
        self.port.shared.lock(|all, _| all.listeners.get(&self.id).map(|listener| listener.bell.clone()))?
    }

    /// Waits until `ready` gives something. `None`: the connection ended first.
    async fn until<R>(&self, mut ready: impl FnMut(&Peer, &mut Listener) -> Option<R>) -> Option<R> {
        loop {
            let bell = self.bell()?;
            let mut rung = std::pin::pin!(bell.notified());
            rung.as_mut().enable();
            let found = self.port.shared.lock(|all, _| {
                let peer = all.mux.look(self.id)?;
                let listener = all.listeners.get_mut(&self.id)?;
                let found = ready(peer, listener);
                let is_over = listener.ended.is_some() || all.is_stopped;
                Some((found, is_over))
            })??;
            match found {
                (Some(found), _) => return Some(found),
                (None, true) => return None,
                (None, false) => rung.await,
            }
        }
    }
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        self.port.shared.with(|all, now| {
            with_peer(all, self.id, now, |peer, _, now| peer.close(now));
            all.leaving.push(self.id);
        });
    }
}

/// One peer and its listener, borrowed at once.
pub(crate) fn with_peer<R>(
    all: &mut Connections,
    id: PeerId,
    now: Instant,
    verb: impl FnOnce(&mut Peer, &mut Listener, Instant) -> R,
) -> Option<R> {
    let listener = all.listeners.get_mut(&id)?;
    all.mux.with(id, |peer| verb(peer, listener, now))
}

/// For those who need the shared state of a channel's connection.
pub(crate) type SharedConnections = Arc<Shared<Connections>>;
