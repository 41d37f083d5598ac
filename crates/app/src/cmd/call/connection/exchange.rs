//! Offers and answers: by perfect negotiation, and always with the same certificate.

use limpid::{Description, DescriptionKind, Direction, MediaKind, SignalingState, Track};
use limpid_app::share::failure::Failure;
use limpid_app::share::proof::sha256_of_description;
use limpid_signaling::Candidate;

use super::{Connection, STREAM};

impl Connection {
    /// Offers, unless an exchange is under way: its end asks again if there is need.
    pub(super) async fn offer(&mut self) -> Result<(), Failure> {
        if self.pc.signaling_state() != SignalingState::Stable {
            return Ok(());
        }
        let made = self.pc.create_offer().and_then(|offer| self.pc.set_local_description(offer));
        match made {
            Ok(()) => {
                self.our_offer = Some(self.our_offer.map_or(0, |last| last + 1));
                self.repeat().await;
                Ok(())
            }
            Err(limpid::Error::Closed) => Ok(()),
            Err(_) => Err(Failure::PeerProtocol),
        }
    }

    pub(super) async fn hear_offer(
        &mut self,
        sdp: String,
        nonce: [u8; 32],
        offer: Option<u64>,
    ) -> Result<(), Failure> {
        let Some(fingerprint) = self.same_certificate(&sdp) else { return Ok(()) };
        if self.pc.signaling_state() != SignalingState::Stable && !self.is_polite {
            return Ok(());
        }
        // An offer that we have answered is asked about again.
        let is_known = self.pc.remote_description().is_some_and(|known| known == sdp);
        if is_known && !self.is_waiting() {
            self.repeat().await;
            return Ok(());
        }
        self.their_offer = offer;
        self.set_remote(Description::offer(sdp), nonce, fingerprint)?;
        self.adopt();
        let made = self.pc.create_answer().and_then(|answer| self.pc.set_local_description(answer));
        made.map_err(|_| Failure::PeerProtocol)?;
        self.repeat().await;
        Ok(())
    }

    pub(super) async fn hear_answer(
        &mut self,
        sdp: String,
        nonce: [u8; 32],
        offer: Option<u64>,
    ) -> Result<(), Failure> {
        // One that does not say which offer it is of is taken for that of the last.
        let is_late = offer.is_some() && offer != self.our_offer;
        if is_late || !self.is_waiting() {
            return Ok(());
        }
        let Some(fingerprint) = self.same_certificate(&sdp) else { return Ok(()) };
        self.set_remote(Description { kind: DescriptionKind::Answer, sdp }, nonce, fingerprint)
    }

    fn set_remote(&mut self, it: Description, nonce: [u8; 32], fingerprint: [u8; 32]) -> Result<(), Failure> {
        self.pc.set_remote_description(it).map_err(|_| Failure::PeerProtocol)?;
        self.their_nonce.get_or_insert(nonce); // the first one counts
        self.their_fingerprint = Some(fingerprint);
        for candidate in std::mem::take(&mut self.early) {
            self.add(candidate);
        }
        Ok(())
    }

    /// The certificate of a description, unless it is another one than before: that would undo the proof.
    fn same_certificate(&self, sdp: &str) -> Option<[u8; 32]> {
        sha256_of_description(sdp).filter(|seen| self.their_fingerprint.is_none_or(|known| known == *seen))
    }

    pub(super) fn add(&self, candidate: Option<Candidate>) {
        let word = candidate.as_ref().map_or("", |candidate| &candidate.candidate);
        let fragment = candidate.as_ref().and_then(|candidate| candidate.username_fragment.as_deref());
        // One that can not be used, or of an offer that was ignored, is one address less and no failure.
        let _ = self.pc.add_ice_candidate(word, fragment);
    }

    /// Whoever answers sends in the sections that the offer made.
    fn adopt(&mut self) {
        if self.is_offerer || self.voice.is_some() || self.camera.is_some() {
            return;
        }
        let first = |kind| self.pc.transceivers().into_iter().find(|it| it.kind() == Some(kind));
        for (kind, has_source) in
            [(MediaKind::Audio, self.call.voice.is_some()), (MediaKind::Video, self.call.camera.is_some())]
        {
            if has_source {
                // Takes the place that the offer made.
                let _ = self.pc.add_track(Track::local(kind, kind.as_str()), &[STREAM]);
            }
        }
        (self.voice, self.camera) = (first(MediaKind::Audio), first(MediaKind::Video));
        for section in self.sections().into_iter().flatten() {
            let _ = section.set_direction(Direction::SendRecv);
        }
    }
}
