//! Files that members send in a call: taken into the folder of the recordings, or declined. PROTOCOLS.md 11, 4.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use limpid::DataChannel;
use limpid_app::escape::Escaped;
use limpid_app::share::failure::Failure;
use limpid_app::share::name::refusals;
use limpid_app::share::receiver::{Event, Receiver};
use limpid_app::share::sink::Folder;
use limpid_app::share::writer::Writer;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Call;
use super::member::Who;
use crate::cmd::share::aside::{Aside, worked};
use crate::cmd::share::{hash_text, size};

/// Transfers at once from one member.
const MOST: usize = 8;
/// How long the last words may take to leave.
const GOODBYE: Duration = Duration::from_secs(5);
/// What a sender hears of a program that writes nothing down.
const KEEPS_NONE: &str = "This member keeps no files.";

/// The files of one connection.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Transfers whose other channel is not there yet, by their id.
    halves: BTreeMap<String, Half>,
    /// End with the connection.
    transfers: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Half {
    control: Option<DataChannel>,
    data: Option<DataChannel>,
}

impl Files {
    /// Stops all transfers. Each has told which of its files are complete.
    pub(crate) async fn end(&mut self) {
        self.transfers.shutdown().await;
    }

    /// A channel that a member opened, who has proved who it is. One that is not of a file, or one too many, is closed.
    pub(crate) fn take(&mut self, call: &Arc<Call>, who: &Who, channel: DataChannel) {
        while self.transfers.try_join_next().is_some() {}
        let label = channel.details().map(|details| details.label).unwrap_or_default();
        let Some((id, is_control)) = id_of(&label) else { return channel.close() };
        let is_free = self.halves.len() + self.transfers.len() < MOST;
        if !is_free && !self.halves.contains_key(id) {
            return channel.close();
        }
        let half = self.halves.entry(id.to_owned()).or_default();
        let place = if is_control { &mut half.control } else { &mut half.data };
        if place.is_some() {
            return channel.close();
        }
        *place = Some(channel);
        match self.halves.remove(id) {
            Some(Half { control: Some(control), data: Some(data) }) => {
                let incoming = Incoming::new(call, who, id, [control, data]);
                self.transfers.spawn(incoming.run());
            }
            Some(half) => drop(self.halves.insert(id.to_owned(), half)),
            None => {}
        }
    }
}

/// The id of a transfer in the label of a channel, and whether the channel is its control.
fn id_of(label: &str) -> Option<(&str, bool)> {
    let (id, kind) = label.strip_prefix("file/")?.split_once('/')?;
    let is_id = id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match kind {
        "control" if is_id => Some((id, true)),
        "data/0" if is_id => Some((id, false)),
        _ => None,
    }
}

/// A list of files on its way from a member.
struct Incoming {
    call: Arc<Call>,
    who: Who,
    id: String,
    control: DataChannel,
    data: DataChannel,
    receiver: Receiver,
    writer: Option<Aside>,
    files: usize,
    bytes: u64,
    /// How it ended; a connection that ends takes it along.
    ended: Option<Result<(), Failure>>,
}

impl Incoming {
    fn new(call: &Arc<Call>, who: &Who, id: &str, [control, data]: [DataChannel; 2]) -> Self {
        Incoming {
            call: call.clone(),
            who: who.clone(),
            id: id.to_owned(),
            control,
            data,
            receiver: Receiver::new(call.provider),
            writer: None,
            files: 0,
            bytes: 0,
            ended: None,
        }
    }

    async fn run(mut self) {
        let came = self.come().await;
        if let Err(failure) = came
            && failure != Failure::Declined
        {
            self.receiver.abort(failure);
        }
        self.ended = Some(came);
        let _ = tokio::time::timeout(GOODBYE, self.say_all()).await;
        let _ = tokio::time::timeout(GOODBYE, self.control.drained_to(0)).await;
    }

