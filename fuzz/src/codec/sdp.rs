//! Session descriptions, and what JSEP makes of two of them.

use limpid_sdp::jsep::{
    self, BundlePolicy, Direction, Extension, Local, LocalSource, MediaKind, Setup, Wish,
};
use limpid_sdp::{Attribute, Codec, SessionDescription};

use crate::Outcome;

/// Parse, write, parse again; line by line as attributes too.
pub fn description(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    for line in text.lines().filter_map(|line| line.strip_prefix("a=")) {
        if let Ok(attribute) = Attribute::parse(line) {
            let mut written = String::new();
            attribute.write(&mut written);
            assert_eq!(Attribute::parse(&written), Ok(attribute));
        }
    }
    let Ok(description) = SessionDescription::parse(text) else { return Outcome::Refused };
    let written = description.to_string();
    let again = SessionDescription::parse(&written);
    // Our form of a line may be longer (CRLF), so that a description at the limit does not fit any more.
    if written.len() <= limpid_sdp::MAX_BYTES {
        assert_eq!(again.as_ref(), Ok(&description));
        assert_eq!(again.map(|again| again.to_string()), Ok(written));
    }
    Outcome::Accepted
}

/// An offer, answered; the answer checked and read; and, split in two at a marker, somebody else's answer to it.
pub fn jsep(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let (offer, theirs) = text.split_once("--\n").unwrap_or((text, ""));
    let Ok(offer) = SessionDescription::parse(offer) else { return Outcome::Refused };
    if let Ok(theirs) = SessionDescription::parse(theirs) {
        let _ = jsep::check_answer(&offer, &theirs);
    }
    let fingerprints = ["sha-256 AA:BB".to_owned()];
    let ours = Ours::new();
    let wishes = ours.wishes(&offer);
    let local = Local { media: &wishes, ..local(&fingerprints) };
    let Ok(answer) = jsep::answer(&local, &offer) else { return Outcome::Refused };
    assert_eq!(jsep::check_answer(&offer, &answer), Ok(()));
    assert_eq!(answer.media.len(), offer.media.len());
    assert_eq!(SessionDescription::parse(&answer.to_string()).as_ref(), Ok(&answer));

    let previous = jsep::Negotiated { local: &answer, remote: &offer };
    let again = jsep::offer(&local, Some(previous));
    assert!(again.media.len() >= answer.media.len(), "sections never go away");
    assert!(jsep::read(&again).is_ok(), "what we offer can be read");
    let (heard, said) =
        (jsep::read(&offer).expect("it was answered"), jsep::read(&answer).expect("our own answer"));
    for (ours, theirs) in said.media.iter().zip(&heard.media) {
        let (here, there) = (jsep::agree(ours, theirs, false), jsep::agree(theirs, ours, true));
        assert_eq!(here.direction, there.direction.reversed(), "both agree on who sends");
        assert_eq!(ours.is_rejected, here.send_codecs.is_empty(), "a live section has something to say");
        assert!(
            ours.codecs
                .iter()
                .all(|codec| theirs.codecs.iter().any(|c| c.payload_type == codec.payload_type))
        );
    }
    match said.transport {
        Some(transport) => {
            assert_eq!(transport.ufrag, "limp");
            Outcome::Accepted
        }
        None => Outcome::Refused,
    }
}

/// What we are able to do.
struct Ours {
    codecs: [Codec; 6],
    extensions: [Extension; 3],
    sources: [LocalSource; 2],
    streams: [String; 1],
}

