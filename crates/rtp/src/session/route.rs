//! Which receiver a packet belongs to: by section, encoding, stream number, payload type, in this order. RFC 9143 §9.2.

use alloc::collections::BTreeMap;

use super::ReceiverId;
use crate::names::Ssrc;

/// What a stream number is known as.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// The packets of a receiver.
    Media(ReceiverId),
    /// Its retransmissions.
    Repair(ReceiverId),
    /// Its parity.
    Parity(ReceiverId),
}

impl Route {
    pub(crate) const fn is_media(self) -> bool {
        matches!(self, Route::Media(_))
    }

    pub(crate) const fn receiver(self) -> ReceiverId {
        match self {
            Route::Media(receiver) | Route::Repair(receiver) | Route::Parity(receiver) => receiver,
        }
    }
}

/// The stream numbers that are known. At most one each for the packets, the repair and the parity of each receiver: a stream that
/// takes another one's place takes its entry too, so that strangers' numbers do not pile up.
#[derive(Default, Debug)]
pub(crate) struct Routes {
    by_ssrc: BTreeMap<Ssrc, Route>,
}

impl Routes {
    pub(crate) fn find(&self, ssrc: Ssrc) -> Option<Route> {
        self.by_ssrc.get(&ssrc).copied()
    }

    /// From now on this number means that; what meant it before is forgotten.
    pub(crate) fn bind(&mut self, ssrc: Ssrc, route: Route) {
        self.by_ssrc.retain(|_, known| *known != route);
        self.by_ssrc.insert(ssrc, route);
    }

    /// The number that means this.
    pub(crate) fn number_of(&self, route: Route) -> Option<Ssrc> {
        self.by_ssrc.iter().find(|(_, known)| **known == route).map(|(ssrc, _)| *ssrc)
    }

    pub(crate) fn forget(&mut self, receiver: ReceiverId) {
        self.by_ssrc.retain(|_, known| known.receiver() != receiver);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_has_one_stream_and_one_repair() {
        let mut routes = Routes::default();
        let receiver = ReceiverId(3);
        (0..1000).for_each(|ssrc| routes.bind(Ssrc(ssrc), Route::Media(receiver)));
        routes.bind(Ssrc(5000), Route::Repair(receiver));
        assert_eq!(routes.find(Ssrc(998)), None);
        assert_eq!(routes.find(Ssrc(999)), Some(Route::Media(receiver)));
        assert_eq!(routes.by_ssrc.len(), 2);
        routes.forget(receiver);
        assert_eq!(routes.find(Ssrc(5000)), None);
    }
}
