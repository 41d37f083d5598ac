//! Names that others look up and announce for us. draft-ietf-mmusic-mdns-ice-candidates §3.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use limpid_sansio::{Answer, Instant, Wish, WishId, WishKind};

use crate::agent::{Agent, Due};
use crate::candidate::Candidate;
use crate::error::DropReason;
use crate::event::{CandidateErrorCause, Event};
use crate::id::StreamId;
use crate::mdns::hiding_name;

/// Wishes that wait for an answer: at most [`Names::LIMIT`].
#[derive(Default, Debug)]
pub(super) struct Names {
    waiting: BTreeMap<WishId, Asked>,
    next: u64,
}

/// What a name was asked for.
#[derive(Debug)]
enum Asked {
    /// The address of a STUN server, by its place in the config.
    Server(usize, u16),
    /// The address behind a remote candidate.
    Remote(Box<Hidden>),
    /// That a name of ours be answered for.
    Announced(IpAddr, Box<str>),
}

/// A remote candidate without its address.
#[derive(Debug)]
struct Hidden {
    stream: StreamId,
    /// Of the session that it was told to.
    ufrag: Box<str>,
    candidate: Candidate,
}

impl Names {
    const LIMIT: usize = 32;

    /// Whether gathering waits for one of them.
    pub(super) fn concern_gathering(&self) -> bool {
        self.waiting.values().any(|asked| !matches!(asked, Asked::Remote(_)))
    }

    /// Whether this session may get more candidates from them.
    pub(super) fn concern(&self, stream: StreamId, ufrag: &str) -> bool {
        let is_of = |asked: &Asked| matches!(asked, Asked::Remote(hidden) if hidden.stream == stream && *hidden.ufrag == *ufrag);
        self.waiting.values().any(is_of)
    }
}

impl Agent {
    /// Asks for a server's address.
    pub(super) fn resolve_server(&mut self, now: Instant, server: usize, name: &str, port: u16) {
        self.wish(now, WishKind::Resolve(name.to_string()), Asked::Server(server, port));
    }

    /// Asks for the address that a remote candidate hides. The caller has checked the name.
    pub(super) fn resolve_candidate(
        &mut self,
        now: Instant,
        index: usize,
        name: &str,
        candidate: &Candidate,
    ) {
        let stream = &self.streams[index];
        let Some(remote) = &stream.current.remote else { return };
        let hidden = Hidden { stream: stream.id, ufrag: remote.ufrag.clone(), candidate: candidate.clone() };
        self.wish(now, WishKind::Resolve(name.to_string()), Asked::Remote(Box::new(hidden)));
    }

    /// Asks that a fresh name stand for `ip`: one name an address, however many sockets it has.
    pub(super) fn announce(&mut self, now: Instant, ip: IpAddr) {
        let is_asked = |asked: &Asked| matches!(asked, Asked::Announced(announced, _) if *announced == ip);
        if self.names.waiting.values().any(is_asked) {
            return;
        }
        let known =
            self.sockets.list().iter().find(|socket| socket.address.ip() == ip && socket.name.is_some());
        match known.and_then(|socket| socket.name.clone()) {
            Some(name) => self.announced(now, ip, &name),
            None => {
                let name = hiding_name(&mut self.random);
                self.wish(now, WishKind::Announce(name.clone(), ip), Asked::Announced(ip, name.into()));
            }
        }
    }

    fn wish(&mut self, now: Instant, kind: WishKind, asked: Asked) {
        let is_unheard = self.says.wishes.len() >= 2 * Names::LIMIT; // by a driver that grants none
        if self.names.waiting.len() >= Names::LIMIT || is_unheard {
            return self.drop(DropReason::Limit);
        }
        let id = WishId(self.names.next);
        self.names.next += 1;
        self.names.waiting.insert(id, asked);
        self.due.set(Due::Name(id), Some(now + self.config.gather_timeout));
        self.says.wishes.push_back(Wish { id, kind });
    }

    /// The driver's answer.
    pub(super) fn answered(&mut self, now: Instant, id: WishId, answer: Answer<'_>) {
        let Some(asked) = self.names.waiting.remove(&id) else { return };
        self.due.set(Due::Name(id), None);
        let addresses = match answer {
            Answer::Addresses(addresses) => addresses,
            _ => &[],
        };
        match asked {
            Asked::Server(server, port) => self.server_resolved(now, server, port, addresses),
            Asked::Remote(hidden) => self.candidate_resolved(now, &hidden, addresses),
            Asked::Announced(ip, name) if !addresses.is_empty() => self.announced(now, ip, &name),
            Asked::Announced(..) => {
                self.says.event(Event::CandidateError { server: None, cause: CandidateErrorCause::Name });
            }
        }
        self.complete_gathering(now);
    }

    /// Nobody answered in time: as if the name were not there.
    pub(super) fn name_overdue(&mut self, now: Instant, id: WishId) {
        self.answered(now, id, Answer::Failed(limpid_sansio::FailCause::TimedOut));
    }

    /// A name must stand for one address; one that stands for several, or for none, is left aside in silence.
    fn candidate_resolved(&mut self, now: Instant, hidden: &Hidden, addresses: &[IpAddr]) {
        let Some(index) = self.stream_index(hidden.stream) else { return };
        if self.is_current(index, Some(&hidden.ufrag)) {
            match addresses {
                [ip] => {
                    let address = SocketAddr::new(*ip, hidden.candidate.port);
                    let remote = self.remote_candidate(&hidden.candidate, address);
                    self.add_remote(index, remote);
                }
                _ => self.drop(DropReason::CandidateUnused),
            }
            self.settle(now, index);
        }
    }

    /// The candidates that waited for their name can be told.
    fn announced(&mut self, now: Instant, ip: IpAddr, name: &str) {
        self.sockets.set_name(ip, name);
        for socket in self.sockets.list().to_vec() {
            if socket.address.ip() == ip {
                for index in 0..self.streams.len() {
                    self.offer_host(now, index, &socket);
                }
            }
        }
    }
}
