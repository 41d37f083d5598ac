//! Two DTLS endpoints. Whatever the wire does: data that comes out was sent by the other end, comes out once, and not
//! before the other end is verified; both ends then hold the same keys; and an honest wire connects two honest ends.

use std::collections::BTreeSet;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use limpid_crypto::{Fingerprint, HashAlgorithm, Random, null};
use limpid_dtls::{Config, Endpoint, Error, Identity};
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::{Instant, Machine, PathInfo};

use super::wire::{Player, Step, Wire, script, seed};
use crate::Outcome;

/// What the user of an endpoint does.
#[derive(Arbitrary, Clone, PartialEq, Eq, Debug)]
enum Verb {
    Write(u8),
    WriteAgain(u8),
    Expect,
    ExpectAgain,
    ExpectSomeoneElse,
    RoundTrip(u8),
    PathChanged(u8),
    Close,
}

struct End {
    endpoint: Endpoint,
    number: u8,
    /// The other end's, once both exist.
    peer: Option<Fingerprint>,
    outgoing: Vec<Vec<u8>>,
    sent: BTreeSet<Vec<u8>>,
    received: BTreeSet<Vec<u8>>,
    error: Option<Error>,
    closed: bool,
}

impl End {
    fn new(number: u8, first_timeout: Duration) -> Self {
        let mut random = Random::from_seed([number; 32]);
        let provider = null::provider();
        let identity = Identity::generate(&provider, &mut random, 1_800_000_000).expect("null has every key");
        let mut config = Config::new(provider, [number; 32], identity.into());
        config.first_timeout = first_timeout;
        let now = Instant::from_millis(1000);
        let endpoint =
            if number == 0 { Endpoint::client(config, now) } else { Endpoint::server(config, now) };
        End {
            endpoint,
            number,
            peer: None,
            outgoing: Vec::new(),
            sent: BTreeSet::new(),
            received: BTreeSet::new(),
            error: None,
            closed: false,
        }
    }

    fn fail(&mut self, error: Error) {
        assert!(self.error.is_none_or(|first| first == error), "{error:?} after {:?}", self.error);
        self.error = Some(error);
    }

    fn take(&mut self, plaintext: Vec<u8>) {
        assert!(self.endpoint.is_connected(), "data before verification");
        assert!(self.received.insert(plaintext), "data came out twice");
    }

    fn write(&mut self, len: u8) {
        let mut content = vec![self.number; 3 + usize::from(len) * 4];
        content[1..3].copy_from_slice(&(self.sent.len() as u16).to_be_bytes());
        let mut out = vec![0xaa; 5];
        let record = self.endpoint.begin(&mut out);
        out.extend_from_slice(&content);
        let sealed = self.endpoint.seal(&mut out, record);
        assert_eq!(out.len(), 5 + sealed);
        assert_eq!(sealed > 0, self.endpoint.is_connected());
        if sealed > 0 {
            self.sent.insert(content);
            self.outgoing.push(out.split_off(5));
        }
    }

    fn expect(&mut self, now: Instant, fingerprint: Option<Fingerprint>) {
        if let Some(Err(error)) = fingerprint.map(|print| self.endpoint.expect_fingerprints(now, &[print])) {
            self.fail(error);
        }
    }

    fn obey(&mut self, now: Instant, verb: &Verb) {
        match *verb {
            Verb::Write(len) | Verb::WriteAgain(len) => self.write(len),
            Verb::Expect | Verb::ExpectAgain => self.expect(now, self.peer),
            Verb::ExpectSomeoneElse => {
                let other = Fingerprint::of(&null::provider(), HashAlgorithm::Sha256, b"someone else");
                self.expect(now, other);
            }
            Verb::RoundTrip(millis) => {
                self.endpoint.set_round_trip(now, Duration::from_millis(millis.into()))
            }
            Verb::PathChanged(size) => {
                let info = PathInfo { max_datagram: usize::from(size) * 8, is_new_route: false };
                self.endpoint.path_changed(now, info);
            }
            Verb::Close => {
                self.closed = true;
                self.endpoint.close(now);
            }
        }
    }
}

impl Player for End {
    type Packet = Vec<u8>;

