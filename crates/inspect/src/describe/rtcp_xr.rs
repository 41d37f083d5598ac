//! Extended reports (RFC 3611).

use limpid_sansio::wire::ParseError;

use super::rtcp::{Text, ssrc};
use crate::walk::Walk;

const RFC: &str = "RFC 3611 §3";

/// The body of a report.
pub(super) fn extended_report(walk: &mut Walk<'_>) -> Text {
    let sender = ssrc(walk, "SSRC")?;
    let mut texts = Vec::new();
    while walk.remaining() > 0 {
        texts.push(block(walk)?);
    }
    Ok(format!("of {sender}: {}", texts.join(", ")).into())
}

fn block(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    let words = walk.rest().get(2..4).map_or(0, |len| usize::from(len[0]) << 8 | usize::from(len[1]));
    let kind = walk.rest().first().copied().unwrap_or(0);
    let mut summary = String::new();
    walk.group(name(kind), 4 + words * 4, rfc(kind), |walk| {
        walk.number(1, "BT", RFC, |_| name(kind))?;
        walk.code(1, "type-specific", RFC, |_| "")?;
        walk.number(2, "block length", RFC, |_| "words that follow")?;
        let text = match kind {
            4 => {
                let seconds = walk.number(4, "NTP timestamp, most significant word", rfc(kind), |_| "")?;
                walk.number(4, "NTP timestamp, least significant word", rfc(kind), |_| "")?;
                format!("its time is {seconds} s of NTP")
            }
            5 => answers(walk, words / 3)?,
            _ => {
                if walk.remaining() > 0 {
                    walk.opaque(walk.remaining(), "block contents", rfc(kind), "")?;
                }
                format!("{} bytes", words * 4)
            }
        };
        summary = format!("{} {text}", name(kind));
        Ok(text.into())
    })?;
    Ok(summary)
}

fn answers(walk: &mut Walk<'_>, count: usize) -> Result<String, ParseError> {
    const RFC: &str = "RFC 3611 §4.5";
    for _ in 0..count {
        walk.group("sub-block", 12, RFC, |walk| {
            let receiver = ssrc(walk, "SSRC")?;
            walk.number(4, "last RR", RFC, |last| {
                if last == 0 { "none came" } else { "the middle of its NTP time" }
            })?;
            let delay =
                walk.number(4, "delay since last RR", RFC, |delay| format!("{} ms", (delay * 1000) >> 16))?;
            Ok(format!("answers {receiver} after {} ms", (delay * 1000) >> 16).into())
        })?;
    }
    Ok(format!("answers {count}"))
}

const fn name(kind: u8) -> &'static str {
    match kind {
        1 => "Loss RLE",
        2 => "Duplicate RLE",
        3 => "Packet Receipt Times",
        4 => "RRTR",
        5 => "DLRR",
        6 => "Statistics Summary",
        7 => "VoIP Metrics",
        _ => "unknown block",
    }
}

const fn rfc(kind: u8) -> &'static str {
    match kind {
        1 => "RFC 3611 §4.1",
        2 => "RFC 3611 §4.2",
        3 => "RFC 3611 §4.3",
        4 => "RFC 3611 §4.4",
        5 => "RFC 3611 §4.5",
        6 => "RFC 3611 §4.6",
        7 => "RFC 3611 §4.7",
        _ => RFC,
    }
}
