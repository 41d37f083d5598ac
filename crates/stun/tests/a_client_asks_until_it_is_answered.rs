//! The client machine: schedule, responses that count and that do not, and the contract of every machine.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::time::Duration;

use limpid_crypto::ring;
use limpid_sansio::conformance::{check_early_timeout_is_harmless, check_timeout_moves_on, checked_drain};
use limpid_sansio::{Datagram, Instant, Machine, Path, Transport};
use limpid_stun::*;
use proptest::prelude::*;

fn path() -> Path {
    Path::udp(([10, 0, 0, 1], 5000).into(), ([192, 0, 2, 1], 3478).into())
}

fn client() -> Client {
    Client::new(ClientConfig::new([1; 32], ring::provider(), path()))
}

fn drain(client: &mut Client, now: Instant) -> (Vec<Vec<u8>>, Vec<Event>) {
    let mut events = Vec::new();
    let sent = checked_drain(client, now, |_, event| events.push(event));
    (sent.into_iter().map(|(_, bytes)| bytes).collect(), events)
}

fn deliver(client: &mut Client, now: Instant, path: Path, bytes: &[u8]) {
    let mut payload = bytes.to_vec();
    client.handle_input(now, Datagram { path, ecn: None, payload: &mut payload }).unwrap();
}

fn answer(request: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    binding::answer(request, mapped(), &mut out).unwrap();
    out
}

fn mapped() -> SocketAddr {
    ([203, 0, 113, 7], 4242).into()
}

#[test]
fn an_answer_is_an_event_with_our_address() {
    //~ covers 8489-6.3.3-a, 8489-6.1-a
    let (mut client, mut now) = (client(), Instant::from_millis(1000));
    client.request(now).unwrap();
    assert_eq!(client.request(now), Err(Misuse::Busy));
    let (sent, events) = drain(&mut client, now);
    assert_eq!((sent.len(), events.len()), (1, 0));
    let request = Message::parse(&sent[0]).unwrap();
    assert_eq!((request.class(), request.method()), (Class::Request, Method::BINDING));
    now += Duration::from_millis(30);
    deliver(&mut client, now, path(), &answer(&sent[0]));
    let round_trip = Some(Duration::from_millis(30));
    assert_eq!(drain(&mut client, now).1, [Event::Answered { mapped: mapped(), round_trip }]);
    assert_eq!(client.poll_timeout(), None);
    client.request(now).unwrap();
    assert_ne!(drain(&mut client, now).0, sent, "another transaction id");
}

