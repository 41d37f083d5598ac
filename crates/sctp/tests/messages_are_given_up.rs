//! Partial reliability: by retransmissions and by lifetime (RFC 3758, RFC 7496).
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sctp::chunk::{ChunkType, Data, ForwardTsn};
use limpid_sctp::{ChannelConfig, Reliability};

fn channel(reliability: Reliability, ordered: bool) -> ChannelConfig {
    ChannelConfig { reliability, ordered, ..ChannelConfig::default() }
}

fn is_data(packet: &[u8]) -> bool {
    kinds(packet).contains(&ChunkType::DATA)
}

/// Loses the packets of end 0 whose DATA count is in `lost`, from now on.
fn lose(net: &mut Net, lost: &'static [usize]) {
    let mut count = 0;
    net.filter = Some(Box::new(move |side, _, packet| {
        let data = side == 0 && is_data(packet);
        count += usize::from(data);
        !(data && lost.contains(&count))
    }));
}

//~ covers 3758-3.5-a, 3758-3.5-b, 3758-3.6-a
#[test]
fn without_retransmissions_a_loss_is_skipped_and_the_rest_arrives_in_order() {
    for ordered in [true, false] {
        let mut net = Net::connected(Link::PERFECT);
        let (ours, theirs) = net.channel(channel(Reliability::Retransmits(0), ordered));
        lose(&mut net, &[3, 4, 8]);
        for n in 0..12 {
            net.send(0, ours, &pattern(n, 500));
            net.run(MS(2));
        }
        net.run(MS(3000));
        let expected: Vec<_> = (0..12).filter(|n| ![2, 3, 7].contains(n)).map(|n| pattern(n, 500)).collect();
        assert_eq!(net.messages(1, theirs), expected, "ordered {ordered}");
        let stats = net.ends[0].stats();
        assert_eq!((stats.abandoned, stats.retransmits, stats.send_held, stats.flight), (3, 0, 0, 0));
        let skips: Vec<_> = net
            .log
            .iter()
            .flat_map(|entry| chunks(&entry.2))
            .filter(|chunk| chunk.kind == ChunkType::FORWARD_TSN)
            .map(|chunk| ForwardTsn::parse(&chunk).unwrap().skipped().count())
            .collect();
        assert!(!skips.is_empty() && skips.iter().all(|count| *count == usize::from(ordered)), "{skips:?}");
    }
}

//~ covers 7496-3.1-a
#[test]
fn a_limit_counts_retransmissions() {
    for (limit, copies) in [(0, 1), (1, 2), (3, 4)] {
        let mut net = Net::connected(Link::PERFECT);
        let (ours, theirs) = net.channel(channel(Reliability::Retransmits(limit), true));
        net.filter = Some(Box::new(|side, _, packet| !(side == 0 && is_data(packet))));
        net.log.clear();
        net.send(0, ours, b"never");
        net.run(MS(60_000));
        let sent = net.log.iter().filter(|entry| entry.1 == 0 && is_data(&entry.2)).count();
        // Tail-loss probes are retransmissions too.
        assert_eq!(sent, copies, "limit {limit}");
        net.filter = None;
        net.send(0, ours, b"next");
        net.run(MS(10_000));
        assert_eq!(net.messages(1, theirs), [b"next"]);
    }
}

//~ covers 3758-3.5-c, 7496-3-a
#[test]
fn a_large_message_is_given_up_whole_even_if_part_of_it_was_never_sent() {
    let mut net = Net::connected(Link { delay: MS(20), ..Link::PERFECT });
    net.ends[0].set_remote_max_message_size(0);
    let (ours, theirs) = net.channel(channel(Reliability::Retransmits(0), true));
    lose(&mut net, &[2]);
    net.send(0, ours, &pattern(1, 200_000)); // twenty first windows
    net.send(0, ours, b"after");
    net.run(MS(5000));
    assert_eq!(net.messages(1, theirs), [b"after"]);
    let stats = (net.ends[0].stats(), net.ends[1].stats());
    assert_eq!((stats.0.abandoned, stats.0.send_held, stats.1.receive_held), (1, 0, 0));
    assert!(stats.0.bytes_sent < 100_000, "the rest was not sent: {}", stats.0.bytes_sent);
}

