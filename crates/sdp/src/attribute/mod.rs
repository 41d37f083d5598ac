//! `a=` lines: one typed value for every attribute that WebRTC speaks, the text of all others. RFC 8866 §5.13.
//!
//! An attribute that is known and malformed is a fault of the whole description (RFC 9429 §5.8); one that is not known is
//! kept as it stands. What belongs to another room is checked there: a candidate's text goes to ice as it came, a
//! fingerprint's digest to crypto.

mod dtls;
mod extmap;
mod grouping;
mod ice;
mod rtcp;
mod rtp;
mod sctp;
mod simulcast;
mod source;

use alloc::string::String;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use crate::lexer::{find, number, push_number};
use crate::text::Text;

pub use dtls::{Fingerprint, Setup};
pub use extmap::ExtMap;
pub use grouping::Group;
pub use rtcp::{RtcpAddress, RtcpFeedback};
pub use rtp::{Direction, Format, RtpMap};
pub use sctp::SctpMap;
pub use simulcast::{Rid, RidDirection, Simulcast};
pub use source::{Msid, Ssrc, SsrcGroup};

/// One attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Attribute {
    /// `mid`: the section's name (RFC 5888 §4).
    Mid(Text),
    /// `group`: names that belong together (RFC 5888 §5, RFC 9143).
    Group(Group),
    /// `bundle-only` (RFC 9143 §6).
    BundleOnly,
    /// `ice-ufrag` (RFC 8839 §5.4).
    IceUfrag(Text),
    /// `ice-pwd` (RFC 8839 §5.4).
    IcePwd(Text),
    /// `ice-options`: words split by spaces (RFC 8839 §5.6).
    IceOptions(Text),
    /// `ice-lite` (RFC 8839 §5.3).
    IceLite,
    /// `ice-mismatch` (RFC 8839 §5.3).
    IceMismatch,
    /// `candidate`, without the word itself; the ice crate knows its grammar (RFC 8839 §5.1).
    Candidate(Text),
    /// `remote-candidates` (RFC 8839 §5.2).
    RemoteCandidates(Text),
    /// `end-of-candidates` (RFC 8840 §8.2).
    EndOfCandidates,
    /// `fingerprint` (RFC 8122 §5).
    Fingerprint(Fingerprint),
    /// `setup` (RFC 4145 §4, RFC 8842 §5).
    Setup(Setup),
    /// `tls-id` (RFC 8842 §4).
    TlsId(Text),
    /// `sctp-port` (RFC 8841 §5). 0 closes the association.
    SctpPort(u16),
    /// `max-message-size`, in bytes; 0: any size (RFC 8841 §6).
    MaxMessageSize(u64),
    /// `sctpmap`: how old peers say `sctp-port`.
    SctpMap(SctpMap),
    /// `sctp-init`: an INIT chunk in base64 (draft-hancke-tsvwg-snap).
    SctpInit(Text),
    /// `sendrecv`, `sendonly`, `recvonly`, `inactive` (RFC 8866 §6.7).
    Direction(Direction),
    /// `rtpmap` (RFC 8866 §6.6).
    RtpMap(RtpMap),
    /// `fmtp` (RFC 8866 §6.15).
    Format(Format),
    /// `ptime`, in milliseconds, as written: fractions are allowed (RFC 8866 §6.4).
    PacketTime(Text),
    /// `maxptime` (RFC 8866 §6.5).
    MaxPacketTime(Text),
    /// `framerate` (RFC 8866 §6.13).
    FrameRate(Text),
    /// `rtcp` (RFC 3605 §2.1).
    Rtcp(RtcpAddress),
    /// `rtcp-fb` (RFC 4585 §4.2).
    RtcpFeedback(RtcpFeedback),
    /// `rtcp-mux` (RFC 5761 §5.1.3).
    RtcpMux,
    /// `rtcp-mux-only` (RFC 8858 §3).
    RtcpMuxOnly,
    /// `rtcp-rsize` (RFC 5506 §5).
    RtcpReducedSize,
    /// `rtcp-xr` (RFC 3611 §5.1).
    RtcpExtendedReports(Text),
    /// `extmap` (RFC 8285 §5).
    ExtMap(ExtMap),
    /// `extmap-allow-mixed` (RFC 8285 §6).
    ExtMapAllowMixed,
    /// `ssrc` (RFC 5576 §4.1).
    Ssrc(Ssrc),
    /// `ssrc-group` (RFC 5576 §4.2).
    SsrcGroup(SsrcGroup),
    /// `msid` (RFC 8830 §2).
    Msid(Msid),
    /// `msid-semantic`, from an early draft of RFC 8830; still written by browsers.
    MsidSemantic(Text),
    /// `rid` (RFC 8851).
    Rid(Rid),
    /// `simulcast` (RFC 8853).
    Simulcast(Simulcast),
    /// Any other, as it stands.
    Other {
        /// What stands before the colon.
        name: Text,
        /// What stands behind it, if there is one.
        value: Option<Text>,
    },
}

