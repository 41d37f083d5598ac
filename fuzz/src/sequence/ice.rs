//! Two ICE agents. Whatever the wire and the signalling do: bounds hold, nothing fails for good; and when both restart on an
//! honest wire they meet, on one pair, in opposite roles.

use std::net::SocketAddr;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use limpid_crypto::null;
use limpid_ice::{Agent, ComponentId, Config, ConnectionState, Event, Role, StreamId, Yield};
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::{Answer, Datagram, Driven, FailCause, Instant, Machine, Path};

use super::wire::{Player, Step, Wire, script, seed};
use crate::Outcome;

const STREAM: StreamId = StreamId(0);
const COMPONENT: ComponentId = ComponentId(1);
/// The most candidates that one end ever gathers here, over all restarts.
const MAX_TOLD: usize = 4096;

/// What the signalling and the user do.
#[derive(Arbitrary, Clone, PartialEq, Eq, Debug)]
enum Verb {
    /// The other side's next candidate arrives.
    Candidate,
    /// The other side's credentials arrive.
    Credentials,
    /// A candidate that nobody gathered arrives.
    MadeUp(u8, u16, u32),
    /// Text that is no candidate arrives.
    Noise(Vec<u8>),
    EndOfCandidates,
    Restart,
    TakeRole(bool),
    Payload,
    Address(u8),
}

struct End {
    agent: Agent,
    gathered: Vec<String>,
    told: usize,
    /// Somebody who knew the password was here.
    has_met_anyone: bool,
}

impl End {
    fn new(number: u8, role: Role) -> Self {
        let now = Instant::from_millis(1000);
        let mut config = Config::new(null::provider(), [number; 32]);
        config.role = role;
        let mut agent = Agent::new(config, now);
        agent.add_stream(now, STREAM, 1);
        for address in [format!("10.0.0.{}:{}", number + 1, 5000), format!("[fd00::{}]:6000", number + 1)] {
            agent.add_local_address(now, address.parse().expect("an address"));
        }
        agent.end_of_local_addresses(now);
        End { agent, gathered: Vec::new(), told: 0, has_met_anyone: false }
    }

    fn is_connected(&self) -> bool {
        matches!(self.agent.state(), ConnectionState::Connected | ConnectionState::Completed)
    }

    fn path(&self) -> Option<Path> {
        self.agent.path(self.agent.selected(STREAM, COMPONENT)?)
    }

    fn credentials(&self) -> (String, String) {
        let credentials = self.agent.local_credentials(STREAM).expect("the stream is there");
        (credentials.ufrag.to_owned(), credentials.pwd.to_owned())
    }
}

impl Player for End {
    type Packet = (Path, Vec<u8>);

    fn receive(&mut self, now: Instant, (path, mut payload): Self::Packet) {
        // What was sent from `local` to `remote` comes in at `remote`.
        let path = Path::udp(path.remote, path.local);
        let datagram = Datagram { path, ecn: None, payload: &mut payload };
        if let Yield::Payload(_, bytes) =
            self.agent.handle_input(now, datagram).expect("nothing of the wire is fatal")
        {
            assert!(
                self.has_met_anyone,
                "payload of a stranger, who has never shown that it knows the password"
            );
            // RFC 7983 §7: the first byte decides, not the cookie, which may stand in anybody's packet.
            assert!(!matches!(bytes.first(), Some(0..=3)), "what begins like STUN is no payload");
        }
        self.has_met_anyone |=
            self.agent.stats().checks_answered > 0 || self.agent.stats().responses_received > 0;
        assert!(self.agent.pair_count() <= 100 * 2, "{} pairs", self.agent.pair_count());
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now).expect("no timeout is fatal");
    }

    fn drain(&mut self, now: Instant) -> Vec<Self::Packet> {
        while let Some(wish) = self.agent.poll_wish() {
            self.agent.handle_answer(now, wish.id, Answer::Failed(FailCause::NotFound));
        }
        let gathered = &mut self.gathered;
        let sent = checked_drain(&mut self.agent, now, |_, event| {
            if let Event::LocalCandidate { candidate, .. } = event {
                gathered.push(candidate.to_string());
            }
        });
        assert!(sent.len() <= 500 && gathered.len() <= MAX_TOLD, "{} datagrams at once", sent.len());
        sent.into_iter().map(|(transmit, bytes)| (transmit.route, bytes)).collect()
    }

    fn deadline(&self) -> Option<Instant> {
        self.agent.poll_timeout()
    }

    fn bytes(packet: &mut Self::Packet) -> &mut Vec<u8> {
        &mut packet.1
    }
}

