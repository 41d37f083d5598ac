//! Local descriptions before they are set: made from decisions that are kept, so that they can be written again with more
//! candidates. RFC 9429 §5.2, §5.3.

use limpid_sdp::Codec;
use limpid_sdp::SessionDescription;
use limpid_sdp::jsep::{
    self, Direction, Local, LocalSource, MediaKind, Negotiated, Setup, SignalingState, Wish,
};

use crate::Misuse;
use crate::description::{Description, DescriptionKind};
use crate::peer::Peer;
use crate::transceiver::{Transceiver, TransceiverId};
use crate::transport::{Generation, SCTP_PORT};

/// A local description as the decisions that it is made from.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(super) kind: DescriptionKind,
    version: u64,
    /// For an answer: what it answers.
    offer: Option<SessionDescription>,
    /// For an offer: the descriptions, ours and theirs, that are in force.
    before: Option<(SessionDescription, SessionDescription)>,
    setup: Setup,
    /// Credentials of a new generation, where this description restarts ICE.
    pub(super) generation: Generation,
    pub(super) media: Vec<MediaWish>,
    /// What to call a section for data channels, if there shall be one.
    data_mid: Option<String>,
    pub(super) text: String,
}

/// What one transceiver wanted when the draft was made.
#[derive(Clone)]
pub(super) struct MediaWish {
    pub(super) transceiver: TransceiverId,
    pub(super) section: Option<usize>,
    pub(super) mid: Option<String>,
    kind: MediaKind,
    direction: Direction,
    preferences: Option<Vec<Codec>>,
    streams: Vec<String>,
    track: String,
    sources: Vec<LocalSource>,
}

impl MediaWish {
    fn of(peer: &Peer, transceiver: &Transceiver, section: Option<usize>, mid: Option<String>) -> Self {
        MediaWish {
            transceiver: transceiver.id,
            section,
            mid,
            kind: transceiver.kind,
            direction: transceiver.direction,
            preferences: transceiver.preferences.clone(),
            streams: transceiver.streams.clone(),
            // A section that may send names a track, also while there is none.
            track: match &transceiver.track {
                Some(track) => track.id.clone(),
                None => format!("track-{}", transceiver.id.0),
            },
            sources: peer.sources_of(transceiver),
        }
    }
}

/// Drafts.
impl Peer {
    /// Makes an offer. Candidates that are known already stand in it.
    pub fn create_offer(&mut self) -> Result<Description, Misuse> {
        use SignalingState::{HaveLocalOffer, Stable};
        self.must_be_in(&[Stable, HaveLocalOffer])?;
        let is_restart = self.negotiation.wants_restart && self.negotiation.local.current.is_some();
        let generation = match is_restart {
            true => Generation::fresh(&mut self.random),
            false => self.transport.generation(),
        };
        self.need_cname();
        let before = self.in_force();
        let (media, data_mid) = self.wishes_for_offer(before.as_ref());
        let draft = self.draft(DescriptionKind::Offer, generation);
        self.finish(Draft { before, media, data_mid, ..draft })
    }

    /// Makes an answer to the remote offer that is pending.
    pub fn create_answer(&mut self) -> Result<Description, Misuse> {
        use SignalingState::{HaveLocalPranswer, HaveRemoteOffer};
        self.must_be_in(&[HaveRemoteOffer, HaveLocalPranswer])?;
        // invariant: a remote offer is pending in these two states
        let offer = self.negotiation.remote.pending.clone().ok_or(Misuse::NoRemoteDescription)?;
        self.need_cname();
        let live = self.transceivers.iter().filter(|transceiver| !transceiver.is_stopping);
        let placed = live.filter(|transceiver| transceiver.association.section.is_some());
        let wish = |transceiver: &Transceiver| {
            MediaWish::of(self, transceiver, transceiver.association.section, None)
        };
        let media = placed.map(wish).collect();
        let generation = self.transport.generation();
        let mut draft = self.draft(DescriptionKind::Answer, generation);
        (draft.setup, draft.media) = (self.transport.setup_for_answer(), media);
        // Whose transport it is follows from what is accepted; and from that, whether ICE restarts.
        let preview =
            SessionDescription::parse(&self.write(&Draft { offer: Some(offer.clone()), ..draft.clone() })?)?;
        if let Some(tag) = jsep::tagged(&preview)
            && self.transport.is_restart(&jsep::transport(&offer, tag)?)
        {
            draft.generation = Generation::fresh(&mut self.random);
        }
        self.finish(Draft { offer: Some(offer), ..draft })
    }

    fn draft(&mut self, kind: DescriptionKind, generation: Generation) -> Draft {
        self.negotiation.session_version += 1;
        Draft {
            kind,
            version: self.negotiation.session_version,
            offer: None,
            before: None,
            setup: Setup::Actpass,
            generation,
            media: Vec::new(),
            data_mid: None,
            text: String::new(),
        }
    }

