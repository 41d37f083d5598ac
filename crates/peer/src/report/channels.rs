//! Entries of data channels. W3C webrtc-stats §8.13.

use limpid_sansio::Instant;
use limpid_sctp::ChannelState;

use super::{Report, ReportKind};
use crate::peer::Peer;

impl Peer {
    pub(super) fn report_channels(&self, now: Instant, out: &mut Vec<Report>) {
        let Some(association) = &self.association else { return };
        for (id, info) in association.channel_infos() {
            let state = match info.state {
                ChannelState::Connecting => "connecting",
                ChannelState::Open => "open",
                ChannelState::Closing => "closing",
                ChannelState::Closed => "closed",
            };
            out.push(
                Report::new(ReportKind::DataChannel, format!("D{}", id.0), self.millis_of(now))
                    .text("label", info.label)
                    .text("protocol", info.protocol)
                    .count_if("dataChannelIdentifier", info.stream_id)
                    .text("state", state)
                    .count("messagesSent", info.counts.messages_sent)
                    .count("bytesSent", info.counts.bytes_sent)
                    .count("messagesReceived", info.counts.messages_received)
                    .count("bytesReceived", info.counts.bytes_received),
            );
        }
    }
}
