//! Two peer connections with everything under them, a bad wire, and signalling that comes late, twice, crosswise or not at
//! all. Whatever happens: nothing panics, nobody's data changes, doubles or changes places; and after one honest exchange
//! with an ICE restart both talk, unless their handshake was tampered with or took too long.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use limpid_crypto::{Random, null};
use limpid_peer::{
    ChannelConfig, ChannelId, Config, ConnectionState, Description, DescriptionKind, Direction, Error, Event,
    HandshakeError, Identity, Kind, MediaKind, Peer, SignalingState, Track, WriteError,
};
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::{Answer, Datagram, Driven, FailCause, Instant, Machine, Path};

use super::wire::{Player, Step, Wire, script, seed};
use crate::Outcome;

/// Messages of the signalling that wait at most; and candidates that are ever told.
const MAX_SIGNALS: usize = 400;
/// Channels that one side opens at most.
const MAX_CHANNELS: usize = 6;
/// Transceivers to which one side adds more.
const MAX_TRANSCEIVERS: usize = 8;

/// What the user and the signalling do.
#[derive(Arbitrary, Clone, PartialEq, Eq, Debug)]
enum Verb {
    Offer,
    /// So many messages of the signalling arrive.
    Hear(u8),
    LoseSignal,
    RepeatSignal,
    Rollback,
    RestartIce,
    /// A description that was changed on its way, at this place.
    Lie(u16, u8),
    NoiseCandidate(Vec<u8>),
    Open(bool),
    Write {
        channel: u8,
        len: u8,
    },
    Reading(bool),
    CloseChannel(u8),
    /// A track to send, of pictures or of sound.
    AddTrack(bool),
    /// Something is done with a transceiver: turned, emptied, stopped.
    Change {
        transceiver: u8,
        how: u8,
    },
}

#[derive(Clone, Debug)]
enum Signal {
    Description(Description),
    Candidate { candidate: String, fragment: String },
}

struct End {
    peer: Peer,
    number: u8,
    /// What this side has told and the other has not heard.
    told: VecDeque<Signal>,
    opened: Vec<(ChannelId, u32)>,
    /// The number of every channel that this side knows.
    numbers: BTreeMap<ChannelId, u8>,
    received: BTreeMap<u8, Vec<u32>>,
    closed: Vec<u8>,
    readable: Vec<ChannelId>,
    reads: bool,
    error: Option<Error>,
}

impl End {
    fn new(number: u8) -> Self {
        let now = Instant::from_millis(1000);
        let mut random = Random::from_seed([number; 32]);
        let identity =
            Identity::generate(&null::provider(), &mut random, 1_800_000_000).expect("null has every key");
        let mut config = Config::new(null::provider(), [number; 32], identity.into());
        (config.receive_window, config.send_buffer) = (1 << 19, 1 << 18);
        let mut peer = Peer::new(config, now);
        peer.add_local_address(now, ([10, 0, 0, number + 1], 5000).into());
        peer.end_of_local_addresses(now);
        End {
            peer,
            number,
            told: VecDeque::new(),
            opened: Vec::new(),
            numbers: BTreeMap::new(),
            received: BTreeMap::new(),
            closed: Vec::new(),
            readable: Vec::new(),
            reads: true,
            error: None,
        }
    }

    fn tell(&mut self, signal: Signal) {
        if self.told.len() < MAX_SIGNALS {
            self.told.push_back(signal);
        }
    }

    fn offer(&mut self, now: Instant) {
        if let Ok(offer) = self.peer.create_offer()
            && self.peer.set_local_description(now, offer).is_ok()
            && let Some(offer) = self.peer.local_description()
        {
            self.tell(Signal::Description(offer));
        }
    }

