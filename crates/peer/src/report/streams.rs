//! Entries of sound and pictures: sources, streams each way, what the other side says of them, codecs.
//! W3C webrtc-stats §8.2 to §8.10.

use core::time::Duration;

use limpid_rtp::PayloadType;
use limpid_rtp::session::{InboundStream, OutboundStream};
use limpid_sansio::Instant;
use limpid_sdp::Codec;

use super::transport::TRANSPORT;
use super::{Report, ReportKind, millis_since_1970};
use crate::media::NegotiatedMedia;
use crate::peer::Peer;
use crate::transceiver::Transceiver;

impl Peer {
    pub(super) fn report_sources(&self, now: Instant, out: &mut Vec<Report>) {
        for transceiver in &self.transceivers {
            if let (Some(track), Some(id)) = (&transceiver.track, source_of(transceiver)) {
                out.push(
                    Report::new(ReportKind::MediaSource, id, self.millis_of(now))
                        .text("trackIdentifier", &track.id)
                        .text("kind", track.kind.as_str()),
                );
            }
        }
    }

    pub(super) fn report_streams(&self, now: Instant, out: &mut Vec<Report>) {
        let Some(media) = &self.media else { return };
        let first = out.len();
        for stream in media.session.outbound() {
            self.report_outbound(now, &stream, out);
        }
        for stream in media.session.inbound() {
            self.report_inbound(now, &stream, out);
        }
        // Only codecs that a stream uses are told of (§8.4).
        let used = |report: &Report| report.text_of("codecId").map(str::to_owned);
        let used: Vec<String> = out[first..].iter().filter_map(used).collect();
        for section in &self.negotiated {
            for (way, codecs) in [("O", &section.send_codecs), ("I", &section.receive_codecs)] {
                let codecs = codecs.iter().map(|codec| self.codec_report(now, section, way, codec));
                out.extend(codecs.filter(|report| used.contains(&report.id)));
            }
        }
    }

    fn report_outbound(&self, now: Instant, stream: &OutboundStream, out: &mut Vec<Report>) {
        let (stats, ssrc) = (&stream.stats, stream.ssrc.0);
        let [id, remote_id] = ["O", "RI"].map(|letters| format!("{letters}{ssrc}"));
        let codec = self.codec_id(stream.mid, "O", stream.payload_type);
        let transceiver = self.transceiver_of_sender(stream.id).and_then(|id| self.transceiver(id));
        let base = |kind, id: &str, at| of_stream(Report::new(kind, id, at), (ssrc, stream.is_video), &codec);
        let mut report = base(ReportKind::OutboundRtp, &id, self.millis_of(now))
            .text_if("mid", stream.mid.as_ref().map(|mid| mid.as_str()))
            .text_if("rid", stream.rid.as_ref().map(|rid| rid.as_str()))
            .text_if("mediaSourceId", transceiver.and_then(source_of))
            .text_if("remoteId", stats.remote.map(|_| remote_id.clone()))
            .flag("active", !stream.is_paused)
            .count_if("rtxSsrc", stream.repair.map(|ssrc| ssrc.0))
            .count("packetsSent", stats.packets_sent)
            .count("bytesSent", stats.bytes_sent)
            .count("headerBytesSent", stats.header_bytes_sent)
            .count("retransmittedPacketsSent", stats.retransmitted_packets_sent)
            .count("retransmittedBytesSent", stats.retransmitted_bytes_sent)
            .number("totalPacketSendDelay", stats.total_packet_send_delay.as_secs_f64())
            .count("nackCount", stats.nack_packets);
        if stream.is_video {
            report = report
                .count("framesSent", stats.frames_sent)
                .count("firCount", stats.fir_count)
                .count("pliCount", stats.pli_count);
        }
        out.push(report);
        if let Some(remote) = stats.remote {
            let total = remote.total_round_trip_time.as_secs_f64();
            out.push(
                base(ReportKind::RemoteInboundRtp, &remote_id, self.millis_of(now))
                    .text("localId", id)
                    .number("packetsLost", f64::from(remote.packets_lost))
                    .number("fractionLost", f64::from(remote.fraction_lost) / 256.0)
                    .number("jitter", seconds_of(remote.jitter, Some(stream.clock_rate)))
                    .number("roundTripTime", remote.round_trip_time.as_ref().map(Duration::as_secs_f64))
                    .number("totalRoundTripTime", total)
                    .count("roundTripTimeMeasurements", remote.round_trip_time_measurements),
            );
        }
    }

