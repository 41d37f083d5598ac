//! What follows when both descriptions of an exchange are there, for now or for good: transport, association, transceivers.
//! RFC 9429 §5.11.

use limpid_sansio::Instant;
use limpid_sdp::SessionDescription;
use limpid_sdp::jsep::{self, Agreement, Setup};

use super::{Agreed, Draft, Side};
use crate::Misuse;
use crate::description::DescriptionKind;
use crate::media::NegotiatedMedia;
use crate::peer::Peer;

impl Peer {
    /// Both descriptions are there, and the answer is the last: the exchange is complete.
    pub(super) fn complete(
        &mut self,
        now: Instant,
        draft: Draft,
        remote: Option<SessionDescription>,
    ) -> Result<(), Misuse> {
        let remote = remote.ok_or(Misuse::NoRemoteDescription)?;
        let agreed = self.carry_out(now, &draft, &remote, true)?;
        if draft.generation.is_new {
            self.negotiation.wants_restart = false;
        }
        self.negotiation.local = Side { current: Some(draft), pending: None };
        self.negotiation.remote = Side { current: Some(remote), pending: None };
        self.negotiation.before = None;
        self.negotiation.agreed = Some(agreed);
        self.transport.settle();
        Ok(())
    }

    /// Both descriptions are there: everything below follows from them, be the answer the last or one for now. One for now
    /// gives nothing up that the last may still want (RFC 9429 §4.1.10).
    pub(super) fn carry_out(
        &mut self,
        now: Instant,
        draft: &Draft,
        remote: &SessionDescription,
        is_last: bool,
    ) -> Result<Agreed, Misuse> {
        let ours = SessionDescription::parse(&draft.text)?;
        let is_offerer = draft.kind == DescriptionKind::Offer;
        let agreed = Agreed { ours: jsep::read(&ours)?, theirs: jsep::read(remote)?, is_offerer };
        if let Some(tag) = jsep::tagged(if is_offerer { remote } else { &ours }) {
            let theirs = jsep::transport(remote, tag)?;
            self.transport.check_remote(&theirs)?;
            if is_offerer {
                self.transport.check_answer(draft.generation.is_new, &theirs)?;
            }
            let is_client = match is_offerer {
                true => theirs.setup == Setup::Passive,
                false => jsep::transport(&ours, tag)?.setup == Setup::Active,
            };
            self.transport.connect(now, &theirs, is_offerer, is_client, &draft.generation)?;
            if let (Some(_), Some(theirs)) = (&agreed.ours.data, &agreed.theirs.data) {
                self.start_association(now, theirs, is_client);
            }
        }
        self.settle_media(now, &agreed, is_last);
        while let Some((word, ufrag)) = self.negotiation.early.pop_front() {
            // A candidate that can not be read is no reason to refuse the description.
            let _ = self.add_candidate(now, word.as_deref(), ufrag.as_deref());
        }
        self.attend(now);
        Ok(agreed)
    }

    /// Each section of audio and video: who may send, or that it has ended. What the last answer leaves refused by either side
    /// ends its transceiver; what one for now refuses waits.
    fn settle_media(&mut self, now: Instant, agreed: &Agreed, is_last: bool) {
        let mut sections = Vec::with_capacity(agreed.ours.media.len());
        for ours in &agreed.ours.media {
            let Some(theirs) = agreed.theirs.media_at(ours.index) else { continue };
            let agreement = jsep::agree(ours, theirs, agreed.is_offerer);
            let mut of_section =
                self.transceivers.iter().filter(|t| t.association.section == Some(ours.index));
            let id = of_section.next().map(|transceiver| transceiver.id);
            let mid = match id.and_then(|id| self.transceiver(id)).and_then(|transceiver| transceiver.mid()) {
                Some(mid) => mid.to_owned(),
                None => ours.mid.clone().unwrap_or_else(|| format!("section-{}", ours.index)),
            };
            let is_rejected = ours.is_rejected || theirs.is_rejected;
            let id = id.filter(|_| !(is_last && is_rejected));
            match id {
                Some(id) => {
                    if !is_rejected {
                        self.hear_of_track(id, theirs, &agreed.theirs);
                    }
                    self.turn(id, &agreement, &mid);
                }
                None => self.end_section(ours.index),
            }
            let transceiver = id.and_then(|id| self.transceiver(id));
            let sources = transceiver.map(|transceiver| (transceiver.id, self.sources_of(transceiver)));
            sections.push(NegotiatedMedia::new(agreement, mid, sources, &self.negotiation.cname));
        }
        self.apply_media(now, sections);
    }

    fn turn(&mut self, id: crate::TransceiverId, agreement: &Agreement, mid: &str) {
        if let Some(transceiver) = self.find_transceiver(id) {
            transceiver.current_direction = Some(agreement.direction);
            transceiver.has_sent |= agreement.direction.sends();
        }
        if !agreement.direction.receives() {
            self.set_muted(mid, true);
        }
    }

    fn end_section(&mut self, index: usize) {
        let of_section = self.transceivers.iter().filter(|t| t.association.section == Some(index));
        let ended: Vec<_> = of_section.map(|transceiver| transceiver.id).collect();
        ended.iter().for_each(|id| self.end_remote_track(*id));
        self.transceivers.retain(|transceiver| !ended.contains(&transceiver.id));
    }
}
