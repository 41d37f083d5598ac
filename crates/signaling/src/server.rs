//! The WebSocket server: sockets and a clock around [`Rooms`], and nothing else.
//!
//! ```no_run
//! # async fn run() -> std::io::Result<()> {
//! use limpid_signaling::door::Door;
//! use limpid_signaling::server::{Server, router};
//! use limpid_signaling::{Config, Limits};
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! let door = Door::new(listener.local_addr()?);
//! let seed = [0; 32]; // from the operating system
//! let server = Server::new(Config { seed, limits: Limits::default() }, door, |_host| Vec::new());
//! axum::serve(listener, router(server).into_make_service_with_connect_info::<std::net::SocketAddr>()).await
//! # }
//! ```

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use limpid_sansio::Instant;
use tokio::sync::Notify;

use crate::door::Door;
use crate::message::{IceServer, MAX_FRAME, SUBPROTOCOL};
use crate::room::{Config, Outgoing, Rooms, SocketEvent, SocketId, Stats};

/// How long one frame may take to leave, or a client to answer a close (5 s): then the socket is dropped.
const PATIENCE: Duration = Duration::from_secs(5);

/// The largest frame that is read at all, so that one a little too long gets its close code.
const MAX_READ: usize = 2 * MAX_FRAME;

/// A signalling server. Cheap to clone; the rooms live as long as the last clone.
#[derive(Clone, Debug)]
pub struct Server(Arc<Hub>);

/// The servers that a client can reach, by the `Host` that it came by.
type IceFor = dyn Fn(&str) -> Vec<IceServer> + Send + Sync;

struct Hub {
    door: Door,
    ice: Box<IceFor>,
    epoch: tokio::time::Instant,
    state: Mutex<Shared>,
    timer: Notify,
}

struct Shared {
    rooms: Rooms,
    writers: HashMap<SocketId, Arc<Notify>>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("door", &self.door).finish_non_exhaustive()
    }
}

/// The route `/ws`. Serve it with connect info: `into_make_service_with_connect_info::<SocketAddr>()`.
pub fn router(server: Server) -> Router {
    Router::new().route("/ws", get(upgrade)).with_state(server)
}

impl Server {
    /// A server known by the addresses of `door`. `ice` names the STUN and TURN servers that a client can reach who came
    /// by the `Host` it is given. Must be called within a tokio runtime.
    pub fn new(
        config: Config,
        door: Door,
        ice: impl Fn(&str) -> Vec<IceServer> + Send + Sync + 'static,
    ) -> Self {
        let state = Shared { rooms: Rooms::new(config), writers: HashMap::new() };
        let hub = Arc::new(Hub {
            door,
            ice: Box::new(ice),
            epoch: tokio::time::Instant::now(),
            state: Mutex::new(state),
            timer: Notify::new(),
        });
        tokio::spawn(keep_time(Arc::downgrade(&hub)));
        Server(hub)
    }

    /// Tells every client that the server goes (4009).
    pub fn go_away(&self) {
        self.0.with(|_, rooms| rooms.go_away());
    }

    /// Counters.
    pub fn stats(&self) -> Stats {
        self.0.with(|_, rooms| rooms.stats())
    }
}

impl Hub {
    fn now(&self) -> Instant {
        Instant::ZERO + self.epoch.elapsed()
    }

    /// Does something with the rooms, then wakes whoever has something to send and the timer if it is due earlier.
    fn with<T>(&self, action: impl FnOnce(Instant, &mut Rooms) -> T) -> T {
        // A panic elsewhere leaves the rooms as they were between two steps: go on.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.rooms.poll_timeout();
        let result = action(self.now(), &mut state.rooms);
        while let Some(id) = state.rooms.poll_ready() {
            if let Some(writer) = state.writers.get(&id) {
                writer.notify_one();
            }
        }
        if state.rooms.poll_timeout() != before {
            self.timer.notify_one();
        }
        result
    }

    fn open(&self, from: SocketAddr, ice: Vec<IceServer>) -> (SocketId, Arc<Notify>) {
        let id = self.with(|now, rooms| rooms.open(now, from.ip(), ice));
        let writer = Arc::new(Notify::new());
        // A refusal may wait already.
        writer.notify_one();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.writers.insert(id, writer.clone());
        (id, writer)
    }

