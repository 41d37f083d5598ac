//! Long-term credentials: client against our own stateless server, with a man in the middle who takes things away.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::time::Duration;

use limpid_crypto::ring;
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::{Datagram, Instant, Machine, Path, Transport};
use limpid_stun::auth::challenge::{Challenger, Who};
use limpid_stun::auth::long_term::Refusal;
use limpid_stun::auth::short_term::{self, Integrity, Keys, Refused};
use limpid_stun::auth::{Credentials, nonce, userhash};
use limpid_stun::*;

const NOW: Instant = Instant::from_millis(7_200_000);

fn from() -> SocketAddr {
    ([203, 0, 113, 7], 4242).into()
}

fn account() -> Credentials {
    Credentials::new("anna", "a long pass phrase").unwrap()
}

/// A server with one account.
fn challenger() -> Challenger {
    Challenger::new(ring::provider(), "example.org", [9; 32]).unwrap()
}

/// What the server says to a request at `now`.
fn serve(server: &Challenger, now: Instant, request: &[u8]) -> Vec<u8> {
    let message = Message::parse(request).unwrap();
    let hash = userhash(&ring::provider(), "anna", "example.org").unwrap();
    let find = |who: Who<'_>| match who {
        Who::Username(name) => (name == "anna").then(account),
        Who::UserHash(sent) => (*sent == *hash).then(account),
    };
    let mut out = Vec::new();
    match server.check(now, from(), &message, find) {
        Ok(authorized) => {
            let builder = Builder::new(&mut out, Class::Success, message.method(), message.transaction_id());
            authorized.finish(builder.attribute(&Attribute::XorMappedAddress(from())));
        }
        Err(error) => {
            server.refuse(now, from(), &message, error, &mut out);
        }
    }
    out
}

struct Login {
    client: Client,
    path: Path,
}

impl Login {
    fn new(credentials: Credentials, transport: Transport) -> Self {
        let path =
            Path { transport, local: ([10, 0, 0, 1], 5000).into(), remote: ([192, 0, 2, 1], 3478).into() };
        let mut config = ClientConfig::new([1; 32], ring::provider(), path);
        config.credentials = Some(credentials);
        let mut client = Client::new(config);
        client.request(NOW).unwrap();
        Login { client, path }
    }

    /// Lets the client talk to the server, whose words pass through `middle`, until it has nothing to say.
    fn run(
        &mut self,
        server: &Challenger,
        mut middle: impl FnMut(Vec<u8>) -> Vec<u8>,
    ) -> (Vec<Vec<u8>>, Vec<Event>) {
        let (mut requests, mut events) = (Vec::new(), Vec::new());
        loop {
            let sent = checked_drain(&mut self.client, NOW, |_, event| events.push(event));
            if sent.is_empty() {
                return (requests, events);
            }
            for (_, request) in sent {
                let mut response = middle(serve(server, NOW, &request));
                let datagram = Datagram { path: self.path, ecn: None, payload: &mut response };
                self.client.handle_input(NOW, datagram).unwrap();
                requests.push(request);
            }
        }
    }

    fn give_up(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(at) = self.client.poll_timeout() {
            self.client.handle_timeout(at).unwrap();
            let _ = checked_drain(&mut self.client, at, |_, event| events.push(event));
        }
        events
    }
}

/// The same message without attributes of these types (and so without valid integrity).
fn without(message: &[u8], types: &[AttributeType]) -> Vec<u8> {
    rewritten(message, |attribute| (!types.contains(&attribute.ty())).then_some(attribute))
}

fn rewritten(message: &[u8], keep: impl for<'a> Fn(Attribute<'a>) -> Option<Attribute<'a>>) -> Vec<u8> {
    let parsed = Message::parse(message).unwrap();
    let id = parsed.transaction_id();
    let mut out = Vec::new();
    let mut builder = Builder::new(&mut out, parsed.class(), parsed.method(), id);
    for (ty, value) in parsed.attributes() {
        builder = builder.maybe(keep(Attribute::parse(ty, value, id).unwrap()));
    }
    builder.finish();
    out
}

fn answered(events: &[Event]) -> bool {
    matches!(events, [Event::Answered { mapped, .. }] if *mapped == from())
}

