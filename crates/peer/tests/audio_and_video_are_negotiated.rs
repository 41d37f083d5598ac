//! Transceivers and tracks: what two peers agree on, in both roles, over many rounds, crosswise, taken back and refused.

mod common;

use std::time::Duration;

use common::{Couple, Side, exchange};
use limpid_netsim::Link;
use limpid_peer::{
    Capabilities, ConnectionState, Description, Direction, Event, MediaKind, Misuse, NegotiatedMedia, Peer,
    ReportKind, ReportValue, SignalingState, Track, TrackState, TransceiverId, TransceiverInit,
};
use limpid_sansio::Instant;

use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
use MediaKind::{Audio, Video};

const NOW: Instant = Instant::ZERO;

fn pair() -> (Side, Side) {
    (Side::new(1), Side::new(2))
}

fn directions(peer: &Peer) -> Vec<Option<Direction>> {
    peer.transceivers().iter().map(|transceiver| transceiver.current_direction()).collect()
}

fn tracks(events: &[Event]) -> Vec<TransceiverId> {
    let track = |event: &Event| match event {
        Event::Track(id) => Some(*id),
        _ => None,
    };
    events.iter().filter_map(track).collect()
}

fn live(peer: &Peer) -> Vec<&NegotiatedMedia> {
    peer.negotiated_media().iter().filter(|media| media.may_send || media.may_receive).collect()
}

#[test]
fn a_call_flows_both_ways_and_both_sides_say_the_same_of_it() {
    let (mut a, mut b) = pair();
    for side in [&mut a, &mut b] {
        side.peer.add_track(Track::local(Audio, "mic"), &["call"]).expect("a track");
        side.peer.add_track(Track::local(Video, "camera"), &["call"]).expect("a track");
    }
    exchange(&mut a, &mut b);
    for side in [&mut a, &mut b] {
        assert_eq!(directions(&side.peer), [Some(SendRecv), Some(SendRecv)]);
        let events = side.events();
        assert_eq!(tracks(&events).len(), 2, "{events:?}");
        let camera = side.peer.transceivers()[1].remote_track().clone();
        assert_eq!(
            (camera.id.as_str(), camera.remote, camera.muted, camera.ready_state),
            ("camera", true, true, TrackState::Live)
        );
        assert_eq!(side.peer.transceivers()[1].remote_streams(), ["call"]);
        let mids: Vec<_> = side.peer.transceivers().iter().map(|transceiver| transceiver.mid()).collect();
        assert_eq!(mids, [Some("0"), Some("1")], "what b added waits for a's sections");
    }
    for (ours, theirs) in live(&a.peer).into_iter().zip(live(&b.peer)) {
        assert!(ours.may_send && ours.may_receive && theirs.may_send && theirs.may_receive);
        assert_eq!((&ours.send_codecs, &ours.receive_codecs), (&theirs.receive_codecs, &theirs.send_codecs));
        assert_eq!(ours.send_extensions, theirs.receive_extensions);
        assert_eq!(ours.local_sources[0].ssrc, theirs.remote_sources[0].ssrc);
        assert_eq!(ours.local_sources[0].rtx, theirs.remote_sources[0].rtx);
        assert_eq!(Some(&ours.cname), theirs.remote_cname.as_ref());
        assert!(ours.uses_transport_feedback && ours.reduced_size_rtcp && ours.mixed_extensions);
    }
    let first = |kind| {
        live(&a.peer).iter().find(|media| media.kind == kind).map(|media| media.send_codecs[0].name.clone())
    };
    assert_eq!((first(Audio).as_deref(), first(Video).as_deref()), (Some("opus"), Some("VP8")));
    assert!(
        !a.peer.local_description().expect("set").sdp.contains("m=application"),
        "nobody opened a channel"
    );
}

