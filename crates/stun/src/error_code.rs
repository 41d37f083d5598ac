//! ERROR-CODE: three digits and a phrase for people. RFC 8489 §14.8; the phrases are the registry's.

use core::fmt;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader, Writer};

use crate::attribute::{MAX_TEXT_READ, text};

/// Why a request was refused. The reason is for people and may be empty.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct ErrorCode<'a> {
    /// 300 to 699.
    pub code: u16,
    /// Up to 508 bytes of UTF-8 when written.
    pub reason: &'a str,
}

impl ErrorCode<'static> {
    /// Ask the server in ALTERNATE-SERVER instead. RFC 8489 §10.
    pub const TRY_ALTERNATE: Self = Self { code: 300, reason: "Try Alternate" };
    /// The request was malformed.
    pub const BAD_REQUEST: Self = Self { code: 400, reason: "Bad Request" };
    /// Credentials are missing or wrong.
    pub const UNAUTHENTICATED: Self = Self { code: 401, reason: "Unauthenticated" };
    /// The server will not do that. RFC 8656 §19.
    pub const FORBIDDEN: Self = Self { code: 403, reason: "Forbidden" };
    /// A comprehension-required attribute is unknown.
    pub const UNKNOWN_ATTRIBUTE: Self = Self { code: 420, reason: "Unknown Attribute" };
    /// An allocation is missing, or there already. RFC 8656 §19.
    pub const ALLOCATION_MISMATCH: Self = Self { code: 437, reason: "Allocation Mismatch" };
    /// The nonce is too old; the response carries a new one.
    pub const STALE_NONCE: Self = Self { code: 438, reason: "Stale Nonce" };
    /// RFC 8656 §19.
    pub const ADDRESS_FAMILY_NOT_SUPPORTED: Self = Self { code: 440, reason: "Address Family not Supported" };
    /// Not the credentials of the allocation. RFC 8656 §19.
    pub const WRONG_CREDENTIALS: Self = Self { code: 441, reason: "Wrong Credentials" };
    /// RFC 8656 §19.
    pub const UNSUPPORTED_TRANSPORT_PROTOCOL: Self =
        Self { code: 442, reason: "Unsupported Transport Protocol" };
    /// RFC 8656 §19.
    pub const PEER_ADDRESS_FAMILY_MISMATCH: Self = Self { code: 443, reason: "Peer Address Family Mismatch" };
    /// RFC 8656 §19.
    pub const ALLOCATION_QUOTA_REACHED: Self = Self { code: 486, reason: "Allocation Quota Reached" };
    /// Both agents believe to have the same role. RFC 8445 §7.3.1.1.
    pub const ROLE_CONFLICT: Self = Self { code: 487, reason: "Role Conflict" };
    /// Try again.
    pub const SERVER_ERROR: Self = Self { code: 500, reason: "Server Error" };
    /// RFC 8656 §19.
    pub const INSUFFICIENT_CAPACITY: Self = Self { code: 508, reason: "Insufficient Capacity" };
}

impl<'a> ErrorCode<'a> {
    /// The same error without its phrase, where every byte of an answer counts.
    pub const fn without_reason(self) -> ErrorCode<'static> {
        ErrorCode { code: self.code, reason: "" }
    }

    /// What follows the two bytes in front, which differ between ERROR-CODE and ADDRESS-ERROR-CODE.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let at = reader.offset();
        let fault = |name| Err(ParseError::new(name, at, ParseErrorKind::BadValue));
        // 13 reserved bits are ignored, the last three are the hundreds.
        let (class, number) = (reader.u8("error class")? & 0x07, reader.u8("error number")?);
        if !(3..=6).contains(&class) {
            return fault("error class");
        }
        if number > 99 {
            return fault("error number");
        }
        let reason = text(reader, "reason phrase", MAX_TEXT_READ)?;
        Ok(ErrorCode { code: u16::from(class) * 100 + u16::from(number), reason })
    }

    /// The counterpart of [`read`](ErrorCode::read).
    pub(crate) fn write(&self, writer: &mut Writer<'_>) {
        writer.u8((self.code / 100) as u8 & 0x07);
        writer.u8((self.code % 100) as u8);
        writer.bytes(self.reason.as_bytes());
    }
}

impl fmt::Display for ErrorCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, " {}", self.reason.escape_debug()) }
    }
}

impl fmt::Debug for ErrorCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
