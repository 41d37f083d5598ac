//! `limpid stun`: asks a server which address our packets come from.

use std::net::SocketAddr;
use std::time::Duration;

use limpid_app::exit::Exit;
use limpid_sansio::{Datagram, Instant, Machine, Path};
use limpid_stun::{Client, ClientConfig, Event, Host, Uri};
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::cmd::say::{Events, Trouble, millis};

/// Asks a STUN server which address our packets come from.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// HOST:PORT, HOST, or a stun: URI.
    server: String,
    /// Seconds after which it gives up.
    #[arg(long, value_name = "S", default_value_t = 10)]
    timeout: u64,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

/// Sends one Binding request, as often as it takes.
pub(crate) async fn run(args: Args) -> Exit {
    let events = Events::new(args.json);
    let time = Duration::from_secs(args.timeout);
    let asked = tokio::time::timeout(time, ask(&args.server)).await;
    events.conclude(asked.unwrap_or_else(|_| Err(silent(&args.server))))
}

fn silent(server: &str) -> Trouble {
    Trouble::new(Exit::NoPath, "timeout", format!("{server} does not answer"))
}

async fn resolve(server: &str) -> Result<SocketAddr, Trouble> {
    const DEFAULT_PORT: u16 = 3478;
    let unknown = |error: &dyn std::fmt::Display| {
        Trouble::new(Exit::NoPath, "no-such-host", format!("{server} can not be found: {error}"))
    };
    let (host, port) = match server.parse::<Uri>() {
        Ok(uri) => (host_of(&uri.host), uri.port_or_default()),
        Err(_) => match server.parse::<SocketAddr>() {
            Ok(address) => return Ok(address),
            Err(_) => match server.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') => {
                    (host.to_owned(), port.parse().map_err(|error| unknown(&error))?)
                }
                _ => (server.trim_matches(['[', ']']).to_owned(), DEFAULT_PORT),
            },
        },
    };
    let host = host.trim_matches(['[', ']']).to_owned();
    let mut found = tokio::net::lookup_host((host, port)).await.map_err(|error| unknown(&error))?;
    found.next().ok_or_else(|| unknown(&"it has no address"))
}

fn host_of(host: &Host) -> String {
    match host {
        Host::Ip(ip) => ip.to_string(),
        Host::Name(name) => name.clone(),
    }
}

async fn ask(server: &str) -> Result<Value, Trouble> {
    let remote = resolve(server).await?;
    let any: SocketAddr = if remote.is_ipv4() { ([0; 4], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).await.map_err(Trouble::unexpected)?;
    socket
        .connect(remote)
        .await
        .map_err(|error| Trouble::new(Exit::NoPath, "unreachable", error.to_string()))?;
    let local = socket.local_addr().map_err(Trouble::unexpected)?;
    let provider = limpid_crypto::ring::provider();
    let path = Path::udp(local, remote);
    let mut client = Client::new(ClientConfig::new(provider.seed(), provider, path));
    let start = std::time::Instant::now();
    let now = || Instant::from_nanos(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    client.request(now()).map_err(Trouble::unexpected)?;
    loop {
        if let Some(event) = client.poll_event() {
            return conclude(event, remote, local, start.elapsed());
        }
        let mut out = Vec::new();
        while client.poll_transmit(now(), &mut out).is_some() {
            // A refusal shows at the next receive, and the request is sent again.
            let _ = socket.send(&out).await;
            out.clear();
        }
        receive(&mut client, &socket, path, &now).await?;
    }
}

/// Waits for a datagram or for the client's timer.
async fn receive(
    client: &mut Client,
    socket: &UdpSocket,
    path: Path,
    now: &impl Fn() -> Instant,
) -> Result<(), Trouble> {
    let mut buffer = [0; 2048];
    let due = client.poll_timeout().map_or(Duration::from_secs(3600), |at| at.since(now()));
    match tokio::time::timeout(due, socket.recv(&mut buffer)).await {
        Ok(Ok(len)) => {
            let datagram = Datagram { path, ecn: None, payload: &mut buffer[..len] };
            client.handle_input(now(), datagram).map_err(Trouble::unexpected)?;
        }
        Ok(Err(_)) => client.unreachable(),
        Err(_) => client.handle_timeout(now()).map_err(Trouble::unexpected)?,
    }
    Ok(())
}

fn conclude(event: Event, server: SocketAddr, local: SocketAddr, took: Duration) -> Result<Value, Trouble> {
    match event {
        Event::Answered { mapped, .. } => Ok(json!({
            "server": server.to_string(),
            "local": local.to_string(),
            "mapped": mapped.to_string(),
            "rtt_ms": millis(took),
        })),
        other => Err(Trouble::new(Exit::NoPath, "no-answer", format!("{server} did not answer: {other:?}"))),
    }
}
