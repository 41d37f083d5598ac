//! Chunks that are owed to the peer beside DATA and SACK: flags for those of which there is one, and a short queue of
//! answers.

use std::collections::VecDeque;

use crate::chunk::{CauseCode, ReconfigResult};
use crate::cookie::Cookie;

/// How many answers wait at most; what does not fit is not answered.
const MAX_REPLIES: usize = 8;

/// A packet of its own, under a tag of its own.
#[derive(Clone, Debug)]
pub(crate) enum Standalone {
    /// INIT ACK to the tag of the INIT that it answers, with the parameters that were not understood.
    InitAck {
        cookie: Cookie,
        unrecognized: Vec<u8>,
    },
    Abort {
        tag: u32,
        reflected: bool,
        cause: Option<CauseCode>,
        value: Vec<u8>,
    },
    ShutdownComplete {
        tag: u32,
        reflected: bool,
    },
    /// ERROR outside of an association: a stale cookie, and by how many microseconds.
    Stale {
        tag: u32,
        by: u32,
    },
}

/// A chunk among others.
#[derive(Clone, Debug)]
pub(crate) enum Bundled {
    HeartbeatAck(Vec<u8>),
    Error(CauseCode, Vec<u8>),
    Reconfigured(u32, ReconfigResult),
}

#[derive(Debug, Default)]
pub(crate) struct Control {
    pub(crate) init: bool,
    pub(crate) cookie_echo: bool,
    pub(crate) cookie_ack: bool,
    pub(crate) shutdown: bool,
    pub(crate) shutdown_ack: bool,
    pub(crate) heartbeat: bool,
    pub(crate) forward_tsn: bool,
    pub(crate) standalone: VecDeque<Standalone>,
    pub(crate) bundled: VecDeque<Bundled>,
}

impl Control {
    /// Queues a packet; `false`: there is no room. A newer INIT ACK takes the place of an older one.
    pub(crate) fn reply(&mut self, reply: Standalone) -> bool {
        if let Standalone::InitAck { .. } = reply {
            self.standalone.retain(|other| !matches!(other, Standalone::InitAck { .. }));
        }
        let room = self.standalone.len() < MAX_REPLIES;
        if room {
            self.standalone.push_back(reply);
        }
        room
    }

    /// Queues a chunk; `false`: there is no room.
    pub(crate) fn bundle(&mut self, chunk: Bundled) -> bool {
        let room = self.bundled.len() < MAX_REPLIES;
        if room {
            self.bundled.push_back(chunk);
        }
        room
    }

    /// Nothing of what the association wanted to say is said any more; answers to others are.
    pub(crate) fn clear(&mut self) {
        *self = Control { standalone: std::mem::take(&mut self.standalone), ..Control::default() };
    }
}
