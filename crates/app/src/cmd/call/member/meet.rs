//! What comes from a member: bodies of signalling, events of its connections, messages of the channel.

use std::time::Instant;

use limpid::Event;
use limpid_app::call::ladder::Reason;
use limpid_app::call::message::{Chat, MAX_NAME, Message};
use limpid_app::share::failure::Failure;
use limpid_signaling::{Body, Bye, Tags};

use super::words::{cut, from_channel, known_reason, word};
use super::{EARLY, End, Member, Told, Who};
use crate::cmd::call::connection::{Connection, What};
use crate::cmd::call::media;

impl Member {
    /// A body of signalling, or one that came over the channel.
    pub(super) async fn hear(&mut self, body: Body, tags: Tags) -> Result<(), End> {
        match &body {
            // Once they have met, only what comes over the channel counts, unless that is gone.
            Body::Bye(bye) if !self.is_working() => return Err(End::Gone(word(*bye))),
            Body::Bye(_) => return Ok(()),
            Body::Resync => {
                if let Some(connection) = self.latest() {
                    connection.repeat().await;
                }
                return Ok(());
            }
            Body::Restart => {
                let rung = self.ladder.nudge(self.call.now(), Reason::Asked);
                return self.climb(rung).await;
            }
            Body::Description { kind, .. } if kind == "offer" => self.make_room(tags.session).await?,
            _ => {}
        }
        let top = self.latest().map(|latest| latest.session);
        let of = |connection: &&mut Connection| connection.session == tags.session;
        let found = self.next.as_mut().filter(of).or(self.current.as_mut().filter(of));
        match found {
            Some(connection) => {
                let serial = connection.lines.serial;
                let heard = connection.hear(body, &tags).await;
                self.judge(serial, heard).await
            }
            None => {
                let is_early = top.is_none_or(|top| tags.session > top) && self.early.len() < EARLY;
                if is_early && matches!(body, Body::Candidate(_)) {
                    self.early.push((body, tags));
                }
                Ok(())
            }
        }
    }

    /// Makes a connection for an offer of a session that is not there yet.
    async fn make_room(&mut self, session: u64) -> Result<(), End> {
        let top = self.latest().map(|latest| latest.session);
        let crosses = |it: &Connection| it.session == session && it.is_offerer && !it.is_answered();
        let crosses_current = self.current.as_ref().is_some_and(crosses);
        let crosses_next = self.next.as_ref().is_some_and(crosses);
        let is_new = top.is_none_or(|top| session > top);
        if !is_new && !(self.is_polite && (crosses_current || crosses_next)) {
            return Ok(());
        }
        let mut connection = self.connect(session, false).await?;
        for (body, tags) in std::mem::take(&mut self.early) {
            if tags.session == session {
                let _ = connection.hear(body, &tags).await;
            }
        }
        if crosses_current && let Some(crossing) = self.current.take() {
            crossing.close().await;
        }
        self.put(connection).await;
        Ok(())
    }

    /// What becomes of a member where one of its connections did not do what it should.
    pub(super) async fn judge(&mut self, serial: u64, done: Result<(), Failure>) -> Result<(), End> {
        let Err(failure) = done else { return Ok(()) };
        if self.next.as_ref().is_some_and(|next| next.lines.serial == serial) {
            if let Some(next) = self.next.take() {
                next.close().await;
            }
            return Ok(());
        }
        if let Some(connection) = &self.current {
            connection.send(&Message::Bye { reason: "error".into() }.to_text()).await;
        }
        self.tell(Told::Say(Body::Bye(Bye::Error), Tags::default())).await;
        Err(End::Failed(failure))
    }

