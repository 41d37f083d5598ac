//! Whole connections over loopback, as a program would use them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use limpid::{
    BindOptions, ChannelState, CloseReason, DataChannel, Error, Kind, PeerConnection, Port, WriteError, tap,
};

const SOON: Duration = Duration::from_secs(20);

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("it did not happen")
}

async fn connect(alice: &PeerConnection, bob: &PeerConnection) -> (DataChannel, DataChannel) {
    let channel = alice.create_data_channel("chat").unwrap();
    let answer = bob.answer(alice.offer().await.unwrap()).await.unwrap();
    alice.set_remote_description(answer).unwrap();
    soon(channel.opened()).await.unwrap();
    let other = soon(bob.next_channel()).await.unwrap();
    (channel, other)
}

/// A port of this machine alone.
fn here() -> BindOptions {
    BindOptions::on([([127, 0, 0, 1], 0).into()])
}

/// A connection that reaches a port of this machine alone: one with other addresses would leave loopback out.
async fn near() -> PeerConnection {
    PeerConnection::builder().bind(here()).build().await.unwrap()
}

async fn pair() -> (PeerConnection, PeerConnection) {
    (PeerConnection::new().await.unwrap(), PeerConnection::new().await.unwrap())
}

#[tokio::test]
async fn messages_of_every_size_arrive_whole_and_in_order_both_ways() {
    let (alice, bob) = pair().await;
    let (one, other) = connect(&alice, &bob).await;
    let sizes = [0, 1, 1199, 1200, 1201, 65_535, 65_536, 262_144];
    let talk = |from: DataChannel, to: DataChannel| async move {
        let writing = async {
            for size in sizes {
                let body: Vec<u8> = (0..size).map(|at| (at * 31) as u8).collect();
                from.send(&body).await.unwrap();
            }
        };
        let reading = async {
            for size in sizes {
                let message = to.recv().await.unwrap();
                assert_eq!((message.kind, message.data.len()), (Kind::Binary, size));
                assert!(message.data.iter().enumerate().all(|(at, byte)| *byte == (at * 31) as u8));
            }
        };
        tokio::join!(writing, reading);
        (from, to)
    };
    let (one, other) = soon(talk(one, other)).await;
    soon(talk(other, one)).await;
}

#[tokio::test]
async fn dropping_a_connection_says_goodbye_and_the_other_side_hears_it() {
    let (alice, bob) = pair().await;
    let (channel, other) = connect(&alice, &bob).await;
    channel.send_text("last words").await.unwrap();
    assert_eq!(soon(other.recv()).await.unwrap().text(), Some("last words"));
    drop((channel, alice));
    assert_eq!(soon(bob.closed()).await, CloseReason::Remote);
    assert_eq!(soon(other.recv()).await, None);
    assert_eq!(other.state(), ChannelState::Closed);
    assert!(matches!(other.send(b"x").await, Err(Error::Closed)));
}

