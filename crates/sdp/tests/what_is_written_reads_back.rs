//! For all inputs: nothing panics, and a description that could be read is written so that it reads the same.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::Side;
use limpid_sdp::jsep::{self, BundlePolicy, Direction, Local, MediaKind, Setup, Wish};
use limpid_sdp::{Attribute, SessionDescription};
use proptest::prelude::*;

/// A value that may stand in a line: visible, without surrounding or double spaces.
fn words() -> impl Strategy<Value = String> {
    proptest::collection::vec("[!-~äß]{1,12}", 1..4).prop_map(|words| words.join(" "))
}

fn attribute() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}".prop_map(|mid| format!("mid:{mid}")),
        "[A-Za-z0-9+/]{4,30}".prop_map(|ufrag| format!("ice-ufrag:{ufrag}")),
        "[A-Za-z0-9+/]{22,60}".prop_map(|pwd| format!("ice-pwd:{pwd}")),
        any::<u16>().prop_map(|port| format!("sctp-port:{port}")),
        any::<u64>().prop_map(|size| format!("max-message-size:{size}")),
        proptest::collection::vec("[0-9A-Fa-f]{2}", 1..40)
            .prop_map(|hex| format!("fingerprint:sha-256 {}", hex.join(":"))),
        prop_oneof!["actpass", "active", "passive"].prop_map(|role| format!("setup:{role}")),
        (0u8..128, "[A-Za-z0-9-]{1,8}", any::<u32>())
            .prop_map(|(pt, name, rate)| format!("rtpmap:{pt} {name}/{rate}")),
        (0u8..128, words()).prop_map(|(pt, rest)| format!("fmtp:{pt} {rest}")),
        (0u8..128, words()).prop_map(|(pt, rest)| format!("rtcp-fb:{pt} {rest}")),
        (any::<u16>(), words()).prop_map(|(id, uri)| format!("extmap:{id} {uri}")),
        (any::<u32>(), words()).prop_map(|(ssrc, rest)| format!("ssrc:{ssrc} {rest}")),
        words().prop_map(|text| format!("candidate:{text}")),
        words().prop_map(|text| format!("group:BUNDLE {text}")),
        words().prop_map(|text| format!("x-unknown:{text}")),
        prop_oneof!["rtcp-mux", "sendrecv", "bundle-only", "end-of-candidates", "ice-lite", "x-flag"],
    ]
}

fn description() -> impl Strategy<Value = String> {
    let lines = || proptest::collection::vec(attribute().prop_map(|text| format!("a={text}\r\n")), 0..12);
    let section = (prop_oneof!["audio", "application"], any::<u16>(), lines());
    let sections = proptest::collection::vec(section, 0..4);
    (any::<u64>(), any::<u32>(), lines(), sections).prop_map(|(id, version, session, sections)| {
        let sections = sections.into_iter().map(|(kind, port, lines)| match kind.as_str() {
            "audio" => format!("m=audio {port} UDP/TLS/RTP/SAVPF 0 111\r\n{}", lines.concat()),
            _ => format!("m=application {port} UDP/DTLS/SCTP webrtc-datachannel\r\n{}", lines.concat()),
        });
        let sections: String = sections.collect();
        format!(
            "v=0\r\no=- {id} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{}{sections}",
            session.concat()
        )
    })
}

