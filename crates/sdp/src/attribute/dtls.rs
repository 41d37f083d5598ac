//! Who dials and who they are: `setup` and `fingerprint`. RFC 8842, RFC 8122, RFC 4145.

use alloc::string::String;
use core::fmt;

use limpid_sansio::wire::ParseErrorKind;

use crate::lexer::{Words, is_token};
use crate::text::Text;

/// Which side begins the DTLS handshake.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Setup {
    /// Either; the answerer chooses. What every offer says (RFC 8842 §5.2).
    Actpass,
    /// This side: the DTLS client.
    Active,
    /// The other side: this one is the DTLS server.
    Passive,
    /// Not now. Has no place in WebRTC (RFC 5763 §5).
    Holdconn,
}

impl Setup {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        Ok(match value {
            "actpass" => Setup::Actpass,
            "active" => Setup::Active,
            "passive" => Setup::Passive,
            "holdconn" => Setup::Holdconn,
            _ => return Err(ParseErrorKind::BadValue),
        })
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Setup::Actpass => "actpass",
            Setup::Active => "active",
            Setup::Passive => "passive",
            Setup::Holdconn => "holdconn",
        }
    }
}

/// The hash of a certificate. Compared without regard to case; kept as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    /// `sha-256`, …
    pub hash: Text,
    /// Pairs of hex digits between colons.
    pub digest: Text,
}

impl Fingerprint {
    /// From `sha-256 AA:BB:…`.
    pub fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let (hash, digest) = (words.word()?, words.word()?);
        words.finish()?;
        let triples = digest.as_bytes().chunks(3);
        let well_formed = triples.enumerate().all(|(index, triple)| {
            let last = index == digest.len() / 3;
            let hex = triple.len() >= 2 && triple[..2].iter().all(u8::is_ascii_hexdigit);
            hex && (if last { triple.len() == 2 } else { triple.len() == 3 && triple[2] == b':' })
        });
        if !is_token(hash) || !well_formed || digest.len() % 3 != 2 {
            return Err(ParseErrorKind::BadValue);
        }
        Ok(Fingerprint { hash: Text::from_line(hash), digest: Text::from_line(digest) })
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str(&self.hash);
        out.push(' ');
        out.push_str(&self.digest);
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.hash, self.digest)
    }
}
