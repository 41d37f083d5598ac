//! Links of calls: `ORIGIN/call#r.SECRET`, and `ORIGIN/call#n.NAME` for a room that whoever knows its name may enter.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use limpid_crypto::{HashAlgorithm, Provider, Secret, hkdf};

use crate::share::link::{NotALink, origin_of};

/// The longest name of a room, in bytes.
const MAX_NAME: usize = 64;

/// Where to meet, and what proves that one may. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Room {
    /// 32 random bytes that all members hold.
    Secret(Secret),
    /// A name that anybody may guess.
    Named(String),
}

impl Room {
    /// A fresh secret, from the provider's randomness.
    pub fn generate(provider: &Provider) -> Self {
        let mut bytes = vec![0; 32];
        provider.random.fill(&mut bytes);
        Room::Secret(Secret::new(bytes))
    }

    /// A room that is known by its name: 1 to 64 bytes.
    pub fn named(name: &str) -> Result<Self, NotALink> {
        match (1..=MAX_NAME).contains(&name.len()) {
            true => Ok(Room::Named(name.to_owned())),
            false => Err(NotALink),
        }
    }

    /// Reads what stands after `#`.
    pub fn parse(fragment: &str) -> Result<Self, NotALink> {
        if let Some(name) = fragment.strip_prefix("n.") {
            return Room::named(&percent_decoded(name).ok_or(NotALink)?);
        }
        let text = fragment.strip_prefix("r.").ok_or(NotALink)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32);
        bytes.map(|bytes| Room::Secret(Secret::new(bytes))).ok_or(NotALink)
    }

    /// What stands after `#`: secret, unless the room has a name.
    pub fn to_fragment(&self) -> String {
        match self {
            Room::Secret(secret) => format!("r.{}", URL_SAFE_NO_PAD.encode(&**secret)),
            Room::Named(name) => format!("n.{}", percent_encoded(name)),
        }
    }

    /// The name under which the server knows it: 22 characters.
    pub fn id(&self, provider: &Provider) -> String {
        match self {
            Room::Secret(secret) => {
                URL_SAFE_NO_PAD.encode(&*derive(provider, secret, "limpid/1 call room", 16))
            }
            Room::Named(name) => {
                let parts: [&[u8]; 2] = [b"limpid-call/1 room", name.as_bytes()];
                // invariant: every shipped provider has SHA-256.
                let digest = provider.hash.digest(HashAlgorithm::Sha256, &parts).expect("SHA-256");
                URL_SAFE_NO_PAD.encode(&digest[..16])
            }
        }
    }

    /// The key of the proof. A named room has none: nothing about its members is known.
    pub fn auth(&self, provider: &Provider) -> Option<Secret> {
        match self {
            Room::Secret(secret) => Some(derive(provider, secret, "limpid/1 call auth", 32)),
            Room::Named(_) => None,
        }
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Room")
    }
}

fn derive(provider: &Provider, secret: &Secret, purpose: &str, len: usize) -> Secret {
    let hash = HashAlgorithm::Sha256;
    let prk = hkdf::extract(provider, hash, &[], secret);
    // invariant: every shipped provider has HMAC-SHA-256, and 32 bytes are one block of it.
    prk.and_then(|prk| hkdf::expand(provider, hash, &prk, purpose.as_bytes(), len)).expect("HKDF-SHA-256")
}

/// A link: where the server is, and which room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// `http://HOST:PORT` or `https://HOST[:PORT]`, without a path.
    pub origin: String,
    /// The room.
    pub room: Room,
}

impl Link {
    /// Reads a whole link. Whatever its path is, it is left out.
    pub fn parse(text: &str) -> Result<Self, NotALink> {
        let (page, fragment) = text.trim().split_once('#').ok_or(NotALink)?;
        Ok(Link { origin: origin_of(page)?, room: Room::parse(fragment)? })
    }

    /// The whole link: secret, unless the room has a name.
    pub fn to_text(&self) -> String {
        format!("{}/call#{}", self.origin, self.room.to_fragment())
    }
}

/// What a page's `encodeURIComponent` leaves as it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte)
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match is_plain(byte) {
            true => out.push(byte.into()),
            false => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let (mut bytes, mut out) = (text.bytes(), Vec::with_capacity(text.len()));
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digits = [char::from(bytes.next()?), char::from(bytes.next()?)];
                let [high, low] = digits.map(|digit| digit.to_digit(16));
                (high? << 4 | low?) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::message::to_hex;
    use limpid_crypto::ring::provider;

    fn vectors() -> serde_json::Value {
        serde_json::from_str(include_str!("../../tests/vectors/call.json")).unwrap()
    }

    #[test]
    fn room_and_key_follow_from_the_secret_as_computed_by_a_page() {
        let vectors = vectors();
        let room = Room::parse(vectors["fragment"].as_str().unwrap()).unwrap();
        assert_eq!(room.id(&provider()), vectors["room"]);
        assert_eq!(to_hex(&room.auth(&provider()).unwrap()), vectors["auth"]);
        assert_eq!(room.to_fragment(), vectors["fragment"]);
    }

    #[test]
    fn named_rooms_are_where_pages_find_them() {
        for vector in vectors()["named"].as_array().unwrap() {
            let room = Room::named(vector["name"].as_str().unwrap()).unwrap();
            assert_eq!(Room::parse(vector["fragment"].as_str().unwrap()), Ok(room.clone()));
            assert_eq!(room.id(&provider()), vector["room"]);
            assert_eq!(room.to_fragment(), vector["fragment"]);
            assert_eq!(room.auth(&provider()), None);
        }
    }

    #[test]
    fn what_is_cut_short_or_of_another_kind_is_no_link() {
        let whole = format!("http://h:1/call#{}", Room::generate(&provider()).to_fragment());
        assert_eq!(Link::parse(&whole).map(|link| link.to_text()), Ok(whole.clone()));
        for fragment in ["n.", "n.%", "n.%4", "n.%FF", "r.", "s.AAAA", &whole[20..whole.len() - 1]] {
            assert_eq!(Room::parse(fragment), Err(NotALink), "{fragment}");
        }
        assert_eq!(Room::named(&"x".repeat(65)), Err(NotALink));
    }
}