    fn hear(&mut self, now: Instant, signal: Signal) {
        match signal {
            Signal::Candidate { candidate, fragment } => {
                let _ = self.peer.add_ice_candidate(now, &candidate, Some(&fragment));
            }
            Signal::Description(description) => {
                let is_offer = description.kind == DescriptionKind::Offer;
                // Of two that offer at once one gives way, as the W3C's "perfect negotiation" has it.
                if is_offer && self.number == 0 && self.peer.signaling_state() != SignalingState::Stable {
                    return;
                }
                if self.peer.set_remote_description(now, description).is_ok()
                    && is_offer
                    && let Ok(answer) = self.peer.create_answer()
                    && self.peer.set_local_description(now, answer).is_ok()
                    && let Some(answer) = self.peer.local_description()
                {
                    self.tell(Signal::Description(answer));
                }
            }
        }
    }

    fn open(&mut self, now: Instant, ordered: bool) {
        if self.opened.len() < MAX_CHANNELS {
            let number = (self.number << 7) | ((self.opened.len() as u8) << 1) | u8::from(ordered);
            let config = ChannelConfig { label: number.to_string(), ordered, ..ChannelConfig::default() };
            if let Ok(id) = self.peer.create_data_channel(now, config) {
                self.opened.push((id, 0));
                self.numbers.insert(id, number);
            }
        }
    }

    fn add_track(&mut self, is_video: bool) {
        let count = self.peer.transceivers().len();
        if count < MAX_TRANSCEIVERS {
            let kind = if is_video { MediaKind::Video } else { MediaKind::Audio };
            let _ = self.peer.add_track(Track::local(kind, format!("{}-{count}", self.number)), &["stream"]);
        }
    }

    fn change(&mut self, transceiver: u8, how: u8) {
        let all = self.peer.transceivers();
        let Some(id) = all.get(usize::from(transceiver) % all.len().max(1)).map(|one| one.id()) else {
            return;
        };
        let direction = Direction::new(how & 1 != 0, how & 2 != 0);
        // Every one of them may be refused: the transceiver may be on its way out.
        let _ = match how % 12 {
            0..8 => self.peer.set_direction(id, direction),
            8 => self.peer.remove_track(id),
            9 => self.peer.replace_track(id, None),
            _ => self.peer.stop_transceiver(id),
        };
    }

    /// What must hold whatever was said: no two transceivers share a section, and what is agreed on is somebody's.
    fn check_media(&self) {
        let mids: Vec<&str> = self.peer.transceivers().iter().filter_map(|one| one.mid()).collect();
        let distinct: std::collections::BTreeSet<&str> = mids.iter().copied().collect();
        assert_eq!(mids.len(), distinct.len(), "{mids:?}");
        for media in self.peer.negotiated_media() {
            assert!(media.transceiver.is_some() || !(media.may_send || media.may_receive));
            assert!(!media.may_send || !(media.send_codecs.is_empty() || media.local_sources.is_empty()));
        }
    }

    fn write(&mut self, now: Instant, channel: u8, len: usize) {
        let count = self.opened.len().max(1);
        let Some((id, written)) = self.opened.get_mut(usize::from(channel) % count) else { return };
        let mut message = vec![self.number; 4 + len];
        message[..4].copy_from_slice(&written.to_be_bytes());
        let Some(mut channel) = self.peer.channel(*id) else { return };
        match channel.write(now, Kind::Binary, &message) {
            Ok(()) => *written += 1,
            Err(WriteError::TooLarge) => panic!("{len} bytes are not too many"),
            Err(WriteError::Full | WriteError::NotOpen) => {}
        }
    }

    fn read_all(&mut self) {
        if !self.reads {
            return;
        }
        for id in core::mem::take(&mut self.readable) {
            while let Some(mut channel) = self.peer.channel(id) {
                let Some(message) = channel.read().map(|message| message.bytes.to_vec()) else { break };
                let number = self.numbers[&id];
                let received = self.received.entry(number).or_default();
                let (count, rest) = message.split_first_chunk::<4>().expect("as it was written");
                let count = u32::from_be_bytes(*count);
                assert!(rest.iter().all(|byte| *byte == number >> 7), "nobody's data changes");
                assert!(!received.contains(&count), "message {count} twice on channel {number}");
                let in_order = received.last().is_none_or(|last| *last < count);
                assert!(in_order || number & 1 == 0, "message {count} after {received:?}");
                received.push(count);
            }
        }
    }

