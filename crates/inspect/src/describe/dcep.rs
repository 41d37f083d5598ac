//! DCEP: how a data channel is opened on a stream (RFC 8832 §5).

use std::borrow::Cow;

use limpid_sansio::wire::{ParseError, ParseErrorKind};
use limpid_sctp::datachannel::dcep::Dcep;

use crate::layer::Layer;
use crate::tree::quoted;
use crate::walk::{Described, Walk, describe};

/// The tree of a DCEP message: the payload of a DATA chunk with the identifier 50.
pub fn dcep(bytes: &[u8]) -> Described {
    describe(Layer::Data, "DCEP message", "RFC 8832 §5", (bytes, 0), message)
}

/// Walks over a whole message.
pub(super) fn message(walk: &mut Walk<'_>) -> Result<Cow<'static, str>, ParseError> {
    let (bytes, base) = (walk.rest(), walk.at());
    let kind = walk.number(1, "message type", "RFC 8832 §8.2.1", |kind| match kind {
        2 => "DATA_CHANNEL_ACK",
        3 => "DATA_CHANNEL_OPEN",
        _ => "unknown",
    })?;
    let text = match kind {
        2 => {
            // Some peers pad it; the codec lets them.
            walk.padding(walk.remaining(), "RFC 8832 §5.2")?;
            Cow::from("DATA_CHANNEL_ACK")
        }
        3 => open(walk)?,
        _ => return Err(ParseError::new("message type", base, ParseErrorKind::BadValue)),
    };
    Dcep::parse(bytes).map_err(|error| error.within(base))?;
    Ok(text)
}

fn open(walk: &mut Walk<'_>) -> Result<Cow<'static, str>, ParseError> {
    const RFC: &str = "RFC 8832 §5.1";
    let mut bits = walk.bits(1, "channel type")?;
    let unordered = bits.flag("unordered", RFC, "messages may overtake each other");
    let kind = bits.take(7, "channel type", RFC, |kind| match kind {
        0 => "reliable",
        1 => "gives up after a number of retransmissions",
        2 => "gives up after a time",
        _ => "unknown",
    });
    walk.number(
        2,
        "priority",
        "RFC 8832 §5.1",
        |_| "weight between channels: 128 below normal, 256 normal, 512, 1024",
    )?;
    let parameter = walk.number(4, "reliability parameter", RFC, |value| match kind {
        1 => format!("at most {value} retransmissions"),
        2 => format!("at most {value} ms"),
        _ => "says nothing in a reliable channel".into(),
    })?;
    let label_len = walk.number(2, "label length", RFC, |_| "")? as usize;
    let protocol_len = walk.number(2, "protocol length", RFC, |_| "")? as usize;
    let label = walk.utf8(label_len, "label", RFC, "the channel's name")?;
    let protocol = walk.utf8(protocol_len, "protocol", RFC, "the subprotocol, or none")?;
    let mut text = format!("DATA_CHANNEL_OPEN {}", quoted(label));
    if !protocol.is_empty() {
        text.push_str(&format!(", protocol {}", quoted(protocol)));
    }
    text.push_str(if unordered { ", unordered" } else { ", ordered" });
    text.push_str(&match kind {
        1 => format!(", at most {parameter} retransmissions"),
        2 => format!(", at most {parameter} ms"),
        _ => ", reliable".into(),
    });
    Ok(text.into())
}
