//! `limpid bench media`: one stream of pictures sent to many on one thread, each with ICE, DTLS and SRTP of its own.

mod picture;
mod receivers;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use limpid::limpid_rtp::bwe::Limits;
use limpid::limpid_rtp::codec::Format;
use limpid::{
    BindOptions, Direction, Frame, Identity, LoopbackPolicy, MediaKind, PeerConnection, Port, ReportKind,
    Transceiver, TransceiverInit,
};
use serde_json::{Value, json};
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;

use self::picture::{Pictures, Stamp};
use self::receivers::Receivers;
use super::usage::cpu_seconds;
use crate::cmd::say::{Events, Trouble, millis};
use crate::cmd::unless_stopped;
use limpid_app::exit::Exit;

/// One stream of pictures sent to many over loopback UDP: the sender on one thread, the receivers in another process.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// How many receivers, each with a connection of its own.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    peers: u16,
    /// Bits a second for each of them. The estimate of the path is kept above.
    #[arg(long, value_name = "BITS", default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(16_000..=1_000_000_000))]
    rate: u64,
    /// Seconds to measure, after two seconds of warming up.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    duration: u32,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
    /// Is the other process.
    #[arg(long, hide = true)]
    receive: bool,
}

const FRAMES_PER_SECOND: u32 = 30;
/// How long it sends before it measures.
const WARM_UP: Duration = Duration::from_secs(2);
/// How long the last frames may take.
const GRACE: Duration = Duration::from_millis(1500);

/// Runs one measurement.
pub(crate) async fn run(args: Args) -> Exit {
    if args.receive {
        return receivers::run().await;
    }
    let events = Events::new(args.json);
    // A runtime of its own: all that the sender does happens on this one thread.
    let done = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(Trouble::unexpected)?.block_on(unless_stopped(measure(&args)))
    });
    events.conclude(done.await.unwrap_or_else(|panic| Err(Trouble::unexpected(panic))))
}

async fn measure(args: &Args) -> Result<Value, Trouble> {
    let start = Instant::now();
    let mut receivers = Receivers::start()?;
    let bind = BindOptions::on([(Ipv4Addr::LOCALHOST, 0).into()]);
    let port = Port::bind(bind).await.map_err(Trouble::unexpected)?;
    let identity = limpid::new_identity(&limpid_crypto::ring::provider()).map_err(Trouble::unexpected)?;
    let wants_key = Arc::new(AtomicBool::new(true));
    let mut watched = Vec::new();
    for _ in 0..args.peers {
        watched.push(Watched::open(&port, &identity, args.rate, &wants_key, &mut receivers).await?);
    }
    let setup = start.elapsed();
    let mut show = Show {
        pictures: Pictures::new(args.rate, FRAMES_PER_SECOND.into()),
        watched,
        wants_key,
        counts: false,
        refused: 0,
    };
    let measured = show.run(Duration::from_secs(args.duration.into()), &mut receivers).await?;
    let lost = show.watched.iter().find(|one| one.connection.path().is_none());
    if let Some(lost) = lost {
        return Err(Trouble::of_connection(&lost.connection));
    }
    let seen = receivers.report().await?;
    Ok(report(args, &measured, &seen, setup))
}

/// One that is sent to.
struct Watched {
    connection: PeerConnection,
    track: Transceiver,
    listener: AbortHandle,
}

impl Watched {
    async fn open(
        port: &Arc<Port>,
        identity: &Arc<Identity>,
        rate: u64,
        wants_key: &Arc<AtomicBool>,
        receivers: &mut Receivers,
    ) -> Result<Self, Trouble> {
        // The rate is given, not followed: the estimate moves where it does not stand in the way.
        let limits = Limits { min: rate + rate / 4, start: rate + rate / 2, max: rate * 2 };
        let builder = PeerConnection::builder().port(port).identity(identity.clone()).bitrate(limits);
        let connection = builder.loopback(LoopbackPolicy::Always).build().await;
        let connection = connection.map_err(Trouble::unexpected)?;
        let init = TransceiverInit {
            direction: Direction::SendOnly,
            streams: vec!["bench".into()],
            ..TransceiverInit::default()
        };
        let track = connection.add_transceiver(MediaKind::Video, init).map_err(Trouble::unexpected)?;
        let offer = connection.offer().await.map_err(Trouble::unexpected)?;
        let answer = receivers.answer(offer).await?;
        connection.set_remote_description(answer).map_err(Trouble::unexpected)?;
        connection.connected().await.map_err(|_| Trouble::of_connection(&connection))?;
        if !track.send_as(Format::Vp8) {
            return Err(Trouble::unexpected("the receiver does not take VP8"));
        }
        let listener = tokio::spawn(listen(track.clone(), wants_key.clone())).abort_handle();
        Ok(Watched { connection, track, listener })
    }

