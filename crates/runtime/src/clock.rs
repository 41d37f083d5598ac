//! The one clock of a driver, and the words of two worlds for the same moment.

use limpid_sansio::Instant;

/// Counts nanoseconds from when it was made. Never goes back.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Clock {
    epoch: tokio::time::Instant,
}

impl Clock {
    /// Its epoch lies a second in the past, so that machines can subtract a little.
    pub(crate) fn start() -> Self {
        let now = tokio::time::Instant::now();
        Clock { epoch: now.checked_sub(std::time::Duration::from_secs(1)).unwrap_or(now) }
    }

    /// Now, for a machine.
    pub(crate) fn now(&self) -> Instant {
        let nanos = self.epoch.elapsed().as_nanos();
        Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// A machine's deadline, for a timer of tokio's.
    pub(crate) fn deadline(&self, at: Instant) -> tokio::time::Instant {
        let since = std::time::Duration::from_nanos(at.as_nanos());
        // Deadlines beyond what the clock can say are "never", near enough.
        self.epoch.checked_add(since).unwrap_or(self.epoch + std::time::Duration::from_secs(1 << 32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_is_met_when_the_clock_shows_it() {
        let clock = Clock::start();
        let at = clock.now() + Duration::from_millis(250);
        tokio::time::sleep_until(clock.deadline(at)).await;
        assert!(clock.now() >= at && clock.now() < at + Duration::from_millis(5));
    }
}
