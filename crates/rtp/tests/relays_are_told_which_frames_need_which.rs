//! Where the dependency descriptor was agreed on, each packet of pictures carries it, and a retransmission the same again; who
//! passes packets on reads it and passes it on too.

mod common;

use std::time::Duration;

use limpid_rtp::bwe::Limits;
use limpid_rtp::codec::{FrameToSend, Layer};
use limpid_rtp::ext::dependency::Descriptor;
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::session::{Inbound, ReceiverId, Session};
use limpid_rtp::{Packet, Ssrc, rtcp, send};
use limpid_sansio::{Instant, Machine};

const DESCRIPTOR: u8 = 7;

fn session(is_described: bool) -> Session {
    session_under(is_described.then_some(DESCRIPTOR))
}

/// A camera, and the number under which descriptors stand.
fn session_under(descriptor: Option<u8>) -> Session {
    let mut session = common::session(1, Limits { start: 5_000_000, ..Limits::default() });
    let mut map = Map::new();
    assert!(map.insert(3, Kind::TransportWide));
    assert!(descriptor.is_none_or(|id| map.insert(id, Kind::DependencyDescriptor)));
    session.set_extensions(&map);
    let sender = common::video_sender(Ssrc(1), Some(Ssrc(2)));
    session.add_sender(Instant::ZERO, sender).expect("free");
    session
}

fn packets(session: &mut Session, now: Instant) -> Vec<Vec<u8>> {
    let (mut all, mut out) = (Vec::new(), Vec::new());
    for step in 0..20 {
        while session.poll_transmit(now + Duration::from_millis(step), &mut out).is_some() {
            let packet = std::mem::take(&mut out);
            all.extend((!rtcp::is_rtcp(&packet)).then_some(packet));
        }
    }
    all
}

/// L1T2: every second frame stands in the upper layer.
fn show(session: &mut Session, number: u32) -> Vec<Vec<u8>> {
    let now = Instant::ZERO + common::PICTURE * number;
    let data = common::picture(number, number == 0, 2500);
    let temporal_id = (number % 2) as u8;
    let layer = Layer { temporal_id, is_switching_point: temporal_id > 0, ..Layer::default() };
    let frame = send::Frame {
        media_time: common::PICTURE * number,
        captured: None,
        data: &data,
        info: FrameToSend { layer: Some(layer), ..FrameToSend::default() },
        extras: Default::default(),
    };
    session.sender(Ssrc(1)).expect("there").write(now, &frame).expect("room");
    let mut sent = packets(session, now);
    // Without what only fills the path.
    sent.retain(|bytes| Packet::parse(bytes).expect("sound").header.ssrc == Ssrc(1));
    sent
}

//~ covers av1-A.8-a
#[test]
fn every_packet_of_a_picture_says_where_it_stands() {
    let mut session = session(true);
    let mut structure = None;
    let mut all = Vec::new();
    for number in 0..6 {
        let sent = show(&mut session, number);
        for (index, bytes) in sent.iter().enumerate() {
            let packet = Packet::parse(bytes).expect("sound");
            let data = packet.element(DESCRIPTOR).expect("described");
            let said = Descriptor::parse(data, structure.as_ref()).expect("sound");
            assert_eq!(said.structure.is_some(), number == 0 && index == 0);
            structure = said.structure.clone().or(structure);
            assert_eq!((said.start_of_frame, said.end_of_frame), (index == 0, index == sent.len() - 1));
            assert_eq!(u32::from(said.frame_number), number + 1);
            let template = structure.as_ref().and_then(|all| all.template(said.template_id)).expect("known");
            assert_eq!(template.temporal_id, (number % 2) as u8);
        }
        all.extend(sent);
    }
    // One of them is asked for again.
    let lost = Packet::parse(&all[1]).expect("sound");
    let mut nack = Vec::new();
    rtcp::write_nack(&mut nack, Ssrc(9), Ssrc(1), [lost.header.sequence_number]);
    let Ok(()) = session.handle_input(Instant::from_millis(250), Inbound { ecn: None, bytes: &nack });
    let again = packets(&mut session, Instant::from_millis(250));
    let again = again.iter().map(|bytes| Packet::parse(bytes).expect("sound"));
    let again = again.into_iter().find(|packet| packet.header.ssrc == Ssrc(2)).expect("sent again");
    assert_eq!(again.element(DESCRIPTOR), lost.element(DESCRIPTOR));
}