impl Ours {
    fn new() -> Self {
        let source = |ssrc, rid: &str| LocalSource { ssrc, rtx: Some(ssrc + 1), rid: Some(rid.to_owned()) };
        Ours {
            codecs: [
                Codec::new(111, "opus", 48_000).with_channels(2).with_feedback(&["transport-cc"]),
                Codec::new(63, "red", 48_000).with_channels(2).with_parameters("111/111"),
                Codec::new(0, "PCMU", 8000),
                Codec::new(96, "VP8", 90_000).with_feedback(&["nack", "nack pli", "transport-cc"]),
                Codec::rtx(97, 96),
                Codec::new(102, "H264", 90_000)
                    .with_parameters("packetization-mode=1;profile-level-id=42e01f"),
            ],
            extensions: [
                Extension::new(
                    3,
                    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
                ),
                Extension::new(4, "urn:ietf:params:rtp-hdrext:sdes:mid"),
                Extension::new(10, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
            ],
            sources: [source(1, "q"), source(3, "f")],
            streams: ["stream".to_owned()],
        }
    }

    fn wishes(&self, offer: &SessionDescription) -> Vec<Wish<'_>> {
        let wish = |(index, media): (usize, &limpid_sdp::Media)| {
            let kind = MediaKind::from_word(&media.kind)?;
            Some(Wish {
                section: Some(index),
                mid: None,
                kind,
                direction: Direction::SendRecv,
                codecs: &self.codecs,
                has_preference: index % 2 == 1,
                extensions: &self.extensions,
                streams: &self.streams,
                track: "track",
                sources: &self.sources,
                cname: "cname",
                receive_rids: &[],
                max_layers: 3,
            })
        };
        offer.media.iter().enumerate().filter_map(wish).collect()
    }
}

fn local(fingerprints: &[String]) -> Local<'_> {
    Local {
        session_id: 1,
        session_version: 1,
        ufrag: "limp",
        pwd: "abcdefghijklmnopqrstuv",
        ice_options: "trickle",
        fingerprints,
        setup: Setup::Actpass,
        candidates: &[],
        end_of_candidates: false,
        sctp_port: 5000,
        max_message_size: 262_144,
        data_mid: Some("0"),
        media: &[],
        bundle_policy: BundlePolicy::Balanced,
    }
}

/// Offers of browsers and others, small ones.
pub fn description_seeds() -> Vec<Vec<u8>> {
    [
        &include_bytes!("../../../crates/sdp/tests/captures/firefox-data-only-offer.sdp")[..],
        include_bytes!("../../../crates/sdp/tests/captures/chromium-data-only-offer.sdp"),
        include_bytes!("../../../crates/sdp/tests/captures/gst-firefox-peeroffers-offer.sdp"),
        include_bytes!("../../../crates/sdp/tests/captures/aiortc-chrome-peeroffers-answer.sdp"),
        b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\ni=x\r\nc=IN IP6 ::1\r\nb=AS:9\r\nt=0 0\r\na=ice-lite\r\nm=application 9 \
          DTLS/SCTP 5000\r\na=sctpmap:5000 webrtc-datachannel 256\r\n",
    ]
    .map(<[u8]>::to_vec)
    .into()
}

/// Offers, with an answer behind them.
pub fn jsep_seeds() -> Vec<Vec<u8>> {
    let pairs = [
        (
            include_str!("../../../crates/sdp/tests/captures/chromium-snap-offer.sdp"),
            include_str!("../../../crates/sdp/tests/captures/chromium-snap-answer.sdp"),
        ),
        (
            include_str!("../../../crates/sdp/tests/captures/ndc-firefox-browseroffers-offer.sdp"),
            include_str!("../../../crates/sdp/tests/captures/ndc-firefox-browseroffers-answer.sdp"),
        ),
        (
            include_str!("../../../crates/sdp/tests/captures/firefox-simulcast-offer.sdp"),
            include_str!("../../../crates/sdp/tests/captures/firefox-simulcast-answer.sdp"),
        ),
        (
            include_str!("../../../crates/sdp/tests/captures/aiortc-chrome-peeroffers-offer.sdp"),
            include_str!("../../../crates/sdp/tests/captures/aiortc-chrome-peeroffers-answer.sdp"),
        ),
    ];
    pairs.map(|(offer, answer)| format!("{offer}--\n{answer}").into_bytes()).into()
}
