//! What a session is made with, and what a stream is made with.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::bwe::Limits;
use crate::names::{Mid, PayloadType, Rid, Ssrc};

/// How the receiver tells the sender when packets came.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Feedback {
    /// Not at all: the sender has only reports to go by.
    #[default]
    None,
    /// By the transport-wide numbers of a header extension.
    TransportWide,
    /// By stream and sequence number. RFC 8888.
    CongestionControl,
}

/// What holds for all streams of one transport.
#[derive(Clone)]
pub struct Config {
    /// Seeds the one generator of this session: 32 bytes.
    pub seed: [u8; 32],
    /// Who speaks, the same in all streams that are to be in step. RFC 7022.
    pub cname: alloc::string::String,
    /// The wall time at the instant 0, as an NTP timestamp (seconds since 1900 in 32.32 bits): what sender reports say.
    pub ntp_epoch: u64,
    /// The largest packet, in bytes, header and header extension included, protection not. Default 1150.
    pub max_packet: usize,
    /// RTCP packets may come without a report in front. RFC 5506. Default true.
    pub reduced_size: bool,
    /// Which feedback we send. Default none, until it is negotiated.
    pub feedback: Feedback,
    /// Bounds of what all our streams send together.
    pub bitrate: Limits,
    /// A stream ceases to send when no RTCP comes, nothing arrives, or far too much is lost. RFC 8083. Default true; turn it
    /// off where the other side is known to send no RTCP at all.
    pub circuit_breakers: bool,
}

impl Config {
    /// The defaults, with this seed and name.
    pub fn new(seed: [u8; 32], cname: &str) -> Self {
        Config {
            seed,
            cname: cname.into(),
            ntp_epoch: 0,
            max_packet: 1150,
            reduced_size: true,
            feedback: Feedback::None,
            bitrate: Limits::default(),
            circuit_breakers: true,
        }
    }
}

impl fmt::Debug for Config {
    /// Without the seed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("cname", &self.cname)
            .field("ntp_epoch", &self.ntp_epoch)
            .field("max_packet", &self.max_packet)
            .field("reduced_size", &self.reduced_size)
            .field("feedback", &self.feedback)
            .field("bitrate", &self.bitrate)
            .field("circuit_breakers", &self.circuit_breakers)
            .finish_non_exhaustive()
    }
}

/// One stream to be sent.
#[derive(Clone, PartialEq, Debug)]
pub struct SenderConfig {
    /// Its number; drawn by whoever describes it to the other side.
    pub ssrc: Ssrc,
    /// The stream of its retransmissions. `None`: what is lost stays lost.
    pub repair: Option<Ssrc>,
    /// Its section, told in a header extension.
    pub mid: Option<Mid>,
    /// Its encoding, told in a header extension.
    pub rid: Option<Rid>,
    /// What the other side takes, the preferred first.
    pub payloads: Vec<super::Payload>,
    /// In which of them frames will be written; [`Sender::set_payload_type`](super::Sender::set_payload_type) changes it.
    pub payload_type: PayloadType,
    /// Pictures wait for the pacer; sound does not.
    pub is_video: bool,
    /// How long packets are kept for those who ask again. A second is usual.
    pub history: Duration,
}
