//! Sections as this side writes them, and the description around them. RFC 9429 §5.2.1 and §5.3.1.

use alloc::string::String;
use alloc::vec::Vec;

use super::facts::Extension;
use super::wish::Wish;
use super::{Direction, Local, Setup};
use crate::attribute::{
    Attribute, ExtMap, Fingerprint, Format, Group, Msid, Rid, RidDirection, RtcpFeedback, RtpMap, SctpMap,
    Simulcast, Ssrc, SsrcGroup,
};
use crate::codec::{CCFB, Codec};
use crate::line::{Connection, Line, Origin, Timing};
use crate::media::Media;
use crate::session::SessionDescription;
use crate::text::Text;

/// The port of sections whose addresses are candidates: "discard" (RFC 8840 §4.1.1).
const DISCARD_PORT: u16 = 9;
/// What WebRTC speaks (RFC 8827 §6.5).
pub(super) const RTP_PROTOCOL: &str = "UDP/TLS/RTP/SAVPF";

/// A description of these sections. `bundled`: the names of those that share a transport; none: no group. `mixes`: both
/// forms of RTP header extensions may be mixed in all sections. `lip_sync`: names of those that are played in step, by group.
pub(super) fn session(
    local: &Local<'_>,
    media: Vec<Media>,
    bundled: &[&str],
    mixes: bool,
    lip_sync: &[Vec<&str>],
) -> SessionDescription {
    let mut lines = alloc::vec![Line::Timing(Timing { start: 0, stop: 0 })];
    if !bundled.is_empty() {
        lines.push(Line::Attribute(Attribute::Group(Group::bundle(bundled.iter().copied()))));
    }
    let groups = lip_sync.iter().map(|names| Group::lip_sync(names.iter().copied()));
    lines.extend(groups.map(|group| Line::Attribute(Attribute::Group(group))));
    lines.extend(mixes.then_some(Line::Attribute(Attribute::ExtMapAllowMixed)));
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

/// How a section stands to the transport of its description.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Who begins the handshake.
    pub(super) setup: Setup,
    /// The transport is this section's: it lists the candidates.
    pub(super) is_tag: bool,
    /// It lives in its group or not at all (only in first offers).
    pub(super) is_bundle_only: bool,
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
pub(super) fn data(local: &Local<'_>, mid: Option<&str>, form: Form<'_>, place: Place) -> Media {
    let mut attributes = Vec::with_capacity(12 + local.candidates.len());
    attributes.extend(mid.map(|mid| Attribute::Mid(mid.into())));
    transport(local, place, &mut attributes);
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
    candidates(local, place, &mut attributes);
    let port = Text::from(alloc::format!("{}", local.sctp_port));
    Media {
        kind: "application".into(),
        port: if place.is_bundle_only { 0 } else { DISCARD_PORT },
        port_count: None,
        protocol: form.protocol.into(),
        format_list: if form.is_legacy { port } else { form.format.into() },
        lines: under_connection(attributes),
    }
}

/// What belongs to ICE and DTLS.
///
/// Deviation: RFC 9429 §5.2.2 and §5.3.1 ask for these in the section alone that holds the transport. Browsers repeat them in
/// every one and old peers look there; only candidates stand in one place.
fn transport(local: &Local<'_>, place: Place, attributes: &mut Vec<Attribute>) {
    attributes.push(Attribute::IceUfrag(local.ufrag.into()));
    attributes.push(Attribute::IcePwd(local.pwd.into()));
    if !local.ice_options.is_empty() {
        attributes.push(Attribute::IceOptions(local.ice_options.into()));
    }
    let fingerprints = local.fingerprints.iter().filter_map(|text| Fingerprint::parse(text).ok());
    attributes.extend(fingerprints.map(Attribute::Fingerprint));
    attributes.push(Attribute::Setup(place.setup));
    attributes.extend(place.is_bundle_only.then_some(Attribute::BundleOnly));
}

fn candidates(local: &Local<'_>, place: Place, attributes: &mut Vec<Attribute>) {
    if place.is_tag {
        attributes.extend(local.candidates.iter().map(|line| candidate(line)));
        attributes.extend(local.end_of_candidates.then_some(Attribute::EndOfCandidates));
    }
}

fn candidate(line: &str) -> Attribute {
    let line = line.strip_prefix("a=").unwrap_or(line);
    Attribute::Candidate(line.strip_prefix("candidate:").unwrap_or(line).into())
}

/// A live section of audio or video, decided.
pub(super) struct Rtp<'a> {
    pub(super) wish: &'a Wish<'a>,
    pub(super) mid: Option<&'a str>,
    pub(super) direction: Direction,
    pub(super) codecs: Vec<Codec>,
    pub(super) extensions: Vec<Extension>,
    pub(super) send_rids: Vec<String>,
    pub(super) receive_rids: Vec<String>,
    pub(super) reduced_size_rtcp: bool,
}

