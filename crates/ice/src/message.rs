//! The four STUN messages of ICE, as bytes. RFC 8445 §7.1, §7.3.

use core::net::SocketAddr;

use limpid_crypto::MacKey;
use limpid_stun::{Attribute, AttributeType, Builder, Class, ErrorCode, Message, Method, TransactionId};

use crate::role::Role;

/// A connectivity or consent check.
#[derive(Debug)]
pub(crate) struct CheckRequest<'a> {
    pub(crate) id: TransactionId,
    pub(crate) remote_ufrag: &'a str,
    pub(crate) local_ufrag: &'a str,
    pub(crate) role: Role,
    pub(crate) tie_breaker: u64,
    /// What our candidate would be worth as a peer-reflexive one (RFC 8445 §7.1.1).
    pub(crate) priority: u32,
    pub(crate) is_nominating: bool,
}

impl CheckRequest<'_> {
    /// Appends it, protected with the remote password's key.
    pub(crate) fn write(&self, key: &dyn MacKey, out: &mut Vec<u8>) {
        let username = format!("{}:{}", self.remote_ufrag, self.local_ufrag);
        let role = match self.role {
            Role::Controlling => Attribute::IceControlling(self.tie_breaker),
            Role::Controlled => Attribute::IceControlled(self.tie_breaker),
        };
        let use_candidate = self.is_nominating.then_some(Attribute::UseCandidate);
        Builder::new(out, Class::Request, Method::BINDING, self.id)
            .attribute(&Attribute::Username(&username))
            .attribute(&role)
            .maybe(use_candidate)
            .attribute(&Attribute::Priority(self.priority))
            .integrity(key)
            .fingerprint();
    }
}

/// Appends the answer to an authentic check, protected with the local password's key.
pub(crate) fn write_success(id: TransactionId, mapped: SocketAddr, key: &dyn MacKey, out: &mut Vec<u8>) {
    Builder::new(out, Class::Success, Method::BINDING, id)
        .attribute(&Attribute::XorMappedAddress(mapped))
        .integrity(key)
        .fingerprint();
}

/// Appends a refusal. It protects itself if the request did.
pub(crate) fn write_error(
    request: &Message<'_>,
    error: ErrorCode<'_>,
    key: Option<&dyn MacKey>,
    out: &mut Vec<u8>,
) {
    let id = request.transaction_id();
    let mut builder =
        Builder::new(out, Class::Error, Method::BINDING, id).attribute(&Attribute::ErrorCode(error));
    if error.code == ErrorCode::UNKNOWN_ATTRIBUTE.code {
        builder = builder.unknown_attributes(request.unknown_required(is_known).take(8));
    }
    match key {
        Some(key) => builder.integrity(key).fingerprint(),
        None => builder.fingerprint(),
    };
}

/// Appends a question to a STUN server.
pub(crate) fn write_question(id: TransactionId, out: &mut Vec<u8>) {
    Builder::new(out, Class::Request, Method::BINDING, id).fingerprint();
}

/// The comprehension-required attributes that a check may carry.
pub(crate) fn is_known(ty: AttributeType) -> bool {
    [
        AttributeType::USERNAME,
        AttributeType::MESSAGE_INTEGRITY,
        AttributeType::MESSAGE_INTEGRITY_SHA256,
        AttributeType::PRIORITY,
        AttributeType::USE_CANDIDATE,
        AttributeType::MAPPED_ADDRESS,
        AttributeType::XOR_MAPPED_ADDRESS,
        AttributeType::ERROR_CODE,
        AttributeType::UNKNOWN_ATTRIBUTES,
        AttributeType::REALM,
        AttributeType::NONCE,
    ]
    .contains(&ty)
}

/// The role that a request claims, and its tie-breaker.
pub(crate) fn claimed_role(request: &Message<'_>) -> Option<(Role, u64)> {
    let controlling = request.ice_controlling().map(|tie_breaker| (Role::Controlling, tie_breaker));
    controlling.or_else(|| request.ice_controlled().map(|tie_breaker| (Role::Controlled, tie_breaker)))
}
