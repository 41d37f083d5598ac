//! The WebSocket client for native peers: joins a room, numbers what it says, notices gaps, comes back with its token.
//!
//! Bounds: frames of at most 64 KiB; nothing is queued here, reading paces the server.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use limpid_crypto::Random;
use tokio::net::TcpStream;
#[cfg(feature = "wss")]
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::body::{Body, Tags};
use crate::close::CloseCode;
use crate::message::{
    FromServer, IceServer, MAX_FRAME, Presence, Role, SUBPROTOCOL, ToServer, VERSION, to_text,
};

/// How long a server may take to answer a dial (10 s).
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no signalling.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The address is none that a WebSocket goes to.
    Address(String),
    /// No server answers there.
    Unreachable(String),
    /// The server's TLS certificate is not trusted.
    Certificate(String),
    /// Something answers, but it does not speak `limpid.1`: another status than 101, or no subprotocol.
    NotSignalling(String),
    /// The server closed the socket with one of its codes, and its words.
    Closed(CloseCode, String),
    /// The socket broke, or closed with another code. [`Client::resume`] may mend it.
    Lost,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Address(address) => write!(f, "{address} is not the address of a signalling server"),
            Error::Unreachable(why) => write!(f, "the signalling server cannot be reached: {why}"),
            Error::Certificate(why) => write!(f, "the signalling server's certificate is not trusted: {why}"),
            Error::NotSignalling(why) => write!(f, "no signalling server answers there: {why}"),
            Error::Closed(_, message) => f.write_str(message),
            Error::Lost => f.write_str("the connection to the signalling server broke"),
        }
    }
}

impl std::error::Error for Error {}

/// What a server says once a client has joined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Joined {
    /// Our id.
    pub you: String,
    /// Who was there first: make them offers.
    pub peers: Vec<String>,
    /// STUN and TURN servers that the server thinks we can reach.
    pub ice: Vec<IceServer>,
}

/// What happens in the room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A member came or went, and why it went.
    Peer(String, Presence, Option<String>),
    /// A member said something.
    Said {
        /// Who.
        from: String,
        /// What.
        body: Body,
        /// What it says besides, in a call.
        tags: Tags,
        /// Something before it got lost: answer with [`Body::Resync`].
        gap: bool,
    },
}

/// A seat in a room.
pub struct Client {
    url: String,
    room: String,
    role: Role,
    token: String,
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    said: BTreeMap<String, u64>,
    heard: BTreeMap<String, u64>,
    words: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.url).field("role", &self.role).finish_non_exhaustive()
    }
}

impl Client {
    /// Dials `server` (`http://HOST:PORT`, `https://…`, or a whole `ws://…/ws`, `wss://…`) and joins `room`.
    pub async fn join(server: &str, room: &str, role: Role) -> Result<(Client, Joined), Error> {
        let url = websocket_url(server)?;
        let stream = dial(&url).await?;
        let mut client = Client {
            url,
            room: room.to_owned(),
            role,
            token: String::new(),
            stream,
            said: BTreeMap::new(),
            heard: BTreeMap::new(),
            words: None,
        };
        let joined = client.take_seat(None).await?;
        Ok((client, joined))
    }

    /// Dials again after [`Error::Lost`] and comes back as the same member, if it is within 30 s; else as a new one, and
    /// then `joined.you` differs. Wait as [`Backoff`] says between attempts.
    pub async fn resume(&mut self) -> Result<Joined, Error> {
        self.stream = dial(&self.url).await?;
        let token = std::mem::take(&mut self.token);
        self.take_seat(Some(&token)).await
    }

    /// Says something to another member.
    pub async fn say(&mut self, to: &str, body: &Body) -> Result<(), Error> {
        self.say_with(to, body, &Tags::default()).await
    }

    /// The same in a call, where bodies say more.
    pub async fn say_with(&mut self, to: &str, body: &Body, tags: &Tags) -> Result<(), Error> {
        let next = self.said.entry(to.to_owned()).or_default();
        let n = *next;
        *next += 1;
        let body = body.to_raw_with(tags);
        self.send(&ToServer::To { to: to.into(), n, body: &body }).await
    }

    /// The next thing that happens. Safe to drop half way, as in `select!`.
    pub async fn next(&mut self) -> Result<Event, Error> {
        loop {
            match self.receive().await? {
                FromServer::Peer { id, state, reason } => {
                    if state == Presence::Left {
                        self.said.remove(&id);
                        self.heard.remove(&id);
                    }
                    return Ok(Event::Peer(id, state, reason));
                }
                FromServer::From { from, n, body } => {
                    let expected = self.heard.entry(from.clone()).or_default();
                    let gap = n > *expected;
                    *expected = (*expected).max(n.saturating_add(1));
                    if let (Ok(Some(said)), Ok(tags)) = (Body::parse(&body), Tags::parse(&body)) {
                        return Ok(Event::Said { from, body: said, tags, gap });
                    }
                }
                FromServer::Joined { .. } | FromServer::Error { .. } => {}
            }
        }
    }

