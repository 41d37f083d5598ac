//! Trees of packets: one file a format. Each walks over the wire field by field, asks the codec of its crate for names and
//! meanings, and in the end for its verdict.

pub(crate) mod candidate;
pub(crate) mod dcep;
pub(crate) mod dtls;
mod dtls_extension;
mod dtls_handshake;
mod rtcp;
mod rtcp_arrivals;
mod rtcp_feedback;
mod rtcp_xr;
mod rtp;
mod rtp_extension;
pub(crate) mod sctp;
mod sctp_chunk;
mod sctp_param;
pub(crate) mod sdp;
pub(crate) mod stun;
mod stun_attribute;

pub use candidate::candidate;
pub use dcep::dcep;
pub use dtls::{dtls, dtls_opened};
pub use dtls_handshake::handshake_message;
pub use rtcp::rtcp;
pub use rtp::{rtp, srtp};
pub use sctp::sctp;
pub use sdp::sdp;
pub use stun::stun;

use limpid_rtp::ext::Map;
use limpid_rtp::rtcp::is_rtcp;

use crate::layer::Layer;
use crate::tree::{Node, hex};
use crate::walk::Described;

/// The tree of one datagram as it arrives on a connection's port. What is malformed ends in a fault; what belongs to none
/// of the layers that are described here is a leaf.
pub fn datagram(bytes: &[u8]) -> Node {
    match try_datagram(bytes) {
        Ok(node) | Err((node, _)) => node,
    }
}

/// The same, and whether there was a fault.
pub fn try_datagram(bytes: &[u8]) -> Described {
    match bytes.first().and_then(|first| Layer::of_datagram(*first)) {
        Some(Layer::Ice) => stun(bytes),
        Some(Layer::Dtls) => dtls(bytes),
        Some(Layer::Rtp) => srtp(bytes),
        other => Ok(opaque(other, bytes)),
    }
}

/// A datagram that is not looked into.
fn opaque(layer: Option<Layer>, bytes: &[u8]) -> Node {
    let (name, rfc) = match layer {
        Some(Layer::Turn) => ("TURN ChannelData", "RFC 8656 §12.4"),
        _ => ("datagram", "RFC 7983 §7"),
    };
    Node {
        name: name.into(),
        bits: (0, bytes.len() * 8),
        value: hex(bytes),
        text: format!("{} bytes, not looked into", bytes.len()).into(),
        rfc,
        layer,
        ..Node::default()
    }
}

/// One line about a datagram.
pub fn summary(bytes: &[u8]) -> String {
    datagram(bytes).text.into_owned()
}

/// One line about an SCTP packet in the clear.
pub fn sctp_summary(bytes: &[u8]) -> String {
    match sctp(bytes) {
        Ok(node) | Err((node, _)) => node.text.into_owned(),
    }
}

/// The tree of an RTP or RTCP packet in the clear, told apart by their types (RFC 5761 §4).
pub fn media(bytes: &[u8], extensions: &Map) -> Described {
    if is_rtcp(bytes) { rtcp(bytes) } else { rtp(bytes, extensions) }
}

/// One line about an RTP or RTCP packet in the clear.
pub fn media_summary(bytes: &[u8]) -> String {
    match media(bytes, &Map::new()) {
        Ok(node) | Err((node, _)) => node.text.into_owned(),
    }
}
