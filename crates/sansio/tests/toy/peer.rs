//! The parent: an agent below, records between, an association above, one buffer through all of them. It alone knows who
//! lives next to whom.

use std::collections::VecDeque;
use std::convert::Infallible;

use limpid_sansio::{Answer, Datagram, Driven, Instant, Machine, Path, Transmit, Wish, WishId};

use super::agent::{self, Agent, PathId};
use super::association::{self, Association};
use super::records::{self, Records};

#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    Connected,
    PathChosen(PathId),
    Disconnected,
    Readable,
    Writable,
}

/// Children are fields, so that two of them can be borrowed at once.
#[derive(Debug)]
pub(crate) struct Peer {
    agent: Agent,
    records: Records,
    pub(crate) association: Association,
    events: VecDeque<Event>,
    heard: [u64; 2],
}

impl Peer {
    pub(crate) fn new(agent: Agent, records: Records) -> Self {
        Peer { agent, records, association: Association::new(), events: VecDeque::new(), heard: [0; 2] }
    }

    pub(crate) fn path(&self) -> Option<PathId> {
        self.agent.chosen()
    }

    /// Datagrams of payload by path.
    pub(crate) fn heard(&self) -> [u64; 2] {
        self.heard
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.agent.dropped + self.records.dropped
    }

    /// Each floor takes its part of the datagram and yields the rest of it to the next.
    fn climb(&mut self, now: Instant, datagram: Datagram<'_>) -> Result<(), Infallible> {
        let agent::Yield::Payload(path, mut rest) = self.agent.handle_input(now, datagram)? else {
            return Ok(());
        };
        self.heard[path.0] += 1;
        while !rest.is_empty() {
            let opened = self.records.handle_input(now, rest)?;
            if let Some(plaintext) = opened.plaintext {
                self.association.handle_input(now, plaintext)?;
            }
            rest = opened.rest;
        }
        Ok(())
    }

    /// Headers first, outermost first; then content; then sealed inside out.
    fn descend(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        if let Some(transmit) = self.agent.poll_transmit(now, out) {
            return Some(transmit);
        }
        let wrapped = self.agent.begin(out, self.agent.chosen()?)?;
        if self.records.poll_transmit(now, out).is_some() || self.pack(now, out) {
            return Some(self.agent.seal(out, wrapped));
        }
        self.agent.cancel(out, wrapped);
        None
    }

    fn pack(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        if !self.records.is_connected() {
            return false;
        }
        let record = self.records.begin(out);
        let packed = self.association.poll_transmit(now, out).is_some();
        match packed {
            true => self.records.seal(out, record),
            false => self.records.cancel(out, record),
        }
        packed
    }

    /// Moves what the children have said to whom it concerns. Ends every verb that knows the time: `poll_event` does not, and
    /// an event of one child is often a command to another.
    fn settle(&mut self, now: Instant) {
        while let Some(event) = self.agent.poll_event() {
            self.events.push_back(match event {
                agent::Event::PathChosen { path, info } => {
                    self.association.path_changed(now, info.max_datagram - Records::OVERHEAD);
                    Event::PathChosen(path)
                }
                agent::Event::Disconnected => Event::Disconnected,
            });
        }
        while let Some(records::Event::Connected) = self.records.poll_event() {
            self.events.push_back(Event::Connected);
        }
        while let Some(event) = self.association.poll_event() {
            self.events.push_back(match event {
                association::Event::Readable => Event::Readable,
                association::Event::Writable => Event::Writable,
            });
        }
    }
}

impl Machine for Peer {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = ();
    type Route = Path;
    type Event = Event;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        self.climb(now, input)?;
        self.settle(now);
        Ok(())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Infallible> {
        self.agent.handle_timeout(now)?;
        self.records.handle_timeout(now)?;
        self.association.handle_timeout(now)?;
        self.settle(now);
        Ok(())
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        self.descend(now, out)
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let below = Instant::earliest(self.agent.poll_timeout(), self.records.poll_timeout());
        Instant::earliest(below, self.association.poll_timeout())
    }
}

impl Driven for Peer {
    fn poll_wish(&mut self) -> Option<Wish> {
        self.agent.poll_wish()
    }
    fn handle_answer(&mut self, now: Instant, id: WishId, answer: Answer<'_>) {
        self.agent.handle_answer(now, id, answer);
        self.settle(now);
    }
}
