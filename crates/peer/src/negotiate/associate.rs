//! Which transceiver belongs to which section: set with each offer, undone with its rollback.
//! RFC 9429 §5.7, §5.9, §5.10; W3C webrtc-pc §4.4.1.5.

use limpid_sdp::SessionDescription;
use limpid_sdp::jsep::{Direction, MediaSection, Remote};

use super::Draft;
use crate::Event;
use crate::peer::Peer;
use crate::track::TrackState;
use crate::transceiver::{Association, RemoteTrack, Transceiver, TransceiverId};

/// Most layers that the other side gets us to send.
const MAX_LAYERS: usize = 4;

/// What a rollback brings back: the transceivers that there were, with the sections that they had.
pub(super) struct Before {
    transceivers: Vec<(TransceiverId, Association, RemoteTrack)>,
    /// Those that were made for sections of the offer that is pending.
    made: Vec<TransceiverId>,
}

impl Peer {
    /// Our offer is set: its new sections have names and places now.
    pub(super) fn associate_ours(&mut self, draft: &Draft) {
        self.remember();
        let Ok(description) = SessionDescription::parse(&draft.text) else { return };
        for wish in &draft.media {
            let Some(transceiver) = self.find_transceiver(wish.transceiver) else { continue };
            if wish.section.is_none() {
                let named = |media: &limpid_sdp::Media| media.mid() == wish.mid.as_deref();
                let section = description.media.iter().position(named);
                transceiver.association = Association { mid: wish.mid.clone(), section };
            }
        }
        let numbers = description.media.iter().filter_map(|media| media.mid()?.parse::<u32>().ok());
        let highest = numbers.filter(|number| *number < 10_000).max().map_or(0, |highest| highest + 1);
        self.negotiation.next_mid = self.negotiation.next_mid.max(highest);
    }

    /// Their offer is set: each live section finds its transceiver or gets one.
    pub(super) fn associate_theirs(&mut self, remote: &Remote) {
        self.remember();
        for section in remote.media.iter().filter(|section| !section.is_rejected) {
            if let Some(id) = self.transceiver_for(section) {
                self.propose_layers(id, section);
                self.hear_of_track(id, section, remote);
            }
        }
    }

    /// The transceiver of that section: the one that it has, else one that waits for a section with its track, else a new one.
    /// `None`: there are too many.
    fn transceiver_for(&mut self, section: &MediaSection) -> Option<TransceiverId> {
        let of_section = |transceiver: &&Transceiver| match &section.mid {
            Some(mid) => transceiver.association.mid.as_ref() == Some(mid),
            None => transceiver.association.section == Some(section.index),
        };
        let known = self.transceivers.iter().find(of_section).map(|transceiver| transceiver.id);
        // Only what `add_track` made is matched, and only with who wants to receive (RFC 9429 §5.10).
        let waits = |transceiver: &&Transceiver| {
            section.direction.receives()
                && transceiver.is_for_track
                && transceiver.kind == section.kind
                && transceiver.association.section.is_none()
                && !transceiver.is_stopping
        };
        let found = known.or_else(|| self.transceivers.iter().find(waits).map(|transceiver| transceiver.id));
        let id = match found {
            Some(id) => id,
            None => {
                let id = self.new_transceiver(section.kind, Direction::RecvOnly).ok()?;
                self.negotiation.before.iter_mut().for_each(|before| before.made.push(id));
                id
            }
        };
        let transceiver = self.find_transceiver(id)?;
        let mid = section.mid.clone().unwrap_or_else(|| format!("section-{}", section.index));
        transceiver.association = Association { mid: Some(mid), section: Some(section.index) };
        Some(id)
    }

    /// A side that would receive layers says how many; who has said nothing of layers yet and has sent nothing follows it
    /// (W3C webrtc-pc §5.4, "proposed send encodings").
    fn propose_layers(&mut self, id: TransceiverId, section: &MediaSection) {
        let rids: Vec<String> =
            section.receive_layers.iter().take(MAX_LAYERS).map(|layer| layer.rid.clone()).collect();
        let Some(transceiver) = self.find_transceiver(id) else { return };
        let is_single = transceiver.sources.iter().all(|source| source.rid.is_none());
        if rids.len() > 1 && is_single && transceiver.current_direction.is_none() {
            let kind = transceiver.kind;
            let sources = self.new_sources(kind, &rids);
            self.find_transceiver(id)
                .into_iter()
                .for_each(|transceiver| transceiver.sources = sources.clone());
        }
    }

    /// What the other side says of the track that it sends there.
    pub(super) fn hear_of_track(&mut self, id: TransceiverId, section: &MediaSection, description: &Remote) {
        let Some(transceiver) = self.find_transceiver(id) else { return };
        let remote = &mut transceiver.remote;
        if !section.direction.sends() || transceiver.is_stopping {
            let was_heard = remote.is_announced && !remote.track.muted;
            (remote.is_announced, remote.track.muted) = (false, true);
            if was_heard {
                self.events.push_back(Event::TrackMuted(id));
            }
            return;
        }
        let streams = section.streams.iter().map(|name| name.stream.clone());
        remote.streams = streams.filter(|stream| stream != "-").collect();
        // Who names no streams may say in another way what is played in step (RFC 5888 §7).
        let group = section.mid.as_ref().and_then(|mid| description.lip_sync_of(mid));
        if let (true, Some([first, _, ..])) = (section.streams.is_empty(), group) {
            remote.streams.push(format!("lip-sync-{first}"));
        }
        if !remote.is_announced && remote.track.ready_state == TrackState::Live {
            remote.is_announced = true;
            let name = section.streams.iter().find_map(|name| name.track.clone());
            name.into_iter().for_each(|name| remote.track.id = name);
            self.events.push_back(Event::Track(id));
        }
    }

    /// Before the first offer of an exchange.
    fn remember(&mut self) {
        let now = |transceiver: &Transceiver| {
            (transceiver.id, transceiver.association.clone(), transceiver.remote.clone())
        };
        let transceivers = || self.transceivers.iter().map(now).collect();
        if self.negotiation.before.is_none() {
            let transceivers = transceivers();
            self.negotiation.before = Some(Before { transceivers, made: Vec::new() });
        }
    }

    /// The offer is taken back: sections that it gave are nobody's, and transceivers that it made are gone, unless a track was
    /// added to them since (RFC 9429 §5.7).
    pub(super) fn dissociate(&mut self) {
        let Some(before) = self.negotiation.before.take() else { return };
        let is_gone =
            |transceiver: &Transceiver| before.made.contains(&transceiver.id) && !transceiver.is_for_track;
        let gone: Vec<TransceiverId> =
            self.transceivers.iter().filter(|t| is_gone(t)).map(|transceiver| transceiver.id).collect();
        gone.iter().for_each(|id| self.end_remote_track(*id));
        self.transceivers.retain(|transceiver| !gone.contains(&transceiver.id));
        for transceiver in &mut self.transceivers {
            let known = before.transceivers.iter().find(|(id, ..)| *id == transceiver.id);
            match known {
                Some((_, association, remote)) => {
                    transceiver.association = association.clone();
                    transceiver.remote.is_announced = remote.is_announced;
                    transceiver.remote.streams = remote.streams.clone();
                }
                None => {
                    transceiver.association = Association::default();
                    transceiver.remote.is_announced = false;
                }
            }
        }
        // One that was stopped while its first section was on the table has no section to end.
        self.transceivers
            .retain(|transceiver| !transceiver.is_stopping || transceiver.association.section.is_some());
    }
}
