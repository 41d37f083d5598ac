//! Captures, as a stock tshark reads them: nothing malformed, DTLS decrypted by the keys inside, SCTP on its own interface,
//! and the same fields that our trees tell.
#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;

use std::time::Duration;

use common::*;
use limpid_inspect::keylog::KeyLog;
use limpid_inspect::pcap::{Options, Packet, Writer};
use limpid_inspect::{Node, describe};
use limpid_sansio::{Direction, Instant, Path};

/// A whole connection: STUN, a DTLS handshake and its end on the wire, the first packets of an association within.
fn capture(keys: Option<&KeyLog>) -> Vec<u8> {
    let names = [(path().local.ip(), "alice.example"), (path().remote.ip(), "bob.example")];
    let epoch = Duration::new(1_790_000_000, 123);
    let options = Options { epoch, keys, names: &names, comment: "a test" };
    let mut writer = Writer::new(Vec::new(), &options).unwrap();
    let stun: serde_json::Value = serde_json::from_str(&vector("stun_rfc5769.json")).unwrap();
    let stun = [0, 1].map(|index| hex(stun["cases"][index]["message_hex"].as_str().unwrap()));
    for (bytes, direction) in stun.iter().zip([Direction::Out, Direction::In]) {
        let at = Instant::from_nanos(1);
        writer.wire(&Packet { at, path: path(), direction, bytes, comment: "connectivity check" }).unwrap();
    }
    for (at, direction, bytes) in openssl_handshake() {
        writer.wire(&Packet { at, path: path(), direction, bytes: &bytes, comment: "" }).unwrap();
    }
    for (direction, bytes) in association() {
        let at = Instant::from_millis(3000);
        writer.sctp(&Packet { at, path: path(), direction, bytes: &bytes, comment: "within DTLS" }).unwrap();
    }
    writer.into_inner()
}

fn keys() -> KeyLog {
    let mut keys = KeyLog::default();
    vector("openssl_dtls12.keylog").lines().for_each(|line| keys.push(line.as_bytes()).unwrap());
    keys
}

#[test]
fn nothing_is_malformed_and_init_dcep_open_and_data_are_listed() {
    let file = TempFile::new("whole.pcapng", &capture(Some(&keys())));
    let Some(listing) = tshark(&["-r", file.path()]) else { return };
    for what in
        ["INIT", "COOKIE_ECHO", "DATA_CHANNEL_OPEN", "DATA (TSN", "SACK", "Binding Request", "Client Hello"]
    {
        assert!(listing.to_ascii_uppercase().contains(&what.to_ascii_uppercase()), "{what} in\n{listing}");
    }
    let bad = "_ws.malformed || _ws.expert.severity == error || ip.checksum.status == 0 || udp.checksum.status == 0";
    let check =
        ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "sctp.checksum:CRC 32c"];
    let found = tshark(&[&["-r", file.path(), "-Y", bad][..], &check].concat()).unwrap();
    assert_eq!(found, "", "packets that tshark finds fault with");
    let sctp =
        tshark(&[&["-r", file.path(), "-Y", "sctp.checksum.status == 1"][..], &check].concat()).unwrap();
    assert_eq!(sctp.lines().count(), association().len(), "checksums that hold");
}

#[test]
fn the_keys_inside_decrypt() {
    // Finished, the alerts and what `echo hello` sent are readable only to who has the keys.
    let read = |keys: Option<&KeyLog>, name: &str| {
        let file = TempFile::new(name, &capture(keys));
        let filter = "dtls && (dtls.handshake.verify_data || dtls.alert_message.desc == 0 || data.data)";
        let fields = ["-e", "dtls.handshake.verify_data", "-e", "dtls.alert_message.desc", "-e", "data.data"];
        tshark(&[&["-r", file.path(), "-Y", filter, "-T", "fields"][..], &fields].concat())
    };
    let Some(with) = read(Some(&keys()), "keys.pcapng") else { return };
    let words: Vec<&str> = with.split_whitespace().collect();
    assert!(words.contains(&"68656c6c6f0a"), "the line \"hello\" in {with:?}");
    assert_eq!(words.iter().filter(|word| **word == "0").count(), 2, "both close_notify alerts in {with:?}");
    assert_eq!(read(None, "no-keys.pcapng").as_deref(), Some(""), "without keys none of it");
}

