//! An answer that is not the last (`pranswer`): what it begins, and what the last one may change. RFC 9429 §4.1.10.

mod common;

use std::time::Duration;

use common::call::{picture, read, write};
use common::{Couple, Side, exchange, read_all};
use limpid_netsim::{Handle, Link};
use limpid_peer::{
    ConnectionState, Description, DescriptionKind, Direction, Event, MediaKind, Misuse, Peer, SignalingState,
    Track, TransceiverId, TransceiverInit,
};
use limpid_sansio::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn for_now(answer: &Description) -> Description {
    Description { kind: DescriptionKind::Pranswer, ..answer.clone() }
}

/// A camera on each side and a channel, and the offer of `a`, which `b` knows.
fn offered(seed: u64) -> (Couple, TransceiverId) {
    let mut couple = Couple::new(seed, Link::millis(20));
    let add = |peer: &mut Peer, _| {
        peer.add_track(Track::local(MediaKind::Video, "camera"), &["call"]).expect("a track")
    };
    let camera = [couple.a, couple.b].map(|side| couple.world.with(side, add))[0];
    couple.open("chat");
    let offer = couple.offer(couple.a);
    couple.world.with(couple.b, |b, now| b.set_remote_description(now, offer).expect("their offer"));
    (couple, camera)
}

/// `b` answers, for now or for good, with this direction of its camera; both sides have set it then. What crosses is altered.
fn answers(
    couple: &mut Couple,
    kind: DescriptionKind,
    direction: Direction,
    alter: impl Fn(String) -> String,
) -> Description {
    let answer = couple.world.with(couple.b, |b, now| {
        let camera = b.transceivers()[0].id();
        b.set_direction(camera, direction).expect("live");
        let answer = Description { kind, ..b.create_answer().expect("an answer") };
        b.set_local_description(now, answer).expect("our own");
        b.local_description().expect("was just set")
    });
    let altered = Description { sdp: alter(answer.sdp.clone()), kind };
    couple.world.with(couple.a, |a, now| a.set_remote_description(now, altered).expect("their answer"));
    answer
}

fn as_it_is(sdp: String) -> String {
    sdp
}

/// How many of ten pictures of one side come to the other. Those that are refused do not.
fn shown(couple: &mut Couple, from: Handle<Peer>, to: Handle<Peer>, camera: TransceiverId) -> usize {
    let mut seen = 0;
    for number in 0..10 {
        let may = couple.world.with(from, |peer, _| !peer.send_codecs(camera).is_empty());
        if may {
            write(couple, from, camera, number, &picture(number, number == 0));
        }
        couple.world.run_for(Duration::from_millis(33));
        seen += read(couple, to, camera).len();
    }
    couple.world.run_for(SECOND);
    seen + read(couple, to, camera).len()
}

/// The same, of each side to the other: of `a` first.
fn shown_both_ways(couple: &mut Couple, camera: TransceiverId) -> (usize, usize) {
    let (a, b) = (couple.a, couple.b);
    (shown(couple, a, b, camera), shown(couple, b, a, camera))
}

fn connected(couple: &mut Couple) {
    let both = (ConnectionState::Connected, ConnectionState::Connected);
    let (a, b) = (couple.a, couple.b);
    couple.world.run_until(5 * SECOND, |world| {
        [a, b].iter().all(|side| world.machine(*side).connection_state() == ConnectionState::Connected)
    });
    assert_eq!(couple.states(), both);
}

