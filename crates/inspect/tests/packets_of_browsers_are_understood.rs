//! What Chromium and Firefox really sent, replayed without them: every packet reads to its end, and each machine that meets
//! one takes it as it should. The facts that are asserted were measured with other tools.

use std::path::Path;
use std::sync::Arc;

use limpid_crypto::{Random, ring};
use limpid_dtls::{Config, Endpoint, Identity};
use limpid_inspect::describe;
use limpid_sansio::{Instant, Machine};
use limpid_sctp::{Association, Inbound};
use limpid_sdp::{SessionDescription, jsep};

struct Captured {
    offer: String,
    packets: Vec<(String, Vec<u8>)>,
}

impl Captured {
    fn read(browser: &str) -> Captured {
        let file = format!("../../interop-tests/captures/{browser}.txt");
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("a capture");
        let mut captured = Captured { offer: String::new(), packets: Vec::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (layer, hex) = line.split_once(' ').expect("a layer and hex");
            let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("hex"));
            let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect();
            match layer {
                "sdp" => captured.offer = String::from_utf8(bytes).expect("text"),
                _ => captured.packets.push((layer.to_owned(), bytes)),
            }
        }
        captured
    }

    fn of(&self, layer: &str) -> impl Iterator<Item = &Vec<u8>> {
        self.packets.iter().filter(move |packet| packet.0 == layer).map(|packet| &packet.1)
    }
}

const BROWSERS: [&str; 2] = ["chromium", "firefox"];

#[test]
fn every_packet_reads_to_its_end() {
    for browser in BROWSERS {
        let captured = Captured::read(browser);
        for (layer, bytes) in &captured.packets {
            let described = match layer.as_str() {
                "stun" => describe::stun(bytes),
                "dtls" => describe::dtls(bytes),
                "sctp" => describe::sctp(bytes),
                other => panic!("no layer is called {other}"),
            };
            if let Err((node, fault)) = described {
                panic!("{browser}: {fault}\n{node}");
            }
        }
        for layer in ["stun", "dtls", "sctp"] {
            assert!(captured.of(layer).count() >= 2, "{browser} sent {layer}");
        }
    }
}

#[test]
fn a_hello_of_two_datagrams_that_offers_1_3_and_post_quantum_shares_is_answered_with_1_2() {
    for browser in BROWSERS {
        let captured = Captured::read(browser);
        let provider = ring::provider();
        let identity =
            Identity::generate(&provider, &mut Random::from_seed([1; 32]), 1_790_000_000).expect("one");
        let mut server = Endpoint::server(Config::new(provider, [2; 32], Arc::new(identity)), Instant::ZERO);
        let (mut out, mut fed) = (Vec::new(), 0);
        for datagram in captured.of("dtls").take(2) {
            assert!(
                server.poll_transmit(Instant::ZERO, &mut out).is_none(),
                "{browser}: half a hello is no hello"
            );
            let mut datagram = datagram.clone();
            let mut rest = &mut datagram[..];
            while !rest.is_empty() {
                rest = server.handle_input(Instant::ZERO, rest).expect("a hello").rest;
            }
            fed += 1;
        }
        assert_eq!(fed, 2);
        assert!(server.poll_transmit(Instant::ZERO, &mut out).is_some(), "{browser} is answered");
        let tree = describe::dtls(&out).unwrap_or_else(|(node, fault)| panic!("{fault}\n{node}")).to_string();
        assert!(tree.contains("ServerHello") || tree.contains("server_hello"), "{tree}");
    }
}

#[test]
fn the_first_packet_of_sctp_says_what_was_measured_and_is_answered() {
    for (browser, window) in [("chromium", 5_242_880_u32), ("firefox", 16_777_216)] {
        let captured = Captured::read(browser);
        let init = captured.of("sctp").find(|packet| packet[12] == 1).expect("an INIT");
        // Common header 12, chunk header 4, initiate tag 4: then a_rwnd, outbound and inbound streams.
        assert_eq!(init[20..24], window.to_be_bytes(), "{browser}");
        assert_eq!(init[24..28], [0xff; 4], "{browser}");
        let has = |parameter: [u8; 2]| init[32..].chunks(4).any(|word| word[..2] == parameter);
        assert!(has([0xc0, 0x00]) && has([0x80, 0x08]), "{browser}: FORWARD-TSN and supported extensions");
        let config = limpid_sctp::Config::new(ring::provider(), [3; 32]);
        let mut association = Association::new(config, Instant::ZERO);
        association.handle_input(Instant::ZERO, Inbound { ecn: None, bytes: init }).expect("an INIT");
        let mut out = Vec::new();
        assert!(association.poll_transmit(Instant::ZERO, &mut out).is_some());
        assert_eq!(out[12], 2, "{browser} gets an INIT ACK");
        assert_eq!(out[4..8], init[16..20], "under the tag that it chose");
    }
}

#[test]
fn the_offer_is_written_back_byte_for_byte_and_answered() {
    for browser in BROWSERS {
        let captured = Captured::read(browser);
        let offer = SessionDescription::parse(&captured.offer).expect("an offer");
        assert_eq!(offer.to_string(), captured.offer);
        let remote = jsep::read(&offer).expect("a description");
        assert_eq!(remote.data.expect("a data section").sctp_port, 5000);
        assert_eq!(remote.transport.expect("a transport").setup, jsep::Setup::Active);
        let fingerprints = ["sha-256 00:11".to_owned()];
        let local = jsep::Local {
            session_id: 1,
            session_version: 1,
            ufrag: "abcd",
            pwd: "abcdefghijklmnopqrstuv",
            ice_options: "trickle",
            fingerprints: &fingerprints,
            setup: jsep::Setup::Actpass,
            candidates: &[],
            end_of_candidates: false,
            sctp_port: 5000,
            max_message_size: 65_536,
            data_mid: None,
            media: &[],
            bundle_policy: jsep::BundlePolicy::Balanced,
        };
        let answer = jsep::answer(&local, &offer).expect("an answer");
        assert!(jsep::check_answer(&offer, &answer).is_ok());
        assert!(answer.to_string().contains("a=setup:passive\r\n"));
    }
}
