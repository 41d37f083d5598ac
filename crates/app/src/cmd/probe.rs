//! `limpid probe`: offers to an echo endpoint and checks that every message comes back as it went.

mod media;
mod stamp;

use std::time::{Duration, Instant};

use limpid::{ChannelConfig, DataChannel, Kind, PeerConnection};
use serde_json::{Value, json};

use crate::cmd::echo::Negotiated;
use crate::cmd::offer::client::Session;
use crate::cmd::say::{Events, Trouble, cipher, millis, path};
use crate::cmd::trace::{Trace, TraceArgs};
use crate::cmd::unless_stopped;
use limpid_app::exit::Exit;

/// Offers to an echo endpoint and checks every message that comes back.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The endpoint; an empty path means /offer.
    url: String,
    /// How many messages.
    #[arg(long, default_value_t = 100)]
    messages: u32,
    /// Their size in bytes. Default: the sizes around every limit, then a mixture.
    #[arg(long, value_name = "BYTES")]
    size: Option<usize>,
    /// Over a channel that both sides agreed on: ID[:unordered][:rtx=N|:ms=N].
    #[arg(long, value_name = "CHANNEL")]
    negotiated: Option<Negotiated>,
    /// Restarts ICE in the middle.
    #[arg(long)]
    restart: bool,
    /// Sends sound (PCMU) and pictures (VP8) too, for that many seconds, and counts what comes back.
    #[arg(long, value_name = "S", num_args = 0..=1, default_missing_value = "5")]
    media: Option<u16>,
    /// Seconds after which it gives up.
    #[arg(long, value_name = "S", default_value_t = 30)]
    timeout: u64,
    #[command(flatten)]
    trace: TraceArgs,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

/// What was measured on the way up, in milliseconds since the start.
#[derive(Default)]
struct Measured {
    ice: f64,
    dtls: f64,
    channel: f64,
    round_trips: Vec<f64>,
    sent: u32,
    received: u32,
}

/// Runs one probe.
pub(crate) async fn run(args: Args) -> Exit {
    let events = Events::new(args.json);
    let time = Duration::from_secs(args.timeout);
    let trace = args.trace.start();
    let probed = tokio::time::timeout(time, unless_stopped(probe(&args, &events, &trace))).await;
    events.conclude(probed.unwrap_or_else(|_| Err(timed_out(args.timeout))))
}

fn timed_out(seconds: u64) -> Trouble {
    Trouble::new(Exit::NoPath, "timeout", format!("not done after {seconds} s"))
}

async fn probe(args: &Args, events: &Events, trace: &Trace) -> Result<Value, Trouble> {
    let start = Instant::now();
    let connection = trace.watch(PeerConnection::builder()).build().await.map_err(Trouble::unexpected)?;
    let config = match &args.negotiated {
        Some(channel) => channel.0.clone(),
        None => ChannelConfig { label: "probe".into(), ..Default::default() },
    };
    let channel = connection.create_data_channel_with(config).map_err(Trouble::unexpected)?;
    let media = args.media.map(|_| media::Media::add(&connection)).transpose()?;
    let session = Session::open(&connection, &args.url, Duration::from_secs(args.timeout)).await?;
    let mut measured = Measured::default();
    rise(&connection, &channel, start, &mut measured).await?;
    let (path, cipher) = (path(&connection), cipher(&connection));
    events.say("connected", &json!({ "path": path, "cipher": cipher, "peer": "unverified" }), || {
        format!("Connected in {:.1} ms", measured.channel)
    });
    let messages = messages(args, &connection, &channel, &session, &mut measured);
    let flows = async {
        match media {
            Some(media) => {
                media.run(Duration::from_secs(args.media.unwrap_or_default().into())).await.map(Some)
            }
            None => Ok(None),
        }
    };
    let ((), came) = tokio::try_join!(messages, flows)?;
    let mut result = report(&measured, path, cipher);
    if let (Some(came), Value::Object(members)) = (came, &mut result) {
        members.extend(came);
    }
    session.end().await;
    connection.close();
    Ok(result)
}

/// All messages, one after the other; and a new path in their middle if it is wanted.
async fn messages(
    args: &Args,
    connection: &PeerConnection,
    channel: &DataChannel,
    session: &Session,
    measured: &mut Measured,
) -> Result<(), Trouble> {
    let is_reliable = channel.details().is_none_or(|it| it.reliability == limpid::Reliability::Reliable);
    for (number, size) in sizes(args, connection).into_iter().enumerate() {
        if args.restart && number == args.messages as usize / 2 {
            connection.restart_ice().map_err(Trouble::unexpected)?;
            session.renegotiate(connection, Duration::from_secs(args.timeout)).await?;
        }
        exchange(channel, number as u32, size, is_reliable, measured).await?;
    }
    Ok(())
}

