//! Offer and answer (RFC 9429): who may say what when, what a description says about us, and what follows from both.
//!
//! The transport is not touched before there is an answer: a rollback forgets the offer that was pending, and gives
//! transceivers back the sections that they had. An answer for now (`pranswer`) is carried out as the last one is.

mod associate;
mod complete;
mod draft;
mod needed;

use std::collections::VecDeque;

use limpid_crypto::{HashAlgorithm, Random};
use limpid_sansio::Instant;
use limpid_sansio::states::Transitions;
use limpid_sdp::SessionDescription;
use limpid_sdp::jsep::{self, Remote, SignalingEvent, SignalingState};

use crate::description::{Description, DescriptionKind};
use crate::peer::Peer;
use crate::transport::STREAM;
use crate::{Event, Misuse};
use associate::Before;
use draft::Draft;

/// How many remote candidates wait for their description.
const EARLY_CANDIDATES: usize = 100;

/// The signalling side of one connection.
pub(crate) struct Negotiation {
    pub(crate) state: SignalingState,
    session_id: u64,
    session_version: u64,
    fingerprint: String,
    /// The last description that `create_*` made.
    created: Option<Draft>,
    local: Side<Draft>,
    remote: Side<SessionDescription>,
    /// What both said in the last exchange that was completed.
    agreed: Option<Agreed>,
    /// What a rollback brings back.
    before: Option<Before>,
    /// Candidates that came before the exchange was complete: candidate and generation; `None`: the end.
    early: VecDeque<(Option<String>, Option<String>)>,
    wants_restart: bool,
    /// The application was told that an exchange is needed, and none has been completed since.
    is_needed: bool,
    /// The name of the section that holds the transport, as we described it last.
    tag_mid: String,
    /// No section was called by this number or a higher one.
    next_mid: u32,
    pub(crate) next_transceiver: u32,
    /// The name of all our sources; empty until there are some.
    cname: String,
}

/// What is agreed, and what is on the table.
struct Side<T> {
    current: Option<T>,
    pending: Option<T>,
}

impl<T> Side<T> {
    const EMPTY: Self = Side { current: None, pending: None };

    fn latest(&self) -> Option<&T> {
        self.pending.as_ref().or(self.current.as_ref())
    }
}

/// Both descriptions of an exchange, read.
struct Agreed {
    ours: Remote,
    theirs: Remote,
    is_offerer: bool,
}

impl Negotiation {
    pub(crate) fn new(random: &mut Random, fingerprint: String) -> Self {
        Negotiation {
            state: SignalingState::Stable,
            session_id: random.u64() >> 2, // RFC 9429 §5.2.1: 62 bits of chance and a zero bit in front
            session_version: 0,
            fingerprint,
            created: None,
            local: Side::EMPTY,
            remote: Side::EMPTY,
            agreed: None,
            before: None,
            early: VecDeque::new(),
            wants_restart: false,
            is_needed: false,
            tag_mid: "0".to_owned(),
            next_mid: 0,
            next_transceiver: 0,
            cname: String::new(),
        }
    }
}

/// Offer and answer.
impl Peer {
    /// The signalling state (RFC 9429 §3.2).
    pub fn signaling_state(&self) -> SignalingState {
        self.negotiation.state
    }

    /// Asks for new ICE credentials with the next offer (W3C `restartIce`).
    #[doc(alias = "restartIce")]
    pub fn restart_ice(&mut self) {
        self.negotiation.wants_restart = true;
        self.update_negotiation_needed();
    }

