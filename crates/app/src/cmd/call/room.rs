//! The mesh of a call: who is in it, under which ids of the server, and who is told what.

mod seats;
mod video;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use limpid_app::call::message::{Chat, HISTORY, MAX_CHAT, MAX_MEMBERS, MAX_NAME, State};
use limpid_app::escape::Escaped;
use limpid_app::exit::Exit;
use limpid_app::share::failure::Failure;
use limpid_signaling::{Body, Bye, Tags};
use serde_json::json;
use tokio::sync::mpsc;

use super::Call;
use super::member::{Member, Order, Told, Who, cut};
use super::network::Network;
use super::signal::Signal;
use crate::cmd::say::Trouble;
use crate::cmd::share::seat::Seat;

/// What members may tell at once.
const WAITING: usize = 256;
/// How long hanging up may take.
const GOODBYE: Duration = Duration::from_secs(3);
/// Members that have gone and may still say so by way of the server.
const FORMER: usize = 64;

/// Waits for a moment; for ever, if there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// A call as this member sees it.
pub(crate) struct Mesh {
    call: Arc<Call>,
    signal: Signal,
    is_up: bool,
    you: String,
    peers: Vec<String>,
    members: BTreeMap<u64, Entry>,
    last_key: u64,
    tell: mpsc::Sender<(u64, Told)>,
    told: mpsc::Receiver<(u64, Told)>,
    /// Who was asked whether it knows us, and until when.
    heres: Vec<(String, Instant)>,
    /// Until when we wait to hear who sends pictures, before ours are sent; and whether we have waited before.
    looks_until: Option<Instant>,
    has_looked: bool,
    former: VecDeque<String>,
    chats: Vec<Chat>,
}

/// A member as the room knows it.
struct Entry {
    order: mpsc::Sender<Order>,
    /// Its id of the server, while it has one.
    id: Option<String>,
    member: Option<String>,
    who: Option<Who>,
    works: bool,
    /// What it sends.
    state: State,
}

impl Mesh {
    /// Of somebody who has just sat down.
    pub(crate) fn new(call: Arc<Call>, mut seat: Seat) -> Self {
        let (tell, told) = mpsc::channel(WAITING);
        let (you, peers) = (seat.you.clone(), std::mem::take(&mut seat.peers));
        Mesh {
            call,
            signal: Signal::keep(seat),
            is_up: true,
            you,
            peers,
            members: BTreeMap::new(),
            last_key: 0,
            tell,
            told,
            heres: Vec::new(),
            looks_until: None,
            has_looked: false,
            former: VecDeque::new(),
            chats: Vec::new(),
        }
    }

    /// Takes part until it is over.
    pub(crate) async fn run(
        mut self,
        stop: impl Future<Output = Exit>,
        duration: Option<Duration>,
    ) -> Result<(), Trouble> {
        let peers = std::mem::take(&mut self.peers);
        if peers.len() >= MAX_MEMBERS {
            self.signal.leave().await;
            return Err(Failure::CallFull.into());
        }
        let members = json!({ "room": self.call.room, "others": peers.len(), "member": self.call.member });
        self.call.events.say("joined", &members, || match peers.len() {
            0 => "Nobody is here yet.".to_owned(),
            count => format!("{count} in the call."),
        });
        self.begin_to_look(peers.len());
        for id in peers {
            let key = self.add(id, None, true);
            self.order(key, Order::Offer);
        }
        let ended = self.go_on(stop, duration).await;
        let bye = if ended.is_ok() { Bye::Done } else { Bye::Error };
        self.leave(bye).await;
        ended
    }

