//! Once a connection is up and its buffers have grown, a message costs no allocation on either side, from `write` through
//! SCTP, DTLS and the outbox to `read`.

mod common;

use std::net::SocketAddr;

use common::config;
use limpid_peer::{ChannelId, Event, Kind, Peer};
use limpid_sansio::{Datagram, Instant, Machine, Outbox, Path, drain};

const A: ([u8; 4], u16) = ([192, 0, 2, 1], 5000);
const B: ([u8; 4], u16) = ([192, 0, 2, 2], 5000);

/// Two peers and the wire between them, all of whose buffers live as long as they do.
struct Wire {
    a: Peer,
    b: Peer,
    outbox: Outbox<Path>,
    datagram: Vec<u8>,
    now: Instant,
    accepted: Option<ChannelId>,
}

impl Wire {
    fn new() -> (Wire, ChannelId) {
        let now = Instant::ZERO;
        let peer = |seed, at: ([u8; 4], u16)| {
            let mut peer = Peer::new(config(limpid_crypto::ring::provider(), [seed; 32]), now);
            peer.add_local_address(now, SocketAddr::from(at));
            peer.end_of_local_addresses(now);
            peer
        };
        let (mut a, mut b) = (peer(1, A), peer(2, B));
        let ours = a.create_data_channel(now, Default::default()).expect("a channel");
        let offer = a.create_offer().expect("an offer");
        a.set_local_description(now, offer).expect("our own");
        b.set_remote_description(now, a.local_description().expect("set")).expect("their offer");
        let answer = b.create_answer().expect("an answer");
        b.set_local_description(now, answer).expect("our own");
        a.set_remote_description(now, b.local_description().expect("set")).expect("the answer");
        let (outbox, datagram) = (Outbox::with_limit(64_000), Vec::with_capacity(2048));
        (Wire { a, b, outbox, datagram, now, accepted: None }, ours)
    }

    /// Carries all that both have to say, until they have nothing more.
    fn settle(&mut self) {
        loop {
            let to_b =
                carry(&mut self.a, &mut self.b, self.now, &mut self.outbox, &mut self.datagram, |_| ());
            let accepted = &mut self.accepted;
            let to_a =
                carry(&mut self.b, &mut self.a, self.now, &mut self.outbox, &mut self.datagram, |event| {
                    if let Event::DataChannel(id) = event {
                        *accepted = Some(id);
                    }
                });
            if to_a + to_b == 0 {
                return;
            }
        }
    }

    fn pass(&mut self, millis: u64) {
        for _ in 0..millis {
            self.now = Instant::from_nanos(self.now.as_nanos() + 1_000_000);
            self.settle();
        }
    }

    /// Sends one message from `a` to `b`, and reads it there.
    fn send(&mut self, ours: ChannelId, theirs: ChannelId, message: &[u8]) {
        self.now = Instant::from_nanos(self.now.as_nanos() + 100_000);
        self.a.channel(ours).expect("open").write(self.now, Kind::Binary, message).expect("room");
        self.settle();
        let mut channel = self.b.channel(theirs).expect("open");
        assert_eq!(channel.read().expect("arrived").bytes.len(), message.len());
        self.settle();
    }
}

fn carry(
    from: &mut Peer,
    to: &mut Peer,
    now: Instant,
    outbox: &mut Outbox<Path>,
    datagram: &mut Vec<u8>,
    mut each: impl FnMut(Event),
) -> usize {
    drain(from, now, outbox, |_, event| each(event)).expect("in good health");
    let mut count = 0;
    outbox.take_each(|transmit, bytes| {
        count += 1;
        datagram.clear();
        datagram.extend_from_slice(bytes);
        let path = transmit.route.reversed();
        let _ = to.handle_input(now, Datagram { path, ecn: None, payload: datagram });
    });
    count
}

#[test]
fn messages_of_one_and_of_many_packets_cost_no_allocation() {
    let (mut wire, ours) = Wire::new();
    wire.pass(200);
    let theirs = wire.accepted.expect("the channel came up");
    for size in [64, 1000, 3000] {
        let message = vec![7; size];
        (0..3000).for_each(|_| wire.send(ours, theirs, &message)); // buffers find their size
        let counted = allocation_counter::measure(|| {
            (0..1000).for_each(|_| wire.send(ours, theirs, &message));
        });
        assert_eq!(counted.count_total, 0, "{size} bytes a message, over 1000 messages");
    }
}
