//! Answers offers over HTTP and keeps the sessions that come of them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{options, post};
use limpid::{DataChannel, Description, DescriptionKind, PeerConnection};
use limpid_app::exit::Exit;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Form, MAX_BODY};
use crate::cmd::say::{Events, Trouble};
use crate::cmd::stopped;

/// How long server-reflexive candidates may keep the answer waiting.
const REFLEXIVE: Duration = Duration::from_millis(500);
/// A connection that finds no path within this time is freed.
const WITHOUT_ICE: Duration = Duration::from_secs(60);

/// Makes the connection for a new session, and what serves it.
pub(crate) trait Host: Send + Sync + 'static {
    /// A connection that has seen no description yet, and channels that both sides agreed on.
    fn connection(
        &self,
    ) -> impl Future<Output = Result<(PeerConnection, Vec<DataChannel>), limpid::Error>> + Send;
    /// An offer was taken, and is about to be answered: what shall stand in the answer?
    fn prepare_answer(&self, _connection: &PeerConnection) {}
    /// Serves a connection that is up, until it ends.
    fn serve(
        &self,
        connection: Arc<PeerConnection>,
        channels: Vec<DataChannel>,
    ) -> impl Future<Output = ()> + Send;
}

/// Answers the offers that come to a listener, until the program is ended: the exit code that says who did.
///
/// `doing`: what the events for people call it.
pub(crate) async fn serve<H: Host>(
    host: H,
    listener: TcpListener,
    max: usize,
    events: &Events,
    doing: &str,
) -> Result<Exit, Trouble> {
    let (stopped, listen) = (stopped(), listener.local_addr().map_err(Trouble::unexpected)?);
    let url = format!("http://{listen}/offer");
    events.say("listening", &json!({ "url": url, "listen": listen.to_string() }), || {
        format!("{doing} at {url}")
    });
    tokio::select! {
        // Nobody's half of a request may keep it from ending.
        exit = stopped => Ok(exit),
        served = axum::serve(listener, router(host, listen, max)).into_future() => {
            served.map(|()| Exit::Ok).map_err(Trouble::unexpected)
        }
    }
}

/// The sessions of one endpoint.
struct Sessions<H> {
    host: H,
    listen: SocketAddr,
    max: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last: u64,
    by_id: BTreeMap<u64, Arc<PeerConnection>>,
    /// Accepted, and not answered yet.
    pending: usize,
}

/// The routes of an endpoint at `listen` with at most `max` sessions at a time.
fn router<H: Host>(host: H, listen: SocketAddr, max: usize) -> Router {
    let sessions = Arc::new(Sessions { host, listen, max, open: Mutex::default() });
    Router::new()
        .route("/offer", post(offer::<H>))
        .route("/offer", options(preflight))
        .route("/session/{id}", post(renegotiate::<H>).delete(end::<H>))
        .route("/session/{id}", options(preflight))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(sessions)
}

/// Test pages of any origin may ask: an endpoint holds no secret of its user's.
const CORS: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, "location"),
    (header::CACHE_CONTROL, "no-store"),
];

async fn preflight() -> Response {
    let allow = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, DELETE, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, CORS, allow).into_response()
}

fn refuse(status: StatusCode, why: &'static str) -> Response {
    (status, CORS, why).into_response()
}

type Shared<H> = State<Arc<Sessions<H>>>;

async fn offer<H: Host>(State(sessions): Shared<H>, headers: HeaderMap, body: Bytes) -> Response {
    let (form, offer) = match sessions.read(&headers, &body) {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let Some(_place) = Place::take(&sessions) else {
        let later = [(header::RETRY_AFTER, "5")];
        return (StatusCode::SERVICE_UNAVAILABLE, CORS, later, "too many connections").into_response();
    };
    let Ok((connection, channels)) = sessions.host.connection().await else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "no connection can be made");
    };
    let connection = Arc::new(connection);
    let answer = match sessions.answer(&connection, offer).await {
        Ok(answer) => answer,
        Err(_) => return refuse(StatusCode::BAD_REQUEST, "this offer can not be answered"),
    };
    let id = sessions.keep(connection, channels);
    let location = [(header::LOCATION, format!("/session/{id}"))];
    let kind = [(header::CONTENT_TYPE, form.content_type())];
    (StatusCode::CREATED, CORS, location, kind, form.write(&answer)).into_response()
}

