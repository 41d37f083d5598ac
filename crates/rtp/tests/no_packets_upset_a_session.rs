//! Whatever packets come about or beside our own streams, a session goes on: it never stays due, never answers without end,
//! and what it sends can be read.

mod common;

use std::time::Duration;

use common::{AUDIO_SSRC, VIDEO_SSRC, audio_payloads, picture, section, session, video_payloads};
use limpid_rtp::bwe::Limits;
use limpid_rtp::codec::FrameToSend;
use limpid_rtp::rtcp::{self, FullIntraEntry, RateLimit, SenderInfo};
use limpid_rtp::session::{Feedback, Inbound, ReceiverId, SenderConfig, Session};
use limpid_rtp::{Form, Header, Mid, Packet, PacketWriter, PayloadType, Ssrc, send};
use limpid_sansio::{Instant, Machine};
use proptest::prelude::*;

const REPAIR: Ssrc = Ssrc(0x1111_1112);

#[derive(Clone, Debug)]
enum Step {
    Rtp { payload_type: u8, ssrc: u32, sequence: u16, mid: Option<&'static str>, payload: Vec<u8> },
    Rtcp { kind: u8, ssrc: u32, other: u32, number: u64, control: Vec<u8> },
    Raw(Vec<u8>),
    Write(bool),
    Pass(u16),
    Agree(bool),
    Pause(bool),
    Path(u16),
}

fn ssrc() -> impl Strategy<Value = u32> {
    prop_oneof![Just(VIDEO_SSRC.0), Just(AUDIO_SSRC.0), Just(REPAIR.0), 0_u32..5, any::<u32>()]
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

fn step() -> impl Strategy<Value = Step> {
    let payload_type = prop_oneof![Just(96_u8), Just(97), Just(111), 0_u8..128];
    let mid = prop_oneof![Just(None), Just(Some("v")), Just(Some("a")), Just(Some("nobody"))];
    let sequence = prop_oneof![0_u16..50, 65_500_u16.., any::<u16>()];
    let payload = prop_oneof![bytes(40), Just([&[0x10][..], &picture(1, true, 30)].concat())];
    let rtp = (payload_type, 0_u32..4, sequence, mid, payload).prop_map(
        |(payload_type, ssrc, sequence, mid, payload)| Step::Rtp {
            payload_type,
            ssrc,
            sequence,
            mid,
            payload,
        },
    );
    let number = prop_oneof![0_u64..1000, any::<u64>()];
    let rtcp = (0_u8..11, ssrc(), ssrc(), number, bytes(40))
        .prop_map(|(kind, ssrc, other, number, control)| Step::Rtcp { kind, ssrc, other, number, control });
    prop_oneof![
        6 => rtp,
        6 => rtcp,
        1 => bytes(60).prop_map(Step::Raw),
        3 => any::<bool>().prop_map(Step::Write),
        3 => prop_oneof![0_u16..40, 0_u16..20_000].prop_map(Step::Pass),
        1 => any::<bool>().prop_map(Step::Agree),
        1 => any::<bool>().prop_map(Step::Pause),
        // Smaller ones than any path has carry no report.
        1 => (600_u16..3000).prop_map(Step::Path),
    ]
}

/// One datagram of RTCP; `control` is what stands in feedback that has no writer of its own here.
fn control_packet(kind: u8, ssrc: u32, other: u32, number: u64, control: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (from, about) = (Ssrc(ssrc), Ssrc(other));
    match kind {
        0 => drop(rtcp::write_nack(
            &mut out,
            from,
            about,
            (0..64).map(|at| (number as u16).wrapping_add(at * 3)),
        )),
        1 => rtcp::write_picture_loss_indication(&mut out, from, about),
        2 => {
            let entry = FullIntraEntry { ssrc: about, sequence_number: number as u8 };
            rtcp::write_full_intra_request(&mut out, from, [entry]);
        }
        3 => {
            let overhead = control.len() as u16;
            rtcp::write_tmmbr(&mut out, from, [RateLimit { ssrc: about, bits_per_second: number, overhead }]);
        }
        4 => rtcp::write_remb(&mut out, from, number, [about]),
        5 => rtcp::write_goodbye(&mut out, [from, about], None),
        6 => rtcp::write_cname(&mut out, [from, about], &format!("{number}")),
        7 => {
            let info = SenderInfo { ntp: number, rtp_timestamp: number as u32, packets: 1, octets: 1 };
            rtcp::write_sender_report(&mut out, from, &info, []);
        }
        8 => {
            let block = rtcp::ReportBlock {
                ssrc: about,
                fraction_lost: number as u8,
                cumulative_lost: number as i32 >> 8,
                highest_sequence: number as u32,
                jitter: number as u32,
                last_sender_report: number as u32,
                delay_since_last: (number >> 7) as u32,
            };
            rtcp::write_receiver_report(&mut out, from, [block]);
        }
        // Transport-wide feedback, feedback by stream.
        format => {
            let mut body = control.to_vec();
            body.resize(body.len().next_multiple_of(4), 0);
            let format = if format == 9 { 15 } else { 11 };
            out.extend([0x80 | format, 205, 0, (body.len() / 4 + 2) as u8]);
            out.extend([from.0.to_be_bytes(), about.0.to_be_bytes()].concat());
            out.extend(body);
        }
    }
    out
}

struct Run {
    session: Session,
    now: Instant,
    receivers: [ReceiverId; 2],
    pictures: u32,
}

impl Run {
    fn new(feedback: Feedback) -> Self {
        let mut session = session(4, Limits::default());
        session.set_feedback(feedback, true);
        let now = Instant::from_millis(1);
        let video = session.add_receiver(now, section("v", video_payloads(), true), None);
        let audio = session.add_receiver(now, section("a", audio_payloads(), false), None);
        for (ssrc, repair, mid, payloads, payload_type, is_video) in [
            (VIDEO_SSRC, Some(REPAIR), "v", video_payloads(), 96, true),
            (AUDIO_SSRC, None, "a", audio_payloads(), 111, false),
        ] {
            let config = SenderConfig {
                ssrc,
                repair,
                mid: Mid::new(mid),
                rid: None,
                payloads,
                payload_type: PayloadType(payload_type),
                is_video,
                history: Duration::from_secs(1),
            };
            session.add_sender(now, config).expect("free");
        }
        Run { session, now, receivers: [video, audio], pictures: 0 }
    }

    fn give(&mut self, bytes: &[u8]) {
        let Ok(()) = self.session.handle_input(self.now, Inbound { ecn: None, bytes });
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Rtp { payload_type, ssrc, sequence, mid, payload } => {
                let header = Header {
                    marker: sequence.is_multiple_of(2),
                    payload_type: PayloadType(payload_type),
                    sequence_number: sequence,
                    timestamp: u32::from(sequence) * 3000,
                    ssrc: Ssrc(ssrc),
                };
                let mut bytes = Vec::new();
                let mut writer = PacketWriter::new(&mut bytes, &header, Form::OneByte);
                mid.map(|mid| writer.element(1, mid.as_bytes()));
                writer.element(3, &sequence.to_be_bytes());
                writer.payload().extend_from_slice(&payload);
                self.give(&bytes);
            }
            Step::Rtcp { kind, ssrc, other, number, control } => {
                self.give(&control_packet(kind, ssrc, other, number, &control));
            }
            Step::Raw(bytes) => self.give(&bytes),
            Step::Write(is_video) => {
                self.pictures += 1;
                let (ssrc, data) = match is_video {
                    true => (VIDEO_SSRC, picture(self.pictures, self.pictures.is_multiple_of(7), 2500)),
                    false => (AUDIO_SSRC, vec![0x78; 80]),
                };
                let (info, extras) = (FrameToSend::default(), Default::default());
                let media_time = self.now.since(Instant::ZERO);
                let frame = send::Frame { media_time, captured: None, data: &data, info, extras };
                // One that is refused is not sent.
                let _ = self.session.sender(ssrc).expect("ours").write(self.now, &frame);
            }
            Step::Pass(millis) => self.now += Duration::from_millis(u64::from(millis)),
            Step::Agree(all) => {
                let mut payloads = video_payloads();
                payloads.truncate(if all { 2 } else { 1 });
                self.session.update_receiver(self.receivers[0], section("v", payloads.clone(), true));
                self.session.sender(VIDEO_SSRC).expect("ours").set_payloads(self.now, &payloads);
            }
            Step::Pause(is_paused) => self.session.sender(VIDEO_SSRC).expect("ours").set_paused(is_paused),
            Step::Path(bytes) => {
                let info = limpid_sansio::PathInfo {
                    max_datagram: usize::from(bytes),
                    is_new_route: bytes % 2 == 0,
                };
                self.session.path_changed(info);
            }
        }
    }

    /// Lets it do what is due. Everything that leaves must be a packet.
    fn drain(&mut self) -> Result<(), TestCaseError> {
        let Ok(()) = self.session.handle_timeout(self.now);
        let (mut rounds, mut out) = (0, Vec::new());
        loop {
            let before = rounds;
            while self.session.poll_transmit(self.now, &mut out).is_some() {
                rounds += 1;
                prop_assert!(rounds < 5000, "it does not come to rest");
                match rtcp::is_rtcp(&out) {
                    true => prop_assert!(rtcp::packets(&out).all(|packet| packet.is_ok()), "{:?}", out),
                    false => prop_assert!(Packet::parse(&out).is_ok()),
                }
                out.clear();
            }
            while self.session.poll_event().is_some() {}
            for id in self.receivers {
                while self.session.receiver(id).is_some_and(|receiver| receiver.read(self.now).is_some()) {}
            }
            let Ok(()) = self.session.handle_timeout(self.now);
            if rounds == before && self.session.poll_timeout().is_none_or(|at| at > self.now) {
                return Ok(());
            }
            rounds += 1;
            prop_assert!(rounds < 5000, "{:?} stays due at {:?}", self.session.poll_timeout(), self.now);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn it_goes_on(
        by_stream: bool,
        steps in proptest::collection::vec(step(), 1..100),
    ) {
        let feedback = if by_stream { Feedback::CongestionControl } else { Feedback::TransportWide };
        let mut run = Run::new(feedback);
        for step in steps {
            run.take(step);
            run.drain()?;
            let limits = Limits::default();
            prop_assert!(run.session.target_bitrate() <= limits.max);
        }
        // After all that, frames still leave.
        run.now += Duration::from_secs(30);
        run.drain()?;
        run.session.sender(AUDIO_SSRC).expect("ours").set_paused(false);
        let before = run.session.sender(AUDIO_SSRC).expect("ours").stats().packets_sent;
        run.take(Step::Path(1200));
        run.take(Step::Write(false));
        run.drain()?;
        prop_assert_eq!(run.session.sender(AUDIO_SSRC).expect("ours").stats().packets_sent, before + 1);
    }
}
