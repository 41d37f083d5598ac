//! Whatever a path does: what is read are whole frames in order, each once, and with nothing lost all of them.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::{at, frame, give, read, video};

/// What happens to each packet: how many others overtake it, whether it is lost, whether it comes twice.
fn fates() -> impl Strategy<Value = Vec<(u8, bool, bool)>> {
    let fate = (0u8..12, prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    prop::collection::vec(fate, 20..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_that_are_read_are_whole_in_order_and_once(
        fates in fates(),
        first in any::<u16>(),
        sizes in prop::collection::vec(1u16..6, 40),
    ) {
        let mut packets = Vec::new();
        for (number, &size) in sizes.iter().enumerate() {
            let sequence = first.wrapping_add(packets.len() as u16);
            packets.extend(frame(sequence, number as u32, number % 10 == 0, size));
        }
        let mut arrivals = Vec::new();
        let mut is_lossless = true;
        for (index, packet) in packets.iter().enumerate() {
            let (late, is_lost, twice) = fates[index % fates.len()];
            // The first packet shows where the stream begins.
            let late = if index == 0 { 0 } else { usize::from(late) };
            is_lossless &= !is_lost;
            if !is_lost {
                arrivals.push((index + late, packet));
            }
            if twice {
                arrivals.push((index + late + 3, packet));
                is_lossless |= false;
            }
        }
        arrivals.sort_by_key(|arrival| arrival.0);
        let mut stream = video();
        let mut seen = Vec::new();
        for (time, packet) in &arrivals {
            give(&mut stream, *time as u64, packet);
            seen.extend(read(&mut stream, *time as u64));
        }
        seen.extend(read(&mut stream, 100_000));
        let numbers: Vec<u32> = seen.iter().map(|frame| frame.0).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        for pair in seen.windows(2) {
            let is_gap = pair[1].0 != pair[0].0 + 1;
            prop_assert!(!is_gap || pair[1].1, "a gap is told of: {seen:?}");
            prop_assert!(!is_gap || pair[1].0 % 10 == 0, "and only a key frame follows it: {seen:?}");
        }
        if is_lossless {
            prop_assert_eq!(numbers, (0..40).collect::<Vec<u32>>());
        }
        prop_assert!(stream.poll_timeout().is_none_or(|due| due >= at(0)));
    }
}
