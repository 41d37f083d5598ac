//! Tracks on both sides of a call: on and off, muted and not, ended for good; and the clock that all of them share.

mod common;

use std::time::Duration;

use common::Couple;
use common::call::{Heard, call, picture, read, write};
use limpid_netsim::{Handle, Link};
use limpid_peer::{Direction as Way, Event, Peer, Track, TrackState, TransceiverId};
use limpid_sansio::{Direction, Instant};

/// What a side was told of a track from then on.
fn told(couple: &Couple, side: Handle<Peer>, id: TransceiverId, since: Instant) -> Vec<Event> {
    let of_track = |event: &Event| {
        [Event::TrackMuted(id), Event::TrackUnmuted(id), Event::TrackEnded(id), Event::Track(id)]
            .contains(event)
    };
    let events = couple.world.events(side).iter().filter(|(at, event)| *at >= since && of_track(event));
    events.map(|(_, event)| event.clone()).collect()
}

fn remote(couple: &Couple, side: Handle<Peer>, id: TransceiverId) -> Track {
    couple.world.machine(side).transceiver(id).expect("there").remote_track().clone()
}

/// Sound for so long, a packet each 33 ms, and what of it is read.
fn speak(couple: &mut Couple, mic: TransceiverId, numbers: std::ops::Range<u32>) -> usize {
    let (a, b) = (couple.a, couple.b);
    let mut heard = 0;
    for number in numbers {
        write(couple, a, mic, number, &[0x78, number as u8]);
        couple.world.run_for(Duration::from_millis(33));
        heard += read(couple, b, mic).len();
    }
    heard
}

#[test]
fn a_track_is_muted_while_nothing_comes() {
    let (mut couple, [mic, _]) = call(Link::millis(10));
    let b = couple.b;
    let begin = couple.world.now();
    assert!(remote(&couple, b, mic).muted, "nothing has come yet");
    speak(&mut couple, mic, 0..30);
    assert_eq!(told(&couple, b, mic, begin), [Event::TrackUnmuted(mic)]);
    assert!(!remote(&couple, b, mic).muted);
    let pause = couple.world.now();
    couple.world.run_for(Duration::from_secs(3));
    assert_eq!(told(&couple, b, mic, pause), [Event::TrackMuted(mic)]);
    let again = couple.world.now();
    assert!(speak(&mut couple, mic, 120..150) >= 28);
    assert_eq!(told(&couple, b, mic, again), [Event::TrackUnmuted(mic)]);
    assert!(told(&couple, couple.a, mic, begin).is_empty(), "who sends is told nothing of it");
    // A stream whose end is told is not waited for.
    let bye = couple.world.now();
    let a = couple.a;
    couple.world.with(a, |peer, _| {
        let (_, ssrc) = peer.senders_of(mic)[0];
        peer.rtp().remove_sender(ssrc);
    });
    couple.world.run_for(Duration::from_millis(200));
    assert_eq!(told(&couple, b, mic, bye), [Event::TrackMuted(mic)]);
}

#[test]
fn a_track_that_is_off_sends_nothing_and_a_remote_one_is_not_shown() {
    let (mut couple, [mic, _]) = call(Link::millis(10));
    let (a, b) = (couple.a, couple.b);
    assert!(speak(&mut couple, mic, 0..30) >= 28);
    let tap = Heard::on(&mut couple, a);
    let turn = |couple: &mut Couple, side: Handle<Peer>, sending, receiving| {
        couple.world.with(side, |peer, _| peer.set_enabled(mic, sending, receiving)).expect("it is there");
    };
    turn(&mut couple, a, false, true);
    assert!(!couple.world.machine(a).transceiver(mic).expect("there").track().expect("sent").enabled);
    assert_eq!(speak(&mut couple, mic, 30..60), 0);
    assert!(tap.of("rtp", Direction::Out).is_empty(), "nothing leaves");
    turn(&mut couple, a, true, true);
    assert!(speak(&mut couple, mic, 60..90) >= 28);
    // The other side's track is switched off where it is received: it comes, and is not shown.
    turn(&mut couple, b, true, false);
    let since = couple.world.now();
    assert_eq!(speak(&mut couple, mic, 90..120), 0);
    assert!(told(&couple, b, mic, since).is_empty(), "it is not muted: that is the other side's doing");
    turn(&mut couple, b, true, true);
    assert!(speak(&mut couple, mic, 120..150) >= 28, "and nothing of before comes late");
}

