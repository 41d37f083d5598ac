//! What a section of audio or video says. RFC 9429 §5.8.2, RFC 8866 §6, RFC 5576, RFC 8285, RFC 8851, RFC 8853.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::Direction;
use super::facts::{Extension, Layer, MediaKind, MediaSection, Source, SourceGroup, StreamName};
use crate::attribute::{Attribute, Rid, RidDirection, Simulcast};
use crate::codec::Codec;
use crate::lexer::number;
use crate::line::Line;
use crate::media::Media;
use crate::session::SessionDescription;

/// How many sources of one section are remembered.
const MAX_SOURCES: usize = 128;
/// How many encodings of one section are remembered.
const MAX_LAYERS: usize = 16;

/// What holds for all sections that do not say it themselves.
#[derive(Copy, Clone)]
pub(super) struct Session {
    direction: Direction,
    mixed_extensions: bool,
}

impl Session {
    pub(super) fn of(description: &SessionDescription) -> Self {
        let direction = description.attributes().find_map(direction_of).unwrap_or(Direction::SendRecv);
        let mixed_extensions = description.attributes().any(|a| *a == Attribute::ExtMapAllowMixed);
        Session { direction, mixed_extensions }
    }
}

/// The kind of a section that speaks RTP in one of the profiles of RFC 9429 §5.1.2; the profile itself means nothing any
/// more, as everything is encrypted under DTLS.
pub(super) fn kind_of(media: &Media) -> Option<MediaKind> {
    is_rtp(&media.protocol).then(|| MediaKind::from_word(&media.kind)).flatten()
}

pub(super) fn is_rtp(protocol: &str) -> bool {
    let profile = ["UDP/TLS/", "TCP/TLS/", "TCP/DTLS/", "UDP/DTLS/", ""].into_iter();
    let mut profile = profile.filter_map(|transport| protocol.strip_prefix(transport));
    profile.any(|profile| ["RTP/SAVPF", "RTP/SAVP", "RTP/AVPF", "RTP/AVP"].contains(&profile))
}

/// Reads one section; `None`: it is none of RTP.
pub(super) fn read(media: &Media, index: usize, is_rejected: bool, session: Session) -> Option<MediaSection> {
    let kind = kind_of(media)?;
    let mut section = MediaSection {
        index,
        mid: media.mid().map(String::from),
        kind,
        direction: media.attributes().find_map(direction_of).unwrap_or(session.direction),
        is_rejected,
        is_bundle_only: media.is_bundle_only(),
        codecs: codecs(media),
        extensions: Vec::new(),
        streams: Vec::new(),
        sources: Vec::new(),
        groups: Vec::new(),
        send_layers: Vec::new(),
        receive_layers: Vec::new(),
        rtcp_mux: false,
        reduced_size_rtcp: false,
        mixed_extensions: session.mixed_extensions,
        max_bitrate: bandwidth(media),
        packet_time: None,
    };
    let mut sources = Sources::default();
    media.attributes().for_each(|attribute| take(&mut section, &mut sources, attribute));
    section.sources = sources.list;
    layers(media, &mut section);
    Some(section)
}

fn take(section: &mut MediaSection, sources: &mut Sources, attribute: &Attribute) {
    match attribute {
        Attribute::RtcpMux | Attribute::RtcpMuxOnly => section.rtcp_mux = true,
        Attribute::RtcpReducedSize => section.reduced_size_rtcp = true,
        Attribute::ExtMapAllowMixed => section.mixed_extensions = true,
        Attribute::ExtMap(map) => {
            let is_new =
                section.extensions.iter().all(|known| known.id != map.id && map.uri != known.uri.as_str());
            let is_number = matches!(map.id, 1..=14 | 16..=255 | 4096..=4351);
            if is_new && is_number && section.extensions.len() < 256 {
                let direction = map.direction.unwrap_or(Direction::SendRecv);
                section.extensions.push(Extension { id: map.id, uri: map.uri.as_str().into(), direction });
            }
        }
        Attribute::Msid(msid) if section.streams.len() < MAX_SOURCES => section.streams.push(StreamName {
            stream: msid.stream.as_str().into(),
            track: msid.appdata.as_ref().map(|track| track.as_str().into()),
        }),
        Attribute::Ssrc(source) => {
            sources.take(source.ssrc, source.attribute.as_deref(), &mut section.streams)
        }
        Attribute::SsrcGroup(group) if section.groups.len() < MAX_SOURCES => {
            let ssrcs = group.sources().take(MAX_SOURCES).collect();
            section.groups.push(SourceGroup { semantics: group.semantics.as_str().into(), ssrcs });
        }
        Attribute::PacketTime(time) => {
            section.packet_time = time.split('.').next().and_then(|whole| number(whole).ok());
        }
        _ => {}
    }
}

