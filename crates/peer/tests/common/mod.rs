//! Two peers in a simulated network, and the signalling between them.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod call;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use limpid_crypto::{Provider, Random};
use limpid_netsim::{Handle, Link, World};
use limpid_peer::{ChannelId, Config, ConnectionState, Description, Event, Identity, Kind, Peer};
use limpid_sansio::Instant;

/// Two hosts in one network, a peer on each.
pub(crate) struct Couple {
    pub(crate) world: World,
    pub(crate) a: Handle<Peer>,
    pub(crate) b: Handle<Peer>,
}

pub(crate) fn config(provider: Provider, seed: [u8; 32]) -> Config {
    let mut random = Random::from_seed(seed);
    let identity = Identity::generate(&provider, &mut random, 1_790_000_000).expect("an identity");
    Config::new(provider, seed, Arc::new(identity))
}

impl Couple {
    pub(crate) fn new(seed: u64, link: Link) -> Couple {
        Couple::with(seed, link, limpid_crypto::ring::provider(), |_| ())
    }

    pub(crate) fn with(seed: u64, link: Link, provider: Provider, edit: impl Fn(&mut Config)) -> Couple {
        let mut world = World::new(seed);
        let mut install = |name: &str, ip: [u8; 4]| {
            let public = world.public();
            let host = world.add_host(name, public, &[IpAddr::from(ip)]);
            world.set_links(host, link, Link::millis(0)); // one way is one link
            let socket = world.bind(host, SocketAddr::from((ip, 5000)));
            let mut config = config(provider, world.seed());
            edit(&mut config);
            let mut peer = Peer::new(config, world.now());
            peer.add_local_address(world.now(), socket);
            peer.end_of_local_addresses(world.now());
            world.install(host, peer)
        };
        let (a, b) = (install("a", [192, 0, 2, 1]), install("b", [192, 0, 2, 2]));
        Couple { world, a, b }
    }

    /// An offer of one side, which is set there.
    pub(crate) fn offer(&mut self, side: Handle<Peer>) -> Description {
        self.world.with(side, |peer, now| {
            let offer = peer.create_offer().expect("an offer");
            peer.set_local_description(now, offer).expect("our own offer");
            peer.local_description().expect("was just set")
        })
    }

    /// The answer of one side to an offer; both are set there.
    pub(crate) fn answer(&mut self, side: Handle<Peer>, offer: Description) -> Description {
        self.world.with(side, |peer, now| {
            peer.set_remote_description(now, offer).expect("their offer");
            let answer = peer.create_answer().expect("an answer");
            peer.set_local_description(now, answer).expect("our own answer");
            peer.local_description().expect("was just set")
        })
    }

    /// One whole exchange of descriptions, offered by `a`. `alter` stands between.
    pub(crate) fn negotiate_with(&mut self, mut alter: impl FnMut(Description) -> Description) {
        let offer = alter(self.offer(self.a));
        let answer = alter(self.answer(self.b, offer));
        self.world.with(self.a, |a, now| a.set_remote_description(now, answer).expect("their answer"));
    }

    pub(crate) fn negotiate(&mut self) {
        self.negotiate_with(|description| description);
    }

    pub(crate) fn open(&mut self, label: &str) -> ChannelId {
        let config = limpid_peer::ChannelConfig { label: label.into(), ..Default::default() };
        self.world.with(self.a, |a, now| a.create_data_channel(now, config).expect("a channel"))
    }

    /// Runs until both are connected and `b` has been told of a channel; gives that channel.
    pub(crate) fn connect(&mut self, limit: Duration) -> ChannelId {
        let mut accepted = None;
        let b = self.b;
        let is_up = self.world.run_until(limit, |world| {
            accepted = world.events(b).iter().find_map(|(_, event)| match event {
                Event::DataChannel(id) => Some(*id),
                _ => None,
            });
            accepted.is_some()
        });
        assert!(is_up, "no channel within {limit:?}: {:?}", self.states());
        accepted.expect("was just seen")
    }

    pub(crate) fn states(&self) -> (ConnectionState, ConnectionState) {
        (self.world.machine(self.a).connection_state(), self.world.machine(self.b).connection_state())
    }
}

/// Reads all that waits on a channel.
pub(crate) fn read_all(peer: &mut Peer, id: ChannelId) -> Vec<(Kind, Vec<u8>)> {
    let mut all = Vec::new();
    while let Some(mut channel) = peer.channel(id) {
        let Some(message) = channel.read() else { break };
        all.push((message.kind, message.bytes.to_vec()));
    }
    all
}

pub(crate) fn write(peer: &mut Peer, now: Instant, id: ChannelId, text: &str) {
    peer.channel(id).expect("a channel").write(now, Kind::Text, text.as_bytes()).expect("room");
}

/// Bytes that both ends can make.
pub(crate) fn pattern(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(next).collect()
}

/// A peer without a network, for what is only said.
pub(crate) struct Side {
    pub(crate) peer: Peer,
}

impl Side {
    pub(crate) fn new(seed: u8) -> Side {
        Side::with(seed, |_| ())
    }

    pub(crate) fn with(seed: u8, edit: impl Fn(&mut Config)) -> Side {
        let mut config = config(limpid_crypto::null::provider(), [seed; 32]);
        edit(&mut config);
        Side { peer: Peer::new(config, Instant::ZERO) }
    }

    /// All that it has to say, without the news of the floors below and of the states.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        let all = core::iter::from_fn(|| limpid_sansio::Machine::poll_event(&mut self.peer));
        let is_of_media = |event: &Event| {
            let is_track = matches!(event, Event::Track(_) | Event::TrackMuted(_) | Event::TrackEnded(_));
            is_track || matches!(event, Event::NegotiationNeeded | Event::TrackUnmuted(_))
        };
        all.filter(is_of_media).collect()
    }

    pub(crate) fn offer(&mut self) -> Description {
        let offer = self.peer.create_offer().expect("an offer");
        self.peer.set_local_description(Instant::ZERO, offer.clone()).expect("our own");
        offer
    }

    pub(crate) fn answer(&mut self, offer: Description) -> Description {
        self.peer.set_remote_description(Instant::ZERO, offer).expect("their offer");
        let answer = self.peer.create_answer().expect("an answer");
        self.peer.set_local_description(Instant::ZERO, answer.clone()).expect("our own");
        answer
    }
}

/// One side offers and the other answers.
pub(crate) fn exchange(offerer: &mut Side, answerer: &mut Side) {
    let offer = offerer.offer();
    let answer = answerer.answer(offer);
    offerer.peer.set_remote_description(Instant::ZERO, answer).expect("the answer");
}
