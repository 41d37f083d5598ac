//! What `send` and `receive` have in common: meeting the other side, and telling people how it goes.

pub(crate) mod aside;
pub(crate) mod meeting;
pub(crate) mod progress;
pub(crate) mod seat;

use std::io::IsTerminal;

use limpid::{ConnectionState, Event, PeerConnection};
use limpid_app::share::tree::Hash;

/// Waits until a connection is beyond hope: its path has been silent for longer than consent lasts, or it has ended.
pub(crate) async fn lost(connection: &PeerConnection) {
    loop {
        match connection.next_event().await {
            Some(Event::ConnectionStateChanged(ConnectionState::Failed)) | None => return,
            Some(_) => {}
        }
    }
}

/// `sha256t:HEX`.
pub(crate) fn hash_text(hash: &Hash) -> String {
    format!("sha256t:{}", limpid_app::share::message::to_hex(hash))
}

/// Whether a person reads standard error.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Sizes for people: three digits and a unit.
pub(crate) fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB"] {
        if value < 1000.0 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    if unit == "B" || value >= 100.0 { format!("{value:.0} {unit}") } else { format!("{value:.2} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_280), "1.28 kB");
        assert_eq!(size(3_100_000_000), "3.10 GB");
        assert_eq!(size(250_000_000), "250 MB");
    }
}
