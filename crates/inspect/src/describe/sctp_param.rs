//! The parameters of chunks and the causes of errors: type, length, value, padding (RFC 9260 §3.2.1, §3.3.10).

use std::borrow::Cow;

use limpid_sansio::wire::{ParseError, ParseErrorKind};
use limpid_sctp::chunk::{CauseCode, ChunkType, ReconfigResult, padding};
use limpid_sctp::param::ParameterType as P;

use crate::walk::{Rfc, Walk};

type Text = Result<Cow<'static, str>, ParseError>;

/// The parameters in the next `len` bytes; says which they are.
pub(super) fn parameters(walk: &mut Walk<'_>, len: usize) -> Text {
    let end = walk.remaining().saturating_sub(len);
    let mut texts = Vec::new();
    while walk.remaining() > end {
        let room = walk.remaining() - end;
        texts.push(parameter(walk, room)?);
    }
    Ok(texts.join(", ").into())
}

fn parameter(walk: &mut Walk<'_>, room: usize) -> Result<String, ParseError> {
    const RFC: Rfc = "RFC 9260 §3.2.1";
    let (kind, len) = type_and_length(walk, "parameter")?;
    let kind = P(kind);
    let name = kind.name().unwrap_or("unknown parameter");
    let mut summary = name.to_string();
    walk.group(name, whole(len, room), rfc(kind), |walk| {
        walk.code(2, "parameter type", RFC, |_| match (kind.name(), kind.if_unknown().skip) {
            (Some(_), _) => "",
            (None, true) => "who does not know it goes on with the next",
            (None, false) => "who does not know it stops here",
        })?;
        walk.number(2, "parameter length", RFC, |_| "bytes with this header, without padding")?;
        let len = value_len(walk, len, "parameter length")?;
        let text = parameter_value(walk, kind, len)?;
        walk.padding(padding(len), RFC)?;
        if !text.is_empty() {
            summary = format!("{name}: {text}");
        }
        Ok(text)
    })?;
    Ok(summary)
}

/// Both numbers in front of a value, not walked over.
fn type_and_length(walk: &Walk<'_>, field: &'static str) -> Result<(u16, usize), ParseError> {
    let Some([a, b, c, d]) = walk.rest().first_chunk::<4>().copied() else {
        return Err(walk.fault(field, ParseErrorKind::Truncated));
    };
    Ok((u16::from_be_bytes([a, b]), usize::from(u16::from_be_bytes([c, d]))))
}

/// Bytes up to the next parameter; the padding of the last may be missing.
fn whole(len: usize, room: usize) -> usize {
    match len + padding(len) {
        padded if len <= room => padded.min(room).max(4),
        padded => padded,
    }
}

fn value_len(walk: &Walk<'_>, len: usize, field: &'static str) -> Result<usize, ParseError> {
    len.checked_sub(4).ok_or(ParseError::new(field, walk.at() - 2, ParseErrorKind::BadLength))
}

