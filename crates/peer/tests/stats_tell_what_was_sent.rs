//! `get_stats` beside what really went over the wire, as a looker-on counted it, and by the names of the W3C.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use common::call::{Heard, call, picture, read, write};
use common::{Couple, read_all};
use limpid_netsim::Link;
use limpid_peer::limpid_rtp::Packet;
use limpid_peer::limpid_rtp::rtcp::{self, ReportBlock};
use limpid_peer::{Event, Report, ReportKind, StatsReport, TransceiverId};
use limpid_sansio::Direction;

/// A call in which pictures, sound and messages went from `a` to `b`, one packet in twenty lost.
struct Done {
    couple: Couple,
    /// What crossed the floors of each.
    taps: [Heard; 2],
    stats: [StatsReport; 2],
}

fn done() -> Done {
    let (mut couple, [mic, camera]) = call(Link { loss: 0.05, ..Link::millis(20) });
    let (a, b) = (couple.a, couple.b);
    let taps = [a, b].map(|side| Heard::on(&mut couple, side));
    let chat = couple.open("chat \"7\"");
    couple.negotiate();
    let theirs = couple.connect(Duration::from_secs(5));
    for number in 0..200_u32 {
        write(&mut couple, a, camera, number, &picture(number, number % 50 == 0));
        write(&mut couple, a, mic, number, &[0x78, number as u8]);
        if number % 20 == 0 {
            couple.world.with(a, |peer, now| common::write(peer, now, chat, "hello"));
        }
        couple.world.run_for(Duration::from_millis(33));
        read(&mut couple, b, camera);
        read(&mut couple, b, mic);
        couple.world.with(b, |peer, _| read_all(peer, theirs));
        if number == 120 {
            couple.world.with(b, |peer, _| peer.request_key_frame(camera));
        }
    }
    couple.world.run_for(Duration::from_secs(2));
    let stats = [a, b].map(|side| couple.world.with(side, |peer, now| peer.get_stats(now)));
    Done { couple, taps, stats }
}

impl Done {
    fn ssrc(&self, id: usize) -> u32 {
        let transceivers = self.couple.world.machine(self.couple.a).transceivers();
        let id: TransceiverId = transceivers[id].id();
        let agreed = self.couple.world.machine(self.couple.a).negotiated_media();
        let section = agreed.iter().find(|section| section.transceiver == Some(id)).expect("agreed on");
        section.local_sources[0].ssrc
    }

    fn about(&self, side: usize, kind: ReportKind, ssrc: u32) -> &Report {
        let mut of_kind = self.stats[side].of(kind);
        of_kind
            .find(|entry| entry.count_of("ssrc") == Some(ssrc.into()))
            .unwrap_or_else(|| panic!("{kind:?}"))
    }

    /// RTP of a stream and of its repeats that crossed a side: packets, bytes of payload, the rest.
    fn rtp(&self, side: usize, way: Direction, ssrcs: &[u64]) -> (u64, u64, u64) {
        let (mut packets, mut payload, mut rest) = (0, 0, 0);
        for bytes in self.taps[side].of("rtp", way) {
            let packet = Packet::parse(&bytes).expect("ours");
            if ssrcs.contains(&packet.header.ssrc.0.into()) {
                packets += 1;
                payload += packet.payload.len() as u64;
                rest += (bytes.len() - packet.payload.len()) as u64;
            }
        }
        (packets, payload, rest)
    }

    fn rtcp(&self, side: usize, way: Direction) -> Vec<Vec<u8>> {
        self.taps[side].of("rtcp", way)
    }
}

/// What a side asked of a stream: NACK packets, key frames.
fn asked(datagrams: &[Vec<u8>], ssrc: u32) -> (u64, u64) {
    let (mut nacks, mut pictures) = (0, 0);
    for packet in datagrams.iter().flat_map(|bytes| rtcp::packets(bytes)).flatten() {
        match packet {
            rtcp::Packet::Nack(nack) => nacks += u64::from(nack.media.0 == ssrc),
            rtcp::Packet::PictureLossIndication { media, .. } => pictures += u64::from(media.0 == ssrc),
            _ => {}
        }
    }
    (nacks, pictures)
}