    fn report_inbound(&self, now: Instant, stream: &InboundStream, out: &mut Vec<Report>) {
        let (stats, ssrc) = (&stream.stats, stream.ssrc.0);
        let [id, remote_id] = ["I", "RO"].map(|letters| format!("{letters}{ssrc}"));
        let codec = stats.last_packet.and_then(|(_, number)| self.codec_id(stream.mid, "I", number));
        let transceiver = self.transceiver_of(stream.receiver).and_then(|id| self.transceiver(id));
        let base = |kind, id: &str, at| of_stream(Report::new(kind, id, at), (ssrc, stream.is_video), &codec);
        let report = base(ReportKind::InboundRtp, &id, self.millis_of(now))
            .text_if("trackIdentifier", transceiver.map(|transceiver| &transceiver.remote.track.id))
            .text_if("mid", stream.mid.as_ref().map(|mid| mid.as_str()))
            .text_if("remoteId", stats.remote.map(|_| remote_id.clone()))
            .count_if("rtxSsrc", stream.repair.map(|ssrc| ssrc.0))
            .count_if("fecSsrc", stream.parity.map(|ssrc| ssrc.0))
            .number("lastPacketReceivedTimestamp", stats.last_packet.map(|(at, _)| self.millis_of(at)))
            .number("jitter", seconds_of(stats.jitter, stream.clock_rate))
            .number("packetsLost", stats.packets_lost as f64);
        out.push(count_inbound(report, stream));
        if let Some(remote) = stats.remote {
            out.push(
                base(ReportKind::RemoteOutboundRtp, &remote_id, self.millis_of(remote.came))
                    .text("localId", id)
                    .number("remoteTimestamp", millis_since_1970(remote.sent_at))
                    .count("packetsSent", remote.packets_sent)
                    .count("bytesSent", remote.bytes_sent)
                    .count("reportsSent", remote.reports),
            );
        }
    }

    /// The id of the entry that tells of a payload type; `None`: no description knows it.
    fn codec_id(&self, mid: Option<limpid_rtp::Mid>, way: &str, number: PayloadType) -> Option<String> {
        let mid = mid?;
        let section = self.negotiated.iter().find(|section| section.mid == mid.as_str())?;
        let codecs = if way == "O" { &section.send_codecs } else { &section.receive_codecs };
        codecs.iter().any(|codec| codec.payload_type == number.0).then(|| id_of_codec(section, way, number.0))
    }

    fn codec_report(&self, now: Instant, section: &NegotiatedMedia, way: &str, codec: &Codec) -> Report {
        let id = id_of_codec(section, way, codec.payload_type);
        Report::new(ReportKind::Codec, id, self.millis_of(now))
            .text("transportId", TRANSPORT)
            .count("payloadType", codec.payload_type)
            .text("mimeType", format!("{}/{}", section.kind.as_str(), codec.name))
            .count("clockRate", codec.clock_rate)
            .count_if("channels", codec.channels)
            .text_if("sdpFmtpLine", Some(&codec.parameters).filter(|line| !line.is_empty()))
    }
}

/// What all entries say that speak of a stream.
fn of_stream(report: Report, (ssrc, is_video): (u32, bool), codec: &Option<String>) -> Report {
    report
        .count("ssrc", ssrc)
        .text("kind", kind_of(is_video))
        .text("transportId", TRANSPORT)
        .text_if("codecId", codec.as_ref())
}

/// Packets and bytes on both numbers: what came again by RTX is counted too, as the document has it.
fn count_inbound(report: Report, stream: &InboundStream) -> Report {
    let stats = &stream.stats;
    let report = report
        .count("packetsReceived", stats.packets_received + stats.retransmitted_packets_received)
        .count("bytesReceived", stats.bytes_received + stats.retransmitted_bytes_received)
        .count("headerBytesReceived", stats.header_bytes_received)
        .count("retransmittedPacketsReceived", stats.retransmitted_packets_received)
        .count("retransmittedBytesReceived", stats.retransmitted_bytes_received)
        .count("fecPacketsReceived", stats.parity_packets_received)
        .count("fecPacketsDiscarded", stats.parity_packets_discarded)
        .count("packetsDiscarded", stats.packets_discarded)
        .count("nackCount", stats.nack_packets)
        .number("jitterBufferDelay", stats.jitter_buffer_delay.as_secs_f64())
        .number("jitterBufferTargetDelay", stats.jitter_buffer_target_delay.as_secs_f64())
        .count("jitterBufferEmittedCount", stats.jitter_buffer_emitted_count);
    if !stream.is_video {
        return report;
    }
    let (fir, pli) = if stream.asks_by_fir { (stats.pli_count, 0) } else { (0, stats.pli_count) };
    report
        .count("framesReceived", stats.frames_received)
        .count("framesDropped", stats.frames_dropped)
        .count("firCount", fir)
        .count("pliCount", pli)
}

fn id_of_codec(section: &NegotiatedMedia, way: &str, payload_type: u8) -> String {
    format!("C{way}{}-{payload_type}", section.mid)
}

fn source_of(transceiver: &Transceiver) -> Option<String> {
    transceiver.track.as_ref().map(|_| format!("S{}", transceiver.id.0))
}

fn kind_of(is_video: bool) -> &'static str {
    if is_video { "video" } else { "audio" }
}

/// Units of a clock as time; `None`: nobody knows the clock.
fn seconds_of(units: u32, clock_rate: Option<u32>) -> Option<f64> {
    clock_rate.filter(|rate| *rate > 0).map(|rate| f64::from(units) / f64::from(rate))
}
