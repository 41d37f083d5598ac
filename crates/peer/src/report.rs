//! The statistics of a connection in the W3C's words: entries of a kind, with an id and named members.
//! W3C webrtc-stats §6 to §8.
//!
//! Names and units are those of the document (seconds, bytes, bits per second), so that a page that knows one browser's
//! report knows this one. What nobody measures is left out, not made up.
//!
//! Ids: an entry keeps its id as long as its subject lives, and no other subject gets it. Members whose names end in `Id` hold
//! the id of another entry of the same report.

mod channels;
mod json;
mod streams;
mod transport;

use limpid_rtp::clock::Ntp;
use limpid_sansio::Instant;

use crate::peer::Peer;

/// What an entry is about (W3C `RTCStatsType`).
#[doc(alias = "RTCStatsType")]
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum ReportKind {
    /// A codec in use, for one way of one section.
    Codec,
    /// A stream that comes.
    InboundRtp,
    /// A stream that goes.
    OutboundRtp,
    /// What the other side says of a stream that goes.
    RemoteInboundRtp,
    /// What the other side says of a stream that comes.
    RemoteOutboundRtp,
    /// What is sent, before it is encoded.
    MediaSource,
    /// A data channel.
    DataChannel,
    /// The connection as a whole.
    PeerConnection,
    /// ICE and DTLS of the bundle.
    Transport,
    /// The pair of candidates in use.
    CandidatePair,
    /// Our end of it.
    LocalCandidate,
    /// Their end of it.
    RemoteCandidate,
    /// A certificate.
    Certificate,
}

impl ReportKind {
    /// The word of the document.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReportKind::Codec => "codec",
            ReportKind::InboundRtp => "inbound-rtp",
            ReportKind::OutboundRtp => "outbound-rtp",
            ReportKind::RemoteInboundRtp => "remote-inbound-rtp",
            ReportKind::RemoteOutboundRtp => "remote-outbound-rtp",
            ReportKind::MediaSource => "media-source",
            ReportKind::DataChannel => "data-channel",
            ReportKind::PeerConnection => "peer-connection",
            ReportKind::Transport => "transport",
            ReportKind::CandidatePair => "candidate-pair",
            ReportKind::LocalCandidate => "local-candidate",
            ReportKind::RemoteCandidate => "remote-candidate",
            ReportKind::Certificate => "certificate",
        }
    }
}

/// The value of one member.
#[derive(Clone, PartialEq, Debug)]
pub enum ReportValue {
    /// A count, or a number without a fraction.
    Count(u64),
    /// Seconds and other measures.
    Number(f64),
    /// A word.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

/// One entry.
#[doc(alias = "RTCStats")]
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    /// What it is about.
    pub kind: ReportKind,
    /// Its name, by which members of other entries refer to it; the same as long as its subject lives.
    pub id: String,
    /// When it was measured: by us, or, of what the other side says, when that came. Milliseconds since 1970, or, where
    /// nobody told the [wall time](crate::Config::ntp_epoch), since the instant 0.
    pub timestamp: f64,
    /// Members, by the names of the document.
    pub members: Vec<(&'static str, ReportValue)>,
}

/// All that can be told of a connection at one moment.
#[doc(alias = "RTCStatsReport")]
#[derive(Clone, PartialEq, Default, Debug)]
pub struct StatsReport {
    /// The entries: the connection first, then the transport, the rest behind.
    pub entries: Vec<Report>,
}

impl StatsReport {
    /// The entry with this id.
    pub fn get(&self, id: &str) -> Option<&Report> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// All entries of a kind.
    pub fn of(&self, kind: ReportKind) -> impl Iterator<Item = &Report> {
        self.entries.iter().filter(move |entry| entry.kind == kind)
    }
}

impl Report {
    /// An entry without members.
    fn new(kind: ReportKind, id: impl Into<String>, timestamp: f64) -> Self {
        Report { kind, id: id.into(), timestamp, members: Vec::new() }
    }

    /// One member.
    pub fn get(&self, name: &str) -> Option<&ReportValue> {
        self.members.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// A count.
    pub fn count_of(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            ReportValue::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// A number, with or without a fraction.
    pub fn number_of(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            ReportValue::Count(count) => Some(*count as f64),
            ReportValue::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A word.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            ReportValue::Text(text) => Some(text),
            _ => None,
        }
    }

    fn text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.members.push((name, ReportValue::Text(value.into())));
        self
    }

    fn text_if(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    fn count(mut self, name: &'static str, value: impl Into<u64>) -> Self {
        self.members.push((name, ReportValue::Count(value.into())));
        self
    }

    fn count_if(self, name: &'static str, value: Option<impl Into<u64>>) -> Self {
        match value {
            Some(value) => self.count(name, value),
            None => self,
        }
    }

    fn flag(mut self, name: &'static str, value: bool) -> Self {
        self.members.push((name, ReportValue::Flag(value)));
        self
    }

    fn number(mut self, name: &'static str, value: impl Into<Option<f64>>) -> Self {
        self.members.extend(value.into().map(|value| (name, ReportValue::Number(value))));
        self
    }
}

/// From 1900, where NTP begins, to 1970.
const SECONDS_TO_1970: f64 = 2_208_988_800.0;

impl Peer {
    /// All that can be told of this connection now (W3C `getStats`).
    #[doc(alias = "getStats")]
    pub fn get_stats(&self, now: Instant) -> StatsReport {
        let mut entries = Vec::new();
        self.report_connection(now, &mut entries);
        self.report_transport(now, &mut entries);
        self.report_certificates(now, &mut entries);
        self.report_channels(now, &mut entries);
        self.report_sources(now, &mut entries);
        self.report_streams(now, &mut entries);
        StatsReport { entries }
    }

    /// Milliseconds since 1970, or since the instant 0.
    fn millis_of(&self, at: Instant) -> f64 {
        match self.config.ntp_epoch {
            0 => at.as_nanos() as f64 / 1e6,
            epoch => millis_since_1970(Ntp(epoch).plus(at.since(Instant::ZERO))),
        }
    }
}

/// An NTP timestamp as the document has it.
fn millis_since_1970(at: Ntp) -> f64 {
    let seconds = (at.0 >> 32) as f64 + (at.0 & 0xffff_ffff) as f64 / 4_294_967_296.0;
    (seconds - SECONDS_TO_1970) * 1000.0
}
