//! What a connection is made with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use limpid_crypto::Provider;
use limpid_peer::limpid_rtp::bwe::Limits;
use limpid_peer::{Capabilities, Config, IceServer, Identity, LoopbackPolicy, MdnsPolicy, Unannounced};
use limpid_sansio::Tap;

use crate::connection::PeerConnection;
use crate::error::Error;
use crate::port::Port;
use crate::udp::BindOptions;

/// Names connections in traces: they count up through the life of the program.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// What a connection is made with; every part has a default. See [`PeerConnection::builder`].
#[derive(Default)]
pub struct Builder {
    provider: Option<Provider>,
    identity: Option<Arc<Identity>>,
    port: Option<Arc<Port>>,
    bind: BindOptions,
    ice_servers: Vec<IceServer>,
    loopback: Option<LoopbackPolicy>,
    mdns: Option<MdnsPolicy>,
    unannounced: Unannounced,
    max_message_size: Option<u32>,
    capabilities: Option<Arc<Capabilities>>,
    bitrate: Option<Limits>,
    key_log: bool,
    tap: Option<Box<dyn Tap + Send>>,
}

impl Builder {
    /// Another provider of cryptography than ring.
    pub fn provider(mut self, provider: Provider) -> Self {
        self.provider = Some(provider);
        self
    }

    /// A certificate of your own; otherwise each connection makes one.
    pub fn identity(mut self, identity: Arc<Identity>) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Shares a port with other connections; otherwise the connection binds one of its own.
    pub fn port(mut self, port: &Arc<Port>) -> Self {
        self.port = Some(port.clone());
        self
    }

    /// How the connection's own port is bound.
    pub fn bind(mut self, options: BindOptions) -> Self {
        self.bind = options;
        self
    }

    /// STUN servers that tell our address as the world sees it.
    pub fn ice_servers(mut self, servers: impl IntoIterator<Item = IceServer>) -> Self {
        self.ice_servers.extend(servers);
        self
    }

    /// Whether loopback addresses become candidates. Default: when there are no others.
    pub fn loopback(mut self, policy: LoopbackPolicy) -> Self {
        self.loopback = Some(policy);
        self
    }

    /// Whether host addresses are shown, or `.local` names in their place. Default: shown.
    pub fn mdns(mut self, policy: MdnsPolicy) -> Self {
        self.mdns = Some(policy);
        self
    }

    /// What becomes of data on streams that nobody announced. Default: a little is held.
    pub fn unannounced(mut self, policy: Unannounced) -> Self {
        self.unannounced = policy;
        self
    }

    /// The largest message that we take, in bytes. Default 262 144.
    pub fn max_message_size(mut self, bytes: u32) -> Self {
        self.max_message_size = Some(bytes);
        self
    }

    /// What we are able to do with audio and video. Default: what browsers speak.
    pub fn capabilities(mut self, capabilities: Arc<Capabilities>) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// Bounds of what all our streams send together, and where they begin.
    pub fn bitrate(mut self, limits: Limits) -> Self {
        self.bitrate = Some(limits);
        self
    }

    /// Hands the handshake's secrets to the tap. Whoever has them reads everything.
    pub fn key_log(mut self, wanted: bool) -> Self {
        self.key_log = wanted;
        self
    }

    /// Lets somebody look on: every packet, every state.
    pub fn tap(mut self, tap: Box<dyn Tap + Send>) -> Self {
        self.tap = Some(tap);
        self
    }

    /// Binds, makes what is missing, and begins to gather candidates. Must be called within a tokio runtime.
    pub async fn build(self) -> Result<PeerConnection, Error> {
        let provider = self.provider.unwrap_or_else(limpid_crypto::ring::provider);
        let identity = match self.identity {
            Some(identity) => identity,
            None => crate::new_identity(&provider).map_err(Error::Certificate)?,
        };
        let port = match self.port {
            Some(port) => port,
            None => Port::bind(self.bind).await?,
        };
        let mut config = Config::new(provider, provider.seed(), identity);
        config.ice_servers = self.ice_servers;
        config.loopback = self.loopback.unwrap_or(config.loopback);
        config.mdns = self.mdns.unwrap_or(config.mdns);
        config.unannounced = self.unannounced;
        config.max_message_size = self.max_message_size.unwrap_or(config.max_message_size);
        config.capabilities = self.capabilities.unwrap_or(config.capabilities);
        config.bitrate = self.bitrate.unwrap_or(config.bitrate);
        config.key_log = self.key_log;
        config.ntp_epoch = crate::ntp_now().wrapping_sub(port.ntp_offset());
        config.connection = NUMBER.fetch_add(1, Ordering::Relaxed);
        let id = port.insert(config, self.tap)?;
        Ok(PeerConnection::on(port, id))
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("ice_servers", &self.ice_servers).finish_non_exhaustive()
    }
}
