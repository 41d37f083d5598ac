//! The other side uses a number of ours: what we say of that stream from then on names the number that it has now.

use super::*;
use crate::{Description, ReportKind};

impl Hand {
    /// A picture of `b`, and how many of its pictures `a` has to read a moment later.
    fn show_from_b(&mut self) -> usize {
        self.number += 1;
        let (media_time, data) = (Duration::from_millis(20) * self.number, picture(true));
        let (info, extras) = (FrameToSend::default(), Extras::default());
        let frame = send::Frame { media_time, captured: None, data: &data, info, extras };
        let of_b = self.b.transceivers()[1].id();
        self.b.write_frame(self.now, of_b, &frame).expect("room");
        (0..40).for_each(|_| self.pass());
        core::iter::from_fn(|| self.a.read_frame(self.now, self.camera).map(|_| ())).count()
    }

    /// What `b` counts of its camera: the number of the stream, and that of its repeats.
    fn outbound_of_b(&mut self) -> (u64, u64) {
        let stats = self.b.get_stats(self.now);
        let mut streams = stats.of(ReportKind::OutboundRtp);
        let video = streams.find(|report| report.text_of("kind") == Some("video")).expect("sent");
        (video.count_of("ssrc").expect("a number"), video.count_of("rtxSsrc").expect("a number"))
    }
}

fn names(description: &Description, (media, repair): (u64, u64)) -> bool {
    let is_said = |line: String| description.sdp.contains(&line);
    is_said(format!("a=ssrc-group:FID {media} {repair}\r\n"))
        && is_said(format!("a=ssrc:{media} cname:"))
        && is_said(format!("a=ssrc:{repair} cname:"))
}

#[test]
fn after_a_collision_descriptions_and_statistics_name_the_new_number() {
    for is_offerer in [true, false] {
        let mut hand = Hand::connected();
        assert_eq!(hand.show_from_b(), 1);
        let old = hand.outbound_of_b();
        let header = Header { ssrc: hand.camera_of_b(), payload_type: VP8, ..Header::default() };
        hand.send(&packet(header, &[], &picture(true)));
        assert_eq!(hand.show_from_b(), 1, "under another number, and said to be of the camera");
        let new = hand.outbound_of_b();
        assert!(old.0 != new.0 && old.1 != new.1, "{old:?}, {new:?}");
        let told = |event: &Event| match event {
            Event::Rtp(Rtp::Renumbered { sender, ssrc }) => Some((u64::from(sender.0), u64::from(ssrc.0))),
            _ => None,
        };
        assert!(hand.events.iter().filter_map(told).eq([(old.0, new.0)]));

        let Hand { a, b, now, .. } = &mut hand;
        match is_offerer {
            true => exchange(b, a, *now),
            false => exchange(a, b, *now),
        }
        let said = hand.b.local_description().expect("just set");
        assert!(names(&said, new) && !said.sdp.contains(&old.0.to_string()), "{said}");
        assert_eq!(u64::from(hand.camera_of_b().0), new.0);
        assert_eq!(hand.a.negotiated_media()[1].remote_sources[0].ssrc, hand.camera_of_b().0);
        assert_eq!(hand.b.rtp().senders().count(), 2, "the streams are the same");
        assert_eq!(hand.show_from_b(), 1);
        assert_eq!(hand.outbound_of_b(), new);
    }
}
