//! RTCP datagrams: one packet behind the other (RFC 3550 §6), and the bodies of reports, names and goodbyes.

use std::borrow::Cow;

use limpid_rtp::rtcp::{ItemKind, packet_type, packets};
use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::rtcp_feedback::{self, format_name};
use super::rtcp_xr;
use super::rtp::trailing_padding;
use crate::layer::Layer;
use crate::tree::quoted;
use crate::walk::{Described, Rfc, Walk, describe};

const RFC: &str = "RFC 3550 §6.1";

pub(super) type Text = Result<Cow<'static, str>, ParseError>;

/// The tree of an RTCP datagram in the clear, compound or reduced-size.
pub fn rtcp(bytes: &[u8]) -> Described {
    describe(Layer::Rtcp, "RTCP datagram", RFC, (bytes, 0), |walk| {
        if bytes.is_empty() {
            return Err(walk.fault("V", ParseErrorKind::Truncated));
        }
        let mut texts = Vec::new();
        while walk.remaining() > 0 {
            texts.push(packet(walk)?);
        }
        packets(bytes).try_for_each(|packet| packet.map(|_| ()))?;
        Ok(texts.join(" + ").into())
    })
}

/// What the first word says.
pub(super) struct Head {
    pub(super) name: &'static str,
    kind: u8,
    count: u8,
    has_padding: bool,
}

/// The word in front of each packet.
pub(super) fn head(walk: &mut Walk<'_>) -> Result<Head, ParseError> {
    let at = walk.at();
    let kind = walk.rest().get(1).copied().unwrap_or(0);
    let mut bits = walk.bits(1, "V")?;
    let version = bits
        .take(2, "V", "RFC 3550 §6.4.1", |version| if version == 2 { "as always" } else { "should be 2" });
    let has_padding = bits.flag("P", "RFC 3550 §6.4.1", "bytes at the end that say nothing");
    let (field, rfc, meaning): (_, _, fn(u8, u8) -> &'static str) = match kind {
        packet_type::SENDER_REPORT | packet_type::RECEIVER_REPORT => {
            ("RC", rfc(kind), |_, _| "report blocks")
        }
        packet_type::SOURCE_DESCRIPTION | packet_type::GOODBYE => ("SC", rfc(kind), |_, _| "sources"),
        packet_type::APPLICATION => ("subtype", rfc(kind), |_, _| ""),
        packet_type::TRANSPORT_FEEDBACK | packet_type::PAYLOAD_FEEDBACK => ("FMT", rfc(kind), format_name),
        _ => ("reserved", rfc(kind), |_, _| ""),
    };
    let count = bits.take(5, field, rfc, |count| meaning(kind, count as u8)) as u8;
    if version != 2 {
        return Err(ParseError::new("V", at, ParseErrorKind::BadValue));
    }
    walk.number(1, "PT", rfc, |_| name(kind))?;
    walk.number(2, "length", "RFC 3550 §6.4.1", |_| "words that follow")?;
    let name = match kind {
        packet_type::TRANSPORT_FEEDBACK | packet_type::PAYLOAD_FEEDBACK => format_name(kind, count),
        _ => name(kind),
    };
    Ok(Head { name, kind, count, has_padding })
}

/// The next packet, and what it says in a few words.
fn packet(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    let start = walk.rest();
    let words = start.get(2..4).map_or(0, |len| usize::from(len[0]) << 8 | usize::from(len[1]));
    let (kind, count) = start.get(..2).map_or((0, 0), |head| (head[1], head[0] & 0x1f));
    let title = match kind {
        packet_type::TRANSPORT_FEEDBACK | packet_type::PAYLOAD_FEEDBACK => format_name(kind, count),
        _ => name(kind),
    };
    let mut summary = String::new();
    walk.group(title, 4 + words * 4, rfc(kind), |walk| {
        let head = head(walk)?;
        if walk.remaining() < words * 4 {
            return Err(ParseError::new("length", walk.at() - 2, ParseErrorKind::BadLength));
        }
        let padding = match (head.has_padding, walk.rest().last()) {
            (false, _) => 0,
            (true, Some(&count)) if count > 0 && usize::from(count) <= walk.remaining() => count.into(),
            (true, _) => {
                let at = walk.at() + walk.remaining().saturating_sub(1);
                return Err(ParseError::new("padding count", at, ParseErrorKind::BadValue));
            }
        };
        let text = walk.within(walk.remaining() - padding, |walk| body(walk, &head))?;
        trailing_padding(walk, padding, "RFC 3550 §6.4.1")?;
        summary = format!("{} {text}", head.name).trim_end().to_string();
        Ok(text)
    })?;
    Ok(summary)
}