#[test]
fn silence_is_seven_identical_requests_and_then_a_failure() {
    //~ covers 8489-6.2.1-a, 8489-6.2.1-b, 8489-6.2.1-c
    let mut client = client();
    client.request(Instant::ZERO).unwrap();
    let (mut sent, mut events, mut times) = (Vec::new(), Vec::new(), Vec::new());
    let mut now = Instant::ZERO;
    loop {
        client.handle_timeout(now).unwrap();
        let (more, happened) = drain(&mut client, now);
        times.extend(more.iter().map(|_| now.as_nanos() / 1_000_000));
        sent.extend(more);
        events.extend(happened);
        check_early_timeout_is_harmless(&mut client, now);
        match client.poll_timeout() {
            Some(at) => now = at,
            None => break,
        }
    }
    assert_eq!(times, [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    assert_eq!(now, Instant::from_millis(39_500));
    assert!(sent.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(events, [Event::Failed(Failure::TimedOut)]);
}

#[test]
fn responses_that_do_not_count_are_counted_and_change_nothing() {
    //~ covers 8489-6.3-a neg, 8489-6.3-d neg
    let (mut client, now) = (client(), Instant::ZERO);
    client.request(now).unwrap();
    let (sent, _) = drain(&mut client, now);
    let good = answer(&sent[0]);
    let mut other_id = good.clone();
    other_id[19] ^= 1;
    let mut other_method = good.clone();
    other_method[1] |= 2;
    let mut bad_fingerprint = good.clone();
    bad_fingerprint.extend_from_slice(&[0x80, 0x28, 0, 4, 1, 2, 3, 4]);
    bad_fingerprint[3] += 8;
    deliver(&mut client, now, path(), b"noise");
    deliver(&mut client, now, Path { remote: mapped(), ..path() }, &good);
    deliver(&mut client, now, path(), &other_id);
    deliver(&mut client, now, path(), &other_method);
    deliver(&mut client, now, path(), &sent[0]);
    deliver(&mut client, now, path(), &bad_fingerprint);
    let before = client.poll_timeout();
    assert_eq!(drain(&mut client, now), (Vec::new(), Vec::new()));
    assert_eq!((client.poll_timeout(), before), (before, Some(Instant::from_millis(500))));
    let dropped = client.stats().dropped;
    for (reason, count) in [
        (DropReason::Malformed, 1),
        (DropReason::UnknownSender, 1),
        (DropReason::UnknownTransaction, 1),
        (DropReason::NotAResponse, 2),
        (DropReason::BadFingerprint, 1),
    ] {
        assert_eq!(dropped[reason as usize], count, "{reason:?}");
    }
    deliver(&mut client, now, path(), &good);
    assert!(matches!(drain(&mut client, now).1[..], [Event::Answered { .. }]), "the good one still counts");
}

fn respond(class: Class, request: &[u8], attributes: &[Attribute<'_>]) -> Vec<u8> {
    let id = Message::parse(request).unwrap().transaction_id();
    let mut out = Vec::new();
    let mut builder = Builder::new(&mut out, class, Method::BINDING, id);
    for attribute in attributes {
        builder = builder.attribute(attribute);
    }
    builder.finish();
    out
}

#[test]
fn what_can_not_be_understood_fails_the_transaction() {
    //~ covers 8489-6.3.3-b neg, 8489-6.3.4-a neg, 8489-6.3.4-b
    let address = Attribute::XorMappedAddress(mapped());
    let required = Attribute::Other(AttributeType(0x7f01), b"");
    let optional = Attribute::Other(AttributeType(0xff01), b"");
    let error = |code| Attribute::ErrorCode(ErrorCode { code, reason: "" });
    let failed = |failure| Event::Failed(failure);
    let answered = Event::Answered { mapped: mapped(), round_trip: Some(Duration::ZERO) };
    let cases = [
        (Class::Success, vec![address, required], failed(Failure::NotUnderstood)),
        (Class::Success, vec![address, optional], answered),
        (Class::Success, vec![Attribute::MappedAddress(mapped())], answered),
        (Class::Success, vec![], failed(Failure::NotUnderstood)),
        (Class::Error, vec![], failed(Failure::NotUnderstood)),
        (Class::Error, vec![error(500), required], failed(Failure::NotUnderstood)),
        (Class::Error, vec![error(420)], failed(Failure::Refused(420))),
        (Class::Error, vec![error(300)], failed(Failure::Refused(300))),
        (Class::Error, vec![error(401)], failed(Failure::Refused(401))),
        (Class::Error, vec![error(699)], failed(Failure::Refused(699))),
    ];
    for (class, attributes, expected) in cases {
        let mut client = client();
        client.request(Instant::ZERO).unwrap();
        let (sent, _) = drain(&mut client, Instant::ZERO);
        deliver(&mut client, Instant::ZERO, path(), &respond(class, &sent[0], &attributes));
        assert_eq!(drain(&mut client, Instant::ZERO).1, [expected], "{attributes:?}");
    }
}

#[test]
fn a_measured_round_trip_stretches_the_next_wait() {
    //~ covers 8489-6.2.1-e
    let (mut client, mut now) = (client(), Instant::ZERO);
    client.request(now).unwrap();
    let (sent, _) = drain(&mut client, now);
    now += Duration::from_millis(400);
    deliver(&mut client, now, path(), &answer(&sent[0]));
    drain(&mut client, now);
    client.request(now).unwrap();
    assert_eq!(client.poll_timeout(), Some(now + Duration::from_millis(400 + 4 * 200)));
}

#[test]
fn over_tcp_a_request_goes_out_once() {
    //~ covers 8489-6.2.2-a
    let stream = Path { transport: Transport::TcpTurn, ..path() };
    let mut client = Client::new(ClientConfig::new([1; 32], ring::provider(), stream));
    client.request(Instant::ZERO).unwrap();
    assert_eq!(drain(&mut client, Instant::ZERO).0.len(), 1);
    let at = client.poll_timeout().unwrap();
    assert_eq!(at, Instant::from_millis(39_500));
    client.handle_timeout(at).unwrap();
    assert_eq!(drain(&mut client, at), (vec![], vec![Event::Failed(Failure::TimedOut)]));
}

#[test]
fn a_hard_icmp_error_ends_the_wait() {
    //~ covers 8489-6.2.1-g
    let mut client = client();
    client.request(Instant::ZERO).unwrap();
    client.unreachable();
    assert_eq!(drain(&mut client, Instant::ZERO).1, [Event::Failed(Failure::TimedOut)]);
    client.unreachable();
    assert_eq!(drain(&mut client, Instant::ZERO).1, []);
}

proptest! {
    #[test]
    fn any_order_of_verbs_keeps_the_contract(
        steps in proptest::collection::vec((0..5_u8, 0..5_000_u64, any::<[u8; 8]>()), 1..60),
    ) {
        let (mut client, mut now) = (client(), Instant::ZERO);
        let mut last_request = Vec::new();
        for (verb, wait, noise) in steps {
            now += Duration::from_millis(wait);
            match verb {
                0 => { let _ = client.request(now); }
                1 if !last_request.is_empty() => deliver(&mut client, now, path(), &answer(&last_request)),
                2 => deliver(&mut client, now, path(), &noise),
                3 => client.handle_timeout(now).unwrap(),
                _ => client.unreachable(),
            }
            last_request = drain(&mut client, now).0.pop().unwrap_or(last_request);
            check_timeout_moves_on(&mut client, now);
            check_early_timeout_is_harmless(&mut client, now);
        }
    }
}

#[test]
fn neither_a_config_nor_a_client_prints_its_seed_or_its_password() {
    let mut config = ClientConfig::new([0xc5; 32], ring::provider(), path());
    config.credentials = Some(Credentials::new("alice", "hunter2").unwrap());
    let client = Client::new(config.clone());
    for printed in [format!("{config:?}"), format!("{config:x?}"), format!("{client:?}")] {
        assert!(printed.contains("alice"), "the settings are there: {printed}");
        assert!(!printed.contains("197, 197") && !printed.contains("c5, c5"), "{printed}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}
