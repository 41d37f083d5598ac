//! Formats in which a payload is a frame: Opus, PCM, comfort noise, telephone events, and those that are not known here.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::frame::{Assembly, FrameInfo, FrameToSend, Malformed, Piece, Unsendable, join as join_all};
use super::{Format, opus};

/// Hands a frame out as it is.
#[derive(Debug)]
pub(super) struct Cutter {
    format: Format,
    waiting: Option<Piece>,
}

impl Cutter {
    pub(super) fn new(format: Format) -> Self {
        Cutter { format, waiting: None }
    }

    pub(super) fn start(
        &mut self,
        frame: &[u8],
        info: &FrameToSend,
        max_payload: usize,
    ) -> Result<FrameInfo, Unsendable> {
        self.waiting = None;
        match frame.len() {
            0 => return Err(Unsendable::Empty),
            // Cut in two, each half would need a timestamp of its own.
            len if len > max_payload => return Err(Unsendable::TooLarge),
            _ => {}
        }
        if self.format == Format::Opus && opus::ticks(frame).is_err() {
            return Err(Unsendable::Malformed);
        }
        self.waiting = Some(Piece { is_last: true, marker: info.begins_talkspurt });
        Ok(FrameInfo::default())
    }

    pub(super) fn next_payload(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Option<Piece> {
        let piece = self.waiting.take()?;
        out.extend_from_slice(frame);
        Some(piece)
    }
}

/// One payload, no more.
pub(super) fn join(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    assembly: &mut Assembly<'_>,
) -> Result<FrameInfo, Malformed> {
    join_all(payloads, |number, payload| match (number, payload) {
        (_, []) => Err(ParseError::new("payload", 0, ParseErrorKind::Missing)),
        (0, payload) => assembly.push(payload),
        _ => Err(ParseError::new("payload", 0, ParseErrorKind::Repeated)),
    })?;
    Ok(FrameInfo::default())
}

#[cfg(test)]
mod tests {
    use super::super::{Depacketizer, FirstIds, Packetizer};
    use super::*;
    use alloc::vec;

    //~ covers 7587-4.2-a, 3551-4.1-a
    #[test]
    fn a_frame_of_audio_is_one_payload_and_the_marker_is_that_of_its_talkspurt() {
        for format in [Format::Opus, Format::Pcmu, Format::G722, Format::ComfortNoise, Format::Raw] {
            let (mut packetizer, mut out) = (Packetizer::new(format, FirstIds::default()), vec![7]);
            for begins_talkspurt in [true, false] {
                let info = FrameToSend { begins_talkspurt, ..FrameToSend::default() };
                packetizer.start(&[0xfc, 2, 3], &info, 3).expect("fits");
                out.truncate(1);
                let piece = packetizer.next_payload(&[0xfc, 2, 3], &mut out);
                assert_eq!(piece, Some(Piece { is_last: true, marker: begins_talkspurt }));
                assert_eq!(out, [7, 0xfc, 2, 3]);
                assert_eq!(packetizer.next_payload(&[0xfc, 2, 3], &mut out), None);
            }
            let depacketizer = Depacketizer::new(format);
            assert!(depacketizer.begins_frame(&out[1..]) && depacketizer.ends_frame(&out[1..]));
        }
    }

    //~ covers 7587-4.2-a neg
    #[test]
    fn what_can_not_be_one_payload_is_refused() {
        let mut packetizer = Packetizer::new(Format::Opus, FirstIds::default());
        let mut start = |frame: &[u8], room| packetizer.start(frame, &FrameToSend::default(), room);
        assert_eq!(start(&[], 10), Err(Unsendable::Empty));
        assert_eq!(start(&[0xfc; 11], 10), Err(Unsendable::TooLarge));
        assert_eq!(start(&[0xff], 10), Err(Unsendable::Malformed), "code 3 without a count of frames");
        assert_eq!(packetizer.next_payload(&[0xff], &mut Vec::new()), None);
    }

    #[test]
    fn two_payloads_or_an_empty_one_are_no_frame() {
        let mut depacketizer = Depacketizer::new(Format::Opus);
        for payloads in [vec![], vec![&[][..]], vec![&[1][..], &[2]]] {
            let mut out = vec![5];
            assert!(depacketizer.depacketize(&mut payloads.into_iter(), &mut out).is_err());
            assert_eq!(out, [5]);
        }
    }
}