fn obey(wire: &mut Wire<End>, side: usize, verb: &Verb) {
    let now = wire.now;
    let [left, right] = &mut wire.ends;
    let (end, other) = if side == 0 { (left, right) } else { (right, left) };
    match verb {
        Verb::Candidate => {
            if let Some(candidate) = other.gathered.get(other.told) {
                other.told += 1;
                end.agent
                    .add_remote_candidate(now, STREAM, candidate, None)
                    .expect("an agent's own candidate");
            }
        }
        Verb::Credentials => {
            let (ufrag, pwd) = other.credentials();
            let _ = end.agent.set_remote_credentials(now, STREAM, &ufrag, &pwd);
        }
        Verb::MadeUp(host, port, priority) => {
            let text = format!("candidate:m 1 udp {} 10.0.9.{host} {} typ host", priority | 1, port | 1);
            let _ = end.agent.add_remote_candidate(now, STREAM, &text, None);
        }
        Verb::Noise(bytes) => {
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
            let _ = end.agent.add_remote_candidate(now, STREAM, &text, None);
        }
        Verb::EndOfCandidates => end.agent.end_of_remote_candidates(now, STREAM),
        Verb::Restart => end.agent.restart(now),
        Verb::TakeRole(controls) => {
            end.agent.set_role(now, if *controls { Role::Controlling } else { Role::Controlled });
        }
        Verb::Payload => {
            let path = end.agent.selected(STREAM, COMPONENT).filter(|path| end.agent.may_send(*path));
            if let Some(path) = path.and_then(|path| end.agent.path(path)) {
                other.receive(now, (path, vec![0x17; 30]));
            }
        }
        Verb::Address(host) => {
            let address: SocketAddr = ([10, 0, 1, *host], 7000).into();
            end.agent.add_local_address(now, address);
        }
    }
    wire.drain();
}

/// Plays a script, lets the wire be honest, then restarts both.
pub fn play(data: &[u8]) -> Outcome {
    let mut u = Unstructured::new(data);
    let roles = u.arbitrary::<u8>().unwrap_or(1);
    let role = |bit: u8| if roles & bit != 0 { Role::Controlling } else { Role::Controlled };
    let steps: Vec<Step<Verb>> = script(&mut u);
    let mut wire = Wire::new([End::new(0, role(1)), End::new(1, role(2))]);
    for step in &steps {
        crate::show(&step);
        match step {
            Step::Wire(to, mischief) => wire.play(*to, mischief),
            Step::Verb(side, verb) => obey(&mut wire, *side, verb),
        }
    }
    let connected = |wire: &Wire<End>| wire.ends.iter().all(End::is_connected);
    introduce(&mut wire);
    let outcome =
        if wire.settle(Duration::from_secs(60), connected) { Outcome::Accepted } else { Outcome::Refused };

    wire.ends.iter_mut().for_each(|end| end.agent.restart(wire.now));
    wire.drain();
    introduce(&mut wire);
    let met = |wire: &Wire<End>| {
        let paths = wire.ends.each_ref().map(End::path);
        let mirrored = matches!(paths, [Some(a), Some(b)] if a.local == b.remote && a.remote == b.local);
        let completed = wire.ends.iter().all(|end| end.agent.state() == ConnectionState::Completed);
        completed && mirrored && wire.ends[0].agent.role() != wire.ends[1].agent.role()
    };
    let states =
        |wire: &Wire<End>| wire.ends.each_ref().map(|end| (end.agent.state(), end.agent.role(), end.path()));
    assert!(wire.settle(Duration::from_secs(120), met), "after a restart of both: {:?}", states(&wire));
    outcome
}

/// An honest signalling: everybody learns the other's credentials and all its candidates.
fn introduce(wire: &mut Wire<End>) {
    for _ in 0..2 {
        // Twice: learning of a restart restarts this side too, and changes what it has to tell.
        (0..2).for_each(|side| obey(wire, side, &Verb::Credentials));
    }
    for side in 0..2 {
        while wire.ends[1 - side].told < wire.ends[1 - side].gathered.len() {
            obey(wire, side, &Verb::Candidate);
        }
    }
}

/// Scripts as bytes: an honest one, a role conflict, loss and late candidates, restarts.
pub fn seeds() -> Vec<Vec<u8>> {
    let both = |which| [seed::verb(0, which, 9, &[]), seed::verb(1, which, 9, &[])].concat();
    let (credentials, candidates, round) = (both(1), [both(0), both(0)].concat(), seed::round());
    let met = [credentials.clone(), candidates.clone(), round.repeat(6)].concat();
    let honest = [vec![1], met.clone()].concat();
    let conflict = [vec![3], met.clone(), round.repeat(4)].concat();
    let losses = [seed::lose(0), seed::lose(1)].concat();
    let late =
        [vec![2], round.clone(), credentials, round.clone(), candidates.clone(), losses, round.repeat(4)]
            .concat();
    let restart =
        [seed::verb(0, 5, 9, &[]), seed::verb(1, 1, 9, &[]), round.clone(), seed::verb(0, 1, 9, &[])]
            .concat();
    let restarted = [honest.clone(), restart, candidates, round.repeat(4)].concat();
    let made_up = [honest.clone(), seed::verb(1, 2, 9, &[7, 1, 2, 3, 4, 5, 6]), both(7), round].concat();
    vec![honest, conflict, late, restarted, made_up]
}
