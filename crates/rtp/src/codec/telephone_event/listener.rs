//! What to make of reports that come: which key was pressed, and for how long. RFC 4733 §2.5.2.

use limpid_sansio::wire::ParseError;

use super::{Event, MAX_DURATION};

/// What was heard.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// An event began.
    Began {
        /// Which; see [`key_of`](super::key_of).
        code: u8,
    },
    /// It ended.
    Ended {
        /// Which.
        code: u8,
        /// How long it lasted, as far as was told, in ticks.
        duration: u32,
    },
}

/// Follows the events of one stream. Reports may be lost, come twice or late.
#[derive(Copy, Clone, Default, Debug)]
pub struct Listener {
    /// The latest event.
    latest: Option<Latest>,
}

#[derive(Copy, Clone, Debug)]
struct Latest {
    code: u8,
    /// Of its latest segment.
    timestamp: u32,
    /// Of all segments before the latest, in ticks.
    before: u32,
    duration: u16,
    has_ended: bool,
}

impl Listener {
    /// Takes the payload of a packet and tells what it means. Fails when it is no row of reports.
    pub fn receive(
        &mut self,
        timestamp: u32,
        payload: &[u8],
        mut each: impl FnMut(Heard),
    ) -> Result<(), ParseError> {
        let mut timestamp = timestamp;
        for event in Event::parse_all(payload)? {
            // One without a duration would be a state, which no key is.
            if event.duration > 0 {
                self.report(timestamp, event, &mut each);
            }
            timestamp = timestamp.wrapping_add(u32::from(event.duration));
        }
        Ok(())
    }

    /// Nothing came for three times the distance of reports, or other audio did: what sounds has ended.
    pub fn lapse(&mut self) -> Option<Heard> {
        self.latest.as_mut()?.end()
    }

    fn report(&mut self, timestamp: u32, event: Event, each: &mut impl FnMut(Heard)) {
        match &mut self.latest {
            Some(latest) if latest.timestamp == timestamp && latest.code == event.code => {
                latest.duration = latest.duration.max(event.duration);
            }
            // Of an event before the latest one: late, and known.
            Some(latest) if (timestamp.wrapping_sub(latest.timestamp) as i32) <= 0 => return,
            Some(latest) if latest.goes_on_with(timestamp, event.code) => {
                latest.before = latest.before.saturating_add(u32::from(MAX_DURATION));
                (latest.timestamp, latest.duration) = (timestamp, event.duration);
            }
            latest => {
                // All ends of the one before were lost.
                if let Some(ended) = latest.as_mut().and_then(Latest::end) {
                    each(ended);
                }
                each(Heard::Began { code: event.code });
                let (code, duration) = (event.code, event.duration);
                *latest = Some(Latest { code, timestamp, before: 0, duration, has_ended: false });
            }
        }
        if event.is_end
            && let Some(ended) = self.latest.as_mut().and_then(Latest::end)
        {
            each(ended);
        }
    }
}

impl Latest {
    /// A segment without an end is followed by one that begins where it stops.
    fn goes_on_with(&self, timestamp: u32, code: u8) -> bool {
        let follows = timestamp == self.timestamp.wrapping_add(u32::from(MAX_DURATION));
        !self.has_ended && self.code == code && follows
    }

