//! However much there is to say of however many streams: each datagram of RTCP fits, and all of it is said.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::{audio_payloads, section, video_payloads};
use limpid_rtp::bwe::Limits;
use limpid_rtp::rtcp::compound::{self, Rules};
use limpid_rtp::rtcp::{self, Packet};
use limpid_rtp::session::{Feedback, Inbound, SenderConfig, Session};
use limpid_rtp::{Extras, Form, Header, Mid, PacketWriter, PayloadType, Ssrc, send};
use limpid_sansio::{Instant, Machine, PathInfo};

const LIMIT: usize = 1150;
const STREAMS: u32 = 60;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// All that the session sends now.
fn sent(session: &mut Session, now: Instant) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let mut out = Vec::new();
    while session.poll_transmit(now, &mut out).is_some() {
        packets.push(std::mem::take(&mut out));
    }
    packets
}

fn controls(session: &mut Session, now: Instant) -> Vec<Vec<u8>> {
    let Ok(()) = session.handle_timeout(now);
    let mut packets = sent(session, now);
    packets.retain(|packet| rtcp::is_rtcp(packet));
    packets
}

/// A session that sends and receives so many streams of sound.
fn crowd(seed: u8) -> Session {
    let mut session = common::session(seed, Limits::default());
    for number in 0..STREAMS {
        let mid = format!("{number}");
        session.add_receiver(at(0), section(&mid, audio_payloads(), false), None);
        let ssrc = Ssrc(1000 * u32::from(seed) + number);
        let sender = SenderConfig { mid: Mid::new(&mid), ..common::audio_sender(ssrc) };
        session.add_sender(at(0), sender).expect("free");
    }
    session
}

fn talk(session: &mut Session, now: Instant, millis: u64) {
    let data = [0x78, 1, 2, 3];
    for ssrc in session.senders().collect::<Vec<_>>() {
        let frame = send::Frame {
            media_time: Duration::from_millis(millis),
            captured: None,
            data: &data,
            info: Default::default(),
            extras: Extras::default(),
        };
        session.sender(ssrc).expect("there").write(now, &frame).expect("room");
    }
}

//~ covers 3550-6.1-c, 3550-6.1-e
#[test]
fn sixty_streams_are_reported_in_datagrams_that_fit() {
    let (mut left, mut right) = (crowd(1), crowd(2));
    for millis in (0..=100).step_by(20) {
        talk(&mut left, at(millis), millis);
        talk(&mut right, at(millis), millis);
        for packet in sent(&mut left, at(millis)) {
            let Ok(()) = right.handle_input(at(millis), Inbound { ecn: None, bytes: &packet });
        }
        for packet in sent(&mut right, at(millis)) {
            let Ok(()) = left.handle_input(at(millis), Inbound { ecn: None, bytes: &packet });
        }
    }
    let datagrams = controls(&mut left, at(400));
    assert!(datagrams.len() >= 4, "{} datagrams", datagrams.len());
    let (mut senders, mut names, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
    for datagram in &datagrams {
        assert!(datagram.len() <= LIMIT, "{} bytes", datagram.len());
        assert_eq!(compound::check(datagram, Rules::Compound), Ok(()));
        for packet in rtcp::packets(datagram) {
            match packet.expect("sound") {
                Packet::SenderReport(report) => {
                    senders.push(report.sender.0);
                    blocks.extend(report.blocks().map(|block| block.ssrc.0));
                }
                Packet::ReceiverReport(report) => blocks.extend(report.blocks().map(|block| block.ssrc.0)),
                Packet::SourceDescription(names_of) => {
                    names.extend(names_of.chunks().map(|chunk| chunk.source.0));
                }
                _ => {}
            }
        }
    }
    let [all, theirs] = [1000, 2000].map(|first| (first..first + STREAMS).collect::<Vec<u32>>());
    assert_eq!((&senders, &blocks), (&all, &theirs), "each once");
    assert!(all.iter().all(|ssrc| names.contains(ssrc)));
    assert_eq!(controls(&mut left, at(400)), Vec::<Vec<u8>>::new(), "until the next interval");
}

#[test]
fn sixty_goodbyes_fit_and_come_in_full_datagrams() {
    let mut session = crowd(1);
    talk(&mut session, at(0), 0);
    sent(&mut session, at(0));
    session.path_changed(PathInfo { max_datagram: 512, is_new_route: false });
    session.close();
    let datagrams = controls(&mut session, at(1));
    let mut gone = Vec::new();
    for datagram in &datagrams {
        assert!(datagram.len() <= 512);
        assert_eq!(compound::check(datagram, Rules::Compound), Ok(()));
        for packet in rtcp::packets(datagram).flatten() {
            if let Packet::Goodbye(goodbye) = packet {
                gone.extend(goodbye.sources().map(|source| source.0));
            }
        }
    }
    assert_eq!(gone, (1000..1000 + STREAMS).collect::<Vec<_>>());
    assert!(sent(&mut session, at(2)).is_empty());
}

const NAMES: [&str; 4] = ["v", "w", "x", "y"];

/// One packet of the stream of pictures with this number.
fn picture(stream: u16, sequence_number: u16, transport: u16) -> Vec<u8> {
    let ssrc = Ssrc(stream.into());
    let header = Header { marker: true, payload_type: PayloadType(96), sequence_number, timestamp: 0, ssrc };
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, &header, Form::OneByte);
    writer.element(1, NAMES[usize::from(stream)].as_bytes());
    writer.element(3, &transport.to_be_bytes());
    writer.payload().extend_from_slice(&[0x10, 0, 0, 0]);
    out
}

