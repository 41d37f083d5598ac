//! What an endpoint is told before it starts.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use limpid_crypto::{NamedGroup, Provider};

use crate::identity::Identity;
use crate::suite::CipherSuite;

/// Whether a server wants to know who the client is.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum ClientAuth {
    /// A client without a certificate is refused, as WebRTC does (RFC 8122 §6.2).
    #[default]
    Required,
    /// It is asked, but may stay unknown.
    Requested,
    /// It is not asked.
    None,
}

/// The settings of one [`Endpoint`](crate::Endpoint). Build it with [`Config::new`] and change what you need.
#[derive(Clone)]
pub struct Config {
    /// Where cryptography comes from.
    pub provider: Provider,
    /// For hello randoms. 32 bytes from the operating system for every connection; a scenario's in simulations.
    pub seed: [u8; 32],
    /// Who we are.
    pub certificate: Arc<Identity>,
    /// The SRTP protection profiles that we offer or take (RFC 5764 §4.1.2), best first. A server picks the first of its
    /// own that the client offers. Default: 0x0007, 0x0008, 0x0001. Empty: use_srtp is neither offered nor answered.
    pub srtp_profiles: Vec<u16>,
    /// For servers: whether clients must show a certificate. A client that is asked always shows its own.
    pub mutual: ClientAuth,
    /// The largest datagram in bytes, at least [`Config::MIN_MTU`]. Default: 1200, which passes everywhere.
    pub mtu: usize,
    /// How long to wait for an answer before a flight is sent again; doubles each time up to a minute. Default: 1 s
    /// (RFC 6347 §4.2.4.1). See also [`set_round_trip`](crate::Endpoint::set_round_trip).
    pub first_timeout: Duration,
    /// After how long without an answer to one flight the handshake has failed. Default: 60 s.
    pub give_up_after: Duration,
    /// What we speak, best first. Default: [`CipherSuite::ALL`].
    pub suites: Vec<CipherSuite>,
    /// Where we exchange keys, best first. Default: X25519, P-256, P-384.
    pub groups: Vec<NamedGroup>,
    /// Keep what a `SSLKEYLOGFILE` line needs, for [`key_log_line`](crate::Endpoint::key_log_line). Default: no.
    pub key_log: bool,
}

impl fmt::Debug for Config {
    /// Without the seed: who knows it knows what is yet to come.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("provider", &self.provider)
            .field("certificate", &self.certificate)
            .field("srtp_profiles", &self.srtp_profiles)
            .field("mutual", &self.mutual)
            .field("mtu", &self.mtu)
            .field("first_timeout", &self.first_timeout)
            .field("give_up_after", &self.give_up_after)
            .field("suites", &self.suites)
            .field("groups", &self.groups)
            .field("key_log", &self.key_log)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The smallest datagram that a handshake is cut to.
    pub const MIN_MTU: usize = 128;

    /// The defaults.
    pub fn new(provider: Provider, seed: [u8; 32], certificate: Arc<Identity>) -> Self {
        Config {
            provider,
            seed,
            certificate,
            srtp_profiles: vec![0x0007, 0x0008, 0x0001],
            mutual: ClientAuth::Required,
            mtu: 1200,
            first_timeout: Duration::from_secs(1),
            give_up_after: Duration::from_secs(60),
            suites: CipherSuite::ALL.to_vec(),
            groups: vec![NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1],
            key_log: false,
        }
    }
}
