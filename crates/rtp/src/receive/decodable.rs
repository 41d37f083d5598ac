//! Whether a frame can be decoded though something before it was lost.

use crate::codec::{Format, FrameInfo};

/// Whether `next` refers only to frames that `last`, the last one that was read, shows to be there.
///
/// Picture ids that follow each other say that nothing of the medium was lost (but padding, or another layer). Where the
/// index of the lowest temporal layer goes on, only frames were lost to which the lowest layer does not refer (RFC 7741
/// §4.2: TL0PICIDX, Y; RFC 9628 §4.2).
pub(super) fn is_decodable(format: Format, last: Option<&FrameInfo>, next: &FrameInfo) -> bool {
    if next.is_key {
        return true;
    }
    let Some(last) = last else {
        return false;
    };
    if let (Some(before), Some(id)) = (last.picture_id, next.picture_id)
        && id.follows(before)
    {
        return true;
    }
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
