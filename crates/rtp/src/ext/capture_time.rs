//! When the first sample of a frame was captured, kept by mixers and relays on the way.
//! <http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time>

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use crate::clock::Ntp;

/// Capture time of a frame.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct AbsCaptureTime {
    /// NTP time on the capturer's clock.
    pub ntp: u64,
    /// What the sender believes to be the capturer's clock less its own, in 1/2^32 s. `None`: it does not say.
    pub clock_offset: Option<i64>,
}

impl AbsCaptureTime {
    /// The same moment by the clock of who sends the packet, as far as it tells how that one differs: the clock of its sender
    /// reports.
    pub fn by_sender(&self) -> Ntp {
        Ntp(self.ntp.wrapping_sub(self.clock_offset.unwrap_or(0) as u64))
    }

    /// Reads 8 or 16 bytes.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        if !matches!(data.len(), 8 | 16) {
            return Err(ParseError::new("abs-capture-time", 0, ParseErrorKind::BadLength));
        }
        let mut reader = Reader::new(data);
        let ntp = reader.u64("absolute capture timestamp")?;
        let clock_offset = match reader.is_empty() {
            true => None,
            false => Some(reader.u64("estimated capture clock offset")? as i64),
        };
        Ok(AbsCaptureTime { ntp, clock_offset })
    }

    /// The counterpart of [`parse`](AbsCaptureTime::parse): appends 8 or 16 bytes.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.ntp.to_be_bytes());
        out.extend(self.clock_offset.map(i64::to_be_bytes).into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_there_or_not() {
        for clock_offset in [None, Some(-5), Some(i64::MAX)] {
            let sent = AbsCaptureTime { ntp: 0x0102_0304_0506_0708, clock_offset };
            let mut out = Vec::new();
            sent.write(&mut out);
            assert_eq!(AbsCaptureTime::parse(&out), Ok(sent));
            assert!(AbsCaptureTime::parse(&out[1..]).is_err());
        }
    }

    #[test]
    fn a_capturer_that_is_ahead_is_brought_back_to_the_senders_clock() {
        let by_sender = |clock_offset| AbsCaptureTime { ntp: 5, clock_offset }.by_sender();
        assert_eq!(by_sender(None), Ntp(5));
        assert_eq!((by_sender(Some(2)), by_sender(Some(-2))), (Ntp(3), Ntp(7)));
        assert_eq!(by_sender(Some(6)), Ntp(u64::MAX), "wraps with the era");
    }
}