/// The last block about a stream, and the counts of its last sender report, and how many of those there were.
fn reports(datagrams: &[Vec<u8>], ssrc: u32) -> (Option<ReportBlock>, Option<(u32, u32)>, u64) {
    let (mut block, mut info, mut count) = (None, None, 0);
    for packet in datagrams.iter().flat_map(|bytes| rtcp::packets(bytes)).flatten() {
        let blocks: Vec<ReportBlock> = match packet {
            rtcp::Packet::SenderReport(report) => {
                if report.sender.0 == ssrc {
                    (info, count) = (Some((report.info.packets, report.info.octets)), count + 1);
                }
                report.blocks().collect()
            }
            rtcp::Packet::ReceiverReport(report) => report.blocks().collect(),
            _ => Vec::new(),
        };
        block = blocks.into_iter().find(|block| block.ssrc.0 == ssrc).or(block);
    }
    (block, info, count)
}

#[test]
fn streams_count_what_went_over_the_wire() {
    let done = done();
    for transceiver in [0, 1] {
        let ssrc = done.ssrc(transceiver);
        let sent = done.about(0, ReportKind::OutboundRtp, ssrc);
        let of = |entry: &Report, name: &str| entry.count_of(name).unwrap_or_else(|| panic!("{name}"));
        let mut ssrcs = vec![u64::from(ssrc)];
        ssrcs.extend(sent.count_of("rtxSsrc"));
        assert_eq!(ssrcs.len(), 1 + transceiver, "pictures are repaired");
        let (packets, payload, rest) = done.rtp(0, Direction::Out, &ssrcs);
        assert_eq!(of(sent, "packetsSent"), packets);
        assert_eq!(of(sent, "bytesSent") + of(sent, "headerBytesSent"), payload + rest);
        let came = done.about(1, ReportKind::InboundRtp, ssrc);
        let (packets, payload, _) = done.rtp(1, Direction::In, &ssrcs);
        assert_eq!((of(came, "packetsReceived"), of(came, "bytesReceived")), (packets, payload));
        let again = done.rtp(1, Direction::In, &ssrcs[1..]).0;
        assert_eq!(of(came, "retransmittedPacketsReceived"), again);
        let (nacks, _) = asked(&done.rtcp(1, Direction::Out), ssrc);
        assert_eq!(of(came, "nackCount"), nacks);
        let (nacks, pictures) = asked(&done.rtcp(0, Direction::In), ssrc);
        assert_eq!(of(sent, "nackCount"), nacks);
        if transceiver == 1 {
            assert!(again > 0 && nacks > 0 && pictures > 0, "{again} {nacks} {pictures}");
            assert_eq!((of(sent, "pliCount"), of(sent, "framesSent")), (pictures, 200));
            assert_eq!(of(came, "pliCount"), asked(&done.rtcp(1, Direction::Out), ssrc).1);
            assert!(of(came, "framesReceived") > 190);
        }
    }
}

#[test]
fn what_the_other_side_says_is_told_as_it_said_it() {
    let done = done();
    for transceiver in [0, 1] {
        let ssrc = done.ssrc(transceiver);
        let theirs = done.about(0, ReportKind::RemoteInboundRtp, ssrc);
        let (block, ..) = reports(&done.rtcp(0, Direction::In), ssrc);
        let block = block.expect("a report came");
        let number = |entry: &Report, name: &str| entry.number_of(name).unwrap_or_else(|| panic!("{name}"));
        assert!((number(theirs, "packetsLost") - f64::from(block.cumulative_lost)).abs() < 1e-9);
        assert!((number(theirs, "fractionLost") * 256.0 - f64::from(block.fraction_lost)).abs() < 1e-9);
        let clock_rate = [48_000.0, 90_000.0][transceiver];
        assert!((number(theirs, "jitter") * clock_rate - f64::from(block.jitter)).abs() < 1e-6);
        let round_trip = number(theirs, "roundTripTime");
        assert!((0.039..0.06).contains(&round_trip), "{round_trip}");
        let mean =
            number(theirs, "totalRoundTripTime") / number(theirs, "roundTripTimeMeasurements").max(1.0);
        assert!((0.039..0.06).contains(&mean), "{mean}");

        let ours = done.about(1, ReportKind::RemoteOutboundRtp, ssrc);
        let (_, info, count) = reports(&done.rtcp(1, Direction::In), ssrc);
        let (packets, octets) = info.expect("a sender report came");
        assert_eq!(ours.count_of("packetsSent"), Some(packets.into()));
        assert_eq!(ours.count_of("bytesSent"), Some(octets.into()));
        assert_eq!(ours.count_of("reportsSent"), Some(count));
    }
}

