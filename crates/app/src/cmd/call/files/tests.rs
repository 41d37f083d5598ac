use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use limpid::{BindOptions, LoopbackPolicy, PeerConnection};
use limpid_app::share::message::Entry;
use limpid_app::share::sender::{self, Sender};
use limpid_crypto::ring::provider;
use tokio::sync::watch;

use super::*;
use crate::cmd::call::tally::Tally;
use crate::cmd::say::Events;
use crate::cmd::trace::TraceArgs;

const ID: &str = "0123456789abcdef";

fn call(record: Option<PathBuf>) -> Arc<Call> {
    Arc::new(Call {
        provider: provider(),
        room: String::new(),
        auth: None,
        member: String::new(),
        name: "us".into(),
        identity: limpid::new_identity(&provider()).unwrap(),
        ice_servers: Vec::new(),
        voice: None,
        camera: None,
        shows: watch::Sender::new(false),
        is_echo: false,
        record,
        events: Arc::new(Events::new(true)),
        trace: TraceArgs::default().start(),
        tally: Tally::default(),
        start: Instant::now(),
    })
}

async fn peer() -> PeerConnection {
    let loopback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let bind = BindOptions::on([loopback]);
    PeerConnection::builder().bind(bind).loopback(LoopbackPolicy::Always).build().await.unwrap()
}

/// A member that may send, towards one that takes what comes.
async fn connected(call: Arc<Call>) -> (PeerConnection, tokio::task::JoinHandle<()>) {
    let (left, right) = (peer().await, peer().await);
    let first = left.create_data_channel("call").unwrap();
    let answer = right.answer(left.offer().await.unwrap()).await.unwrap();
    left.set_remote_description(answer).unwrap();
    first.opened().await.unwrap();
    let who = Who { member: "00".into(), name: "Ann".into(), kind: "page" };
    let taking = tokio::spawn(async move {
        let mut files = Files::default();
        while let Some(channel) = right.next_channel().await {
            files.take(&call, &who, channel);
        }
    });
    (left, taking)
}

/// Sends files as the page does; gives the hash that both sides know, or what went wrong.
async fn send(pc: &PeerConnection, id: &str, files: &[(&str, &[u8])]) -> Result<String, Failure> {
    let open = |kind| pc.create_data_channel(&format!("file/{id}/{kind}")).unwrap();
    let (control, data) = (open("control"), open("data/0"));
    let entry = |(f, (path, bytes)): (u32, &(&str, &[u8]))| Entry {
        f,
        path: (*path).into(),
        size: bytes.len() as u64,
        mtime: None,
        exec: false,
        dir: false,
    };
    let mut sender = Sender::new(provider(), (0u32..).zip(files).map(entry).collect(), 65_536);
    control.opened().await.map_err(|_| Failure::ConnectionLost)?;
    data.opened().await.map_err(|_| Failure::ConnectionLost)?;
    let mut hash = None;
    loop {
        while let Some(want) = sender.poll_want() {
            let from = want.offset as usize;
            let part = files[want.file as usize].1[from..from + want.len].to_vec();
            sender.supply(want, part)?;
        }
        let mut chunk = Vec::new();
        while sender.poll_data(&mut chunk) {
            data.send(&std::mem::take(&mut chunk)).await.map_err(|_| Failure::ConnectionLost)?;
        }
        while let Some(event) = sender.poll_event() {
            if let sender::Event::Finished { hash: finished } = event {
                hash = Some(hash_text(&finished));
            }
        }
        while let Some(text) = sender.poll_text() {
            control.send_text(&text).await.map_err(|_| Failure::ConnectionLost)?;
        }
        if let Some(hash) = hash {
            let _ = control.drained_to(0).await;
            return Ok(hash);
        }
        let message = control.recv().await.ok_or(Failure::ConnectionLost)?;
        sender.handle_text(message.text().unwrap())?;
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn files_arrive_in_the_folder_under_safe_names_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let call = call(Some(folder.path().to_owned()));
    let (left, _taking) = connected(call.clone()).await;
    let large: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let files: [(&str, &[u8]); 4] =
        [("notes.txt", b"hello"), ("../escape", b"out"), ("film.ivf", &large), (".hidden", b"no")];
    assert!(send(&left, ID, &files).await.unwrap().starts_with("sha256t:"));
    send(&left, "00000000000000aa", &[("notes.txt", b"again")]).await.unwrap();
    assert_eq!(names(folder.path()), ["film.ivf", "notes (2).txt", "notes.txt"]);
    assert_eq!(std::fs::read(folder.path().join("film.ivf")).unwrap(), large);
    assert_eq!(std::fs::read(folder.path().join("notes (2).txt")).unwrap(), b"again");
    assert!(!folder.path().parent().unwrap().join("escape").exists());
}

#[tokio::test]
async fn without_a_folder_files_are_declined() {
    let (left, _taking) = connected(call(None)).await;
    assert_eq!(send(&left, ID, &[("a", b"a")]).await, Err(Failure::Declined));
}

#[tokio::test]
async fn one_transfer_too_many_and_one_that_is_none_are_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (left, _taking) = connected(call(Some(folder.path().to_owned()))).await;
    // Halves that never become whole hold their places.
    let mut halves = Vec::new();
    for n in 0..MOST {
        let half = left.create_data_channel(&format!("file/{n:016x}/control")).unwrap();
        half.opened().await.unwrap();
        halves.push(half);
    }
    assert_eq!(send(&left, ID, &[("a", b"a")]).await, Err(Failure::ConnectionLost));
    let other = left.create_data_channel("file/0123/control").unwrap();
    assert!(other.recv().await.is_none());
    assert!(names(folder.path()).is_empty());
}

#[test]
fn labels_of_files_are_told_from_all_others() {
    assert_eq!(id_of("file/0123456789abcdef/control"), Some((ID, true)));
    assert_eq!(id_of("file/0123456789abcdef/data/0"), Some((ID, false)));
    for label in [
        "call",
        "file/",
        "file/0123/control",
        "file/0123456789ABCDEF/control",
        "file/0123456789abcdef/data/1",
    ] {
        assert_eq!(id_of(label), None, "{label}");
    }
}
