//! Packets as people read them.
pub mod capture;
pub mod describe;
mod json;
pub mod keylog;
pub mod ladder;
mod layer;
pub mod pcap;
pub mod rtclog;
mod tree;
mod walk;

pub use describe::datagram as describe_datagram;
pub use ladder::ladder;
pub use layer::Layer;
pub use tree::Node;
pub use walk::Described;