#[test]
fn channels_and_transport_count_what_they_carried() {
    let done = done();
    let [ours, theirs] = &done.stats;
    let channel = |report: &StatsReport| report.of(ReportKind::DataChannel).next().expect("one").clone();
    let counts = |entry: &Report, names: [&str; 2]| names.map(|name| entry.count_of(name));
    assert_eq!(counts(&channel(ours), ["messagesSent", "bytesSent"]), [Some(10), Some(50)]);
    assert_eq!(counts(&channel(theirs), ["messagesReceived", "bytesReceived"]), [Some(10), Some(50)]);
    assert_eq!(channel(ours).text_of("state"), Some("open"));
    let connection = ours.of(ReportKind::PeerConnection).next().expect("one");
    assert_eq!(counts(connection, ["dataChannelsOpened", "dataChannelsClosed"]), [Some(1), Some(0)]);

    // The taps were set after the handshake: what the transport counted before is known by the difference of two reports.
    let mut couple = done.couple;
    let a = couple.a;
    let tap = Heard::on(&mut couple, a);
    let before = couple.world.with(couple.a, |peer, now| peer.get_stats(now));
    let camera = couple.world.machine(couple.a).transceivers()[1].id();
    for number in 0..20 {
        write(&mut couple, a, camera, 200 + number, &picture(number, number == 0));
        couple.world.run_for(Duration::from_millis(33));
    }
    let after = couple.world.with(couple.a, |peer, now| peer.get_stats(now));
    for kind in [ReportKind::Transport, ReportKind::CandidatePair] {
        let [before, after] = [&before, &after].map(|report| report.of(kind).next().expect("one"));
        for (way, packets, bytes) in [
            (Direction::Out, "packetsSent", "bytesSent"),
            (Direction::In, "packetsReceived", "bytesReceived"),
        ] {
            let is_content = |datagram: &Vec<u8>| datagram[0] > 3; // no check of ICE
            let wire = tap.of("wire", way).into_iter().filter(is_content).collect::<Vec<_>>();
            let grown = |name| after.count_of(name).expect("told") - before.count_of(name).expect("told");
            assert_eq!(grown(packets), wire.len() as u64, "{kind:?} {packets}");
            assert_eq!(grown(bytes), wire.iter().map(|datagram| datagram.len() as u64).sum::<u64>());
        }
    }
}

