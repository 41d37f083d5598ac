//! What can go wrong: for the association (`Error`), for its caller (`Misuse`, `WriteError`), and for single packets
//! (`DropReason`).

use core::fmt;

/// Why an association is finished. Noise is never an error.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The peer sent ABORT; the first error cause code in it, if any (RFC 9260 §3.3.10).
    AbortedByPeer(Option<u16>),
    /// INIT or COOKIE ECHO went unanswered (RFC 9260 §5.1.6).
    HandshakeTimedOut,
    /// Too many retransmissions or heartbeats went unanswered (RFC 9260 §8.1).
    PeerUnreachable,
    /// The peer broke a rule that leaves nothing to go on with; an ABORT with this cause code was queued.
    Violation(u16),
    /// Shutting down took longer than the guard allows (RFC 9260 §9.2).
    ShutdownTimedOut,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::AbortedByPeer(Some(cause)) => {
                write!(f, "the peer aborted the association (cause {cause})")
            }
            Error::AbortedByPeer(None) => f.write_str("the peer aborted the association"),
            Error::HandshakeTimedOut => f.write_str("the peer did not answer the SCTP handshake"),
            Error::PeerUnreachable => f.write_str("the peer does not answer any more"),
            Error::Violation(cause) => write!(f, "the peer broke the protocol (cause {cause})"),
            Error::ShutdownTimedOut => f.write_str("the association could not be shut down in time"),
        }
    }
}

impl core::error::Error for Error {}

/// The caller broke a precondition; nothing has changed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Misuse {
    /// Stream id 65535 is not a channel (RFC 8831 §6.2), or it lies beyond what the peer takes.
    BadStreamId,
    /// The stream id is in use.
    StreamInUse,
    /// All ids of our parity, or all channels of [`Config::max_channels`](crate::Config::max_channels), are in use.
    NoFreeChannel,
    /// Label or protocol is longer than OPEN can say.
    LabelTooLong,
    /// The association is shutting down or finished.
    Closed,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Misuse::BadStreamId => "this stream id can not be a channel",
            Misuse::StreamInUse => "this stream id is in use",
            Misuse::NoFreeChannel => "no further channel can be opened",
            Misuse::LabelTooLong => "the label or the protocol of a channel is too long",
            Misuse::Closed => "the association is closed",
        })
    }
}

impl core::error::Error for Misuse {}

/// Why a message was not taken; nothing has changed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum WriteError {
    /// The send buffer is full; [`Event::Writable`](crate::Event::Writable) tells when to try again.
    Full,
    /// Longer than the peer takes.
    TooLarge,
    /// The channel is closing, closed, or unknown.
    NotOpen,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WriteError::Full => "the send buffer is full",
            WriteError::TooLarge => "the message is longer than the peer takes",
            WriteError::NotOpen => "the channel is not open",
        })
    }
}

impl core::error::Error for WriteError {}

macro_rules! drop_reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why a packet, a chunk or a message was dropped.
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[non_exhaustive]
        pub enum DropReason { $($(#[$doc])* $name,)* }

        impl DropReason {
            /// All of them.
            pub const ALL: &'static [DropReason] = &[$(DropReason::$name,)*];
            /// A short name for tables and traces.
            pub const fn name(self) -> &'static str {
                match self { $(DropReason::$name => $text,)* }
            }
        }
    };
}

drop_reasons! {
    /// A packet or chunk does not parse.
    Malformed = "malformed",
    /// The CRC32c does not match (RFC 9260 §6.8).
    BadChecksum = "bad-checksum",
    /// Another SCTP port than ours or theirs.
    WrongPort = "wrong-port",
    /// Another verification tag (RFC 9260 §8.5).
    WrongTag = "wrong-tag",
    /// Belongs to no association (RFC 9260 §8.4).
    OutOfTheBlue = "out-of-the-blue",
    /// A chunk that means nothing in this state.
    Unexpected = "unexpected",
    /// A chunk type that we do not know (RFC 9260 §3.2).
    UnknownChunk = "unknown-chunk",
    /// A cookie that we did not make.
    BadCookie = "bad-cookie",
    /// A cookie that is too old.
    StaleCookie = "stale-cookie",
    /// A TSN that was here before.
    DuplicateTsn = "duplicate-tsn",
    /// DATA beyond the window that we announced.
    WindowFull = "window-full",
    /// DATA that would open one gap too many, or lies too far ahead.
    TooManyGaps = "too-many-gaps",
    /// A SACK that is old, or acknowledges what was never sent.
    BadSack = "bad-sack",
    /// A fragment that belongs to no message.
    StrayFragment = "stray-fragment",
    /// Data on a stream that nobody opened, or that was closed.
    NoChannel = "no-channel",
    /// A DCEP message that is malformed or out of place.
    BadDcep = "bad-dcep",
    /// A PPID that no data channel uses (RFC 8831 §8).
    UnknownPpid = "unknown-ppid",
    /// An answer that did not fit the queue of answers.
    ReplyLimit = "reply-limit",
}

/// Counts per [`DropReason`].
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Dropped([u64; DropReason::ALL.len()]);

impl Dropped {
    pub(crate) fn count(&mut self, reason: DropReason) {
        self.0[reason as usize] += 1;
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl core::ops::Index<DropReason> for Dropped {
    type Output = u64;
    fn index(&self, reason: DropReason) -> &u64 {
        &self.0[reason as usize]
    }
}
