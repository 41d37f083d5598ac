//! A peer that holds the right tag and means ill: bounded memory, no panic, no endless work.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sansio::wire::Writer;
use limpid_sansio::{Machine, conformance};
use limpid_sctp::chunk::{ChunkType, Reconfig};
use limpid_sctp::chunk::{
    Data, ForwardTsn, GapBlock, Init, ReconfigResult, Sack, write_cookie_echo, write_reconfig,
};
use limpid_sctp::{Association, ChannelConfig, Config, DropReason, Error, Inbound, Kind, State};
use proptest::prelude::*;

/// End 0 is up; its peer is the test. The tag to use, the peer's next TSN, and the first of end 0's own.
fn victim(seed: u8) -> (Net, u32, u32, u32) {
    let mut net = Net::connected_with(config(seed), config(seed + 1), Link::PERFECT);
    net.run(MS(100));
    let init = |side| {
        let of_side = |entry: &&(_, usize, Vec<u8>)| entry.1 == side && kinds(&entry.2) == [ChunkType::INIT];
        let entry = net.log.iter().find(of_side).unwrap();
        Init::parse(&chunks(&entry.2)[0]).map(|init| (init.initiate_tag, init.initial_tsn)).unwrap()
    };
    let ((tag, own_tsn), (_, peer_tsn)) = (init(0), init(1));
    net.filter = Some(Box::new(|_, _, _| false));
    net.keep_log = false;
    (net, tag, peer_tsn, own_tsn)
}

//~ covers 9260-6.2.1-b neg
#[test]
fn sacks_that_lie_are_dropped() {
    let (mut net, tag, _, own) = victim(1);
    let now = net.now;
    let id = net.ends[0].open_channel(now, ChannelConfig::default()).unwrap();
    net.send(0, id, &[7; 5000]);
    let flight = net.ends[0].stats().flight;
    let lie = |cumulative: u32, gaps: &[(u16, u16)]| {
        let blocks: Vec<_> = gaps.iter().map(|(start, end)| GapBlock { start: *start, end: *end }).collect();
        forge(tag, |w| Sack::write(w, cumulative, 100_000, blocks.iter().copied(), &[]))
    };
    let before = own.wrapping_sub(1);
    let lies = [
        lie(own.wrapping_add(1000), &[]),
        lie(before.wrapping_sub(5), &[]),
        lie(before, &[(2, 60_000)]),
        lie(before, &[(3, 2)]),
        lie(before, &[(4, 4), (2, 2)]),
        lie(before, &[(0, 2)]),
        lie(before.wrapping_add(1 << 31), &[]),
    ];
    for packet in &lies {
        net.deliver(0, packet);
    }
    let stats = net.ends[0].stats();
    assert_eq!((stats.dropped[DropReason::BadSack], stats.flight), (lies.len() as u64, flight));
}

//~ covers 9260-6.2.1-a neg
#[test]
fn gap_acks_may_be_taken_back() {
    let (mut net, tag, _, own) = victim(3);
    let now = net.now;
    let id = net.ends[0].open_channel(now, ChannelConfig::default()).unwrap();
    net.send(0, id, &[7; 5000]);
    let flight = net.ends[0].stats().flight;
    let sack = |gaps: &[GapBlock]| {
        let gaps = gaps.to_vec();
        forge(tag, |w| Sack::write(w, own.wrapping_sub(1), 100_000, gaps.iter().copied(), &[]))
    };
    net.deliver(0, &sack(&[GapBlock { start: 3, end: 3 }]));
    assert!(net.ends[0].stats().flight < flight);
    net.deliver(0, &sack(&[]));
    assert_eq!(net.ends[0].stats().flight, flight);
    net.deliver(0, &forge(tag, |w| Sack::write(w, own.wrapping_add(5), 100_000, [].into_iter(), &[])));
    assert_eq!(net.ends[0].stats().flight, 0);
}

#[test]
fn gap_bombs_hold_little_and_cost_little() {
    let (mut net, tag, tsn, _) = victim(5);
    let payload = [1; 4];
    for n in 0..100_000u32 {
        let tsn = tsn.wrapping_add(1 + 2 * n);
        let data = Data { flags: Data::BEGIN, tsn, stream_id: 0, ssn: 0, ppid: 53, payload: &payload };
        let packet = forge(tag, |w| data.write(w));
        let _ = net.ends[0].handle_input(net.now, Inbound { ecn: None, bytes: &packet });
        if n % 100 == 0 {
            net.flush(0);
        }
    }
    let stats = net.ends[0].stats();
    assert!(stats.receive_held < 200_000, "{}", stats.receive_held);
    assert!(stats.dropped[DropReason::TooManyGaps] > 99_000);
}