#[test]
fn interfaces_times_directions_and_comments_arrive() {
    let file = TempFile::new("meta.pcapng", &capture(None));
    let fields = ["frame.interface_name", "frame.time_epoch", "frame.comment", "ip.src", "ip.dst"];
    let select: Vec<&str> = fields.iter().flat_map(|field| ["-e", field]).collect();
    let arguments = [&["-r", file.path(), "-T", "fields", "-E", "separator=|"][..], &select].concat();
    let Some(table) = tshark(&arguments) else { return };
    let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split('|').collect()).collect();
    assert_eq!(rows.len(), 2 + openssl_handshake().len() + association().len());
    assert_eq!(rows[0], ["wire", "1790000000.000000124", "connectivity check", "192.0.2.1", "198.51.100.7"]);
    assert_eq!(rows[1][3..], ["198.51.100.7", "192.0.2.1"], "the second came in");
    let last = rows.last().unwrap();
    assert_eq!(last[..3], ["sctp", "1790000003.000000123", "within DTLS"]);
    let names = tshark(&["-r", file.path(), "-N", "n", "-T", "fields", "-e", "ip.src_host"]).unwrap();
    assert!(names.contains("alice.example"), "{names}");
}

#[test]
fn ipv6_is_as_good() {
    let address = |text: &str| text.parse().unwrap();
    let path = Path::udp(address("[2001:db8::1]:4000"), address("[2001:db8::2]:5000"));
    let mut writer = Writer::new(Vec::new(), &Options::default()).unwrap();
    let hello = &openssl_handshake()[0].2;
    let packet = Packet { at: Instant::ZERO, path, direction: Direction::Out, bytes: hello, comment: "" };
    writer.wire(&packet).unwrap();
    writer.sctp(&Packet { bytes: &init(), ..packet }).unwrap();
    let file = TempFile::new("v6.pcapng", &writer.into_inner());
    let check = [
        "-o",
        "udp.check_checksum:TRUE",
        "-T",
        "fields",
        "-e",
        "ipv6.dst",
        "-e",
        "udp.checksum.status",
        "-e",
        "sctp.chunk_type",
    ];
    let Some(table) = tshark(&[&["-r", file.path()][..], &check].concat()) else { return };
    assert_eq!(table, "2001:db8::2\t1\t\n2001:db8::2\t\t1\n");
}

/// The value of a field as a number.
fn number(word: &str) -> u64 {
    match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => word.parse().unwrap(),
    }
}

/// The values that our trees give for a field.
fn told(trees: &[Node], field: &str) -> Vec<u64> {
    trees.iter().flat_map(|tree| tree.find_all(field)).map(|node| number(&node.value)).collect()
}

#[test]
fn our_trees_and_tshark_tell_the_same() {
    let file = TempFile::new("same.pcapng", &capture(None));
    let dtls: Vec<Node> =
        openssl_handshake().iter().map(|(_, _, bytes)| describe::dtls(bytes).unwrap()).collect();
    let sctp: Vec<Node> = association().iter().map(|(_, bytes)| describe::sctp(bytes).unwrap()).collect();
    // Every vector has a length; the record's is the fifth field of its header.
    let records = dtls.iter().flat_map(|tree| &tree.children);
    let lengths = records.map(|record| number(&record.children[4].value)).collect();
    let columns = [
        ("dtls.record.length", lengths),
        ("dtls.record.sequence_number", told(&dtls, "sequence_number")),
        ("dtls.handshake.ciphersuite", told(&dtls, "cipher_suite")),
        ("dtls.handshake.extension.type", told(&dtls, "extension_type")),
        ("dtls.handshake.message_seq", told(&dtls, "message_seq")),
        ("sctp.chunk_type", told(&sctp, "chunk type")),
        ("sctp.chunk_length", told(&sctp, "chunk length")),
        ("sctp.verification_tag", told(&sctp, "verification tag")),
        ("sctp.parameter_type", told(&sctp, "parameter type")),
        ("sctp.data_tsn_raw", told(&sctp, "TSN")),
    ];
    let select: Vec<&str> = columns.iter().flat_map(|column| ["-e", column.0]).collect();
    let Some(table) = tshark(&[&["-r", file.path(), "-T", "fields"][..], &select].concat()) else { return };
    for (index, (field, ours)) in columns.iter().enumerate() {
        let cells = table.lines().filter_map(|row| row.split('\t').nth(index));
        let theirs: Vec<u64> =
            cells.flat_map(|cell| cell.split(',')).filter(|word| !word.is_empty()).map(number).collect();
        assert!(!ours.is_empty(), "{field}");
        assert_eq!(*ours, theirs, "{field}");
    }
}