/// ICE, DTLS, channel: each with its time.
async fn rise(
    connection: &PeerConnection,
    channel: &DataChannel,
    start: Instant,
    measured: &mut Measured,
) -> Result<(), Trouble> {
    use limpid::{ConnectionState, Event};
    let elapsed = || millis(start.elapsed());
    loop {
        match connection.next_event().await {
            Some(Event::PathChanged) if measured.ice == 0.0 => measured.ice = elapsed(),
            Some(Event::ConnectionStateChanged(ConnectionState::Connected)) => break,
            Some(Event::ConnectionStateChanged(ConnectionState::Failed)) | None => {
                return Err(Trouble::of_connection(connection));
            }
            Some(_) => {}
        }
    }
    measured.dtls = elapsed();
    channel.opened().await.map_err(|_| Trouble::of_connection(connection))?;
    measured.channel = elapsed();
    Ok(())
}

/// The sizes around every limit first; then a mixture that depends on nothing but the number of the message.
fn sizes(args: &Args, connection: &PeerConnection) -> Vec<usize> {
    if let Some(size) = args.size {
        return vec![size; args.messages as usize];
    }
    let maximum = connection.max_message_size().unwrap_or(65_536);
    let edges = [0, 1, 1199, 1200, 1201, 16_384, 65_535, 65_536, maximum];
    let edges = edges.into_iter().filter(|size| *size <= maximum);
    let mixture = (0..args.messages).map(|number| (number as usize * 7919) % 20_000);
    edges.chain(mixture.map(|size| size.min(maximum))).take(args.messages as usize).collect()
}

/// Sends one message and takes what comes back: every third one is text.
async fn exchange(
    channel: &DataChannel,
    number: u32,
    size: usize,
    is_reliable: bool,
    measured: &mut Measured,
) -> Result<(), Trouble> {
    let (kind, payload) = message(number, size);
    let start = Instant::now();
    let sent = channel.send_bytes(kind, payload.clone().into()).await;
    sent.map_err(|error| Trouble::new(Exit::Interrupted, "send", format!("message {number}: {error}")))?;
    measured.sent += 1;
    let patience = if is_reliable { Duration::from_secs(3600) } else { Duration::from_millis(500) };
    let received = match tokio::time::timeout(patience, channel.recv()).await {
        Err(_) => return Ok(()), // an unreliable channel may lose it
        Ok(received) => received,
    };
    let Some(received) = received else {
        let message = format!("the channel closed before message {number} came back");
        return Err(Trouble::new(Exit::Interrupted, "closed", message));
    };
    if received.kind != kind || received.data != payload {
        let message = format!(
            "message {number} ({kind:?}, {size} bytes) came back as {:?}, {} bytes",
            received.kind,
            received.data.len()
        );
        return Err(Trouble::new(Exit::Damaged, "changed", message));
    }
    measured.received += 1;
    measured.round_trips.push(millis(start.elapsed()));
    Ok(())
}

/// A message that both ends can make: its number in front where it fits, then a pattern.
fn message(number: u32, size: usize) -> (Kind, Vec<u8>) {
    let mut state = number.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let is_text = number % 3 == 2;
    let bytes = (0..size).map(|at| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match (is_text, at) {
            (true, _) => b'a' + (state >> 24) as u8 % 26,
            (false, 0..4) => number.to_be_bytes()[at],
            (false, _) => (state >> 24) as u8,
        }
    });
    (if is_text { Kind::Text } else { Kind::Binary }, bytes.collect())
}

fn report(measured: &Measured, path: Value, cipher: Value) -> Value {
    let mut sorted = measured.round_trips.clone();
    sorted.sort_by(f64::total_cmp);
    let at = |part: usize| sorted.get(part).copied();
    json!({
        "ice_ms": measured.ice,
        "dtls_ms": measured.dtls,
        "channel_ms": measured.channel,
        "rtt_ms": { "min": at(0), "median": at(sorted.len() / 2), "max": sorted.last() },
        "sent": measured.sent,
        "received": measured.received,
        "path": path,
        "cipher": cipher,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_differ_by_number_and_texts_are_text() {
        let (kind, text) = message(2, 1000);
        assert_eq!(kind, Kind::Text);
        assert!(text.iter().all(u8::is_ascii_lowercase));
        let (kind, bytes) = message(7, 1000);
        assert_eq!((kind, &bytes[..4]), (Kind::Binary, &[0, 0, 0, 7][..]));
        assert_ne!(message(8, 1000).1, bytes);
        assert_eq!(message(0, 0).1.len(), 0);
    }
}
