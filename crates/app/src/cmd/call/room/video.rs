//! Who sends pictures: not more than a mesh carries. Whoever comes late looks around before it turns its own on.

use std::time::{Duration, Instant};

use limpid_app::call::message::{MAX_VIDEO, State};
use serde_json::json;

use super::Mesh;
use crate::cmd::call::member::Order;

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
        if self.looks_until.is_some() && self.members.values().all(|entry| entry.who.is_some()) {
            self.look_around();
        }
    }

    /// All have said what they send, or have had the time to.
    pub(super) fn look_around(&mut self) {
        self.looks_until = None;
        let videos = self.members.values().filter(|entry| entry.state.has_video()).count();
        if videos < MAX_VIDEO {
            self.call.shows.send_replace(true);
            return self.order_all(|| Order::SayState);
        }
        self.call.events.say("sound-only", &json!({ "videos": videos }), || {
            format!("{videos} others send pictures already, and a call carries no more: ours are not sent.")
        });
    }
}
