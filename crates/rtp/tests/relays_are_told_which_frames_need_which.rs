//! Where the dependency descriptor was agreed on, each packet of pictures carries it, and a retransmission the same again.

mod common;

use std::time::Duration;

use limpid_rtp::bwe::Limits;
use limpid_rtp::codec::{FrameToSend, Layer};
use limpid_rtp::ext::dependency::Descriptor;
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::session::{Inbound, Session};
use limpid_rtp::{Packet, Ssrc, rtcp, send};
use limpid_sansio::{Instant, Machine};

const DESCRIPTOR: u8 = 7;

fn session(is_described: bool) -> Session {
    let mut session = common::session(1, Limits { start: 5_000_000, ..Limits::default() });
    let mut map = Map::new();
    assert!(map.insert(3, Kind::TransportWide));
    assert!(!is_described || map.insert(DESCRIPTOR, Kind::DependencyDescriptor));
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