#[test]
fn who_only_listens_receives_and_may_answer_later_with_a_track() {
    let (mut a, mut b) = pair();
    a.peer.add_transceiver(Audio, TransceiverInit::default()).expect("a transceiver");
    exchange(&mut a, &mut b);
    assert_eq!((directions(&a.peer), directions(&b.peer)), (vec![Some(SendOnly)], vec![Some(RecvOnly)]));
    assert_eq!(tracks(&b.events()).len(), 1);
    assert!(tracks(&a.events()).is_empty());
    let id = b.peer.add_track(Track::local(Audio, "late"), &[]).expect("a track");
    assert_eq!(id, b.peer.transceivers()[0].id(), "the place is there already");
    assert_eq!(b.events(), [Event::NegotiationNeeded]);
    exchange(&mut b, &mut a);
    assert_eq!((directions(&a.peer), directions(&b.peer)), (vec![Some(SendRecv)], vec![Some(SendRecv)]));
    assert_eq!(tracks(&a.events()).len(), 1);
    assert!(a.peer.transceivers()[0].remote_streams().is_empty(), "a track without a stream");
    b.peer.remove_track(id).expect("there");
    exchange(&mut b, &mut a);
    assert_eq!((directions(&a.peer), directions(&b.peer)), (vec![Some(SendOnly)], vec![Some(RecvOnly)]));
    // W3C: a sender that has sent keeps its place to itself.
    assert_ne!(b.peer.add_track(Track::local(Audio, "again"), &[]), Ok(id));
}

#[test]
fn transceivers_that_were_added_as_such_are_not_given_to_sections_of_the_other_side() {
    let (mut a, mut b) = pair();
    b.peer.add_transceiver(Audio, TransceiverInit::default()).expect("a transceiver");
    a.peer.add_track(Track::local(Audio, "mic"), &[]).expect("a track");
    exchange(&mut a, &mut b);
    assert_eq!(directions(&b.peer), [None, Some(RecvOnly)]);
    exchange(&mut b, &mut a);
    assert_eq!(directions(&b.peer), [Some(SendOnly), Some(RecvOnly)]);
    let mids: Vec<_> = b.peer.transceivers().iter().map(|transceiver| transceiver.mid()).collect();
    assert_eq!(mids, [Some("1"), Some("0")]);
}

#[test]
fn twenty_rounds_of_coming_and_going_use_the_same_places_again() {
    let (mut a, mut b) = pair();
    a.peer.add_track(Track::local(Audio, "mic"), &["call"]).expect("a track");
    exchange(&mut a, &mut b);
    b.events();
    let mut names = std::collections::BTreeSet::new();
    for round in 0..20 {
        let (one, other) = if round % 2 == 0 { (&mut a, &mut b) } else { (&mut b, &mut a) };
        let init = TransceiverInit { direction: SendOnly, ..TransceiverInit::default() };
        let added = one.peer.add_transceiver(Video, init).expect("a transceiver");
        exchange(one, other);
        let mid =
            one.peer.transceiver(added).and_then(|transceiver| transceiver.mid()).expect("a name").to_owned();
        assert!(names.insert(mid.clone()), "round {round}: {mid} was a name before");
        assert_eq!((one.peer.transceivers().len(), other.peer.transceivers().len()), (2, 2));
        assert_eq!(tracks(&other.events()).len(), 1, "round {round}");
        one.peer.stop_transceiver(added).expect("there");
        assert!(one.events().contains(&Event::NegotiationNeeded));
        exchange(one, other);
        assert_eq!((one.peer.transceivers().len(), other.peer.transceivers().len()), (1, 1));
        let ended = other.events().iter().filter(|event| matches!(event, Event::TrackEnded(_))).count();
        assert_eq!(ended, 1, "round {round}");
        let text = one.peer.local_description().expect("set").sdp;
        assert_eq!(text.matches("\r\nm=").count(), 2, "round {round}: one slot is used again and again");
        let over = one.peer.negotiated_media().iter().find(|media| media.mid == mid).expect("told once");
        assert!(over.transceiver.is_none() && !over.may_send && !over.may_receive);
    }
}

