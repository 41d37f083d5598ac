//! `limpid serve`: the web page, signalling and STUN on one port.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use limpid_app::exit::Exit;
use limpid_app::web;
use limpid_signaling::door::Door;
use limpid_signaling::server::{Server, router};
use limpid_signaling::{Config, IceServer, Limits};
use serde_json::json;
use tokio::net::{TcpListener, UdpSocket};

use crate::cmd::say::{Events, Trouble};
use crate::cmd::stopped;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen: TCP for the page and signalling, UDP of the same number for STUN
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Also known as this origin, such as https://drop.example (behind a proxy that ends TLS)
    #[arg(long, value_name = "ORIGIN")]
    public: Vec<String>,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

/// Serves until it is told to stop.
pub(crate) async fn run(args: Args) -> Exit {
    let events = Events::new(args.json);
    serve(&args, &events).await.unwrap_or_else(|trouble| events.fail(&trouble))
}

async fn serve(args: &Args, events: &Events) -> Result<Exit, Trouble> {
    let (listener, udp) = bind(args.listen).await.map_err(|error| Trouble {
        hint: "Try another address with --listen, such as 127.0.0.1:8081.",
        ..Trouble::cannot_listen(args.listen, error)
    })?;
    let address = listener.local_addr().map_err(Trouble::unexpected)?;
    let mut door = Door::new(address);
    for public in &args.public {
        door = door.with_public(public);
    }
    let seed = limpid_crypto::ring::provider().seed();
    let ice = move |host: &str| stun_for(host, address);
    let signalling = Server::new(Config { seed, limits: Limits::default() }, door.clone(), ice);
    let app = router(signalling.clone())
        .fallback(web::serve)
        .layer(axum::middleware::from_fn_with_state(Arc::new(door), guard));
    let stopped = stopped();
    announce(args, events, address);

    let stun = tokio::spawn(answer_stun(udp));
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let pages = tokio::spawn(async move { axum::serve(listener, service).await });
    let exit = stopped.await;
    signalling.go_away();
    // Time for the close frames to leave.
    tokio::time::sleep(Duration::from_millis(100)).await;
    stun.abort();
    pages.abort();
    Ok(exit)
}

/// TCP and UDP of one number. When any will do (port 0), looks for one that is free in both.
async fn bind(listen: SocketAddr) -> io::Result<(TcpListener, UdpSocket)> {
    let mut attempts = if listen.port() == 0 { 16 } else { 1 };
    loop {
        let listener = TcpListener::bind(listen).await?;
        match UdpSocket::bind(listener.local_addr()?).await {
            Ok(udp) => return Ok((listener, udp)),
            Err(error) if attempts == 1 => return Err(error),
            Err(_) => attempts -= 1,
        }
    }
}

/// A page that came by a loopback address cannot use a STUN server: it would learn that it is at home.
fn stun_for(host: &str, listen: SocketAddr) -> Vec<IceServer> {
    let name =
        host.rsplit_once(':').map_or(host, |(name, port)| if port.contains(']') { host } else { name });
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if listen.ip().is_loopback() || is_loopback || name.is_empty() {
        return Vec::new();
    }
    vec![IceServer { urls: vec![format!("stun:{name}:{}", listen.port())], username: None, credential: None }]
}

/// Turns away whoever is at the wrong door, before anything else is looked at; protects every answer.
async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let host = text(&request, header::HOST);
    let origin = text(&request, header::ORIGIN);
    let mut response = match door.check(host.as_deref(), origin.as_deref()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => (StatusCode::FORBIDDEN, format!("{refusal}\n")).into_response(),
    };
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let known = response.status() != StatusCode::FORBIDDEN;
        web::protect(response.headers_mut(), host.as_deref().filter(|_| known).unwrap_or("localhost"));
    }
    response
}

fn text(request: &Request, name: header::HeaderName) -> Option<String> {
    request.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// The Binding server of RFC 8489, on the same port as the page.
async fn answer_stun(udp: UdpSocket) {
    let mut request = [0; 1500];
    let mut response = Vec::with_capacity(128);
    loop {
        // A refused datagram of an earlier answer shows as an error here: go on.
        let Ok((length, from)) = udp.recv_from(&mut request).await else { continue };
        response.clear();
        if limpid_stun::binding::answer(&request[..length], from, &mut response).is_some() {
            let _ = udp.send_to(&response, from).await;
        }
    }
}

fn announce(args: &Args, events: &Events, address: SocketAddr) {
    let here = match address.ip() {
        ip if ip.is_unspecified() => SocketAddr::new(IpAddr::from([127, 0, 0, 1]), address.port()),
        _ => address,
    };
    let url = args.public.first().cloned().unwrap_or_else(|| format!("http://{here}"));
    let call = format!("{}/call", url.trim_end_matches('/'));
    let mut members = json!({ "url": url, "call": call, "listen": address.to_string() });
    if !address.ip().is_loopback() {
        members["stun"] = format!("stun:{here}").into();
    }
    if !events.is_json() {
        println!("{url}");
    }
    events.say("listening", &members, || {
        let mut words = format!(
            "Open it in a browser, drop a file, and pass on the link. Calls: {call}. Ctrl-C ends it."
        );
        if address.ip().is_unspecified() {
            let port = address.port();
            words.push_str(&format!("\nOther machines reach it by any address of this one, port {port}."));
        }
        words
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_get_a_stun_server_only_if_they_can_reach_it() {
        let urls = |host: &str, listen: &str| {
            stun_for(host, listen.parse().unwrap())
                .into_iter()
                .flat_map(|server| server.urls)
                .collect::<Vec<_>>()
        };
        assert_eq!(urls("10.77.0.1:8080", "0.0.0.0:8080"), ["stun:10.77.0.1:8080"]);
        assert_eq!(urls("[fd77::1]:8080", "[::]:8080"), ["stun:[fd77::1]:8080"]);
        assert!(urls("127.0.0.1:8080", "0.0.0.0:8080").is_empty());
        assert!(urls("localhost:8080", "0.0.0.0:8080").is_empty());
        assert!(urls("127.0.0.1:8080", "127.0.0.1:8080").is_empty());
    }
}
