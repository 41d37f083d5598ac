//! limpid-sctp: one ordered reliable channel, two associations in memory, no loss, no delay, one thread. The same send
//! buffers as the rivals', and then one size of message with growing buffers: throughput must not depend on them.
//! Messages of 1 KiB and more are handed over as clones of one buffer, as with the rivals, and so always in the cache: this
//! measures the association. A backlog of different bytes that is larger than the cache also costs the machine one wait for
//! memory a packet, which the row of copied messages shows.
//! Arguments: [send buffer bytes = 1 MiB, at least two messages].
use bytes::Bytes;
use common::*;
use limpid_crypto::null;
use limpid_sansio::{Instant, Machine, Outbox, drain};
use limpid_sctp::{Association, ChannelConfig, ChannelId, Config, Event, Inbound, Kind, Parity};
use std::time::Duration;

/// What a driver hands to the kernel in one call.
const BATCH: usize = 63_000;

struct Pair {
    sender: Association,
    receiver: Association,
    channel: ChannelId,
    out: Outbox<()>,
    now: Instant,
    got: u64,
}

impl Pair {
    fn new(buffered: usize) -> Self {
        let config = |seed| Config {
            max_datagram: 1200,
            max_message_size: 2 << 20,
            receive_window: buffered.max(8 << 20),
            send_buffer: buffered,
            send_quantum: BATCH,
            ..Config::new(null::provider(), [seed; 32])
        };
        let now = Instant::from_millis(1);
        let (mut sender, receiver) = (Association::new(config(1), now), Association::new(config(2), now));
        sender.set_parity(Parity::Even);
        sender.set_remote_max_message_size(2 << 20);
        sender.connect(now);
        let channel = sender.open_channel(now, ChannelConfig::default()).unwrap();
        let mut pair = Pair { sender, receiver, channel, out: Outbox::with_limit(BATCH), now, got: 0 };
        while !pair.turn() {}
        pair
    }

    /// One burst each way; `true`: the channel was accepted.
    fn turn(&mut self) -> bool {
        self.now += Duration::from_micros(20);
        let (now, receiver) = (self.now, &mut self.receiver);
        drain(&mut self.sender, now, &mut self.out, |_, _| ()).unwrap();
        self.out.take_each(|_, bytes| receiver.handle_input(now, Inbound { ecn: None, bytes }).unwrap());
        let (got, mut accepted) = (&mut self.got, false);
        drain(receiver, now, &mut self.out, |receiver, event| match event {
            Event::ChannelAccepted(_) => accepted = true,
            Event::Readable(id) => {
                while let Some(message) = receiver.read(id) {
                    *got += black_box(message.bytes).len() as u64;
                }
            }
            _ => {}
        })
        .unwrap();
        let sender = &mut self.sender;
        self.out.take_each(|_, bytes| sender.handle_input(now, Inbound { ecn: None, bytes }).unwrap());
        accepted
    }

    /// Moves at least so many bytes in messages of this size.
    fn transfer(&mut self, bytes: u64, message: &Bytes, copies: bool) {
        let goal = self.got + bytes;
        while self.got < goal {
            while match copies {
                true => self.sender.write(self.now, self.channel, Kind::Binary, message),
                false => self.sender.write_bytes(self.now, self.channel, Kind::Binary, message.clone()),
            }
            .is_ok()
            {}
            self.turn();
        }
    }
}

fn report(name: &str, size: usize, buffered: usize, copies: bool) {
    let (mut pair, message) = (Pair::new(buffered), Bytes::from(vec![0x5a; size]));
    report_xfer(name, "limpid", |bytes| pair.transfer(bytes, &message, copies));
}

fn main() {
    let cap: usize = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(1 << 20);
    for (size, label) in SCTP_SIZES {
        let cap = cap.max(2 * size);
        report(&format!("sctp-{label}-sendbuf{}K", cap >> 10), size, cap, false);
    }
    for buffered in [128 << 10, 1 << 20, 4 << 20, 16 << 20] {
        let kib = buffered >> 10;
        for (size, label) in [(1 << 10, "1KiB"), (16 << 10, "16KiB"), (64 << 10, "64KiB")] {
            report(&format!("sctp-flat-{label}-{kib}K"), size, buffered, false);
        }
        report(&format!("sctp-copied-1KiB-{kib}K"), 1 << 10, buffered, true);
    }
}
