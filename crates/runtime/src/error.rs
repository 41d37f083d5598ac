//! What can go wrong with a connection, as its user sees it.

use std::fmt;
use std::io;

use limpid_peer::{FrameRefused, Misuse, WriteError};

/// Why something could not be done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No socket could be bound.
    Socket(io::Error),
    /// The certificate could not be made or loaded.
    Certificate(limpid_peer::IdentityError),
    /// A precondition was broken, or a description can not be applied. Nothing has changed.
    Misuse(Misuse),
    /// The message was not taken.
    Write(WriteError),
    /// The frame was not taken.
    Frame(FrameRefused),
    /// The connection or channel has ended.
    Closed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Socket(error) => write!(f, "no socket could be bound: {error}"),
            Error::Certificate(error) => write!(f, "the certificate can not be used: {error}"),
            Error::Misuse(misuse) => misuse.fmt(f),
            Error::Write(error) => error.fmt(f),
            Error::Frame(refused) => refused.fmt(f),
            Error::Closed => f.write_str("the connection has ended"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Socket(error) => Some(error),
            Error::Misuse(misuse) => Some(misuse),
            Error::Write(error) => Some(error),
            Error::Frame(refused) => Some(refused),
            _ => None,
        }
    }
}

impl From<Misuse> for Error {
    fn from(misuse: Misuse) -> Self {
        Error::Misuse(misuse)
    }
}
