//! Another member of the call, as a task: its connection (and, while a broken one is replaced, the next), who it is, and the
//! ladder that leads back to it.

mod meet;
mod words;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use limpid::ConnectionState;
use limpid_app::call::ladder::{Ladder, Reason, Rung};
use limpid_app::call::message::{Chat, Message, State};
use limpid_app::share::failure::Failure;
use limpid_signaling::{Body, Bye, Tags};
use tokio::sync::mpsc;

use super::Call;
use super::connection::{Connection, Lines, What};
use crate::cmd::say::Trouble;
use words::{over_channel, pages, word};

pub(crate) use words::cut;

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
    /// The addresses of this machine are others: these.
    Network(Arc<[IpAddr]>),
    /// What was written before it came.
    History(Vec<Chat>),
    /// What we send has changed: say so.
    SayState,
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
    /// What it sends.
    Sends(State),
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
    /// Our end of the path, when it last worked.
    home: Option<IpAddr>,
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
            home: None,
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
                let rung = self.ladder.nudge(self.call.now(), Reason::Signalling);
                self.climb(rung).await
            }
            Order::Network(addresses) => self.network_changed(&addresses).await,
            Order::History(chats) => {
                if let Some(connection) = &self.current {
                    for page in pages(chats) {
                        connection.send(&Message::History { chats: page }.to_text()).await;
                    }
                }
                Ok(())
            }
            Order::SayState => {
                if let Some(connection) = &mut self.current {
                    connection.say_state().await;
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

    /// Whether the connection works, as of now.
    async fn look(&mut self) -> Result<(), End> {
        let works = self.is_working();
        if works != self.was_working {
            self.was_working = works;
            self.tell(Told::Works(works)).await;
        }
        let Some(connection) = &self.current else { return Ok(()) };
        if works {
            self.home = connection.pc.path().map(|path| path.local.ip());
        }
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

    /// Sockets stay where they were bound: a path whose end is gone, or that is broken anyhow, needs a new session. Whoever leads
    /// can not know.
    async fn network_changed(&mut self, addresses: &[IpAddr]) -> Result<(), End> {
        let is_gone = self.home.is_some_and(|home| !addresses.contains(&home));
        if self.who.is_none() || !(is_gone || self.ladder.is_broken()) {
            return Ok(());
        }
        self.home = None;
        self.climb(Some(Rung::Renew)).await
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
