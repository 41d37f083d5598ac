//! One agent, and a peer played by hand: every message is made and read here.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    reason = "shared by test crates that each use a part"
)]

use core::net::SocketAddr;
use core::time::Duration;

use limpid_crypto::MacKey;
use limpid_ice::{Agent, Config, Event, Role, StreamId, Yield};
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::{Datagram, Instant, Machine, Path};
use limpid_stun::{Attribute, Builder, Class, ErrorCode, Message, Method, TransactionId};

pub const STREAM: StreamId = StreamId(0);
pub const UFRAG: &str = "peer";
pub const PWD: &str = "thePeersPasswordIsThis24";
pub const HOST: &str = "candidate:1 1 udp 2130706431 192.0.2.2 5000 typ host";

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn ours() -> SocketAddr {
    address("192.0.2.1:4000")
}

pub fn theirs() -> SocketAddr {
    address("192.0.2.2:5000")
}

/// A datagram that the agent sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub path: Path,
    pub bytes: Vec<u8>,
}

impl Sent {
    pub fn message(&self) -> Message<'_> {
        Message::parse(&self.bytes).unwrap()
    }
    pub fn id(&self) -> TransactionId {
        self.message().transaction_id()
    }
    pub fn is(&self, class: Class) -> bool {
        self.message().class() == class
    }
    pub fn code(&self) -> Option<u16> {
        self.message().error_code().map(|error| error.code)
    }
}

pub struct Hand {
    pub agent: Agent,
    pub now: Instant,
    pub events: Vec<Event>,
    next_id: u8,
}

/// A check as the peer would send it, to be spoiled.
#[derive(Clone)]
pub struct Request {
    pub from: SocketAddr,
    pub username: Option<String>,
    pub password: Option<String>,
    pub priority: Option<u32>,
    pub role: Option<(Role, u64)>,
    pub use_candidate: bool,
    pub unknown: Option<u16>,
    pub fingerprint: bool,
}

impl Hand {
    /// An agent with one stream and one socket.
    pub fn new(role: Role, tweak: impl FnOnce(&mut Config)) -> Hand {
        let mut config = Config { role, ..Config::new(limpid_crypto::null::provider(), [9; 32]) };
        tweak(&mut config);
        let now = Instant::from_millis(1000);
        let mut agent = Agent::new(config, now);
        agent.add_stream(now, STREAM, 1);
        agent.add_local_address(now, ours());
        agent.end_of_local_addresses(now);
        Hand { agent, now, events: Vec::new(), next_id: 0 }
    }

    /// The same, with the peer's credentials and one candidate.
    pub fn begun(role: Role, tweak: impl FnOnce(&mut Config)) -> Hand {
        let mut hand = Hand::new(role, tweak);
        hand.tell_credentials();
        hand.tell(HOST);
        hand
    }

    /// The same, with the pair succeeded and nominated.
    pub fn completed(role: Role) -> Hand {
        let mut hand = Hand::begun(role, |_| ());
        let check = hand.only_sent(Class::Request);
        hand.answer(&check);
        match role {
            Role::Controlling => {
                let nomination = hand.only_sent(Class::Request);
                assert!(nomination.message().use_candidate());
                hand.answer(&nomination);
            }
            Role::Controlled => {
                hand.request(Request { use_candidate: true, ..hand.good_request() });
            }
        }
        hand.sent();
        assert_eq!(hand.agent.state(), limpid_ice::ConnectionState::Completed);
        hand
    }

    pub fn tell_credentials(&mut self) {
        self.agent.set_remote_credentials(self.now, STREAM, UFRAG, PWD).unwrap();
    }

    pub fn tell(&mut self, candidate: &str) {
        self.agent.add_remote_candidate(self.now, STREAM, candidate, None).unwrap();
    }

    pub fn our_ufrag(&self) -> String {
        self.agent.local_credentials(STREAM).unwrap().ufrag.to_string()
    }

    pub fn our_key(&self) -> Box<dyn MacKey> {
        key(self.agent.local_credentials(STREAM).unwrap().pwd)
    }

    /// Everything that is sent now, with what is due.
    pub fn sent(&mut self) -> Vec<Sent> {
        self.agent.handle_timeout(self.now).unwrap();
        let events = &mut self.events;
        let sent = checked_drain(&mut self.agent, self.now, |_, event| events.push(event));
        sent.into_iter().map(|(transmit, bytes)| Sent { path: transmit.route, bytes }).collect()
    }

