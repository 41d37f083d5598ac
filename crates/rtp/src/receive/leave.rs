//! A source that said goodbye. RFC 3550 §6.6, §6.3.4.

use super::Stream;
use super::report::KeyFrames;

impl Stream {
    /// The source left: what came can still be read, but nothing is asked for, and nothing is reported. Its reports are old.
    pub fn on_goodbye(&mut self) {
        self.has_left = true;
        self.losses.clear();
        self.key_frames = KeyFrames::default();
    }

    /// It sends again, and more than what the network held back.
    pub fn go_on(&mut self) {
        self.has_left = false;
    }

    /// Whether the source said goodbye and has sent nothing new since.
    pub fn has_left(&self) -> bool {
        self.has_left
    }
}