impl Attribute {
    /// From what stands behind `a=`, without the line's end. Offsets in errors count from there.
    pub fn parse(line: &str) -> Result<Self, ParseError> {
        if let Some(at) = line.bytes().position(|byte| matches!(byte, b'\0' | b'\r' | b'\n')) {
            return Err(ParseError::new("byte-string", at, ParseErrorKind::BadValue));
        }
        let mut parsed = None;
        Attribute::parse_into(line, |attribute| parsed = Some(attribute))?;
        parsed.ok_or(ParseError::new("attribute", 0, ParseErrorKind::Missing))
    }

    /// The same for a line that the lexer has checked. `put` gets the attribute where it is made: handing it up through
    /// `Result`s would copy its hundred bytes three times, a third of the time that a description takes.
    pub(crate) fn parse_into(line: &str, put: impl FnOnce(Attribute)) -> Result<(), ParseError> {
        let (name, value) = match find(line.as_bytes(), b':') {
            Some(colon) => (&line[..colon], Some(&line[colon + 1..])),
            None => (line, None),
        };
        if name.is_empty() {
            return Err(ParseError::new("attribute", 0, ParseErrorKind::Missing));
        }
        let Some(value) = value else {
            put(Attribute::flag(name)
                .unwrap_or_else(|| Attribute::Other { name: Text::from_line(name), value: None }));
            return Ok(());
        };
        Attribute::with_value(name, value, put)
            .map_err(|(field, kind)| ParseError::new(field, name.len() + 1, kind))
    }

    /// The attributes that are their name alone.
    fn flag(name: &str) -> Option<Self> {
        Some(match name {
            "sendrecv" => Attribute::Direction(Direction::SendRecv),
            "sendonly" => Attribute::Direction(Direction::SendOnly),
            "recvonly" => Attribute::Direction(Direction::RecvOnly),
            "inactive" => Attribute::Direction(Direction::Inactive),
            "rtcp-mux" => Attribute::RtcpMux,
            "rtcp-mux-only" => Attribute::RtcpMuxOnly,
            "rtcp-rsize" => Attribute::RtcpReducedSize,
            "extmap-allow-mixed" => Attribute::ExtMapAllowMixed,
            "bundle-only" => Attribute::BundleOnly,
            "end-of-candidates" => Attribute::EndOfCandidates,
            "ice-lite" => Attribute::IceLite,
            "ice-mismatch" => Attribute::IceMismatch,
            _ => return None,
        })
    }

