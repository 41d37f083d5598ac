//! The way out: which stream's turn it is, the numbers of the whole transport, the places that are filled in last.

use alloc::vec::Vec;

use limpid_crypto::Random;
use limpid_sansio::{Ecn, Instant, Transmit};

use super::limits::Wanted;
use super::{Feedback, Meaning, SenderConfig, Session};
use crate::bwe::{CircuitBreaker, Timing};
use crate::codec::FirstIds;
use crate::elements::ElementIds;
use crate::ext::AbsSendTime;
use crate::feedback::{ccfb, twcc};
use crate::names::{PayloadType, Ssrc};
use crate::rtx::Rtx;
use crate::send;

/// A stream of ours.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) config: SenderConfig,
    pub(super) stream: send::Stream,
    pub(super) breaker: CircuitBreaker,
    pub(super) wanted: Wanted,
    /// When the other side was last seen to use its number.
    pub(super) conflict: Option<Instant>,
}

impl Outgoing {
    /// `None`: the payload type that it is to begin with means no frames.
    pub(super) fn new(config: SenderConfig, random: &mut Random) -> Option<Self> {
        let format = format_of(&config, config.payload_type)?;
        let mut stream = send::Config::new(config.ssrc, config.payload_type, format);
        stream.mid = config.mid;
        stream.rid = config.rid;
        stream.first_sequence_number = first_sequence_number(random);
        stream.first_timestamp = random.u32();
        stream.first_ids = first_ids(random);
        stream.history.time = config.history;
        stream.rtx = repair_of(&config, random);
        let breaker = CircuitBreaker::new(Timing::default());
        Some(Outgoing {
            stream: send::Stream::new(stream),
            wanted: Wanted::default(),
            conflict: None,
            breaker,
            config,
        })
    }

    /// Whether this number is taken by it, or was when it was added.
    pub(super) fn is_of(&self, ssrc: Ssrc) -> bool {
        self.config.ssrc == ssrc || self.config.repair == Some(ssrc) || self.stream.is_of(ssrc)
    }

    /// Whether it can fill the path with packets of no use but that.
    pub(super) fn can_fill(&self) -> bool {
        self.stream.rtx().is_some() && self.stream.last_sent().is_some() && self.breaker.tripped().is_none()
    }

    pub(super) fn is_waiting(&self, elements: &ElementIds) -> bool {
        self.breaker.tripped().is_none() && self.stream.next_len(elements).is_some()
    }
}

/// Where formats that number their frames begin: anywhere.
pub(super) fn first_ids(random: &mut Random) -> FirstIds {
    let [high, low, index, _] = random.bytes();
    FirstIds { picture_id: u16::from_be_bytes([high, low]), tl0_picture_index: index }
}

/// The frames that a payload type stands for.
pub(super) fn format_of(config: &SenderConfig, payload_type: PayloadType) -> Option<crate::codec::Format> {
    let payload = config.payloads.iter().find(|payload| payload.payload_type == payload_type)?;
    match payload.meaning {
        Meaning::Media(format) => Some(format),
        _ => None,
    }
}

/// Where packets of the payload type in use are sent again: each payload type is repaired under a number of its own.
pub(super) fn repair_of(config: &SenderConfig, random: &mut Random) -> Option<Rtx> {
    let repairs = Meaning::Retransmission(config.payload_type);
    let payload = config.payloads.iter().find(|payload| payload.meaning == repairs)?;
    let first_sequence_number = first_sequence_number(random);
    Some(Rtx { ssrc: config.repair?, payload_type: payload.payload_type, first_sequence_number })
}

/// Far from the first rollover, so that nobody who misses the begin guesses it wrong. RFC 3711 §3.3.1.
pub(super) fn first_sequence_number(random: &mut Random) -> u16 {
    random.u32() as u16 & 0x7fff
}

/// What is remembered of arrivals until it is told.
#[derive(Debug)]
pub(super) enum Arrivals {
    None,
    TransportWide(twcc::Recorder),
    CongestionControl(ccfb::Recorder),
}

