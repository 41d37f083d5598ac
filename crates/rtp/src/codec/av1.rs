//! AV1 in RTP, by the format of the Alliance for Open Media, version 1.0.
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! |Z|Y| W |N|-|-|-|   Z: the first element goes on with an OBU; Y: the last one will be gone on with
//!                     W: so many elements, the last without its length; 0: all with their length
//!                     N: a coded video sequence begins
//! | length (leb128) | element | length | element … | element
//! ```
//!
//! An element is an OBU without its size field, or a part of one. A frame is a temporal unit: OBUs with size fields, one behind
//! the other (AV1 bitstream specification §5.2). Temporal delimiters and tile lists are not sent, and come out of no packet.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::frame::{Assembly, FrameInfo, Layer, Malformed, Piece, Unsendable, join as join_all};

mod obu;
mod sequence;

use obu::{Obu, leb128_len, read_leb128, write_leb128};
use sequence::Sequence;

/// Elements of a packet that may leave out the length of the last: W has two bits.
const MOST_COUNTED: usize = 3;

/// Cuts temporal units.
#[derive(Default, Debug)]
pub(super) struct Cutter {
    obus: Vec<Obu>,
    /// The OBU at hand, and how many bytes of it were given out.
    at: usize,
    given: usize,
    begins_sequence: bool,
    max_payload: usize,
}

impl Cutter {
    pub(super) fn start(&mut self, frame: &[u8], max_payload: usize) -> Result<FrameInfo, Unsendable> {
        self.obus.clear();
        (self.at, self.given, self.max_payload) = (0, 0, max_payload);
        if max_payload < 2 {
            return Err(Unsendable::NoRoom);
        }
        let mut sequence = Sequence::default();
        let mut at = 0;
        while at < frame.len() {
            let Ok((obu, end)) = Obu::read(frame, at) else {
                self.obus.clear();
                return Err(Unsendable::Malformed);
            };
            at = end;
            if obu.is_sent() {
                sequence.look(obu.kind(), &frame[obu.payload.clone()], obu.extension);
                self.obus.push(obu);
            }
        }
        self.begins_sequence = sequence.info().is_key;
        if self.obus.is_empty() { Err(Unsendable::Empty) } else { Ok(sequence.info()) }
    }

