//! What streams, formats and sections are called on the wire.

use core::fmt;

/// A synchronisation source: one stream of packets with one sequence of numbers. RFC 3550 §3.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ssrc(pub u32);

impl fmt::Debug for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ssrc {:#010x}", self.0)
    }
}

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number, 0 to 127, by which a packet says in which format its payload is. RFC 3550 §5.1.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PayloadType(pub u8);

impl fmt::Debug for PayloadType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "payload type {}", self.0)
    }
}

/// The longest name that is kept, in bytes: a one-byte header extension holds no more (RFC 8285 §4.2).
const NAME: usize = 16;

/// A short name that lies in place.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name {
    len: u8,
    bytes: [u8; NAME],
}

impl Name {
    /// 1 to 16 visible ASCII characters.
    fn new(text: &[u8]) -> Option<Name> {
        let is_sound = (1..=NAME).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
        is_sound.then(|| {
            let mut bytes = [0; NAME];
            bytes[..text.len()].copy_from_slice(text);
            Name { len: text.len() as u8, bytes }
        })
    }

    fn as_str(&self) -> &str {
        // Only ASCII gets in.
        core::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Name);

        impl $name {
            /// 1 to 16 visible ASCII characters; `None` for anything else.
            pub fn new(text: &str) -> Option<Self> {
                Self::from_bytes(text.as_bytes())
            }

            /// The same, as it stands in a packet.
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                Name::new(bytes).map(Self)
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

name! {
    /// The section of the description that a stream belongs to. RFC 9143 §15.
    Mid
}
name! {
    /// The encoding within a section that a stream carries. RFC 8852 §3.
    Rid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_visible_ascii() {
        assert_eq!(Mid::new("audio-1").map(|mid| std::format!("{mid}")), Some("audio-1".into()));
        let refused = ["", "a b", "ä", "seventeen letters", "\u{7f}"];
        assert!(refused.iter().all(|name| Rid::new(name).is_none()));
    }
}
