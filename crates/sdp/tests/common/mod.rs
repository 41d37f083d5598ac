//! What the sides of these tests are able to do, and how they say it.
#![allow(dead_code, reason = "each test file uses its part")]

use limpid_sdp::jsep::{
    self, BundlePolicy, Direction, Extension, Local, LocalSource, MediaKind, Setup, Wish,
};
use limpid_sdp::{Codec, SessionDescription};

pub(crate) const FINGERPRINT: &str = "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:\
                                      00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

/// One side: its capabilities, owned, so that wishes can borrow them.
pub(crate) struct Side {
    pub(crate) fingerprints: Vec<String>,
    pub(crate) audio: Vec<Codec>,
    pub(crate) video: Vec<Codec>,
    pub(crate) audio_extensions: Vec<Extension>,
    pub(crate) video_extensions: Vec<Extension>,
    pub(crate) sources: Vec<LocalSource>,
    pub(crate) layers: Vec<LocalSource>,
    pub(crate) streams: Vec<String>,
}

const VIDEO_FEEDBACK: &[&str] = &["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli", "ack ccfb"];

impl Side {
    pub(crate) fn new() -> Side {
        let video = |pt, name, parameters: &str| {
            Codec::new(pt, name, 90_000).with_parameters(parameters).with_feedback(VIDEO_FEEDBACK)
        };
        let h264 = |pt, rest: &str| video(pt, "H264", &format!("level-asymmetry-allowed=1;{rest}"));
        let extensions =
            |pairs: &[(u16, &str)]| pairs.iter().map(|(id, uri)| Extension::new(*id, uri)).collect();
        let source =
            |ssrc, rid: Option<&str>| LocalSource { ssrc, rtx: Some(ssrc + 1), rid: rid.map(str::to_owned) };
        Side {
            fingerprints: vec![FINGERPRINT.to_owned()],
            audio: vec![
                Codec::new(111, "opus", 48_000)
                    .with_channels(2)
                    .with_parameters("minptime=10;useinbandfec=1")
                    .with_feedback(&["transport-cc", "ack ccfb"]),
                Codec::new(63, "red", 48_000).with_channels(2).with_parameters("111/111"),
                Codec::new(9, "G722", 8000),
                Codec::new(0, "PCMU", 8000),
                Codec::new(8, "PCMA", 8000),
                Codec::new(110, "telephone-event", 48_000).with_parameters("0-15"),
                Codec::new(126, "telephone-event", 8000).with_parameters("0-15"),
            ],
            video: vec![
                video(96, "VP8", ""),
                Codec::rtx(97, 96),
                video(98, "VP9", "profile-id=0"),
                Codec::rtx(99, 98),
                h264(102, "packetization-mode=1;profile-level-id=42e01f"),
                Codec::rtx(103, 102),
                h264(104, "packetization-mode=1;profile-level-id=42001f"),
                Codec::rtx(105, 104),
                video(45, "AV1", "level-idx=5;profile=0;tier=0"),
                Codec::rtx(46, 45),
            ],
            audio_extensions: extensions(&[(1, LEVEL), (2, ABS_SEND), (3, TRANSPORT_WIDE), (4, MID)]),
            video_extensions: extensions(&[
                (2, ABS_SEND),
                (3, TRANSPORT_WIDE),
                (4, MID),
                (10, RID),
                (11, REPAIRED_RID),
                (14, OFFSET),
            ]),
            sources: vec![source(1000, None)],
            layers: vec![source(2000, Some("q")), source(2010, Some("h")), source(2020, Some("f"))],
            streams: vec!["stream".to_owned()],
        }
    }

