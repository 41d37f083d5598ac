//! A seat in a room of the signalling server, for as long as it takes.

use std::net::IpAddr;

use limpid::IceServer;
use limpid_app::share::failure::Failure;
use limpid_crypto::{Provider, Random};
use limpid_signaling::client::{Backoff, Client, Error, Event, Joined};
use limpid_signaling::{Body, Role, Tags};

use crate::cmd::say::Trouble;

/// How often a broken signalling connection is dialled again.
const ATTEMPTS: u32 = 6;

/// A seat: the client, and what the server said when it was taken.
#[derive(Debug)]
pub(crate) struct Seat {
    client: Client,
    random: Random,
    backoff: Backoff,
    /// Our id.
    pub(crate) you: String,
    /// Who was there first.
    pub(crate) peers: Vec<String>,
    /// Servers that tell our address.
    pub(crate) ice_servers: Vec<IceServer>,
    /// The room's name.
    pub(crate) room: String,
}

impl Seat {
    /// Joins a room.
    pub(crate) async fn take(
        provider: &Provider,
        server: &str,
        room: String,
        role: Role,
    ) -> Result<Seat, Trouble> {
        let (client, joined) = Client::join(server, &room, role).await.map_err(trouble)?;
        let ice_servers =
            joined.ice.iter().flat_map(|server| &server.urls).filter_map(|url| stun_server(url));
        let ice_servers = ice_servers.collect();
        let random = Random::from_seed(provider.seed());
        let backoff = Backoff::default();
        Ok(Seat { client, random, backoff, you: joined.you, peers: joined.peers, ice_servers, room })
    }

    /// The next thing that happens. A connection that breaks is dialled again.
    pub(crate) async fn next(&mut self) -> Result<Event, Trouble> {
        loop {
            match self.client.next().await {
                Err(Error::Lost) => self.resume().await?,
                other => return other.map_err(trouble),
            }
        }
    }

    /// Says something to another member.
    pub(crate) async fn say(&mut self, to: &str, body: &Body) -> Result<(), Trouble> {
        match self.client.say(to, body).await {
            Err(Error::Lost) => {
                self.resume().await?;
                self.client.say(to, body).await.map_err(trouble)
            }
            other => other.map_err(trouble),
        }
    }

    /// The next thing that happens; `None`: the connection broke, and may [come back](Seat::come_back).
    pub(crate) async fn hear(&mut self) -> Result<Option<Event>, Trouble> {
        match self.client.next().await {
            Err(Error::Lost) => Ok(None),
            other => other.map(Some).map_err(trouble),
        }
    }

    /// Says something in a call; `false`: the connection broke.
    pub(crate) async fn say_with(&mut self, to: &str, body: &Body, tags: &Tags) -> Result<bool, Trouble> {
        match self.client.say_with(to, body, tags).await {
            Err(Error::Lost) => Ok(false),
            other => other.map(|()| true).map_err(trouble),
        }
    }

    /// One attempt to get the seat back, after a while that grows with each. `None`: not yet.
    pub(crate) async fn come_back(&mut self) -> Result<Option<Joined>, Trouble> {
        tokio::time::sleep(self.backoff.next(&mut self.random)).await;
        match self.client.resume().await {
            Ok(joined) => {
                self.backoff = Backoff::default();
                Ok(Some(joined))
            }
            Err(Error::Unreachable(_) | Error::Lost) => Ok(None),
            Err(error) => Err(trouble(error)),
        }
    }

    /// Leaves the room.
    pub(crate) async fn leave(self) {
        self.client.leave().await;
    }

    async fn resume(&mut self) -> Result<(), Trouble> {
        for _ in 0..ATTEMPTS {
            if self.come_back().await?.is_some() {
                return Ok(());
            }
        }
        Err(Failure::ServerUnreachable.into())
    }

    /// Keeps the seat warm until the result is dropped; then leaves.
    pub(crate) fn keep(self) -> Keeper {
        let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
        let mut client = self.client;
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    event = client.next() => if event.is_err() { return },
                    _ = &mut stopped => return client.leave().await,
                }
            }
        });
        Keeper { stop, task }
    }
}

/// A seat that nobody looks at any more. What happens on the signalling server does not matter to two peers that have met.
#[derive(Debug)]
pub(crate) struct Keeper {
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Keeper {
    /// Leaves the room.
    pub(crate) async fn leave(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// What a signalling error means to a user.
fn trouble(error: Error) -> Trouble {
    match error {
        Error::Address(_) => Failure::BadLink.into(),
        Error::Unreachable(_) | Error::Lost => Failure::ServerUnreachable.into(),
        Error::Certificate(_) => Failure::ServerCertificate.into(),
        Error::NotSignalling(_) => Failure::NotSignalling.into(),
        Error::Closed(code, _) => Failure::Server(code).into(),
        _ => Trouble::unexpected(error),
    }
}

/// `stun:HOST[:PORT]`; others (TURN) are not used yet.
fn stun_server(url: &str) -> Option<IceServer> {
    let rest = url.strip_prefix("stun:")?;
    if let Ok(address) = rest.parse() {
        return Some(IceServer::Address(address));
    }
    if let Ok(ip) = rest.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Some(IceServer::Address((ip, 3478).into()));
    }
    let (host, port) = rest.rsplit_once(':').unwrap_or((rest, "3478"));
    Some(IceServer::Name(host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stun_urls_name_addresses_or_hosts() {
        let address = |text: &str| Some(IceServer::Address(text.parse().unwrap()));
        assert_eq!(stun_server("stun:192.0.2.1:8080"), address("192.0.2.1:8080"));
        assert_eq!(stun_server("stun:[2001:db8::1]:8080"), address("[2001:db8::1]:8080"));
        assert_eq!(stun_server("stun:192.0.2.1"), address("192.0.2.1:3478"));
        assert_eq!(stun_server("stun:a.example:1"), Some(IceServer::Name("a.example".into(), 1)));
        assert_eq!(stun_server("turn:192.0.2.1:8080"), None);
    }
}
