//! The whole table, written by hand from RFC 9429 §3.2 and §5.7, against the function.

use limpid_sansio::states::{Transitions, diagram, table};

use super::{SignalingEvent as E, SignalingState as S};

/// Rows: states in order. Columns: local and remote offer, pranswer and answer, then rollback; close is always the same.
const TABLE: [(S, [Option<S>; 7]); 6] = [
    (S::Stable, [Some(S::HaveLocalOffer), Some(S::HaveRemoteOffer), None, None, None, None, None]),
    (
        S::HaveLocalOffer,
        [
            Some(S::HaveLocalOffer),
            None,
            None,
            Some(S::HaveRemotePranswer),
            None,
            Some(S::Stable),
            Some(S::Stable),
        ],
    ),
    (
        S::HaveRemoteOffer,
        [
            None,
            Some(S::HaveRemoteOffer),
            Some(S::HaveLocalPranswer),
            None,
            Some(S::Stable),
            None,
            Some(S::Stable),
        ],
    ),
    (
        S::HaveLocalPranswer,
        [None, None, Some(S::HaveLocalPranswer), None, Some(S::Stable), None, Some(S::Stable)],
    ),
    (
        S::HaveRemotePranswer,
        [None, None, None, Some(S::HaveRemotePranswer), None, Some(S::Stable), Some(S::Stable)],
    ),
    (S::Closed, [None; 7]),
];

//~ covers 9429-3.2-a neg
#[test]
fn every_state_does_with_every_event_what_the_rfc_says() {
    let mut seen = 0;
    for ((state, row), listed) in TABLE.into_iter().zip(S::STATES) {
        assert_eq!(state, *listed);
        for (event, next) in S::EVENTS.iter().zip(row) {
            assert_eq!(state.on(*event), next, "{state:?} + {event:?}");
            seen += 1;
        }
        assert_eq!(state.on(E::Close), (state != S::Closed).then_some(S::Closed));
    }
    assert_eq!(seen, 42);
    assert_eq!(table::<S>().lines().count(), 48);
}

#[test]
fn the_diagram_has_an_arrow_for_each_change() {
    let rows = TABLE
        .into_iter()
        .flat_map(|(state, row)| row.into_iter().flatten().filter(move |next| *next != state));
    // One more for each of the five states that can be closed.
    assert_eq!(diagram::<S>().matches(" --> ").count(), rows.count() + 5);
}
