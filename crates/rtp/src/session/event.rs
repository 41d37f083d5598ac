//! What a session has to say.

use crate::bwe::Trip;
use crate::names::{Mid, PayloadType, Rid, Ssrc};

/// Names one receiver of a session: an encoding of a section that may come in.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReceiverId(pub u32);

/// A small fact. Frames are read through [`Receiver::read`](super::Receiver::read).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The first packet of a stream came, or another stream took its place, or it goes on after a goodbye.
    Started {
        /// Where it is read.
        receiver: ReceiverId,
        /// Its number.
        ssrc: Ssrc,
        /// Its encoding, if it has a name.
        rid: Option<Rid>,
    },
    /// A stream comes that no receiver takes: add one and [`bind`](super::Session::bind) it, or leave it.
    Unsignalled {
        /// Its number.
        ssrc: Ssrc,
        /// The payload type of its first packet.
        payload_type: PayloadType,
        /// The section that it names.
        mid: Option<Mid>,
    },
    /// Frames wait to be read. An edge: said once until all were read.
    Readable(ReceiverId),
    /// No packet has come for a while.
    Silent(ReceiverId),
    /// The other side ended its stream (BYE). What came of it can still be read.
    Goodbye(ReceiverId),
    /// The other side can not go on without a key frame of this stream of ours.
    KeyFrameRequested(Ssrc),
    /// This stream of ours sends nothing any more, as the network or the other side can not take it: frames are refused until
    /// it [resumed](Event::SendingResumed). RFC 8083 §4.5.
    SendingCeased {
        /// Its number.
        ssrc: Ssrc,
        /// What was the sign.
        trip: Trip,
    },
    /// A stream that had [ceased](Event::SendingCeased) takes frames again. A picture has to be a key frame.
    SendingResumed(Ssrc),
    /// The other side uses the number of a stream of ours, which has another one from now on. RFC 3550 §8.2.
    Renumbered {
        /// By which it is called: the number under which it was added.
        sender: Ssrc,
        /// The number in its packets.
        ssrc: Ssrc,
    },
    /// What the path is believed to carry changed: bits per second.
    BitrateChanged(u64),
}