    async fn come(&mut self) -> Result<(), Failure> {
        loop {
            self.say_all().await;
            while let (Some(writer), Some(work)) = (&self.writer, self.receiver.poll_work()) {
                writer.give(work);
            }
            while let Some(event) = self.receiver.poll_event() {
                match event {
                    Event::Offered => self.choose()?,
                    Event::Damaged { .. } => {}
                    Event::Finished => return Ok(()),
                }
                self.say_all().await;
            }
            tokio::select! {
                biased;
                (work, done) = worked(&mut self.writer) => {
                    done?;
                    self.receiver.worked(work)?;
                }
                message = self.control.recv() => match message {
                    Some(message) => self.receiver.handle_text(message.text().ok_or(Failure::PeerProtocol)?)?,
                    None => self.closed()?,
                },
                Some(message) = self.data.recv() => self.receiver.handle_data(&message.data)?,
            }
        }
    }

    /// What came before the end still counts.
    fn closed(&mut self) -> Result<(), Failure> {
        while let Some(message) = self.data.try_recv() {
            self.receiver.handle_data(&message.data)?;
        }
        self.receiver.handle_end()
    }

    async fn say_all(&mut self) {
        while let Some(text) = self.receiver.poll_text() {
            // A sender that has gone is noticed where it is listened to.
            let _ = self.control.send_text(&text).await;
        }
    }

    /// The list is here: what is safe is taken, where there is a folder for it.
    fn choose(&mut self) -> Result<(), Failure> {
        let entries = self.receiver.entries().to_vec();
        let refused = refusals(&entries, false);
        let safe = (0u32..).zip(&refused).filter(|(_, refusal)| refusal.is_none());
        let taken: Vec<u32> = safe.map(|(number, _)| number).collect();
        let bytes = taken.iter().map(|number| entries[*number as usize].size).sum();
        (self.files, self.bytes) = (taken.len(), bytes);
        let refused = entries.len() - taken.len();
        let members = json!({ "files": taken.len(), "bytes": bytes, "refused": refused });
        let is_taken = self.call.record.is_some();
        self.tell("file-offered", members, || {
            let first = taken.first().map_or("", |number| entries[*number as usize].path.as_str());
            let more = if taken.len() > 1 { format!(" and {} more", taken.len() - 1) } else { String::new() };
            let answer = if is_taken { "" } else { " Declined: only --record DIR keeps files." };
            format!("sends {}{more}, {}.{answer}", Escaped(first), size(bytes))
        });
        let Some(record) = &self.call.record else {
            self.receiver.decline(Some(KEEPS_NONE));
            return Err(Failure::Declined);
        };
        if taken.is_empty() {
            return Err(Failure::AllNamesRefused);
        }
        let folder = Folder::open(record)?;
        if !folder.has_room_for(bytes) {
            return Err(Failure::DiskFull);
        }
        self.writer = Some(Aside::new(Writer::new(folder), entries));
        self.receiver.accept(taken)
    }

    fn tell(&self, event: &str, mut members: Value, words: impl FnOnce() -> String) {
        members["member"] = self.who.member.clone().into();
        members["name"] = self.who.name.clone().into();
        members["id"] = self.id.clone().into();
        self.call.events.say(event, &members, || format!("{} {}", Escaped(&self.who.name), words()));
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.control.close();
        self.data.close();
        let (saved, unfinished) = self.writer.take().map_or_else(Default::default, Aside::finish);
        let record = self.call.record.clone().unwrap_or_default();
        let paths: Vec<String> = saved.iter().map(|name| record.join(name).display().to_string()).collect();
        saved.iter().for_each(|name| self.call.tally.saved(record.join(name)));
        // A connection that ends takes the task along: that is an end like any other.
        match self.ended.take().unwrap_or_else(|| self.receiver.handle_end()) {
            Ok(()) => {
                let hash = self.receiver.hash().map(|hash| hash_text(&hash));
                let members =
                    json!({ "files": self.files, "bytes": self.bytes, "hash": hash, "saved": paths });
                self.tell("file-done", members, || format!("has sent everything: {}.", size(self.bytes)));
            }
            Err(failure) => {
                let members = json!({
                    "error": failure.slug(), "message": failure.message(), "saved": paths, "kept": unfinished,
                });
                self.tell("file-failed", members, || format!("sent no file: {}", failure.message()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
