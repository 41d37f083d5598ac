//! Keys of a telephone cross from peer to peer in the audio stream, timed as RFC 4733 and the W3C ask.

mod common;

use std::time::Duration;

use common::Couple;
use common::call::{Heard, call, read, write};
use limpid_netsim::{Handle, Link};
use limpid_peer::limpid_rtp::codec::Format;
use limpid_peer::limpid_rtp::codec::telephone_event::{BadTones, Event as Report};
use limpid_peer::limpid_rtp::{Header, Packet};
use limpid_peer::{Direction as Way, Event, MediaKind, Misuse, Peer, TransceiverId};
use limpid_sansio::{Direction, Instant};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn insert(couple: &mut Couple, side: Handle<Peer>, id: TransceiverId, tones: &str) -> Result<(), Misuse> {
    couple.world.with(side, |peer, now| peer.insert_dtmf(now, id, tones, (MS(90), MS(70))))
}

/// Sound goes on, a packet each 20 ms, and is heard on the other side.
fn speak(couple: &mut Couple, id: TransceiverId, packets: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    let (a, b) = (couple.a, couple.b);
    let mut heard = Vec::new();
    for number in packets {
        // `write` counts in steps of 33 ms of media.
        write(couple, a, id, number, &[0x78, number as u8]);
        couple.world.run_for(MS(33));
        heard.extend(read(couple, b, id));
    }
    heard
}

/// What a side was told of tones, in milliseconds since `since`.
fn told(couple: &Couple, side: Handle<Peer>, since: Instant) -> Vec<(u64, Event)> {
    let is_tone =
        |event: &Event| matches!(event, Event::ToneChanged(..) | Event::ToneBegan(..) | Event::ToneEnded(..));
    let events = couple.world.events(side).iter().filter(|(_, event)| is_tone(event));
    events.map(|(at, event)| (at.since(since).as_millis() as u64, event.clone())).collect()
}

/// Packets of sound and of tones that left.
fn packets(tap: &Heard) -> (Vec<Header>, Vec<(Header, Report)>) {
    let (mut sound, mut tones) = (Vec::new(), Vec::new());
    for bytes in tap.of("rtp", Direction::Out) {
        let packet = Packet::parse(&bytes).expect("ours");
        match packet.payload.len() {
            4 => {
                let report = Report::parse_all(packet.payload).expect("a report").next().expect("one");
                tones.push((packet.header, report));
            }
            _ => sound.push(packet.header),
        }
    }
    (sound, tones)
}

#[test]
fn tones_take_the_place_of_sound_in_its_stream_and_on_its_clock() {
    let (mut couple, [mic, _]) = call(Link::millis(20));
    let (a, b) = (couple.a, couple.b);
    let tap = Heard::on(&mut couple, a);
    speak(&mut couple, mic, 0..10);
    let begin = couple.world.now();
    insert(&mut couple, a, mic, "1#").expect("keys");
    assert_eq!(couple.world.machine(a).tone_buffer(mic), "#", "the first sounds at once");
    let heard = speak(&mut couple, mic, 10..30);
    assert!(heard.iter().all(|frame| frame[0] == 0x78), "tones are no frames");

    let changes = told(&couple, a, begin);
    let expected = [(0, Some('1')), (160, Some('#')), (320, None)];
    assert_eq!(changes, expected.map(|(at, tone)| (at, Event::ToneChanged(mic, tone))));
    let keys = told(&couple, b, begin).into_iter().map(|(_, event)| event).collect::<Vec<_>>();
    let key = |key| [Event::ToneBegan(mic, key), Event::ToneEnded(mic, key, MS(90))];
    assert_eq!(keys, [key('1'), key('#')].concat());

    let (sound, tones) = packets(&tap);
    let ssrc = sound[0].ssrc;
    assert!(tones.iter().all(|(header, _)| header.ssrc == ssrc && header.payload_type.0 == 110), "{tones:?}");
    let mut numbers: Vec<u16> = sound.iter().map(|header| header.sequence_number).collect();
    numbers.extend(tones.iter().map(|(header, _)| header.sequence_number));
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "one row of numbers: {numbers:?}");

    let ones: Vec<&(Header, Report)> = tones.iter().filter(|(_, report)| report.code == 1).collect();
    // A frame of sound was written each 33 ms; the tone begins 33 ms after the tenth.
    let expected = sound[0].timestamp.wrapping_add(10 * 33 * 48);
    assert!(ones.iter().all(|(header, _)| header.timestamp == expected), "{ones:?} {expected}");
    let told = |(header, report): &&(Header, Report)| (header.marker, report.is_end, report.duration / 48);
    let reports: Vec<_> = ones.iter().map(told).collect();
    let going = [20, 40, 60, 80].map(|at| (at == 20, false, at));
    assert_eq!(reports, [&going[..], &[(false, true, 90); 3]].concat());
    let hash = tones.iter().find(|(_, report)| report.code == 11).expect("the second");
    assert_eq!(hash.0.timestamp, expected.wrapping_add(160 * 48));
    // 20 frames were written, and those of the two tones' 90 ms each were left out.
    assert_eq!(sound.len(), 30 - 6);
}

