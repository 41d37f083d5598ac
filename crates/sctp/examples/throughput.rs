//! How fast two associations talk to each other in memory, on one thread, in CPU time: Gbit/s of message bytes.
//!
//! `cargo run --release -p limpid-sctp --example throughput [MILLISECONDS [SIZE]]`

use std::sync::OnceLock;
use std::time::{Duration, Instant as Clock};

use limpid_crypto::null;
use limpid_sansio::{Drained, Instant, Machine, Outbox, drain};
use limpid_sctp::{Association, ChannelConfig, ChannelId, Config, Event, Inbound, Kind, Parity};

/// What a driver hands to the kernel in one call.
const BATCH: usize = 63_000;

struct Pair {
    sender: Association,
    receiver: Association,
    out: Outbox<()>,
    now: Instant,
    received: u64,
    incoming: Option<ChannelId>,
}

impl Pair {
    fn new(buffered: usize) -> (Self, ChannelId) {
        let config = |seed| Config {
            max_datagram: 1200,
            max_message_size: 4 << 20,
            receive_window: buffered.max(8 << 20),
            send_buffer: buffered,
            send_quantum: BATCH,
            ..Config::new(null::provider(), [seed; 32])
        };
        let now = Instant::from_millis(1);
        let mut sender = Association::new(config(1), now);
        let receiver = Association::new(config(2), now);
        sender.set_parity(Parity::Even);
        sender.set_remote_max_message_size(4 << 20);
        sender.connect(now);
        let channel =
            sender.open_channel(now, ChannelConfig::default()).expect("a fresh association has room");
        let out = Outbox::with_limit(BATCH);
        let mut pair = Pair { sender, receiver, out, now, received: 0, incoming: None };
        while pair.incoming.is_none() {
            pair.turn();
        }
        (pair, channel)
    }

    /// One burst each way.
    fn turn(&mut self) {
        self.now += Duration::from_micros(20);
        let (now, receiver) = (self.now, &mut self.receiver);
        let drained = drain(&mut self.sender, now, &mut self.out, |_, _| ()).expect("no fault");
        assert!(matches!(drained, Drained::More | Drained::Idle(_)));
        self.out.take_each(|_, bytes| {
            receiver.handle_input(now, Inbound { ecn: None, bytes }).expect("no fault")
        });
        let (received, incoming) = (&mut self.received, &mut self.incoming);
        drain(receiver, now, &mut self.out, |receiver, event| match event {
            Event::ChannelAccepted(id) => *incoming = Some(id),
            Event::Readable(id) => {
                while let Some(message) = receiver.read(id) {
                    *received += message.bytes.len() as u64;
                }
            }
            _ => {}
        })
        .expect("no fault");
        let sender = &mut self.sender;
        self.out
            .take_each(|_, bytes| sender.handle_input(now, Inbound { ecn: None, bytes }).expect("no fault"));
    }
}

fn gbit_per_s(size: usize, buffered: usize, time: Duration) -> f64 {
    let (mut pair, channel) = Pair::new(buffered);
    let message = vec![0x5a; size];
    let large = bytes::Bytes::from(message.clone());
    let mut run = |time: Duration| {
        let (begin, before) = (clock(), pair.received);
        loop {
            for _ in 0..16 {
                while match size {
                    ..4096 => pair.sender.write(pair.now, channel, Kind::Binary, &message),
                    _ => pair.sender.write_bytes(pair.now, channel, Kind::Binary, large.clone()),
                }
                .is_ok()
                {}
                pair.turn();
            }
            let took = clock() - begin;
            if took >= time {
                return (pair.received - before) as f64 * 8.0 / took.as_secs_f64() / 1e9;
            }
        }
    };
    run(time / 4);
    run(time)
}

/// CPU time of this thread where the system tells, else the time on the wall.
#[allow(clippy::disallowed_methods)] // a benchmark reads a clock
fn clock() -> Duration {
    static BEGIN: OnceLock<Clock> = OnceLock::new();
    let wall = BEGIN.get_or_init(Clock::now).elapsed();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanos = told.ok().and_then(|line| line.split(' ').next()?.parse().ok());
    nanos.map_or(wall, Duration::from_nanos)
}

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let time = Duration::from_millis(args.next().unwrap_or(400) as u64);
    let only = args.next();
    println!("Gbit/s of message bytes, both ends on one thread\n");
    println!("{:>10} {:>12} {:>12} {:>12}", "message", "128 KiB", "1 MiB", "16 MiB buffered");
    for size in
        [64, 1 << 10, 64 << 10, 1 << 20].into_iter().filter(|size| only.is_none_or(|only| only == *size))
    {
        let row = [128 << 10, 1 << 20, 16 << 20].map(|buffered| gbit_per_s(size, buffered, time));
        println!("{size:>10} {:>12.2} {:>12.2} {:>12.2}", row[0], row[1], row[2]);
    }
}
