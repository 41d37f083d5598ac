//! The chunks of an SCTP packet (RFC 9260 §3.3, RFC 3758, RFC 6525, RFC 8260).

use std::borrow::Cow;

use limpid_sansio::wire::{ParseError, ParseErrorKind};
use limpid_sctp::chunk::{ChunkType as C, padding};
use limpid_sctp::datachannel::dcep::ppid;

use super::dcep;
use super::sctp_param::{causes, parameters};
use crate::layer::Layer;
use crate::walk::{Rfc, Walk};

const RFC: &str = "RFC 9260 §3.2";

/// Walks over the next chunk and says in a few words what it is.
pub(super) fn chunk(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    let Some([kind, flags, high, low]) = walk.rest().first_chunk::<4>().copied() else {
        return Err(walk.fault("chunk header", ParseErrorKind::Truncated));
    };
    let (kind, len) = (C(kind), usize::from(u16::from_be_bytes([high, low])));
    let name = kind.name().unwrap_or("unknown chunk");
    // The padding of the last chunk may be missing.
    let whole = match len + padding(len) {
        padded if len <= walk.remaining() => padded.min(walk.remaining()),
        padded => padded,
    };
    let mut summary = name.to_string();
    walk.group(name, whole.max(4), rfc(kind), |walk| {
        header(walk, kind)?;
        if len < 4 {
            return Err(ParseError::new("chunk length", walk.at() - 2, ParseErrorKind::BadLength));
        }
        let text = value(walk, kind, flags, len - 4)?;
        walk.padding(padding(len), RFC)?;
        if !text.is_empty() {
            summary = format!("{name} {text}");
        }
        Ok(text)
    })?;
    Ok(summary)
}

/// Type, flags, length.
fn header(walk: &mut Walk<'_>, kind: C) -> Result<(), ParseError> {
    walk.number(1, "chunk type", RFC, |_| match (kind.name(), kind.if_unknown().skip) {
        (Some(_), _) => "",
        (None, true) => "who does not know it goes on with the next chunk",
        (None, false) => "who does not know it drops the rest of the packet",
    })?;
    let mut flags = walk.bits(1, "chunk flags")?;
    match kind {
        C::DATA | C::I_DATA => {
            let rfc = rfc(kind);
            flags.take(4, "reserved", rfc, |_| "");
            flags.flag("I bit", "RFC 9260 §3.3.1", "acknowledge at once, please");
            flags.flag("U bit", rfc, "deliver without regard to order");
            flags.flag("B bit", rfc, "first fragment of its message");
            flags.flag("E bit", rfc, "last fragment of its message");
        }
        C::ABORT | C::SHUTDOWN_COMPLETE => {
            flags.take(7, "reserved", RFC, |_| "");
            flags.flag("T bit", "RFC 9260 §8.5.1", "the tag is the receiver's own, sent back");
        }
        _ => {
            flags.take(8, "chunk flags", RFC, |_| "");
        }
    }
    walk.number(2, "chunk length", RFC, |_| "bytes with this header, without padding")?;
    Ok(())
}

type Text = Result<Cow<'static, str>, ParseError>;

/// The value by its type.
fn value(walk: &mut Walk<'_>, kind: C, flags: u8, len: usize) -> Text {
    match kind {
        C::DATA => data(walk, flags, len),
        C::INIT | C::INIT_ACK => init(walk, kind, len),
        C::SACK => sack(walk, len),
        C::HEARTBEAT | C::HEARTBEAT_ACK => parameters(walk, len),
        C::ABORT | C::ERROR => causes(walk, len),
        C::SHUTDOWN => {
            let tsn =
                walk.number(4, "cumulative TSN ack", rfc(kind), |_| "all up to this one have arrived")?;
            Ok(format!("sends no more; has all up to TSN {tsn}").into())
        }
        C::COOKIE_ECHO => {
            walk.opaque(len, "cookie", rfc(kind), "the state of the handshake, brought back to who made it")?;
            Ok("brings the cookie back".into())
        }
        C::COOKIE_ACK => Ok("the association is up".into()),
        C::RECONFIG => parameters(walk, len),
        C::FORWARD_TSN => forward_tsn(walk, len),
        _ if len > 0 => {
            walk.opaque(len, "chunk value", rfc(kind), "")?;
            Ok(if kind.name().is_none() { format!("type {}, {len} bytes", kind.0).into() } else { "".into() })
        }
        _ => Ok("".into()),
    }
}

fn data(walk: &mut Walk<'_>, flags: u8, len: usize) -> Text {
    let rfc = rfc(C::DATA);
    let tsn = walk.number(4, "TSN", rfc, |_| "counts chunks, for acknowledgement")?;
    let stream = walk.number(2, "stream identifier", rfc, |_| "")?;
    let ssn = walk.number(2, "stream sequence number", rfc, |_| match flags & 4 {
        0 => "counts ordered messages of the stream, for delivery",
        _ => "says nothing in an unordered message",
    })?;
    let identifier =
        walk.number(4, "payload protocol identifier", "RFC 8831 §8", |value| ppid_name(value as u32))?;
    let len = len.checked_sub(12).ok_or(walk.fault("user data", ParseErrorKind::Truncated))?;
    let whole = flags & 3 == 3;
    let order = if flags & 4 == 0 { format!("#{ssn}") } else { "unordered".into() };
    let part = match flags & 3 {
        3 => "",
        2 => ", first fragment",
        1 => ", last fragment",
        _ => ", middle fragment",
    };
    let what = if identifier as u32 == ppid::DCEP && whole {
        let mut summary = Cow::from("");
        walk.layered(Some(Layer::Data), "DCEP message", len, "RFC 8832 §5", |walk| {
            summary = dcep::message(walk)?;
            Ok(summary.clone())
        })?;
        format!("{} {summary}", Layer::Data.mark())
    } else {
        walk.opaque(len, "user data", rfc, "what the application sent")?;
        format!("{} {}, {len} bytes", Layer::Data.mark(), ppid_name(identifier as u32))
    };
    Ok(format!("TSN {tsn} stream {stream} {order}{part}: {what}").into())
}

