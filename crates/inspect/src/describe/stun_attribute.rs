//! One STUN attribute: type, length, value, padding (RFC 8489 §14).

use std::borrow::Cow;

use limpid_sansio::wire::{ParseError, ParseErrorKind};
use limpid_stun::{Attribute, AttributeType as T, Message, TransactionId};

use crate::walk::{Rfc, Walk};

const RFC: &str = "RFC 8489 §14";

/// Walks over the next attribute. `message` answers what needs the whole message; `None` where that is malformed.
pub(super) fn attribute(
    walk: &mut Walk<'_>,
    id: TransactionId,
    message: Option<&Message<'_>>,
) -> Result<(), ParseError> {
    let start = walk.at();
    let Some([high, low, len_high, len_low]) = walk.rest().first_chunk::<4>().copied() else {
        return Err(walk.fault("attribute", ParseErrorKind::Truncated));
    };
    let ty = T(u16::from_be_bytes([high, low]));
    let len = usize::from(u16::from_be_bytes([len_high, len_low]));
    let ignored = message.and_then(|message| message.all_attributes().find(|raw| raw.offset == start));
    let ignored = ignored.is_some_and(|raw| raw.ignored);
    walk.group(ty.name().unwrap_or("unknown attribute"), 4 + len.next_multiple_of(4), rfc(ty), |walk| {
        walk.code(2, "type", RFC, |_| match ty.is_comprehension_required() {
            true => "must be understood by who processes the message",
            false => "may be passed over",
        })?;
        walk.number(2, "length", RFC, |_| "bytes of value, without padding")?;
        let at = walk.at();
        let value = walk.rest().get(..len).ok_or(walk.fault("value", ParseErrorKind::Truncated))?;
        let parsed = Attribute::parse(ty, value, id).map_err(|error| error.within(at));
        let text = fields(walk, ty, len, &parsed, message)?;
        parsed?;
        walk.padding(len.next_multiple_of(4) - len, RFC)?;
        Ok(match ignored {
            true => "stands behind the message integrity: ignored".into(),
            false => text,
        })
    })
}

/// The fields of the value, and what they mean together.
fn fields(
    walk: &mut Walk<'_>,
    ty: T,
    len: usize,
    parsed: &Result<Attribute<'_>, ParseError>,
    message: Option<&Message<'_>>,
) -> Result<Cow<'static, str>, ParseError> {
    let rfc = rfc(ty);
    match ty {
        T::MAPPED_ADDRESS | T::ALTERNATE_SERVER | T::RESPONSE_ORIGIN | T::OTHER_ADDRESS => {
            address(walk, len, rfc, false)?;
        }
        T::XOR_MAPPED_ADDRESS | T::XOR_PEER_ADDRESS | T::XOR_RELAYED_ADDRESS => {
            address(walk, len, rfc, true)?
        }
        T::ERROR_CODE if len >= 4 => error_code(walk, len, rfc)?,
        T::USERNAME | T::REALM | T::NONCE | T::SOFTWARE | T::ALTERNATE_DOMAIN => {
            walk.utf8(len, "value", rfc, "")?;
        }
        T::PRIORITY | T::LIFETIME | T::CONNECTION_ID if len == 4 => {
            walk.number(4, "value", rfc, |_| "")?;
        }
        T::ICE_CONTROLLED | T::ICE_CONTROLLING if len == 8 => {
            walk.number(
                8,
                "tie-breaker",
                rfc,
                |_| "the larger one keeps its role when both sides claim the same",
            )?;
        }
        T::FINGERPRINT if len == 4 => {
            walk.code(4, "CRC-32", rfc, |_| "over all that stands before, XORed with 0x5354554e")?;
        }
        _ if len > 0 => {
            walk.opaque(len, "value", rfc, "")?;
        }
        _ => {}
    }
    Ok(parsed.as_ref().map_or(Cow::Borrowed(""), |attribute| words(attribute, message)))
}

/// Family, port and address (RFC 8489 §14.1), perhaps hidden by XOR (§14.2).
fn address(walk: &mut Walk<'_>, len: usize, rfc: Rfc, hidden: bool) -> Result<(), ParseError> {
    walk.number(1, "zeros", rfc, |_| "")?;
    walk.number(1, "family", rfc, |family| match family {
        1 => "IPv4",
        2 => "IPv6",
        _ => "unknown",
    })?;
    let (port, ip, why) = match hidden {
        true => ("X-Port", "X-Address", "hidden by XOR from NATs that rewrite addresses in payloads"),
        false => ("port", "address", ""),
    };
    walk.code(2, port, rfc, |_| why)?;
    walk.opaque(len.saturating_sub(4), ip, rfc, why)?;
    Ok(())
}

fn error_code(walk: &mut Walk<'_>, len: usize, rfc: Rfc) -> Result<(), ParseError> {
    let mut bits = walk.bits(4, "error code")?;
    bits.take(21, "reserved", rfc, |_| "");
    bits.take(3, "class", rfc, |_| "hundreds of the code");
    bits.take(8, "number", rfc, |_| "the code modulo 100");
    if len > 4 {
        walk.utf8(len - 4, "reason phrase", rfc, "for people")?;
    }
    Ok(())
}

