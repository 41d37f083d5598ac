//! A STUN message as it lies in the caller's buffer: the header, and a walk over its attributes. RFC 8489 §5, §14.
//!
//! In go bytes of one datagram (or one frame of a stream), out comes a view that borrows them: nothing is copied and
//! nothing allocated. [`Message::parse`] checks every length once, so that later look-ups can not run out of bounds.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |0 0|  class and method, mixed  |  bytes after these 20         |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                     magic cookie 0x2112A442                   |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                 transaction id, 96 bits ...                   |
//! ```

use core::fmt;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use crate::attribute::{Attribute, AttributeType};

/// The second word of every message. RFC 8489 §5.
pub const MAGIC_COOKIE: u32 = 0x2112_A442;
/// Bytes before the first attribute.
pub const HEADER_LEN: usize = 20;
/// The largest message: 20 bytes and the largest multiple of four that the length field can say.
pub const MAX_MESSAGE_LEN: usize = HEADER_LEN + 65_532;

/// What a message is for. RFC 8489 §5.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// Wants an answer.
    Request,
    /// Wants none.
    Indication,
    /// An answer: it was done.
    Success,
    /// An answer: it was not done, and [`error_code`](Message::error_code) says why.
    Error,
}

impl Class {
    /// A success or an error.
    pub const fn is_response(self) -> bool {
        matches!(self, Class::Success | Class::Error)
    }
}

/// What is asked: 12 bits, of which the registry uses the lower eight. Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(pub u16);

impl Method {
    /// "What is my address?" RFC 8489 §3.
    pub const BINDING: Method = Method(0x001);
    /// RFC 8656 §7.
    pub const ALLOCATE: Method = Method(0x003);
    /// RFC 8656 §8.
    pub const REFRESH: Method = Method(0x004);
    /// RFC 8656 §11.
    pub const SEND: Method = Method(0x006);
    /// RFC 8656 §11.
    pub const DATA: Method = Method(0x007);
    /// RFC 8656 §10.
    pub const CREATE_PERMISSION: Method = Method(0x008);
    /// RFC 8656 §12.
    pub const CHANNEL_BIND: Method = Method(0x009);
    /// RFC 6062 §4.3.
    pub const CONNECT: Method = Method(0x00a);
    /// RFC 6062 §4.4.
    pub const CONNECTION_BIND: Method = Method(0x00b);
    /// RFC 6062 §4.5.
    pub const CONNECTION_ATTEMPT: Method = Method(0x00c);

    /// The registry's name.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Method::BINDING => "Binding",
            Method::ALLOCATE => "Allocate",
            Method::REFRESH => "Refresh",
            Method::SEND => "Send",
            Method::DATA => "Data",
            Method::CREATE_PERMISSION => "CreatePermission",
            Method::CHANNEL_BIND => "ChannelBind",
            Method::CONNECT => "Connect",
            Method::CONNECTION_BIND => "ConnectionBind",
            Method::CONNECTION_ATTEMPT => "ConnectionAttempt",
            _ => return None,
        })
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "method {:#05x}", self.0),
        }
    }
}

/// Ties a response to its request; also part of how IPv6 addresses are obfuscated. Must be unpredictable: take it from
/// the machine's generator (RFC 8489 §5).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(pub [u8; 12]);

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The message type field: the two class bits stand at 0x0010 and 0x0100, between the bits of the method.
pub(crate) const fn message_type(class: Class, method: Method) -> u16 {
    let class = match class {
        Class::Request => 0x0000,
        Class::Indication => 0x0010,
        Class::Success => 0x0100,
        Class::Error => 0x0110,
    };
    let m = method.0;
    class | (m & 0x000f) | ((m & 0x0070) << 1) | ((m & 0x0f80) << 2)
}

const fn class_of(message_type: u16) -> Class {
    match message_type & 0x0110 {
        0x0000 => Class::Request,
        0x0010 => Class::Indication,
        0x0100 => Class::Success,
        _ => Class::Error,
    }
}

const fn method_of(message_type: u16) -> Method {
    let t = message_type;
    Method((t & 0x000f) | ((t & 0x00e0) >> 1) | ((t & 0x3e00) >> 2))
}

/// Whether a datagram is a STUN message by its fixed fields: two zero bits, the cookie, and a length that is a multiple of
/// four and ends where the datagram does. RFC 8489 §6.3; what else may arrive on the port is RFC 7983's matter.
pub fn looks_like_stun(bytes: &[u8]) -> bool {
    check_header(bytes).is_ok()
}

