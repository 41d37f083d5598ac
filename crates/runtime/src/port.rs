//! A UDP port and the connections that share it.
//!
//! One connection on a port of its own is the same thing with one entry: there is one kind of driver.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use limpid_peer::limpid_rtp::session;
use limpid_peer::{ChannelId, CloseReason, Config, Event, Mux, Peer, PeerId, TransceiverId};
use limpid_sansio::Instant;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::error::Error;
use crate::shared::{Actor, Shared};
use crate::udp::{BindOptions, Sockets};

/// Events that nobody reads: the oldest fall out beyond this number.
const MAX_EVENTS: usize = 256;

/// A bound UDP port, shared by any number of connections. Its driver runs until the port and all of them are dropped.
#[derive(Debug)]
pub struct Port {
    pub(crate) shared: Arc<Shared<Connections>>,
    addresses: Vec<std::net::SocketAddr>,
    buffers: crate::udp::BufferSizes,
}

impl Port {
    /// Binds a port and starts its driver. Must be called within a tokio runtime.
    pub async fn bind(options: BindOptions) -> Result<Arc<Port>, Error> {
        let sockets = Sockets::bind(&options).map_err(Error::Socket)?;
        let addresses = sockets.local_addresses().to_vec();
        let buffers = sockets.buffer_sizes();
        let shared = Shared::new(Connections::default(), Clock::start());
        crate::driver::spawn(shared.clone(), sockets);
        Ok(Arc::new(Port { shared, addresses, buffers }))
    }

    /// The addresses on which it can be reached: host candidates.
    pub fn local_addresses(&self) -> &[std::net::SocketAddr] {
        &self.addresses
    }

    /// What the system granted of the buffers that were asked for.
    pub fn buffer_sizes(&self) -> crate::udp::BufferSizes {
        self.buffers
    }

    /// How far its clock has come, in units of NTP timestamps.
    pub(crate) fn ntp_offset(&self) -> u64 {
        ((u128::from(self.shared.clock().now().as_nanos()) << 32) / 1_000_000_000) as u64
    }

    /// How many of its connections a panic has ended; the others went on.
    pub fn panics(&self) -> u64 {
        self.shared.lock(|connections, _| connections.mux.panics()).unwrap_or(0)
    }

    /// Adds a connection.
    pub(crate) fn insert(
        &self,
        config: Config,
        tap: Option<Box<dyn limpid_sansio::Tap + Send>>,
    ) -> Result<PeerId, Error> {
        let inserted = self.shared.with(|connections, now| {
            let mut peer = Peer::new(config, now);
            peer.set_tap(tap);
            peer.set_send_quantum(crate::driver::BATCH_BYTES);
            for address in &self.addresses {
                peer.add_local_address(now, *address);
            }
            peer.end_of_local_addresses(now);
            let id = connections.mux.insert(peer);
            connections.listeners.insert(id, Listener::default());
            id
        });
        inserted.ok_or(Error::Closed)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.shared.with(|connections, _| connections.is_port_dropped = true);
    }
}

/// The connections behind one port, with those who wait for them.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    pub(crate) mux: Mux,
    pub(crate) listeners: BTreeMap<PeerId, Listener>,
    /// Their handles were dropped: to be removed when their last words are out.
    pub(crate) leaving: Vec<PeerId>,
    is_port_dropped: bool,
    pub(crate) is_stopped: bool,
}

/// Those who wait for one connection.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    /// For `next_event`.
    pub(crate) events: VecDeque<Event>,
    /// Channels of the other side, for `next_channel`.
    pub(crate) accepted: VecDeque<ChannelId>,
    /// Rings with every event of the connection.
    pub(crate) bell: Arc<Notify>,
    pub(crate) channels: BTreeMap<ChannelId, Arc<ChannelBells>>,
    /// Tracks of the other side, for `next_track`.
    pub(crate) announced: VecDeque<TransceiverId>,
    pub(crate) tracks: BTreeMap<TransceiverId, Arc<TrackBells>>,
    pub(crate) ended: Option<CloseReason>,
}

/// Those who wait for one transceiver.
#[derive(Debug, Default)]
pub(crate) struct TrackBells {
    /// Frames wait to be read, or the track has ended.
    pub(crate) read: Notify,
    /// The other side wants a key frame. Kept until somebody hears it.
    pub(crate) key_frame: Notify,
}

/// Those who wait for one channel.
#[derive(Debug, Default)]
pub(crate) struct ChannelBells {
    /// Readable, opened, closed.
    pub(crate) read: Notify,
    /// Writable, buffered amount low, opened, closed.
    pub(crate) write: Notify,
}

