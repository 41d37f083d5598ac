//! Loss × delay, over the simulated network: every handshake completes, in a time that follows from timers and round trips.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{fingerprint, null_config};
use limpid_dtls::{Config, Endpoint, Error};
use limpid_netsim::{Link, Pair, Reterminate, Side, matrix};
use limpid_sansio::{Instant, Machine};

fn feed(endpoint: &mut Endpoint, now: Instant, mut bytes: &mut [u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        bytes = endpoint.handle_input(now, bytes)?.rest;
    }
    Ok(())
}

fn ends(seed: u8) -> (Endpoint, Endpoint) {
    let patient = |config: Config| Config { mtu: 600, give_up_after: Duration::from_secs(3600), ..config };
    let (client, server) = (patient(null_config(seed)), patient(null_config(seed ^ 0x80)));
    let (of_client, of_server) = (fingerprint(&client), fingerprint(&server));
    let mut client = Endpoint::client(client, Instant::ZERO);
    let mut server = Endpoint::server(server, Instant::ZERO);
    client.expect_fingerprints(Instant::ZERO, &[of_server]).unwrap();
    server.expect_fingerprints(Instant::ZERO, &[of_client]).unwrap();
    (client, server)
}

/// How long it takes until both ends are connected.
fn time_to_connect(seed: u8, link: Link) -> Duration {
    let (client, server) = ends(seed);
    let mut pair = Pair::new(seed.into(), link, client, feed, server, feed);
    let connected = pair.run_until(Duration::from_secs(1800), |pair| {
        pair.a.machine.is_connected() && pair.b.machine.is_connected()
    });
    assert!(connected && pair.a.error.is_none() && pair.b.error.is_none(), "seed {seed} {link:?}");
    pair.now().since(Instant::ZERO)
}

//~ covers 6347-4.2.4-a, 6347-4.2.4-d
#[test]
fn median_and_worst_of_forty_handshakes() {
    let (losses, delays) = ([0, 5, 10, 20, 30], [5u64, 50, 200]);
    let table = matrix(
        "loss \\ delay",
        &losses.map(|loss| format!("{loss}%")),
        &delays.map(|ms| format!("{ms}ms")),
        |loss, delay| {
            let loss: f64 = loss.trim_end_matches('%').parse().unwrap();
            let delay: u64 = delay.trim_end_matches("ms").parse().unwrap();
            let link = Link::millis(delay)
                .loss(loss / 100.0)
                .reorder(loss / 200.0, Duration::from_millis(delay))
                .duplicate(loss / 200.0);
            let mut times: Vec<Duration> = (0..40).map(|seed| time_to_connect(seed, link)).collect();
            times.sort();
            let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
            let trips = Duration::from_millis(4 * delay);
            match loss as u32 {
                // Nothing is lost: four flights, and not a moment more.
                0 => assert_eq!((times[0], worst), (trips, trips)),
                // Most handshakes lose nothing that matters, or one flight.
                5 | 10 => assert!(median <= trips + Duration::from_secs(1), "{median:?}"),
                _ => assert!(median <= trips + Duration::from_secs(8), "{median:?}"),
            }
            format!("{:.1}s {:.1}s", median.as_secs_f64(), worst.as_secs_f64())
        },
    );
    assert_eq!(table.lines().count(), 1 + losses.len(), "\n{table}");
}

//~ covers 8122-6.2-e neg
#[test]
fn a_man_in_the_middle_with_certificates_of_his_own_is_found_out_by_both() {
    let (client, server) = ends(1);
    let mut faces_client = Endpoint::server(null_config(50), Instant::ZERO);
    let mut faces_server = Endpoint::client(null_config(60), Instant::ZERO);
    faces_client.accept_any_peer(Instant::ZERO);
    faces_server.accept_any_peer(Instant::ZERO);
    let mut pair = Pair::new(1, Link::millis(10), client, feed, server, feed);
    let whose = |packet: &limpid_netsim::Packet| {
        Some(if packet.from == Side::Left.address() { Side::Left } else { Side::Right })
    };
    pair.stand_between(Reterminate::new(whose, faces_client, feed, faces_server, feed, |_, _, _| ()));
    let both =
        pair.run_until(Duration::from_secs(30), |pair| pair.a.error.is_some() && pair.b.error.is_some());
    assert!(both, "{:?} {:?}", pair.a.error, pair.b.error);
    assert_eq!(pair.a.error, Some(Error::FingerprintMismatch));
    assert_eq!(pair.b.error, Some(Error::FingerprintMismatch));
    assert!(!pair.a.machine.is_connected() && !pair.b.machine.is_connected());
}
