//! The other end of `bench media`: a process of its own that answers offers, takes frames and counts them, so that what
//! receiving costs is not held against the sender. One JSON object a line: `offer`, `count` or `report` in;
//! `answer`, nothing or counts out.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use limpid::{
    BindOptions, Description, DescriptionKind, Identity, LoopbackPolicy, PeerConnection, ReportKind,
};
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::picture::Stamp;
use crate::cmd::say::Trouble;
use limpid_app::exit::Exit;

/// The process, as the sender holds it. It ends with its handle.
pub(super) struct Receivers {
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Receivers {
    /// Starts it.
    pub(super) fn start() -> Result<Self, Trouble> {
        let program = std::env::current_exe().map_err(Trouble::unexpected)?;
        let mut command = Command::new(program);
        command.args(["bench", "media", "--receive"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn().map_err(Trouble::unexpected)?;
        let (Some(to), Some(from)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Trouble::unexpected("a process without pipes"));
        };
        Ok(Receivers { to, from: BufReader::new(from).lines(), _process: process })
    }

    /// One more receiver takes this offer; its answer.
    pub(super) async fn answer(&mut self, offer: Description) -> Result<Description, Trouble> {
        let reply = self.ask(&json!({ "offer": offer.sdp })).await?;
        let sdp =
            reply["answer"].as_str().ok_or_else(|| Trouble::unexpected(format!("no answer: {reply}")))?;
        Ok(Description { kind: DescriptionKind::Answer, sdp: sdp.to_owned() })
    }

    /// From here on they count.
    pub(super) async fn count(&mut self) -> Result<(), Trouble> {
        self.ask(&json!({ "count": true })).await.map(drop)
    }

    /// What all of them have counted.
    pub(super) async fn report(&mut self) -> Result<Value, Trouble> {
        self.ask(&json!({ "report": true })).await
    }

    async fn ask(&mut self, question: &Value) -> Result<Value, Trouble> {
        say(&mut self.to, question).await.map_err(Trouble::unexpected)?;
        let line = self.from.next_line().await.map_err(Trouble::unexpected)?;
        let line = line.ok_or_else(|| Trouble::unexpected("the receiving process has ended"))?;
        serde_json::from_str(&line).map_err(Trouble::unexpected)
    }
}

/// Is that process, until standard input ends.
pub(super) async fn run() -> Exit {
    let input = BufReader::new(tokio::io::stdin()).lines();
    match serve(input, tokio::io::stdout()).await {
        Ok(()) => Exit::Ok,
        Err(trouble) => {
            eprintln!("{}", trouble.message);
            trouble.exit
        }
    }
}

async fn serve(
    mut input: Lines<impl AsyncBufRead + Unpin>,
    mut output: impl AsyncWrite + Unpin,
) -> Result<(), Trouble> {
    let identity = limpid::new_identity(&limpid_crypto::ring::provider()).map_err(Trouble::unexpected)?;
    let mut receivers = Vec::new();
    while let Some(line) = input.next_line().await.map_err(Trouble::unexpected)? {
        let question: Value = serde_json::from_str(&line).map_err(Trouble::unexpected)?;
        let reply = match question["offer"].as_str() {
            Some(offer) => {
                let (receiver, answer) = Receiver::open(&identity, offer).await?;
                receivers.push(receiver);
                json!({ "answer": answer })
            }
            None if question["count"] == true => {
                receivers.iter_mut().for_each(Receiver::count);
                json!({})
            }
            None => report(&receivers),
        };
        say(&mut output, &reply).await.map_err(Trouble::unexpected)?;
    }
    Ok(())
}

async fn say(to: &mut (impl AsyncWrite + Unpin), message: &Value) -> std::io::Result<()> {
    to.write_all(format!("{message}\n").as_bytes()).await?;
    to.flush().await
}

/// One that watches.
struct Receiver {
    connection: Arc<PeerConnection>,
    /// What there had been of packets when it was told to count.
    before: [f64; 3],
    seen: Arc<Mutex<Seen>>,
}

/// What one has seen of the frames that count.
#[derive(Clone, Default)]
struct Seen {
    frames: u64,
    /// Nanoseconds from writing to reading.
    latencies: Vec<u64>,
}

impl Receiver {
    async fn open(identity: &Arc<Identity>, offer: &str) -> Result<(Self, String), Trouble> {
        let loopback = (Ipv4Addr::LOCALHOST, 0).into();
        let builder = PeerConnection::builder().identity(identity.clone()).loopback(LoopbackPolicy::Always);
        let connection = builder.bind(BindOptions::on([loopback])).build().await;
        let connection = Arc::new(connection.map_err(Trouble::unexpected)?);
        let offer = Description { kind: DescriptionKind::Offer, sdp: offer.to_owned() };
        let answer = connection.answer(offer).await.map_err(Trouble::unexpected)?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        tokio::spawn(watch(connection.clone(), seen.clone()));
        Ok((Receiver { connection, before: [0.0; 3], seen }, answer.sdp))
    }

    fn count(&mut self) {
        self.before = self.packets();
    }

    /// Since it was told to count.
    fn counted(&self) -> [f64; 3] {
        let packets = self.packets();
        std::array::from_fn(|at| packets[at] - self.before[at])
    }

    /// From the start: packets that came, that never came, and that were asked for again.
    fn packets(&self) -> [f64; 3] {
        let stats = self.connection.get_stats().unwrap_or_default();
        let stream = stats.of(ReportKind::InboundRtp).next();
        ["packetsReceived", "packetsLost", "nackCount"]
            .map(|name| stream.and_then(|stream| stream.number_of(name)).unwrap_or(0.0))
    }
}

async fn watch(connection: Arc<PeerConnection>, seen: Arc<Mutex<Seen>>) {
    let Some(track) = connection.next_track().await else { return };
    while let Some(frame) = track.recv().await {
        let Some(stamp) = Stamp::of(&frame.data).filter(|stamp| stamp.counts) else { continue };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.frames += 1;
        seen.latencies.push(stamp.age());
    }
}

fn report(receivers: &[Receiver]) -> Value {
    let lock = |receiver: &Receiver| receiver.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let seen: Vec<Seen> = receivers.iter().map(lock).collect();
    let mut latencies: Vec<u64> = seen.iter().flat_map(|seen| seen.latencies.iter().copied()).collect();
    latencies.sort_unstable();
    let packets = receivers.iter().map(Receiver::counted);
    let [received, lost, nacked] =
        packets.fold([0.0; 3], |sum, one| std::array::from_fn(|at| sum[at] + one[at]));
    json!({
        "frames": seen.iter().map(|seen| seen.frames).sum::<u64>(),
        "packets": { "received": received as i64, "lost": lost as i64, "nacked": nacked as i64 },
        "latency_ms": {
            "p50": quantile(&latencies, 50),
            "p99": quantile(&latencies, 99),
            "max": quantile(&latencies, 100),
        },
    })
}

/// The value that so many of a hundred do not exceed, in milliseconds.
fn quantile(sorted: &[u64], per_cent: usize) -> Option<f64> {
    let at = (sorted.len() * per_cent).div_ceil(100).checked_sub(1)?;
    Some((*sorted.get(at)? as f64 / 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let values: Vec<u64> = (1..=200).map(|ms| ms * 1_000_000).collect();
        assert_eq!(quantile(&values, 50), Some(100.0));
        assert_eq!(quantile(&values, 99), Some(198.0));
        assert_eq!(quantile(&values, 100), Some(200.0));
        assert_eq!(quantile(&values[..1], 50), Some(1.0));
        assert_eq!(quantile(&[], 50), None);
    }
}
