//! Two agents in a virtual network, and the signalling between them.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    reason = "shared by test crates that each use a part"
)]

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

use limpid_ice::{Agent, ComponentId, Config, ConnectionState, Event, PathId, Role, Server, StreamId, Yield};
use limpid_netsim::{Handle, HostId, SegmentId, World};
use limpid_sansio::{Instant, Path};

pub const STREAM: StreamId = StreamId(0);
pub const ONE: ComponentId = ComponentId::FIRST;

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn config(seed: u8, role: Role) -> Config {
    Config { role, ..Config::new(limpid_crypto::null::provider(), [seed; 32]) }
}

/// The time when the agent first said something that `is` accepts.
pub fn when(log: &[(Instant, Event)], is: impl Fn(&Event) -> bool) -> Option<Instant> {
    log.iter().find(|(_, event)| is(event)).map(|(at, _)| *at)
}

/// Payload, and the path that it came on.
pub type Received = Vec<(PathId, Vec<u8>)>;

/// One end: its host, its agent, what it said, what it received.
pub struct End {
    pub host: HostId,
    pub agent: Handle<Agent>,
    pub log: Vec<(Instant, Event)>,
    pub received: Rc<RefCell<Received>>,
}

impl End {
    pub fn states(&self) -> Vec<ConnectionState> {
        let state = |(_, event): &(Instant, Event)| match event {
            Event::StateChanged(state) => Some(*state),
            _ => None,
        };
        self.log.iter().filter_map(state).collect()
    }

    pub fn candidates(&self) -> Vec<String> {
        let told = |(_, event): &(Instant, Event)| match event {
            Event::LocalCandidate { candidate, .. } => Some(candidate.to_string()),
            _ => None,
        };
        self.log.iter().filter_map(told).collect()
    }

    pub fn paths(&self) -> Vec<PathId> {
        let chosen = |(_, event): &(Instant, Event)| match event {
            Event::PathChosen { path, .. } => Some(*path),
            _ => None,
        };
        self.log.iter().filter_map(chosen).collect()
    }
}

/// Two ends, a world, and a signalling channel with a delay.
pub struct Call {
    pub world: World,
    pub ends: [End; 2],
    pub signalling: Duration,
    /// Whether candidates are trickled; if not they stay where they are.
    pub trickle: bool,
    /// Whether end-of-candidates is told.
    pub tell_end: bool,
    /// The segments behind the NATs, if there are any.
    pub homes: Vec<SegmentId>,
}

impl Call {
    /// Agents on two hosts that exist already, with a socket on each address.
    pub fn new(mut world: World, hosts: [(HostId, &[IpAddr]); 2], configs: [Config; 2]) -> Call {
        let [a, b] = configs;
        let ends = [install(&mut world, hosts[0], a), install(&mut world, hosts[1], b)];
        Call { world, ends, signalling: ms(20), trickle: true, tell_end: true, homes: Vec::new() }
    }

    /// Both on the public segment, one IPv4 address each.
    pub fn direct(seed: u64, tweak: impl Fn(&mut Config)) -> Call {
        let mut world = World::new(seed);
        let public = world.public();
        let (ip_a, ip_b) = (limpid_netsim::ip("192.0.2.1"), limpid_netsim::ip("192.0.2.2"));
        let a = world.add_host("a", public, &[ip_a]);
        let b = world.add_host("b", public, &[ip_b]);
        let (mut ca, mut cb) = (config(1, Role::Controlling), config(2, Role::Controlled));
        tweak(&mut ca);
        tweak(&mut cb);
        Call::new(world, [(a, &[ip_a]), (b, &[ip_b])], [ca, cb])
    }

    pub fn agent(&self, end: usize) -> &Agent {
        self.world.machine(self.ends[end].agent)
    }

    pub fn with<T>(&mut self, end: usize, command: impl FnOnce(&mut Agent, Instant) -> T) -> T {
        self.world.with(self.ends[end].agent, command)
    }

