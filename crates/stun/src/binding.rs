//! The Binding server: "you are at …". One pure function, no state, nothing to overload. RFC 8489 §6.3.1, §12.
//!
//! It answers with what the RFC's answer needs and no more: no SOFTWARE, no reason phrase, FINGERPRINT only where the request
//! had one. An answer is at most 12 bytes longer than its request, towards an IPv6 client 24: the XOR-MAPPED-ADDRESS without
//! which it says nothing, or one unknown attribute named in a 420. Less is not possible, because a request of a bare header is
//! a good one and must be answered.
//!
//! That is of no use to someone who forges a victim's address. With IP and UDP headers 48 bytes become 60 and 68 become 92,
//! packet for packet, once: he sends three quarters of the flood himself. RFC 9000 §8.1 allows a server three times as much
//! towards an address that it has not validated.

use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::attribute::{Attribute, AttributeType};
use crate::builder::Builder;
use crate::error_code::ErrorCode;
use crate::message::{Class, Message, Method};

/// Answers a Binding request that came from `from`: appends the response to `out` and returns its length.
///
/// `None` for whatever gets no answer: no STUN, not a Binding request, a wrong FINGERPRINT, or a sender that no response
/// can reach. Send the response from the address that the request came to, to `from`. Binding is idempotent: a request
/// that is received twice is answered twice (RFC 8489 §6.3.1).
pub fn answer(request: &[u8], from: SocketAddr, out: &mut Vec<u8>) -> Option<usize> {
    let message = Message::parse(request).ok()?;
    if message.class() != Class::Request || message.method() != Method::BINDING || !is_reachable(from) {
        return None;
    }
    if message.has_fingerprint() && message.verify_fingerprint().is_err() {
        return None;
    }
    let unknown = message.unknown_required(is_understood);
    let class = if unknown.clone().next().is_some() { Class::Error } else { Class::Success };
    let mut builder = Builder::new(out, class, Method::BINDING, message.transaction_id());
    builder = match class {
        Class::Error => {
            let error = Attribute::ErrorCode(ErrorCode::UNKNOWN_ATTRIBUTE.without_reason());
            builder.attribute(&error).unknown_attributes(unknown)
        }
        _ => {
            // On a dual-stack socket an IPv4 client shows as ::ffff:a.b.c.d: tell it what it knows.
            let mapped = SocketAddr::new(from.ip().to_canonical(), from.port());
            builder.attribute(&Attribute::XorMappedAddress(mapped))
        }
    };
    Some(if message.has_fingerprint() { builder.fingerprint() } else { builder.finish() })
}

/// What this server knows, if only to ignore it: STUN and ICE, but not RFC 5780's wishes for other source addresses, which
/// a client must be told that we do not follow.
fn is_understood(ty: AttributeType) -> bool {
    use AttributeType as T;
    matches!(
        ty,
        T::MAPPED_ADDRESS
            | T::USERNAME
            | T::MESSAGE_INTEGRITY
            | T::ERROR_CODE
            | T::UNKNOWN_ATTRIBUTES
            | T::REALM
            | T::NONCE
            | T::MESSAGE_INTEGRITY_SHA256
            | T::PASSWORD_ALGORITHM
            | T::USERHASH
            | T::XOR_MAPPED_ADDRESS
            | T::PRIORITY
            | T::USE_CANDIDATE
    )
}

fn is_reachable(from: SocketAddr) -> bool {
    let ip = from.ip().to_canonical();
    let broadcast = matches!(ip, core::net::IpAddr::V4(v4) if v4.is_broadcast());
    from.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}

#[cfg(test)]
mod tests;
