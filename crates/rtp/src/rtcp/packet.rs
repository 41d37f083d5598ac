//! The packets of a datagram, each told apart by type and format. RFC 3550 §6.1, RFC 4585 §6.1.

use limpid_sansio::wire::{ParseError, Reader};

use super::common::{CONTROL_AT, Feedback, Raw, RawPackets, feedback_format, packet_type, raw_packets};
use super::{
    Application, ExtendedReport, FullIntraRequest, Goodbye, Nack, ReceiverReport, Remb, SenderReport,
    SourceDescription, Tmmb, ccfb, twcc,
};
use crate::names::Ssrc;

/// An RTCP packet as it lies in a buffer. All lengths in it were checked.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Packet<'a> {
    /// What a sender has sent, and what it has received. RFC 3550 §6.4.1.
    SenderReport(SenderReport<'a>),
    /// What somebody has received. RFC 3550 §6.4.2.
    ReceiverReport(ReceiverReport<'a>),
    /// Who stands behind sources. RFC 3550 §6.5.
    SourceDescription(SourceDescription<'a>),
    /// Sources leave. RFC 3550 §6.6.
    Goodbye(Goodbye<'a>),
    /// Of an application's own making. RFC 3550 §6.7.
    Application(Application<'a>),
    /// Packets are missing. RFC 4585 §6.2.1.
    Nack(Nack<'a>),
    /// A decoder lost a picture and asks for one that depends on no other. RFC 4585 §6.3.1.
    PictureLossIndication {
        /// Who asks.
        sender: Ssrc,
        /// The stream that shall send it.
        media: Ssrc,
    },
    /// A new decoder asks for a picture that depends on no other. RFC 5104 §4.3.1.
    FullIntraRequest(FullIntraRequest<'a>),
    /// How much a receiver believes to be able to take, all streams together. draft-alvestrand-rmcat-remb-03.
    Remb(Remb<'a>),
    /// Asks senders to limit their rate. RFC 5104 §4.2.1.
    Tmmbr(Tmmb<'a>),
    /// Says which limits a sender keeps. RFC 5104 §4.2.2.
    Tmmbn(Tmmb<'a>),
    /// Arrivals by transport-wide sequence number. draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
    TransportFeedback(twcc::View<'a>),
    /// Arrivals by SSRC and sequence number. RFC 8888 §3.1.
    CongestionControlFeedback(ccfb::View<'a>),
    /// Reports of other kinds. RFC 3611.
    ExtendedReport(ExtendedReport<'a>),
    /// Feedback of a format that is not told apart here.
    Feedback(Feedback<'a>),
    /// A packet of a type that is not told apart here; it is passed over (RFC 3550 §6.1).
    Unknown(Raw<'a>),
}

/// The packets of a compound or reduced-size datagram.
///
/// A packet that is broken inside is one `Err`, and the next follows: its neighbours are as good as without it. Where a
/// length or padding count does not fit, there is no next one.
pub fn packets(datagram: &[u8]) -> Packets<'_> {
    Packets { raw: raw_packets(datagram) }
}

/// See [`packets`].
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    raw: RawPackets<'a>,
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.raw.next()?.and_then(|raw| Packet::parse(&raw)))
    }
}

impl<'a> Packet<'a> {
    /// Reads one packet out of its body. Offsets of faults count from the start of the datagram.
    pub fn parse(raw: &Raw<'a>) -> Result<Self, ParseError> {
        Self::parse_body(raw).map_err(|error| error.within(raw.body_offset()))
    }

    fn parse_body(raw: &Raw<'a>) -> Result<Self, ParseError> {
        Ok(match raw.packet_type {
            packet_type::SENDER_REPORT => Packet::SenderReport(SenderReport::parse(raw)?),
            packet_type::RECEIVER_REPORT => Packet::ReceiverReport(ReceiverReport::parse(raw)?),
            packet_type::SOURCE_DESCRIPTION => Packet::SourceDescription(SourceDescription::parse(raw)?),
            packet_type::GOODBYE => Packet::Goodbye(Goodbye::parse(raw)?),
            packet_type::APPLICATION => Packet::Application(Application::parse(raw)?),
            packet_type::TRANSPORT_FEEDBACK if raw.count == feedback_format::CONGESTION_CONTROL => {
                Self::congestion_control(raw.body)?
            }
            packet_type::TRANSPORT_FEEDBACK => Self::transport(Feedback::parse(raw)?)?,
            packet_type::PAYLOAD_FEEDBACK => Self::payload(Feedback::parse(raw)?)?,
            packet_type::EXTENDED_REPORT => Packet::ExtendedReport(ExtendedReport::parse(raw)?),
            _ => Packet::Unknown(*raw),
        })
    }

    fn transport(feedback: Feedback<'a>) -> Result<Self, ParseError> {
        Ok(match feedback.format {
            feedback_format::NACK => Packet::Nack(Nack::parse(&feedback)?),
            feedback_format::TMMBR => Packet::Tmmbr(Tmmb::parse(&feedback, 1)?),
            // A sender that keeps no limit says so with an empty list.
            feedback_format::TMMBN => Packet::Tmmbn(Tmmb::parse(&feedback, 0)?),
            feedback_format::TRANSPORT_WIDE => {
                let Feedback { sender, media, control, .. } = feedback;
                let view = twcc::View::parse(sender, media, control);
                Packet::TransportFeedback(view.map_err(|error| error.within(CONTROL_AT))?)
            }
            _ => Packet::Feedback(feedback),
        })
    }

    /// The one kind of feedback that has no media source: its blocks begin where that stands in others.
    fn congestion_control(body: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(body);
        let sender = Ssrc(reader.u32("SSRC of packet sender")?);
        let view = ccfb::View::parse(sender, reader.rest());
        Ok(Packet::CongestionControlFeedback(view.map_err(|error| error.within(reader.offset()))?))
    }

    fn payload(feedback: Feedback<'a>) -> Result<Self, ParseError> {
        Ok(match feedback.format {
            feedback_format::PICTURE_LOSS => {
                super::key_frame::parse_picture_loss_indication(&feedback)?;
                Packet::PictureLossIndication { sender: feedback.sender, media: feedback.media }
            }
            feedback_format::FULL_INTRA => Packet::FullIntraRequest(FullIntraRequest::parse(&feedback)?),
            feedback_format::APPLICATION_LAYER if Remb::is_here(&feedback) => {
                Packet::Remb(Remb::parse(&feedback)?)
            }
            _ => Packet::Feedback(feedback),
        })
    }
}

#[cfg(test)]
mod tests;
