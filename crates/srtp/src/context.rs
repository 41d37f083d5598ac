//! A cryptographic context: one direction of a session under one master key. RFC 3711 §3.2.

use alloc::boxed::Box;
use core::fmt;

use limpid_crypto::{AesKey, Provider};

use crate::config::{Config, Cryptex, MAX_RTCP_PACKETS, MAX_RTP_PACKETS};
use crate::error::{DropReason, Error};
use crate::header_ext::{ExtensionIds, HeaderCipher};
use crate::kdf::{Label, MasterKey};
use crate::profile::Profile;
use crate::sources::Sources;
use crate::transform::Transform;

/// What a context has done.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Stats {
    /// RTP packets that were protected, or were authentic.
    pub rtp: u64,
    /// RTCP packets that were protected, or were authentic.
    pub rtcp: u64,
    /// Packets from the network that were dropped, by [`DropReason`].
    pub dropped: [u64; DropReason::COUNT],
}

/// One direction of a session: what we send, or what one peer sends.
///
/// Holds the session keys, prepared, and for each SSRC the rollover counter and the replay lists. Nothing is kept for an SSRC
/// before a packet of it was authentic, and never for more than [`Config::max_sources`] of them (and four times as many that
/// were removed).
pub struct Context {
    pub(crate) profile: Profile,
    pub(crate) config: Config,
    pub(crate) rtp: Transform,
    pub(crate) rtcp: Transform,
    /// RFC 6904; `None` while no extension is encrypted by itself.
    pub(crate) header: Option<HeaderCipher>,
    pub(crate) sources: Sources,
    pub(crate) stats: Stats,
    provider: Provider,
    master: MasterKey,
}

impl Context {
    /// Derives all keys. Fails if the provider lacks an algorithm, or the key has another length than the profile's.
    pub fn new(
        provider: &Provider,
        profile: Profile,
        master: &MasterKey,
        config: Config,
    ) -> Result<Self, Error> {
        master.check(profile)?;
        let mut context = Context {
            profile,
            rtp: Transform::rtp(provider, profile, master)?,
            rtcp: Transform::rtcp(provider, profile, master)?,
            header: None,
            sources: Sources::new(config.max_sources),
            stats: Stats::default(),
            provider: *provider,
            master: master.clone(),
            config: Config {
                rtp_lifetime: config.rtp_lifetime.min(MAX_RTP_PACKETS),
                rtcp_lifetime: config.rtcp_lifetime.min(MAX_RTCP_PACKETS),
                ..config
            },
        };
        context.set_encrypted_extensions(config.encrypted_extensions)?;
        Ok(context)
    }

    /// The profile.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Counts.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Changes what is done about RFC 9335, as a new offer and answer may ask (RFC 9335 §4).
    pub fn set_cryptex(&mut self, cryptex: Cryptex) {
        self.config.cryptex = cryptex;
    }

    /// Changes which header extensions are encrypted one by one (RFC 6904 §4).
    pub fn set_encrypted_extensions(&mut self, ids: ExtensionIds) -> Result<(), Error> {
        if !ids.is_empty() && self.header.is_none() {
            self.header = Some(HeaderCipher::new(&self.provider, self.profile, &self.master)?);
        }
        self.config.encrypted_extensions = ids;
        Ok(())
    }

    /// How many SSRCs are in use.
    pub fn source_count(&self) -> usize {
        self.sources.len()
    }

    /// Whether this SSRC is in use.
    pub fn is_in_use(&self, ssrc: u32) -> bool {
        self.sources.is_in_use(ssrc)
    }

    /// The SSRCs in use, in ascending order.
    pub fn sources(&self) -> impl Iterator<Item = u32> {
        self.sources.ssrcs()
    }

    /// How often the sequence numbers of an SSRC have wrapped around (ROC, RFC 3711 §3.2.1); `None`: never heard of it.
    pub fn rollover_counter(&self, ssrc: u32) -> Option<u32> {
        self.sources.get(ssrc).map(|source| source.highest.rollover_counter())
    }

    /// Tells the rollover counter of an SSRC, for who joins late (RFC 3711 §3.3.1). It never goes back:
    /// [`Error::IndexReused`].
    pub fn set_rollover_counter(&mut self, ssrc: u32, rollover_counter: u32) -> Result<(), Error> {
        let slot = self.sources.find(ssrc).ok_or(Error::TooManySources)?;
        let highest = &mut self.sources.settle(slot, ssrc).highest;
        if highest.set_rollover_counter(rollover_counter) { Ok(()) } else { Err(Error::IndexReused) }
    }

    /// Frees what is kept for an SSRC that will not be heard of again, but for its highest indices: should it come back, what
    /// was used stays used, and what was received stays received. `false`: it is not in use, or too many were removed before.
    pub fn remove_source(&mut self, ssrc: u32) -> bool {
        self.sources.remove(ssrc)
    }

    /// Frees all that is kept for an SSRC, its indices too: only for one whose packets all went nowhere. To take one of them
    /// again is then no more than to take it late. `false`: it is not in use.
    pub fn forget_source(&mut self, ssrc: u32) -> bool {
        self.sources.forget(ssrc)
    }

    /// Counts a drop.
    pub(crate) fn dropped<T>(&mut self, reason: DropReason) -> Result<T, DropReason> {
        self.stats.dropped[reason as usize] += 1;
        Err(reason)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("profile", &self.profile)
            .field("config", &self.config)
            .field("sources", &self.sources.len())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

/// A prepared AES key for `label`.
pub(crate) fn aes_key(
    provider: &Provider,
    profile: Profile,
    master: &MasterKey,
    label: Label,
) -> Result<Box<dyn AesKey>, Error> {
    let key = master.derive(provider, label, profile.key_len())?;
    provider.cipher.aes(&key).ok_or(Error::Unsupported)
}
