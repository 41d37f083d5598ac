//! Simulcast and lip sync in the forms that came before `a=rid` and `a=msid`.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::call::picture;
use common::{Couple, Side};
use limpid_netsim::Link;
use limpid_peer::limpid_rtp::codec::{Format, FrameToSend};
use limpid_peer::limpid_rtp::session::{Meaning, Payload, SenderConfig};
use limpid_peer::limpid_rtp::{Extras, Mid, PayloadType, Rid, Ssrc, send};
use limpid_peer::{Description, MediaKind, Track};
use limpid_sansio::Instant;

const LAYERS: [(u32, u32); 3] = [(1001, 2001), (1002, 2002), (1003, 2003)];

fn with_layers(description: Description) -> Description {
    let numbers = |of: fn(&(u32, u32)) -> u32| LAYERS.map(|layer| of(&layer).to_string()).join(" ");
    let mut lines = format!("a=ssrc-group:SIM {}\r\n", numbers(|layer| layer.0));
    for (media, repair) in LAYERS {
        lines += &format!(
            "a=ssrc-group:FID {media} {repair}\r\na=ssrc:{media} cname:x\r\na=ssrc:{repair} cname:x\r\n"
        );
    }
    let kept = description.sdp.lines().filter(|line| !line.starts_with("a=ssrc"));
    let sdp: String = kept.map(|line| format!("{line}\r\n")).collect();
    Description { sdp: sdp + &lines, ..description }
}

fn payload(number: u8, meaning: Meaning) -> Payload {
    Payload {
        payload_type: PayloadType(number),
        meaning,
        clock_rate: 90_000,
        nack: true,
        pli: true,
        fir: false,
    }
}

/// A picture that says which layer and which number it is.
fn layer_picture(layer: usize, number: u32) -> Vec<u8> {
    let mut picture = picture(number, number.is_multiple_of(30));
    picture[20] = layer as u8;
    picture
}

#[test]
fn all_layers_of_a_legacy_group_are_received_told_apart_and_repaired() {
    let mut couple = Couple::new(5, Link { loss: 0.03, ..Link::millis(20) });
    let (a, b) = (couple.a, couple.b);
    couple
        .world
        .with(a, |peer, _| peer.add_track(Track::local(MediaKind::Video, "camera"), &[]))
        .expect("a track");
    let offer = with_layers(couple.offer(a));
    let answer = couple.answer(b, offer);
    couple.world.with(a, |peer, now| peer.set_remote_description(now, answer).expect("their answer"));
    couple.world.with(a, |peer, now| {
        for (media, repair) in LAYERS {
            let config = SenderConfig {
                ssrc: Ssrc(media),
                repair: Some(Ssrc(repair)),
                mid: Mid::new("0"),
                rid: None,
                payloads: vec![
                    payload(96, Meaning::Media(Format::Vp8)),
                    payload(97, Meaning::Retransmission(PayloadType(96))),
                ],
                payload_type: PayloadType(96),
                is_video: true,
                history: Duration::from_secs(1),
            };
            peer.rtp().add_sender(now, config).expect("a free number");
        }
    });
    couple.world.run_for(Duration::from_secs(2));
    let camera = couple.world.machine(b).transceivers()[0].id();
    let mut seen: BTreeMap<Option<Rid>, Vec<Vec<u8>>> = BTreeMap::new();
    for number in 0..150_u32 {
        for (layer, (ssrc, _)) in LAYERS.into_iter().enumerate() {
            let data = layer_picture(layer, number);
            let frame = send::Frame {
                media_time: Duration::from_millis(33) * number,
                captured: None,
                data: &data,
                info: FrameToSend::default(),
                extras: Extras::default(),
            };
            couple.world.with(a, |peer, now| {
                peer.rtp().sender(Ssrc(ssrc)).expect("added").write(now, &frame).expect("room");
            });
        }
        couple.world.run_for(Duration::from_millis(33));
        couple.world.with(b, |peer, now| {
            while let Some((frame, rid)) = peer.read_frame(now, camera) {
                seen.entry(rid).or_default().push(frame.data.to_vec());
            }
        });
    }
    assert_eq!(seen.len(), 3, "{:?}", seen.keys());
    for (layer, (rid, pictures)) in seen.iter().enumerate() {
        assert_eq!(*rid, Rid::new(&layer.to_string()));
        assert!(pictures.iter().all(|picture| picture[20] == layer as u8), "one layer under each name");
        assert!(pictures.len() > 140, "{} of layer {layer}", pictures.len());
    }
    let repaired = couple.world.with(b, |peer, _| {
        peer.rtp().inbound().map(|stream| stream.stats.retransmitted_packets_received).collect::<Vec<_>>()
    });
    assert!(repaired.len() == 3 && repaired.iter().all(|count| *count > 0), "{repaired:?}");
}