/// RFC 8831 §8.
const fn ppid_name(value: u32) -> &'static str {
    match value {
        ppid::DCEP => "DCEP",
        ppid::STRING => "text",
        ppid::BINARY_PARTIAL => "part of binary data (deprecated)",
        ppid::BINARY => "binary data",
        ppid::STRING_PARTIAL => "part of a text (deprecated)",
        ppid::STRING_EMPTY => "empty text",
        ppid::BINARY_EMPTY => "empty binary data",
        _ => "not a WebRTC payload",
    }
}

fn init(walk: &mut Walk<'_>, kind: C, len: usize) -> Text {
    let rfc = rfc(kind);
    let tag =
        walk.code(4, "initiate tag", rfc, |_| "what the receiver puts into every packet from now on")?;
    let window =
        walk.number(4, "advertised receiver window credit", rfc, |_| "bytes that the sender can buffer")?;
    walk.number(2, "number of outbound streams", rfc, |_| "")?;
    walk.number(2, "number of inbound streams", rfc, |_| "the most that the sender takes")?;
    let tsn = walk.number(4, "initial TSN", rfc, |_| "of the first DATA chunk")?;
    let len = len.checked_sub(16).ok_or(walk.fault("parameters", ParseErrorKind::Truncated))?;
    parameters(walk, len)?;
    let what = if kind == C::INIT { "asks for an association" } else { "agrees, and hands out a cookie" };
    Ok(format!("{what}: window {window}, tag {tag:08x}, TSN {tsn}").into())
}

fn sack(walk: &mut Walk<'_>, len: usize) -> Text {
    let rfc = rfc(C::SACK);
    let tsn = walk.number(4, "cumulative TSN ack", rfc, |_| "all up to this one have arrived")?;
    let window =
        walk.number(4, "advertised receiver window credit", rfc, |_| "bytes that still find room")?;
    let gaps = walk.number(2, "number of gap ack blocks", rfc, |_| "")?;
    let repeats = walk.number(2, "number of duplicate TSNs", rfc, |_| "")?;
    if usize::try_from(gaps + repeats).unwrap_or(usize::MAX) * 4 + 12 != len {
        return Err(walk.fault("gap ack blocks", ParseErrorKind::BadLength));
    }
    for _ in 0..gaps {
        walk.group("gap ack block", 4, rfc, |walk| {
            let first = walk.number(2, "start", rfc, |_| "counted from the cumulative TSN ack")?;
            let last = walk.number(2, "end", rfc, |_| "")?;
            let at = |offset: u64| (tsn as u32).wrapping_add(offset as u32);
            Ok(format!("TSN {} to {} have arrived", at(first), at(last)).into())
        })?;
    }
    for _ in 0..repeats {
        walk.number(4, "duplicate TSN", rfc, |_| "arrived more than once")?;
    }
    let mut text = format!("has all up to TSN {tsn}, window {window}");
    if gaps > 0 {
        text.push_str(&format!(", {gaps} gap blocks"));
    }
    if repeats > 0 {
        text.push_str(&format!(", {repeats} duplicates"));
    }
    Ok(text.into())
}

fn forward_tsn(walk: &mut Walk<'_>, len: usize) -> Text {
    let rfc = rfc(C::FORWARD_TSN);
    let tsn =
        walk.number(4, "new cumulative TSN", rfc, |_| "wait for nothing up to here: it was given up")?;
    for _ in 0..len.saturating_sub(4) / 4 {
        walk.number(2, "stream", rfc, |_| "")?;
        walk.number(2, "stream sequence", rfc, |_| "the last message of the stream that was given up")?;
    }
    Ok(format!("gave up all to TSN {tsn}").into())
}

/// Where a chunk is defined.
const fn rfc(kind: C) -> Rfc {
    match kind {
        C::DATA => "RFC 9260 §3.3.1",
        C::INIT => "RFC 9260 §3.3.2",
        C::INIT_ACK => "RFC 9260 §3.3.3",
        C::SACK => "RFC 9260 §3.3.4",
        C::HEARTBEAT => "RFC 9260 §3.3.5",
        C::HEARTBEAT_ACK => "RFC 9260 §3.3.6",
        C::ABORT => "RFC 9260 §3.3.7",
        C::SHUTDOWN => "RFC 9260 §3.3.8",
        C::SHUTDOWN_ACK => "RFC 9260 §3.3.9",
        C::ERROR => "RFC 9260 §3.3.10",
        C::COOKIE_ECHO => "RFC 9260 §3.3.11",
        C::COOKIE_ACK => "RFC 9260 §3.3.12",
        C::SHUTDOWN_COMPLETE => "RFC 9260 §3.3.13",
        C::ECNE | C::CWR => "RFC 9260 §A",
        C::I_DATA => "RFC 8260 §2.1",
        C::I_FORWARD_TSN => "RFC 8260 §2.3.1",
        C::RECONFIG => "RFC 6525 §3.1",
        C::PAD => "RFC 4820 §3",
        C::FORWARD_TSN => "RFC 3758 §3.2",
        _ => RFC,
    }
}
