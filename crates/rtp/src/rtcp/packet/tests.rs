//! Whatever is written reads back, and whatever comes is read without harm.

use proptest::collection::vec;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;
use crate::rtcp::*;

fn ssrc() -> impl Strategy<Value = Ssrc> {
    any::<u32>().prop_map(Ssrc)
}

fn block() -> impl Strategy<Value = ReportBlock> {
    (ssrc(), any::<u8>(), ReportBlock::CUMULATIVE_LOST, any::<[u32; 4]>()).prop_map(
        |(ssrc, fraction_lost, cumulative_lost, rest)| ReportBlock {
            ssrc,
            fraction_lost,
            cumulative_lost,
            highest_sequence: rest[0],
            jitter: rest[1],
            last_sender_report: rest[2],
            delay_since_last: rest[3],
        },
    )
}

/// A source and its items.
type Described = (Ssrc, Vec<(u8, Vec<u8>)>);

/// One step of writing a datagram.
#[derive(Clone, Debug)]
enum Step {
    Sender(Ssrc, SenderInfo, Vec<ReportBlock>),
    Receiver(Ssrc, Vec<ReportBlock>),
    Description(Vec<Described>),
    Goodbye(Vec<Ssrc>, Option<Vec<u8>>),
    Application(u8, Ssrc, [u8; 4], Vec<[u8; 4]>),
    Nack(Ssrc, Ssrc, Vec<u16>),
    PictureLoss(Ssrc, Ssrc),
    FullIntra(Ssrc, Vec<(Ssrc, u8)>),
    Remb(Ssrc, u64, Vec<Ssrc>),
    Limits(bool, Ssrc, Vec<(Ssrc, u64, u16)>),
    Extended(Ssrc, Option<u64>, Vec<(Ssrc, [u32; 2])>, Vec<[u8; 4]>),
    Feedback(bool, Ssrc, Ssrc, Vec<[u8; 4]>),
}

fn reports() -> impl Strategy<Value = Step> {
    let info = (any::<u64>(), any::<[u32; 3]>()).prop_map(|(ntp, [rtp_timestamp, packets, octets])| {
        SenderInfo { ntp, rtp_timestamp, packets, octets }
    });
    let description = vec((ssrc(), vec((1u8.., vec(any::<u8>(), 0..40)), 0..4)), 1..4);
    prop_oneof![
        (ssrc(), info, vec(block(), 0..=31)).prop_map(|(a, b, c)| Step::Sender(a, b, c)),
        (ssrc(), vec(block(), 0..=31)).prop_map(|(a, b)| Step::Receiver(a, b)),
        description.prop_map(Step::Description),
        (vec(ssrc(), 1..=31), proptest::option::of(vec(b' '..=b'~', 0..255)))
            .prop_map(|(a, b)| Step::Goodbye(a, b)),
        (0u8..32, ssrc(), any::<[u8; 4]>(), vec(any::<[u8; 4]>(), 0..9))
            .prop_map(|(a, b, c, d)| Step::Application(a, b, c, d)),
        (
            ssrc(),
            proptest::option::of(any::<u64>()),
            vec((ssrc(), any::<[u32; 2]>()), 1..4),
            vec(any::<[u8; 4]>(), 0..9)
        )
            .prop_map(|(a, b, c, d)| Step::Extended(a, b, c, d)),
    ]
}

fn feedback() -> impl Strategy<Value = Step> {
    // A mantissa of 17 bits and room for it to be shifted.
    let rate = (0u64..1 << 17, 0u32..47).prop_map(|(mantissa, shift)| mantissa << shift);
    prop_oneof![
        (ssrc(), ssrc(), vec(any::<u16>(), 1..60)).prop_map(|(a, b, c)| Step::Nack(a, b, c)),
        (ssrc(), ssrc()).prop_map(|(a, b)| Step::PictureLoss(a, b)),
        (ssrc(), vec((ssrc(), any::<u8>()), 1..5)).prop_map(|(a, b)| Step::FullIntra(a, b)),
        (ssrc(), rate.clone(), vec(ssrc(), 0..9)).prop_map(|(a, b, c)| Step::Remb(a, b, c)),
        (any::<bool>(), ssrc(), vec((ssrc(), rate, 0u16..512), 1..5))
            .prop_map(|(a, b, c)| Step::Limits(a, b, c)),
        (any::<bool>(), ssrc(), ssrc(), vec(any::<[u8; 4]>(), 0..9))
            .prop_map(|(a, b, c, d)| Step::Feedback(a, b, c, d)),
    ]
}

