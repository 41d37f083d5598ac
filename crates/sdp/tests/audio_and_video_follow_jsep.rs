//! Offers and answers of audio and video, against what RFC 9429, 3264, 9143, 8851 and 8853 ask for, told by the text on the
//! wire.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Side, answered, outline, parse, video};
use limpid_sdp::jsep::{self, BundlePolicy, Direction, MediaKind, Negotiated, Wish};
use limpid_sdp::{Codec, JsepError, SessionDescription};

use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
use MediaKind::{Audio, Video};

fn group(description: &SessionDescription) -> String {
    let groups = description.groups().map(|group| group.mids().collect::<Vec<_>>().join(" "));
    groups.collect::<Vec<_>>().join("|")
}

fn new_wish(side: &Side, kind: MediaKind, direction: Direction) -> Wish<'_> {
    side.wish(kind, None, direction)
}

/// Both sides offer and answer all they can; gives what they said.
fn agreed(side: &Side, wishes: &[Wish<'_>]) -> (SessionDescription, SessionDescription) {
    let offer = jsep::offer(&side.local(wishes), None);
    let answer = jsep::answer(&side.local(&side.everything(&offer)), &offer).unwrap();
    jsep::check_answer(&offer, &answer).unwrap();
    (offer, answer)
}

//~ covers 9429-5.2.1-a, 9429-5.2.1-b, 9429-5.2.1-c
#[test]
fn a_first_offer_holds_what_was_wished_in_that_order_and_data_channels_last() {
    let side = Side::new();
    let wishes = [new_wish(&side, Audio, SendRecv), new_wish(&side, Video, SendOnly)];
    let offer = jsep::offer(&jsep::Local { data_mid: Some("0"), ..side.local(&wishes) }, None);
    assert_eq!(outline(&offer), ["audio 9 0", "video 9 1", "application 9 2"]);
    assert_eq!(group(&offer), "0 1 2");
    let text = offer.to_string();
    for line in [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 110 126",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 102 103 104 105 45 46",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:63 111/111",
        "a=rtcp-fb:96 nack pli",
        "a=fmtp:97 apt=96",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=msid:stream track",
        "a=ssrc-group:FID 1000 1001",
        "a=ssrc:1000 cname:cname",
        "a=ssrc:1001 msid:stream track",
    ] {
        assert!(text.contains(&format!("{line}\r\n")), "{line} in {text}");
    }
    assert_eq!((text.matches("a=rtcp-mux\r\n").count(), text.matches("a=rtcp-rsize\r\n").count()), (2, 2));
    assert_eq!(text.matches("a=setup:actpass").count(), 3);
    assert!(text.contains("a=sendrecv\r\n") && text.contains("a=sendonly\r\n"));
}

//~ covers 9143-6-a, 9429-4.1.1-a
#[test]
fn bundle_policies_say_which_sections_have_ports_of_their_own() {
    let side = Side::new();
    let wishes = [Audio, Video, Video].map(|kind| new_wish(&side, kind, SendRecv));
    let ports = |bundle_policy| {
        let local = jsep::Local { bundle_policy, data_mid: Some("d"), ..side.local(&wishes) };
        let offer = jsep::offer(&local, None);
        for media in &offer.media {
            assert_eq!(media.port == 0, media.is_bundle_only(), "port 0 is for these alone");
        }
        assert!(jsep::read(&offer).unwrap().sections.iter().all(|section| !section.rejected));
        let answer = jsep::answer(&side.local(&side.everything(&offer)), &offer).unwrap();
        assert!(!answer.to_string().contains("bundle-only"));
        assert_eq!(group(&answer), "0 1 2 d");
        // Nothing of it comes back later.
        let wishes = side.everything(&offer);
        let local = jsep::Local { bundle_policy, ..side.local(&wishes) };
        let again = jsep::offer(&local, Some(Negotiated { local: &offer, remote: &answer }));
        assert!(!again.to_string().contains("bundle-only"));
        assert!(again.media.iter().all(|media| media.port == 9));
        offer.media.iter().map(|media| media.port).collect::<Vec<_>>()
    };
    assert_eq!(ports(BundlePolicy::Balanced), [9, 9, 0, 9]);
    assert_eq!(ports(BundlePolicy::MaxCompat), [9, 9, 9, 9]);
    assert_eq!(ports(BundlePolicy::MaxBundle), [9, 0, 0, 0]);
}

//~ covers 3264-6.1-a, 9429-5.3.1-b
#[test]
fn the_direction_of_an_answer_is_what_both_want() {
    let side = Side::new();
    let all = [SendRecv, SendOnly, RecvOnly, Inactive];
    for offered in all {
        for wished in all {
            let offer = jsep::offer(&side.local(&[new_wish(&side, Audio, offered)]), None);
            let wish = side.wish(Audio, Some(0), wished);
            let answer = jsep::answer(&side.local(&[wish]), &offer).unwrap();
            let (offer, answer) = (jsep::read(&offer).unwrap(), jsep::read(&answer).unwrap());
            let said = answer.media[0].direction;
            assert_eq!(said.sends(), offered.receives() && wished.sends(), "{offered:?} {wished:?}");
            assert_eq!(said.receives(), offered.sends() && wished.receives(), "{offered:?} {wished:?}");
            assert_eq!(
                answer.media[0].streams.is_empty(),
                !said.sends(),
                "who does not send names no stream"
            );
            let here = jsep::agree(&answer.media[0], &offer.media[0], false).direction;
            let there = jsep::agree(&offer.media[0], &answer.media[0], true).direction;
            assert_eq!((here, there), (said, said.reversed()));
        }
    }
}

//~ covers 3264-6.1-b, 9429-5.3.1-a neg, 3264-6-b
#[test]
fn what_has_no_codec_in_common_is_refused_and_the_rest_is_taken() {
    let side = Side::new();
    let exotic = [Codec::new(96, "L24", 48_000), Codec::new(101, "telephone-event", 8000)];
    let wishes =
        [Wish { codecs: &exotic, ..new_wish(&side, Audio, SendRecv) }, new_wish(&side, Video, SendRecv)];
    let (offer, answer) = agreed(&side, &wishes);
    assert_eq!(outline(&answer), ["audio 0 0", "video 9 1"], "tones alone are no sound");
    assert_eq!(group(&answer), "1");
    let (ours, theirs) = (jsep::read(&offer).unwrap(), jsep::read(&answer).unwrap());
    let dead = jsep::agree(&ours.media[0], &theirs.media[0], true);
    assert!(dead.direction == Inactive && dead.send_codecs.is_empty() && dead.extensions.is_empty());
    assert_eq!(jsep::tagged(&answer), Some(1));
}

//~ covers 9143-7.3.1-a, 9143-7.3.3-a
#[test]
fn one_transport_serves_one_group_and_what_is_outside_of_it_is_refused() {
    let side = Side::new();
    let wishes = [Audio, Video, Audio].map(|kind| new_wish(&side, kind, SendRecv));
    let local = jsep::Local { bundle_policy: BundlePolicy::MaxCompat, ..side.local(&wishes) };
    let text = jsep::offer(&local, None).to_string();
    let regrouped = |groups: &str| {
        let offer = parse(&text.replace("a=group:BUNDLE 0 1 2\r\n", groups));
        let answer = jsep::answer(&side.local(&side.everything(&offer)), &offer).unwrap();
        jsep::check_answer(&offer, &answer).unwrap();
        (outline(&answer).join(", "), group(&answer))
    };
    assert_eq!(regrouped(""), ("audio 9 0, video 0 1, audio 0 2".into(), "".into()));
    let two = "a=group:BUNDLE 0 2\r\na=group:BUNDLE 1\r\n";
    assert_eq!(regrouped(two), ("audio 9 0, video 0 1, audio 9 2".into(), "0 2".into()));
    // The group's order says whose transport it is.
    let turned = "a=group:BUNDLE 2 1 0\r\n";
    assert_eq!(regrouped(turned), ("audio 9 0, video 9 1, audio 9 2".into(), "2 1 0".into()));

    let offer = parse(&text);
    let wishes = side.everything(&offer);
    let answer = jsep::answer(&side.local(&wishes), &offer).unwrap().to_string();
    let apart = parse(&answer.replace("BUNDLE 0 1 2", "BUNDLE 0 1"));
    assert_eq!(jsep::check_answer(&offer, &apart), Err(JsepError::NotBundled(2)));
}

#[test]
fn what_is_said_of_the_transport_once_may_stand_in_the_tagged_section_alone_or_in_all() {
    let side = Side::new();
    let candidates = ["candidate:1 1 udp 1 192.0.2.1 9 typ host".to_owned()];
    let wishes = [Audio, Video].map(|kind| new_wish(&side, kind, SendRecv));
    let offer = jsep::offer(&jsep::Local { candidates: &candidates, ..side.local(&wishes) }, None);
    let text = offer.to_string();
    assert_eq!((text.matches("a=candidate").count(), text.matches("a=ice-ufrag").count()), (1, 2));
    let (head, tail) = text.split_at(text.find("m=video").unwrap());
    let transport = ["a=ice-", "a=fingerprint", "a=setup"];
    let bare =
        tail.split_inclusive("\r\n").filter(|line| !transport.iter().any(|word| line.starts_with(word)));
    let sparse = parse(&format!("{head}{}", bare.collect::<String>()));
    for description in [&offer, &sparse] {
        let transport = jsep::transport(description, 1).unwrap();
        assert_eq!((transport.ufrag.as_str(), transport.candidates.as_slice()), ("limp", &candidates[..]));
        assert_eq!(jsep::tagged(description), Some(0));
    }
    let refusing = [side.wish(Video, Some(1), SendRecv)];
    let answer = jsep::answer(&side.local(&refusing), &sparse).unwrap();
    assert_eq!((jsep::tagged(&answer), group(&answer).as_str()), (Some(1), "1"), "the next one is the tag");
}

//~ covers 9429-5.2.2-a, 9429-5.2.2-b, 3264-8-a, 3264-8.1-a
#[test]
fn sections_that_end_leave_a_slot_that_is_used_again_under_a_new_name() {
    let side = Side::new();
    let wishes = [Audio, Video, Video].map(|kind| new_wish(&side, kind, SendRecv));
    let (offer, answer) = agreed(&side, &wishes);
    let in_force = |offer, answer| Some(Negotiated { local: offer, remote: answer });
    // The second section ends.
    let kept = [side.wish(Audio, Some(0), SendRecv), side.wish(Video, Some(2), RecvOnly)];
    let second = jsep::offer(&side.local(&kept), in_force(&offer, &answer));
    assert_eq!(
        (outline(&second), group(&second)),
        (vec!["audio 9 0".into(), "video 0 1".into(), "video 9 2".into()], "0 2".into())
    );
    let answer = jsep::answer(&side.local(&side.everything(&second)), &second).unwrap();
    assert_eq!(outline(&answer)[1], "video 0 1", "nobody can bring it back");
    // Its slot is free for another kind; the next new section stands behind.
    let more = [kept[0], kept[1], new_wish(&side, Audio, SendOnly), new_wish(&side, Video, SendOnly)];
    let local = jsep::Local { data_mid: Some("0"), ..side.local(&more) };
    let third = jsep::offer(&local, in_force(&second, &answer));
    assert_eq!(outline(&third), ["audio 9 0", "audio 9 3", "video 9 2", "video 9 4", "application 9 5"]);
    assert_eq!(group(&third), "0 2 3 4 5", "who was in the group keeps its place");
    assert_eq!(third.origin.version(), Some(3));
    // One that ends and was never answered takes no new part.
    let stale = [side.wish(Video, Some(1), SendRecv)];
    assert_eq!(outline(&jsep::offer(&side.local(&stale), in_force(&second, &answer)))[1], "video 0 1");
}

//~ covers 3264-8-b neg
#[test]
fn an_offer_that_moves_or_drops_what_lives_is_told_from_one_that_goes_on() {
    let side = Side::new();
    let wishes = [Audio, Video].map(|kind| new_wish(&side, kind, SendRecv));
    let (offer, answer) = agreed(&side, &wishes);
    let previous = Negotiated { local: &answer, remote: &offer };
    let check =
        |change: &dyn Fn(String) -> String| jsep::check_offer(previous, &parse(&change(offer.to_string())));
    assert_eq!(check(&|text| text), Ok(()));
    assert_eq!(check(&|text| text + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"), Ok(()), "more may come");
    assert_eq!(
        check(&|text| text.replace("m=video 9", "m=video 0").replace("mid:1", "mid:x")),
        Ok(()),
        "or end"
    );
    assert_eq!(check(&|text| text.split("m=video").next().unwrap().into()), Err(JsepError::SectionCount));
    assert_eq!(check(&|text| text.replace("mid:1", "mid:x")), Err(JsepError::SectionMid(1)));
    assert_eq!(check(&|text| text.replace("m=video", "m=audio")), Err(JsepError::SectionKind(1)));
}

//~ covers 3264-8.3.2-a, 3264-7-a
#[test]
fn numbers_of_the_other_side_are_kept_in_our_own_offers_and_new_ones_avoid_them() {
    let side = Side::new();
    let few = [Codec::new(98, "VP8", 90_000), Codec::rtx(99, 98), Codec::new(96, "H264", 90_000)];
    let theirs = jsep::offer(&side.local(&[Wish { codecs: &few, ..new_wish(&side, Video, SendRecv) }]), None);
    let answer = jsep::answer(&side.local(&side.everything(&theirs)), &theirs).unwrap();
    let wishes = [side.wish(Video, Some(0), SendRecv), new_wish(&side, Video, SendRecv)];
    let again =
        jsep::read(&jsep::offer(&side.local(&wishes), Some(Negotiated { local: &answer, remote: &theirs })));
    for section in &again.unwrap().media {
        let number = |name: &str| section.codecs.iter().find(|codec| codec.is(name)).unwrap().payload_type;
        assert_eq!(
            (number("VP8"), section.codecs[1].payload_type, section.codecs[1].repairs()),
            (98, 99, Some(98))
        );
        assert_eq!(number("AV1"), 45, "free numbers are given as they are wished for");
        assert_eq!(number("VP9"), 97, "98 means something else");
        assert!(
            section.codecs.iter().all(|codec| codec.payload_type != 96),
            "so does 96, which we do not speak"
        );
        let vp9 = section.codecs.iter().find(|codec| codec.repairs() == Some(97)).unwrap();
        assert_eq!(vp9.payload_type, 100);
    }

    // One side numbers, the other speaks by those numbers.
    let remote = jsep::read(&theirs).unwrap();
    let agreement = jsep::agree(&jsep::read(&answer).unwrap().media[0], &remote.media[0], false);
    assert_eq!(agreement.send_codecs[0].payload_type, 98);
}

//~ covers 9429-5.11-a neg
#[test]
fn feedback_that_only_the_answer_names_does_not_happen() {
    let side = Side::new();
    let (offer, answer) = agreed(&side, &[new_wish(&side, Video, SendRecv)]);
    let eager = parse(&(answer.to_string() + "a=rtcp-fb:96 nack rpsi\r\n"));
    jsep::check_answer(&offer, &eager).unwrap();
    let (ours, theirs) = (jsep::read(&offer).unwrap(), jsep::read(&eager).unwrap());
    let agreement = jsep::agree(&ours.media[0], &theirs.media[0], true);
    let expected = ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"];
    assert_eq!(agreement.send_codecs[0].feedback, expected);
    assert_eq!(agreement.receive_codecs[0].feedback, expected);
}

#[test]
fn answers_under_other_numbers_are_understood() {
    let side = Side::new();
    let (offer, answer) = agreed(&side, &[new_wish(&side, Video, SendRecv)]);
    let text = answer.to_string();
    let moved = text
        .replace("SAVPF 96 97", "SAVPF 120 121")
        .replace(":96 ", ":120 ")
        .replace(":97 apt=96", ":121 apt=120");
    let moved = parse(&moved.replace(":97 ", ":121 "));
    jsep::check_answer(&offer, &moved).unwrap();
    let agreement =
        jsep::agree(&jsep::read(&offer).unwrap().media[0], &jsep::read(&moved).unwrap().media[0], true);
    let numbers =
        |codecs: &[Codec]| codecs.iter().take(2).map(|codec| codec.payload_type).collect::<Vec<_>>();
    assert_eq!(numbers(&agreement.send_codecs), [120, 121]);
    assert_eq!(numbers(&agreement.receive_codecs), [96, 97]);
}

#[test]
fn preferences_put_our_codecs_first_with_what_repeats_them() {
    let side = Side::new();
    let offer = jsep::offer(&side.local(&[new_wish(&side, Video, SendRecv)]), None);
    let liked = [side.video[2].clone(), side.video[3].clone(), side.video[0].clone(), side.video[1].clone()];
    let wish = Wish { codecs: &liked, ..side.wish(Video, Some(0), SendRecv) };
    let order = |wish| {
        let answer = jsep::read(&jsep::answer(&side.local(&[wish]), &offer).unwrap()).unwrap();
        answer.media[0].codecs.iter().map(|codec| codec.payload_type).collect::<Vec<_>>()
    };
    assert_eq!(order(wish), [96, 97, 98, 99], "the offer's order, and nothing that we did not name");
    assert_eq!(order(Wish { has_preference: true, ..wish }), [98, 99, 96, 97]);
}

#[test]
fn feedback_is_what_both_understand_whether_it_was_said_for_one_or_for_all() {
    let side = Side::new();
    let offer =
        video("a=rtcp-fb:* transport-cc\na=rtcp-fb:96 nack\na=rtcp-fb:96 nack rpsi\na=rtcp-fb:97 nack\n");
    let text = answered(&side, side.wish(Video, None, SendRecv), &offer);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("a=rtcp-fb")).collect();
    assert_eq!(lines, ["a=rtcp-fb:96 nack", "a=rtcp-fb:96 transport-cc"]);
}

//~ covers 9143-12-a neg
#[test]
fn a_number_of_an_extension_means_one_thing_over_the_group() {
    let side = Side::new();
    let mid = common::MID;
    let offer = parse(
        &video(&format!("a=extmap:1 {mid}\na=extmap:2/sendonly {}\na=extmap:3 urn:x\n", common::OFFSET))
            .to_string()
            .replace("BUNDLE v", "BUNDLE v a")
            .replace("t=0 0\r\n", "t=0 0\r\na=extmap-allow-mixed\r\n"),
    );
    let second = format!(
        "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\na=rtcp-mux\r\na=extmap:1 {}\r\na=extmap:20/inactive {}\r\na=extmap:4100 {mid}\r\n",
        common::LEVEL,
        common::ABS_SEND
    );
    let offer = parse(&(offer.to_string() + &second));
    let answer = jsep::answer(&side.local(&side.everything(&offer)), &offer).unwrap();
    let text = answer.to_string();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("a=extmap:")).collect();
    let offset = format!("a=extmap:2/recvonly {}", common::OFFSET);
    let mid = format!("a=extmap:1 {mid}");
    // The second 1 is another one, 20 is used by nobody, and 4100 asks for a real number: the one that it has already.
    assert_eq!(lines, [mid.as_str(), &offset, &mid]);
    assert!(text.contains("a=extmap-allow-mixed\r\nm=video") && text.matches("allow-mixed").count() == 1);
    let (ours, theirs) = (jsep::read(&answer).unwrap(), jsep::read(&offer).unwrap());
    let ids = |at: usize| jsep::agree(&ours.media[at], &theirs.media[at], false).extensions;
    assert_eq!(
        ids(0).iter().map(|e| (e.id, e.direction)).collect::<Vec<_>>(),
        [(1, SendRecv), (2, RecvOnly)]
    );
    assert_eq!(ids(1).iter().map(|e| e.id).collect::<Vec<_>>(), [1]);
}
