//! RTP packets with their header extensions, RTCP datagrams, and the values of extensions.

use limpid_rtp::ext::dependency::{Descriptor, Indication, Indications, Structure, Template};
use limpid_rtp::ext::{
    self, AbsCaptureTime, AbsSendTime, AudioLevel, ColorSpace, CsrcAudioLevels, Kind, Layer, PlayoutDelay,
    Resolution, TransmissionOffset, TransportSequence, VideoLayersAllocation, VideoOrientation, VideoTiming,
};
use limpid_rtp::rtcp::{self, compound};
use limpid_rtp::{Form, Header, Packet, PacketWriter, PayloadType, Ssrc};

use crate::Outcome;

/// Parse a packet, write it with its elements, parse again.
pub fn packet(data: &[u8]) -> Outcome {
    let Ok(packet) = Packet::parse(data) else { return Outcome::Refused };
    assert!(packet.csrcs().count() <= 15);
    let form = packet.extension().and_then(|(profile, _)| Form::of(profile)).unwrap_or(Form::OneByte);
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, &packet.header, form);
    for (id, element) in packet.elements() {
        writer.element(id, element).expect("what was read can be written");
        assert!(packet.element(id).is_some());
    }
    writer.payload().extend_from_slice(packet.payload);
    let again = Packet::parse(&out).expect("what was written is sound");
    assert_eq!((again.header, again.payload), (packet.header, packet.payload));
    assert!(again.elements().eq(packet.elements()));
    Outcome::Accepted
}

/// Read each packet of a datagram, write it, and want the same back.
pub fn datagram(data: &[u8]) -> Outcome {
    let mut good = 0;
    for packet in rtcp::packets(data) {
        let Ok(packet) = packet else { continue };
        let mut out = Vec::new();
        if write(&packet, &mut out) {
            let mut again = rtcp::packets(&out);
            same(&packet, &again.next().expect("one packet").expect("that is sound"));
            assert!(again.next().is_none());
        }
        good += 1;
    }
    let is_whole = rtcp::packets(data).all(|packet| packet.is_ok());
    for rules in [compound::Rules::Compound, compound::Rules::ReducedSize] {
        assert!(is_whole || compound::check(data, rules).is_err());
    }
    if good > 0 { Outcome::Accepted } else { Outcome::Refused }
}

/// Writes what was read. `false`: there is no writer of it, or it says nothing.
fn write(packet: &rtcp::Packet<'_>, out: &mut Vec<u8>) -> bool {
    use rtcp::Packet as P;
    match packet {
        P::SenderReport(report) => {
            rtcp::write_sender_report(out, report.sender, &report.info, report.blocks())
        }
        P::ReceiverReport(report) => rtcp::write_receiver_report(out, report.sender, report.blocks()),
        P::SourceDescription(found) => {
            let chunks = found.chunks().map(|chunk| (chunk.source, chunk.items()));
            rtcp::write_source_description(out, chunks);
            return found.chunks().next().is_some();
        }
        P::Goodbye(found) => {
            let Ok(reason) = found.reason.map(str::from_utf8).transpose() else { return false };
            rtcp::write_goodbye(out, found.sources(), reason);
            return found.sources().len() > 0;
        }
        P::Application(found) => rtcp::write_application(out, found),
        P::Nack(found) => return rtcp::write_nack(out, found.sender, found.media, found.lost()),
        P::PictureLossIndication { sender, media } => {
            rtcp::write_picture_loss_indication(out, *sender, *media)
        }
        P::FullIntraRequest(found) => {
            return rtcp::write_full_intra_request(out, found.sender, found.entries());
        }
        P::Remb(found) => rtcp::write_remb(out, found.sender, found.bits_per_second, found.streams()),
        P::Tmmbr(found) => return rtcp::write_tmmbr(out, found.sender, found.limits()),
        P::Tmmbn(found) => rtcp::write_tmmbn(out, found.sender, found.limits()),
        P::ExtendedReport(found) => {
            let mut report = rtcp::ExtendedReportWriter::new(out, found.sender);
            for block in found.blocks() {
                report = match block {
                    rtcp::Block::ReceiverReferenceTime { ntp } => report.reference_time(ntp),
                    rtcp::Block::DelaySinceLastReceiverReport(_) => report.answers(block.answers()),
                    rtcp::Block::Other { kind, specific, body } => report.block(kind, specific, body),
                };
            }
            report.finish();
        }
        P::Feedback(found) => rtcp::write_feedback(out, found),
        _ => return false,
    }
    true
}

