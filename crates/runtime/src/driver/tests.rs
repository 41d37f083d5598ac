use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use limpid_sansio::{Datagram, Transmit};
use tokio::sync::Notify;

use super::pipe::{Event, Pipe};
use super::*;
use crate::udp::BindOptions;

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

/// Sends one datagram a wish says, tells what comes, and wishes.
#[derive(Debug, Default)]
struct Wisher {
    wishes: VecDeque<Wish>,
    answers: Vec<(WishId, String)>,
    transmits: VecDeque<(Path, Vec<u8>)>,
    received: Vec<(Path, Vec<u8>)>,
    bell: Arc<Notify>,
}

impl Machine for Wisher {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = ();
    type Route = Path;
    type Event = Infallible;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        _: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        self.received.push((input.path, input.payload.to_vec()));
        self.bell.notify_one();
        Ok(())
    }

    fn handle_timeout(&mut self, _: Instant) -> Result<(), Self::Error> {
        Ok(())
    }

    fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        let (path, bytes) = self.transmits.pop_front()?;
        out.extend_from_slice(&bytes);
        Some(Transmit::new(path, bytes.len()))
    }

    fn poll_event(&mut self) -> Option<Infallible> {
        None
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

impl Driven for Wisher {
    fn poll_wish(&mut self) -> Option<Wish> {
        self.wishes.pop_front()
    }

    fn handle_answer(&mut self, _: Instant, id: WishId, answer: Answer<'_>) {
        self.answers.push((id, format!("{answer:?}")));
        self.bell.notify_one();
    }
}

/// A machine to whose events nobody listens: it has none.
#[derive(Debug, Default)]
struct Alone(Wisher, ());

impl Actor for Alone {
    type Machine = Wisher;
    type Listener = ();

    fn parts(&mut self) -> (&mut Wisher, &mut ()) {
        (&mut self.0, &mut self.1)
    }

    fn on_event(_: &mut Wisher, (): &mut (), _: Instant, event: Infallible) {
        match event {}
    }

    fn after_drain(&mut self) {}

    fn is_finished(&self) -> bool {
        false
    }

    fn on_stopped(&mut self) {
        self.0.bell.notify_one();
    }
}

fn wisher(sockets: Sockets) -> (Arc<Shared<Alone>>, Arc<Notify>) {
    let alone = Alone::default();
    let bell = alone.0.bell.clone();
    let shared = Shared::new(alone, Clock::start());
    spawn(shared.clone(), sockets);
    (shared, bell)
}

async fn until<R>(
    shared: &Shared<Alone>,
    bell: &Notify,
    mut ready: impl FnMut(&mut Wisher) -> Option<R>,
) -> R {
    let waiting = async {
        loop {
            match shared.lock(|Alone(wisher, ()), _| ready(wisher)).unwrap() {
                Some(result) => return result,
                None => bell.notified().await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(15), waiting).await.unwrap()
}

async fn granted(shared: &Shared<Alone>, bell: &Notify, id: u64, kind: WishKind) -> String {
    let id = WishId(id);
    shared.with(|Alone(wisher, ()), _| wisher.wishes.push_back(Wish { id, kind })).unwrap();
    until(shared, bell, |wisher| {
        wisher.answers.iter().find(|answer| answer.0 == id).map(|answer| answer.1.clone())
    })
    .await
}

#[tokio::test]
async fn every_wish_is_answered() {
    let (shared, bell) = wisher(bind());
    let resolve = |name: &str| WishKind::Resolve(name.into());
    let loopback = IpAddr::from([127, 0, 0, 1]);
    assert_eq!(granted(&shared, &bell, 1, resolve("127.0.0.1")).await, format!("Addresses([{loopback}])"));
    assert!(granted(&shared, &bell, 2, resolve("localhost")).await.contains("127.0.0.1"));
    let refused = format!("{:?}", Answer::Failed(FailCause::Refused));
    for (id, name) in
        [(3, "printer.local"), (4, "local"), (5, "a.9b36eaac-bb2e-49bb-bb78-21c41c499900.local.")]
    {
        assert_eq!(granted(&shared, &bell, id, resolve(name)).await, refused, "{name}");
    }
    let stream = WishKind::Open { transport: Transport::TcpFramed, remote: (loopback, 9).into() };
    assert_eq!(granted(&shared, &bell, 6, stream).await, refused);
    assert_eq!(granted(&shared, &bell, 7, WishKind::Announce("me.local".into(), loopback)).await, refused);
    let elsewhere = WishKind::Bind(([192, 0, 2, 77], 0).into());
    assert_eq!(granted(&shared, &bell, 8, elsewhere).await, refused);
}

#[tokio::test]
async fn a_socket_that_was_wished_for_sends_receives_and_closes() {
    let sockets = bind();
    let first = sockets.local_addresses()[0];
    let (shared, bell) = wisher(sockets);
    let opened = granted(&shared, &bell, 1, WishKind::Bind(first)).await;
    let port: u16 =
        opened.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap();
    let second = SocketAddr::from(([127, 0, 0, 1], port));
    assert_ne!(first, second);
    shared
        .with(|Alone(wisher, ()), _| {
            wisher.transmits.push_back((Path::udp(second, first), b"hello".to_vec()))
        })
        .unwrap();
    let (path, bytes) = until(&shared, &bell, |wisher| wisher.received.pop()).await;
    assert_eq!((path, bytes), (Path::udp(first, second), b"hello".to_vec()));
    shared.with(|Alone(wisher, ()), _| {
        wisher.wishes.push_back(Wish { id: WishId(2), kind: WishKind::Close(Path::udp(second, first)) });
        wisher.transmits.push_back((Path::udp(first, first), b"again".to_vec()));
    });
    until(&shared, &bell, |wisher| wisher.received.pop()).await;
    std::net::UdpSocket::bind(second).unwrap();
}

#[tokio::test]
async fn what_nobody_can_send_is_dropped_and_does_not_stand_in_the_way() {
    let sockets = bind();
    let local = sockets.local_addresses()[0];
    let (shared, bell) = wisher(sockets);
    let paths = [
        Path::udp(([127, 0, 0, 1], 1).into(), local),
        Path::udp(local, "[::1]:9".parse().unwrap()),
        Path { transport: Transport::TcpFramed, ..Path::udp(local, local) },
        Path::udp(local, local),
    ];
    shared.with(|Alone(wisher, ()), _| {
        wisher.transmits.extend(paths.map(|path| (path, b"x".to_vec())));
        wisher.transmits.push_back((paths[3], vec![0; 65_508]));
        wisher.transmits.push_back((paths[3], b"last".to_vec()));
    });
    until(&shared, &bell, |wisher| wisher.received.iter().any(|(_, bytes)| bytes == b"last").then_some(()))
        .await;
    let received = shared.lock(|Alone(wisher, ()), _| wisher.received.clone()).unwrap();
    assert_eq!(received.len(), 2);
}

#[tokio::test]
async fn a_stun_client_asks_a_server_through_two_drivers() {
    use limpid_stun::{Client, ClientConfig, Event};

    #[derive(Debug)]
    struct Asking(Client, Option<Event>, Arc<Notify>);
    impl Actor for Asking {
        type Machine = Client;
        type Listener = Option<Event>;
        fn parts(&mut self) -> (&mut Client, &mut Option<Event>) {
            (&mut self.0, &mut self.1)
        }
        fn on_event(_: &mut Client, listener: &mut Option<Event>, _: Instant, event: Event) {
            *listener = Some(event);
        }
        fn after_drain(&mut self) {}
        fn is_finished(&self) -> bool {
            self.1.is_some()
        }
        fn on_stopped(&mut self) {
            self.2.notify_one();
        }
    }

    let server = std::net::UdpSocket::bind(LOOPBACK).unwrap();
    let server_address = server.local_addr().unwrap();
    let serving = std::thread::spawn(move || {
        let (mut request, mut response) = ([0; 1500], Vec::new());
        let (len, from) = server.recv_from(&mut request).unwrap();
        limpid_stun::binding::answer(&request[..len], from, &mut response).unwrap();
        server.send_to(&response, from).unwrap();
    });
    let sockets = bind();
    let local = sockets.local_addresses()[0];
    let config =
        ClientConfig::new([7; 32], limpid_crypto::ring::provider(), Path::udp(local, server_address));
    let bell = Arc::new(Notify::new());
    let shared = Shared::new(Asking(Client::new(config), None, bell.clone()), Clock::start());
    shared.with(|asking, now| asking.0.request(now)).unwrap().unwrap();
    spawn(shared.clone(), sockets);
    tokio::time::timeout(Duration::from_secs(10), bell.notified()).await.unwrap();
    let event = shared.lock(|asking, _| asking.1).unwrap();
    assert!(matches!(event, Some(Event::Answered { mapped, .. }) if mapped == local), "{event:?}");
    serving.join().unwrap();
}
