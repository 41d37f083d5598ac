//! Many peers behind one port.
//!
//! A datagram finds its peer by the route on which that peer has sent before; a STUN request from a new address finds it
//! by the user name fragment that it names (RFC 8445 §7.3). Anything else is dropped and counted: a stranger costs one
//! look-up and no memory. Only peers that were touched are polled, so that idle ones cost nothing.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use limpid_sansio::{Answer, Datagram, Driven, DueQueue, Instant, Machine, Path, Transmit, Wish, WishId};

use crate::peer::Peer;
use crate::{CloseReason, Error, Event};

/// Names one peer of a [`Mux`].
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PeerId(pub u64);

/// How many datagrams one peer may pack in a row while others wait.
const TURN: usize = 64;
/// How many routes are remembered per peer.
const ROUTES_PER_PEER: usize = 128;

/// A router of peers on one port. ★
#[derive(Default)]
pub struct Mux {
    peers: BTreeMap<PeerId, Slot>,
    next_id: u64,
    by_route: BTreeMap<Path, PeerId>,
    by_ufrag: BTreeMap<String, PeerId>,
    last: Option<(Path, PeerId)>,
    due: DueQueue<PeerId>,
    touched: VecDeque<PeerId>,
    packed_in_a_row: usize,
    wishes: BTreeMap<WishId, (PeerId, WishId)>,
    next_wish: u64,
    wanted: VecDeque<Wish>,
    events: VecDeque<(PeerId, Event)>,
    strangers: u64,
    panics: u64,
}

struct Slot {
    peer: Peer,
    /// Stands in the queue of those to be polled.
    is_touched: bool,
    ufrag: String,
    routes: usize,
    error: Option<Error>,
}

impl Mux {
    /// Nobody yet.
    pub fn new() -> Self {
        Mux::default()
    }

    /// Takes a peer in. It is polled at the next drain.
    pub fn insert(&mut self, peer: Peer) -> PeerId {
        let id = PeerId(self.next_id);
        self.next_id += 1;
        let slot = Slot { peer, is_touched: false, ufrag: String::new(), routes: 0, error: None };
        self.peers.insert(id, slot);
        self.touch(id);
        self.learn_ufrag(id);
        id
    }

    /// Does something with one peer; what it causes is sent at the next drain. `None`: there is no such peer, or it
    /// panicked, and is gone.
    pub fn with<R>(&mut self, id: PeerId, verb: impl FnOnce(&mut Peer) -> R) -> Option<R> {
        self.touch(id);
        self.guarded(id, |slot| verb(&mut slot.peer))
    }

    /// How many peers ended by a panic.
    pub fn panics(&self) -> u64 {
        self.panics
    }

    /// Runs something on one peer. Should it panic, that peer is dropped and said to have failed; the others go on.
    fn guarded<R>(&mut self, id: PeerId, run: impl FnOnce(&mut Slot) -> R) -> Option<R> {
        let slot = self.peers.get_mut(&id)?;
        match catch_unwind(AssertUnwindSafe(|| run(slot))) {
            Ok(result) => Some(result),
            Err(_) => {
                self.panics += 1;
                self.remove(id);
                self.events.push_back((id, Event::Closed(CloseReason::Failed)));
                None
            }
        }
    }

    /// One peer, to look at.
    pub fn look(&self, id: PeerId) -> Option<&Peer> {
        self.peers.get(&id).map(|slot| &slot.peer)
    }

    /// How many peers there are.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Nobody is here.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Datagrams that belonged to nobody.
    pub fn strangers(&self) -> u64 {
        self.strangers
    }

    /// Why a peer ended, if it did not end in peace.
    pub fn error(&self, id: PeerId) -> Option<&Error> {
        self.peers.get(&id)?.error.as_ref()
    }

    /// Lets a peer go, with its routes. Call [`Peer::close`] and drain before, or the other side has to find out alone.
    pub fn remove(&mut self, id: PeerId) -> Option<Peer> {
        let slot = self.peers.remove(&id)?;
        self.due.set(id, None);
        self.by_route.retain(|_, owner| *owner != id);
        self.by_ufrag.retain(|_, owner| *owner != id);
        self.wishes.retain(|_, (owner, _)| *owner != id);
        self.last = self.last.filter(|(_, owner)| *owner != id);
        Some(slot.peer)
    }

    fn touch(&mut self, id: PeerId) {
        if let Some(slot) = self.peers.get_mut(&id).filter(|slot| !slot.is_touched) {
            slot.is_touched = true;
            self.touched.push_back(id);
        }
    }

    /// One peer does not keep the others waiting for longer than a batch.
    fn take_turns(&mut self) {
        self.packed_in_a_row += 1;
        if self.packed_in_a_row >= TURN && self.touched.len() > 1 {
            self.packed_in_a_row = 0;
            self.touched.rotate_left(1);
        }
    }

    fn is_due(&self, id: PeerId, now: Instant) -> bool {
        let slot = self.peers.get(&id).filter(|slot| slot.error.is_none());
        slot.and_then(|slot| slot.peer.poll_timeout()).is_some_and(|at| at <= now)
    }

