//! Two SCTP associations. A wire that loses, doubles, delays and replays (inside DTLS nobody can do more) takes nothing away
//! from reliable channels, brings nothing twice, and keeps what is ordered in order; and all queues stay within their bounds.
//! Played *forged*, changed packets get a right checksum: then only bounds and peace of mind are asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use limpid_crypto::null;
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::{Instant, Machine, PathInfo};
use limpid_sctp::{
    Association, ChannelConfig, ChannelId, Config, Error, Event, Inbound, Kind, Parity, Reliability, State,
    WriteError, packet,
};

use super::wire::{Player, Step, Wire, script, seed};
use crate::Outcome;

const MAX_MESSAGE: usize = 32 << 10;
const WINDOW: usize = 64 << 10;
const SEND_BUFFER: usize = 128 << 10;
/// Channels that one side opens at most.
const MAX_CHANNELS: usize = 12;

/// What the user of an association does.
#[derive(Arbitrary, Clone, PartialEq, Eq, Debug)]
enum Verb {
    Connect,
    Open(u8),
    Write { channel: u8, len: u8 },
    WriteMore { channel: u8, count: u8 },
    Reading(bool),
    PathChanged(u8),
    CloseChannel(u8),
    Shutdown(u8),
}

/// A channel as its opener sees it; its label is its number.
struct Channel {
    id: ChannelId,
    written: u32,
}

struct End {
    association: Association,
    number: u8,
    channels: Vec<Channel>,
    /// The numbers of the channels that the other side opened.
    accepted: BTreeMap<ChannelId, u8>,
    /// What came, by the number of the channel.
    received: BTreeMap<u8, Vec<u32>>,
    /// Channels that this side closed, by number.
    closed: Vec<u8>,
    /// Of these, those that never came to be: what was written to them need not arrive.
    stillborn: Vec<u8>,
    readable: Vec<ChannelId>,
    reads: bool,
    error: Option<Error>,
    ended: bool,
    forged: bool,
}

/// The number of a channel says who opened it, and what it is.
fn number(side: u8, count: usize, kind: u8) -> u8 {
    (side << 7) | ((count as u8) << 3) | (kind % 6)
}

fn channel_config(number: u8) -> ChannelConfig {
    let reliability = match number % 8 {
        0 | 1 => Reliability::Reliable,
        2 | 3 => Reliability::Retransmits(u16::from(number % 3)),
        _ => Reliability::Lifetime(200),
    };
    ChannelConfig {
        label: number.to_string(),
        ordered: is_ordered(number),
        reliability,
        ..ChannelConfig::default()
    }
}

fn is_ordered(number: u8) -> bool {
    number.is_multiple_of(2)
}

fn is_reliable(number: u8) -> bool {
    number % 8 < 2
}

impl End {
    fn new(side: u8, forged: bool) -> Self {
        let mut config = Config::new(null::provider(), [side; 32]);
        (config.max_message_size, config.receive_window, config.send_buffer) =
            (MAX_MESSAGE, WINDOW, SEND_BUFFER);
        let mut association = Association::new(config, Instant::from_millis(1000));
        association.set_parity(if side == 0 { Parity::Even } else { Parity::Odd });
        association.set_remote_max_message_size(MAX_MESSAGE as u64);
        End {
            association,
            number: side,
            channels: Vec::new(),
            accepted: BTreeMap::new(),
            received: BTreeMap::new(),
            closed: Vec::new(),
            stillborn: Vec::new(),
            readable: Vec::new(),
            reads: true,
            error: None,
            ended: false,
            forged,
        }
    }

