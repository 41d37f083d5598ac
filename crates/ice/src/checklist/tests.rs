//! The rules of RFC 8445 §6.1.2 and RFC 8838 §12, on pairs without an agent.

use super::*;
use crate::foundation::Foundation;
use crate::pair::{Pair, Side};

struct Set(Vec<Checklist>);

impl ChecklistSet for Set {
    fn lists(&self) -> impl Iterator<Item = &Checklist> {
        self.0.iter()
    }
    fn lists_mut(&mut self) -> impl Iterator<Item = &mut Checklist> {
        self.0.iter_mut()
    }
}

/// A pair of its own addresses, of component `component`, foundation `f`, and (host) priorities.
fn pair(id: u32, component: u16, f: u16, local: u32, remote: u32) -> Pair {
    let address = |last: u32, net: u8| format!("10.{net}.0.{last}:9").parse().unwrap();
    let side = |priority| Side { kind: CandidateKind::Host, priority };
    let path = Path::udp(address(id, 0), address(id, 1));
    let foundation = (Foundation(f), Foundation(f));
    Pair::new(
        PathId(id),
        ComponentId(component),
        path,
        foundation,
        [local, remote].map(side),
        Role::Controlling,
    )
}

fn list(pairs: impl IntoIterator<Item = Pair>) -> Checklist {
    let mut list = Checklist::default();
    for pair in pairs {
        assert_eq!(list.insert(pair, Role::Controlling), Inserted::New);
    }
    list
}

fn state(set: &Set, id: u32) -> PairState {
    set.all().find(|pair| pair.id == PathId(id)).unwrap().state
}

fn set_state(set: &mut Set, id: u32, state: PairState) {
    set.lists_mut().find_map(|list| list.get_mut(PathId(id))).unwrap().state = state;
}

/// The table of RFC 8838 §12: two streams of two components, foundations 1 to 5.
fn example() -> Set {
    let first = list([
        pair(11, 1, 1, 100, 100),
        pair(12, 1, 2, 90, 100),
        pair(13, 1, 3, 80, 100),
        pair(21, 2, 1, 99, 99),
        pair(22, 2, 2, 89, 99),
        pair(23, 2, 3, 79, 99),
        pair(24, 2, 4, 69, 99),
    ]);
    Set(vec![first, list([pair(31, 1, 1, 100, 100), pair(41, 2, 1, 99, 99)])])
}

//~ covers 8445-6.1.2.6-a
#[test]
fn at_first_one_pair_of_each_foundation_waits_over_all_checklists() {
    let mut set = example();
    set.set_initial_states();
    for pair in set.all() {
        let waits = [11, 12, 13, 24].contains(&pair.id.0);
        let expected = if waits { PairState::Waiting } else { PairState::Frozen };
        assert_eq!(pair.state, expected, "{:?}", pair.id);
    }
}

//~ covers 8445-7.2.5.3.3-a
#[test]
fn a_success_thaws_its_foundation_everywhere() {
    let mut set = example();
    set.set_initial_states();
    set_state(&mut set, 11, PairState::Succeeded);
    set.unfreeze((Foundation(1), Foundation(1)));
    for id in [21, 31, 41] {
        assert_eq!(state(&set, id), PairState::Waiting);
    }
    for id in [22, 23] {
        assert_eq!(state(&set, id), PairState::Frozen);
    }
}

//~ covers 8838-12-a, 8838-12-b, 8838-12-c
#[test]
fn a_late_pair_waits_on_top_of_its_foundation_or_beside_a_success() {
    let mut set = example();
    set.set_initial_states();
    let late =
        |component, f| set.state_of_late_pair(ComponentId(component), 1, (Foundation(f), Foundation(f)));
    assert_eq!(late(1, 5), PairState::Waiting, "rule 1: nobody above it");
    assert_eq!(late(1, 4), PairState::Waiting, "rule 1: above the only other one");
    assert_eq!(late(1, 3), PairState::Frozen, "rule 3");
    assert_eq!(late(2, 2), PairState::Frozen, "rule 3");
    set_state(&mut set, 12, PairState::Succeeded);
    let state = set.state_of_late_pair(ComponentId(2), 1, (Foundation(2), Foundation(2)));
    assert_eq!(state, PairState::Waiting, "rule 2");
}

