//! Why a description, though well formed, can not be used.

use core::fmt;

/// What is wrong with an offer or an answer, and in which section (counted from 0).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum JsepError {
    /// No `ice-ufrag` or `ice-pwd`, neither in the section nor where it may inherit from.
    MissingCredentials(usize),
    /// No `fingerprint`.
    MissingFingerprint(usize),
    /// No `setup`, or one that WebRTC does not use, or not in this place.
    BadSetup(usize),
    /// No `sctp-port` (RFC 8841 §5.1).
    MissingSctpPort(usize),
    /// Two sections have one name.
    RepeatedMid(usize),
    /// The answer has more or fewer sections than the offer; or a new offer has fewer than the session.
    SectionCount,
    /// The section is of another kind or protocol than the offered one, or than it was before.
    SectionKind(usize),
    /// The section has another name than the offered one, or than it had before.
    SectionMid(usize),
    /// The section was not offered, and is answered.
    NotOffered(usize),
    /// The answer's BUNDLE group names a section that the offer's did not, or leaves out one that can only live in it.
    BadBundle,
    /// The answer accepts the section outside of the transport that it accepts the others in, and there is only one.
    NotBundled(usize),
    /// The answer's section has no `rtcp-mux` (RFC 9429 §5.11).
    RtcpNotMultiplexed(usize),
    /// Another certificate without new ICE credentials (RFC 9429 §5.11).
    NewCertificateWithoutRestart,
    /// The answer has new ICE credentials, and the offer did not ask for any (RFC 9429 §5.10).
    RestartNotAsked,
    /// The answer keeps the old ICE credentials, and the offer asked for new ones (RFC 9429 §5.10, RFC 8839 §4.4.2.1).
    RestartNotAnswered,
}

impl fmt::Display for JsepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, section) = match *self {
            JsepError::MissingCredentials(section) => ("has no ICE credentials", section),
            JsepError::MissingFingerprint(section) => ("has no fingerprint", section),
            JsepError::BadSetup(section) => ("has no setup role that fits", section),
            JsepError::MissingSctpPort(section) => ("has no SCTP port", section),
            JsepError::RepeatedMid(section) => ("has a name that another one has", section),
            JsepError::SectionKind(section) => ("is of another kind than the one before", section),
            JsepError::SectionMid(section) => ("has another name than the one before", section),
            JsepError::NotOffered(section) => ("is accepted though it was not on offer", section),
            JsepError::NotBundled(section) => ("is accepted over a transport of its own", section),
            JsepError::RtcpNotMultiplexed(section) => ("wants a port of its own for RTCP", section),
            JsepError::SectionCount => {
                return f.write_str("the description has not as many sections as the one before");
            }
            JsepError::BadBundle => {
                return f.write_str("the answer's BUNDLE group is no part of the offer's");
            }
            JsepError::NewCertificateWithoutRestart => {
                return f.write_str("the certificate changes without an ICE restart");
            }
            JsepError::RestartNotAsked => {
                return f.write_str("the answer restarts ICE, and the offer did not");
            }
            JsepError::RestartNotAnswered => {
                return f.write_str("the offer restarts ICE, and the answer keeps the old credentials");
            }
        };
        write!(f, "section {section} {what}")
    }
}

impl core::error::Error for JsepError {}
