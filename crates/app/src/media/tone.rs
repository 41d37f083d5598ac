//! A steady tone in µ-law: heard at once, and a hole of one sample shows in its phase.

use std::f64::consts::TAU;
use std::time::Duration;

use bytes::Bytes;

use crate::media::frame::EncodedFrame;
use limpid::limpid_rtp::codec::pcm::to_mu_law;

/// Samples in a second.
pub const RATE: usize = 8000;
/// Samples in a frame: 20 ms.
pub const FRAME: usize = 160;
/// A quarter of the largest sample: loud enough to measure, not to startle.
const AMPLITUDE: f64 = 8192.0;

/// A sine of a whole number of hertz. A second of it holds whole periods, so that one second is all that is computed,
/// and sample n is the same whichever frame carries it.
#[derive(Clone, Debug)]
pub struct Tone {
    second: Bytes,
    next: u64,
}

impl Tone {
    /// `hertz` is kept between 1 and 3999.
    pub fn new(hertz: u16) -> Self {
        let hertz = usize::from(hertz.clamp(1, 3999));
        let sample = |n: usize| {
            // Reduced before it becomes a fraction, so that the last period is as exact as the first.
            let phase = (n * hertz % RATE) as f64 / RATE as f64;
            to_mu_law((AMPLITUDE * (TAU * phase).sin()).round() as i16)
        };
        Tone { second: (0..RATE).map(sample).collect(), next: 0 }
    }

    /// The next 20 ms.
    pub fn next_frame(&mut self) -> EncodedFrame {
        let number = self.next;
        self.next += 1;
        let from = (number % (RATE / FRAME) as u64) as usize * FRAME;
        EncodedFrame {
            at: Duration::from_millis(20).saturating_mul(u32::try_from(number).unwrap_or(u32::MAX)),
            duration: Duration::from_millis(20),
            data: self.second.slice(from..from + FRAME),
            is_key: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use limpid::limpid_rtp::codec::pcm::from_mu_law;

    /// How much of a frequency a signal holds: half of the amplitude, for a whole number of periods.
    fn strength(samples: &[f64], hertz: f64) -> f64 {
        let parts = |f: fn(f64) -> f64| -> f64 {
            let turn = |n: usize| TAU * hertz * n as f64 / RATE as f64;
            samples.iter().enumerate().map(|(n, sample)| sample * f(turn(n))).sum()
        };
        parts(f64::cos).hypot(parts(f64::sin)) / samples.len() as f64
    }

    #[test]
    fn frames_join_without_a_seam_for_seconds() {
        let mut tone = Tone::new(441);
        let samples: Vec<f64> = (0..150)
            .flat_map(|n| {
                let frame = tone.next_frame();
                assert_eq!((frame.at, frame.data.len()), (Duration::from_millis(20 * n), FRAME));
                frame.data.iter().map(|code| f64::from(from_mu_law(*code))).collect::<Vec<_>>()
            })
            .collect();
        for (n, sample) in samples.iter().enumerate() {
            let exact = AMPLITUDE * (TAU * 441.0 * n as f64 / RATE as f64).sin();
            assert!((sample - exact).abs() <= 260.0, "sample {n}: {sample}, not {exact}");
        }
        assert!((strength(&samples, 441.0) * 2.0 / AMPLITUDE - 1.0).abs() < 0.01);
        assert!([220.0, 440.0, 442.0, 882.0].iter().all(|other| strength(&samples, *other) < 40.0));
    }
}
