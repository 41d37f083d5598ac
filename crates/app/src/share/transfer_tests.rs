//! Whole transfers in memory and through folders: over two channels that race each other, with damage, lies and stalls.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;

use limpid_crypto::Random;
use limpid_crypto::ring::provider;
use proptest::prelude::*;

use crate::share::failure::Failure;
use crate::share::manifest::{Scan, pages};
use crate::share::message::{Chunk, Control, Entry, FIRST_CREDIT, to_hex};
use crate::share::name::refusals;
use crate::share::receiver::{self, Receiver, Work};
use crate::share::sender::{self, Sender};
use crate::share::sink::Folder;
use crate::share::sink::tests::tree;
use crate::share::source::Reader;
use crate::share::tree::{GROUP, group_hash};
use crate::share::writer::Writer;

fn entry(f: u32, path: &str, size: usize) -> Entry {
    Entry { f, path: path.into(), size: size as u64, mtime: None, exec: false, dir: false }
}

/// `file 0`, `file 1`, … of these sizes.
fn list(sizes: &[usize]) -> Vec<Entry> {
    (0u32..).zip(sizes).map(|(f, size)| entry(f, &format!("file {f}"), *size)).collect()
}

fn content(f: u32, size: usize) -> Vec<u8> {
    (0..size).map(|i| (i as u32).wrapping_mul(2_654_435_761).wrapping_add(f).to_le_bytes()[3]).collect()
}

/// Two peers in one process, with a control and a data channel between them that are ordered each.
struct Pair {
    sender: Sender,
    receiver: Receiver,
    files: Vec<Vec<u8>>,
    control: VecDeque<String>,
    data: VecDeque<Vec<u8>>,
    back: VecDeque<String>,
    written: BTreeMap<u32, Vec<u8>>,
    finished: Vec<u32>,
    /// Chunks to damage once, counted from 0.
    damage: BTreeSet<u64>,
    chunks: u64,
    most_held: usize,
    random: Random,
}

impl Pair {
    fn new(sizes: &[usize], seed: u8) -> Self {
        Pair {
            sender: Sender::new(provider(), list(sizes), 65_536),
            receiver: Receiver::new(provider()),
            files: (0u32..).zip(sizes).map(|(f, size)| content(f, *size)).collect(),
            control: VecDeque::new(),
            data: VecDeque::new(),
            back: VecDeque::new(),
            written: BTreeMap::new(),
            finished: Vec::new(),
            damage: BTreeSet::new(),
            chunks: 0,
            most_held: 0,
            random: Random::from_seed([seed; 32]),
        }
    }

    /// One step of whatever the dice say. `Ok(false)`: that had nothing to do.
    fn step(&mut self, dice: u32) -> Result<bool, Failure> {
        match dice {
            0 => {
                let Some(want) = self.sender.poll_want() else { return Ok(false) };
                let bytes = self.files[want.file as usize][want.offset as usize..][..want.len].to_vec();
                self.sender.supply(want, bytes)?;
            }
            1 => {
                let mut out = Vec::new();
                if !self.sender.poll_data(&mut out) {
                    return Ok(false);
                }
                if self.damage.remove(&self.chunks) {
                    *out.last_mut().unwrap() ^= 1;
                }
                self.chunks += 1;
                self.data.push_back(out);
            }
            2 => match self.sender.poll_text() {
                Some(text) => self.control.push_back(text),
                None if self.sender.wants_drain() && self.data.is_empty() && self.control.is_empty() => {
                    self.sender.drained();
                }
                None => return Ok(false),
            },
            3 => {
                let Some(text) = self.control.pop_front() else { return Ok(false) };
                self.receiver.handle_text(&text)?;
            }
            4 => {
                let Some(message) = self.data.pop_front() else { return Ok(false) };
                self.receiver.handle_data(&message)?;
            }
            5 => {
                let Some(work) = self.receiver.poll_work() else { return Ok(false) };
                match &work {
                    Work::Begin { file } => assert!(self.written.insert(*file, Vec::new()).is_none()),
                    Work::Write { file, offset, bytes } => {
                        let so_far = self.written.get_mut(file).unwrap();
                        assert_eq!(*offset, so_far.len() as u64);
                        so_far.extend_from_slice(bytes);
                    }
                    Work::Finish { file } => self.finished.push(*file),
                }
                self.receiver.worked(work)?;
            }
            6 => {
                let Some(text) = self.receiver.poll_text() else { return Ok(false) };
                self.back.push_back(text);
            }
            _ => {
                let Some(text) = self.back.pop_front() else { return Ok(false) };
                self.sender.handle_text(&text)?;
            }
        }
        Ok(true)
    }