#[test]
fn data_beyond_the_window_is_not_kept() {
    let (mut net, tag, tsn, _) = victim(7);
    let payload = vec![1; 1100];
    // One message that never ends, and nothing of which is ever read.
    let mut failed = None;
    for n in 0..20_000u32 {
        let flags = if n == 0 { Data::BEGIN } else { 0 };
        let data =
            Data { flags, tsn: tsn.wrapping_add(n), stream_id: 0, ssn: 0, ppid: 53, payload: &payload };
        let packet = forge(tag, |w| data.write(w));
        if let Err(error) = net.ends[0].handle_input(net.now, Inbound { ecn: None, bytes: &packet }) {
            failed = Some((n, error));
            break;
        }
    }
    // Longer than our description allowed: Out of Resource.
    assert_eq!(failed, Some((238, Error::Violation(4))));
}

//~ covers 9260-6.2-d neg
#[test]
fn data_without_data_and_fragments_without_sense_end_the_association() {
    let (mut net, tag, tsn, _) = victim(9);
    let data = Data { flags: 3, tsn, stream_id: 0, ssn: 0, ppid: 53, payload: b"" };
    let packet = forge(tag, |w| data.write(w));
    let result = net.ends[0].handle_input(net.now, Inbound { ecn: None, bytes: &packet });
    assert_eq!(result, Err(Error::Violation(9)));

    let (mut net, tag, tsn, _) = victim(9);
    let middle = Data { flags: 0, payload: b"x", ..data };
    let packet = forge(tag, |w| Data { tsn, ..middle }.write(w));
    let result = net.ends[0].handle_input(net.now, Inbound { ecn: None, bytes: &packet });
    assert_eq!(result, Err(Error::Violation(13)), "a middle without a beginning");
}

//~ covers 9260-6.5-a neg
#[test]
fn a_stream_beyond_those_agreed_on_is_acknowledged_and_reported() {
    let few = Config { streams: 10, ..config(12) };
    let mut net = Net::connected_with(few, config(13), Link::PERFECT);
    net.run(MS(100));
    let now = net.now;
    assert_eq!(net.ends[1].info().unwrap().outbound_streams, 10);
    let too_high = ChannelConfig { negotiated: Some(10), ..ChannelConfig::default() };
    assert!(net.ends[1].open_channel(now, too_high).is_err());
    let tsn =
        Init::parse(&chunks(&net.log.iter().find(|entry| entry.1 == 1).unwrap().2)[0]).unwrap().initial_tsn;
    let tag = tag(&net.log.iter().rev().find(|entry| entry.1 == 1).unwrap().2);
    let data = Data { flags: 3, tsn, stream_id: 10, ssn: 0, ppid: 53, payload: b"x" };
    net.deliver(0, &forge(tag, |w| data.write(w)));
    let last = net.sent(0).pop().unwrap();
    assert_eq!(last, [ChunkType::ERROR, ChunkType::SACK]);
}

