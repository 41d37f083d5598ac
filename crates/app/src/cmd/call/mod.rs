//! `limpid call`: a member of a call beside browsers. PROTOCOLS.md 11.
//!
//! ```text
//! signal ⇄ room ⇄ member ⇄ connection        (one member task each, one connection or two in it)
//! source ─→ pump ─→ mouth ─→ transceiver ─→ ear ─→ tally, recorder, echo
//! ```

mod connection;
mod ears;
mod files;
mod greet;
mod media;
mod member;
mod mouth;
mod network;
mod pump;
mod room;
mod signal;
mod tally;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use limpid::{IceServer, Identity};
use limpid_app::call::ladder::Rung;
use limpid_app::call::link::{Link, Room};
use limpid_app::call::message::{MAX_NAME, Message, Source as Sends, State};
use limpid_app::escape::Escaped;
use limpid_app::exit::Exit;
use limpid_app::media::{Options, Recorder, Source};
use limpid_app::share::failure::Failure;
use limpid_app::share::message::to_hex;
use limpid_app::share::proof::VERSION;
use limpid_crypto::{Provider, Secret};
use limpid_signaling::Role;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::cmd::say::{Events, Trouble, cipher, path};
use crate::cmd::share::seat::Seat;
use crate::cmd::stopped;
use crate::cmd::trace::{Trace, TraceArgs};
use connection::Connection;
use member::{Who, cut};
use pump::Pump;
use room::Mesh;
use tally::Tally;

/// Where to meet unless told otherwise.
const SERVER: &str = "http://127.0.0.1:8080";

/// Takes part in a call.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A link of a call, or the bare name of a room. A secret link is better kept from other users of the machine: in
    /// LIMPID_LINK.
    #[arg(env = "LIMPID_LINK", hide_env_values = true)]
    room: String,
    /// What is heard of us: `tone`, or a file of Ogg (Opus) or WAV.
    #[arg(long, value_name = "tone|FILE")]
    audio: Option<PathBuf>,
    /// What is seen of us: `pattern`, or a file of IVF (VP8, VP9, AV1) or H.264.
    #[arg(long, value_name = "pattern|FILE")]
    video: Option<PathBuf>,
    /// Writes what comes into this folder: one file a track, and the files that members send.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Sends back to each member what comes from it.
    #[arg(long, conflicts_with_all = ["audio", "video"])]
    echo: bool,
    /// Hangs up after so many seconds.
    #[arg(long, value_name = "S", value_parser = seconds)]
    duration: Option<Duration>,
    /// What we are called.
    #[arg(long, default_value = "limpid")]
    name: String,
    /// Another server to meet at than the link's. Of a bare name: where to meet, http://127.0.0.1:8080 unless told otherwise.
    #[arg(long, value_name = "URL")]
    signal: Option<String>,
    #[command(flatten)]
    trace: TraceArgs,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

/// What all members of a call have to do with.
pub(crate) struct Call {
    provider: Provider,
    /// The room as the server knows it.
    room: String,
    /// The key of the proof; none in a named room.
    auth: Option<Secret>,
    /// Who we are, as hex, and what we are called.
    member: String,
    name: String,
    /// One certificate for all connections, so that a new one towards the same member needs no new trust.
    identity: Arc<Identity>,
    ice_servers: Vec<IceServer>,
    voice: Option<Pump>,
    camera: Option<Pump>,
    /// Whether our pictures are sent: not before it is known that there is room for them.
    shows: watch::Sender<bool>,
    is_echo: bool,
    record: Option<PathBuf>,
    events: Arc<Events>,
    trace: Trace,
    tally: Tally,
    start: Instant,
}

/// Runs until it is over: by its duration, by a signal, or because there is nobody to be trusted.
pub(crate) async fn run(args: Args) -> Exit {
    let events = Arc::new(Events::new(args.json));
    let result = call(args, &events).await;
    events.conclude(result)
}