fn direction_of(attribute: &Attribute) -> Option<Direction> {
    match attribute {
        Attribute::Direction(direction) => Some(*direction),
        _ => None,
    }
}

#[derive(Default)]
struct Sources {
    list: Vec<Source>,
    places: BTreeMap<u32, usize>,
}

impl Sources {
    /// One line about one source. Peers that say `msid` only here are older than RFC 8830.
    fn take(&mut self, ssrc: u32, attribute: Option<&str>, streams: &mut Vec<StreamName>) {
        let next = self.list.len();
        if next >= MAX_SOURCES && !self.places.contains_key(&ssrc) {
            return;
        }
        let place = *self.places.entry(ssrc).or_insert(next);
        if place == next {
            self.list.push(Source { ssrc, cname: None });
        }
        match attribute.and_then(|attribute| attribute.split_once(':')) {
            Some(("cname", name)) => self.list[place].cname = Some(name.into()),
            Some(("msid", name)) if streams.is_empty() => {
                let mut words = name.split(' ');
                let stream = words.next().unwrap_or_default().into();
                streams.push(StreamName { stream, track: words.next().map(String::from) });
            }
            _ => {}
        }
    }
}

/// `TIAS` is the rate of the media alone; `AS` counts headers, which RFC 9429 §5.10 takes off by a rule of thumb.
fn bandwidth(media: &Media) -> Option<u64> {
    let of = |wanted: &str| {
        media.lines.iter().find_map(|line| match line {
            Line::Bandwidth(bandwidth) if bandwidth.kind == *wanted => Some(bandwidth.value),
            _ => None,
        })
    };
    of("TIAS").or_else(|| of("AS").map(|kbit| kbit.saturating_mul(950).saturating_sub(16_000)))
}

/// What is said of one payload type.
#[derive(Default)]
struct Told {
    codec: Option<Codec>,
    parameters: String,
    feedback: Vec<String>,
}

fn codecs(media: &Media) -> Vec<Codec> {
    let mut told: BTreeMap<u8, Told> = BTreeMap::new();
    let mut for_all = Vec::new();
    for attribute in media.attributes() {
        match attribute {
            Attribute::RtpMap(map) => {
                let channels = map.parameters.as_ref().and_then(|channels| number(channels).ok());
                let codec = Codec { channels, ..Codec::new(map.payload_type, &map.encoding, map.clock_rate) };
                told.entry(map.payload_type).or_default().codec = Some(codec);
            }
            Attribute::Format(format) => {
                if let (Ok(payload_type), Some(parameters)) =
                    (number::<u8>(&format.format), &format.parameters)
                {
                    told.entry(payload_type).or_default().parameters = parameters.as_str().into();
                }
            }
            Attribute::RtcpFeedback(feedback) => {
                let word = String::from(feedback.feedback.as_str());
                match feedback.payload_type {
                    Some(payload_type) => told.entry(payload_type).or_default().feedback.push(word),
                    None => for_all.push(word),
                }
            }
            _ => {}
        }
    }
    let mut codecs = Vec::new();
    for payload_type in media.formats().filter_map(|format| number::<u8>(format).ok()) {
        // A number listed twice finds nothing the second time; one that looks like RTCP is never used (RFC 5761 §4).
        let said = told.entry(payload_type).or_default();
        let parameters = core::mem::take(&mut said.parameters);
        let codec = said.codec.take().or_else(|| Codec::well_known(payload_type));
        let is_new = codecs.iter().all(|known: &Codec| known.payload_type != payload_type);
        if let Some(codec) =
            codec.filter(|_| is_new && !(64..96).contains(&payload_type) && payload_type < 128)
        {
            let feedback = said.feedback.drain(..).chain(for_all.iter().take(16).cloned()).collect();
            codecs.push(Codec { parameters, feedback, ..codec });
        }
    }
    codecs
}

