//! Every chunk and parameter reads back as it was written; no bytes make a parser panic; official vectors hold.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sansio::wire::Writer;
use limpid_sctp::Reliability;
use limpid_sctp::chunk::{
    self, Cause, CauseCode, Causes, Chunk, ChunkType, Data, ForwardTsn, GapBlock, Heartbeat, Init, Reconfig,
    ReconfigResult, Sack, Shutdown,
};
use limpid_sctp::datachannel::dcep::{Dcep, Open};
use limpid_sctp::packet::{self, Packet};
use limpid_sctp::param::ParameterType;
use proptest::prelude::*;
use serde_json::Value;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn cases(json: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(json).unwrap();
    all["cases"].as_array().unwrap().clone()
}

/// Wraps a chunk into a packet and reads it back.
fn with_chunk<T>(write: impl FnOnce(&mut Writer<'_>), read: impl FnOnce(&Chunk<'_>) -> T) -> T {
    let packet = forge(7, write);
    let all = chunks(&packet);
    assert_eq!(all.len(), 1);
    assert_eq!(packet.len() % 4, 0);
    read(&all[0])
}

//~ covers 9260-6.8-b
#[test]
fn crc32c_vectors_hold_in_the_byte_order_of_the_wire() {
    for case in cases(include_str!("vectors/crc32c_rfc3720.json")) {
        let data = hex(case["data_hex"].as_str().unwrap());
        let wire = hex(case["wire_bytes"].as_str().unwrap());
        if data.len() < 12 {
            continue; // shorter than a common header
        }
        // A packet is summed with its own field as zero: take only vectors whose field is.
        let mut packet = data.clone();
        let sum = packet::checksum(&packet);
        packet[8..12].fill(0);
        assert_eq!(packet::checksum(&packet), sum, "the field counts as zero");
        if data == packet {
            assert_eq!(sum.to_vec(), wire, "{}", case["id"]);
        }
        packet::finish(&mut packet);
        assert_eq!(packet[8..12], sum);
    }
}

//~ covers 9260-3.2-c
#[test]
fn the_inits_of_the_snap_draft_read_as_told() {
    for case in cases(include_str!("vectors/snap_sctp_init.json")) {
        let bytes = hex(case["init_chunk_hex"].as_str().unwrap());
        let number = |key: &str| match &case[key] {
            Value::String(text) => u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap(),
            other => other.as_u64().unwrap() as u32,
        };
        // The last parameter's padding is in neither the length nor the bytes.
        let packet = forge(0, |writer| writer.bytes(&bytes));
        let all = chunks(&packet);
        let init = Init::parse(&all[0]).unwrap();
        assert_eq!((init.initiate_tag, init.a_rwnd), (number("initiate_tag"), number("a_rwnd")));
        assert_eq!(u32::from(init.outbound_streams), number("outbound_streams"));
        assert_eq!(init.initial_tsn, number("initial_tsn"));
        let params: Vec<_> = init.parameters().map(Result::unwrap).collect();
        assert_eq!(params[0].kind, ParameterType::FORWARD_TSN_SUPPORTED);
        assert_eq!(
            (params[1].kind, params[1].value),
            (ParameterType::SUPPORTED_EXTENSIONS, &[0x82, 0xc0][..])
        );
        assert!(init.is_legal());
    }
}