impl ChannelBells {
    fn both(&self) {
        self.read.notify_waiters();
        self.write.notify_waiters();
    }
}

impl Listener {
    /// The bells of a channel, made when somebody first asks.
    pub(crate) fn channel(&mut self, id: ChannelId) -> Arc<ChannelBells> {
        self.channels.entry(id).or_default().clone()
    }

    /// The bells of a transceiver, made when somebody first asks.
    pub(crate) fn track(&mut self, id: TransceiverId) -> Arc<TrackBells> {
        self.tracks.entry(id).or_default().clone()
    }

    /// What the streams have to say goes to those who hold them; who asks for events hears of the rate.
    fn note_media(&mut self, peer: &Peer, event: session::Event) {
        match event {
            session::Event::Readable(receiver) => {
                if let Some(bells) = peer.transceiver_of(receiver).and_then(|id| self.tracks.get(&id)) {
                    bells.read.notify_waiters();
                }
            }
            session::Event::KeyFrameRequested(ssrc) => {
                if let Some(bells) = peer.transceiver_of_sender(ssrc).and_then(|id| self.tracks.get(&id)) {
                    bells.key_frame.notify_one();
                }
            }
            // Whatever the other side makes up must not push out what somebody waits for.
            session::Event::Unsignalled { .. } => {}
            _ => self.note(Event::Rtp(event)),
        }
    }

    fn note(&mut self, event: Event) {
        match &event {
            Event::ChannelReadable(id) => return self.ring(*id, |bells| bells.read.notify_waiters()),
            Event::ChannelWritable(id) | Event::ChannelBufferedAmountLow(id) => {
                return self.ring(*id, |bells| bells.write.notify_waiters());
            }
            Event::ChannelOpened(id) | Event::ChannelClosing(id) => self.ring(*id, ChannelBells::both),
            Event::ChannelClosed(id) => {
                if let Some(bells) = self.channels.remove(id) {
                    bells.both();
                }
            }
            Event::DataChannel(id) => self.accepted.push_back(*id),
            Event::Track(id) => self.announced.push_back(*id),
            Event::TrackEnded(id) => {
                if let Some(bells) = self.tracks.get(id) {
                    bells.read.notify_waiters();
                }
            }
            Event::Closed(reason) => self.end(*reason),
            _ => {}
        }
        if self.events.len() == MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
        self.bell.notify_waiters();
    }

    fn ring(&self, id: ChannelId, how: impl FnOnce(&ChannelBells)) {
        if let Some(bells) = self.channels.get(&id) {
            how(bells);
        }
    }

    fn end(&mut self, reason: CloseReason) {
        self.ended.get_or_insert(reason);
        self.channels.values().for_each(|bells| bells.both());
        self.channels.clear();
        self.tracks.values().for_each(|bells| bells.read.notify_waiters());
        self.bell.notify_waiters();
    }
}

impl Actor for Connections {
    type Machine = Mux;
    type Listener = BTreeMap<PeerId, Listener>;

    fn parts(&mut self) -> (&mut Mux, &mut Self::Listener) {
        (&mut self.mux, &mut self.listeners)
    }

    fn on_event(mux: &mut Mux, listeners: &mut Self::Listener, _: Instant, (id, event): (PeerId, Event)) {
        let Some(listener) = listeners.get_mut(&id) else { return };
        match (event, mux.look(id)) {
            (Event::Rtp(event), Some(peer)) => listener.note_media(peer, event),
            (event @ Event::TrackEnded(_), Some(peer)) => {
                listener.note(event);
                // Several may have gone at once: who reads one of the others hears so before its bells go.
                listener.tracks.retain(|id, bells| {
                    let is_there = peer.transceiver(*id).is_some();
                    if !is_there {
                        bells.read.notify_waiters();
                    }
                    is_there
                });
            }
            (event, _) => listener.note(event),
        }
    }

    fn after_drain(&mut self) {
        for id in self.leaving.drain(..) {
            self.mux.remove(id);
            if let Some(mut listener) = self.listeners.remove(&id) {
                listener.end(CloseReason::Local);
            }
        }
    }

    fn is_finished(&self) -> bool {
        self.is_port_dropped && self.mux.is_empty()
    }

    fn on_stopped(&mut self) {
        self.is_stopped = true;
        self.listeners.values_mut().for_each(|listener| listener.end(CloseReason::Failed));
    }
}
