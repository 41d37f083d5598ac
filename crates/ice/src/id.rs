//! Names of things: streams, components, paths.

use core::fmt;

/// One data stream (a media section, or all of a bundle). RFC 8445 §4.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StreamId(pub u8);

/// One part of a stream that has a transport address of its own: 1 is RTP or all of it, 2 is RTCP. RFC 8445 §4, §13.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ComponentId(
    /// 1 to 256.
    pub u16,
);

impl ComponentId {
    /// The first component: RTP, or everything when it is multiplexed.
    pub const FIRST: ComponentId = ComponentId(1);
}

/// One way to the peer, for the floors above. Only the agent maps it to a pair of addresses; an id is never used again.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub(crate) u32);

impl fmt::Debug for PathId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path#{}", self.0)
    }
}
