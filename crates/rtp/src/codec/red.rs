//! Redundant audio: a payload that carries earlier ones once more. RFC 2198.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |1|  block PT   |     timestamp offset      |   block length    |   of each earlier payload, the oldest first
//! |0|  block PT   |                                                 of the one that this packet is about
//! | blocks in the same order, one behind the other …
//! ```

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use crate::names::PayloadType;

/// The largest offset, in ticks, that a header can tell.
const MAX_OFFSET: u32 = 0x3fff;

/// The longest earlier payload, in bytes, that a header can tell.
const MAX_LEN: usize = 0x3ff;

/// Bytes of the header of an earlier payload.
const HEADER_LEN: usize = 4;

/// One of the payloads.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Block<'a> {
    /// The format.
    pub payload_type: PayloadType,
    /// How many ticks earlier than the timestamp of the packet it was sampled; 0 for the one that the packet is about.
    pub timestamp_offset: u16,
    /// The payload.
    pub data: &'a [u8],
}

/// The payloads of a packet: the oldest first, last the one that the packet is about. All lengths were checked once.
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    headers: &'a [u8],
    data: &'a [u8],
}

impl<'a> Blocks<'a> {
    /// Reads a payload. Fails when headers or blocks are longer than it is.
    pub fn parse(payload: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(payload);
        let mut len = 0;
        while reader.rest().first().is_some_and(|first| first & 0x80 != 0) {
            len += (reader.u32("block header")? as usize) & MAX_LEN;
        }
        reader.u8("block PT")?;
        let (headers, data) = payload.split_at(reader.offset());
        if len > data.len() {
            return Err(ParseError::new("block length", 0, ParseErrorKind::BadLength));
        }
        Ok(Blocks { headers, data })
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        let (&first, behind) = self.headers.split_first()?;
        let payload_type = PayloadType(first & 0x7f);
        if first & 0x80 == 0 {
            self.headers = &[];
            return Some(Block { payload_type, timestamp_offset: 0, data: self.data });
        }
        let ([a, b, c], headers) = behind.split_first_chunk()?;
        let fields = u32::from_be_bytes([0, *a, *b, *c]);
        let (data, rest) = self.data.split_at_checked(fields as usize & MAX_LEN)?;
        (self.headers, self.data) = (headers, rest);
        Some(Block { payload_type, timestamp_offset: (fields >> 10) as u16, data })
    }
}