    /// The attributes that have a value, the most frequent first.
    #[inline(always)]
    fn with_value(
        name: &str,
        value: &str,
        put: impl FnOnce(Self),
    ) -> Result<(), (&'static str, ParseErrorKind)> {
        match name {
            "rtcp-fb" => {
                put(Attribute::RtcpFeedback(RtcpFeedback::parse(value).map_err(|kind| ("rtcp-fb", kind))?))
            }
            "rtpmap" => put(Attribute::RtpMap(RtpMap::parse(value).map_err(|kind| ("rtpmap", kind))?)),
            "fmtp" => put(Attribute::Format(Format::parse(value).map_err(|kind| ("fmtp", kind))?)),
            "extmap" => put(Attribute::ExtMap(ExtMap::parse(value).map_err(|kind| ("extmap", kind))?)),
            "candidate" => put(Attribute::Candidate(some(value).map_err(|kind| ("candidate", kind))?)),
            "ssrc" => put(Attribute::Ssrc(Ssrc::parse(value).map_err(|kind| ("ssrc", kind))?)),
            "mid" => put(Attribute::Mid(grouping::parse_mid(value).map_err(|kind| ("mid", kind))?)),
            "setup" => put(Attribute::Setup(Setup::parse(value).map_err(|kind| ("setup", kind))?)),
            "fingerprint" => {
                put(Attribute::Fingerprint(Fingerprint::parse(value).map_err(|kind| ("fingerprint", kind))?))
            }
            "ice-ufrag" => {
                put(Attribute::IceUfrag(ice::parse_ufrag(value).map_err(|kind| ("ice-ufrag", kind))?))
            }
            "ice-pwd" => put(Attribute::IcePwd(ice::parse_pwd(value).map_err(|kind| ("ice-pwd", kind))?)),
            "ice-options" => put(Attribute::IceOptions(some(value).map_err(|kind| ("ice-options", kind))?)),
            "rtcp" => put(Attribute::Rtcp(RtcpAddress::parse(value).map_err(|kind| ("rtcp", kind))?)),
            "msid" => put(Attribute::Msid(Msid::parse(value).map_err(|kind| ("msid", kind))?)),
            "ssrc-group" => {
                put(Attribute::SsrcGroup(SsrcGroup::parse(value).map_err(|kind| ("ssrc-group", kind))?))
            }
            "group" => put(Attribute::Group(Group::parse(value).map_err(|kind| ("group", kind))?)),
            "sctp-port" => put(Attribute::SctpPort(number(value).map_err(|kind| ("sctp-port", kind))?)),
            "max-message-size" => {
                put(Attribute::MaxMessageSize(number(value).map_err(|kind| ("max-message-size", kind))?))
            }
            "sctpmap" => put(Attribute::SctpMap(SctpMap::parse(value).map_err(|kind| ("sctpmap", kind))?)),
            "sctp-init" => put(Attribute::SctpInit(some(value).map_err(|kind| ("sctp-init", kind))?)),
            "msid-semantic" => {
                put(Attribute::MsidSemantic(some(value).map_err(|kind| ("msid-semantic", kind))?))
            }
            "rid" => put(Attribute::Rid(Rid::parse(value).map_err(|kind| ("rid", kind))?)),
            "simulcast" => {
                put(Attribute::Simulcast(Simulcast::parse(value).map_err(|kind| ("simulcast", kind))?))
            }
            "rtcp-xr" => put(Attribute::RtcpExtendedReports(Text::from_line(value))),
            "tls-id" => put(Attribute::TlsId(some(value).map_err(|kind| ("tls-id", kind))?)),
            "remote-candidates" => {
                put(Attribute::RemoteCandidates(some(value).map_err(|kind| ("remote-candidates", kind))?))
            }
            "ptime" => put(Attribute::PacketTime(some(value).map_err(|kind| ("ptime", kind))?)),
            "maxptime" => put(Attribute::MaxPacketTime(some(value).map_err(|kind| ("maxptime", kind))?)),
            "framerate" => put(Attribute::FrameRate(some(value).map_err(|kind| ("framerate", kind))?)),
            _ => put(Attribute::Other { name: Text::from_line(name), value: Some(Text::from_line(value)) }),
        }
        Ok(())
    }

