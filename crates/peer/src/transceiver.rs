//! Transceivers: what this side wants of one section of audio or video, and the verbs that change it.
//! RFC 9429 §3.4.1, §4.2; W3C webrtc-pc §5.
//!
//! A transceiver is a place for one track each way. Nothing here speaks to the other side: each change that it has to know of
//! asks for an exchange of descriptions.

use limpid_rtp::Ssrc;
use limpid_sdp::Codec;
use limpid_sdp::jsep::{Direction, LocalSource, MediaKind};

use crate::peer::Peer;
use crate::track::{Track, TrackState};
use crate::{Event, Misuse};

/// Most transceivers of one connection, and so most sections of audio and video that an offer gets us to take.
pub(crate) const MAX_TRANSCEIVERS: usize = 256;
/// Most layers that one transceiver sends.
const MAX_LAYERS: usize = 8;

/// Names a transceiver for the life of its connection.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TransceiverId(pub u32);

/// How a transceiver begins.
#[doc(alias = "RTCRtpTransceiverInit")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransceiverInit {
    /// Who shall send. Default: both.
    pub direction: Direction,
    /// What we send, if it is known already.
    pub track: Option<Track>,
    /// The streams that what we send belongs to.
    pub streams: Vec<String>,
    /// Names of the layers of simulcast, lowest first: letters and digits, few of them. Fewer than two: a single stream.
    pub rids: Vec<String>,
}

impl Default for TransceiverInit {
    fn default() -> Self {
        TransceiverInit { direction: Direction::SendRecv, track: None, streams: Vec::new(), rids: Vec::new() }
    }
}

/// What this side wants of one section, and what it has.
#[doc(alias = "RTCRtpTransceiver")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transceiver {
    pub(crate) id: TransceiverId,
    pub(crate) kind: MediaKind,
    pub(crate) association: Association,
    pub(crate) direction: Direction,
    pub(crate) current_direction: Option<Direction>,
    pub(crate) is_stopping: bool,
    pub(crate) preferences: Option<Vec<Codec>>,
    /// Made by `add_track`, or taken over by it: then an offer of the other side may find it (RFC 9429 §5.10).
    pub(crate) is_for_track: bool,
    pub(crate) track: Option<Track>,
    pub(crate) streams: Vec<String>,
    /// As they were first numbered, by which their streams are called; see [`sources_of`](Peer::sources_of).
    pub(crate) sources: Vec<LocalSource>,
    pub(crate) has_sent: bool,
    pub(crate) remote: RemoteTrack,
}

/// The section that a transceiver belongs to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Association {
    pub(crate) mid: Option<String>,
    pub(crate) section: Option<usize>,
}

/// What the other side sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RemoteTrack {
    pub(crate) track: Track,
    pub(crate) streams: Vec<String>,
    /// The application was told of it.
    pub(crate) is_announced: bool,
}

impl Transceiver {
    /// Its handle.
    pub fn id(&self) -> TransceiverId {
        self.id
    }

    /// Sound or pictures.
    pub fn kind(&self) -> MediaKind {
        self.kind
    }

    /// The name of its section, once it has one.
    pub fn mid(&self) -> Option<&str> {
        self.association.mid.as_deref()
    }

    /// Who shall send.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Who may send, as of the last answer, be it one for now (RFC 9429 §4.2.4).
    pub fn current_direction(&self) -> Option<Direction> {
        self.current_direction
    }

    /// It was stopped here, and ends with the next exchange.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping
    }

    /// What we send.
    pub fn track(&self) -> Option<&Track> {
        self.track.as_ref()
    }

    /// The streams that what we send belongs to.
    pub fn streams(&self) -> &[String] {
        &self.streams
    }

    /// What we receive.
    pub fn remote_track(&self) -> &Track {
        &self.remote.track
    }

    /// The streams that what we receive belongs to; tracks of one stream are played in step.
    pub fn remote_streams(&self) -> &[String] {
        &self.remote.streams
    }

    /// With its connection: nothing comes any more, and nothing is asked for.
    pub(crate) fn end(&mut self) {
        (self.is_stopping, self.current_direction) = (true, None);
        (self.remote.track.muted, self.remote.track.ready_state) = (true, TrackState::Ended);
    }

    /// The layers of simulcast that we would send.
    pub fn rids(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().filter_map(|source| source.rid.as_deref())
    }
}

/// Audio and video.
impl Peer {
    /// A new place for one track each way (W3C `addTransceiver`).
    #[doc(alias = "addTransceiver")]
    pub fn add_transceiver(
        &mut self,
        kind: MediaKind,
        init: TransceiverInit,
    ) -> Result<TransceiverId, Misuse> {
        if init.track.as_ref().is_some_and(|track| track.kind != kind) {
            return Err(Misuse::TrackKind);
        }
        let is_name =
            |rid: &String| (1..=16).contains(&rid.len()) && rid.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_twice = |at: usize| init.rids[..at].contains(&init.rids[at]);
        if !init.rids.iter().all(is_name)
            || (0..init.rids.len()).any(is_twice)
            || init.rids.len() > MAX_LAYERS
        {
            return Err(Misuse::Layers);
        }
        let id = self.new_transceiver(kind, init.direction)?;
        let sources = self.new_sources(kind, &init.rids);
        if let Some(transceiver) = self.find_transceiver(id) {
            (transceiver.track, transceiver.streams, transceiver.sources) =
                (init.track, init.streams, sources);
        }
        self.update_negotiation_needed();
        Ok(id)
    }

