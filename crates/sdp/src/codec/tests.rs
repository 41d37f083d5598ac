//! Which codecs are the same, and what follows when their numbers change.

use alloc::vec;

use super::*;

fn h264(parameters: &str) -> Codec {
    Codec::new(96, "H264", 90_000).with_parameters(parameters)
}

//~ covers 3264-6.1-c
#[test]
fn codecs_are_the_same_whatever_their_number_and_the_case_of_their_name() {
    let ours = Codec::new(111, "opus", 48_000).with_channels(2).with_parameters("minptime=10");
    assert!(ours.matches(&Codec::new(96, "OPUS", 48_000).with_channels(2)));
    assert!(!ours.matches(&Codec::new(96, "opus", 48_000)), "one channel is not two");
    assert!(!ours.matches(&Codec::new(96, "opus", 16_000).with_channels(2)));
    assert!(Codec::new(9, "G722", 8000).matches(&Codec::new(9, "G722", 8000).with_channels(1)));
}

#[test]
fn h264_is_told_apart_by_profile_and_packetization_mode() {
    let constrained = h264("packetization-mode=1;profile-level-id=42e01f");
    for same in ["42c01e", "42e034", "4d801f", "58c00a", "42E01F"] {
        assert!(constrained.matches(&h264(&alloc::format!("packetization-mode=1; profile-level-id={same}"))));
    }
    for other in ["42001f", "4d001f", "64001f", "640c1f", "f4001f"] {
        let other = h264(&alloc::format!("packetization-mode=1;profile-level-id={other}"));
        assert!(!constrained.matches(&other), "{}", other.parameters);
    }
    assert!(!constrained.matches(&h264("profile-level-id=42e01f")), "the mode is 0 where nobody says it");
    assert!(
        h264("").matches(&h264("packetization-mode=0;profile-level-id=42001f")),
        "baseline where nobody says it"
    );
    assert!(h264("profile-level-id=ä42").matches(&h264("")), "what is no profile is none");
}

#[test]
fn the_level_of_h264_is_the_lower_one_unless_both_let_it_differ() {
    let free = h264("level-asymmetry-allowed=1;profile-level-id=42e01f");
    assert_eq!(answered_parameters(&free, &free.clone()), free.parameters);
    let theirs = h264("profile-level-id=42c00d");
    assert_eq!(answered_parameters(&free, &theirs), "level-asymmetry-allowed=1;profile-level-id=42e00d");
    let low = h264("profile-level-id=42f00b");
    assert_eq!(answered_parameters(&free, &low), "level-asymmetry-allowed=1;profile-level-id=42f00b", "1b");
    assert_eq!(
        answered_parameters(&low, &h264("profile-level-id=42e00b")),
        low.parameters,
        "1b is below 1.1"
    );
    assert_eq!(answered_parameters(&low, &h264("profile-level-id=42e00a")), "profile-level-id=42e00a");
    let mute = h264("");
    assert_eq!(answered_parameters(&mute, &h264("profile-level-id=42001f")), "profile-level-id=42000a");
    let h265 = |level: &str| Codec::new(1, "H265", 90_000).with_parameters(level);
    assert_eq!(
        answered_parameters(&h265("level-id=180;tx-mode=SRST"), &h265("")),
        "level-id=93;tx-mode=SRST"
    );
}

#[test]
fn vp9_and_av1_are_told_apart_by_profile() {
    let vp9 = |parameters| Codec::new(98, "VP9", 90_000).with_parameters(parameters);
    assert!(vp9("profile-id=0").matches(&vp9("max-fs=12288;max-fr=60")));
    assert!(!vp9("profile-id=2").matches(&vp9("")));
    let av1 = |parameters| Codec::new(45, "AV1", 90_000).with_parameters(parameters);
    assert!(av1("level-idx=5;profile=0;tier=0").matches(&av1("")));
    assert!(!av1("profile=1").matches(&av1("")));
}

#[test]
fn what_names_other_codecs_follows_their_numbers() {
    let rtx = Codec::rtx(97, 96)
        .renumbered(121, |old| (old == 96).then_some(120))
        .expect("repairs a codec that is there");
    assert_eq!((rtx.payload_type, rtx.parameters.as_str(), rtx.repairs()), (121, "apt=120", Some(120)));
    assert_eq!(Codec::rtx(97, 96).renumbered(97, |_| None), None);
    let red = Codec::new(63, "red", 48_000).with_channels(2).with_parameters("111/111");
    assert_eq!(red.renumbered(100, |_| Some(109)).map(|red| red.parameters), Some("109/109".into()));
    let timed = Codec::new(97, "rtx", 90_000).with_parameters("rtx-time=200; apt=96");
    assert_eq!(timed.renumbered(1, Some).map(|rtx| rtx.parameters), Some("apt=96;rtx-time=200".into()));
    assert_eq!(Codec::new(1, "VP8", 90_000).repairs(), None);
}

#[test]
fn roles_are_told_by_name() {
    let role = |name: &str| Codec::new(1, name, 90_000).role();
    assert_eq!((role("RTX"), role("red")), (CodecRole::Retransmission, CodecRole::Redundancy));
    assert_eq!(
        (role("flexfec-03"), role("ulpfec")),
        (CodecRole::ErrorCorrection, CodecRole::ErrorCorrection)
    );
    assert_eq!((role("cn"), role("telephone-event")), (CodecRole::ComfortNoise, CodecRole::Tones));
    assert_eq!(role("VP8"), CodecRole::Media);
    let feedback = Codec::new(1, "VP8", 90_000).with_feedback(&["nack", "nack pli"]);
    assert_eq!(
        common_feedback(&feedback, &Codec::new(2, "VP8", 90_000).with_feedback(&["nack pli", "x"])),
        vec!["nack pli"]
    );
}
