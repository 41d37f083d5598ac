//! The wire of two machines in the hands of somebody bad: it loses, doubles, delays, replays, alters, cuts and makes up.
//!
//! While it plays, the contract of all machines is checked: they append only and fall silent
//! ([`limpid_sansio::conformance`]), a timeout that comes early changes nothing, and a deadline that was handled moves on.

use std::collections::VecDeque;
use std::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};
use limpid_sansio::Instant;

/// A machine with whoever uses it.
pub trait Player {
    /// One datagram, with its path if there are paths.
    type Packet: Clone;
    /// Takes a datagram.
    fn receive(&mut self, now: Instant, packet: Self::Packet);
    /// Does what is due.
    fn handle_timeout(&mut self, now: Instant);
    /// Everything that it has to send, with its events looked at.
    fn drain(&mut self, now: Instant) -> Vec<Self::Packet>;
    /// When it wants to be called.
    fn deadline(&self) -> Option<Instant>;
    /// The bytes of a datagram.
    fn bytes(packet: &mut Self::Packet) -> &mut Vec<u8>;
}

/// What the wire does to the packets that fly to one side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mischief {
    /// Nothing: so many arrive, in order.
    Deliver(u8),
    /// So many milliseconds go by.
    Pass(u16),
    /// The next one is lost.
    Lose,
    /// The next one arrives, and will arrive again.
    Double,
    /// The next one goes behind all others.
    Delay,
    /// One of those that have arrived arrives again.
    Replay(u8),
    /// The next one is changed at this place.
    Alter(u16, u8),
    /// The next one ends here.
    Cut(u16),
    /// One that nobody sent arrives.
    Inject(Vec<u8>),
}

/// One line of a script: to which side, and what. `V`: the commands of the machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step<V> {
    /// The wire does something to what flies to this side.
    Wire(usize, Mischief),
    /// This side is commanded.
    Verb(usize, V),
}

impl<'a, V: Arbitrary<'a>> Arbitrary<'a> for Step<V> {
    /// Weighted, so that a script of noise still lets most packets through.
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let head = u.arbitrary::<u8>()?;
        let (side, kind) = (usize::from(head & 1), (head >> 1) % 64);
        Ok(Step::Wire(
            side,
            match kind {
                0..=23 => Mischief::Deliver(u.arbitrary::<u8>()? % 16),
                24..=31 => Mischief::Pass(u.arbitrary::<u16>()? % 3000),
                32..=34 => Mischief::Lose,
                35..=36 => Mischief::Double,
                37..=39 => Mischief::Delay,
                40..=41 => Mischief::Replay(u.arbitrary()?),
                42 => Mischief::Alter(u.arbitrary()?, u.arbitrary::<u8>()?.max(1)),
                43 => Mischief::Cut(u.arbitrary()?),
                44 => Mischief::Inject(injected(u)?),
                _ => return Ok(Step::Verb(side, u.arbitrary()?)),
            },
        ))
    }
}

fn injected(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let len = usize::from(u.arbitrary::<u8>()? % 100).min(u.len());
    u.bytes(len).map(<[u8]>::to_vec)
}

/// Scripts for seeds, in the bytes that [`script`] reads.
pub mod seed {
    /// So many packets arrive at this side.
    pub fn deliver(side: u8, count: u8) -> Vec<u8> {
        vec![side, count]
    }

    /// So many milliseconds go by.
    pub fn pass(millis: u16) -> Vec<u8> {
        [&[24 << 1][..], &millis.to_le_bytes()].concat()
    }

    /// The next packet to this side is lost.
    pub fn lose(side: u8) -> Vec<u8> {
        vec![side | 32 << 1]
    }

    /// One that has arrived arrives again.
    pub fn replay(side: u8, which: u8) -> Vec<u8> {
        vec![side | 40 << 1, which]
    }

    /// The next one is changed.
    pub fn alter(side: u8, at: u16, by: u8) -> Vec<u8> {
        [&[side | 42 << 1][..], &at.to_le_bytes(), &[by]].concat()
    }

    /// The command number `which` of `count`, with what it reads.
    pub fn verb(side: u8, which: u8, count: u8, args: &[u8]) -> Vec<u8> {
        [&[side | 50 << 1][..], &choice(which, count), args].concat()
    }

    /// How a derived `Arbitrary` picks variant `which` of `count`: by the high part of a product.
    pub fn choice(which: u8, count: u8) -> [u8; 4] {
        let middle = (u64::from(which) << 32) / u64::from(count) + (1 << 31) / u64::from(count);
        (middle as u32).to_le_bytes()
    }

    /// Everything that flies arrives, both ways, and time goes by.
    pub fn round() -> Vec<u8> {
        [deliver(1, 15), deliver(0, 15), pass(60)].concat()
    }
}

/// How many steps a script has at most.
const MAX_STEPS: usize = 200;
/// How many packets fly to one side at most; older ones are lost then.
const MAX_FLYING: usize = 2048;
/// How many packets are remembered for replays.
const MAX_REMEMBERED: usize = 32;

/// Reads as many steps as the bytes hold.
pub fn script<'a, V: Arbitrary<'a>>(u: &mut Unstructured<'a>) -> Vec<Step<V>> {
    let mut steps = Vec::new();
    while steps.len() < MAX_STEPS && !u.is_empty() {
        let Ok(step) = u.arbitrary() else { break };
        steps.push(step);
    }
    steps
}