    /// A track to send: in a transceiver that has none and has never sent, else in a new one (W3C `addTrack`).
    #[doc(alias = "addTrack")]
    pub fn add_track(&mut self, track: Track, streams: &[&str]) -> Result<TransceiverId, Misuse> {
        let mut senders = self.transceivers.iter().filter(|transceiver| !transceiver.is_stopping);
        if senders.any(|transceiver| transceiver.track.as_ref().is_some_and(|known| known.id == track.id)) {
            return Err(Misuse::TrackExists);
        }
        let is_free = |transceiver: &&Transceiver| {
            transceiver.kind == track.kind
                && transceiver.track.is_none()
                && !transceiver.is_stopping
                && !transceiver.has_sent
        };
        let free = self.transceivers.iter().find(is_free).map(|transceiver| transceiver.id);
        let id = match free {
            Some(id) => id,
            None => self.new_transceiver(track.kind, Direction::Inactive)?,
        };
        let is_new = free.is_none();
        if let Some(transceiver) = self.find_transceiver(id) {
            let receives = is_new || transceiver.direction.receives();
            transceiver.direction = Direction::new(true, receives);
            transceiver.track = Some(track);
            transceiver.streams = streams.iter().map(|stream| (*stream).to_owned()).collect();
            transceiver.is_for_track = true;
        }
        self.update_negotiation_needed();
        Ok(id)
    }

    /// Sends nothing any more; the section stays (W3C `removeTrack`).
    #[doc(alias = "removeTrack")]
    pub fn remove_track(&mut self, id: TransceiverId) -> Result<(), Misuse> {
        let transceiver = self.live_transceiver(id)?;
        if transceiver.track.take().is_some() {
            transceiver.direction = Direction::new(false, transceiver.direction.receives());
            self.update_negotiation_needed();
        }
        Ok(())
    }

    /// Sends another track of the same kind, or none, without an exchange of descriptions (W3C `replaceTrack`). The media time
    /// of another one may begin anywhere: its timestamps go on where those of the last one were.
    #[doc(alias = "replaceTrack")]
    pub fn replace_track(&mut self, id: TransceiverId, track: Option<Track>) -> Result<(), Misuse> {
        let transceiver = self.live_transceiver(id)?;
        if track.as_ref().is_some_and(|track| track.kind != transceiver.kind) {
            return Err(Misuse::TrackKind);
        }
        let id_of = |track: &Option<Track>| track.as_ref().map(|track| track.id.clone());
        let is_another = id_of(&track) != id_of(&transceiver.track);
        transceiver.track = track;
        if is_another {
            self.join_timelines(id);
        }
        Ok(())
    }

    /// Turns what is sent, or what comes, on or off without telling the other side (W3C `enabled`).
    pub fn set_enabled(&mut self, id: TransceiverId, sending: bool, receiving: bool) -> Result<(), Misuse> {
        let transceiver = self.live_transceiver(id)?;
        transceiver.track.iter_mut().for_each(|track| track.enabled = sending);
        transceiver.remote.track.enabled = receiving;
        Ok(())
    }

    /// Changes who shall send (W3C `direction`).
    pub fn set_direction(&mut self, id: TransceiverId, direction: Direction) -> Result<(), Misuse> {
        self.live_transceiver(id)?.direction = direction;
        self.update_negotiation_needed();
        Ok(())
    }

    /// Ends both ways for good; the other side learns of it by the next exchange (W3C `stop`).
    pub fn stop_transceiver(&mut self, id: TransceiverId) -> Result<(), Misuse> {
        let transceiver = self.live_transceiver(id)?;
        transceiver.is_stopping = true;
        let is_known = transceiver.association.section.is_some();
        self.end_remote_track(id);
        if !is_known {
            self.transceivers.retain(|transceiver| transceiver.id != id);
        }
        self.update_negotiation_needed();
        Ok(())
    }

    /// Which codecs to use, best first, chosen from the capabilities; `rtx` and `red` have to be among them where they are
    /// wanted. Empty: the default again (W3C `setCodecPreferences`).
    #[doc(alias = "setCodecPreferences")]
    pub fn set_codec_preferences(&mut self, id: TransceiverId, codecs: &[Codec]) -> Result<(), Misuse> {
        let capabilities = self.config.capabilities.clone();
        let transceiver = self.live_transceiver(id)?;
        let known = capabilities.codecs(transceiver.kind);
        let carries = codecs.iter().any(|codec| codec.role() == limpid_sdp::CodecRole::Media);
        if !codecs.is_empty() && (!carries || !codecs.iter().all(|codec| known.contains(codec))) {
            return Err(Misuse::Codecs);
        }
        transceiver.preferences = Some(codecs.to_vec()).filter(|codecs| !codecs.is_empty());
        Ok(())
    }

