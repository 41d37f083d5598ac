//! A stream that changes its format is sent again under the number that repairs the new one. RFC 4588 §8.1.

mod common;

use std::time::Duration;

use limpid_rtp::codec::{Format, FrameToSend};
use limpid_rtp::session::{Inbound, Meaning, Payload, SenderConfig, Session};
use limpid_rtp::{Extras, Packet, PayloadType, Ssrc, rtcp, send};
use limpid_sansio::{Instant, Machine};

fn packets(session: &mut Session, now: Instant) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let mut out = Vec::new();
        if session.poll_transmit(now, &mut out).is_none() {
            return all;
        }
        if !rtcp::is_rtcp(&out) {
            all.push(out);
        }
    }
}

#[test]
fn the_number_of_the_repair_follows_the_format() {
    let now = Instant::from_millis(1000);
    let h264 = |number, meaning| Payload {
        payload_type: PayloadType(number),
        meaning,
        clock_rate: 90_000,
        nack: true,
        pli: true,
        fir: false,
    };
    let mut payloads = common::video_payloads();
    payloads.push(h264(102, Meaning::Media(Format::H264 { mode: 1 })));
    payloads.push(h264(103, Meaning::Retransmission(PayloadType(102))));
    let mut session = common::session(1, Default::default());
    let ssrc = Ssrc(7);
    let config = SenderConfig {
        ssrc,
        repair: Some(Ssrc(8)),
        mid: None,
        rid: None,
        payloads,
        payload_type: PayloadType(96),
        is_video: true,
        history: Duration::from_secs(1),
    };
    session.add_sender(now, config).expect("free");
    let mut sender = session.sender(ssrc).expect("added");
    assert!(sender.set_payload_type(now, PayloadType(102)));
    let frame = send::Frame {
        media_time: Duration::ZERO,
        captured: None,
        data: &[0, 0, 0, 1, 0x65, 1, 2, 3],
        info: FrameToSend::default(),
        extras: Extras::default(),
    };
    sender.write(now, &frame).expect("room");
    let sent = packets(&mut session, now);
    let first = Packet::parse(&sent[0]).expect("sound").header;
    assert_eq!((first.ssrc, first.payload_type), (ssrc, PayloadType(102)));

    let mut nack = Vec::new();
    rtcp::write_nack(&mut nack, Ssrc(9), ssrc, [first.sequence_number]);
    let Ok(()) = session.handle_input(now, Inbound { ecn: None, bytes: &nack });
    let again = packets(&mut session, now + Duration::from_millis(20));
    let header = Packet::parse(&again[0]).expect("sound").header;
    assert_eq!((header.ssrc, header.payload_type), (Ssrc(8), PayloadType(103)));
}
