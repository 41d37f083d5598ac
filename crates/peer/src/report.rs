//! The statistics of a connection in the W3C's words: entries of a kind, with an id and named members.
//! W3C webrtc-stats §6 to §8.
//!
//! Names and units are those of the document (seconds, bytes, bits per second), so that a page that knows one browser's
//! report knows this one. What nobody measures is left out, not made up.

use limpid_crypto::{Fingerprint, HashAlgorithm};
use limpid_sansio::Transport;
use limpid_sdp::Codec;

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
    /// Members, by the names of the document.
    pub members: Vec<(&'static str, ReportValue)>,
}

impl Report {
    /// An entry without members.
    pub fn new(kind: ReportKind, id: impl Into<String>) -> Self {
        Report { kind, id: id.into(), members: Vec::new() }
    }

    /// One member.
    pub fn get(&self, name: &str) -> Option<&ReportValue> {
        self.members.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// With this text.
    pub(crate) fn text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.members.push((name, ReportValue::Text(value.into())));
        self
    }

    /// With this count.
    pub(crate) fn count(mut self, name: &'static str, value: impl Into<u64>) -> Self {
        self.members.push((name, ReportValue::Count(value.into())));
        self
    }

    fn flag(mut self, name: &'static str, value: bool) -> Self {
        self.members.push((name, ReportValue::Flag(value)));
        self
    }

    /// With this number, if there is one.
    pub(crate) fn number(mut self, name: &'static str, value: Option<f64>) -> Self {
        self.members.extend(value.map(|value| (name, ReportValue::Number(value))));
        self
    }
}

/// The one transport.
const TRANSPORT: &str = "T";
const PAIR: &str = "P";
const LOCAL_CANDIDATE: &str = "L";
const REMOTE_CANDIDATE: &str = "R";
const LOCAL_CERTIFICATE: &str = "CL";
const REMOTE_CERTIFICATE: &str = "CR";

impl Peer {
    /// All that can be told of this connection now (W3C `getStats`).
    #[doc(alias = "getStats")]
    pub fn report(&self) -> Vec<Report> {
        let mut reports = vec![Report::new(ReportKind::PeerConnection, "PC")];
        self.report_transport(&mut reports);
        self.report_certificates(&mut reports);
        self.report_media(&mut reports);
        reports
    }

    fn report_transport(&self, out: &mut Vec<Report>) {
        let mut transport = Report::new(ReportKind::Transport, TRANSPORT)
            .text("iceState", self.ice_connection_state().name())
            .text("iceLocalUsernameFragment", self.local_ufrag())
            .text("localCertificateId", LOCAL_CERTIFICATE);
        let dtls = self.dtls_info();
        transport = transport.text(
            "dtlsState",
            match (&dtls, self.transport.dtls.is_some()) {
                (Some(_), _) if self.is_closed() => "closed",
                (Some(_), _) => "connected",
                (None, true) => "connecting",
                (None, false) => "new",
            },
        );
        if let Some(info) = dtls {
            transport = transport
                .text("tlsVersion", format!("{:04X}", info.version.0))
                .text("dtlsCipher", info.suite.to_string())
                .text("remoteCertificateId", REMOTE_CERTIFICATE);
        }
        if let (Some(pair), Some(path)) = (self.selected_pair(), self.path()) {
            transport = transport.text("selectedCandidatePairId", PAIR);
            out.push(
                Report::new(ReportKind::CandidatePair, PAIR)
                    .text("transportId", TRANSPORT)
                    .text("localCandidateId", LOCAL_CANDIDATE)
                    .text("remoteCandidateId", REMOTE_CANDIDATE)
                    .text("state", "succeeded")
                    .flag("nominated", pair.is_nominated)
                    .number("currentRoundTripTime", pair.round_trip.map(|time| time.as_secs_f64())),
            );
            let protocol = if path.transport == Transport::Udp { "udp" } else { "tcp" };
            let ends = [
                (ReportKind::LocalCandidate, LOCAL_CANDIDATE, pair.local, path.local),
                (ReportKind::RemoteCandidate, REMOTE_CANDIDATE, pair.remote, path.remote),
            ];
            out.extend(ends.map(|(kind, id, candidate, address)| {
                Report::new(kind, id)
                    .text("transportId", TRANSPORT)
                    .text("candidateType", candidate.name())
                    .text("protocol", protocol)
                    .text("address", address.ip().to_string())
                    .count("port", address.port())
            }));
        }
        out.push(transport);
    }

    fn report_certificates(&self, out: &mut Vec<Report>) {
        let sides = [
            (LOCAL_CERTIFICATE, Some(self.local_certificate())),
            (REMOTE_CERTIFICATE, self.remote_certificate()),
        ];
        for (id, der) in sides {
            let print = |der| Fingerprint::of(&self.config.provider, HashAlgorithm::Sha256, der);
            if let Some((algorithm, digest)) = der
                .and_then(print)
                .as_ref()
                .map(ToString::to_string)
                .as_deref()
                .and_then(|p| p.split_once(' '))
            {
                out.push(
                    Report::new(ReportKind::Certificate, id)
                        .text("fingerprint", digest)
                        .text("fingerprintAlgorithm", algorithm),
                );
            }
        }
    }

    fn report_media(&self, out: &mut Vec<Report>) {
        for media in &self.negotiated {
            let ways =
                [("O", media.may_send, &media.send_codecs), ("I", media.may_receive, &media.receive_codecs)];
            for (way, _, codecs) in ways.into_iter().filter(|(_, may, _)| *may) {
                out.extend(
                    codecs.iter().map(|codec| codec_report(media.kind.as_str(), &media.mid, way, codec)),
                );
            }
        }
        for transceiver in &self.transceivers {
            if let Some(track) = &transceiver.track {
                out.push(
                    Report::new(ReportKind::MediaSource, format!("S{}", transceiver.id.0))
                        .text("trackIdentifier", &track.id)
                        .text("kind", track.kind.as_str()),
                );
            }
        }
    }
}

fn codec_report(kind: &str, mid: &str, way: &str, codec: &Codec) -> Report {
    let mut report = Report::new(ReportKind::Codec, format!("C{way}{mid}-{}", codec.payload_type))
        .text("transportId", TRANSPORT)
        .count("payloadType", codec.payload_type)
        .text("mimeType", format!("{kind}/{}", codec.name))
        .count("clockRate", codec.clock_rate);
    if let Some(channels) = codec.channels {
        report = report.count("channels", channels);
    }
    if !codec.parameters.is_empty() {
        report = report.text("sdpFmtpLine", &codec.parameters);
    }
    report
}
