//! Whether the addresses of this machine have changed: sockets are bound to those that there were.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);

/// The addresses as they were seen last.
pub(crate) struct Network<L> {
    look: L,
    tick: Interval,
    known: Option<Vec<IpAddr>>,
}

impl Network<fn() -> io::Result<Vec<IpAddr>>> {
    /// Of this machine.
    pub(crate) fn here() -> Self {
        Network::new(limpid::local_addresses, EVERY)
    }
}

impl<L: FnMut() -> io::Result<Vec<IpAddr>>> Network<L> {
    fn new(look: L, every: Duration) -> Self {
        let mut tick = interval(every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Network { look, tick, known: None }
    }

    /// Waits until they are others than before; gives those that there are now.
    pub(crate) async fn changed(&mut self) -> Arc<[IpAddr]> {
        loop {
            self.tick.tick().await;
            // A system that does not tell now may tell the next time.
            let Ok(now) = (self.look)() else { continue };
            let before = self.known.replace(now.clone());
            if before.is_some_and(|before| before != now) {
                return now.into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_is_told_once_and_what_is_not_known_is_none() {
        let (home, other): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [198, 51, 100, 1].into());
        let mut looks = [
            Ok(vec![home]),
            Ok(vec![home]),
            Err(io::ErrorKind::Other.into()),
            Ok(vec![home]),
            Ok(vec![home, other]),
            Ok(vec![home, other]),
            Ok(vec![other]),
        ]
        .into_iter();
        let look = move || looks.next().unwrap_or_else(|| Ok(vec![other]));
        let mut network = Network::new(look, Duration::from_millis(1));
        assert_eq!(*network.changed().await, [home, other]);
        assert_eq!(*network.changed().await, [other]);
        let no_more = tokio::time::timeout(Duration::from_millis(50), network.changed()).await;
        assert!(no_more.is_err());
    }
}
