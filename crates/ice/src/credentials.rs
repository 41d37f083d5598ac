//! Username fragments, passwords, and the keys made of them. RFC 8445 §5.3, RFC 8839 §5.4.

use core::fmt;

use limpid_crypto::{MacKey, Provider, Random};

use crate::attr::is_ice_char;
use crate::error::Misuse;

/// What the peer is told so that it can send us checks.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The username fragment. Names the generation.
    pub ufrag: &'a str,
    /// The password: whoever knows it can answer for this session.
    pub pwd: &'a str,
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, redacted)", self.ufrag)
    }
}

/// One side's fragment and password, and its HMAC key, prepared once.
pub(crate) struct Keyed {
    pub(crate) ufrag: Box<str>,
    pub(crate) pwd: limpid_crypto::Secret,
    pub(crate) key: Box<dyn MacKey>,
}

impl Keyed {
    pub(crate) fn generate(provider: &Provider, random: &mut Random) -> Keyed {
        let (ufrag, pwd) = fresh_credentials(random);
        Keyed::new(provider, &ufrag, &pwd)
    }

    /// The peer's, as it was told.
    pub(crate) fn checked(provider: &Provider, ufrag: &str, pwd: &str) -> Result<Keyed, Misuse> {
        let fits = |text: &str, least| (least..=256).contains(&text.len()) && text.bytes().all(is_ice_char);
        // Deviation: some peers put `-` and `_` into both, which RFC 8839 §5.4 does not have; nothing is lost by taking them.
        let plain = |text: &str| text.replace(['-', '_'], "+");
        if !fits(&plain(ufrag), 4) || !fits(&plain(pwd), 22) {
            return Err(Misuse::BadCredentials);
        }
        Ok(Keyed::new(provider, ufrag, pwd))
    }

    fn new(provider: &Provider, ufrag: &str, pwd: &str) -> Keyed {
        Keyed {
            ufrag: ufrag.into(),
            pwd: limpid_crypto::Secret::copy_of(pwd.as_bytes()),
            // invariant: RFC 8445 needs HMAC-SHA-1, and every provider has it (`limpid_crypto::conformance`).
            key: limpid_stun::short_term_key(provider, pwd).expect("the provider has HMAC-SHA-1"),
        }
    }

    pub(crate) fn view(&self) -> Credentials<'_> {
        // invariant: made from a `&str` above.
        let pwd = core::str::from_utf8(&self.pwd).expect("a password is text");
        Credentials { ufrag: &self.ufrag, pwd }
    }

    pub(crate) fn is(&self, ufrag: &str, pwd: &str) -> bool {
        &*self.ufrag == ufrag && limpid_crypto::secret::equal(&self.pwd, pwd.as_bytes())
    }
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

/// A username fragment of 48 random bits in eight characters and a password of 144 in 24: more than the 24 and 128 that
/// RFC 8445 §5.3 asks for. For those who name credentials before the agent takes them
/// ([`Agent::restart_with`](crate::Agent::restart_with)).
pub fn fresh_credentials(random: &mut Random) -> (String, String) {
    (ice_chars::<8>(random), ice_chars::<24>(random))
}

/// `N` characters with six random bits each.
fn ice_chars<const N: usize>(random: &mut Random) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    random.bytes::<N>().iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])).collect()
}
