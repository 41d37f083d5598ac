//! Whether the other side has to be told something. W3C webrtc-pc §4.7.3.

use limpid_sdp::jsep::{Direction, SignalingState};

use super::Agreed;
use crate::Event;
use crate::peer::Peer;
use crate::transceiver::Transceiver;

impl Peer {
    /// Asks for an exchange once, if there is need of one; while one is under way the question waits for its end.
    pub(crate) fn update_negotiation_needed(&mut self) {
        if self.is_closed() || self.negotiation.state != SignalingState::Stable {
            return;
        }
        let is_needed = self.is_negotiation_needed();
        let is_news = is_needed && !self.negotiation.is_needed;
        self.negotiation.is_needed = is_needed;
        if is_news {
            self.events.push_back(Event::NegotiationNeeded);
        }
    }

    fn is_negotiation_needed(&self) -> bool {
        if self.negotiation.wants_restart {
            return true;
        }
        let Some(agreed) = &self.negotiation.agreed else {
            return self.association.is_some() || !self.transceivers.is_empty();
        };
        // Channels that were refused are not asked for again and again.
        let has_data = agreed.ours.sections.iter().any(|section| section.kind == "application");
        (self.association.is_some() && !has_data)
            || self.transceivers.iter().any(|transceiver| agreed.differs_from(transceiver))
    }
}

impl Agreed {
    /// Whether a transceiver wants something else than what was said.
    fn differs_from(&self, transceiver: &Transceiver) -> bool {
        let Some(section) = transceiver.association.section.filter(|_| !transceiver.is_stopping) else {
            return true;
        };
        let (Some(ours), Some(theirs)) = (self.ours.media_at(section), self.theirs.media_at(section)) else {
            return true;
        };
        let wanted = transceiver.direction;
        if ours.direction.sends() && wanted.sends() {
            let said = ours.streams.iter().map(|name| name.stream.as_str()).filter(|stream| *stream != "-");
            if !said.eq(transceiver.streams.iter().map(String::as_str)) {
                return true;
            }
        }
        let allowed: Direction = theirs.direction.reversed();
        match self.is_offerer {
            true => ours.direction != wanted && allowed != wanted,
            false => ours.direction != wanted.intersect(allowed),
        }
    }
}