    /// Runs until nothing moves any more, or somebody gives up.
    fn run(&mut self, choose: impl Fn(&[Entry]) -> Vec<u32>) -> Result<(), Failure> {
        let mut idle = 0;
        while idle < 200 {
            let dice = self.random.below(8);
            idle = if self.step(dice)? { 0 } else { idle + 1 };
            if self.receiver.poll_event() == Some(receiver::Event::Offered) {
                let chosen = choose(self.receiver.entries());
                self.receiver.accept(chosen)?;
            }
            let written: usize = self.written.values().map(Vec::len).sum();
            let arrived = self.sender.progress() as usize;
            self.most_held = self.most_held.max(arrived - written);
        }
        Ok(())
    }

    fn run_all(&mut self) -> Result<(), Failure> {
        self.run(all)
    }
}

fn all(entries: &[Entry]) -> Vec<u32> {
    entries.iter().map(|entry| entry.f).collect()
}

#[test]
fn files_of_all_sizes_arrive_whole_and_both_sides_know_the_hash() {
    let sizes = [0, 1, 65_523, 65_524, GROUP - 1, GROUP, GROUP + 1, 3 * GROUP + 77, 0, 0, 12];
    let mut pair = Pair::new(&sizes, 1);
    pair.run_all().unwrap();
    for (f, file) in (0u32..).zip(&pair.files) {
        assert!(pair.written[&f] == *file, "file {f}");
    }
    assert_eq!(pair.finished, (0..sizes.len() as u32).collect::<Vec<_>>());
    let hash = pair.receiver.hash().unwrap();
    let total = sizes.iter().sum::<usize>() as u64;
    assert_eq!(pair.sender.poll_event(), Some(sender::Event::Accepted { files: 11, bytes: total }));
    assert_eq!(pair.sender.poll_event(), Some(sender::Event::Finished { hash }));
    assert!(pair.sender.is_finished());
    assert_eq!(pair.receiver.progress(), total);
}

#[test]
fn a_choice_of_files_is_all_that_is_sent() {
    let mut pair = Pair::new(&[10, 20, 30, 40], 2);
    pair.run(|_| vec![1, 3]).unwrap();
    assert_eq!(pair.written.keys().copied().collect::<Vec<_>>(), [1, 3]);
    assert_eq!(pair.sender.progress(), 60);
    assert!(pair.sender.is_finished());
}

#[test]
fn one_file_is_known_by_its_own_hash() {
    let mut pair = Pair::new(&[5, 1000], 3);
    pair.run(|_| vec![1]).unwrap();
    assert_eq!(pair.receiver.hash().unwrap(), group_hash(&provider(), &pair.files[1]));
}

#[test]
fn a_damaged_group_is_fetched_again_and_three_times_is_too_often() {
    let mut pair = Pair::new(&[2 * GROUP, 20], 4);
    pair.damage = [3, 20, 34].into();
    pair.run_all().unwrap();
    assert!(pair.sender.is_finished());
    assert!((0u32..).zip(&pair.files).all(|(f, file)| pair.written[&f] == *file));

    let mut pair = Pair::new(&[100], 5);
    pair.damage = [0, 1].into();
    pair.run_all().unwrap();
    assert!(pair.sender.is_finished(), "twice is forgiven");
    let mut pair = Pair::new(&[100], 5);
    pair.damage = [0, 1, 2].into();
    assert_eq!(pair.run_all(), Err(Failure::Integrity));
    assert!(pair.finished.is_empty());
}

