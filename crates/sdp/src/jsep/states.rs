//! The signalling states of a peer connection. RFC 9429 §3.2 and §5.7.

use limpid_sansio::states::Transitions;

/// How far the exchange of descriptions has come.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
#[doc(alias = "RTCSignalingState")]
pub enum SignalingState {
    /// No exchange is under way.
    #[default]
    Stable,
    /// We offered.
    HaveLocalOffer,
    /// We were offered.
    HaveRemoteOffer,
    /// We were offered, and answered for the time being.
    HaveLocalPranswer,
    /// We offered, and were answered for the time being.
    HaveRemotePranswer,
    /// The end.
    Closed,
}

/// A description that is set, or the lack of one.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum SignalingEvent {
    /// `setLocalDescription(offer)`
    LocalOffer,
    /// `setRemoteDescription(offer)`
    RemoteOffer,
    /// `setLocalDescription(pranswer)`
    LocalPranswer,
    /// `setRemoteDescription(pranswer)`
    RemotePranswer,
    /// `setLocalDescription(answer)`
    LocalAnswer,
    /// `setRemoteDescription(answer)`
    RemoteAnswer,
    /// Either with `rollback`: back to the last stable state.
    Rollback,
    /// `close()`
    Close,
}

impl Transitions for SignalingState {
    type Event = SignalingEvent;

    const STATES: &'static [Self] = &[
        SignalingState::Stable,
        SignalingState::HaveLocalOffer,
        SignalingState::HaveRemoteOffer,
        SignalingState::HaveLocalPranswer,
        SignalingState::HaveRemotePranswer,
        SignalingState::Closed,
    ];

    const EVENTS: &'static [SignalingEvent] = &[
        SignalingEvent::LocalOffer,
        SignalingEvent::RemoteOffer,
        SignalingEvent::LocalPranswer,
        SignalingEvent::RemotePranswer,
        SignalingEvent::LocalAnswer,
        SignalingEvent::RemoteAnswer,
        SignalingEvent::Rollback,
        SignalingEvent::Close,
    ];

    fn on(self, event: SignalingEvent) -> Option<Self> {
        use SignalingEvent as E;
        use SignalingState as S;
        Some(match (self, event) {
            (S::Closed, _) => return None,
            (_, E::Close) => S::Closed,
            // An offer may be replaced by a newer one of the same side.
            (S::Stable | S::HaveLocalOffer, E::LocalOffer) => S::HaveLocalOffer,
            (S::Stable | S::HaveRemoteOffer, E::RemoteOffer) => S::HaveRemoteOffer,
            (S::HaveRemoteOffer | S::HaveLocalPranswer, E::LocalPranswer) => S::HaveLocalPranswer,
            (S::HaveRemoteOffer | S::HaveLocalPranswer, E::LocalAnswer) => S::Stable,
            (S::HaveLocalOffer | S::HaveRemotePranswer, E::RemotePranswer) => S::HaveRemotePranswer,
            (S::HaveLocalOffer | S::HaveRemotePranswer, E::RemoteAnswer) => S::Stable,
            // There is nothing to take back in the stable state: an error of the caller's.
            (S::Stable, E::Rollback) => return None,
            (_, E::Rollback) => S::Stable,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
