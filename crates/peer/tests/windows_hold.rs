//! A writer that never stops and a reader that never reads: both sides hold what their buffers say and no more, the
//! connection stays up, and all that was taken arrives once somebody reads.

mod common;

use std::time::Duration;

use common::{Couple, pattern};
use limpid_netsim::{Handle, Link};
use limpid_peer::{ConnectionState, Kind, Peer, WriteError};

const SECOND: Duration = Duration::from_secs(1);
const WINDOW: usize = 300_000;
const BUFFER: usize = 500_000;
const MESSAGE: usize = 10_000;

#[test]
fn neither_a_writer_that_never_stops_nor_a_reader_that_never_reads_makes_anybody_hold_more() {
    let mut couple = Couple::with(1, Link::millis(10), limpid_crypto::ring::provider(), |config| {
        (config.receive_window, config.send_buffer) = (WINDOW as u32, BUFFER);
        config.max_message_size = 100_000;
    });
    let ours = couple.open("bulk");
    couple.negotiate();
    let theirs = couple.connect(2 * SECOND);
    let (a, b) = (couple.a, couple.b);
    let both = (ConnectionState::Connected, ConnectionState::Connected);
    let (mut written, mut refused) = (0, 0);
    let mut next = pattern(written, MESSAGE);
    let held = allocation_counter::measure(|| {
        for _ in 0..600 {
            couple.world.with(a, |a, now| {
                for _ in 0..100 {
                    match a.channel(ours).expect("open").write(now, Kind::Binary, &next) {
                        Ok(()) => {
                            written += 1;
                            next = pattern(written, MESSAGE);
                        }
                        Err(WriteError::Full) => refused += 1,
                        Err(other) => panic!("{other:?}"),
                    }
                }
            });
            couple.world.run_for(SECOND / 10);
            assert_eq!(couple.states(), both, "a shut window is no failure");
            let sctp = |peer: Handle<Peer>| couple.world.machine(peer).stats().sctp.expect("associated");
            let (sent, received) = (sctp(a).send_held, sctp(b).receive_held);
            assert!(sent <= BUFFER + MESSAGE && received <= WINDOW + 100_000, "{sent} {received}");
        }
    });
    assert!(refused > 59_000 && written > 70, "{refused} {written}");
    assert!(held.bytes_max < 2 * (WINDOW + BUFFER) as u64, "{held:?}");

    let mut read = 0;
    let all = couple.world.run_until(60 * SECOND, |world| {
        world.with(b, |b, _| {
            while let Some(message) = b.channel(theirs).expect("open").read() {
                assert!(message.bytes == pattern(read, MESSAGE), "message {read} is another");
                read += 1;
            }
        });
        read == written
    });
    assert!(all, "{read} of {written}");
    couple.world.with(a, |a, now| {
        a.channel(ours).expect("open").write(now, Kind::Binary, b"room again").expect("room");
    });
    assert_eq!(couple.states(), both);
}
