//! The way up: a datagram becomes messages, or frames. Each floor takes its part and yields the rest to the next.

use limpid_ice::Yield;
use limpid_sansio::{Datagram, Direction, Instant, Machine};
use limpid_sctp::Inbound;

use crate::demux::Kind;
use crate::peer::Peer;
use crate::{Error, stats::DropReason};

impl Peer {
    pub(crate) fn climb(&mut self, now: Instant, datagram: Datagram<'_>) -> Result<(), Error> {
        let (path, ecn) = (datagram.path, datagram.ecn);
        self.tap.packet(now, "wire", Direction::In, Some(path), datagram.payload);
        let kind = Kind::of(datagram.payload);
        // Also payload goes through ICE first: only a path that has proved itself may feed the floors above.
        let payload = match self.transport.ice.handle_input(now, datagram).map_err(Error::Ice)? {
            Yield::Payload(path, payload) => {
                self.transport.note_received(now, path, payload.len());
                payload
            }
            Yield::Done => return Ok(()),
        };
        match kind {
            Kind::Dtls => {}
            Kind::Rtp => {
                self.climb_media(now, ecn, payload);
                return Ok(());
            }
            _ => return self.dropped(DropReason::UnknownProtocol),
        }
        let Some(dtls) = &mut self.transport.dtls else { return self.dropped(DropReason::NotNegotiated) };
        let mut rest = payload;
        while !rest.is_empty() {
            let opened = dtls.handle_input(now, rest).map_err(Error::Dtls)?;
            if let Some(plaintext) = opened.plaintext {
                self.tap.packet(now, "sctp", Direction::In, None, plaintext);
                match &mut self.association {
                    // An association that fails says so in its events; the connection is then closed in `attend`.
                    Some(association) => {
                        let _ = association.handle_input(now, Inbound { ecn, bytes: plaintext });
                    }
                    None => self.dropped[DropReason::NotNegotiated as usize] += 1,
                }
            }
            rest = opened.rest;
        }
        Ok(())
    }

    fn dropped(&mut self, reason: DropReason) -> Result<(), Error> {
        self.dropped[reason as usize] += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
