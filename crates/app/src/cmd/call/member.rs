//! Another member of the call, as a task: its connection (and, while a broken one is replaced, the next), who it is, and the
//! ladder that leads back to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use limpid::{ConnectionState, Event};
use limpid_app::call::ladder::{Ladder, Rung};
use limpid_app::call::message::{Chat, MAX_NAME, Message, State};
use limpid_app::share::failure::Failure;
use limpid_signaling::{Body, Bye, Tags};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::Call;
use super::connection::{Connection, Lines, What};
use super::media;
use crate::cmd::say::Trouble;

/// What may wait in a queue.
const WAITING: usize = 64;
/// Candidates of a session that has not begun.
const EARLY: usize = 100;
const TICK: Duration = Duration::from_millis(250);
/// A channel that closes for a new session has its offer arrive within this.
const GRACE: Duration = Duration::from_millis(1500);
/// Without any path after this long, it counts as broken from the start.
const FIRST_PATH: Duration = Duration::from_secs(15);
/// What was said last may take so long to leave.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// From a goodbye to the end of the connection.
const GOODBYE: Duration = Duration::from_millis(200);

/// What the room wants of a member.
#[derive(Debug)]
pub(crate) enum Order {
    /// We came second: offer.
    Offer,
    /// A body of signalling.
    Hear(Body, Tags),
    /// Signalling does not reach it: say this over the channel.
    ByChannel(Body, Tags),
    /// It goes on under another id of the server, or signalling is back.
    Moved,
    /// What was written before it came.
    History(Vec<Chat>),
    /// The end, with a reason that it sees.
    Leave(Bye),
    /// The end, without a word.
    Drop,
}

/// What a member tells the room.
#[derive(Debug)]
pub(crate) enum Told {
    /// To be said to it over signalling.
    Say(Body, Tags),
    /// It has said who it is; not for the first time, if a broken connection was replaced.
    Met(Who),
    /// Whether its connection works.
    Works(bool),
    /// Something that was written.
    Chats(Vec<Chat>),
    /// It has gone, and why.
    Gone(&'static str),
    /// It could not be met, or broke the protocol.
    Failed(Failure),
}

/// Who a member is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Who {
    pub(crate) member: String,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
}

/// Why the task ends.
enum End {
    Quietly,
    Gone(&'static str),
    Failed(Failure),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        End::Failed(failure)
    }
}

/// A member.
pub(crate) struct Member {
    call: Arc<Call>,
    key: u64,
    is_polite: bool,
    tell: mpsc::Sender<(u64, Told)>,
    happened: mpsc::Receiver<(u64, What)>,
    happening: mpsc::Sender<(u64, What)>,
    saying: mpsc::Receiver<(Body, Tags)>,
    say: mpsc::Sender<(Body, Tags)>,
    /// The connection in use, and the one that is to replace it.
    current: Option<Connection>,
    next: Option<Connection>,
    serial: u64,
    early: Vec<(Body, Tags)>,
    ladder: Ladder,
    who: Option<Who>,
    born: Instant,
    was_working: bool,
}