#[test]
fn a_damaged_group_comes_again_even_if_all_credit_was_spent_meanwhile() {
    // More than the credit that a sender leaves over, less than a step of it.
    let mut pair = Pair::new(&[400_000, 12 * GROUP], 8);
    pair.damage = [0].into();
    while pair.receiver.poll_event() != Some(receiver::Event::Offered) {
        let dice = [2, 3][pair.random.below(2) as usize];
        pair.step(dice).unwrap();
    }
    pair.receiver.accept(vec![0, 1]).unwrap();
    // Hashes are late: chunks come until the credit is spent.
    let mut idle = 0;
    while idle < 200 {
        let dice = [0, 1, 4, 5, 6, 7][pair.random.below(6) as usize];
        idle = if pair.step(dice).unwrap() { 0 } else { idle + 1 };
    }
    assert!(pair.sender.progress() > FIRST_CREDIT - 65_536, "{}", pair.sender.progress());
    pair.run_all().unwrap();
    assert!(pair.sender.is_finished());
}

#[test]
fn a_reader_that_never_writes_holds_no_more_than_its_credit() {
    let mut pair = Pair::new(&[12 * GROUP], 6);
    // Everything moves but the disk.
    let mut idle = 0;
    while idle < 200 {
        let dice = [0, 1, 2, 3, 4, 6, 7][pair.random.below(7) as usize];
        idle = if pair.step(dice).unwrap() { 0 } else { idle + 1 };
        if pair.receiver.poll_event() == Some(receiver::Event::Offered) {
            pair.receiver.accept(vec![0]).unwrap();
        }
    }
    let sent = pair.sender.progress();
    assert!(sent <= FIRST_CREDIT && sent > FIRST_CREDIT - 65_536, "{sent}");
    pair.run_all().unwrap();
    assert!(pair.sender.is_finished());
    assert!(pair.most_held as u64 <= FIRST_CREDIT);
}

#[test]
fn thousands_of_small_files_never_run_far_ahead_on_the_control_channel() {
    let sizes: Vec<usize> = (0..3000).map(|n| n % 3).collect();
    let mut pair = Pair::new(&sizes, 7);
    // The control channel is slow: nothing is taken from it while anything else moves.
    let mut idle = 0;
    while idle < 400 {
        let dice = [0, 1, 2, 4, 5, 6, 7][pair.random.below(7) as usize];
        let moved = pair.step(dice).unwrap() || (idle > 60 && pair.step(3).unwrap());
        idle = if moved { 0 } else { idle + 1 };
        if pair.receiver.poll_event() == Some(receiver::Event::Offered) {
            pair.receiver.accept(all(pair.receiver.entries())).unwrap();
        }
        assert!(pair.control.len() <= sender::MAX_AHEAD + 100);
    }
    assert!(pair.sender.is_finished());
    assert_eq!(pair.finished.len(), 3000);
}

/// A receiver that has accepted what a sender offered.
fn accepted(sizes: &[usize]) -> Receiver {
    let entries = list(sizes);
    let mut receiver = Receiver::new(provider());
    pages(&provider(), &entries).iter().for_each(|page| receiver.handle_text(page).unwrap());
    receiver.accept(all(&entries)).unwrap();
    receiver
}

fn chunk(file: u32, offset: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Chunk { file, offset, bytes }.write(&mut out);
    out
}