async fn renegotiate<H: Host>(
    State(sessions): Shared<H>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (form, offer) = match sessions.read(&headers, &body) {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let Some(connection) = sessions.find(id) else {
        return refuse(StatusCode::NOT_FOUND, "no such session");
    };
    match sessions.answer(&connection, offer).await {
        Ok(answer) => {
            let kind = [(header::CONTENT_TYPE, form.content_type())];
            (StatusCode::OK, CORS, kind, form.write(&answer)).into_response()
        }
        Err(_) => refuse(StatusCode::BAD_REQUEST, "this offer can not be answered"),
    }
}

async fn end<H: Host>(State(sessions): Shared<H>, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    if !sessions.is_our_host(&headers) {
        return refuse(StatusCode::FORBIDDEN, "this is another host");
    }
    match sessions.find(id) {
        Some(connection) => {
            connection.close();
            sessions.forget(id);
            (StatusCode::NO_CONTENT, CORS).into_response()
        }
        None => refuse(StatusCode::NOT_FOUND, "no such session"),
    }
}

impl<H: Host> Sessions<H> {
    /// Answers with the host candidates that are there at once, and with the reflexive ones that come soon.
    async fn answer(
        &self,
        connection: &PeerConnection,
        offer: Description,
    ) -> Result<Description, limpid::Error> {
        connection.set_remote_description(offer)?;
        self.host.prepare_answer(connection);
        connection.set_local_description(connection.create_answer()?)?;
        let _ = tokio::time::timeout(REFLEXIVE, connection.gathered()).await;
        connection.local_description().ok_or(limpid::Error::Closed)
    }

    #[allow(clippy::result_large_err, reason = "a refusal is a whole response")]
    fn read(&self, headers: &HeaderMap, body: &Bytes) -> Result<(Form, Description), Response> {
        if !self.is_our_host(headers) {
            return Err(refuse(StatusCode::FORBIDDEN, "this is another host"));
        }
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let form = Form::of(kind)
            .ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "application/json or application/sdp"))?;
        let offer = std::str::from_utf8(body).ok().and_then(|text| form.read(text, DescriptionKind::Offer));
        let offer = offer.filter(|offer| offer.kind == DescriptionKind::Offer);
        Ok((form, offer.ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "no offer"))?))
    }

    /// A name that somebody else made to point here is not ours (DNS rebinding): only addresses and `localhost` are.
    fn is_our_host(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.parse() == Ok(self.listen.port()) => name,
            _ if self.listen.port() == 80 => host,
            _ => return false,
        };
        let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
        match (address, self.listen.ip()) {
            (Ok(_), listen) if listen.is_unspecified() => true,
            (Ok(address), listen) => address == listen,
            (Err(_), listen) => name == "localhost" && (listen.is_loopback() || listen.is_unspecified()),
        }
    }

    fn keep(self: &Arc<Self>, connection: Arc<PeerConnection>, channels: Vec<DataChannel>) -> u64 {
        let id = {
            let mut open = self.lock();
            open.last += 1;
            let id = open.last;
            open.by_id.insert(id, connection.clone());
            id
        };
        let sessions = self.clone();
        tokio::spawn(async move {
            let connected = tokio::time::timeout(WITHOUT_ICE, connection.connected()).await;
            if matches!(connected, Ok(Ok(()))) {
                sessions.host.serve(connection, channels).await;
            }
            sessions.forget(id);
        });
        id
    }

    fn find(&self, id: u64) -> Option<Arc<PeerConnection>> {
        self.lock().by_id.get(&id).cloned()
    }

    fn forget(&self, id: u64) {
        let gone = self.lock().by_id.remove(&id);
        drop(gone); // says goodbye, and not under the lock
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A place among the sessions while one is being made.
struct Place<'a, H: Host>(&'a Sessions<H>);

impl<'a, H: Host> Place<'a, H> {
    fn take(sessions: &'a Sessions<H>) -> Option<Self> {
        let mut open = sessions.lock();
        let is_free = open.by_id.len() + open.pending < sessions.max;
        open.pending += usize::from(is_free);
        is_free.then_some(Place(sessions))
    }
}

impl<H: Host> Drop for Place<'_, H> {
    fn drop(&mut self) {
        self.0.lock().pending -= 1;
    }
}
