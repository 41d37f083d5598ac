//! Flexible FEC: the format of the RFC, and that of its draft 03. RFC 8627 §4.2.2.
//!
//! ```text
//! |R|F|P|X|  CC   |M| PT recovery |        length recovery        |
//! |                          TS recovery                          |
//! |   SSRC count  |                   reserved                    |   draft 03 only: in the RFC sources stand in the RTP
//! |                             SSRC_i                            |   header, as contributing ones
//! |           SN base_i           |k|          mask [0-14]        |   or, if F: SN base_i, L (columns), D (rows)
//! |k|                   mask [15-45] (optional)                   |
//! |                     mask [46-109] (optional)                  |   draft 03: k, and [46-108]
//! ```
//! In the RFC k says that more of the mask follows; in draft 03 it says that nothing does.

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::{Parity, Protected, Repair, Set};
use crate::header::Packet;
use crate::names::Ssrc;

/// Reads a packet of RFC 8627.
///
/// Deviation: one that protects several streams at once (§4.2.1, CSRC) is not understood: a bundle may hold their packets in
/// different receivers.
pub(super) fn parse<'a>(packet: &Packet<'a>) -> Result<Parity<'a>, ParseError> {
    let mut reader = Reader::new(packet.payload);
    let first = Repair::read_first(&mut reader)?;
    match first[0] >> 6 {
        // The retransmission begins with its own header: R and F are its version.
        0b10 => return Packet::parse(packet.payload).map(|packet| Parity::Packet(packet.bytes())),
        0b11 => return Err(reader.error("R, F", ParseErrorKind::BadValue)),
        _ => {}
    }
    let mut sources = packet.csrcs();
    let (Some(ssrc), None) = (sources.next(), sources.next()) else {
        return Err(reader.error("CSRC", ParseErrorKind::BadValue));
    };
    let len = reader.u16("length recovery")?;
    let timestamp = reader.u32("TS recovery")?;
    let base = reader.u16("SN base")?;
    let set = match first[0] & 0x40 != 0 {
        true => {
            let (columns, rows) = (reader.u8("L")?, reader.u8("D")?);
            steps(columns, rows).ok_or(reader.error("L", ParseErrorKind::BadValue))?
        }
        false => Set::Mask(read_mask(&mut reader)?),
    };
    let protected = Protected { base, set };
    Ok(Parity::Repair(Repair { ssrc: Some(ssrc), protected, first, timestamp, len, payload: reader.rest() }))
}

/// §4.2.2.2, figure 14. `None`: a value that is reserved.
fn steps(columns: u8, rows: u8) -> Option<Set> {
    match (columns, rows) {
        (0, _) => None,
        (count, 0 | 1) => Some(Set::Steps { step: 1, count }),
        (step, count) => Some(Set::Steps { step, count }),
    }
}

fn read_mask(reader: &mut Reader<'_>) -> Result<u128, ParseError> {
    let short = reader.u16("mask [0-14]")?;
    let mut mask = u128::from(short & 0x7fff) << 113;
    if short & 0x8000 != 0 {
        let middle = reader.u32("mask [15-45]")?;
        mask |= u128::from(middle & 0x7fff_ffff) << 82;
        if middle & 0x8000_0000 != 0 {
            mask |= u128::from(reader.u64("mask [46-109]")?) << 18;
        }
    }
    if mask == 0 {
        return Err(reader.error("mask", ParseErrorKind::BadValue));
    }
    Ok(mask)
}

/// Reads a payload of draft 03, as browsers write it: a mask, and one source.
pub(super) fn parse_draft_03(payload: &[u8]) -> Result<Repair<'_>, ParseError> {
    let mut reader = Reader::new(payload);
    let first = Repair::read_first(&mut reader)?;
    if first[0] >> 6 != 0 {
        return Err(reader.error("R, F", ParseErrorKind::BadValue));
    }
    let len = reader.u16("length recovery")?;
    let timestamp = reader.u32("TS recovery")?;
    if reader.u8("SSRC count")? != 1 {
        return Err(reader.error("SSRC count", ParseErrorKind::BadValue));
    }
    reader.u24("reserved")?;
    let ssrc = Ssrc(reader.u32("SSRC_i")?);
    let base = reader.u16("SN base")?;
    let mask = read_draft_03_mask(&mut reader)?;
    let protected = Protected { base, set: Set::Mask(mask) };
    Ok(Repair { ssrc: Some(ssrc), protected, first, timestamp, len, payload: reader.rest() })
}