/// Two players and what flies between them.
pub struct Wire<P: Player> {
    /// Both ends.
    pub ends: [P; 2],
    /// The time.
    pub now: Instant,
    /// Packets were altered, cut or made up.
    pub tampered: bool,
    flying: [VecDeque<P::Packet>; 2],
    arrived: [VecDeque<P::Packet>; 2],
}

impl<P: Player> Wire<P> {
    /// Nothing has been sent yet.
    pub fn new(ends: [P; 2]) -> Self {
        let now = Instant::from_millis(1000);
        let (flying, arrived) = (Default::default(), Default::default());
        let mut wire = Wire { ends, now, tampered: false, flying, arrived };
        wire.drain();
        wire
    }

    /// Takes what both have to send.
    pub fn drain(&mut self) {
        for from in 0..2 {
            let flying = &mut self.flying[1 - from];
            flying.extend(self.ends[from].drain(self.now));
            let surplus = flying.len().saturating_sub(MAX_FLYING);
            flying.drain(..surplus);
        }
    }

    /// One mischief.
    pub fn play(&mut self, to: usize, mischief: &Mischief) {
        match mischief {
            Mischief::Deliver(count) => (0..*count).for_each(|_| self.deliver(to)),
            Mischief::Pass(millis) => self.pass(Duration::from_millis((*millis).into())),
            Mischief::Lose => drop(self.flying[to].pop_front()),
            Mischief::Double => {
                if let Some(packet) = self.flying[to].front().cloned() {
                    self.flying[to].push_front(packet);
                    self.deliver(to);
                }
            }
            Mischief::Delay => {
                let packet = self.flying[to].pop_front();
                self.flying[to].extend(packet);
            }
            Mischief::Replay(which) => {
                let arrived = &self.arrived[to];
                let at = usize::from(*which) % arrived.len().max(1);
                if let Some(packet) = arrived.get(at).cloned() {
                    self.flying[to].push_front(packet);
                    self.deliver(to);
                }
            }
            Mischief::Alter(at, by) => self.tamper(to, |bytes| {
                let at = usize::from(*at) % bytes.len().max(1);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= by);
            }),
            Mischief::Cut(at) => {
                self.tamper(to, |bytes| bytes.truncate(usize::from(*at) % bytes.len().max(1)))
            }
            Mischief::Inject(made_up) => {
                // It comes from where the last one came from.
                let like = self.arrived[to].back().or(self.flying[to].front()).cloned();
                if let Some(mut packet) = like {
                    P::bytes(&mut packet).clone_from(made_up);
                    self.tampered = true;
                    self.ends[to].receive(self.now, packet);
                    self.drain();
                }
            }
        }
    }

    fn tamper(&mut self, to: usize, change: impl FnOnce(&mut Vec<u8>)) {
        if let Some(packet) = self.flying[to].front_mut() {
            change(P::bytes(packet));
            self.tampered = true;
            self.deliver(to);
        }
    }

    fn deliver(&mut self, to: usize) {
        if let Some(packet) = self.flying[to].pop_front() {
            if self.arrived[to].len() == MAX_REMEMBERED {
                self.arrived[to].pop_front();
            }
            self.arrived[to].push_back(packet.clone());
            self.ends[to].receive(self.now, packet);
            self.drain();
        }
    }

    /// Lets time go by; every deadline on the way is met.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(next) = self.next_deadline().filter(|next| *next <= until) {
            self.go_to(next);
        }
        self.now = until;
        self.early_timeouts_are_harmless();
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.ends.iter().filter_map(Player::deadline).min()
    }

    fn go_to(&mut self, at: Instant) {
        self.now = self.now.max(at);
        for end in &mut self.ends {
            if end.deadline().is_some_and(|due| due <= self.now) {
                end.handle_timeout(self.now);
            }
        }
        self.drain();
        let next = self.next_deadline();
        assert!(next.is_none_or(|next| next > self.now), "a deadline that was handled stays at {next:?}");
    }

    fn early_timeouts_are_harmless(&mut self) {
        for end in &mut self.ends {
            let before = end.deadline();
            if before.is_none_or(|at| at > self.now) {
                end.handle_timeout(self.now);
                assert!(end.drain(self.now).is_empty(), "an early timeout sends");
                assert_eq!(end.deadline(), before, "an early timeout moves the deadline");
            }
        }
    }

    /// From now on the wire is honest: everything arrives in order, time goes by, until `done` or until `limit` is over.
    pub fn settle(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + limit;
        // Each round delivers a flight or meets a deadline.
        for _ in 0..20_000 {
            if done(self) {
                return true;
            }
            if self.flying.iter().all(VecDeque::is_empty) {
                match self.next_deadline().filter(|next| *next <= end) {
                    Some(next) => self.go_to(next),
                    None => {
                        self.now = end;
                        return done(self);
                    }
                }
            }
            // A round trip of ten milliseconds.
            self.pass(Duration::from_millis(5));
            for to in 0..2 {
                for _ in 0..self.flying[to].len() {
                    self.deliver(to);
                }
            }
            if self.now > end {
                return done(self);
            }
        }
        panic!("two machines on an honest wire do not come to rest within {limit:?}");
    }
}
