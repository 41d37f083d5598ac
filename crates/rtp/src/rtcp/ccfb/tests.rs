//! What is written reads back; what does not fit is refused.

use std::vec::Vec;

use proptest::prelude::*;

use super::*;

fn metric(ecn: Option<Ecn>, arrival: ArrivalOffset) -> Option<Metric> {
    Some(Metric { ecn, arrival })
}

#[test]
fn a_packet_is_written_as_the_rfc_draws_it() {
    //~ covers 8888-3.1-a, 8888-3.1-b, 8888-3.1-c
    let mut out = Vec::new();
    let mut writer = ReportWriter::new(&mut out, Ssrc(1));
    let metrics =
        [metric(Some(Ecn::Ce), ArrivalOffset::Units(512)), None, metric(None, ArrivalOffset::Units(1))];
    writer.block(Ssrc(2), 0xffff, metrics.into_iter());
    writer.block(Ssrc(3), 9, [].into_iter());
    writer.finish(0x0001_8000);
    let expected = [
        0x8b, 205, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0, 3, 0xe2, 0, 0, 0, 0x80, 1, 0, 0, 0, 0, 0, 3,
        0, 9, 0, 0, 0, 1, 0x80, 0,
    ];
    assert_eq!(out, expected);
    let view = View::parse(Ssrc(1), &out[8..]).expect("sound");
    assert_eq!(view.report_timestamp, 0x0001_8000);
    let blocks: Vec<_> =
        view.blocks().map(|block| (block.ssrc, block.metrics().collect::<Vec<_>>())).collect();
    let told = (0..3).map(|ahead| (0xffffu16.wrapping_add(ahead), metrics[usize::from(ahead)]));
    assert_eq!(blocks, [(Ssrc(2), told.collect()), (Ssrc(3), Vec::new())]);
}

#[test]
fn offsets_that_are_no_measurement_have_values_of_their_own() {
    //~ covers 8888-3.1-d, 8888-3.1-e
    let offset = |nanos| ArrivalOffset::from_nanos(nanos);
    assert_eq!(offset(500_000_000), ArrivalOffset::Units(512));
    assert_eq!(offset(8189 * 1_000_000_000 / 1024 + 1), ArrivalOffset::Units(MAX_OFFSET));
    assert_eq!([offset(8_000_000_000), offset(u64::MAX)], [ArrivalOffset::OverRange; 2]);
    let word = |arrival| Metric { ecn: None, arrival }.word();
    assert_eq!(word(ArrivalOffset::OverRange), 0x9ffe);
    assert_eq!(word(ArrivalOffset::Units(0x1fff)), 0x9ffe);
    assert_eq!(word(ArrivalOffset::Unavailable), 0x9fff);
}

#[test]
fn what_is_not_marked_as_received_is_not_read_further() {
    //~ covers 8888-3.1-b neg
    assert_eq!(Metric::read([0x7f, 0xff]), None);
}

#[test]
fn the_other_reading_of_num_reports_is_taken_where_only_that_fits() {
    // Two reports are stated, three are there, and padding.
    let body = [0, 0, 0, 2, 0, 7, 0, 2, 0x80, 1, 0x80, 2, 0x80, 3, 0, 0, 0, 0, 0, 5];
    let view = View::parse(Ssrc(1), &body).expect("sound");
    let numbers: Vec<_> = view.blocks().flat_map(|block| block.metrics().map(|(number, _)| number)).collect();
    assert_eq!((numbers, view.report_timestamp), (std::vec![7, 8, 9], 5));
}

#[test]
fn too_many_reports_and_lengths_that_do_not_fit_are_faults() {
    //~ covers 8888-3.1-f neg
    let fault = |body: &[u8]| View::parse(Ssrc(1), body).map_err(|error| error.field).err();
    assert_eq!(fault(&[0, 0, 0]), Some("Report Timestamp"));
    assert_eq!(fault(&[0, 0, 0, 2, 0, 7, 0x40, 1, 0, 0, 0, 0]), Some("num_reports"));
    assert_eq!(fault(&[0, 0, 0, 2, 0, 7, 0, 4, 0, 0, 0, 0]), Some("packet metric blocks"));
    let mut out = Vec::new();
    let mut writer = ReportWriter::new(&mut out, Ssrc(1));
    writer.block(Ssrc(2), 0, std::iter::repeat_n(None, MAX_REPORTS + 9));
    writer.finish(0);
    assert_eq!(out.len(), ReportWriter::EMPTY_LEN + ReportWriter::block_len(MAX_REPORTS));
}

fn metrics() -> impl Strategy<Value = Vec<Option<Metric>>> {
    let ecn = prop_oneof![Just(None), Just(Some(Ecn::Ect0)), Just(Some(Ecn::Ect1)), Just(Some(Ecn::Ce))];
    let arrival = prop_oneof![
        8 => (0..=MAX_OFFSET).prop_map(ArrivalOffset::Units),
        1 => Just(ArrivalOffset::OverRange),
        1 => Just(ArrivalOffset::Unavailable),
    ];
    let metric = (ecn, arrival).prop_map(|(ecn, arrival)| Metric { ecn, arrival });
    proptest::collection::vec(proptest::option::of(metric), 0..50)
}

proptest! {
    #[test]
    fn any_report_reads_back(
        blocks in proptest::collection::vec((any::<u32>(), any::<u16>(), metrics()), 0..8),
        timestamp: u32,
    ) {
        let mut out = Vec::new();
        let mut writer = ReportWriter::new(&mut out, Ssrc(7));
        for (ssrc, begin, metrics) in &blocks {
            let expected = writer.len() + ReportWriter::block_len(metrics.len());
            writer.block(Ssrc(*ssrc), *begin, metrics.iter().copied());
            prop_assert_eq!(writer.len(), expected);
        }
        writer.finish(timestamp);
        let view = View::parse(Ssrc(7), &out[8..]).map_err(|error| TestCaseError::fail(std::format!("{error}")))?;
        let read: Vec<_> = view
            .blocks()
            .map(|block| (block.ssrc.0, block.begin_sequence, block.metrics().map(|(_, metric)| metric).collect()))
            .collect();
        prop_assert_eq!((read, view.report_timestamp), (blocks, timestamp));
    }

    #[test]
    fn any_bytes_are_refused_or_read_whole(body in proptest::collection::vec(any::<u8>(), 0..120)) {
        if let Ok(view) = View::parse(Ssrc(1), &body) {
            let read: usize = view.blocks().map(|block| ReportWriter::block_len(block.metrics().count())).sum();
            prop_assert_eq!(read + 4, body.len());
        }
    }
}
