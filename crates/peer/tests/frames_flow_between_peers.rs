//! Frames of sound and pictures cross from peer to peer, protected, in both directions, through renegotiation.

mod common;

use std::time::Duration;

use common::Couple;
use common::call::{call, picture, read, try_write, write};
use limpid_netsim::Link;
use limpid_peer::limpid_rtp::codec::Format;
use limpid_peer::limpid_rtp::session;
use limpid_peer::{Event, MediaKind, TransceiverId};

#[test]
fn pictures_and_sound_arrive_as_they_were_written() {
    let (mut couple, [mic, camera]) = call(Link::millis(20));
    for (from, to) in [(couple.a, couple.b), (couple.b, couple.a)] {
        let (mut sent, mut seen, mut heard) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..60 {
            let frame = picture(number, number == 0);
            write(&mut couple, from, camera, number, &frame);
            sent.push(frame);
            write(&mut couple, from, mic, number, &[0x78, number as u8]);
            couple.world.run_for(Duration::from_millis(33));
            seen.extend(read(&mut couple, to, camera));
            heard.extend(read(&mut couple, to, mic));
        }
        assert!(seen.len() >= 55, "{} pictures", seen.len());
        assert_eq!(seen[..], sent[..seen.len()]);
        assert!(heard.len() >= 55, "{} packets of sound", heard.len());
        assert_eq!(heard[7], [0x78, 7]);
    }
}

/// Keeps the plain RTCP that leaves.
struct Reports(std::sync::Arc<std::sync::Mutex<Vec<Vec<u8>>>>);

impl limpid_sansio::Tap for Reports {
    fn record(&mut self, record: &limpid_sansio::Record<'_>) {
        let leaves = matches!(record.flow, Some((limpid_sansio::Direction::Out, _)));
        if let (true, "rtcp", Some(bytes)) = (leaves, record.machine, record.bytes) {
            self.0.lock().expect("one thread").push(bytes.to_vec());
        }
    }
}

/// Tracks are played in step by this name: both ways of telling it must tell the same.
#[test]
fn reports_carry_the_name_that_the_description_told() {
    let (mut couple, [mic, _]) = call(Link::millis(5));
    let reports = std::sync::Arc::default();
    let a = couple.a;
    couple.world.with(a, |peer, _| peer.set_tap(Some(Box::new(Reports(std::sync::Arc::clone(&reports))))));
    write(&mut couple, a, mic, 0, &[0x78, 1]);
    couple.world.run_for(Duration::from_secs(3));
    let told = couple.world.machine(a).negotiated_media()[0].cname.clone();
    assert!(couple.world.machine(a).local_description().expect("set").sdp.contains(&format!("cname:{told}")));
    let reports = reports.lock().expect("one thread");
    let names = reports.iter().flat_map(|bytes| names_in(bytes)).collect::<Vec<_>>();
    assert!(!names.is_empty() && names.iter().all(|name| *name == told), "{names:?} for {told}");
}

fn names_in(datagram: &[u8]) -> Vec<String> {
    use limpid_peer::limpid_rtp::rtcp::{Packet, packets};
    let mut names = Vec::new();
    for packet in packets(datagram).flatten() {
        if let Packet::SourceDescription(description) = packet {
            let found = description.chunks().filter_map(|chunk| chunk.cname().map(<[u8]>::to_vec));
            names.extend(found.map(|name| String::from_utf8(name).expect("hex")));
        }
    }
    names
}

#[test]
fn who_waits_to_be_told_of_frames_reads_them_all() {
    let (mut couple, [mic, _]) = call(Link::millis(20));
    let (a, b) = (couple.a, couple.b);
    let is_news = |event: &Event| matches!(event, Event::Rtp(session::Event::Readable(_)));
    let (mut told, mut heard) = (0, 0);
    for number in 0..20 {
        write(&mut couple, a, mic, number, &[0x78, number as u8]);
        couple.world.run_for(Duration::from_millis(33));
        let news = couple.world.events(b).iter().filter(|(_, event)| is_news(event)).count();
        if news > told {
            heard += read(&mut couple, b, mic).len();
            told = news;
        }
    }
    assert!(heard >= 18, "{heard} of 20, told {told} times");
}

#[test]
fn loss_is_repaired_and_a_key_frame_can_be_asked_for() {
    let (mut couple, [_, camera]) = call(Link { loss: 0.05, ..Link::millis(20) });
    let (a, b) = (couple.a, couple.b);
    let (mut seen, mut is_key, mut asked) = (Vec::new(), true, 0);
    for number in 0..300 {
        write(&mut couple, a, camera, number, &picture(number, std::mem::take(&mut is_key)));
        couple.world.run_for(Duration::from_millis(33));
        seen.extend(read(&mut couple, b, camera));
        if number == 150 {
            couple.world.with(b, |peer, _| peer.request_key_frame(camera));
        }
        let requests = couple
            .world
            .events(a)
            .iter()
            .filter(|(_, event)| matches!(event, Event::Rtp(session::Event::KeyFrameRequested(_))));
        let requests = requests.count();
        is_key |= requests > asked;
        asked = requests;
    }
    assert!(asked > 0, "nobody asked for a key frame");
    assert!(seen.len() >= 290, "{} of 300 pictures", seen.len());
}

#[test]
fn frames_go_on_through_twenty_rounds_of_offer_and_answer() {
    let (mut couple, [mic, _]) = call(Link::millis(5));
    let (a, b) = (couple.a, couple.b);
    let mut heard = 0;
    for round in 0..20_u32 {
        couple.world.with(a, |peer, _| {
            let extra = peer.add_transceiver(MediaKind::Video, Default::default()).expect("one more");
            if round % 2 == 1 {
                peer.stop_transceiver(extra).expect("it is there");
            }
        });
        couple.negotiate();
        for step in 0..5 {
            write(&mut couple, a, mic, round * 5 + step, &[0x78, step as u8]);
            couple.world.run_for(Duration::from_millis(20));
            heard += read(&mut couple, b, mic).len();
        }
    }
    assert!(heard >= 97, "{heard} of 100");
}

