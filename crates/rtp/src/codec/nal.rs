//! What H.264 and H.265 share: NAL units behind start codes, and the choice between one unit in a packet, many, or a part.
//!
//! ITU-T H.264 Annex B; RFC 6184 §5.6 to §5.8, RFC 7798 §4.4.1 to §4.4.3.

mod joiner;

use alloc::vec::Vec;
use core::ops::Range;

pub(super) use joiner::{Joiner, Part, Rules};

use super::frame::{Slices, Unsendable};

/// What is written before each unit.
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// What the payloads of a format look like.
#[derive(Copy, Clone, Debug)]
pub(super) struct Shape {
    /// Bytes of the header of a NAL unit, and of an aggregate.
    pub(super) header: usize,
    /// Small units may share a packet, large ones may be cut.
    pub(super) may_cut: bool,
}

/// What one payload holds.
#[derive(Debug)]
pub(super) enum Content<'f> {
    /// One whole unit.
    Unit(&'f [u8]),
    /// Several whole units, at least two.
    Units(&'f [Range<usize>]),
    /// A part of the body of a unit.
    Part {
        /// The header of the unit.
        header: &'f [u8],
        body: &'f [u8],
        is_first: bool,
        is_last: bool,
    },
}

/// Where the units of one frame lie, and how far they were given out.
#[derive(Default, Debug)]
pub(super) struct Plan {
    units: Vec<Range<usize>>,
    at: usize,
    /// Of the body of the unit at hand.
    slices: Slices,
    is_cutting: bool,
    max_payload: usize,
}

impl Plan {
    /// Finds the units. Each must be legal to `is_unit`.
    pub(super) fn start(
        &mut self,
        frame: &[u8],
        max_payload: usize,
        shape: Shape,
        is_unit: impl Fn(&[u8]) -> bool,
    ) -> Result<(), Unsendable> {
        self.clear();
        if frame.is_empty() {
            return Err(Unsendable::Empty);
        }
        let max_payload = max_payload.min(usize::from(u16::MAX));
        find_units(frame, &mut self.units);
        let refused = self.units.iter().find_map(|unit| {
            let fits = unit.len() <= max_payload;
            match unit.len() < shape.header || !is_unit(&frame[unit.clone()]) {
                true => Some(Unsendable::Malformed),
                false if !fits && !shape.may_cut => Some(Unsendable::TooLarge),
                // The header of the aggregate or part, one byte more, and at least one of the body.
                false if !fits && max_payload < shape.header + 2 => Some(Unsendable::NoRoom),
                false => None,
            }
        });
        let starts_well =
            frame.iter().position(|&byte| byte != 0).is_some_and(|at| at >= 2 && frame[at] == 1);
        let refused = refused.or((!starts_well || self.units.is_empty()).then_some(Unsendable::Malformed));
        self.max_payload = max_payload;
        refused.map_or(Ok(()), |refused| {
            self.clear();
            Err(refused)
        })
    }

    fn clear(&mut self) {
        self.units.clear();
        (self.at, self.is_cutting) = (0, false);
    }

    /// The units of the frame.
    pub(super) fn units<'f>(&'f self, frame: &'f [u8]) -> impl Iterator<Item = &'f [u8]> {
        self.units.iter().filter_map(|unit| frame.get(unit.clone()))
    }

    /// What the next payload holds, and whether the frame ends with it.
    pub(super) fn next<'f>(&'f mut self, frame: &'f [u8], shape: Shape) -> Option<(Content<'f>, bool)> {
        let unit = self.units.get(self.at)?.clone();
        let is_last_unit = self.at + 1 == self.units.len();
        if unit.len() > self.max_payload {
            let body = unit.start + shape.header;
            let is_first = !self.is_cutting;
            if is_first {
                self.slices = Slices::new(body..unit.end, self.max_payload - shape.header - 1);
                self.is_cutting = true;
            }
            let (slice, is_last) = self.slices.next()?;
            if is_last {
                self.at += 1;
                self.is_cutting = false;
            }
            let (header, body) = (frame.get(unit.start..body)?, frame.get(slice)?);
            return Some((Content::Part { header, body, is_first, is_last }, is_last && is_last_unit));
        }
        let first = self.at;
        let together = if shape.may_cut { self.together(shape) } else { 1 };
        self.at += together;
        let content = match together {
            1 => Content::Unit(frame.get(unit)?),
            _ if self.units[self.at - 1].end > frame.len() => return None,
            _ => Content::Units(&self.units[first..self.at]),
        };
        Some((content, self.at == self.units.len()))
    }

    /// How many units from here on fit one packet, at least 1.
    fn together(&self, shape: Shape) -> usize {
        let mut len = shape.header;
        let fitting = self.units[self.at..].iter().take_while(|unit| {
            len += 2 + unit.len();
            len <= self.max_payload
        });
        fitting.count().max(1)
    }
}

