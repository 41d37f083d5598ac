//! All streams of one transport as one machine: packets are told apart, reports are written, what may leave leaves in its
//! turn. RFC 3550 §6; RFC 8834; RFC 9143 §9.2.
//!
//! ```text
//! in   packet ─┬ RTP  → section, encoding, stream → receive::Stream → Readable → Receiver::read
//!              └ RTCP → reports, NACK → send::Stream; arrivals → estimator → pacer
//! out  Sender::write → send::Stream ─ sound first, then what was asked for again, then pictures as the pacer lets them
//!      reports, NACK, PLI, arrivals ─→ RTCP
//! ```
//! Protection (SRTP) stands below this machine and is not its business.

mod agreement;
mod breaker;
mod clocks;
mod collision;
mod compose;
mod config;
mod control;
mod event;
mod find;
mod handles;
mod incoming;
mod interval;
mod limits;
mod look;
mod outgoing;
mod report;
mod route;
mod section;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::time::Duration;

use limpid_crypto::Random;
use limpid_sansio::{Ecn, Instant, Machine, PathInfo, Transmit};

pub use config::{Config, Feedback, SenderConfig};
pub use event::{Event, ReceiverId};
pub use handles::{Received, Receiver, Sender};
pub use look::{InboundStream, OutboundStream};
pub use section::{Meaning, Payload, Section};

use crate::bwe::Estimator;
use crate::clock::Ntp;
use crate::elements::ElementIds;
use crate::ext::Kind;
use crate::names::{Mid, Rid, Ssrc};
use crate::pacer::Pacer;
use incoming::Incoming;
use outgoing::{Arrivals, Outgoing};
use report::Reports;
use route::{Route, Routes};

/// A round trip that is assumed until one is measured.
const FIRST_ROUND_TRIP: Duration = Duration::from_millis(100);
/// Most events that wait: edges, a few for each stream.
const MAX_EVENTS: usize = 1024;

/// So many streams that nobody takes are remembered, so that each is told of once.
const STRANGERS: usize = 16;

/// One plain packet that came, RTP or RTCP.
#[derive(Copy, Clone, Debug)]
pub struct Inbound<'a> {
    /// What the network did to it on the way.
    pub ecn: Option<Ecn>,
    /// The packet.
    pub bytes: &'a [u8],
}

/// Why a packet went nowhere.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum DropReason {
    /// It does not hold together.
    Malformed,
    /// No section, encoding or stream takes it.
    Unrouted,
    /// A payload type that means nothing here.
    UnknownPayloadType,
    /// It came before, or too late.
    Stale,
    /// Feedback about a stream that is not ours.
    Foreign,
    /// It has one of our own numbers: somebody sends back what we send.
    Looped,
}

impl DropReason {
    pub(crate) const COUNT: usize = 6;
    /// All of them.
    pub const ALL: [DropReason; Self::COUNT] = [
        DropReason::Malformed,
        DropReason::Unrouted,
        DropReason::UnknownPayloadType,
        DropReason::Stale,
        DropReason::Foreign,
        DropReason::Looped,
    ];
}

/// All streams of one transport. ★
///
/// Bounded by its parts: each [`send::Stream`](crate::send::Stream) and [`receive::Stream`](crate::receive::Stream) states
/// its own bounds, and there are as many as [`add_sender`](Session::add_sender) and [`add_receiver`](Session::add_receiver)
/// were called for, whatever numbers the other side makes up.
#[derive(Debug)]
pub struct Session {
    config: Config,
    random: Random,
    elements: ElementIds,
    senders: Vec<Outgoing>,
    receivers: Vec<Incoming>,
    next_receiver: u32,
    routes: Routes,
    pacer: Pacer,
    estimator: Estimator,
    arrivals: Arrivals,
    /// Counts every packet that leaves; its low bits stand in the header extension.
    transport_sequence: u64,
    round_trip: Duration,
    /// It was measured or told.
    knows_round_trip: bool,
    clocks: clocks::Clocks,
    limits: limits::Total,
    reports: Reports,
    /// Who asks, where we send nothing ourselves.
    local_ssrc: Ssrc,
    /// When the other side was last seen to use `local_ssrc`.
    conflict: Option<Instant>,
    events: VecDeque<Event>,
    bitrate: u64,
    /// Whose turn it is among the pictures.
    turn: usize,
    lost: Vec<u16>,
    /// Streams that nobody takes, the last ones that were told of.
    strangers: [Ssrc; STRANGERS],
    dropped: [u64; DropReason::COUNT],
}

