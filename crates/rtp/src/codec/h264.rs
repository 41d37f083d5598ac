//! H.264 in RTP, single and non-interleaved mode. RFC 6184.
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! |F|NRI|  Type   |   1 to 23: a NAL unit as it is
//!                     24, STAP-A: units behind their lengths in 16 bits
//!                     28, FU-A: a part of a unit; before it stands
//! |S|E|R|  Type   |   S: the first part, E: the last; the type of the unit
//! ```
//!
//! A frame is an access unit in the form of Annex B: NAL units behind start codes.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::frame::{Assembly, FrameInfo, Malformed, Piece, Unsendable, join as join_all};
use super::nal::{Content, Joiner, Part, Plan, Rules, Shape};
use super::parameter_sets::h264_size;

const SLICE: u8 = 1;
const PARTITION_A: u8 = 2;
const IDR_SLICE: u8 = 5;
const SEQUENCE_PARAMETER_SET: u8 = 7;
const ACCESS_UNIT_DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

const fn kind(header: u8) -> u8 {
    header & 0x1f
}

/// Cuts access units.
#[derive(Debug)]
pub(super) struct Cutter {
    plan: Plan,
    shape: Shape,
}

impl Cutter {
    pub(super) fn new(mode: u8) -> Self {
        Cutter { plan: Plan::default(), shape: Shape { header: 1, may_cut: mode != 0 } }
    }

    pub(super) fn start(&mut self, frame: &[u8], max_payload: usize) -> Result<FrameInfo, Unsendable> {
        let is_unit = |unit: &[u8]| (1..STAP_A).contains(&kind(unit[0]));
        self.plan.start(frame, max_payload, self.shape, is_unit)?;
        let mut info = FrameInfo::default();
        self.plan.units(frame).for_each(|unit| look(unit, &mut info));
        Ok(info)
    }

    pub(super) fn next_payload(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Option<Piece> {
        let (content, is_last) = self.plan.next(frame, self.shape)?;
        match content {
            Content::Unit(unit) => out.extend_from_slice(unit),
            Content::Units(units) => {
                // F if any has it, and the highest NRI of all. RFC 6184 §5.7.
                let headers = units.iter().map(|unit| frame[unit.start]);
                let (forbidden, importance) =
                    headers.fold((0, 0), |(f, nri), header| (f | header & 0x80, nri.max(header & 0x60)));
                out.push(forbidden | importance | STAP_A);
                for unit in units {
                    out.extend_from_slice(&(unit.len() as u16).to_be_bytes()); // no longer than a payload
                    out.extend_from_slice(&frame[unit.clone()]);
                }
            }
            Content::Part { header, body, is_first, is_last } => {
                let flags = u8::from(is_first) << 7 | u8::from(is_last) << 6;
                out.extend_from_slice(&[header[0] & 0xe0 | FU_A, flags | kind(header[0])]);
                out.extend_from_slice(body);
            }
        }
        Some(Piece { is_last, marker: is_last })
    }
}

/// Notes what a whole unit says of its frame.
fn look(unit: &[u8], info: &mut FrameInfo) {
    match unit.first().map(|header| kind(*header)) {
        Some(IDR_SLICE) => info.is_key = true,
        Some(SEQUENCE_PARAMETER_SET) => info.size = h264_size(unit).or(info.size),
        _ => {}
    }
}

/// A slice begins a frame when it holds the first macroblock, which its first bit tells; parameter sets and what describes
/// the frame come before any slice.
pub(super) fn begins_frame(payload: &[u8]) -> bool {
    let unit_begins = |header: u8, body: &[u8]| match kind(header) {
        SLICE | PARTITION_A | IDR_SLICE => body.first().is_some_and(|byte| byte & 0x80 != 0),
        6..=ACCESS_UNIT_DELIMITER | 14..=18 => true,
        _ => false,
    };
    match payload {
        [header, _, _, first, body @ ..] if kind(*header) == STAP_A => unit_begins(*first, body),
        [header, part, body @ ..] if kind(*header) == FU_A => part & 0x80 != 0 && unit_begins(*part, body),
        [header, body @ ..] => unit_begins(*header, body),
        [] => false,
    }
}

const RULES: Rules = Rules {
    look,
    is_unit: |unit| unit.first().is_some_and(|header| (1..STAP_A).contains(&kind(*header))),
    names: ["NAL unit size", "NAL unit in STAP-A"],
};

/// Puts an access unit together.
pub(super) fn join(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    assembly: &mut Assembly<'_>,
) -> Result<FrameInfo, Malformed> {
    let mut joiner = Joiner::new(RULES);
    let count = join_all(payloads, |_, payload| take(&mut joiner, payload, assembly))?;
    joiner.finish(count, assembly)
}

fn take(joiner: &mut Joiner, payload: &[u8], assembly: &mut Assembly<'_>) -> Result<(), ParseError> {
    let mut reader = Reader::new(payload);
    let header = reader.u8("NAL unit header")?;
    if kind(header) == FU_A {
        return take_part(joiner, header, &mut reader, assembly);
    }
    joiner.close(assembly);
    match kind(header) {
        1..STAP_A => joiner.unit([payload, &[]], assembly),
        STAP_A => joiner.several(&mut reader, assembly),
        // 0, 30 and 31 are kept for the future, and to be passed over (RFC 6184 §5.2).
        0 | 30 | 31 => Ok(()),
        // Those with decoding order numbers, which nobody agreed on.
        _ => Err(ParseError::new("NAL unit type", 0, ParseErrorKind::BadValue)),
    }
}

fn take_part(
    joiner: &mut Joiner,
    indicator: u8,
    reader: &mut Reader<'_>,
    assembly: &mut Assembly<'_>,
) -> Result<(), ParseError> {
    let fu_header = reader.u8("FU header")?;
    let header = [indicator & 0xe0 | kind(fu_header)];
    let kind = kind(fu_header);
    if !(1..STAP_A).contains(&kind) {
        return Err(ParseError::new("FU type", 1, ParseErrorKind::BadValue));
    }
    let part = Part { header: &header, kind, fu_header: (fu_header, 1), data: reader.rest() };
    joiner.part(&part, assembly)
}

#[cfg(test)]
mod tests;
