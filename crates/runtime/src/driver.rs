//! The one loop between sockets and a machine, for any machine that faces a driver.
//!
//! A turn: send what the sockets refused before; take one burst from each socket and hand it in with one `now`; drain once
//! into the outbox; send that in as few calls as the system allows. When a turn finds nothing to do, the driver sleeps
//! until a socket, the machine's deadline, an answer to a wish, or a handle wakes it. It knows nothing of any protocol.
//!
//! Back-pressure is the outbox: while a socket refuses, the machine is not asked for more. A socket that refuses for long
//! (a wireless link that stalls) loses what waits for it, so that it does not hold up the others.

use std::future::Future;
use std::net::{Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use limpid_sansio::{
    Answer, Drained, Driven, FailCause, Instant, Machine, Outbox, Path, Transport, Wish, WishId, WishKind,
    drain,
};
use tokio::sync::mpsc;
use tokio::time::Sleep;

use crate::clock::Clock;
use crate::resolve::{Found, Resolver};
use crate::shared::{Actor, Shared};
use crate::udp::{Sent, Sockets};

/// What one drain packs at most, in bytes (one datagram more may follow): as much as one GSO call carries. A sender that
/// waits for a window to open waits for this much, so that it does not send in dribs.
pub(crate) const BATCH_BYTES: usize = 63_000;
/// After so many busy turns the driver lets other tasks of its thread go first. Those that it woke wait in its own queue.
const TURNS_BETWEEN_YIELDS: u32 = 8;

/// A socket that has refused for this long loses the batch that waits for it. Longer than any queue of a working link.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(100);

/// What is not offered.
const REFUSED: Answer<'static> = Answer::Failed(FailCause::Refused);

/// Starts the driver of `shared` as a task of this runtime. It ends when the machine has, or when it panics; then those who
/// wait are told.
pub(crate) fn spawn<A: Actor>(shared: Arc<Shared<A>>, sockets: Sockets) {
    tokio::spawn(async move {
        // Dropped however this task ends: by itself, by a panic of the machine, or with the runtime.
        let _stop = StopOnDrop(shared.clone());
        Driver::new(shared, sockets).run().await;
    });
}

struct StopOnDrop<A: Actor>(Arc<Shared<A>>);

impl<A: Actor> Drop for StopOnDrop<A> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

struct Driver<A: Actor> {
    shared: Arc<Shared<A>>,
    sockets: Sockets,
    outbox: Outbox<Path>,
    /// The socket of the first batch in the outbox is full.
    blocked: Option<Path>,
    /// The socket that refused last, and since when it does.
    refusing: Option<(SocketAddr, Instant)>,
    resolver: Resolver,
    found: mpsc::UnboundedReceiver<(WishId, Found)>,
    /// What woke us and was not handed in yet.
    first_found: Option<(WishId, Found)>,
    wishes: Vec<Wish>,
    /// The machine returned an error: its last words are sent, then all is over.
    failed: bool,
}

/// What a turn left.
enum Turn {
    /// There is more to do at once.
    Busy,
    /// Nothing, until this time.
    Idle(Option<Instant>),
    /// The machine has ended.
    Finished,
}

impl<A: Actor> Driver<A> {
    fn new(shared: Arc<Shared<A>>, sockets: Sockets) -> Self {
        let (sender, found) = mpsc::unbounded_channel();
        Driver {
            shared,
            sockets,
            outbox: Outbox::with_limit(BATCH_BYTES),
            blocked: None,
            refusing: None,
            resolver: Resolver::new(sender),
            found,
            first_found: None,
            wishes: Vec::new(),
            failed: false,
        }
    }

    async fn run(mut self) {
        let clock = self.shared.clock();
        let mut sleep = pin!(tokio::time::sleep(std::time::Duration::ZERO));
        let mut busy_turns = 0;
        loop {
            match self.turn() {
                Some(Turn::Busy) if busy_turns < TURNS_BETWEEN_YIELDS => busy_turns += 1,
                Some(Turn::Busy) => {
                    busy_turns = 0;
                    tokio::task::yield_now().await;
                }
                Some(Turn::Idle(next)) => {
                    busy_turns = 0;
                    self.wait(clock, sleep.as_mut(), next).await;
                }
                Some(Turn::Finished) | None => return,
            }
        }
    }

    /// `None`: a handle has panicked under the lock, and the machine can not be trusted any more.
    fn turn(&mut self) -> Option<Turn> {
        self.flush();
        let received = self.receive()?;
        if self.blocked.is_some() {
            let until = self.refusing.map(|(_, since)| since + PATIENCE);
            return Some(if received { Turn::Busy } else { Turn::Idle(until) });
        }
        let (drained, finished) = self.drain()?;
        self.grant_wishes()?;
        let sent = self.flush();
        match drained {
            _ if finished && self.outbox.is_empty() => Some(Turn::Finished),
            Drained::Idle(next) if !received && !sent => Some(Turn::Idle(next)),
            _ => Some(Turn::Busy),
        }
    }

    /// One burst from each socket, with one `now` for all of a burst.
    fn receive(&mut self) -> Option<bool> {
        let mut any = false;
        for index in 0..self.sockets.len() {
            let mut alive = Some(());
            any |= self.sockets.receive(index, |burst| {
                alive = self.shared.lock(|actor, now| {
                    let (machine, _) = actor.parts();
                    for datagram in burst {
                        self.failed |= machine.handle_input(now, datagram).is_err();
                    }
                });
            });
            alive?;
        }
        Some(any)
    }

    /// Takes out a batch, tells events, and collects wishes: all under one lock. Also whether the machine has ended.
    fn drain(&mut self) -> Option<(Drained, bool)> {
        while let Some((id, found)) = self.first_found.take().or_else(|| self.found.try_recv().ok()) {
            self.shared.lock(|actor, now| actor.parts().0.handle_answer(now, id, found.as_answer()))?;
        }
        self.shared.lock(|actor, now| {
            let (machine, listener) = actor.parts();
            let drained = drain(machine, now, &mut self.outbox, |machine, event| {
                A::on_event(machine, listener, now, event);
            });
            self.wishes.extend(std::iter::from_fn(|| machine.poll_wish()));
            let drained = drained.unwrap_or_else(|_| {
                self.failed = true;
                Drained::Idle(None)
            });
            if drained != Drained::More {
                actor.after_drain();
            }
            (drained, drained != Drained::More && (self.failed || actor.is_finished()))
        })
    }

    /// Sends until the outbox is empty or a socket refuses. Whether anything left it.
    fn flush(&mut self) -> bool {
        self.blocked = None;
        let mut any = false;
        while let Some(batch) = self.outbox.batch(self.sockets.max_batch(), self.sockets.max_batch_bytes()) {
            let (route, count) = (batch.route, batch.count);
            let gone = match self.sockets.send(&batch) {
                Sent::Datagrams(count) => {
                    self.refusing = self.refusing.filter(|(local, _)| *local != route.local);
                    count
                }
                Sent::Dropped(count) => count,
                Sent::Blocked if self.has_lost_patience(route.local) => count,
                Sent::Blocked => {
                    self.blocked = Some(route);
                    return any;
                }
            };
            self.outbox.advance(gone);
            any = true;
        }
        any
    }

    /// Whether this socket, which refuses now, has done so for too long.
    fn has_lost_patience(&mut self, local: SocketAddr) -> bool {
        let now = self.shared.clock().now();
        let since = self.refusing.filter(|refusing| refusing.0 == local).map_or(now, |(_, since)| since);
        self.refusing = Some((local, since));
        now.since(since) >= PATIENCE
    }

    fn grant_wishes(&mut self) -> Option<()> {
        for Wish { id, kind } in std::mem::take(&mut self.wishes) {
            match kind {
                WishKind::Resolve(name) => self.resolver.resolve(id, name),
                WishKind::Announce(name, ip) => self.resolver.announce(id, name, ip),
                WishKind::Bind(like) => match self.sockets.bind_like(like) {
                    Ok(local) => self.answer(id, Answer::Opened(Path::udp(local, unspecified(like))))?,
                    Err(_) => self.answer(id, REFUSED)?,
                },
                WishKind::Close(path) if path.transport == Transport::Udp => self.sockets.close(path.local),
                WishKind::Close(_) => {}
                // Streams (ICE-TCP, TURN over TCP and TLS) are not offered yet.
                _ => self.answer(id, REFUSED)?,
            }
        }
        Some(())
    }

    fn answer(&self, id: WishId, answer: Answer<'_>) -> Option<()> {
        self.shared.lock(|actor, now| actor.parts().0.handle_answer(now, id, answer))
    }

    /// Sleeps until something happens. What it was is found out by the next turn.
    async fn wait(&mut self, clock: Clock, mut sleep: Pin<&mut Sleep>, next: Option<Instant>) {
        if let Some(next) = next {
            sleep.as_mut().reset(clock.deadline(next));
        }
        let mut rung = pin!(self.shared.rung());
        let mut readable = pin!(self.sockets.readable());
        let mut writable = self.blocked.map(|path| Box::pin(self.sockets.writable(path)));
        let (found, first_found) = (&mut self.found, &mut self.first_found);
        std::future::poll_fn(|context| {
            // All are asked, so that all remember whom to wake.
            let mut awake = rung.as_mut().poll(context).is_ready();
            awake |= readable.as_mut().poll(context).is_ready();
            awake |= writable.as_mut().is_some_and(|writable| writable.as_mut().poll(context).is_ready());
            awake |= next.is_some() && sleep.as_mut().poll(context).is_ready();
            // One that is not handed in yet, as a socket was full, is not pushed out by the next.
            if first_found.is_none()
                && let Poll::Ready(Some(one)) = found.poll_recv(context)
            {
                *first_found = Some(one);
                awake = true;
            }
            if awake { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// "Any address" of the same family.
fn unspecified(like: SocketAddr) -> SocketAddr {
    match like {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

#[cfg(test)]
mod pipe;
#[cfg(test)]
mod tests;
