//! What OBUs say of their temporal unit: whether a coded video sequence begins, and how large its pictures are.
//! AV1 bitstream specification §5.5, §5.9.

use super::super::bits::Bits;
use super::super::frame::FrameInfo;

const SEQUENCE_HEADER: u8 = 1;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;

/// A temporal unit so far.
#[derive(Default, Debug)]
pub(super) struct Sequence {
    info: FrameInfo,
    has_header: bool,
    is_still: bool,
    saw_frame: bool,
}

impl Sequence {
    /// Notes what one OBU says.
    pub(super) fn look(&mut self, kind: u8, payload: &[u8], extension: Option<u8>) {
        match kind {
            SEQUENCE_HEADER => {
                self.has_header = true;
                if let Some((is_still, size)) = sequence_header(payload) {
                    self.is_still = is_still;
                    self.info.size = Some(size);
                }
            }
            FRAME_HEADER | FRAME if !self.saw_frame => {
                self.saw_frame = true;
                // show_existing_frame 0, frame_type 00 (key), show_frame 1.
                let begins = payload.first().is_some_and(|byte| byte >> 4 == 0b0001);
                self.info.is_key = self.has_header && (begins || self.is_still);
            }
            _ => {}
        }
        self.info.layer = extension.map(super::layer).or(self.info.layer);
    }

    /// All that was said.
    pub(super) const fn info(&self) -> FrameInfo {
        self.info
    }
}

/// Whether frames have the short header of still pictures, and width and height. AV1 bitstream specification §5.5.1.
fn sequence_header(payload: &[u8]) -> Option<(bool, (u32, u32))> {
    let mut bits = Bits::new(payload);
    bits.skip(3 + 1)?; // profile, still_picture
    let is_still = bits.flag()?;
    if is_still {
        bits.skip(5)?; // level
    } else {
        over_operating_points(&mut bits)?;
    }
    let (width_bits, height_bits) = (bits.number(4)? + 1, bits.number(4)? + 1);
    Some((is_still, (bits.number(width_bits)? + 1, bits.number(height_bits)? + 1)))
}

fn over_operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.skip(64)?; // num_units_in_display_tick, time_scale
        if bits.flag()? {
            bits.golomb()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.number(5)? + 1);
            bits.skip(32 + 5 + 5)?;
        }
    }
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.number(5)? {
        bits.skip(12)?;
        if bits.number(5)? > 7 {
            bits.flag()?; // tier
        }
        if let Some(delay) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay + 1)?;
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of libaom, 320 × 180.
    const LIBAOM: &[u8] = include_bytes!("libaom_320x180.obu");

    #[test]
    fn the_header_of_a_real_encoder_tells_the_size_that_was_asked_for() {
        assert_eq!(sequence_header(LIBAOM), Some((false, (320, 180))));
        assert!((0..5).all(|len| sequence_header(&LIBAOM[..len]).is_none()));
    }

    #[test]
    fn fields_that_may_be_there_are_passed_over() {
        let mut text = std::string::String::from("000 0 0 1");
        text += &"0".repeat(64); // ticks
        text += "1 00101"; // equal interval: 4
        text += "1 00111"; // decoder model, delays of 8 bits
        text += &"0".repeat(42);
        text += "1 00001"; // display delay; two points
        text += "000000000000 01000 1 1 00000000 00000000 0 1 0101";
        text += "000000000000 00111 0 0";
        text += "0111 0110 00111111 0110011"; // 64 × 52
        let bits: std::vec::Vec<u8> =
            text.bytes().filter(|byte| *byte != b' ').map(|byte| byte - b'0').collect();
        let bytes: std::vec::Vec<u8> = bits
            .chunks(8)
            .map(|chunk| chunk.iter().enumerate().fold(0, |byte, (at, bit)| byte | bit << (7 - at)))
            .collect();
        assert_eq!(sequence_header(&bytes), Some((false, (64, 52))));
    }

    #[test]
    fn a_sequence_begins_with_its_header_and_a_key_frame_that_is_shown() {
        let is_key = |obus: &[(u8, &[u8])]| {
            let mut sequence = Sequence::default();
            obus.iter().for_each(|(kind, payload)| sequence.look(*kind, payload, None));
            sequence.info().is_key
        };
        assert!(is_key(&[(SEQUENCE_HEADER, LIBAOM), (FRAME, &[0x10, 0])]));
        assert!(is_key(&[(SEQUENCE_HEADER, LIBAOM), (FRAME_HEADER, &[0x10])]));
        assert!(!is_key(&[(FRAME, &[0x10, 0])]), "without the header");
        assert!(!is_key(&[(SEQUENCE_HEADER, LIBAOM), (FRAME, &[0x30, 0])]), "an inter frame");
        assert!(!is_key(&[(SEQUENCE_HEADER, LIBAOM), (FRAME, &[0x00, 0])]), "not shown");
        assert!(!is_key(&[(SEQUENCE_HEADER, LIBAOM), (FRAME, &[0x90, 0])]), "shown once more");
        assert!(
            !is_key(&[(SEQUENCE_HEADER, LIBAOM), (FRAME, &[0x30]), (FRAME, &[0x10])]),
            "the first counts"
        );
        assert!(is_key(&[(SEQUENCE_HEADER, &[0x18, 0, 0, 0, 0]), (FRAME, &[0x00])]), "a still picture");
    }
}