/// What comes back is what was written, but for padding, extensions of profiles, and digits that rates do not keep.
fn same(read: &rtcp::Packet<'_>, again: &rtcp::Packet<'_>) {
    use rtcp::Packet as P;
    match (read, again) {
        (P::SenderReport(a), P::SenderReport(b)) => {
            assert_eq!((a.sender, a.info), (b.sender, b.info));
            assert!(a.blocks().eq(b.blocks()));
        }
        (P::ReceiverReport(a), P::ReceiverReport(b)) => {
            assert!(a.sender == b.sender && a.blocks().eq(b.blocks()))
        }
        (P::SourceDescription(a), P::SourceDescription(b)) => {
            let told = |found: &rtcp::SourceDescription<'_>| {
                found.chunks().map(|chunk| (chunk.source, chunk.items().count())).collect::<Vec<_>>()
            };
            assert_eq!(told(a), told(b));
        }
        (P::Goodbye(a), P::Goodbye(b)) => assert!(a.sources().eq(b.sources()) && a.reason == b.reason),
        (P::Application(a), P::Application(b)) => assert!(b.data.starts_with(a.data) && a.name == b.name),
        (P::Nack(a), P::Nack(b)) => assert_eq!(lost(a), lost(b)),
        (P::FullIntraRequest(a), P::FullIntraRequest(b)) => assert!(a.entries().eq(b.entries())),
        (P::Remb(a), P::Remb(b)) => {
            assert!(a.streams().eq(b.streams()) && is_close(a.bits_per_second, b.bits_per_second));
        }
        (P::Tmmbr(a), P::Tmmbr(b)) | (P::Tmmbn(a), P::Tmmbn(b)) => {
            assert_eq!(a.limits().len(), b.limits().len());
            for (a, b) in a.limits().zip(b.limits()) {
                assert!(
                    a.ssrc == b.ssrc
                        && a.overhead == b.overhead
                        && is_close(a.bits_per_second, b.bits_per_second)
                );
            }
        }
        (P::ExtendedReport(a), P::ExtendedReport(b)) => {
            // A block of no answers says nothing and is not written.
            let says =
                |block: &rtcp::Block<'_>| !matches!(block, rtcp::Block::DelaySinceLastReceiverReport([]));
            assert!(a.blocks().filter(says).eq(b.blocks()));
        }
        (P::Feedback(a), P::Feedback(b)) => assert!(b.control.starts_with(a.control) && a.format == b.format),
        (a, b) => assert_eq!(a, b),
    }
}

fn lost(nack: &rtcp::Nack<'_>) -> Vec<u16> {
    let mut lost: Vec<_> = nack.lost().collect();
    lost.sort_unstable();
    lost.dedup();
    lost
}

/// What is read is exact; only "no limit" is not, which has no digits of its own.
fn is_close(read: u64, again: u64) -> bool {
    read == again || (read == u64::MAX && again >= 0x1_ffff << 47)
}

/// The first byte says which extension; the rest is its data. For descriptors, what the structure says comes from the seeds.
pub fn extension(data: &[u8]) -> Outcome {
    let Some((&kind, data)) = data.split_first() else { return Outcome::Refused };
    let kind = Kind::ALL[usize::from(kind) % Kind::ALL.len()];
    assert_eq!(Kind::from_uri(kind.uri()), Some(kind));
    if reread(kind, data) { Outcome::Accepted } else { Outcome::Refused }
}