fn read_draft_03_mask(reader: &mut Reader<'_>) -> Result<u128, ParseError> {
    let short = reader.u16("mask [0-14]")?;
    let mut mask = u128::from(short & 0x7fff) << 113;
    if short & 0x8000 == 0 {
        let middle = reader.u32("mask [15-45]")?;
        mask |= u128::from(middle & 0x7fff_ffff) << 82;
        if middle & 0x8000_0000 == 0 {
            let long = reader.u64("mask [46-108]")?;
            mask |= u128::from(long & (u64::MAX >> 1)) << 19;
            if long >> 63 == 0 {
                return Err(reader.error("k", ParseErrorKind::BadValue));
            }
        }
    }
    if mask == 0 {
        return Err(reader.error("mask", ParseErrorKind::BadValue));
    }
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const HEAD: [u8; 8] = [0x25, 0x80, 1, 2, 3, 4, 5, 6];

    fn draft(mask: &[u8]) -> Vec<u8> {
        [&HEAD[..], &[1, 0, 0, 0, 0, 0, 0, 9, 0xff, 0xfe], mask, b"parity"].concat()
    }

    fn packet(csrcs: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = std::vec![0x80 | csrcs, 50, 0, 1, 0, 0, 0, 2, 0, 0, 0, 8];
        (0..csrcs).for_each(|index| bytes.extend_from_slice(&[0, 0, 0, 9 + index]));
        bytes.extend_from_slice(payload);
        bytes
    }

    fn offsets(bytes: &[u8]) -> Result<(usize, Vec<u16>), &'static str> {
        let packet = Packet::parse(bytes).expect("sound");
        match parse(&packet).map_err(|error| error.field)? {
            Parity::Repair(repair) => {
                assert_eq!((repair.ssrc, repair.protected.base), (Some(Ssrc(9)), 0xfffe));
                assert_eq!(
                    (repair.first, repair.len, repair.timestamp),
                    ([HEAD[0] & 0x7f, 0x80], 0x102, 0x3040506)
                );
                Ok((repair.payload.len(), repair.protected.offsets().collect()))
            }
            Parity::Packet(_) => Err("a packet"),
        }
    }

    //~ covers 8627-4.2.2.1-a, 8627-4.2.1-a
    #[test]
    fn masks_of_the_rfc_have_15_46_or_110_bits() {
        let rows: [(&[u8], &[u16]); 3] = [
            (&[0x40, 1], &[0, 14]),
            (&[0xc0, 1, 0x40, 0, 0, 1], &[0, 14, 15, 45]),
            (&[0xc0, 1, 0xc0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 1], &[0, 14, 15, 45, 46, 109]),
        ];
        for (mask, expected) in rows {
            let payload = [&HEAD[..], &[0xff, 0xfe], mask, b"parity"].concat();
            assert_eq!(offsets(&packet(1, &payload)), Ok((6, expected.to_vec())));
            assert_eq!(offsets(&packet(0, &payload)), Err("CSRC"));
            assert_eq!(offsets(&packet(2, &payload)), Err("CSRC"));
        }
    }

    //~ covers 8627-draft-a
    #[test]
    fn masks_of_the_draft_have_15_46_or_109_bits_and_k_says_the_contrary() {
        let rows: [(&[u8], &[u16]); 3] = [
            (&[0xc0, 1], &[0, 14]),
            (&[0x40, 1, 0xc0, 0, 0, 1], &[0, 14, 15, 45]),
            (&[0x40, 1, 0x40, 0, 0, 1, 0xc0, 0, 0, 0, 0, 0, 0, 1], &[0, 14, 15, 45, 46, 108]),
        ];
        for (mask, expected) in rows {
            let payload = draft(mask);
            let repair = parse_draft_03(&payload).expect("sound");
            assert!(repair.protected.offsets().eq(expected.iter().copied()));
            assert_eq!((repair.ssrc, repair.payload), (Some(Ssrc(9)), &b"parity"[..]));
        }
    }

    //~ covers 8627-4.2.2.2-a
    #[test]
    fn rows_and_columns_are_steps() {
        let fixed = |columns, rows| {
            let mut head = HEAD;
            head[0] |= 0x40;
            packet(1, &[&head[..], &[0xff, 0xfe, columns, rows], b"parity"].concat())
        };
        let parse_fixed = |columns, rows| {
            let bytes = fixed(columns, rows);
            let Parity::Repair(repair) = parse(&Packet::parse(&bytes).expect("sound")).ok()? else {
                return None;
            };
            Some(repair.protected.offsets().collect::<Vec<_>>())
        };
        assert_eq!(parse_fixed(4, 0), Some(std::vec![0, 1, 2, 3]));
        assert_eq!(parse_fixed(4, 1), Some(std::vec![0, 1, 2, 3]), "a row, and columns will come");
        assert_eq!(parse_fixed(4, 3), Some(std::vec![0, 4, 8]));
        assert_eq!(parse_fixed(255, 255).map(|all| all[254]), Some(254 * 255));
        assert_eq!((parse_fixed(0, 0), parse_fixed(0, 3)), (None, None), "reserved");
    }

    //~ covers 8627-4.2.2.3-a, 8627-4.2.2-a neg
    #[test]
    fn a_packet_may_come_once_more_and_what_is_reserved_is_ignored() {
        let inner = packet(0, b"frame");
        let bytes = packet(0, &inner);
        let outer = Packet::parse(&bytes).expect("sound");
        assert_eq!(parse(&outer), Ok(Parity::Packet(&inner)));
        let mut reserved = packet(1, &draft(&[0x40, 1]));
        reserved[16] |= 0xc0;
        assert_eq!(
            parse(&Packet::parse(&reserved).expect("sound")).map_err(|error| error.field),
            Err("R, F")
        );
    }

    //~ covers 8627-draft-a neg
    #[test]
    fn what_browsers_do_not_write_is_a_fault() {
        let fault = |payload: &[u8]| parse_draft_03(payload).map_err(|error| error.field).err();
        let sound = draft(&[0xc0, 1]);
        for len in 0..20 {
            assert!(fault(&sound[..len]).is_some(), "{len} bytes");
        }
        for (at, value, field) in
            [(0, 0x80, "R, F"), (0, 0x40, "R, F"), (8, 0, "SSRC count"), (8, 2, "SSRC count")]
        {
            let mut payload = sound.clone();
            payload[at] = value;
            assert_eq!(fault(&payload), Some(field));
        }
        assert_eq!(fault(&draft(&[0x80, 0])), Some("mask"));
        assert_eq!(fault(&draft(&[0x40, 1, 0x40, 0, 0, 1, 0x40, 0, 0, 0, 0, 0, 0, 1])), Some("k"));
    }
}
