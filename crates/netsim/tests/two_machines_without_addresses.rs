//! Pairs, and the man who ends a protocol in the middle, tried with a machine that sends one byte until it is acknowledged.

use std::convert::Infallible;
use std::time::Duration;

use limpid_netsim::doc::Greeter;
use limpid_netsim::{
    Burst, DropCause, Injected, Link, Packet, Pair, Reterminate, Script, Side, Verdict, World, address, ip,
    matrix,
};
use limpid_sansio::{Instant, Machine, Transmit};

/// Sends the bytes it is given one after the other, each until it is acknowledged (`[byte number, 1]`).
#[derive(Default, Debug)]
struct StopAndWait {
    to_send: Vec<u8>,
    at: u8,
    resend: Option<Instant>,
    due: bool,
    ack: Option<u8>,
    expected: u8,
    got: Vec<u8>,
    unread: Vec<u8>,
}

impl StopAndWait {
    const RTO: Duration = Duration::from_millis(100);

    fn send(&mut self, bytes: &[u8]) {
        self.to_send.extend_from_slice(bytes);
        self.due |= self.resend.is_none() && usize::from(self.at) < self.to_send.len();
    }
}

impl Machine for StopAndWait {
    type Input<'a> = &'a [u8];
    type Yield<'a> = ();
    type Route = ();
    type Event = u8;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        _: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        match *input {
            [number, 0, byte] => {
                if number == self.expected {
                    self.expected = self.expected.wrapping_add(1);
                    self.unread.push(byte);
                }
                self.ack = Some(number);
            }
            [number, 1] if number == self.at && usize::from(self.at) < self.to_send.len() => {
                self.at += 1;
                self.resend = None;
                self.due = usize::from(self.at) < self.to_send.len();
            }
            _ => {}
        }
        Ok(())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Infallible> {
        if self.resend.is_some_and(|at| at <= now) {
            (self.resend, self.due) = (None, true);
        }
        Ok(())
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<()>> {
        if let Some(number) = self.ack.take() {
            out.extend_from_slice(&[number, 1]);
            return Some(Transmit::new((), 2));
        }
        if !std::mem::take(&mut self.due) {
            return None;
        }
        out.extend_from_slice(&[self.at, 0, self.to_send[usize::from(self.at)]]);
        self.resend = Some(now + StopAndWait::RTO);
        Some(Transmit::new((), 3))
    }

    fn poll_event(&mut self) -> Option<u8> {
        if self.unread.is_empty() {
            return None;
        }
        self.got.push(self.unread[0]);
        Some(self.unread.remove(0))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.resend
    }
}

type TwoOfThem = Pair<StopAndWait, StopAndWait>;

fn feed(machine: &mut StopAndWait, now: Instant, bytes: &mut [u8]) -> Result<(), Infallible> {
    machine.handle_input(now, bytes)
}

fn pair(seed: u64, link: Link) -> TwoOfThem {
    Pair::new(seed, link, StopAndWait::default(), feed, StopAndWait::default(), feed)
}

fn bytes() -> Vec<u8> {
    (100..200).collect()
}

fn send(pair: &mut TwoOfThem) -> bool {
    pair.left(|machine, _| machine.send(&bytes()));
    pair.run_until(Duration::from_secs(600), |pair| pair.b.machine.got.len() == 100)
}

#[test]
fn a_perfect_link_takes_one_round_trip_for_each_byte() {
    let mut pair = pair(1, Link::millis(10));
    assert!(send(&mut pair));
    assert_eq!(pair.now(), Instant::from_millis(99 * 20 + 10));
    assert_eq!(pair.b.take_events(), bytes());
    assert_eq!((pair.a.sent, pair.b.sent.0), ((100, 300), 100));
}

#[test]
fn every_condition_ends_with_the_same_bytes() {
    let losses = [0, 10, 30];
    let delays = [1, 20, 80];
    let table = matrix("loss \\ delay", &losses, &delays, |loss, delay| {
        let link = Link::millis(*delay)
            .loss(f64::from(*loss) / 100.0)
            .burst(Burst::of(0.02, 3.0))
            .duplicate(0.1)
            .reorder(0.1, Duration::from_millis(5));
        let mut pair = pair(7, link);
        if send(&mut pair) && pair.b.machine.got == bytes() { "all" } else { "not all" }
    });
    let all = "loss \\ delay  1    20   80\n0             all  all  all\n10            all  all  all\n30            all  all  all\n";
    assert_eq!(table, all);
}

#[test]
fn a_dropped_packet_costs_one_timeout() {
    let mut pair = pair(1, Link::millis(10));
    pair.add_script(Script::new().drop_nth(3, |packet| packet.from == Side::Left.address()));
    assert!(send(&mut pair));
    assert_eq!(pair.now(), Instant::from_millis(99 * 20 + 10 + 100));
    assert_eq!(pair.dropped(DropCause::Script), 1);
}

#[test]
fn what_is_injected_arrives_at_once() {
    let mut pair = pair(1, Link::millis(10));
    pair.inject(Side::Right, &[0, 0, 77]);
    pair.run_for(Duration::from_millis(1));
    assert_eq!(pair.b.take_events(), [77]);
}

#[test]
fn equal_seeds_give_equal_runs() {
    let run = |seed| {
        let mut pair = pair(seed, Link::millis(10).loss(0.2));
        assert!(send(&mut pair));
        pair.trace().hash()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn the_trace_can_be_read() {
    let mut pair = pair(1, Link::millis(10));
    pair.keep_trace(Some(|bytes| if bytes[1] == 0 { "data".into() } else { "ack".into() }));
    pair.left(|machine, _| machine.send(&[9]));
    assert!(pair.run_until(Duration::from_secs(1), |pair| pair.is_quiet()));
    let expected = "\
0.000000s left -> 192.0.2.1:1 > 192.0.2.2:2 3 data
0.010000s right <- 192.0.2.1:1 > 192.0.2.2:2 3 data
0.010000s right: 9
0.010000s right -> 192.0.2.2:2 > 192.0.2.1:1 2 ack
0.020000s left <- 192.0.2.2:2 > 192.0.2.1:1 2 ack
";
    assert_eq!(pair.trace().text(), expected);
}

#[test]
fn a_protocol_can_be_ended_in_the_middle() {
    // Alice speaks to the machine that faces her, and believes it is Bob; what it hears is carried to the other one.
    let mut world = World::new(1);
    let public = world.public();
    let [alice, bob] = [("alice", "192.0.2.1"), ("bob", "192.0.2.2")].map(|(name, at)| {
        let host = world.add_host(name, public, &[ip(at)]);
        let socket = world.bind(host, (ip(at), 5000).into());
        world.install(host, Greeter::silent(socket, socket))
    });
    let whose = |packet: &Packet| match packet.bytes[..] {
        [_, 0 | 1, ..] if packet.from.ip() == ip("192.0.2.1") => Some(Side::Left),
        [_, 0 | 1, ..] => Some(Side::Right),
        _ => None,
    };
    let mut carried = 0;
    let carry = move |_: Instant, left: &mut StopAndWait, right: &mut StopAndWait| {
        let fresh: Vec<u8> = left.got[carried..].iter().map(|byte| byte.wrapping_add(1)).collect();
        carried = left.got.len();
        right.send(&fresh);
    };
    let (left, right) = (StopAndWait::default(), StopAndWait::default());
    world.stand_between(public, Reterminate::new(whose, left, feed, right, feed, carry));
    // What the man does not care for passes; and nobody else alters it.
    world.stand_between(public, |_: Instant, _: &mut Packet, _: &mut Injected| Verdict::Forward);

    world.with(alice, |greeter, _| greeter.send(address("192.0.2.2:5000"), b"\x00\x00A"));
    world.with(alice, |greeter, _| greeter.send(address("192.0.2.2:5000"), b"plain"));
    world.run_for(Duration::from_millis(50));
    let heard = |world: &mut World, who| -> Vec<String> {
        world.take_events(who).into_iter().map(|(_, event): (Instant, String)| event).collect()
    };
    assert_eq!(heard(&mut world, bob), ["plain", "\0\0B"]);
    assert_eq!(heard(&mut world, alice), ["\0\u{1}"], "Alice has her acknowledgement");
    // Bob never acknowledges: the machine that faces him tries again by its own timer.
    world.run_for(Duration::from_millis(100));
    assert_eq!(heard(&mut world, bob), ["\0\0B"]);
}