#[test]
fn a_challenge_is_answered_with_sha_256_throughout() {
    //~ covers 8489-9.2.3.1-a, 8489-9.2.5-b, 8489-9.2.5-c, 8489-9.2.5-d, 8489-9.2.4-a, 8489-9.2.4-h, 8489-9.2.5-k
    let mut login = Login::new(account(), Transport::Udp);
    let (requests, events) = login.run(&challenger(), |response| response);
    assert!(answered(&events), "{events:?}");
    assert_eq!(requests.len(), 2);
    let first = Message::parse(&requests[0]).unwrap();
    assert_eq!(first.attributes().count(), 0, "nothing before it is asked for");
    let second = Message::parse(&requests[1]).unwrap();
    assert_ne!(first.transaction_id(), second.transaction_id());
    assert_eq!((second.username(), second.realm()), (Some("anna"), Some("example.org")));
    assert_eq!(second.nonce(), Some(challenger().nonce(NOW, from()).as_str()));
    assert_eq!(second.password_algorithms(), Some(PasswordAlgorithms::SHA256_MD5));
    assert_eq!(second.password_algorithm(), Some(PasswordAlgorithm::SHA256));
    assert_eq!(second.attribute(AttributeType::MESSAGE_INTEGRITY), None);
    assert_eq!(second.attribute(AttributeType::MESSAGE_INTEGRITY_SHA256).map(<[u8]>::len), Some(32));
    // A later request uses what was learned at once.
    login.client.request(NOW).unwrap();
    let (requests, events) = login.run(&challenger(), |response| response);
    assert_eq!((requests.len(), answered(&events)), (1, true)); //~ covers 8489-9.2.3.2-a
}

#[test]
fn an_anonymous_server_is_told_a_hash() {
    //~ covers 8489-9.2.5-e, 8489-9.2.4-i
    let mut server = challenger();
    server.anonymity = true;
    let (requests, events) = Login::new(account(), Transport::Udp).run(&server, |response| response);
    assert!(answered(&events));
    let request = Message::parse(&requests[1]).unwrap();
    assert_eq!((request.username(), request.userhash().is_some()), (None, true));
}

#[test]
fn stripping_the_algorithms_from_a_challenge_ends_the_attempt() {
    //~ covers 8489-9.2.5-a neg
    let strip = |response: Vec<u8>| without(&response, &[AttributeType::PASSWORD_ALGORITHMS]);
    let (requests, events) = Login::new(account(), Transport::Udp).run(&challenger(), strip);
    assert_eq!(requests.len(), 1, "the password was not used");
    assert_eq!(events, [Event::Failed(Failure::Credentials(Refusal::BidDown))]);
}

#[test]
fn taking_the_bit_out_of_the_nonce_as_well_makes_a_nonce_that_the_server_refuses() {
    //~ covers 8489-9.2.1-a neg
    let strip = |response: Vec<u8>| {
        rewritten(&response, |attribute| match attribute {
            Attribute::PasswordAlgorithms(_) => None,
            Attribute::Nonce(nonce) => {
                let forged = format!("obMatJos2AAAA{}", &nonce[nonce::COOKIE_LEN..]);
                Some(Attribute::Nonce(Box::leak(forged.into_boxed_str())))
            }
            other => Some(other),
        })
    };
    let (_, events) = Login::new(account(), Transport::Udp).run(&challenger(), strip);
    assert_eq!(events, [Event::Failed(Failure::Credentials(Refusal::AlwaysStale))]);
}

#[test]
fn replacing_the_list_by_a_weaker_one_is_seen_by_the_server() {
    //~ covers 8489-9.2.4-d neg
    const WEAK: &[u8] = &[0, 1, 0, 0];
    let weaken = |response: Vec<u8>| {
        rewritten(&response, |attribute| match attribute {
            Attribute::PasswordAlgorithms(_) => {
                Some(Attribute::PasswordAlgorithms(PasswordAlgorithms::from_wire(WEAK).unwrap()))
            }
            other => Some(other),
        })
    };
    let mut login = Login::new(account(), Transport::Udp);
    let (requests, events) = login.run(&challenger(), weaken);
    assert_eq!((requests.len(), events.len()), (2, 0), "400 without integrity is as if it had never come"); //~ covers 8489-9.2.5-h neg
    let refused = serve(&challenger(), NOW, &requests[1]);
    assert_eq!(Message::parse(&refused).unwrap().error_code().map(|error| error.code), Some(400));
    assert_eq!(login.give_up(), [Event::Failed(Failure::TimedOut)]);
}

#[test]
fn a_list_without_anything_that_we_know_ends_the_attempt() {
    //~ covers 8489-9.2.5-f neg
    const STRANGE: &[u8] = &[0, 9, 0, 0];
    let mut server = challenger();
    server.algorithms = PasswordAlgorithms::from_wire(STRANGE).unwrap();
    let (requests, events) = Login::new(account(), Transport::Udp).run(&server, |response| response);
    assert_eq!(requests.len(), 1);
    assert_eq!(events, [Event::Failed(Failure::Credentials(Refusal::NoCommonAlgorithm))]);
}

