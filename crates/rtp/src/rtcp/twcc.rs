//! Transport-wide feedback: which packets arrived and when, by a number that all packets of one transport share.
//! draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P|  FMT=15 |    PT=205     |           length              |
//! |                     SSRC of packet sender                     |
//! |                      SSRC of media source                     |
//! |      base sequence number     |      packet status count      |
//! |                 reference time                | fb pkt. count |
//! |          packet chunk …       |  recv delta …  |   padding    |
//! ```
//!
//! A chunk is `0 SS LLLLLLLLLLLLL` (symbol S, L times), `1 0` and 14 symbols of one bit, or `1 1` and 7 symbols of two. For
//! one bit the draft's prose has the meanings the wrong way round; its example and everybody's code say 1 for "received".

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use crate::names::Ssrc;

mod write;

pub use write::{Heading, write};

/// FMT of this feedback, in a packet of type 205.
pub const FORMAT: u8 = 15;
/// Ticks in a second: arrival times are counted in 250 µs.
pub const TICKS_PER_SECOND: u64 = 4000;
/// Ticks in one unit of the reference time, 64 ms.
pub const TICKS_PER_REFERENCE: i64 = 256;

/// What one status says.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// Not here, or not here yet, or told in an earlier packet.
    NotReceived,
    /// Arrived at this many ticks behind the packet's reference time; negative where packets overtook each other.
    Received(i64),
    /// Arrived, and nobody says when: the reserved symbol, which the draft's examples read so.
    ReceivedWithoutTime,
}

/// One packet as it lies in a buffer. Chunks and deltas were checked against the status count.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct View<'a> {
    /// Who received the packets.
    pub sender: Ssrc,
    /// Any stream of the transport; says nothing.
    pub media: Ssrc,
    /// The transport-wide number of the first status.
    pub base_sequence: u16,
    /// How many numbers in a row have a status. Never 0.
    pub status_count: u16,
    /// In units of 64 ms on the receiver's clock; signed 24 bits, wraps after 12.4 days.
    pub reference_time: i32,
    /// Grows by one with each feedback, and wraps: shows which were lost.
    pub feedback_count: u8,
    chunks: &'a [[u8; 2]],
    deltas: &'a [u8],
}

impl<'a> View<'a> {
    /// Reads the control information behind the two SSRCs, without padding.
    ///
    /// Fails when there are no statuses, when the chunks end before the status count is reached, or when deltas are missing.
    /// What the last chunk describes beyond the count, and bytes behind the last delta, are passed over.
    pub fn parse(sender: Ssrc, media: Ssrc, control: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(control);
        let base_sequence = reader.u16("base sequence number")?;
        let status_count = reader.u16("packet status count")?;
        if status_count == 0 {
            return Err(ParseError::new("packet status count", 2, ParseErrorKind::BadValue));
        }
        let reference_time = (reader.u24("reference time")? << 8) as i32 >> 8;
        let feedback_count = reader.u8("fb pkt. count")?;
        let body = reader.rest();

        let (mut described, mut delta_len) = (0, 0);
        while described < usize::from(status_count) {
            let chunk = Chunk::from(reader.array("packet chunk")?);
            let left = usize::from(status_count) - described;
            delta_len += chunk.delta_len(left);
            described += chunk.len().min(left);
            if chunk.len() == 0 {
                return Err(ParseError::new("run length", reader.offset() - 2, ParseErrorKind::BadValue));
            }
        }
        let chunks = body[..reader.offset() - HEADER].as_chunks::<2>().0;
        let deltas = reader.bytes(delta_len, "recv delta")?;
        Ok(View {
            sender,
            media,
            base_sequence,
            status_count,
            reference_time,
            feedback_count,
            chunks,
            deltas,
        })
    }

    /// All statuses, in the order of their numbers.
    pub fn statuses(&self) -> impl Iterator<Item = (u16, Status)> + Clone + use<'a> {
        let count = usize::from(self.status_count);
        let symbols = self.chunks.iter().flat_map(|&chunk| Chunk::from(chunk).symbols()).take(count);
        let numbers = (0..self.status_count).map({
            let base = self.base_sequence;
            move |ahead| base.wrapping_add(ahead)
        });
        let mut deltas = Deltas { rest: self.deltas, at: 0 };
        numbers.zip(symbols).map(move |(number, symbol)| (number, deltas.status(symbol)))
    }

    /// The packets that arrived: how far behind the base number, and when. Costs as much as the packet has bytes of deltas,
    /// however many statuses it claims.
    pub fn received(&self) -> Received<'a> {
        Received {
            chunks: self.chunks,
            current: None,
            at: 0,
            count: u32::from(self.status_count),
            deltas: Deltas { rest: self.deltas, at: 0 },
        }
    }
}

