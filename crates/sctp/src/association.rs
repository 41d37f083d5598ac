//! The association: the machine, its state, and the verbs of its user.
//!
//! What it does with chunks stands in `handshake.rs`, `receive.rs`, `deliver.rs`, `ack.rs`, `reset.rs` and `shutdown.rs`;
//! what it packs in `pack/`; what time does in `clock.rs`.

use std::collections::VecDeque;

use bytes::Bytes;
use limpid_crypto::Random;
use limpid_sansio::tap::{Note, Notes};
use limpid_sansio::{Ecn, Instant, Machine, PathInfo, Timers, Transmit};

use crate::chunk::Data;
use crate::config::Config;
use crate::control::Control;
use crate::cookie::{CookieJar, PeerInit};
use crate::datachannel::channel::Phase;
use crate::datachannel::table::Table;
use crate::error::{DropReason, Error};
use crate::event::{ChannelId, CloseReason, Event, PeerInfo, State, Stats};
use crate::packet;
use crate::reset::Resets;
use crate::rx::Rx;
use crate::tx::Tx;
use crate::tx::rto::Rto;

/// One packet as it came out of its DTLS record.
#[derive(Copy, Clone, Debug)]
pub struct Inbound<'a> {
    /// The mark of the datagram that brought it. Counted only: ECN is not negotiated (RFC 9260 appendix B is optional, and
    /// no data channel peer speaks it).
    pub ecn: Option<Ecn>,
    /// The packet.
    pub bytes: &'a [u8],
}

/// What can run out.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// T1-init and T1-cookie: the handshake goes unanswered.
    T1,
    /// T2-shutdown: SHUTDOWN or SHUTDOWN ACK goes unanswered.
    T2,
    /// T3-rtx: data goes unacknowledged, or the peer's window stays shut.
    T3,
    /// T5-shutdown-guard: shutting down takes too long.
    T5,
    /// A packet that a later one overtook is late enough to be lost.
    Reordering,
    /// The last packets may be lost: probe.
    Probe,
    /// The path has been idle.
    Heartbeat,
    /// A RE-CONFIG request goes unanswered.
    Reconfig,
}

/// Our half of the names that both sides gave each other.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Local {
    pub(crate) tag: u32,
    pub(crate) initial_tsn: u32,
}

/// The handshake, as long as it lasts.
#[derive(Debug, Default)]
pub(crate) struct Handshake {
    /// The peer's cookie.
    pub(crate) cookie: Vec<u8>,
    pub(crate) retransmits: u32,
    /// When INIT or COOKIE ECHO was sent, if once.
    pub(crate) sent_at: Option<Instant>,
}

/// One SCTP association and its data channels. Both sides may [`connect`](Association::connect) at once: that is the
/// normal case in WebRTC.
///
/// Bounds: unread and unfinished messages hold at most `receive_window` and one message; messages to send at most twice
/// `send_buffer` and one message; events at most four for each channel, and a few; answers eight packets and eight chunks.
#[derive(Debug)]
pub struct Association {
    pub(crate) config: Config,
    pub(crate) random: Random,
    pub(crate) cookies: CookieJar,
    pub(crate) state: State,
    pub(crate) local: Local,
    pub(crate) peer: Option<PeerInit>,
    pub(crate) handshake: Handshake,
    pub(crate) timers: Timers<Timer, 8>,
    pub(crate) out: Control,
    pub(crate) tx: Tx,
    pub(crate) rx: Rx,
    pub(crate) channels: Table,
    pub(crate) resets: Resets,
    pub(crate) ending: Ending,
    pub(crate) log: Log,
}

/// How it ended, if it has; and what keeps it from lasting.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    pub(crate) reason: Option<CloseReason>,
    /// The nonce of the heartbeat that is not answered, and when it was sent.
    pub(crate) heartbeat: Option<(u64, Instant)>,
    pub(crate) retransmits: u32,
}

/// What is reported.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) events: VecDeque<Event>,
    pub(crate) stats: Stats,
    pub(crate) notes: Notes,
}

