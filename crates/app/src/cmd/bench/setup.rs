//! `limpid bench setup` and `limpid bench idle`: how long a connection takes, and what it costs to keep.

use std::time::Instant;

use serde_json::{Value, json};

use super::pair::Pair;
use super::usage::{cpu_seconds, resident_kib};
use crate::cmd::say::{Events, Trouble, millis};
use limpid_app::exit::Exit;

/// How long it takes from nothing to an open channel: certificates, sockets, ICE, DTLS, SCTP.
#[derive(clap::Args, Debug)]
pub(crate) struct SetupArgs {
    /// How many pairs, one after the other.
    #[arg(long, default_value_t = 100)]
    runs: usize,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

/// What connected peers cost that have nothing to say.
#[derive(clap::Args, Debug)]
pub(crate) struct IdleArgs {
    /// How many pairs.
    #[arg(long, default_value_t = 200)]
    pairs: usize,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs `bench setup`.
pub(crate) async fn run_setup(args: SetupArgs) -> Exit {
    Events::new(args.json).conclude(setup(args.runs).await)
}

/// Runs `bench idle`.
pub(crate) async fn run_idle(args: IdleArgs) -> Exit {
    Events::new(args.json).conclude(idle(args.pairs).await)
}

async fn setup(runs: usize) -> Result<Value, Trouble> {
    Pair::open(None, None).await?; // the first one pays for the process
    let cpu = cpu_seconds();
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        let pair = Pair::open(None, None).await?;
        times.push(millis(start.elapsed()));
        drop(pair);
    }
    let cpu = (cpu_seconds() - cpu) * 1000.0 / runs as f64;
    times.sort_by(f64::total_cmp);
    Ok(json!({
        "setup_ms": { "min": times.first(), "median": times.get(runs / 2), "max": times.last() },
        "cpu_ms": cpu,
        "runs": runs,
    }))
}

async fn idle(count: usize) -> Result<Value, Trouble> {
    Pair::open(None, None).await?;
    let before = resident_kib();
    let mut pairs = Vec::with_capacity(count);
    for _ in 0..count {
        pairs.push(Pair::open(None, None).await?);
    }
    let per_peer = resident_kib()
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before) as f64 / (2 * count) as f64);
    Ok(json!({ "kib_per_peer": per_peer, "pairs": pairs.len() }))
}