    pub(super) fn next_payload(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Option<Piece> {
        if self.at >= self.obus.len() {
            return None;
        }
        let aggregation = out.len();
        out.push(0);
        let goes_on = self.given > 0;
        let starts = self.at == 0 && !goes_on;
        let (mut room, mut elements, mut counted) = (self.max_payload - 1, 0, 0);
        while self.at < self.obus.len() {
            let left = self.obus[self.at].len() - self.given;
            let with_length = leb128_len(left) + left;
            let others_follow = self.next_shares_packet();
            elements += 1;
            // Whole and with its length, as long as something of the next one fits behind it.
            let take = if others_follow && with_length < room {
                write_leb128(left, out);
                room -= with_length;
                self.give(frame, left, out)?;
                continue;
            } else if elements <= MOST_COUNTED {
                counted = elements;
                left.min(room)
            } else {
                let take = fitting(left, room);
                if take > 0 {
                    write_leb128(take, out);
                }
                take
            };
            self.give(frame, take, out)?;
            break;
        }
        let will_go_on = self.given > 0;
        let is_last = self.at == self.obus.len();
        let begins = self.begins_sequence && starts;
        out[aggregation] = u8::from(goes_on) << 7
            | u8::from(will_go_on) << 6
            | (counted as u8) << 4 // at most 3
            | u8::from(begins) << 3;
        Some(Piece { is_last, marker: is_last })
    }

    /// OBUs of different layers do not share a packet.
    fn next_shares_packet(&self) -> bool {
        let next = self.obus.get(self.at + 1);
        let layer = self.obus[..=self.at].iter().rev().find_map(|obu| obu.extension);
        next.is_some_and(|next| next.extension.is_none() || layer.is_none() || next.extension == layer)
    }

    /// Appends the next bytes of the OBU at hand.
    fn give(&mut self, frame: &[u8], count: usize, out: &mut Vec<u8>) -> Option<()> {
        let obu = &self.obus[self.at];
        obu.write(frame, self.given..self.given + count, out)?;
        self.given += count;
        if self.given == obu.len() {
            self.at += 1;
            self.given = 0;
        }
        Some(())
    }
}

/// How much of an element of `left` bytes fits in `room` together with its length.
fn fitting(left: usize, room: usize) -> usize {
    let mut take = left.min(room);
    while take > 0 && leb128_len(take) + take > room {
        take -= 1;
    }
    take
}

/// A temporal unit begins with an element that goes on with nothing.
pub(super) fn begins_frame(payload: &[u8]) -> bool {
    payload.first().is_some_and(|header| header & 0x80 == 0)
}

/// Puts a temporal unit together.
pub(super) fn join(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    assembly: &mut Assembly<'_>,
) -> Result<FrameInfo, Malformed> {
    let mut joiner = Joiner { begin: 0, is_open: false, sequence: Sequence::default() };
    let count = join_all(payloads, |_, payload| joiner.take(payload, assembly))?;
    if joiner.is_open {
        return Err(super::frame::missing(count, "Z"));
    }
    if assembly.len() == 0 {
        return Err(super::frame::missing(count, "OBU"));
    }
    Ok(joiner.sequence.info())
}

struct Joiner {
    /// Where the OBU at hand begins in the frame.
    begin: usize,
    /// A part of it has come, and it will be gone on with.
    is_open: bool,
    sequence: Sequence,
}

impl Joiner {
    fn take(&mut self, payload: &[u8], assembly: &mut Assembly<'_>) -> Result<(), ParseError> {
        let mut reader = Reader::new(payload);
        let header = reader.u8("aggregation header")?;
        let (goes_on, will_go_on) = (header & 0x80 != 0, header & 0x40 != 0);
        let counted = usize::from(header >> 4 & 3);
        if goes_on != self.is_open {
            // What went before, or what goes on, was lost.
            return Err(ParseError::new("Z", 0, ParseErrorKind::BadValue));
        }
        if goes_on && header & 0x08 != 0 {
            return Err(ParseError::new("N", 0, ParseErrorKind::BadValue));
        }
        if reader.is_empty() {
            return Err(reader.error("OBU element", ParseErrorKind::Missing));
        }
        let mut number = 0;
        while !reader.is_empty() || number < counted {
            number += 1;
            let len = match number == counted {
                true => reader.remaining(),
                false => read_leb128(&mut reader, "OBU element length")?,
            };
            if len == 0 {
                return Err(reader.error("OBU element", ParseErrorKind::Missing));
            }
            let element = reader.bytes(len, "OBU element")?;
            if !self.is_open {
                self.begin = assembly.len();
            }
            assembly.push(element)?;
            self.is_open = will_go_on && reader.is_empty();
            if !self.is_open {
                self.close(assembly)?;
            }
        }
        Ok(())
    }

    /// The OBU at hand is whole: give it its size field, or drop it.
    fn close(&mut self, assembly: &mut Assembly<'_>) -> Result<(), ParseError> {
        let whole = &assembly.frame()[self.begin..];
        let (obu, end) = Obu::read(whole, 0)?;
        if end != whole.len() {
            return Err(ParseError::new("obu_size", 0, ParseErrorKind::BadLength));
        }
        if !obu.is_sent() {
            assembly.truncate(self.begin);
            return Ok(());
        }
        self.sequence.look(obu.kind(), &whole[obu.payload.clone()], obu.extension);
        obu.put_size(assembly, self.begin)
    }
}

/// The place among layers by the extension of an OBU header.
fn layer(extension: u8) -> Layer {
    Layer { temporal_id: extension >> 5, spatial_id: extension >> 3 & 3, ..Layer::default() }
}

#[cfg(test)]
mod tests;