/// The encodings of simulcast, both ways: named in `simulcast`, described once in `rid`, and of those that are alternatives
/// of each other the first. A name that is described twice describes nothing (RFC 8851 §6.2.2).
fn layers(media: &Media, section: &mut MediaSection) {
    let mut simulcasts = media.attributes().filter_map(|attribute| match attribute {
        Attribute::Simulcast(simulcast) => Some(simulcast),
        _ => None,
    });
    // More than one line is none (RFC 8853 §5.1).
    let (Some(simulcast), None) = (simulcasts.next(), simulcasts.next()) else { return };
    let mut rids: BTreeMap<&str, (&Rid, usize)> = BTreeMap::new();
    for attribute in media.attributes() {
        if let Attribute::Rid(rid) = attribute {
            rids.entry(rid.id.as_str()).or_insert((rid, 0)).1 += 1;
        }
    }
    let known = |id: &str, direction| {
        let (rid, count) = rids.get(id).copied()?;
        (count == 1 && rid.direction == direction).then_some(rid)
    };
    section.send_layers = one_way(simulcast, RidDirection::Send, &section.codecs, known);
    section.receive_layers = one_way(simulcast, RidDirection::Recv, &section.codecs, known);
}

fn one_way<'a>(
    simulcast: &Simulcast,
    direction: RidDirection,
    codecs: &[Codec],
    known: impl Fn(&str, RidDirection) -> Option<&'a Rid>,
) -> Vec<Layer> {
    let ways = [Some(&simulcast.first), simulcast.second.as_ref()];
    let Some((_, streams)) = ways.into_iter().flatten().find(|way| way.0 == direction) else {
        return Vec::new();
    };
    let layer = |alternative: &str| {
        let (is_paused, id) = match alternative.strip_prefix('~') {
            Some(id) => (true, id),
            None => (false, alternative),
        };
        let payload_types = restricted_to(known(id, direction)?, codecs)?;
        Some(Layer { rid: id.into(), is_paused, payload_types })
    };
    let mut layers: Vec<Layer> = Vec::new();
    for stream in streams.split(';') {
        let usable =
            stream.split(',').filter_map(layer).find(|l| layers.iter().all(|known| known.rid != l.rid));
        layers.extend(usable);
        if layers.len() == MAX_LAYERS {
            break;
        }
    }
    layers
}

/// The payload types that a restriction leaves; `None`: it can not be held. What limits a stream that the other side sends
/// need not be understood (RFC 8851 §6.2.2).
fn restricted_to(rid: &Rid, codecs: &[Codec]) -> Option<Vec<u8>> {
    let known =
        ["pt", "max-width", "max-height", "max-fps", "max-fs", "max-br", "max-pps", "max-bpp", "depend"];
    let mut payload_types = Vec::new();
    for restriction in rid.restrictions.iter().flat_map(|all| all.split(';')).filter(|one| !one.is_empty()) {
        let (key, value) = restriction.split_once('=').unwrap_or((restriction, ""));
        if !known.contains(&key.trim()) && rid.direction == RidDirection::Recv {
            return None;
        }
        if key.trim() == "pt" {
            payload_types.extend(value.split(',').filter_map(|pt| number::<u8>(pt.trim()).ok()));
            payload_types.retain(|pt| codecs.iter().any(|codec| codec.payload_type == *pt));
            if payload_types.is_empty() {
                return None;
            }
        }
    }
    Some(payload_types)
}
