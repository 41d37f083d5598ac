//! Stateless cookies: who does not receive at its address costs the server nothing (RFC 6347 §4.2.1).
//!
//! A cookie is a MAC over the client's address and the fields of its hello that it repeats, under a key that changes every
//! minute and is good for two. Nothing is kept between datagrams, and the answer, of 60 bytes, is smaller than the smallest
//! hello, of 67.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use limpid_crypto::{HashAlgorithm, MacKey, Provider, Random};
use limpid_sansio::wire::{Reader, Writer};
use limpid_sansio::{Instant, ParseError};

use crate::message::{ClientHelloStart, FragmentHeader, HandshakeType, HelloVerifyRequest};
use crate::record::{ContentType, Epoch, ProtocolVersion, RecordHeader, RecordNumber, RecordView};

/// What to do with a datagram from an address that has no connection yet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Accepted {
    /// Send that many bytes, just appended, back to where it came from, and forget about it.
    Reply(usize),
    /// The client receives at its address: make an endpoint with
    /// [`Endpoint::server_after_cookie`](crate::Endpoint::server_after_cookie) and give it this datagram first.
    Hello {
        /// The number of the hello among the client's messages; the endpoint goes on from it.
        message_seq: u16,
    },
    /// Not a hello.
    Drop,
}

/// Verifies cookies for any number of clients. Holds one secret, from which each minute's key follows, and nothing else.
pub struct Acceptor {
    master: Option<Box<dyn MacKey>>,
    provider: Provider,
}

impl core::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Acceptor(secret)")
    }
}

/// How long a key makes cookies; it verifies them for as long again.
const KEY_LIFETIME: Duration = Duration::from_secs(60);
/// The generation of the key, then the MAC. 32 bytes is what DTLS 1.0 allowed, and enough.
const COOKIE_LEN: usize = 32;

impl Acceptor {
    /// `seed`: 32 bytes from the operating system.
    pub fn new(provider: Provider, seed: [u8; 32]) -> Self {
        let key: [u8; 32] = Random::from_seed(seed).bytes();
        Acceptor { master: provider.mac.key(HashAlgorithm::Sha256, &key), provider }
    }

    /// Looks at a datagram from an address that has no connection yet. May append an answer to `out`.
    ///
    /// One fragment is enough, when it is the first: the fields that count stand in front of the extensions, so that hellos
    /// of two datagrams pass as well.
    pub fn accept(&self, now: Instant, from: SocketAddr, datagram: &[u8], out: &mut Vec<u8>) -> Accepted {
        let Ok((record, header, hello)) = parse(datagram) else { return Accepted::Drop };
        let generation = now.as_nanos() / KEY_LIFETIME.as_nanos() as u64;
        let is_ours = [generation, generation.saturating_sub(1)].into_iter().any(|generation| {
            let expected = self.cookie(generation, from, &hello);
            expected.is_some_and(|expected| limpid_crypto::secret::equal(&expected, hello.cookie))
        });
        if is_ours {
            return Accepted::Hello { message_seq: header.message_seq };
        }
        let Some(cookie) = self.cookie(generation, from, &hello) else { return Accepted::Drop };
        let start = out.len();
        write_request(out, record.header.number.sequence, header.message_seq, &cookie);
        Accepted::Reply(out.len() - start)
    }

    fn cookie(
        &self,
        generation: u64,
        from: SocketAddr,
        hello: &ClientHelloStart<'_>,
    ) -> Option<[u8; COOKIE_LEN]> {
        let key = self.master.as_ref()?.sign(&[b"cookie key", &generation.to_be_bytes()]);
        let key = self.provider.mac.key(HashAlgorithm::Sha256, &key)?;
        let address = match from.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        };
        // Each part of variable length stands behind its length, so that none can borrow from its neighbour.
        let mut fields = Vec::with_capacity(64);
        ClientHelloStart { cookie: &[], ..*hello }.write(&mut Writer::new(&mut fields));
        let mac = key.sign(&[&address, &from.port().to_be_bytes(), &fields]);
        let mut cookie = [0; COOKIE_LEN];
        cookie[0] = generation as u8;
        cookie[1..].copy_from_slice(mac.get(..COOKIE_LEN - 1)?);
        Some(cookie)
    }
}

fn parse(datagram: &[u8]) -> Result<(RecordView<'_>, FragmentHeader, ClientHelloStart<'_>), ParseError> {
    use limpid_sansio::wire::ParseErrorKind::BadValue;
    let record = RecordView::parse(&mut Reader::new(datagram))?;
    let mut reader = Reader::new(record.fragment);
    let header = FragmentHeader::parse(&mut reader)?;
    let is_hello = record.header.content_type == ContentType::HANDSHAKE
        && record.header.number.epoch == Epoch(0)
        && header.msg_type == HandshakeType::CLIENT_HELLO
        && header.fragment_offset == 0;
    if !is_hello {
        return Err(ParseError::new("msg_type", 0, BadValue));
    }
    let fragment = reader.bytes(header.fragment_length as usize, "fragment")?;
    Ok((record, header, ClientHelloStart::parse(&mut Reader::new(fragment))?))
}

/// The request repeats the record number of the hello, since the server has none of its own yet, and says 1.0, which means
/// nothing.
fn write_request(out: &mut Vec<u8>, sequence: u64, message_seq: u16, cookie: &[u8]) {
    let version = ProtocolVersion::DTLS_1_0;
    let request = HelloVerifyRequest { server_version: version, cookie };
    let body_len = 3 + cookie.len();
    let record = RecordHeader {
        content_type: ContentType::HANDSHAKE,
        version,
        number: RecordNumber { epoch: Epoch(0), sequence },
        length: (FragmentHeader::LEN + body_len) as u16,
    };
    let msg_type = HandshakeType::HELLO_VERIFY_REQUEST;
    let mut writer = Writer::new(out);
    record.write(&mut writer);
    FragmentHeader::whole(msg_type, message_seq, body_len as u32).write(&mut writer);
    request.write(&mut writer);
}
