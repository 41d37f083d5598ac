//! Handshake messages, one a file, in wire order (RFC 5246 §7.4, RFC 6347 §4.2, §4.3.2).
//!
//! ```text
//! +----------+--------+-------------+-----------------+-----------------+------...
//! | msg_type | length | message_seq | fragment_offset | fragment_length | body
//! |    8     |   24   |     16      |       24        |       24        |
//! +----------+--------+-------------+-----------------+-----------------+------...
//! ```
//! A message may be cut into fragments, each with this header. Views borrow; what they hold is always legal, so that
//! writing one gives back the bytes it was parsed from.

mod certificate;
mod certificate_request;
mod certificate_verify;
mod client_hello;
mod client_key_exchange;
mod finished;
mod hello_verify_request;
mod list;
mod server_hello;
mod server_key_exchange;
#[cfg(test)]
mod tests;

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

pub use certificate::CertificateChain;
pub use certificate_request::{CertificateRequest, ClientCertificateType};
pub use certificate_verify::CertificateVerify;
pub use client_hello::{ClientHello, ClientHelloStart};
pub use client_key_exchange::ClientKeyExchange;
pub use finished::{Finished, VERIFY_DATA_LEN};
pub use hello_verify_request::HelloVerifyRequest;
pub use list::U16List;
pub use server_hello::ServerHello;
pub use server_key_exchange::{EcdheParameters, ServerKeyExchange};

/// The 32 random bytes of a hello.
pub type HelloRandom = [u8; 32];

/// A code point of the TLS registry "HandshakeType". Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HandshakeType(pub u8);

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $word:literal;)*) => {
        impl HandshakeType {
            $($(#[$doc])* pub const $name: HandshakeType = HandshakeType($code);)*

            /// The registry's name, if we know it.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($word),)*
                    _ => None,
                }
            }
        }
    };
}

types! {
    /// The server would like another handshake; it gets none.
    HELLO_REQUEST = 0, "hello_request";
    /// What the client offers.
    CLIENT_HELLO = 1, "client_hello";
    /// What the server chose.
    SERVER_HELLO = 2, "server_hello";
    /// "Show me that you receive at your address" (RFC 6347 §4.2.1).
    HELLO_VERIFY_REQUEST = 3, "hello_verify_request";
    /// Who I am.
    CERTIFICATE = 11, "certificate";
    /// The server's share, signed.
    SERVER_KEY_EXCHANGE = 12, "server_key_exchange";
    /// "Who are you?"
    CERTIFICATE_REQUEST = 13, "certificate_request";
    /// The server's flight ends.
    SERVER_HELLO_DONE = 14, "server_hello_done";
    /// The client holds the key of its certificate.
    CERTIFICATE_VERIFY = 15, "certificate_verify";
    /// The client's share.
    CLIENT_KEY_EXCHANGE = 16, "client_key_exchange";
    /// Both saw the same handshake.
    FINISHED = 20, "finished";
}

impl fmt::Debug for HandshakeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "handshake type {}", self.0),
        }
    }
}

/// The twelve bytes in front of every handshake fragment.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct FragmentHeader {
    /// Of the whole message.
    pub msg_type: HandshakeType,
    /// Bytes of the whole message's body.
    pub length: u32,
    /// Which message of the handshake this is.
    pub message_seq: u16,
    /// Where in the body the fragment begins.
    pub fragment_offset: u32,
    /// Bytes of it that follow.
    pub fragment_length: u32,
}

impl FragmentHeader {
    /// Bytes on the wire.
    pub const LEN: usize = 12;

    /// The header of a message that is not cut, which is also how the transcript sees it (RFC 6347 §4.2.6).
    pub const fn whole(msg_type: HandshakeType, message_seq: u16, length: u32) -> Self {
        FragmentHeader { msg_type, length, message_seq, fragment_offset: 0, fragment_length: length }
    }

    /// Reads a header whose fragment lies within its message.
    pub fn parse(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let msg_type = HandshakeType(reader.u8("msg_type")?);
        let length = reader.u24("length")?;
        let message_seq = reader.u16("message_seq")?;
        let fragment_offset = reader.u24("fragment_offset")?;
        let fragment_length = reader.u24("fragment_length")?;
        // Both have 24 bits: the sum can not overflow.
        if fragment_offset + fragment_length > length {
            return Err(reader.error("fragment_length", ParseErrorKind::BadLength));
        }
        Ok(FragmentHeader { msg_type, length, message_seq, fragment_offset, fragment_length })
    }

    /// Appends the header.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.msg_type.0);
        writer.u24(self.length);
        writer.u16(self.message_seq);
        writer.u24(self.fragment_offset);
        writer.u24(self.fragment_length);
    }
}

