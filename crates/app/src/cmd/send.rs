//! `limpid send`: offers files by a link, and sends them to the first who opens it.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use limpid::{DataChannel, Kind};
use limpid_app::exit::Exit;
use limpid_app::share::failure::Failure;
use limpid_app::share::link::{Link, ShareSecret};
use limpid_app::share::manifest::Scan;
use limpid_app::share::message::Control;
use limpid_app::share::sender::{Event, Sender, Want};
use limpid_app::share::source::Reader;
use limpid_signaling::Role;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::cmd::say::{Events, Trouble, cipher, path};
use crate::cmd::share::meeting::{Meeting, Met};
use crate::cmd::share::progress::Progress;
use crate::cmd::share::seat::Seat;
use crate::cmd::share::{hash_text, lost, size};
use crate::cmd::trace::{Trace, TraceArgs};
use crate::cmd::unless_stopped;

/// How many bytes may wait for the network before no more is asked for.
const BUFFERED: usize = 2 << 20;
/// How long the last words may take to arrive.
const GOODBYE: Duration = Duration::from_secs(5);

/// Offers files by a link, and sends them to the first who opens it.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Files and folders.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The server where the two sides meet.
    #[arg(long, value_name = "URL", env = "LIMPID_SIGNAL", default_value = "http://127.0.0.1:8080")]
    signal: String,
    /// Hidden files inside of folders too.
    #[arg(long)]
    hidden: bool,
    #[command(flatten)]
    trace: TraceArgs,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs until the files have arrived, or it is sure that they will not.
pub(crate) async fn run(args: Args) -> Exit {
    let (events, trace) = (Events::new(args.json), args.trace.start());
    events.conclude(unless_stopped(send(&args, &events, &trace)).await)
}

async fn send(args: &Args, events: &Events, trace: &Trace) -> Result<Value, Trouble> {
    let paths = args.paths.clone();
    let hidden = args.hidden;
    let scan = tokio::task::spawn_blocking(move || Scan::of(&paths, hidden)).await;
    let scan = scan.map_err(Trouble::unexpected)??;
    let provider = limpid_crypto::ring::provider();
    let secret = ShareSecret::generate(&provider);
    let origin = args.signal.trim_end_matches('/').to_owned();
    let link = Link { origin, secret: secret.clone() }.to_text();
    let mut seat = Seat::take(&provider, &args.signal, secret.room(&provider), Role::Send).await?;
    events.say("ready", &json!({ "link": link }), || ready(&scan, &link));
    let met = meet(&mut seat, &secret, events, trace).await?;
    let keeper = seat.keep();
    tell_connected(&met, events);
    let sent = Transfer::new(met, scan).run(events).await;
    keeper.leave().await;
    sent
}

fn ready(scan: &Scan, link: &str) -> String {
    let bytes = scan.files.iter().map(|file| file.entry.size).sum();
    let mut words = format!(
        "{} files, {}\nLink   {link}\nWaiting for somebody to open it…",
        scan.files.len(),
        size(bytes)
    );
    if scan.hidden + scan.skipped > 0 {
        words = format!("{} hidden and {} special files left out\n{words}", scan.hidden, scan.skipped);
    }
    words
}

/// Waits for somebody who holds the link. Who does not is sent away, and the user is told.
async fn meet(seat: &mut Seat, secret: &ShareSecret, events: &Events, trace: &Trace) -> Result<Met, Trouble> {
    let provider = limpid_crypto::ring::provider();
    loop {
        let mut meeting = Meeting { provider, auth: secret.auth(&provider), seat: &mut *seat, trace };
        match meeting.wait().await {
            Ok(met) => return Ok(met),
            Err(trouble) if trouble.slug == Failure::BadProof.slug() => {
                let members = json!({ "error": trouble.slug, "message": trouble.message });
                events.say("refused", &members, || {
                    "Somebody came who does not hold the link, and was sent away. Still waiting…".to_owned()
                });
            }
            Err(trouble) => return Err(trouble),
        }
    }
}

pub(crate) fn tell_connected(met: &Met, events: &Events) {
    let (path, cipher) = (path(&met.connection), cipher(&met.connection));
    events.say("connected", &json!({ "path": path, "cipher": cipher, "peer": "link" }), || {
        let kind = path["kind"].as_str().unwrap_or("direct");
        let (family, rtt) = (&path["family"], &path["rtt_ms"]);
        format!(
            "Connected: {kind} v{family}, {rtt} ms · DTLS {} · verified by link",
            cipher["dtls"].as_str().unwrap_or("?")
        )
    });
}

/// What was wanted, and what was read.
type Read = (Want, Result<Vec<u8>, Failure>);

/// A list on its way to one receiver.
struct Transfer {
    met: Met,
    sender: Sender,
    reading: mpsc::UnboundedReceiver<Read>,
    reader: std::sync::mpsc::Sender<Want>,
    accepted: (u64, u64),
    hash: Option<String>,
}

