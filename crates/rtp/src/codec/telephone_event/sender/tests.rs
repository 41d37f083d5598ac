//! Which reports are sent, and when.

use super::*;
use alloc::vec::Vec;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// All that is told, with its time in milliseconds.
fn play(sender: &mut Sender) -> Vec<(u64, Output)> {
    let mut told = Vec::new();
    while let Some(now) = sender.poll_timeout() {
        assert!(told.len() < 2000, "it ends");
        while let Some(output) = sender.poll(now) {
            told.push((now.as_nanos() / 1_000_000, output));
        }
    }
    told
}

fn reports(told: &[(u64, Output)]) -> Vec<(u64, Report)> {
    let report = |(at, output): &(u64, Output)| match output {
        Output::Report(report) => Some((*at, *report)),
        _ => None,
    };
    told.iter().filter_map(report).collect()
}

fn event(report: &Report) -> Event {
    Event::parse_all(&report.payload).expect("sound").next().expect("one")
}

//~ covers 4733-2.5.1.2-a, 4733-2.5.1.2-b, 4733-2.5.1.2-c, 4733-2.5.1.4-a, 4733-2.3.5-a
#[test]
fn one_timestamp_a_growing_duration_a_marker_first_and_three_ends() {
    let mut sender = Sender::new(8000);
    sender.insert(Instant::from_millis(1000), "5", MS(90), MS(70)).expect("a key");
    assert!(!sender.sounds_at(Instant::from_millis(1000)), "it has not begun");
    let told = play(&mut sender);
    assert!(!sender.sounds_at(Instant::from_millis(2000)));
    assert_eq!(told[0], (1000, Output::Began('5')));
    assert_eq!(told[told.len() - 1], (1160, Output::Finished));
    let seen: Vec<_> = reports(&told)
        .iter()
        .map(|(at, report)| {
            assert_eq!((report.begun, report.timestamp_offset), (Instant::from_millis(1000), 0));
            let event = event(report);
            assert_eq!((event.code, event.volume), (5, VOLUME));
            (at - 1000, report.marker, event.is_end, event.duration)
        })
        .collect();
    let expected = [
        (20, true, false, 160),
        (40, false, false, 320),
        (60, false, false, 480),
        (80, false, false, 640),
        (90, false, true, 720),
        (110, false, true, 720),
        (130, false, true, 720),
    ];
    assert_eq!(seen, expected);
}

//~ covers 4733-2.5.1.3-a, 4733-2.5.1.3-b
#[test]
fn a_long_event_is_told_in_segments_without_an_end_in_between() {
    let mut sender = Sender::new(48_000);
    sender.insert(Instant::ZERO, "#", MS(3000), MS(70)).expect("a key");
    let told = reports(&play(&mut sender));
    let offsets: Vec<u32> = told.iter().map(|(_, report)| report.timestamp_offset).collect();
    assert!(offsets.is_sorted());
    for (number, segment) in told.chunk_by(|a, b| a.1.timestamp_offset == b.1.timestamp_offset).enumerate() {
        let events: Vec<Event> = segment.iter().map(|(_, report)| event(report)).collect();
        assert_eq!(segment[0].1.timestamp_offset, number as u32 * 0xffff);
        assert!(events.iter().map(|event| event.duration).is_sorted());
        let finals: Vec<&Event> = events.iter().rev().take(3).collect();
        let (is_end, duration) = if number == 2 { (true, 144_000 - 2 * 0xffff) } else { (false, 0xffff) };
        assert!(finals.iter().all(|event| event.is_end == is_end && u32::from(event.duration) == duration));
        assert_eq!(events.iter().filter(|event| event.is_end).count(), if number == 2 { 3 } else { 0 });
        assert_eq!(segment[0].1.marker, number == 0, "a later segment is no new event");
        assert!(segment[1..].iter().all(|(_, report)| !report.marker));
    }
    assert_eq!(offsets.last(), Some(&(2 * 0xffff)));
}