fn parameter_value(walk: &mut Walk<'_>, kind: P, len: usize) -> Text {
    let rfc = rfc(kind);
    match kind {
        P::SUPPORTED_EXTENSIONS => {
            let mut names = Vec::new();
            for _ in 0..len {
                walk.number(1, "supported chunk type", rfc, |kind| {
                    names.push(format!("{:?}", ChunkType(kind as u8)));
                    names.last().cloned().unwrap_or_default()
                })?;
            }
            Ok(format!("takes {}", names.join(", ")).into())
        }
        P::FORWARD_TSN_SUPPORTED => Ok("messages may be given up".into()),
        P::OUTGOING_RESET if len >= 12 => {
            let request = walk.number(4, "request sequence number", rfc, |_| "")?;
            walk.number(
                4,
                "response sequence number",
                rfc,
                |_| "the other side's request that this follows",
            )?;
            walk.number(4, "last assigned TSN", rfc, |_| "the last before the reset")?;
            let streams = streams(walk, len - 12, rfc)?;
            Ok(format!("request {request}: the sender resets {streams}").into())
        }
        P::INCOMING_RESET if len >= 4 => {
            let request = walk.number(4, "request sequence number", rfc, |_| "")?;
            let streams = streams(walk, len - 4, rfc)?;
            Ok(format!("request {request}: the receiver should reset {streams}").into())
        }
        P::RECONFIG_RESPONSE if len == 8 || len == 16 => {
            let request =
                walk.number(4, "response sequence number", rfc, |_| "the request that this answers")?;
            let mut result = String::new();
            walk.number(4, "result", rfc, |value| {
                result = format!("{:?}", ReconfigResult(value as u32));
                result.clone()
            })?;
            if len == 16 {
                walk.number(4, "sender's next TSN", rfc, |_| "")?;
                walk.number(4, "receiver's next TSN", rfc, |_| "")?;
            }
            Ok(format!("request {request}: {result}").into())
        }
        P::TSN_RESET if len == 4 => {
            let request = walk.number(4, "request sequence number", rfc, |_| "")?;
            Ok(format!("request {request}").into())
        }
        P::ADD_OUTGOING | P::ADD_INCOMING if len == 8 => {
            let request = walk.number(4, "request sequence number", rfc, |_| "")?;
            let count = walk.number(2, "number of new streams", rfc, |_| "")?;
            walk.number(2, "reserved", rfc, |_| "")?;
            Ok(format!("request {request}: {count} more streams").into())
        }
        P::STATE_COOKIE => {
            walk.opaque(len, "cookie", rfc, "the state of the handshake, for the peer to keep")?;
            Ok(format!("{len} bytes").into())
        }
        _ => {
            if len > 0 {
                walk.opaque(len, "parameter value", rfc, "")?;
            }
            Ok(if kind.name().is_none() { format!("0x{:04x}", kind.0).into() } else { "".into() })
        }
    }
}

fn streams(walk: &mut Walk<'_>, len: usize, rfc: Rfc) -> Result<String, ParseError> {
    if len == 0 {
        return Ok("all streams".into());
    }
    let mut ids = Vec::new();
    for _ in 0..len / 2 {
        ids.push(walk.number(2, "stream number", rfc, |_| "")?.to_string());
    }
    Ok(format!("stream {}", ids.join(", ")))
}

/// The error causes in the next `len` bytes; says which they are.
pub(super) fn causes(walk: &mut Walk<'_>, len: usize) -> Text {
    const RFC: Rfc = "RFC 9260 §3.3.10";
    let end = walk.remaining().saturating_sub(len);
    let mut names = Vec::new();
    while walk.remaining() > end {
        let room = walk.remaining() - end;
        let (code, len) = type_and_length(walk, "error cause")?;
        let code = CauseCode(code);
        let name = code.name().unwrap_or("unknown cause");
        walk.group(name, whole(len, room), RFC, |walk| {
            walk.number(2, "cause code", RFC, |_| "")?;
            walk.number(2, "cause length", RFC, |_| "bytes with this header, without padding")?;
            let len = value_len(walk, len, "cause length")?;
            let value = walk.rest().get(..len).unwrap_or_default();
            let text = match code {
                CauseCode::USER_ABORT | CauseCode::PROTOCOL_VIOLATION => {
                    crate::tree::quoted(&String::from_utf8_lossy(value))
                }
                _ => String::new(),
            };
            if len > 0 {
                walk.opaque(len, "cause value", RFC, "")?;
            }
            walk.padding(padding(len), RFC)?;
            Ok(text.into())
        })?;
        names.push(name);
    }
    Ok(names.join(", ").into())
}

/// Where a parameter is defined.
const fn rfc(kind: P) -> Rfc {
    match kind {
        P::HEARTBEAT_INFO => "RFC 9260 §3.3.5",
        P::STATE_COOKIE | P::UNRECOGNIZED => "RFC 9260 §3.3.3.1",
        P::OUTGOING_RESET => "RFC 6525 §4.1",
        P::INCOMING_RESET => "RFC 6525 §4.2",
        P::TSN_RESET => "RFC 6525 §4.3",
        P::RECONFIG_RESPONSE => "RFC 6525 §4.4",
        P::ADD_OUTGOING => "RFC 6525 §4.5",
        P::ADD_INCOMING => "RFC 6525 §4.6",
        P::SUPPORTED_EXTENSIONS => "RFC 5061 §4.2.7",
        P::FORWARD_TSN_SUPPORTED => "RFC 3758 §3.1",
        _ => "RFC 9260 §3.2.1",
    }
}
