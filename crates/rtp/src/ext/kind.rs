//! Which extensions there are, by the URIs that descriptions name them with, and which number each has on a transport.
//! RFC 8285 §5, §7.

/// An extension that is understood here.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// The section that the stream belongs to. RFC 9143 §15.
    Mid,
    /// The encoding that the stream carries. RFC 8852 §3.
    RtpStreamId,
    /// The encoding that the stream repairs. RFC 8852 §3.
    RepairedRtpStreamId,
    /// How loud the packet is. RFC 6464.
    AudioLevel,
    /// How loud each contributing source is. RFC 6465.
    CsrcAudioLevel,
    /// How long after its timestamp a packet left. RFC 5450.
    TransmissionOffset,
    /// When the packet left, on the sender's clock.
    AbsSendTime,
    /// The packet's number on the transport. draft-holmer-rmcat-transport-wide-cc-extensions-01 §2.
    TransportWide,
    /// The same, with feedback on demand.
    TransportWide02,
    /// How the camera was held. 3GPP TS 26.114 §7.4.5.
    VideoOrientation,
    /// How long to hold frames before they are shown.
    PlayoutDelay,
    /// When the frame was captured, on the capturer's clock.
    AbsCaptureTime,
    /// Which layers are sent, at what rate and size.
    VideoLayersAllocation,
    /// Which frames need which. AV1 RTP specification, appendix A.
    DependencyDescriptor,
    /// Whether the pictures show a screen.
    VideoContentType,
    /// How long encoding and sending took.
    VideoTiming,
    /// Colours and brightness.
    ColorSpace,
    /// Samples of the picture by which a receiver sees that decoding went wrong.
    CorruptionDetection,
}

use Kind::*;

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 18] = [
        Mid,
        RtpStreamId,
        RepairedRtpStreamId,
        AudioLevel,
        CsrcAudioLevel,
        TransmissionOffset,
        AbsSendTime,
        TransportWide,
        TransportWide02,
        VideoOrientation,
        PlayoutDelay,
        AbsCaptureTime,
        VideoLayersAllocation,
        DependencyDescriptor,
        VideoContentType,
        VideoTiming,
        ColorSpace,
        CorruptionDetection,
    ];

    /// The name in `a=extmap`.
    pub const fn uri(self) -> &'static str {
        match self {
            Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            RtpStreamId => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            RepairedRtpStreamId => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            CsrcAudioLevel => "urn:ietf:params:rtp-hdrext:csrc-audio-level",
            TransmissionOffset => "urn:ietf:params:rtp-hdrext:toffset",
            AbsSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            TransportWide => "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            TransportWide02 => "http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02",
            VideoOrientation => "urn:3gpp:video-orientation",
            PlayoutDelay => "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
            AbsCaptureTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
            VideoLayersAllocation => "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
            DependencyDescriptor => {
                "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
            }
            VideoContentType => "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
            VideoTiming => "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
            ColorSpace => "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
            CorruptionDetection => "http://www.webrtc.org/experiments/rtp-hdrext/corruption-detection",
        }
    }

    /// The extension of a name; `None` for one that is not understood here.
    pub fn from_uri(uri: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.uri() == uri)
    }
}

/// Which number each extension has on one transport: at most one number a kind, and one kind a number. RFC 8285 §5.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Map {
    /// By kind; 0: none.
    ids: [u8; Kind::ALL.len()],
}

impl Map {
    /// No extension has a number.
    pub const fn new() -> Self {
        Map { ids: [0; Kind::ALL.len()] }
    }

    /// Gives an extension its number, and takes it from the one that had it. `false`: no packet can carry the number, and
    /// nothing changed. 0 is padding, and 15 ends the one-byte form, but stands in the two-byte form.
    pub fn insert(&mut self, id: u8, kind: Kind) -> bool {
        if id == 0 {
            return false;
        }
        self.remove(id);
        self.ids[kind as usize] = id;
        true
    }

    /// Takes a number back.
    pub fn remove(&mut self, id: u8) {
        self.ids.iter_mut().filter(|slot| **slot == id).for_each(|slot| *slot = 0);
    }

    /// The number of an extension.
    pub fn id(&self, kind: Kind) -> Option<u8> {
        Some(self.ids[kind as usize]).filter(|id| *id != 0)
    }

    /// The extension of a number; `None`: nobody said what it is, or it is an application's own.
    pub fn kind(&self, id: u8) -> Option<Kind> {
        let known = |kind: &Kind| id != 0 && self.ids[*kind as usize] == id;
        Kind::ALL.into_iter().find(known)
    }

    /// Numbers and extensions.
    pub fn iter(&self) -> impl Iterator<Item = (u8, Kind)> + '_ {
        Kind::ALL.into_iter().filter_map(|kind| Some((self.id(kind)?, kind)))
    }

    /// The largest number: above 14 all packets of a stream need the two-byte form.
    pub fn largest(&self) -> u8 {
        self.ids.into_iter().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_uri_names_its_kind_and_no_other() {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
            assert_eq!(Kind::from_uri(kind.uri()), Some(kind));
        }
        assert_eq!(Kind::from_uri("urn:example:other"), None);
    }

    #[test]
    fn a_number_has_one_kind_and_a_kind_one_number() {
        //~ covers 8285-5-a
        let mut map = Map::new();
        assert!(map.insert(3, Kind::Mid) && map.insert(4, Kind::Mid) && map.insert(15, Kind::AudioLevel));
        assert_eq!((map.id(Kind::Mid), map.kind(3), map.kind(4)), (Some(4), None, Some(Kind::Mid)));
        assert!(map.insert(4, Kind::PlayoutDelay));
        assert_eq!((map.id(Kind::Mid), map.kind(4)), (None, Some(Kind::PlayoutDelay)));
        assert!(!map.insert(0, Kind::Mid));
        assert_eq!(map.kind(0), None);
        assert!(map.iter().eq([(15, Kind::AudioLevel), (4, Kind::PlayoutDelay)]));
        assert_eq!(map.largest(), 15);
        map.remove(15);
        assert_eq!(map.largest(), 4);
    }
}
