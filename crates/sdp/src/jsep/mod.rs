//! Offers and answers as pure functions: what one side is able to do and what the other side said in, a description out.
//! RFC 9429 §5, RFC 8841, RFC 8842, RFC 9143.
//!
//! Nothing here remembers anything: which description is current, and which is pending, is the peer's to know.

mod answer;
mod check;
mod diff;
mod offer;
mod read;
mod section;
mod states;

use alloc::string::String;
use alloc::vec::Vec;

pub use crate::attribute::Setup;
use crate::session::SessionDescription;
pub use answer::answer;
pub use check::check_answer;
pub use diff::{Changes, compare};
pub use offer::offer;
pub use read::read;
pub use states::{SignalingEvent, SignalingState};

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
}

/// The two descriptions that are in force.
#[derive(Clone, Copy, Debug)]
pub struct Negotiated<'a> {
    /// Ours.
    pub local: &'a SessionDescription,
    /// The other side's.
    pub remote: &'a SessionDescription,
}

/// What the other side said, section by section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remote {
    /// All sections, in order.
    pub sections: Vec<SectionSummary>,
    /// The first section for data channels that is not rejected.
    pub data: Option<DataSection>,
}

/// One section in short.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SectionSummary {
    /// Its place, from 0: the `sdpMLineIndex` of candidates.
    pub index: usize,
    /// Its name.
    pub mid: Option<String>,
    /// `audio`, `video`, `application`.
    pub kind: String,
    /// Port 0, and not because it is `bundle-only`.
    pub rejected: bool,
    /// It is named by a BUNDLE group.
    pub bundled: bool,
}

/// All that a transport for data channels needs to know of the other side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataSection {
    /// Its place, from 0.
    pub index: usize,
    /// Its name.
    pub mid: Option<String>,
    /// Of the other side's ICE agent.
    pub ufrag: String,
    /// Of the other side's ICE agent.
    pub pwd: String,
    /// The other side only answers checks (RFC 8445 §2.5).
    pub ice_lite: bool,
    /// `trickle`, `ice2`, `renomination`, …
    pub ice_options: Vec<String>,
    /// `sha-256 AA:BB:…`, one or more, of any hash.
    pub fingerprints: Vec<String>,
    /// Who begins the DTLS handshake.
    pub setup: Setup,
    /// The DTLS association's name, if it has one (RFC 8842 §4).
    pub tls_id: Option<String>,
    /// The other side's SCTP port; 0: it closes the association.
    pub sctp_port: u16,
    /// The largest message that the other side takes, in bytes; 0: any.
    pub max_message_size: u64,
    /// `candidate:…`, each as it came.
    pub candidates: Vec<String>,
    /// There will be no more.
    pub end_of_candidates: bool,
}
