//! Every target over its committed corpus and over seeded mutations of it: no panic, and enough inputs go deep.

use std::collections::BTreeSet;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use limpid_crypto::Random;
use limpid_fuzz::mutate::mutated;
use limpid_fuzz::{Outcome, TARGETS, Target};

fn folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// The committed inputs, in the order of their names.
fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder(target))
        .expect(target.name)
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).expect("readable")).collect()
}

/// Runs one input; on a panic, keeps it where the program of the target can replay it.
fn run(target: &Target, data: &[u8]) -> Outcome {
    match panic::catch_unwind(|| (target.run)(data)) {
        Ok(outcome) => outcome,
        Err(payload) => {
            let path = std::env::temp_dir().join(format!("crash-{}", target.name));
            let _ = fs::write(&path, data);
            eprintln!("replay: cargo run --bin {} {}", target.name, path.display());
            panic::resume_unwind(payload)
        }
    }
}

/// How many of a hundred mutated inputs are accepted. `FUZZ_FACTOR` multiplies the runs, `FUZZ_ONLY` picks targets by name.
fn percentage(target: &Target) -> usize {
    let factor = std::env::var("FUZZ_FACTOR").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    let runs = target.runs * factor;
    let corpus = corpus(target);
    let mut seed = [0; 32];
    seed.iter_mut().zip(target.name.bytes()).for_each(|(byte, letter)| *byte = letter);
    let mut random = Random::from_seed(seed);
    let accepted = (0..runs).filter(|_| run(target, &mutated(&corpus, &mut random)) == Outcome::Accepted);
    accepted.count() * 100 / runs
}

#[test]
fn every_committed_input_runs_and_the_seeds_go_deep() {
    for target in TARGETS {
        for data in corpus(target) {
            run(target, &data);
        }
        let seeds = (target.seeds)();
        let accepted = seeds.iter().filter(|seed| run(target, seed) == Outcome::Accepted).count();
        assert!(accepted > seeds.len() / 2, "{}: {accepted} of {} seeds", target.name, seeds.len());
    }
}

#[test]
fn mutated_inputs_run_and_enough_of_them_go_deep() {
    let mut shallow = Vec::new();
    let only = std::env::var("FUZZ_ONLY").unwrap_or_default();
    for target in TARGETS.iter().filter(|target| target.name.contains(&only)) {
        #[allow(clippy::disallowed_methods, reason = "says where the time goes")]
        let start = std::time::Instant::now();
        let reached = percentage(target);
        println!("{}: {reached} % of {} in {:?}", target.name, target.runs, start.elapsed());
        if reached < target.floor {
            shallow.push((target.name, reached, target.floor));
        }
    }
    assert!(shallow.is_empty(), "too few inputs went deep (name, percentage, floor): {shallow:?}");
}

#[test]
fn the_corpus_holds_the_seeds_of_every_target_and_nothing_large() {
    for target in TARGETS {
        let kept: BTreeSet<Vec<u8>> = corpus(target).into_iter().collect();
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            assert!(kept.contains(&seed), "{}: seed {number} is stale; run the `seeds` program", target.name);
        }
        let bytes: usize = kept.iter().map(Vec::len).sum();
        assert!(bytes < 200_000, "{}: {bytes} bytes", target.name);
    }
}

#[test]
fn every_target_has_a_program() {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("readable");
    for target in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{}.rs\"", target.name)), "{}", target.name);
    }
}
