//! Nothing that holds key material shows it.

use limpid_crypto::{Digest, Random, Secret, null, secret};

#[test]
fn printing_shows_lengths_only() {
    let secret = Secret::copy_of(b"hunter2");
    assert_eq!(format!("{secret:?}"), "Secret(7 bytes)");
    assert_eq!(format!("{:?}", Digest::new(b"hunter2")), "Digest(7 bytes)");
    assert_eq!(format!("{:?}", Random::from_seed([7; 32])), "Random");
    assert_eq!(format!("{:?}", null::provider()), "Provider(null)");
}

#[test]
fn a_panic_message_shows_lengths_only() {
    let comparison =
        std::panic::catch_unwind(|| assert_eq!(Secret::copy_of(b"hunter2"), Secret::copy_of(b"other")));
    let message = comparison.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("Secret(7 bytes)") && !message.contains("hunter2"), "{message}");
}

#[test]
fn comparison_is_of_length_and_content() {
    assert!(secret::equal(b"abc", b"abc"));
    assert!(!secret::equal(b"abc", b"abd"));
    assert!(!secret::equal(b"abc", b"ab"));
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_below_stays_below() {
    let mut first = Random::from_seed([7; 32]);
    let mut second = Random::from_seed([7; 32]);
    assert_eq!(first.bytes::<64>(), second.bytes::<64>());
    assert_ne!(first.seed(), Random::from_seed([8; 32]).seed());
    assert!((0..1000).all(|_| first.below(10) < 10));
    assert_eq!(first.below(0), 0);
}