    /// Leaves the room: the others hear of it at once. Waits at most a second.
    pub async fn leave(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(1), self.stream.close(None)).await;
    }

    async fn take_seat(&mut self, token: Option<&str>) -> Result<Joined, Error> {
        let room = self.room.clone();
        let resume = token.map(Into::into);
        self.send(&ToServer::Join { v: VERSION, room: room.into(), role: self.role, resume }).await?;
        loop {
            if let FromServer::Joined { you, resume, peers, ice } = self.receive().await? {
                self.token = resume;
                return Ok(Joined { you, peers, ice });
            }
        }
    }

    async fn send(&mut self, message: &ToServer<'_>) -> Result<(), Error> {
        self.stream.send(Message::text(to_text(message))).await.map_err(|_| Error::Lost)
    }

    /// The next message of a kind that we know.
    async fn receive(&mut self) -> Result<FromServer, Error> {
        loop {
            let frame = match self.stream.next().await {
                Some(Ok(frame)) => frame,
                Some(Err(_)) | None => return Err(Error::Lost),
            };
            match frame {
                Message::Text(text) => match FromServer::parse(&text) {
                    Ok(Some(FromServer::Error { message, .. })) => self.words = Some(message),
                    Ok(Some(message)) => return Ok(message),
                    Ok(None) | Err(_) => {}
                },
                Message::Close(frame) => {
                    let code = frame.and_then(|frame| CloseCode::from_number(frame.code.into()));
                    let words = self.words.take();
                    return Err(code.map_or(Error::Lost, |code| {
                        Error::Closed(code, words.unwrap_or_else(|| code.message().to_owned()))
                    }));
                }
                _ => {}
            }
        }
    }
}

/// Waits between attempts to reach a server: 0.5 s, doubling to 30 s, each drawn evenly from zero to that, so that the
/// clients of a server that restarts do not come back all at once.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// How long to wait before the next attempt.
    pub fn next(&mut self, random: &mut Random) -> Duration {
        let most = (500u32 << self.attempts.min(6)).min(30_000);
        self.attempts = self.attempts.saturating_add(1);
        Duration::from_millis(u64::from(random.below(most + 1)))
    }
}

/// `http://HOST:PORT` → `ws://HOST:PORT/ws`; a WebSocket address stays as it is.
fn websocket_url(server: &str) -> Result<String, Error> {
    let bad = || Error::Address(server.to_owned());
    let (scheme, rest) = server.split_once("://").ok_or_else(bad)?;
    let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty());
    let authority = authority.ok_or_else(bad)?;
    match scheme {
        "http" => Ok(format!("ws://{authority}/ws")),
        "https" => Ok(format!("wss://{authority}/ws")),
        "ws" | "wss" if rest == authority => Ok(format!("{server}/ws")),
        "ws" | "wss" => Ok(server.to_owned()),
        _ => Err(bad()),
    }
}

async fn dial(url: &str) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Error> {
    let mut request = url.into_client_request().map_err(|_| Error::Address(url.to_owned()))?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
    let mut config = WebSocketConfig::default();
    config.max_message_size = Some(MAX_FRAME);
    config.max_frame_size = Some(MAX_FRAME);
    #[cfg(feature = "wss")]
    let dial = {
        let connector = if url.starts_with("wss:") { secure()? } else { Connector::Plain };
        tokio_tungstenite::connect_async_tls_with_config(request, Some(config), true, Some(connector))
    };
    #[cfg(not(feature = "wss"))]
    let dial = tokio_tungstenite::connect_async_with_config(request, Some(config), true);
    match tokio::time::timeout(DIAL_TIMEOUT, dial).await {
        Err(_) => Err(Error::Unreachable("no answer within 10 s".to_owned())),
        Ok(Ok((stream, _))) => Ok(stream),
        Ok(Err(error)) => Err(explain(error)),
    }
}

/// Which of our words a library's error is.
fn explain(error: WebSocketError) -> Error {
    match error {
        WebSocketError::Io(error) if is_certificate(&error) => Error::Certificate(error.to_string()),
        WebSocketError::Io(error) => Error::Unreachable(error.to_string()),
        WebSocketError::Http(response) => Error::NotSignalling(format!("HTTP status {}", response.status())),
        WebSocketError::Tls(error) => Error::Certificate(error.to_string()),
        WebSocketError::Url(error) => Error::Address(error.to_string()),
        error => Error::NotSignalling(error.to_string()),
    }
}

#[cfg(feature = "wss")]
fn is_certificate(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

#[cfg(not(feature = "wss"))]
fn is_certificate(_: &std::io::Error) -> bool {
    false
}

/// TLS with ring, and the roots that the system trusts.
#[cfg(feature = "wss")]
fn secure() -> Result<Connector, Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Certificate(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Connector::Rustls(std::sync::Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_be_named_by_its_page_or_by_its_socket() {
        let url = |server| websocket_url(server).ok();
        assert_eq!(url("http://127.0.0.1:8080").as_deref(), Some("ws://127.0.0.1:8080/ws"));
        assert_eq!(url("https://drop.example/#s.x").as_deref(), Some("wss://drop.example/ws"));
        assert_eq!(url("ws://[::1]:9").as_deref(), Some("ws://[::1]:9/ws"));
        assert_eq!(url("wss://drop.example/other").as_deref(), Some("wss://drop.example/other"));
        assert_eq!((url("drop.example"), url("ftp://x"), url("http://")), (None, None, None));
    }

    #[test]
    fn waits_grow_to_30_s_and_are_drawn_by_lot() {
        let (mut backoff, mut random) = (Backoff::default(), Random::from_seed([1; 32]));
        let waits: Vec<Duration> = (0..200).map(|_| backoff.next(&mut random)).collect();
        assert!(
            waits[0] <= Duration::from_millis(500)
                && waits.iter().all(|wait| *wait <= Duration::from_secs(30))
        );
        assert!(waits.iter().any(|wait| *wait > Duration::from_secs(20)));
        assert!(waits[10..].iter().any(|wait| *wait < Duration::from_secs(10)));
    }
}