#[test]
fn a_segment_that_ends_with_its_event_is_the_last() {
    let mut sender = Sender::new(0xffff); // one second is exactly one segment
    sender.insert(Instant::ZERO, "1", MS(1000), MS(70)).expect("a key");
    let told = reports(&play(&mut sender));
    let last: Vec<Event> = told.iter().rev().take(3).map(|(_, report)| event(report)).collect();
    assert!(last.iter().all(|event| event.is_end && event.duration == 0xffff));
    assert!(told.iter().all(|(_, report)| report.timestamp_offset == 0));
}

#[test]
fn tones_follow_each_other_and_a_comma_waits() {
    let mut sender = Sender::new(8000);
    sender.insert(Instant::ZERO, "1,a", MS(100), MS(30)).expect("keys");
    assert_eq!(sender.waiting().collect::<Vec<_>>(), ['1', ',', 'A']);
    let began: Vec<_> =
        play(&mut sender).into_iter().filter(|(_, output)| !matches!(output, Output::Report(_))).collect();
    let expected = [
        (0, Output::Began('1')),
        // The ends take longer than the shortest gap.
        (140, Output::Began(',')),
        (2140, Output::Began('A')),
        (2280, Output::Finished),
    ];
    assert_eq!(began, expected);
}

#[test]
fn durations_are_held_within_their_bounds_and_new_tones_replace_those_that_wait() {
    let mut sender = Sender::new(8000);
    sender.insert(Instant::ZERO, "123", MS(1), MS(0)).expect("keys");
    assert_eq!(sender.poll(Instant::ZERO), Some(Output::Began('1')));
    sender.insert(Instant::ZERO, "9", MS(60_000), MS(60_000)).expect("keys");
    assert_eq!(sender.waiting().collect::<Vec<_>>(), ['9']);
    let told = play(&mut sender);
    let lasts: Vec<_> = reports(&told).iter().map(|(_, report)| event(report)).collect();
    assert!(lasts.iter().any(|event| event.code == 1 && event.is_end && event.duration == 320));
    assert!(lasts.iter().any(|event| event.code == 9 && event.is_end && event.duration == 48_000));
    assert!(!lasts.iter().any(|event| event.code == 2));
}

#[test]
fn what_is_no_key_or_too_much_is_refused_whole() {
    let mut sender = Sender::new(8000);
    let mut insert = |tones: &str| sender.insert(Instant::ZERO, tones, MS(100), MS(70));
    assert_eq!(insert("12x"), Err(BadTones::Unknown('x')));
    assert_eq!(insert(&"1".repeat(257)), Err(BadTones::TooMany));
    assert_eq!(insert(""), Ok(()));
    assert_eq!((sender.poll_timeout(), sender.poll(Instant::ZERO)), (None, None));
}

//~ covers 4733-2.5.1.1-a neg
#[test]
fn keys_that_the_other_side_did_not_list_are_refused() {
    let mut sender = Sender::new(8000);
    sender.restrict("0-9,11, 66,x,12-10");
    let mut insert = |tones: &str| sender.insert(Instant::ZERO, tones, MS(100), MS(70));
    assert_eq!(
        (insert("0,9#"), insert("1*"), insert("a")),
        (Ok(()), Err(BadTones::Unlisted('*')), Err(BadTones::Unlisted('a')))
    );
}

#[test]
fn a_late_driver_tells_the_time_that_passed() {
    let mut sender = Sender::new(8000);
    sender.insert(Instant::ZERO, "7", MS(100), MS(70)).expect("a key");
    assert_eq!(sender.poll(Instant::ZERO), Some(Output::Began('7')));
    let mut now = Instant::from_millis(65);
    let Some(Output::Report(report)) = sender.poll(now) else { panic!("a report is due") };
    assert_eq!((event(&report).duration, report.marker), (520, true));
    assert_eq!(sender.poll(now), None);
    now = Instant::from_millis(5000);
    let Some(Output::Report(report)) = sender.poll(now) else { panic!("a report is due") };
    assert_eq!((event(&report).duration, event(&report).is_end), (800, true));
}