fn body(walk: &mut Walk<'_>, head: &Head) -> Text {
    match head.kind {
        packet_type::SENDER_REPORT => {
            let sender = ssrc(walk, "SSRC of sender")?;
            let sent = sender_info(walk)?;
            let blocks = report_blocks(walk, head)?;
            Ok(format!("of {sender}: {sent}{blocks}").into())
        }
        packet_type::RECEIVER_REPORT => {
            let sender = ssrc(walk, "SSRC of sender")?;
            let blocks = report_blocks(walk, head)?;
            Ok(format!("of {sender}{blocks}").into())
        }
        packet_type::SOURCE_DESCRIPTION => descriptions(walk, head.count),
        packet_type::GOODBYE => goodbye(walk, head.count),
        packet_type::APPLICATION => application(walk, head.count),
        packet_type::TRANSPORT_FEEDBACK | packet_type::PAYLOAD_FEEDBACK => {
            rtcp_feedback::feedback(walk, head.kind, head.count)
        }
        packet_type::EXTENDED_REPORT => rtcp_xr::extended_report(walk),
        kind => {
            if walk.remaining() > 0 {
                walk.opaque(walk.remaining(), "body", RFC, "who does not know the type passes over it")?;
            }
            Ok(format!("of type {kind}").into())
        }
    }
}

/// An SSRC, as text.
pub(super) fn ssrc(walk: &mut Walk<'_>, name: &'static str) -> Result<String, ParseError> {
    Ok(format!("{:#010x}", walk.code(4, name, "RFC 3550 §3", |_| "")?))
}

fn sender_info(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    const RFC: &str = "RFC 3550 §6.4.1";
    walk.number(4, "NTP timestamp, most significant word", RFC, |_| "seconds since 1900")?;
    walk.number(4, "NTP timestamp, least significant word", RFC, |fraction| {
        format!("{} µs", (fraction * 1_000_000) >> 32)
    })?;
    let time = walk.number(4, "RTP timestamp", RFC, |_| "the same moment on the format's clock")?;
    let packets = walk.number(4, "sender's packet count", RFC, |_| "since the stream began")?;
    let octets = walk.number(4, "sender's octet count", RFC, |_| "of payload, since the stream began")?;
    Ok(format!("time {time}, {packets} packets, {octets} bytes sent"))
}

/// Blocks, and what a profile puts behind them.
fn report_blocks(walk: &mut Walk<'_>, head: &Head) -> Result<String, ParseError> {
    const RFC: &str = "RFC 3550 §6.4.1";
    let mut summary = String::new();
    for _ in 0..head.count {
        walk.group("report block", 24.min(walk.remaining()), RFC, |walk| {
            let source = ssrc(walk, "SSRC")?;
            let fraction = walk.number(1, "fraction lost", RFC, |lost| {
                format!("{} % since the last report", lost * 100 / 256)
            })?;
            let mut bits = walk.bits(3, "cumulative number of packets lost")?;
            let lost = bits.take(24, "cumulative number of packets lost", RFC, |lost| match lost < 1 << 23 {
                true => format!("{lost} since the stream began"),
                false => format!("{} fewer than came: duplicates", (1 << 24) - lost),
            });
            walk.number(4, "extended highest sequence number received", RFC, |highest| {
                format!("#{} after {} wraps", highest & 0xffff, highest >> 16)
            })?;
            walk.number(4, "interarrival jitter", RFC, |_| "in units of the format's clock")?;
            walk.number(4, "last SR", RFC, |last| {
                if last == 0 { "none came" } else { "the middle of its NTP time" }
            })?;
            walk.number(4, "delay since last SR", RFC, |delay| format!("{} ms", (delay * 1000) >> 16))?;
            let lost = (lost as i64) << 40 >> 40;
            let text = format!("of {source} {lost} lost, {} % of late", fraction * 100 / 256);
            summary.push_str(&format!(", {text}"));
            Ok(text.into())
        })?;
    }
    if walk.remaining() > 0 {
        walk.opaque(walk.remaining(), "profile-specific extensions", RFC, "")?;
    }
    Ok(summary)
}

