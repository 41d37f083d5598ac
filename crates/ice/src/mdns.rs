//! Names that hide addresses: `<version 4 UUID>.local`, and nothing else. draft-ietf-mmusic-mdns-ice-candidates §3.

use limpid_crypto::Random;

/// Whether a candidate's name may be resolved. Anything but one UUID label under `.local` would let a peer make us look up
/// names of its choice.
pub(crate) fn is_hiding_name(name: &str) -> bool {
    let Some(label) = name.strip_suffix(".local").or_else(|| name.strip_suffix(".local.")) else {
        return false;
    };
    let at = |index: usize| label.as_bytes().get(index).copied().unwrap_or(0).to_ascii_lowercase();
    label.len() == 36
        && label.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
        && at(14) == b'4'
        && matches!(at(19), b'8' | b'9' | b'a' | b'b')
}

/// A fresh name (RFC 9562 §5.4).
pub(crate) fn hiding_name(random: &mut Random) -> String {
    let mut b: [u8; 16] = random.bytes();
    b[6] = b[6] & 0x0f | 0x40;
    b[8] = b[8] & 0x3f | 0x80;
    let mut name = String::with_capacity(42);
    for (index, byte) in b.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            name.push('-');
        }
        for nibble in [byte >> 4, byte & 15] {
            name.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
    name + ".local"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_4_uuid_under_local_is_looked_up() {
        for (name, may) in [
            ("9b36eaac-bb2e-49bb-bb78-21c41c499900.local", true),
            ("9B36EAAC-BB2E-49BB-BB78-21C41C499900.local", true),
            ("9b36eaac-bb2e-19bb-bb78-21c41c499900.local", false),
            ("9b36eaac-bb2e-49bb-cb78-21c41c499900.local", false),
            ("9b36eaac-bb2e-49bb-bb78-21c41c49990.local", false),
            ("9b36eaacbbb2e-49bb-bb78-21c41c499900.local", false),
            ("printer.local", false),
            ("a.9b36eaac-bb2e-49bb-bb78-21c41c499900.local", false),
            ("9b36eaac-bb2e-49bb-bb78-21c41c499900.example.com", false),
            ("example.com", false),
            ("", false),
        ] {
            assert_eq!(is_hiding_name(name), may, "{name}");
        }
    }

    #[test]
    fn our_own_names_are_of_that_kind_and_differ() {
        let mut random = Random::from_seed([7; 32]);
        let (a, b) = (hiding_name(&mut random), hiding_name(&mut random));
        assert!(is_hiding_name(&a) && is_hiding_name(&b) && a != b, "{a} {b}");
    }
}
