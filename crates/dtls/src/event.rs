//! What an endpoint reports.

use limpid_crypto::NamedGroup;

use crate::alert::AlertDescription;
use crate::record::ProtocolVersion;
use crate::suite::CipherSuite;

/// A fact, in the past tense.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// Both Finished have been checked: [`info`](crate::Endpoint::info), [`export`](crate::Endpoint::export) and the
    /// peer's certificate are there. Application data still waits for [`Event::Verified`].
    HandshakeCompleted,
    /// The peer's certificate is one that was expected (or any will do). Always after [`Event::HandshakeCompleted`];
    /// from now on application data flows. What came early waits in [`read_held`](crate::Endpoint::read_held).
    Verified,
    /// The peer sent close_notify, or we have said ours after [`close`](crate::Endpoint::close).
    Closed,
    /// The peer sent a warning that is not close_notify. Nothing follows from it.
    Warned(AlertDescription),
}

/// What the handshake agreed on.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Info {
    /// DTLS 1.2.
    pub version: ProtocolVersion,
    /// How records are protected.
    pub suite: CipherSuite,
    /// Where the key exchange took place.
    pub group: NamedGroup,
    /// The protection profile of RFC 5764 that media will use, if any: a code point that the srtp room knows.
    pub srtp_profile: Option<u16>,
    /// Always true: without it there is no connection (RFC 7627).
    pub extended_master_secret: bool,
}
