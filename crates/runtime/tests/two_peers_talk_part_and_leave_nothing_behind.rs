//! Whole connections over loopback, as a program would use them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::Duration;

use limpid::{BindOptions, ChannelState, CloseReason, DataChannel, Error, Kind, PeerConnection, Port};

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
    let here: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
    let port = Port::bind(BindOptions::on([here])).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..5 {
        let shared = PeerConnection::builder().port(&port).build().await.unwrap();
        let own = PeerConnection::builder().bind(BindOptions::on([here])).build().await.unwrap();
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
