//! The vectors of the draft, and that what is written reads back.

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

const HEADING: Heading =
    Heading { sender: Ssrc(1), media: Ssrc(2), base_sequence: 65_530, feedback_count: 200 };

fn symbols(chunk: [u8; 2]) -> Vec<u8> {
    Chunk::from(chunk).symbols().collect()
}

fn view(packet: &[u8]) -> Result<View<'_>, ParseError> {
    assert_eq!(packet[..2], [packet[0] & 0x20 | 0x80 | FORMAT, 205]);
    assert_eq!(packet.len(), usize::from(u16::from_be_bytes([packet[2], packet[3]])) * 4 + 4);
    let padding = if packet[0] & 0x20 != 0 { usize::from(packet[packet.len() - 1]) } else { 0 };
    View::parse(Ssrc(1), Ssrc(2), &packet[12..packet.len() - padding])
}

#[test]
fn chunks_read_as_the_drafts_examples() {
    //~ covers twcc-3.1.3-a, twcc-3.1.4-a, twcc-3.1.1-c
    assert_eq!(symbols([0x00, 0xdd]), [NOT_RECEIVED; 221]);
    assert_eq!(symbols([0x60, 0x18]), [WITHOUT_TIME; 24]);
    assert_eq!(symbols([0x9f, 0x1c]), [0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0]);
    assert_eq!(symbols([0xcd, 0x50]), [0, 3, 1, 1, 1, 0, 0]);
}

#[test]
fn numbers_and_times_are_counted_from_base_and_reference() {
    //~ covers twcc-3.1-a, twcc-3.1-b, twcc-3.1.5-a
    // Base 65535, 4 statuses, reference -1, feedback 7; a vector: small, none, large, small, and three of excess.
    let control = [0xff, 0xff, 0, 4, 0xff, 0xff, 0xff, 7, 0xd2, 0x55, 8, 0xff, 0xfe, 255, 0];
    let view = View::parse(Ssrc(1), Ssrc(2), &control).expect("sound");
    assert_eq!((view.base_sequence, view.reference_time, view.feedback_count), (0xffff, -1, 7));
    let statuses: Vec<_> = view.statuses().collect();
    let expected = [
        (65_535, Status::Received(8)),
        (0, Status::NotReceived),
        (1, Status::Received(6)),
        (2, Status::Received(261)),
    ];
    assert_eq!(statuses, expected);
    let received: Vec<_> = view.received().collect();
    assert_eq!(received, [(0, 8), (2, 6), (3, 261)]);
}

#[test]
fn no_statuses_missing_chunks_and_missing_deltas_are_faults() {
    //~ covers twcc-3.1-c neg
    let fault = |control: &[u8]| View::parse(Ssrc(1), Ssrc(2), control).map_err(|error| error.field).err();
    assert_eq!(fault(&[0, 0, 0, 0, 0, 0, 0, 0]), Some("packet status count"));
    assert_eq!(fault(&[0, 0, 0, 9, 0, 0, 0, 0, 0, 8]), Some("packet chunk"));
    assert_eq!(fault(&[0, 0, 0, 2, 0, 0, 0, 0, 0x20, 2, 1]), Some("recv delta"));
    assert_eq!(fault(&[0, 0, 0, 1, 0, 0, 0, 0, 0x20, 0]), Some("run length"));
    assert_eq!(fault(&[0, 0, 0, 1, 0, 0]), Some("reference time"));
}

#[test]
fn a_reserved_symbol_has_no_delta() {
    //~ covers twcc-3.1.1-c
    let control = [0, 5, 0, 3, 0, 0, 0, 0, 0x60, 2, 0x20, 1, 9];
    let view = View::parse(Ssrc(1), Ssrc(2), &control).expect("sound");
    let last = view.statuses().last();
    assert_eq!(last, Some((7, Status::Received(9))));
    assert_eq!(view.received().collect::<Vec<_>>(), [(2, 9)]);
}

#[test]
fn a_claim_of_65535_statuses_costs_as_much_as_its_bytes() {
    let mut control = vec![0, 0, 0xff, 0xff, 0, 0, 0, 0];
    for _ in 0..8 {
        control.extend([0x7f, 0xff]);
    }
    control.extend([0x60, 7]);
    let view = View::parse(Ssrc(1), Ssrc(2), &control).expect("sound");
    assert_eq!(view.statuses().count(), 65_535);
    let mut received = view.received();
    assert_eq!(received.next(), None);
    assert_eq!(received.at, 65_535, "nine steps, one a chunk");
}