    fn end(&self, id: SocketId, event: SocketEvent<'_>) {
        self.with(|now, rooms| rooms.handle(now, id, event));
        self.state.lock().unwrap_or_else(PoisonError::into_inner).writers.remove(&id);
    }
}

/// Calls `handle_timeout` when it is due, for as long as the server lives.
async fn keep_time(hub: Weak<Hub>) {
    loop {
        let Some(alive) = hub.upgrade() else { return };
        let next = alive.with(|now, rooms| {
            rooms.handle_timeout(now);
            rooms.poll_timeout()
        });
        // Looks at least once a second whether the server still lives.
        let soonest = alive.epoch + Duration::from_nanos(next.map_or(u64::MAX >> 1, Instant::as_nanos));
        let until = soonest.min(tokio::time::Instant::now() + Duration::from_secs(1));
        let _ = tokio::time::timeout_at(until, alive.timer.notified()).await;
    }
}

async fn upgrade(
    State(server): State<Server>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST);
    if let Err(refusal) = server.0.door.check(host, text(header::ORIGIN)) {
        return (StatusCode::FORBIDDEN, refusal.to_string()).into_response();
    }
    let ice = (server.0.ice)(host.unwrap_or_default());
    let upgrade = upgrade.protocols([SUBPROTOCOL]).max_message_size(MAX_READ).max_frame_size(MAX_READ);
    if upgrade.selected_protocol().is_none() {
        return (StatusCode::BAD_REQUEST, "this server speaks the WebSocket subprotocol limpid.1")
            .into_response();
    }
    upgrade.on_upgrade(move |socket| serve(server, from, ice, socket))
}

/// One socket from open to close: a reader and a writer, until either ends.
async fn serve(server: Server, from: SocketAddr, ice: Vec<IceServer>, socket: WebSocket) {
    let hub = server.0;
    let (id, wake) = hub.open(from, ice);
    let (sink, stream) = socket.split();
    let end = tokio::select! {
        end = read(&hub, id, stream) => end,
        end = write(&hub, id, &wake, sink) => end,
    };
    hub.end(id, end);
}

/// Reads until the socket ends.
async fn read(hub: &Hub, id: SocketId, mut stream: SplitStream<WebSocket>) -> SocketEvent<'static> {
    while let Some(frame) = stream.next().await {
        match frame {
            Ok(Message::Text(text)) => hub.with(|now, rooms| rooms.handle(now, id, SocketEvent::Text(&text))),
            Ok(Message::Binary(_)) => hub.with(|now, rooms| rooms.handle(now, id, SocketEvent::Binary)),
            Ok(Message::Ping(_) | Message::Pong(_)) => {
                hub.with(|now, rooms| rooms.handle(now, id, SocketEvent::Alive));
            }
            Ok(Message::Close(_)) => return SocketEvent::Closed,
            Err(error) if is_too_long(&error) => {
                // Nothing more can be read; the writer says why and ends the socket.
                hub.with(|now, rooms| rooms.handle(now, id, SocketEvent::TooLong));
                tokio::time::sleep(PATIENCE).await;
                return SocketEvent::Lost;
            }
            Err(_) => return SocketEvent::Lost,
        }
    }
    SocketEvent::Lost
}

fn is_too_long(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.to_string().contains("too long"))
}

/// Writes what the rooms have for this socket, until a close has been said and there was time to answer it.
async fn write(
    hub: &Hub,
    id: SocketId,
    wake: &Notify,
    mut sink: SplitSink<WebSocket, Message>,
) -> SocketEvent<'static> {
    loop {
        wake.notified().await;
        while let Some(outgoing) = hub.with(|_, rooms| rooms.pop(id)) {
            let (frame, last) = match outgoing {
                Outgoing::Text(text) => (Message::Text(text.into()), false),
                Outgoing::Ping => (Message::Ping(Default::default()), false),
                Outgoing::Close(code) => {
                    let reason = code.slug().into();
                    (Message::Close(Some(CloseFrame { code: code.number(), reason })), true)
                }
            };
            if !matches!(tokio::time::timeout(PATIENCE, sink.send(frame)).await, Ok(Ok(()))) {
                return SocketEvent::Lost;
            }
            if last {
                tokio::time::sleep(PATIENCE).await;
                return SocketEvent::Closed;
            }
        }
    }
}