    fn verdict(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            assert!(self.error.is_none_or(|first| first == error), "{error:?} after {:?}", self.error);
            let is_silence =
                matches!(error, Error::HandshakeTimedOut | Error::PeerUnreachable | Error::ShutdownTimedOut);
            assert!(
                is_silence || self.forged || matches!(error, Error::AbortedByPeer(_)),
                "{error:?} of an honest peer"
            );
            self.error = Some(error);
        }
    }

    fn write(&mut self, now: Instant, channel: u8, len: usize) {
        let count = self.channels.len().max(1);
        let Some(channel) = self.channels.get_mut(usize::from(channel) % count) else { return };
        let mut message = vec![0x33; 4 + len];
        message[..4].copy_from_slice(&channel.written.to_be_bytes());
        match self.association.write(now, channel.id, Kind::Binary, &message) {
            Ok(()) => channel.written += 1,
            Err(WriteError::TooLarge) => panic!("{len} bytes are not too many"),
            Err(WriteError::Full | WriteError::NotOpen) => {}
        }
    }

    fn obey(&mut self, now: Instant, verb: &Verb) {
        match *verb {
            Verb::Connect => self.association.connect(now),
            Verb::Open(kind) if self.channels.len() < MAX_CHANNELS => {
                let number = number(self.number, self.channels.len(), kind);
                if let Ok(id) = self.association.open_channel(now, channel_config(number)) {
                    self.channels.push(Channel { id, written: 0 });
                    self.accepted.insert(id, number);
                }
            }
            Verb::Open(_) => {}
            Verb::Write { channel, len } => {
                let len = usize::from(len);
                self.write(now, channel, if len < 200 { len } else { len * 90 });
            }
            Verb::WriteMore { channel, count } => {
                (0..count % 32).for_each(|_| self.write(now, channel, 1500))
            }
            Verb::Reading(reads) => {
                self.reads = reads;
                self.read_all();
            }
            Verb::PathChanged(size) => {
                let max_datagram = 600 + 4 * usize::from(size);
                self.association.path_changed(now, PathInfo { max_datagram, is_new_route: size % 2 == 0 });
            }
            Verb::CloseChannel(channel) => {
                let known: Vec<ChannelId> = self.accepted.keys().copied().collect();
                if let Some(id) = known.get(usize::from(channel) % known.len().max(1)) {
                    let number = self.accepted[id];
                    self.closed.push(number);
                    if self.association.state() != State::Established {
                        self.stillborn.push(number);
                    }
                    self.association.close_channel(now, *id);
                }
            }
            Verb::Shutdown(how) => {
                // Rare, so that most scripts go on.
                match how {
                    0..=20 => self.association.shutdown(now),
                    250.. => self.association.abort(now),
                    _ => return,
                }
                self.ended = true;
            }
        }
    }

    fn read_all(&mut self) {
        if !self.reads {
            return;
        }
        for id in core::mem::take(&mut self.readable) {
            while let Some(message) = self.association.read(id) {
                let bytes = message.bytes.to_vec();
                let Some(number) = self.accepted.get(&id) else {
                    assert!(self.forged, "data of a channel that was not announced");
                    continue;
                };
                let received = self.received.entry(*number).or_default();
                let Some(count) = bytes.first_chunk::<4>().map(|count| u32::from_be_bytes(*count)) else {
                    assert!(self.forged, "{} bytes", bytes.len());
                    continue;
                };
                if !self.forged {
                    assert!(!received.contains(&count), "message {count} twice on channel {number}");
                    let in_order = received.last().is_none_or(|last| *last < count);
                    assert!(in_order || !is_ordered(*number), "message {count} after {received:?}");
                }
                received.push(count);
            }
        }
    }

    fn check_bounds(&self) {
        let stats = self.association.stats();
        // The window may be overrun by what was on its way; messages are taken whole.
        assert!(stats.receive_held <= WINDOW + MAX_MESSAGE + 4096, "{} bytes held", stats.receive_held);
        // Channels with nothing queued are let in up to twice the buffer.
        assert!(stats.send_held <= 2 * SEND_BUFFER + MAX_MESSAGE + 4096, "{} bytes queued", stats.send_held);
        assert!(stats.flight <= stats.send_held + 4096, "{stats:?}");
    }
}

impl Player for End {
    type Packet = Vec<u8>;

    fn receive(&mut self, now: Instant, mut packet: Vec<u8>) {
        if self.forged && packet.len() >= packet::HEADER_LEN {
            packet[8..12].fill(0);
            packet::finish(&mut packet);
        }
        let result = self.association.handle_input(now, Inbound { ecn: None, bytes: &packet });
        self.verdict(result);
        self.check_bounds();
    }

    fn handle_timeout(&mut self, now: Instant) {
        let result = self.association.handle_timeout(now);
        self.verdict(result);
    }

    fn drain(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let (accepted, readable) = (&mut self.accepted, &mut self.readable);
        let mut note = |association: &mut Association, event| match event {
            Event::ChannelAccepted(id) => {
                let label = association.channel(id).and_then(|info| info.label.parse().ok());
                accepted.extend(label.map(|number| (id, number)));
            }
            Event::Readable(id) if !readable.contains(&id) => readable.push(id),
            _ => {}
        };
        let mut sent = checked_drain(&mut self.association, now, &mut note);
        // Reading may open the window, which is something to say.
        self.read_all();
        sent.extend(checked_drain(&mut self.association, now, |_, _| ()));
        assert!(sent.len() <= 2000, "{} packets at once", sent.len());
        self.check_bounds();
        sent.into_iter().map(|(_, bytes)| bytes).collect()
    }

    fn deadline(&self) -> Option<Instant> {
        if self.error.is_some() { None } else { self.association.poll_timeout() }
    }

    fn bytes(packet: &mut Vec<u8>) -> &mut Vec<u8> {
        packet
    }
}

