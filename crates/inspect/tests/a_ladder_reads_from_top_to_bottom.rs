//! Ladders: a snapshot, beside what must hold of any.
#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;

use common::*;
use limpid_inspect::Layer;
use limpid_inspect::ladder::{Floor, Packet, ladder};
use limpid_sansio::{Direction, Instant};

const SIDES: [&str; 2] = ["browser", "limpid"];

fn packet(at: u64, direction: Direction, floor: Floor, bytes: &[u8]) -> Packet<'_> {
    Packet { at: Instant::from_millis(at), direction, floor, bytes, dropped: false, note: "" }
}

#[test]
fn a_handshake_under_loss() {
    let hellos = openssl_handshake();
    let (init, open) = (init(), data(1, 50, &dcep_open()));
    let packets = [
        Packet {
            dropped: true,
            note: "lost on the way",
            ..packet(0, Direction::Out, Floor::Wire, &hellos[0].2)
        },
        packet(1000, Direction::Out, Floor::Wire, &hellos[0].2),
        packet(1025, Direction::In, Floor::Wire, &hellos[3].2),
        packet(1050, Direction::Out, Floor::Sctp, &init),
        packet(1100, Direction::Out, Floor::Sctp, &open),
        packet(1125, Direction::In, Floor::Wire, &hellos[0].2[..20]),
        packet(4100, Direction::Out, Floor::Sctp, &init),
        packet(7100, Direction::Out, Floor::Sctp, &init),
    ];
    let text = ladder(SIDES, &packets);
    assert_snapshot("ladder.txt", &text);

    let widths: Vec<usize> = text.lines().skip(2).map(|line| line.chars().count()).collect();
    assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "the right side is straight: {widths:?}");
    let lines = arrows(&text);
    assert_eq!(lines.len(), packets.len(), "one arrow a packet, below the sides");
    for (line, packet) in lines.iter().zip(&packets) {
        let (time, arrow) = line.trim_start().split_once("  ").unwrap();
        assert_eq!(
            time,
            format!(
                "{}.{:06}",
                packet.at.as_nanos() / 1_000_000_000,
                packet.at.as_nanos() / 1000 % 1_000_000
            )
        );
        assert_eq!(arrow.contains('▶'), packet.direction == Direction::Out && !packet.dropped);
        assert_eq!(arrow.contains('◀'), packet.direction == Direction::In && !packet.dropped);
    }
    assert!(lines[0].contains('✗') && lines[0].ends_with("lost on the way"));
    assert!(
        lines[5].contains(Layer::Fault.mark()),
        "a malformed packet has the mark of a fault: {}",
        lines[5]
    );
    assert!(lines[3].contains(Layer::Sctp.mark()) && lines[4].contains(Layer::Data.mark()));
    let repeats: Vec<bool> = lines.iter().map(|line| line.contains('↻')).collect();
    assert_eq!(repeats, [false, true, false, false, false, false, true, true]);
    assert!(lines[7].contains("↻2"), "the third INIT is the second repetition");
}

#[test]
fn the_same_bytes_the_other_way_are_no_retransmission() {
    let init = init();
    let there = packet(0, Direction::Out, Floor::Sctp, &init);
    let back = packet(1, Direction::In, Floor::Sctp, &init);
    assert!(!ladder(SIDES, &[there, back]).contains('↻'));
}

#[test]
fn long_labels_and_hostile_names_keep_their_place() {
    let label = "\u{1b}[2J".repeat(100);
    let mut open = hex("03 00 0100 00000000 0190 0000");
    open.extend_from_slice(label.as_bytes());
    let bytes = data(1, 50, &open);
    let text = ladder(["a\u{1b}b", "c\nd"], &[packet(0, Direction::Out, Floor::Sctp, &bytes)]);
    assert!(!text.contains('\u{1b}') && text.lines().count() == 2, "{text:?}");
    let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
    assert!(widths.iter().all(|width| *width <= 112), "{widths:?}");
}