#[test]
fn no_more_layers_are_taken_than_we_take() {
    for (most, expected) in [(0, 1), (1, 1), (2, 2), (3, 3), (8, 3)] {
        let mut a = Side::new(1);
        let mut b = Side::with(2, |config| {
            let capabilities = limpid_peer::Capabilities { max_layers: most, ..Default::default() };
            config.capabilities = std::sync::Arc::new(capabilities);
        });
        a.peer.add_track(Track::local(MediaKind::Video, "camera"), &[]).expect("a track");
        let offer = with_layers(a.offer());
        b.answer(offer);
        assert_eq!(b.peer.rtp().receivers().count(), expected);
    }
}

fn lip_sync(description: &Description) -> Vec<&str> {
    description.sdp.lines().filter(|line| line.starts_with("a=group:LS")).collect()
}

/// An offer of three tracks, of which the first two are played in step, told in the old form alone.
fn offer_in_step(a: &mut Side) -> Description {
    for (kind, name) in
        [(MediaKind::Audio, "mic"), (MediaKind::Video, "camera"), (MediaKind::Video, "screen")]
    {
        a.peer.add_track(Track::local(kind, name), &[]).expect("a track");
    }
    let mut offer = a.offer();
    let lines = offer.sdp.lines().filter(|line| !line.contains("msid"));
    offer.sdp = lines.map(|line| format!("{line}\r\n")).collect();
    offer.sdp = offer.sdp.replacen("t=0 0\r\n", "t=0 0\r\na=group:LS 0 1\r\n", 1);
    offer
}

//~ covers 9429-5.3.1-c
#[test]
fn a_group_of_lip_sync_is_answered_where_we_say_the_same() {
    let (mut a, mut b) = (Side::new(1), Side::new(2));
    let offer = offer_in_step(&mut a);
    let answer = b.answer(offer.clone());
    assert_eq!(lip_sync(&answer), ["a=group:LS 0 1"], "nobody says otherwise");
    let streams: Vec<_> = b.peer.transceivers().iter().map(|t| t.remote_streams().to_vec()).collect();
    assert_eq!(streams[0], streams[1], "one stream");
    assert!(streams[0].len() == 1 && streams[2].is_empty(), "{streams:?}");
    a.peer.set_remote_description(Instant::ZERO, answer).expect("the answer");

    for (ours, expected) in [(["one", "one"], vec!["a=group:LS 0 1"]), (["one", "two"], vec![])] {
        let mut b = Side::new(3);
        b.peer.add_track(Track::local(MediaKind::Audio, "mic"), &ours[..1]).expect("a track");
        b.peer.add_track(Track::local(MediaKind::Video, "camera"), &ours[1..]).expect("a track");
        assert_eq!(lip_sync(&b.answer(offer.clone())), expected, "{ours:?}");
    }
    let mut deaf = Side::with(4, |config| {
        let audio_only = limpid_peer::Capabilities { video_codecs: Vec::new(), ..Default::default() };
        config.capabilities = std::sync::Arc::new(audio_only);
    });
    assert!(lip_sync(&deaf.answer(offer)).is_empty(), "one alone is in step with nobody");
}
