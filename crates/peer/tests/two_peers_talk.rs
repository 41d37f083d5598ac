//! Two peers find each other, shake hands, and exchange messages of every size, whatever the network does.

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Couple, pattern, read_all, write};
use limpid_netsim::Link;
use limpid_peer::{ConnectionState, Event, Kind};
use limpid_sansio::tap::{Record, Tap, Value};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_channel_opens_and_carries_text_both_ways() {
    let mut couple = Couple::new(1, Link::millis(10));
    let ours = couple.open("chat");
    couple.negotiate();
    let theirs = couple.connect(2 * SECOND);
    couple.world.with(couple.a, |a, now| write(a, now, ours, "hello"));
    couple.world.with(couple.b, |b, now| write(b, now, theirs, "grüße"));
    couple.world.run_for(SECOND / 10);
    let at_b = couple.world.with(couple.b, |b, _| read_all(b, theirs));
    let at_a = couple.world.with(couple.a, |a, _| read_all(a, ours));
    assert_eq!(at_b, [(Kind::Text, b"hello".to_vec())]);
    assert_eq!(at_a, [(Kind::Text, "grüße".as_bytes().to_vec())]);
    assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
}

#[test]
fn a_tap_is_told_the_states_of_every_machine() {
    #[derive(Clone, Default)]
    struct States(Arc<Mutex<Vec<(&'static str, String)>>>);
    impl Tap for States {
        fn record(&mut self, record: &Record<'_>) {
            if let ("state", [_, ("to", Value::Text(to))]) = (record.name, record.fields) {
                self.0.lock().expect("not poisoned").push((record.machine, to.to_string()));
            }
        }
    }
    let (mut couple, states) = (Couple::new(1, Link::millis(10)), States::default());
    couple.world.with(couple.a, |a, _| a.set_tap(Some(Box::new(states.clone()))));
    couple.open("chat");
    couple.negotiate();
    couple.connect(2 * SECOND);
    couple.world.run_for(SECOND / 10);
    let states = states.0.lock().expect("not poisoned");
    for (machine, state) in [("ice", "connected"), ("dtls", "established"), ("sctp", "established")] {
        assert!(states.iter().any(|told| *told == (machine, state.to_owned())), "{machine}: {states:?}");
    }
}

/// ICE check 1, DTLS 2, SCTP 2, and the OPEN that rides along: at most six round trips from the answer to the channel.
#[test]
fn a_channel_is_there_within_six_round_trips() {
    let one_way = Duration::from_millis(50);
    let mut couple = Couple::new(2, Link::with_delay(one_way));
    couple.open("chat");
    couple.negotiate();
    let start = couple.world.now();
    couple.connect(5 * SECOND);
    let took = couple.world.now().since(start);
    assert!(took <= 2 * 6 * one_way, "{took:?} for a round trip of {:?}", 2 * one_way);
}

#[test]
fn messages_of_every_size_arrive_whole_and_in_order_under_loss_reordering_and_duplication() {
    for (seed, loss) in [(3, 0.0), (4, 0.05), (5, 0.3)] {
        let link = Link::millis(15).loss(loss).jitter(Duration::from_millis(10)).duplicate(0.05);
        let mut couple = Couple::new(seed, link);
        let ours = couple.open("bulk");
        couple.negotiate();
        let theirs = couple.connect(60 * SECOND);
        let sizes = [0, 1, 1199, 1200, 1201, 16_384, 65_535, 65_536, 200_000, 262_144];
        couple.world.with(couple.a, |a, now| {
            for (number, size) in sizes.into_iter().enumerate() {
                let message = pattern(number as u32, size);
                a.channel(ours).expect("open").write(now, Kind::Binary, &message).expect("room");
            }
        });
        let mut got = Vec::new();
        let b = couple.b;
        let arrived = couple.world.run_until(240 * SECOND, |world| {
            got.extend(world.with(b, |b, _| read_all(b, theirs)));
            got.len() == sizes.len()
        });
        assert!(arrived, "{} of {} messages at loss {loss}", got.len(), sizes.len());
        for (number, (size, (kind, message))) in sizes.into_iter().zip(got).enumerate() {
            assert_eq!(kind, Kind::Binary);
            assert!(message == pattern(number as u32, size), "message {number} of {size} bytes is another");
        }
    }
}

#[test]
fn a_goodbye_reaches_the_other_side_in_one_flight() {
    let mut couple = Couple::new(6, Link::millis(40));
    let ours = couple.open("chat");
    couple.negotiate();
    let theirs = couple.connect(5 * SECOND);
    couple.world.with(couple.a, |a, now| {
        write(a, now, ours, "last");
    });
    couple.world.run_for(SECOND);
    couple.world.take_events(couple.b);
    couple.world.with(couple.a, |a, now| a.close(now));
    couple.world.run_for(Duration::from_millis(41));
    let (state_a, state_b) = couple.states();
    assert_eq!((state_a, state_b), (ConnectionState::Closed, ConnectionState::Closed));
    let events: Vec<Event> = couple.world.take_events(couple.b).into_iter().map(|(_, event)| event).collect();
    assert!(events.contains(&Event::ChannelClosed(theirs)), "{events:?}");
    assert!(matches!(events.last(), Some(Event::Closed(_))), "{events:?}");
    let sent = couple.world.sent(couple.a).packets;
    couple.world.run_for(60 * SECOND);
    assert_eq!(couple.world.sent(couple.a).packets, sent, "who said goodbye is silent");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = |seed| {
        let link = Link::millis(15).loss(0.1);
        let mut couple = Couple::with(seed, link, limpid_crypto::null::provider(), |_| ());
        couple.open("chat");
        couple.negotiate();
        couple.connect(60 * SECOND);
        couple.world.trace().hash()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}
