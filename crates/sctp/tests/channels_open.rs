//! Channels: how they open, what they carry, and what must not work.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sansio::wire::Writer;
use limpid_sctp::chunk::{ChunkType, Data};
use limpid_sctp::datachannel::dcep::{Dcep, Open, ppid};
use limpid_sctp::{
    ChannelConfig, ChannelState, Config, DropReason, Event, Kind, Misuse, Parity, Reliability, Unannounced,
    WriteError,
};

fn data_chunk(tsn: u32, stream_id: u16, ssn: u16, ppid: u32, payload: &[u8]) -> Data<'_> {
    Data { flags: Data::BEGIN | Data::END, tsn, stream_id, ssn, ppid, payload }
}

/// A connected end 1 whose peer is the test: its tag and the next TSN that it expects.
fn against(config_b: Config) -> (Net, u32, u32) {
    let mut net = Net::connected_with(config(1), config_b, Link::PERFECT);
    net.run(MS(100));
    let init = net.log.iter().find(|entry| entry.1 == 0 && kinds(&entry.2) == [ChunkType::INIT]).unwrap();
    let tsn = limpid_sctp::chunk::Init::parse(&chunks(&init.2)[0]).unwrap().initial_tsn;
    let last = net.log.iter().rev().find(|entry| entry.1 == 0).unwrap();
    let tag = tag(&last.2);
    net.filter = Some(Box::new(|_, _, _| false));
    (net, tag, tsn)
}

fn open_message(open: &Open<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    open.write(&mut Writer::new(&mut bytes));
    bytes
}

const OPEN: Open<'_> =
    Open { ordered: true, reliability: Reliability::Reliable, priority: 256, label: "x", protocol: "" };

//~ covers 8832-5.1-a, 8832-6-a, 8832-6-b
#[test]
fn a_channel_opens_with_all_that_was_said_of_it_and_ids_go_by_parity() {
    let mut net = Net::connected(Link::PERFECT);
    let config = ChannelConfig {
        label: "Grüße".into(),
        protocol: "p/1".into(),
        ordered: false,
        reliability: Reliability::Lifetime(500),
        priority: 1024,
        negotiated: None,
    };
    let (ours, theirs) = net.channel(config.clone());
    for (side, id) in [(0, ours), (1, theirs)] {
        let info = net.ends[side].channel(id).unwrap();
        assert_eq!((info.label, info.protocol, info.ordered), ("Grüße", "p/1", false));
        assert_eq!((info.reliability, info.priority), (Reliability::Lifetime(500), 1024));
        assert_eq!((info.stream_id, info.state), (Some(0), ChannelState::Open));
    }
    let now = net.now;
    let back = net.ends[1].open_channel(now, ChannelConfig::default()).unwrap();
    assert_eq!(net.ends[1].channel(back).unwrap().stream_id, Some(1));
}

#[test]
fn channels_opened_before_the_parity_is_known_get_their_ids_later_and_their_messages_follow() {
    let mut net = Net::new(config(1), config(2), Link::PERFECT);
    let now = net.now;
    let mut lone = limpid_sctp::Association::new(config(5), now);
    let first = lone.open_channel(now, ChannelConfig::default()).unwrap();
    let second = lone.open_channel(now, ChannelConfig::default()).unwrap();
    lone.write(now, second, Kind::Text, b"early").unwrap();
    assert_eq!(lone.channel(first).unwrap().stream_id, None);
    lone.set_parity(Parity::Odd);
    assert_eq!(lone.channel(first).unwrap().stream_id, Some(1));
    assert_eq!(lone.channel(second).unwrap().stream_id, Some(3));
    net.ends[1] = lone;
    net.connect(1);
    net.connect(0);
    net.run(MS(500));
    assert_eq!(net.received[0].values().flatten().collect::<Vec<_>>(), [&(Kind::Text, b"early".to_vec())]);
}