//~ covers 6525-5.2.1-a, 6525-5.2.2-a, 6525-4.4-a
#[test]
fn resets_are_answered_in_their_turn_and_evaluated_again_while_in_progress() {
    let (mut net, tag, tsn, _) = victim(15);
    net.keep_log = true;
    let reset = |request: u32, last_tsn: u32| {
        let request = Reconfig::OutgoingReset { request, response: 0, last_tsn, streams: &[0, 4] };
        forge(tag, |w| write_reconfig(w, &[request]))
    };
    let result = |net: &Net| {
        let packet = net.log.last().unwrap().2.clone();
        let answer = chunks(&packet).into_iter().find(|chunk| chunk.kind == ChunkType::RECONFIG).unwrap();
        match Reconfig::all(&answer).next() {
            Some(Ok(Reconfig::Response { result, .. })) => result,
            other => panic!("{other:?}"),
        }
    };
    let before = tsn.wrapping_sub(1);
    net.deliver(0, &reset(tsn.wrapping_add(5), before));
    assert_eq!(result(&net), ReconfigResult::BAD_SEQUENCE_NUMBER);
    net.deliver(0, &reset(tsn, tsn));
    assert_eq!(result(&net), ReconfigResult::IN_PROGRESS);
    net.deliver(0, &reset(tsn, tsn));
    assert_eq!(result(&net), ReconfigResult::IN_PROGRESS);
    let data = Data { flags: 3, tsn, stream_id: 4, ssn: 0, ppid: 53, payload: b"x" };
    net.deliver(0, &forge(tag, |w| data.write(w)));
    assert_eq!(result(&net), ReconfigResult::PERFORMED, "told as soon as the data is here");
    net.deliver(0, &reset(tsn, tsn));
    assert_eq!(result(&net), ReconfigResult::PERFORMED, "the same number, the same answer");
    let more = Reconfig::Other {
        kind: limpid_sctp::param::ParameterType::ADD_OUTGOING,
        request: tsn.wrapping_add(1),
        count: 9,
    };
    net.deliver(0, &forge(tag, |w| write_reconfig(w, &[more])));
    assert_eq!(result(&net), ReconfigResult::DENIED);
}

//~ covers 9260-3.2-a
#[test]
fn unknown_chunks_are_skipped_or_reported_as_their_type_says() {
    for (kind, error, goes_on) in
        [(0x3f, false, false), (0x40, true, false), (0xbf, false, true), (0xff, true, true)]
    {
        let (mut net, tag, tsn, _) = victim(17);
        net.keep_log = true;
        net.log.clear();
        let data = Data { flags: 3, tsn, stream_id: 0, ssn: 0, ppid: 53, payload: b"x" };
        let packet = forge(tag, |w| {
            w.bytes(&[kind, 0, 0, 6, 1, 2, 0, 0]);
            data.write(w);
        });
        net.deliver(0, &packet);
        let sent = net.sent(0).concat();
        assert_eq!(
            (sent.contains(&ChunkType::ERROR), sent.contains(&ChunkType::SACK)),
            (error, goes_on),
            "{kind:#x}"
        );
    }
}

#[test]
fn nonsense_from_a_peer_that_resets_no_streams_takes_no_places() {
    let mut end = Association::new(config(1), start());
    let (cookie, tag) = knock(&mut end);
    answer(&mut end, &forge(tag, |w| write_cookie_echo(w, &cookie)));
    for n in 0..100u16 {
        let tsn = 7 + u32::from(n);
        let data = Data { flags: 3, tsn, stream_id: n % 60, ssn: 0, ppid: 999, payload: b"?" };
        answer(&mut end, &forge(tag, |w| data.write(w)));
    }
    assert_eq!(end.stats().dropped[DropReason::UnknownPpid], 100);
}

