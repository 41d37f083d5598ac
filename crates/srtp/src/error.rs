//! The small errors of this crate: why something could not be protected, and why something was dropped.

use core::fmt;

use limpid_sansio::ParseError;

/// Why a context could not be made, or a packet of ours not be protected. The packet is as it was.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The crypto provider lacks a cipher or MAC of the profile.
    Unsupported,
    /// A master key, a master salt or a DTLS export has another length than the profile asks for.
    KeyLength,
    /// Not an RTP or RTCP packet.
    Malformed(ParseError),
    /// The sequence number was used before under this key, or is so far back that it may have been. To protect it again would
    /// give two packets one key stream (RFC 3711 §9.1), and with GCM give the authentication away (RFC 7714 §8.4).
    IndexReused,
    /// As many packets were protected as one master key may protect (RFC 3711 §9.2): new keys are needed.
    KeyExhausted,
    /// [`Config::max_sources`](crate::Config::max_sources) SSRCs are in use.
    TooManySources,
    /// [`Cryptex::Require`](crate::Cryptex::Require), and a header extension that RFC 8285 does not describe; or one that bears
    /// the mark of cryptex without being encrypted.
    NotEncryptable,
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Error::Malformed(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Unsupported => "the crypto provider lacks an algorithm of the SRTP profile",
            Error::KeyLength => "keying material has another length than the SRTP profile asks for",
            Error::Malformed(error) => return write!(f, "not a packet to protect: {error}"),
            Error::IndexReused => "the sequence number was used before under this key",
            Error::KeyExhausted => "the master key has protected as many packets as it may",
            Error::TooManySources => "as many SSRCs are in use as the configuration allows",
            Error::NotEncryptable => "the header extension has a form that can not be encrypted",
        })
    }
}

impl core::error::Error for Error {}

/// Why a packet from the network was dropped. Each is an index into [`Stats::dropped`](crate::Stats::dropped).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DropReason {
    /// Not RTP or RTCP, or too short for its authentication tag.
    Malformed,
    /// This index was received before (RFC 3711 §3.3.2).
    Replayed,
    /// Below the replay window: it may have been received before.
    TooOld,
    /// No index fits: it would lie before the first packet of all, or after the last.
    NoIndex,
    /// The authentication tag does not match: another key, another rollover counter, or an altered packet.
    NotAuthentic,
    /// From a new SSRC, and [`Config::max_sources`](crate::Config::max_sources) are in use.
    TooManySources,
    /// [`Cryptex::Require`](crate::Cryptex::Require), and CSRCs or extensions came in the clear.
    InClear,
    /// As many packets were received as one master key may protect (RFC 3711 §9.2).
    KeyExhausted,
}

impl DropReason {
    /// How many there are.
    pub const COUNT: usize = 8;
    /// All of them, in the order of their indices.
    pub const ALL: [DropReason; DropReason::COUNT] = [
        DropReason::Malformed,
        DropReason::Replayed,
        DropReason::TooOld,
        DropReason::NoIndex,
        DropReason::NotAuthentic,
        DropReason::TooManySources,
        DropReason::InClear,
        DropReason::KeyExhausted,
    ];
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DropReason::Malformed => "not an SRTP or SRTCP packet",
            DropReason::Replayed => "received before",
            DropReason::TooOld => "below the replay window",
            DropReason::NoIndex => "no rollover counter fits its sequence number",
            DropReason::NotAuthentic => "not authentic",
            DropReason::TooManySources => "a new SSRC beyond the limit",
            DropReason::InClear => "header fields in the clear that must be encrypted",
            DropReason::KeyExhausted => "beyond the lifetime of the master key",
        })
    }
}
