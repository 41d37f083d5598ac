//! SRTP keeps a place for each number that a stream has, and has a limit of them. Streams come and go over the life of a
//! connection: the places of those that are gone are given to others.

use std::collections::BTreeSet;

use limpid_rtp::{Session, Ssrc};
use limpid_srtp::Context;

/// How many numbers may be in use, each way; four times as many that are gone are remembered, so that nothing of theirs can
/// be played again. An SFU's meeting of a hundred, each with pictures in three layers, is within it.
pub(super) const MAX: usize = 512;

/// So many packets that find no place are let go before places are looked for again.
const PATIENCE: u32 = 1000;

/// Who has a place, and when to look for more.
#[derive(Default, Debug)]
pub(super) struct Places {
    /// Numbers of which something was used. At most as many as SRTP remembers.
    used: BTreeSet<u32>,
    last: Option<u32>,
    /// Packets, each way, to be let go before it is worth while to look again.
    patience: [u32; 2],
}

impl Places {
    /// Sees to it that the stream of a packet that came finds a place.
    pub(super) fn make_inbound(&mut self, context: &mut Context, session: &Session, packet: &[u8]) {
        if context.source_count() < MAX || is_known(context, packet) || !is_due(&mut self.patience[0]) {
            return;
        }
        let gone = context.sources().filter(|ssrc| !session.is_known(Ssrc(*ssrc))).collect::<Vec<_>>();
        let freed = gone.into_iter().filter(|ssrc| match self.used.contains(ssrc) {
            true => context.remove_source(*ssrc),
            false => context.forget_source(*ssrc),
        });
        self.patience[0] = if freed.count() == 0 { PATIENCE } else { 0 };
    }

    /// The same for one that leaves.
    pub(super) fn make_outbound(&mut self, context: &mut Context, session: &Session, packet: &[u8]) {
        if context.source_count() < MAX || is_known(context, packet) || !is_due(&mut self.patience[1]) {
            return;
        }
        let gone = context.sources().filter(|ssrc| !session.is_ours(Ssrc(*ssrc))).collect::<Vec<_>>();
        let freed = gone.into_iter().filter(|ssrc| context.remove_source(*ssrc));
        self.patience[1] = if freed.count() == 0 { PATIENCE } else { 0 };
    }

    /// A packet came and was opened: if something was made of it, it must never be taken again.
    pub(super) fn note(&mut self, session: &Session, packet: &[u8]) {
        let Some(ssrc) = ssrc_of(packet).filter(|ssrc| self.last != Some(*ssrc)) else { return };
        if limpid_srtp::is_rtcp(packet) || session.is_known(Ssrc(ssrc)) {
            self.last = Some(ssrc);
            self.used.insert(ssrc);
        }
    }
}

fn is_due(patience: &mut u32) -> bool {
    let is_due = *patience == 0;
    *patience = patience.saturating_sub(1);
    is_due
}

/// The number of a packet stands at 8 in RTP, at 4 in RTCP.
fn ssrc_of(packet: &[u8]) -> Option<u32> {
    let at = if limpid_srtp::is_rtcp(packet) { 4 } else { 8 };
    Some(u32::from_be_bytes(*packet.get(at..)?.first_chunk()?))
}

/// What has no number is for others to refuse.
fn is_known(context: &Context, packet: &[u8]) -> bool {
    ssrc_of(packet).is_none_or(|ssrc| context.is_in_use(ssrc))
}
