//! `limpid receive`: opens a link and takes what it offers.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use limpid_app::escape::Escaped;
use limpid_app::exit::Exit;
use limpid_app::share::failure::Failure;
use limpid_app::share::link::Link;
use limpid_app::share::message::Entry;
use limpid_app::share::name::refusals;
use limpid_app::share::receiver::{Event, Receiver};
use limpid_app::share::sink::Folder;
use limpid_app::share::writer::Writer;
use limpid_signaling::Role;
use serde_json::{Value, json};

use crate::cmd::say::{Events, Trouble};
use crate::cmd::send::tell_connected;
use crate::cmd::share::aside::{Aside, worked};
use crate::cmd::share::meeting::{Meeting, Met};
use crate::cmd::share::progress::Progress;
use crate::cmd::share::seat::Seat;
use crate::cmd::share::{hash_text, lost, size};
use crate::cmd::trace::{Trace, TraceArgs};
use crate::cmd::unless_stopped;

/// How long the last words may take to arrive.
const GOODBYE: Duration = Duration::from_secs(5);
/// How many names of a long list are shown.
const SHOWN: usize = 20;

/// Opens a link and takes what it offers.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The link. Better kept from other users of the machine: in LIMPID_LINK, or on standard input.
    link: Option<String>,
    /// Where the files go.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Another server to meet at than the link's.
    #[arg(long, value_name = "URL")]
    signal: Option<String>,
    /// Takes everything without asking.
    #[arg(long)]
    yes: bool,
    /// Hidden files too.
    #[arg(long)]
    hidden: bool,
    #[command(flatten)]
    trace: TraceArgs,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs until everything is here and checked, or it is sure that it will not come.
pub(crate) async fn run(args: Args) -> Exit {
    let (events, trace) = (Events::new(args.json), args.trace.start());
    events.conclude(unless_stopped(receive(&args, &events, &trace)).await)
}

fn link(args: &Args) -> Result<Link, Trouble> {
    let text = match (&args.link, std::env::var("LIMPID_LINK")) {
        (Some(link), _) => {
            if !args.json {
                eprintln!(
                    "Other users of this machine can see a link on the command line; LIMPID_LINK keeps it private."
                );
            }
            link.clone()
        }
        (None, Ok(link)) => link,
        (None, Err(_)) => {
            let mut stdin = std::io::stdin().lock();
            if std::io::stdin().is_terminal() {
                eprint!("Link: ");
            }
            let mut line = String::new();
            stdin.read_line(&mut line).map_err(Trouble::unexpected)?;
            line
        }
    };
    Link::parse(&text).map_err(|_| Failure::BadLink.into())
}

async fn receive(args: &Args, events: &Events, trace: &Trace) -> Result<Value, Trouble> {
    let link = link(args)?;
    let folder = Folder::open(&args.out)?;
    let provider = limpid_crypto::ring::provider();
    let server = args.signal.as_deref().unwrap_or(&link.origin);
    let mut seat = Seat::take(&provider, server, link.secret.room(&provider), Role::Receive).await?;
    // A receiver is only let in where a sender waits.
    let sender = seat.peers.first().cloned().ok_or(Failure::NobodyCame)?;
    let mut meeting = Meeting { provider, auth: link.secret.auth(&provider), seat: &mut seat, trace };
    let met = meeting.offer_to(sender).await?;
    let keeper = seat.keep();
    tell_connected(&met, events);
    let received = Transfer::new(met, folder).run(args, events).await;
    keeper.leave().await;
    received
}

/// A list on its way from one sender.
struct Transfer {
    met: Met,
    receiver: Receiver,
    folder: Option<Folder>,
    writer: Option<Aside>,
    accepted: (u64, u64),
}

impl Transfer {
    fn new(met: Met, folder: Folder) -> Self {
        let receiver = Receiver::new(limpid_crypto::ring::provider());
        Transfer { met, receiver, folder: Some(folder), writer: None, accepted: (0, 0) }
    }

    async fn run(mut self, args: &Args, events: &Events) -> Result<Value, Trouble> {
        let mut progress = None;
        let come = self.come(args, events, &mut progress).await;
        let seconds = progress.map_or(0.0, Progress::finish);
        if let Err(trouble) = &come
            && let Some(failure) = Failure::from_slug(trouble.slug)
            && failure != Failure::Declined
        {
            self.receiver.abort(failure);
        }
        let _ = tokio::time::timeout(GOODBYE, self.say_all()).await;
        let _ = tokio::time::timeout(GOODBYE, self.met.control.drained_to(0)).await;
        self.met.connection.close();
        let (saved, unfinished) = self.writer.map_or_else(Default::default, Aside::finish);
        if let (Err(trouble), Some(part)) = (&come, unfinished)
            && !events.is_json()
        {
            eprintln!("What had come is kept in {} ({}).", Escaped(&part), trouble.slug);
        }
        come?;
        let hash = self.receiver.hash().map(|hash| hash_text(&hash));
        let (files, bytes) = self.accepted;
        let saved: Vec<String> = saved.iter().map(|name| args.out.join(name).display().to_string()).collect();
        let mut result = json!({ "files": files, "bytes": bytes, "seconds": seconds, "hash": hash });
        if events.is_json() {
            result["saved"] = saved.into();
        } else {
            saved.iter().for_each(|path| println!("{}", Escaped(path)));
        }
        Ok(result)
    }