#[test]
fn a_wrong_password_is_tried_once() {
    //~ covers 8489-9.2.5-g neg, 8489-9.2.4-e neg, 8489-9.2.4-f neg
    for wrong in [Credentials::new("anna", "another").unwrap(), Credentials::new("bert", "x").unwrap()] {
        let (requests, events) = Login::new(wrong, Transport::Udp).run(&challenger(), |response| response);
        assert_eq!(requests.len(), 2);
        assert_eq!(events, [Event::Failed(Failure::Credentials(Refusal::WrongCredentials))]);
    }
}

#[test]
fn a_stale_nonce_is_replaced_and_the_request_sent_again() {
    //~ covers 8489-9.2.5-i, 8489-9.2.4-g
    let server = challenger();
    let mut login = Login::new(account(), Transport::Udp);
    assert!(answered(&login.run(&server, |response| response).1));
    login.client.request(NOW).unwrap();
    let later = NOW + Duration::from_secs(3600);
    let mut requests = Vec::new();
    for _ in 0..2 {
        let sent = checked_drain(&mut login.client, NOW, |_, _| ());
        assert_eq!(sent.len(), 1);
        let mut response = serve(&server, later, &sent[0].1);
        let datagram = Datagram { path: login.path, ecn: None, payload: &mut response };
        login.client.handle_input(NOW, datagram).unwrap();
        requests.push((
            sent[0].1.clone(),
            Message::parse(&response).map(|m| m.error_code().map(|e| e.code)).unwrap(),
        ));
    }
    assert_eq!((requests[0].1, requests[1].1), (Some(438), None));
    let mut events = Vec::new();
    let _ = checked_drain(&mut login.client, NOW, |_, event| events.push(event));
    assert!(answered(&events));
}

#[test]
fn a_response_that_is_not_protected_is_as_if_it_had_never_come() {
    //~ covers 8489-9.2.5-j neg, 8489-9.1.4-a neg, 8489-9.1.4-b
    const MACS: &[AttributeType] =
        &[AttributeType::MESSAGE_INTEGRITY, AttributeType::MESSAGE_INTEGRITY_SHA256];
    let is_success = |response: &[u8]| Message::parse(response).unwrap().class() == Class::Success;
    let strip = |response: Vec<u8>| if is_success(&response) { without(&response, MACS) } else { response };
    let mut login = Login::new(account(), Transport::Udp);
    let (requests, events) = login.run(&challenger(), strip);
    assert_eq!((requests.len(), events.len()), (2, 0));
    assert_eq!(login.client.stats().dropped[DropReason::BadIntegrity as usize], 1);
    assert_eq!(login.give_up(), [Event::Failed(Failure::IntegrityViolated)]);

    // Over a stream nothing else will come.
    let (_, events) = Login::new(account(), Transport::TcpTurn).run(&challenger(), strip);
    assert_eq!(events, [Event::Failed(Failure::IntegrityViolated)]); //~ covers 8489-9.1.4-c neg
}

#[test]
fn a_server_of_rfc_5389_is_answered_with_md5_and_sha_1() {
    //~ covers 8489-9.2.5-b, 8489-9.2.2-a
    let mut login = Login::new(account(), Transport::Udp);
    let request = checked_drain(&mut login.client, NOW, |_, _| ()).pop().unwrap().1;
    let id = Message::parse(&request).unwrap().transaction_id();
    let mut challenge = Vec::new();
    Builder::new(&mut challenge, Class::Error, Method::BINDING, id)
        .attribute(&Attribute::ErrorCode(ErrorCode::UNAUTHENTICATED))
        .attribute(&Attribute::Realm("example.org"))
        .attribute(&Attribute::Nonce("f//499k954d6OL34oL9FSTvy64sA"))
        .finish();
    let datagram = Datagram { path: login.path, ecn: None, payload: &mut challenge };
    login.client.handle_input(NOW, datagram).unwrap();
    let request = checked_drain(&mut login.client, NOW, |_, _| ()).pop().unwrap().1;
    let message = Message::parse(&request).unwrap();
    let provider = ring::provider();
    let md5 =
        auth::long_term_key(&provider, limpid_crypto::HashAlgorithm::Md5, &account(), "example.org").unwrap();
    assert_eq!(Keys::new(&provider, &md5).unwrap().verify(&message), Ok(Integrity::Sha1));
    assert_eq!(message.password_algorithm(), None);
}

