//! The published vectors that begin with session keys, and key streams.

use limpid_crypto::{AeadAlgorithm, ring};
use serde_json::Value;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::kdf::tests::{bytes, cases};
use crate::rtp::Layout;

fn gcm(case: &Value) -> AesGcm {
    let (key, salt) = (bytes(case, "key"), bytes(case, "salt"));
    let algorithm = if key.len() == 16 { AeadAlgorithm::Aes128Gcm } else { AeadAlgorithm::Aes256Gcm };
    AesGcm::new(&ring::provider(), algorithm, &key, &salt).unwrap()
}

/// Seals the plain packet and opens the protected one, whichever the case calls its input.
fn rtp_case(case: &Value) {
    let [mut plain, mut wire] = ["input_packet", "output_packet"].map(|field| bytes(case, field));
    if plain.len() > wire.len() {
        std::mem::swap(&mut plain, &mut wire);
    }
    let layout = Layout::parse(&plain).unwrap();
    let roc = case["roc"].as_u64().unwrap();
    let id = PacketId { ssrc: layout.ssrc, index: roc << 16 | u64::from(layout.sequence_number) };
    // What is only authenticated counts as header: nothing is encrypted then.
    let only_tag = case["operation"].as_str().unwrap().ends_with("only");
    let region = Region { from: if only_tag { plain.len() } else { 12 }, csrcs: 0 };
    let gcm = gcm(case);
    let mut packet = [&b"in front"[..], &plain].concat();
    gcm.seal_rtp(id, region, &mut packet, 8);
    assert_eq!(packet, [&b"in front"[..], &wire].concat(), "{}", case["id"]);
    assert_eq!(gcm.open_rtp(id, region, &mut wire), Some(plain.len()), "{}", case["id"]);
    assert_eq!(wire[..plain.len()], plain);
}

fn rtcp_case(case: &Value) {
    let [mut plain, mut wire] = ["input_packet", "output_packet"].map(|field| bytes(case, field));
    if plain.len() > wire.len() {
        std::mem::swap(&mut plain, &mut wire);
    }
    let ssrc = u32::from_be_bytes(plain[4..8].try_into().unwrap());
    let encrypted = !case["operation"].as_str().unwrap().ends_with("only");
    let word = RtcpWord { encrypted, index: case["srtcp_index"].as_u64().unwrap() };
    let transform = Transform::Gcm(gcm(case));
    let mut packet = plain.clone();
    transform.seal_rtcp(ssrc, word, &mut packet, 0);
    assert_eq!(packet, wire, "{}", case["id"]);
    assert_eq!(transform.rtcp_word(&wire), Some(word));
    let mut altered = wire.clone();
    altered[4] ^= 1;
    assert_eq!(transform.open_rtcp(ssrc, word, &mut altered), None);
    assert_eq!(transform.open_rtcp(ssrc, word, &mut wire), Some(plain.len()), "{}", case["id"]);
    assert_eq!(wire[..plain.len()], plain);
}

//~ covers 7714-8.1-a, 7714-8.2-a, 7714-9.1-a, 7714-9.2-a, 7714-9.3-a, 7714-9.3-a neg, 7714-13.2-a
#[test]
fn all_twelve_packets_of_rfc_7714_are_sealed_and_opened() {
    let cases = cases(include_str!("../../tests/vectors/srtp_rfc7714.json"));
    let (rtcp, rtp): (Vec<_>, Vec<_>) = cases.iter().partition(|case| case.get("srtcp_index").is_some());
    assert_eq!((rtp.len(), rtcp.len()), (8, 4));
    rtp.into_iter().for_each(rtp_case);
    rtcp.into_iter().for_each(rtcp_case);
}

/// Counter mode over zeros gives the key stream of the packet with SSRC and index zero.
fn key_stream(case: &Value) {
    let (key, salt) = (bytes(case, "session_key"), bytes(case, "session_salt"));
    let cm = AesCm::new(&ring::provider(), &key, &[0; 20], &salt, 10).unwrap();
    let id = PacketId { ssrc: 0, index: 0 };
    let mut stream = vec![0; 16 * 0xff02];
    cm.seal_rtp(id, Region { from: 0, csrcs: 0 }, &mut stream, 0);
    let blocks = case["blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), 6);
    for block in blocks {
        let counter = bytes(block, "counter");
        let at = 16 * usize::from(u16::from_be_bytes(counter[14..].try_into().unwrap()));
        assert_eq!(counter[..14], salt);
        assert_eq!(stream[at..at + 16], bytes(block, "keystream"), "{} at {at}", case["id"]);
    }
}

//~ covers 3711-4.1.1-a, 6188-2-a
#[test]
fn the_key_streams_of_rfc_3711_and_6188_come_out() {
    let files = [
        include_str!("../../tests/vectors/srtp_rfc3711.json"),
        include_str!("../../tests/vectors/srtp_rfc6188.json"),
    ];
    let all: Vec<Value> = files.into_iter().flat_map(cases).collect();
    let streams: Vec<_> = all.iter().filter(|case| case["kind"] == "keystream").collect();
    assert_eq!(streams.len(), 3);
    streams.into_iter().for_each(key_stream);
    // What stands in these files and is not run: the f8 mode, which WebRTC does not use.
    let others = all.iter().filter(|case| case["kind"] != "keystream" && case["kind"] != "kdf");
    assert_eq!(others.map(|case| case["id"].as_str().unwrap()).collect::<Vec<_>>(), ["rfc3711-b1-f8"]);
}

//~ covers 3711-4.1.1-b
#[test]
fn ssrc_and_index_have_their_places_in_the_counter() {
    let id = PacketId { ssrc: 0x0102_0304, index: 0x0a0b_0c0d_0e0f };
    let expected = [0, 0, 0, 0, 1, 2, 3, 4, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0, 0];
    assert_eq!(counter(&[0; 14], id), expected);
    assert_eq!(counter(&[0xff; 14], id)[..14], expected.map(|byte: u8| !byte)[..14]);
}