#[test]
fn of_two_that_offer_at_once_the_polite_one_takes_its_offer_back_and_nothing_is_lost() {
    let (mut a, mut b) = pair();
    a.peer.add_track(Track::local(Video, "camera of a"), &[]).expect("a track");
    b.peer.add_track(Track::local(Video, "camera of b"), &[]).expect("a track");
    b.peer.add_transceiver(Audio, TransceiverInit::default()).expect("a transceiver");
    b.offer();
    let offer = a.offer();
    assert_eq!(b.peer.transceivers()[0].mid(), Some("0"));
    b.events();
    let answer = b.answer(offer);
    assert_eq!(b.peer.transceivers()[1].mid(), None, "the section that b offered it is no more");
    a.peer.set_remote_description(NOW, answer).expect("the answer");
    assert_eq!(directions(&a.peer), [Some(SendRecv)]);
    assert_eq!(directions(&b.peer), [Some(SendRecv), None]);
    assert_eq!(b.events().last(), Some(&Event::NegotiationNeeded), "its sound is still wanted");
    exchange(&mut b, &mut a);
    assert_eq!(directions(&b.peer), [Some(SendRecv), Some(SendOnly)]);
    assert!(!b.events().contains(&Event::NegotiationNeeded));
}

#[test]
fn an_offer_that_is_taken_back_leaves_no_transceiver_but_those_that_got_a_track() {
    let (mut a, mut b) = pair();
    a.peer.add_track(Track::local(Audio, "mic"), &[]).expect("a track");
    a.peer.add_track(Track::local(Video, "camera"), &[]).expect("a track");
    let offer = a.offer();
    b.peer.set_remote_description(NOW, offer.clone()).expect("an offer");
    assert_eq!((b.peer.transceivers().len(), tracks(&b.events()).len()), (2, 2));
    let kept = b.peer.add_track(Track::local(Video, "mine"), &[]).expect("a track");
    assert_eq!(kept, b.peer.transceivers()[1].id());
    b.peer.set_remote_description(NOW, Description::rollback()).expect("taken back");
    let left: Vec<_> = b.peer.transceivers().iter().map(|t| (t.id(), t.mid(), t.direction())).collect();
    assert_eq!(left, [(kept, None, SendRecv)]);
    let events = b.events();
    assert!(events.iter().any(|event| matches!(event, Event::TrackEnded(_))), "{events:?}");
    assert!(events.contains(&Event::NegotiationNeeded));
    // The same offer again finds the one that is left.
    let answer = b.answer(offer);
    a.peer.set_remote_description(NOW, answer).expect("the answer");
    assert_eq!(directions(&a.peer), [Some(SendOnly), Some(SendRecv)]);
    assert_eq!(tracks(&b.events()).len(), 2);
}

#[test]
fn what_the_other_side_can_not_take_ends_and_data_goes_on() {
    let mut a = Side::new(1);
    let mut b = Side::with(2, |config| config.capabilities = Capabilities::none().into());
    let id = a.peer.add_track(Track::local(Audio, "mic"), &[]).expect("a track");
    a.peer.create_data_channel(NOW, Default::default()).expect("a channel");
    exchange(&mut a, &mut b);
    assert!(
        a.peer.transceiver(id).is_none()
            && a.peer.transceivers().is_empty()
            && b.peer.transceivers().is_empty()
    );
    assert!(a.peer.max_message_size().is_some(), "data channels were agreed on");
    let told = &a.peer.negotiated_media()[0];
    assert_eq!((told.transceiver, told.may_send, told.may_receive), (None, false, false));
    assert_eq!(a.peer.set_direction(id, Inactive), Err(Misuse::NoTransceiver));
}

