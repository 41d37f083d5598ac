//! Sections as this side writes them: one for data channels, and the empty slot of one that is refused.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Local, Setup};
use crate::attribute::{Attribute, Direction, Fingerprint, Group, SctpMap};
use crate::line::{Connection, Line, Origin, Timing};
use crate::media::Media;
use crate::session::SessionDescription;
use crate::text::Text;

/// The port of sections whose addresses are candidates: "discard" (RFC 8840 §4.1.1).
const DISCARD_PORT: u16 = 9;

/// A description of these sections. `bundled`: the names of those that share a transport; none: no group.
pub(super) fn session(local: &Local<'_>, media: Vec<Media>, bundled: &[&str]) -> SessionDescription {
    let mut lines = alloc::vec![Line::Timing(Timing { start: 0, stop: 0 })];
    if !bundled.is_empty() {
        lines.push(Line::Attribute(Attribute::Group(Group::bundle(bundled.iter().copied()))));
    }
    SessionDescription { origin: origin(local), name: "-".into(), lines, media }
}

/// An origin that tells nothing of where we are (RFC 9429 §5.2.1).
fn origin(local: &Local<'_>) -> Origin {
    let digits = |value: u64| {
        let mut text = String::new();
        crate::lexer::push_number(&mut text, value);
        Text::from(text)
    };
    Origin {
        username: "-".into(),
        session_id: digits(local.session_id),
        session_version: digits(local.session_version),
        // Deviation: RFC 9429 asks for 0.0.0.0, browsers write the loopback address; peers exist that know only theirs.
        address: Connection { address: "127.0.0.1".into(), ..Connection::unspecified() },
    }
}

/// How a section for data channels names its protocol and its port.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    pub(super) protocol: &'a str,
    /// The format that stands on the `m=` line.
    pub(super) format: &'a str,
    /// The old form, with `sctpmap`.
    pub(super) is_legacy: bool,
}

impl Form<'_> {
    /// RFC 8841's own.
    pub(super) const CURRENT: Form<'static> =
        Form { protocol: "UDP/DTLS/SCTP", format: "webrtc-datachannel", is_legacy: false };
}

/// A live section for data channels.
pub(super) fn data(local: &Local<'_>, mid: Option<&str>, setup: Setup, form: Form<'_>) -> Media {
    let mut attributes = Vec::with_capacity(12 + local.candidates.len());
    attributes.extend(mid.map(|mid| Attribute::Mid(mid.into())));
    transport(local, setup, &mut attributes);
    if form.is_legacy {
        let map = SctpMap {
            port: local.sctp_port,
            application: "webrtc-datachannel".into(),
            streams: Some(u16::MAX),
        };
        attributes.push(Attribute::SctpMap(map));
    } else {
        attributes.push(Attribute::SctpPort(local.sctp_port));
    }
    attributes.push(Attribute::MaxMessageSize(local.max_message_size));
    attributes.extend(local.candidates.iter().map(|line| candidate(line)));
    attributes.extend(local.end_of_candidates.then_some(Attribute::EndOfCandidates));
    let port = Text::from(alloc::format!("{}", local.sctp_port));
    Media {
        kind: "application".into(),
        port: DISCARD_PORT,
        port_count: None,
        protocol: form.protocol.into(),
        format_list: if form.is_legacy { port } else { form.format.into() },
        lines: under_connection(attributes),
    }
}

/// What belongs to ICE and DTLS.
fn transport(local: &Local<'_>, setup: Setup, attributes: &mut Vec<Attribute>) {
    attributes.push(Attribute::IceUfrag(local.ufrag.into()));
    attributes.push(Attribute::IcePwd(local.pwd.into()));
    if !local.ice_options.is_empty() {
        attributes.push(Attribute::IceOptions(local.ice_options.into()));
    }
    let fingerprints = local.fingerprints.iter().filter_map(|text| Fingerprint::parse(text).ok());
    attributes.extend(fingerprints.map(Attribute::Fingerprint));
    attributes.push(Attribute::Setup(setup));
}

fn candidate(line: &str) -> Attribute {
    let line = line.strip_prefix("a=").unwrap_or(line);
    Attribute::Candidate(line.strip_prefix("candidate:").unwrap_or(line).into())
}

/// The slot of a section that is refused or has ended: port 0, its name, nothing to connect to (RFC 3264 §6).
pub(super) fn rejected(like: &Media) -> Media {
    let mut attributes = Vec::with_capacity(2);
    attributes.extend(like.mid().map(|mid| Attribute::Mid(mid.into())));
    if !like.is_data() {
        attributes.push(Attribute::Direction(Direction::Inactive));
    }
    Media {
        kind: like.kind.clone(),
        port: 0,
        port_count: None,
        protocol: like.protocol.clone(),
        format_list: like.format_list.clone(),
        lines: under_connection(attributes),
    }
}

fn under_connection(attributes: Vec<Attribute>) -> Vec<Line> {
    let connection = Line::Connection(Connection::unspecified());
    core::iter::once(connection).chain(attributes.into_iter().map(Line::Attribute)).collect()
}
