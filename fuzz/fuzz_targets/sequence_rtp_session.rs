//! [`limpid_fuzz::sequence_rtp_session`] under libFuzzer; without the engine, a program that replays files.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    limpid_fuzz::sequence_rtp_session(data);
});

#[cfg(not(fuzzing))]
fn main() {
    limpid_fuzz::replay(limpid_fuzz::sequence_rtp_session);
}
