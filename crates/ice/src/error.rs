//! What can go wrong: never on the wire's account, seldom on the caller's.

use core::fmt;

/// Fatal for the agent. There is no such thing today: a session that fails can be restarted.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {}

impl fmt::Display for Error {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl core::error::Error for Error {}

/// The caller broke a precondition; nothing was changed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Misuse {
    /// The stream was never added.
    UnknownStream,
    /// A username fragment is not 4 to 256 ice-chars, or a password not 22 to 256 (RFC 8839 §5.4).
    BadCredentials,
    /// Only one of fragment and password changed: a restart changes both (RFC 8445 §9).
    HalfARestart,
    /// The agent was closed.
    Closed,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Misuse::UnknownStream => "this stream was never added",
            Misuse::BadCredentials => {
                "the username fragment or password has a length or character that ICE does not allow"
            }
            Misuse::HalfARestart => "username fragment and password must change together",
            Misuse::Closed => "the agent was closed",
        })
    }
}

impl core::error::Error for Misuse {}

/// Why something that arrived was left aside. Index [`Stats::dropped`](crate::Stats::dropped) with it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum DropReason {
    /// Payload on a pair of addresses that no authentic check came from.
    UnknownPath,
    /// An empty datagram.
    Empty,
    /// Looked like STUN and was not.
    Malformed,
    /// FINGERPRINT is missing or wrong.
    Fingerprint,
    /// MESSAGE-INTEGRITY is missing or wrong.
    Integrity,
    /// The username names no session of ours.
    Username,
    /// A response to no request of ours, or to one that is over.
    UnknownTransaction,
    /// An error response that did not authenticate itself: it decides nothing.
    UnauthenticatedError,
    /// A method or an attribute that we do not know.
    Unsupported,
    /// A response came from, or to, another address than its request went.
    Asymmetric,
    /// A bound was reached: candidates, early checks, names, or replies that wait to be sent.
    Limit,
    /// A candidate that we do not pair: TCP, another family, a name that is not ours to resolve, or a forbidden address.
    CandidateUnused,
}

impl DropReason {
    pub(crate) const COUNT: usize = DropReason::CandidateUnused as usize + 1;
}