    pub(crate) fn local<'a>(&'a self, media: &'a [Wish<'a>]) -> Local<'a> {
        Local {
            session_id: 4_611_686_018_427_387_904,
            session_version: 1,
            ufrag: "limp",
            pwd: "abcdefghijklmnopqrstuv",
            ice_options: "trickle",
            fingerprints: &self.fingerprints,
            setup: Setup::Actpass,
            candidates: &[],
            end_of_candidates: false,
            sctp_port: 5000,
            max_message_size: 262_144,
            data_mid: None,
            media,
            bundle_policy: BundlePolicy::Balanced,
        }
    }

    pub(crate) fn wish(&self, kind: MediaKind, section: Option<usize>, direction: Direction) -> Wish<'_> {
        let is_audio = kind == MediaKind::Audio;
        Wish {
            section,
            mid: None,
            kind,
            direction,
            codecs: if is_audio { &self.audio } else { &self.video },
            has_preference: false,
            extensions: if is_audio { &self.audio_extensions } else { &self.video_extensions },
            streams: &self.streams,
            track: "track",
            sources: &self.sources,
            cname: "cname",
            receive_rids: &[],
            max_layers: 3,
        }
    }

    /// A wish to send and receive for every section of audio or video.
    pub(crate) fn everything(&self, offer: &SessionDescription) -> Vec<Wish<'_>> {
        let kinds = offer.media.iter().map(|media| MediaKind::from_word(&media.kind)).enumerate();
        let wish = |(index, kind): (usize, Option<MediaKind>)| {
            Some(self.wish(kind?, Some(index), Direction::SendRecv))
        };
        kinds.filter_map(wish).collect()
    }
}

pub(crate) const LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
pub(crate) const ABS_SEND: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
pub(crate) const TRANSPORT_WIDE: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
pub(crate) const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
pub(crate) const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
pub(crate) const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
pub(crate) const OFFSET: &str = "urn:ietf:params:rtp-hdrext:toffset";

/// Name and text of every capture.
pub(crate) fn captures() -> Vec<(String, String)> {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        (name, std::fs::read_to_string(path).expect("text"))
    };
    let mut all: Vec<_> = std::fs::read_dir(folder).expect("the captures").map(file).collect();
    all.sort();
    assert_eq!(all.len(), 85, "all captures are there");
    all
}

pub(crate) fn parse(text: &str) -> SessionDescription {
    SessionDescription::parse(text).expect("a description")
}

/// The offer that an answer belongs to stands in the file of the same name, or is named in it.
pub(crate) fn offer_of(answer: &str) -> Option<String> {
    match answer {
        "chromium-offer--firefox-answer.sdp" | "firefox-offer--chromium-answer.sdp" => None,
        "aiortc-whip-answer.sdp" => Some("ffmpeg-whip-offer.sdp".to_owned()),
        _ => Some(match answer.strip_prefix("firefox-answer-to-") {
            Some(rest) => rest.replace("-answer.sdp", "-offer.sdp"),
            None => answer.replace("-answer.sdp", "-offer.sdp"),
        }),
    }
}

/// A peer's offer of one section of video, with these lines more.
pub(crate) fn video(lines: &str) -> SessionDescription {
    parse(&format!(
        "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\na=group:BUNDLE v\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\nc=IN IP4 0.0.0.0\n\
         a=mid:v\na=ice-ufrag:peer\na=ice-pwd:0123456789012345678901\na=fingerprint:sha-256 AA:BB\na=setup:actpass\n\
         a=rtcp-mux\na=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n{lines}"
    ))
}

/// The answer to a peer's single section, as this wish has it.
pub(crate) fn answered(side: &Side, wish: Wish<'_>, offer: &SessionDescription) -> String {
    let wish = Wish { section: Some(0), ..wish };
    let answer = jsep::answer(&side.local(&[wish]), offer).expect("an answer");
    jsep::check_answer(offer, &answer).expect("it answers");
    answer.to_string()
}

/// `m=` lines, with the names behind them.
pub(crate) fn outline(description: &SessionDescription) -> Vec<String> {
    let line =
        |media: &limpid_sdp::Media| format!("{} {} {}", media.kind, media.port, media.mid().unwrap_or("?"));
    description.media.iter().map(line).collect()
}