    fn sent(&self) -> Sent {
        let stats = self.connection.get_stats().unwrap_or_default();
        let stream = stats.of(ReportKind::OutboundRtp).next();
        let count = |name| stream.and_then(|stream| stream.count_of(name)).unwrap_or(0);
        Sent {
            packets: count("packetsSent"),
            bytes: count("bytesSent") + count("headerBytesSent"),
            retransmitted: count("retransmittedPacketsSent"),
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Who can not go on without a key frame gets one, and all others with it: there is one encoder.
async fn listen(track: Transceiver, wants_key: Arc<AtomicBool>) {
    loop {
        track.key_frame_requested().await;
        wants_key.store(true, Ordering::Relaxed);
    }
}

/// What left, by the counts of the streams.
#[derive(Copy, Clone, Default)]
struct Sent {
    packets: u64,
    /// Of RTP, protection left out.
    bytes: u64,
    retransmitted: u64,
}

impl Sent {
    fn and(self, other: Sent) -> Sent {
        Sent {
            packets: self.packets + other.packets,
            bytes: self.bytes + other.bytes,
            retransmitted: self.retransmitted + other.retransmitted,
        }
    }

    fn since(self, before: Sent) -> Sent {
        Sent {
            packets: self.packets - before.packets,
            bytes: self.bytes - before.bytes,
            retransmitted: self.retransmitted - before.retransmitted,
        }
    }
}

/// The stream, and all who watch it.
struct Show {
    pictures: Pictures,
    watched: Vec<Watched>,
    wants_key: Arc<AtomicBool>,
    /// Frames that are written now belong to what is measured.
    counts: bool,
    /// Frames that a connection did not take, while it counts.
    refused: u64,
}

/// What was measured on our side.
struct Measured {
    sent: Sent,
    frames: u64,
    refused: u64,
    seconds: f64,
    cpu: f64,
}

impl Show {
    /// Sends at the rate, first to warm up. Both sides count from a moment at which nothing is on its way.
    async fn run(&mut self, time: Duration, receivers: &mut Receivers) -> Result<Measured, Trouble> {
        let frames = |time: Duration| (time.as_secs_f64() * f64::from(FRAMES_PER_SECOND)).round() as u32;
        let (warm, all) = (frames(WARM_UP), frames(WARM_UP + time));
        let mut tick = tokio::time::interval(Duration::from_secs(1) / FRAMES_PER_SECOND);
        // A frame that is late is late, and the next one is not.
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in 0..warm {
            tick.tick().await;
            self.frame(number);
        }
        tick.tick().await;
        receivers.count().await?;
        self.counts = true;
        let (before, start, cpu) = (self.sent(), Instant::now(), cpu_seconds());
        for number in warm..all {
            self.frame(number);
            tick.tick().await;
        }
        let cpu = cpu_seconds() - cpu;
        let seconds = start.elapsed().as_secs_f64();
        tokio::time::sleep(GRACE).await;
        let frames = u64::from(all - warm) * self.watched.len() as u64;
        Ok(Measured { sent: self.sent().since(before), frames, refused: self.refused, seconds, cpu })
    }

    fn frame(&mut self, number: u32) {
        let is_key = self.wants_key.swap(false, Ordering::Relaxed);
        let stamp = Stamp::now(number.into(), self.counts);
        let data = self.pictures.stamped(is_key, &stamp);
        let at = Duration::from_secs(number.into()) / FRAMES_PER_SECOND;
        let refused = self.watched.iter().filter(|one| one.track.write(&Frame::new(at, data)).is_err());
        self.refused += refused.count() as u64 * u64::from(self.counts);
    }

    fn sent(&self) -> Sent {
        self.watched.iter().map(Watched::sent).fold(Sent::default(), Sent::and)
    }
}

fn report(args: &Args, measured: &Measured, seen: &Value, setup: Duration) -> Value {
    let round = |value: f64| (value * 1000.0).round() / 1000.0;
    let (sent, seconds) = (&measured.sent, measured.seconds);
    let received = seen["frames"].as_u64().unwrap_or(0);
    json!({
        "peers": args.peers,
        "rate": args.rate,
        "seconds": round(seconds),
        "setup_ms": millis(setup),
        "packets_per_s": round(sent.packets as f64 / seconds),
        "mbit_per_s": round(sent.bytes as f64 * 8.0 / 1e6 / seconds),
        "cpu_share": (measured.cpu / seconds * 1e6).round() / 1e6,
        "cpu_us_per_packet": round(measured.cpu * 1e6 / sent.packets.max(1) as f64),
        "frames": {
            "sent": measured.frames,
            "refused": measured.refused,
            "received": received,
            "lost": measured.frames.saturating_sub(received),
        },
        "packets": {
            "sent": sent.packets,
            "retransmitted": sent.retransmitted,
            "received": seen["packets"]["received"],
            "lost": seen["packets"]["lost"],
            "nacked": seen["packets"]["nacked"],
        },
        "latency_ms": seen["latency_ms"],
    })
}