#[test]
fn the_clock_of_tones_is_that_of_the_codec_in_use() {
    let (mut couple, [mic, _]) = call(Link::millis(5));
    let a = couple.a;
    let tap = Heard::on(&mut couple, a);
    assert!(couple.world.with(a, |peer, now| peer.send_as(now, mic, Format::Pcmu)));
    insert(&mut couple, a, mic, "9").expect("a key");
    couple.world.run_for(MS(500));
    let (_, tones) = packets(&tap);
    assert_eq!((tones.len(), tones[0].0.payload_type.0), (7, 126));
    assert_eq!(tones[6].1.duration, 90 * 8);
}

#[test]
fn a_comma_waits_and_new_tones_replace_those_that_wait() {
    let (mut couple, [mic, _]) = call(Link::millis(5));
    let a = couple.a;
    let begin = couple.world.now();
    insert(&mut couple, a, mic, "1,2").expect("keys");
    couple.world.run_for(MS(3000));
    let times: Vec<_> = told(&couple, a, begin).into_iter().map(|(at, _)| at).collect();
    assert_eq!(times, [0, 160, 2160, 2320]);
    // Bounds of the W3C: 40 ms to 6 s, and no gap below 30 ms; the three ends take 40 ms, so that none is said to be shorter.
    for (duration, gap, expected) in [(1, 0, 40 + 40), (9000, 70, 6000 + 70)] {
        let begin = couple.world.now();
        couple
            .world
            .with(a, |peer, now| peer.insert_dtmf(now, mic, "5", (MS(duration), MS(gap))))
            .expect("a key");
        couple.world.run_for(MS(7000));
        let last = told(&couple, a, begin).pop().expect("the end");
        assert_eq!(last, (expected, Event::ToneChanged(mic, None)));
    }
    let begin = couple.world.now();
    insert(&mut couple, a, mic, "123456").expect("keys");
    couple.world.run_for(MS(50));
    insert(&mut couple, a, mic, "").expect("silence");
    assert_eq!(couple.world.machine(a).tone_buffer(mic), "");
    couple.world.run_for(MS(1000));
    let last = told(&couple, a, begin).pop().expect("the end");
    assert_eq!(last, (160, Event::ToneChanged(mic, None)), "the one that sounds is played to its end");
}

#[test]
fn a_tone_whose_end_is_lost_ends_by_itself() {
    let (mut couple, [mic, _]) = call(Link::millis(5));
    let (a, b) = (couple.a, couple.b);
    let begin = couple.world.now();
    couple.world.with(a, |peer, now| peer.insert_dtmf(now, mic, "7", (MS(100), MS(70)))).expect("a key");
    couple.world.run_for(MS(50));
    couple.world.set_links(a, Link { loss: 1.0, ..Link::millis(5) }, Link::millis(0));
    couple.world.run_for(MS(300));
    let heard = told(&couple, b, begin);
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert_eq!(heard[1].1, Event::ToneEnded(mic, '7', MS(40)), "as long as was told");
    assert!((150..=220).contains(&heard[1].0), "{heard:?}");
}

#[test]
fn what_can_not_be_sent_is_refused() {
    let (mut couple, [mic, camera]) = call(Link::millis(5));
    let a = couple.a;
    assert!(couple.world.machine(a).can_insert_dtmf(mic) && !couple.world.machine(a).can_insert_dtmf(camera));
    assert_eq!(insert(&mut couple, a, camera, "1"), Err(Misuse::NoTones));
    assert_eq!(insert(&mut couple, a, mic, "1x2"), Err(Misuse::Tones(BadTones::Unknown('x'))));
    assert_eq!(couple.world.machine(a).tone_buffer(mic), "", "all or nothing");
    assert_eq!(insert(&mut couple, a, mic, &"1".repeat(1000)), Err(Misuse::Tones(BadTones::TooMany)));
    // A side that takes ten keys.
    couple.negotiate_with(|mut description| {
        description.sdp =
            description.sdp.replace("telephone-event", "Telephone-Event").replace(" 0-15", " 0-9");
        description
    });
    assert_eq!(insert(&mut couple, a, mic, "1A"), Err(Misuse::Tones(BadTones::Unlisted('A'))));
    // A side that only listens.
    insert(&mut couple, a, mic, "11111").expect("keys");
    couple.world.with(a, |peer, _| peer.set_direction(mic, Way::RecvOnly)).expect("known");
    couple.negotiate();
    assert!(!couple.world.machine(a).can_insert_dtmf(mic));
    assert_eq!(insert(&mut couple, a, mic, "1"), Err(Misuse::NoTones));
    assert_eq!(couple.world.machine(a).tone_buffer(mic), "");
    let mut alone = common::Side::new(3);
    let id = alone.peer.add_transceiver(MediaKind::Audio, Default::default()).expect("one");
    let refused = alone.peer.insert_dtmf(Instant::ZERO, id, "1", (MS(100), MS(70)));
    assert_eq!(refused, Err(Misuse::NoTones), "nothing is agreed on");
}