#[test]
fn a_delta_beyond_two_bytes_begins_the_next_packet() {
    //~ covers twcc-3.1.5-b
    let arrivals = [Some(1000), None, Some(1000 + 32_767), Some(1000 + 32_767 + 32_768), Some(70_000)];
    let mut out = Vec::new();
    assert_eq!(write(&mut out, &HEADING, arrivals.into_iter(), 1200), 3);
    let last = view(&out).expect("sound").received().last();
    assert_eq!(last, Some((2, 1000 % 256 + 32_767)));
    out.clear();
    assert_eq!(write(&mut out, &HEADING, arrivals[3..].iter().copied(), 1200), 2);
}

#[test]
fn where_nothing_arrived_nothing_is_written() {
    let mut out = vec![9];
    assert_eq!(write(&mut out, &HEADING, [None; 40].into_iter(), 1200), 0);
    assert_eq!(write(&mut out, &HEADING, [Some(1); 40].into_iter(), 20), 0);
    assert_eq!(out, [9]);
}

#[test]
fn the_reference_time_wraps_at_24_bits() {
    //~ covers twcc-3.1-b
    let tick = (1u64 << 24 | 5) * 256 + 3;
    let mut out = Vec::new();
    write(&mut out, &HEADING, [Some(tick)].into_iter(), 1200);
    let view = view(&out).expect("sound");
    assert_eq!((view.reference_time, view.received().next()), (5, Some((0, 3))));
    let mut out = Vec::new();
    write(&mut out, &HEADING, [Some(0x00ff_ffff * 256)].into_iter(), 1200);
    assert_eq!(super::tests::view(&out).map(|view| view.reference_time), Ok(-1));
}

fn arrivals() -> impl Strategy<Value = Vec<Option<u64>>> {
    let gap = prop_oneof![8 => 0i64..300, 2 => -400i64..3000, 1 => -40_000i64..40_000];
    let step = (prop_oneof![6 => Just(0usize), 2 => 1usize..20, 1 => 100usize..9000], gap, 1usize..40);
    proptest::collection::vec(step, 1..30).prop_map(|steps| {
        let (mut at, mut all) = (1i64 << 20, Vec::new());
        for (missing, gap, repeat) in steps {
            all.extend(std::iter::repeat_n(None, missing));
            for _ in 0..repeat {
                at += gap;
                all.push(Some(at.max(0) as u64));
            }
        }
        all
    })
}

proptest! {
    #[test]
    fn any_arrivals_read_back_over_several_packets(arrivals in arrivals(), max_len in 40usize..1300) {
        let (mut from, mut packets) = (0, 0);
        while let Some(last) = arrivals.iter().rposition(Option::is_some).filter(|last| *last >= from) {
            let mut out = Vec::new();
            let heading = Heading { base_sequence: from as u16, ..HEADING };
            let count = usize::from(write(&mut out, &heading, arrivals[from..].iter().copied(), max_len));
            prop_assert!(count > 0 && out.len() <= max_len);
            let view = view(&out).map_err(|error| TestCaseError::fail(std::format!("{error}")))?;
            prop_assert_eq!(usize::from(view.status_count), count);
            let reference = i64::from(view.reference_time) * TICKS_PER_REFERENCE;
            for (at, (number, status)) in view.statuses().enumerate() {
                prop_assert_eq!(number, (from + at) as u16);
                let told = match status {
                    Status::Received(ticks) => Some((reference + ticks) as u64),
                    _ => None,
                };
                prop_assert_eq!(told, arrivals.get(from + at).copied().flatten());
            }
            let few: Vec<_> = view.received().map(|(ahead, _)| usize::from(ahead)).collect();
            let all: Vec<_> = (0..count).filter(|at| arrivals.get(from + at).copied().flatten().is_some()).collect();
            prop_assert_eq!(few, all);
            from += count;
            packets += 1;
            prop_assert!(packets <= last + 1);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read_within_their_claims(control in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(view) = View::parse(Ssrc(1), Ssrc(2), &control) {
            prop_assert_eq!(view.statuses().count(), usize::from(view.status_count));
            prop_assert!(view.received().count() <= control.len());
        }
    }
}