/// A whole handshake message, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Message<'a> {
    /// Empty.
    HelloRequest,
    /// See [`ClientHello`].
    ClientHello(ClientHello<'a>),
    /// See [`ServerHello`].
    ServerHello(ServerHello<'a>),
    /// See [`HelloVerifyRequest`].
    HelloVerifyRequest(HelloVerifyRequest<'a>),
    /// See [`CertificateChain`].
    Certificate(CertificateChain<'a>),
    /// See [`ServerKeyExchange`].
    ServerKeyExchange(ServerKeyExchange<'a>),
    /// See [`CertificateRequest`].
    CertificateRequest(CertificateRequest<'a>),
    /// Empty.
    ServerHelloDone,
    /// See [`CertificateVerify`].
    CertificateVerify(CertificateVerify<'a>),
    /// See [`ClientKeyExchange`].
    ClientKeyExchange(ClientKeyExchange<'a>),
    /// See [`Finished`].
    Finished(Finished),
    /// One of a type that we do not know.
    Unknown(HandshakeType, &'a [u8]),
}

impl<'a> Message<'a> {
    /// Takes a body apart.
    pub fn parse(msg_type: HandshakeType, body: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(body);
        let message = match msg_type {
            HandshakeType::HELLO_REQUEST => Message::HelloRequest,
            HandshakeType::CLIENT_HELLO => Message::ClientHello(ClientHello::parse(&mut reader)?),
            HandshakeType::SERVER_HELLO => Message::ServerHello(ServerHello::parse(&mut reader)?),
            HandshakeType::HELLO_VERIFY_REQUEST => {
                Message::HelloVerifyRequest(HelloVerifyRequest::parse(&mut reader)?)
            }
            HandshakeType::CERTIFICATE => Message::Certificate(CertificateChain::parse(&mut reader)?),
            HandshakeType::SERVER_KEY_EXCHANGE => {
                Message::ServerKeyExchange(ServerKeyExchange::parse(&mut reader)?)
            }
            HandshakeType::CERTIFICATE_REQUEST => {
                Message::CertificateRequest(CertificateRequest::parse(&mut reader)?)
            }
            HandshakeType::SERVER_HELLO_DONE => Message::ServerHelloDone,
            HandshakeType::CERTIFICATE_VERIFY => {
                Message::CertificateVerify(CertificateVerify::parse(&mut reader)?)
            }
            HandshakeType::CLIENT_KEY_EXCHANGE => {
                Message::ClientKeyExchange(ClientKeyExchange::parse(&mut reader)?)
            }
            HandshakeType::FINISHED => Message::Finished(Finished::parse(&mut reader)?),
            other => return Ok(Message::Unknown(other, body)),
        };
        reader.finish("message")?;
        Ok(message)
    }

    /// Which type it is of.
    pub fn msg_type(&self) -> HandshakeType {
        match self {
            Message::HelloRequest => HandshakeType::HELLO_REQUEST,
            Message::ClientHello(_) => HandshakeType::CLIENT_HELLO,
            Message::ServerHello(_) => HandshakeType::SERVER_HELLO,
            Message::HelloVerifyRequest(_) => HandshakeType::HELLO_VERIFY_REQUEST,
            Message::Certificate(_) => HandshakeType::CERTIFICATE,
            Message::ServerKeyExchange(_) => HandshakeType::SERVER_KEY_EXCHANGE,
            Message::CertificateRequest(_) => HandshakeType::CERTIFICATE_REQUEST,
            Message::ServerHelloDone => HandshakeType::SERVER_HELLO_DONE,
            Message::CertificateVerify(_) => HandshakeType::CERTIFICATE_VERIFY,
            Message::ClientKeyExchange(_) => HandshakeType::CLIENT_KEY_EXCHANGE,
            Message::Finished(_) => HandshakeType::FINISHED,
            Message::Unknown(msg_type, _) => *msg_type,
        }
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Message::HelloRequest | Message::ServerHelloDone => {}
            Message::ClientHello(message) => message.write(writer),
            Message::ServerHello(message) => message.write(writer),
            Message::HelloVerifyRequest(message) => message.write(writer),
            Message::Certificate(message) => message.write(writer),
            Message::ServerKeyExchange(message) => message.write(writer),
            Message::CertificateRequest(message) => message.write(writer),
            Message::CertificateVerify(message) => message.write(writer),
            Message::ClientKeyExchange(message) => message.write(writer),
            Message::Finished(message) => message.write(writer),
            Message::Unknown(_, body) => writer.bytes(body),
        }
    }
}