#[test]
fn layers_are_sent_as_many_as_the_other_side_takes() {
    let mut a = Side::new(1);
    let mut b = Side::with(2, |config| {
        let capabilities = Capabilities { max_layers: 2, ..Capabilities::default() };
        config.capabilities = capabilities.into();
    });
    let rids = ["q", "h", "f"].map(str::to_owned).to_vec();
    let init = TransceiverInit { direction: SendOnly, rids, ..TransceiverInit::default() };
    a.peer.add_transceiver(Video, init).expect("a transceiver");
    exchange(&mut a, &mut b);
    assert_eq!(b.peer.negotiated_media()[0].remote_rids, ["q", "h"]);
    let sources = &a.peer.negotiated_media()[0].local_sources;
    let rids: Vec<_> = sources.iter().map(|source| source.rid.as_deref()).collect();
    assert_eq!(rids, [Some("q"), Some("h")]);
    assert!(sources.iter().all(|source| source.rtx.is_some()) && sources[0].ssrc != sources[1].ssrc);
    for rids in [vec!["a-b"], vec!["x", "x"], vec![""], vec!["1"; 9]] {
        let init =
            TransceiverInit { rids: rids.into_iter().map(str::to_owned).collect(), ..Default::default() };
        assert_eq!(a.peer.add_transceiver(Video, init), Err(Misuse::Layers));
    }
}

#[test]
fn an_exchange_is_asked_for_once_and_only_when_something_has_to_be_said() {
    let (mut a, mut b) = pair();
    let id = a.peer.add_track(Track::local(Audio, "mic"), &[]).expect("a track");
    a.peer.add_track(Track::local(Video, "camera"), &[]).expect("a track");
    assert_eq!(a.events(), [Event::NegotiationNeeded], "once for both");
    exchange(&mut a, &mut b);
    assert!(
        !a.events().contains(&Event::NegotiationNeeded) && !b.events().contains(&Event::NegotiationNeeded)
    );
    a.peer.replace_track(id, Some(Track::local(Audio, "other mic"))).expect("the same kind");
    a.peer.replace_track(id, None).expect("no track");
    assert_eq!(a.peer.replace_track(id, Some(Track::local(Video, "x"))), Err(Misuse::TrackKind));
    a.peer.set_direction(id, SendRecv).expect("as it is");
    assert!(a.events().is_empty(), "nobody has to know");
    a.peer.set_direction(id, Inactive).expect("another one");
    a.peer.set_direction(id, RecvOnly).expect("and another");
    assert_eq!(a.events(), [Event::NegotiationNeeded]);
    a.peer.set_direction(id, SendRecv).expect("as it was");
    a.peer.set_direction(id, Inactive).expect("and not");
    assert_eq!(a.events(), [Event::NegotiationNeeded], "asked anew, as the need had gone");
    let offer = a.offer();
    a.peer.restart_ice();
    assert_eq!(a.peer.signaling_state(), SignalingState::HaveLocalOffer);
    assert!(!a.events().contains(&Event::NegotiationNeeded), "the question waits for the answer");
    let answer = b.answer(offer);
    a.peer.set_remote_description(NOW, answer).expect("the answer");
    assert_eq!(a.events().last(), Some(&Event::NegotiationNeeded));
    a.peer.create_data_channel(NOW, Default::default()).expect("a channel");
    exchange(&mut a, &mut b);
    assert!(!a.events().contains(&Event::NegotiationNeeded), "restart and data went in one");
    assert!(b.peer.max_message_size().is_some());
}

#[test]
fn codec_preferences_are_kept_and_only_what_we_know_is_taken() {
    let (mut a, mut b) = pair();
    let id = a.peer.add_transceiver(Video, TransceiverInit::default()).expect("a transceiver");
    let all = Capabilities::default().video_codecs;
    let vp9: Vec<_> =
        all.iter().filter(|codec| codec.payload_type == 98 || codec.payload_type == 99).cloned().collect();
    a.peer.set_codec_preferences(id, &vp9).expect("known");
    exchange(&mut a, &mut b);
    let names = |peer: &Peer| {
        peer.negotiated_media()[0].send_codecs.iter().map(|codec| codec.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(&a.peer), names(&b.peer)),
        (vec!["VP9".into(), "rtx".into()], vec!["VP9".into(), "rtx".into()])
    );
    assert_eq!(a.peer.set_codec_preferences(id, &vp9[1..]), Err(Misuse::Codecs), "repeats alone are nothing");
    let strange = [limpid_peer::Codec::new(96, "X", 90_000)];
    assert_eq!(a.peer.set_codec_preferences(id, &strange), Err(Misuse::Codecs));
    // The answerer's liking counts as well.
    let theirs = b.peer.transceivers()[0].id();
    b.peer.set_codec_preferences(theirs, &[all[0].clone(), vp9[0].clone()]).expect("known");
    a.peer.set_codec_preferences(id, &[]).expect("the default again");
    exchange(&mut a, &mut b);
    assert_eq!(names(&a.peer)[0], "VP8");
}

