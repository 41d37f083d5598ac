//! Writes a message behind whatever the buffer holds. The types keep the order: attributes, integrity, FINGERPRINT.
//!
//! ```text
//! Builder ──integrity──→ Protected ──integrity_sha256──→ Sealed ──fingerprint──→ bytes written
//!    └──integrity_sha256─────────────────────────────────↗
//! ```
//! `finish` and `fingerprint` end it from every stage and return the length of the message in bytes.

use alloc::vec::Vec;

use limpid_crypto::MacKey;
use limpid_sansio::wire::Writer;

use crate::attribute::{Attribute, AttributeType};
use crate::fingerprint::fingerprint;
use crate::integrity::{SHA1_LEN, SHA256_LEN, patched_start};
use crate::message::{Class, HEADER_LEN, MAGIC_COOKIE, MAX_MESSAGE_LEN, Method, TransactionId, message_type};

/// Room that is kept for both integrity attributes and FINGERPRINT.
const TAIL_LEN: usize = 4 + SHA1_LEN + 4 + SHA256_LEN + 8;

/// A message that still takes attributes. Ends with [`finish`](Builder::finish), or with protection and then an end.
#[must_use]
#[derive(Debug)]
pub struct Builder<'o> {
    writer: Writer<'o>,
    id: TransactionId,
}

/// Protected by MESSAGE-INTEGRITY: no more ordinary attributes.
#[must_use]
#[derive(Debug)]
pub struct Protected<'o>(Builder<'o>);

/// Protected for good: only FINGERPRINT may follow.
#[must_use]
#[derive(Debug)]
pub struct Sealed<'o>(Builder<'o>);

impl<'o> Builder<'o> {
    /// Begins a message behind what `out` holds. Of `method` the lower 12 bits are written.
    pub fn new(out: &'o mut Vec<u8>, class: Class, method: Method, id: TransactionId) -> Self {
        let mut writer = Writer::new(out);
        let mut header = [0; HEADER_LEN];
        header[..2].copy_from_slice(&message_type(class, method).to_be_bytes());
        header[4..8].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
        header[8..].copy_from_slice(&id.0);
        writer.bytes(&header);
        Builder { writer, id }
    }

    /// Appends an attribute.
    ///
    /// One that is not [legal](Attribute::is_legal), or for which the message has no room left, is left out whole; check
    /// texts that come from outside where they come in. Integrity and FINGERPRINT have verbs of their own.
    pub fn attribute(mut self, attribute: &Attribute<'_>) -> Self {
        if attribute.is_legal() {
            let id = self.id;
            self.tlv(attribute.ty(), |writer| attribute.write_value(id, writer));
        }
        self
    }

    /// Appends an attribute if there is one.
    pub fn maybe(self, attribute: Option<Attribute<'_>>) -> Self {
        match attribute {
            Some(attribute) => self.attribute(&attribute),
            None => self,
        }
    }

    /// Appends UNKNOWN-ATTRIBUTES with these types. RFC 8489 §14.13.
    pub fn unknown_attributes(mut self, types: impl Iterator<Item = AttributeType>) -> Self {
        self.tlv(AttributeType::UNKNOWN_ATTRIBUTES, |writer| types.for_each(|ty| writer.u16(ty.0)));
        self
    }

    /// Appends MESSAGE-INTEGRITY, made with an HMAC-SHA1 key.
    pub fn integrity(mut self, key: &dyn MacKey) -> Protected<'o> {
        self.mac(AttributeType::MESSAGE_INTEGRITY, SHA1_LEN, key);
        Protected(self)
    }

    /// Appends MESSAGE-INTEGRITY-SHA256, made with an HMAC-SHA256 key and not truncated.
    pub fn integrity_sha256(mut self, key: &dyn MacKey) -> Sealed<'o> {
        self.mac(AttributeType::MESSAGE_INTEGRITY_SHA256, SHA256_LEN, key);
        Sealed(self)
    }

    /// Appends FINGERPRINT and ends the message. Returns its bytes.
    pub fn fingerprint(mut self) -> usize {
        let at = self.writer.len();
        self.set_length(at + 8);
        let value = fingerprint(self.writer.written());
        let mut tlv = [0x80, 0x28, 0, 4, 0, 0, 0, 0];
        tlv[4..].copy_from_slice(&value.to_be_bytes());
        self.writer.bytes(&tlv);
        self.writer.len()
    }

    /// Ends the message. Returns its bytes.
    pub fn finish(mut self) -> usize {
        let len = self.writer.len();
        self.set_length(len);
        len
    }

    /// Type, length, value, zero padding (RFC 8489 §14).
    fn tlv(&mut self, ty: AttributeType, value: impl FnOnce(&mut Writer<'_>)) {
        let start = self.writer.len();
        self.writer.u16(ty.0);
        self.writer.u16(0);
        value(&mut self.writer);
        let len = self.writer.len() - start - 4;
        self.writer.zeros(len.next_multiple_of(4) - len);
        if self.writer.len() + TAIL_LEN > MAX_MESSAGE_LEN {
            return self.writer.truncate(start);
        }
        self.writer.written_mut()[start + 2..start + 4].copy_from_slice(&(len as u16).to_be_bytes());
    }

    fn mac(&mut self, ty: AttributeType, len: usize, key: &dyn MacKey) {
        let at = self.writer.len();
        let message = self.writer.written();
        let start = patched_start(message, at, len);
        let mac = key.sign(&[&start, &message[4..]]);
        self.writer.u16(ty.0);
        self.writer.u16(len as u16);
        // A key of another hash than its caller says gives another length: cut or filled up, it verifies nowhere.
        let mac = &mac[..mac.len().min(len)];
        self.writer.bytes(mac);
        self.writer.zeros(len - mac.len());
    }

    fn set_length(&mut self, end: usize) {
        let length = ((end - HEADER_LEN) as u16).to_be_bytes();
        self.writer.written_mut()[2..4].copy_from_slice(&length);
    }
}

impl<'o> Protected<'o> {
    /// Appends MESSAGE-INTEGRITY-SHA256 too, for a peer of which we do not know what it understands (RFC 8489 §9.1.2).
    pub fn integrity_sha256(self, key: &dyn MacKey) -> Sealed<'o> {
        self.0.integrity_sha256(key)
    }

    /// Appends FINGERPRINT and ends the message. Returns its bytes.
    pub fn fingerprint(self) -> usize {
        self.0.fingerprint()
    }

    /// Ends the message. Returns its bytes.
    pub fn finish(self) -> usize {
        self.0.finish()
    }
}

impl Sealed<'_> {
    /// Appends FINGERPRINT and ends the message. Returns its bytes.
    pub fn fingerprint(self) -> usize {
        self.0.fingerprint()
    }

    /// Ends the message. Returns its bytes.
    pub fn finish(self) -> usize {
        self.0.finish()
    }
}
