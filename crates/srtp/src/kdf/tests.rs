//! Session keys against the published vectors.

use limpid_crypto::ring;
use std::string::String;
use std::vec::Vec;

use super::*;

/// The cases of a file of vectors.
pub(crate) fn cases(file: &str) -> Vec<serde_json::Value> {
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    file["cases"].as_array().unwrap().clone()
}

/// The bytes of a field.
pub(crate) fn bytes(case: &serde_json::Value, field: &str) -> Vec<u8> {
    let text = case[field].as_str().unwrap_or_else(|| panic!("{field} of {}", case["id"]));
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn assert_derives(case: &serde_json::Value, keys: &serde_json::Value, expected: &[(Label, &str)]) {
    let master = MasterKey::new(&bytes(case, "master_key"), &bytes(case, "master_salt"));
    for (label, field) in expected {
        let expected = bytes(keys, field);
        let derived = master.derive(&ring::provider(), *label, expected.len()).unwrap();
        assert_eq!(&derived[..], &expected[..], "{label:?} of {}", case["id"]);
    }
}

//~ covers 3711-4.3.1-a, 3711-4.3.1-b, 3711-4.3.2-a, 3711-4.3.3-a
#[test]
fn the_keys_of_rfc_3711_are_derived() {
    let cases = cases(include_str!("../../tests/vectors/srtp_rfc3711.json"));
    let case = cases.iter().find(|case| case["kind"] == "kdf").unwrap();
    let rtp = [
        (Label::RtpEncryption, "cipher_key"),
        (Label::RtpSalt, "cipher_salt"),
        (Label::RtpAuthentication, "auth_key_94"),
    ];
    assert_derives(case, case, &rtp);
    let rtcp = [
        (Label::RtcpEncryption, "cipher_key"),
        (Label::RtcpSalt, "cipher_salt"),
        (Label::RtcpAuthentication, "auth_key_20"),
    ];
    assert_derives(case, &case["srtcp_derived"], &rtcp);
}

//~ covers 6188-3-a, 6188-3.1-a
#[test]
fn the_keys_of_rfc_6188_are_derived() {
    let cases = cases(include_str!("../../tests/vectors/srtp_rfc6188.json"));
    let mut lengths = Vec::new();
    for case in cases.iter().filter(|case| case["kind"] == "kdf") {
        let expected = [
            (Label::RtpEncryption, "cipher_key"),
            (Label::RtpSalt, "cipher_salt"),
            (Label::RtpAuthentication, "auth_key"),
        ];
        assert_derives(case, case, &expected);
        lengths.push(bytes(case, "master_key").len());
    }
    assert_eq!(lengths, [32, 24]);
}

//~ covers 6904-3-a
#[test]
fn the_keys_of_header_extensions_are_derived() {
    let cases = cases(include_str!("../../tests/vectors/srtp_rfc6904.json"));
    let expected =
        [(Label::HeaderEncryption, "header_cipher_key"), (Label::HeaderSalt, "header_cipher_salt")];
    assert_derives(&cases[0], &cases[0], &expected);
}

//~ covers 7714-11-a, 7714-11-b
#[test]
fn the_shorter_salt_of_gcm_is_filled_up_at_its_end() {
    let cases = cases(include_str!("../../tests/vectors/srtp_rfc9335_cryptex.json"));
    let gcm: Vec<_> = cases.iter().filter(|case| bytes(case, "master_salt").len() == 12).collect();
    assert_eq!(gcm.len(), 6);
    for case in gcm {
        let expected = [(Label::RtpEncryption, "session_key"), (Label::RtpSalt, "session_salt")];
        assert_derives(case, case, &expected);
    }
}

#[test]
fn a_master_key_prints_lengths_only() {
    let master = MasterKey::new(&[0xab; 16], &[0xcd; 14]);
    let text: String = std::format!("{master:?}");
    assert_eq!(text, "MasterKey(16 + 14 bytes)");
}
