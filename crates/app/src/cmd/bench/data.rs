//! `limpid bench data`: throughput of one reliable, ordered channel.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use limpid::{DataChannel, Kind, PeerConnection, Port};
use serde_json::{Value, json};

use super::pair::Pair;
use super::relay::Link;
use super::usage::cpu_seconds;
use crate::cmd::offer::client::Session;
use crate::cmd::offer::server::{Host, serve};
use crate::cmd::say::{Events, Trouble, millis};
use limpid_app::exit::Exit;

/// Throughput of one reliable, ordered channel between two peers over loopback UDP.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Bytes a message.
    #[arg(long, value_name = "BYTES", default_value_t = 65_536)]
    size: usize,
    /// How long to measure, after one second of warming up.
    #[arg(long, value_name = "S", default_value_t = 5)]
    seconds: u64,
    /// A relay in between: milliseconds there and back.
    #[arg(long, value_name = "MS")]
    rtt: Option<f64>,
    /// A relay in between: per cent of the datagrams lost, each way.
    #[arg(long, value_name = "PCT")]
    loss: Option<f64>,
    /// A relay in between: megabits a second, each way.
    #[arg(long, value_name = "MBIT")]
    rate: Option<f64>,
    /// A relay in between: milliseconds that may wait for the link. Default: one round trip.
    #[arg(long, value_name = "MS")]
    queue: Option<f64>,
    /// Receives from another process.
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["connect", "rtt", "loss", "rate", "queue"])]
    listen: Option<SocketAddr>,
    /// Sends to another process.
    #[arg(long, value_name = "URL", conflicts_with_all = ["rtt", "loss", "rate", "queue"])]
    connect: Option<String>,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

impl Args {
    fn link(&self) -> Option<Link> {
        self.rtt.or(self.loss).or(self.rate).or(self.queue)?;
        let rtt = self.rtt.unwrap_or(0.0);
        let millis = |ms: f64| Duration::from_secs_f64(ms.max(0.0) / 1000.0);
        Some(Link {
            delay: millis(rtt / 2.0),
            loss: self.loss.unwrap_or(0.0) / 100.0,
            rate: self.rate.unwrap_or(0.0) * 1e6,
            queue: millis(self.queue.unwrap_or(rtt).max(1.0)),
        })
    }
}

/// Runs one measurement.
pub(crate) async fn run(args: Args) -> Exit {
    let events = Events::new(args.json);
    let result = match (args.listen, &args.connect) {
        (Some(listen), _) => {
            let received = receive(listen, &events).await;
            return received.unwrap_or_else(|trouble| events.fail(&trouble));
        }
        (None, Some(url)) => send(&args, url).await,
        (None, None) => within_process(&args).await,
    };
    events.conclude(result)
}

async fn within_process(args: &Args) -> Result<Value, Trouble> {
    let start = Instant::now();
    let pair = Pair::open(args.link(), None).await?;
    let setup = start.elapsed();
    let received = Arc::new(AtomicU64::new(0));
    let receiver = tokio::spawn(count(pair.to, received.clone()));
    let sender = tokio::spawn(fill(pair.from, args.size));
    let measured = watch(args.seconds, || received.load(Ordering::Relaxed)).await;
    sender.abort();
    receiver.abort();
    Ok(report(measured, setup, pair.right.port(), pair.left.stats()))
}

/// Sends for ever.
async fn fill(channel: DataChannel, size: usize) -> Result<(), limpid::Error> {
    let message = Bytes::from(vec![0x5a; size]);
    loop {
        match size {
            0..=1024 => channel.send(&message).await?,
            _ => channel.send_bytes(Kind::Binary, message.clone()).await?,
        }
    }
}

/// Counts what arrives.
async fn count(channel: DataChannel, received: Arc<AtomicU64>) {
    while let Some(message) = channel.recv().await {
        received.fetch_add(message.data.len() as u64, Ordering::Relaxed);
    }
}

/// What was counted: bytes in each second, and processor seconds.
struct Measured {
    windows: Vec<f64>,
    bytes: u64,
    seconds: f64,
    cpu: f64,
}

