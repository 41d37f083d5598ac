//! The small errors of this crate. Bytes that are no STUN message are a [`ParseError`](limpid_sansio::ParseError).

use core::fmt;

/// Why a message's integrity could not be shown. RFC 8489 §14.5, §14.6.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum IntegrityError {
    /// There is no such attribute.
    Missing,
    /// The value was not made with this key over these bytes, or is shorter than asked for.
    Mismatch,
}

impl fmt::Display for IntegrityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            IntegrityError::Missing => "the message carries no integrity attribute of this kind",
            IntegrityError::Mismatch => "the message was not protected with this key",
        })
    }
}

impl core::error::Error for IntegrityError {}

/// Why a FINGERPRINT does not show that this is STUN. RFC 8489 §7.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum FingerprintError {
    /// There is none.
    Missing,
    /// The checksum is another one.
    Mismatch,
}

impl fmt::Display for FingerprintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FingerprintError::Missing => "the message carries no FINGERPRINT",
            FingerprintError::Mismatch => "the FINGERPRINT does not match the message",
        })
    }
}

impl core::error::Error for FingerprintError {}

/// The caller asked for something that can not be.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Misuse {
    /// A username or realm is empty or longer than 508 bytes (RFC 8489 §14.3, §14.9).
    BadLength,
    /// The crypto provider lacks a hash or MAC that is needed.
    Unsupported,
    /// A transaction is under way already.
    Busy,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Misuse::BadLength => "a username or realm is empty or longer than 508 bytes",
            Misuse::Unsupported => "the crypto provider lacks an algorithm that STUN needs",
            Misuse::Busy => "a transaction is under way already",
        })
    }
}

impl core::error::Error for Misuse {}

/// Why a datagram was dropped by the [`Client`](crate::Client). Each is an index into its counts.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DropReason {
    /// Not a STUN message.
    Malformed,
    /// Not from the server that was asked.
    UnknownSender,
    /// A request, an indication, or another method.
    NotAResponse,
    /// No transaction with this id is under way.
    UnknownTransaction,
    /// A FINGERPRINT is there and wrong.
    BadFingerprint,
    /// Missing or wrong message integrity, where there must be some (RFC 8489 §9.1.4, §9.2.5).
    BadIntegrity,
}

impl DropReason {
    /// How many there are.
    pub const COUNT: usize = 6;
}
