//! How long a receiver shall hold frames before it shows them. <http://www.webrtc.org/experiments/rtp-hdrext/playout-delay>
//!
//! ```text
//! |   least delay, 12 bits   |   most delay, 12 bits   |    in 10 ms
//! ```

use core::time::Duration;

use limpid_sansio::wire::ParseError;

use super::exactly;

/// The span within which a receiver chooses its delay. Steps of 10 ms, up to 40.95 s.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PlayoutDelay {
    /// At least.
    pub min: Duration,
    /// At most; less than `min` says nothing that can be kept.
    pub max: Duration,
}

impl PlayoutDelay {
    /// Bytes.
    pub const LEN: usize = 3;

    /// Reads three bytes.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let [a, b, c] = exactly(data, "playout delay")?;
        let steps = |count: u16| Duration::from_millis(u64::from(count) * 10);
        Ok(PlayoutDelay {
            min: steps(u16::from_be_bytes([a, b]) >> 4),
            max: steps(u16::from_be_bytes([b, c]) & 0xfff),
        })
    }

    /// The counterpart of [`parse`](PlayoutDelay::parse). Rounds down to steps, and cuts to the largest.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let steps = |delay: Duration| (delay.as_millis() / 10).min(0xfff) as u32;
        let [_, bytes @ ..] = (steps(self.min) << 12 | steps(self.max)).to_be_bytes();
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_read_back_in_steps_of_ten_milliseconds() {
        let delay = PlayoutDelay { min: Duration::from_millis(123), max: Duration::from_secs(100) };
        assert_eq!(delay.to_bytes(), [0x00, 0xcf, 0xff]);
        let read = PlayoutDelay { min: Duration::from_millis(120), max: Duration::from_millis(40_950) };
        assert_eq!(PlayoutDelay::parse(&delay.to_bytes()), Ok(read));
        assert!(PlayoutDelay::parse(&[0, 0]).is_err());
    }
}
