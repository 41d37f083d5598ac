//! Offers of browsers and other peers, answered by a whole peer: every section is taken, and its transceiver says so.

mod common;

use common::Side;
use limpid_peer::{Description, Direction, Event, MediaKind, SignalingState, Track};
use limpid_sansio::Instant;

const NOW: Instant = Instant::ZERO;

fn offers() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdp/tests/captures");
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the captures")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.to_string_lossy().ends_with("-offer.sdp"))
        .map(|path| (path.to_string_lossy().into_owned(), std::fs::read_to_string(&path).expect("text")))
        .collect();
    all.sort();
    assert_eq!(all.len(), 41);
    all
}

/// What an offer's `m=` lines and directions say, without this project's reading of them.
fn sections(text: &str) -> Vec<(MediaKind, bool, bool)> {
    let mut sections = Vec::new();
    for section in text.split("\nm=").skip(1) {
        let kind = match section.split(' ').next() {
            Some("audio") => MediaKind::Audio,
            Some("video") => MediaKind::Video,
            _ => continue,
        };
        let has = |word: &str| section.lines().any(|line| line.trim_end() == word);
        let sends = !has("a=recvonly") && !has("a=inactive");
        let receives = !has("a=sendonly") && !has("a=inactive");
        sections.push((kind, sends, receives));
    }
    sections
}

#[test]
fn every_captured_offer_is_answered_by_a_peer_that_sends_and_receives() {
    let mut seen = 0;
    for (name, text) in offers() {
        let mut side = Side::new(1);
        for kind in [MediaKind::Audio, MediaKind::Video] {
            side.peer.add_track(Track::local(kind, format!("{kind:?}")), &["call"]).expect("a track");
        }
        side.peer
            .set_remote_description(NOW, Description::offer(&text))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let answer = side.peer.create_answer().unwrap_or_else(|error| panic!("{name}: {error}"));
        side.peer.set_local_description(NOW, answer).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(side.peer.signaling_state(), SignalingState::Stable, "{name}");
        let offered = sections(&text);
        let media = side.peer.negotiated_media();
        assert_eq!(media.len(), offered.len(), "{name}");
        for (media, (kind, sends, receives)) in media.iter().zip(&offered) {
            assert_eq!((media.kind, media.may_receive), (*kind, *sends), "{name}");
            assert_eq!(media.may_send, *receives, "{name}: who wants to receive gets what we added");
            let transceiver = side.peer.transceiver(media.transceiver.expect("one")).expect("there");
            let direction = Direction::new(*receives, *sends);
            assert_eq!(
                (transceiver.current_direction(), transceiver.mid()),
                (Some(direction), Some(media.mid.as_str()))
            );
            assert!(!media.send_codecs.is_empty() && media.cname.len() == 24, "{name}");
            seen += 1;
        }
        let told = side.events().iter().filter(|event| matches!(event, Event::Track(_))).count();
        assert_eq!(told, offered.iter().filter(|(_, sends, _)| *sends).count(), "{name}");
        // And our next offer stands on what was agreed on.
        let again = side.peer.create_offer().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            again.sdp.matches("\r\nm=").count(),
            text.matches("\nm=").count() + missing(&side, &offered),
            "{name}"
        );
    }
    assert_eq!(seen, 68);
}

/// Sections that our tracks still need, as the offer had none for them.
fn missing(side: &Side, offered: &[(MediaKind, bool, bool)]) -> usize {
    side.peer.transceivers().len() - offered.len()
}

/// Most captured offers have what ours has: sound, pictures and channels under the names 0, 1 and 2. Their answers fit ours.
#[test]
fn answers_of_other_peers_are_taken_as_answers_to_our_own_offer() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdp/tests/captures");
    let mut taken = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the captures") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("text");
        let mids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("a=mid:")).collect();
        let kinds: Vec<&str> =
            text.split("\nm=").skip(1).filter_map(|section| section.split(' ').next()).collect();
        if !name.ends_with("-answer.sdp")
            || mids != ["0", "1", "2"]
            || kinds != ["audio", "video", "application"]
        {
            continue;
        }
        let mut side = Side::new(1);
        side.peer.add_track(Track::local(MediaKind::Audio, "mic"), &["call"]).expect("a track");
        side.peer.add_track(Track::local(MediaKind::Video, "camera"), &["call"]).expect("a track");
        side.peer.create_data_channel(NOW, Default::default()).expect("a channel");
        side.offer();
        side.peer
            .set_remote_description(NOW, Description::answer(&text))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(side.peer.signaling_state(), SignalingState::Stable, "{name}");
        for (media, (kind, sends, receives)) in side.peer.negotiated_media().iter().zip(sections(&text)) {
            assert_eq!((media.kind, media.may_receive, media.may_send), (kind, sends, receives), "{name}");
            let (sent, received) = (&media.send_codecs[0], &media.receive_codecs[0]);
            assert!(sent.matches(received), "{name}: the numbers may differ, the codec may not");
            assert!(text.contains(&format!("a=rtpmap:{} {}/", sent.payload_type, sent.name)), "{name}");
        }
        assert!(side.peer.max_message_size().is_some(), "{name}");
        taken.insert(name);
    }
    let peers = ["aiortc", "chromium", "firefox", "janus", "pion3", "wrtc", "werift", "gst"];
    let missing: Vec<_> =
        peers.into_iter().filter(|peer| !taken.iter().any(|name| name.starts_with(peer))).collect();
    assert!(missing.is_empty() && taken.len() == 37, "{missing:?} {}", taken.len());
}