    /// Once.
    fn end(&mut self) -> Option<Heard> {
        let duration = self.before.saturating_add(u32::from(self.duration));
        let ended = Heard::Ended { code: self.code, duration };
        (!core::mem::replace(&mut self.has_ended, true)).then_some(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn report(code: u8, is_end: bool, duration: u16) -> [u8; 4] {
        Event { code, is_end, volume: 10, duration }.to_bytes()
    }

    fn hear(reports: &[(u32, [u8; 4])]) -> (Listener, Vec<Heard>) {
        let (mut listener, mut heard) = (Listener::default(), Vec::new());
        for (timestamp, payload) in reports {
            listener.receive(*timestamp, payload, |what| heard.push(what)).expect("sound");
        }
        (listener, heard)
    }

    const BEGAN: Heard = Heard::Began { code: 1 };

    const fn ended(duration: u32) -> Heard {
        Heard::Ended { code: 1, duration }
    }

    //~ covers 4733-2.5.2.2-a, 4733-2.5.1.4-a
    #[test]
    fn an_event_is_heard_once_however_many_ends_come() {
        let mut reports = alloc::vec![
            (5, report(1, false, 160)),
            (5, report(1, false, 320)),
            (5, report(1, true, 400)),
            (5, report(1, true, 400)),
            (5, report(1, false, 320)), // late
            (5, report(1, true, 400)),
        ];
        assert_eq!(hear(&reports).1, [BEGAN, ended(400)]);
        reports.drain(..3);
        assert_eq!(hear(&reports).1, [BEGAN, ended(400)], "one end is enough");
        // The same key once more is another event.
        let twice = [(5, report(1, true, 400)), (900, report(1, true, 200)), (5, report(1, true, 400))];
        assert_eq!(hear(&twice).1, [BEGAN, ended(400), BEGAN, ended(200)]);
    }

    //~ covers 4733-2.5.2.2-b
    #[test]
    fn an_event_whose_ends_are_lost_ends_with_the_next_or_lapses() {
        let (mut listener, heard) = hear(&[(5, report(1, false, 160)), (2000, report(2, false, 160))]);
        assert_eq!(heard, [BEGAN, ended(160), Heard::Began { code: 2 }]);
        assert_eq!(listener.lapse(), Some(Heard::Ended { code: 2, duration: 160 }));
        assert_eq!(listener.lapse(), None);
        assert_eq!(Listener::default().lapse(), None);
    }

    //~ covers 4733-2.5.2.3-a, 4733-2.5.2.3-b
    #[test]
    fn segments_are_one_event_over_the_wrap_of_timestamps() {
        let start = u32::MAX - 0x8000;
        let second = start.wrapping_add(0xffff);
        let (_, heard) = hear(&[
            (start, report(1, false, 0x9000)), // the end of the segment was lost
            (second, report(1, false, 0xffff)),
            (start, report(1, false, 0xffff)), // late
            (second.wrapping_add(0xffff), report(1, true, 10)),
        ]);
        assert_eq!(heard, [BEGAN, ended(2 * 0xffff + 10)]);
        // A gap, another key, or an end in between: another event.
        let second = |timestamp, code| [(0, report(1, false, 0xffff)), (timestamp, report(code, true, 9))];
        assert_eq!(hear(&second(0x1_0000, 1)).1.len(), 4);
        assert_eq!(hear(&second(0xffff, 2)).1.len(), 4);
        assert_eq!(hear(&[(0, report(1, true, 0xffff)), (0xffff, report(1, true, 9))]).1.len(), 4);
    }

    //~ covers 4733-2.5.2.4-a, 4733-2.3.5-b
    #[test]
    fn several_events_in_a_packet_follow_each_other() {
        let payload = [report(1, true, 100), report(2, true, 50)].concat();
        let (mut listener, mut heard) = (Listener::default(), Vec::new());
        listener.receive(7, &payload, |what| heard.push(what)).expect("sound");
        let second = [Heard::Began { code: 2 }, Heard::Ended { code: 2, duration: 50 }];
        assert_eq!(heard, [&[BEGAN, ended(100)][..], &second].concat());
        // The second one began when the first ended.
        listener.receive(107, &report(2, true, 50), |what| heard.push(what)).expect("sound");
        listener.receive(300, &report(3, true, 0), |what| heard.push(what)).expect("sound");
        assert_eq!(heard.len(), 4, "known, and one without a duration");
        assert!(listener.receive(400, &[1, 2, 3], |_| {}).is_err());
    }
}
