//! The estimate of the index against a model, and the bounds of the table.

use super::*;
use proptest::prelude::*;

/// RFC 3711 §3.3.1 in other words: of the three candidates, the nearest to the highest index.
fn nearest(highest: u64, sequence_number: u16) -> Option<u64> {
    let roc = (highest >> 16) as i64;
    let candidates = [roc, roc - 1, roc + 1];
    let index = |roc: i64| (roc << 16) | i64::from(sequence_number);
    let distance = |roc: &i64| (index(*roc) - highest as i64).abs();
    let best = candidates.into_iter().min_by_key(distance).map(index).unwrap();
    (0..1 << 48).contains(&best).then_some(best as u64)
}

proptest! {
    //~ covers 3711-3.3.1-c, 3711-3.3.1-d, 3711-3.3.1-e, 3711-3.3.1-e neg
    #[test]
    fn the_index_is_the_nearest_one(roc in prop_oneof![0_u32..3, u32::MAX - 2..=u32::MAX], s_l: u16, next: u16) {
        let mut highest = Highest::default();
        let index = u64::from(roc) << 16 | u64::from(s_l);
        highest.advance(index);
        // Exactly opposite is equally near; the RFC's pseudocode stays with the same counter.
        if s_l.abs_diff(next) == 1 << 15 {
            prop_assert_eq!(highest.estimate(next), Some(u64::from(roc) << 16 | u64::from(next)));
        } else {
            prop_assert_eq!(highest.estimate(next), nearest(index, next));
        }
        let estimate = highest.estimate(next);
        highest.advance(estimate.unwrap_or(0));
        prop_assert_eq!(highest.index, index.max(estimate.unwrap_or(0)));
    }
}

//~ covers 3711-3.3.1-a, 3711-3.3.1-b, 3711-3.3.1-e, 3711-3.3.1-e neg
#[test]
fn counting_begins_at_zero_and_does_not_go_below() {
    let mut highest = Highest::default();
    assert_eq!(highest.estimate(65_535), Some(65_535));
    highest.advance(3);
    assert_eq!(highest.estimate(65_535), None);
    let mut highest = Highest::default();
    highest.advance(65_535);
    assert_eq!((highest.estimate(2), highest.estimate(65_000)), (Some(0x1_0002), Some(65_000)));
    highest.advance((1 << 48) - 1);
    assert_eq!(highest.estimate(0), None);
}

//~ covers 3711-3.3.1-f
#[test]
fn a_told_rollover_counter_goes_forward_only() {
    let mut highest = Highest::default();
    assert!(highest.set_rollover_counter(7));
    assert_eq!(highest.estimate(65_535), Some(0x7_ffff));
    highest.advance(0x7_ffff);
    assert_eq!(highest.estimate(1), Some(0x8_0001));
    assert!(!highest.set_rollover_counter(6) && highest.rollover_counter() == 7);
    assert!(highest.set_rollover_counter(9) && highest.estimate(0xfff0) == Some(0x9_fff0));
}

#[test]
fn the_table_is_bounded_and_forgets_nothing_that_was_used() {
    let mut sources = Sources::new(2);
    let settle = |sources: &mut Sources, ssrc, index| {
        let slot = sources.find(ssrc)?;
        let source = sources.settle(slot, ssrc);
        source.highest.advance(index);
        source.rtp.record(index, 1);
        Some(())
    };
    assert!(settle(&mut sources, 9, 5).is_some() && settle(&mut sources, 1, 5).is_some());
    assert!(sources.find(4).is_none() && sources.find(9).is_some());
    assert!(sources.remove(9) && !sources.remove(9) && !sources.remove(77));
    assert_eq!((sources.len(), sources.ssrcs().collect::<Vec<_>>()), (1, [1].into()));

    // Back again: what was used stays used.
    let slot = sources.find(9).unwrap();
    assert_eq!(sources.judge_rtp(slot, 5), Some((5, Verdict::TooOld)));
    assert_eq!(sources.judge_rtp(slot, 6), Some((6, Verdict::Fresh)));
    assert!(settle(&mut sources, 9, 6).is_some() && sources.len() == 2 && sources.find(4).is_none());

    // One after the other, until as many are remembered as may be.
    assert!(sources.remove(9));
    let mut gone = 1;
    for ssrc in 100..200 {
        if settle(&mut sources, ssrc, 1).is_none() || !sources.remove(ssrc) {
            break;
        }
        gone += 1;
    }
    assert_eq!(
        (gone, sources.len(), sources.table.len()),
        (2 * REMOVED_PER_SOURCE, 2, 2 + 2 * REMOVED_PER_SOURCE)
    );
    assert!(sources.find(300).is_none() && sources.find(100).is_none());
}

#[test]
fn a_source_that_is_forgotten_leaves_room_and_no_memory() {
    let mut sources = Sources::new(2);
    for ssrc in 0..1000 {
        let slot = sources.find(ssrc).expect("room");
        sources.settle(slot, ssrc).highest.advance(7);
        assert!(sources.is_in_use(ssrc) && sources.forget(ssrc) && !sources.forget(ssrc));
        assert!(!sources.is_in_use(ssrc) && sources.get(ssrc).is_none());
    }
    // One that was removed stays: what it used is not used again.
    let slot = sources.find(5).expect("room");
    sources.settle(slot, 5).highest.advance(7);
    assert!(sources.remove(5) && !sources.forget(5) && sources.get(5).is_some());
    assert_eq!(sources.len(), 0);
}
