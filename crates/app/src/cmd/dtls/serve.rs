//! `limpid dtls serve`: the server's end, for any number of clients.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use limpid_app::exit::Exit;
use limpid_dtls::{Accepted, Acceptor, ClientAuth, Config, Endpoint, Event};
use limpid_sansio::Machine;
use serde_json::json;
use tokio::net::UdpSocket;

use super::Common;
use super::describe::{describe, lines};
use super::link::{Clock, feed, flush, say};
use crate::cmd::say::{Events, Trouble};
use crate::cmd::stopped;

/// Clients at a time: who comes later is left alone until somebody goes.
const MAX_CLIENTS: usize = 1024;

/// Takes any number of clients and sends back their records.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Where to listen.
    address: SocketAddr,
    /// Lets clients prove their address first (RFC 6347 §4.2.1).
    #[arg(long)]
    cookie: bool,
    /// Requires a client certificate; otherwise one is only asked for.
    #[arg(long)]
    mutual: bool,
    #[command(flatten)]
    common: Common,
}

struct Server<'a> {
    socket: UdpSocket,
    clock: Clock,
    config: Config,
    common: Common,
    events: &'a Events,
    acceptor: Option<Acceptor>,
    clients: BTreeMap<SocketAddr, Endpoint>,
}

/// Runs until interrupted.
pub(crate) async fn run(args: Args) -> Exit {
    let events = Events::new(args.common.json);
    let stopped = stopped();
    let mut server = match start(args, &events).await {
        Ok(server) => server,
        Err(trouble) => return events.fail(&trouble),
    };
    tokio::select! {
        () = server.serve() => Exit::Ok,
        exit = stopped => {
            server.say_goodbye().await;
            exit
        }
    }
}

async fn start(args: Args, events: &Events) -> Result<Server<'_>, Trouble> {
    let config =
        args.common.config(if args.mutual { ClientAuth::Required } else { ClientAuth::Requested })?;
    let socket = UdpSocket::bind(args.address).await;
    let socket = socket.map_err(|error| Trouble::cannot_listen(args.address, error))?;
    let listen = socket.local_addr().map_err(Trouble::unexpected)?;
    events.say("listening", &json!({ "listen": listen.to_string() }), || format!("Listening at {listen}"));
    let acceptor = args.cookie.then(|| Acceptor::new(config.provider, config.provider.seed()));
    let clients = BTreeMap::new();
    Ok(Server { socket, clock: Clock::start(), config, common: args.common, events, acceptor, clients })
}

impl Server<'_> {
    async fn serve(&mut self) {
        let mut buffer = vec![0; 65_536];
        loop {
            let due = self.clients.values().filter_map(Endpoint::poll_timeout).min();
            tokio::select! {
                received = self.socket.recv_from(&mut buffer) => {
                    if let Ok((len, from)) = received {
                        self.datagram(from, &mut buffer[..len]).await;
                    }
                }
                () = tokio::time::sleep(self.clock.until(due)) => self.timeouts().await,
            }
        }
    }

    async fn datagram(&mut self, from: SocketAddr, datagram: &mut [u8]) {
        if !self.clients.contains_key(&from) && !self.welcome(from, datagram).await {
            return;
        }
        let now = self.clock.now();
        let Some(client) = self.clients.get_mut(&from) else { return };
        let mut received = Vec::new();
        let fed = feed(client, now, datagram, |data| received.push(data.to_vec()));
        while let Some(event) = client.poll_event() {
            if event == Event::Verified {
                tell(client, &self.common, self.events, from);
            }
        }
        flush(client, now, &self.socket, from).await;
        for data in received {
            say(client, &self.socket, from, &data).await;
        }
        if let Err(error) = fed {
            let trouble = Trouble::of_handshake(error);
            let members =
                json!({ "client": from.to_string(), "error": trouble.slug, "message": trouble.message });
            self.events.say("failed", &members, || format!("{from}: {}", trouble.message));
        }
        if self.clients.get(&from).is_some_and(Endpoint::finished) {
            self.clients.remove(&from);
        }
    }

    /// A stranger: with cookies, nothing is kept before it has shown that it receives at its address.
    async fn welcome(&mut self, from: SocketAddr, datagram: &[u8]) -> bool {
        if self.clients.len() >= MAX_CLIENTS {
            return false;
        }
        let now = self.clock.now();
        let mut config = self.config.clone();
        config.seed = config.provider.seed();
        let mut endpoint = match &self.acceptor {
            None => Endpoint::server(config, now),
            Some(acceptor) => {
                let mut out = Vec::new();
                match acceptor.accept(now, from, datagram, &mut out) {
                    Accepted::Hello { message_seq } => {
                        Endpoint::server_after_cookie(config, now, message_seq)
                    }
                    Accepted::Reply(_) => {
                        let _ = self.socket.send_to(&out, from).await;
                        return false;
                    }
                    Accepted::Drop => return false,
                }
            }
        };
        endpoint.accept_any_peer(now);
        self.clients.insert(from, endpoint);
        true
    }

    async fn timeouts(&mut self) {
        let now = self.clock.now();
        for (address, client) in &mut self.clients {
            // Who fails here has been silent for too long; its end shows below.
            let _ = client.handle_timeout(now);
            flush(client, now, &self.socket, *address).await;
        }
        self.clients.retain(|_, client| !client.finished());
    }

    async fn say_goodbye(&mut self) {
        let now = self.clock.now();
        for (address, client) in &mut self.clients {
            client.close(now);
            flush(client, now, &self.socket, *address).await;
        }
    }
}

fn tell(client: &Endpoint, common: &Common, events: &Events, from: SocketAddr) {
    let Ok(mut description) = describe(client, common) else { return };
    if common.json {
        description["client"] = from.to_string().into();
        events.say("connected", &description, String::new);
    } else {
        println!("client: {from}\n{}", lines(&description));
    }
}