/// Packets are cut to a multiple of four bytes, so that full ones are equally long.
pub(crate) const fn packet_size(max_datagram: usize) -> usize {
    let size = if max_datagram < MIN_DATAGRAM { MIN_DATAGRAM } else { max_datagram };
    let size = if size > 65_532 { 65_532 } else { size };
    size / 4 * 4
}

/// The largest piece of a message that one packet takes.
pub(crate) const fn max_payload(max_datagram: usize) -> usize {
    packet_size(max_datagram) - packet::HEADER_LEN - Data::HEADER_LEN
}

/// Below this not even a handshake fits.
const MIN_DATAGRAM: usize = 256;

impl Association {
    /// Listens: nothing is sent until [`connect`](Association::connect), or until a peer knocks.
    pub fn new(config: Config, now: Instant) -> Self {
        let mut random = Random::from_seed(config.seed);
        let cookies = CookieJar::new(&config.provider, &mut random);
        let local = Local { tag: random.u32().max(1), initial_tsn: random.u32() };
        Association {
            tx: Tx::new(&config, local.initial_tsn, now),
            rx: Rx::new(&config, 0),
            resets: Resets::new(local.initial_tsn),
            config,
            random,
            cookies,
            state: State::Closed,
            local,
            peer: None,
            handshake: Handshake::default(),
            timers: Timers::new([
                Timer::T1,
                Timer::T2,
                Timer::T3,
                Timer::T5,
                Timer::Reordering,
                Timer::Probe,
                Timer::Heartbeat,
                Timer::Reconfig,
            ]),
            out: Control::default(),
            channels: Table::default(),
            ending: Ending::default(),
            log: Log::default(),
        }
    }

    /// The largest message that the peer takes, in bytes, from its `a=max-message-size`; 0: any (RFC 8841 §6.1). 65536
    /// until told otherwise.
    pub fn set_remote_max_message_size(&mut self, bytes: u64) {
        let limit = if bytes == 0 { u64::MAX } else { bytes };
        self.tx.max_message = usize::try_from(limit).unwrap_or(usize::MAX).min(u32::MAX as usize);
    }

    /// The peer's SCTP port, from its `a=sctp-port` (RFC 8841 §5). An association that has begun keeps the one it has.
    pub fn set_remote_port(&mut self, port: u16) {
        if self.state() == State::Closed {
            self.config.remote_port = port;
        }
    }

    /// The path is another one, or takes datagrams of another size; a new route starts congestion control anew
    /// (RFC 8261 §6.1).
    pub fn path_changed(&mut self, now: Instant, info: PathInfo) {
        self.config.max_datagram = info.max_datagram;
        self.tx.congestion.on_path_changed(now, max_payload(info.max_datagram), info.is_new_route);
        if info.is_new_route {
            self.tx.rto = Rto::new(&self.config.timing);
        }
    }

    /// How many bytes a driver sends in one system call; see [`Config::send_quantum`].
    pub fn set_send_quantum(&mut self, bytes: usize) {
        self.config.send_quantum = bytes;
    }

    /// Where the association stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// Over: nothing more will happen, but for last words in `poll_transmit` and events that wait.
    pub fn finished(&self) -> bool {
        self.ending.reason.is_some()
    }

    /// Counters and estimates.
    pub fn stats(&self) -> Stats {
        Stats {
            srtt: self.tx.rto.srtt(),
            rto: self.tx.rto.current(&self.config.timing),
            cwnd: self.tx.congestion.window(),
            rwnd: self.tx.window.rwnd,
            flight: self.tx.flight.flight(),
            receive_held: self.rx.held + self.rx.reassembly.held(),
            send_held: self.tx.held,
            ..self.log.stats
        }
    }

    /// What the peer told in its INIT or INIT ACK, once it has.
    pub fn info(&self) -> Option<PeerInfo> {
        self.peer.map(|peer| PeerInfo {
            outbound_streams: peer.outbound_streams,
            inbound_streams: peer.inbound_streams,
            a_rwnd: peer.a_rwnd,
            forward_tsn: peer.extensions.forward_tsn,
            reconfig: peer.extensions.reconfig,
            pad: peer.extensions.pad,
        })
    }

