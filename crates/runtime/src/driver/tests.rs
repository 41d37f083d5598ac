use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

use super::pipe::{Event, Pipe};
use super::*;
use crate::udp::BindOptions;

mod wishes;

mod pipe_actor {
    use super::*;

    /// A pipe with those who wait at its ends.
    #[derive(Debug)]
    pub(super) struct Ends {
        pub(super) pipe: Pipe,
        pub(super) bells: Arc<Bells>,
        pub(super) handles_are_gone: bool,
    }

    #[derive(Debug, Default)]
    pub(super) struct Bells {
        pub(super) read: Notify,
        pub(super) write: Notify,
        pub(super) stopped: Notify,
    }

    impl Actor for Ends {
        type Machine = Pipe;
        type Listener = Arc<Bells>;

        fn parts(&mut self) -> (&mut Pipe, &mut Arc<Bells>) {
            (&mut self.pipe, &mut self.bells)
        }

        fn on_event(_: &mut Pipe, bells: &mut Arc<Bells>, _: Instant, event: Event) {
            match event {
                Event::Readable => bells.read.notify_one(),
                Event::Writable => bells.write.notify_one(),
            }
        }

        fn after_drain(&mut self) {}

        fn is_finished(&self) -> bool {
            self.handles_are_gone && self.pipe.is_flushed()
        }

        fn on_stopped(&mut self) {
            self.bells.stopped.notify_one();
            self.bells.read.notify_one();
        }
    }
}
use pipe_actor::{Bells, Ends};

const LOOPBACK: &str = "127.0.0.1:0";

fn bind() -> Sockets {
    Sockets::bind(&BindOptions::on([LOOPBACK.parse().unwrap()])).unwrap()
}

fn start(sockets: Sockets, path: Path, message: usize) -> (Arc<Shared<Ends>>, Arc<Bells>) {
    let bells = Arc::new(Bells::default());
    let ends = Ends { pipe: Pipe::new(path, message), bells: bells.clone(), handles_are_gone: false };
    let shared = Shared::new(ends, Clock::start());
    spawn(shared.clone(), sockets);
    (shared, bells)
}

type Side = (Arc<Shared<Ends>>, Arc<Bells>);

/// Two pipes over loopback, each with a driver of its own.
fn pair(message: usize) -> (Side, Side) {
    let (a, b) = (bind(), bind());
    let path = Path::udp(a.local_addresses()[0], b.local_addresses()[0]);
    (start(a, path, message), start(b, path.reversed(), message))
}

async fn send(side: &Side, message: Bytes) {
    while !side.0.with(|ends, _| ends.pipe.write(message.clone())).unwrap() {
        side.1.write.notified().await;
    }
}

async fn receive(side: &Side) -> Option<Vec<u8>> {
    loop {
        match side.0.with(|ends, _| ends.pipe.read()) {
            Some(Some(message)) => return Some(message),
            Some(None) => side.1.read.notified().await,
            None => return None,
        }
    }
}

/// Sends `count` messages with both applications in tasks of their own; MB/s.
async fn transfer(message: usize, count: usize) -> f64 {
    let (sender, receiver) = pair(message);
    let start = tokio::time::Instant::now();
    let writing = tokio::spawn(async move {
        let template: Vec<u8> = (0..message).map(|at| at as u8).collect();
        let body = Bytes::from(template);
        for _ in 0..count {
            send(&sender, body.clone()).await;
        }
        sender
    });
    let reading = tokio::spawn(async move {
        for _ in 0..count {
            let message = receive(&receiver).await.unwrap();
            assert!(message.iter().take(300).enumerate().all(|(at, byte)| *byte == at as u8));
        }
        receiver
    });
    let (sender, receiver) = (writing.await.unwrap(), reading.await.unwrap());
    let rate = (message * count) as f64 / start.elapsed().as_secs_f64() / 1e6;
    let (bursts, datagrams) = receiver.0.lock(|ends, _| (ends.pipe.bursts, ends.pipe.datagrams)).unwrap();
    println!("{message} B: {rate:.0} MB/s, {:.1} datagrams a burst", datagrams as f64 / bursts.max(1) as f64);
    drop(sender);
    rate
}

/// Bytes for a run: a little by default, more when somebody measures.
fn volume() -> usize {
    std::env::var("LIMPID_TEST_MEGABYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(48) << 20
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_64_kib_cross_in_batches_with_the_applications_in_other_tasks() {
    transfer(65_536, volume() / 65_536).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_messages_wake_their_reader_by_edge() {
    transfer(64, volume() / 1024).await;
}

#[tokio::test]
async fn one_thread_is_enough() {
    transfer(65_536, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_read_stops_the_sender_and_nothing_grows() {
    let (sender, receiver) = pair(1000);
    let mut taken = 0_usize;
    loop {
        let wrote = sender.0.with(|ends, _| ends.pipe.write(Bytes::from_static(&[7; 1000]))).unwrap();
        if !wrote
            && tokio::time::timeout(Duration::from_millis(200), sender.1.write.notified()).await.is_err()
        {
            break;
        }
        taken += usize::from(wrote);
    }
    // The sender's buffer, the receiver's window, and no more.
    assert!(taken * 1000 < 8 << 20, "{taken}");
    for _ in 0..taken {
        receive(&receiver).await.unwrap();
    }
}

#[tokio::test]
async fn when_the_handles_are_gone_the_last_words_are_sent_and_everything_is_freed() {
    let (one, other) = pair(1000);
    send(&one, Bytes::from_static(&[1; 1000])).await;
    receive(&other).await.unwrap();
    let weak = Arc::downgrade(&one.0);
    one.0.with(|ends, _| (ends.pipe.goodbye, ends.handles_are_gone) = (true, true));
    drop(one.0);
    one.1.stopped.notified().await;
    tokio::task::yield_now().await;
    assert_eq!(weak.strong_count(), 0, "the driver, its sockets and the machine are gone");
    for _ in 0..100 {
        if other.0.lock(|ends, _| ends.pipe.peer_said_goodbye).unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no goodbye");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_of_one_machine_ends_that_one_and_tells_who_waits() {
    let (victim, victims_peer) = pair(1000);
    let (good, goods_peer) = pair(1000);
    victim.0.with(|ends, _| ends.pipe.panic_on_input = true);
    let waiting = tokio::spawn(async move { receive(&victim).await });
    send(&victims_peer, Bytes::from_static(&[1; 1000])).await;
    assert_eq!(waiting.await.unwrap(), None);
    send(&good, Bytes::from_static(&[1; 1000])).await;
    assert_eq!(receive(&goods_peer).await.map(|message| message.len()), Some(1000));
}
