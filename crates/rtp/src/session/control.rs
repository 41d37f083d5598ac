//! What comes about packets: reports on what we send, requests, arrivals. RFC 3550 §6; RFC 4585; RFC 5104; RFC 8888.

use limpid_sansio::Instant;

use super::route::Route;
use super::{DropReason, Event, Session};
use crate::clock::Ntp;
use crate::names::Ssrc;
use crate::rtcp::{self, Packet, ReportBlock, SenderInfo};

impl Session {
    pub(super) fn take_control(&mut self, now: Instant, bytes: &[u8]) {
        self.note_way_back(now);
        for packet in rtcp::packets(bytes).filter_map(Result::ok) {
            if let Packet::SourceDescription(description) = packet {
                self.on_source_description(&description);
            }
        }
        for packet in rtcp::packets(bytes) {
            match packet {
                Ok(packet) => self.take_control_packet(now, &packet),
                Err(_) => self.drop(DropReason::Malformed),
            }
        }
        self.follow_estimate();
    }

    fn take_control_packet(&mut self, now: Instant, packet: &Packet<'_>) {
        match packet {
            Packet::SenderReport(report) if self.is_looped(now, report.sender) => {}
            Packet::ReceiverReport(report) if self.is_looped(now, report.sender) => {}
            Packet::SenderReport(report) => {
                self.on_sender_report(now, report.sender, &report.info);
                report.blocks().for_each(|block| self.on_report_block(now, &block));
            }
            Packet::ReceiverReport(report) => {
                report.blocks().for_each(|block| self.on_report_block(now, &block));
            }
            Packet::Goodbye(goodbye) => {
                for source in goodbye.sources() {
                    self.on_owner_left(now, source);
                    self.on_goodbye(now, source);
                }
            }
            Packet::Nack(nack) => {
                let round_trip = self.round_trip;
                match self.senders.iter_mut().find(|sender| sender.stream.ssrc() == nack.media) {
                    Some(sender) => sender.stream.on_nack(now, nack.lost(), round_trip),
                    None => self.drop(DropReason::Foreign),
                }
            }
            Packet::PictureLossIndication { media, .. } => self.on_key_frame_request(now, *media, None),
            Packet::FullIntraRequest(request) => {
                for entry in request.entries() {
                    let request = (request.sender, entry.sequence_number);
                    self.on_key_frame_request(now, entry.ssrc, Some(request));
                }
            }
            Packet::Remb(remb) => {
                self.limits.remb = Some(remb.bits_per_second);
                self.weigh_limits(now);
            }
            Packet::Tmmbr(request) => self.on_rate_requests(now, request),
            Packet::TransportFeedback(feedback) => self.estimator.on_transport_feedback(now, feedback),
            Packet::CongestionControlFeedback(feedback) => {
                self.estimator.on_congestion_feedback(now, feedback);
            }
            _ => {}
        }
    }

    fn on_sender_report(&mut self, now: Instant, sender: Ssrc, info: &SenderInfo) {
        self.set_clock(now, sender, Ntp(info.ntp));
        let Some(Route::Media(id)) = self.routes.find(sender) else { return };
        if let Some(stream) = self
            .receivers
            .iter_mut()
            .find(|receiver| receiver.id == id)
            .and_then(|receiver| receiver.stream.as_mut())
        {
            stream.on_sender_report(now, info);
        }
    }

    fn on_report_block(&mut self, now: Instant, block: &ReportBlock) {
        let ntp = self.ntp(now);
        let Some(sender) = self.senders.iter_mut().find(|sender| sender.stream.ssrc() == block.ssrc) else {
            // Reports on a stream of retransmissions say nothing that is not known.
            return;
        };
        let round_trip = sender.stream.on_report(ntp, block);
        if let Some(round_trip) = round_trip {
            self.set_round_trip(round_trip);
        }
        self.ask_breaker(now, block, round_trip);
        self.estimator.on_report_loss(now, block.fraction_lost);
    }

    /// `full`: who asks for a full picture, and the number of the request.
    fn on_key_frame_request(&mut self, now: Instant, media: Ssrc, full: Option<(Ssrc, u8)>) {
        let Some(sender) = self.senders.iter_mut().find(|sender| sender.stream.ssrc() == media) else {
            return self.drop(DropReason::Foreign);
        };
        let is_new = match full {
            Some((source, sequence)) => sender.stream.on_full_intra_request(now, source, sequence),
            None => sender.stream.on_picture_loss(now),
        };
        let id = sender.config.ssrc;
        if is_new {
            self.say(Event::KeyFrameRequested(id));
        }
    }

    /// Key frames that were asked for too soon after others.
    pub(super) fn attend_requests(&mut self, now: Instant) {
        for at in 0..self.senders.len() {
            if self.senders[at].stream.poll_key_frame_request(now) {
                self.say(Event::KeyFrameRequested(self.senders[at].config.ssrc));
            }
        }
    }

    pub(super) fn requests_timeout(&self) -> Option<Instant> {
        self.senders.iter().filter_map(|sender| sender.stream.key_frame_request_at()).min()
    }
}
