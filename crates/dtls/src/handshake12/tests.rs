//! The key chain against vectors, and a Finished that does not fit.

use limpid_crypto::{HashAlgorithm, NamedGroup};
use serde_json::Value;

use super::keys::{Exporter, MasterSecret, PremasterSecret, Randoms, Side};
use super::prf::prf;
use super::*;
use crate::error::Misuse;
use crate::message::VERIFY_DATA_LEN;
use crate::suite::CipherSuite;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn cases() -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("../../tests/vectors/tls_prf_exporter.json")).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn exporter(case: &Value) -> Exporter {
    let bytes = |name: &str| hex(case[name].as_str().unwrap());
    let provider = limpid_crypto::ring::provider();
    let master = MasterSecret::from_bytes(&provider, HashAlgorithm::Sha256, &bytes("master_secret"));
    let random = |name| bytes(name).try_into().unwrap();
    master.into_exporter(Randoms { client: random("client_random"), server: random("server_random") })
}

//~ covers 5246-5-a
#[test]
fn the_prf_gives_the_published_bytes() {
    let mut seen = 0;
    for case in cases().iter().filter(|case| case["seed"].is_string() && case["output"].is_string()) {
        let bytes = |name: &str| hex(case[name].as_str().unwrap());
        let mut out = vec![0; bytes("output").len()];
        let provider = limpid_crypto::ring::provider();
        let label = case["label"].as_str().unwrap().as_bytes();
        let seed = bytes("seed");
        let (front, back) = seed.split_at(5);
        prf(&provider, HashAlgorithm::Sha256, &bytes("secret"), label, &[front, back], &mut out).unwrap();
        assert_eq!(out, bytes("output"));
        seen += 1;
    }
    assert!(seen > 0);
}

//~ covers 5764-4.2-a, 5705-4-a
#[test]
fn the_exporter_gives_the_vectors_for_every_srtp_profile() {
    let mut seen = 0;
    for case in cases().iter().filter(|case| case["id"].as_str().unwrap().starts_with("dtls12-exporter")) {
        let expected = hex(case["exported"].as_str().unwrap());
        let secret = exporter(case).export(case["label"].as_str().unwrap(), None, expected.len()).unwrap();
        assert_eq!(&*secret, &expected[..], "{}", case["id"]);
        seen += 1;
    }
    assert_eq!(seen, 3);
}

//~ covers 5705-4-b, 5705-4-c neg
#[test]
fn an_absent_context_is_not_an_empty_one_and_some_labels_are_taken() {
    let cases = cases();
    let case = cases.iter().find(|case| case["id"].as_str().unwrap().starts_with("dtls12-exporter")).unwrap();
    let exporter = exporter(case);
    let secret = |context| exporter.export("EXPERIMENTAL", context, 32).unwrap();
    assert_ne!(secret(None), secret(Some(b"")));
    assert_ne!(secret(Some(b"")), secret(Some(b"x")));
    assert_eq!(secret(Some(b"x")), secret(Some(b"x")));
    for label in
        ["client finished", "server finished", "master secret", "key expansion", "extended master secret"]
    {
        assert_eq!(exporter.export(label, None, 32), Err(Misuse::ReservedLabel));
    }
    assert_eq!(exporter.export("x", Some(&vec![0; 1 << 16]), 32), Err(Misuse::BadLength));
    assert_eq!(exporter.export("x", None, 0), Err(Misuse::BadLength));
}

//~ covers 7627-4-a
#[test]
fn the_master_secret_depends_on_the_whole_handshake() {
    let provider = limpid_crypto::ring::provider();
    let master = |session_hash: &[u8]| {
        let premaster = PremasterSecret::new(limpid_crypto::Secret::copy_of(&[9; 32]));
        premaster.extended_master_secret(&provider, HashAlgorithm::Sha256, session_hash).unwrap()
    };
    let verify_data = |master: MasterSecret| master.verify_data(Side::Client, &[0; 32]).unwrap();
    assert_eq!(verify_data(master(&[1; 32])), verify_data(master(&[1; 32])));
    assert_ne!(verify_data(master(&[1; 32])), verify_data(master(&[2; 32])));
    let mut expected = [0; 48];
    let (label, hash) = (b"extended master secret", HashAlgorithm::Sha256);
    prf(&provider, hash, &[9; 32], label, &[&[1; 32]], &mut expected).unwrap();
    assert_eq!(
        verify_data(MasterSecret::from_bytes(&provider, hash, &expected)),
        verify_data(master(&[1; 32]))
    );
}

//~ covers 5246-7.4.9-a neg, 5246-7.4.9-b
#[test]
fn a_finished_of_another_handshake_or_of_the_other_side_does_not_fit() {
    let provider = limpid_crypto::ring::provider();
    let mut random = limpid_crypto::Random::from_seed([1; 32]);
    let identity = crate::Identity::generate(&provider, &mut random, 0).unwrap();
    let config = crate::Config::new(provider, [1; 32], std::sync::Arc::new(identity));
    let mut context = Context::new(config, crate::record::Epochs::new(ProtocolVersion::DTLS_1_2));
    context.transcript.choose(&provider, HashAlgorithm::Sha256).unwrap();
    let suite = CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256;
    let agreed = Agreed {
        suite,
        parameters: suite.parameters().unwrap(),
        randoms: Randoms { client: [1; 32], server: [2; 32] },
        srtp_profile: None,
    };
    let premaster = PremasterSecret::new(limpid_crypto::Secret::copy_of(&[9; 32]));
    let secrets = Secrets::derive(&mut context, agreed, NamedGroup::X25519, premaster, Side::Server).unwrap();
    let good = secrets.master.verify_data(Side::Client, &context.transcript.hash()).unwrap();
    let finished = Finished { verify_data: good };
    assert_eq!(secrets.check_finished(&context, Side::Client, &finished), Ok(()));
    assert_eq!(secrets.check_finished(&context, Side::Server, &finished), Err(Error::BadFinished));
    for at in 0..VERIFY_DATA_LEN {
        let mut verify_data = good;
        verify_data[at] ^= 1;
        let finished = Finished { verify_data };
        assert_eq!(secrets.check_finished(&context, Side::Client, &finished), Err(Error::BadFinished));
    }
    context.transcript.add(b"one more message");
    assert_eq!(secrets.check_finished(&context, Side::Client, &finished), Err(Error::BadFinished));
    assert_eq!(Error::BadFinished.alert(), Some(crate::alert::AlertDescription::DECRYPT_ERROR));
}

#[test]
fn no_secret_is_printed() {
    let cases = cases();
    let case = cases.iter().find(|case| case["id"].as_str().unwrap().starts_with("dtls12-exporter")).unwrap();
    let exporter = exporter(case);
    let printed = format!("{exporter:?}");
    assert!(printed.contains("Secret(48 bytes)"));
    assert!(!printed.contains("32, 33, 34"), "the bytes of the master secret: {printed}");
    let line = String::from_utf8(exporter.key_log_line().to_vec()).unwrap();
    let expected = format!(
        "CLIENT_RANDOM {} {}",
        case["client_random"].as_str().unwrap(),
        case["master_secret"].as_str().unwrap()
    );
    assert_eq!(line, expected);
}