impl Rtp<'_> {
    /// The section as it is written. `mixes`: say here that header extensions may be mixed.
    pub(super) fn write(&self, local: &Local<'_>, protocol: &str, place: Place, mixes: bool) -> Media {
        let mut attributes = Vec::with_capacity(32 + 8 * self.codecs.len());
        attributes.extend(self.mid.map(|mid| Attribute::Mid(mid.into())));
        transport(local, place, &mut attributes);
        attributes.extend(mixes.then_some(Attribute::ExtMapAllowMixed));
        attributes.extend(self.extensions.iter().map(extmap));
        attributes.push(Attribute::Direction(self.direction));
        self.names(&mut attributes);
        attributes.push(Attribute::RtcpMux);
        attributes.extend(self.reduced_size_rtcp.then_some(Attribute::RtcpReducedSize));
        self.codecs.iter().for_each(|codec| write_codec(codec, &mut attributes));
        attributes.extend(feedback_for_all(&self.codecs));
        self.layers(&mut attributes);
        self.sources(&mut attributes);
        candidates(local, place, &mut attributes);
        let numbers: Vec<String> =
            self.codecs.iter().map(|codec| alloc::format!("{}", codec.payload_type)).collect();
        Media {
            kind: self.wish.kind.as_str().into(),
            port: if place.is_bundle_only { 0 } else { DISCARD_PORT },
            port_count: None,
            protocol: protocol.into(),
            format_list: numbers.join(" ").into(),
            lines: under_connection(attributes),
        }
    }

    /// Which streams our track is in: `-` for none (RFC 8830 §2). The track's own name is from an older form; many look for
    /// it.
    fn names(&self, attributes: &mut Vec<Attribute>) {
        if !self.direction.sends() {
            return;
        }
        let appdata = || Some(Text::from(self.wish.track)).filter(|track| !track.is_empty());
        let msid = |stream: &str| Attribute::Msid(Msid { stream: stream.into(), appdata: appdata() });
        attributes.extend(self.wish.streams.iter().map(|stream| msid(stream)));
        attributes.extend(self.wish.streams.is_empty().then(|| msid("-")));
    }

    fn layers(&self, attributes: &mut Vec<Attribute>) {
        let ways = [(RidDirection::Send, &self.send_rids), (RidDirection::Recv, &self.receive_rids)];
        let mut named = ways.into_iter().filter(|(_, rids)| !rids.is_empty());
        let rid = |direction| {
            move |id: &String| Attribute::Rid(Rid { id: id.into(), direction, restrictions: None })
        };
        for (direction, rids) in named.clone() {
            attributes.extend(rids.iter().map(rid(direction)));
        }
        let list = |(direction, rids): (RidDirection, &Vec<String>)| (direction, Text::from(rids.join(";")));
        if let Some(first) = named.next() {
            let (first, second) = (list(first), named.next().map(list));
            attributes.push(Attribute::Simulcast(Simulcast { first, second }));
        }
    }

    /// Layers are known by their names; a single stream is told by number too, for peers that know no other way.
    fn sources(&self, attributes: &mut Vec<Attribute>) {
        let Some(source) = self.wish.sources.first() else { return };
        if !self.direction.sends() || !self.send_rids.is_empty() {
            return;
        }
        let rtx = source.rtx.filter(|_| self.codecs.iter().any(|codec| codec.repairs().is_some()));
        attributes.extend(rtx.map(|rtx| Attribute::SsrcGroup(SsrcGroup::new("FID", &[source.ssrc, rtx]))));
        for ssrc in core::iter::once(source.ssrc).chain(rtx) {
            let line = |text: String| Attribute::Ssrc(Ssrc { ssrc, attribute: Some(text.into()) });
            attributes.push(line(alloc::format!("cname:{}", self.wish.cname)));
            let stream = self.wish.streams.first().map_or("-", String::as_str);
            attributes.push(line(alloc::format!("msid:{stream} {}", self.wish.track).trim_end().into()));
        }
    }
}

fn extmap(extension: &Extension) -> Attribute {
    let direction = Some(extension.direction).filter(|direction| *direction != Direction::SendRecv);
    Attribute::ExtMap(ExtMap { id: extension.id, direction, uri: (&extension.uri).into(), attributes: None })
}

fn write_codec(codec: &Codec, attributes: &mut Vec<Attribute>) {
    attributes.push(Attribute::RtpMap(RtpMap {
        payload_type: codec.payload_type,
        encoding: (&codec.name).into(),
        clock_rate: codec.clock_rate,
        parameters: codec.channels.map(|channels| alloc::format!("{channels}").into()),
    }));
    attributes.extend(codec.feedback.iter().filter(|word| *word != CCFB).map(|feedback| {
        Attribute::RtcpFeedback(RtcpFeedback {
            payload_type: Some(codec.payload_type),
            feedback: feedback.into(),
        })
    }));
    if !codec.parameters.is_empty() {
        let format = alloc::format!("{}", codec.payload_type).into();
        attributes.push(Attribute::Format(Format { format, parameters: Some((&codec.parameters).into()) }));
    }
}

/// Feedback about packets of all payload types at once (RFC 8888 §6).
fn feedback_for_all(codecs: &[Codec]) -> Option<Attribute> {
    let says = |codec: &Codec| codec.feedback.iter().any(|word| word == CCFB);
    let feedback = RtcpFeedback { payload_type: None, feedback: CCFB.into() };
    codecs.iter().any(says).then_some(Attribute::RtcpFeedback(feedback))
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