    fn receive(&mut self, now: Instant, mut packet: Vec<u8>) {
        let mut rest = &mut packet[..];
        while !rest.is_empty() {
            let before = rest.len();
            match self.endpoint.handle_input(now, rest) {
                Ok(opened) => {
                    rest = opened.rest;
                    assert!(rest.len() < before, "a record takes something off its datagram");
                    if let Some(plaintext) = opened.plaintext.map(|plaintext| plaintext.to_vec()) {
                        self.take(plaintext);
                    }
                }
                Err(error) => return self.fail(error),
            }
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        if let Err(error) = self.endpoint.handle_timeout(now) {
            self.fail(error);
        }
    }

    fn drain(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut packets: Vec<Vec<u8>> = core::mem::take(&mut self.outgoing);
        packets.extend(checked_drain(&mut self.endpoint, now, |_, _| ()).into_iter().map(|sent| sent.1));
        assert!(packets.len() < 100, "{} datagrams at once", packets.len());
        while let Some(held) = self.endpoint.read_held() {
            self.take(held);
        }
        packets
    }

    fn deadline(&self) -> Option<Instant> {
        self.endpoint.poll_timeout()
    }

    fn bytes(packet: &mut Vec<u8>) -> &mut Vec<u8> {
        packet
    }
}

/// Plays a script, then lets the wire be honest.
pub fn play(data: &[u8]) -> Outcome {
    let mut u = Unstructured::new(data);
    let timeout = Duration::from_millis(50 + u64::from(u.arbitrary::<u8>().unwrap_or(0)) * 4);
    let steps: Vec<Step<Verb>> = script(&mut u);
    let mut ends = [End::new(0, timeout), End::new(1, timeout)];
    for side in 0..2 {
        ends[side].peer = ends[1 - side].identity_print();
    }
    let mut wire = Wire::new(ends);
    for step in &steps {
        crate::show(&step);
        match step {
            Step::Wire(to, mischief) => wire.play(*to, mischief),
            Step::Verb(side, verb) => {
                let now = wire.now;
                wire.ends[*side].obey(now, verb);
                wire.drain();
            }
        }
        check(&wire);
    }
    finish(wire, &steps)
}

fn finish(mut wire: Wire<End>, steps: &[Step<Verb>]) -> Outcome {
    let now = wire.now;
    for end in &mut wire.ends {
        end.expect(now, end.peer);
    }
    wire.drain();
    let connected = |wire: &Wire<End>| wire.ends.iter().all(|end| end.endpoint.is_connected());
    let reached = wire.settle(Duration::from_secs(130), |wire| {
        connected(wire) || wire.ends.iter().any(|end| end.error.is_some())
    });
    check(&wire);
    if !connected(&wire) {
        let refused =
            steps.iter().any(|step| matches!(step, Step::Verb(_, Verb::ExpectSomeoneElse | Verb::Close)));
        let too_slow = wire.ends.iter().any(|end| end.error == Some(Error::TimedOut));
        assert!(wire.tampered || refused || too_slow, "honest ends on an honest wire: {reached}");
        return Outcome::Refused;
    }
    // Keys are the same, and data flows both ways.
    let [left, right] = &wire.ends;
    let secret = |end: &End| end.endpoint.export("EXPORTER-fuzz", None, 32).map(|secret| secret.to_vec());
    assert_eq!(secret(left).ok(), secret(right).ok());
    assert_eq!(left.endpoint.info(), right.endpoint.info());
    let before = [0, 1].map(|side| wire.ends[side].received.len());
    wire.ends.iter_mut().for_each(|end| end.write(9));
    wire.drain();
    wire.settle(Duration::from_secs(1), |wire| {
        (0..2).all(|side| wire.ends[side].received.len() > before[side])
    });
    check(&wire);
    for (end, before) in wire.ends.iter().zip(before) {
        assert!(end.received.len() > before, "data flows to side {}", end.number);
    }
    Outcome::Accepted
}

fn check(wire: &Wire<End>) {
    for side in 0..2 {
        let (end, other) = (&wire.ends[side], &wire.ends[1 - side]);
        assert!(end.received.is_subset(&other.sent), "data that nobody sent");
    }
}

impl End {
    fn identity_print(&self) -> Option<Fingerprint> {
        let mut random = Random::from_seed([self.number; 32]);
        let identity = Identity::generate(&null::provider(), &mut random, 1_800_000_000).ok()?;
        identity.fingerprint(HashAlgorithm::Sha256)
    }
}

/// Scripts as bytes: an honest one, ones with loss, replays and a change, and a close.
pub fn seeds() -> Vec<Vec<u8>> {
    let verb = |side, which| seed::verb(side, which, 8, &[7]);
    let round = [seed::deliver(1, 15), seed::deliver(0, 15)].concat();
    let honest = [vec![200], round.repeat(4), verb(0, 0), verb(1, 0), round.clone()].concat();
    let lossy =
        [vec![10], seed::lose(1), seed::pass(800), round.clone(), seed::lose(0), round.repeat(5)].concat();
    let replays = [seed::replay(0, 1), seed::replay(1, 2), seed::replay(1, 30)].concat();
    let replayed = [honest.clone(), replays, round.clone()].concat();
    let altered = [honest.clone(), verb(0, 1), seed::alter(1, 20, 1), round.clone()].concat();
    let closed = [honest.clone(), seed::verb(0, 7, 8, &[]), round].concat();
    vec![honest, lossy, replayed, altered, closed]
}