    /// The next change of state, for a tap.
    pub fn pop_note(&mut self) -> Option<Note> {
        self.log.notes.pop()
    }

    /// The next message of a channel, lent until the next call. What is not read holds the peer's window shut.
    pub fn read(&mut self, id: ChannelId) -> Option<crate::event::Message<'_>> {
        self.forget_if_spent(id);
        let channel = self.channels.get_mut(id)?;
        let (message, back) = channel.inbox.read();
        if let Some(buffer) = back {
            self.rx.reassembly.recycle(buffer);
        }
        if let Some(message) = &message {
            self.rx.held -= crate::rx::inbox::Inbox::cost(message.bytes.len());
            self.rx.ack.on_read(self.rx.window(), self.rx.size);
        }
        message
    }

    /// The next message of a channel, as `Bytes` that outlive the call. Large ones are not copied.
    pub fn read_bytes(&mut self, id: ChannelId) -> Option<(crate::event::Kind, Bytes)> {
        self.forget_if_spent(id);
        let (kind, bytes) = self.channels.get_mut(id)?.inbox.read_bytes()?;
        self.rx.held -= crate::rx::inbox::Inbox::cost(bytes.len());
        self.rx.ack.on_read(self.rx.window(), self.rx.size);
        Some((kind, bytes))
    }

    /// Whether an event that waited is worth reporting; an edge may be reported anew from now on.
    fn still_holds(&mut self, event: Event) -> bool {
        let (Event::Readable(id)
        | Event::Writable(id)
        | Event::BufferedAmountLow(id)
        | Event::ChannelClosed(id)) = event
        else {
            return true;
        };
        let Some(channel) = self.channels.get_mut(id) else {
            return matches!(event, Event::ChannelClosed(_));
        };
        match event {
            Event::Readable(_) => {
                channel.edges.readable = false;
                !channel.inbox.is_empty()
            }
            Event::Writable(_) => {
                channel.edges.writable = false;
                channel.is_writable()
            }
            Event::BufferedAmountLow(_) => {
                channel.edges.low = false;
                channel.phase != Phase::Closed
            }
            _ => {
                self.forget_if_spent(id);
                true
            }
        }
    }

    pub(crate) fn enter(&mut self, now: Instant, state: State) {
        self.log.notes.push(now, name(self.state), name(state));
        self.state = state;
    }

    pub(crate) fn drop_for(&mut self, reason: DropReason) {
        self.log.stats.dropped.count(reason);
    }

    /// The tag for packets to the peer, once it is known.
    pub(crate) fn peer_tag(&self) -> Option<u32> {
        self.peer.map(|peer| peer.tag)
    }

    /// What `handle_*` says once the association is over.
    fn verdict(&self) -> Result<(), Error> {
        match self.ending.reason {
            Some(CloseReason::Failed(error)) => Err(error),
            _ => Ok(()),
        }
    }
}

const fn name(state: State) -> &'static str {
    match state {
        State::Closed => "closed",
        State::CookieWait => "cookie-wait",
        State::CookieEchoed => "cookie-echoed",
        State::Established => "established",
        State::ShutdownPending => "shutdown-pending",
        State::ShutdownSent => "shutdown-sent",
        State::ShutdownReceived => "shutdown-received",
        State::ShutdownAckSent => "shutdown-ack-sent",
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
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        self.verdict()?;
        self.log.stats.ce_marks += u64::from(input.ecn == Some(Ecn::Ce));
        self.receive(now, input.bytes);
        self.verdict()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        self.verdict()?;
        self.run_timers(now);
        self.verdict()
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<()>> {
        let start = out.len();
        self.pack(now, out);
        let len = out.len() - start;
        if len == 0 {
            return None;
        }
        packet::finish(&mut out[start..]);
        self.log.stats.packets_sent += 1;
        Some(Transmit::new((), len))
    }

    fn poll_event(&mut self) -> Option<Event> {
        while let Some(event) = self.log.events.pop_front() {
            if self.still_holds(event) {
                return Some(event);
            }
        }
        None
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Instant::earliest(self.timers.next(), self.rx.ack.deadline())
    }
}