    pub fn credentials(&self, end: usize) -> (String, String) {
        let credentials = self.agent(end).local_credentials(STREAM).unwrap();
        (credentials.ufrag.to_string(), credentials.pwd.to_string())
    }

    /// `from`'s credentials reach the other end after the signalling's delay.
    pub fn tell_credentials(&mut self, from: usize) {
        let (ufrag, pwd) = self.credentials(from);
        let to = self.ends[1 - from].agent;
        self.world.after(self.signalling, move |world| {
            world.with(to, |agent, now| agent.set_remote_credentials(now, STREAM, &ufrag, &pwd)).unwrap();
        });
    }

    /// Offer and answer cross.
    pub fn signal(&mut self) {
        self.tell_credentials(0);
        self.tell_credentials(1);
    }

    /// Collects events and passes on what is to be told.
    pub fn pump(&mut self) {
        for from in 0..2 {
            let to = self.ends[1 - from].agent;
            for (at, event) in self.world.take_events(self.ends[from].agent) {
                match &event {
                    Event::LocalCandidate { stream, candidate } if self.trickle => {
                        let (stream, text) = (*stream, candidate.to_string());
                        // The other side needs its peer's ufrag, which the candidate carries.
                        self.world.after(self.signalling, move |world| {
                            let told = world
                                .with(to, |agent, now| agent.add_remote_candidate(now, stream, &text, None));
                            told.unwrap();
                        });
                    }
                    Event::GatheringCompleted if self.tell_end => {
                        self.world.after(self.signalling, move |world| {
                            world.with(to, |agent, now| agent.end_of_remote_candidates(now, STREAM));
                        });
                    }
                    _ => {}
                }
                self.ends[from].log.push((at, event));
            }
        }
    }

    /// Runs with pumping until `done`; `false`: `limit` went by first.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&Call) -> bool) -> bool {
        let deadline = self.world.now() + limit;
        loop {
            self.pump();
            if done(self) {
                return true;
            }
            match self.world.next() {
                Some(at) if at <= deadline => drop(self.world.step()),
                _ => {
                    let left = deadline.since(self.world.now());
                    self.world.run_for(left);
                    self.pump();
                    return done(self);
                }
            }
        }
    }

    pub fn run_for(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    pub fn states(&self) -> [ConnectionState; 2] {
        [self.agent(0).state(), self.agent(1).state()]
    }

    /// Until both ends are there.
    pub fn run_until_both(&mut self, limit: Duration, state: ConnectionState) -> bool {
        self.run_until(limit, |call| call.states() == [state; 2])
    }

    pub fn selected(&self, end: usize) -> Option<Path> {
        let agent = self.agent(end);
        agent.path(agent.selected(STREAM, ONE)?)
    }

    /// Payload as a floor above would send it; whether there was a path.
    pub fn send(&mut self, from: usize, bytes: &[u8]) -> bool {
        let Some(path) = self.selected(from) else { return false };
        let segment = self.world.public();
        let packet = limpid_netsim::Packet::udp(path.local, path.remote, bytes);
        self.world.inject(segment, packet);
        true
    }
}

fn install(world: &mut World, (host, ips): (HostId, &[IpAddr]), config: Config) -> End {
    let sockets: Vec<SocketAddr> = ips.iter().map(|ip| world.bind(host, SocketAddr::new(*ip, 0))).collect();
    let received = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&received);
    let agent = Agent::new(config, world.now());
    let agent = world.install_with(host, agent, move |_, _, yielded| {
        if let Yield::Payload(path, bytes) = yielded {
            sink.borrow_mut().push((path, bytes.to_vec()));
        }
    });
    world.with(agent, |agent, now| {
        agent.add_stream(now, STREAM, 1);
        sockets.iter().for_each(|socket| agent.add_local_address(now, *socket));
        agent.end_of_local_addresses(now);
    });
    End { host, agent, log: Vec::new(), received }
}

pub fn stun_server(world: &mut World, at: SocketAddr) -> Server {
    let public = world.public();
    world.add_responder("stun", public, at, |from, request, reply| {
        limpid_stun::binding::answer(request, from, reply)
    });
    Server::Address(at)
}
