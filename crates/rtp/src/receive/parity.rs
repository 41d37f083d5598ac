//! A stream that comes with parity: what is lost comes back before it is asked for, if the rest of its group is there.
//! RFC 5109; RFC 8627.

use limpid_sansio::Instant;

use super::{Stream, Verdict, Way};
use crate::codec::red::Blocks;
use crate::elements::Told;
use crate::fec::{Decoder, Form, Parity, Repair};
use crate::header::{Header, Packet};
use crate::names::PayloadType;

impl Stream {
    /// A packet of the stream of repair packets came. It is never [`Verdict::Fresh`] itself, whatever it brings back.
    pub fn receive_parity(&mut self, now: Instant, packet: &Packet<'_>) -> Verdict {
        self.stats.parity_packets_received += 1;
        let form = self.config.parity.iter().find(|(number, _)| *number == packet.header.payload_type);
        let verdict = match form.and_then(|(_, form)| form.parse(packet).ok()) {
            Some(Parity::Repair(repair)) => self.take_repair(&repair),
            Some(Parity::Packet(bytes)) => self.take_once_more(now, bytes),
            None => Verdict::Useless,
        };
        self.stats.parity_packets_discarded += u64::from(verdict == Verdict::Useless);
        self.recover(now);
        verdict
    }

    /// Remembers a packet for those that were protected together with it, and looks for parity among the blocks of RED. Most
    /// streams for which parity was agreed on never bring any: nothing is copied until the first one came.
    pub(super) fn note_source(
        &mut self,
        now: Instant,
        full: u64,
        packet: &Packet<'_>,
        primary: (PayloadType, &[u8]),
    ) {
        if self.config.parity.is_empty() {
            return;
        }
        let is_parity = self.is_generic_parity(primary.0);
        if let Some(decoder) = self.decoder.as_mut().filter(|_| !is_parity) {
            decoder.add_wrapped(full, packet, primary, &self.config.elements);
        }
        if self.config.red == Some(packet.header.payload_type) {
            self.look_for_parity(packet.payload);
        }
        self.recover(now);
    }

    /// Parity that came inside RED. RFC 5109 §14.2.
    pub(super) fn look_for_parity(&mut self, payload: &[u8]) {
        let Ok(blocks) = Blocks::parse(payload) else { return };
        for block in blocks {
            if !self.is_generic_parity(block.payload_type) {
                continue;
            }
            self.stats.parity_packets_received += 1;
            let verdict = match Form::parse_generic(block.data) {
                Ok(repair) => self.take_repair(&repair),
                Err(_) => Verdict::Useless,
            };
            self.stats.parity_packets_discarded += u64::from(verdict == Verdict::Useless);
        }
    }

    fn is_generic_parity(&self, payload_type: PayloadType) -> bool {
        self.config.parity.contains(&(payload_type, Form::Generic))
    }

    fn take_repair(&mut self, repair: &Repair<'_>) -> Verdict {
        // Without a packet of the stream nobody knows how often its numbers wrapped.
        let Some(base) = self.reception.peek(repair.protected.base) else { return Verdict::Useless };
        let ssrc = self.config.ssrc;
        let decoder = self.decoder.get_or_insert_with(|| alloc::boxed::Box::new(Decoder::new(ssrc)));
        match decoder.add_repair(base, repair) {
            true => Verdict::Filler,
            false => Verdict::Useless,
        }
    }

    /// RFC 8627 §4.2.2.3.
    fn take_once_more(&mut self, now: Instant, bytes: &[u8]) -> Verdict {
        let Some(packet) = Packet::parse(bytes).ok().filter(|packet| packet.header.ssrc == self.config.ssrc)
        else {
            return Verdict::Useless;
        };
        match self.reception.peek(packet.header.sequence_number) {
            Some(full) => self.take_restored(now, full, &packet),
            None => Verdict::Useless,
        }
    }

    pub(super) fn recover(&mut self, now: Instant) {
        let Some(mut decoder) = self.decoder.take_if(|decoder| decoder.is_waiting()) else { return };
        decoder.recover(|full, packet| {
            self.take_restored(now, full, packet);
        });
        self.decoder = Some(decoder);
    }

    /// A packet that parity brought back. What no format of the stream explains was made of other packets than it seems.
    fn take_restored(&mut self, now: Instant, full: u64, packet: &Packet<'_>) -> Verdict {
        let highest = self.reception.highest().map_or(0, |highest| highest + crate::statistics::MAX_MISORDER);
        let (payload_type, payload) = self.primary(packet.header.payload_type, packet.payload);
        if full > highest || self.codec(payload_type).is_none() {
            return Verdict::Useless;
        }
        let header = Header { payload_type, ..packet.header };
        let told = Told::read(packet, &self.config.elements);
        let verdict = self.take(now, full, (header, payload, told), Way::Redundancy);
        self.stats.fec_packets_received += u64::from(verdict == Verdict::Fresh);
        verdict
    }
}