    /// Applies what [`create_offer`](Peer::create_offer) or [`create_answer`](Peer::create_answer) made last.
    pub fn set_local_description(&mut self, now: Instant, description: Description) -> Result<(), Misuse> {
        let event = match description.kind {
            DescriptionKind::Offer => SignalingEvent::LocalOffer,
            DescriptionKind::Answer => SignalingEvent::LocalAnswer,
            DescriptionKind::Pranswer => SignalingEvent::LocalPranswer,
            DescriptionKind::Rollback => return self.roll_back_to_stable(),
        };
        let next = self.negotiation.state.on(event).ok_or(Misuse::InvalidState(self.negotiation.state))?;
        let mut draft = self.negotiation.created.clone().ok_or(Misuse::NotAsCreated)?;
        self.tap.description(now, "local_set", &description);
        let is_its_kind = match description.kind {
            DescriptionKind::Pranswer => draft.kind == DescriptionKind::Answer,
            kind => draft.kind == kind,
        };
        if draft.text != description.sdp || !is_its_kind {
            return Err(Misuse::NotAsCreated);
        }
        draft.kind = description.kind;
        self.negotiation.tag_mid = tag_mid(&draft.text);
        match description.kind {
            DescriptionKind::Answer => {
                let remote = self.negotiation.remote.pending.clone();
                self.complete(now, draft, remote)?;
            }
            DescriptionKind::Offer => {
                self.associate_ours(&draft);
                self.negotiation.local.pending = Some(draft);
            }
            _ => {
                let remote = self.negotiation.remote.pending.clone().ok_or(Misuse::NoRemoteDescription)?;
                self.carry_out(now, &draft, &remote, false)?;
                self.negotiation.local.pending = Some(draft);
            }
        }
        self.enter(next);
        self.announce_candidates();
        Ok(())
    }

    /// Applies what came from the other side. An offer that meets our own offer rolls ours back (W3C §4.4.1.5).
    pub fn set_remote_description(&mut self, now: Instant, description: Description) -> Result<(), Misuse> {
        if self.is_closed() {
            return Err(Misuse::Closed);
        }
        let event = match description.kind {
            DescriptionKind::Offer => SignalingEvent::RemoteOffer,
            DescriptionKind::Answer => SignalingEvent::RemoteAnswer,
            DescriptionKind::Pranswer => SignalingEvent::RemotePranswer,
            DescriptionKind::Rollback => return self.roll_back_to_stable(),
        };
        self.tap.description(now, "remote_set", &description);
        let parsed = SessionDescription::parse(&description.sdp)?;
        let remote = jsep::read(&parsed)?;
        if description.kind == DescriptionKind::Offer {
            remote.transport.as_ref().map_or(Ok(()), |theirs| self.transport.check_remote(theirs))?;
            if let Some((ours, theirs)) = &self.in_force() {
                jsep::check_offer(jsep::Negotiated { local: ours, remote: theirs }, &parsed)?;
            }
            if self.negotiation.state == SignalingState::HaveLocalOffer {
                self.roll_back()?;
            }
        }
        let next = self.negotiation.state.on(event).ok_or(Misuse::InvalidState(self.negotiation.state))?;
        match description.kind {
            DescriptionKind::Answer => {
                let draft = self.negotiation.local.pending.clone().ok_or(Misuse::NotAsCreated)?;
                let offer = SessionDescription::parse(&draft.text)?;
                jsep::check_answer(&offer, &parsed)?;
                self.complete(now, draft, Some(parsed))?;
            }
            DescriptionKind::Offer => {
                self.associate_theirs(&remote);
                self.negotiation.remote.pending = Some(parsed);
            }
            _ => {
                let draft = self.negotiation.local.pending.clone().ok_or(Misuse::NotAsCreated)?;
                jsep::check_answer(&SessionDescription::parse(&draft.text)?, &parsed)?;
                self.carry_out(now, &draft, &parsed, false)?;
                self.negotiation.remote.pending = Some(parsed);
            }
        }
        self.enter(next);
        Ok(())
    }

    /// The local description as it stands now, with all candidates that are known (W3C `localDescription`).
    pub fn local_description(&self) -> Option<Description> {
        let draft = self.negotiation.local.latest()?;
        let sdp = self.write(draft).unwrap_or_else(|_| draft.text.clone());
        Some(Description { kind: draft.kind, sdp })
    }

    /// The remote description that was set last (W3C `remoteDescription`).
    pub fn remote_description(&self) -> Option<String> {
        Some(self.negotiation.remote.latest()?.to_string())
    }

