//! A sender's side of parity, as small as it can be: what the documents say, bit for bit.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use limpid_rtp::fec::Form;

/// The exclusive or of packets: first two bytes, timestamp, length, and what follows the fixed header.
#[derive(Clone, Default)]
struct Sum {
    first: [u8; 2],
    timestamp: [u8; 4],
    len: u16,
    rest: Vec<u8>,
}

impl Sum {
    fn of(packets: &[&[u8]]) -> Self {
        let mut sum = Sum::default();
        for packet in packets {
            let rest = &packet[12..];
            sum.first = [sum.first[0] ^ packet[0], sum.first[1] ^ packet[1]];
            for at in 0..4 {
                sum.timestamp[at] ^= packet[4 + at];
            }
            sum.len ^= rest.len() as u16;
            sum.rest.resize(sum.rest.len().max(rest.len()), 0);
            sum.rest.iter_mut().zip(rest).for_each(|(byte, other)| *byte ^= other);
        }
        sum.first[0] &= 0x3f;
        sum
    }
}

fn number(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[2], packet[3]])
}

/// Bit 127 stands for the base.
fn mask(packets: &[&[u8]]) -> (u16, u128) {
    let base = number(packets[0]);
    let bits = packets.iter().map(|packet| 1u128 << (127 - number(packet).wrapping_sub(base)));
    (base, bits.fold(0, |mask, bit| mask | bit))
}

/// The payload of the repair packet of these packets, which are in order and at most 48 apart.
pub fn payload(form: Form, packets: &[&[u8]]) -> Vec<u8> {
    let sum = Sum::of(packets);
    let (base, mask) = mask(packets);
    let mut out = sum.first.to_vec();
    match form {
        Form::Generic => {
            let is_long = mask << 16 != 0;
            out[0] |= if is_long { 0x40 } else { 0 };
            out.extend_from_slice(&base.to_be_bytes());
            out.extend_from_slice(&sum.timestamp);
            out.extend_from_slice(&sum.len.to_be_bytes());
            out.extend_from_slice(&(sum.rest.len() as u16).to_be_bytes());
            out.extend_from_slice(&mask.to_be_bytes()[..if is_long { 6 } else { 2 }]);
        }
        Form::Flexible | Form::FlexibleDraft03 => {
            out.extend_from_slice(&sum.len.to_be_bytes());
            out.extend_from_slice(&sum.timestamp);
            if form == Form::FlexibleDraft03 {
                out.extend_from_slice(&[1, 0, 0, 0]);
                out.extend_from_slice(&packets[0][8..12]);
            }
            out.extend_from_slice(&base.to_be_bytes());
            out.extend_from_slice(&flexible_mask(mask, form == Form::Flexible));
        }
    }
    out.extend_from_slice(&sum.rest);
    out
}

fn flexible_mask(mask: u128, k_says_more: bool) -> Vec<u8> {
    let k = |is_last: bool| u128::from(is_last != k_says_more) << 127;
    let parts = [(mask >> 1, 15, 2), (mask << 14, 31, 4), (mask << 45, 63, 8)];
    let count = if mask << 15 == 0 {
        1
    } else if mask << 46 == 0 {
        2
    } else {
        3
    };
    let mut out = Vec::new();
    for (index, (bits, _, bytes)) in parts.into_iter().take(count).enumerate() {
        let word = match index {
            2 if k_says_more => mask << 46, // 64 bits, and none of them is k
            _ => bits & (u128::MAX >> 1) | k(index + 1 == count),
        };
        out.extend_from_slice(&word.to_be_bytes()[..bytes]);
    }
    out
}

/// A packet of the repair stream.
pub fn packet(form: Form, (ssrc, payload_type, sequence): (u32, u8, u16), packets: &[&[u8]]) -> Vec<u8> {
    let sources = u8::from(form == Form::Flexible);
    let mut out = vec![0x80 | sources, payload_type];
    out.extend_from_slice(&sequence.to_be_bytes());
    out.extend_from_slice(&packets[packets.len() - 1][4..8]);
    out.extend_from_slice(&ssrc.to_be_bytes());
    if sources > 0 {
        out.extend_from_slice(&packets[0][8..12]);
    }
    out.extend(payload(form, packets));
    out
}