/// Appends a payload that carries `earlier`, the oldest first, and the one that the packet is about.
///
/// What no header can tell is left out: a block of more than 1023 bytes, or 16 384 ticks ago or longer.
pub fn write(out: &mut Vec<u8>, earlier: &[Block<'_>], payload_type: PayloadType, data: &[u8]) {
    let fits =
        |block: &&Block<'_>| block.data.len() <= MAX_LEN && u32::from(block.timestamp_offset) <= MAX_OFFSET;
    for block in earlier.iter().filter(fits) {
        write_header(out, block.payload_type, block.timestamp_offset, block.data.len());
    }
    out.push(payload_type.0 & 0x7f);
    earlier.iter().filter(fits).for_each(|block| out.extend_from_slice(block.data));
    out.extend_from_slice(data);
}

/// Both numbers fit their fields.
fn write_header(out: &mut Vec<u8>, payload_type: PayloadType, offset: u16, len: usize) {
    let fields = u32::from(offset) << 10 | len as u32;
    let [_, a, b, c] = fields.to_be_bytes();
    out.extend_from_slice(&[0x80 | payload_type.0, a, b, c]);
}

/// Remembers the last payloads of a stream and sends them once more with each new one.
///
/// Holds at most as many payloads as it was told, of at most 1023 bytes each; their buffers are used again.
#[derive(Debug)]
pub struct Sender {
    payload_type: PayloadType,
    generations: usize,
    /// Timestamp and payload, the oldest first.
    sent: VecDeque<(u32, Vec<u8>)>,
}

impl Sender {
    /// Each payload goes out `generations` times more, 1 to 8. `payload_type` is that of the payloads themselves.
    pub fn new(payload_type: PayloadType, generations: usize) -> Self {
        Sender { payload_type, generations: generations.clamp(1, 8), sent: VecDeque::new() }
    }

    /// Appends a payload of at most `max_payload` bytes that carries `data`, and as many of the last ones before it as fit,
    /// the latest first. `false`: not even `data` fits, and nothing was written.
    pub fn write(&mut self, timestamp: u32, data: &[u8], max_payload: usize, out: &mut Vec<u8>) -> bool {
        let Some(mut room) = max_payload.checked_sub(1 + data.len()) else { return false };
        let fitting = self.sent.iter().rev().take_while(|(sent, payload)| {
            let len = HEADER_LEN + payload.len();
            let fits = len <= room && timestamp.wrapping_sub(*sent) <= MAX_OFFSET;
            room = room.saturating_sub(len);
            fits
        });
        let first = self.sent.len() - fitting.count();
        for (sent, payload) in self.sent.range(first..) {
            let offset = timestamp.wrapping_sub(*sent) as u16; // not over MAX_OFFSET
            write_header(out, self.payload_type, offset, payload.len());
        }
        out.push(self.payload_type.0 & 0x7f);
        self.sent.range(first..).for_each(|(_, payload)| out.extend_from_slice(payload));
        out.extend_from_slice(data);
        self.remember(timestamp, data);
        true
    }

    fn remember(&mut self, timestamp: u32, data: &[u8]) {
        let reused = if self.sent.len() == self.generations { self.sent.pop_front() } else { None };
        let (_, mut payload) = reused.unwrap_or_default();
        payload.clear();
        // One that is too long breaks the row: what lies before it is old by then.
        match data.len() <= MAX_LEN {
            true => payload.extend_from_slice(data),
            false => self.sent.clear(),
        }
        if !payload.is_empty() {
            self.sent.push_back((timestamp, payload));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const OPUS: PayloadType = PayloadType(111);

    fn blocks(payload: &[u8]) -> Vec<(u16, Vec<u8>)> {
        Blocks::parse(payload)
            .expect("sound")
            .inspect(|block| assert_eq!(block.payload_type, OPUS))
            .map(|block| (block.timestamp_offset, block.data.to_vec()))
            .collect()
    }

    //~ covers 2198-3-a, 2198-3-b, 2198-3-c
    #[test]
    fn blocks_stand_behind_their_headers_and_the_last_needs_no_length() {
        let earlier = [
            Block { payload_type: OPUS, timestamp_offset: 1920, data: &[1, 2] },
            Block { payload_type: OPUS, timestamp_offset: 0x3fff, data: &[3] },
        ];
        let mut out = vec![9];
        write(&mut out, &earlier, OPUS, &[4, 5, 6]);
        assert_eq!(out[1..], [0xef, 0x1e, 0x00, 2, 0xef, 0xff, 0xfc, 1, 0x6f, 1, 2, 3, 4, 5, 6]);
        assert_eq!(blocks(&out[1..]), [(1920, vec![1, 2]), (0x3fff, vec![3]), (0, vec![4, 5, 6])]);
        assert_eq!(blocks(&[0x6f]), [(0, vec![])]);
    }

    //~ covers 2198-3-d neg
    #[test]
    fn what_no_header_can_tell_is_left_out() {
        let long = [7; 1024];
        let earlier = [
            Block { payload_type: OPUS, timestamp_offset: 0x4000, data: &[1] },
            Block { payload_type: OPUS, timestamp_offset: 960, data: &long },
            Block { payload_type: OPUS, timestamp_offset: 480, data: &long[..1023] },
        ];
        let mut out = Vec::new();
        write(&mut out, &earlier, OPUS, &long);
        assert_eq!(blocks(&out), [(480, vec![7; 1023]), (0, vec![7; 1024])]);
    }

    //~ covers 2198-3-e neg
    #[test]
    fn headers_and_blocks_that_run_over_are_faults() {
        let field = |payload: &[u8]| Blocks::parse(payload).map_err(|error| error.field).err();
        assert_eq!(field(&[]), Some("block PT"));
        assert_eq!(field(&[0xef, 0, 0]), Some("block header"));
        assert_eq!(field(&[0xef, 0, 0, 0]), Some("block PT"));
        assert_eq!(field(&[0xef, 0, 0, 3, 0x6f, 1, 2]), Some("block length"));
        assert_eq!(field(&[0xef, 0, 0, 2, 0x6f, 1, 2]), None);
    }

    //~ covers 2198-3-c
    #[test]
    fn the_last_payloads_go_out_again_as_far_as_they_fit() {
        let (mut sender, mut sent) = (Sender::new(OPUS, 2), Vec::new());
        let start = u32::MAX - 1000;
        for number in 0..5_u8 {
            let mut out = Vec::new();
            let timestamp = start.wrapping_add(u32::from(number) * 960);
            assert!(sender.write(timestamp, &[number; 10], 1200, &mut out));
            sent.push(blocks(&out));
        }
        assert_eq!(sent[0], [(0, vec![0; 10])]);
        assert_eq!(sent[1], [(960, vec![0; 10]), (0, vec![1; 10])]);
        assert_eq!(sent[4], [(1920, vec![2; 10]), (960, vec![3; 10]), (0, vec![4; 10])], "over the wrap");
        let mut out = Vec::new();
        assert!(sender.write(start.wrapping_add(4800), &[5; 10], 25, &mut out));
        assert_eq!(blocks(&out), [(960, vec![4; 10]), (0, vec![5; 10])], "the latest of them");
        out.clear();
        assert!(!sender.write(start, &[6; 10], 10, &mut out) && out.is_empty());
        assert!(sender.write(start.wrapping_add(30_000), &[7; 10], 1200, &mut out));
        assert_eq!(blocks(&out), [(0, vec![7; 10])], "the others are too long ago");
        out.clear();
        assert!(sender.write(start.wrapping_add(30_960), &[8; 1024], 2000, &mut out));
        assert!(sender.write(start.wrapping_add(31_920), &[9], 2000, &mut Vec::new()));
        out.clear();
        assert!(sender.write(start.wrapping_add(32_880), &[10], 2000, &mut out));
        assert_eq!(blocks(&out), [(960, vec![9]), (0, vec![10])], "the long one was not kept");
    }
}
