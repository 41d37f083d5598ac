//! Keys as a chain of types: each can only be made from the one before it, so that a wrong order does not compile.
//!
//! ```text
//! key exchange ─→ PremasterSecret ─(session hash)─→ MasterSecret ─(randoms)─→ TrafficKeys
//!                                                        └─(randoms)─→ Exporter
//! ```
//! The master secret is always the extended one (RFC 7627 §4): it depends on the whole handshake up to the key exchange.

use limpid_crypto::{CryptoError, HashAlgorithm, Provider, Secret};
use limpid_sansio::wire::Writer;

use super::prf::prf;
use crate::error::Misuse;
use crate::message::{EcdheParameters, HelloRandom, VERIFY_DATA_LEN};
use crate::record::Protection;
use crate::suite::SuiteParameters;

const MASTER_SECRET_LEN: usize = 48;

/// Labels that the handshake itself uses: an exporter must not (RFC 5705 §4).
const RESERVED_LABELS: [&str; 5] =
    ["client finished", "server finished", "master secret", "extended master secret", "key expansion"];

/// The randoms of both hellos.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Randoms {
    pub(crate) client: HelloRandom,
    pub(crate) server: HelloRandom,
}

impl Randoms {
    /// What the server signs: both randoms and its parameters (RFC 8422 §5.4).
    pub(crate) fn signed_with(&self, parameters: &EcdheParameters<'_>) -> Vec<u8> {
        let mut signed = [self.client, self.server].concat();
        parameters.write(&mut Writer::new(&mut signed));
        signed
    }
}

/// Who a Finished is from.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Client,
    Server,
}

/// What the key exchange gave.
#[derive(Debug)]
pub(crate) struct PremasterSecret(Secret);

impl PremasterSecret {
    pub(crate) const fn new(shared: Secret) -> Self {
        PremasterSecret(shared)
    }

    /// `session_hash`: of the transcript up to and including ClientKeyExchange.
    pub(crate) fn extended_master_secret(
        self,
        provider: &Provider,
        hash: HashAlgorithm,
        session_hash: &[u8],
    ) -> Result<MasterSecret, CryptoError> {
        let mut secret = Secret::new(vec![0; MASTER_SECRET_LEN]);
        prf(provider, hash, &self.0, b"extended master secret", &[session_hash], &mut secret)?;
        Ok(MasterSecret { provider: *provider, hash, secret })
    }
}

/// The secret of the connection.
#[derive(Debug)]
pub(crate) struct MasterSecret {
    provider: Provider,
    hash: HashAlgorithm,
    secret: Secret,
}

impl MasterSecret {
    #[cfg(test)]
    pub(crate) fn from_bytes(provider: &Provider, hash: HashAlgorithm, bytes: &[u8]) -> Self {
        MasterSecret { provider: *provider, hash, secret: Secret::copy_of(bytes) }
    }

    /// The keys of both directions (RFC 5246 §6.3).
    pub(crate) fn traffic_keys(
        &self,
        suite: &SuiteParameters,
        randoms: &Randoms,
    ) -> Result<TrafficKeys, CryptoError> {
        let (key_len, salt_len) = (suite.aead.key_len(), Protection::salt_len(suite.aead));
        let mut block = Secret::new(vec![0; 2 * (key_len + salt_len)]);
        let seed = [&randoms.server[..], &randoms.client[..]];
        prf(&self.provider, self.hash, &self.secret, b"key expansion", &seed, &mut block)?;
        let (keys, salts) = block.split_at(2 * key_len);
        let make = |key, salt| {
            Protection::new(&self.provider, suite.aead, key, salt).ok_or(CryptoError::Unsupported)
        };
        Ok(TrafficKeys {
            client_write: make(&keys[..key_len], &salts[..salt_len])?,
            server_write: make(&keys[key_len..], &salts[salt_len..])?,
        })
    }

    /// What a Finished of `side` says about the handshake so far.
    pub(crate) fn verify_data(
        &self,
        side: Side,
        transcript_hash: &[u8],
    ) -> Result<[u8; VERIFY_DATA_LEN], CryptoError> {
        let label: &[u8] = match side {
            Side::Client => b"client finished",
            Side::Server => b"server finished",
        };
        let mut data = [0; VERIFY_DATA_LEN];
        prf(&self.provider, self.hash, &self.secret, label, &[transcript_hash], &mut data)?;
        Ok(data)
    }

    /// The handshake is over: what is left of the secret's uses.
    pub(crate) const fn into_exporter(self, randoms: Randoms) -> Exporter {
        Exporter { master: self, randoms }
    }
}

/// The keys of both directions.
#[derive(Debug)]
pub(crate) struct TrafficKeys {
    pub(crate) client_write: Protection,
    pub(crate) server_write: Protection,
}

/// Makes secrets for other protocols (RFC 5705).
#[derive(Debug)]
pub(crate) struct Exporter {
    master: MasterSecret,
    randoms: Randoms,
}

impl Exporter {
    /// An absent context is not an empty one (RFC 5705 §4).
    pub(crate) fn export(&self, label: &str, context: Option<&[u8]>, len: usize) -> Result<Secret, Misuse> {
        if RESERVED_LABELS.contains(&label) {
            return Err(Misuse::ReservedLabel);
        }
        let context_len = u16::try_from(context.map_or(0, <[u8]>::len)).map_err(|_| Misuse::BadLength)?;
        if len == 0 {
            return Err(Misuse::BadLength);
        }
        let context_len = context_len.to_be_bytes();
        let mut seed = vec![&self.randoms.client[..], &self.randoms.server[..]];
        if let Some(context) = context {
            seed.extend([&context_len[..], context]);
        }
        let mut out = Secret::new(vec![0; len]);
        let master = &self.master;
        prf(&master.provider, master.hash, &master.secret, label.as_bytes(), &seed, &mut out)?;
        Ok(out)
    }

    /// The line of an `SSLKEYLOGFILE` that lets an analyser decrypt the connection.
    pub(crate) fn key_log_line(&self) -> Secret {
        let mut line = Vec::with_capacity(14 + 64 + 1 + 2 * MASTER_SECRET_LEN);
        let hex = |line: &mut Vec<u8>, bytes: &[u8]| {
            for byte in bytes {
                line.extend([byte >> 4, byte & 15].map(|nibble| b"0123456789abcdef"[usize::from(nibble)]));
            }
        };
        line.extend_from_slice(b"CLIENT_RANDOM ");
        hex(&mut line, &self.randoms.client);
        line.push(b' ');
        hex(&mut line, &self.master.secret);
        Secret::new(line)
    }
}