    fn verdict(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            assert!(
                self.error.as_ref().is_none_or(|first| *first == error),
                "{error:?} after {:?}",
                self.error
            );
            self.error = Some(error);
        }
    }

    fn is_connected(&self) -> bool {
        self.peer.connection_state() == ConnectionState::Connected
    }
}

impl Player for End {
    type Packet = (Path, Vec<u8>);

    fn receive(&mut self, now: Instant, (path, mut payload): Self::Packet) {
        let path = Path::udp(path.remote, path.local);
        let result = self.peer.handle_input(now, Datagram { path, ecn: None, payload: &mut payload });
        self.verdict(result);
    }

    fn handle_timeout(&mut self, now: Instant) {
        let result = self.peer.handle_timeout(now);
        self.verdict(result);
    }

    fn drain(&mut self, now: Instant) -> Vec<Self::Packet> {
        while let Some(wish) = self.peer.poll_wish() {
            self.peer.handle_answer(now, wish.id, Answer::Failed(FailCause::NotFound));
        }
        let (told, numbers, readable) = (&mut self.told, &mut self.numbers, &mut self.readable);
        let mut note = |peer: &mut Peer, event| match event {
            Event::IceCandidate { candidate, username_fragment, .. } if told.len() < MAX_SIGNALS => {
                told.push_back(Signal::Candidate { candidate, fragment: username_fragment });
            }
            Event::DataChannel(id) => {
                let channel = peer.channel(id);
                let label =
                    channel.as_ref().and_then(|channel| channel.info()).map(|info| info.label.to_owned());
                let number = label.and_then(|label| label.parse().ok()).expect("as it was opened");
                numbers.insert(id, number);
            }
            Event::ChannelReadable(id) if !readable.contains(&id) => readable.push(id),
            _ => {}
        };
        let mut sent = checked_drain(&mut self.peer, now, &mut note);
        self.read_all();
        sent.extend(checked_drain(&mut self.peer, now, |_, _| ()));
        assert!(sent.len() <= 3000, "{} datagrams at once", sent.len());
        sent.into_iter().map(|(transmit, bytes)| (transmit.route, bytes)).collect()
    }

    fn deadline(&self) -> Option<Instant> {
        if self.error.is_some() { None } else { self.peer.poll_timeout() }
    }

    fn bytes(packet: &mut Self::Packet) -> &mut Vec<u8> {
        &mut packet.1
    }
}

/// What was done that an honest connection need not survive.
#[derive(Default, Debug)]
struct Sins {
    lied: bool,
    tampered_early: bool,
    /// Descriptions were lost or repeated, or taken back after they were told: the two may hold different ones to be in
    /// force, and so different roles.
    confused: bool,
}

impl Sins {
    fn any(&self) -> bool {
        self.lied || self.tampered_early || self.confused
    }
}