async fn call(args: Args, events: &Arc<Events>) -> Result<Value, Trouble> {
    // From here on a signal hangs up.
    let stop = stopped();
    let (room, server) = place(&args.room, args.signal.as_deref())?;
    let options = Options::default();
    let voice = args.audio.as_deref().map(|spec| source(events, spec, |spec| Source::audio(spec, &options)));
    let camera = args.video.as_deref().map(|spec| source(events, spec, |spec| Source::video(spec, &options)));
    let (voice, camera) = (voice.transpose()?, camera.transpose()?);
    args.record.as_deref().map(prepare).transpose()?;
    let provider = limpid_crypto::ring::provider();
    let seat = Seat::take(&provider, &server, room.id(&provider), Role::Call).await?;
    let mut member = [0; 16];
    provider.random.fill(&mut member);
    let call = Arc::new(Call {
        provider,
        room: seat.room.clone(),
        auth: room.auth(&provider),
        member: to_hex(&member),
        name: cut(&args.name, MAX_NAME),
        identity: limpid::new_identity(&provider)
            .map_err(|error| Trouble::unexpected(format!("{error:?}")))?,
        ice_servers: seat.ice_servers.clone(),
        voice,
        camera,
        shows: watch::Sender::new(false),
        is_echo: args.echo,
        record: args.record,
        events: events.clone(),
        trace: args.trace.start(),
        tally: Tally::default(),
        start: Instant::now(),
    });
    let ended = Mesh::new(call.clone(), seat).run(stop, args.duration).await;
    call.trace.finish();
    ended.map(|()| call.tally.result(call.start.elapsed().as_secs_f64()))
}

/// A link, or the name of a room; and the server where it is.
fn place(room: &str, signal: Option<&str>) -> Result<(Room, String), Trouble> {
    let (room, origin) = if room.contains(['#', '/']) {
        let link = Link::parse(room).map_err(|_| Failure::BadLink)?;
        (link.room, link.origin)
    } else {
        (Room::named(room).map_err(|_| Failure::BadLink)?, SERVER.to_owned())
    };
    Ok((room, signal.map_or(origin, |signal| signal.trim_end_matches('/').to_owned())))
}

/// Recordings can be written there.
fn prepare(folder: &Path) -> Result<(), Trouble> {
    Recorder::prepare(folder).map_err(|error| {
        let mut trouble = Trouble::from(Failure::CannotWrite);
        trouble.message = format!("{}: {error}", Escaped(&folder.display().to_string()));
        trouble.hint = "Check the folder's permissions, or choose another one with --record.";
        trouble
    })
}

