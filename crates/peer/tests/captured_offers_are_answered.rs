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
