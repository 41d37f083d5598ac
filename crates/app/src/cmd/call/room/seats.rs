//! The room as the server tells of it: who sits where, who says what to us, and what becomes of both when the server went away.

use std::time::{Duration, Instant};

use limpid_app::call::message::MAX_MEMBERS;
use limpid_signaling::client::{Event, Joined};
use limpid_signaling::{Body, Bye, Presence, Tags};
use serde_json::json;

use super::Mesh;
use crate::cmd::call::member::Order;
use crate::cmd::call::signal::News;
use crate::cmd::say::Trouble;

/// How long somebody has to answer `here` before it is offered to as if it were new.
const HERE_PATIENCE: Duration = Duration::from_secs(3);

impl Mesh {
    /// What comes by way of the server.
    pub(super) fn hear_news(&mut self, news: News) -> Result<(), Trouble> {
        match news {
            News::Event(Event::Peer(id, Presence::Left, reason)) => self.hear_left(&id, reason.as_deref()),
            News::Event(Event::Peer(..)) => {}
            News::Event(Event::Said { from, body, tags, gap }) => self.hear(from, body, tags, gap),
            News::Away => {
                self.is_up = false;
                self.call.events.say("signalling", &json!({ "up": false }), || {
                    "The server is away; the call goes on.".to_owned()
                });
            }
            News::Back(joined) => {
                self.is_up = true;
                self.call
                    .events
                    .say("signalling", &json!({ "up": true }), || "The server is back.".to_owned());
                self.come_back(joined);
            }
            // Those that are connected need no server.
            News::Over(trouble) => {
                self.is_up = false;
                if self.members.is_empty() {
                    return Err(trouble);
                }
                self.call.trouble(trouble.slug, &trouble.message);
            }
        }
        Ok(())
    }

    /// Under the same id: the others noticed nothing. Under another one: the server knew nothing of us.
    fn come_back(&mut self, joined: Joined) {
        let is_same = joined.you == self.you;
        self.you = joined.you;
        if is_same {
            return self.order_all(|| Order::Moved);
        }
        self.members.values_mut().for_each(|entry| entry.id = None);
        for id in joined.peers {
            if self.members.is_empty() {
                let key = self.add(id, None, true);
                self.order(key, Order::Offer);
                continue;
            }
            self.say_here(&id, false);
            self.heres.push((id, Instant::now() + HERE_PATIENCE));
        }
    }

    fn say_here(&self, to: &str, reply: bool) {
        self.signal.say(to, Body::Here { member: self.call.member.clone(), reply }, Tags::default());
    }

    /// Who does not know `here` is offered to as if it were new.
    pub(super) fn give_up_waiting(&mut self) {
        let now = Instant::now();
        let (late, waiting) =
            std::mem::take(&mut self.heres).into_iter().partition(|(_, until)| *until <= now);
        self.heres = waiting;
        let late: Vec<(String, Instant)> = late;
        for (id, _) in late {
            if self.by_id(&id).is_none() {
                let key = self.add(id, None, true);
                self.order(key, Order::Offer);
            }
        }
    }

    fn hear_left(&mut self, id: &str, reason: Option<&str>) {
        self.heres.retain(|(asked, _)| asked != id);
        self.former.retain(|former| former != id);
        let Some(key) = self.by_id(id) else { return };
        let Some(entry) = self.members.get_mut(&key) else { return };
        entry.id = None;
        // A call does not end with its seat: only one that does not work any more, or never did.
        if !entry.works && (reason == Some("closed") || entry.who.is_none()) {
            self.order(key, Order::Drop);
        }
    }

    fn hear(&mut self, from: String, body: Body, tags: Tags, gap: bool) {
        if let Body::Here { member, reply } = body {
            return self.hear_here(from, &member, reply);
        }
        let known = self.by_id(&from).or_else(|| self.moved(&from, tags.member.as_deref()));
        let key = match (known, &body) {
            (Some(key), _) => key,
            (None, Body::Bye(bye)) => {
                // Who hung up over the channel says it here too, in case that was broken.
                if !self.former.contains(&from) {
                    let members = json!({ "reason": format!("{bye:?}").to_lowercase() });
                    self.call.events.say("turned-down", &members, || "Somebody does not come.".to_owned());
                }
                return;
            }
            (None, Body::Description { kind, .. }) if kind == "offer" => {
                if self.members.len() >= MAX_MEMBERS {
                    return self.signal.say(&from, Body::Bye(Bye::Busy), Tags::default());
                }
                self.add(from.clone(), tags.member.clone(), false)
            }
            (None, _) => return,
        };
        if gap {
            self.signal.say(&from, Body::Resync, Tags::default());
        }
        self.order(key, Order::Hear(body, tags));
    }

    fn hear_here(&mut self, from: String, member: &str, reply: bool) {
        let before = self.heres.len();
        self.heres.retain(|(asked, _)| *asked != from);
        let was_asked = self.heres.len() < before;
        if !reply {
            self.say_here(&from, true);
        }
        let known = self.by_id(&from).or_else(|| self.moved(&from, Some(member)));
        if known.is_none() && was_asked {
            let key = self.add(from, None, true);
            self.order(key, Order::Offer);
        }
    }

    /// The member that this is under a new id, if it is one of ours.
    fn moved(&mut self, id: &str, member: Option<&str>) -> Option<u64> {
        let member = member?;
        let (key, entry) =
            self.members.iter_mut().find(|(_, entry)| entry.member.as_deref() == Some(member))?;
        entry.id = Some(id.to_owned());
        let _ = entry.order.try_send(Order::Moved);
        Some(*key)
    }
}