proptest! {
    #[test]
    fn data(tsn: u32, flags in 0u8..16, stream_id: u16, ssn: u16, ppid: u32,
            payload in prop::collection::vec(any::<u8>(), 0..100)) {
        let data = Data { flags, tsn, stream_id, ssn, ppid, payload: &payload };
        with_chunk(|w| data.write(w), |chunk| assert_eq!(Data::parse(chunk), Ok(data)));
    }

    #[test]
    fn sack(cumulative: u32, a_rwnd: u32, gaps in prop::collection::vec((any::<u16>(), any::<u16>()), 0..20),
            duplicates in prop::collection::vec(any::<u32>(), 0..20)) {
        let blocks: Vec<_> = gaps.iter().map(|(start, end)| GapBlock { start: *start, end: *end }).collect();
        with_chunk(|w| Sack::write(w, cumulative, a_rwnd, blocks.iter().copied(), &duplicates), |chunk| {
            let sack = Sack::parse(chunk).unwrap();
            assert_eq!((sack.cumulative_tsn_ack, sack.a_rwnd), (cumulative, a_rwnd));
            assert_eq!(sack.gaps().collect::<Vec<_>>(), blocks);
            assert_eq!(sack.duplicates().collect::<Vec<_>>(), duplicates);
        });
    }

    #[test]
    fn heartbeat_and_shutdown_and_forward_tsn(info in prop::collection::vec(any::<u8>(), 0..50), tsn: u32,
            skipped in prop::collection::vec((any::<u16>(), any::<u16>()), 0..20)) {
        let heartbeat = Heartbeat { info: &info };
        with_chunk(|w| heartbeat.write(w, ChunkType::HEARTBEAT), |c| assert_eq!(Heartbeat::parse(c), Ok(heartbeat)));
        let shutdown = Shutdown { cumulative_tsn_ack: tsn };
        with_chunk(|w| shutdown.write(w), |chunk| assert_eq!(Shutdown::parse(chunk), Ok(shutdown)));
        with_chunk(|w| ForwardTsn::write(w, tsn, &skipped), |chunk| {
            let skip = ForwardTsn::parse(chunk).unwrap();
            assert_eq!(skip.new_cumulative_tsn, tsn);
            assert_eq!(skip.skipped().collect::<Vec<_>>(), skipped);
        });
    }

    #[test]
    fn errors_and_aborts(code: u16, value in prop::collection::vec(any::<u8>(), 0..50), reflected: bool) {
        let cause = Cause { code: CauseCode(code), value: &value };
        with_chunk(|w| chunk::write_error(w, &cause), |chunk| {
            assert_eq!(Causes::of(chunk).collect::<Vec<_>>(), [Ok(cause)]);
        });
        with_chunk(|w| chunk::write_abort(w, reflected, Some(&cause)), |chunk| {
            assert_eq!((Causes::of(chunk).next(), chunk.flags), (Some(Ok(cause)), u8::from(reflected)));
        });
    }

    #[test]
    fn reconfig(request: u32, response: u32, last_tsn: u32, count: u16, result: u32,
                streams in prop::collection::vec(any::<u8>(), 0..20)) {
        let streams = &streams[..streams.len() / 2 * 2];
        let params = [
            Reconfig::OutgoingReset { request, response, last_tsn, streams },
            Reconfig::IncomingReset { request, streams },
            Reconfig::Other { kind: ParameterType::TSN_RESET, request, count: 0 },
            Reconfig::Other { kind: ParameterType::ADD_OUTGOING, request, count },
            Reconfig::Other { kind: ParameterType::ADD_INCOMING, request, count },
            Reconfig::Response { response, result: ReconfigResult(result) },
        ];
        for pair in params.windows(2) {
            with_chunk(|w| chunk::write_reconfig(w, pair), |chunk| {
                assert_eq!(Reconfig::all(chunk).collect::<Vec<_>>(), [Ok(pair[0]), Ok(pair[1])]);
            });
        }
    }

    #[test]
    fn open(ordered: bool, kind in 0u8..3, limit: u16, priority: u16, label in ".{0,40}", protocol in ".{0,40}") {
        let reliability =
            [Reliability::Reliable, Reliability::Retransmits(limit), Reliability::Lifetime(limit)][usize::from(kind)];
        let open = Open { ordered, reliability, priority, label: &label, protocol: &protocol };
        let mut bytes = Vec::new();
        open.write(&mut Writer::new(&mut bytes));
        prop_assert_eq!(Dcep::parse(&bytes), Ok(Dcep::Open(open)));
        prop_assert!(Dcep::parse(&bytes[..bytes.len() - 1]).is_err() || bytes.len() == 12);
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..120), kind: u8) {
        let mut packet = vec![0; 12];
        packet.extend_from_slice(&bytes);
        if let Some(first) = packet.get_mut(12) { *first = kind; }
        packet::finish(&mut packet);
        for chunk in Packet::parse(&packet).unwrap().chunks().flatten() {
            let _ = Data::parse(&chunk);
            let _ = Sack::parse(&chunk).map(|sack| (sack.gaps().count(), sack.duplicates().count()));
            let _ = Init::parse(&chunk).map(|init| (init.parameters().count(), init.cookie().is_some()));
            let _ = Heartbeat::parse(&chunk);
            let _ = Shutdown::parse(&chunk);
            let _ = ForwardTsn::parse(&chunk).map(|skip| skip.skipped().count());
            let _ = Reconfig::all(&chunk).count();
            let _ = Causes::of(&chunk).count();
        }
        let _ = Dcep::parse(&bytes);
        let _ = Packet::parse(&bytes);
    }
}

//~ covers 9260-3.2-b
#[test]
fn a_chunk_that_says_less_than_its_header_or_more_than_there_is_ends_the_packet() {
    for len in [0u8, 3, 9] {
        let packet = forge(1, |writer| writer.bytes(&[0, 0, 0, len, 1, 2, 3, 4]));
        let parsed: Vec<_> = Packet::parse(&packet).unwrap().chunks().collect();
        assert!(parsed.len() == 1 && parsed[0].is_err(), "{len}");
    }
}
