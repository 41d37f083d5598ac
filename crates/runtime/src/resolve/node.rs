//! Multicast DNS without sockets: what we ask, what we answer, and when. RFC 6762, as far as hidden ICE candidates need it.
//!
//! In go packets and the time, out come packets and what was found. Names are random UUIDs: nobody else has them, so there
//! is no probing (draft-ietf-mmusic-mdns-ice-candidates §3.1.1) and no conflict.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use limpid_sansio::{FailCause, Instant};

use super::Found;
use super::dns::{A, AAAA, ANY, Packet, Question, Record, kind_of};

/// The port of multicast DNS.
pub(super) const PORT: u16 = 5353;
/// For how long others may remember our records, in seconds. RFC 6762 §10.
const TTL: u32 = 120;
/// The same for those who know nothing of multicast DNS. RFC 6762 §6.7.
const LEGACY_TTL: u32 = 10;
/// When a question is asked again. RFC 6762 §5.2: intervals grow by a factor of two or more, from one second.
const ASK_AFTER: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];
/// When we give up.
const DEADLINE: Duration = Duration::from_secs(5);
/// A record is not multicast twice within this time. RFC 6762 §6.
const QUIET: Duration = Duration::from_secs(1);
/// Names that we publish at most.
const MAX_NAMES: usize = 256;

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Output {
    /// Send to everybody.
    Multicast(Vec<u8>),
    /// Send to this one.
    Unicast(SocketAddr, Vec<u8>),
    /// A question is answered.
    Found(u64, Found),
}

/// One participant of the local network's multicast DNS.
#[derive(Debug, Default)]
pub(super) struct Node {
    names: Vec<Name>,
    queries: Vec<Query>,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
struct Name {
    name: String,
    address: IpAddr,
    last_sent: Instant,
    /// The second announcement, a second after the first (RFC 6762 §8.3).
    announce_at: Option<Instant>,
}

#[derive(Debug)]
struct Query {
    id: u64,
    name: String,
    began: Instant,
    asked: usize,
}

impl Node {
    /// Asks for the addresses of a name. `id` comes back with what was found.
    pub(super) fn ask(&mut self, now: Instant, id: u64, name: String) {
        self.queries.push(Query { id, name, began: now, asked: 0 });
        self.handle_timeout(now);
    }

    /// Publishes a name and announces it. `false`: there are too many.
    pub(super) fn publish(&mut self, now: Instant, name: String, address: IpAddr) -> bool {
        if self.names.len() >= MAX_NAMES {
            return false;
        }
        self.names.retain(|known| known.name != name);
        self.names.push(Name { name, address, last_sent: now, announce_at: Some(now + QUIET) });
        self.multicast(TTL, |known, newest| known == newest);
        true
    }

    /// Takes all names back: others forget them.
    pub(super) fn leave(&mut self) {
        self.multicast(0, |_, _| true);
        self.names.clear();
    }

    /// What to do next.
    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Node::handle_timeout) wants to be called.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let queries = self.queries.iter().map(Query::next);
        queries.chain(self.names.iter().filter_map(|name| name.announce_at)).min()
    }

    /// Asks again, gives up, announces again.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        for query in &mut self.queries {
            if query.asked < ASK_AFTER.len() && now >= query.next() {
                query.asked += 1;
                self.outputs.push_back(Output::Multicast(question(&query.name)));
            }
        }
        let outputs = &mut self.outputs;
        self.queries.retain(|query| {
            let waits = now.since(query.began) < DEADLINE;
            if !waits {
                outputs.push_back(Output::Found(query.id, Found::Failed(FailCause::TimedOut)));
            }
            waits
        });
        for name in &mut self.names {
            if name.announce_at.is_some_and(|at| at <= now) {
                (name.announce_at, name.last_sent) = (None, now);
                let bytes = response(vec![name.record(TTL)]);
                self.outputs.push_back(Output::Multicast(bytes));
            }
        }
    }

    /// Takes a packet from the network.
    pub(super) fn handle_input(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        let Ok(packet) = Packet::parse(bytes) else { return };
        match packet.is_response {
            // Whoever may not use the port may not answer (RFC 6762 §6).
            true if from.port() == PORT => self.take_answers(&packet.records),
            true => {}
            false => self.answer(now, from, &packet),
        }
    }

    fn take_answers(&mut self, records: &[Record]) {
        let outputs = &mut self.outputs;
        self.queries.retain(|query| {
            let mut found: Vec<IpAddr> = Vec::new();
            for record in records.iter().filter(|record| record.ttl > 0 && record.name == query.name) {
                if !found.contains(&record.address) {
                    found.push(record.address);
                }
            }
            let waits = found.is_empty();
            if !waits {
                outputs.push_back(Output::Found(query.id, Found::Addresses(found)));
            }
            waits
        });
    }

    fn answer(&mut self, now: Instant, from: SocketAddr, query: &Packet) {
        let is_legacy = from.port() != PORT;
        let mut records = Vec::new();
        for name in &mut self.names {
            let asks = |q: &Question| q.name == name.name && [kind_of(&name.address), ANY].contains(&q.kind);
            // What the other side knows already, for long enough, need not be said (RFC 6762 §7.1).
            let knows = |r: &Record| r.name == name.name && r.address == name.address && r.ttl >= TTL / 2;
            if !query.questions.iter().any(asks) || query.records.iter().any(knows) {
                continue;
            }
            if is_legacy {
                records.push(name.record(LEGACY_TTL));
            } else if now.since(name.last_sent) >= QUIET {
                name.last_sent = now;
                records.push(name.record(TTL));
            }
        }
        if records.is_empty() {
            return;
        }
        self.outputs.push_back(match is_legacy {
            true => {
                // As an ordinary server answers: id and question come back (RFC 6762 §6.7).
                let questions = query.questions.iter().filter(|q| records.iter().any(|r| r.name == q.name));
                let questions = questions.cloned().collect();
                let packet = Packet { id: query.id, is_response: true, questions, records };
                Output::Unicast(from, written(&packet, true))
            }
            false => Output::Multicast(response(records)),
        });
    }

    /// Says the records of those names for which `which(name, newest)` holds.
    fn multicast(&mut self, ttl: u32, which: impl Fn(&str, &str) -> bool) {
        let newest = self.names.last().map_or(String::new(), |name| name.name.clone());
        let records: Vec<_> = self
            .names
            .iter()
            .filter(|name| which(&name.name, &newest))
            .map(|name| name.record(ttl))
            .collect();
        // Sixteen names a packet stay well within 1200 bytes.
        for records in records.chunks(16) {
            self.outputs.push_back(Output::Multicast(response(records.to_vec())));
        }
    }
}

impl Name {
    fn record(&self, ttl: u32) -> Record {
        Record { name: self.name.clone(), ttl, address: self.address }
    }
}

impl Query {
    fn next(&self) -> Instant {
        self.began + ASK_AFTER.get(self.asked).copied().unwrap_or(DEADLINE)
    }
}

fn question(name: &str) -> Vec<u8> {
    let questions = [A, AAAA].map(|kind| Question { name: name.into(), kind }).to_vec();
    written(&Packet { questions, ..Packet::default() }, false)
}

fn response(records: Vec<Record>) -> Vec<u8> {
    written(&Packet { is_response: true, records, ..Packet::default() }, false)
}

fn written(packet: &Packet, is_legacy: bool) -> Vec<u8> {
    let mut out = Vec::new();
    packet.write(is_legacy, &mut out);
    out
}

#[cfg(test)]
mod tests;
