//! TLS key logs: the text that lets Wireshark decrypt (draft-ietf-tls-keylogfile).

use limpid_crypto::Secret;
use limpid_sansio::wire::{ParseError, ParseErrorKind};

/// Lines of a key log. Wiped when dropped, printed as their number.
#[derive(Clone, Default)]
pub struct KeyLog {
    lines: Vec<Secret>,
}

impl KeyLog {
    /// How many lines are kept at most; further ones are refused.
    pub const LIMIT: usize = 4096;

    /// Takes one line, without its end. Fails on what is no `LABEL HEX HEX` line, and when full.
    pub fn push(&mut self, line: &[u8]) -> Result<(), ParseError> {
        check(line)?;
        if self.lines.len() >= Self::LIMIT {
            return Err(ParseError::new("key log", 0, ParseErrorKind::TooLarge));
        }
        self.lines.push(Secret::copy_of(line));
        Ok(())
    }

    /// Nothing was taken yet.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The whole file, each line with its end.
    pub fn text(&self) -> Secret {
        // Reserved at once, so that no half-grown copy stays behind on the heap.
        let mut text = Vec::with_capacity(self.lines.iter().map(|line| line.len() + 1).sum());
        for line in &self.lines {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        Secret::new(text)
    }
}

impl std::fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyLog({} lines)", self.lines.len())
    }
}

/// Three words: an upper-case label, a client random of 32 bytes, a secret of at most 64.
fn check(line: &[u8]) -> Result<(), ParseError> {
    let fault = |field, offset, kind| Err(ParseError::new(field, offset, kind));
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(label), Some(random), Some(secret), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return fault("line", 0, ParseErrorKind::BadLength);
    };
    let is_label = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    if label.is_empty() || !label.iter().all(is_label) {
        return fault("label", 0, ParseErrorKind::BadValue);
    }
    if random.len() != 64 || !random.iter().all(u8::is_ascii_hexdigit) {
        return fault("client random", label.len() + 1, ParseErrorKind::BadValue);
    }
    if secret.is_empty()
        || secret.len() > 128
        || secret.len() % 2 != 0
        || !secret.iter().all(u8::is_ascii_hexdigit)
    {
        return fault("secret", label.len() + random.len() + 2, ParseErrorKind::BadValue);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, random: usize, secret: usize) -> Vec<u8> {
        format!("{label} {} {}", "ab".repeat(random), "CD".repeat(secret)).into_bytes()
    }

    #[test]
    fn lines_come_out_as_they_went_in_and_are_not_printed() {
        let mut log = KeyLog::default();
        log.push(&line("CLIENT_RANDOM", 32, 48)).unwrap();
        log.push(&line("EXPORTER_SECRET", 32, 32)).unwrap();
        let text = [line("CLIENT_RANDOM", 32, 48), line("EXPORTER_SECRET", 32, 32), vec![]].join(&b'\n');
        assert_eq!(log.text()[..], text);
        assert_eq!(format!("{log:?}"), "KeyLog(2 lines)");
    }

    #[test]
    fn what_is_no_key_log_line_is_refused() {
        let mut log = KeyLog::default();
        for bad in [&b""[..], b"CLIENT_RANDOM", b"a b c", b"CLIENT_RANDOM 00 11 22"] {
            assert!(log.push(bad).is_err(), "{bad:?}");
        }
        assert_eq!(log.push(&line("client_random", 32, 48)).unwrap_err().field, "label");
        assert_eq!(log.push(&line("CLIENT_RANDOM", 31, 48)).unwrap_err().field, "client random");
        assert_eq!(log.push(&line("CLIENT_RANDOM", 32, 65)).unwrap_err().field, "secret");
        assert_eq!(
            log.push(&[&line("CLIENT_RANDOM", 32, 48)[..], b"\nX"].concat()).unwrap_err().field,
            "secret"
        );
        assert!(log.is_empty());
    }

    #[test]
    fn a_full_log_takes_no_more() {
        let mut log = KeyLog::default();
        for _ in 0..KeyLog::LIMIT {
            log.push(&line("CLIENT_RANDOM", 32, 48)).unwrap();
        }
        assert_eq!(log.push(&line("CLIENT_RANDOM", 32, 48)).unwrap_err().kind, ParseErrorKind::TooLarge);
    }
}