/// Leaves out the first second, then looks once a second.
async fn watch(seconds: u64, received: impl Fn() -> u64) -> Measured {
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (start, first, cpu) = (Instant::now(), received(), cpu_seconds());
    let (mut last, mut last_at) = (first, start);
    let mut windows = Vec::new();
    for window in 1..=seconds {
        tokio::time::sleep_until((start + Duration::from_secs(window)).into()).await;
        let (bytes, at) = (received(), Instant::now());
        windows.push((bytes - last) as f64 / 1e6 / (at - last_at).as_secs_f64());
        (last, last_at) = (bytes, at);
    }
    let cpu = cpu_seconds() - cpu;
    Measured { windows, bytes: last - first, seconds: (last_at - start).as_secs_f64(), cpu }
}

fn report(measured: Measured, setup: Duration, port: &Port, stats: Option<limpid::Stats>) -> Value {
    let round = |value: f64| (value * 1000.0).round() / 1000.0;
    let buffers = port.buffer_sizes();
    let sctp = stats.and_then(|stats| stats.sctp).unwrap_or_default();
    json!({
        "mb_per_s": round(measured.bytes as f64 / 1e6 / measured.seconds),
        "cpu_s_per_gb": round(measured.cpu / (measured.bytes.max(1) as f64 / 1e9)),
        "setup_ms": millis(setup),
        "windows": measured.windows.iter().copied().map(round).collect::<Vec<_>>(),
        "rcvbuf": buffers.receive,
        "sndbuf": buffers.send,
        "mtu": limpid::MAX_DATAGRAM,
        "retransmits": sctp.retransmits,
        "fast_recoveries": sctp.fast_recoveries,
        "timeouts": sctp.timeouts,
        "probes": sctp.probes,
        "srtt_ms": sctp.srtt.map(millis),
        "cwnd": sctp.cwnd,
    })
}

struct Sink;

impl Host for Sink {
    async fn connection(&self) -> Result<(PeerConnection, Vec<DataChannel>), limpid::Error> {
        Ok((PeerConnection::new().await?, Vec::new()))
    }

    /// Tells, every tenth of a second, how much has arrived: the other side reports it.
    async fn serve(&self, connection: Arc<PeerConnection>, _: Vec<DataChannel>) {
        let (Some(data), Some(control)) = (connection.next_channel().await, connection.next_channel().await)
        else {
            return;
        };
        let received = Arc::new(AtomicU64::new(0));
        let counter = tokio::spawn(count(data, received.clone()));
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tick.tick().await;
            if control.send_text(&received.load(Ordering::Relaxed).to_string()).await.is_err() {
                break;
            }
        }
        counter.abort();
    }
}

async fn receive(listen: SocketAddr, events: &Events) -> Result<Exit, Trouble> {
    let listener = tokio::net::TcpListener::bind(listen).await;
    let listener = listener.map_err(|error| Trouble::cannot_listen(listen, error))?;
    serve(Sink, listener, 16, events, "Receiving").await
}

async fn send(args: &Args, url: &str) -> Result<Value, Trouble> {
    let start = Instant::now();
    let connection = PeerConnection::new().await.map_err(Trouble::unexpected)?;
    let data = connection.create_data_channel("data").map_err(Trouble::unexpected)?;
    let control = connection.create_data_channel("control").map_err(Trouble::unexpected)?;
    let session = Session::open(&connection, url, Duration::from_secs(10)).await?;
    control.opened().await.map_err(|_| Trouble::of_connection(&connection))?;
    let setup = start.elapsed();
    let received = Arc::new(AtomicU64::new(0));
    let told = received.clone();
    let listener = tokio::spawn(async move {
        while let Some(message) = control.recv().await {
            if let Some(bytes) = message.text().and_then(|text| text.parse().ok()) {
                told.store(bytes, Ordering::Relaxed);
            }
        }
    });
    let sender = tokio::spawn(fill(data, args.size));
    let measured = watch(args.seconds, || received.load(Ordering::Relaxed)).await;
    sender.abort();
    listener.abort();
    let report = report(measured, setup, connection.port(), connection.stats());
    session.end().await;
    Ok(report)
}
