//! Whether there is something to do, and when: for whoever drives the stream.
//!
//! At [`asks_at`](Stream::asks_at) first [`poll_nack`](Stream::poll_nack), as a packet that was asked for ten times is given up
//! there, then [`read`](Stream::read), then [`poll_key_frame_request`](Stream::poll_key_frame_request), which what was given up
//! may call for. At [`reads_on_at`](Stream::reads_on_at) the last two.

use limpid_sansio::Instant;

use super::Stream;

impl Stream {
    /// Whether [`read`](Stream::read) has something to look at: a frame in its turn, a key frame that would help, or a hole
    /// that is waited for no longer. It may still give nothing, where what is there can not be decoded.
    pub fn is_readable(&self, now: Instant) -> bool {
        let first = self.packets.first();
        if self.config.by_packet {
            return self.packets.get(first).is_some() || self.gives_up_at().is_some_and(|at| at <= now);
        }
        self.frames.front().is_some_and(|span| span.first == first)
            || self.skips(first)
            || self.goes_on_at().is_some()
            || (self.needs_key_frame() && self.frames.has_untried())
            || self.gives_up_at().is_some_and(|at| at <= now)
    }

    /// When there is something to be said to the sender: a request for packets or, if they are asked for, for a key frame.
    pub fn asks_at(&self, for_key_frames: bool) -> Option<Instant> {
        if self.has_left() {
            return None;
        }
        let nack = self.losses.poll_timeout().filter(|_| self.config.nack);
        let key_frame = self.key_frames.due(self.rtt).filter(|_| for_key_frames);
        Instant::earliest(nack, key_frame)
    }

    /// When a hole is waited for no longer, so that [`read`](Stream::read) goes on without it.
    pub fn reads_on_at(&self) -> Option<Instant> {
        self.gives_up_at()
    }
}