fn any_chunk(tsn: u32, own: u32) -> impl Strategy<Value = Vec<u8>> {
    let near = move |base: u32| (0u32..40).prop_map(move |off| base.wrapping_add(off).wrapping_sub(5));
    let data = (near(tsn), 0u8..16, 0u16..6, 0u16..4, 49u32..59, prop::collection::vec(any::<u8>(), 0..40))
        .prop_map(|(tsn, flags, stream_id, ssn, ppid, payload)| {
            let mut out = Vec::new();
            let data = Data { flags, tsn, stream_id, ssn, ppid, payload: &payload };
            data.write(&mut Writer::new(&mut out));
            out
        });
    let sack = (near(own), any::<u16>(), prop::collection::vec((0u16..30, 0u16..30), 0..4)).prop_map(
        |(cumulative, window, gaps)| {
            let mut out = Vec::new();
            let blocks: Vec<_> =
                gaps.iter().map(|(start, end)| GapBlock { start: *start, end: *end }).collect();
            let writer = &mut Writer::new(&mut out);
            Sack::write(writer, cumulative, window.into(), blocks.iter().copied(), &[]);
            out
        },
    );
    let skip = (near(tsn), prop::collection::vec((0u16..6, 0u16..5), 0..3)).prop_map(|(tsn, skipped)| {
        let mut out = Vec::new();
        ForwardTsn::write(&mut Writer::new(&mut out), tsn, &skipped);
        out
    });
    let reset = (near(tsn), near(tsn), prop::collection::vec(any::<u8>(), 0..3)).prop_map(
        |(request, last_tsn, ids)| {
            let streams: Vec<u8> = ids.iter().flat_map(|id| [0, id % 6]).collect();
            let mut out = Vec::new();
            let reset = Reconfig::OutgoingReset { request, response: 0, last_tsn, streams: &streams };
            write_reconfig(&mut Writer::new(&mut out), &[reset]);
            out
        },
    );
    let answer = (near(own), 0u32..8).prop_map(|(response, result)| {
        let mut out = Vec::new();
        let answer = Reconfig::Response { response, result: ReconfigResult(result) };
        write_reconfig(&mut Writer::new(&mut out), &[answer]);
        out
    });
    let raw = (any::<u8>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..30)).prop_map(
        |(kind, flags, value)| {
            let mut out = vec![if kind == 6 { 0 } else { kind }, flags];
            out.extend_from_slice(&(value.len() as u16 + 4).to_be_bytes());
            out.extend_from_slice(&value);
            out.resize(out.len().next_multiple_of(4), 0);
            out
        },
    );
    prop_oneof![4 => data, 3 => sack, 1 => skip, 1 => reset, 1 => answer, 1 => raw]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_sequence_of_chunks_from_the_peer_breaks_the_contract_or_the_bounds(
        packets in prop::collection::vec(
            prop::collection::vec(any_chunk(TSN, OWN), 1..4), 1..60),
        seed in any::<u8>(),
    ) {
        let (mut net, tag, tsn, own) = victim(seed.wrapping_mul(2));
        let now = net.now;
        let reliability = limpid_sctp::Reliability::Retransmits(0);
        let lossy = ChannelConfig { reliability, ..ChannelConfig::default() };
        let ids = [ChannelConfig::default(), lossy].map(|config| net.ends[0].open_channel(now, config).unwrap());
        net.flush(0);
        for (n, packet) in packets.iter().enumerate() {
            let _ = net.ends[0].write(net.now, ids[n % 2], Kind::Binary, &[3; 700]);
            let moved: Vec<Vec<u8>> = packet.iter().map(|chunk| rebase(chunk, tsn, own)).collect();
            net.deliver(0, &forge(tag, |w| moved.iter().for_each(|chunk| w.bytes(chunk))));
            net.run(MS(1 + (n as u64 % 7) * 90));
            let stats = net.ends[0].stats();
            prop_assert!(stats.receive_held < 1 << 20 && stats.flight <= 200_000);
            conformance::check_early_timeout_is_harmless(&mut net.ends[0], net.now);
        }
        net.ends[0].close_channel(net.now, ids[0]);
        net.flush(0);
        net.run(MS(400_000));
        prop_assert!(net.ends[0].finished(), "nobody answers: it must end");
    }

    #[test]
    fn arbitrary_packets_are_noise(bytes in prop::collection::vec(any::<u8>(), 0..200), sound in any::<bool>()) {
        let mut end = Association::new(config(1), start());
        let mut packet = bytes;
        if sound && packet.len() >= 12 {
            packet[..4].copy_from_slice(&[0x13, 0x88, 0x13, 0x88]);
            packet[8..12].fill(0);
            limpid_sctp::packet::finish(&mut packet);
        }
        for connect in [false, true] {
            if connect { end.connect(start()); }
            prop_assert_eq!(end.handle_input(start(), Inbound { ecn: None, bytes: &packet }), Ok(()));
            conformance::check_timeout_moves_on(&mut end, start());
            prop_assert!(matches!(end.state(), State::Closed | State::CookieWait));
        }
    }
}

/// Generated chunks count from these; a run moves them to the numbers of its association.
const TSN: u32 = 0x1000_0000;
const OWN: u32 = 0x2000_0000;

fn rebase(chunk: &[u8], tsn: u32, own: u32) -> Vec<u8> {
    let mut chunk = chunk.to_vec();
    let at = if chunk[0] == ChunkType::RECONFIG.0 { 8 } else { 4 };
    for at in [at, at + 8] {
        let Some(word) = chunk.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]])) else {
            break;
        };
        let moved = if word.abs_diff(TSN) < 100 {
            word.wrapping_sub(TSN).wrapping_add(tsn)
        } else if word.abs_diff(OWN) < 100 {
            word.wrapping_sub(OWN).wrapping_add(own)
        } else {
            continue;
        };
        chunk[at..at + 4].copy_from_slice(&moved.to_be_bytes());
    }
    chunk
}