    fn finish(&mut self, mut draft: Draft) -> Result<Description, Misuse> {
        draft.text = self.write(&draft)?;
        let (kind, sdp) = (draft.kind, draft.text.clone());
        self.negotiation.created = Some(draft);
        Ok(Description { kind, sdp })
    }

    pub(super) fn write(&self, draft: &Draft) -> Result<String, Misuse> {
        let fingerprints = [self.negotiation.fingerprint.clone()];
        let wishes: Vec<Wish<'_>> = draft.media.iter().map(|wish| self.wish(wish)).collect();
        let local = Local {
            session_id: self.negotiation.session_id,
            session_version: draft.version,
            ufrag: &draft.generation.ufrag,
            pwd: &draft.generation.pwd,
            ice_options: "trickle ice2",
            fingerprints: &fingerprints,
            setup: draft.setup,
            candidates: self.transport.local_candidates(),
            end_of_candidates: self.transport.is_gathered(),
            sctp_port: SCTP_PORT,
            max_message_size: u64::from(self.config.max_message_size),
            data_mid: draft.data_mid.as_deref(),
            media: &wishes,
            bundle_policy: self.config.bundle_policy,
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

    fn wish<'a>(&'a self, wish: &'a MediaWish) -> Wish<'a> {
        let capabilities = &*self.config.capabilities;
        Wish {
            section: wish.section,
            mid: wish.mid.as_deref(),
            kind: wish.kind,
            direction: wish.direction,
            codecs: wish.preferences.as_deref().unwrap_or_else(|| capabilities.codecs(wish.kind)),
            has_preference: wish.preferences.is_some(),
            extensions: capabilities.extensions(wish.kind),
            streams: &wish.streams,
            track: &wish.track,
            sources: &wish.sources,
            cname: &self.negotiation.cname,
            receive_rids: &[],
            max_layers: capabilities.max_layers,
        }
    }

    /// What each transceiver wants: in its place if it has one in what is in force, else under the name that it has or gets.
    fn wishes_for_offer(
        &self,
        before: Option<&(SessionDescription, SessionDescription)>,
    ) -> (Vec<MediaWish>, Option<String>) {
        let mut names = Names::new(self, before);
        let mut wishes = Vec::with_capacity(self.transceivers.len());
        for transceiver in self.transceivers.iter().filter(|transceiver| !transceiver.is_stopping) {
            let association = &transceiver.association;
            // A place that only a pending offer gave is not in force: the section is a new one again.
            let is_in_force = |index: &usize| {
                let media = before.and_then(|(ours, _)| ours.media.get(*index));
                media.is_some_and(|media| media.mid().is_none() || media.mid() == association.mid.as_deref())
            };
            let section = association.section.filter(is_in_force);
            let mid = association.mid.clone().unwrap_or_else(|| names.next());
            wishes.push(MediaWish::of(self, transceiver, section, Some(mid)));
        }
        let wants_data = self.association.is_some() || self.transceivers.is_empty();
        let data_mid = wants_data.then(|| if wishes.is_empty() { "0".to_owned() } else { names.next() });
        (wishes, data_mid)
    }

    /// The descriptions of the last exchange that was completed.
    pub(super) fn in_force(&self) -> Option<(SessionDescription, SessionDescription)> {
        let ours = SessionDescription::parse(&self.negotiation.local.current.as_ref()?.text).ok()?;
        Some((ours, self.negotiation.remote.current.clone()?))
    }

    /// The name that all our sources share, in descriptions and in RTCP alike: 96 bits of chance (RFC 7022 §4.2), drawn when
    /// it is first needed.
    pub(crate) fn cname(&mut self) -> &str {
        if self.negotiation.cname.is_empty() {
            let bytes: [u8; 12] = self.random.bytes();
            self.negotiation.cname = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        }
        &self.negotiation.cname
    }

    fn need_cname(&mut self) {
        if !self.transceivers.is_empty() {
            self.cname();
        }
    }
}

/// Names for new sections: short numbers that no section had.
struct Names {
    next: u32,
    taken: Vec<String>,
}

impl Names {
    fn new(peer: &Peer, before: Option<&(SessionDescription, SessionDescription)>) -> Self {
        let described = before.into_iter().flat_map(|(ours, theirs)| ours.media.iter().chain(&theirs.media));
        let described = described.filter_map(|media| media.mid().map(str::to_owned));
        let wished = peer.transceivers.iter().filter_map(|transceiver| transceiver.association.mid.clone());
        Names { next: peer.negotiation.next_mid, taken: described.chain(wished).collect() }
    }

    fn next(&mut self) -> String {
        loop {
            let name = self.next.to_string();
            self.next = self.next.wrapping_add(1);
            if !self.taken.contains(&name) {
                return name;
            }
        }
    }
}
