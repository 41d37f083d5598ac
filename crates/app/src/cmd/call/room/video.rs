//! Who sends pictures: not more than a mesh carries. Whoever comes late looks around before it turns its own on.

use std::time::{Duration, Instant};

use limpid_app::call::message::{MAX_VIDEO, Source, State};
use serde_json::json;

use super::{Entry, Mesh};
use crate::cmd::call::member::{Order, Who};

/// How long those are waited for that may send pictures. The page's is the same.
const LOOK_AROUND: Duration = Duration::from_secs(3);

impl Mesh {
    /// Where there are too few to fill all places, ours is free.
    pub(super) fn begin_to_look(&mut self, others: usize) {
        if others < MAX_VIDEO {
            self.call.shows.send_replace(true);
        } else if self.call.has_camera() {
            self.looks_until = Some(Instant::now() + LOOK_AROUND);
        }
    }

    /// What somebody sends has changed, or is known now.
    pub(super) fn sends(&mut self, key: u64, state: State) {
        if let Some(entry) = self.members.get_mut(&key) {
            entry.state = state;
        }
        let is_known = self.members.values().all(|entry| entry.who.is_some());
        if self.looks_until.is_some() && !self.has_looked && is_known {
            self.look_around();
        }
        self.look_again();
    }

    /// All have said what they send, or have had the time to.
    pub(super) fn look_around(&mut self) {
        self.looks_until = None;
        let (videos, has_looked) = (self.videos(), std::mem::replace(&mut self.has_looked, true));
        if videos < MAX_VIDEO {
            self.call.shows.send_replace(true);
            self.order_all(|| Order::SayState);
        }
        let members = json!({ "videos": videos });
        match (videos < MAX_VIDEO, has_looked) {
            (false, false) => self.call.events.say("sound-only", &members, || {
                format!(
                    "{videos} others send pictures already, and a call carries no more: ours are not sent."
                )
            }),
            (true, true) => self.call.events.say("with-video", &members, || {
                "There is room for our pictures now: they are sent.".to_owned()
            }),
            _ => {}
        }
    }

    /// Where ours wait for a place and one has become free, it is taken a little later, if it is free then. Of several programs
    /// that wait the one with the lowest id goes first.
    pub(super) fn look_again(&mut self) {
        let is_waiting = self.has_looked && self.call.has_camera() && !*self.call.shows.borrow();
        if !is_waiting || self.looks_until.is_some() || self.videos() >= MAX_VIDEO {
            return;
        }
        let goes_first = |entry: &&Entry| {
            let is_before = |who: &Who| who.kind == "native" && who.member < self.call.member;
            entry.state.camera == Source::Off && entry.who.as_ref().is_some_and(is_before)
        };
        let turn = 1 + self.members.values().filter(goes_first).count() as u32;
        self.looks_until = Some(Instant::now() + LOOK_AROUND * turn);
    }

    fn videos(&self) -> usize {
        self.members.values().filter(|entry| entry.state.has_video()).count()
    }
}
