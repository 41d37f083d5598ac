//! What this side is able to do with audio and video: codecs and header extensions, the default set and none.
//!
//! Encoded frames go in and out of this stack, so that a codec stands here if its payload format is understood, not if it can
//! be encoded. Numbers are those of browsers; in an answer the other side's are used.

use limpid_sdp::Codec;
use limpid_sdp::jsep::{Extension, MediaKind};

/// Codecs and header extensions, best first.
#[doc(alias = "RTCRtpCapabilities")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Codecs of audio, with `red` and the tones of keys. Empty: audio is refused.
    pub audio_codecs: Vec<Codec>,
    /// Codecs of video, with `rtx`, and parity in `red`, `ulpfec` and `flexfec-03`. Empty: video is refused.
    pub video_codecs: Vec<Codec>,
    /// Header extensions of audio.
    pub audio_extensions: Vec<Extension>,
    /// Header extensions of video. One URI has one number in both.
    pub video_extensions: Vec<Extension>,
    /// How many simulcast layers of one section we take. Default 3; 0: a single stream.
    pub max_layers: usize,
}

impl Capabilities {
    /// Nothing: audio and video are refused.
    pub fn none() -> Self {
        Capabilities {
            audio_codecs: Vec::new(),
            video_codecs: Vec::new(),
            audio_extensions: Vec::new(),
            video_extensions: Vec::new(),
            max_layers: 0,
        }
    }

    /// The codecs of one kind.
    pub fn codecs(&self, kind: MediaKind) -> &[Codec] {
        match kind {
            MediaKind::Audio => &self.audio_codecs,
            MediaKind::Video => &self.video_codecs,
        }
    }

    /// The header extensions of one kind.
    pub fn extensions(&self, kind: MediaKind) -> &[Extension] {
        match kind {
            MediaKind::Audio => &self.audio_extensions,
            MediaKind::Video => &self.video_extensions,
        }
    }
}

impl Default for Capabilities {
    /// What browsers speak and this stack has a payload format for.
    fn default() -> Self {
        Capabilities {
            audio_codecs: audio_codecs(),
            video_codecs: video_codecs(),
            audio_extensions: extensions(AUDIO_EXTENSIONS),
            video_extensions: extensions(VIDEO_EXTENSIONS),
            max_layers: 3,
        }
    }
}

const AUDIO_FEEDBACK: &[&str] = &["transport-cc", "ack ccfb"];
const VIDEO_FEEDBACK: &[&str] =
    &["goog-remb", "transport-cc", "ack ccfb", "ccm fir", "ccm tmmbr", "nack", "nack pli"];

fn audio_codecs() -> Vec<Codec> {
    let opus = Codec::new(111, "opus", 48_000).with_channels(2).with_parameters("minptime=10;useinbandfec=1");
    let tones =
        |number, clock_rate| Codec::new(number, "telephone-event", clock_rate).with_parameters("0-15");
    vec![
        opus.with_feedback(AUDIO_FEEDBACK),
        Codec::new(63, "red", 48_000).with_channels(2).with_parameters("111/111"),
        Codec::new(9, "G722", 8000).with_feedback(AUDIO_FEEDBACK),
        Codec::new(0, "PCMU", 8000).with_feedback(AUDIO_FEEDBACK),
        Codec::new(8, "PCMA", 8000).with_feedback(AUDIO_FEEDBACK),
        tones(110, 48_000),
        tones(126, 8000),
    ]
}

fn video_codecs() -> Vec<Codec> {
    let h264 = |mode, profile| {
        format!("level-asymmetry-allowed=1;packetization-mode={mode};profile-level-id={profile}")
    };
    let formats = [
        (96, 97, "VP8", String::new()),
        (98, 99, "VP9", "profile-id=0".to_owned()),
        (102, 103, "H264", h264(1, "42e01f")),
        (104, 107, "H264", h264(0, "42e01f")),
        (108, 109, "H264", h264(1, "42001f")),
        (114, 115, "H264", h264(0, "42001f")),
        (116, 117, "H264", h264(1, "4d001f")),
        (39, 40, "H264", h264(1, "64001f")),
        (45, 46, "AV1", "level-idx=5;profile=0;tier=0".to_owned()),
        (49, 50, "H265", "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST".to_owned()),
    ];
    let with_rtx = formats.into_iter().flat_map(|(number, rtx, name, parameters)| {
        let codec = Codec::new(number, name, 90_000).with_parameters(&parameters);
        [codec.with_feedback(VIDEO_FEEDBACK), Codec::rtx(rtx, number)]
    });
    with_rtx.chain(parity()).collect()
}

/// Parity, which we take and do not send.
fn parity() -> [Codec; 4] {
    [
        Codec::new(118, "red", 90_000),
        Codec::rtx(119, 118),
        Codec::new(120, "ulpfec", 90_000),
        Codec::new(35, "flexfec-03", 90_000).with_parameters("repair-window=10000000"),
    ]
}

const AUDIO_EXTENSIONS: &[(u16, &str)] = &[
    (1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
    (2, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
    (3, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
    (4, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    (5, "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"),
];

const VIDEO_EXTENSIONS: &[(u16, &str)] = &[
    (14, "urn:ietf:params:rtp-hdrext:toffset"),
    (2, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
    (13, "urn:3gpp:video-orientation"),
    (3, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
    (12, "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"),
    (4, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    (10, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
    (11, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"),
    (5, "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"),
    (6, "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"),
    (7, "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00"),
];

fn extensions(list: &[(u16, &str)]) -> Vec<Extension> {
    list.iter().map(|(id, uri)| Extension::new(*id, uri)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_number_means_two_things() {
        let all = Capabilities::default();
        let mut codecs = BTreeMap::new();
        for codec in all.audio_codecs.iter().chain(&all.video_codecs) {
            assert_eq!(codecs.insert(codec.payload_type, codec), None);
            assert!(!(64..96).contains(&codec.payload_type), "RTCP would be taken for it");
        }
        let repaired = all.video_codecs.iter().filter_map(Codec::repairs);
        assert!(repaired.into_iter().all(|number| codecs.contains_key(&number)));
        let mut extensions = BTreeMap::new();
        for extension in all.audio_extensions.iter().chain(&all.video_extensions) {
            let known = extensions.entry(extension.id).or_insert(&extension.uri);
            assert_eq!(*known, &extension.uri);
            assert!((1..=14).contains(&extension.id), "fits the short form");
        }
    }
}