/// Opens a source, and lets it run while somebody listens.
fn source(
    events: &Arc<Events>,
    spec: &Path,
    open: impl FnOnce(&Path) -> io::Result<Source>,
) -> Result<Pump, Trouble> {
    let cannot = |error: io::Error| {
        let mut trouble = Trouble::from(Failure::CannotRead);
        trouble.message = format!("{}: {error}", Escaped(&spec.display().to_string()));
        trouble
    };
    let (opened, events, name) = (open(spec).map_err(cannot)?, events.clone(), spec.display().to_string());
    Ok(Pump::start(opened, move |error| {
        let members = json!({ "error": Failure::CannotRead.slug(), "message": format!("{name}: {error}") });
        events.say("trouble", &members, || {
            format!("{} can not be played any further: {error}", Escaped(&name))
        });
    }))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

impl Call {
    /// The time of the ladder.
    fn now(&self) -> limpid_sansio::Instant {
        limpid_sansio::Instant::ZERO + self.start.elapsed()
    }

    /// Our greeting, but for its proof.
    fn hello(&self) -> Message {
        Message::Hello {
            v: vec![VERSION],
            proof: None,
            commit: None,
            member: Some(self.member.clone()),
            name: self.name.clone(),
            kind: "native".into(),
            recording: self.record.is_some(),
            state: self.state(),
        }
    }

    /// What we send, as of now.
    fn state(&self) -> State {
        let is_shown = *self.shows.borrow();
        let mic = if self.voice.is_some() || self.is_echo { Sends::On } else { Sends::None };
        let camera = match self.has_camera() {
            true if is_shown => Sends::On,
            true => Sends::Off,
            false => Sends::None,
        };
        State { mic, camera, screen: None }
    }

    /// Whether there are pictures that we would send.
    fn has_camera(&self) -> bool {
        self.camera.is_some() || self.is_echo
    }

    /// Something that does not end the call.
    fn trouble(&self, slug: &str, message: &str) {
        self.events.say("trouble", &json!({ "error": slug, "message": message }), || message.to_owned());
    }

    fn tell_connected(&self, connection: &Connection, who: Option<&Who>) {
        let (path, cipher) = (path(&connection.pc), cipher(&connection.pc));
        let peer = if self.auth.is_some() { "link" } else { "unverified" };
        let member = who.map(|who| who.member.as_str());
        let members = json!({ "member": member, "session": connection.session, "path": path, "cipher": cipher, "peer": peer });
        self.events.say("connected", &members, || {
            let name = who.map_or("", |who| &who.name);
            format!(
                "{}: {} v{}, {peer}",
                Escaped(name),
                path["kind"].as_str().unwrap_or("direct"),
                path["family"]
            )
        });
    }

    fn tell_network(&self, count: usize) {
        self.trace.note("network", "changed", "the addresses of this machine have changed", "");
        self.events.say("network", &json!({ "addresses": count }), || {
            "The addresses of this machine have changed.".to_owned()
        });
    }

    fn tell_words(&self, session: u64, who: &Who, words: &str) {
        let members = json!({ "member": who.member, "name": who.name, "session": session, "words": words });
        self.events
            .say("words", &members, || format!("{}: read aloud to each other: {words}", Escaped(&who.name)));
    }

    fn tell_rung(&self, rung: Rung, who: Option<&Who>) {
        let (step, words) = match rung {
            Rung::Unstable => ("unstable", "the connection is unstable"),
            Rung::Restart => ("restart", "looking for another path"),
            Rung::Renew => ("renew", "trying a new connection"),
            Rung::Lost => ("lost", "the connection is lost"),
            Rung::Restored => ("restored", "the connection is back"),
        };
        self.trace.note("path", step, words, who.map_or("", |who| &who.member));
        let members = json!({ "member": who.map(|who| &who.member), "step": step });
        self.events
            .say("path", &members, || format!("{}: {words}", Escaped(who.map_or("", |who| &who.name))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_a_link_or_a_name_and_its_server_the_links_or_ours() {
        let named = |name: &str| Room::named(name).unwrap();
        assert_eq!(place("standup", None), Ok((named("standup"), SERVER.to_owned())));
        assert_eq!(place("standup", Some("http://h:1/")), Ok((named("standup"), "http://h:1".to_owned())));
        let link = "https://call.example/call#n.a%20b";
        assert_eq!(place(link, None), Ok((named("a b"), "https://call.example".to_owned())));
        assert_eq!(place(link, Some("http://h:1")), Ok((named("a b"), "http://h:1".to_owned())));
        let bad = Err(Trouble::from(Failure::BadLink));
        for text in ["", "https://call.example/call", "https://call.example/call#r.short", "#n.x"] {
            assert_eq!(place(text, None), bad, "{text}");
        }
    }

    #[test]
    fn a_folder_that_can_not_be_written_ends_the_call_before_it_begins() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let trouble = prepare(file.path()).unwrap_err();
        assert_eq!((trouble.exit, trouble.slug), (Exit::Local, Failure::CannotWrite.slug()));
        assert_eq!(prepare(file.path().parent().unwrap()), Ok(()));
    }

    #[test]
    fn a_duration_is_a_number_of_seconds() {
        assert_eq!(seconds("2.5"), Ok(Duration::from_millis(2500)));
        for text in ["", "-1", "NaN", "1e30", "5s"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