#[test]
fn where_it_was_not_agreed_on_nothing_is_said() {
    let mut session = session(false);
    for bytes in show(&mut session, 0) {
        assert_eq!(Packet::parse(&bytes).expect("sound").element(DESCRIPTOR), None);
    }
}

/// Each side of a relay speaks by numbers of its own.
#[test]
fn a_relay_reads_the_descriptor_and_passes_it_on() {
    const THERE: u8 = 9;
    let mut camera = session(true);
    let mut inlet = session(true);
    let section = common::section("v", common::video_payloads(), true);
    let receiver = inlet.add_receiver(Instant::ZERO, section, None);
    inlet.bind(receiver, Ssrc(1), Some(Ssrc(2)));
    inlet.receiver(receiver).expect("there").set_by_packet(true);
    let (mut outlet, mut deaf) = (session_under(Some(THERE)), session(false));
    let said = |packets: &[Vec<u8>], id| -> Vec<Vec<u8>> {
        let packets = packets.iter().map(|bytes| Packet::parse(bytes).expect("sound"));
        packets
            .filter(|packet| packet.header.ssrc == Ssrc(1))
            .map(|packet| packet.element(id).unwrap_or_default().to_vec())
            .collect()
    };
    let (mut sent, mut passed_on, mut unsaid) = (Vec::new(), Vec::new(), Vec::new());
    for number in (0..6).map(|number| number * 3) {
        let now = Instant::ZERO + common::PICTURE * number;
        let shown = show(&mut camera, number);
        for (at, bytes) in shown.iter().enumerate() {
            // One in the midst is lost, and comes as a retransmission.
            let again = if at == 1 {
                repaired(&mut camera, now + Duration::from_millis(21), bytes)
            } else {
                bytes.clone()
            };
            let Ok(()) = inlet.handle_input(now, Inbound { ecn: None, bytes: &again });
        }
        sent.extend(said(&shown, DESCRIPTOR));
        while pass_on(&mut inlet, receiver, now, &mut [&mut outlet, &mut deaf]) {}
        passed_on.extend(said(&packets(&mut outlet, now), THERE));
        unsaid.extend(said(&packets(&mut deaf, now), THERE));
    }
    assert!(sent.len() > 12 && sent.iter().all(|descriptor| !descriptor.is_empty()));
    assert_eq!(passed_on, sent, "word for word");
    assert!(unsaid.len() == sent.len() && unsaid.iter().all(Vec::is_empty), "nobody asked for it there");
}

/// What comes when this packet is asked for again.
fn repaired(camera: &mut Session, now: Instant, lost: &[u8]) -> Vec<u8> {
    let lost = Packet::parse(lost).expect("sound").header.sequence_number;
    let mut nack = Vec::new();
    rtcp::write_nack(&mut nack, Ssrc(9), Ssrc(1), [lost]);
    let Ok(()) = camera.handle_input(now, Inbound { ecn: None, bytes: &nack });
    let is_repair = |bytes: &Vec<u8>| Packet::parse(bytes).expect("sound").header.ssrc == Ssrc(2);
    packets(camera, now).into_iter().find(is_repair).expect("sent again")
}

/// The next packet, if there is one, goes out on each of these.
fn pass_on(inlet: &mut Session, from: ReceiverId, now: Instant, to: &mut [&mut Session]) -> bool {
    let Some(packet) = inlet.receiver(from).expect("there").read_packet(now) else { return false };
    for session in to {
        let payload = packet.with_data(packet.data, packet.dependencies);
        session.sender(Ssrc(1)).expect("there").write_payload(now, &payload).expect("room");
    }
    true
}