impl Step {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Step::Sender(sender, info, blocks) => {
                write_sender_report(out, *sender, info, blocks.iter().copied())
            }
            Step::Receiver(sender, blocks) => write_receiver_report(out, *sender, blocks.iter().copied()),
            Step::Description(chunks) => {
                write_source_description(
                    out,
                    chunks.iter().map(|(source, items)| (*source, described(items))),
                );
            }
            Step::Goodbye(sources, reason) => {
                let reason = reason.as_ref().map(|reason| core::str::from_utf8(reason).expect("ASCII"));
                write_goodbye(out, sources.iter().copied(), reason);
            }
            &Step::Application(subtype, source, name, ref data) => {
                write_application(out, &Application { subtype, source, name, data: data.as_flattened() });
            }
            Step::Nack(sender, media, lost) => {
                assert!(write_nack(out, *sender, *media, lost.iter().copied()))
            }
            Step::PictureLoss(sender, media) => write_picture_loss_indication(out, *sender, *media),
            Step::FullIntra(sender, entries) => {
                assert!(write_full_intra_request(out, *sender, asked(entries)))
            }
            Step::Remb(sender, rate, streams) => write_remb(out, *sender, *rate, streams.iter().copied()),
            Step::Limits(true, sender, entries) => assert!(write_tmmbr(out, *sender, limits(entries))),
            Step::Limits(false, sender, entries) => write_tmmbn(out, *sender, limits(entries)),
            Step::Extended(sender, ntp, entries, other) => {
                let mut report = ExtendedReportWriter::new(out, *sender);
                if let Some(ntp) = ntp {
                    report = report.reference_time(*ntp);
                }
                report.answers(answers(entries)).block(99, 1, other.as_flattened()).finish();
            }
            Step::Feedback(for_payload, sender, media, control) => {
                write_feedback(out, &unknown(*for_payload, *sender, *media, control));
            }
        }
    }

    fn check(&self, found: Packet<'_>) {
        match (self, found) {
            (Step::Sender(sender, info, blocks), Packet::SenderReport(found)) => {
                assert_eq!((*sender, *info), (found.sender, found.info));
                assert!(found.blocks().eq(blocks.iter().copied()));
            }
            (Step::Receiver(sender, blocks), Packet::ReceiverReport(found)) => {
                assert_eq!(*sender, found.sender);
                assert!(found.blocks().eq(blocks.iter().copied()));
            }
            (Step::Description(chunks), Packet::SourceDescription(found)) => {
                assert_eq!(found.chunks().count(), chunks.len());
                for ((source, items), found) in chunks.iter().zip(found.chunks()) {
                    assert_eq!(*source, found.source);
                    assert!(found.items().eq(described(items)));
                }
            }
            (Step::Goodbye(sources, reason), Packet::Goodbye(found)) => {
                assert!(found.sources().eq(sources.iter().copied()));
                assert_eq!(found.reason, reason.as_deref());
            }
            (&Step::Application(subtype, source, name, ref data), Packet::Application(found)) => {
                assert_eq!(found, Application { subtype, source, name, data: data.as_flattened() });
            }
            (Step::Nack(sender, media, lost), Packet::Nack(found)) => {
                assert_eq!((*sender, *media), (found.sender, found.media));
                let mut told: Vec<_> = found.lost().collect();
                let mut lost = lost.clone();
                for list in [&mut told, &mut lost] {
                    list.sort_unstable();
                    list.dedup();
                }
                assert_eq!(told, lost);
            }
            (Step::PictureLoss(a, b), Packet::PictureLossIndication { sender, media }) => {
                assert_eq!((*a, *b), (sender, media));
            }
            (Step::FullIntra(sender, entries), Packet::FullIntraRequest(found)) => {
                assert_eq!(*sender, found.sender);
                assert!(found.entries().eq(asked(entries)));
            }
            (Step::Remb(sender, rate, streams), Packet::Remb(found)) => {
                assert_eq!((*sender, *rate), (found.sender, found.bits_per_second));
                assert!(found.streams().eq(streams.iter().copied()));
            }
            (Step::Limits(true, sender, entries), Packet::Tmmbr(found))
            | (Step::Limits(false, sender, entries), Packet::Tmmbn(found)) => {
                assert_eq!(*sender, found.sender);
                assert!(found.limits().eq(limits(entries)));
            }
            (Step::Extended(sender, ntp, entries, other), Packet::ExtendedReport(found)) => {
                assert_eq!(*sender, found.sender);
                let time = ntp.map(|ntp| Block::ReceiverReferenceTime { ntp });
                assert!(found.blocks().take(time.iter().count()).eq(time));
                assert!(found.blocks().flat_map(|block| block.answers()).eq(answers(entries)));
                let last = Block::Other { kind: 99, specific: 1, body: other.as_flattened() };
                assert_eq!(found.blocks().last(), Some(last));
            }
            (Step::Feedback(for_payload, sender, media, control), Packet::Feedback(found)) => {
                assert_eq!(found, unknown(*for_payload, *sender, *media, control));
            }
            other => panic!("{other:?}"),
        }
    }
}