/// Four streams come, and of each the packets whose number is one less than a multiple of four are lost: 500 of each.
fn lossy(feedback: Feedback) -> Session {
    let mut session = common::session(1, Limits::default());
    session.set_feedback(feedback, true);
    for mid in NAMES {
        session.add_receiver(at(0), section(mid, video_payloads(), true), None);
    }
    for sequence in (0..=2000u16).filter(|sequence| sequence % 4 != 3) {
        for stream in 0..4 {
            let bytes = picture(stream, sequence, sequence * 4 + stream);
            let Ok(()) = session.handle_input(at(1), Inbound { ecn: None, bytes: &bytes });
        }
    }
    session
}

#[test]
fn two_thousand_scattered_losses_are_asked_for_in_datagrams_that_fit() {
    for feedback in [Feedback::TransportWide, Feedback::CongestionControl] {
        let mut session = lossy(feedback);
        let (mut asked, mut datagrams, mut arrivals) = (BTreeSet::new(), 0, 0);
        for datagram in controls(&mut session, at(30)) {
            datagrams += 1;
            assert!(datagram.len() <= LIMIT, "{} bytes", datagram.len());
            for packet in rtcp::packets(&datagram) {
                match packet.expect("sound") {
                    Packet::Nack(nack) => asked.extend(nack.lost().map(|lost| (lost, nack.media))),
                    Packet::TransportFeedback(view) => arrivals += view.received().count(),
                    Packet::CongestionControlFeedback(view) => {
                        let metrics = view.blocks().flat_map(|block| block.metrics());
                        arrivals += metrics.filter(|(_, metric)| metric.is_some()).count();
                    }
                    _ => {}
                }
            }
        }
        let all: BTreeSet<_> =
            (0..500).flat_map(|turn| (0..4).map(move |ssrc| (4 * turn + 3, Ssrc(ssrc)))).collect();
        assert_eq!(asked.len(), 2000, "{feedback:?}");
        assert_eq!(asked, all, "{feedback:?}");
        // As many as the windows hold: 4096 numbers of the transport, 1024 of each stream.
        assert!(datagrams > 3 && arrivals > 3000, "{feedback:?}: {datagrams} datagrams, {arrivals}");
    }
}
