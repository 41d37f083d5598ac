//! What a peer connection is made with.

use core::fmt;
use std::sync::Arc;

use limpid_crypto::Provider;
use limpid_dtls::Identity;
use limpid_sdp::jsep::BundlePolicy;

use crate::capabilities::Capabilities;

/// Everything that is decided before the first packet. [`Config::new`] gives defaults that speak to browsers.
#[doc(alias = "RTCConfiguration")]
#[derive(Clone)]
pub struct Config {
    /// Does the cryptography.
    pub provider: Provider,
    /// Seeds the one generator of this connection: 32 bytes of the operating system's, or of a scenario.
    pub seed: [u8; 32],
    /// Our certificate and its key. Shared by as many connections as you like.
    pub identity: Arc<Identity>,
    /// STUN servers for server-reflexive candidates.
    pub ice_servers: Vec<limpid_ice::Server>,
    /// Whether loopback addresses become candidates.
    pub loopback: limpid_ice::LoopbackPolicy,
    /// Whether our host addresses are shown, or names in their place.
    pub mdns: limpid_ice::MdnsPolicy,
    /// The largest message that we take, in bytes: `a=max-message-size` (RFC 8841 §6). Default 262 144, as browsers say.
    pub max_message_size: u32,
    /// How many bytes of messages we hold unread before the other side has to wait (SCTP's a_rwnd). Default 4 MiB.
    pub receive_window: u32,
    /// How many bytes of messages a writer may have waiting for the network, over all channels. Default 4 MiB.
    pub send_buffer: usize,
    /// What happens to data on a stream that nobody announced.
    pub unannounced: limpid_sctp::Unannounced,
    /// SRTP profiles for `use_srtp`, offered although only data is negotiated, so that media can be added later
    /// (RFC 9143 §11). Default 0x0007 and 0x0001.
    pub srtp_profiles: Vec<u16>,
    /// What we are able to do with audio and video. Shared by as many connections as you like.
    pub capabilities: Arc<Capabilities>,
    /// How much of a first offer is left with a peer that does not bundle. Default balanced, as with browsers.
    pub bundle_policy: BundlePolicy,
    /// The wall time at the instant 0, as an NTP timestamp (seconds since 1900 in 32.32 bits): what sender reports say.
    /// Default 0: streams of this connection are in step among themselves.
    pub ntp_epoch: u64,
    /// Bounds of what all our streams send together.
    pub bitrate: limpid_rtp::bwe::Limits,
    /// Keep what a key log needs. Off by default: secrets leave only on request.
    pub key_log: bool,
    /// Names this connection in traces.
    pub connection: u64,
}

impl fmt::Debug for Config {
    /// Without the seed: who knows it knows the seeds of all floors, which are drawn from it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("provider", &self.provider)
            .field("identity", &self.identity)
            .field("ice_servers", &self.ice_servers)
            .field("loopback", &self.loopback)
            .field("mdns", &self.mdns)
            .field("max_message_size", &self.max_message_size)
            .field("receive_window", &self.receive_window)
            .field("send_buffer", &self.send_buffer)
            .field("unannounced", &self.unannounced)
            .field("srtp_profiles", &self.srtp_profiles)
            .field("bundle_policy", &self.bundle_policy)
            .field("ntp_epoch", &self.ntp_epoch)
            .field("bitrate", &self.bitrate)
            .field("key_log", &self.key_log)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The defaults, with this provider, seed and certificate.
    pub fn new(provider: Provider, seed: [u8; 32], identity: Arc<Identity>) -> Self {
        Config {
            provider,
            seed,
            identity,
            ice_servers: Vec::new(),
            loopback: limpid_ice::LoopbackPolicy::WhenAlone,
            mdns: limpid_ice::MdnsPolicy::Plain,
            max_message_size: 262_144,
            receive_window: 4 << 20,
            send_buffer: 4 << 20,
            unannounced: limpid_sctp::Unannounced::Hold,
            srtp_profiles: vec![0x0007, 0x0001],
            capabilities: Arc::default(),
            bundle_policy: BundlePolicy::default(),
            ntp_epoch: 0,
            bitrate: limpid_rtp::bwe::Limits::default(),
            key_log: false,
            connection: 0,
        }
    }
}
