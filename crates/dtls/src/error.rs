//! What can go wrong, in three kinds: the connection is over ([`Error`]), the caller asked for something that can not be
//! ([`Misuse`]), a packet was not worth looking at ([`DropReason`]).

use core::fmt;

use limpid_crypto::CryptoError;
use limpid_sansio::ParseError;

use crate::alert::AlertDescription;
use crate::message::HandshakeType;

/// Why a connection is over. Each but the peer's own alert and silence is told to the peer as an alert.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The peer sent a fatal alert.
    PeerAlert(AlertDescription),
    /// The peer did not answer within [`Config::give_up_after`](crate::Config::give_up_after).
    TimedOut,
    /// A complete handshake message can not be parsed.
    Malformed(ParseError),
    /// A handshake message that does not belong here.
    UnexpectedMessage(HandshakeType),
    /// The peer does not speak DTLS 1.2.
    ProtocolVersion,
    /// No cipher suite that both speak and that fits the certificate.
    NoCommonSuite,
    /// No key exchange group that both speak.
    NoCommonGroup,
    /// No signature scheme that both speak and that fits the certificate.
    NoCommonSignatureScheme,
    /// The peer does not speak the extended master secret (RFC 7627), without which exporters are not safe.
    NoExtendedMasterSecret,
    /// The peer's renegotiation_info is not that of a first handshake (RFC 5746).
    BadRenegotiationInfo,
    /// The peer answered an extension that we did not offer.
    UnrequestedExtension(u16),
    /// A field is out of range or contradicts another; the field's name.
    IllegalParameter(&'static str),
    /// The peer showed no certificate.
    NoCertificate,
    /// The peer's certificate is not one.
    BadCertificate,
    /// The peer's certificate has a key that we can not use, or one that may not sign.
    UnsupportedCertificate,
    /// The peer's certificate has none of the expected fingerprints.
    FingerprintMismatch,
    /// None of the expected fingerprints is of a kind that we can check.
    NoUsableFingerprint,
    /// A signature in the handshake does not verify.
    BadSignature,
    /// The peer's Finished does not match what we saw of the handshake.
    BadFinished,
    /// A cryptographic operation of our own failed.
    Crypto(CryptoError),
    /// All record numbers of the epoch are used up.
    SequenceExhausted,
}