/// `false`: the data is no value of this extension.
fn reread(kind: Kind, data: &[u8]) -> bool {
    match kind {
        Kind::Mid => ext::parse_mid(data).is_ok_and(|mid| mid.as_str().as_bytes() == data),
        Kind::RtpStreamId | Kind::RepairedRtpStreamId => {
            ext::parse_rid(data).is_ok_and(|rid| rid.as_str().as_bytes() == data)
        }
        Kind::AudioLevel => same_bytes(AudioLevel::parse(data).map(AudioLevel::to_bytes), data),
        Kind::CsrcAudioLevel => {
            CsrcAudioLevels::parse(data).is_ok_and(|read| read.levels().len() == data.len())
        }
        Kind::TransmissionOffset => {
            same_bytes(TransmissionOffset::parse(data).map(TransmissionOffset::to_bytes), data)
        }
        Kind::AbsSendTime => same_bytes(AbsSendTime::parse(data).map(AbsSendTime::to_bytes), data),
        Kind::TransportWide => {
            same_bytes(TransportSequence::parse(data).map(|read| read.number.to_be_bytes()), data)
        }
        Kind::TransportWide02 => TransportSequence::parse_02(data).is_ok(),
        Kind::VideoOrientation => VideoOrientation::parse(data).is_ok(),
        Kind::PlayoutDelay => same_bytes(PlayoutDelay::parse(data).map(PlayoutDelay::to_bytes), data),
        Kind::VideoTiming if data.len() == VideoTiming::LEN => {
            same_bytes(VideoTiming::parse(data).map(VideoTiming::to_bytes), data)
        }
        Kind::ColorSpace => ColorSpace::parse(data).is_ok_and(|read| read.to_bytes() == data[..4]),
        Kind::AbsCaptureTime => AbsCaptureTime::parse(data).is_ok_and(|read| {
            let mut out = Vec::new();
            read.write(&mut out);
            out == data
        }),
        Kind::VideoLayersAllocation => VideoLayersAllocation::parse(data).is_ok_and(|read| {
            let mut out = Vec::new();
            assert!(read.write(&mut out) && out.len() <= data.len());
            assert_eq!(VideoLayersAllocation::parse(&out), Ok(read));
            true
        }),
        Kind::DependencyDescriptor => {
            let known = structure();
            let read = [None, Some(&known)].map(|known| redescribe(data, known));
            read.contains(&true)
        }
        _ => false,
    }
}

/// A descriptor of at most 255 bytes, as an element can hold.
fn redescribe(data: &[u8], known: Option<&Structure>) -> bool {
    let data = &data[..data.len().min(255)];
    let Ok(read) = Descriptor::parse(data, known) else { return false };
    let mut out = Vec::new();
    assert!(read.write(known, &mut out) && out.len() <= data.len());
    assert_eq!(Descriptor::parse(&out, known), Ok(read));
    true
}

fn same_bytes<const N: usize>(read: Result<[u8; N], limpid_rtp::ParseError>, data: &[u8]) -> bool {
    read.is_ok_and(|bytes| {
        assert_eq!(bytes, data);
        true
    })
}

/// Two temporal layers of one picture.
fn structure() -> Structure {
    let mut indications = Indications::default();
    indications.set(0, Indication::Switch);
    let template = |temporal_id, differences| Template {
        temporal_id,
        indications,
        differences,
        chains: vec![1],
        ..Template::default()
    };
    Structure {
        template_id_offset: 60,
        targets: 2,
        templates: vec![template(0, vec![]), template(0, vec![2]), template(1, vec![1])],
        protected_by: vec![0, 0],
        chains: 1,
        resolutions: vec![(640, 360)],
    }
}

/// Both forms of header extension, sources, padding.
pub fn packet_seeds() -> Vec<Vec<u8>> {
    let header = Header {
        marker: true,
        payload_type: PayloadType(96),
        sequence_number: 65_535,
        timestamp: 90_000,
        ssrc: Ssrc(0x5eed_5eed),
    };
    let with = |form, elements: &[(u8, &[u8])]| {
        let mut out = Vec::new();
        let mut writer = PacketWriter::new(&mut out, &header, form);
        for (id, data) in elements {
            writer.element(*id, data).expect("it fits");
        }
        writer.payload().extend_from_slice(b"payload");
        out
    };
    let mut padded = with(Form::OneByte, &[]);
    padded[0] |= 0x20;
    padded.extend([0, 0, 3]);
    let mut mixed = with(Form::OneByte, &[]);
    mixed[0] |= 2;
    mixed.splice(12..12, [0, 0, 0, 1, 0, 0, 0, 2]);
    vec![
        with(Form::OneByte, &[(1, &[0x9e]), (3, &[0, 7]), (4, b"audio")]),
        with(Form::TwoByte, &[(1, &[0x9e]), (15, &[]), (200, &[7; 40])]),
        padded,
        mixed,
    ]
}

