//! What happened, as text that reads like a packet dump, and as one number for "the same as last time".

use core::fmt;

use limpid_sansio::Instant;

use crate::packet::{DropCause, Packet};

/// Says in a few words what a payload is; used when a trace is written as text.
pub type Describe = fn(&[u8]) -> String;

/// The record of a run.
///
/// The hash covers every byte of every packet and every event. The text is kept only if asked for, and stops growing at
/// [`Trace::LIMIT`] lines.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
    describe: Option<Describe>,
}

impl Default for Trace {
    fn default() -> Self {
        Trace { hash: Trace::OFFSET, lines: None, describe: None }
    }
}

impl Trace {
    /// The most lines that are kept.
    pub const LIMIT: usize = 100_000;
    // FNV-1a, 64 bits: no secret, no attacker, the same everywhere.
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    /// Keeps the text from now on; payloads are described by `describe`, if there is one.
    pub fn keep_text(&mut self, describe: Option<Describe>) {
        self.lines.get_or_insert_default();
        self.describe = describe;
    }

    /// One number for the whole run: equal for equal seeds and inputs.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The lines so far; none if they were not asked for.
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }

    /// The text so far, a line each.
    pub fn text(&self) -> String {
        self.lines().iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    pub(crate) fn sent(&mut self, now: Instant, who: &str, packet: &Packet) {
        self.packet(now, who, "->", packet);
    }

    pub(crate) fn arrived(&mut self, now: Instant, who: &str, packet: &Packet) {
        self.packet(now, who, "<-", packet);
    }

    pub(crate) fn dropped(&mut self, now: Instant, cause: DropCause, packet: &Packet) {
        self.mix(&[b'x', cause as u8]);
        self.mix(&now.as_nanos().to_le_bytes());
        self.line(|| format!("{now} x  {} > {} {cause}", packet.from, packet.to));
    }

    /// Something that a machine, or the scenario itself, said.
    pub(crate) fn said(&mut self, now: Instant, who: &str, what: &dyn fmt::Debug) {
        self.mix(b"e");
        self.mix(&now.as_nanos().to_le_bytes());
        self.mix(format!("{who} {what:?}").as_bytes());
        self.line(|| format!("{now} {who}: {what:?}"));
    }

    fn packet(&mut self, now: Instant, who: &str, arrow: &str, packet: &Packet) {
        self.mix(arrow.as_bytes());
        self.mix(&now.as_nanos().to_le_bytes());
        self.mix(&packet.bytes);
        let describe = self.describe;
        self.line(|| {
            let said = describe.map_or(String::new(), |describe| format!(" {}", describe(&packet.bytes)));
            format!("{now} {who} {arrow} {} > {} {}{said}", packet.from, packet.to, packet.bytes.len())
        });
    }

    fn line(&mut self, text: impl FnOnce() -> String) {
        if let Some(lines) = self.lines.as_mut().filter(|lines| lines.len() < Trace::LIMIT) {
            lines.push(text());
        }
    }

    fn mix(&mut self, bytes: &[u8]) {
        // Eight bytes a step: a run may move gigabytes.
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.hash = (self.hash ^ u64::from_le_bytes(*word)).wrapping_mul(Trace::PRIME).rotate_left(23);
        }
        for byte in rest {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(Trace::PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(bytes: &[u8]) -> Packet {
        Packet::udp("192.0.2.1:1".parse().unwrap(), "192.0.2.2:2".parse().unwrap(), bytes)
    }

    #[test]
    fn one_changed_bit_changes_the_hash() {
        let hash = |bytes: &[u8]| {
            let mut trace = Trace::default();
            trace.sent(Instant::ZERO, "a", &packet(bytes));
            trace.hash()
        };
        let base: Vec<u8> = (0..21).collect();
        assert_eq!(hash(&base), hash(&base));
        for bit in 0..base.len() * 8 {
            let mut other = base.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(hash(&base), hash(&other));
        }
    }

    #[test]
    fn the_text_reads_like_a_packet_dump() {
        let mut trace = Trace::default();
        trace.keep_text(Some(|bytes| format!("starts with {}", bytes[0])));
        trace.sent(Instant::from_millis(1), "alice", &packet(b"\x07x"));
        trace.dropped(Instant::from_millis(2), DropCause::Loss, &packet(b"\x07x"));
        trace.said(Instant::from_millis(3), "bob", &"Connected");
        assert_eq!(
            trace.text(),
            "0.001000s alice -> 192.0.2.1:1 > 192.0.2.2:2 2 starts with 7\n\
             0.002000s x  192.0.2.1:1 > 192.0.2.2:2 lost\n\
             0.003000s bob: \"Connected\"\n"
        );
    }
}