//~ covers 9429-4.1.10-a, 9429-4.2.4-a
#[test]
fn media_and_messages_flow_before_the_last_answer_and_through_it() {
    let (mut couple, camera) = offered(1);
    let (a, b) = (couple.a, couple.b);
    let both = Some(Direction::SendRecv);
    answers(&mut couple, DescriptionKind::Pranswer, Direction::SendRecv, as_it_is);
    connected(&mut couple);
    let states = [a, b].map(|side| couple.world.machine(side).signaling_state());
    assert_eq!(states, [SignalingState::HaveRemotePranswer, SignalingState::HaveLocalPranswer]);
    let theirs = couple.connect(SECOND);
    assert_eq!(shown_both_ways(&mut couple, camera), (10, 10));
    for side in [a, b] {
        assert_eq!(couple.world.machine(side).transceivers()[0].current_direction(), both);
    }

    let identity = |couple: &Couple| {
        [a, b].map(|side| {
            let peer = couple.world.machine(side);
            (peer.local_ufrag().to_owned(), peer.path(), peer.dtls_info())
        })
    };
    let before = identity(&couple);
    answers(&mut couple, DescriptionKind::Answer, Direction::SendRecv, as_it_is);
    assert_eq!(couple.world.machine(a).signaling_state(), SignalingState::Stable);
    assert_eq!(shown_both_ways(&mut couple, camera), (10, 10));
    couple.world.with(b, |b, now| common::write(b, now, theirs, "still here"));
    couple.world.run_for(60 * SECOND);
    assert_eq!(identity(&couple), before, "nothing began anew");
    let chat = couple.world.events(a).iter().find_map(|(_, event)| match event {
        Event::ChannelOpened(id) => Some(*id),
        _ => None,
    });
    assert_eq!(couple.world.with(a, |a, _| read_all(a, chat.expect("opened"))).len(), 1);
}

//~ covers 9429-4.1.10-b
#[test]
fn the_last_answer_may_take_what_those_for_now_did_not() {
    let (mut couple, camera) = offered(2);
    let a = couple.a;
    let refused = |sdp: String| sdp.replace("m=video 9", "m=video 0");
    answers(&mut couple, DescriptionKind::Pranswer, Direction::Inactive, refused);
    connected(&mut couple);
    assert_eq!(shown_both_ways(&mut couple, camera), (0, 0));
    assert_eq!(couple.world.machine(a).transceivers().len(), 1, "it may still be wanted");
    // One for now that takes pictures, one that only sends some, and the last.
    answers(&mut couple, DescriptionKind::Pranswer, Direction::RecvOnly, as_it_is);
    assert_eq!(shown_both_ways(&mut couple, camera), (10, 0));
    answers(&mut couple, DescriptionKind::Pranswer, Direction::SendOnly, as_it_is);
    assert_eq!(shown_both_ways(&mut couple, camera), (0, 10));
    answers(&mut couple, DescriptionKind::Answer, Direction::SendRecv, as_it_is);
    assert_eq!(shown_both_ways(&mut couple, camera), (10, 10));
    let muted = couple.world.machine(a).transceivers()[0].remote_track().muted;
    assert!(!muted && couple.states().0 == ConnectionState::Connected);
}

#[test]
fn the_last_answer_may_refuse_what_flows() {
    let (mut couple, camera) = offered(3);
    let (a, b) = (couple.a, couple.b);
    answers(&mut couple, DescriptionKind::Pranswer, Direction::SendRecv, as_it_is);
    connected(&mut couple);
    assert_eq!(shown(&mut couple, a, b, camera), 10);
    let refused = |sdp: String| sdp.replace("m=video 9", "m=video 0");
    answers(&mut couple, DescriptionKind::Answer, Direction::SendRecv, refused);
    assert!(couple.world.machine(a).transceivers().is_empty(), "it is over");
    assert!(couple.world.events(a).iter().any(|(_, event)| *event == Event::TrackEnded(camera)));
    couple.world.run_for(60 * SECOND);
    assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
}

//~ covers 9429-5.10-c
#[test]
fn a_restart_begins_with_an_answer_for_now_and_the_last_keeps_its_credentials() {
    let (mut couple, camera) = offered(4);
    let (a, b) = (couple.a, couple.b);
    answers(&mut couple, DescriptionKind::Answer, Direction::SendRecv, as_it_is);
    connected(&mut couple);
    let before = couple.world.machine(b).local_ufrag().to_owned();
    couple.world.with(a, |a, _| a.restart_ice());
    let offer = couple.offer(a);
    couple.world.with(b, |b, now| b.set_remote_description(now, offer).expect("their offer"));
    let said = answers(&mut couple, DescriptionKind::Pranswer, Direction::SendRecv, as_it_is);
    couple.world.run_for(SECOND);
    let restarted = couple.world.machine(b).local_ufrag().to_owned();
    assert!(restarted != before && said.sdp.contains(&format!("a=ice-ufrag:{restarted}\r\n")));
    assert_eq!(shown_both_ways(&mut couple, camera), (10, 10));

    let other = said.sdp.replace(&restarted, "another");
    let refused = couple.world.with(a, |a, now| a.set_remote_description(now, Description::answer(other)));
    assert_eq!(refused, Err(Misuse::AnotherAnswerer));
    answers(&mut couple, DescriptionKind::Answer, Direction::SendRecv, as_it_is);
    assert_eq!(couple.world.machine(b).local_ufrag(), restarted);
    couple.world.run_for(60 * SECOND);
    assert_eq!(shown_both_ways(&mut couple, camera), (10, 10));
}

