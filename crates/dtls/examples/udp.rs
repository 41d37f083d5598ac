//! DTLS over a UDP socket, in a hundred lines: what a driver has to do for an [`Endpoint`].
//!
//! ```text
//! cargo run -p limpid-dtls --example udp -- serve 127.0.0.1:4433 [--cert FILE --key FILE] [--cookie] [--mutual] [--mtu N]
//! cargo run -p limpid-dtls --example udp -- connect 127.0.0.1:4433 [--cert FILE --key FILE] [--mtu N]
//! ```
//! `serve` echoes what one client says; `connect` says one line and prints the answer.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "an example may read the clock and give up"
)]

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use limpid_crypto::{Fingerprint, HashAlgorithm, Random};
use limpid_dtls::{Accepted, Acceptor, ClientAuth, Config, Endpoint, Event, Identity};
use limpid_sansio::{Instant, Machine};

struct Clock(std::time::Instant);

impl Clock {
    fn now(&self) -> Instant {
        Instant::from_nanos(self.0.elapsed().as_nanos() as u64)
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let option = |name: &str| args.iter().position(|arg| arg == name).map(|at| args[at + 1].clone());
    let flag = |name: &str| args.iter().any(|arg| arg == name);
    let address: SocketAddr = args[2].parse().unwrap();
    let clock = Clock(std::time::Instant::now());
    let provider = limpid_crypto::ring::provider();

    let identity = match (option("--cert"), option("--key")) {
        (Some(cert), Some(key)) => {
            let read = |path| std::fs::read_to_string(path).unwrap();
            Identity::from_pem(&provider, &read(cert), &read(key)).unwrap()
        }
        _ => {
            let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
            Identity::generate(&provider, &mut Random::from_seed(provider.seed()), wall).unwrap()
        }
    };
    println!("our fingerprint: {}", identity.fingerprint(HashAlgorithm::Sha256).unwrap());
    let mut config = Config::new(provider, provider.seed(), Arc::new(identity));
    config.mutual = if flag("--mutual") { ClientAuth::Required } else { ClientAuth::Requested };
    if let Some(mtu) = option("--mtu") {
        config.mtu = mtu.parse().unwrap();
    }

    if args[1] == "connect" {
        let socket = UdpSocket::bind((address.ip().to_canonical(), 0).into_any()).unwrap();
        socket.connect(address).unwrap();
        let endpoint = Endpoint::client(config, clock.now());
        run(endpoint, &socket, &clock, Some(b"hello from limpid\n"), &[]);
        return;
    }
    let socket = UdpSocket::bind(address).unwrap();
    let acceptor = Acceptor::new(provider, provider.seed());
    let (mut buffer, mut out) = (vec![0; 2048], Vec::new());
    loop {
        let (len, from) = socket.recv_from(&mut buffer).unwrap();
        let endpoint = if flag("--cookie") {
            out.clear();
            match acceptor.accept(clock.now(), from, &buffer[..len], &mut out) {
                Accepted::Reply(_) => {
                    socket.send_to(&out, from).unwrap();
                    continue;
                }
                Accepted::Hello { message_seq } => {
                    Endpoint::server_after_cookie(config.clone(), clock.now(), message_seq)
                }
                Accepted::Drop => continue,
            }
        } else {
            Endpoint::server(config.clone(), clock.now())
        };
        socket.connect(from).unwrap();
        return run(endpoint, &socket, &clock, None, &buffer[..len]);
    }
}

trait IntoAny {
    fn into_any(self) -> SocketAddr;
}

impl IntoAny for (std::net::IpAddr, u16) {
    fn into_any(self) -> SocketAddr {
        match self.0 {
            std::net::IpAddr::V4(_) => (std::net::Ipv4Addr::UNSPECIFIED, self.1).into(),
            std::net::IpAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, self.1).into(),
        }
    }
}

/// Drives one endpoint until it is over. Says `line` once, or else echoes.
fn run(mut endpoint: Endpoint, socket: &UdpSocket, clock: &Clock, line: Option<&[u8]>, first: &[u8]) {
    endpoint.accept_any_peer(clock.now());
    let mut buffer = vec![0; 65_536];
    buffer[..first.len()].copy_from_slice(first);
    let (mut len, mut out) = (first.len(), Vec::new());
    loop {
        let (now, mut rest) = (clock.now(), &mut buffer[..len]);
        let mut said = Vec::new();
        while !rest.is_empty() {
            match endpoint.handle_input(now, rest) {
                Ok(opened) => {
                    said.extend(opened.plaintext.map(|plaintext| plaintext.to_vec()));
                    rest = opened.rest;
                }
                Err(_) => break,
            }
        }
        let failed = endpoint.handle_timeout(now).err();
        while let Some(event) = endpoint.poll_event() {
            if event == Event::Verified {
                report(&endpoint);
                say(&mut endpoint, socket, line.unwrap_or_default());
            }
        }
        for text in &said {
            print!("> {}", String::from_utf8_lossy(text));
            if line.is_none() {
                say(&mut endpoint, socket, text);
            }
        }
        out.clear();
        while endpoint.poll_transmit(now, &mut out).is_some() {
            let _ = socket.send(&out);
            out.clear();
        }
        if endpoint.finished() {
            println!("over: {}", failed.map_or("closed".into(), |error| error.to_string()));
            return;
        }
        let wait = endpoint.poll_timeout().map_or(Duration::from_secs(1), |at| at.since(now));
        socket.set_read_timeout(Some(wait.max(Duration::from_millis(1)))).unwrap();
        len = socket.recv(&mut buffer).unwrap_or(0);
    }
}

fn say(endpoint: &mut Endpoint, socket: &UdpSocket, text: &[u8]) {
    let mut out = Vec::new();
    let record = endpoint.begin(&mut out);
    out.extend_from_slice(text);
    if !text.is_empty() && endpoint.seal(&mut out, record) > 0 {
        let _ = socket.send(&out);
    }
}

fn report(endpoint: &Endpoint) {
    let info = endpoint.info().unwrap();
    println!(
        "version: {:?}\nsuite: {}\ngroup: {:?}\nsrtp: {:?}",
        info.version, info.suite, info.group, info.srtp_profile
    );
    if let Some(der) = endpoint.peer_certificate() {
        let provider = limpid_crypto::ring::provider();
        println!("peer-fingerprint: {}", Fingerprint::of(&provider, HashAlgorithm::Sha256, der).unwrap());
    }
    let secret = endpoint.export("EXTRACTOR-dtls_srtp", None, 60).unwrap();
    println!("exporter: {}", secret.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
}