fn obey(wire: &mut Wire<End>, side: usize, verb: &Verb, sins: &mut Sins) {
    let now = wire.now;
    let [left, right] = &mut wire.ends;
    let (end, other) = if side == 0 { (left, right) } else { (right, left) };
    match verb {
        Verb::Offer => {
            // A second one before the first was answered: the answer may be to either.
            sins.confused |= end.peer.signaling_state() != SignalingState::Stable;
            end.offer(now);
        }
        Verb::Hear(count) => {
            for _ in 0..count % 8 {
                if let Some(signal) = other.told.pop_front() {
                    end.hear(now, signal);
                }
            }
        }
        Verb::LoseSignal => {
            let lost = other.told.pop_front();
            sins.confused |= matches!(lost, Some(Signal::Description(_)));
        }
        Verb::RepeatSignal => {
            if let Some(signal) = other.told.front().cloned() {
                sins.confused |= matches!(signal, Signal::Description(_));
                end.hear(now, signal);
            }
        }
        Verb::Rollback => {
            sins.confused |= end.peer.signaling_state() != SignalingState::Stable;
            let _ = end.peer.set_local_description(now, Description::rollback());
        }
        Verb::RestartIce => end.peer.restart_ice(),
        Verb::Lie(at, by) => {
            let lie = other.told.iter().find_map(|signal| match signal {
                Signal::Description(description) => Some(description.clone()),
                Signal::Candidate { .. } => None,
            });
            if let Some(mut description) = lie {
                let mut bytes = description.sdp.into_bytes();
                let at = usize::from(*at) % bytes.len().max(1);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= by & 0x7f);
                description.sdp = String::from_utf8_lossy(&bytes).into_owned();
                sins.lied = true;
                end.hear(now, Signal::Description(description));
            }
        }
        Verb::NoiseCandidate(bytes) => {
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
            let _ = end.peer.add_ice_candidate(now, &text, None);
        }
        Verb::Open(ordered) => end.open(now, *ordered),
        Verb::Write { channel, len } => {
            let len = usize::from(*len);
            end.write(now, *channel, if len < 200 { len } else { len * 250 });
        }
        Verb::Reading(reads) => {
            end.reads = *reads;
            end.read_all();
        }
        Verb::CloseChannel(channel) => {
            let known: Vec<ChannelId> = end.numbers.keys().copied().collect();
            if let Some(id) = known.get(usize::from(*channel) % known.len().max(1))
                && let Some(mut channel) = end.peer.channel(*id)
            {
                channel.close(now);
                end.closed.push(end.numbers[id]);
            }
        }
        Verb::AddTrack(is_video) => end.add_track(*is_video),
        Verb::Change { transceiver, how } => end.change(*transceiver, *how),
    }
    end.check_media();
    wire.drain();
}

/// Plays a script; then one honest exchange, with an ICE restart.
pub fn play(data: &[u8]) -> Outcome {
    let mut u = Unstructured::new(data);
    let steps: Vec<Step<Verb>> = script(&mut u);
    let mut wire = Wire::new([End::new(0), End::new(1)]);
    let mut sins = Sins::default();
    for step in &steps {
        crate::show(&step);
        match step {
            Step::Wire(to, mischief) => wire.play(*to, mischief),
            Step::Verb(side, verb) => obey(&mut wire, *side, verb, &mut sins),
        }
        let secured = wire.ends.iter().all(|end| end.peer.dtls_info().is_some());
        sins.tampered_early |= wire.tampered && !secured;
    }
    finish(wire, &mut sins)
}

fn finish(mut wire: Wire<End>, sins: &mut Sins) -> Outcome {
    let now = wire.now;
    for side in 0..2 {
        let end = &mut wire.ends[side];
        sins.confused |= end.told.iter().any(|signal| matches!(signal, Signal::Description(_)));
        end.told.clear();
        (end.reads, _) = (true, end.read_all());
        if end.peer.signaling_state() != SignalingState::Stable {
            let _ = end.peer.set_local_description(now, Description::rollback());
            let _ = end.peer.set_remote_description(now, Description::rollback());
        }
        end.open(now, true);
        end.write(now, 0, 10);
    }
    wire.drain();
    wire.ends[0].peer.restart_ice();
    wire.ends[0].offer(now);
    let over = |wire: &Wire<End>| wire.ends.iter().any(|end| end.error.is_some() || end.peer.is_closed());
    let mut reached = false;
    // The signalling is honest and quick, and goes on while the wire is.
    for _ in 0..20 {
        for side in 0..2 {
            while let Some(signal) = wire.ends[1 - side].told.pop_front() {
                let now = wire.now;
                wire.ends[side].hear(now, signal);
                wire.drain();
            }
        }
        let connected = |wire: &Wire<End>| wire.ends.iter().all(End::is_connected);
        reached =
            wire.settle(Duration::from_secs(4), |wire| over(wire) || (connected(wire) && is_complete(wire)));
        if reached {
            break;
        }
    }
    if sins.any() || over(&wire) {
        check_excuse(&wire, sins);
        let connected = wire.ends.iter().all(End::is_connected);
        return if connected { Outcome::Accepted } else { Outcome::Refused };
    }
    let states =
        wire.ends.each_ref().map(|end| (end.peer.connection_state(), end.peer.ice_connection_state()));
    assert!(reached, "{states:?}, missing {:?}", missing(&wire));
    Outcome::Accepted
}

