//! Trees of well-formed packets: every bit is told once, and what is told is what others print about the same bytes.
#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;

use common::*;
use limpid_inspect::{Layer, Node, describe, describe_datagram};
use limpid_sansio::wire::Writer;
use limpid_sctp::chunk::{self, Cause, CauseCode, ChunkType, Heartbeat, Reconfig};

fn stun_vectors() -> Vec<(String, Vec<u8>)> {
    let file: serde_json::Value = serde_json::from_str(&vector("stun_rfc5769.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_string();
    cases.iter().map(|case| (text(&case["id"]), hex(&text(&case["message_hex"])))).collect()
}

#[test]
fn stun_as_rfc_5769_prints_it() {
    let vectors = stun_vectors();
    assert_eq!(vectors.len(), 4);
    for (id, bytes) in &vectors {
        let tree = describe::stun(bytes).unwrap_or_else(|(tree, error)| panic!("{id}: {error}\n{tree}"));
        assert_tiles(&tree, bytes.len() * 8);
        assert_eq!(describe_datagram(bytes), tree, "the first byte says that it is STUN");
    }
    let request = describe::stun(&vectors[0].1).unwrap();
    let value =
        |tree: &Node, path: [&str; 2]| tree.find(path[0]).unwrap().find(path[1]).unwrap().value.clone();
    assert_eq!(request.text, "Binding request, checks this pair");
    assert_eq!(value(&request, ["USERNAME", "value"]), "\"evtj:h6vY\"");
    assert_eq!(value(&request, ["SOFTWARE", "value"]), "\"STUN test client\"");
    assert_eq!(value(&request, ["PRIORITY", "value"]), "1845494271");
    assert_eq!(request.find("FINGERPRINT").unwrap().text, "matches");
    assert_eq!(request.find("transaction ID").unwrap().bits, (64, 160));
    let [v4, v6] = [1, 2].map(|index| describe::stun(&vectors[index].1).unwrap());
    assert_eq!(v4.find("XOR-MAPPED-ADDRESS").unwrap().text, "the request came from 192.0.2.1:32853");
    assert_eq!(
        v6.find("XOR-MAPPED-ADDRESS").unwrap().text,
        "the request came from [2001:db8:1234:5678:11:2233:4455:6677]:32853"
    );
}

#[test]
fn dtls_as_openssl_speaks_it() {
    let packets = openssl_handshake();
    let texts: Vec<String> = packets
        .iter()
        .map(|(_, _, bytes)| {
            let tree = describe::dtls(bytes).unwrap_or_else(|(tree, error)| panic!("{error}\n{tree}"));
            assert_tiles(&tree, bytes.len() * 8);
            tree.text.into_owned()
        })
        .collect();
    // The order of flights in RFC 6347 §4.2.4, figure 1.
    let order = [
        "ClientHello",
        "HelloVerifyRequest",
        "ClientHello (with cookie)",
        "ServerHello (",
        "ServerKeyExchange",
    ];
    for (text, begin) in texts.iter().zip(order) {
        assert!(text.starts_with(begin), "{text}");
    }
    assert!(texts.last().unwrap().starts_with("encrypted alert"), "{texts:?}");
    // As `openssl s_client` was told to offer and negotiate.
    let server_hello = describe::dtls(&packets[3].2).unwrap();
    assert_eq!(server_hello.find("cipher_suite").unwrap().text, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    assert_eq!(server_hello.find("profile").unwrap().text, "SRTP_AES128_CM_HMAC_SHA1_80");
}

#[test]
fn an_opened_record_shows_its_plaintext_where_its_ciphertext_stands() {
    // AES-GCM: 13 bytes of header, 8 of nonce, the ciphertext, 16 of tag.
    let packet = init();
    let mut record = hex("17fefd 0001 000000000005");
    record.extend_from_slice(&((8 + packet.len() + 16) as u16).to_be_bytes());
    record.extend_from_slice(&vec![0xee; 8 + packet.len() + 16]);
    let tree = describe::dtls_opened(&record, &[&packet]).unwrap();
    assert_tiles(&tree, record.len() * 8);
    let chunk = tree.find("INIT").unwrap();
    assert_eq!(chunk.bits.0, (13 + 8 + 12) * 8);
    assert_eq!(chunk.find("initiate tag").unwrap().value, "0x896cdd1d");
    assert_eq!(tree.find("tag").unwrap().bytes(), record.len() - 16..record.len());
    let (_, error) = describe::dtls_opened(&record, &[&vec![0; record.len()]]).unwrap_err();
    assert_eq!(error.field, "plaintext");
}

#[test]
fn sctp_with_every_kind_of_chunk() {
    let packet = sctp_packet(0x0102_0304, |writer: &mut Writer<'_>| {
        // SACK up to TSN 7, window 1000, a gap block from 2 to 3, TSN 9 twice (RFC 9260 §3.3.4).
        writer.bytes(&hex("03000018 00000007 000003e8 0001 0001 00020003 00000009"));
        Heartbeat { info: b"12345" }.write(writer, ChunkType::HEARTBEAT);
        chunk::write_cookie_echo(writer, b"cookie");
        chunk::write_cookie_ack(writer);
        chunk::write_error(writer, &Cause { code: CauseCode::STALE_COOKIE, value: &[0, 0, 0, 9] });
        chunk::write_reconfig(
            writer,
            &[Reconfig::OutgoingReset { request: 5, response: 6, last_tsn: 7, streams: &[0, 1, 0, 3] }],
        );
        chunk::ForwardTsn::write(writer, 77, &[(1, 2)]);
        // PAD (RFC 4820), an unknown chunk, then the ones that end an association.
        writer.bytes(&hex("84000008 00000000 3f000005 aa000000"));
        chunk::Shutdown { cumulative_tsn_ack: 8 }.write(writer);
        chunk::write_shutdown_ack(writer);
        chunk::write_shutdown_complete(writer, false);
        chunk::write_abort(writer, true, Some(&Cause { code: CauseCode::USER_ABORT, value: b"bye" }));
    });
    let tree = describe::sctp(&packet).unwrap_or_else(|(tree, error)| panic!("{error}\n{tree}"));
    assert_tiles(&tree, packet.len() * 8);
    let chunks: Vec<&str> = tree
        .children
        .iter()
        .filter(|node| node.find("chunk type").is_some())
        .map(|node| &*node.name)
        .collect();
    assert_eq!(
        chunks,
        [
            "SACK",
            "HEARTBEAT",
            "COOKIE ECHO",
            "COOKIE ACK",
            "ERROR",
            "RE-CONFIG",
            "FORWARD TSN",
            "PAD",
            "unknown chunk",
            "SHUTDOWN",
            "SHUTDOWN ACK",
            "SHUTDOWN COMPLETE",
            "ABORT"
        ]
    );
    assert_eq!(tree.find("gap ack block").unwrap().text, "TSN 9 to 10 have arrived");
    assert_eq!(
        tree.find("Outgoing SSN Reset Request").unwrap().text,
        "request 5: the sender resets stream 1, 3"
    );
    assert_eq!(
        tree.find("User-Initiated Abort").or(tree.find("User Initiated Abort")).unwrap().text,
        "\"bye\""
    );
    assert_eq!(tree.find("checksum").unwrap().text, "CRC32c: matches");
}

#[test]
fn the_init_that_a_draft_prints() {
    let tree = describe::sctp(&init()).unwrap();
    assert_tiles(&tree, init().len() * 8);
    // Values as draft-hancke-tsvwg-snap lists them beside the bytes.
    let value = |name: &str| tree.find(name).unwrap().value.as_str();
    assert_eq!(value("advertised receiver window credit"), "5242880");
    assert_eq!(value("initial TSN"), 0xe079_651d_u32.to_string());
    assert_eq!(value("number of outbound streams"), "65535");
    assert_eq!(tree.find("Supported Extensions").unwrap().text, "takes RE-CONFIG, FORWARD TSN");
}

#[test]
fn a_data_channel_opens_inside_a_data_chunk() {
    let packet = data(1, 50, &dcep_open());
    let tree = describe::sctp(&packet).unwrap();
    assert_tiles(&tree, packet.len() * 8);
    let open = tree.find("DCEP message").unwrap();
    assert_eq!(open.text, "DATA_CHANNEL_OPEN \"chat\", ordered, reliable");
    assert_eq!(open.layer, Some(Layer::Data));
    assert_eq!(open.find("label").unwrap().bytes(), 12 + 16 + 12..12 + 16 + 16);
    assert_eq!(describe::dcep(&[2]).unwrap().text, "DATA_CHANNEL_ACK");
}

#[test]
fn a_candidate_as_rfc_8839_writes_it() {
    let line = "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998";
    let tree = describe::candidate(line).unwrap();
    assert_nests(&tree);
    assert_eq!(tree.text, "server-reflexive: udp 192.0.2.3:45664");
    // RFC 8445 §5.1.2.1 and §5.1.2.2: 100 for server-reflexive, the highest local preference, 256 - 1.
    assert_eq!(100 << 24 | 65_535 << 8 | (256 - 1), 1_694_498_815);
    assert_eq!(
        tree.find("priority").unwrap().text,
        "type preference 100, local preference 65535, component 1"
    );
    for word in tree.children.iter().skip(1) {
        assert_eq!(&line[word.bytes()], word.value, "{} stands where it says", word.name);
    }
}

#[test]
fn descriptions_of_browsers_line_by_line() {
    for name in
        ["chromium-data-only-offer.sdp", "firefox-data-only-offer.sdp", "chromium-simulcast-offer.sdp"]
    {
        let text = vector(name);
        let tree = describe::sdp(&text).unwrap_or_else(|(tree, error)| panic!("{name}: {error}\n{tree}"));
        assert_nests(&tree);
        let mut lines = text.lines();
        let mut check = |node: &Node| {
            let line = &text[node.bytes()];
            assert_eq!(Some(line), lines.next(), "{name}: {}", node.name);
            assert!(line.starts_with(&*node.name), "{name}: {line} is named {}", node.name);
        };
        for node in &tree.children {
            match &*node.name {
                "media section" => node.children.iter().for_each(&mut check),
                _ => check(node),
            }
        }
        assert_eq!(lines.next(), None, "{name}: every line is told");
    }
    let tree = describe::sdp(&vector("firefox-data-only-offer.sdp")).unwrap();
    assert_eq!(tree.text, "1 section: data");
}

#[test]
fn what_belongs_to_no_layer_here_is_a_leaf() {
    let channel = describe_datagram(&hex("4000000412345678"));
    assert_eq!((&*channel.name, channel.layer), ("TURN ChannelData", Some(Layer::Turn)));
    assert_eq!(describe_datagram(&[]).name, "datagram");
    assert_eq!(describe_datagram(&[0xff]).layer, None);
}
