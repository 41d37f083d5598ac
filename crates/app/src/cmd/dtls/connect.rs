//! `limpid dtls connect`: the client's end.

use std::io::Write;
use std::net::SocketAddr;

use limpid_app::exit::Exit;
use limpid_crypto::Fingerprint;
use limpid_dtls::{ClientAuth, Endpoint, Event};
use limpid_sansio::Machine;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::net::UdpSocket;

use super::Common;
use super::describe::{describe, lines};
use super::link::{Clock, feed, flush, say};
use crate::cmd::say::{Events, Trouble};

/// Connects, sends each line of standard input as a record, and prints what comes back.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// HOST:PORT of the server.
    server: String,
    /// The fingerprint that its certificate must have, such as `sha-256 AA:BB:…`.
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Runs until the input ends or the other side closes.
pub(crate) async fn run(args: Args) -> Exit {
    let events = Events::new(args.common.json);
    match connect(&args, &events).await {
        Ok(()) => Exit::Ok,
        Err(trouble) => events.fail(&trouble),
    }
}

async fn open(args: &Args) -> Result<(UdpSocket, SocketAddr), Trouble> {
    let unreachable = |error: &dyn std::fmt::Display| {
        Trouble::new(Exit::NoPath, "unreachable", format!("{} can not be reached: {error}", args.server))
    };
    let mut found = tokio::net::lookup_host(&args.server).await.map_err(|error| unreachable(&error))?;
    let server = found.next().ok_or_else(|| unreachable(&"it has no address"))?;
    let any: SocketAddr = if server.is_ipv4() { ([0; 4], 0).into() } else { ([0u16; 8], 0).into() };
    Ok((UdpSocket::bind(any).await.map_err(Trouble::unexpected)?, server))
}

fn endpoint(args: &Args, clock: Clock) -> Result<Endpoint, Trouble> {
    let mut endpoint = Endpoint::client(args.common.config(ClientAuth::Requested)?, clock.now());
    match &args.fingerprint {
        Some(text) => {
            let fingerprint: Fingerprint = text.parse().map_err(|_| {
                Trouble::new(
                    Exit::Usage,
                    "fingerprint",
                    format!("{text:?} is no fingerprint that can be checked"),
                )
            })?;
            endpoint.expect_fingerprints(clock.now(), &[fingerprint]).map_err(Trouble::of_handshake)?;
        }
        None => endpoint.accept_any_peer(clock.now()),
    }
    Ok(endpoint)
}

async fn connect(args: &Args, events: &Events) -> Result<(), Trouble> {
    let (socket, server) = open(args).await?;
    let clock = Clock::start();
    let mut endpoint = endpoint(args, clock)?;
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let mut is_open = true; // the input
    let mut buffer = vec![0; 65_536];
    loop {
        while let Some(event) = endpoint.poll_event() {
            if event == Event::Verified {
                tell(&endpoint, &args.common, events)?;
            }
        }
        flush(&mut endpoint, clock.now(), &socket, server).await;
        if endpoint.finished() {
            return Ok(());
        }
        let due = clock.until(endpoint.poll_timeout());
        let handled = tokio::select! {
            received = socket.recv_from(&mut buffer) => match received {
                Ok((len, from)) if from == server => {
                    feed(&mut endpoint, clock.now(), &mut buffer[..len], |data| print(data, events))
                }
                _ => Ok(()), // a stranger, or a port that is not open yet
            },
            line = next(&mut input), if is_open && endpoint.is_connected() => {
                match line {
                    Some(line) => say(&mut endpoint, &socket, server, line.as_bytes()).await,
                    None => {
                        is_open = false;
                        endpoint.close(clock.now());
                    }
                }
                Ok(())
            }
            () = tokio::time::sleep(due) => endpoint.handle_timeout(clock.now()),
        };
        if let Err(error) = handled {
            flush(&mut endpoint, clock.now(), &socket, server).await; // the alert
            return Err(Trouble::of_handshake(error));
        }
    }
}

async fn next(input: &mut Lines<BufReader<Stdin>>) -> Option<String> {
    input.next_line().await.ok().flatten().map(|line| line + "\n")
}

fn tell(endpoint: &Endpoint, common: &Common, events: &Events) -> Result<(), Trouble> {
    let description = describe(endpoint, common)?;
    if common.json {
        events.say("connected", &description, String::new);
    } else {
        println!("{}", lines(&description));
    }
    Ok(())
}

fn print(data: &[u8], events: &Events) {
    let text = String::from_utf8_lossy(data);
    let shown: String =
        text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    if events.is_json() {
        events.say("record", &serde_json::json!({ "text": text, "bytes": data.len() }), String::new);
    } else {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", shown.trim_end_matches('\n')).and_then(|()| out.flush());
    }
}
