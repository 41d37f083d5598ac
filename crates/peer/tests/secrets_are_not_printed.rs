//! What is printed while looking for a fault holds nothing that lets a reader foresee keys or take part.

mod common;

use common::config;
use limpid_peer::Peer;
use limpid_sansio::Instant;

#[test]
fn neither_a_config_nor_a_peer_prints_its_seed() {
    let config = config(limpid_crypto::null::provider(), [0xc5; 32]);
    let peer = Peer::new(config.clone(), Instant::ZERO);
    assert!(format!("{config:?}").contains("receive_window"), "the settings are there");
    for printed in [format!("{config:?}"), format!("{config:x?}"), format!("{peer:?}")] {
        assert!(!printed.contains("197, 197") && !printed.contains("c5, c5"), "{printed}");
    }
}
