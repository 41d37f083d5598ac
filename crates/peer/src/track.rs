//! Tracks: sound or pictures with a name, seen from where they go. W3C mediacapture-streams §4.3.

use limpid_sdp::jsep::MediaKind;

/// A track as it is now.
#[doc(alias = "MediaStreamTrack")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Track {
    /// Sound or pictures.
    pub kind: MediaKind,
    /// Its name. That of a remote track is the other side's if it said one.
    pub id: String,
    /// Off: frames written to a local track are left out, and if the other side is to see black or hear silence, that is
    /// encoded and written while it is on; of a remote one no frames are read.
    pub enabled: bool,
    /// Nothing comes: of a remote track, no packet has come yet, or the other side does not send.
    pub muted: bool,
    /// It comes from the other side.
    pub remote: bool,
    /// Whether anything can still come.
    pub ready_state: TrackState,
}

/// Whether a track can still give anything.
#[doc(alias = "MediaStreamTrackState")]
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum TrackState {
    /// It can.
    Live,
    /// Never again.
    Ended,
}

impl Track {
    /// A track of this side: a microphone, a file, a test card.
    pub fn local(kind: MediaKind, id: impl Into<String>) -> Self {
        Track {
            kind,
            id: id.into(),
            enabled: true,
            muted: false,
            remote: false,
            ready_state: TrackState::Live,
        }
    }

    /// A track of the other side, of which nothing has come yet.
    pub(crate) fn remote(kind: MediaKind, id: String) -> Self {
        Track { kind, id, enabled: true, muted: true, remote: true, ready_state: TrackState::Live }
    }
}