    /// Appends what stands behind `a=`, without the line's end.
    pub fn write(&self, out: &mut String) {
        match self {
            Attribute::RtcpFeedback(value) => named(out, "rtcp-fb:", |out| value.write(out)),
            Attribute::RtpMap(value) => named(out, "rtpmap:", |out| value.write(out)),
            Attribute::Format(value) => named(out, "fmtp:", |out| value.write(out)),
            Attribute::ExtMap(value) => named(out, "extmap:", |out| value.write(out)),
            Attribute::Ssrc(value) => named(out, "ssrc:", |out| value.write(out)),
            Attribute::SsrcGroup(value) => named(out, "ssrc-group:", |out| value.write(out)),
            Attribute::Group(value) => named(out, "group:", |out| value.write(out)),
            Attribute::Fingerprint(value) => named(out, "fingerprint:", |out| value.write(out)),
            Attribute::SctpMap(value) => named(out, "sctpmap:", |out| value.write(out)),
            Attribute::Rtcp(value) => named(out, "rtcp:", |out| value.write(out)),
            Attribute::Msid(value) => named(out, "msid:", |out| value.write(out)),
            Attribute::Rid(value) => named(out, "rid:", |out| value.write(out)),
            Attribute::Simulcast(value) => named(out, "simulcast:", |out| value.write(out)),
            Attribute::SctpPort(value) => named(out, "sctp-port:", |out| push_number(out, (*value).into())),
            Attribute::MaxMessageSize(value) => {
                named(out, "max-message-size:", |out| push_number(out, *value))
            }
            Attribute::Setup(value) => pair(out, "setup:", value.as_str()),
            Attribute::Mid(value) => pair(out, "mid:", value),
            Attribute::IceUfrag(value) => pair(out, "ice-ufrag:", value),
            Attribute::IcePwd(value) => pair(out, "ice-pwd:", value),
            Attribute::IceOptions(value) => pair(out, "ice-options:", value),
            Attribute::Candidate(value) => pair(out, "candidate:", value),
            Attribute::RemoteCandidates(value) => pair(out, "remote-candidates:", value),
            Attribute::TlsId(value) => pair(out, "tls-id:", value),
            Attribute::SctpInit(value) => pair(out, "sctp-init:", value),
            Attribute::PacketTime(value) => pair(out, "ptime:", value),
            Attribute::MaxPacketTime(value) => pair(out, "maxptime:", value),
            Attribute::FrameRate(value) => pair(out, "framerate:", value),
            Attribute::RtcpExtendedReports(value) => pair(out, "rtcp-xr:", value),
            Attribute::MsidSemantic(value) => pair(out, "msid-semantic:", value),
            Attribute::Direction(value) => out.push_str(value.as_str()),
            Attribute::RtcpMux => out.push_str("rtcp-mux"),
            Attribute::RtcpMuxOnly => out.push_str("rtcp-mux-only"),
            Attribute::RtcpReducedSize => out.push_str("rtcp-rsize"),
            Attribute::ExtMapAllowMixed => out.push_str("extmap-allow-mixed"),
            Attribute::BundleOnly => out.push_str("bundle-only"),
            Attribute::EndOfCandidates => out.push_str("end-of-candidates"),
            Attribute::IceLite => out.push_str("ice-lite"),
            Attribute::IceMismatch => out.push_str("ice-mismatch"),
            Attribute::Other { name, value } => {
                out.push_str(name);
                if let Some(value) = value {
                    pair(out, ":", value);
                }
            }
        }
    }
}

/// Text that must not be empty.
fn some(value: &str) -> Result<Text, ParseErrorKind> {
    if value.is_empty() { Err(ParseErrorKind::Missing) } else { Ok(Text::from_line(value)) }
}

fn named(out: &mut String, name: &str, value: impl FnOnce(&mut String)) {
    out.push_str(name);
    value(out);
}

fn pair(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str(value);
}

#[cfg(test)]
mod tests;
