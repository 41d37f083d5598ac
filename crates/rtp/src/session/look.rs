//! All streams at a glance, with what they counted: for statistics.

use super::route::Route;
use super::{Meaning, ReceiverId, Session};
use crate::fec::Form;
use crate::names::{Mid, PayloadType, Rid, Ssrc};
use crate::statistics::{Inbound, Outbound};

/// A stream of ours.
#[derive(Copy, Clone, Debug)]
pub struct OutboundStream {
    /// What [`Session::sender`] knows it by.
    pub id: Ssrc,
    /// Its number.
    pub ssrc: Ssrc,
    /// That of its retransmissions, where there are any.
    pub repair: Option<Ssrc>,
    /// Its section.
    pub mid: Option<Mid>,
    /// Its encoding.
    pub rid: Option<Rid>,
    /// In which format frames are written.
    pub payload_type: PayloadType,
    /// Units of its timestamps in a second.
    pub clock_rate: u32,
    /// Pictures, not sound.
    pub is_video: bool,
    /// It takes no frames for the time being.
    pub is_paused: bool,
    /// What it counted.
    pub stats: Outbound,
}

/// A stream of the other side's, of which something came.
#[derive(Copy, Clone, Debug)]
pub struct InboundStream {
    /// Where it is read.
    pub receiver: ReceiverId,
    /// Its number.
    pub ssrc: Ssrc,
    /// That of its retransmissions, once one came or was announced.
    pub repair: Option<Ssrc>,
    /// That of its parity, where that is a stream of its own and was announced.
    pub parity: Option<Ssrc>,
    /// Its section.
    pub mid: Option<Mid>,
    /// Its encoding.
    pub rid: Option<Rid>,
    /// Units of its timestamps in a second, as its last packet says.
    pub clock_rate: Option<u32>,
    /// Pictures, not sound.
    pub is_video: bool,
    /// Key frames are asked for by FIR, not by PLI.
    pub asks_by_fir: bool,
    /// What it counted.
    pub stats: Inbound,
}

impl Session {
    /// All streams of ours.
    pub fn outbound(&self) -> impl Iterator<Item = OutboundStream> {
        self.senders.iter().map(|sender| {
            let config = &sender.config;
            let payload = config.payloads.iter().find(|payload| payload.payload_type == config.payload_type);
            OutboundStream {
                id: config.ssrc,
                ssrc: sender.stream.ssrc(),
                repair: sender.stream.rtx().map(|rtx| rtx.ssrc),
                mid: config.mid,
                rid: config.rid,
                payload_type: config.payload_type,
                clock_rate: payload.map_or(0, |payload| payload.clock_rate),
                is_video: config.is_video,
                is_paused: sender.stream.is_paused(),
                stats: *sender.stream.stats(),
            }
        })
    }

    /// The numbers of a stream of ours, and of its retransmissions where it has one for them, agreed on or not. They are those
    /// under which it was added, unless it was [renumbered](super::Event::Renumbered). `None`: there is no such stream.
    pub fn numbers_of(&self, id: Ssrc) -> Option<(Ssrc, Option<Ssrc>)> {
        let sender = self.senders.iter().find(|sender| sender.config.ssrc == id)?;
        Some((sender.stream.ssrc(), sender.config.repair))
    }

    /// Whether a number is that of a stream that comes, or of its retransmissions.
    pub fn is_known(&self, ssrc: Ssrc) -> bool {
        self.routes.find(ssrc).is_some()
    }

    /// Whether a number is that of a stream of ours, or of its retransmissions, or the one under which we speak.
    pub fn is_ours(&self, ssrc: Ssrc) -> bool {
        ssrc == self.local_ssrc || self.senders.iter().any(|sender| sender.stream.is_of(ssrc))
    }

    /// The receiver whose stream has this number.
    pub fn receiver_of(&self, ssrc: Ssrc) -> Option<ReceiverId> {
        let route = self.routes.find(ssrc)?;
        (route == Route::Media(route.receiver())).then_some(route.receiver())
    }

    /// All streams of the other side's of which something came.
    pub fn inbound(&self) -> impl Iterator<Item = InboundStream> {
        self.receivers.iter().filter_map(|receiver| {
            let (stream, section) = (receiver.stream.as_ref()?, &receiver.section);
            let stats = stream.stats();
            let last = stats.last_packet.and_then(|(_, number)| section.payload(number));
            let has = |is_it: fn(&Meaning) -> bool| section.payloads.iter().any(|it| is_it(&it.meaning));
            let has_repair = has(|meaning| matches!(meaning, Meaning::Retransmission(_)));
            let has_parity =
                has(|meaning| matches!(meaning, Meaning::Parity(form) if *form != Form::Generic));
            let number = |route| self.routes.number_of(route);
            Some(InboundStream {
                receiver: receiver.id,
                ssrc: stream.ssrc(),
                repair: number(Route::Repair(receiver.id)).filter(|_| has_repair),
                parity: number(Route::Parity(receiver.id)).filter(|_| has_parity),
                mid: section.mid,
                rid: receiver.rid,
                clock_rate: last.map(|payload| payload.clock_rate),
                is_video: section.is_video,
                asks_by_fir: receiver.section.asks_by_fir(),
                stats,
            })
        })
    }
}
