//! Our own associations, with losses: every packet is told to the last bit, and tshark finds nothing wrong with any.

#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;

use common::*;
use limpid_crypto::null;
use limpid_inspect::ladder::{Floor, Packet as Arrow, ladder};
use limpid_inspect::pcap::{Options, Packet, Writer};
use limpid_inspect::{Node, describe};
use limpid_sansio::{Direction, Instant, Machine};
use limpid_sctp::{Association, ChannelConfig, Config, Inbound, Kind, Parity, Reliability};

/// What was sent: when, which way, the packet, and whether it got lost.
type Sent = (Instant, Direction, Vec<u8>, bool);

/// Two associations and the wire between them, which loses what `loses` says.
struct World {
    ends: [Association; 2],
    now: Instant,
    sent: Vec<Sent>,
    loses: fn(usize) -> bool,
}

impl World {
    fn new(loses: fn(usize) -> bool) -> Self {
        let now = Instant::from_millis(1);
        let ends = [1, 2].map(|seed| Association::new(Config::new(null::provider(), [seed; 32]), now));
        World { ends, now, sent: Vec::new(), loses }
    }

    /// Everything that is ready goes over; the time stays.
    fn settle(&mut self) {
        let mut is_moving = true;
        while is_moving {
            is_moving = false;
            for (from, direction) in [(0, Direction::Out), (1, Direction::In)] {
                let mut out = Vec::new();
                while self.ends[from].poll_event().is_some() {}
                while self.ends[from].poll_transmit(self.now, &mut out).is_some() {
                    is_moving = true;
                    let is_lost = (self.loses)(self.sent.len());
                    if !is_lost {
                        let inbound = Inbound { ecn: None, bytes: &out };
                        self.ends[1 - from].handle_input(self.now, inbound).unwrap();
                    }
                    self.sent.push((self.now, direction, std::mem::take(&mut out), is_lost));
                }
            }
        }
    }

    /// Runs for `millis`, timers and all.
    fn run(&mut self, millis: u64) {
        let end = self.now + std::time::Duration::from_millis(millis);
        loop {
            self.settle();
            let next = self.ends.iter().filter_map(Machine::poll_timeout).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            self.ends.iter_mut().for_each(|end| end.handle_timeout(self.now).unwrap());
        }
        self.now = end;
    }
}

#[test]
fn from_the_first_init_to_the_last_word() {
    let mut world = World::new(|index| index * index % 11 == 4);
    let now = world.now;
    world.ends[0].set_parity(Parity::Even);
    world.ends[1].set_parity(Parity::Odd);
    let config = |label: &str, ordered, reliability| ChannelConfig {
        label: label.into(),
        ordered,
        reliability,
        ..ChannelConfig::default()
    };
    let chat = world.ends[0].open_channel(now, config("chat", true, Reliability::Reliable)).unwrap();
    let game = world.ends[0].open_channel(now, config("game", false, Reliability::Retransmits(0))).unwrap();
    world.ends[0].connect(now);
    world.run(5_000);
    for round in 0..20 {
        let now = world.now;
        world.ends[0].write(now, chat, Kind::Text, format!("message {round}").as_bytes()).unwrap();
        world.ends[0].write(now, chat, Kind::Binary, &[round; 3000]).unwrap();
        world.ends[0].write(now, game, Kind::Binary, &[]).unwrap();
        world.ends[0].write(now, game, Kind::Binary, &[round; 900]).unwrap();
        world.run(1000);
    }
    let now = world.now;
    world.ends[0].close_channel(now, chat);
    world.run(5_000);
    let now = world.now;
    world.ends[0].shutdown(now);
    world.run(10_000);

    let trees: Vec<Node> = world.sent.iter().map(|(_, _, bytes, _)| tree(bytes)).collect();
    for kind in [
        "INIT",
        "INIT ACK",
        "COOKIE ECHO",
        "COOKIE ACK",
        "DATA",
        "SACK",
        "RE-CONFIG",
        "FORWARD TSN",
        "SHUTDOWN",
    ] {
        assert!(trees.iter().any(|tree| tree.find(kind).is_some()), "a {kind} was sent");
    }
    let opens = trees.iter().flat_map(|tree| tree.find_all("label")).map(|label| label.value.as_str());
    assert!(opens.clone().any(|label| label == "\"chat\"") && opens.clone().any(|label| label == "\"game\""));

    tshark_agrees(&world.sent, &trees);
    let drawn = ladder(["client", "server"], &drawable(&world.sent));
    assert_eq!(arrows(&drawn).len(), world.sent.len());
    let lost = world.sent.iter().filter(|sent| sent.3).count();
    assert!(lost > 10 && drawn.lines().filter(|line| line.contains('✗')).count() == lost);
    assert!(drawn.contains('↻'), "what was lost was said again");
}

fn tree(bytes: &[u8]) -> Node {
    let tree = describe::sctp(bytes).unwrap_or_else(|(tree, error)| panic!("{error}\n{tree}"));
    assert_tiles(&tree, bytes.len() * 8);
    tree
}

fn drawable(sent: &[Sent]) -> Vec<Arrow<'_>> {
    sent.iter()
        .map(|(at, direction, bytes, lost)| Arrow {
            at: *at,
            direction: *direction,
            floor: Floor::Sctp,
            bytes,
            dropped: *lost,
            note: "",
        })
        .collect()
}

fn tshark_agrees(sent: &[Sent], trees: &[Node]) {
    let mut writer = Writer::new(Vec::new(), &Options::default()).unwrap();
    for (at, direction, bytes, lost) in sent {
        let comment = if *lost { "lost" } else { "" };
        writer.sctp(&Packet { at: *at, path: path(), direction: *direction, bytes, comment }).unwrap();
    }
    let file = TempFile::new("association.pcapng", &writer.into_inner());
    let checksum = ["-o", "sctp.checksum:CRC 32c"];
    let bad = "_ws.malformed || _ws.expert.severity == error || sctp.checksum.status == 0";
    let Some(found) = tshark(&[&["-r", file.path(), "-Y", bad][..], &checksum].concat()) else { return };
    assert_eq!(found, "", "packets that tshark finds fault with");
    let fields = ["-T", "fields", "-e", "sctp.chunk_type"];
    let table = tshark(&[&["-r", file.path()][..], &fields].concat()).unwrap();
    let theirs: Vec<&str> = table.lines().collect();
    let ours: Vec<String> = trees
        .iter()
        .map(|tree| {
            tree.find_all("chunk type").iter().map(|kind| kind.value.as_str()).collect::<Vec<_>>().join(",")
        })
        .collect();
    assert_eq!(ours, theirs);
}
