//! The association: the machine.
use bytes::Bytes;
use limpid_sansio::{Ecn, Instant, Machine, PathInfo, Transmit};

use crate::config::{ChannelConfig, Config, Parity};
use crate::error::{Error, Misuse, WriteError};
use crate::event::{ChannelId, ChannelInfo, Event, Kind, Message, PeerInfo, State, Stats};

/// One packet as it came out of its DTLS record.
#[derive(Copy, Clone, Debug)]
pub struct Inbound<'a> {
    /// The mark of the datagram.
    pub ecn: Option<Ecn>,
    /// The packet.
    pub bytes: &'a [u8],
}

/// One SCTP association and its data channels.
#[derive(Debug)]
pub struct Association {
    config: Config,
    stats: Stats,
}

impl Association {
    /// Listens.
    pub fn new(config: Config, _now: Instant) -> Self {
        Association { config, stats: Stats::default() }
    }
    /// Sends INIT.
    pub fn connect(&mut self, _now: Instant) {}
    /// Tells which stream ids are ours.
    pub fn set_parity(&mut self, _parity: Parity) {}
    /// The largest message that the peer takes; 0: any.
    pub fn set_remote_max_message_size(&mut self, _bytes: u64) {}
    /// The path is another one, or takes other sizes.
    pub fn path_changed(&mut self, _now: Instant, info: PathInfo) {
        self.config.max_datagram = info.max_datagram;
    }
    /// How many bytes a driver sends in one system call.
    pub fn set_send_quantum(&mut self, bytes: usize) {
        self.config.send_quantum = bytes;
    }
    /// Opens a channel.
    pub fn open_channel(&mut self, _now: Instant, _channel: ChannelConfig) -> Result<ChannelId, Misuse> {
        Err(Misuse::Closed)
    }
    /// What is known about a channel.
    pub fn channel(&self, _id: ChannelId) -> Option<ChannelInfo<'_>> {
        None
    }
    /// Queues a message; copies it.
    pub fn write(
        &mut self,
        _now: Instant,
        _id: ChannelId,
        _kind: Kind,
        _bytes: &[u8],
    ) -> Result<(), WriteError> {
        Err(WriteError::NotOpen)
    }
    /// Queues a message without copying it.
    pub fn write_bytes(
        &mut self,
        _now: Instant,
        _id: ChannelId,
        _kind: Kind,
        _bytes: Bytes,
    ) -> Result<(), WriteError> {
        Err(WriteError::NotOpen)
    }
    /// The buffered amount at which `BufferedAmountLow` is reported.
    pub fn set_low_water(&mut self, _id: ChannelId, _bytes: usize) {}
    /// Bytes written that were not put into a packet yet.
    pub fn buffered_amount(&self, _id: ChannelId) -> usize {
        0
    }
    /// The next message, lent.
    pub fn read(&mut self, _id: ChannelId) -> Option<Message<'_>> {
        None
    }
    /// The next message, owned.
    pub fn read_bytes(&mut self, _id: ChannelId) -> Option<(Kind, Bytes)> {
        None
    }
    /// Closes a channel.
    pub fn close_channel(&mut self, _now: Instant, _id: ChannelId) {}
    /// Ends the association in peace.
    pub fn shutdown(&mut self, _now: Instant) {}
    /// Ends the association at once.
    pub fn abort(&mut self, _now: Instant) {}
    /// Where it stands.
    pub fn state(&self) -> State {
        State::Closed
    }
    /// Over: nothing more will happen.
    pub fn finished(&self) -> bool {
        false
    }
    /// Counters and estimates.
    pub fn stats(&self) -> Stats {
        self.stats
    }
    /// What the peer told in its INIT.
    pub fn info(&self) -> Option<PeerInfo> {
        None
    }
}

impl Machine for Association {
    type Input<'a> = Inbound<'a>;
    type Yield<'a> = ();
    type Route = ();
    type Event = Event;
    type Error = Error;
    fn handle_input<'a>(
        &mut self,
        _now: Instant,
        _input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        Ok(())
    }
    fn handle_timeout(&mut self, _now: Instant) -> Result<(), Self::Error> {
        Ok(())
    }
    fn poll_transmit(&mut self, _now: Instant, _out: &mut Vec<u8>) -> Option<Transmit<()>> {
        None
    }
    fn poll_event(&mut self) -> Option<Event> {
        None
    }
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}
