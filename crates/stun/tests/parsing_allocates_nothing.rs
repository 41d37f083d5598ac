//! Counts allocations while a check is read, verified and written: none.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use limpid_crypto::ring;
use limpid_stun::*;

fn check(out: &mut Vec<u8>, key: &dyn limpid_crypto::MacKey) -> usize {
    Builder::new(out, Class::Request, Method::BINDING, TransactionId([7; 12]))
        .attribute(&Attribute::Username("abcdefgh:ijklmnop"))
        .attribute(&Attribute::Priority(0x6e00_1eff))
        .attribute(&Attribute::IceControlling(0x0102_0304_0506_0708))
        .integrity(key)
        .fingerprint()
}

#[test]
fn reading_verifying_and_writing_a_check_allocates_nothing() {
    let key = short_term_key(&ring::provider(), "passwordpasswordpassword").unwrap();
    let mut out = Vec::with_capacity(4096);
    assert_eq!(check(&mut out, &*key), 96);

    let bytes = out.clone();
    let read = allocation_counter::measure(|| {
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.verify_fingerprint(), Ok(()));
        assert_eq!(message.verify_integrity(&*key), Ok(()));
        assert_eq!(message.username(), Some("abcdefgh:ijklmnop"));
        assert_eq!(message.priority(), Some(0x6e00_1eff));
        assert_eq!(message.attributes().count(), 5);
        assert_eq!(message.unknown_required(|ty| ty.name().is_some()).count(), 0);
    });
    assert_eq!(read.count_total, 0);

    let written = allocation_counter::measure(|| {
        out.clear();
        check(&mut out, &*key);
    });
    assert_eq!(written.count_total, 0);
    assert_eq!(out, bytes);

    let answered = allocation_counter::measure(|| {
        out.clear();
        binding::answer(&bytes, ([192, 0, 2, 1], 9).into(), &mut out).unwrap();
    });
    assert_eq!(answered.count_total, 0);

    // The counter does count.
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(Box::new([0_u8; 64]))));
    assert_eq!(counted.count_total, 1);
}
