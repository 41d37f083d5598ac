//! Our own number, used by the other side. RFC 3550 §8.2.
//!
//! By accident: then one of the two has to take another number, and says goodbye to the old one. Or because somebody sends back
//! what we sent: then that would go on for ever, and what comes under our number is not looked at.
//!
//! All packets of a transport come from one side, so that the list of conflicting addresses is a moment for each stream of
//! ours. Whoever holds one of them goes on to call it by the number under which it was [added](Session::add_sender).

use core::time::Duration;

use limpid_sansio::Instant;

use super::outgoing::first_sequence_number;
use super::{DropReason, Event, Session};
use crate::names::Ssrc;

/// A conflict is forgotten when none came for ten intervals of reports, which here is this long. §8.2.
const MEMORY: Duration = Duration::from_secs(10);

impl Session {
    /// A packet came under this number. `true`: it is ours, as something sends back what we send.
    pub(super) fn is_looped(&mut self, now: Instant, ssrc: Ssrc) -> bool {
        let conflict = match self.senders.iter_mut().find(|sender| sender.stream.is_of(ssrc)) {
            Some(sender) => &mut sender.conflict,
            None if ssrc == self.local_ssrc => &mut self.conflict,
            None => return false,
        };
        let is_known = conflict.is_some_and(|last| now.since(last) < MEMORY);
        *conflict = Some(now);
        match is_known {
            true => self.drop(DropReason::Looped),
            false => self.renumber(ssrc),
        }
        is_known
    }

    /// Another number, and where it belongs to a stream, for its repair too.
    fn renumber(&mut self, ssrc: Ssrc) {
        if self.local_ssrc == ssrc {
            self.local_ssrc = self.free_number();
        }
        let Some(at) = self.senders.iter().position(|sender| sender.stream.is_of(ssrc)) else { return };
        let (media, repair) = (self.free_number(), self.free_number());
        let sequence_numbers = [0; 2].map(|_| first_sequence_number(&mut self.random));
        let sender = &mut self.senders[at];
        let id = sender.config.ssrc;
        self.reports.goodbyes.extend(sender.stream.sources_that_sent());
        sender.config.repair = sender.config.repair.map(|_| repair);
        sender.stream.renumber(media, repair, sequence_numbers);
        self.say(Event::Renumbered { sender: id, ssrc: media });
    }

    /// A number that neither side uses.
    fn free_number(&mut self) -> Ssrc {
        loop {
            let ssrc = Ssrc(self.random.u32());
            if !self.is_ours(ssrc) && self.routes.find(ssrc).is_none() {
                return ssrc;
            }
        }
    }
}
