//! Both directions of a session from one DTLS handshake. RFC 5764 §4.2.

use limpid_crypto::Provider;

use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::kdf::MasterKey;
use crate::profile::Profile;

/// The label under which the DTLS exporter gives the keying material; the context is absent (RFC 5764 §4.2).
pub const EXPORTER_LABEL: &str = "EXTRACTOR-dtls_srtp";

/// What we send, and what the peer sends.
#[derive(Debug)]
pub struct Session {
    /// Protects what we send.
    pub outbound: Context,
    /// Opens what the peer sends.
    pub inbound: Context,
}

impl Session {
    /// From what the DTLS exporter gives under [`EXPORTER_LABEL`], [`Profile::keying_material_len`] bytes. `is_client`: our role in
    /// DTLS, which need not be our role elsewhere. The caller wipes `keying_material`.
    pub fn from_dtls(
        provider: &Provider,
        profile: Profile,
        keying_material: &[u8],
        is_client: bool,
        config: Config,
    ) -> Result<Self, Error> {
        if keying_material.len() != profile.keying_material_len() {
            return Err(Error::KeyLength);
        }
        let (keys, salts) = keying_material.split_at(2 * profile.key_len());
        let (client_key, server_key) = keys.split_at(profile.key_len());
        let (client_salt, server_salt) = salts.split_at(profile.salt_len());
        let client = Context::new(provider, profile, &MasterKey::new(client_key, client_salt), config)?;
        let server = Context::new(provider, profile, &MasterKey::new(server_key, server_salt), config)?;
        let (outbound, inbound) = if is_client { (client, server) } else { (server, client) };
        Ok(Session { outbound, inbound })
    }
}
