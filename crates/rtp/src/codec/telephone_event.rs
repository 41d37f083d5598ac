//! Keys of a telephone as events: what a report of one says, when to send one, what to make of those that come. RFC 4733.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |     event     |E|R| volume    |          duration             |
//! ```
//!
//! All reports of an event have the timestamp at which it began; their duration grows. The last one is sent three times.
//!
//! ```
//! use core::time::Duration;
//! use limpid_rtp::codec::telephone_event::{Heard, Listener, Output, Sender};
//! use limpid_sansio::Instant;
//!
//! let (mut sender, mut listener, mut heard) = (Sender::new(8000), Listener::default(), Vec::new());
//! sender.insert(Instant::ZERO, "5#", Duration::from_millis(100), Duration::from_millis(70)).unwrap();
//! while let Some(now) = sender.poll_timeout() {
//!     while let Some(output) = sender.poll(now) {
//!         let Output::Report(report) = output else { continue };
//!         let timestamp = (report.begun.as_nanos() / 125_000) as u32 + report.timestamp_offset; // the stream's own clock
//!         listener.receive(timestamp, &report.payload, |what| heard.push(what)).unwrap();
//!     }
//! }
//! let [five, hash] = [5, 11];
//! assert_eq!(heard[..2], [Heard::Began { code: five }, Heard::Ended { code: five, duration: 800 }]);
//! assert_eq!(heard[2..], [Heard::Began { code: hash }, Heard::Ended { code: hash, duration: 800 }]);
//! ```

mod listener;
mod sender;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

pub use listener::{Heard, Listener};
pub use sender::{BadTones, MAX_TONES, Output, Report, Sender};

/// The longest duration that a report can tell, in ticks.
pub const MAX_DURATION: u16 = 0xffff;

/// One report of an event. RFC 4733 §2.3.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Event {
    /// Which: 0 to 9, 10 `*`, 11 `#`, 12 to 15 `A` to `D`; others are no keys.
    pub code: u8,
    /// E: it has ended.
    pub is_end: bool,
    /// How far below 0 dBm0, 0 to 63: larger is softer.
    pub volume: u8,
    /// How long it has lasted, or this segment of it, in ticks.
    pub duration: u16,
}

impl Event {
    /// Reads one report. The reserved bit is not looked at.
    fn read(reader: &mut Reader<'_>) -> Result<Event, ParseError> {
        let code = reader.u8("event")?;
        let flags = reader.u8("E")?;
        let duration = reader.u16("duration")?;
        Ok(Event { code, is_end: flags & 0x80 != 0, volume: flags & 0x3f, duration })
    }

    /// The report as it is sent.
    pub const fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.code, (self.is_end as u8) << 7 | self.volume & 0x3f, high, low]
    }

    /// The reports of a payload: one, or several that follow each other without a pause (RFC 4733 §2.5.1.5).
    pub fn parse_all(payload: &[u8]) -> Result<impl Iterator<Item = Event>, ParseError> {
        match payload.len() {
            0 => return Err(ParseError::new("event", 0, ParseErrorKind::Missing)),
            len if len % 4 != 0 => return Err(ParseError::new("event", len, ParseErrorKind::BadLength)),
            _ => {}
        }
        let mut reader = Reader::new(payload);
        Ok(core::iter::from_fn(move || Event::read(&mut reader).ok()))
    }
}

/// The code of a key. RFC 4733 §3.2, table 3.
pub const fn code_of(key: char) -> Option<u8> {
    match key {
        '0'..='9' => Some(key as u8 - b'0'),
        '*' => Some(10),
        '#' => Some(11),
        'A'..='D' => Some(key as u8 - b'A' + 12),
        'a'..='d' => Some(key as u8 - b'a' + 12),
        _ => None,
    }
}

/// The key of a code.
pub const fn key_of(code: u8) -> Option<char> {
    match code {
        0..=9 => Some((b'0' + code) as char),
        10 => Some('*'),
        11 => Some('#'),
        12..=15 => Some((b'A' + code - 12) as char),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    //~ covers 4733-2.3-a, 4733-2.3-b
    #[test]
    fn a_report_is_four_bytes_and_its_reserved_bit_says_nothing() {
        let event = Event { code: 11, is_end: true, volume: 10, duration: 0x0320 };
        assert_eq!(event.to_bytes(), [11, 0x8a, 3, 0x20]);
        let read: Vec<_> = Event::parse_all(&[11, 0xca, 3, 0x20, 1, 0, 0, 9]).expect("two").collect();
        assert_eq!(read, [event, Event { code: 1, duration: 9, ..Event::default() }]);
        for len in [0, 1, 3, 5, 7] {
            assert!(Event::parse_all(&[0; 7][..len]).is_err());
        }
    }

    //~ covers 4733-3.2-a
    #[test]
    fn sixteen_keys_have_codes() {
        for (code, key) in "0123456789*#ABCD".chars().enumerate() {
            assert_eq!((code_of(key), key_of(code as u8)), (Some(code as u8), Some(key)));
        }
        assert_eq!((code_of('d'), code_of('E'), code_of(','), key_of(16)), (Some(15), None, None, None));
    }
}