/// What an attribute means.
fn words(attribute: &Attribute<'_>, message: Option<&Message<'_>>) -> Cow<'static, str> {
    match attribute {
        Attribute::MappedAddress(address) | Attribute::XorMappedAddress(address) => {
            format!("the request came from {address}").into()
        }
        Attribute::XorPeerAddress(address) => format!("the other end is {address}").into(),
        Attribute::XorRelayedAddress(address) => format!("peers see {address}").into(),
        Attribute::AlternateServer(address) => format!("ask {address} instead").into(),
        Attribute::Username(_) => {
            "whose key protects the message: receiver's and sender's ufrag in ICE".into()
        }
        Attribute::ErrorCode(error) => format!("{}", error.code).into(),
        Attribute::MessageIntegrity(_) => {
            "HMAC-SHA1 over all that stands before, by the shared password".into()
        }
        Attribute::MessageIntegritySha256(_) => "HMAC-SHA256 over all that stands before".into(),
        Attribute::Priority(_) => "of the peer-reflexive candidate that this check may reveal".into(),
        Attribute::UseCandidate => "the controlling side nominates this pair".into(),
        Attribute::IceControlling(_) => "the sender believes that it controls".into(),
        Attribute::IceControlled(_) => "the sender believes that it is controlled".into(),
        Attribute::Software(_) => "who made this".into(),
        Attribute::Lifetime(seconds) => format!("{seconds} s").into(),
        Attribute::ChannelNumber(number) => format!("channel 0x{number:04x}").into(),
        Attribute::RequestedTransport(17) => "UDP".into(),
        Attribute::UnknownAttributes(list) => {
            let names: Vec<String> = list.iter().map(|ty| format!("{ty:?}")).collect();
            format!("not understood: {}", names.join(", ")).into()
        }
        Attribute::Fingerprint(_) => match message.map(Message::verify_fingerprint) {
            Some(Ok(())) => "matches".into(),
            Some(Err(_)) => "does not match: not STUN, or altered".into(),
            None => "".into(),
        },
        Attribute::Other(ty, _) if ty.name().is_none() => format!("0x{:04x}, kept as it is", ty.0).into(),
        _ => "".into(),
    }
}

/// Where an attribute is defined.
const fn rfc(ty: T) -> Rfc {
    match ty {
        T::MAPPED_ADDRESS => "RFC 8489 §14.1",
        T::XOR_MAPPED_ADDRESS => "RFC 8489 §14.2",
        T::USERNAME => "RFC 8489 §14.3",
        T::USERHASH => "RFC 8489 §14.4",
        T::MESSAGE_INTEGRITY => "RFC 8489 §14.5",
        T::MESSAGE_INTEGRITY_SHA256 => "RFC 8489 §14.6",
        T::FINGERPRINT => "RFC 8489 §14.7",
        T::ERROR_CODE => "RFC 8489 §14.8",
        T::REALM => "RFC 8489 §14.9",
        T::NONCE => "RFC 8489 §14.10",
        T::PASSWORD_ALGORITHMS => "RFC 8489 §14.11",
        T::PASSWORD_ALGORITHM => "RFC 8489 §14.12",
        T::UNKNOWN_ATTRIBUTES => "RFC 8489 §14.13",
        T::SOFTWARE => "RFC 8489 §14.14",
        T::ALTERNATE_SERVER => "RFC 8489 §14.15",
        T::ALTERNATE_DOMAIN => "RFC 8489 §14.16",
        T::PRIORITY | T::USE_CANDIDATE | T::ICE_CONTROLLED | T::ICE_CONTROLLING => "RFC 8445 §16.1",
        T::CHANNEL_NUMBER => "RFC 8656 §18.1",
        T::LIFETIME => "RFC 8656 §18.2",
        T::XOR_PEER_ADDRESS => "RFC 8656 §18.3",
        T::DATA => "RFC 8656 §18.4",
        T::XOR_RELAYED_ADDRESS => "RFC 8656 §18.5",
        T::REQUESTED_ADDRESS_FAMILY => "RFC 8656 §18.6",
        T::EVEN_PORT => "RFC 8656 §18.7",
        T::REQUESTED_TRANSPORT => "RFC 8656 §18.8",
        T::DONT_FRAGMENT => "RFC 8656 §18.9",
        T::RESERVATION_TOKEN => "RFC 8656 §18.10",
        T::ADDITIONAL_ADDRESS_FAMILY => "RFC 8656 §18.11",
        T::ADDRESS_ERROR_CODE => "RFC 8656 §18.12",
        T::ICMP => "RFC 8656 §18.13",
        T::CHANGE_REQUEST => "RFC 5780 §7.2",
        T::RESPONSE_ORIGIN => "RFC 5780 §7.3",
        T::OTHER_ADDRESS => "RFC 5780 §7.4",
        T::RESPONSE_PORT => "RFC 5780 §7.5",
        T::PADDING => "RFC 5780 §7.6",
        T::CONNECTION_ID => "RFC 6062 §6.2.1",
        T::THIRD_PARTY_AUTHORIZATION => "RFC 7635 §6.1",
        T::ACCESS_TOKEN => "RFC 7635 §6.2",
        T::TRANSACTION_TRANSMIT_COUNTER => "RFC 7982 §3.2",
        T::MOBILITY_TICKET => "RFC 8016 §3",
        _ => "",
    }
}
