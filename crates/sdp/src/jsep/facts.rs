//! What a description says, as values: the result of [`read`](super::read).

use alloc::string::String;
use alloc::vec::Vec;

use super::{Direction, Setup};
use crate::codec::Codec;

/// What the other side said, section by section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remote {
    /// All sections, in order.
    pub sections: Vec<SectionSummary>,
    /// The transport of the section for data channels if there is one, else of the first live section that names one
    /// whole. Sections of one group share it; see [`transport`](super::transport) for that of any other.
    pub transport: Option<TransportSection>,
    /// The first section for data channels that is not rejected.
    pub data: Option<DataSection>,
    /// All sections of audio and video over RTP, in order, the rejected ones too.
    pub media: Vec<MediaSection>,
    /// Names of sections that are played in step, group by group (RFC 5888 §7).
    pub lip_sync: Vec<Vec<String>>,
}

impl Remote {
    /// The group of sections that are played in step with the one of this name.
    pub fn lip_sync_of(&self, mid: &str) -> Option<&[String]> {
        self.lip_sync.iter().find(|group| group.iter().any(|name| name == mid)).map(Vec::as_slice)
    }

    /// The RTP section in this place.
    pub fn media_at(&self, index: usize) -> Option<&MediaSection> {
        self.media.binary_search_by_key(&index, |section| section.index).ok().map(|at| &self.media[at])
    }
}

/// One section in short.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SectionSummary {
    /// Its place, from 0: the `sdpMLineIndex` of candidates.
    pub index: usize,
    /// Its name.
    pub mid: Option<String>,
    /// `audio`, `video`, `application`.
    pub kind: String,
    /// Port 0, and not because it is `bundle-only`.
    pub rejected: bool,
    /// It is named by a BUNDLE group.
    pub bundled: bool,
}

/// All that a transport needs to know of the other side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransportSection {
    /// The place of the section that it was looked up for, from 0.
    pub index: usize,
    /// Of the other side's ICE agent.
    pub ufrag: String,
    /// Of the other side's ICE agent.
    pub pwd: String,
    /// The other side only answers checks (RFC 8445 §2.5).
    pub ice_lite: bool,
    /// `trickle`, `ice2`, `renomination`, …
    pub ice_options: Vec<String>,
    /// `sha-256 AA:BB:…`, one or more, of any hash.
    pub fingerprints: Vec<String>,
    /// Who begins the DTLS handshake.
    pub setup: Setup,
    /// The DTLS association's name, if it has one (RFC 8842 §4).
    pub tls_id: Option<String>,
    /// `candidate:…`, each as it came.
    pub candidates: Vec<String>,
    /// There will be no more.
    pub end_of_candidates: bool,
}

/// A section for data channels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataSection {
    /// Its place, from 0.
    pub index: usize,
    /// Its name.
    pub mid: Option<String>,
    /// The other side's SCTP port; 0: it closes the association.
    pub sctp_port: u16,
    /// The largest message that the other side takes, in bytes; 0: any.
    pub max_message_size: u64,
}

/// Sound or pictures.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

impl MediaKind {
    /// The word on the `m=` line.
    pub const fn as_str(self) -> &'static str {
        match self {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
        }
    }

    /// The kind with that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [MediaKind::Audio, MediaKind::Video].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A section of audio or video over RTP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MediaSection {
    /// Its place, from 0.
    pub index: usize,
    /// Its name.
    pub mid: Option<String>,
    /// Sound or pictures.
    pub kind: MediaKind,
    /// Who sends, seen from the side that wrote it.
    pub direction: Direction,
    /// Port 0, and not because it is `bundle-only`.
    pub is_rejected: bool,
    /// It lives in its BUNDLE group or not at all.
    pub is_bundle_only: bool,
    /// The payload types in order of liking, at most 128; those without a name and those that RTCP would be taken for
    /// (64 to 95, RFC 5761 §4) are left out.
    pub codecs: Vec<Codec>,
    /// The header extensions, each URI and each number once.
    pub extensions: Vec<Extension>,
    /// The streams that the writer's track belongs to (RFC 8830).
    pub streams: Vec<StreamName>,
    /// The writer's synchronisation sources, as far as it tells them.
    pub sources: Vec<Source>,
    /// Sources that belong together.
    pub groups: Vec<SourceGroup>,
    /// The simulcast layers that the writer sends, in its order.
    pub send_layers: Vec<Layer>,
    /// The simulcast layers that the writer receives.
    pub receive_layers: Vec<Layer>,
    /// RTP and RTCP share a port (RFC 5761).
    pub rtcp_mux: bool,
    /// RTCP need not be compound (RFC 5506).
    pub reduced_size_rtcp: bool,
    /// Both forms of header extensions may be mixed (RFC 8285 §6).
    pub mixed_extensions: bool,
    /// The most that the writer wants to receive, in bits per second: `TIAS`, or what is left of `AS` without headers.
    pub max_bitrate: Option<u64>,
    /// The packet length that the writer likes, in milliseconds.
    pub packet_time: Option<u32>,
}