#[test]
fn the_server_checks_in_the_order_of_the_rfc() {
    //~ covers 8489-9.2.4-a neg, 8489-9.2.4-b neg, 8489-9.2.4-c, 8489-9.2.4-e neg, 8489-9.2.4-g neg
    let server = challenger();
    let provider = ring::provider();
    let hash = limpid_crypto::HashAlgorithm::Md5;
    let key = auth::long_term_key(&provider, hash, &account(), "example.org").unwrap();
    let keys = Keys::new(&provider, &key).unwrap();
    let fresh = server.nonce(NOW, from());
    let elsewhere = server.nonce(NOW, ([203, 0, 113, 8], 4242).into());
    let future = server.nonce(NOW + Duration::from_secs(60), from());
    let request = |attributes: &[Attribute<'_>], protect: bool| {
        let mut out = Vec::new();
        let mut builder = Builder::new(&mut out, Class::Request, Method::BINDING, TransactionId([1; 12]));
        for attribute in attributes {
            builder = builder.attribute(attribute);
        }
        if protect {
            keys.finish(builder, Integrity::Sha1)
        } else {
            builder.finish()
        };
        out
    };
    let (user, realm) = (Attribute::Username("anna"), Attribute::Realm("example.org"));
    let nonce = |text| Attribute::Nonce(text);
    let cases = [
        (request(&[user, realm, nonce(&fresh)], false), Some(401)),
        (request(&[realm, nonce(&fresh)], true), Some(400)),
        (request(&[user, nonce(&fresh)], true), Some(400)),
        (request(&[user, realm], true), Some(400)),
        (
            request(
                &[user, realm, nonce(&fresh), Attribute::PasswordAlgorithm(PasswordAlgorithm::MD5)],
                true,
            ),
            Some(400),
        ),
        (request(&[Attribute::Username("bert"), realm, nonce(&fresh)], true), Some(401)),
        (request(&[user, realm, nonce("made up")], true), Some(438)),
        (request(&[user, realm, nonce(&elsewhere)], true), Some(438)),
        (request(&[user, realm, nonce(&future)], true), Some(438)),
        (request(&[user, realm, nonce(&fresh)], true), None), // processed as MD5
    ];
    for (request, expected) in cases {
        let response = serve(&server, NOW, &request);
        let message = Message::parse(&response).unwrap();
        assert_eq!(message.error_code().map(|error| error.code), expected, "{:?}", Message::parse(&request));
        let tries_again = matches!(expected, Some(401 | 438));
        assert_eq!((message.realm().is_some(), message.nonce().is_some()), (tries_again, tries_again));
        assert_eq!(message.password_algorithms().is_some(), tries_again);
        assert_eq!((message.username(), message.userhash()), (None, None));
        assert_eq!(keys.verify(&message).ok(), expected.is_none().then_some(Integrity::Sha1));
    }
    assert_ne!(fresh, elsewhere, "no two addresses share a nonce"); //~ covers 8489-9.2.4-j
}

/// Ends a message in one way or another.
type End<'f> = &'f dyn Fn(Builder<'_>) -> usize;

#[test]
fn short_term_requests_are_refused_in_the_order_of_the_rfc() {
    //~ covers 8489-9.1.3-a neg, 8489-9.1.3-b neg, 8489-9.1.3-c neg, 8489-9.1.3-d, 8489-9.1.2-a
    let provider = ring::provider();
    let (keys, wrong) = (Keys::new(&provider, b"secret").unwrap(), Keys::new(&provider, b"Secret").unwrap());
    let build = |class, name: Option<&str>, end: &dyn Fn(Builder<'_>) -> usize| {
        let mut out = Vec::new();
        end(Builder::new(&mut out, class, Method::BINDING, TransactionId([1; 12]))
            .maybe(name.map(Attribute::Username)));
        out
    };
    let check = |bytes: &[u8]| {
        short_term::check(&Message::parse(bytes).unwrap(), |name| (name == "a:b").then_some(&keys))
            .map(|good| good.0)
    };
    let sha1 = |builder: Builder<'_>| keys.finish_with_fingerprint(builder, Integrity::Sha1);
    let sha256 = |builder: Builder<'_>| keys.finish(builder, Integrity::Sha256);
    let both = |builder: Builder<'_>| keys.finish_both(builder);
    let none = |builder: Builder<'_>| builder.finish();
    let bad = |builder: Builder<'_>| wrong.finish(builder, Integrity::Sha1);
    let name = Some("a:b");
    assert_eq!(check(&build(Class::Request, name, &sha1)), Ok(Integrity::Sha1));
    assert_eq!(check(&build(Class::Request, name, &sha256)), Ok(Integrity::Sha256));
    assert_eq!(check(&build(Class::Request, name, &both)), Ok(Integrity::Sha256));
    let cases: [(Option<&str>, End<'_>, ErrorCode<'_>); 4] = [
        (name, &none, ErrorCode::BAD_REQUEST),
        (None, &sha1, ErrorCode::BAD_REQUEST),
        (Some("a:c"), &sha1, ErrorCode::UNAUTHENTICATED),
        (name, &bad, ErrorCode::UNAUTHENTICATED),
    ];
    for (name, end, error) in cases {
        assert_eq!(check(&build(Class::Request, name, end)), Err(Refused::Answer(error)));
        assert_eq!(check(&build(Class::Indication, name, end)), Err(Refused::Discard));
    }
}
