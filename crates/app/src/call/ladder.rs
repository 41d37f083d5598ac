//! The way back when a path breaks: it is told what happened and when, and says what to do. PROTOCOLS.md 11.

use std::time::Duration;

use limpid_sansio::Instant;

/// What is due.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Rung {
    /// The path does not work, as everybody can see.
    Unstable,
    /// Restart ICE.
    Restart,
    /// Begin a new session.
    Renew,
    /// Give it up.
    Lost,
    /// It works again.
    Restored,
}

/// What makes an attempt worth it at once.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Signalling is back.
    Signalling,
    /// The other side asks for it: its network is another one, or it woke from sleep. It may know before we do.
    Asked,
}

/// When what is due, counted from where the path broke, in seconds.
const STEPS: [(u64, Rung); 8] = [
    (1, Rung::Unstable),
    (2, Rung::Restart),
    (5, Rung::Restart),
    (10, Rung::Restart),
    (15, Rung::Renew),
    (25, Rung::Renew),
    (35, Rung::Renew),
    (45, Rung::Lost),
];
/// From here on another connection is tried rather than another path of the same.
const RENEWS: Duration = Duration::from_secs(15);
/// Between two attempts out of turn.
const PAUSE: Duration = Duration::from_secs(1);

/// The ladder of one connection.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// This side acts (the polite one); the other only sees what becomes of it.
    leads: bool,
    since: Option<Instant>,
    step: usize,
    attempted: Option<Instant>,
}

impl Ladder {
    /// Of a path that works.
    pub fn new(leads: bool) -> Self {
        Ladder { leads, since: None, step: 0, attempted: None }
    }

    /// Whether the path is broken.
    pub fn is_broken(&self) -> bool {
        self.since.is_some()
    }

    fn is_lost(&self) -> bool {
        self.is_broken() && self.step == STEPS.len()
    }

    /// The path does not work. Said again, it changes nothing.
    pub fn broken(&mut self, now: Instant) {
        if self.since.is_none() {
            *self = Ladder { since: Some(now), ..Ladder::new(self.leads) };
        }
    }

    /// It works: [`Rung::Restored`] if it did not before.
    pub fn working(&mut self) -> Option<Rung> {
        self.since.take().map(|_| Rung::Restored)
    }

    /// What is due by now: of several attempts that were missed, the last one.
    pub fn due(&mut self, now: Instant) -> Vec<Rung> {
        let Some(since) = self.since else { return Vec::new() };
        let (mut due, mut attempt) = (Vec::new(), None);
        while let Some((_, rung)) =
            STEPS.get(self.step).filter(|(at, _)| since + Duration::from_secs(*at) <= now)
        {
            self.step += 1;
            match rung {
                Rung::Restart | Rung::Renew => attempt = Some(*rung),
                rung => due.push(*rung),
            }
        }
        if let Some(attempt) = attempt.filter(|_| self.leads && !self.is_lost()) {
            self.attempted = Some(now);
            due.push(attempt);
        }
        due
    }

    /// An attempt out of turn, by whoever leads. Where all seems well, only one that was asked for.
    pub fn nudge(&mut self, now: Instant, why: Reason) -> Option<Rung> {
        let is_early = self.attempted.is_some_and(|attempted| now.since(attempted) < PAUSE);
        let is_needless = self.since.is_none() && why != Reason::Asked;
        if !self.leads || is_early || is_needless || self.is_lost() {
            return None;
        }
        self.attempted = Some(now);
        let renews = self.since.is_some_and(|since| now.since(since) >= RENEWS);
        Some(if renews { Rung::Renew } else { Rung::Restart })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    /// Everything that is due in this second, for a minute after a path broke at 100 s.
    fn climb(leads: bool) -> Vec<(u64, Rung)> {
        let mut ladder = Ladder::new(leads);
        ladder.broken(at(100));
        (0..60).flat_map(|n| ladder.due(at(100 + n)).into_iter().map(move |rung| (n, rung))).collect()
    }

    #[test]
    fn who_leads_restarts_renews_and_gives_up_at_the_times_of_the_protocol() {
        assert_eq!(climb(true), STEPS);
        assert_eq!(climb(false), [(1, Rung::Unstable), (45, Rung::Lost)]);
    }

    #[test]
    fn a_path_that_is_back_needs_nothing_and_breaks_anew() {
        let mut ladder = Ladder::new(true);
        assert_eq!(ladder.working(), None);
        ladder.broken(at(0));
        ladder.broken(at(1));
        assert_eq!(ladder.due(at(2)), [Rung::Unstable, Rung::Restart]);
        assert_eq!(ladder.working(), Some(Rung::Restored));
        assert!(ladder.due(at(50)).is_empty() && !ladder.is_broken());
        ladder.broken(at(60));
        assert_eq!(ladder.due(at(61)), [Rung::Unstable]);
    }

    #[test]
    fn of_attempts_that_were_missed_only_the_last_is_made() {
        let mut ladder = Ladder::new(true);
        ladder.broken(at(0));
        assert_eq!(ladder.due(at(30)), [Rung::Unstable, Rung::Renew]);
        assert_eq!(ladder.due(at(100)), [Rung::Lost]);
    }

    #[test]
    fn the_return_of_signalling_is_an_attempt_out_of_turn() {
        let mut ladder = Ladder::new(true);
        assert_eq!(ladder.nudge(at(0), Reason::Signalling), None);
        ladder.broken(at(0));
        assert_eq!(ladder.nudge(at(1), Reason::Signalling), Some(Rung::Restart));
        assert_eq!(ladder.nudge(at(1), Reason::Signalling), None);
        assert_eq!(ladder.nudge(at(16), Reason::Signalling), Some(Rung::Renew));
        ladder.due(at(45));
        assert_eq!(ladder.nudge(at(60), Reason::Asked), None);
    }

    #[test]
    fn who_leads_restarts_when_it_is_asked_even_if_all_seems_well_but_not_in_a_flood() {
        let mut ladder = Ladder::new(true);
        assert_eq!(ladder.nudge(at(10), Reason::Asked), Some(Rung::Restart));
        assert_eq!(ladder.nudge(at(10), Reason::Asked), None);
        assert_eq!(ladder.nudge(at(11), Reason::Asked), Some(Rung::Restart));
        let mut other = Ladder::new(false);
        assert_eq!(other.nudge(at(10), Reason::Asked), None);
        other.broken(at(0));
        for why in [Reason::Signalling, Reason::Asked] {
            assert_eq!(other.nudge(at(1), why), None);
        }
    }
}