//~ covers 8445-6.1.4.2-b
#[test]
fn an_idle_list_thaws_one_pair_of_each_foundation_that_nobody_is_busy_with() {
    let mut set = example();
    set.set_initial_states();
    for id in [11, 12, 24] {
        set_state(&mut set, id, PairState::Failed);
    }
    set_state(&mut set, 13, PairState::InProgress);
    set.thaw(0);
    assert_eq!(state(&set, 21), PairState::Waiting);
    assert_eq!(state(&set, 22), PairState::Waiting);
    assert_eq!(state(&set, 23), PairState::Frozen, "13 is still out");
    assert_eq!(state(&set, 31), PairState::Frozen, "of another list");
}

//~ covers 8445-6.1.2.4-a, 8838-11-a, 8838-11-b
#[test]
fn of_two_pairs_between_the_same_addresses_the_better_stays_unless_the_other_is_under_way() {
    let with = |id, local| Pair { id: PathId(id), ..pair(1, 1, 1, local, 50) };
    let insert = |list: &mut Checklist, mut pair: Pair| {
        pair.rank(Role::Controlling);
        assert_eq!(list.insert(pair, Role::Controlling), Inserted::Redundant);
    };
    let mut list = list([with(1, 50)]);
    let low = list.pairs()[0].priority;
    insert(&mut list, with(2, 60));
    let better = list.pairs()[0].priority;
    assert!(list.pairs().len() == 1 && better > low);
    insert(&mut list, with(3, 40));
    assert_eq!(list.pairs()[0].priority, better);
    for state in [PairState::InProgress, PairState::Succeeded, PairState::Failed] {
        list.get_mut(PathId(1)).unwrap().state = state;
        insert(&mut list, with(4, 70));
        assert_eq!((list.pairs()[0].priority, list.pairs()[0].state), (better, state));
    }
    // Learned from a check, then told: the told priority, the old state.
    list.get_mut(PathId(1)).unwrap().remote.kind = CandidateKind::PeerReflexive;
    insert(&mut list, with(5, 45));
    assert_ne!(list.pairs()[0].priority, better);
    assert_eq!(list.pairs()[0].state, PairState::Failed);
    assert_eq!(list.pairs()[0].id, PathId(1));
}

//~ covers 8445-6.1.2.3-b
#[test]
fn a_change_of_role_ranks_all_pairs_anew() {
    let mut list = list([pair(1, 1, 1, 100, 50), pair(2, 1, 2, 50, 100)]);
    assert_eq!(list.pairs()[0].id, PathId(1), "the controlling side's larger candidate breaks the tie");
    list.rank(Role::Controlled);
    assert_eq!(list.pairs()[0].id, PathId(2));
}

//~ covers 8445-8.1.2-a
#[test]
fn nomination_clears_its_component_and_keeps_what_works_or_was_asked_for() {
    let mut list = list([
        pair(1, 1, 1, 9, 9),
        pair(2, 1, 2, 8, 8),
        pair(3, 1, 3, 7, 7),
        pair(4, 1, 4, 6, 6),
        pair(5, 2, 1, 9, 9),
    ]);
    let valid = crate::pair::Valid {
        local_kind: CandidateKind::Host,
        answered: limpid_sansio::Instant::ZERO,
        consent_until: limpid_sansio::Instant::ZERO,
        round_trip: None,
        heard: limpid_sansio::Instant::ZERO,
        is_silent: false,
    };
    list.get_mut(PathId(1)).unwrap().nomination = Nomination::Done;
    list.get_mut(PathId(2)).unwrap().valid = Some(valid);
    list.get_mut(PathId(4)).unwrap().nomination = Nomination::Asked;
    [2, 3, 4, 5].into_iter().for_each(|id| list.trigger(PathId(id)));
    assert_eq!(list.conclude(ComponentId(1)), [PathId(2)]);
    let left: Vec<u32> = list.pairs().iter().map(|pair| pair.id.0).collect();
    assert_eq!(left.len(), 4);
    assert!(!left.contains(&3), "{left:?}");
    let queued: Vec<u32> = core::iter::from_fn(|| list.pop_triggered()).map(|id| id.0).collect();
    assert_eq!(queued, [4, 5]);
}

//~ covers 8445-6.1.4.1-a
#[test]
fn triggered_checks_leave_in_the_order_they_came_and_once() {
    let mut list = list([pair(1, 1, 1, 9, 9), pair(2, 1, 2, 8, 8)]);
    [2, 1, 2].into_iter().for_each(|id| list.trigger(PathId(id)));
    let order: Vec<u32> = core::iter::from_fn(|| list.pop_triggered()).map(|id| id.0).collect();
    assert_eq!(order, [2, 1]);
}
