//! When a packet left: in 24 bits of the sender's clock (abs-send-time), or after its timestamp (RFC 5450).

use core::time::Duration;

use limpid_sansio::wire::ParseError;

use super::exactly;

/// The sender's clock as the packet left, in 1/2^18 s, modulo 64 s. <http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time>
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct AbsSendTime(
    /// 24 bits: 6 of seconds and 18 of their fraction. Higher ones are cut off when written.
    pub u32,
);

impl AbsSendTime {
    /// Bytes.
    pub const LEN: usize = 3;
    const MASK: u32 = 0xff_ffff;

    /// Of a clock that counts from any moment.
    pub fn of(clock: Duration) -> Self {
        let fraction = (u64::from(clock.subsec_nanos()) << 18) / 1_000_000_000;
        AbsSendTime(((clock.as_secs() << 18) | fraction) as u32 & Self::MASK)
    }

    /// Reads three bytes.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let [a, b, c] = exactly(data, "abs-send-time")?;
        Ok(AbsSendTime(u32::from_be_bytes([0, a, b, c])))
    }

    /// The counterpart of [`parse`](AbsSendTime::parse).
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let [_, bytes @ ..] = self.0.to_be_bytes();
        bytes
    }

    /// How long after `earlier` this is, in 1/2^18 s; negative when it is before. Right within 32 s.
    pub fn since(self, earlier: Self) -> i32 {
        (self.0.wrapping_sub(earlier.0) << 8) as i32 >> 8
    }
}

/// How long after the moment of its timestamp a packet left, in units of the stream's clock. RFC 5450 §3.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct TransmissionOffset(
    /// 24 bits with a sign; larger values are cut to the nearest.
    pub i32,
);

impl TransmissionOffset {
    /// Bytes.
    pub const LEN: usize = 3;

    /// Reads three bytes.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let [a, b, c] = exactly(data, "transmission offset")?;
        Ok(TransmissionOffset(i32::from_be_bytes([a, b, c, 0]) >> 8))
    }

    /// The counterpart of [`parse`](TransmissionOffset::parse).
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let [_, bytes @ ..] = self.0.clamp(-0x80_0000, 0x7f_ffff).to_be_bytes();
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn send_time_wraps_after_64_seconds() {
        assert_eq!(AbsSendTime::of(Duration::from_millis(1500)).0, 0x6_0000);
        assert_eq!(AbsSendTime::of(Duration::from_millis(64_000 * 1000 + 250)).0, 0x1_0000);
        let (before, after) =
            (AbsSendTime::of(Duration::from_secs(63)), AbsSendTime::of(Duration::from_secs(65)));
        assert_eq!((after.since(before), before.since(after)), (2 << 18, -(2 << 18)));
        assert_eq!(AbsSendTime::parse(&after.to_bytes()), Ok(after));
        assert!(AbsSendTime::parse(&[0; 4]).is_err());
    }

    #[test]
    fn an_offset_has_a_sign_and_24_bits() {
        //~ covers 5450-3-a
        for (offset, read) in [(-1, -1), (0, 0), (i32::MAX, 0x7f_ffff), (i32::MIN, -0x80_0000)] {
            let bytes = TransmissionOffset(offset).to_bytes();
            assert_eq!(TransmissionOffset::parse(&bytes), Ok(TransmissionOffset(read)));
        }
        assert!(TransmissionOffset::parse(&[0; 2]).is_err());
    }
}
