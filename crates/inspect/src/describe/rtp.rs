//! RTP packets (RFC 3550 §5.1), in the clear or as SRTP leaves them (RFC 3711 §3.1).

use std::borrow::Cow;

use limpid_rtp::ext::Map;
use limpid_rtp::{Packet, rtcp};
use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::rtp_extension;
use crate::layer::Layer;
use crate::walk::{Described, Walk, describe};

const RFC: &str = "RFC 3550 §5.1";

type Text = Result<Cow<'static, str>, ParseError>;

/// The tree of an RTP packet in the clear. `extensions` says which header extension has which number, as offer and answer
/// agreed; the elements of others stay bytes.
pub fn rtp(bytes: &[u8], extensions: &Map) -> Described {
    describe(Layer::Rtp, "RTP packet", RFC, (bytes, 0), |walk| {
        let (head, mut text) = head(walk, extensions, false)?;
        let padding = match (head.has_padding, walk.rest().last()) {
            (false, _) => 0,
            (true, Some(&count)) if count > 0 && usize::from(count) <= walk.remaining() => count.into(),
            (true, _) => return Err(walk.fault("padding count", ParseErrorKind::BadValue)),
        };
        let payload = walk.remaining() - padding;
        if payload > 0 {
            walk.opaque(payload, "payload", RFC, "of the format that the payload type stands for")?;
        }
        trailing_padding(walk, padding, RFC)?;
        Packet::parse(bytes)?;
        text.push_str(&format!(", {payload} bytes of payload"));
        if padding > 0 {
            text.push_str(&format!(", {padding} of padding"));
        }
        Ok(text.into())
    })
}

/// The tree of a datagram of SRTP or SRTCP: what is not encrypted of it.
pub fn srtp(bytes: &[u8]) -> Described {
    if rtcp::is_rtcp(bytes) {
        return describe(Layer::Rtcp, "SRTCP packet", "RFC 3711 §3.4", (bytes, 0), |walk| {
            protected_rtcp(walk)
        });
    }
    describe(Layer::Rtp, "SRTP packet", "RFC 3711 §3.1", (bytes, 0), |walk| {
        let (_, text) = head(walk, &Map::new(), true)?;
        let len = walk.remaining();
        if len > 0 {
            walk.opaque(len, "encrypted", "RFC 3711 §3.1", "payload, and the tag that protects the packet")?;
        }
        Ok(format!("{text}, {len} bytes encrypted").into())
    })
}

/// The first packet's head is in the clear, for all of the datagram.
fn protected_rtcp(walk: &mut Walk<'_>) -> Text {
    const RFC: &str = "RFC 3711 §3.4";
    let name = super::rtcp::head(walk)?.name;
    let sender = walk.code(4, "SSRC of sender", "RFC 3550 §6.4.1", |_| "")?;
    let len = walk.remaining();
    if len > 0 {
        walk.opaque(len, "encrypted", RFC, "packets, the index of this datagram, and its tag")?;
    }
    Ok(format!("{name} from {sender:#010x}, {len} bytes encrypted").into())
}

/// What a head says of what follows.
struct Head {
    has_padding: bool,
}

/// The fixed header, contributing sources and the header extension; and what they say in a few words.
fn head(walk: &mut Walk<'_>, extensions: &Map, is_protected: bool) -> Result<(Head, String), ParseError> {
    let at = walk.at();
    let mut bits = walk.bits(2, "V")?;
    let version = bits.take(2, "V", RFC, |version| if version == 2 { "as always" } else { "should be 2" });
    let has_padding = bits.flag("P", RFC, "bytes at the end that say nothing");
    let has_extension = bits.flag("X", RFC, "a header extension follows");
    let sources = bits.take(4, "CC", RFC, |_| "contributing sources");
    let marker = bits.flag("M", RFC, "the last packet of a frame, or the first after a pause");
    let payload_type = bits.take(7, "PT", RFC, |_| "which format, as offer and answer say");
    if version != 2 {
        return Err(ParseError::new("V", at, ParseErrorKind::BadValue));
    }
    let sequence = walk.number(2, "sequence number", RFC, |_| "grows by one a packet, and wraps")?;
    let timestamp =
        walk.number(4, "timestamp", RFC, |_| "when the payload was sampled, on the format's clock")?;
    let ssrc = walk.code(4, "SSRC", RFC, |_| "the stream")?;
    for _ in 0..sources {
        walk.code(4, "CSRC", RFC, |_| "a source that a mixer put in")?;
    }
    if has_extension {
        rtp_extension::extension(walk, extensions, is_protected)?;
    }
    let mark = if marker { ", marker" } else { "" };
    let text = format!("payload type {payload_type}, #{sequence} of {ssrc:#010x}, time {timestamp}{mark}");
    Ok((Head { has_padding }, text))
}

/// Padding whose last byte counts it.
pub(super) fn trailing_padding(walk: &mut Walk<'_>, len: usize, rfc: &'static str) -> Result<(), ParseError> {
    if len > 1 {
        walk.opaque(len - 1, "padding", rfc, "says nothing")?;
    }
    if len > 0 {
        walk.number(1, "padding count", rfc, |_| "bytes of padding, this one included")?;
    }
    Ok(())
}
