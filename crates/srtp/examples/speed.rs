//! How long packets of 1200 bytes take to protect and to open: `cargo run --release -p limpid-srtp --example speed`.
#![allow(clippy::disallowed_methods, reason = "measures the real time")]

use std::hint::black_box;
use std::time::Instant;

use limpid_crypto::ring;
use limpid_srtp::{Config, Context, Error, MasterKey, Profile};

const PAYLOAD: usize = 1200;
/// Packets in a turn: fewer than there are sequence numbers, and more than the nearest cache holds.
const TURN: u16 = 1000;
const TURNS: u32 = 100;

/// One packet, by one stream.
fn packet(sequence_number: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 96, 0, 0, 0, 0, 0, 1, 0xca, 0xfe, 0xba, 0xbe];
    packet[2..4].copy_from_slice(&sequence_number.to_be_bytes());
    packet.resize(12 + PAYLOAD, 0x5a);
    packet.reserve(64);
    packet
}

/// Nanoseconds for a packet to be protected, and to be opened. Making and copying packets does not count.
fn measure(profile: Profile) -> Result<[f64; 2], Error> {
    let master = MasterKey::new(&vec![7; profile.key_len()], &vec![9; profile.salt_len()]);
    let mut taken = [0.0, 0.0];
    for _ in 0..TURNS {
        let context = || Context::new(&ring::provider(), profile, &master, Config::default());
        let (mut sender, mut receiver) = (context()?, context()?);
        let mut packets: Vec<Vec<u8>> = (0..TURN).map(packet).collect();
        let start = Instant::now();
        for packet in &mut packets {
            sender.protect_rtp(black_box(packet), 0)?;
        }
        let between = Instant::now();
        for packet in &mut packets {
            assert!(black_box(receiver.unprotect_rtp(packet)).is_ok());
        }
        taken[0] += (between - start).as_nanos() as f64;
        taken[1] += between.elapsed().as_nanos() as f64;
    }
    Ok(taken.map(|nanos| nanos / f64::from(TURNS) / f64::from(TURN)))
}

fn main() -> Result<(), Error> {
    for profile in Profile::DTLS {
        let [protect, unprotect] = measure(profile)?;
        let gigabits = |nanos: f64| 8.0 * PAYLOAD as f64 / nanos;
        println!(
            "{:<28} protect {protect:7.1} ns ({:5.2} Gbit/s)   unprotect {unprotect:7.1} ns ({:5.2} Gbit/s)",
            profile.name(),
            gigabits(protect),
            gigabits(unprotect),
        );
    }
    Ok(())
}
