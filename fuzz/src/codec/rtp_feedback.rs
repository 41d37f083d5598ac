//! Feedback about arrivals: transport-wide, and by SSRC (RFC 8888).

use limpid_rtp::Ssrc;
use limpid_rtp::rtcp::ccfb::{self, ReportWriter};
use limpid_rtp::rtcp::twcc::{self, Heading, Status, TICKS_PER_REFERENCE};

use crate::Outcome;

const SENDER: Ssrc = Ssrc(1);

/// Parse, then write what arrived, and parse again: the same numbers and times. The times have to be those of a clock that a
/// writer can have: not negative.
pub fn transport_wide(data: &[u8]) -> Outcome {
    let Ok(view) = twcc::View::parse(SENDER, Ssrc(2), data) else { return Outcome::Refused };
    let statuses: Vec<(u16, Status)> = view.statuses().collect();
    assert_eq!(statuses.len(), usize::from(view.status_count));
    let received = statuses.iter().filter(|(_, status)| matches!(status, Status::Received(_))).count();
    assert_eq!(view.received().count(), received);
    assert!(received <= data.len());

    let reference = 1 << 40;
    let arrivals = statuses.iter().map(|(_, status)| match status {
        Status::Received(ticks) => Some((reference + ticks) as u64),
        _ => None,
    });
    let mut out = Vec::new();
    let heading =
        Heading { sender: SENDER, media: Ssrc(2), base_sequence: view.base_sequence, feedback_count: 3 };
    let told = usize::from(twcc::write(&mut out, &heading, arrivals.clone(), 1100));
    assert!(told <= statuses.len() && out.len() <= 1100 && (told > 0 || received == 0));
    if told > 0 {
        let padding = if out[0] & 0x20 == 0 { 0 } else { usize::from(out[out.len() - 1]) };
        let again = twcc::View::parse(SENDER, Ssrc(2), &out[12..out.len() - padding]).expect("our own");
        // The low 24 bits of the reference are all that is told of it.
        let first = arrivals.clone().flatten().next().expect("something was told") as i64;
        let base = first / TICKS_PER_REFERENCE * TICKS_PER_REFERENCE;
        assert_eq!(again.reference_time, ((first / TICKS_PER_REFERENCE) << 40 >> 40) as i32);
        let read = again.statuses().map(|(_, status)| match status {
            Status::Received(ticks) => Some((base + ticks) as u64),
            _ => None,
        });
        assert!(read.eq(arrivals.take(told)));
    }
    Outcome::Accepted
}

/// A delta of each kind, holes, and a long run.
pub fn transport_wide_seeds() -> Vec<Vec<u8>> {
    let write = |arrivals: &[Option<u64>]| {
        let mut out = Vec::new();
        let heading = Heading { sender: SENDER, media: Ssrc(2), base_sequence: 65_530, feedback_count: 1 };
        twcc::write(&mut out, &heading, arrivals.iter().copied(), 1100);
        let padding = if out[0] & 0x20 == 0 { 0 } else { usize::from(out[out.len() - 1]) };
        out[12..out.len() - padding].to_vec()
    };
    let steady: Vec<_> = (0..40).map(|at| Some(5000 + at * 20)).collect();
    let holes: Vec<_> = (0..60).map(|at| (at % 3 != 1).then_some(9000 + at * 13)).collect();
    let mut mixed = vec![Some(70_000), None, Some(69_000), Some(69_001), Some(90_000)];
    mixed.extend([None; 300]);
    mixed.extend((0..9).map(|at| Some(95_000 + at * 400)));
    let reserved = vec![0, 5, 0, 3, 0, 0, 0, 0, 0x60, 2, 0x20, 1, 9];
    vec![write(&steady), write(&holes), write(&mixed), reserved]
}

/// Parse, write, parse again: the same.
pub fn by_ssrc(data: &[u8]) -> Outcome {
    let Ok(view) = ccfb::View::parse(SENDER, data) else { return Outcome::Refused };
    let mut out = Vec::new();
    let mut writer = ReportWriter::new(&mut out, SENDER);
    for block in view.blocks() {
        writer.block(block.ssrc, block.begin_sequence, block.metrics().map(|(_, metric)| metric));
    }
    writer.finish(view.report_timestamp);
    let again = ccfb::View::parse(SENDER, &out[8..]).expect("our own");
    assert_eq!(again.report_timestamp, view.report_timestamp);
    let flat = |view: &ccfb::View<'_>| {
        let blocks = view
            .blocks()
            .map(|block| (block.ssrc, block.begin_sequence, block.metrics().collect::<Vec<_>>()));
        blocks.collect::<Vec<_>>()
    };
    assert_eq!(flat(&again), flat(&view));
    Outcome::Accepted
}

/// No stream, one, and several; an odd number of metrics.
pub fn by_ssrc_seeds() -> Vec<Vec<u8>> {
    vec![
        vec![0, 1, 2, 3],
        vec![0, 0, 0, 2, 0xff, 0xff, 0, 3, 0xe2, 0, 0, 0, 0x80, 1, 0, 0, 0, 0, 0, 9],
        vec![
            0, 0, 0, 2, 0, 1, 0, 2, 0xbf, 0xfe, 0x9f, 0xff, 0, 0, 0, 3, 0, 9, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1,
            0x80, 7, 0, 0, 0, 0, 0, 9,
        ],
        // Two are stated and three are there.
        vec![0, 0, 0, 2, 0, 7, 0, 2, 0x80, 1, 0x80, 2, 0x80, 3, 0, 0, 0, 0, 0, 5],
    ]
}