fn check_header(bytes: &[u8]) -> Result<&[u8; HEADER_LEN], ParseError> {
    let fault = |field, at, kind| Err(ParseError::new(field, at, kind));
    let Some((header, attributes)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return fault("header", 0, ParseErrorKind::Truncated);
    };
    if header[0] & 0xc0 != 0 {
        return fault("message type", 0, ParseErrorKind::BadValue);
    }
    if header[4..8] != MAGIC_COOKIE.to_be_bytes() {
        return fault("magic cookie", 4, ParseErrorKind::BadValue);
    }
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    match length.cmp(&attributes.len()) {
        _ if !length.is_multiple_of(4) => fault("message length", 2, ParseErrorKind::BadLength),
        core::cmp::Ordering::Greater => fault("message length", 2, ParseErrorKind::Truncated),
        core::cmp::Ordering::Less => fault("message length", 2, ParseErrorKind::TrailingBytes),
        core::cmp::Ordering::Equal => Ok(header),
    }
}

/// One message, borrowed. Its lengths are checked; what its attributes mean is looked at when asked for.
///
/// Attributes that stand behind the first MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 are not covered by it and are
/// therefore not seen by [`attribute`](Message::attribute), [`attributes`](Message::attributes) and the typed getters,
/// except for the integrity and FINGERPRINT attributes themselves (RFC 8489 §9). Of two attributes of one type the first
/// counts. A value that its type does not allow counts as absent to the getters; [`get`](Message::get) tells the fault.
#[derive(Copy, Clone)]
pub struct Message<'a> {
    pub(crate) bytes: &'a [u8],
    marks: Marks,
}

/// Where the attributes begin that end the covered part. Zero: there is none.
#[derive(Copy, Clone, Default)]
struct Marks {
    integrity: usize,
    integrity_sha256: usize,
    fingerprint: usize,
    /// Where the covered part ends: the first integrity attribute, FINGERPRINT, or the end.
    covered: usize,
}

/// One attribute as it stands in the message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct RawAttribute<'a> {
    /// Where its type field begins, in bytes from the start of the message.
    pub offset: usize,
    /// Its type.
    pub ty: AttributeType,
    /// Its value, without padding.
    pub value: &'a [u8],
    /// It stands behind the message integrity and says nothing that may be believed.
    pub ignored: bool,
}

impl<'a> Message<'a> {
    /// Checks the header and every attribute's length.
    ///
    /// Errors: not the fixed fields of STUN; an attribute that runs over the end; an integrity attribute of an impossible
    /// length; anything behind FINGERPRINT, which must be last (RFC 8489 §14.7). Padding may have any value (§14).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        check_header(bytes)?;
        let mut marks = Marks::default();
        let mut at = HEADER_LEN;
        while let Some((ty, value, next)) = next_attribute(bytes, at)? {
            marks.note(ty, value.len(), at)?;
            at = next;
        }
        if marks.covered == 0 {
            marks.covered = at;
        }
        Ok(Message { bytes, marks })
    }

    /// Request, indication, success or error.
    pub fn class(&self) -> Class {
        class_of(self.message_type())
    }

    /// Binding, Allocate, …
    pub fn method(&self) -> Method {
        method_of(self.message_type())
    }

    /// Ties responses to requests.
    pub fn transaction_id(&self) -> TransactionId {
        let mut id = [0; 12];
        id.copy_from_slice(&self.bytes[8..HEADER_LEN]);
        TransactionId(id)
    }

    /// The whole message.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Every attribute that counts, in order: type, and value without padding.
    pub fn attributes(&self) -> impl Iterator<Item = (AttributeType, &'a [u8])> + Clone + use<'a> {
        self.all_attributes().filter(|raw| !raw.ignored).map(|raw| (raw.ty, raw.value))
    }

    /// Every attribute as it stands in the message, also those that must not be believed. For onlookers.
    pub fn all_attributes(&self) -> impl Iterator<Item = RawAttribute<'a>> + Clone + use<'a> {
        let Message { bytes, marks } = *self;
        let mut at = HEADER_LEN;
        core::iter::from_fn(move || {
            // Parsing went the same way: a fault can not occur here, and would end the walk.
            let (ty, value, next) = next_attribute(bytes, at).ok()??;
            let offset = core::mem::replace(&mut at, next);
            Some(RawAttribute { offset, ty, value, ignored: !marks.counts(offset) })
        })
    }

    /// The value of the first attribute of this type that counts.
    pub fn attribute(&self, ty: AttributeType) -> Option<&'a [u8]> {
        self.find(ty).map(|found| found.1)
    }

    /// The first attribute of this type that counts, understood. Fails where its value is not what its type allows.
    pub fn get(&self, ty: AttributeType) -> Result<Option<Attribute<'a>>, ParseError> {
        let Some((offset, value)) = self.find(ty) else { return Ok(None) };
        match Attribute::parse(ty, value, self.transaction_id()) {
            Ok(attribute) => Ok(Some(attribute)),
            Err(fault) => Err(fault.within(offset + 4)),
        }
    }

    /// Comprehension-required attributes that `known` does not know. A request that has any is answered with 420, an
    /// indication is dropped, a response fails its transaction (RFC 8489 §6.3.1 to §6.3.4).
    pub fn unknown_required(
        &self,
        known: impl Fn(AttributeType) -> bool + Clone,
    ) -> impl Iterator<Item = AttributeType> + Clone {
        self.attributes().map(|(ty, _)| ty).filter(move |ty| ty.is_comprehension_required() && !known(*ty))
    }

    /// Where MESSAGE-INTEGRITY begins.
    pub(crate) fn integrity_at(&self) -> Option<usize> {
        Some(self.marks.integrity).filter(|at| *at != 0)
    }

    /// Where MESSAGE-INTEGRITY-SHA256 begins.
    pub(crate) fn integrity_sha256_at(&self) -> Option<usize> {
        Some(self.marks.integrity_sha256).filter(|at| *at != 0)
    }

    /// Where FINGERPRINT begins.
    pub(crate) fn fingerprint_at(&self) -> Option<usize> {
        Some(self.marks.fingerprint).filter(|at| *at != 0)
    }

    fn find(&self, ty: AttributeType) -> Option<(usize, &'a [u8])> {
        let mut at = HEADER_LEN;
        while let Ok(Some((found, value, next))) = next_attribute(self.bytes, at) {
            if found == ty && self.marks.counts(at) {
                return Some((at, value));
            }
            at = next;
        }
        None
    }

    fn message_type(&self) -> u16 {
        u16::from_be_bytes([self.bytes[0], self.bytes[1]])
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} {:?} ", self.method(), self.class(), self.transaction_id())?;
        f.debug_list().entries(self.attributes().map(|(ty, _)| ty)).finish()
    }
}