fn descriptions(walk: &mut Walk<'_>, count: u8) -> Text {
    const RFC: &str = "RFC 3550 §6.5";
    let mut texts = Vec::new();
    for _ in 0..count {
        let len = chunk_len(walk.rest());
        walk.group("chunk", len, RFC, |walk| {
            let mut text = ssrc(walk, "SSRC/CSRC")?;
            while walk.rest().first().is_some_and(|kind| *kind != 0) {
                let kind = walk.number(1, "SDES item", RFC, |kind| item_name(ItemKind(kind as u8)))?;
                let len = walk.number(1, "length", RFC, |_| "")? as usize;
                let name = item_name(ItemKind(kind as u8));
                let said = String::from_utf8_lossy(walk.opaque(len, "text", RFC, "")?);
                text.push_str(&format!(" {name} {}", quoted(&said)));
            }
            walk.number(1, "SDES item", RFC, |_| "ends the list")?;
            walk.padding(walk.remaining(), RFC)?;
            texts.push(text.clone());
            Ok(text.into())
        })?;
    }
    Ok(texts.join(", ").into())
}

/// Bytes of the first chunk, with its padding; all of them when it does not end.
fn chunk_len(bytes: &[u8]) -> usize {
    let mut at = 4;
    while let Some(&kind) = bytes.get(at) {
        if kind == 0 {
            return ((at + 4) & !3).min(bytes.len());
        }
        at += 2 + bytes.get(at + 1).map_or(0, |len| usize::from(*len));
    }
    bytes.len()
}

const fn item_name(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::CNAME => "CNAME",
        ItemKind::NAME => "NAME",
        ItemKind::EMAIL => "EMAIL",
        ItemKind::PHONE => "PHONE",
        ItemKind::LOC => "LOC",
        ItemKind::TOOL => "TOOL",
        ItemKind::NOTE => "NOTE",
        ItemKind::PRIV => "PRIV",
        ItemKind::RTP_STREAM_ID => "RtpStreamId",
        ItemKind::REPAIRED_RTP_STREAM_ID => "RepairedRtpStreamId",
        ItemKind::MID => "MID",
        _ => "unknown item",
    }
}

fn goodbye(walk: &mut Walk<'_>, count: u8) -> Text {
    const RFC: &str = "RFC 3550 §6.6";
    let mut texts = Vec::new();
    for _ in 0..count {
        texts.push(ssrc(walk, "SSRC/CSRC")?);
    }
    let mut text = texts.join(", ");
    if walk.remaining() > 0 {
        let len = walk.number(1, "length", RFC, |_| "")? as usize;
        let reason = String::from_utf8_lossy(walk.opaque(len, "reason for leaving", RFC, "")?);
        text.push_str(&format!(": {}", quoted(&reason)));
        walk.padding(walk.remaining().min(3), RFC)?;
    }
    Ok(text.into())
}

fn application(walk: &mut Walk<'_>, subtype: u8) -> Text {
    const RFC: &str = "RFC 3550 §6.7";
    let source = ssrc(walk, "SSRC/CSRC")?;
    let name = String::from_utf8_lossy(walk.opaque(4, "name", RFC, "whose packet this is")?);
    let len = walk.remaining();
    if len > 0 {
        walk.opaque(len, "application-dependent data", RFC, "")?;
    }
    Ok(format!("{} {subtype} of {source}, {len} bytes", quoted(&name)).into())
}

/// What people call a packet.
const fn name(kind: u8) -> &'static str {
    match kind {
        packet_type::SENDER_REPORT => "SR",
        packet_type::RECEIVER_REPORT => "RR",
        packet_type::SOURCE_DESCRIPTION => "SDES",
        packet_type::GOODBYE => "BYE",
        packet_type::APPLICATION => "APP",
        packet_type::TRANSPORT_FEEDBACK => "RTPFB",
        packet_type::PAYLOAD_FEEDBACK => "PSFB",
        packet_type::EXTENDED_REPORT => "XR",
        _ => "unknown packet",
    }
}

/// Where it is defined.
const fn rfc(kind: u8) -> Rfc {
    match kind {
        packet_type::SENDER_REPORT => "RFC 3550 §6.4.1",
        packet_type::RECEIVER_REPORT => "RFC 3550 §6.4.2",
        packet_type::SOURCE_DESCRIPTION => "RFC 3550 §6.5",
        packet_type::GOODBYE => "RFC 3550 §6.6",
        packet_type::APPLICATION => "RFC 3550 §6.7",
        packet_type::TRANSPORT_FEEDBACK | packet_type::PAYLOAD_FEEDBACK => "RFC 4585 §6.1",
        packet_type::EXTENDED_REPORT => "RFC 3611 §2",
        _ => RFC,
    }
}
