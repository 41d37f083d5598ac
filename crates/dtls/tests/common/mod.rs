//! Two endpoints and a wire between them that can lose, double, reorder, alter and delay.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod craft;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use limpid_crypto::{Fingerprint, HashAlgorithm, KeyKind, Provider, Random};
use limpid_dtls::{Config, Endpoint, Error, Event, Identity};
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::{Instant, Machine};

pub const NOW: u64 = 1_800_000_000;

/// One identity of each kind, made once.
pub fn identity(kind: KeyKind) -> Arc<Identity> {
    static P256: OnceLock<Arc<Identity>> = OnceLock::new();
    static P384: OnceLock<Arc<Identity>> = OnceLock::new();
    static RSA: OnceLock<Arc<Identity>> = OnceLock::new();
    let provider = limpid_crypto::ring::provider();
    let generate = || {
        let mut random = Random::from_seed([kind as u8; 32]);
        Arc::new(Identity::generate_kind(&provider, kind, &mut random, NOW).unwrap())
    };
    match kind {
        KeyKind::EcdsaP256 => P256.get_or_init(generate).clone(),
        KeyKind::EcdsaP384 => P384.get_or_init(generate).clone(),
        _ => RSA
            .get_or_init(|| {
                let (cert, key) = (include_str!("../keys/rsa-cert.pem"), include_str!("../keys/rsa-key.pem"));
                Arc::new(Identity::from_pem(&provider, cert, key).unwrap())
            })
            .clone(),
    }
}

pub fn ring_config(seed: u8) -> Config {
    Config::new(limpid_crypto::ring::provider(), [seed; 32], identity(KeyKind::EcdsaP256))
}

/// A configuration in which everything depends on the seed alone.
pub fn null_config(seed: u8) -> Config {
    let provider = limpid_crypto::null::provider();
    let mut random = Random::from_seed([seed; 32]);
    let identity = Identity::generate(&provider, &mut random, NOW).unwrap();
    Config::new(provider, [seed; 32], Arc::new(identity))
}

pub fn fingerprint(config: &Config) -> Fingerprint {
    config.certificate.fingerprint(HashAlgorithm::Sha256).unwrap()
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Side {
    Client,
    Server,
}

/// What the wire does; percentages.
#[derive(Copy, Clone, Debug)]
pub struct Wire {
    pub loss: u32,
    pub double: u32,
    pub delay: Duration,
    pub jitter: Duration,
}

impl Default for Wire {
    fn default() -> Self {
        Wire { loss: 0, double: 0, delay: Duration::from_millis(10), jitter: Duration::ZERO }
    }
}

struct InFlight {
    at: Instant,
    order: u64,
    to: Side,
    bytes: Vec<u8>,
}

/// What a test does to each datagram: `None` loses it.
pub type Touch<'t> = Box<dyn FnMut(Side, Vec<u8>) -> Option<Vec<u8>> + 't>;

pub struct Pair<'t> {
    pub client: Endpoint,
    pub server: Endpoint,
    pub now: Instant,
    pub wire: Wire,
    pub touch: Option<Touch<'t>>,
    pub events: [Vec<Event>; 2],
    pub received: [Vec<Vec<u8>>; 2],
    pub errors: [Option<Error>; 2],
    /// Every datagram that was sent, and by whom.
    pub sent: Vec<(Side, Vec<u8>)>,
    queue: Vec<InFlight>,
    random: Random,
    order: u64,
    provider: Provider,
}

impl<'t> Pair<'t> {
    /// Both ends know each other's fingerprints.
    pub fn new(client: Config, server: Config) -> Self {
        let (of_client, of_server) = (fingerprint(&client), fingerprint(&server));
        let mut pair = Pair::strangers(client, server);
        pair.client.expect_fingerprints(pair.now, &[of_server]).unwrap();
        pair.server.expect_fingerprints(pair.now, &[of_client]).unwrap();
        pair
    }

    /// Neither end knows who the other must be.
    pub fn strangers(client: Config, server: Config) -> Self {
        let now = Instant::from_millis(1000);
        let provider = client.provider;
        Pair {
            client: Endpoint::client(client, now),
            server: Endpoint::server(server, now),
            now,
            wire: Wire::default(),
            touch: None,
            events: [Vec::new(), Vec::new()],
            received: [Vec::new(), Vec::new()],
            errors: [None, None],
            sent: Vec::new(),
            queue: Vec::new(),
            random: Random::from_seed([7; 32]),
            order: 0,
            provider,
        }
    }