fn described(items: &[(u8, Vec<u8>)]) -> impl Iterator<Item = Item<'_>> {
    items.iter().map(|(kind, text)| Item { kind: ItemKind(*kind), text })
}

fn asked(entries: &[(Ssrc, u8)]) -> impl Iterator<Item = FullIntraEntry> {
    entries.iter().map(|&(ssrc, sequence_number)| FullIntraEntry { ssrc, sequence_number })
}

fn limits(entries: &[(Ssrc, u64, u16)]) -> impl Iterator<Item = RateLimit> {
    entries.iter().map(|&(ssrc, bits_per_second, overhead)| RateLimit { ssrc, bits_per_second, overhead })
}

fn answers(entries: &[(Ssrc, [u32; 2])]) -> impl Iterator<Item = LastReceiverReport> {
    entries.iter().map(|&(ssrc, [last_report, delay_since_last])| LastReceiverReport {
        ssrc,
        last_report,
        delay_since_last,
    })
}

fn unknown(for_payload: bool, sender: Ssrc, media: Ssrc, control: &[[u8; 4]]) -> Feedback<'_> {
    Feedback { for_payload, format: 30, sender, media, control: control.as_flattened() }
}

/// Looks at everything that a packet shows.
fn walk(packet: &Packet<'_>) -> usize {
    match packet {
        Packet::SenderReport(report) => report.blocks().count(),
        Packet::ReceiverReport(report) => report.blocks().count(),
        Packet::SourceDescription(found) => {
            found.chunks().flat_map(|chunk| chunk.items()).filter_map(|item| item.private()).count()
        }
        Packet::Goodbye(goodbye) => goodbye.sources().count(),
        Packet::Nack(nack) => nack.lost().count(),
        Packet::FullIntraRequest(request) => request.entries().count(),
        Packet::Remb(remb) => remb.streams().count(),
        Packet::Tmmbr(list) | Packet::Tmmbn(list) => list.limits().count(),
        Packet::TransportFeedback(view) => view.received().count(),
        Packet::CongestionControlFeedback(view) => view.blocks().flat_map(|block| block.metrics()).count(),
        Packet::ExtendedReport(report) => report.blocks().flat_map(|block| block.answers()).count(),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn a_datagram_reads_back_packet_by_packet(steps in vec(prop_oneof![reports(), feedback()], 1..8)) {
        let mut out = Vec::new();
        for step in &steps {
            step.write(&mut out);
            prop_assert_eq!(out.len() % 4, 0);
        }
        let found: Vec<_> = packets(&out).collect();
        prop_assert_eq!(found.len(), steps.len());
        for (step, found) in steps.iter().zip(found) {
            step.check(found.expect("sound"));
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(
        bytes in vec(any::<u8>(), 0..120),
        kind in 199u8..209,
        count in 0u8..32,
    ) {
        let mut whole = std::vec![0x80 | count, kind, 0, (bytes.len() / 4) as u8];
        whole.extend(&bytes);
        for datagram in [&bytes, &whole] {
            for packet in packets(datagram).flatten() {
                prop_assert!(walk(&packet) <= 17 * datagram.len());
            }
        }
    }
}

#[test]
fn a_packet_that_is_broken_inside_leaves_its_neighbours_alone() {
    //~ covers 3550-6.1-d
    let mut bytes = Vec::new();
    write_picture_loss_indication(&mut bytes, Ssrc(1), Ssrc(2));
    bytes.extend([0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]); // a NACK of nothing
    bytes.extend([0x80, 210, 0, 0]); // nobody knows this type
    write_picture_loss_indication(&mut bytes, Ssrc(3), Ssrc(4));
    let found: Vec<_> = packets(&bytes).collect();
    assert!(matches!(found[0], Ok(Packet::PictureLossIndication { sender: Ssrc(1), .. })));
    assert_eq!(found[1].map_err(|error| error.offset), Err(24));
    assert!(matches!(found[2], Ok(Packet::Unknown(Raw { packet_type: 210, .. }))));
    assert!(matches!(found[3], Ok(Packet::PictureLossIndication { sender: Ssrc(3), .. })));
}