impl Session {
    /// A session without streams.
    pub fn new(config: Config) -> Self {
        let mut random = Random::from_seed(config.seed);
        let local_ssrc = Ssrc(random.u32());
        let limits = config.bitrate;
        Session {
            elements: ElementIds::default(),
            senders: Vec::new(),
            receivers: Vec::new(),
            next_receiver: 0,
            routes: Routes::default(),
            pacer: Pacer::new(limits.start),
            estimator: Estimator::new(limits),
            arrivals: Arrivals::new(config.feedback),
            transport_sequence: 0,
            round_trip: FIRST_ROUND_TRIP,
            knows_round_trip: false,
            clocks: clocks::Clocks::default(),
            limits: limits::Total::default(),
            reports: Reports::default(),
            local_ssrc,
            conflict: None,
            events: VecDeque::new(),
            bitrate: limits.start,
            turn: 0,
            lost: Vec::new(),
            strangers: [Ssrc::default(); STRANGERS],
            dropped: [0; DropReason::COUNT],
            random,
            config,
        }
    }

    /// A stream to be sent, which is called by its number from now on, also when it has to [take another
    /// one](Event::Renumbered). `None`: the number is taken, or the payload type that it begins with means no frames.
    pub fn add_sender(&mut self, now: Instant, config: SenderConfig) -> Option<Ssrc> {
        let taken = |ssrc: Ssrc| self.senders.iter().any(|sender| sender.is_of(ssrc));
        if taken(config.ssrc) || config.repair.is_some_and(taken) {
            return None;
        }
        let ssrc = config.ssrc;
        let mut sender = Outgoing::new(config, &mut self.random)?;
        sender.stream.describe_dependencies(self.elements.id(Kind::DependencyDescriptor).is_some());
        self.senders.push(sender);
        self.reports.begin(now, &mut self.random);
        Some(ssrc)
    }

    /// Ends a stream; the other side is told (BYE), if it ever heard of it.
    pub fn remove_sender(&mut self, ssrc: Ssrc) {
        if let Some(at) = self.senders.iter().position(|sender| sender.config.ssrc == ssrc) {
            let sender = self.senders.remove(at);
            self.reports.goodbyes.extend(sender.stream.sources_that_sent());
        }
    }

    /// A stream that may come: one encoding of a section. It is known by the names that its packets carry, by its number if
    /// that is known already (`bind`), or by a payload type that no other section has.
    pub fn add_receiver(&mut self, now: Instant, section: Section, rid: Option<Rid>) -> ReceiverId {
        let id = ReceiverId(self.next_receiver);
        self.next_receiver += 1;
        self.receivers.push(Incoming::new(id, section, rid));
        self.reports.begin(now, &mut self.random);
        id
    }

    /// What was agreed on for a receiver changed.
    pub fn update_receiver(&mut self, id: ReceiverId, section: Section) {
        if let Some(receiver) = self.receivers.iter_mut().find(|receiver| receiver.id == id) {
            receiver.update(section, self.elements);
        }
    }

    /// The numbers that a receiver's stream, and that of its retransmissions, will have (`a=ssrc`).
    pub fn bind(&mut self, id: ReceiverId, ssrc: Ssrc, repair: Option<Ssrc>) {
        self.routes.bind(ssrc, Route::Media(id));
        if let Some(repair) = repair {
            self.routes.bind(repair, Route::Repair(id));
        }
    }

    /// The number that a receiver's stream of parity will have (`a=ssrc-group:FEC-FR`).
    pub fn bind_parity(&mut self, id: ReceiverId, ssrc: Ssrc) {
        self.routes.bind(ssrc, Route::Parity(id));
    }

    /// Nothing more is taken for it.
    pub fn remove_receiver(&mut self, id: ReceiverId) {
        self.receivers.retain(|receiver| receiver.id != id);
        self.routes.forget(id);
    }

