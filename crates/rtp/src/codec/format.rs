//! Which format a payload is in: from the words of a description.

/// A payload format that is spoken here, or [`Raw`](Format::Raw).
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Format {
    /// RFC 7587.
    Opus,
    /// G.711 µ-law. RFC 3551 §4.5.14.
    Pcmu,
    /// G.711 A-law. RFC 3551 §4.5.14.
    Pcma,
    /// RFC 3551 §4.5.2.
    G722,
    /// Silence described. RFC 3389.
    ComfortNoise,
    /// Keys of a telephone. RFC 4733.
    TelephoneEvent,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264 {
        /// 0: each NAL unit in a packet of its own; 1: aggregated and fragmented too. Governs what is sent; any other number
        /// than 0 is taken for 1.
        mode: u8,
    },
    /// RFC 7798, without decoding order numbers.
    H265,
    /// The AV1 RTP payload format of the Alliance for Open Media, 1.0.
    Av1,
    /// Anything else: a frame is a payload, byte for byte.
    Raw,
}

impl Format {
    /// From the encoding name of `a=rtpmap` and the parameters of `a=fmtp` (`name=value` between semicolons; may be empty).
    ///
    /// `None`: a format that is not spoken here, or in a manner that is not: interleaved H.264 (mode 2), H.265 with decoding
    /// order numbers. Names are the same in capitals and small letters (RFC 4855 §3).
    pub fn from_rtpmap(encoding: &str, fmtp: &str) -> Option<Format> {
        let known = [
            ("opus", Format::Opus),
            ("PCMU", Format::Pcmu),
            ("PCMA", Format::Pcma),
            ("G722", Format::G722),
            ("CN", Format::ComfortNoise),
            ("telephone-event", Format::TelephoneEvent),
            ("VP8", Format::Vp8),
            ("VP9", Format::Vp9),
            ("H264", Format::H264 { mode: 0 }),
            ("H265", Format::H265),
            ("AV1", Format::Av1),
        ];
        let (_, format) = *known.iter().find(|(name, _)| name.eq_ignore_ascii_case(encoding))?;
        match format {
            // RFC 6184 §8.1: the mode is 0 unless said otherwise.
            Format::H264 { .. } => match parameter(fmtp, "packetization-mode") {
                None | Some("0") => Some(Format::H264 { mode: 0 }),
                Some("1") => Some(Format::H264 { mode: 1 }),
                Some(_) => None,
            },
            Format::H265 => match parameter(fmtp, "sprop-max-don-diff") {
                None | Some("0") => Some(Format::H265),
                Some(_) => None,
            },
            other => Some(other),
        }
    }

    /// By a payload type that needs no `a=rtpmap`. RFC 3551 §6.
    pub const fn from_static_payload_type(payload_type: u8) -> Option<Format> {
        match payload_type {
            0 => Some(Format::Pcmu),
            8 => Some(Format::Pcma),
            9 => Some(Format::G722),
            13 => Some(Format::ComfortNoise),
            _ => None,
        }
    }

    /// Ticks of the timestamp in a second.
    ///
    /// Of telephone-event and CN the usual 8000: their `a=rtpmap` may name another one, that of the audio beside them. G722
    /// says 8000 and samples at 16 000, an old mistake that stays (RFC 3551 §4.5.2).
    pub const fn clock_rate(self) -> u32 {
        match self {
            Format::Opus => 48_000,
            Format::Pcmu | Format::Pcma | Format::G722 => 8000,
            Format::ComfortNoise | Format::TelephoneEvent => 8000,
            Format::Vp8 | Format::Vp9 | Format::H264 { .. } | Format::H265 | Format::Av1 | Format::Raw => {
                90_000
            }
        }
    }

    /// A frame may take many packets, the last of which carries the marker bit.
    pub const fn is_video(self) -> bool {
        matches!(self, Format::Vp8 | Format::Vp9 | Format::H264 { .. } | Format::H265 | Format::Av1)
    }

    /// How long a frame of audio is, in ticks of the clock, when its bytes tell.
    pub fn ticks(self, frame: &[u8]) -> Option<u32> {
        match self {
            Format::Opus => super::opus::ticks(frame).ok(),
            // One byte is one sample, or two of 16 kHz: one tick either way.
            Format::Pcmu | Format::Pcma | Format::G722 => u32::try_from(frame.len()).ok(),
            _ => None,
        }
    }
}

/// The value of one parameter of `a=fmtp`.
fn parameter<'a>(fmtp: &'a str, name: &str) -> Option<&'a str> {
    let pairs = fmtp.split(';').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.trim(), value.trim()))
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_by_its_name_whatever_its_letters() {
        assert_eq!(Format::from_rtpmap("OPUS", "minptime=10;useinbandfec=1"), Some(Format::Opus));
        assert_eq!(Format::from_rtpmap("vp8", ""), Some(Format::Vp8));
        assert_eq!(Format::from_rtpmap("rtx", "apt=96"), None);
        assert_eq!(Format::from_rtpmap("", ""), None);
    }

    //~ covers 6184-8.1-a, 6184-8.1-b, 7798-7.1-a
    #[test]
    fn interleaved_modes_are_not_spoken() {
        let h264 = |fmtp| Format::from_rtpmap("H264", fmtp);
        assert_eq!(h264("profile-level-id=42e01f"), Some(Format::H264 { mode: 0 }));
        assert_eq!(
            h264("level-asymmetry-allowed=1; Packetization-Mode=1 ;profile-level-id=42e01f"),
            Some(Format::H264 { mode: 1 })
        );
        assert_eq!(h264("packetization-mode=2"), None);
        assert_eq!(Format::from_rtpmap("H265", "level-id=93;tx-mode=SRST"), Some(Format::H265));
        assert_eq!(Format::from_rtpmap("H265", "sprop-max-don-diff=2"), None);
    }

    //~ covers 3551-6-a, 3551-4.5.2-a, 7587-4.1-a
    #[test]
    fn static_types_and_clocks_are_those_of_the_tables() {
        let table = [(0, Format::Pcmu), (8, Format::Pcma), (9, Format::G722), (13, Format::ComfortNoise)];
        for (payload_type, format) in table {
            assert_eq!(Format::from_static_payload_type(payload_type), Some(format));
            assert_eq!(format.clock_rate(), 8000);
        }
        assert_eq!(Format::from_static_payload_type(96), None);
        assert_eq!((Format::Opus.clock_rate(), Format::Av1.clock_rate()), (48_000, 90_000));
    }

    #[test]
    fn twenty_milliseconds_are_as_many_ticks_as_the_clock_says() {
        assert_eq!(Format::Pcmu.ticks(&[0xff; 160]), Some(160));
        assert_eq!(Format::G722.ticks(&[0; 160]), Some(160), "320 samples");
        assert_eq!(Format::Opus.ticks(&[0xf8, 1, 2]), Some(960));
        assert_eq!(Format::Vp8.ticks(&[0; 100]), None);
    }
}
