//! Header extensions of RTP packets (RFC 8285), each element by what its number stands for.

use std::borrow::Cow;

use limpid_rtp::Form;
use limpid_rtp::ext::dependency::Descriptor;
use limpid_rtp::ext::{
    AbsCaptureTime, AbsSendTime, CsrcAudioLevels, Kind, Map, PlayoutDelay, TransmissionOffset,
    VideoLayersAllocation, VideoOrientation,
};
use limpid_sansio::wire::ParseError;

use crate::walk::{Rfc, Walk};

const RFC: &str = "RFC 8285 §4";
/// What RFC 9335 §4 puts in place of the profile when the rest is encrypted.
const CRYPTEX: [u64; 2] = [0xc0de, 0xc2de];

/// Walks over the whole header extension.
pub(super) fn extension(walk: &mut Walk<'_>, map: &Map, is_protected: bool) -> Result<(), ParseError> {
    let words = walk.rest().get(2..4).map_or(0, |len| usize::from(len[0]) << 8 | usize::from(len[1]));
    walk.group("header extension", 4 + words * 4, "RFC 3550 §5.3.1", |walk| {
        let profile = walk.code(2, "profile", RFC, |profile| match Form::of(profile as u16) {
            _ if is_protected && CRYPTEX.contains(&profile) => "what follows is encrypted (RFC 9335)",
            Some(Form::OneByte) => "elements with heads of one byte",
            Some(Form::TwoByte) => "elements with heads of two bytes",
            None => "not one of RFC 8285",
        })?;
        walk.number(2, "length", "RFC 3550 §5.3.1", |_| "words that follow")?;
        let mut count = 0;
        if let Some(form) = Form::of(profile as u16) {
            while element(walk, form, map)? {
                count += 1;
            }
        }
        if walk.remaining() > 0 {
            walk.opaque(walk.remaining(), "data", RFC, "not read")?;
        }
        Ok(format!("{count} elements").into())
    })
}

/// The next element, and the zeros in front of it. `false`: there is none that is read.
fn element(walk: &mut Walk<'_>, form: Form, map: &Map) -> Result<bool, ParseError> {
    let zeros = walk.rest().iter().take_while(|byte| **byte == 0).count();
    walk.padding(zeros, RFC)?;
    let (id, len, head) = match (form, walk.rest()) {
        (Form::OneByte, [head, ..]) => (head >> 4, usize::from(head & 0x0f) + 1, 1),
        (Form::TwoByte, [id, len, ..]) => (*id, usize::from(*len), 2),
        _ => return Ok(false),
    };
    // RFC 8285 §4.2: these end the reading, and break nothing.
    if id == 0 || (form == Form::OneByte && id == 15) || head + len > walk.remaining() {
        return Ok(false);
    }
    let kind = map.kind(id);
    walk.group(kind.map_or("element", name), head + len, kind.map_or(RFC, source), |walk| {
        match form {
            Form::OneByte => {
                let mut bits = walk.bits(1, "ID")?;
                bits.take(4, "ID", "RFC 8285 §4.2", |_| "");
                bits.take(4, "length", "RFC 8285 §4.2", |_| "bytes that follow, less one");
            }
            Form::TwoByte => {
                walk.number(1, "ID", "RFC 8285 §4.3", |_| "")?;
                walk.number(1, "length", "RFC 8285 §4.3", |_| "bytes that follow")?;
            }
        }
        data(walk, kind)
    })?;
    Ok(true)
}

