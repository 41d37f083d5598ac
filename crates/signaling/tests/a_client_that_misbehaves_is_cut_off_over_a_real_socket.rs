//! The documented close codes, seen by real WebSockets over loopback; and how native clients meet and come back.

#![allow(clippy::unwrap_used)] // helpers of tests

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use limpid_signaling::client::{Client, Error, Event};
use limpid_signaling::door::Door;
use limpid_signaling::server::{Server, router};
use limpid_signaling::{Body, Bye, CloseCode, Config, FromServer, IceServer, Limits, Presence, Role};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message};

struct Running {
    address: SocketAddr,
    server: Server,
}

async fn start(limits: Limits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let ice =
        |host: &str| vec![IceServer { urls: vec![format!("stun:{host}")], username: None, credential: None }];
    let server = Server::new(Config { seed: [5; 32], limits }, Door::new(address), ice);
    let service = router(server.clone()).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Running { address, server }
}

impl Running {
    fn request(&self, headers: &[(&'static str, &str)]) -> Request<()> {
        let mut request = format!("ws://{}/ws", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        request
    }

    /// A client of which the test says every frame.
    async fn raw(&self) -> WebSocketStream<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let stream = socket.connect(self.address).await.unwrap();
        let request = self.request(&[("sec-websocket-protocol", "limpid.1")]);
        tokio_tungstenite::client_async(request, stream).await.unwrap().0
    }

    async fn refused(&self, headers: &[(&'static str, &str)]) -> u16 {
        let stream = TcpStream::connect(self.address).await.unwrap();
        match tokio_tungstenite::client_async(self.request(headers), stream).await {
            Err(WebSocketError::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{other}"),
            Ok(_) => 101,
        }
    }

    fn http(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Reads to the close frame: its code and reason.
async fn close_of(socket: &mut WebSocketStream<TcpStream>) -> (u16, String) {
    let end = async {
        while let Some(Ok(frame)) = socket.next().await {
            if let Message::Close(Some(frame)) = frame {
                return (frame.code.into(), frame.reason.to_string());
            }
        }
        panic!("no close frame")
    };
    tokio::time::timeout(Duration::from_secs(5), end).await.expect("cut off within 5 s")
}

fn join(room: &str, role: &str) -> Message {
    Message::text(format!(r#"{{"t":"join","v":1,"room":"{room}","role":"{role}"}}"#))
}

#[tokio::test]
async fn a_flood_ends_with_4007() {
    let running = start(Limits::default()).await;
    let mut socket = running.raw().await;
    for _ in 0..150 {
        let _ = socket.feed(Message::text(r#"{"t":"hum"}"#)).await;
    }
    let _ = socket.flush().await;
    assert_eq!(close_of(&mut socket).await, (4007, "rate".to_owned()));
}

#[tokio::test]
async fn a_frame_that_is_too_long_ends_with_4007_however_long_it_is() {
    let running = start(Limits::default()).await;
    for length in [70_000, 1_000_000] {
        let mut socket = running.raw().await;
        let _ = socket.send(Message::text("x".repeat(length))).await;
        assert_eq!(close_of(&mut socket).await, (4007, "rate".to_owned()), "{length}");
    }
}

#[tokio::test]
async fn lies_end_with_4004() {
    let running = start(Limits::default()).await;
    for lie in [
        Message::text("{"),
        Message::binary(vec![1, 2, 3]),
        Message::text(r#"{"t":"join","v":9,"room":"r","role":"send"}"#),
    ] {
        let mut socket = running.raw().await;
        let _ = socket.send(lie).await;
        assert_eq!(close_of(&mut socket).await, (4004, "version".to_owned()));
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed_with_4002() {
    let running = start(Limits { hello: Duration::from_millis(100), ..Limits::default() }).await;
    let mut socket = running.raw().await;
    assert_eq!(close_of(&mut socket).await, (4002, "expired".to_owned()));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_with_4008_and_the_rest_go_on() {
    let limits = Limits { messages_per_second: 100_000, message_burst: 100_000, ..Limits::default() };
    let running = start(limits).await;
    let mut stalled = running.raw().await;
    stalled.send(join("cellar", "call")).await.unwrap();
    let Some(Ok(Message::Text(joined))) = stalled.next().await else { panic!() };
    let Ok(Some(FromServer::Joined { you, .. })) = FromServer::parse(&joined) else { panic!() };
    let (mut writer, _) = Client::join(&running.http(), "cellar", Role::Call).await.unwrap();
    let body = Body::Sealed("x".repeat(60_000));
    let gone = loop {
        tokio::select! {
            biased;
            event = writer.next() => break event.unwrap(),
            () = std::future::ready(()) => writer.say(&you, &body).await.unwrap(),
        }
    };
    assert_eq!(gone, Event::Peer(you, Presence::Left, Some("slow-consumer".to_owned())));
    assert_eq!(close_of(&mut stalled).await, (4008, "slow-consumer".to_owned()));
    let (mut friend, joined) = Client::join(&running.http(), "cellar", Role::Call).await.unwrap();
    friend.say(&joined.peers[0], &Body::Bye(Bye::Done)).await.unwrap();
    while !matches!(writer.next().await.unwrap(), Event::Said { body: Body::Bye(Bye::Done), gap: false, .. })
    {
    }
}

#[tokio::test]
async fn a_second_receiver_sees_4003_and_one_without_a_sender_4000() {
    let running = start(Limits::default()).await;
    let early = Client::join(&running.http(), "share", Role::Receive).await;
    assert!(matches!(early, Err(Error::Closed(CloseCode::NoSuchRoom, _))));
    let (_sender, joined) = Client::join(&running.http(), "share", Role::Send).await.unwrap();
    assert_eq!(joined.ice[0].urls, [format!("stun:{}", running.address)]);
    let _receiver = Client::join(&running.http(), "share", Role::Receive).await.unwrap();
    match Client::join(&running.http(), "share", Role::Receive).await {
        Err(Error::Closed(CloseCode::Full, words)) => assert_eq!(words, CloseCode::Full.message()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn other_sites_rebound_names_and_other_protocols_are_turned_away() {
    let running = start(Limits::default()).await;
    let protocol = ("sec-websocket-protocol", "limpid.1");
    let own = format!("http://{}", running.address);
    assert_eq!(running.refused(&[protocol]).await, 101, "the command line has no Origin");
    assert_eq!(running.refused(&[protocol, ("origin", &own)]).await, 101);
    assert_eq!(running.refused(&[protocol, ("origin", "http://evil.example")]).await, 403);
    assert_eq!(running.refused(&[protocol, ("host", "evil.example")]).await, 403);
    assert_eq!(running.refused(&[]).await, 400);
    assert_eq!(running.refused(&[("sec-websocket-protocol", "chat")]).await, 400);
}

#[tokio::test]
async fn a_client_whose_socket_broke_comes_back_unnoticed() {
    let running = start(Limits::default()).await;
    let (sender, first) = Client::join(&running.http(), "share", Role::Send).await.unwrap();
    let mut sender = sender;
    let (mut receiver, second) = Client::join(&running.http(), "share", Role::Receive).await.unwrap();
    assert_eq!(second.peers, [&*first.you]);
    assert_eq!(sender.next().await.unwrap(), Event::Peer(second.you.clone(), Presence::Joined, None));
    receiver.say(&first.you, &Body::Resync).await.unwrap();

    // Resuming dials anew: the old socket breaks without a word.
    let again = sender.resume().await.unwrap();
    assert_eq!((again.you, again.peers), (first.you.clone(), vec![second.you.clone()]));
    receiver.say(&first.you, &Body::Bye(Bye::Done)).await.unwrap();
    loop {
        if let Event::Said { from, body: Body::Bye(Bye::Done), .. } = sender.next().await.unwrap() {
            assert_eq!(from, second.you);
            break;
        }
    }
    assert_eq!(running.server.stats().resumed, 1);
}

#[tokio::test]
async fn a_client_that_leaves_is_gone_at_once_and_a_server_that_goes_says_so() {
    let running = start(Limits::default()).await;
    let (mut alice, _) = Client::join(&running.http(), "cellar", Role::Call).await.unwrap();
    let (bob, joined) = Client::join(&running.http(), "cellar", Role::Call).await.unwrap();
    assert!(matches!(alice.next().await, Ok(Event::Peer(_, Presence::Joined, None))));
    bob.leave().await;
    let left = Event::Peer(joined.you, Presence::Left, Some("closed".to_owned()));
    assert_eq!(alice.next().await.unwrap(), left);
    running.server.go_away();
    assert!(matches!(alice.next().await, Err(Error::Closed(CloseCode::GoAway, _))));
}

#[tokio::test]
async fn nobody_there_and_something_else_there_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let nobody = Client::join(&format!("http://{address}"), "r", Role::Call).await;
    assert!(matches!(nobody, Err(Error::Unreachable(_))), "{nobody:?}");
    let running = start(Limits::default()).await;
    let elsewhere = Client::join(&format!("ws://{}/other", running.address), "r", Role::Call).await;
    assert!(matches!(elsewhere, Err(Error::NotSignalling(_))), "{elsewhere:?}");
}