/// A header extension: a number that stands for a URI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extension {
    /// 1 to 14 and 16 to 255; 4096 to 4351 where only the wish is uttered (RFC 8285 §5).
    pub id: u16,
    /// What it is.
    pub uri: String,
    /// Who uses it, seen from the side that writes it.
    pub direction: Direction,
}

impl Extension {
    /// Used by both sides.
    pub fn new(id: u16, uri: &str) -> Self {
        Extension { id, uri: uri.into(), direction: Direction::SendRecv }
    }
}

/// A stream, and the track of it that a section carries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamName {
    /// Its name; `-`: the track is in no stream.
    pub stream: String,
    /// The track's, from the older form.
    pub track: Option<String>,
}

/// A synchronisation source (RFC 5576).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Source {
    /// Which.
    pub ssrc: u32,
    /// Whose it is: sources with one name share a clock.
    pub cname: Option<String>,
}

/// Sources that belong together (RFC 5576 §4.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceGroup {
    /// `FID` (a source and its retransmissions), `FEC-FR` (a source and its error correction), `SIM` (layers).
    pub semantics: String,
    /// In the order that has that meaning.
    pub ssrcs: Vec<u32>,
}

/// One encoding of simulcast (RFC 8851, RFC 8853).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layer {
    /// Its name, a restriction identifier.
    pub rid: String,
    /// It is not to be sent at first.
    pub is_paused: bool,
    /// It is sent under these payload types only; empty: under any.
    pub payload_types: Vec<u8>,
}

/// A source with what accompanies it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrimarySource {
    /// The source itself.
    pub ssrc: u32,
    /// Where its packets are repeated.
    pub rtx: Option<u32>,
    /// Where its losses are mended.
    pub fec: Option<u32>,
}

impl MediaSection {
    /// The sources that carry media of their own, each with its companions, in the order of the section; those of a
    /// legacy simulcast group (`SIM`) in the order of the group, lowest layer first.
    pub fn primary_sources(&self) -> Vec<PrimarySource> {
        let pairs = |semantics| self.groups.iter().filter(move |group| group.semantics == semantics);
        let companion = |semantics, ssrc| {
            pairs(semantics)
                .find(|group| group.ssrcs.first() == Some(&ssrc))
                .and_then(|g| g.ssrcs.get(1).copied())
        };
        let followers = pairs("FID").chain(pairs("FEC-FR")).flat_map(|group| group.ssrcs.iter().skip(1));
        let followers: alloc::collections::BTreeSet<u32> = followers.copied().collect();
        let layers = pairs("SIM").flat_map(|group| group.ssrcs.iter().copied());
        // Some peers tell the sources of a group, and say nothing else of them.
        let grouped = pairs("FID").filter_map(|group| group.ssrcs.first().copied());
        let all = layers.chain(self.sources.iter().map(|source| source.ssrc)).chain(grouped);
        let mut seen = alloc::collections::BTreeSet::new();
        let primary = all.filter(|ssrc| !followers.contains(ssrc) && seen.insert(*ssrc)).take(MAX_SOURCES);
        let source =
            |ssrc| PrimarySource { ssrc, rtx: companion("FID", ssrc), fec: companion("FEC-FR", ssrc) };
        primary.map(source).collect()
    }

    /// How many of [`primary_sources`](Self::primary_sources), the first ones, are layers of one picture by a legacy `SIM` group;
    /// 0: there is none.
    pub fn legacy_layers(&self) -> usize {
        let of_sim = self.groups.iter().filter(|group| group.semantics == "SIM");
        let mut layers: Vec<u32> = of_sim.flat_map(|group| group.ssrcs.iter().copied()).collect();
        layers.sort_unstable();
        layers.dedup();
        if layers.len() < 2 {
            return 0;
        }
        self.primary_sources().iter().take_while(|source| layers.binary_search(&source.ssrc).is_ok()).count()
    }

    /// The name that the writer's sources share.
    pub fn cname(&self) -> Option<&str> {
        self.sources.iter().find_map(|source| source.cname.as_deref())
    }
}

/// How many sources of one section are told apart: more are no honest track.
const MAX_SOURCES: usize = 32;