    pub fn only_sent(&mut self, class: Class) -> Sent {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].is(class), "{sent:?}");
        sent[0].clone()
    }

    /// Lets time go by, deadline by deadline; all that was sent, with when.
    pub fn wait(&mut self, time: Duration) -> Vec<(Duration, Sent)> {
        let (start, end) = (self.now, self.now + time);
        let mut all = Vec::new();
        loop {
            let now = self.now;
            all.extend(self.sent().into_iter().map(|sent| (now.since(start), sent)));
            match self.agent.poll_timeout() {
                Some(at) if at <= end => self.now = at,
                _ => break,
            }
        }
        self.now = end;
        all
    }

    /// A datagram arrives on our only socket. Whether it was payload.
    pub fn feed(&mut self, from: SocketAddr, bytes: &[u8]) -> bool {
        let mut bytes = bytes.to_vec();
        let input = Datagram { path: Path::udp(ours(), from), ecn: None, payload: &mut bytes };
        matches!(self.agent.handle_input(self.now, input).unwrap(), Yield::Payload(..))
    }

    pub fn good_request(&self) -> Request {
        let credentials = self.agent.local_credentials(STREAM).unwrap();
        Request {
            from: theirs(),
            username: Some(format!("{}:{UFRAG}", credentials.ufrag)),
            password: Some(credentials.pwd.to_string()),
            priority: Some(1_862_270_975),
            role: Some((self.agent.role().opposite(), 77)),
            use_candidate: false,
            unknown: None,
            fingerprint: true,
        }
    }

    pub fn encode(&mut self, request: &Request) -> Vec<u8> {
        self.next_id += 1;
        let mut out = Vec::new();
        let builder =
            Builder::new(&mut out, Class::Request, Method::BINDING, TransactionId([self.next_id; 12]));
        let role = request.role.map(|(role, tie_breaker)| match role {
            Role::Controlling => Attribute::IceControlling(tie_breaker),
            Role::Controlled => Attribute::IceControlled(tie_breaker),
        });
        let builder = builder
            .maybe(request.username.as_deref().map(Attribute::Username))
            .maybe(role)
            .maybe(request.use_candidate.then_some(Attribute::UseCandidate))
            .maybe(request.priority.map(Attribute::Priority))
            .maybe(request.unknown.map(|ty| Attribute::Other(limpid_stun::AttributeType(ty), &[0; 4])));
        match (&request.password, request.fingerprint) {
            (Some(password), true) => builder.integrity(&*key(password)).fingerprint(),
            (Some(password), false) => builder.integrity(&*key(password)).finish(),
            (None, true) => builder.fingerprint(),
            (None, false) => builder.finish(),
        };
        out
    }

    /// Sends a request; the bytes that were sent.
    pub fn request(&mut self, request: Request) -> Vec<u8> {
        let bytes = self.encode(&request);
        self.feed(request.from, &bytes);
        bytes
    }

    /// Answers a check with success, as the peer should.
    pub fn answer(&mut self, check: &Sent) {
        self.answer_with(check, check.path.local, Some(PWD), check.path.remote);
    }

    pub fn answer_with(
        &mut self,
        check: &Sent,
        mapped: SocketAddr,
        password: Option<&str>,
        from: SocketAddr,
    ) {
        let mut out = Vec::new();
        let builder = Builder::new(&mut out, Class::Success, Method::BINDING, check.id())
            .attribute(&Attribute::XorMappedAddress(mapped));
        match password {
            Some(password) => builder.integrity(&*key(password)).fingerprint(),
            None => builder.fingerprint(),
        };
        self.feed(from, &out);
    }

    pub fn refuse(&mut self, check: &Sent, error: ErrorCode<'static>, password: Option<&str>) {
        let mut out = Vec::new();
        let builder = Builder::new(&mut out, Class::Error, Method::BINDING, check.id())
            .attribute(&Attribute::ErrorCode(error));
        match password {
            Some(password) => builder.integrity(&*key(password)).fingerprint(),
            None => builder.fingerprint(),
        };
        self.feed(check.path.remote, &out);
    }
}

pub fn key(password: &str) -> Box<dyn MacKey> {
    limpid_stun::short_term_key(&limpid_crypto::null::provider(), password).unwrap()
}