/// Puts the places of all NAL units into `units`: from behind a start code to before the next one, without the zeros that may
/// trail. What stands before the first start code is not one.
fn find_units(frame: &[u8], units: &mut Vec<Range<usize>>) {
    let mut begin = None;
    let mut at = 2;
    let mut push = |begin: Option<usize>, end: usize| {
        let Some(begin) = begin else { return };
        let unit = &frame[begin..end];
        let len = unit.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        if len > 0 {
            units.push(begin..begin + len);
        }
    };
    // Looks at each third byte, as long as that one can not be part of a start code.
    while let Some(&byte) = frame.get(at) {
        match byte {
            0 => at += 1,
            1 if frame[at - 1] == 0 && frame[at - 2] == 0 => {
                push(begin, at - 2);
                begin = Some(at + 1);
                at += 3;
            }
            _ => at += 3,
        }
    }
    push(begin, frame.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(frame: &[u8]) -> Vec<Vec<u8>> {
        let mut units = Vec::new();
        find_units(frame, &mut units);
        units.into_iter().map(|unit| frame[unit].to_vec()).collect()
    }

    #[test]
    fn units_are_found_behind_start_codes_of_either_length() {
        assert_eq!(found(&[0, 0, 1, 5, 6, 0, 0, 0, 1, 7]), [&[5, 6][..], &[7]]);
        assert_eq!(found(&[0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 1, 7, 0, 0]), [[5], [7]]);
        assert_eq!(found(&[0, 0, 1, 0, 0, 1, 9, 1, 0, 1, 0, 0, 2, 1]), [[9, 1, 0, 1, 0, 0, 2, 1]]);
        assert_eq!(found(&[3, 0, 0, 1]), [[0; 0]; 0]);
        assert_eq!(found(&[1, 2]), [[0; 0]; 0]);
        assert_eq!(found(&[0, 0, 1, 1, 0, 0, 1, 1]), [[1], [1]]);
    }

    #[test]
    fn the_fast_search_finds_what_a_plain_one_does() {
        // All frames of up to nine bytes of 0, 1 and 2.
        for len in 0..=9 {
            for number in 0..3_usize.pow(len) {
                let frame: Vec<u8> = (0..len).map(|place| (number / 3_usize.pow(place) % 3) as u8).collect();
                let mut plain = Vec::new();
                let mut codes: Vec<usize> =
                    (0..frame.len()).filter(|&at| frame[at..].starts_with(&[0, 0, 1])).collect();
                codes.push(frame.len());
                for pair in codes.windows(2) {
                    let mut unit = frame[pair[0] + 3..pair[1]].to_vec();
                    while unit.last() == Some(&0) {
                        unit.pop();
                    }
                    if !unit.is_empty() {
                        plain.push(unit);
                    }
                }
                assert_eq!(found(&frame), plain, "{frame:?}");
            }
        }
    }
}