#[tokio::test]
async fn when_all_handles_are_gone_no_task_and_no_socket_is_left() {
    let (alice, bob) = pair().await;
    let channels = connect(&alice, &bob).await;
    let port = alice.port().local_addresses()[0];
    drop((channels, alice, bob));
    soon(async {
        while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    std::net::UdpSocket::bind(port).unwrap();
}

#[tokio::test]
async fn many_connections_share_one_port() {
    let port = Port::bind(here()).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..5 {
        let shared = PeerConnection::builder().port(&port).build().await.unwrap();
        let own = near().await;
        let channels = connect(&own, &shared).await;
        assert!(Arc::ptr_eq(shared.port(), &port));
        all.push((shared, own, channels));
    }
    // Each channel ends where it should; one that leaves takes no other with it.
    let (shared, own, channels) = all.remove(2);
    drop((shared, channels));
    soon(own.closed()).await;
    for (number, (_, _, (one, other))) in all.iter().enumerate() {
        one.send_text(&number.to_string()).await.unwrap();
        assert_eq!(soon(other.recv()).await.unwrap().text(), Some(number.to_string().as_str()));
    }
}

/// A looker-on that can be made to fail: then the connection that it looks on fails with it.
struct Fault(Arc<AtomicBool>);

impl tap::Tap for Fault {
    fn record(&mut self, _: &tap::Record<'_>) {
        assert!(!self.0.load(Ordering::Relaxed), "a fault inside one connection: meant to happen");
    }
}

#[tokio::test]
async fn a_panic_in_one_connection_ends_that_one_and_none_that_shares_its_port() {
    let port = Port::bind(here()).await.unwrap();
    let (good, goods_peer) = (PeerConnection::builder().port(&port).build().await.unwrap(), near().await);
    let (one, other) = connect(&goods_peer, &good).await;
    let fault = Arc::new(AtomicBool::new(false));
    let looker = Arc::downgrade(&fault);
    let tap = Box::new(Fault(fault.clone()));
    let victim = PeerConnection::builder().port(&port).tap(tap).build().await.unwrap();
    let victims_peer = near().await;
    let (to_victim, at_victim) = connect(&victims_peer, &victim).await;

    fault.store(true, Ordering::Relaxed);
    drop(fault);
    to_victim.send(b"the drop too much").await.unwrap();
    assert_eq!(soon(victim.closed()).await, CloseReason::Failed);
    assert_eq!(soon(at_victim.recv()).await, None, "who waits is told");
    assert!(matches!(at_victim.send(b"x").await, Err(Error::Closed)));
    assert!(victim.create_offer().is_err() && victim.stats().is_none());
    assert_eq!((port.panics(), looker.strong_count()), (1, 0), "counted, and freed");

    one.send_text("still here").await.unwrap();
    assert_eq!(soon(other.recv()).await.unwrap().text(), Some("still here"));
    let late = PeerConnection::builder().port(&port).build().await.unwrap();
    connect(&near().await, &late).await;
}

#[tokio::test]
async fn a_connection_that_leaves_a_shared_port_is_freed_though_others_stay() {
    let port = Port::bind(here()).await.unwrap();
    let stays = PeerConnection::builder().port(&port).build().await.unwrap();
    let never = Arc::new(AtomicBool::new(false));
    let tap = Box::new(Fault(never.clone()));
    let leaves = PeerConnection::builder().port(&port).tap(tap).build().await.unwrap();
    let other = near().await;
    let (one, _other) = connect(&other, &leaves).await;
    drop(leaves);
    soon(other.closed()).await;
    soon(async {
        while Arc::strong_count(&never) > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(matches!(one.send(b"x").await, Err(Error::Closed)));
    assert!(stays.create_offer().is_ok());
}

#[tokio::test]
async fn a_writer_that_never_stops_fills_its_buffer_and_no_more() {
    let (alice, bob) = pair().await;
    let (channel, other) = connect(&alice, &bob).await;
    let mut queued = 0;
    // Nobody is let in between: nothing leaves the buffer meanwhile.
    let refused = loop {
        match channel.try_send(Kind::Binary, &[7; 60_000]) {
            Ok(()) => queued += 1,
            Err(error) => break error,
        }
        assert!(queued * 60_000 < 40 << 20, "the writer was never stopped");
    };
    assert!(matches!(refused, Error::Write(WriteError::Full)), "{refused}");
    for _ in 0..1000 {
        assert!(channel.try_send(Kind::Binary, &[7; 60_000]).is_err());
    }
    assert_eq!(channel.buffered_amount(), queued * 60_000);
    for _ in 0..queued {
        assert_eq!(soon(other.recv()).await.unwrap().data.len(), 60_000);
    }
    soon(channel.send(b"room again")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_never_reads_stops_the_writer_and_a_late_one_gets_everything() {
    let (alice, bob) = pair().await;
    let (channel, other) = connect(&alice, &bob).await;
    let mut sent = 0_usize;
    while tokio::time::timeout(Duration::from_millis(300), channel.send(&[7; 60_000])).await.is_ok() {
        sent += 1;
        assert!(sent * 60_000 < 40 << 20, "the writer was never stopped");
    }
    for _ in 0..sent {
        assert_eq!(soon(other.recv()).await.unwrap().data.len(), 60_000);
    }
}

#[tokio::test]
async fn statistics_have_the_names_of_the_w3c_and_the_time_of_the_wall() {
    let (alice, bob) = (near().await, near().await);
    let (one, other) = connect(&alice, &bob).await;
    one.send_text("hello").await.unwrap();
    soon(other.recv()).await.unwrap();
    let stats = bob.get_stats().unwrap();
    let channel = stats.of(limpid::ReportKind::DataChannel).next().unwrap();
    assert_eq!((channel.text_of("label"), channel.count_of("bytesReceived")), (Some("chat"), Some(5)));
    let year_2020 = 1_577_836_800_000.0;
    assert!((year_2020..year_2020 * 3.0).contains(&channel.timestamp), "{}", channel.timestamp);
    assert!(stats.to_json().contains(r#""dtlsState":"connected""#), "{}", stats.to_json());
}

/// Whoever waits for frames of these.
async fn readers(tracks: &[limpid::Transceiver]) -> Vec<tokio::task::JoinHandle<bool>> {
    let read = |track: limpid::Transceiver| async move { track.recv().await.is_none() };
    let reading = tracks.iter().cloned().map(|track| tokio::spawn(read(track))).collect();
    tokio::task::yield_now().await; // now they wait
    reading
}

#[tokio::test]
async fn who_reads_tracks_that_are_stopped_hears_so() {
    let (alice, bob) = pair().await;
    let mut ours = Vec::new();
    for (kind, id) in [(limpid::MediaKind::Audio, "mic"), (limpid::MediaKind::Video, "camera")] {
        ours.push(alice.add_track(limpid::Track::local(kind, id), &["s"]).unwrap());
    }
    let answer = bob.answer(alice.offer().await.unwrap()).await.unwrap();
    alice.set_remote_description(answer).unwrap();
    let theirs = [soon(bob.next_track()).await.unwrap(), soon(bob.next_track()).await.unwrap()];
    let (our_readers, their_readers) = (readers(&ours).await, readers(&theirs).await);
    theirs.iter().for_each(|track| track.stop().unwrap());
    for reader in their_readers {
        assert!(soon(reader).await.unwrap(), "at once, where it is stopped");
    }
    let answer = alice.answer(bob.offer().await.unwrap()).await.unwrap();
    bob.set_remote_description(answer).unwrap();
    for reader in our_readers {
        assert!(soon(reader).await.unwrap(), "with the description, though nothing ever came");
    }
    assert!(ours.iter().all(|track| alice.transceiver(track.id()).is_none()));
}