/// As inside DTLS: what is changed on the way is dropped for its checksum.
pub fn play(data: &[u8]) -> Outcome {
    run(data, false)
}

/// As if the other end were evil.
pub fn play_forged(data: &[u8]) -> Outcome {
    run(data, true)
}

fn run(data: &[u8], forged: bool) -> Outcome {
    let mut u = Unstructured::new(data);
    let steps: Vec<Step<Verb>> = script(&mut u);
    let mut wire = Wire::new([End::new(0, forged), End::new(1, forged)]);
    for step in &steps {
        crate::show(&step);
        match step {
            Step::Wire(to, mischief) => wire.play(*to, mischief),
            Step::Verb(side, verb) => {
                let now = wire.now;
                wire.ends[*side].obey(now, verb);
                wire.drain();
            }
        }
    }
    let now = wire.now;
    for end in &mut wire.ends {
        end.association.connect(now);
        end.obey(now, &Verb::Reading(true));
    }
    wire.drain();
    let over = |wire: &Wire<End>| wire.ends.iter().any(|end| end.error.is_some() || end.ended);
    let established =
        |wire: &Wire<End>| wire.ends.iter().all(|end| end.association.state() == State::Established);
    let at_rest = |wire: &Wire<End>| established(wire) && is_complete(wire) && is_idle(wire);
    wire.settle(Duration::from_secs(90), |wire| over(wire) || at_rest(wire));
    let established = established(&wire);
    if !forged && !over(&wire) {
        assert!(established, "{:?}", wire.ends.each_ref().map(|end| end.association.state()));
        assert!(is_complete(&wire), "{}", missing(&wire));
        assert!(is_idle(&wire), "{:?}", wire.ends.each_ref().map(|end| end.association.stats()));
    }
    if established { Outcome::Accepted } else { Outcome::Refused }
}

/// What was not closed by its reader has come.
fn expected(wire: &Wire<End>) -> impl Iterator<Item = (u8, usize, usize)> {
    (0..2).flat_map(|side| {
        let (writer, reader) = (&wire.ends[side], &wire.ends[1 - side]);
        writer.channels.iter().filter_map(|channel| {
            let number = writer.accepted[&channel.id];
            let counts = is_reliable(number)
                && !reader.closed.contains(&number)
                && !writer.stillborn.contains(&number);
            let received = reader.received.get(&number).map_or(0, Vec::len);
            counts.then_some((number, channel.written as usize, received))
        })
    })
}

fn is_complete(wire: &Wire<End>) -> bool {
    expected(wire).all(|(_, written, received)| written == received)
}

fn missing(wire: &Wire<End>) -> String {
    let missing = expected(wire).filter(|(_, written, received)| written != received);
    format!("(channel, written, received): {:?}", missing.collect::<Vec<_>>())
}

/// Nothing is held any more.
fn is_idle(wire: &Wire<End>) -> bool {
    wire.ends.iter().all(|end| {
        let stats = end.association.stats();
        (stats.send_held, stats.flight, stats.receive_held) == (0, 0, 0)
    })
}

/// Scripts as bytes: talk both ways on channels of all kinds, loss, a reader that stops, channels that close.
pub fn seeds() -> Vec<Vec<u8>> {
    let verb = |side, which, args: &[u8]| seed::verb(side, which, 8, args);
    let round = seed::round();
    let connect = [verb(0, 0, &[]), round.repeat(2)].concat();
    let open = [verb(0, 1, &[0]), verb(1, 1, &[1]), verb(0, 1, &[2]), verb(1, 1, &[5])].concat();
    let write =
        [verb(0, 2, &[0, 5]), verb(1, 2, &[0, 220]), verb(0, 2, &[1, 250]), verb(1, 2, &[1, 3])].concat();
    let talk = [connect.clone(), open.clone(), write.clone(), round.repeat(2)].concat();
    let both = [verb(0, 0, &[]), verb(1, 0, &[]), open.clone(), write.clone(), round.repeat(4)].concat();
    let losses = [seed::lose(0), seed::lose(1), seed::replay(0, 0), seed::replay(1, 1)].concat();
    let lossy = [connect.clone(), open, write.clone(), losses, write.clone(), round.repeat(6)].concat();
    let stopped =
        [talk.clone(), verb(1, 4, &[0]), verb(0, 3, &[0, 31]).repeat(4), round.repeat(4), verb(1, 4, &[1])]
            .concat();
    let closed = [talk.clone(), verb(0, 6, &[0]), write, verb(1, 6, &[1]), round.repeat(3)].concat();
    let ended = [talk.clone(), verb(0, 7, &[0]), round.repeat(3)].concat();
    vec![talk, both, lossy, stopped, closed, ended]
}
