use super::*;

const NAME: &str = "9b36eaac-bb2e-49bb-bb78-21c41c499900.local";
const OTHER: &str = "1b36eaac-bb2e-49bb-bb78-21c41c499901.local";

fn neighbour() -> SocketAddr {
    ([10, 0, 0, 9], PORT).into()
}

fn ip() -> IpAddr {
    [10, 0, 0, 1].into()
}

fn outputs(node: &mut Node) -> Vec<Output> {
    std::iter::from_fn(|| node.poll_output()).collect()
}

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

/// Hands what `from` multicasts to `to`.
fn carry(now: Instant, from: &mut Node, to: &mut Node) -> usize {
    let said = outputs(from);
    for output in &said {
        if let Output::Multicast(bytes) = output {
            to.handle_input(now, neighbour(), bytes);
        }
    }
    said.len()
}

#[test]
fn a_question_is_answered_by_the_one_who_has_the_name() {
    let (mut asker, mut owner) = (Node::default(), Node::default());
    assert!(owner.publish(at(0), NAME.into(), ip()));
    outputs(&mut owner);
    asker.ask(at(5000), 7, NAME.into());
    carry(at(5000), &mut asker, &mut owner);
    carry(at(5000), &mut owner, &mut asker);
    assert_eq!(outputs(&mut asker), [Output::Found(7, Found::Addresses(vec![ip()]))]);
    assert_eq!(asker.poll_timeout(), None);
}

#[test]
fn a_question_is_asked_three_times_and_then_given_up() {
    let mut asker = Node::default();
    asker.ask(at(0), 7, NAME.into());
    let (mut times, mut found) = (Vec::new(), Vec::new());
    let mut now = at(0);
    loop {
        for output in outputs(&mut asker) {
            match output {
                Output::Multicast(_) => times.push(now),
                other => found.push(other),
            }
        }
        let Some(next) = asker.poll_timeout() else { break };
        now = next;
        asker.handle_timeout(now);
    }
    assert_eq!(times, [at(0), at(1000), at(3000)]);
    assert_eq!((now, found), (at(5000), vec![Output::Found(7, Found::Failed(FailCause::TimedOut))]));
}

#[test]
fn a_name_is_announced_twice_and_taken_back_at_the_end() {
    let mut owner = Node::default();
    owner.publish(at(0), NAME.into(), ip());
    let announced = outputs(&mut owner);
    assert_eq!(owner.poll_timeout(), Some(at(1000)));
    owner.handle_timeout(at(1000));
    assert_eq!((outputs(&mut owner), owner.poll_timeout()), (announced.clone(), None));
    let Output::Multicast(bytes) = &announced[0] else { panic!("{announced:?}") };
    assert_eq!(Packet::parse(bytes).unwrap().records[0].ttl, 120);
    owner.leave();
    let Some(Output::Multicast(bytes)) = owner.poll_output() else { panic!("no goodbye") };
    assert_eq!(Packet::parse(&bytes).unwrap().records[0].ttl, 0);
    owner.handle_input(at(9000), neighbour(), &question(NAME));
    assert_eq!(outputs(&mut owner), []);
}

#[test]
fn only_our_names_are_answered_and_not_twice_in_a_second() {
    let mut owner = Node::default();
    owner.publish(at(0), NAME.into(), ip());
    outputs(&mut owner);
    let mut ask = |ms, name| {
        owner.handle_input(at(ms), neighbour(), &question(name));
        outputs(&mut owner).len()
    };
    assert_eq!((ask(5000, OTHER), ask(5000, NAME), ask(5900, NAME), ask(6000, NAME)), (0, 1, 0, 1));
}

#[test]
fn who_knows_it_already_is_not_told() {
    let mut owner = Node::default();
    owner.publish(at(0), NAME.into(), ip());
    outputs(&mut owner);
    let mut ask = |ttl| {
        let records = vec![Record { name: NAME.into(), ttl, address: ip() }];
        let questions = vec![Question { name: NAME.into(), kind: A }];
        owner.handle_input(
            at(5000),
            neighbour(),
            &written(&Packet { questions, records, ..Packet::default() }, false),
        );
        outputs(&mut owner).len()
    };
    assert_eq!((ask(60), ask(59)), (0, 1));
}

#[test]
fn an_ordinary_resolver_gets_an_ordinary_answer() {
    let mut owner = Node::default();
    owner.publish(at(0), NAME.into(), ip());
    outputs(&mut owner);
    let from = SocketAddr::from(([10, 0, 0, 9], 40_000));
    let questions = vec![Question { name: NAME.into(), kind: A }];
    owner.handle_input(
        at(0),
        from,
        &written(&Packet { id: 77, questions: questions.clone(), ..Packet::default() }, false),
    );
    let [Output::Unicast(to, bytes)] = &outputs(&mut owner)[..] else { panic!("not by unicast") };
    let packet = Packet::parse(bytes).unwrap();
    assert_eq!((*to, packet.id, packet.questions, packet.records[0].ttl), (from, 77, questions, 10));
    // A question for IPv6 has no answer here.
    let questions = vec![Question { name: NAME.into(), kind: AAAA }];
    owner.handle_input(at(0), from, &written(&Packet { questions, ..Packet::default() }, false));
    assert_eq!(outputs(&mut owner), []);
}

#[test]
fn answers_that_do_not_count_are_not_taken() {
    let mut asker = Node::default();
    asker.ask(at(0), 7, NAME.into());
    outputs(&mut asker);
    let record = |name: &str, ttl| Record { name: name.into(), ttl, address: ip() };
    asker.handle_input(at(1), ([10, 0, 0, 9], 40_000).into(), &response(vec![record(NAME, 120)]));
    asker.handle_input(at(1), neighbour(), &response(vec![record(OTHER, 120)]));
    asker.handle_input(at(1), neighbour(), &response(vec![record(NAME, 0)]));
    asker.handle_input(at(1), neighbour(), b"noise");
    assert_eq!(outputs(&mut asker), []);
    asker.handle_input(at(1), neighbour(), &response(vec![record(NAME, 120)]));
    assert_eq!(outputs(&mut asker).len(), 1);
}

#[test]
fn names_are_bounded() {
    let mut owner = Node::default();
    let taken = (0..300).filter(|n| owner.publish(at(0), format!("{n}.local"), ip())).count();
    assert_eq!(taken, MAX_NAMES);
}