#[test]
fn candidates_that_follow_an_answer_for_now_are_tried_at_once() {
    let (mut couple, _) = offered(5);
    let (a, b) = (couple.a, couple.b);
    let strip = |sdp: String| {
        let lines = sdp.split_inclusive("\r\n").filter(|line| !line.starts_with("a=candidate"));
        lines.filter(|line| !line.starts_with("a=end-of")).collect()
    };
    let answer = answers(&mut couple, DescriptionKind::Pranswer, Direction::SendRecv, strip);
    let candidate = answer.sdp.lines().find(|line| line.starts_with("a=candidate")).expect("one");
    couple.world.with(a, |a, now| a.add_ice_candidate(now, candidate, None)).expect("a candidate");
    connected(&mut couple);
    assert_eq!(couple.world.machine(b).signaling_state(), SignalingState::HaveLocalPranswer);
}

#[test]
fn what_an_answer_for_now_began_is_not_taken_back() {
    let (mut couple, camera) = offered(6);
    let (a, b) = (couple.a, couple.b);
    answers(&mut couple, DescriptionKind::Pranswer, Direction::SendRecv, as_it_is);
    for (side, state) in [(a, SignalingState::HaveRemotePranswer), (b, SignalingState::HaveLocalPranswer)] {
        let refused =
            couple.world.with(side, |peer, now| peer.set_local_description(now, Description::rollback()));
        assert_eq!(refused, Err(Misuse::InvalidState(state)));
    }
    connected(&mut couple);
    assert_eq!(shown(&mut couple, a, b, camera), 10, "nothing has changed");
}

#[test]
fn tracks_of_an_answer_for_now_are_told_once() {
    let (mut a, mut b) = (Side::new(1), Side::new(2));
    for side in [&mut a, &mut b] {
        side.peer.add_track(Track::local(MediaKind::Audio, "mic"), &["call"]).expect("a track");
    }
    let is_track = |event: &Event| matches!(event, Event::Track(_));
    let offer = a.offer();
    let answer = b.answer(offer);
    let for_now = for_now(&answer);
    a.peer.set_remote_description(Instant::ZERO, for_now.clone()).expect("an answer for now");
    assert_eq!(a.events().iter().filter(|event| is_track(event)).count(), 1);
    assert_eq!(a.peer.transceivers()[0].remote_streams(), ["call"]);
    assert_eq!(a.peer.transceivers()[0].current_direction(), Some(Direction::SendRecv), "for now");
    // Another one for now, and the last: the track is the same.
    a.peer.set_remote_description(Instant::ZERO, for_now).expect("another one");
    a.peer.set_remote_description(Instant::ZERO, answer).expect("the last");
    assert_eq!(a.events().iter().filter(|event| is_track(event)).count(), 0);
    assert!(a.peer.transceivers()[0].current_direction().is_some());

    let mut c = Side::new(3);
    c.peer.add_transceiver(MediaKind::Audio, TransceiverInit::default()).expect("one");
    let offer = c.offer();
    let mut d = Side::new(4);
    let mut wrong = d.answer(offer);
    (wrong.kind, wrong.sdp) = (DescriptionKind::Pranswer, wrong.sdp.replace("m=audio", "m=video"));
    assert!(c.peer.set_remote_description(Instant::ZERO, wrong).is_err(), "it does not answer the offer");
    c.peer.set_remote_description(Instant::ZERO, Description::rollback()).expect("taken back");
    exchange(&mut c, &mut Side::new(5));
}