impl Marks {
    /// Remembers the attributes that end the covered part.
    fn note(&mut self, ty: AttributeType, len: usize, at: usize) -> Result<(), ParseError> {
        let bad_length = ParseError::new("attribute length", at + 2, ParseErrorKind::BadLength);
        if self.fingerprint != 0 {
            return Err(ParseError::new("FINGERPRINT", at, ParseErrorKind::TrailingBytes));
        }
        match ty {
            AttributeType::MESSAGE_INTEGRITY if len != 20 => return Err(bad_length),
            AttributeType::MESSAGE_INTEGRITY_SHA256 if !matches!(len, 16 | 20 | 24 | 28 | 32) => {
                return Err(bad_length);
            }
            AttributeType::FINGERPRINT if len != 4 => return Err(bad_length),
            // Behind MESSAGE-INTEGRITY-SHA256 only FINGERPRINT counts (RFC 8489 §9).
            AttributeType::MESSAGE_INTEGRITY if self.integrity == 0 && self.integrity_sha256 == 0 => {
                self.integrity = at;
            }
            AttributeType::MESSAGE_INTEGRITY_SHA256 if self.integrity_sha256 == 0 => {
                self.integrity_sha256 = at
            }
            AttributeType::FINGERPRINT => self.fingerprint = at,
            _ => return Ok(()),
        }
        if self.covered == 0 {
            self.covered = at;
        }
        Ok(())
    }

    fn counts(&self, at: usize) -> bool {
        at < self.covered || [self.integrity, self.integrity_sha256, self.fingerprint].contains(&at)
    }
}

/// Type, value, and the place behind the padding.
type Step<'a> = (AttributeType, &'a [u8], usize);

/// The attribute at `at`; `None` at the end.
#[inline]
fn next_attribute(bytes: &[u8], at: usize) -> Result<Option<Step<'_>>, ParseError> {
    let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else { return Ok(None) };
    // The length of a message is a multiple of four, and so is `at`: four bytes are there.
    let [a, b, c, d, value @ ..] = rest else {
        return Err(ParseError::new("attribute", at, ParseErrorKind::Truncated));
    };
    let len = usize::from(u16::from_be_bytes([*c, *d]));
    match value.get(..len) {
        Some(value) => {
            let ty = AttributeType(u16::from_be_bytes([*a, *b]));
            Ok(Some((ty, value, at + 4 + len.next_multiple_of(4))))
        }
        None => Err(ParseError::new("attribute length", at + 2, ParseErrorKind::Truncated)),
    }
}

#[cfg(test)]
mod tests;
