//! Layers of one picture: offered, answered, and left out where they are badly described. RFC 8851, RFC 8853, RFC 5576.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Side, answered, parse, video};
use limpid_sdp::SessionDescription;
use limpid_sdp::jsep::{self, Direction, MediaKind, Wish};

use Direction::{RecvOnly, SendRecv};
use MediaKind::Video;

fn new_wish(side: &Side, kind: MediaKind, direction: Direction) -> Wish<'_> {
    side.wish(kind, None, direction)
}

//~ covers 8853-5.3.2-a, 8853-5.3.1-a, 8851-6.3-a
#[test]
fn layers_are_offered_by_name_and_answered_the_other_way_round() {
    let side = Side::new();
    let wish = Wish { sources: &side.layers, ..new_wish(&side, Video, SendRecv) };
    let offer = jsep::offer(&side.local(&[wish]), None);
    let text = offer.to_string();
    assert!(text.contains("a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n"));
    assert!(!text.contains("a=ssrc"), "layers are known by their names");
    let answer = |max_layers| {
        let wish = Wish { max_layers, ..side.wish(Video, Some(0), SendRecv) };
        jsep::answer(&side.local(&[wish]), &offer).unwrap()
    };
    let text = answer(2).to_string();
    assert!(text.contains("a=rid:q recv\r\na=rid:h recv\r\na=simulcast:recv q;h\r\n"), "{text}");
    let names = |answer: &SessionDescription| {
        let agreement =
            jsep::agree(&jsep::read(&offer).unwrap().media[0], &jsep::read(answer).unwrap().media[0], true);
        agreement.send_layers.into_iter().map(|layer| layer.rid).collect::<Vec<_>>()
    };
    assert_eq!(names(&answer(2)), ["q", "h"]);
    assert!(names(&answer(0)).is_empty() && !answer(0).to_string().contains("a=rid"), "no line, no layers");
    let invented =
        parse(&answer(3).to_string().replace("rid:f recv", "rid:x recv").replace("q;h;f", "x;q;h"));
    assert_eq!(names(&invented), ["q", "h"], "who answers adds none");
}

#[test]
fn layers_that_the_other_side_wants_are_sent_if_we_have_them() {
    let side = Side::new();
    let offer = video("a=recvonly\na=rid:f recv\na=rid:q recv\na=rid:z recv\na=simulcast:recv f;~q;z\n");
    let wish = Wish { sources: &side.layers, ..side.wish(Video, Some(0), SendRecv) };
    let text = answered(&side, wish, &offer);
    assert!(text.contains("a=rid:f send\r\na=rid:q send\r\na=simulcast:send f;q\r\n"), "{text}");
    let ours = jsep::read(&parse(&text)).unwrap();
    let layers = jsep::agree(&ours.media[0], &jsep::read(&offer).unwrap().media[0], false).send_layers;
    assert_eq!(
        layers.iter().map(|l| (l.rid.as_str(), l.is_paused)).collect::<Vec<_>>(),
        [("f", false), ("q", true)]
    );
}

//~ covers 8851-6.2.2-a neg, 8851-6.2.2-b neg, 8851-6.2.2-c neg, 8853-5.1-a neg
#[test]
fn layers_that_are_badly_described_are_left_out() {
    let side = Side::new();
    let taken = |lines: &str| {
        let offer = video(lines);
        let text = answered(&side, side.wish(Video, None, RecvOnly), &offer);
        text.lines().find_map(|line| line.strip_prefix("a=simulcast:recv ").map(str::to_owned))
    };
    let rids = "a=rid:a send\na=rid:b send pt=96\na=rid:c send pt=1,96;max-width=640\n";
    let with = |last: &str| taken(&format!("{rids}{last}"));
    assert_eq!(with("a=simulcast:send a;b;c\n").as_deref(), Some("a;b;c"));
    assert_eq!(with("a=simulcast:send a,b;c\n").as_deref(), Some("a;c"), "of alternatives the first");
    assert_eq!(
        with("a=rid:a send\na=simulcast:send a,b;c\n").as_deref(),
        Some("b;c"),
        "described twice: not at all"
    );
    assert_eq!(
        with("a=rid:d send pt=1\na=simulcast:send d;a\n").as_deref(),
        Some("a"),
        "under no number of the section"
    );
    assert_eq!(
        with("a=rid:d recv\na=simulcast:send d;a;a;x\n").as_deref(),
        Some("a"),
        "the other way, twice, or unknown"
    );
    assert_eq!(with("a=simulcast:send a\na=simulcast:send b\n"), None, "two lines are none");
    assert_eq!(
        with("a=rid:d send new=1\na=simulcast:send d\n").as_deref(),
        Some("d"),
        "what limits the sender is its own"
    );
    assert_eq!(taken("a=rid:a send\n"), None);
    let wish = Wish { sources: &side.layers, ..side.wish(Video, Some(0), SendRecv) };
    let strange = video("a=rid:q recv new=1\na=rid:f recv\na=simulcast:recv q;f\n");
    assert!(
        answered(&side, wish, &strange).contains("a=simulcast:send f\r\n"),
        "a limit that we can not keep"
    );
}

#[test]
fn sources_and_their_companions_are_found_also_in_the_old_form_of_simulcast() {
    let offer = video(
        "a=ssrc-group:SIM 10 20 30\na=ssrc-group:FID 10 11\na=ssrc-group:FID 20 21\na=ssrc-group:FEC-FR 20 22\n\
         a=ssrc:30 cname:x\na=ssrc:10 msid:s t\na=ssrc:11 cname:x\na=ssrc:22 cname:x\n",
    );
    let section = &jsep::read(&offer).unwrap().media[0];
    let sources: Vec<_> = section.primary_sources().iter().map(|s| (s.ssrc, s.rtx, s.fec)).collect();
    assert_eq!(sources, [(10, Some(11), None), (20, Some(21), Some(22)), (30, None, None)]);
    assert_eq!(section.legacy_layers(), 3);
    assert_eq!(section.cname(), Some("x"));
    assert_eq!((section.streams[0].stream.as_str(), section.streams[0].track.as_deref()), ("s", Some("t")));
}

#[test]
fn one_source_or_two_that_are_no_group_are_no_layers() {
    let layers = |lines: &str| jsep::read(&video(lines)).unwrap().media[0].legacy_layers();
    assert_eq!(layers("a=ssrc:1 cname:x\na=ssrc:2 cname:x\n"), 0);
    assert_eq!(layers("a=ssrc-group:SIM 1\na=ssrc:1 cname:x\n"), 0);
    assert_eq!(layers("a=ssrc-group:SIM 1 1 1\na=ssrc:1 cname:x\n"), 0);
    assert_eq!(layers("a=ssrc-group:SIM\n"), 0);
    assert_eq!(layers("a=ssrc-group:SIM 1 2\na=ssrc:3 cname:x\n"), 2, "the third is something else");
    let many: String = (0..1000).map(|ssrc| format!(" {ssrc}")).collect();
    assert_eq!(layers(&format!("a=ssrc-group:SIM{many}\n")), 32);
}