#[test]
fn a_call_without_channels_connects_and_a_channel_can_be_opened_later() {
    let mut couple = Couple::new(11, Link::millis(10));
    couple.world.with(couple.a, |a, _| a.add_track(Track::local(Audio, "mic"), &[]).expect("a track"));
    couple.negotiate();
    couple.world.run_for(Duration::from_secs(60));
    assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
    assert!(couple.world.machine(couple.a).stats().sctp.is_none(), "there is no association");
    let ours = couple.open("late");
    couple.negotiate();
    let theirs = couple.connect(Duration::from_secs(5));
    couple.world.with(couple.a, |a, now| common::write(a, now, ours, "hello"));
    couple.world.run_for(Duration::from_secs(1));
    assert_eq!(couple.world.with(couple.b, |b, _| common::read_all(b, theirs)).len(), 1);
    couple.world.with(couple.a, |a, now| a.close(now));
    couple.world.run_for(Duration::from_secs(1));
    let a = couple.world.machine(couple.a);
    assert!(a.transceivers().iter().all(|t| t.remote_track().ready_state == TrackState::Ended));
    assert_eq!(
        couple.world.events(couple.b).last().map(|(_, event)| event.clone()),
        Some(Event::Closed(limpid_peer::CloseReason::Remote))
    );
}

#[test]
fn a_report_tells_what_there_is_by_the_names_of_the_w3c() {
    let mut couple = Couple::new(12, Link::millis(10));
    couple.world.with(couple.a, |a, _| a.add_track(Track::local(Audio, "mic"), &[]).expect("a track"));
    couple.negotiate();
    couple.world.run_for(Duration::from_secs(5));
    let report = couple.world.with(couple.a, |a, now| a.get_stats(now)).entries;
    let ids: std::collections::BTreeSet<&str> = report.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids.len(), report.len(), "each has a name of its own");
    let find = |kind| report.iter().find(|entry| entry.kind == kind).unwrap_or_else(|| panic!("{kind:?}"));
    let text = |kind, name: &str| match find(kind).get(name) {
        Some(ReportValue::Text(text)) => text.clone(),
        other => panic!("{kind:?} {name}: {other:?}"),
    };
    assert_eq!(text(ReportKind::Codec, "mimeType"), "audio/opus");
    assert_eq!(find(ReportKind::Codec).get("clockRate"), Some(&ReportValue::Count(48_000)));
    assert_eq!(text(ReportKind::MediaSource, "trackIdentifier"), "mic");
    assert_eq!(
        (text(ReportKind::Transport, "dtlsState"), text(ReportKind::Transport, "tlsVersion")),
        ("connected".into(), "FEFD".into())
    );
    assert_eq!(text(ReportKind::LocalCandidate, "address"), "192.0.2.1");
    assert_eq!(text(ReportKind::RemoteCandidate, "candidateType"), "host");
    assert_eq!(text(ReportKind::Certificate, "fingerprintAlgorithm"), "sha-256");
    let Some(ReportValue::Number(seconds)) = find(ReportKind::CandidatePair).get("currentRoundTripTime")
    else {
        panic!("no round trip")
    };
    assert!((0.01..0.1).contains(seconds), "{seconds}");
    for id in ["selectedCandidatePairId", "localCertificateId", "remoteCertificateId"] {
        assert!(ids.contains(text(ReportKind::Transport, id).as_str()), "{id}");
    }
}
