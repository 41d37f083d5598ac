//! STUN messages (RFC 8489 §5), with the attributes of TURN and ICE.

use std::borrow::Cow;

use limpid_sansio::wire::ParseError;
use limpid_stun::{Attribute, AttributeType, Class, Message, Method, TransactionId};

use super::stun_attribute;
use crate::layer::Layer;
use crate::walk::{Described, Walk, describe};

const RFC: &str = "RFC 8489 §5";

/// The tree of a STUN message.
pub fn stun(bytes: &[u8]) -> Described {
    describe(Layer::Ice, "STUN message", RFC, (bytes, 0), |walk| message(walk, bytes))
}

fn message(walk: &mut Walk<'_>, bytes: &[u8]) -> Result<Cow<'static, str>, ParseError> {
    let mut bits = walk.bits(2, "message type")?;
    bits.take(2, "zero bits", RFC, |_| "tell STUN from other protocols on the port");
    let (mut class, mut method) = (Class::Request, Method(0));
    bits.take(14, "message type", RFC, |value| {
        (class, method) = class_and_method(value as u16);
        format!("{} {}", method_name(method), class_name(class))
    });
    walk.number(2, "message length", RFC, |_| "bytes of attributes that follow the header")?;
    walk.code(4, "magic cookie", RFC, |value| match value {
        0x2112_a442 => "as every STUN message has it",
        _ => "should be 0x2112a442",
    })?;
    let id = walk.opaque(
        12,
        "transaction ID",
        RFC,
        match class {
            Class::Request | Class::Indication => "chosen by the sender; the response repeats it",
            Class::Success | Class::Error => "repeats that of the request",
        },
    )?;
    let mut array = [0; 12];
    array.copy_from_slice(id);
    // Its verdict comes last, so that the tree goes as far as the bytes allow.
    let parsed = Message::parse(bytes);
    let message = parsed.as_ref().ok();
    while walk.remaining() > 0 {
        stun_attribute::attribute(walk, TransactionId(array), message)?;
    }
    let message = parsed?;
    Ok(summary(&message).into())
}

/// The two class bits stand between the bits of the method (RFC 8489 §5, figure 3).
fn class_and_method(value: u16) -> (Class, Method) {
    let class = match value & 0x0110 {
        0x0000 => Class::Request,
        0x0010 => Class::Indication,
        0x0100 => Class::Success,
        _ => Class::Error,
    };
    (class, Method((value & 0x000f) | ((value & 0x00e0) >> 1) | ((value & 0x3e00) >> 2)))
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Request => "request",
        Class::Indication => "indication",
        Class::Success => "success response",
        Class::Error => "error response",
    }
}

fn method_name(method: Method) -> String {
    method.name().map_or_else(|| format!("method 0x{:03x}", method.0), str::to_string)
}

/// The message in a few words.
fn summary(message: &Message<'_>) -> String {
    let mut line = format!("{} {}", method_name(message.method()), class_name(message.class()));
    let get = |ty| message.get(ty).ok().flatten();
    if let Some(Attribute::ErrorCode(error)) = get(AttributeType::ERROR_CODE) {
        line.push_str(&format!(": {} {}", error.code, crate::tree::quoted(error.reason).trim_matches('"')));
    }
    if let Some(Attribute::XorMappedAddress(address) | Attribute::MappedAddress(address)) =
        get(AttributeType::XOR_MAPPED_ADDRESS).or_else(|| get(AttributeType::MAPPED_ADDRESS))
    {
        line.push_str(&format!(": you are {address}"));
    }
    if message.attribute(AttributeType::USE_CANDIDATE).is_some() {
        line.push_str(", nominates this pair");
    } else if message.class() == Class::Request && message.attribute(AttributeType::PRIORITY).is_some() {
        line.push_str(", checks this pair");
    }
    line
}
