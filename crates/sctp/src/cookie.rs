//! The state cookie (RFC 9260 §5.1.3): what an association needs to begin, kept by the peer under our MAC.

use limpid_crypto::{HashAlgorithm, MacKey, Provider, Random};
use limpid_sansio::wire::{Reader, Writer};
use limpid_sansio::{Instant, ParseError};

/// What a cookie remembers.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cookie {
    pub(crate) created: Instant,
    pub(crate) local_tag: u32,
    pub(crate) local_tsn: u32,
    /// Tags of the association that stood when the INIT came, or zeros (RFC 9260 §5.2.2).
    pub(crate) tie_tags: (u32, u32),
    pub(crate) peer: PeerInit,
}

/// What the peer's INIT or INIT ACK said, as far as it concerns us.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct PeerInit {
    pub(crate) tag: u32,
    pub(crate) initial_tsn: u32,
    pub(crate) a_rwnd: u32,
    /// What both sides can do: the smaller of one's outbound and the other's inbound streams.
    pub(crate) outbound_streams: u16,
    pub(crate) inbound_streams: u16,
    pub(crate) extensions: Extensions,
}

/// What the peer announced.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Extensions {
    pub(crate) forward_tsn: bool,
    pub(crate) reconfig: bool,
    pub(crate) pad: bool,
}

const MAC_LEN: usize = 16;

/// Makes cookies and knows its own again.
pub(crate) struct CookieJar {
    /// `None`: the provider has no HMAC-SHA-256; no INIT is answered then.
    key: Option<Box<dyn MacKey>>,
}

impl std::fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookieJar")
    }
}

impl CookieJar {
    pub(crate) fn new(provider: &Provider, random: &mut Random) -> Self {
        CookieJar { key: provider.mac.key(HashAlgorithm::Sha256, &random.bytes::<32>()) }
    }

    /// Appends a cookie; `None`: there is no key.
    pub(crate) fn seal(&self, cookie: &Cookie) -> Option<Vec<u8>> {
        let key = self.key.as_ref()?;
        let mut out = Vec::with_capacity(64);
        cookie.write(&mut Writer::new(&mut out));
        let mac = key.sign(&[&out]);
        out.extend_from_slice(mac.get(..MAC_LEN)?);
        Some(out)
    }

    /// The cookie, if it is ours.
    pub(crate) fn open(&self, bytes: &[u8]) -> Option<Cookie> {
        let (content, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_LEN)?)?;
        if !self.key.as_ref()?.verify(&[content], mac) {
            return None;
        }
        Cookie::parse(content).ok()
    }
}

impl Cookie {
    fn write(&self, writer: &mut Writer<'_>) {
        let Extensions { forward_tsn, reconfig, pad } = self.peer.extensions;
        writer.u64(self.created.as_nanos());
        for word in [self.local_tag, self.local_tsn, self.tie_tags.0, self.tie_tags.1] {
            writer.u32(word);
        }
        for word in [self.peer.tag, self.peer.initial_tsn, self.peer.a_rwnd] {
            writer.u32(word);
        }
        writer.u16(self.peer.outbound_streams);
        writer.u16(self.peer.inbound_streams);
        writer.u8(u8::from(forward_tsn) | u8::from(reconfig) << 1 | u8::from(pad) << 2);
    }

    fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let field = "state cookie";
        let cookie = Cookie {
            created: Instant::from_nanos(reader.u64(field)?),
            local_tag: reader.u32(field)?,
            local_tsn: reader.u32(field)?,
            tie_tags: (reader.u32(field)?, reader.u32(field)?),
            peer: PeerInit {
                tag: reader.u32(field)?,
                initial_tsn: reader.u32(field)?,
                a_rwnd: reader.u32(field)?,
                outbound_streams: reader.u16(field)?,
                inbound_streams: reader.u16(field)?,
                extensions: Extensions::from_bits(reader.u8(field)?),
            },
        };
        reader.finish(field)?;
        Ok(cookie)
    }
}

impl Extensions {
    fn from_bits(bits: u8) -> Self {
        Extensions { forward_tsn: bits & 1 != 0, reconfig: bits & 2 != 0, pad: bits & 4 != 0 }
    }
}