impl Arrivals {
    pub(super) fn new(feedback: Feedback) -> Self {
        match feedback {
            Feedback::None => Arrivals::None,
            Feedback::TransportWide => Arrivals::TransportWide(twcc::Recorder::new()),
            Feedback::CongestionControl => Arrivals::CongestionControl(ccfb::Recorder::new()),
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Arrivals::None => None,
            Arrivals::TransportWide(recorder) => recorder.poll_timeout(),
            Arrivals::CongestionControl(recorder) => recorder.poll_timeout(),
        }
    }

    pub(super) fn are_told_by_stream(&self) -> bool {
        matches!(self, Arrivals::CongestionControl(_))
    }

    pub(super) fn arrived(&mut self, now: Instant, ssrc: Ssrc, sequence: u16, ecn: Option<Ecn>) {
        if let Arrivals::CongestionControl(recorder) = self {
            recorder.received(now, ssrc, sequence, ecn);
        }
    }

    pub(super) fn arrived_as(&mut self, now: Instant, transport_sequence: u16) {
        if let Arrivals::TransportWide(recorder) = self {
            recorder.received(now, transport_sequence);
        }
    }
}

impl Session {
    /// The next packet: what is said about packets, then sound, then pictures at the pacer's rate, then what fills the path
    /// to find out how wide it is.
    pub(super) fn pack(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<()>> {
        let start = out.len();
        if self.pack_control(now, out) {
            return Some(Transmit::new((), out.len() - start));
        }
        loop {
            let sent = match self.next_turn(now)? {
                // `None`: all that was asked for again was beyond the budget, and is no longer waiting.
                Turn::Stream(at) => self.senders[at].stream.poll_packet(now, &self.elements, out),
                Turn::Padding(at, len) => {
                    let sent = self.senders[at].stream.poll_padding(now, len, &self.elements, out);
                    if sent.is_none() {
                        self.pacer.stop_probe(); // nothing to fill the path with: the probe must not wait for it
                    }
                    sent
                }
            };
            if let Some(sent) = sent {
                self.number(now, out, &sent);
                return Some(Transmit::new((), out.len() - start));
            }
        }
    }

    fn next_turn(&mut self, now: Instant) -> Option<Turn> {
        let elements = self.elements;
        let sound =
            self.senders.iter().position(|sender| !sender.config.is_video && sender.is_waiting(&elements));
        if let Some(at) = sound {
            return Some(Turn::Stream(at));
        }
        if self.senders.is_empty() || !self.pacer.may_send(now) {
            return None;
        }
        let count = self.senders.len();
        let turns = (0..count).map(|step| (self.turn + step) % count);
        let picture = turns.clone().find(|&at| self.senders[at].is_waiting(&elements));
        if let Some(at) = picture {
            self.turn = (at + 1) % count;
            return Some(Turn::Stream(at));
        }
        let len = self.pacer.padding_wanted();
        let padded = turns.clone().find(|&at| len > 0 && self.senders[at].can_fill())?;
        Some(Turn::Padding(padded, len.min(self.config.max_packet)))
    }

    /// Fills in what only now is known: the number on the transport and the time of leaving.
    fn number(&mut self, now: Instant, out: &mut [u8], sent: &send::Sent) {
        let number = self.transport_sequence;
        self.transport_sequence += 1;
        if let Some(place) = sent.transport_wide_cc_at.and_then(|at| out.get_mut(at..at + 2)) {
            place.copy_from_slice(&(number as u16).to_be_bytes());
        }
        if let Some(place) = sent.absolute_send_time_at.and_then(|at| out.get_mut(at..at + 3)) {
            place.copy_from_slice(&AbsSendTime::of(now.since(Instant::ZERO)).to_bytes());
        }
        self.estimator.sent(now, number, sent.len, self.pacer.probe());
        if self.arrivals.are_told_by_stream() {
            self.estimator.sent_rtp(number, sent.ssrc, sent.sequence_number);
        }
        self.note_sent(now, sent);
        let is_sound = self.senders.iter().any(|it| it.stream.ssrc() == sent.ssrc && !it.config.is_video);
        match is_sound {
            true => self.pacer.passed(now, sent.len),
            false => self.pacer.sent(now, sent.len),
        }
        if self.pacer.probe().is_none()
            && let Some(probe) = self.estimator.poll_probe(now)
        {
            self.pacer.start_probe(now, &probe);
        }
    }
}

enum Turn {
    Stream(usize),
    /// A stream that can fill the path, and with how many bytes at most.
    Padding(usize, usize),
}
