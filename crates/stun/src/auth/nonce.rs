//! The nonce cookie: how a server says, in a value that the client must echo under its MAC, what it can do. An attacker
//! who strips PASSWORD-ALGORITHMS from a challenge can not take the bit out of the nonce. RFC 8489 §9.2, §9.2.1, §18.1.

/// What every nonce of an RFC 8489 server begins with; four base64 characters of [`Features`] follow.
const PREFIX: &str = "obMatJos2";
/// Characters of the whole cookie.
pub const COOKIE_LEN: usize = 13;
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// STUN Security Features: 24 bits, bit 0 on the left. Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Features(u32);

impl Features {
    /// None at all.
    pub const NONE: Features = Features(0);
    /// Bit 0: the challenge carries PASSWORD-ALGORITHMS.
    pub const PASSWORD_ALGORITHMS: Features = Features(1 << 23);
    /// Bit 1: the client sends USERHASH in place of USERNAME.
    pub const USERNAME_ANONYMITY: Features = Features(1 << 22);

    /// These and those.
    pub const fn with(self, other: Features) -> Self {
        Features(self.0 | other.0)
    }

    /// Whether all of those are among these.
    pub const fn contains(self, other: Features) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The features that a nonce claims; `None`: it has no cookie, its server is older than RFC 8489.
pub fn features(nonce: &str) -> Option<Features> {
    let coded = nonce.strip_prefix(PREFIX)?.as_bytes().first_chunk::<4>()?;
    coded
        .iter()
        .try_fold(0, |bits, character| {
            let value = BASE64.iter().position(|known| known == character)?;
            Some(bits << 6 | value as u32)
        })
        .map(Features)
}

/// The cookie for these features.
pub fn cookie(features: Features) -> [u8; COOKIE_LEN] {
    let mut cookie = [0; COOKIE_LEN];
    cookie[..PREFIX.len()].copy_from_slice(PREFIX.as_bytes());
    for (index, character) in cookie[PREFIX.len()..].iter_mut().enumerate() {
        *character = BASE64[(features.0 >> (18 - 6 * index) & 63) as usize];
    }
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_reads_back_and_bit_0_is_the_leftmost() {
        //~ covers 8489-9.2-a, 8489-18.1-a
        assert_eq!(&cookie(Features::NONE), b"obMatJos2AAAA");
        assert_eq!(&cookie(Features::PASSWORD_ALGORITHMS), b"obMatJos2gAAA");
        let both = Features::PASSWORD_ALGORITHMS.with(Features::USERNAME_ANONYMITY);
        let text = core::str::from_utf8(&cookie(both)).unwrap().to_owned() + "rest";
        assert_eq!(text, "obMatJos2wAAArest");
        assert_eq!(features(&text), Some(both));
        // The nonce of RFC 8489 §B.1.
        assert_eq!(features("obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"), Some(Features(2)));
    }

    #[test]
    fn a_nonce_without_a_cookie_claims_nothing() {
        for nonce in ["", "obMatJos2", "obMatJos2AA", "obMatJos2AA!Axyz", "f//499k954d6OL34oL9FSTvy64sA"] {
            assert_eq!(features(nonce), None, "{nonce}");
        }
    }

    use std::borrow::ToOwned;
}