    async fn go_on(
        &mut self,
        stop: impl Future<Output = Exit>,
        duration: Option<Duration>,
    ) -> Result<(), Trouble> {
        let end = async {
            match duration {
                Some(duration) => tokio::time::sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(stop, end);
        let mut network = Network::here();
        loop {
            let patience = until(self.heres.iter().map(|(_, until)| *until).min());
            let look = until(self.looks_until);
            tokio::select! {
                exit = &mut stop => return match exit {
                    // Who presses Ctrl-C hangs up.
                    Exit::Sigint => Ok(()),
                    exit => Err(Trouble::new(exit, Failure::Cancelled.slug(), "Stopped.")),
                },
                () = &mut end => return Ok(()),
                news = self.signal.next() => self.hear_news(news)?,
                Some((key, told)) = self.told.recv() => self.hear_member(key, told)?,
                () = patience => self.give_up_waiting(),
                () = look => self.look_around(),
                addresses = network.changed() => {
                    self.call.tell_network(addresses.len());
                    self.order_all(|| Order::Network(addresses.clone()));
                }
            }
        }
    }

    /// Hangs up: everybody sees why, over the channel or over signalling.
    async fn leave(mut self, bye: Bye) {
        for entry in self.members.values() {
            let _ = entry.order.try_send(Order::Leave(bye));
            if let Some(id) = &entry.id {
                self.signal.say(id, Body::Bye(bye), Tags::default());
            }
        }
        // Each of them tells when its files are complete.
        let gone = async {
            while !self.members.is_empty() {
                let Some((key, told)) = self.told.recv().await else { return };
                if matches!(told, Told::Gone(_) | Told::Failed(_)) {
                    self.members.remove(&key);
                }
            }
        };
        let _ = tokio::time::timeout(GOODBYE, gone).await;
        self.signal.leave().await;
    }

    fn by_id(&self, id: &str) -> Option<u64> {
        let found = self.members.iter().find(|(_, entry)| entry.id.as_deref() == Some(id));
        found.map(|(key, _)| *key)
    }

    fn add(&mut self, id: String, member: Option<String>, is_polite: bool) -> u64 {
        self.last_key += 1;
        let order = Member::spawn(&self.call, self.last_key, is_polite, self.tell.clone());
        let member = member.map(|member| cut(&member, 32));
        let entry = Entry { order, id: Some(id), member, who: None, works: false, state: State::default() };
        self.members.insert(self.last_key, entry);
        self.last_key
    }

    /// One that does not keep up with what it is told is as good as lost, and its ladder finds out.
    fn order(&self, key: u64, order: Order) {
        if let Some(entry) = self.members.get(&key) {
            let _ = entry.order.try_send(order);
        }
    }

    fn order_all(&self, order: impl Fn() -> Order) {
        self.members.keys().for_each(|key| self.order(*key, order()));
    }

    fn hear_member(&mut self, key: u64, told: Told) -> Result<(), Trouble> {
        if !self.members.contains_key(&key) {
            return Ok(());
        }
        match told {
            Told::Say(body, tags) => self.say(key, body, tags),
            Told::Met(who) => self.met(key, who),
            Told::Works(works) => {
                if let Some(entry) = self.members.get_mut(&key) {
                    entry.works = works;
                }
            }
            Told::Sends(state) => self.sends(key, state),
            Told::Chats(chats) => chats.into_iter().take(HISTORY).for_each(|chat| self.hear_chat(chat)),
            Told::Gone(reason) => self.gone(key, reason),
            Told::Failed(failure) => return self.failed(key, failure),
        }
        Ok(())
    }

    /// Over signalling, or over the channel while that is away.
    fn say(&self, key: u64, body: Body, tags: Tags) {
        let Some(entry) = self.members.get(&key) else { return };
        match &entry.id {
            Some(id) if self.is_up => self.signal.say(id, body, tags),
            _ if matches!(body, Body::Description { .. } | Body::Candidate(_)) => {
                let _ = entry.order.try_send(Order::ByChannel(body, tags));
            }
            _ => {}
        }
    }

    fn met(&mut self, key: u64, who: Who) {
        // Somebody that came back as a stranger is there once.
        let twin = |(other, entry): (&u64, &Entry)| {
            (*other != key && entry.member.as_deref() == Some(&who.member)).then_some(*other)
        };
        let twins: Vec<u64> = self.members.iter().filter_map(twin).collect();
        twins.into_iter().for_each(|twin| self.order(twin, Order::Drop));
        let Some(entry) = self.members.get_mut(&key) else { return };
        entry.member = Some(who.member.clone());
        if entry.who.replace(who.clone()).is_some() {
            return;
        }
        self.call.tally.met();
        if !self.chats.is_empty() {
            self.order(key, Order::History(self.chats.clone()));
        }
        let verified = self.call.auth.is_some();
        let members = json!({ "id": who.member, "name": who.name, "kind": who.kind, "verified": verified });
        self.call.events.say("member", &members, || {
            let trust = if verified { "verified by link" } else { "unverified: anybody may enter this room" };
            format!("{} is here ({trust}).", Escaped(&who.name))
        });
    }

    fn hear_chat(&mut self, chat: Chat) {
        let chat = Chat {
            id: cut(&chat.id, 32),
            member: cut(&chat.member, 32),
            name: cut(&chat.name, MAX_NAME),
            at: chat.at,
            text: cut(&chat.text, MAX_CHAT),
        };
        let is_known = self.chats.iter().any(|known| known.id == chat.id);
        if is_known || chat.id.is_empty() || chat.text.is_empty() {
            return;
        }
        let members = json!({ "id": chat.id, "member": chat.member, "name": chat.name, "at": chat.at, "text": chat.text });
        self.call
            .events
            .say("chat", &members, || format!("{}: {}", Escaped(&chat.name), Escaped(&chat.text)));
        self.chats.push(chat);
        self.chats.sort_by_key(|chat| chat.at);
        if self.chats.len() > HISTORY {
            self.chats.remove(0);
        }
    }

    fn gone(&mut self, key: u64, reason: &str) {
        let Some(entry) = self.members.remove(&key) else { return };
        if let Some(id) = entry.id {
            self.former.push_back(id);
            if self.former.len() > FORMER {
                self.former.pop_front();
            }
        }
        // Who was never met has not left.
        let (id, name) = entry.who.map(|who| (who.member, who.name)).unzip();
        let members = json!({ "id": id, "name": name, "reason": reason });
        self.call.events.say("left", &members, || match &name {
            Some(name) => format!("{} has left ({reason}).", Escaped(name)),
            None => format!("Somebody was not met ({reason})."),
        });
        self.look_again();
    }

    /// Whoever could not prove that it holds the link is told of; where nobody else is there, the call has nobody to be with.
    fn failed(&mut self, key: u64, failure: Failure) -> Result<(), Trouble> {
        let Some(entry) = self.members.remove(&key) else { return Ok(()) };
        let members = json!({
            "id": entry.who.as_ref().map(|who| &who.member), "error": failure.slug(), "message": failure.message(),
        });
        self.call.events.say("refused", &members, || failure.message().to_owned());
        self.look_again();
        let is_deceit = matches!(failure, Failure::BadProof | Failure::Fingerprint);
        if is_deceit && self.members.is_empty() { Err(failure.into()) } else { Ok(()) }
    }
}
