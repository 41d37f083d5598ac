//! The contract as checks that any machine can be put through. Each panics with the rule that was broken.

use alloc::vec::Vec;

use crate::machine::Machine;
use crate::net::Transmit;
use crate::time::Instant;

/// How many datagrams and events a machine may produce at one `now` before it must fall silent.
pub const ROUNDS: usize = 100_000;

/// Drains `machine` into separate datagrams and checks the rules of `poll_transmit` on the way: it appends only, says how
/// much it appended, leaves the length alone when it has nothing, and falls silent.
pub fn checked_drain<M: Machine>(
    machine: &mut M,
    now: Instant,
    mut each: impl FnMut(&mut M, M::Event),
) -> Vec<(Transmit<M::Route>, Vec<u8>)> {
    const PATTERN: [u8; 7] = [0xa5, 0x5a, 0, 0xff, 0x33, 0xcc, 0x01];
    let mut sent = Vec::new();
    let mut out = Vec::new();
    for _ in 0..ROUNDS {
        if let Some(event) = machine.poll_event() {
            each(machine, event);
            continue;
        }
        out.clear();
        out.extend_from_slice(&PATTERN);
        let transmit = machine.poll_transmit(now, &mut out);
        assert_eq!(&out[..PATTERN.len()], &PATTERN, "poll_transmit changed bytes that were not its own");
        match transmit {
            Some(transmit) => {
                assert_eq!(
                    out.len(),
                    PATTERN.len() + transmit.len,
                    "poll_transmit said another length than it appended"
                );
                assert!(transmit.len > 0, "poll_transmit appended an empty datagram");
                sent.push((transmit, out[PATTERN.len()..].to_vec()));
            }
            None => {
                assert_eq!(out.len(), PATTERN.len(), "poll_transmit returned None and changed the length");
                match machine.poll_event() {
                    Some(event) => each(machine, event),
                    None => return sent,
                }
            }
        }
    }
    panic!("no silence after {ROUNDS} rounds at one time");
}

/// After `handle_timeout(now)` and a drain, the next deadline lies after `now`; and polling again finds nothing.
pub fn check_timeout_moves_on<M: Machine>(machine: &mut M, now: Instant) {
    let _ = machine.handle_timeout(now);
    let _ = checked_drain(machine, now, |_, _| ());
    if let Some(next) = machine.poll_timeout() {
        assert!(next > now, "the deadline {next} is not after {now}, at which it was handled");
    }
    assert!(
        checked_drain(machine, now, |_, _| ()).is_empty(),
        "a drained machine sent again at the same time"
    );
}

/// A timeout that comes before its time changes nothing: no datagram, no event, the same deadline.
pub fn check_early_timeout_is_harmless<M: Machine>(machine: &mut M, now: Instant) {
    let _ = checked_drain(machine, now, |_, _| ());
    let before = machine.poll_timeout();
    if before.is_some_and(|at| at <= now) {
        return; // not early
    }
    let _ = machine.handle_timeout(now);
    let mut events = 0;
    let sent = checked_drain(machine, now, |_, _| events += 1);
    assert!(sent.is_empty() && events == 0, "an early timeout had an effect");
    assert_eq!(machine.poll_timeout(), before, "an early timeout moved the deadline");
}

/// The same inputs, handled in one burst or each with a drain after it, give the same facts.
///
/// `make` gives equal machines; `feed` gives a machine one packet. Edges (readable, writable) may be told once for a burst:
/// what counts is which events there are, and in which order each appears first.
pub fn check_bursts_are_like_single_inputs<M>(
    make: impl Fn() -> M,
    now: Instant,
    packets: &[Vec<u8>],
    mut feed: impl FnMut(&mut M, Instant, &mut [u8]),
) where
    M: Machine,
    M::Event: PartialEq + core::fmt::Debug,
{
    let mut run = |drains: bool| {
        let (mut machine, mut facts) = (make(), Vec::new());
        for packet in packets {
            feed(&mut machine, now, &mut packet.clone());
            if drains {
                note(&mut machine, now, &mut facts);
            }
        }
        note(&mut machine, now, &mut facts);
        facts
    };
    let (burst, single) = (run(false), run(true));
    assert_eq!(burst, single, "a burst and single inputs told different things");
}

/// Drains a machine and keeps each event that it has not told before.
fn note<M: Machine<Event: PartialEq>>(machine: &mut M, now: Instant, facts: &mut Vec<M::Event>) {
    let _ = checked_drain(machine, now, |_, event| {
        if !facts.contains(&event) {
            facts.push(event);
        }
    });
}

/// Noise is not an error: none of these packets ends the machine, whatever it answers.
pub fn check_noise_is_no_error<M: Machine>(
    machine: &mut M,
    now: Instant,
    noise: impl IntoIterator<Item = Vec<u8>>,
    mut feed: impl FnMut(&mut M, Instant, &mut [u8]) -> Result<(), M::Error>,
) {
    for mut packet in noise {
        if let Err(error) = feed(machine, now, &mut packet) {
            panic!("noise ended the machine: {error}");
        }
        let _ = checked_drain(machine, now, |_, _| ());
    }
}