impl Member {
    /// A member that does what it is ordered, and tells what happens, until one of both ends.
    pub(crate) fn spawn(
        call: &Arc<Call>,
        key: u64,
        is_polite: bool,
        tell: mpsc::Sender<(u64, Told)>,
    ) -> mpsc::Sender<Order> {
        let (order, orders) = mpsc::channel(WAITING);
        let (happening, happened) = mpsc::channel(WAITING);
        // A member says a handful of things at once, and they are passed on after each step.
        let (say, saying) = mpsc::channel(WAITING);
        let member = Member {
            call: call.clone(),
            key,
            is_polite,
            tell,
            happened,
            happening,
            saying,
            say,
            current: None,
            next: None,
            serial: 0,
            early: Vec::new(),
            ladder: Ladder::new(is_polite),
            who: None,
            born: Instant::now(),
            was_working: false,
        };
        tokio::spawn(member.run(orders));
        order
    }

    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut tick = tokio::time::interval(TICK);
        let end = loop {
            let done = tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => Err(End::Quietly),
                },
                Some((serial, what)) = self.happened.recv() => self.happen(serial, what).await,
                _ = tick.tick() => self.tick().await,
            };
            self.pass_on().await;
            if let Err(end) = done {
                break end;
            }
        };
        if matches!(end, End::Failed(_)) {
            // Ours left before the other one was looked at: by it the other side finds out what is wrong.
            if let Some(connection) = &self.current {
                connection.said(LAST_WORDS).await;
            }
        }
        for connection in [self.next.take(), self.current.take()].into_iter().flatten() {
            connection.close().await;
        }
        let told = match end {
            End::Quietly => Told::Gone("left"),
            End::Gone(reason) => Told::Gone(reason),
            End::Failed(failure) => Told::Failed(failure),
        };
        let _ = self.tell.send((self.key, told)).await;
    }

    /// What was said in this step goes to the room.
    async fn pass_on(&mut self) {
        while let Ok((body, tags)) = self.saying.try_recv() {
            self.tell(Told::Say(body, tags)).await;
        }
    }

    async fn tell(&self, told: Told) {
        let _ = self.tell.send((self.key, told)).await;
    }

    async fn obey(&mut self, order: Order) -> Result<(), End> {
        match order {
            Order::Offer => self.offer().await,
            Order::Hear(body, tags) => self.hear(body, tags).await,
            Order::ByChannel(body, tags) => {
                if let Some(connection) = &self.current {
                    connection.send(&over_channel(&body, &tags)).await;
                }
                Ok(())
            }
            Order::Moved => {
                if let Some(connection) = self.latest().filter(|connection| connection.is_waiting()) {
                    connection.repeat().await;
                }
                let rung = self.ladder.nudge(self.call.now());
                self.climb(rung).await
            }
            Order::History(chats) => {
                if let Some(connection) = &self.current {
                    for page in pages(chats) {
                        connection.send(&Message::History { chats: page }.to_text()).await;
                    }
                }
                Ok(())
            }
            Order::Leave(bye) => {
                if let Some(connection) = &self.current {
                    let reason = word(bye).to_owned();
                    if connection.send(&Message::Bye { reason }.to_text()).await {
                        tokio::time::sleep(GOODBYE).await;
                    }
                }
                Err(End::Quietly)
            }
            Order::Drop => Err(End::Quietly),
        }
    }

    /// The session that counts: the one that is to be, if there is one.
    fn latest(&mut self) -> Option<&mut Connection> {
        self.next.as_mut().or(self.current.as_mut())
    }

    fn is_working(&self) -> bool {
        self.current.as_ref().is_some_and(Connection::is_working)
    }

    async fn offer(&mut self) -> Result<(), End> {
        let session = self.latest().map(|latest| latest.session + 1).unwrap_or_default();
        let mut connection = self.connect(session, true).await?;
        connection.start().await?;
        self.put(connection).await;
        Ok(())
    }

    /// In the first place that is free; a next one that never came about makes room.
    async fn put(&mut self, connection: Connection) {
        let before = match self.current.is_some() {
            true => self.next.replace(connection),
            false => self.current.replace(connection),
        };
        if let Some(before) = before {
            before.close().await;
        }
    }

    async fn connect(&mut self, session: u64, is_offerer: bool) -> Result<Connection, End> {
        self.serial += 1;
        let lines = Lines { serial: self.serial, happened: self.happening.clone(), say: self.say.clone() };
        let connection = Connection::new(&self.call, lines, session, is_offerer, self.is_polite).await;
        connection.map_err(|trouble: Trouble| {
            self.call.trouble(trouble.slug, &trouble.message);
            End::Gone("error")
        })
    }

    /// A body of signalling, or one that came over the channel.
    async fn hear(&mut self, body: Body, tags: Tags) -> Result<(), End> {
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
    async fn judge(&mut self, serial: u64, done: Result<(), Failure>) -> Result<(), End> {
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

    async fn happen(&mut self, serial: u64, what: What) -> Result<(), End> {
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
            let Some(Message::Hello { v, proof, member, name, kind, state, .. }) = message else {
                return self.judge(serial, Err(Failure::PeerProtocol)).await;
            };
            let greeted = connection.greeted(&v, proof.as_deref());
            let is_greeted = greeted.is_ok();
            self.judge(serial, greeted).await?;
            if is_greeted {
                self.met(serial, member, &name, &kind, state).await;
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
    async fn met(&mut self, serial: u64, member: Option<String>, name: &str, kind: &str, _: State) {
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
        }
        self.tell(Told::Met(who)).await;
        if let Some(connection) = &self.current {
            self.call.tell_connected(connection, self.who.as_ref());
        }
        let _ = self.look().await;
    }

    /// Whether the connection works, as of now.
    async fn look(&mut self) -> Result<(), End> {
        let works = self.is_working();
        if works != self.was_working {
            self.was_working = works;
            self.tell(Told::Works(works)).await;
        }
        let Some(connection) = &self.current else { return Ok(()) };
        use ConnectionState as S;
        let rung = match connection.pc.connection_state() {
            S::Disconnected | S::Failed | S::Closed => {
                self.ladder.broken(self.call.now());
                None
            }
            _ if works => self.ladder.working(),
            _ => None,
        };
        self.climb(rung).await
    }

    async fn tick(&mut self) -> Result<(), End> {
        let now = self.call.now();
        if self.who.is_none() && self.born.elapsed() > FIRST_PATH {
            self.ladder.broken(now);
        }
        for rung in self.ladder.due(now) {
            self.climb(Some(rung)).await?;
        }
        // A channel that is gone, with no new session in sight, and not because the path broke.
        let is_over = |it: &Connection| it.closed_at.is_some_and(|at| at.elapsed() > GRACE);
        if let (Some(connection), None) = (&self.current, &self.next)
            && is_over(connection)
            && !is_silent(connection.pc.connection_state())
        {
            return Err(End::Gone("left"));
        }
        Ok(())
    }

    async fn climb(&mut self, rung: Option<Rung>) -> Result<(), End> {
        let Some(rung) = rung else { return Ok(()) };
        self.call.tell_rung(rung, self.who.as_ref());
        match rung {
            Rung::Restart => {
                let Some(connection) = self.latest() else { return Ok(()) };
                let serial = connection.lines.serial;
                let restarted = connection.restart().await;
                self.judge(serial, restarted).await
            }
            Rung::Renew => self.offer().await,
            Rung::Lost => Err(End::Gone("lost")),
            Rung::Unstable | Rung::Restored => Ok(()),
        }
    }
}

/// No path for now: who gave it up may have closed the channels with it.
fn is_silent(state: ConnectionState) -> bool {
    use ConnectionState as S;
    matches!(state, S::Connecting | S::Disconnected | S::Failed)
}

/// A body of signalling as it goes over the channel.
fn over_channel(body: &Body, tags: &Tags) -> String {
    let kind = if matches!(body, Body::Description { .. }) { "description" } else { "candidate" };
    let raw = body.to_raw_with(tags);
    // invariant: a body is an object with a member at least.
    let members = raw.get().strip_prefix('{').unwrap_or("}");
    format!(r#"{{"m":"{kind}",{members}"#)
}

/// The other way.
fn from_channel(text: &str) -> Option<(Body, Tags)> {
    let raw = RawValue::from_string(text.to_owned()).ok()?;
    let body = Body::parse(&raw).ok().flatten()?;
    let is_meant = matches!(body, Body::Description { .. } | Body::Candidate(_));
    Some((body, Tags::parse(&raw).ok()?)).filter(|_| is_meant)
}

/// Chats in messages that fit.
fn pages(chats: Vec<Chat>) -> Vec<Vec<Chat>> {
    const PAGE: usize = 48 * 1024;
    let (mut pages, mut room) = (Vec::new(), 0);
    for chat in chats {
        // As JSON a character may take six bytes for each of its own.
        let size = 6 * (chat.id.len() + chat.member.len() + chat.name.len()) + 2 * chat.text.len() + 100;
        match pages.last_mut() {
            Some(page) if size <= room => Vec::push(page, chat),
            _ => {
                pages.push(vec![chat]);
                room = PAGE;
            }
        }
        room = room.saturating_sub(size);
    }
    pages
}

/// A stranger's text, cut to a length in characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn word(bye: Bye) -> &'static str {
    match bye {
        Bye::Done => "done",
        Bye::Declined => "declined",
        Bye::Busy => "busy",
        Bye::Cancelled => "cancelled",
        Bye::Error => "error",
    }
}

fn known_reason(reason: &str) -> &'static str {
    let known = ["done", "declined", "busy", "cancelled"];
    known.into_iter().find(|known| *known == reason).unwrap_or("error")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_signalling_cross_the_channel_unchanged() {
        let tags = Tags { member: Some("00ff".into()), session: 2, offer: 1 };
        let offer =
            Body::Description { kind: "offer".into(), sdp: "v=0\r\n".into(), nonce: Some("00".into()) };
        let text = over_channel(&offer, &tags);
        assert!(text.starts_with(r#"{"m":"description","#), "{text}");
        assert_eq!(Message::parse(&text), Ok(None));
        assert_eq!(from_channel(&text), Some((offer, tags)));
        let end = over_channel(&Body::Candidate(None), &Tags { session: 3, ..Tags::default() });
        assert_eq!(from_channel(&end), Some((Body::Candidate(None), Tags { session: 3, ..Tags::default() })));
        assert_eq!(from_channel(r#"{"m":"bye","bye":"done"}"#), None);
    }

    #[test]
    fn a_long_history_goes_in_messages_that_fit() {
        let chat = |n: usize| Chat {
            id: format!("{n:016x}"),
            member: "00".repeat(16),
            name: "x".repeat(64),
            at: 0,
            text: "\"".repeat(4000),
        };
        let chats: Vec<Chat> = (0..50).map(chat).collect();
        let pages = pages(chats.clone());
        assert!(pages.len() > 1);
        for page in &pages {
            assert!(Message::History { chats: page.clone() }.to_text().len() <= 64 * 1024);
        }
        assert_eq!(pages.concat(), chats);
    }
}