    async fn come(
        &mut self,
        args: &Args,
        events: &Events,
        progress: &mut Option<Progress>,
    ) -> Result<(), Trouble> {
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        loop {
            self.say_all().await?;
            self.set_to_work();
            while let Some(event) = self.receiver.poll_event() {
                match event {
                    Event::Offered => {
                        self.choose(args, events).await?;
                        *progress = Some(Progress::new(events, self.accepted.1));
                        self.say_all().await?;
                    }
                    Event::Damaged { file, group } => {
                        let members = json!({ "file": file, "group": group });
                        events.say("damaged", &members, || {
                            format!("Part {group} arrived damaged and is fetched again.")
                        });
                    }
                    Event::Finished => return Ok(()),
                }
            }
            tokio::select! {
                biased;
                (work, done) = worked(&mut self.writer) => {
                    done?;
                    self.receiver.worked(work)?;
                }
                () = lost(&self.met.connection) => self.ended().await?,
                message = self.met.control.recv() => match message {
                    Some(message) => self.receiver.handle_text(message.text().ok_or(Failure::PeerProtocol)?)?,
                    None => self.ended().await?,
                },
                Some(message) = self.met.data.recv() => self.receiver.handle_data(&message.data)?,
                _ = tick.tick() => {
                    if let Some(progress) = progress {
                        progress.update(events, self.receiver.progress());
                    }
                }
            }
        }
    }

    /// The control channel has closed: what came before that still counts.
    async fn ended(&mut self) -> Result<(), Trouble> {
        while let Some(message) = self.met.data.try_recv() {
            self.receiver.handle_data(&message.data)?;
        }
        Ok(self.receiver.handle_end()?)
    }

    async fn say_all(&mut self) -> Result<(), Trouble> {
        while let Some(text) = self.receiver.poll_text() {
            // A sender that has gone is noticed where it is listened to.
            let _ = self.met.control.send_text(&text).await;
        }
        Ok(())
    }

    fn set_to_work(&mut self) {
        while let Some(work) = self.receiver.poll_work() {
            if let Some(writer) = &self.writer {
                writer.give(work);
            }
        }
    }

    /// The list is here: what is safe and wanted is accepted.
    async fn choose(&mut self, args: &Args, events: &Events) -> Result<(), Trouble> {
        let entries = self.receiver.entries().to_vec();
        let refused = refusals(&entries, args.hidden);
        let taken: Vec<u32> = (0u32..)
            .zip(&refused)
            .filter(|(_, refusal)| refusal.is_none())
            .map(|(number, _)| number)
            .collect();
        let bytes = taken.iter().map(|number| entries[*number as usize].size).sum();
        let left_out = entries.len() - taken.len();
        let members = json!({ "files": taken.len(), "bytes": bytes, "refused": left_out });
        events.say("offered", &members, || list(&entries, &taken, bytes, left_out));
        if taken.is_empty() {
            return Err(Failure::AllNamesRefused.into());
        }
        let folder = self.folder.take().ok_or(Failure::PeerProtocol)?;
        if !folder.has_room_for(bytes) {
            return Err(Failure::DiskFull.into());
        }
        if !args.yes && !agreed().await {
            self.receiver.decline(None);
            return Err(Failure::Declined.into());
        }
        self.accepted = (taken.len() as u64, bytes);
        self.writer = Some(Aside::new(Writer::new(folder), entries));
        Ok(self.receiver.accept(taken)?)
    }
}

fn list(entries: &[Entry], taken: &[u32], bytes: u64, left_out: usize) -> String {
    let mut words = format!("{} files, {}", taken.len(), size(bytes));
    for number in taken.iter().take(SHOWN) {
        let entry = &entries[*number as usize];
        words.push_str(&format!("\n  {}  {}", Escaped(&entry.path), size(entry.size)));
    }
    if taken.len() > SHOWN {
        words.push_str(&format!("\n  … and {} more", taken.len() - SHOWN));
    }
    if left_out > 0 {
        words.push_str(&format!("\n{left_out} left out: hidden, or names that are not safe here"));
    }
    words
}

/// Asks the person. No answer is no.
async fn agreed() -> bool {
    let answer = tokio::task::spawn_blocking(|| {
        eprint!("Accept? [y/N] ");
        let _ = std::io::stderr().flush();
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).unwrap_or(0);
        read > 0 && matches!(line.trim(), "y" | "Y" | "yes" | "Yes")
    });
    answer.await.unwrap_or(false)
}
