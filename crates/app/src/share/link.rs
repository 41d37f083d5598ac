//! Links: `ORIGIN/#s.SECRET`. What stands after `#` never reaches a server. PROTOCOLS.md 1.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use limpid_crypto::{HashAlgorithm, Provider, Secret, hkdf};

/// 32 random bytes that two peers share, and what follows from them. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ShareSecret(Secret);

/// A link: where to meet, and the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// `http://HOST:PORT` or `https://HOST[:PORT]`, without a path.
    pub origin: String,
    /// What the fragment holds.
    pub secret: ShareSecret,
}

/// Not a link of ours.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct NotALink;

impl fmt::Display for NotALink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not a link of the form http://HOST:PORT/… with what follows its # (it may have been cut short)")
    }
}

impl std::error::Error for NotALink {}

impl ShareSecret {
    /// A fresh one, from the provider's randomness.
    pub fn generate(provider: &Provider) -> Self {
        let mut bytes = vec![0; 32];
        provider.random.fill(&mut bytes);
        ShareSecret(Secret::new(bytes))
    }

    /// Reads `s.<43 characters>`.
    pub fn parse(fragment: &str) -> Result<Self, NotALink> {
        let text = fragment.strip_prefix("s.").ok_or(NotALink)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotALink)?;
        if bytes.len() != 32 {
            return Err(NotALink);
        }
        Ok(ShareSecret(Secret::new(bytes)))
    }

    /// `s.<43 characters>`: secret.
    pub fn to_fragment(&self) -> String {
        format!("s.{}", URL_SAFE_NO_PAD.encode(&*self.0))
    }

    /// The name of the room: all that the server learns. 22 characters.
    pub fn room(&self, provider: &Provider) -> String {
        URL_SAFE_NO_PAD.encode(&*self.derive(provider, "limpid/1 room", 16))
    }

    /// The key of the proof.
    pub fn auth(&self, provider: &Provider) -> Secret {
        self.derive(provider, "limpid/1 auth", 32)
    }

    fn derive(&self, provider: &Provider, purpose: &str, len: usize) -> Secret {
        let hash = HashAlgorithm::Sha256;
        let prk = hkdf::extract(provider, hash, &[], &self.0);
        // invariant: every shipped provider has HMAC-SHA-256, and 32 bytes are one block of it.
        prk.and_then(|prk| hkdf::expand(provider, hash, &prk, purpose.as_bytes(), len)).expect("HKDF-SHA-256")
    }
}

impl Link {
    /// Reads a whole link. Whatever its path is, it is left out.
    pub fn parse(text: &str) -> Result<Self, NotALink> {
        let (page, fragment) = text.trim().split_once('#').ok_or(NotALink)?;
        Ok(Link { origin: origin_of(page)?, secret: ShareSecret::parse(fragment)? })
    }

    /// The whole link: secret.
    pub fn to_text(&self) -> String {
        format!("{}/#{}", self.origin, self.secret.to_fragment())
    }
}

/// `http://HOST:PORT` or `https://HOST[:PORT]` of a page's address.
pub(crate) fn origin_of(page: &str) -> Result<String, NotALink> {
    let (scheme, rest) = page.split_once("://").ok_or(NotALink)?;
    let authority = rest.split(['/', '?']).next().filter(|authority| !authority.is_empty());
    let authority = authority.ok_or(NotALink)?;
    match matches!(scheme, "http" | "https") && !authority.contains(['@', '\\']) {
        true => Ok(format!("{scheme}://{authority}")),
        false => Err(NotALink),
    }
}

impl fmt::Debug for ShareSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShareSecret")
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({}/#…)", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::vectors;
    use limpid_crypto::ring::provider;

    #[test]
    fn room_and_key_follow_from_the_secret_as_computed_elsewhere() {
        let vector = vectors::proof();
        let secret = ShareSecret::parse(&vector.fragment).unwrap();
        assert_eq!(secret.room(&provider()), vector.room);
        assert_eq!(*secret.auth(&provider()), *vector.auth);
        assert_eq!(secret.to_fragment(), vector.fragment);
    }

    #[test]
    fn a_link_is_read_back_and_its_path_is_left_out() {
        let secret = ShareSecret::generate(&provider());
        let link = Link { origin: "https://drop.example:8443".into(), secret };
        assert_eq!(Link::parse(&link.to_text()), Ok(link.clone()));
        let spelled = format!("  https://drop.example:8443/index.html?x=1#{} ", link.secret.to_fragment());
        assert_eq!(Link::parse(&spelled), Ok(link));
    }

    #[test]
    fn what_is_cut_short_or_of_another_kind_is_no_link() {
        let whole = format!("http://h:1/#{}", vectors::proof().fragment);
        assert!(Link::parse(&whole).is_ok());
        for text in
            ["", "http://h:1/", "http://h:1/#s.", "ftp://h/#s.AA", "http:///#s.AA", &whole[..whole.len() - 1]]
        {
            assert_eq!(Link::parse(text), Err(NotALink), "{text}");
        }
        assert_eq!(Link::parse(&whole.replace("h:1", "user@h:1")), Err(NotALink));
    }

    #[test]
    fn the_secret_does_not_show_in_debug_output() {
        let link = Link::parse(&format!("http://h:1/#{}", vectors::proof().fragment)).unwrap();
        assert_eq!(format!("{link:?} {:?}", link.secret), "Link(http://h:1/#…) ShareSecret");
    }
}
