//! Offers and answers as pure functions: what one side is able to do and what the other side said in, a description out.
//! RFC 9429 §5, RFC 3264, RFC 8841, RFC 8842, RFC 9143.
//!
//! Nothing here remembers anything: which description is current, and which is pending, is the peer's to know.

mod agree;
mod answer;
mod check;
mod choose;
mod diff;
mod facts;
mod numbers;
mod offer;
mod read;
mod rtp;
mod section;
mod states;
mod transport;
mod wish;

use alloc::string::String;

pub use crate::attribute::{Direction, Setup};
use crate::session::SessionDescription;
pub use agree::{Agreement, agree};
pub use answer::answer;
pub use check::{check_answer, check_offer};
pub use diff::{Changes, compare};
pub use facts::{
    DataSection, Extension, Layer, MediaKind, MediaSection, PrimarySource, Remote, SectionSummary, Source,
    SourceGroup, StreamName, TransportSection,
};
pub use offer::offer;
pub use read::read;
pub use states::{SignalingEvent, SignalingState};
pub use transport::{tagged, transport};
pub use wish::{BundlePolicy, LocalSource, Wish};

/// What `max-message-size` is when nobody says it: 64 KiB (RFC 8841 §6.1).
pub const DEFAULT_MAX_MESSAGE_SIZE: u64 = 65_536;

/// What this side has to say about itself.
#[derive(Clone, Copy, Debug)]
pub struct Local<'a> {
    /// Random, below 2⁶³, the same as long as the session lives (RFC 9429 §5.2.1).
    pub session_id: u64,
    /// Rises with each description that may differ from the one before.
    pub session_version: u64,
    /// Of the ICE agent: 4 to 256 characters.
    pub ufrag: &'a str,
    /// Of the ICE agent: 22 to 256 characters.
    pub pwd: &'a str,
    /// Words split by spaces: `trickle ice2`. Empty: none.
    pub ice_options: &'a str,
    /// `sha-256 AA:BB:…` of our certificate, at least one.
    pub fingerprints: &'a [String],
    /// In an answer: the role this side must keep, or `Actpass` to choose. Offers always say `actpass`.
    pub setup: Setup,
    /// Gathered so far: `candidate:…`, with or without `a=`.
    pub candidates: &'a [String],
    /// There will be no more.
    pub end_of_candidates: bool,
    /// Our SCTP port, 5000 by custom.
    pub sctp_port: u16,
    /// The largest message that we take, in bytes; 0: any.
    pub max_message_size: u64,
    /// What to call a new section for data channels; another name is found if this one is taken. `None`: offer none.
    pub data_mid: Option<&'a str>,
    /// What we want of audio and video, section by section; those that exist and are not named here end, or are refused.
    pub media: &'a [Wish<'a>],
    /// Which sections of a first offer may only live in the group.
    pub bundle_policy: BundlePolicy,
}

/// The two descriptions that are in force.
#[derive(Clone, Copy, Debug)]
pub struct Negotiated<'a> {
    /// Ours.
    pub local: &'a SessionDescription,
    /// The other side's.
    pub remote: &'a SessionDescription,
}
