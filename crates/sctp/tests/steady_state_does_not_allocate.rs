//! Once buffers have grown, packets and small messages cost no allocation.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sansio::{Machine, Outbox, Transmit, drain};
use limpid_sctp::{Association, ChannelConfig, ChannelId, Config, Event, Inbound, Kind};

struct Loop {
    ends: [Association; 2],
    out: Outbox<()>,
    now: limpid_sansio::Instant,
    read: usize,
}

impl Loop {
    fn turn(&mut self, id: ChannelId, message: &[u8]) {
        self.now += std::time::Duration::from_micros(50);
        let Loop { ends: [a, b], out, now, read } = self;
        for _ in 0..200 {
            let _ = a.write(*now, id, Kind::Binary, message);
        }
        drain(a, *now, out, |_, _| ()).unwrap();
        out.take_each(|_, bytes| b.handle_input(*now, Inbound { ecn: None, bytes }).unwrap());
        let each = |b: &mut Association, event| {
            if let Event::Readable(id) = event {
                while let Some(message) = b.read(id) {
                    *read += message.bytes.len();
                }
            }
        };
        drain(b, *now, out, each).unwrap();
        out.take_each(|_, bytes| a.handle_input(*now, Inbound { ecn: None, bytes }).unwrap());
    }
}

#[test]
fn packets_and_small_messages_cost_no_allocation() {
    for size in [1, 64, 1000, 3000] {
        let quantum = |seed| Config { send_quantum: 30_000, send_buffer: 500_000, ..config(seed) };
        let mut net = Net::connected_with(quantum(1), quantum(2), Link::PERFECT);
        let (id, _) = net.channel(ChannelConfig::default());
        let now = net.now;
        let mut turns = Loop { ends: net.ends, out: Outbox::with_limit(60_000), now, read: 0 };
        // The outbox is the driver's, and as large as it ever will be.
        turns.out.fill(|out| {
            out.resize(120_000, 0);
            Some(Transmit::new((), 120_000))
        });
        turns.out.advance(1);
        let message = vec![7; size];
        for _ in 0..300 {
            turns.turn(id, &message);
        }
        let before = turns.read;
        let info = allocation_counter::measure(|| {
            for _ in 0..300 {
                turns.turn(id, &message);
            }
        });
        let enough = (100 * size * 100).min(15_000_000);
        assert!(turns.read - before >= enough, "{size}: {}", turns.read - before);
        assert_eq!(info.count_total, 0, "{size} bytes: {info:?}");
    }
}

#[test]
fn an_idle_association_holds_little() {
    let info = allocation_counter::measure(|| {
        let net = Net::connected(Link::PERFECT);
        std::mem::forget(net.ends);
    });
    let own = std::mem::size_of::<Association>();
    let heap = info.bytes_current / 2;
    assert!(own < 4096 && (1..8192).contains(&heap), "{own} bytes, and {heap} on the heap");
}