#[test]
fn a_track_ends_for_good_when_its_transceiver_stops_and_only_mutes_when_it_is_removed() {
    let (mut couple, [mic, camera]) = call(Link::millis(10));
    let (a, b) = (couple.a, couple.b);
    speak(&mut couple, mic, 0..30);
    let begin = couple.world.now();
    couple.world.with(a, |peer, _| peer.remove_track(mic)).expect("it is sent");
    couple.negotiate();
    couple.world.run_for(Duration::from_millis(100));
    assert_eq!(told(&couple, b, mic, begin), [Event::TrackMuted(mic)]);
    assert_eq!(remote(&couple, b, mic).ready_state, TrackState::Live, "it may come back");
    couple.world.with(a, |peer, _| {
        peer.replace_track(mic, Some(Track::local(limpid_peer::MediaKind::Audio, "other")))
            .expect("same kind");
        peer.set_direction(mic, Way::SendRecv).expect("there");
    });
    couple.negotiate();
    let back = couple.world.now();
    assert!(speak(&mut couple, mic, 100..130) >= 28);
    assert_eq!(told(&couple, b, mic, back), [Event::Track(mic), Event::TrackUnmuted(mic)]);

    let stop = couple.world.now();
    couple.world.with(a, |peer, _| peer.stop_transceiver(camera)).expect("it is there");
    assert_eq!(told(&couple, a, camera, stop), [Event::TrackEnded(camera)], "at once where it was stopped");
    couple.negotiate();
    couple.world.run_for(Duration::from_millis(100));
    assert_eq!(told(&couple, b, camera, stop), [Event::TrackEnded(camera)]);
    assert!(couple.world.machine(b).transceiver(camera).is_none());

    let end = couple.world.now();
    couple.world.with(a, |peer, now| peer.close(now));
    couple.world.run_for(Duration::from_millis(200));
    for side in [a, b] {
        assert_eq!(remote(&couple, side, mic).ready_state, TrackState::Ended);
        assert!(told(&couple, side, mic, end).iter().all(|event| *event != Event::TrackUnmuted(mic)));
    }
}

/// Sound and pictures of one moment have one time, though they come by different ways: that is what keeps lips in step.
#[test]
fn tracks_of_one_side_share_a_clock() {
    let (mut couple, [mic, camera]) = call(Link::millis(30));
    let (a, b) = (couple.a, couple.b);
    let mut times: [Vec<(u32, Option<Instant>)>; 2] = [Vec::new(), Vec::new()];
    let mut written = Vec::new();
    for number in 0..150_u32 {
        written.push(couple.world.now());
        write(&mut couple, a, mic, number, &[0x78, number as u8]);
        write(&mut couple, a, camera, number, &picture(number, number == 0));
        couple.world.run_for(Duration::from_millis(33));
        couple.world.with(b, |peer, now| {
            while let Some((frame, _)) = peer.read_frame(now, mic) {
                times[0].push((u32::from(frame.data[1]), frame.captured_at));
            }
            while let Some((frame, _)) = peer.read_frame(now, camera) {
                let number = frame.data[10..14].try_into().map(u32::from_be_bytes).expect("its number");
                times[1].push((number, frame.captured_at));
            }
        });
    }
    let mut compared = 0;
    for (number, sound) in &times[0] {
        let picture = times[1].iter().find(|(other, _)| other == number).and_then(|(_, at)| *at);
        let (Some(sound), Some(picture)) = (*sound, picture) else { continue };
        let apart = sound.since(picture).max(picture.since(sound));
        assert!(apart < Duration::from_millis(2), "frame {number}: {apart:?} apart");
        // On our own clock it is when it was captured, later by the way through the network.
        let way = sound.since(written[*number as usize]);
        assert!(
            (Duration::from_millis(25)..Duration::from_millis(70)).contains(&way),
            "frame {number}: {way:?}"
        );
        compared += 1;
    }
    assert!(compared > 80, "{compared} compared");
}
