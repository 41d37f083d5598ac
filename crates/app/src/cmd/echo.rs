//! `limpid echo`: answers offers and sends back every message and every frame as it came.

pub(crate) mod clock;
mod tracks;

use std::net::SocketAddr;
use std::sync::Arc;

use limpid::{BindOptions, ChannelConfig, DataChannel, PeerConnection, Port, Reliability, Unannounced};

use crate::cmd::offer::server::{Host, serve};
use crate::cmd::say::{Events, Trouble};
use crate::cmd::trace::{Trace, TraceArgs};
use limpid_app::exit::Exit;

/// Answers offers over HTTP and sends back every message, and all sound and pictures, as they came.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Where to listen for offers (HTTP) and for peers (UDP).
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// How many connections at most.
    #[arg(long, default_value_t = 256)]
    max: usize,
    /// A channel that both sides agreed on: ID[:unordered][:rtx=N|:ms=N]. May be given several times.
    #[arg(long, value_name = "CHANNEL")]
    negotiated: Vec<Negotiated>,
    #[command(flatten)]
    trace: TraceArgs,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

/// A channel that both sides agreed on, as the command line says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Negotiated(pub ChannelConfig);

impl std::str::FromStr for Negotiated {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split(':');
        let id = words.next().unwrap_or_default();
        let id: u16 = id.parse().map_err(|_| format!("{id:?} is no stream id from 0 to 65534"))?;
        let mut config =
            ChannelConfig { label: "negotiated".into(), negotiated: Some(id), ..Default::default() };
        for word in words {
            match word.split_once('=') {
                None if word == "unordered" => config.ordered = false,
                Some(("rtx", n)) => config.reliability = Reliability::Retransmits(number(n)?),
                Some(("ms", n)) => config.reliability = Reliability::Lifetime(number(n)?),
                _ => return Err(format!("{word:?} is none of unordered, rtx=N, ms=N")),
            }
        }
        Ok(Negotiated(config))
    }
}

fn number(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("{text:?} is no number from 0 to 65535"))
}

struct Echo {
    port: Arc<Port>,
    trace: Arc<Trace>,
    negotiated: Vec<Negotiated>,
}

impl Host for Echo {
    async fn connection(&self) -> Result<(PeerConnection, Vec<DataChannel>), limpid::Error> {
        let builder = PeerConnection::builder().port(&self.port).unannounced(Unannounced::AcceptReliable);
        let connection = self.trace.watch(builder).build().await?;
        let channels = self.negotiated.iter();
        let channels = channels.map(|channel| connection.create_data_channel_with(channel.0.clone()));
        let channels = channels.collect::<Result<_, _>>()?;
        Ok((connection, channels))
    }

    fn prepare_answer(&self, connection: &PeerConnection) {
        tracks::agree_to_send(connection);
    }

    async fn serve(&self, connection: Arc<PeerConnection>, channels: Vec<DataChannel>) {
        let tracks = tokio::spawn(tracks::send_back_all(connection.clone()));
        channels.into_iter().for_each(|channel| drop(tokio::spawn(send_back(channel))));
        while let Some(channel) = connection.next_channel().await {
            tokio::spawn(send_back(channel));
        }
        let _ = tracks.await; // it ends with the connection
    }
}

async fn send_back(channel: DataChannel) {
    while let Some(message) = channel.recv().await {
        if channel.send_bytes(message.kind, message.data).await.is_err() {
            return;
        }
    }
}

/// Runs until interrupted.
pub(crate) async fn run(args: Args) -> Exit {
    let events = Events::new(args.json);
    echo(args, &events).await.unwrap_or_else(|trouble| events.fail(&trouble))
}

async fn echo(args: Args, events: &Events) -> Result<Exit, Trouble> {
    let listener = tokio::net::TcpListener::bind(args.listen).await;
    let listener = listener.map_err(|error| Trouble::cannot_listen(args.listen, error))?;
    let listen = listener.local_addr().map_err(Trouble::unexpected)?;
    let port = Port::bind(for_peers(listen)).await.map_err(Trouble::unexpected)?;
    let trace = Arc::new(args.trace.start());
    let echo = Echo { port, trace: trace.clone(), negotiated: args.negotiated };
    let ended = serve(echo, listener, args.max, events, "Echoing").await;
    trace.finish(); // sessions may live on for a moment, and hold it
    ended
}

/// Where peers reach us. Offers that only come from this machine come from peers that have its other addresses too, and
/// leave loopback out where they have any.
fn for_peers(listen: SocketAddr) -> BindOptions {
    if listen.ip().is_loopback() { BindOptions::default() } else { BindOptions::on([listen]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negotiated_channel_is_spelled_as_the_protocol_says() {
        let parse = |text: &str| text.parse::<Negotiated>().map(|channel| channel.0);
        let partial = parse("7:unordered:rtx=0").unwrap();
        assert_eq!((partial.negotiated, partial.ordered), (Some(7), false));
        assert_eq!(partial.reliability, Reliability::Retransmits(0));
        assert_eq!(parse("0:ms=500").unwrap().reliability, Reliability::Lifetime(500));
        assert!(parse("x").is_err() && parse("1:fast").is_err() && parse("1:rtx=70000").is_err());
    }
}
