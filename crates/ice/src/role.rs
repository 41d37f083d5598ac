//! Who decides, and what happens when both sides believe the same about that.

use core::fmt;

/// The controlling agent nominates the pair that both will use. RFC 8445 §4.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Nominates.
    Controlling,
    /// Follows.
    Controlled,
}

impl Role {
    /// The other one.
    pub const fn opposite(self) -> Role {
        match self {
            Role::Controlling => Role::Controlled,
            Role::Controlled => Role::Controlling,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Controlling => "controlling",
            Role::Controlled => "controlled",
        })
    }
}

/// What an agent does about a request in which the peer claims a role. RFC 8445 §7.3.1.1.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The roles differ, as they should.
    Agree,
    /// Refuse with 487 and keep the role: the peer will change.
    Refuse,
    /// Take the other role and go on with the request.
    Switch,
}

/// The table of RFC 8445 §7.3.1.1. Its two halves are not mirror images: the larger tie-breaker ends up controlling, so who
/// refuses depends on which role both claim.
pub(crate) fn resolve(ours: Role, our_tie_breaker: u64, theirs: Role, their_tie_breaker: u64) -> Verdict {
    match (ours, theirs, our_tie_breaker >= their_tie_breaker) {
        (Role::Controlling, Role::Controlling, true) => Verdict::Refuse,
        (Role::Controlling, Role::Controlling, false) => Verdict::Switch,
        (Role::Controlled, Role::Controlled, true) => Verdict::Switch,
        (Role::Controlled, Role::Controlled, false) => Verdict::Refuse,
        _ => Verdict::Agree,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 8445-7.3.1.1-a, 8445-7.3.1.1-b
    #[test]
    fn the_larger_tie_breaker_ends_up_controlling_whoever_refuses() {
        use Role::*;
        for (ours, our_tie, theirs, their_tie, verdict) in [
            (Controlling, 9, Controlling, 5, Verdict::Refuse),
            (Controlling, 5, Controlling, 5, Verdict::Refuse),
            (Controlling, 5, Controlling, 9, Verdict::Switch),
            (Controlled, 9, Controlled, 5, Verdict::Switch),
            (Controlled, 5, Controlled, 5, Verdict::Switch),
            (Controlled, 5, Controlled, 9, Verdict::Refuse),
            (Controlling, 5, Controlled, 9, Verdict::Agree),
            (Controlled, 9, Controlling, 5, Verdict::Agree),
        ] {
            assert_eq!(
                resolve(ours, our_tie, theirs, their_tie),
                verdict,
                "{ours} {our_tie} / {theirs} {their_tie}"
            );
        }
    }
}