    /// A stream of ours, borrowed, by the number under which it was added.
    pub fn sender(&mut self, ssrc: Ssrc) -> Option<Sender<'_>> {
        let at = self.senders.iter().position(|sender| sender.config.ssrc == ssrc)?;
        Some(Sender { session: self, at })
    }

    /// A stream of the other side's, borrowed.
    pub fn receiver(&mut self, id: ReceiverId) -> Option<Receiver<'_>> {
        let at = self.receivers.iter().position(|receiver| receiver.id == id)?;
        Some(Receiver { session: self, at })
    }

    /// What our streams are called: the numbers under which they were added.
    pub fn senders(&self) -> impl Iterator<Item = Ssrc> {
        self.senders.iter().map(|sender| sender.config.ssrc)
    }

    /// The receivers, with the section that each belongs to.
    pub fn receivers(&self) -> impl Iterator<Item = (ReceiverId, Option<Mid>, Option<Rid>)> {
        self.receivers.iter().map(|receiver| (receiver.id, receiver.section.mid, receiver.rid))
    }

    /// What all our streams together may send, in bits per second, by the latest estimate.
    pub fn target_bitrate(&self) -> u64 {
        self.bitrate
    }

    /// What the estimate is made of.
    pub fn estimate(&self) -> crate::bwe::Stats {
        self.estimator.stats()
    }

    /// The round trip time: told, or measured by reports on what we send; 100 ms until then.
    pub fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// A round trip time that was measured elsewhere, below this floor. Until one is known a stream that comes goes by how long
    /// answers to its requests take, where that is more than what is assumed.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        (self.round_trip, self.knows_round_trip) = (round_trip, true);
        self.estimator.on_rtt(round_trip);
    }

    /// The packets may be so large, and perhaps travel another way.
    pub fn path_changed(&mut self, info: PathInfo) {
        self.config.max_packet = info.max_datagram;
        if info.is_new_route {
            self.estimator.begin_anew(self.config.bitrate);
            self.estimator.on_rtt(self.round_trip);
            self.follow_estimate();
            self.begin_breakers_anew();
        }
    }

    /// Ends all our streams; the other side is told. Nothing else is sent any more.
    pub fn close(&mut self) {
        let sources = self.senders.iter().flat_map(|sender| sender.stream.sources_that_sent());
        self.reports.close(sources);
        self.senders.clear();
        self.receivers.clear();
    }

    /// Packets that went nowhere, by [`DropReason`].
    pub fn dropped(&self) -> [u64; DropReason::COUNT] {
        self.dropped
    }

    /// The wall time of an instant.
    fn ntp(&self, now: Instant) -> Ntp {
        Ntp(self.config.ntp_epoch).plus(now.since(Instant::ZERO))
    }

    fn say(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        }
    }

    fn drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }

    /// The estimate may have moved: the pacer follows, and whoever makes frames is told.
    fn follow_estimate(&mut self) {
        let target = self.estimator.target();
        self.pacer.set_rate(self.estimator.pacing_rate());
        // Small moves are not worth an encoder's attention, but for those that somebody else asked for.
        let exceeds = self.limits.holds().is_some_and(|limit| self.bitrate > limit.max(target));
        if target.abs_diff(self.bitrate) * 20 > self.bitrate || exceeds {
            self.bitrate = target;
            self.say(Event::BitrateChanged(target));
        }
    }
}

impl Machine for Session {
    type Input<'a> = Inbound<'a>;
    type Yield<'a> = ();
    type Route = ();
    type Event = Event;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        match crate::rtcp::is_rtcp(input.bytes) {
            true => self.take_control(now, input.bytes),
            false => self.take_packet(now, input),
        }
        Ok(())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        self.estimator.handle_timeout(now);
        self.follow_estimate();
        self.reports.reconsider(now, self.bitrate, &mut self.random);
        self.attend_breakers(now);
        self.attend_receivers(now);
        self.attend_requests(now);
        self.attend_limits(now);
        Ok(())
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<()>> {
        self.pack(now, out)
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let receivers = self.receivers.iter().filter_map(Incoming::poll_timeout).min();
        let control = Instant::earliest(self.reports.poll_timeout(), self.arrivals.poll_timeout());
        let fills = self.pacer.padding_wanted() > 0;
        let waits = |sender: &Outgoing| sender.is_waiting(&self.elements) || (fills && sender.can_fill());
        let sending = self.pacer.poll_timeout(true).filter(|_| self.senders.iter().any(waits));
        let sending = Instant::earliest(sending, self.estimator.poll_timeout());
        let sending = Instant::earliest(sending, self.breakers_timeout());
        let asked = Instant::earliest(self.limits_timeout(), self.requests_timeout());
        let receivers = Instant::earliest(receivers, asked);
        Instant::earliest(receivers, Instant::earliest(control, sending))
    }
}