/// See [`View::received`]. Packets that arrived at an untold time are passed over.
#[derive(Clone, Debug)]
pub struct Received<'a> {
    chunks: &'a [[u8; 2]],
    current: Option<(Chunk, usize)>,
    at: u32,
    count: u32,
    deltas: Deltas<'a>,
}

impl Iterator for Received<'_> {
    /// Numbers behind the base, ticks behind the reference time.
    type Item = (u16, i64);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.count {
            let (chunk, used) = match self.current.take() {
                Some(current) => current,
                None => {
                    let (&first, rest) = self.chunks.split_first()?;
                    self.chunks = rest;
                    (Chunk::from(first), 0)
                }
            };
            if let Chunk::Run(NOT_RECEIVED | WITHOUT_TIME, len) = chunk {
                self.at += u32::from(len);
                continue;
            }
            if used == chunk.len() {
                continue;
            }
            self.current = Some((chunk, used + 1));
            let number = self.at as u16;
            self.at += 1;
            if let Status::Received(ticks) = self.deltas.status(chunk.symbol(used)) {
                return Some((number, ticks));
            }
        }
        None
    }
}

/// Walks the receive deltas and adds them up.
#[derive(Clone, Debug)]
struct Deltas<'a> {
    rest: &'a [u8],
    at: i64,
}

impl Deltas<'_> {
    fn status(&mut self, symbol: u8) -> Status {
        let (delta, len) = match (symbol, self.rest) {
            (SMALL, [delta, ..]) => (i64::from(*delta), 1),
            (LARGE, [high, low, ..]) => (i64::from(i16::from_be_bytes([*high, *low])), 2),
            (WITHOUT_TIME, _) => return Status::ReceivedWithoutTime,
            _ => return Status::NotReceived,
        };
        self.rest = &self.rest[len..];
        self.at += delta;
        Status::Received(self.at)
    }
}

/// Bytes between the SSRCs and the first chunk.
const HEADER: usize = 8;
const NOT_RECEIVED: u8 = 0;
/// A delta of one byte, 0 to 63.75 ms.
const SMALL: u8 = 1;
/// A delta of two bytes, signed.
const LARGE: u8 = 2;
const WITHOUT_TIME: u8 = 3;
/// The longest run that a chunk holds: 13 bits.
const MAX_RUN: usize = 0x1fff;

/// A packet chunk. §3.1.3, §3.1.4.
#[derive(Copy, Clone, Debug)]
enum Chunk {
    /// One symbol, so often.
    Run(u8, u16),
    /// 14 symbols of one bit.
    OneBit(u16),
    /// 7 symbols of two bits.
    TwoBits(u16),
}

impl From<[u8; 2]> for Chunk {
    fn from(bytes: [u8; 2]) -> Self {
        let word = u16::from_be_bytes(bytes);
        match word >> 14 {
            0b10 => Chunk::OneBit(word),
            0b11 => Chunk::TwoBits(word),
            _ => Chunk::Run((word >> 13) as u8, word & MAX_RUN as u16),
        }
    }
}

impl Chunk {
    fn len(self) -> usize {
        match self {
            Chunk::Run(_, len) => usize::from(len),
            Chunk::OneBit(_) => 14,
            Chunk::TwoBits(_) => 7,
        }
    }

    fn symbol(self, at: usize) -> u8 {
        match self {
            Chunk::Run(symbol, _) => symbol,
            Chunk::OneBit(word) => (word >> (13 - at) & 1) as u8,
            Chunk::TwoBits(word) => (word >> (12 - 2 * at) & 3) as u8,
        }
    }

    fn symbols(self) -> impl Iterator<Item = u8> + Clone {
        (0..self.len()).map(move |at| self.symbol(at))
    }

    /// Bytes of deltas that the first `limit` symbols ask for.
    fn delta_len(self, limit: usize) -> usize {
        match self {
            Chunk::Run(symbol, len) => symbol_len(symbol) * usize::from(len).min(limit),
            _ => self.symbols().take(limit).map(symbol_len).sum(),
        }
    }
}

fn symbol_len(symbol: u8) -> usize {
    match symbol {
        SMALL => 1,
        LARGE => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
