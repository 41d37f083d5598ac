//! Entries of the connection, the transport below it, and both certificates. W3C webrtc-stats §8.14 to §8.19.

use limpid_crypto::{Fingerprint, HashAlgorithm};
use limpid_ice::Role;
use limpid_sansio::{Instant, Transport};

use super::json::base64;
use super::{Report, ReportKind};
use crate::peer::Peer;
use crate::transport::Carried;

/// The one transport.
pub(super) const TRANSPORT: &str = "T";
const CONNECTION: &str = "PC";
const LOCAL_CERTIFICATE: &str = "CL";
const REMOTE_CERTIFICATE: &str = "CR";

impl Peer {
    pub(super) fn report_connection(&self, now: Instant, out: &mut Vec<Report>) {
        let connection = Report::new(ReportKind::PeerConnection, CONNECTION, self.millis_of(now));
        let (opened, closed) = self.channels_opened_and_closed();
        out.push(connection.count("dataChannelsOpened", opened).count("dataChannelsClosed", closed));
    }

    pub(super) fn report_transport(&self, now: Instant, out: &mut Vec<Report>) {
        let at = self.millis_of(now);
        let role = match self.transport.ice.role() {
            Role::Controlling => "controlling",
            Role::Controlled => "controlled",
        };
        let is_client = self.transport.is_dtls_client();
        let pair = format!("P{}", self.transport.path_changes);
        let has_pair = self.selected_pair().is_some() && self.path().is_some();
        let mut transport =
            carried(Report::new(ReportKind::Transport, TRANSPORT, at), &self.transport.carried)
                .text("iceRole", role)
                .text("iceState", self.ice_connection_state().name())
                .text("iceLocalUsernameFragment", self.local_ufrag())
                .text("dtlsRole", is_client.map_or("unknown", |is| if is { "client" } else { "server" }))
                .text("dtlsState", self.dtls_state())
                .text("localCertificateId", LOCAL_CERTIFICATE)
                .text_if("selectedCandidatePairId", has_pair.then(|| pair.clone()))
                .count("selectedCandidatePairChanges", self.transport.path_changes);
        if let Some(info) = self.dtls_info() {
            transport = transport
                .text("tlsVersion", format!("{:04X}", info.version.0))
                .text("dtlsCipher", info.suite.to_string())
                .text_if("srtpCipher", self.srtp_profile().map(|profile| profile.name()))
                .text("remoteCertificateId", REMOTE_CERTIFICATE);
        }
        out.push(transport);
        self.report_pair(at, &pair, out);
    }

    fn dtls_state(&self) -> &'static str {
        match (&self.dtls_info(), self.transport.dtls.is_some()) {
            (_, true) if self.is_closed() => "closed",
            (Some(_), _) => "connected",
            (None, true) => "connecting",
            (None, false) => "new",
        }
    }

    fn report_pair(&self, at: f64, id: &str, out: &mut Vec<Report>) {
        let (Some(pair), Some(path)) = (self.selected_pair(), self.path()) else { return };
        let [local, remote] = ["L", "R"].map(|end| format!("{end}{}", self.transport.path_changes));
        let of_pair = &self.transport.carried_by_pair;
        out.push(
            carried(Report::new(ReportKind::CandidatePair, id, at), of_pair)
                .text("transportId", TRANSPORT)
                .text("localCandidateId", &local)
                .text("remoteCandidateId", &remote)
                .text("state", "succeeded")
                .flag("nominated", pair.is_nominated)
                .number("lastPacketSentTimestamp", of_pair.last_sent.map(|at| self.millis_of(at)))
                .number("lastPacketReceivedTimestamp", of_pair.last_received.map(|at| self.millis_of(at)))
                .number("currentRoundTripTime", pair.round_trip.map(|time| time.as_secs_f64()))
                .number("availableOutgoingBitrate", self.target_bitrate().map(|rate| rate as f64)),
        );
        let protocol = if path.transport == Transport::Udp { "udp" } else { "tcp" };
        let ends = [
            (ReportKind::LocalCandidate, local, pair.local, path.local),
            (ReportKind::RemoteCandidate, remote, pair.remote, path.remote),
        ];
        out.extend(ends.map(|(kind, id, candidate, address)| {
            Report::new(kind, id, at)
                .text("transportId", TRANSPORT)
                .text("candidateType", candidate.name())
                .text("protocol", protocol)
                .text("address", address.ip().to_string())
                .count("port", address.port())
        }));
    }

    pub(super) fn report_certificates(&self, now: Instant, out: &mut Vec<Report>) {
        let sides = [
            (LOCAL_CERTIFICATE, Some(self.local_certificate())),
            (REMOTE_CERTIFICATE, self.remote_certificate()),
        ];
        for (id, der) in sides.into_iter().filter_map(|(id, der)| Some((id, der?))) {
            let print = Fingerprint::of(&self.config.provider, HashAlgorithm::Sha256, der);
            let print = print.map(|print| print.to_string());
            let Some((algorithm, digest)) = print.as_deref().and_then(|print| print.split_once(' ')) else {
                continue;
            };
            out.push(
                Report::new(ReportKind::Certificate, id, self.millis_of(now))
                    .text("fingerprint", digest)
                    .text("fingerprintAlgorithm", algorithm)
                    .text("base64Certificate", base64(der)),
            );
        }
    }
}

/// What went over a transport or a pair: without checks, as the document has it.
fn carried(report: Report, carried: &Carried) -> Report {
    report
        .count("packetsSent", carried.packets_sent)
        .count("packetsReceived", carried.packets_received)
        .count("bytesSent", carried.bytes_sent)
        .count("bytesReceived", carried.bytes_received)
}