#[test]
fn another_format_can_be_chosen_and_a_paused_stream_goes_on() {
    let (mut couple, [mic, _]) = call(Link::millis(5));
    let (a, b) = (couple.a, couple.b);
    assert!(couple.world.with(a, |peer, now| peer.send_as(now, mic, Format::Pcmu)));
    assert!(!couple.world.with(a, |peer, now| peer.send_as(now, mic, Format::Vp8)), "no sound");
    for direction in [limpid_peer::Direction::RecvOnly, limpid_peer::Direction::SendRecv] {
        couple.world.with(a, |peer, _| peer.set_direction(mic, direction)).expect("known");
        couple.negotiate();
        couple.world.run_for(Duration::from_millis(50));
    }
    write(&mut couple, a, mic, 0, &[0xff; 160]);
    couple.world.run_for(Duration::from_millis(50));
    assert_eq!(read(&mut couple, b, mic), [vec![0xff; 160]]);
}

//~ covers 8834-7.1-a
#[test]
fn the_bandwidth_of_a_description_limits_what_is_sent() {
    let (mut couple, _) = call(Link::millis(20));
    let target = |couple: &mut Couple| couple.world.with(couple.a, |peer, _| peer.rtp().target_bitrate());
    assert!(target(&mut couple) >= 300_000, "as no description says anything");
    couple.negotiate_with(|mut description| {
        description.sdp = description.sdp.replace("a=mid:1\r\n", "b=TIAS:90000\r\na=mid:1\r\n");
        description
    });
    // Sound is not limited, but takes no more than sound does.
    let limited = target(&mut couple);
    assert_eq!(limited, 290_000);
    let sources: Vec<_> = couple.world.with(couple.a, |peer, _| peer.rtp().senders().collect());
    let limits: Vec<_> = couple.world.with(couple.a, |peer, _| {
        sources.iter().filter_map(|ssrc| peer.rtp().sender(*ssrc)?.max_bitrate()).collect()
    });
    assert_eq!(limits, [90_000]);
}

/// Writes pictures for so long, whether they are taken or not; those that came.
fn film(couple: &mut Couple, camera: TransceiverId, numbers: std::ops::Range<u32>) -> usize {
    let (a, b) = (couple.a, couple.b);
    numbers
        .map(|number| {
            let data = picture(number, number.is_multiple_of(30));
            try_write(couple, a, camera, number, &data);
            couple.world.run_for(Duration::from_millis(33));
            read(couple, b, camera).len()
        })
        .sum()
}

#[test]
fn pictures_that_did_not_arrive_for_some_time_come_again_by_themselves() {
    let (mut couple, [_, camera]) = call(Link::millis(20));
    let a = couple.a;
    assert!(film(&mut couple, camera, 0..60) > 50);
    // One way is dead for eight seconds: the other side's reports say so, and sending ceases.
    couple.world.set_links(a, Link { loss: 1.0, ..Link::millis(20) }, Link::millis(20));
    assert_eq!(film(&mut couple, camera, 60..300), 0);
    let has_ceased = |event: &Event| matches!(event, Event::Rtp(session::Event::SendingCeased { .. }));
    assert!(couple.world.events(a).iter().any(|(_, event)| has_ceased(event)));
    couple.world.set_links(a, Link::millis(20), Link::millis(20));
    film(&mut couple, camera, 300..900);
    assert!(film(&mut couple, camera, 900..960) > 50, "an answered check is a reason to try again");
}

#[test]
fn who_only_receives_learns_that_the_path_became_longer() {
    let (mut couple, [_, camera]) = call(Link::millis(20));
    let (a, b) = (couple.a, couple.b);
    let round_trip = |couple: &mut Couple| couple.world.with(b, |peer, _| peer.rtp().round_trip());
    film(&mut couple, camera, 0..60);
    assert_eq!(round_trip(&mut couple), Duration::from_millis(40), "each way is 20 ms");
    couple.world.set_links(a, Link::millis(90), Link::millis(0));
    couple.world.set_links(b, Link::millis(90), Link::millis(0));
    film(&mut couple, camera, 60..300);
    assert_eq!(
        round_trip(&mut couple),
        Duration::from_millis(180),
        "no report says so, as nothing of ours was reported"
    );
}

#[test]
fn another_track_goes_on_in_time_where_the_last_one_was() {
    let (mut couple, [mic, _]) = call(Link::millis(5));
    let (a, b) = (couple.a, couple.b);
    let mut stamps = Vec::new();
    for number in 0..100u32 {
        if number == 50 {
            let track = limpid_peer::Track::local(MediaKind::Audio, "another");
            couple.world.with(a, |peer, _| peer.replace_track(mic, Some(track))).expect("known");
        }
        // Each source counts from its own beginning.
        let picture = if number < 50 { 1000 + number } else { number - 50 };
        write(&mut couple, a, mic, picture, &[0x78, number as u8]);
        couple.world.run_for(Duration::from_millis(20));
        couple.world.with(b, |peer, now| {
            while let Some((frame, _)) = peer.read_frame(now, mic) {
                stamps.push(frame.timestamp);
            }
        });
    }
    assert!(stamps.len() > 95);
    let steps: Vec<u64> = stamps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let usual = steps[0];
    assert!(steps.iter().all(|&step| step.abs_diff(usual) <= usual), "{steps:?}");
}