//~ covers 3758-4.1-a
#[test]
fn a_lifetime_ends_before_the_first_transmission_too() {
    let mut net = Net::connected(Link { delay: MS(50), ..Link::PERFECT });
    let (ours, theirs) = net.channel(channel(Reliability::Lifetime(30), true));
    net.ends[0].set_remote_max_message_size(0);
    for n in 0..100 {
        net.write(0, ours, &pattern(n, 1000)).unwrap();
    }
    net.flush(0);
    net.run(MS(5000));
    let count = net.messages(1, theirs).len();
    assert!((9..30).contains(&count), "one first window and no more: {count}");
    assert_eq!(net.ends[0].stats().abandoned as usize, 100 - count);
    assert_eq!((net.ends[0].buffered_amount(ours), net.ends[0].stats().send_held), (0, 0));
    net.send(0, ours, b"fresh");
    net.run(MS(500));
    assert_eq!(net.messages(1, theirs).last().unwrap(), b"fresh");
}

#[test]
fn what_arrives_over_a_bad_wire_is_a_part_of_what_was_sent_in_order_and_whole() {
    for (seed, reliability) in
        (1..).zip([Reliability::Retransmits(0), Reliability::Retransmits(2), Reliability::Lifetime(60)])
    {
        for ordered in [true, false] {
            let link = Link { delay: MS(15), jitter: MS(5), loss: 20, duplicate: 5 };
            let mut net = Net::connected_with(config(seed), config(seed + 50), link);
            net.keep_log = false;
            let (ours, theirs) = net.channel(channel(reliability, ordered));
            let sizes = [1, 700, 1168, 3000, 20_000];
            let messages: Vec<Vec<u8>> = (0..300)
                .map(|n| {
                    let mut message = pattern(n, sizes[n % 5].max(4));
                    message[..4].copy_from_slice(&(n as u32).to_be_bytes());
                    message
                })
                .collect();
            for message in &messages {
                net.send(0, ours, message);
                net.run(MS(4));
            }
            net.run(MS(60_000));
            let received = net.messages(1, theirs);
            let numbers: Vec<usize> = received
                .iter()
                .map(|message| u32::from_be_bytes(message[..4].try_into().unwrap()) as usize)
                .collect();
            assert!(numbers.iter().zip(&received).all(|(n, message)| messages[*n] == *message));
            if ordered {
                assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
            }
            let unique: std::collections::BTreeSet<_> = numbers.iter().collect();
            assert_eq!(unique.len(), numbers.len(), "none twice");
            assert!(received.len() > 20, "{reliability:?} {ordered}: {}", received.len());
            let (a, b) = (net.ends[0].stats(), net.ends[1].stats());
            assert_eq!((a.send_held, a.flight, b.receive_held), (0, 0, 0), "{reliability:?} {ordered}");
        }
    }
}

//~ covers 3758-3.1-a
#[test]
fn a_peer_that_does_not_know_forward_tsn_gets_everything() {
    let mut net = Net::new(config(1), config(2), Link::PERFECT);
    // The peer's announcements are overwritten on the way: 0xC000 becomes an unknown parameter that is skipped, and the
    // list of chunk types loses FORWARD TSN.
    let mut first = true;
    net.filter = Some(Box::new(move |side, _, _| side != 0 || !std::mem::take(&mut first)));
    net.connect(0);
    let mut init = net.log[0].2.clone();
    let at = init.windows(4).position(|bytes| bytes == [0xc0, 0, 0, 4]).unwrap();
    init[at] = 0x80;
    init[at + 1] = 0x77;
    let list = init.windows(3).position(|bytes| bytes == [0x82, 0xc0, 0x84]).unwrap();
    init[list + 1] = 0x84;
    init[8..12].fill(0);
    limpid_sctp::packet::finish(&mut init);
    net.deliver(1, &init);
    net.run(MS(200));
    assert!(net.is_up() && !net.ends[1].info().unwrap().forward_tsn);
    net.filter = None;
    let now = net.now;
    let ours = net.ends[1].open_channel(now, channel(Reliability::Retransmits(0), true)).unwrap();
    net.flush(1);
    net.run(MS(100));
    let mut left = 1;
    net.filter = Some(Box::new(move |side, _, packet| {
        let lose = side == 1 && is_data(packet) && left > 0;
        left -= i32::from(lose);
        !lose
    }));
    net.send(1, ours, b"kept");
    net.run(MS(5000));
    assert_eq!(net.received[0].values().flatten().count(), 1);
    let data = net.log.iter().flat_map(|entry| chunks(&entry.2)).filter(|c| Data::parse(c).is_ok()).count();
    assert!(data > 0);
}
