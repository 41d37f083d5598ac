//! Feedback about loss, pictures and rate (RFC 4585 §6, RFC 5104 §4, REMB). Arrival times have a file of their own.

use limpid_rtp::rtcp::{feedback_format as format, packet_type};
use limpid_sansio::wire::ParseError;

use super::rtcp::{Text, ssrc};
use super::rtcp_arrivals::{congestion_control, transport_wide};
use crate::walk::Walk;

const TRANSPORT: u8 = packet_type::TRANSPORT_FEEDBACK;
const PAYLOAD: u8 = packet_type::PAYLOAD_FEEDBACK;

/// What people call a format.
pub(super) fn format_name(kind: u8, format: u8) -> &'static str {
    match (kind, format) {
        (TRANSPORT, format::NACK) => "NACK",
        (TRANSPORT, format::TMMBR) => "TMMBR",
        (TRANSPORT, format::TMMBN) => "TMMBN",
        (TRANSPORT, format::CONGESTION_CONTROL) => "CCFB",
        (TRANSPORT, format::TRANSPORT_WIDE) => "TWCC",
        (TRANSPORT, _) => "RTPFB",
        (_, format::PICTURE_LOSS) => "PLI",
        (_, format::SLICE_LOSS) => "SLI",
        (_, format::REFERENCE_PICTURE) => "RPSI",
        (_, format::FULL_INTRA) => "FIR",
        (_, format::APPLICATION_LAYER) => "AFB",
        _ => "PSFB",
    }
}

/// The body of a feedback packet.
pub(super) fn feedback(walk: &mut Walk<'_>, kind: u8, format: u8) -> Text {
    let sender = ssrc(walk, "SSRC of packet sender")?;
    if (kind, format) == (TRANSPORT, format::CONGESTION_CONTROL) {
        let text = congestion_control(walk)?;
        return Ok(format!("of {sender}: {text}").into());
    }
    let media = ssrc(walk, "SSRC of media source")?;
    let text = match (kind, format) {
        (TRANSPORT, format::NACK) => format!("for {media}: {}", nack(walk)?),
        (TRANSPORT, format::TMMBR | format::TMMBN) => limits(walk)?,
        (TRANSPORT, format::TRANSPORT_WIDE) => transport_wide(walk)?,
        (PAYLOAD, format::PICTURE_LOSS) => format!("for {media}: a key frame, please"),
        (PAYLOAD, format::FULL_INTRA) => full_intra(walk)?,
        (PAYLOAD, format::APPLICATION_LAYER) if walk.rest().starts_with(b"REMB") => remb(walk)?,
        _ => {
            let len = walk.remaining();
            if len > 0 {
                walk.opaque(len, "FCI", "RFC 4585 §6.1", "")?;
            }
            format!("for {media}, {len} bytes")
        }
    };
    Ok(text.into())
}

fn nack(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    const RFC: &str = "RFC 4585 §6.2.1";
    let (mut first, mut count) = (None, 0);
    while walk.remaining() > 0 {
        walk.group("NACK pair", 4.min(walk.remaining()), RFC, |walk| {
            let pid = walk.number(2, "PID", RFC, |_| "is missing")?;
            let blp = walk.code(2, "BLP", RFC, |bits| match bits {
                0 => "says nothing of the sixteen behind it".into(),
                bits => format!("and {} of the sixteen behind it", bits.count_ones()),
            })?;
            first.get_or_insert(pid);
            count += 1 + blp.count_ones();
            Ok(format!("{} packets", 1 + blp.count_ones()).into())
        })?;
    }
    Ok(match first {
        Some(first) if count == 1 => format!("#{first} is missing"),
        Some(first) => format!("#{first} and {} more are missing", count - 1),
        None => "nothing is missing".into(),
    })
}

fn limits(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    const RFC: &str = "RFC 5104 §4.2.1.1";
    let mut texts = Vec::new();
    while walk.remaining() > 0 {
        walk.group("limit", 8.min(walk.remaining()), RFC, |walk| {
            let stream = ssrc(walk, "SSRC")?;
            let mut bits = walk.bits(4, "MxTBR")?;
            let exponent = bits.take(6, "MxTBR Exp", RFC, |_| "a power of two");
            let mantissa = bits.take(17, "MxTBR Mantissa", RFC, |_| "times that");
            bits.take(9, "Measured Overhead", RFC, |_| "bytes in front of the RTP header");
            let text = format!("{stream} at most {}", rate(exponent, mantissa));
            texts.push(text.clone());
            Ok(text.into())
        })?;
    }
    Ok(if texts.is_empty() { "no limit".into() } else { texts.join(", ") })
}

fn full_intra(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    const RFC: &str = "RFC 5104 §4.3.1.1";
    let mut texts = Vec::new();
    while walk.remaining() > 0 {
        walk.group("request", 8.min(walk.remaining()), RFC, |walk| {
            let stream = ssrc(walk, "SSRC")?;
            let number = walk.number(1, "Seq nr.", RFC, |_| "the same again: the same request again")?;
            walk.opaque(3, "reserved", RFC, "")?;
            let text = format!("for {stream}: key frame, request {number}");
            texts.push(text.clone());
            Ok(text.into())
        })?;
    }
    Ok(texts.join(", "))
}

fn remb(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    const RFC: &str = "draft-alvestrand-rmcat-remb-03 §2.2";
    walk.opaque(4, "unique identifier", RFC, "\"REMB\"")?;
    let mut bits = walk.bits(4, "BR")?;
    let count = bits.take(8, "Num SSRC", RFC, |_| "streams that share the rate");
    let exponent = bits.take(6, "BR Exp", RFC, |_| "a power of two");
    let mantissa = bits.take(18, "BR Mantissa", RFC, |_| "times that");
    for _ in 0..count {
        ssrc(walk, "SSRC feedback")?;
    }
    Ok(format!("REMB: takes {} for {count} streams", rate(exponent, mantissa)))
}

/// A rate for people.
fn rate(exponent: u64, mantissa: u64) -> String {
    match mantissa.checked_mul(1 << exponent) {
        Some(bits) if bits >= 1_000_000 => format!("{}.{} Mbit/s", bits / 1_000_000, bits / 100_000 % 10),
        Some(bits) => format!("{}.{} kbit/s", bits / 1000, bits / 100 % 10),
        None => "any rate".into(),
    }
}