    pub fn seed_wire(mut self, seed: u8, wire: Wire) -> Self {
        (self.random, self.wire) = (Random::from_seed([seed; 32]), wire);
        self
    }

    pub fn end(&mut self, side: Side) -> &mut Endpoint {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Sends what both ends want to send.
    pub fn flush(&mut self) {
        for side in [Side::Client, Side::Server] {
            let now = self.now;
            let mut events = Vec::new();
            let sent = checked_drain(self.end(side), now, |_, event| events.push(event));
            self.events[side as usize].extend(events);
            for (_, bytes) in sent {
                self.sent.push((side, bytes.clone()));
                let to = if side == Side::Client { Side::Server } else { Side::Client };
                self.put(to, bytes);
            }
        }
    }

    /// Puts a datagram on the wire.
    pub fn put(&mut self, to: Side, bytes: Vec<u8>) {
        let Some(bytes) = (match &mut self.touch {
            Some(touch) => touch(to, bytes),
            None => Some(bytes),
        }) else {
            return;
        };
        let copies = 1 + usize::from(self.random.below(100) < self.wire.double);
        for _ in 0..copies {
            if self.random.below(100) < self.wire.loss {
                continue;
            }
            let jitter = self.random.below(self.wire.jitter.as_micros() as u32 + 1);
            let at = self.now + self.wire.delay + Duration::from_micros(jitter.into());
            self.order += 1;
            self.queue.push(InFlight { at, order: self.order, to, bytes: bytes.clone() });
        }
    }

    /// Hands one datagram to an end, record by record.
    pub fn deliver(&mut self, to: Side, mut bytes: Vec<u8>) {
        let now = self.now;
        let (mut rest, mut got) = (&mut bytes[..], Vec::new());
        let end = match to {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        };
        while !rest.is_empty() {
            match end.handle_input(now, rest) {
                Ok(opened) => {
                    got.extend(opened.plaintext.map(|plaintext| plaintext.to_vec()));
                    rest = opened.rest;
                }
                Err(error) => {
                    self.errors[to as usize].get_or_insert(error);
                    break;
                }
            }
        }
        self.received[to as usize].extend(got);
    }

    /// One turn: flush, then the next thing that happens. `false`: nothing will.
    pub fn step(&mut self) -> bool {
        self.flush();
        let arrival = self.queue.iter().map(|one| (one.at, one.order)).min();
        let timeout = Instant::earliest(self.client.poll_timeout(), self.server.poll_timeout());
        match (arrival, timeout) {
            (Some((at, order)), timeout) if timeout.is_none_or(|timeout| at <= timeout) => {
                self.now = self.now.max(at);
                let index = self.queue.iter().position(|one| one.order == order).unwrap();
                let one = self.queue.swap_remove(index);
                self.deliver(one.to, one.bytes);
            }
            (_, Some(at)) => {
                self.now = self.now.max(at);
                for side in [Side::Client, Side::Server] {
                    let now = self.now;
                    if let Err(error) = self.end(side).handle_timeout(now) {
                        self.errors[side as usize].get_or_insert(error);
                    }
                }
            }
            _ => return false,
        }
        true
    }

    /// Runs until `done`, or until the time is over; `true`: done.
    pub fn run_until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + limit;
        while !done(self) {
            if self.now > end || !self.step() {
                self.flush();
                return done(self);
            }
        }
        self.flush();
        true
    }

    pub fn connect(&mut self) -> bool {
        self.run_until(Duration::from_secs(300), |pair| {
            pair.client.is_connected() && pair.server.is_connected()
        })
    }

    /// Runs until nothing is on the wire.
    pub fn settle(&mut self) {
        loop {
            self.flush();
            if self.queue.is_empty() || !self.step() {
                return;
            }
        }
    }

    /// Runs for that long.
    pub fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        self.flush();
        while self.queue.iter().any(|one| one.at <= end)
            || Instant::earliest(self.client.poll_timeout(), self.server.poll_timeout())
                .is_some_and(|at| at <= end)
        {
            self.step();
            self.flush();
        }
        self.now = end;
    }

    /// Seals one record, without sending it.
    pub fn seal(&mut self, from: Side, content: &[u8]) -> Vec<u8> {
        let mut out = b"before".to_vec();
        let end = self.end(from);
        let record = end.begin(&mut out);
        out.extend_from_slice(content);
        let len = end.seal(&mut out, record);
        assert_eq!(out.len(), 6 + len);
        out.split_off(6)
    }

    pub fn happened(&self, side: Side, event: Event) -> bool {
        self.events[side as usize].contains(&event)
    }
}
