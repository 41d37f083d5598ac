//! What this side wants of one section of audio or video.

use alloc::string::String;

use super::facts::{Extension, MediaKind};
use super::{Direction, Local};
use crate::codec::Codec;

/// What this side wants of one section of audio or video.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The section's place. In an offer `None` asks for a new one: the first slot that is free, else behind all others. In
    /// an answer a wish without a place is no wish.
    pub section: Option<usize>,
    /// What to call a new section; another name is found if this one is taken. Short, as it is sent in RTP packets.
    pub mid: Option<&'a str>,
    /// Sound or pictures.
    pub kind: MediaKind,
    /// Who shall send.
    pub direction: Direction,
    /// What we can receive and send, the best first. In an offer the payload types are used where nothing speaks against
    /// them; in an answer the offer's are used.
    pub codecs: &'a [Codec],
    /// Our order of codecs counts more than that of the other side (W3C `setCodecPreferences`).
    pub has_preference: bool,
    /// What we understand; numbers as with payload types. One URI has one number over all sections.
    pub extensions: &'a [Extension],
    /// The streams of what we send.
    pub streams: &'a [String],
    /// The name of the track that we send, for peers that look for it.
    pub track: &'a str,
    /// The sources of what we send: one, or one for each simulcast layer.
    pub sources: &'a [LocalSource],
    /// The name that all our sources share.
    pub cname: &'a str,
    /// In an offer: the layers that we would receive. In an answer they follow from the offer.
    pub receive_rids: &'a [String],
    /// In an answer: how many of the layers that the other side offers to send we take. 0: a single stream.
    pub max_layers: usize,
}

/// A source of what we send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalSource {
    /// Random.
    pub ssrc: u32,
    /// Where its packets are repeated, random.
    pub rtx: Option<u32>,
    /// Its name as a simulcast layer.
    pub rid: Option<String>,
}

/// Which sections of a first offer may only live in the BUNDLE group (RFC 9429 §4.1.1).
///
/// This side has one transport whatever the policy: it only says how much is left of an offer with a peer that does not
/// bundle.
#[doc(alias = "RTCBundlePolicy")]
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum BundlePolicy {
    /// All but the first of each kind.
    #[default]
    Balanced,
    /// None.
    MaxCompat,
    /// All but the first.
    MaxBundle,
}

impl<'a> Local<'a> {
    /// The wish for the section in this place.
    pub(super) fn wish_for(&self, index: usize) -> Option<&'a Wish<'a>> {
        self.media.iter().find(|wish| wish.section == Some(index))
    }
}
