//! `limpid bench srtp`: how many media packets one core protects and opens, profile by profile.

use std::time::{Duration, Instant};

use limpid_crypto::ring;
use limpid_srtp::{Config, Context, MasterKey, Profile};
use serde_json::{Value, json};

use crate::cmd::say::{Events, Trouble};
use limpid_app::exit::Exit;

/// Packets of 1200 bytes of payload, protected and opened on one core.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// How long each figure is measured, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 300)]
    time: u64,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

/// Bytes of payload of each packet.
const PAYLOAD: usize = 1200;
/// The fixed header.
const HEADER: usize = 12;
/// Packets between two looks at the clock.
const BURST: u16 = 1024;

/// Runs `bench srtp`.
pub(crate) fn run(args: &Args) -> Exit {
    let time = Duration::from_millis(args.time);
    let measured = Profile::ALL.into_iter().map(|profile| {
        let (protect, unprotect) = measure(profile, time)?;
        Ok((profile.name().to_owned(), json!({ "protect_per_s": protect, "unprotect_per_s": unprotect })))
    });
    let measured: Result<serde_json::Map<String, Value>, limpid_srtp::Error> = measured.collect();
    Events::new(args.json).conclude(measured.map(Value::Object).map_err(Trouble::unexpected))
}

/// Packets a second, protected and opened.
fn measure(profile: Profile, time: Duration) -> Result<(u64, u64), limpid_srtp::Error> {
    let context = || {
        let master = MasterKey::new(&vec![7; profile.key_len()], &vec![9; profile.salt_len()]);
        Context::new(&ring::provider(), profile, &master, Config::default())
    };
    let (mut sender, mut receiver) = (context()?, context()?);
    let mut burst = vec![packet(); usize::from(BURST)];
    let (mut packets, mut protecting, mut opening) = (0_u64, Duration::ZERO, Duration::ZERO);
    let mut sequence = 0_u16;
    while protecting + opening < 2 * time {
        for packet in &mut burst {
            packet.truncate(HEADER + PAYLOAD);
            packet[2..4].copy_from_slice(&sequence.to_be_bytes());
            sequence = sequence.wrapping_add(1);
        }
        let start = Instant::now();
        for packet in &mut burst {
            sender.protect_rtp(packet, 0)?;
        }
        let protected = Instant::now();
        let opened = burst.iter_mut().filter_map(|packet| receiver.unprotect_rtp(packet).ok()).count();
        opening += protected.elapsed();
        protecting += protected - start;
        packets += opened as u64;
    }
    let per_second = |spent: Duration| (packets as f64 / spent.as_secs_f64()).round() as u64;
    Ok((per_second(protecting), per_second(opening)))
}

fn packet() -> Vec<u8> {
    let mut packet = vec![0x80, 96, 0, 0, 0, 0, 0, 1, 0xca, 0xfe, 0xba, 0xbe];
    packet.resize(HEADER + PAYLOAD, 0x5a);
    packet
}
