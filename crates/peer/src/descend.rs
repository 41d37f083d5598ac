//! The way down: messages and frames become datagrams. Headers are written first, then the content behind them, then it is sealed
//! where it lies.

use limpid_sansio::{Direction, Instant, Machine, Path, Transmit};

use crate::peer::Peer;

impl Peer {
    pub(crate) fn descend(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        let start = out.len();
        let checks = self.checks(now, out);
        let is_check = checks.is_some();
        // Content never overtakes the Finished that lets the peer open it; close_notify never overtakes content.
        let transmit = match self.is_closed() {
            false => checks.or_else(|| self.handshake(now, out)).or_else(|| self.payload(now, out))?,
            true => checks.or_else(|| self.payload(now, out)).or_else(|| self.handshake(now, out))?,
        };
        if !is_check {
            self.transport.note_sent(now, out.len() - start);
        }
        self.tap.packet(now, "wire", Direction::Out, Some(transmit.route), &out[start..]);
        Some(transmit)
    }

    /// ICE finds and keeps the path.
    fn checks(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        self.transport.ice.poll_transmit(now, out)
    }

    /// Media first: it is paced, and late media is lost.
    fn payload(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        self.descend_media(now, out).or_else(|| self.content(now, out))
    }

    /// SCTP in DTLS records.
    fn content(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        let (_, route, _) = self.transport.path.filter(|(id, ..)| self.transport.may_send(*id))?;
        let dtls = self.transport.dtls.as_mut().filter(|dtls| dtls.is_connected())?;
        let association = self.association.as_mut()?;
        let record = dtls.begin(out);
        let content = out.len();
        match association.poll_transmit(now, out) {
            Some(transmit) => {
                self.tap.packet(now, "sctp", Direction::Out, None, &out[content..]);
                let len = dtls.seal(out, record);
                Some(transmit.reroute(route, len))
            }
            None => {
                dtls.cancel(out, record);
                None
            }
        }
    }

    /// Flights and alerts. After a goodbye there is no content any more, and close_notify is the last of all.
    fn handshake(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        let (_, route, _) = self.transport.path.filter(|(id, ..)| self.transport.may_send(*id))?;
        let is_leaving = self.is_closed();
        let dtls = self.transport.dtls.as_mut()?;
        if is_leaving {
            dtls.close(now); // decided long ago; said only now, behind the words of the floor above
        }
        let transmit = dtls.poll_transmit(now, out)?;
        let len = transmit.len;
        Some(transmit.reroute(route, len))
    }
}