//~ covers 8831-6.6-a, 8831-8-a
#[test]
fn empty_messages_and_both_kinds_arrive_as_what_they_are() {
    let mut net = Net::connected(Link::PERFECT);
    let (ours, theirs) = net.channel(ChannelConfig::default());
    let now = net.now;
    let all: [(Kind, &[u8]); 4] =
        [(Kind::Text, b""), (Kind::Binary, b""), (Kind::Text, b"t"), (Kind::Binary, &[0])];
    for (kind, bytes) in all {
        net.ends[0].write(now, ours, kind, bytes).unwrap();
    }
    assert_eq!(net.ends[0].buffered_amount(ours), 2, "empty messages count nothing");
    net.flush(0);
    net.run(MS(100));
    let received: Vec<_> = net.received[1][&theirs].iter().map(|(kind, bytes)| (*kind, &bytes[..])).collect();
    assert_eq!(received, all);
    let ppids: Vec<u32> = net
        .log
        .iter()
        .filter(|entry| entry.1 == 0)
        .flat_map(|entry| chunks(&entry.2))
        .filter(|chunk| chunk.kind == ChunkType::DATA)
        .map(|chunk| Data::parse(&chunk).unwrap().ppid)
        .collect();
    assert_eq!(ppids, [50, 56, 57, 51, 53]);
}

//~ covers 8832-6-c
#[test]
fn messages_of_an_unordered_channel_stay_in_order_until_the_peer_knows_of_it() {
    let mut net = Net::connected(Link::PERFECT);
    let unordered = ChannelConfig { ordered: false, ..ChannelConfig::default() };
    let now = net.now;
    let ours = net.ends[0].open_channel(now, unordered).unwrap();
    net.send(0, ours, b"before");
    net.run(MS(100));
    net.send(0, ours, b"after");
    net.run(MS(100));
    let flags: Vec<u8> = net
        .log
        .iter()
        .filter(|entry| entry.1 == 0)
        .flat_map(|entry| chunks(&entry.2))
        .filter(|chunk| chunk.kind == ChunkType::DATA)
        .map(|chunk| chunk.flags & Data::UNORDERED)
        .collect();
    assert_eq!(flags, [0, 0, Data::UNORDERED]);
}

