//! A data channel as a tokio program holds it.

use std::sync::Arc;

use bytes::Bytes;
use limpid_peer::{Channel, ChannelId, ChannelState, Kind, PeerId, Reliability, WriteError};
use limpid_sansio::Instant;
use tokio::sync::Notify;

use crate::connection::{SharedConnections, with_peer};
use crate::error::Error;
use crate::port::ChannelBells;

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Text or bytes.
    pub kind: Kind,
    /// The content. Text is UTF-8 if the other side kept to the rules.
    pub data: Bytes,
}

impl Message {
    /// The content as text, where it is text.
    pub fn text(&self) -> Option<&str> {
        match self.kind {
            Kind::Text => std::str::from_utf8(&self.data).ok(),
            Kind::Binary => None,
        }
    }
}

/// A data channel. Dropping it closes the channel: what was sent still goes out.
#[doc(alias = "RTCDataChannel")]
#[derive(Debug)]
pub struct DataChannel {
    shared: SharedConnections,
    peer: PeerId,
    id: ChannelId,
    bells: Arc<ChannelBells>,
}

/// What is known about a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelDetails {
    /// Its name.
    pub label: String,
    /// Its subprotocol, or "".
    pub protocol: String,
    /// Messages arrive in order.
    pub ordered: bool,
    /// How hard it tries.
    pub reliability: Reliability,
    /// Both sides agreed on it elsewhere.
    pub negotiated: bool,
    /// Its stream, once it has one.
    pub stream_id: Option<u16>,
    /// Where it stands.
    pub state: ChannelState,
}

impl DataChannel {
    pub(crate) fn new(
        shared: SharedConnections,
        peer: PeerId,
        id: ChannelId,
        bells: Arc<ChannelBells>,
    ) -> Self {
        DataChannel { shared, peer, id, bells }
    }

    /// Waits until it is usable. An error if it closed before.
    pub async fn opened(&self) -> Result<(), Error> {
        let opened = wait(&self.bells.read, || {
            match self.with(|channel, _| channel.state()).unwrap_or(ChannelState::Closed) {
                ChannelState::Connecting => None,
                ChannelState::Open => Some(Ok(())),
                _ => Some(Err(Error::Closed)),
            }
        });
        opened.await
    }

    /// Sends a text message; waits while the send buffer is full.
    pub async fn send_text(&self, text: &str) -> Result<(), Error> {
        self.write_when_possible(|channel, now| channel.write(now, Kind::Text, text.as_bytes())).await
    }

    /// Sends a binary message by copying it: best for small ones. Waits while the send buffer is full.
    pub async fn send(&self, message: &[u8]) -> Result<(), Error> {
        self.write_when_possible(|channel, now| channel.write(now, Kind::Binary, message)).await
    }

    /// Sends a message without copying it. Waits while the send buffer is full.
    pub async fn send_bytes(&self, kind: Kind, message: Bytes) -> Result<(), Error> {
        self.write_when_possible(|channel, now| channel.write_bytes(now, kind, message.clone())).await
    }

    /// Queues a message, or says why not. Never waits.
    pub fn try_send(&self, kind: Kind, message: &[u8]) -> Result<(), Error> {
        let written = self.with(|channel, now| channel.write(now, kind, message)).ok_or(Error::Closed)?;
        written.map_err(as_error)
    }

    /// The next message. `None`: the channel has closed, and all was read. Not calling this makes the other side wait.
    pub async fn recv(&self) -> Option<Message> {
        let received = wait(&self.bells.read, || match self.try_recv() {
            Some(message) => Some(Some(message)),
            None if self.state() == ChannelState::Closed => Some(None),
            None => None,
        });
        received.await
    }

    /// The next message, if one is there.
    pub fn try_recv(&self) -> Option<Message> {
        let (kind, data) = self.with(|channel, _| channel.read_bytes())??;
        Some(Message { kind, data })
    }

    /// Waits until at most `bytes` wait to be sent. An error if the channel closed before.
    pub async fn drained_to(&self, bytes: usize) -> Result<(), Error> {
        let drained = wait(&self.bells.write, || {
            let left = self.with(|channel, _| {
                channel.set_buffered_amount_low_threshold(bytes);
                (channel.buffered_amount(), channel.state())
            });
            match left {
                Some((left, state)) if left <= bytes && state != ChannelState::Closed => Some(Ok(())),
                None | Some((_, ChannelState::Closed)) => Some(Err(Error::Closed)),
                Some(_) => None,
            }
        });
        drained.await
    }

    /// Bytes that wait to be sent.
    #[doc(alias = "bufferedAmount")]
    pub fn buffered_amount(&self) -> usize {
        self.look(|channel| channel.buffered_amount()).unwrap_or(0)
    }

    /// Where it stands.
    #[doc(alias = "readyState")]
    pub fn state(&self) -> ChannelState {
        self.look(|channel| channel.state()).unwrap_or(ChannelState::Closed)
    }

    /// Label, protocol, stream and so on. `None` once the channel has gone.
    pub fn details(&self) -> Option<ChannelDetails> {
        self.look(|channel| {
            let info = channel.info()?;
            Some(ChannelDetails {
                label: info.label.to_owned(),
                protocol: info.protocol.to_owned(),
                ordered: info.ordered,
                reliability: info.reliability,
                negotiated: info.negotiated,
                stream_id: info.stream_id,
                state: info.state,
            })
        })?
    }

    /// Closes the channel: what was sent still goes out.
    pub fn close(&self) {
        self.with(|channel, now| channel.close(now));
    }

    async fn write_when_possible(
        &self,
        mut write: impl FnMut(&mut Channel<'_>, Instant) -> Result<(), WriteError>,
    ) -> Result<(), Error> {
        let written = wait(&self.bells.write, || {
            match self.with(|channel, now| write(channel, now)).unwrap_or(Err(WriteError::NotOpen)) {
                Err(WriteError::Full) => None,
                other => Some(other.map_err(as_error)),
            }
        });
        written.await
    }

    /// Does something with the channel and lets the driver see to it.
    fn with<R>(&self, verb: impl FnOnce(&mut Channel<'_>, Instant) -> R) -> Option<R> {
        self.shared.with(|all, now| {
            with_peer(all, self.peer, now, |peer, _, now| Some(verb(&mut peer.channel(self.id)?, now)))
        })??
    }

    /// Looks at the channel; the driver need not know.
    fn look<R>(&self, at: impl FnOnce(&mut Channel<'_>) -> R) -> Option<R> {
        self.shared.lock(|all, now| {
            with_peer(all, self.peer, now, |peer, _, _| Some(at(&mut peer.channel(self.id)?)))
        })??
    }
}

impl Drop for DataChannel {
    fn drop(&mut self) {
        self.close();
    }
}

fn as_error(error: WriteError) -> Error {
    match error {
        WriteError::NotOpen => Error::Closed,
        other => Error::Write(other),
    }
}

/// Waits for the bell until `ready` gives something. Nothing is missed between a look and the wait.
pub(crate) async fn wait<R>(bell: &Notify, mut ready: impl FnMut() -> Option<R>) -> R {
    // Mostly it is there: listening for the bell costs more than looking.
    if let Some(result) = ready() {
        return result;
    }
    loop {
        let mut rung = std::pin::pin!(bell.notified());
        rung.as_mut().enable();
        if let Some(result) = ready() {
            return result;
        }
        rung.await;
    }
}