#[test]
fn a_sender_that_breaks_the_protocol_is_cut_off() {
    let bad = Err(Failure::PeerProtocol);
    let zeros = vec![0; 60_000];
    assert_eq!(accepted(&[10, 10]).handle_data(&chunk(1, 0, b"x")), bad, "another file first");
    assert_eq!(accepted(&[10]).handle_data(&chunk(0, 1, b"x")), bad, "a gap");
    assert_eq!(accepted(&[10]).handle_data(&chunk(0, 0, &zeros)), bad, "beyond the end");
    assert_eq!(accepted(&[10]).handle_data(&chunk(7, 0, b"x")), bad, "no such file");
    assert_eq!(accepted(&[2 * GROUP]).handle_data(&chunk(0, u64::MAX, b"x")), bad);
    let mut across = accepted(&[2 * GROUP]);
    for n in 0..17 {
        across.handle_data(&chunk(0, n * 60_000, &zeros)).unwrap();
    }
    assert_eq!(across.handle_data(&chunk(0, 17 * 60_000, &zeros)), bad, "across the end of a group");
    let mut twice = accepted(&[10]);
    twice.handle_data(&chunk(0, 0, b"0123456789")).unwrap();
    assert_eq!(twice.handle_data(&chunk(0, 0, b"0")), bad, "a repeat that nobody asked for");
    assert_eq!(Receiver::new(provider()).handle_data(&chunk(0, 0, b"x")), bad, "before the list");
    let hash = to_hex(&[0; 32]);
    for text in [
        Control::Group { f: 9, i: 0, h: hash.clone() },
        Control::Group { f: 0, i: 1, h: hash.clone() },
        Control::Group { f: 0, i: u64::MAX, h: hash.clone() },
        Control::Group { f: 0, i: 0, h: "short".into() },
        Control::File { f: 9, root: hash.clone() },
        Control::Credit { bytes: 1 },
        Control::Bye,
        Control::Hello { v: vec![1], proof: hash.clone() },
    ] {
        assert_eq!(accepted(&[10]).handle_text(&text.to_text()), bad, "{text:?}");
    }
}

#[test]
fn a_sender_that_ignores_credit_is_cut_off() {
    let mut receiver = accepted(&[20 * GROUP]);
    let zeros = vec![0; 65_536];
    let taken = (0..).take_while(|n| receiver.handle_data(&chunk(0, n * 65_536, &zeros)).is_ok()).count();
    assert_eq!(taken as u64 * 65_536, FIRST_CREDIT);
}

#[test]
fn a_root_that_does_not_follow_from_its_groups_is_damage() {
    let mut receiver = accepted(&[3]);
    receiver.handle_data(&chunk(0, 0, b"abc")).unwrap();
    let leaf = to_hex(&group_hash(&provider(), b"abc"));
    receiver.handle_text(&Control::Group { f: 0, i: 0, h: leaf }.to_text()).unwrap();
    let root = to_hex(&[1; 32]);
    assert_eq!(receiver.handle_text(&Control::File { f: 0, root }.to_text()), Err(Failure::Integrity));
}

