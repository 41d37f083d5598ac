//! Generic FEC, of which browsers use one level. RFC 5109 §7.3, §7.4.
//!
//! ```text
//! |E|L|P|X|  CC   |M| PT recovery |            SN base            |
//! |                          TS recovery                          |
//! |        length recovery        |       protection length       |
//! |   mask (16; 48 if L)          |  parity …                     |
//! ```

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::{Protected, Repair, Set};

/// Reads a payload.
///
/// Of several levels the first is read. It brings a packet back only where it covers it whole; a packet whose end is missing
/// is of no use to a decoder.
pub(super) fn parse(payload: &[u8]) -> Result<Repair<'_>, ParseError> {
    let mut reader = Reader::new(payload);
    let first = Repair::read_first(&mut reader)?;
    let base = reader.u16("SN base")?;
    let timestamp = reader.u32("TS recovery")?;
    let len = reader.u16("length recovery")?;
    let protection = reader.u16("protection length")?;
    let is_long = first[0] & 0x40 != 0;
    let mask = match is_long {
        false => u128::from(reader.u16("mask")?) << 112,
        true => u128::from(reader.u16("mask")?) << 112 | u128::from(reader.u32("mask cont.")?) << 80,
    };
    if mask == 0 {
        return Err(reader.error("mask", ParseErrorKind::BadValue));
    }
    let payload = reader.bytes(protection.into(), "level 0 payload")?;
    let protected = Protected { base, set: Set::Mask(mask) };
    Ok(Repair { ssrc: None, protected, first, timestamp, len, payload })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// The example of RFC 5109 §10.1: packets 8 to 11 with timestamps 3, 5, 7, 9 and 200, 140, 100, 340 bytes.
    fn example() -> Vec<u8> {
        let mut payload = std::vec![0, 0, 0, 8, 0, 0, 0, 8, 0x01, 0x74, 0x01, 0x54, 0xf0, 0x00];
        payload.resize(14 + 340, 0);
        payload
    }

    //~ covers 5109-7.3-a, 5109-7.4-a
    #[test]
    fn the_example_of_the_document_reads_as_it_says() {
        let payload = example();
        let repair = parse(&payload).expect("sound");
        assert_eq!((repair.first, repair.timestamp, repair.len), ([0, 0], 8, 372));
        assert_eq!((repair.protected.base, repair.payload.len()), (8, 340));
        assert!(repair.protected.offsets().eq([0, 1, 2, 3]));
    }

    //~ covers 5109-7.4-a
    #[test]
    fn a_long_mask_has_48_bits() {
        let mut payload = example();
        payload[0] |= 0x40;
        payload.splice(12..14, [0x80, 0, 0, 0, 0, 1]);
        let repair = parse(&payload).expect("sound");
        assert!(repair.protected.offsets().eq([0, 47]));
        assert_eq!((repair.protected.span(), repair.payload.len()), (47, 340));
    }

    //~ covers 5109-7.3-a neg, 5109-7.4-a neg
    #[test]
    fn what_is_cut_off_or_protects_nothing_is_a_fault() {
        let payload = example();
        for len in 0..payload.len() {
            assert!(parse(&payload[..len]).is_err(), "{len} bytes");
        }
        let mut empty = example();
        empty[12] = 0;
        assert_eq!(parse(&empty), Err(ParseError::new("mask", 14, ParseErrorKind::BadValue)));
    }
}
