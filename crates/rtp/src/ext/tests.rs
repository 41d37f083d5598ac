//! Whatever is written reads back, and whatever comes is read without harm.

use proptest::collection::vec;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;

proptest! {
    #[test]
    fn values_of_one_length_read_back_as_they_stand(bytes in any::<[u8; 13]>()) {
        let three = &bytes[..3];
        prop_assert_eq!(AudioLevel::parse(&bytes[..1]).map(|value| value.to_bytes()), Ok([bytes[0]]));
        let time = AbsSendTime::parse(three).map(|value| value.to_bytes());
        prop_assert_eq!(time.as_ref().map(|found| &found[..]), Ok(three));
        let offset = TransmissionOffset::parse(three).map(|value| value.to_bytes());
        prop_assert_eq!(offset.as_ref().map(|found| &found[..]), Ok(three));
        let delay = PlayoutDelay::parse(three).map(|value| value.to_bytes());
        prop_assert_eq!(delay.as_ref().map(|found| &found[..]), Ok(three));
        prop_assert_eq!(VideoTiming::parse(&bytes).map(|value| value.to_bytes()), Ok(bytes));
    }

    #[test]
    fn any_bytes_are_read_without_harm(data in vec(any::<u8>(), 0..40)) {
        let _ = (parse_mid(&data), parse_rid(&data), AudioLevel::parse(&data), AbsSendTime::parse(&data));
        let _ = (TransmissionOffset::parse(&data), TransportSequence::parse(&data), PlayoutDelay::parse(&data));
        let _ = (VideoOrientation::parse(&data), VideoContentType::parse(&data), VideoTiming::parse(&data));
        if let Ok(levels) = CsrcAudioLevels::parse(&data) {
            prop_assert!(levels.levels().all(|level| level <= AudioLevel::SILENCE));
        }
        if let Ok(TransportSequence { number, request: Some(request) }) = TransportSequence::parse_02(&data) {
            prop_assert_eq!(&TransportSequence::to_bytes_02(number, request)[..], &data[..]);
        }
        if let Ok(time) = AbsCaptureTime::parse(&data) {
            let mut out = Vec::new();
            time.write(&mut out);
            prop_assert_eq!(&out, &data);
        }
        if let Ok(space) = ColorSpace::parse(&data) {
            prop_assert_eq!(&space.to_bytes()[..], &data[..4]);
        }
        if let Ok(allocation) = VideoLayersAllocation::parse(&data) {
            let mut out = Vec::new();
            prop_assert!(allocation.write(&mut out));
            prop_assert!(out.len() <= data.len());
            prop_assert_eq!(VideoLayersAllocation::parse(&out), Ok(allocation));
        }
    }
}