/// All that is left, by what it is. Data that is not what its number promises leaves the packet sound.
fn data(walk: &mut Walk<'_>, kind: Option<Kind>) -> Result<Cow<'static, str>, ParseError> {
    let bytes = walk.rest();
    let Some(kind) = kind.filter(|_| !bytes.is_empty()) else {
        if !bytes.is_empty() {
            walk.opaque(bytes.len(), "data", RFC, "")?;
        }
        return Ok("".into());
    };
    let rfc = source(kind);
    match kind {
        Kind::AudioLevel if bytes.len() == 1 => {
            let mut bits = walk.bits(1, "audio level")?;
            let voice = bits.flag("V", rfc, "there may be speech in it");
            let level = bits.take(7, "level", rfc, |_| "decibels below the loudest");
            Ok(format!("-{level} dBov{}", if voice { ", voice" } else { "" }).into())
        }
        Kind::VideoOrientation if bytes.len() == 1 => {
            let mut bits = walk.bits(1, "video orientation")?;
            bits.take(4, "reserved", rfc, |_| "");
            bits.flag("C", rfc, "the camera on the back");
            bits.flag("F", rfc, "mirrored");
            bits.take(2, "R", rfc, |quarters| format!("turn by {}°", quarters * 90));
            Ok(meaning(kind, bytes).unwrap_or_default().into())
        }
        Kind::PlayoutDelay if bytes.len() == 3 => {
            let mut bits = walk.bits(3, "playout delay")?;
            bits.take(12, "MIN delay", rfc, |steps| format!("{} ms", steps * 10));
            bits.take(12, "MAX delay", rfc, |steps| format!("{} ms", steps * 10));
            Ok(meaning(kind, bytes).unwrap_or_default().into())
        }
        Kind::TransportWide | Kind::TransportWide02 if bytes.len() == 2 => {
            let number = walk.number(
                2,
                "transport-wide sequence number",
                rfc,
                |_| "counts all packets of the transport",
            )?;
            Ok(format!("#{number} of the transport").into())
        }
        Kind::TransportWide02 if bytes.len() == 4 => {
            let number = walk.number(
                2,
                "transport-wide sequence number",
                rfc,
                |_| "counts all packets of the transport",
            )?;
            let mut bits = walk.bits(2, "feedback request")?;
            bits.flag("T", rfc, "arrival times are wanted");
            let count = bits.take(15, "Seq.Count", rfc, |_| "packets that feedback is wanted for");
            Ok(format!("#{number} of the transport, asks for feedback on {count}").into())
        }
        Kind::Mid | Kind::RtpStreamId | Kind::RepairedRtpStreamId if bytes.is_ascii() => {
            Ok(walk.utf8(bytes.len(), "name", rfc, "")?.escape_default().to_string().into())
        }
        _ => {
            let text = meaning(kind, bytes);
            walk.opaque(bytes.len(), "data", rfc, if text.is_some() { "" } else { "not what it should be" })?;
            Ok(text.unwrap_or_else(|| "malformed".into()).into())
        }
    }
}

/// The value in plain words, as the codec reads it. `None`: it does not.
fn meaning(kind: Kind, bytes: &[u8]) -> Option<String> {
    Some(match kind {
        Kind::CsrcAudioLevel => {
            let levels = CsrcAudioLevels::parse(bytes).ok()?.levels();
            levels.map(|level| format!("-{level} dBov")).collect::<Vec<_>>().join(", ")
        }
        Kind::TransmissionOffset => {
            format!("left {} ticks after its timestamp", TransmissionOffset::parse(bytes).ok()?.0)
        }
        Kind::AbsSendTime => {
            let micros = (u64::from(AbsSendTime::parse(bytes).ok()?.0) * 1_000_000) >> 18;
            format!("left at {}.{:06} s of 64", micros / 1_000_000, micros % 1_000_000)
        }
        Kind::PlayoutDelay => {
            let delay = PlayoutDelay::parse(bytes).ok()?;
            format!("hold it {} to {} ms", delay.min.as_millis(), delay.max.as_millis())
        }
        Kind::VideoOrientation => {
            let held = VideoOrientation::parse(bytes).ok()?;
            format!("turn by {}°{}", held.rotation.degrees(), if held.flipped { ", mirrored" } else { "" })
        }
        Kind::AbsCaptureTime => {
            let time = AbsCaptureTime::parse(bytes).ok()?;
            let offset = time
                .clock_offset
                .map_or(String::new(), |offset| format!(", offset {} ms", (offset * 1000) >> 32));
            format!("captured at {} s of NTP{offset}", time.ntp >> 32)
        }
        Kind::VideoLayersAllocation => {
            let sent = VideoLayersAllocation::parse(bytes).ok()?;
            format!("{} streams, {} layers", sent.streams, sent.layers.len())
        }
        Kind::DependencyDescriptor => dependency(bytes)?,
        Kind::VideoContentType if bytes.len() == 1 => {
            if bytes[0] & 1 == 1 { "a screen" } else { "a camera" }.into()
        }
        Kind::VideoTiming if matches!(bytes.len(), 12 | 13) => "times of its stations".into(),
        Kind::ColorSpace if matches!(bytes.len(), 4 | 28) => "colours".into(),
        Kind::CorruptionDetection => "samples of the picture".into(),
        _ => return None,
    })
}

/// What stands in front of each descriptor, even where the structure that the rest needs came in another packet.
fn dependency(bytes: &[u8]) -> Option<String> {
    let read = Descriptor::parse(bytes.get(..3)?, None).ok()?;
    let structure = match Descriptor::parse(bytes, None).ok().and_then(|read| read.structure) {
        Some(structure) => format!(", brings {} templates", structure.templates.len()),
        None => String::new(),
    };
    let part = match (read.start_of_frame, read.end_of_frame) {
        (true, true) => "all",
        (true, false) => "start",
        (false, true) => "end",
        (false, false) => "middle",
    };
    Some(format!("{part} of frame {}, like template {}{structure}", read.frame_number, read.template_id))
}

/// What people call it.
const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Mid => "MID",
        Kind::RtpStreamId => "RtpStreamId",
        Kind::RepairedRtpStreamId => "RepairedRtpStreamId",
        Kind::AudioLevel => "audio level",
        Kind::CsrcAudioLevel => "CSRC audio level",
        Kind::TransmissionOffset => "transmission offset",
        Kind::AbsSendTime => "abs-send-time",
        Kind::TransportWide | Kind::TransportWide02 => "transport-wide-cc",
        Kind::VideoOrientation => "video orientation",
        Kind::PlayoutDelay => "playout delay",
        Kind::AbsCaptureTime => "abs-capture-time",
        Kind::VideoLayersAllocation => "video layers allocation",
        Kind::DependencyDescriptor => "dependency descriptor",
        Kind::VideoContentType => "video content type",
        Kind::VideoTiming => "video timing",
        Kind::ColorSpace => "color space",
        Kind::CorruptionDetection => "corruption detection",
    }
}

/// Where it is defined.
const fn source(kind: Kind) -> Rfc {
    match kind {
        Kind::Mid => "RFC 9143 §15.1",
        Kind::RtpStreamId => "RFC 8852 §4.3",
        Kind::RepairedRtpStreamId => "RFC 8852 §4.4",
        Kind::AudioLevel => "RFC 6464 §3",
        Kind::CsrcAudioLevel => "RFC 6465 §4",
        Kind::TransmissionOffset => "RFC 5450 §3",
        Kind::TransportWide | Kind::TransportWide02 => {
            "draft-holmer-rmcat-transport-wide-cc-extensions-01 §2"
        }
        Kind::VideoOrientation => "3GPP TS 26.114 §7.4.5",
        Kind::DependencyDescriptor => "AV1 RTP §A.8",
        Kind::AbsSendTime
        | Kind::PlayoutDelay
        | Kind::AbsCaptureTime
        | Kind::VideoLayersAllocation
        | Kind::VideoContentType
        | Kind::VideoTiming
        | Kind::ColorSpace
        | Kind::CorruptionDetection => "webrtc.org rtp-hdrext",
    }
}
