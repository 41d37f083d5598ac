//! Every pair of NATs against a table that was filled in by hand from RFC 4787: who can reach whom without a relay.
//!
//! The two hosts do what ICE does in essence: each learns its outside address from a server, tells it to the other, sends to
//! the address it was told, and to every address from which it hears. They are connected when each has an answer to a
//! request of its own from the very address it was sent to.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use limpid_netsim::host::Host;
use limpid_netsim::{HostId, Link, NatConfig, WHO_MEETS, World, address, ip, matrix};
use limpid_sansio::{Datagram, Drained, Instant, Outbox, Path, Transmit};

const SERVER: &str = "198.51.100.1:3478";

/// What the two tell each other by another way, and what the test wants to know.
#[derive(Default)]
struct Board {
    outside: [Option<SocketAddr>; 2],
    connected: [bool; 2],
}

struct Puncher {
    me: usize,
    local: SocketAddr,
    board: Rc<RefCell<Board>>,
    heard_from: BTreeSet<SocketAddr>,
    next: Instant,
    out: Vec<(SocketAddr, Vec<u8>)>,
}

impl Host for Puncher {
    fn receive(&mut self, _: Instant, datagram: Datagram<'_>) {
        let (from, text) = (datagram.path.remote, String::from_utf8_lossy(datagram.payload).into_owned());
        if from == address(SERVER) {
            self.board.borrow_mut().outside[self.me] = text.parse().ok();
        } else if let Some(asked) = text.strip_prefix("request to ") {
            self.out.push((from, format!("answer from {asked}").into_bytes()));
            self.heard_from.insert(from);
        } else if let Some(asked) = text.strip_prefix("answer from ") {
            // Only an answer from where the request went counts (RFC 8445 §7.2.5.2.1): a NAT that maps by destination gives
            // itself away here.
            self.board.borrow_mut().connected[self.me] |= asked == from.to_string();
        }
    }

    fn drain(
        &mut self,
        now: Instant,
        outbox: &mut Outbox<Path>,
        _: &mut dyn FnMut(&dyn std::fmt::Debug),
    ) -> Drained {
        if now >= self.next {
            self.next = now + Duration::from_millis(50);
            let told = self.board.borrow().outside[1 - self.me];
            self.out.push((address(SERVER), b"who am I".to_vec()));
            let known = self.heard_from.iter().copied().chain(told);
            self.out.extend(known.map(|to| (to, format!("request to {to}").into_bytes())));
        }
        for (to, bytes) in self.out.drain(..) {
            outbox.fill(|out| {
                out.extend_from_slice(&bytes);
                Some(Transmit::new(Path::udp(self.local, to), bytes.len()))
            });
        }
        Drained::Idle(Some(self.next))
    }
}

fn connects(nats: [NatConfig; 2]) -> bool {
    let mut world = World::new(1);
    let public = world.public();
    world.add_responder("server", public, address(SERVER), |from, _, reply| {
        reply.extend_from_slice(from.to_string().as_bytes());
        Some(reply.len())
    });
    let board = Rc::new(RefCell::new(Board::default()));
    for (me, config) in nats.into_iter().enumerate() {
        let inside = world.add_nat(public, &[ip(&format!("203.0.113.{}", me + 1))], config);
        let host: HostId = world.add_host(["a", "b"][me], inside, &[ip("10.0.0.2")]);
        world.set_link(host, Link::millis(10 + 3 * me as u64));
        let local = world.bind(host, address("10.0.0.2:5000"));
        let (board, heard_from, next, out) = (board.clone(), BTreeSet::new(), Instant::ZERO, vec![]);
        world.install_host(host, Box::new(Puncher { me, local, board, heard_from, next, out }));
    }
    world.run_until(Duration::from_secs(5), |_| board.borrow().connected == [true, true])
}

#[test]
fn every_pair_of_nats_connects_or_does_not_as_the_table_says() {
    let nats: Vec<NatConfig> = NatConfig::all().collect();
    let names: Vec<&str> = nats.iter().map(NatConfig::name).collect();
    let find = |name: &&str| nats[names.iter().position(|n| n == name).expect("a name of the list")];
    let found = matrix("", &names, &names, |a, b| if connects([find(a), find(b)]) { "yes" } else { "-" });
    assert_eq!(found, WHO_MEETS, "\n{found}");
}

#[test]
fn a_firewall_that_blocks_udp_connects_with_nobody() {
    for nat in NatConfig::all() {
        assert!(!connects([NatConfig::udp_blocked(), nat]));
    }
}
