//! Offer and answer (RFC 9429): who may say what when, what a description says about us, and what follows from both.
//!
//! Nothing below this floor is touched before an exchange is complete: a rollback only forgets what was pending.

use std::collections::VecDeque;

use limpid_crypto::{HashAlgorithm, Random};
use limpid_sansio::Instant;
use limpid_sansio::states::Transitions;
use limpid_sdp::SessionDescription;
use limpid_sdp::jsep::{
    self, BundlePolicy, Local, Negotiated, Setup, SignalingEvent, SignalingState, TransportSection,
};

use crate::description::{Description, DescriptionKind};
use crate::peer::Peer;
use crate::transport::{Generation, STREAM};
use crate::{Event, Misuse};

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
    /// Candidates that came before the exchange was complete: candidate and generation; `None`: the end.
    early: VecDeque<(Option<String>, Option<String>)>,
    wants_restart: bool,
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

/// A local description as the decisions that it is made from, so that it can be written again with more candidates.
#[derive(Clone)]
pub(crate) struct Draft {
    kind: DescriptionKind,
    version: u64,
    /// For an answer: what it answers.
    offer: Option<SessionDescription>,
    /// For an offer: the descriptions, ours and theirs, that are in force.
    before: Option<(SessionDescription, SessionDescription)>,
    setup: Setup,
    /// Credentials of a new generation, where this description restarts ICE.
    generation: Generation,
    text: String,
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
            early: VecDeque::new(),
            wants_restart: false,
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
        self.events.push_back(Event::NegotiationNeeded);
    }

    /// Makes an offer. Candidates that are known already stand in it.
    pub fn create_offer(&mut self) -> Result<Description, Misuse> {
        use SignalingState::{HaveLocalOffer, Stable};
        self.must_be_in(&[Stable, HaveLocalOffer])?;
        let is_restart = self.negotiation.wants_restart && self.negotiation.local.current.is_some();
        let generation = match is_restart {
            true => Generation::fresh(&mut self.random),
            false => self.transport.generation(),
        };
        self.create(DescriptionKind::Offer, None, Setup::Actpass, generation)
    }

    /// Makes an answer to the remote offer that is pending.
    pub fn create_answer(&mut self) -> Result<Description, Misuse> {
        use SignalingState::{HaveLocalPranswer, HaveRemoteOffer};
        self.must_be_in(&[HaveRemoteOffer, HaveLocalPranswer])?;
        // invariant: a remote offer is pending in these two states
        let offer = self.negotiation.remote.pending.clone().ok_or(Misuse::NoRemoteDescription)?;
        let remote = jsep::read(&offer)?;
        let theirs = remote.transport.as_ref();
        let setup = self.transport.setup_for_answer(theirs.map(|theirs| theirs.setup));
        let generation = match theirs.is_some_and(|theirs| self.transport.is_restart(theirs)) {
            true => Generation::fresh(&mut self.random),
            false => self.transport.generation(),
        };
        self.create(DescriptionKind::Answer, Some(offer), setup, generation)
    }

    /// Applies what [`create_offer`](Peer::create_offer) or [`create_answer`](Peer::create_answer) made last.
    pub fn set_local_description(&mut self, now: Instant, description: Description) -> Result<(), Misuse> {
        let event = match description.kind {
            DescriptionKind::Offer => SignalingEvent::LocalOffer,
            DescriptionKind::Answer => SignalingEvent::LocalAnswer,
            DescriptionKind::Pranswer => SignalingEvent::LocalPranswer,
            DescriptionKind::Rollback => return self.roll_back(),
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
        match description.kind {
            DescriptionKind::Answer => {
                let remote = self.negotiation.remote.pending.clone();
                self.complete(now, draft, remote)?;
            }
            _ => self.negotiation.local.pending = Some(draft),
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
            DescriptionKind::Rollback => return self.roll_back(),
        };
        self.tap.description(now, "remote_set", &description);
        let parsed = SessionDescription::parse(&description.sdp)?;
        let remote = jsep::read(&parsed)?;
        if description.kind == DescriptionKind::Offer {
            remote.transport.as_ref().map_or(Ok(()), |theirs| self.transport.check_remote(theirs))?;
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
            _ => self.negotiation.remote.pending = Some(parsed),
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
        if self.negotiation.remote.pending.is_some()
            || self.negotiation.state == SignalingState::HaveLocalOffer
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

    /// Both descriptions are there: everything below follows from them.
    fn complete(
        &mut self,
        now: Instant,
        draft: Draft,
        remote: Option<SessionDescription>,
    ) -> Result<(), Misuse> {
        let remote = remote.ok_or(Misuse::NoRemoteDescription)?;
        let facts = jsep::read(&remote)?;
        let is_offerer = draft.kind == DescriptionKind::Offer;
        if let Some(theirs) = &facts.transport {
            self.transport.check_remote(theirs)?;
            let is_client = self.connect_transport(now, &draft, theirs, is_offerer)?;
            facts.data.iter().for_each(|data| self.start_association(now, data, is_client));
        }
        if draft.generation.is_new {
            self.negotiation.wants_restart = false;
        }
        self.negotiation.local = Side { current: Some(draft), pending: None };
        self.negotiation.remote = Side { current: Some(remote), pending: None };
        while let Some((word, ufrag)) = self.negotiation.early.pop_front() {
            // A candidate that can not be read is no reason to refuse the description.
            let _ = self.add_candidate(now, word.as_deref(), ufrag.as_deref());
        }
        self.attend(now);
        Ok(())
    }

    fn connect_transport(
        &mut self,
        now: Instant,
        draft: &Draft,
        theirs: &TransportSection,
        is_offerer: bool,
    ) -> Result<bool, Misuse> {
        let is_dtls_client = match is_offerer {
            true => theirs.setup == Setup::Passive,
            false => draft.setup == Setup::Active,
        };
        let ours = self.negotiation.local.current.as_ref().map(|draft| &draft.generation);
        let is_new = draft.generation.is_new && ours != Some(&draft.generation);
        self.transport.connect(
            now,
            theirs,
            is_offerer,
            is_dtls_client,
            is_new.then_some(&draft.generation),
        )?;
        Ok(is_dtls_client)
    }

    /// RFC 9429 §4.1.10.2: what was pending is forgotten.
    fn roll_back(&mut self) -> Result<(), Misuse> {
        let state = self.negotiation.state;
        let next = state.on(SignalingEvent::Rollback).ok_or(Misuse::InvalidState(state))?;
        self.negotiation.local.pending = None;
        self.negotiation.remote.pending = None;
        self.negotiation.early.clear();
        self.enter(next);
        Ok(())
    }

    fn create(
        &mut self,
        kind: DescriptionKind,
        offer: Option<SessionDescription>,
        setup: Setup,
        generation: Generation,
    ) -> Result<Description, Misuse> {
        self.negotiation.session_version += 1;
        let version = self.negotiation.session_version;
        let before = self.in_force();
        let mut draft = Draft { kind, version, offer, before, setup, generation, text: String::new() };
        draft.text = self.write(&draft)?;
        let sdp = draft.text.clone();
        self.negotiation.created = Some(draft);
        Ok(Description { kind, sdp })
    }

    fn write(&self, draft: &Draft) -> Result<String, Misuse> {
        let candidates = self.transport.local_candidates();
        let fingerprints = [self.negotiation.fingerprint.clone()];
        let local = Local {
            session_id: self.negotiation.session_id,
            session_version: draft.version,
            ufrag: &draft.generation.ufrag,
            pwd: &draft.generation.pwd,
            ice_options: "trickle ice2",
            fingerprints: &fingerprints,
            setup: draft.setup,
            candidates,
            end_of_candidates: self.transport.is_gathered(),
            sctp_port: crate::transport::SCTP_PORT,
            max_message_size: u64::from(self.config.max_message_size),
            data_mid: Some("0"),
            media: &[],
            bundle_policy: BundlePolicy::Balanced,
        };
        let description = match (&draft.offer, &draft.before) {
            (Some(offer), _) => jsep::answer(&local, offer)?,
            (None, Some((ours, theirs))) => {
                jsep::offer(&local, Some(Negotiated { local: ours, remote: theirs }))
            }
            (None, None) => jsep::offer(&local, None),
        };
        Ok(description.to_string())
    }

    /// The descriptions of the last exchange that was completed.
    fn in_force(&self) -> Option<(SessionDescription, SessionDescription)> {
        let ours = SessionDescription::parse(&self.negotiation.local.current.as_ref()?.text).ok()?;
        Some((ours, self.negotiation.remote.current.clone()?))
    }

    fn enter(&mut self, next: SignalingState) {
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

    /// The `mid` of the data section.
    pub(crate) fn data_mid(&self) -> String {
        let text = self.negotiation.local.latest().map(|draft| draft.text.as_str()).unwrap_or_default();
        crate::words::data_mid(text).unwrap_or("0").to_owned()
    }
}

/// The fingerprint line of our certificate: SHA-256, which everybody checks (RFC 8122 §5).
pub(crate) fn fingerprint_of(config: &crate::Config) -> String {
    let fingerprint = config.identity.fingerprint(HashAlgorithm::Sha256);
    // invariant: a provider that made the certificate has SHA-256
    fingerprint.map(|fingerprint| fingerprint.to_string()).unwrap_or_default()
}