impl Error {
    /// What the peer is told about it; `None`: nothing.
    pub const fn alert(&self) -> Option<AlertDescription> {
        Some(match self {
            Error::PeerAlert(_) | Error::TimedOut => return None,
            Error::Malformed(_) => AlertDescription::DECODE_ERROR,
            Error::UnexpectedMessage(_) => AlertDescription::UNEXPECTED_MESSAGE,
            Error::ProtocolVersion => AlertDescription::PROTOCOL_VERSION,
            Error::NoCommonSuite
            | Error::NoCommonGroup
            | Error::NoCommonSignatureScheme
            | Error::NoExtendedMasterSecret
            | Error::BadRenegotiationInfo => AlertDescription::HANDSHAKE_FAILURE,
            Error::UnrequestedExtension(_) => AlertDescription::UNSUPPORTED_EXTENSION,
            Error::IllegalParameter(_) => AlertDescription::ILLEGAL_PARAMETER,
            Error::NoCertificate
            | Error::BadCertificate
            | Error::FingerprintMismatch
            | Error::NoUsableFingerprint => AlertDescription::BAD_CERTIFICATE,
            Error::UnsupportedCertificate => AlertDescription::UNSUPPORTED_CERTIFICATE,
            Error::BadSignature | Error::BadFinished => AlertDescription::DECRYPT_ERROR,
            Error::Crypto(_) | Error::SequenceExhausted => AlertDescription::INTERNAL_ERROR,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::PeerAlert(alert) => write!(f, "the peer ended the connection: {alert}"),
            Error::TimedOut => f.write_str("the peer did not answer in time"),
            Error::Malformed(fault) => write!(f, "a handshake message is malformed: {fault}"),
            Error::UnexpectedMessage(kind) => write!(f, "{kind:?} does not belong here"),
            Error::ProtocolVersion => f.write_str("the peer does not speak DTLS 1.2"),
            Error::NoCommonSuite => f.write_str("no cipher suite in common"),
            Error::NoCommonGroup => f.write_str("no key exchange group in common"),
            Error::NoCommonSignatureScheme => f.write_str("no signature scheme in common"),
            Error::NoExtendedMasterSecret => {
                f.write_str("the peer does not speak the extended master secret")
            }
            Error::BadRenegotiationInfo => {
                f.write_str("the renegotiation_info of a first handshake must be empty")
            }
            Error::UnrequestedExtension(kind) => write!(f, "extension {kind} was answered but not offered"),
            Error::IllegalParameter(field) => write!(f, "{field} is not allowed here"),
            Error::NoCertificate => f.write_str("the peer showed no certificate"),
            Error::BadCertificate => f.write_str("the peer's certificate can not be parsed"),
            Error::UnsupportedCertificate => f.write_str("the peer's certificate can not sign for this"),
            Error::FingerprintMismatch => f.write_str("the peer's certificate has another fingerprint"),
            Error::NoUsableFingerprint => f.write_str("no fingerprint of a kind that can be checked"),
            Error::BadSignature => f.write_str("a signature in the handshake does not verify"),
            Error::BadFinished => f.write_str("the two sides saw different handshakes"),
            Error::Crypto(error) => fmt::Display::fmt(error, f),
            Error::SequenceExhausted => f.write_str("all record numbers are used up"),
        }
    }
}

impl core::error::Error for Error {}

impl From<ParseError> for Error {
    fn from(fault: ParseError) -> Self {
        Error::Malformed(fault)
    }
}

impl From<CryptoError> for Error {
    fn from(error: CryptoError) -> Self {
        Error::Crypto(error)
    }
}

/// What the caller asked for can not be had, now or ever. Nothing changed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Misuse {
    /// The handshake has not completed, so there is no secret yet.
    NotConnected,
    /// The label is one that the handshake itself uses (RFC 5705 §4).
    ReservedLabel,
    /// A context of 64 KiB or more, or an output of no bytes.
    BadLength,
    /// A certificate and a private key that do not belong together.
    KeyMismatch,
    /// Not a certificate, not a key, or not one of a kind that we can use.
    Unusable,
    /// The provider can not do it.
    Crypto(CryptoError),
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Misuse::NotConnected => "the handshake has not completed",
            Misuse::ReservedLabel => "the label belongs to the handshake itself",
            Misuse::BadLength => "the context is too long or the output empty",
            Misuse::KeyMismatch => "the certificate and the private key do not belong together",
            Misuse::Unusable => "not a certificate or key that can be used",
            Misuse::Crypto(error) => return fmt::Display::fmt(error, f),
        })
    }
}

impl core::error::Error for Misuse {}

impl From<CryptoError> for Misuse {
    fn from(error: CryptoError) -> Self {
        Misuse::Crypto(error)
    }
}

/// Why a record, or a part of one, was dropped. The connection goes on.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DropReason {
    /// No record header, or a length that runs past the datagram.
    Truncated,
    /// A content type, version or epoch that means nothing here.
    Unknown,
    /// Does not authenticate.
    BadMac,
    /// Was here before, or is too old to tell.
    Replayed,
    /// A plaintext record for something that must be protected.
    Unprotected,
    /// A handshake fragment that contradicts itself or its siblings.
    BadFragment,
    /// A handshake message that was taken before.
    OldMessage,
    /// A limit on what may wait was reached.
    NoRoom,
    /// Came after the end.
    Closed,
    /// An alert that can not be parsed or says nothing that matters.
    Alert,
}

impl DropReason {
    /// How many there are.
    pub const COUNT: usize = 10;

    /// All of them, in the order of [`Stats::dropped`].
    pub const ALL: [DropReason; DropReason::COUNT] = [
        DropReason::Truncated,
        DropReason::Unknown,
        DropReason::BadMac,
        DropReason::Replayed,
        DropReason::Unprotected,
        DropReason::BadFragment,
        DropReason::OldMessage,
        DropReason::NoRoom,
        DropReason::Closed,
        DropReason::Alert,
    ];
}

/// Counts since the endpoint was made.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Records dropped, by [`DropReason`] (`stats.dropped[DropReason::BadMac as usize]`).
    pub dropped: [u64; DropReason::COUNT],
    /// Records that carried application data to us.
    pub records_received: u64,
    /// Records that carried application data to the peer.
    pub records_sent: u64,
    /// Flights sent again, for want of an answer or because the peer repeated its own.
    pub flights_repeated: u64,
}

impl Stats {
    /// All drops together.
    pub fn dropped_total(&self) -> u64 {
        self.dropped.iter().sum()
    }

    pub(crate) fn drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }
}
