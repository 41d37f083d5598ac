//! Two peers in this process, connected over loopback UDP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use limpid::{BindOptions, DataChannel, Description, Identity, LoopbackPolicy, PeerConnection};

use super::relay::{Link, Relay};
use crate::cmd::say::Trouble;

/// Both ends of one open channel.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) left: PeerConnection,
    /// Receives.
    pub(crate) right: PeerConnection,
    pub(crate) from: DataChannel,
    pub(crate) to: DataChannel,
    _relay: Option<Relay>,
}

impl Pair {
    /// Makes two peers, lets them find each other, and opens a channel.
    pub(crate) async fn open(link: Option<Link>, identity: Option<Arc<Identity>>) -> Result<Pair, Trouble> {
        let (left, right) = (peer(&identity).await?, peer(&identity).await?);
        let from = left.create_data_channel("bench").map_err(Trouble::unexpected)?;
        let mut relay = None;
        let mut offer = left.offer().await.map_err(Trouble::unexpected)?;
        if let Some(link) = link {
            let made =
                Relay::between(address(&left)?, address(&right)?, link).map_err(Trouble::unexpected)?;
            offer = readdressed(offer, address(&left)?, made.facing_right);
            relay = Some(made);
        }
        let mut answer = right.answer(offer).await.map_err(Trouble::unexpected)?;
        if let Some(relay) = &relay {
            answer = readdressed(answer, address(&right)?, relay.facing_left);
        }
        left.set_remote_description(answer).map_err(Trouble::unexpected)?;
        from.opened().await.map_err(Trouble::unexpected)?;
        let to = right.next_channel().await.ok_or_else(|| Trouble::of_connection(&right))?;
        Ok(Pair { left, right, from, to, _relay: relay })
    }
}

async fn peer(identity: &Option<Arc<Identity>>) -> Result<PeerConnection, Trouble> {
    let loopback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let mut builder =
        PeerConnection::builder().bind(BindOptions::on([loopback])).loopback(LoopbackPolicy::Always);
    if let Some(identity) = identity {
        builder = builder.identity(identity.clone());
    }
    builder.build().await.map_err(Trouble::unexpected)
}

fn address(peer: &PeerConnection) -> Result<SocketAddr, Trouble> {
    let address = peer.port().local_addresses().first().copied();
    address.ok_or_else(|| Trouble::unexpected("a port without an address"))
}

/// The same description, reached by way of the relay.
fn readdressed(description: Description, from: SocketAddr, to: SocketAddr) -> Description {
    let word = |address: SocketAddr| format!(" {} {} ", address.ip(), address.port());
    Description { sdp: description.sdp.replace(&word(from), &word(to)), ..description }
}
