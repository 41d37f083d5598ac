//! Our own DTLS endpoints with real cryptography: tshark decrypts what they sent, by the key log that they gave.
#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;

use std::sync::Arc;

use common::*;
use limpid_crypto::{Random, ring};
use limpid_dtls::{Config, Endpoint, Identity};
use limpid_inspect::describe;
use limpid_inspect::keylog::KeyLog;
use limpid_inspect::pcap::{Options, Packet, Writer};
use limpid_sansio::{Direction, Instant, Machine};

const NOW: Instant = Instant::from_millis(1);

fn config(seed: u8) -> Config {
    let provider = ring::provider();
    let identity = Identity::generate(&provider, &mut Random::from_seed([seed; 32]), 1_790_000_000).unwrap();
    Config { key_log: true, ..Config::new(provider, [seed; 32], Arc::new(identity)) }
}

/// Sends all that `from` has to `to`.
fn carry(from: &mut Endpoint, to: &mut Endpoint, direction: Direction, wire: &mut Vec<(Direction, Vec<u8>)>) {
    let mut out = Vec::new();
    while from.poll_transmit(NOW, &mut out).is_some() {
        wire.push((direction, out.clone()));
        let mut rest = &mut out[..];
        while !rest.is_empty() {
            rest = to.handle_input(NOW, rest).unwrap().rest;
        }
        out.clear();
    }
}

#[test]
fn a_handshake_and_a_record_with_sctp() {
    let mut client = Endpoint::client(config(1), NOW);
    let mut server = Endpoint::server(config(2), NOW);
    client.accept_any_peer(NOW);
    server.accept_any_peer(NOW);
    let mut wire = Vec::new();
    for _ in 0..4 {
        carry(&mut client, &mut server, Direction::Out, &mut wire);
        carry(&mut server, &mut client, Direction::In, &mut wire);
    }
    assert!(client.is_connected() && server.is_connected());
    let mut sealed = Vec::new();
    let record = client.begin(&mut sealed);
    sealed.extend_from_slice(&init());
    client.seal(&mut sealed, record);
    wire.push((Direction::Out, sealed));

    // Our tree of the record, with the plaintext that we know.
    let tree = describe::dtls_opened(&wire.last().unwrap().1, &[&init()]).unwrap();
    assert_tiles(&tree, wire.last().unwrap().1.len() * 8);
    assert_eq!(tree.find("initiate tag").unwrap().value, "0x896cdd1d");
    for (_, bytes) in &wire {
        assert_tiles(&describe::dtls(bytes).unwrap(), bytes.len() * 8);
    }

    let mut keys = KeyLog::default();
    keys.push(&client.key_log_line().unwrap()).unwrap();
    let options = Options { keys: Some(&keys), ..Options::default() };
    let mut writer = Writer::new(Vec::new(), &options).unwrap();
    for (direction, bytes) in &wire {
        writer.wire(&Packet { at: NOW, path: path(), direction: *direction, bytes, comment: "" }).unwrap();
    }
    let file = TempFile::new("live.SECRET.pcapng", &writer.into_inner());
    let Some(finished) = tshark(&["-r", file.path(), "-Y", "dtls.handshake.verify_data"]) else { return };
    assert_eq!(finished.lines().count(), 2, "tshark decrypted both Finished:\n{finished}");
    let fields = ["-T", "fields", "-e", "data.data"];
    let content = tshark(&[&["-r", file.path(), "-Y", "dtls.app_data"][..], &fields].concat()).unwrap();
    // Plain bytes to tshark, which is why captures have a second interface.
    let packet: String = init().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(content.trim(), packet, "tshark decrypted the record");
    let bad = tshark(&["-r", file.path(), "-Y", "_ws.malformed || _ws.expert.severity == error"]).unwrap();
    assert_eq!(bad, "");
}