impl Transfer {
    fn new(met: Met, scan: Scan) -> Self {
        let entries = scan.files.iter().map(|file| file.entry.clone()).collect();
        let largest = met.connection.max_message_size().unwrap_or(65_536) as u64;
        let sender = Sender::new(limpid_crypto::ring::provider(), entries, largest);
        let (reader, reading) = read_aside(Reader::new(scan.files));
        Transfer { met, sender, reading, reader, accepted: (0, 0), hash: None }
    }

    async fn run(mut self, events: &Events) -> Result<Value, Trouble> {
        let mut progress = None;
        let gone = self.go(events, &mut progress).await;
        let seconds = progress.map_or(0.0, Progress::finish);
        if let Err(mut trouble) = gone {
            if trouble.slug == Failure::ConnectionLost.slug() {
                trouble = self.last_words().unwrap_or(trouble);
            }
            let error = Control::Error { error: trouble.slug.to_owned() };
            let _ = tokio::time::timeout(GOODBYE, self.met.control.send_text(&error.to_text())).await;
            let _ = tokio::time::timeout(GOODBYE, self.met.control.drained_to(0)).await;
            self.met.connection.close();
            return Err(trouble);
        }
        // Our goodbye is said; the receiver hangs up.
        let _ = tokio::time::timeout(GOODBYE, self.met.connection.closed()).await;
        self.met.connection.close();
        let (files, bytes) = self.accepted;
        Ok(json!({ "files": files, "bytes": bytes, "seconds": seconds, "hash": self.hash }))
    }

    /// Why the other side hung up, if it said so before.
    fn last_words(&mut self) -> Option<Trouble> {
        while let Some(message) = self.met.control.try_recv() {
            if let Err(failure) = self.sender.handle_text(message.text()?) {
                return Some(failure.into());
            }
        }
        None
    }

    async fn go(&mut self, events: &Events, progress: &mut Option<Progress>) -> Result<(), Trouble> {
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        loop {
            self.push().await?;
            while let Some(event) = self.sender.poll_event() {
                match event {
                    Event::Accepted { files, bytes } => {
                        self.accepted = (files, bytes);
                        *progress = Some(Progress::new(events, bytes));
                    }
                    Event::Finished { hash } => self.hash = Some(hash_text(&hash)),
                }
            }
            if self.sender.is_finished() {
                return Ok(());
            }
            tokio::select! {
                message = self.met.control.recv() => {
                    let message = message.ok_or(Failure::ConnectionLost)?;
                    self.sender.handle_text(message.text().ok_or(Failure::PeerProtocol)?)?;
                }
                Some((want, bytes)) = self.reading.recv() => self.sender.supply(want, bytes?)?,
                drained = drained(&self.met.control, &self.met.data, &self.sender) => {
                    drained.map_err(|_| Failure::ConnectionLost)?;
                    if self.sender.wants_drain() {
                        self.sender.drained();
                    }
                }
                () = lost(&self.met.connection) => return Err(Failure::ConnectionLost.into()),
                _ = tick.tick() => {
                    if let Some(progress) = progress {
                        progress.update(events, self.sender.progress());
                    }
                }
            }
        }
    }

    /// Texts, reads and chunks, as far as they go now.
    async fn push(&mut self) -> Result<(), Trouble> {
        let lost = |_| Trouble::from(Failure::ConnectionLost);
        let mut chunk = Vec::new();
        loop {
            while let Some(text) = self.sender.poll_text() {
                self.met.control.send_text(&text).await.map_err(lost)?;
            }
            while let Some(want) = self.sender.poll_want() {
                // The reader only ends with us.
                let _ = self.reader.send(want);
            }
            let is_full = self.met.data.buffered_amount() > BUFFERED;
            if is_full || !self.sender.poll_data(&mut chunk) {
                return Ok(());
            }
            let message = Bytes::from(std::mem::take(&mut chunk));
            self.met.data.send_bytes(Kind::Binary, message).await.map_err(lost)?;
        }
    }
}

/// Waits until more may be sent: all of it where the sender wants that, else half of what may wait.
async fn drained(control: &DataChannel, data: &DataChannel, sender: &Sender) -> Result<(), limpid::Error> {
    if sender.wants_drain() {
        control.drained_to(0).await?;
        return data.drained_to(0).await;
    }
    if data.buffered_amount() > BUFFERED {
        return data.drained_to(BUFFERED / 2).await;
    }
    std::future::pending().await
}

/// A thread of its own for the disk: at most as much is read ahead as the sender asks for.
fn read_aside(mut reader: Reader) -> (std::sync::mpsc::Sender<Want>, mpsc::UnboundedReceiver<Read>) {
    let (ask, asked) = std::sync::mpsc::channel::<Want>();
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(want) = asked.recv() {
            let bytes = reader.read(want);
            if tell.send((want, bytes)).is_err() {
                return;
            }
        }
    });
    (ask, told)
}