/// One of each packet.
pub fn datagram_seeds() -> Vec<Vec<u8>> {
    let (sender, media) = (Ssrc(1), Ssrc(2));
    let written = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        out
    };
    let block = rtcp::ReportBlock {
        ssrc: media,
        cumulative_lost: -1,
        highest_sequence: 70_000,
        ..Default::default()
    };
    let limit = rtcp::RateLimit { ssrc: media, bits_per_second: 64_000, overhead: 40 };
    let answer = rtcp::LastReceiverReport { ssrc: media, last_report: 7, delay_since_last: 9 };
    let application = rtcp::Application { subtype: 1, source: sender, name: *b"seed", data: b"data" };
    vec![
        written(&|out| {
            rtcp::write_sender_report(out, sender, &rtcp::SenderInfo::default(), [block]);
            rtcp::write_cname(out, [sender, media], "a name");
            rtcp::write_goodbye(out, [sender], Some("gone"));
        }),
        written(&|out| {
            rtcp::write_receiver_report(out, sender, [block, block]);
            rtcp::write_nack(out, sender, media, [7, 9, 23, 24, 99]);
            rtcp::write_picture_loss_indication(out, sender, media);
        }),
        written(&|out| {
            rtcp::write_full_intra_request(
                out,
                sender,
                [rtcp::FullIntraEntry { ssrc: media, sequence_number: 3 }],
            );
            rtcp::write_remb(out, sender, 2_500_000, [media]);
        }),
        written(&|out| {
            rtcp::write_tmmbr(out, sender, [limit]);
            rtcp::write_tmmbn(out, sender, [limit, limit]);
        }),
        written(&|out| {
            let report =
                rtcp::ExtendedReportWriter::new(out, sender).reference_time(1 << 40).answers([answer]);
            report.block(6, 1, &[7; 36]).finish();
            rtcp::write_application(out, &application);
        }),
    ]
}

/// One value of each extension that has a writer of its own; the others by hand.
pub fn extension_seeds() -> Vec<Vec<u8>> {
    let resolution = Some(Resolution { width: 640, height: 360, frame_rate: 30 });
    let layer = |stream, spatial_id| Layer { stream, spatial_id, rates: vec![100, 300], resolution };
    let layers =
        VideoLayersAllocation { stream: 1, streams: 2, layers: vec![layer(0, 0), layer(1, 0), layer(1, 1)] };
    let descriptor = Descriptor {
        start_of_frame: true,
        template_id: 60,
        frame_number: 7,
        structure: Some(structure()),
        ..Descriptor::default()
    };
    let later = Descriptor {
        structure: None,
        differences: Some(vec![1, 300]),
        chains: Some(vec![9]),
        ..descriptor.clone()
    };
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    let mut seed = |kind: Kind, data: &[u8]| seeds.push([&[kind as u8], data].concat());
    let mut out = Vec::new();
    assert!(layers.write(&mut out));
    seed(Kind::VideoLayersAllocation, &out);
    for (descriptor, known) in [(descriptor, None), (later, Some(structure()))] {
        out.clear();
        assert!(descriptor.write(known.as_ref(), &mut out));
        seed(Kind::DependencyDescriptor, &out);
    }
    seed(Kind::Mid, b"audio");
    seed(Kind::RtpStreamId, b"hi");
    seed(Kind::AudioLevel, &[0x9e]);
    seed(Kind::CsrcAudioLevel, &[1, 127, 0]);
    seed(Kind::TransmissionOffset, &[0xff, 0xff, 0]);
    seed(Kind::TransportWide02, &[0, 7, 0x80, 5]);
    seed(Kind::PlayoutDelay, &[0, 0xc0, 0xff]);
    seed(Kind::AbsCaptureTime, &[7; 16]);
    seed(Kind::VideoTiming, &[1; 13]);
    seed(Kind::ColorSpace, &[1; 28]);
    seeds
}
