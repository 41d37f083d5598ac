//! Flat states as tables: what every state does with every event, written once, printed for snapshots and diagrams.

use alloc::string::String;
use core::fmt::{Debug, Write};

/// A flat state machine: an enum of states, an enum of events, and one pure function between them.
pub trait Transitions: Copy + PartialEq + Debug + 'static {
    /// What can happen.
    type Event: Copy + Debug + 'static;
    /// All states, in protocol order.
    const STATES: &'static [Self];
    /// All events, in protocol order.
    const EVENTS: &'static [Self::Event];
    /// The next state, or `None` where the event means nothing in this state.
    fn on(self, event: Self::Event) -> Option<Self>;
}

/// Every state × event outcome, a line each, for a snapshot.
pub fn table<S: Transitions>() -> String {
    let mut text = String::new();
    for state in S::STATES {
        for event in S::EVENTS {
            let next = state.on(*event);
            let _ = match next {
                Some(next) => writeln!(text, "{state:?} + {event:?} -> {next:?}"),
                None => writeln!(text, "{state:?} + {event:?} -> ignored"),
            };
        }
    }
    text
}

/// The transitions that change the state, as a Mermaid state diagram.
pub fn diagram<S: Transitions>() -> String {
    let mut text = String::from("stateDiagram-v2\n");
    for state in S::STATES {
        for event in S::EVENTS {
            if let Some(next) = state.on(*event).filter(|next| next != state) {
                let _ = writeln!(text, "    {state:?} --> {next:?}: {event:?}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Copy, Clone, PartialEq, Debug)]
    enum Door {
        Open,
        Shut,
    }
    #[derive(Copy, Clone, Debug)]
    enum Hand {
        Push,
        Pull,
    }
    impl Transitions for Door {
        type Event = Hand;
        const STATES: &'static [Self] = &[Door::Open, Door::Shut];
        const EVENTS: &'static [Hand] = &[Hand::Push, Hand::Pull];
        fn on(self, event: Hand) -> Option<Self> {
            match (self, event) {
                (Door::Open, Hand::Push) => Some(Door::Shut),
                (Door::Shut, Hand::Pull) => Some(Door::Open),
                _ => None,
            }
        }
    }

    #[test]
    fn every_pair_has_a_line_and_only_changes_have_arrows() {
        assert_eq!(table::<Door>().lines().count(), 4);
        assert_eq!(diagram::<Door>(), "stateDiagram-v2\n    Open --> Shut: Push\n    Shut --> Open: Pull\n");
    }
}
