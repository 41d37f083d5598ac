//! Data channels: verbs on one channel, and the association that carries all of them.

use bytes::Bytes;
use limpid_sansio::{Instant, Machine, PathInfo};
use limpid_sctp::{
    Association, ChannelConfig, ChannelId, ChannelInfo, ChannelState, Inbound, Kind, Message, Parity,
    WriteError,
};
use limpid_sdp::jsep::DataSection;

use crate::peer::Peer;
use crate::{Event, Misuse};

/// One data channel, borrowed from its connection.
#[doc(alias = "RTCDataChannel")]
#[derive(Debug)]
pub struct Channel<'a> {
    association: &'a mut Association,
    id: ChannelId,
}

impl Channel<'_> {
    /// Its handle.
    pub fn id(&self) -> ChannelId {
        self.id
    }

    /// Label, protocol, stream id, state, buffered amount.
    pub fn info(&self) -> Option<ChannelInfo<'_>> {
        self.association.channel(self.id)
    }

    /// Where it stands; a channel that has gone is closed.
    pub fn state(&self) -> ChannelState {
        self.info().map_or(ChannelState::Closed, |info| info.state)
    }

    /// Queues one message; copies it. Best for small ones.
    #[doc(alias = "send")]
    pub fn write(&mut self, now: Instant, kind: Kind, message: &[u8]) -> Result<(), WriteError> {
        self.association.write(now, self.id, kind, message)
    }

    /// Queues one message without copying it.
    pub fn write_bytes(&mut self, now: Instant, kind: Kind, message: Bytes) -> Result<(), WriteError> {
        self.association.write_bytes(now, self.id, kind, message)
    }

    /// The next message, lent until the next call. Not reading makes the other side wait.
    pub fn read(&mut self) -> Option<Message<'_>> {
        self.association.read(self.id)
    }

    /// The next message, to keep.
    pub fn read_bytes(&mut self) -> Option<(Kind, Bytes)> {
        self.association.read_bytes(self.id)
    }

    /// Bytes that wait to be sent.
    pub fn buffered_amount(&self) -> usize {
        self.association.buffered_amount(self.id)
    }

    /// The amount at which [`ChannelBufferedAmountLow`](crate::Event::ChannelBufferedAmountLow) is said.
    pub fn set_buffered_amount_low_threshold(&mut self, bytes: usize) {
        self.association.set_low_water(self.id, bytes);
    }

    /// Closes it: what was written goes out first, then the stream is reset (RFC 8831 §6.7).
    pub fn close(&mut self, now: Instant) {
        self.association.close_channel(now, self.id);
    }
}

/// Data channels.
impl Peer {
    /// Opens a channel; it becomes usable with [`ChannelOpened`](crate::Event::ChannelOpened). The first one asks for a negotiation.
    #[doc(alias = "createDataChannel")]
    pub fn create_data_channel(&mut self, now: Instant, config: ChannelConfig) -> Result<ChannelId, Misuse> {
        if self.is_closed() {
            return Err(Misuse::Closed);
        }
        let id = self.association(now).open_channel(now, config)?;
        self.update_negotiation_needed();
        Ok(id)
    }

    /// One channel, for its verbs. `None`: it has gone, or we closed the connection.
    pub fn channel(&mut self, id: ChannelId) -> Option<Channel<'_>> {
        if self.was_left() {
            return None;
        }
        let association = self.association.as_mut()?;
        association.channel(id)?;
        Some(Channel { association, id })
    }

    /// How many bytes the driver sends in one system call, so that packets leave in whole batches.
    pub fn set_send_quantum(&mut self, bytes: usize) {
        self.send_quantum = bytes;
        if let Some(association) = &mut self.association {
            association.set_send_quantum(bytes);
        }
    }

    /// The association, made when it is first needed.
    pub(crate) fn association(&mut self, now: Instant) -> &mut Association {
        let (config, random, quantum) = (&self.config, &mut self.random, self.send_quantum);
        self.association.get_or_insert_with(|| {
            let mut sctp = limpid_sctp::Config::new(config.provider, random.seed());
            sctp.receive_window = config.receive_window as usize;
            sctp.send_buffer = config.send_buffer;
            sctp.max_message_size = config.max_message_size as usize;
            sctp.unannounced = config.unannounced;
            sctp.send_quantum = quantum;
            Association::new(sctp, now)
        })
    }

    /// What a description says about the association.
    pub(crate) fn start_association(&mut self, now: Instant, data: &DataSection, is_dtls_client: bool) {
        let association = self.association(now);
        association.set_remote_port(data.sctp_port);
        association.set_parity(if is_dtls_client { Parity::Even } else { Parity::Odd });
        association.set_remote_max_message_size(data.max_message_size);
        // 0 in a description means any size.
        let largest = usize::try_from(data.max_message_size).ok().filter(|size| *size != 0);
        self.remote_max_message_size = Some(largest.unwrap_or(usize::MAX));
        self.connect_association(now);
    }

    /// The association begins when both are there: the word of the other side that it has one, and a secured floor below.
    pub(crate) fn connect_association(&mut self, now: Instant) {
        let is_wanted = self.remote_max_message_size.is_some() && !self.has_begun;
        let Some(dtls) = self.transport.dtls.as_mut().filter(|dtls| is_wanted && dtls.is_connected()) else {
            return;
        };
        self.has_begun = true;
        let held: Vec<Vec<u8>> = core::iter::from_fn(|| dtls.read_held()).collect();
        let overhead = dtls.overhead();
        if let Some((_, _, info)) = self.transport.path {
            let max_datagram = info.max_datagram.saturating_sub(overhead);
            self.association(now).path_changed(now, PathInfo { max_datagram, is_new_route: false });
        }
        let association = self.association(now);
        for packet in &held {
            // An association that fails says so in its events.
            let _ = association.handle_input(now, Inbound { ecn: None, bytes: packet });
        }
        association.connect(now);
    }
}

impl Peer {
    /// The association's events, in this connection's words.
    pub(crate) fn poll_association(&mut self) -> Option<Event> {
        use limpid_sctp::Event as Sctp;
        loop {
            let event = self.association.as_mut()?.poll_event()?;
            self.count_channels(&event);
            return Some(match event {
                Sctp::ChannelOpened(id) => Event::ChannelOpened(id),
                Sctp::ChannelAccepted(id) => Event::DataChannel(id),
                Sctp::Readable(id) => Event::ChannelReadable(id),
                Sctp::Writable(id) => Event::ChannelWritable(id),
                Sctp::BufferedAmountLow(id) => Event::ChannelBufferedAmountLow(id),
                Sctp::ChannelClosing(id) => Event::ChannelClosing(id),
                Sctp::ChannelClosed(id) => Event::ChannelClosed(id),
                _ => continue, // connected, restarted, closed: seen in the channels and in `attend`
            });
        }
    }

    fn count_channels(&mut self, event: &limpid_sctp::Event) {
        use limpid_sctp::Event as Sctp;
        match event {
            Sctp::ChannelOpened(id) | Sctp::ChannelAccepted(id) => {
                self.open_channels.insert(*id);
            }
            Sctp::ChannelClosing(id) | Sctp::ChannelClosed(id) => {
                self.channels_closed += u64::from(self.open_channels.remove(id));
            }
            _ => {}
        }
    }

    /// How many channels have been open, and how many of them no longer are.
    pub(crate) fn channels_opened_and_closed(&self) -> (u64, u64) {
        (self.channels_closed + self.open_channels.len() as u64, self.channels_closed)
    }
}
