//! Wishes, sockets that were wished for, datagrams that nobody can send, and a machine of another crate.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::IpAddr;

use limpid_sansio::{Datagram, Transmit};

use super::*;

/// Wishes what it is told to wish, sends what it is told to send, and keeps what comes.
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