    /// The first in the queue has nothing more to send: what else it has to say is collected, its next deadline is noted,
    /// and it leaves.
    fn settle_first(&mut self) {
        self.packed_in_a_row = 0;
        let Some(id) = self.touched.pop_front() else { return };
        if let Some(slot) = self.peers.get_mut(&id) {
            slot.is_touched = false;
        }
        while let Some(Some(event)) = self.guarded(id, |slot| slot.peer.poll_event()) {
            self.events.push_back((id, event));
        }
        while let Some(Some(wish)) = self.guarded(id, |slot| slot.peer.poll_wish()) {
            let outer = WishId(self.next_wish);
            self.next_wish += 1;
            self.wishes.insert(outer, (id, wish.id));
            self.wanted.push_back(Wish { id: outer, kind: wish.kind });
        }
        let deadline = |slot: &mut Slot| slot.peer.poll_timeout().filter(|_| slot.error.is_none());
        let Some(deadline) = self.guarded(id, deadline) else { return };
        self.due.set(id, deadline);
        self.learn_ufrag(id);
    }

    /// An ICE restart changes the fragment; the old one stays known until the peer leaves.
    fn learn_ufrag(&mut self, id: PeerId) {
        let Some(slot) = self.peers.get_mut(&id) else { return };
        let ufrag = slot.peer.local_ufrag();
        if slot.ufrag != ufrag {
            slot.ufrag = ufrag.to_owned();
            self.by_ufrag.insert(slot.ufrag.clone(), id);
        }
    }

    fn learn_route(&mut self, id: PeerId, path: Path) {
        if self.last == Some((path, id)) {
            return;
        }
        self.last = Some((path, id));
        if let Some(slot) = self.peers.get_mut(&id)
            && slot.routes < ROUTES_PER_PEER
            && !self.by_route.contains_key(&path)
        {
            slot.routes += 1;
            self.by_route.insert(path, id);
        }
    }

    fn owner_of(&self, path: Path, payload: &[u8]) -> Option<PeerId> {
        if let Some(ufrag) = crate::words::addressed_ufrag(payload) {
            return self.by_ufrag.get(ufrag).copied();
        }
        match self.last {
            Some((last, id)) if last == path => Some(id),
            _ => self.by_route.get(&path).copied(),
        }
    }

    fn failed(&mut self, id: PeerId, result: Result<(), Error>) {
        if let (Err(error), Some(slot)) = (result, self.peers.get_mut(&id)) {
            slot.error.get_or_insert(error);
        }
    }
}

impl Machine for Mux {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = ();
    type Route = Path;
    type Event = (PeerId, Event);
    type Error = core::convert::Infallible;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        let path = input.path;
        let Some(id) = self.owner_of(path, input.payload) else {
            self.strangers += 1;
            return Ok(());
        };
        if let Some(result) = self.guarded(id, |slot| slot.peer.handle_input(now, input)) {
            self.failed(id, result);
            self.touch(id);
        }
        Ok(())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        while let Some(id) = self.due.pop_due(now) {
            if let Some(result) = self.guarded(id, |slot| slot.peer.handle_timeout(now)) {
                self.failed(id, result);
                self.touch(id);
            }
        }
        Ok(())
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        while let Some(&id) = self.touched.front() {
            let start = out.len();
            match self.guarded(id, |slot| slot.peer.poll_transmit(now, out)) {
                Some(Some(transmit)) => {
                    self.learn_route(id, transmit.route);
                    self.take_turns();
                    return Some(transmit);
                }
                Some(None) if self.is_due(id, now) => {
                    // A command armed a timer for this very moment.
                    let result = self.guarded(id, |slot| slot.peer.handle_timeout(now));
                    self.failed(id, result.unwrap_or(Ok(())));
                }
                Some(None) => self.settle_first(),
                None => {
                    out.truncate(start); // what a panic left behind
                    self.touched.retain(|touched| *touched != id);
                }
            }
        }
        None
    }

    fn poll_event(&mut self) -> Option<(PeerId, Event)> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        let &id = self.touched.front()?;
        let event = self.guarded(id, |slot| slot.peer.poll_event())??;
        Some((id, event))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.due.next()
    }
}

impl Driven for Mux {
    fn poll_wish(&mut self) -> Option<Wish> {
        self.wanted.pop_front()
    }

    fn handle_answer(&mut self, now: Instant, id: WishId, answer: Answer<'_>) {
        let known = match answer {
            Answer::Opened(_) => self.wishes.get(&id).copied(), // `Closed` may follow
            _ => self.wishes.remove(&id),
        };
        if let Some((owner, inner)) = known
            && self.guarded(owner, |slot| slot.peer.handle_answer(now, inner, answer)).is_some()
        {
            self.touch(owner);
        }
    }
}

impl core::fmt::Debug for Mux {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Mux").field("peers", &self.peers.len()).field("strangers", &self.strangers).finish()
    }
}
