//! What ends a connection, and what a caller can do wrong.

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sdp::JsepError;
use limpid_sdp::jsep::SignalingState;

/// Why a connection is finished.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The secure handshake or its verification failed. The other side was sent the alert of the inner error.
    Dtls(limpid_dtls::Error),
    /// The agent can not go on. There is no such error today.
    Ice(limpid_ice::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Dtls(error) => write!(f, "the secure handshake failed: {error}"),
            Error::Ice(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

/// A precondition that the caller broke, or a description that can not be applied. Nothing has changed.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Misuse {
    /// The verb is not allowed in this signalling state (RFC 9429 §3.2).
    InvalidState(SignalingState),
    /// A local description has to be the one that was created last (RFC 9429 §5.4).
    NotAsCreated,
    /// The text is no SDP.
    Parse(ParseError),
    /// The text is SDP, but not a description that can be applied.
    Description(JsepError),
    /// No fingerprint of the description is under a hash that proves anything: SHA-256, SHA-384, SHA-512 (RFC 8122 §5).
    NoUsableFingerprint,
    /// The description names another certificate than the one that this connection was verified with.
    CertificateChanged,
    /// The answer has other ICE credentials than the one for now (`pranswer`) that came before it.
    AnotherAnswerer,
    /// A candidate came before any remote description.
    NoRemoteDescription,
    /// A candidate for a section that does not exist, or too many of them.
    Candidate,
    /// ICE does not take the credentials.
    Ice(limpid_ice::Misuse),
    /// The channel can not be opened so.
    Channel(limpid_sctp::Misuse),
    /// There is no such transceiver, or it was stopped.
    NoTransceiver,
    /// There are as many transceivers as a connection takes.
    TooManyTransceivers,
    /// The track is sound where pictures go, or the other way round.
    TrackKind,
    /// The track is sent already.
    TrackExists,
    /// Layers are named by few letters and digits, no two alike, and are eight at most.
    Layers,
    /// A codec that is not among the capabilities, or none that carries media.
    Codecs,
    /// No tones can be sent there, now or yet: we may not send, or the other side does not take them.
    NoTones,
    /// These tones can not be sent.
    Tones(limpid_rtp::codec::telephone_event::BadTones),
    /// The connection has ended.
    Closed,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misuse::InvalidState(state) => write!(f, "not allowed in the signalling state {state:?}"),
            Misuse::NotAsCreated => f.write_str("a local description must be the one that was created last"),
            Misuse::Parse(error) => write!(f, "this is no SDP: {error}"),
            Misuse::Description(error) => write!(f, "this description can not be applied: {error}"),
            Misuse::NoUsableFingerprint => {
                f.write_str("the description has no fingerprint under a hash that proves anything")
            }
            Misuse::CertificateChanged => {
                f.write_str("the description names another certificate than the one that was verified")
            }
            Misuse::AnotherAnswerer => {
                f.write_str("the answer has other ICE credentials than the one for now that came before it")
            }
            Misuse::NoRemoteDescription => f.write_str("a candidate came before any remote description"),
            Misuse::Candidate => f.write_str("a candidate for no section of the description, or too many"),
            Misuse::Ice(error) => write!(f, "{error}"),
            Misuse::Channel(error) => write!(f, "{error}"),
            Misuse::NoTransceiver => f.write_str("there is no such transceiver, or it was stopped"),
            Misuse::TooManyTransceivers => f.write_str("there are too many transceivers"),
            Misuse::TrackKind => f.write_str("the track is of another kind"),
            Misuse::TrackExists => f.write_str("the track is sent already"),
            Misuse::Layers => f.write_str("these are no names of layers, or too many"),
            Misuse::Codecs => f.write_str("these codecs are not among the capabilities, or carry no media"),
            Misuse::NoTones => f.write_str("no tones can be sent there, now or yet"),
            Misuse::Tones(error) => error.fmt(f),
            Misuse::Closed => f.write_str("the connection has ended"),
        }
    }
}

impl core::error::Error for Misuse {}

impl From<ParseError> for Misuse {
    fn from(error: ParseError) -> Self {
        Misuse::Parse(error)
    }
}

impl From<JsepError> for Misuse {
    fn from(error: JsepError) -> Self {
        Misuse::Description(error)
    }
}