#[test]
fn a_receiver_that_lies_is_cut_off() {
    let sender = || Sender::new(provider(), vec![entry(0, "a", 10), entry(1, "b", 10)], 0);
    let hear = |texts: &[&str]| {
        let mut sender = sender();
        texts.iter().try_for_each(|text| sender.handle_text(text))
    };
    let accept = r#"{"m":"accept","files":[0]}"#;
    let done = format!(r#"{{"m":"done","root":"{}"}}"#, to_hex(&[0; 32]));
    let bad = Err(Failure::PeerProtocol);
    assert_eq!(hear(&[r#"{"m":"accept","files":[2]}"#]), bad);
    assert_eq!(hear(&[accept, accept]), bad, "twice");
    assert_eq!(hear(&[&done]), bad, "done before it began");
    assert_eq!(hear(&[accept, &done]), bad, "done before the end");
    assert_eq!(hear(&[accept, r#"{"m":"bad","f":1,"i":0}"#]), bad, "not accepted");
    assert_eq!(hear(&[accept, r#"{"m":"bad","f":0,"i":1}"#]), bad, "no such group");
    assert_eq!(hear(&[accept, r#"{"m":"bad","f":0,"i":18446744073709551615}"#]), bad);
    assert_eq!(hear(&[r#"{"m":"decline"}"#]), Err(Failure::Declined));
    assert_eq!(hear(&[r#"{"m":"error","error":"disk-full"}"#]), Err(Failure::DiskFull));
    assert_eq!(hear(&[r#"{"m":"error","error":"\u001b[2J"}"#]), Err(Failure::PeerFailed));
    assert_eq!(hear(&[r#"{"m":"dance"}"#]), Ok(()));
    let again: Vec<&str> = std::iter::once(accept).chain([r#"{"m":"bad","f":0,"i":0}"#; 100]).collect();
    assert_eq!(hear(&again), bad, "asking without end");
}

#[test]
fn a_hostile_list_writes_nothing_outside_the_target_and_only_what_is_safe() {
    let corpus = include_str!("../../tests/vectors/hostile-names.txt");
    let hostile = corpus.lines().filter(|line| !line.starts_with('#'));
    let hostile = hostile.map(|line| serde_json::from_str::<String>(line).unwrap());
    let names: Vec<String> =
        hostile.chain(["good.txt", "GOOD.txt", ".hidden", "d", "d/below"].map(str::to_owned)).collect();
    let entries: Vec<Entry> = (0u32..).zip(&names).map(|(f, name)| entry(f, name, 3)).collect();
    let root = tempfile::tempdir().unwrap();
    let target = root.path().join("deep/target");
    let mut writer = Writer::new(Folder::open(&target).unwrap());
    let mut sender = Sender::new(provider(), entries, 0);
    let mut receiver = Receiver::new(provider());
    loop {
        let mut moved = false;
        while let Some(text) = sender.poll_text() {
            receiver.handle_text(&text).unwrap();
            moved = true;
        }
        if receiver.poll_event() == Some(receiver::Event::Offered) {
            let refused = refusals(receiver.entries(), false);
            let good = (0u32..).zip(&refused).filter(|(_, refusal)| refusal.is_none()).map(|(f, _)| f);
            receiver.accept(good.collect()).unwrap();
        }
        while let Some(want) = sender.poll_want() {
            sender.supply(want, b"abc".to_vec()).unwrap();
            let mut out = Vec::new();
            while sender.poll_data(&mut out) {
                receiver.handle_data(&std::mem::take(&mut out)).unwrap();
            }
            moved = true;
        }
        while let Some(work) = receiver.poll_work() {
            writer.perform(receiver.entries(), &work).unwrap();
            receiver.worked(work).unwrap();
            moved = true;
        }
        while let Some(text) = receiver.poll_text() {
            sender.handle_text(&text).unwrap();
            moved = true;
        }
        if !moved {
            break;
        }
    }
    assert!(sender.is_finished());
    assert_eq!(writer.saved(), ["good.txt", "d"]);
    assert_eq!(tree(root.path()), ["deep", "deep/target", "deep/target/d", "deep/target/good.txt"]);
}

#[test]
fn a_folder_goes_through_from_disk_to_disk() {
    let root = tempfile::tempdir().unwrap();
    let from = root.path().join("photos");
    fs::create_dir_all(from.join("empty")).unwrap();
    fs::write(from.join("big"), content(1, 2 * GROUP + 5)).unwrap();
    fs::write(from.join("small"), b"").unwrap();
    let scan = Scan::of(&[from], false).unwrap();
    let entries: Vec<Entry> = scan.files.iter().map(|file| file.entry.clone()).collect();
    let mut reader = Reader::new(scan.files);
    let mut writer = Writer::new(Folder::open(&root.path().join("out")).unwrap());
    let (mut sender, mut receiver) = (Sender::new(provider(), entries, 0), Receiver::new(provider()));
    while !sender.is_finished() {
        while let Some(text) = sender.poll_text() {
            receiver.handle_text(&text).unwrap();
        }
        if receiver.poll_event() == Some(receiver::Event::Offered) {
            receiver.accept(all(receiver.entries())).unwrap();
        }
        if let Some(want) = sender.poll_want() {
            let bytes = reader.read(want).unwrap();
            sender.supply(want, bytes).unwrap();
        }
        let mut out = Vec::new();
        while sender.poll_data(&mut out) {
            receiver.handle_data(&std::mem::take(&mut out)).unwrap();
        }
        while let Some(work) = receiver.poll_work() {
            writer.perform(receiver.entries(), &work).unwrap();
            receiver.worked(work).unwrap();
        }
        while let Some(text) = receiver.poll_text() {
            sender.handle_text(&text).unwrap();
        }
    }
    assert_eq!(writer.saved(), ["photos/big", "photos/empty", "photos/small"]);
    assert_eq!(fs::read(root.path().join("out/photos/big")).unwrap(), content(1, 2 * GROUP + 5));
    assert!(root.path().join("out/photos/empty").is_dir());
    assert_eq!(receiver.handle_end(), Ok(()));
}

#[test]
fn a_connection_that_ends_early_keeps_the_part() {
    let root = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(Folder::open(root.path()).unwrap());
    let mut receiver = accepted(&[10]);
    receiver.handle_data(&chunk(0, 0, b"01234")).unwrap();
    while let Some(work) = receiver.poll_work() {
        writer.perform(receiver.entries(), &work).unwrap();
        receiver.worked(work).unwrap();
    }
    assert_eq!(receiver.handle_end(), Err(Failure::ConnectionLost));
    assert_eq!(writer.unfinished().as_deref(), Some("file 0.part"));
    drop(writer);
    assert_eq!(tree(root.path()), ["file 0.part"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the sizes, the order of events and the damage: it ends whole, or says that it is damaged.
    #[test]
    fn transfers_end_whole_or_damaged(
        sizes in proptest::collection::vec(prop_oneof![Just(0usize), 1usize..5000, (GROUP - 2)..(GROUP + 2)], 1..6),
        damage in proptest::collection::btree_set(0u64..60, 0..4),
        seed: u8,
    ) {
        let mut pair = Pair::new(&sizes, seed);
        pair.damage = damage;
        match pair.run_all() {
            Ok(()) => {
                prop_assert!(pair.sender.is_finished());
                for (f, file) in (0u32..).zip(&pair.files) {
                    prop_assert!(pair.written[&f] == *file);
                }
            }
            Err(failure) => prop_assert_eq!(failure, Failure::Integrity),
        }
    }

    #[test]
    fn no_message_makes_either_side_panic(
        texts in proptest::collection::vec("\\{\"m\":\"(accept|credit|bad|done|group|file|bye|error|manifest)\"(,\"(f|i|bytes|files)\":(0|1|18446744073709551615|\"all\"|\\[0\\])){0,3}\\}", 0..12),
        chunks in proptest::collection::vec((0u32..3, prop_oneof![0u64..40, any::<u64>()], proptest::collection::vec(any::<u8>(), 1..20)), 0..6),
    ) {
        let mut sender = Sender::new(provider(), vec![entry(0, "a", 30), entry(1, "b", 0)], 0);
        let mut receiver = accepted(&[30, 0]);
        for text in &texts {
            let _ = sender.handle_text(text);
            let _ = receiver.handle_text(text);
        }
        for (file, offset, bytes) in &chunks {
            let _ = receiver.handle_data(&chunk(*file, *offset, bytes));
        }
        while sender.poll_text().is_some() || sender.poll_want().is_some() {}
        while receiver.poll_work().is_some() || receiver.poll_text().is_some() {}
    }
}