/// Without tampering and lies a connection ends for want of answers alone.
fn check_excuse(wire: &Wire<End>, sins: &Sins) {
    for end in &wire.ends {
        match &end.error {
            Some(Error::Dtls(HandshakeError::TimedOut | HandshakeError::PeerAlert(_))) | None => {}
            Some(error) => assert!(sins.any(), "{error:?} among honest peers"),
        }
    }
}

/// Channels of which something is missing: number, written, received.
fn missing(wire: &Wire<End>) -> Vec<(u8, u32, usize)> {
    let mut missing = Vec::new();
    for side in 0..2 {
        let (writer, reader) = (&wire.ends[side], &wire.ends[1 - side]);
        for (id, written) in &writer.opened {
            let number = writer.numbers[id];
            let received = reader.received.get(&number).map_or(0, Vec::len);
            let is_open = !reader.closed.contains(&number) && !writer.closed.contains(&number);
            if is_open && received != *written as usize {
                missing.push((number, *written, received));
            }
        }
    }
    missing
}

fn is_complete(wire: &Wire<End>) -> bool {
    missing(wire).is_empty()
}

/// Scripts as bytes: a plain talk; glare; late and lost signalling; loss and replays; a lie; restarts.
pub fn seeds() -> Vec<Vec<u8>> {
    let verb = |side, which, args: &[u8]| seed::verb(side, which, 14, args);
    let round = seed::round();
    let open = [verb(0, 8, &[1]), verb(0, 9, &[0, 5])].concat();
    let exchange = [verb(0, 0, &[]), verb(1, 1, &[7]), verb(0, 1, &[7]), verb(1, 1, &[7])].concat();
    let talk = [
        open.clone(),
        exchange.clone(),
        round.repeat(6),
        verb(1, 8, &[0]),
        verb(1, 9, &[0, 250]),
        round.repeat(3),
    ]
    .concat();
    let glare =
        [open.clone(), verb(0, 0, &[]), verb(1, 0, &[]), verb(1, 1, &[7]), verb(0, 1, &[7]), round.repeat(4)]
            .concat();
    let late = [
        open,
        verb(0, 0, &[]),
        round.clone(),
        verb(1, 3, &[]),
        verb(1, 2, &[]),
        verb(0, 4, &[]),
        round.repeat(2),
    ]
    .concat();
    let losses =
        [seed::lose(0), seed::lose(1), seed::replay(0, 3), seed::replay(1, 9), seed::alter(1, 30, 4)]
            .concat();
    let lossy = [talk.clone(), losses.clone(), verb(0, 9, &[0, 220]), losses, round.repeat(3)].concat();
    let lied = [verb(0, 0, &[]), verb(1, 6, &[60, 0, 1]), verb(0, 1, &[7]), round.repeat(3)].concat();
    let restarted =
        [talk.clone(), verb(1, 5, &[]), verb(1, 0, &[]), verb(0, 1, &[7]), verb(1, 1, &[7]), round.repeat(4)]
            .concat();
    let call = [
        verb(0, 12, &[0]),
        verb(0, 12, &[1]),
        verb(1, 12, &[1]),
        exchange.clone(),
        round.repeat(2),
        verb(0, 13, &[1, 11]),
        verb(1, 13, &[0, 2]),
        verb(0, 0, &[]),
        verb(1, 0, &[]),
        verb(1, 1, &[7]),
        verb(0, 1, &[7]),
        round.repeat(4),
    ]
    .concat();
    vec![talk, glare, late, lossy, lied, restarted, call]
}