proptest! {
    #[test]
    fn canonical_descriptions_come_back_byte_for_byte(text in description()) {
        prop_assert_eq!(SessionDescription::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn bare_line_feeds_mean_the_same(text in description()) {
        let bare = text.replace("\r\n", "\n");
        prop_assert_eq!(SessionDescription::parse(&bare), SessionDescription::parse(&text));
    }

    #[test]
    fn whatever_is_read_is_written_so_that_it_reads_the_same(text in description(), at in any::<prop::sample::Index>(), put in any::<char>()) {
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        chars[at] = put;
        let text: String = chars.into_iter().collect();
        if let Ok(first) = SessionDescription::parse(&text) {
            prop_assert_eq!(SessionDescription::parse(&first.to_string()).unwrap(), first);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}", lines in proptest::collection::vec("[a-z]=\\PC{0,30}", 0..20)) {
        let _ = SessionDescription::parse(&text);
        let _ = SessionDescription::parse(&format!("v=0\no=- 0 0 IN IP4 0\ns=-\nt=0 0\n{}", lines.join("\n")));
        let _ = Attribute::parse(&text);
    }

    #[test]
    fn an_answer_that_is_made_is_an_answer(text in description(), setup in prop_oneof![Just(Setup::Actpass), Just(Setup::Active)]) {
        let offer = SessionDescription::parse(&text).unwrap();
        let fingerprints = ["sha-256 AA:BB".to_owned()];
        let local = Local {
            session_id: 1, session_version: 1, ufrag: "abcd", pwd: "abcdefghijklmnopqrstuv", ice_options: "trickle",
            fingerprints: &fingerprints, setup, candidates: &[], end_of_candidates: false, sctp_port: 5000,
            max_message_size: 0, data_mid: None, media: &[], bundle_policy: BundlePolicy::Balanced,
        };
        if let Ok(answer) = jsep::answer(&local, &offer) {
            prop_assert_eq!(jsep::check_answer(&offer, &answer), Ok(()));
            prop_assert_eq!(SessionDescription::parse(&answer.to_string()).unwrap(), answer);
        }
    }
}

/// What one side of a call does with its media between two exchanges.
#[derive(Clone, Debug)]
enum Change {
    Add(MediaKind, Direction, bool),
    Turn(prop::sample::Index, Direction),
    Stop(prop::sample::Index),
    Data,
}

fn direction() -> impl Strategy<Value = Direction> {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    prop::sample::select(vec![SendRecv, SendOnly, RecvOnly, Inactive])
}

fn change() -> impl Strategy<Value = Change> {
    let kind = prop::sample::select(vec![MediaKind::Audio, MediaKind::Video]);
    prop_oneof![
        3 => (kind, direction(), any::<bool>()).prop_map(|(kind, direction, layers)| Change::Add(kind, direction, layers)),
        2 => (any::<prop::sample::Index>(), direction()).prop_map(|(at, direction)| Change::Turn(at, direction)),
        1 => any::<prop::sample::Index>().prop_map(Change::Stop),
        1 => Just(Change::Data),
    ]
}

/// What a side has in each place: kind, direction, whether it sends layers.
type Places = Vec<Option<(MediaKind, Direction, bool)>>;

fn wishes<'a>(side: &'a Side, places: &Places, new: &[(MediaKind, Direction, bool)]) -> Vec<Wish<'a>> {
    let placed = places.iter().enumerate().filter_map(|(index, place)| Some((Some(index), (*place)?)));
    let all = placed.chain(new.iter().map(|wish| (None, *wish)));
    let wish = |(section, (kind, direction, layers)): (Option<usize>, (MediaKind, Direction, bool))| {
        let sources = if layers && kind == MediaKind::Video { &side.layers } else { &side.sources };
        Wish { sources, ..side.wish(kind, section, direction) }
    };
    all.map(wish).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Two sides change what they have, by turns, and offer and answer it: sections never go away or change their names while
    /// they live, numbers keep their meaning, groups name what lives, and both sides agree on the same.
    #[test]
    fn a_session_of_many_exchanges_keeps_all_rules(rounds in proptest::collection::vec(proptest::collection::vec(change(), 0..4), 1..8)) {
        let side = Side::new();
        // Ours and theirs, from the side of whoever offers; they take turns.
        let mut force: Option<(SessionDescription, SessionDescription)> = None;
        let mut places: Places = Vec::new();
        let mut has_data = false;
        let mut codecs: BTreeMap<u8, limpid_sdp::Codec> = BTreeMap::new();
        let mut mids: BTreeSet<String> = BTreeSet::new();
        for changes in rounds {
            let mut new = Vec::new();
            for change in changes {
                match change {
                    Change::Add(kind, direction, layers) => new.push((kind, direction, layers)),
                    Change::Turn(at, direction) if !places.is_empty() => {
                        let place = at.index(places.len());
                        places[place].iter_mut().for_each(|wish| wish.1 = direction);
                    }
                    Change::Stop(at) if !places.is_empty() => {
                        let place = at.index(places.len());
                        places[place] = None;
                    }
                    Change::Data => has_data = true,
                    _ => {}
                }
            }
            let wished = wishes(&side, &places, &new);
            let local = Local { data_mid: has_data.then_some("d"), ..side.local(&wished) };
            let previous = force.as_ref().map(|(ours, theirs)| jsep::Negotiated { local: ours, remote: theirs });
            let offer = jsep::offer(&local, previous);
            prop_assert_eq!(&SessionDescription::parse(&offer.to_string()).unwrap(), &offer);
            let answer = jsep::answer(&side.local(&side.everything(&offer)), &offer).unwrap();
            prop_assert_eq!(jsep::check_answer(&offer, &answer), Ok(()));
            prop_assert_eq!(&SessionDescription::parse(&answer.to_string()).unwrap(), &answer);

            if let Some((before, _)) = &force {
                prop_assert!(offer.media.len() >= before.media.len());
                for (before, now) in before.media.iter().zip(&offer.media) {
                    let is_new = !mids.contains(now.mid().unwrap());
                    prop_assert!(before.mid() == now.mid() || (before.port == 0 && is_new && now.port != 0));
                }
            }
            mids.extend(offer.media.iter().map(|media| media.mid().unwrap().to_owned()));
            let remote = jsep::read(&offer).unwrap();
            let live: BTreeSet<&str> = remote.sections.iter().filter(|s| !s.rejected).filter_map(|s| s.mid.as_deref()).collect();
            prop_assert_eq!(offer.groups().flat_map(|group| group.mids()).collect::<BTreeSet<_>>(), live);
            for codec in remote.media.iter().filter(|section| !section.is_rejected).flat_map(|section| &section.codecs) {
                let known = codecs.entry(codec.payload_type).or_insert_with(|| codec.clone());
                prop_assert!(known.matches(codec) && known.repairs() == codec.repairs());
            }
            let answered = jsep::read(&answer).unwrap();
            for (ours, theirs) in remote.media.iter().zip(&answered.media) {
                let (here, there) = (jsep::agree(ours, theirs, true), jsep::agree(theirs, ours, false));
                prop_assert_eq!(here.direction, there.direction.reversed());
                prop_assert_eq!(here.send_codecs, there.receive_codecs);
                prop_assert_eq!(here.receive_codecs, there.send_codecs);
                prop_assert_eq!(here.send_layers, there.receive_layers);
            }
            // Whoever has the next word: places as the offer made them.
            let place = |index: usize| {
                let section = remote.media_at(index).filter(|section| !section.is_rejected)?;
                Some((section.kind, section.direction, !section.send_layers.is_empty()))
            };
            places = (0..offer.media.len()).map(place).collect();
            force = Some((answer, offer));
        }
    }
}