    pub(super) async fn happen(&mut self, serial: u64, what: What) -> Result<(), End> {
        let of = |connection: &&mut Connection| connection.lines.serial == serial;
        let found = self.next.as_mut().filter(of).or(self.current.as_mut().filter(of));
        let Some(connection) = found else { return Ok(()) };
        match what {
            What::Event(Event::Track(id)) => {
                if let (true, Some(who)) = (connection.is_proven, &self.who) {
                    media::hear_more(connection, id, who);
                }
                Ok(())
            }
            What::Event(event) => {
                let is_state = matches!(event, Event::ConnectionStateChanged(_));
                let noted = connection.note(event).await;
                self.judge(serial, noted).await?;
                if is_state { self.look().await } else { Ok(()) }
            }
            What::Channel(channel) => {
                connection.take(channel, self.who.as_ref());
                Ok(())
            }
            What::Opened(channel) => {
                let opened = connection.opened(channel, self.call.hello()).await;
                self.judge(serial, opened).await
            }
            What::Text(text) => self.read(serial, text).await,
            What::Closed => {
                connection.closed_at.get_or_insert_with(Instant::now);
                Ok(())
            }
        }
    }

    async fn read(&mut self, serial: u64, text: Option<String>) -> Result<(), End> {
        let of = |connection: &&mut Connection| connection.lines.serial == serial;
        let found = self.next.as_mut().filter(of).or(self.current.as_mut().filter(of));
        let Some(connection) = found else { return Ok(()) };
        let Some((text, message)) = text.and_then(|text| Message::parse(&text).ok().map(|it| (text, it)))
        else {
            return self.judge(serial, Err(Failure::PeerProtocol)).await;
        };
        if !connection.is_proven {
            let Some(Message::Hello { v, proof, commit, member, name, kind, state, .. }) = message else {
                return self.judge(serial, Err(Failure::PeerProtocol)).await;
            };
            let greeted = connection.greeted(&v, proof.as_deref(), commit.as_deref()).await;
            let is_greeted = greeted.is_ok();
            self.judge(serial, greeted).await?;
            if is_greeted {
                self.met(serial, member, &name, &kind).await;
                self.tell(Told::Sends(state)).await;
            }
            return Ok(());
        }
        match message {
            Some(Message::Bye { reason }) => Err(End::Gone(known_reason(&reason))),
            Some(Message::Chat(chat)) => {
                let chat = match &self.who {
                    Some(who) => Chat { member: who.member.clone(), name: who.name.clone(), ..chat },
                    None => chat,
                };
                self.tell(Told::Chats(vec![chat])).await;
                Ok(())
            }
            Some(Message::Reveal { number }) => {
                let words = connection.words(&number);
                if let (Ok(words), Some(who)) = (&words, &self.who) {
                    self.call.tell_words(connection.session, who, words);
                }
                self.judge(serial, words.map(|_| ())).await
            }
            Some(Message::State(state)) => {
                self.tell(Told::Sends(state)).await;
                Ok(())
            }
            Some(Message::History { chats }) => {
                self.tell(Told::Chats(chats)).await;
                Ok(())
            }
            Some(_) => Ok(()),
            None => match from_channel(&text) {
                Some((body, tags)) => Box::pin(self.hear(body, tags)).await,
                None => Ok(()),
            },
        }
    }

    /// It has said who it is, and proved it.
    async fn met(&mut self, serial: u64, member: Option<String>, name: &str, kind: &str) {
        let member = member.map(|it| cut(&it, 32)).unwrap_or_default();
        let kind = if kind == "native" { "native" } else { "page" };
        let who = Who { member, name: cut(name, MAX_NAME), kind };
        self.who = Some(who.clone());
        if self.next.as_ref().is_some_and(|next| next.lines.serial == serial)
            && let Some(before) = std::mem::replace(&mut self.current, self.next.take())
        {
            before.close().await;
        }
        if let Some(connection) = &mut self.current {
            media::begin(connection, &who);
            // It may be another one than our greeting said.
            connection.say_state().await;
        }
        self.tell(Told::Met(who)).await;
        if let Some(connection) = &self.current {
            self.call.tell_connected(connection, self.who.as_ref());
        }
        let _ = self.look().await;
    }
}
