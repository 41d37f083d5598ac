//! What is printed while looking for a fault holds nothing that lets a reader forge a cookie or foresee a tag.

use limpid_crypto::null;
use limpid_sansio::Instant;
use limpid_sctp::{Association, Config};

#[test]
fn neither_a_config_nor_an_association_prints_its_seed() {
    let config = Config::new(null::provider(), [0xc5; 32]);
    let association = Association::new(config.clone(), Instant::ZERO);
    for printed in [format!("{config:?}"), format!("{config:x?}"), format!("{association:?}")] {
        assert!(printed.contains("receive_window"), "the settings are there: {printed}");
        assert!(!printed.contains("197, 197") && !printed.contains("c5, c5"), "{printed}");
    }
}