    /// All transceivers, in the order in which they were made; those that have ended are gone.
    #[doc(alias = "getTransceivers")]
    pub fn transceivers(&self) -> &[Transceiver] {
        &self.transceivers
    }

    /// One of them.
    pub fn transceiver(&self, id: TransceiverId) -> Option<&Transceiver> {
        self.transceivers.iter().find(|transceiver| transceiver.id == id)
    }

    pub(crate) fn find_transceiver(&mut self, id: TransceiverId) -> Option<&mut Transceiver> {
        self.transceivers.iter_mut().find(|transceiver| transceiver.id == id)
    }

    fn live_transceiver(&mut self, id: TransceiverId) -> Result<&mut Transceiver, Misuse> {
        if self.is_closed() {
            return Err(Misuse::Closed);
        }
        self.find_transceiver(id).filter(|transceiver| !transceiver.is_stopping).ok_or(Misuse::NoTransceiver)
    }

    /// A transceiver that sends a single stream under fresh numbers, if it sends.
    pub(crate) fn new_transceiver(
        &mut self,
        kind: MediaKind,
        direction: Direction,
    ) -> Result<TransceiverId, Misuse> {
        if self.is_closed() {
            return Err(Misuse::Closed);
        }
        if self.transceivers.len() >= MAX_TRANSCEIVERS {
            return Err(Misuse::TooManyTransceivers);
        }
        let id = TransceiverId(self.negotiation.next_transceiver);
        self.negotiation.next_transceiver += 1;
        let sources = self.new_sources(kind, &[]);
        let track = Track::remote(kind, format!("remote-{}", id.0));
        self.transceivers.push(Transceiver {
            id,
            kind,
            association: Association::default(),
            direction,
            current_direction: None,
            is_stopping: false,
            preferences: None,
            is_for_track: false,
            track: None,
            streams: Vec::new(),
            sources,
            has_sent: false,
            remote: RemoteTrack { track, streams: Vec::new(), is_announced: false },
        });
        Ok(id)
    }

    /// One source for each layer, or one; and one for the repeats of each where there are repeats.
    pub(crate) fn new_sources(&mut self, kind: MediaKind, rids: &[String]) -> Vec<LocalSource> {
        let names: Vec<Option<String>> = match rids.len() {
            0 | 1 => vec![None],
            _ => rids.iter().cloned().map(Some).collect(),
        };
        let mut sources = Vec::with_capacity(names.len());
        for rid in names {
            let ssrc = self.new_ssrc(&sources);
            sources.push(LocalSource { ssrc, rtx: None, rid });
            if kind == MediaKind::Video {
                let rtx = self.new_ssrc(&sources);
                sources.last_mut().into_iter().for_each(|source| source.rtx = Some(rtx));
            }
        }
        sources
    }

    /// Where a transceiver sends from, under the numbers that it has now: one that the other side uses too was given up for
    /// another (RFC 3550 §8.2).
    pub(crate) fn sources_of(&self, transceiver: &Transceiver) -> Vec<LocalSource> {
        let session = self.media.as_ref().map(|media| &media.session);
        let now = |source: &LocalSource| match session.and_then(|it| it.numbers_of(Ssrc(source.ssrc))) {
            Some((ssrc, rtx)) => {
                LocalSource { ssrc: ssrc.0, rtx: rtx.map(|rtx| rtx.0), rid: source.rid.clone() }
            }
            None => source.clone(),
        };
        transceiver.sources.iter().map(now).collect()
    }

    /// Random, and none of ours (RFC 3550 §8.1).
    fn new_ssrc(&mut self, fresh: &[LocalSource]) -> u32 {
        loop {
            let ssrc = self.random.u32();
            let ours = self.transceivers.iter().flat_map(|transceiver| &transceiver.sources).chain(fresh);
            if ssrc != 0 && ours.into_iter().all(|source| source.ssrc != ssrc && source.rtx != Some(ssrc)) {
                return ssrc;
            }
        }
    }

    /// Nothing will come any more for a transceiver, whether something ever did or not.
    pub(crate) fn end_remote_track(&mut self, id: TransceiverId) {
        let Some(transceiver) = self.find_transceiver(id) else { return };
        let track = &mut transceiver.remote.track;
        let was_live = track.ready_state == TrackState::Live;
        (track.ready_state, track.muted) = (TrackState::Ended, true);
        if was_live {
            self.events.push_back(Event::TrackEnded(id));
        }
    }

    /// Something comes for a section, or nothing any more.
    pub(crate) fn set_muted(&mut self, mid: &str, muted: bool) {
        let of_section = |transceiver: &&mut Transceiver| transceiver.association.mid.as_deref() == Some(mid);
        let Some(transceiver) = self.transceivers.iter_mut().find(of_section) else { return };
        let track = &mut transceiver.remote.track;
        if track.muted != muted && track.ready_state == TrackState::Live {
            track.muted = muted;
            let id = transceiver.id;
            self.events.push_back(if muted { Event::TrackMuted(id) } else { Event::TrackUnmuted(id) });
        }
    }
}
