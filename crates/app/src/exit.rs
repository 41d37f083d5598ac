//! Exit codes of the command line. PROTOCOLS.md 7.

use std::process::ExitCode;

/// How a command ended.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Exit {
    /// It worked.
    Ok = 0,
    /// Something that was not foreseen.
    Unexpected = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Nobody came, or it took too long.
    NobodyCame = 3,
    /// A wrong code or link, or one that was used already.
    WrongSecret = 4,
    /// No path through the network.
    NoPath = 5,
    /// A security check failed: fingerprint, certificate.
    Insecure = 6,
    /// Cut off on the way; what is there was kept.
    Interrupted = 7,
    /// What came is not what was sent.
    Damaged = 8,
    /// The other side said no.
    Declined = 9,
    /// A local file or disk.
    Local = 10,
    /// A server or version refused.
    Refused = 11,
    /// The other side broke the protocol.
    PeerProtocol = 12,
    /// A test is not supported here.
    NotSupported = 127,
    /// SIGINT.
    Sigint = 130,
    /// SIGTERM.
    Sigterm = 143,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
