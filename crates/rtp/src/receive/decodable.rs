//! Whether a frame can be decoded though something before it was lost.

use crate::codec::{Format, FrameInfo, PictureId};

/// What frames are counted by, beside the numbers of their packets: what their format or what the header extension has.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Number {
    pub(super) picture_id: Option<PictureId>,
    /// Of the dependency descriptor, beside which browsers leave out the picture id.
    pub(super) frame_number: Option<u16>,
}

impl Number {
    /// Whether nothing of the medium lies between the two (but padding, parity, or another layer).
    pub(super) fn follows(self, before: Number) -> bool {
        if let (Some(before), Some(number)) = (before.frame_number, self.frame_number) {
            return number == before.wrapping_add(1);
        }
        let ids = self.picture_id.zip(before.picture_id);
        ids.is_some_and(|(id, before)| id.follows(before))
    }
}

/// Whether `next` refers only to frames that `last`, the last one that was read, shows to be there, though something is
/// missing between them that had numbers of its own.
///
/// Where the index of the lowest temporal layer goes on, only frames were lost to which the lowest layer does not refer (RFC
/// 7741 §4.2: TL0PICIDX, Y; RFC 9628 §4.2).
pub(super) fn is_decodable(format: Format, last: Option<&FrameInfo>, next: &FrameInfo) -> bool {
    if next.is_key {
        return true;
    }
    let Some(last) = last else {
        return false;
    };
    let (Some(layer), Some(base_before), Some(base)) =
        (next.layer, last.tl0_picture_index, next.tl0_picture_index)
    else {
        return false;
    };
    match layer.temporal_id {
        0 => base == base_before.wrapping_add(1),
        // VP9's switching point speaks of the frames after it.
        _ => format == Format::Vp8 && layer.is_switching_point && base == base_before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Layer;

    #[test]
    fn the_descriptor_counts_where_there_is_one() {
        let number = |id, frame_number| Number { picture_id: Some(PictureId::Long(id)), frame_number };
        assert!(number(0, None).follows(number(0x7fff, None)));
        assert!(!number(2, None).follows(number(0, None)));
        assert!(number(7, Some(0)).follows(number(7, Some(0xffff))), "a second layer of the same picture");
        assert!(!number(1, Some(2)).follows(number(0, Some(0))), "a layer between them is lost");
        assert!(!Number::default().follows(Number::default()));
    }

    fn frame(base: u8, temporal_id: u8, is_switching_point: bool) -> FrameInfo {
        let layer = Layer { temporal_id, is_switching_point, ..Layer::default() };
        FrameInfo { tl0_picture_index: Some(base), layer: Some(layer), ..FrameInfo::default() }
    }

    #[test]
    fn only_frames_without_followers_may_be_missed() {
        let last = frame(255, 0, false);
        let rows = [
            (frame(0, 0, false), true),
            (frame(1, 0, false), false),
            (frame(255, 1, true), true),
            (frame(255, 1, false), false),
            (frame(0, 1, true), false),
            (FrameInfo::default(), false),
            (FrameInfo { is_key: true, ..FrameInfo::default() }, true),
        ];
        for (next, expected) in rows {
            assert_eq!(is_decodable(Format::Vp8, Some(&last), &next), expected, "{next:?}");
        }
        assert!(!is_decodable(Format::Vp9, Some(&last), &frame(255, 1, true)));
        assert!(!is_decodable(Format::Vp8, None, &frame(0, 0, false)));
    }
}
