//! What leaves: flights, alerts, and application data, each written once, into the caller's buffer.

use limpid_sansio::Transmit;

use super::{Endpoint, Phase};
use crate::error::Error;
use crate::record::{ContentType, Epoch, HEADER_LEN};

/// A record that was begun: its header lies in the buffer, the content comes next. End it with
/// [`seal`](Endpoint::seal) or [`cancel`](Endpoint::cancel).
#[must_use]
#[derive(Debug)]
pub struct Record {
    start: usize,
    /// A header was written; nothing can be sealed without one.
    has_header: bool,
}

impl Endpoint {
    /// Bytes that a record adds to its content when no suite is known yet: the most of any.
    const LARGEST_OVERHEAD: usize = HEADER_LEN + 8 + 16;

    /// Begins a record of application data: appends room for its header to `out`. Append the content behind it (at most
    /// 2¹⁴ bytes), and then [`seal`](Endpoint::seal). One record at a time.
    pub fn begin(&self, out: &mut Vec<u8>) -> Record {
        match self.context.epochs.sealer().filter(|_| self.is_connected()) {
            Some(sealer) => Record { start: sealer.begin(out), has_header: true },
            None => Record { start: out.len(), has_header: false },
        }
    }

    /// Numbers and encrypts the record where it lies, and returns its whole length. 0: nothing may be sent, because the
    /// endpoint is not connected (or was not at [`begin`](Endpoint::begin)) or the content is too long; the record is cut
    /// off again.
    pub fn seal(&mut self, out: &mut Vec<u8>, record: Record) -> usize {
        let connected = self.is_connected() && record.has_header;
        let sealed = match self.context.epochs.sealer_mut().filter(|_| connected) {
            Some(sealer) => sealer.seal(out, record.start, ContentType::APPLICATION_DATA),
            None => None,
        };
        if sealed.is_some() {
            self.stats.records_sent += 1;
            return out.len() - record.start;
        }
        self.cancel(out, record);
        if connected && self.context.epochs.sealer().is_some_and(|sealer| sealer.is_exhausted()) {
            // Without numbers there are no last words either.
            self.context.outgoing.stop();
            self.phase = Phase::Failed(Error::SequenceExhausted);
        }
        0
    }

    /// Cuts a begun record off again.
    pub fn cancel(&self, out: &mut Vec<u8>, record: Record) {
        out.truncate(record.start);
    }

    /// Bytes that a record adds to its content.
    pub fn overhead(&self) -> usize {
        self.context.epochs.sealer().map_or(Self::LARGEST_OVERHEAD, |sealer| sealer.overhead())
    }

    /// One datagram of the flight that is on its way, or one alert.
    pub(super) fn transmit(&mut self, out: &mut Vec<u8>) -> Option<Transmit<()>> {
        let context = &mut self.context;
        let limit = context.outgoing.datagram_limit();
        let len = context.outgoing.flight.pack(&mut context.epochs, out, limit);
        if len > 0 {
            return Some(Transmit::new((), len));
        }
        let alert = self.words.pop_front()?;
        let start = out.len();
        // In the epoch of everything else that we send now: plaintext until our ChangeCipherSpec.
        let epoch: Epoch = context.write_epoch;
        context.epochs.write(out, epoch, ContentType::ALERT, |writer| alert.write(writer))?;
        Some(Transmit::new((), out.len() - start))
    }
}