#[test]
fn entries_are_linked_keep_their_ids_and_have_the_names_of_the_document() {
    let mut done = done();
    let a = done.couple.a;
    let later = done.couple.world.with(a, |peer, now| peer.get_stats(now));
    let ids = |report: &StatsReport| report.entries.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&later), ids(&done.stats[0]));
    let kinds: BTreeSet<&str> =
        done.stats.iter().flat_map(|report| &report.entries).map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds.len(), 13, "{kinds:?}");
    for report in &done.stats {
        assert_eq!(ids(report).iter().collect::<BTreeSet<_>>().len(), report.entries.len(), "each its own");
        for entry in &report.entries {
            check_names(entry);
            for (name, target) in LINKS {
                let Some(id) = entry.text_of(name) else { continue };
                let found = report.get(id).unwrap_or_else(|| panic!("{name} {id} leads nowhere"));
                assert_eq!(found.kind.as_str(), target_of(entry, target), "{name} of {}", entry.id);
            }
        }
    }
    let outbound = done.about(0, ReportKind::OutboundRtp, done.ssrc(1));
    let links = ["codecId", "transportId", "mediaSourceId", "remoteId"];
    assert!(links.iter().all(|name| outbound.text_of(name).is_some()), "{outbound:?}");
    let json = done.stats[0].to_json();
    assert!(json.contains(r#""label":"chat \"7\"""#) && json.contains(r#""packetsSent":"#), "{json}");
    let is_event = |event: &&(_, Event)| matches!(event.1, Event::DataChannel(_));
    assert_eq!(done.couple.world.events(done.couple.b).iter().filter(is_event).count(), 1);
}

const LINKS: [(&str, &str); 10] = [
    ("codecId", "codec"),
    ("transportId", "transport"),
    ("mediaSourceId", "media-source"),
    ("remoteId", "remote"),
    ("localId", "local"),
    ("localCandidateId", "local-candidate"),
    ("remoteCandidateId", "remote-candidate"),
    ("selectedCandidatePairId", "candidate-pair"),
    ("localCertificateId", "certificate"),
    ("remoteCertificateId", "certificate"),
];

fn target_of(entry: &Report, target: &'static str) -> &'static str {
    match (target, entry.kind) {
        ("remote", ReportKind::InboundRtp) => "remote-outbound-rtp",
        ("remote", _) => "remote-inbound-rtp",
        ("local", ReportKind::RemoteInboundRtp) => "outbound-rtp",
        ("local", _) => "inbound-rtp",
        (plain, _) => plain,
    }
}

/// The members that the document knows, by kind of entry. W3C webrtc-stats §8, as of its Candidate Recommendation.
fn check_names(entry: &Report) {
    const STREAM: &str = "ssrc kind transportId codecId";
    const RECEIVED: &str = "packetsReceived packetsLost jitter";
    let known = BTreeMap::from([
        ("codec", "payloadType transportId mimeType clockRate channels sdpFmtpLine".to_owned()),
        ("inbound-rtp", format!("{STREAM} {RECEIVED} trackIdentifier mid remoteId rtxSsrc fecSsrc lastPacketReceivedTimestamp bytesReceived headerBytesReceived retransmittedPacketsReceived retransmittedBytesReceived fecPacketsReceived fecPacketsDiscarded packetsDiscarded nackCount firCount pliCount jitterBufferDelay jitterBufferTargetDelay jitterBufferEmittedCount framesReceived framesDropped")),
        ("outbound-rtp", format!("{STREAM} mid rid mediaSourceId remoteId active rtxSsrc packetsSent bytesSent headerBytesSent retransmittedPacketsSent retransmittedBytesSent totalPacketSendDelay nackCount firCount pliCount framesSent")),
        ("remote-inbound-rtp", format!("{STREAM} {RECEIVED} localId fractionLost roundTripTime totalRoundTripTime roundTripTimeMeasurements")),
        ("remote-outbound-rtp", format!("{STREAM} localId remoteTimestamp packetsSent bytesSent reportsSent")),
        ("media-source", "trackIdentifier kind".to_owned()),
        ("peer-connection", "dataChannelsOpened dataChannelsClosed".to_owned()),
        ("data-channel", "label protocol dataChannelIdentifier state messagesSent bytesSent messagesReceived bytesReceived".to_owned()),
        ("transport", "packetsSent packetsReceived bytesSent bytesReceived iceRole iceLocalUsernameFragment dtlsState dtlsRole iceState selectedCandidatePairId localCertificateId remoteCertificateId tlsVersion dtlsCipher srtpCipher selectedCandidatePairChanges".to_owned()),
        ("candidate-pair", "transportId localCandidateId remoteCandidateId state nominated packetsSent packetsReceived bytesSent bytesReceived lastPacketSentTimestamp lastPacketReceivedTimestamp currentRoundTripTime availableOutgoingBitrate".to_owned()),
        ("local-candidate", "transportId address port protocol candidateType".to_owned()),
        ("remote-candidate", "transportId address port protocol candidateType".to_owned()),
        ("certificate", "fingerprint fingerprintAlgorithm base64Certificate".to_owned()),
    ]);
    let allowed: BTreeSet<&str> = known[entry.kind.as_str()].split(' ').collect();
    let mut seen = BTreeSet::new();
    for (name, _) in &entry.members {
        assert!(allowed.contains(name), "{} has no {name}", entry.kind.as_str());
        assert!(seen.insert(name), "{name} twice");
    }
}