//~ covers 8832-6-d neg
#[test]
fn an_open_of_wrong_parity_or_on_a_used_stream_or_malformed_is_reset() {
    let cases: [(u16, Vec<u8>); 4] = [
        (1, open_message(&OPEN)), // odd is ours at end 1
        (4, vec![3, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (4, vec![3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xff]),
        (4, vec![3, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0]),
    ];
    for (stream_id, message) in cases {
        let (mut net, tag, tsn) = against(config(2));
        let packet = forge(tag, |w| data_chunk(tsn, stream_id, 0, ppid::DCEP, &message).write(w));
        net.deliver(1, &packet);
        let sent = net.sent(1).concat();
        assert!(sent.contains(&ChunkType::RECONFIG), "{stream_id} {message:?}");
        assert!(!net.events[1].iter().any(|event| matches!(event, Event::ChannelAccepted(_))));
        assert_eq!(net.ends[1].stats().dropped[DropReason::BadDcep], 1);
    }
    let (mut net, tag, tsn) = against(config(2));
    let open = open_message(&OPEN);
    for n in 0..2 {
        net.deliver(1, &forge(tag, |w| data_chunk(tsn + n, 6, n as u16, ppid::DCEP, &open).write(w)));
    }
    assert!(net.events[1].iter().any(|event| matches!(event, Event::ChannelClosing(_))), "opened twice");
}

//~ covers 8832-6-e
#[test]
fn data_that_overtakes_its_open_is_held_within_bounds() {
    let (mut net, tag, tsn) = against(config(2));
    let unordered = Data { flags: 7, ..data_chunk(tsn + 1, 8, 0, ppid::BINARY, b"early") };
    net.deliver(1, &forge(tag, |w| unordered.write(w)));
    assert_eq!(net.events[1], [Event::Connected]);
    let open = open_message(&OPEN);
    net.deliver(1, &forge(tag, |w| data_chunk(tsn, 8, 0, ppid::DCEP, &open).write(w)));
    let messages: Vec<_> = net.received[1].values().flatten().map(|message| message.1.clone()).collect();
    assert_eq!(messages, [b"early".to_vec()]);

    let (mut net, tag, tsn) = against(config(2));
    let payload = [9; 1000];
    for n in 0..2000 {
        let stream_id = (n % 500) as u16;
        let data = Data { flags: 7, ..data_chunk(tsn + n, stream_id, 0, ppid::BINARY, &payload) };
        net.deliver(1, &forge(tag, |w| data.write(w)));
    }
    let stats = net.ends[1].stats();
    assert!(stats.receive_held < 300_000, "{}", stats.receive_held);
    assert!(stats.dropped[DropReason::NoChannel] > 1500);
}

#[test]
fn what_waits_elsewhere_takes_no_place_from_data_that_overtakes_its_open() {
    let mut net = Net::connected(Link::PERFECT);
    let (ours, _) = net.channel(ChannelConfig::default());
    net.reading[1] = false;
    for n in 0..8 {
        net.send(0, ours, &pattern(n, 60_000));
        net.run(MS(200));
    }
    let negotiated = ChannelConfig { negotiated: Some(9), ..ChannelConfig::default() };
    let now = net.now;
    let early = net.ends[0].open_channel(now, negotiated.clone()).unwrap();
    net.send(0, early, b"early");
    net.run(MS(200));
    let now = net.now;
    let theirs = net.ends[1].open_channel(now, negotiated).unwrap();
    assert_eq!(net.ends[1].read(theirs).map(|message| message.bytes), Some(&b"early"[..]));
}

#[test]
fn an_echo_accepts_streams_that_nobody_opened() {
    let (mut net, tag, tsn) = against(Config { unannounced: Unannounced::AcceptReliable, ..config(2) });
    net.deliver(1, &forge(tag, |w| data_chunk(tsn, 7, 0, ppid::STRING, b"hello").write(w)));
    let Some(Event::ChannelAccepted(id)) = net.events[1].get(1) else { panic!("{:?}", net.events[1]) };
    let info = net.ends[1].channel(*id).unwrap();
    assert_eq!((info.stream_id, info.negotiated, info.ordered), (Some(7), true, true));
    assert_eq!(net.messages(1, *id), [b"hello"]);
}

#[test]
fn negotiated_channels_speak_no_dcep_and_take_early_data() {
    let mut net = Net::connected(Link::PERFECT);
    let config = ChannelConfig { negotiated: Some(9), ..ChannelConfig::default() };
    let now = net.now;
    let ours = net.ends[0].open_channel(now, config.clone()).unwrap();
    net.send(0, ours, b"first");
    net.run(MS(50));
    let now = net.now;
    let theirs = net.ends[1].open_channel(now, config.clone()).unwrap();
    assert_eq!(net.ends[1].open_channel(now, config), Err(Misuse::StreamInUse));
    net.flush(1);
    assert_eq!(net.messages(1, theirs), [b"first"]);
    assert!(net.events[0].contains(&Event::ChannelOpened(ours)));
    let too_high = ChannelConfig { negotiated: Some(65_535), ..ChannelConfig::default() };
    assert_eq!(net.ends[0].open_channel(now, too_high), Err(Misuse::BadStreamId));
    let dcep = net.log.iter().flat_map(|entry| chunks(&entry.2)).filter(|chunk| {
        chunk.kind == ChunkType::DATA && Data::parse(chunk).is_ok_and(|data| data.ppid == ppid::DCEP)
    });
    assert_eq!(dcep.count(), 0);
}

//~ covers 8831-6.6-b neg
#[test]
fn an_unknown_ppid_closes_its_channel_alone() {
    let (mut net, tag, tsn) = against(config(2));
    let open = open_message(&OPEN);
    net.deliver(1, &forge(tag, |w| data_chunk(tsn, 2, 0, ppid::DCEP, &open).write(w)));
    net.deliver(1, &forge(tag, |w| data_chunk(tsn + 1, 4, 0, ppid::DCEP, &open).write(w)));
    net.deliver(1, &forge(tag, |w| data_chunk(tsn + 2, 2, 1, 999, b"?").write(w)));
    net.deliver(1, &forge(tag, |w| data_chunk(tsn + 3, 4, 1, ppid::BINARY, b"fine").write(w)));
    let closing = net.events[1].iter().filter(|event| matches!(event, Event::ChannelClosing(_)));
    assert_eq!(closing.count(), 1);
    assert_eq!(net.received[1].values().flatten().count(), 1);
}

#[test]
fn limits_are_told_at_once() {
    let mut net = Net::connected_with(
        Config { send_buffer: 10_000, ..config(1) },
        Config { max_channels: 3, ..config(2) },
        Link::PERFECT,
    );
    let (ours, _) = net.channel(ChannelConfig::default());
    net.ends[0].set_remote_max_message_size(1000);
    assert_eq!(net.write(0, ours, &[0; 1001]), Err(WriteError::TooLarge));
    net.ends[0].set_remote_max_message_size(0);
    net.ends[0].set_low_water(ours, 100);
    net.filter = Some(Box::new(|_, _, _| false));
    let taken = (0..100).take_while(|_| net.write(0, ours, &[0; 1000]).is_ok()).count();
    assert_eq!((taken, net.ends[0].buffered_amount(ours)), (10, 10_000));
    assert_eq!(net.write(0, ours, &[0; 1000]), Err(WriteError::Full));
    net.filter = None;
    net.flush(0);
    net.run(MS(5000));
    let events = &net.events[0];
    assert!(events.contains(&Event::Writable(ours)) && events.contains(&Event::BufferedAmountLow(ours)));
    assert_eq!(net.write(0, ours, &[0; 1000]), Ok(()));

    let now = net.now;
    for _ in 0..4 {
        net.ends[0].open_channel(now, ChannelConfig::default()).unwrap();
    }
    net.flush(0);
    net.run(MS(5000));
    let closed = net.events[0].iter().filter(|event| matches!(event, Event::ChannelClosed(_)));
    assert_eq!(closed.count(), 2, "five were wanted, three are allowed");
    let long = ChannelConfig { label: "x".repeat(65_536), ..ChannelConfig::default() };
    assert_eq!(net.ends[0].open_channel(now, long), Err(Misuse::LabelTooLong));
}

//~ covers 8831-6.4-a
#[test]
fn a_busy_channel_does_not_starve_others_and_weight_counts() {
    let mut net = Net::connected(Link { delay: MS(10), ..Link::PERFECT });
    net.reading = [true, true];
    let mut ids = Vec::new();
    for priority in [128, 1024] {
        ids.push(net.channel(ChannelConfig { priority, ..ChannelConfig::default() }));
    }
    for n in 0..400 {
        for (ours, _) in &ids {
            net.write(0, *ours, &pattern(n, 2000)).unwrap();
        }
    }
    net.flush(0);
    let count = |net: &Net, at: usize| net.received[1].get(&ids[at].1).map_or(0, Vec::len);
    net.run_until(MS(60_000), |net| count(net, 1) >= 300);
    let share = (count(&net, 0), count(&net, 1));
    assert!((25..=60).contains(&share.0), "{share:?}");
    net.run(MS(20_000));
    assert_eq!((count(&net, 0), count(&net, 1)), (400, 400));
}

//~ covers 8832-5.2-a
#[test]
fn dcep_messages_read_back() {
    let open = Open { reliability: Reliability::Retransmits(3), ordered: false, label: "é", ..OPEN };
    let bytes = open_message(&open);
    assert_eq!(bytes[..12], [3, 0x81, 1, 0, 0, 0, 0, 3, 0, 2, 0, 0]);
    assert_eq!(Dcep::parse(&bytes), Ok(Dcep::Open(open)));
    assert_eq!(Dcep::parse(&[2]), Ok(Dcep::Ack));
    assert!(Dcep::parse(&[]).is_err() && Dcep::parse(&[9]).is_err());
}
