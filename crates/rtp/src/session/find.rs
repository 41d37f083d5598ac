//! Whose a packet is, by what it says of itself. RFC 9143 §9.2, RFC 8852 §3, RFC 7941 §4.2.6.

use limpid_sansio::Instant;

use super::incoming::Incoming;
use super::route::Route;
use super::{Event, Meaning, Session};
use crate::ext::Kind;
use crate::header::Packet;
use crate::names::{Mid, Rid, Ssrc};

impl Session {
    /// The section that the packet names; else what its number is known as; else the one section that has its payload type.
    pub(super) fn route(&mut self, now: Instant, packet: &Packet<'_>) -> Option<Route> {
        let ssrc = packet.header.ssrc;
        let name = |kind| self.elements.id(kind).and_then(|id| packet.element(id));
        let mid = name(Kind::Mid).and_then(Mid::from_bytes);
        let rid = name(Kind::RtpStreamId).and_then(Rid::from_bytes);
        let repaired = name(Kind::RepairedRtpStreamId).and_then(Rid::from_bytes);
        if let Some(route) = self.routes.find(ssrc) {
            if self.agrees(route, mid, rid) {
                self.ensure_stream(now, route, ssrc);
                return Some(route);
            }
            if self.was_overtaken(route, ssrc, packet.header.sequence_number) {
                return None; // the names are those of before
            }
        }
        let rid = rid.or(repaired);
        let route = self.name_route(packet, mid, rid)?;
        self.change(now, route, ssrc, mid.is_some() || rid.is_some())
    }

    /// A stream that nobody takes is told of, each once while it is among the last few.
    pub(super) fn tell_unsignalled(&mut self, packet: &Packet<'_>) {
        let ssrc = packet.header.ssrc;
        if self.strangers.contains(&ssrc) || self.routes.find(ssrc).is_some() {
            return;
        }
        self.strangers.rotate_right(1);
        self.strangers[0] = ssrc;
        let mid = self.elements.id(Kind::Mid).and_then(|id| packet.element(id)).and_then(Mid::from_bytes);
        self.say(Event::Unsignalled { ssrc, payload_type: packet.header.payload_type, mid });
    }

    /// Whether what a number is known as fits the names that the packet carries.
    fn agrees(&self, route: Route, mid: Option<Mid>, rid: Option<Rid>) -> bool {
        let Some(receiver) = self.receivers.iter().find(|receiver| receiver.id == route.receiver()) else {
            return false;
        };
        let is_same_mid = mid.is_none() || receiver.section.mid.is_none() || receiver.section.mid == mid;
        is_same_mid && (rid.is_none() || receiver.rid.is_none() || receiver.rid == rid)
    }

    /// Whether a later packet of the stream has come already.
    fn was_overtaken(&self, route: Route, ssrc: Ssrc, sequence: u16) -> bool {
        let receiver = self.receivers.iter().find(|receiver| receiver.id == route.receiver());
        let stream = receiver.and_then(|receiver| receiver.stream.as_ref());
        stream.is_some_and(|stream| stream.ssrc() == ssrc && stream.is_old(sequence))
    }

    /// By names where the packet has them, and only where nobody else could be meant.
    fn name_route(&self, packet: &Packet<'_>, mid: Option<Mid>, rid: Option<Rid>) -> Option<Route> {
        let payload_type = packet.header.payload_type;
        let is_of = |receiver: &&Incoming| {
            receiver.section.payload(payload_type).is_some() && (mid.is_none() || receiver.section.mid == mid)
        };
        let candidates = self.receivers.iter().filter(is_of);
        let receiver = match rid {
            None => only(candidates)?,
            // A single stream may have a name though nobody asked for names.
            Some(_) => only(candidates.clone().filter(|receiver| receiver.rid == rid))
                .or_else(|| only(candidates.filter(|receiver| receiver.rid.is_none())))?,
        };
        let payload = receiver.section.payload(payload_type)?;
        Some(match payload.meaning {
            Meaning::Retransmission(_) => Route::Repair(receiver.id),
            Meaning::Parity(_) => Route::Parity(receiver.id),
            _ => Route::Media(receiver.id),
        })
    }
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}