    /// A remote candidate as it came by trickle, with or without `a=`; empty: no more will come (RFC 8838).
    pub fn add_ice_candidate(
        &mut self,
        now: Instant,
        candidate: &str,
        username_fragment: Option<&str>,
    ) -> Result<(), Misuse> {
        let word = candidate.strip_prefix("a=").unwrap_or(candidate);
        if self.negotiation.remote.latest().is_none() {
            return Err(Misuse::NoRemoteDescription);
        }
        // Whose they are is known with the answer.
        if matches!(self.negotiation.state, SignalingState::HaveLocalOffer | SignalingState::HaveRemoteOffer)
        {
            if self.negotiation.early.len() >= EARLY_CANDIDATES {
                return Err(Misuse::Candidate);
            }
            let candidate = Some(word.to_owned()).filter(|word| !word.is_empty());
            self.negotiation.early.push_back((candidate, username_fragment.map(str::to_owned)));
            return Ok(());
        }
        self.add_candidate(now, Some(word).filter(|word| !word.is_empty()), username_fragment)
    }

    fn add_candidate(&mut self, now: Instant, word: Option<&str>, ufrag: Option<&str>) -> Result<(), Misuse> {
        match word {
            Some(word) => self.transport.ice.add_remote_candidate(now, STREAM, word, ufrag)?,
            None => self.transport.ice.end_of_remote_candidates(now, STREAM),
        }
        self.attend(now);
        Ok(())
    }

    /// RFC 9429 §4.1.10.2: what was pending is forgotten.
    ///
    /// Deviation: §5.7 lets an answer for now be taken back too. What it began can not be undone, keys and paths among it; the
    /// W3C's API refuses it as well.
    fn roll_back(&mut self) -> Result<(), Misuse> {
        let state = self.negotiation.state;
        let is_answered =
            matches!(state, SignalingState::HaveLocalPranswer | SignalingState::HaveRemotePranswer);
        let next = state.on(SignalingEvent::Rollback).filter(|_| !is_answered);
        let next = next.ok_or(Misuse::InvalidState(state))?;
        self.negotiation.local.pending = None;
        self.negotiation.remote.pending = None;
        self.negotiation.early.clear();
        self.dissociate();
        self.change_state(next);
        Ok(())
    }

    /// As the application asks for it: what was not agreed on is still wanted.
    fn roll_back_to_stable(&mut self) -> Result<(), Misuse> {
        self.roll_back()?;
        self.enter(SignalingState::Stable);
        Ok(())
    }

    fn enter(&mut self, next: SignalingState) {
        self.change_state(next);
        if next == SignalingState::Stable {
            self.negotiation.is_needed = false;
            self.update_negotiation_needed();
        }
    }

    fn change_state(&mut self, next: SignalingState) {
        if next != self.negotiation.state {
            self.negotiation.state = next;
            self.events.push_back(Event::SignalingStateChanged(next));
        }
    }

    fn must_be_in(&self, states: &[SignalingState]) -> Result<(), Misuse> {
        if self.is_closed() {
            return Err(Misuse::Closed);
        }
        match states.contains(&self.negotiation.state) {
            true => Ok(()),
            false => Err(Misuse::InvalidState(self.negotiation.state)),
        }
    }

    /// Whether local candidates may be told: somebody has been sent a description that they belong to.
    pub(crate) fn is_described(&self) -> bool {
        self.negotiation.local.latest().is_some()
    }

    /// The `mid` of the section that holds the transport.
    pub(crate) fn tag_mid(&self) -> &str {
        &self.negotiation.tag_mid
    }
}

/// The first name of the group, else of the first section that has one.
fn tag_mid(text: &str) -> String {
    let description = SessionDescription::parse(text).ok();
    let named = |description: &SessionDescription| {
        let group = description.groups().find(|group| group.is_bundle());
        let tag = group.and_then(|group| group.mids().next().map(str::to_owned));
        tag.or_else(|| description.media.iter().find_map(|media| media.mid().map(str::to_owned)))
    };
    description.as_ref().and_then(named).unwrap_or_else(|| "0".to_owned())
}

/// The fingerprint line of our certificate: SHA-256, which everybody checks (RFC 8122 §5).
pub(crate) fn fingerprint_of(config: &crate::Config) -> String {
    let fingerprint = config.identity.fingerprint(HashAlgorithm::Sha256);
    // invariant: a provider that made the certificate has SHA-256
    fingerprint.map(|fingerprint| fingerprint.to_string()).unwrap_or_default()
}
