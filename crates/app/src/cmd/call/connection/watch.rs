//! What goes on in a connection, as one line of events to whoever it belongs to.

use std::sync::Arc;

use limpid::{DataChannel, Event};
use limpid_app::call::message::CHANNEL;
use limpid_signaling::{Body, Tags};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Connection;

/// What happens to a connection.
#[derive(Debug)]
pub(crate) enum What {
    /// An event of the connection.
    Event(Event),
    /// Another channel than `call`, which the other side opened.
    Channel(DataChannel),
    /// The channel is usable.
    Opened(Arc<DataChannel>),
    /// A message; `None`: one that is no text.
    Text(Option<String>),
    /// The channel is gone.
    Closed,
}

/// Who a connection belongs to: where it says what happens, and what it says to the other side.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    /// Names the connection among all of its member.
    pub(crate) serial: u64,
    pub(crate) happened: mpsc::Sender<(u64, What)>,
    pub(crate) say: mpsc::Sender<(Body, Tags)>,
}

impl Connection {
    /// Passes on what happens until the connection ends.
    pub(super) fn watch(&mut self) {
        let (pc, lines) = (self.pc.clone(), self.lines.clone());
        self.tasks.spawn(async move {
            while let Some(event) = pc.next_event().await {
                if lines.happened.send((lines.serial, What::Event(event))).await.is_err() {
                    return;
                }
            }
            let _ = lines.happened.send((lines.serial, What::Closed)).await;
        });
        let (pc, lines, is_offerer) = (self.pc.clone(), self.lines.clone(), self.is_offerer);
        self.tasks.spawn(async move {
            let mut reader = JoinSet::new();
            let mut is_taken = is_offerer;
            while let Some(channel) = pc.next_channel().await {
                let label = channel.details().map(|details| details.label);
                if label.as_deref() != Some(CHANNEL) {
                    let more = What::Channel(channel);
                    if lines.happened.send((lines.serial, more)).await.is_err() {
                        return;
                    }
                } else if is_taken {
                    channel.close();
                } else {
                    is_taken = true;
                    reader.spawn(read(channel, lines.clone()));
                }
            }
            // What came before the end is read to the end.
            while reader.join_next().await.is_some() {}
        });
    }
}

/// Reads the channel to its end, at the pace of who hears it.
pub(super) async fn read(channel: DataChannel, lines: Lines) {
    let channel = Arc::new(channel);
    if channel.opened().await.is_ok() {
        let opened = What::Opened(channel.clone());
        if lines.happened.send((lines.serial, opened)).await.is_err() {
            return;
        }
        while let Some(message) = channel.recv().await {
            let text = What::Text(message.text().map(str::to_owned));
            if lines.happened.send((lines.serial, text)).await.is_err() {
                return;
            }
        }
    }
    let _ = lines.happened.send((lines.serial, What::Closed)).await;
}
