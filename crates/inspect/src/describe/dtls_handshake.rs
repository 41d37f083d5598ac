//! Handshake messages of DTLS 1.2, whole or in fragments (RFC 6347 §4.2.2, RFC 5246 §7.4, RFC 8422 §5).

use std::borrow::Cow;

use limpid_crypto::{NamedGroup, SignatureScheme};
use limpid_dtls::CipherSuite;
use limpid_dtls::message::{HandshakeType as H, Message};
use limpid_dtls::record::ProtocolVersion;
use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::dtls_extension::extensions;
use crate::layer::Layer;
use crate::walk::{Described, Rfc, Walk, describe};

const RFC: Rfc = "RFC 6347 §4.2.2";

/// The tree of one handshake message behind its 12-byte header, as it stands in a transcript: put together from its
/// fragments.
pub fn handshake_message(bytes: &[u8]) -> Described {
    describe(Layer::Dtls, "handshake message", RFC, (bytes, 0), |walk| Ok(fragment(walk)?.into()))
}

/// Walks over one message or fragment of one, and says in a few words what it is.
pub(super) fn fragment(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    let Some(header) = walk.rest().first_chunk::<12>().copied() else {
        return Err(walk.fault("handshake header", ParseErrorKind::Truncated));
    };
    let [length, offset, len] = [1, 6, 9].map(|at| u24(&header[at..]));
    let msg_type = H(header[0]);
    let name = name(msg_type);
    let mut summary = Cow::from("");
    walk.group(name, 12 + len, rfc(msg_type), |walk| {
        walk.number(1, "msg_type", RFC, |_| "")?;
        walk.number(3, "length", RFC, |_| "bytes of the whole message")?;
        walk.number(
            2,
            "message_seq",
            RFC,
            |_| "counts the messages of this side; a retransmission repeats it",
        )?;
        walk.number(3, "fragment_offset", RFC, |_| "where in the message this fragment begins")?;
        walk.number(3, "fragment_length", RFC, |_| "bytes of it that follow")?;
        if offset + len > length {
            return Err(ParseError::new("fragment_length", walk.at() - 3, ParseErrorKind::BadLength));
        }
        if len < length {
            walk.opaque(len, "fragment", RFC, "not looked into: a part of the message")?;
            summary = format!("{name} (bytes {offset} to {} of {length})", offset + len).into();
            return Ok(format!("bytes {offset} to {} of {length}", offset + len).into());
        }
        let (body, base) = (walk.rest(), walk.at());
        let text = message(walk, msg_type)?;
        Message::parse(msg_type, body).map_err(|error| error.within(base))?;
        summary = if text.is_empty() { name.into() } else { format!("{name} ({text})").into() };
        Ok(text)
    })?;
    Ok(summary.into_owned())
}

fn u24(bytes: &[u8]) -> usize {
    bytes[..3].iter().fold(0, |value, byte| value << 8 | usize::from(*byte))
}

/// The name of the message in the RFC's text.
const fn name(msg_type: H) -> &'static str {
    match msg_type {
        H::HELLO_REQUEST => "HelloRequest",
        H::CLIENT_HELLO => "ClientHello",
        H::SERVER_HELLO => "ServerHello",
        H::HELLO_VERIFY_REQUEST => "HelloVerifyRequest",
        H::CERTIFICATE => "Certificate",
        H::SERVER_KEY_EXCHANGE => "ServerKeyExchange",
        H::CERTIFICATE_REQUEST => "CertificateRequest",
        H::SERVER_HELLO_DONE => "ServerHelloDone",
        H::CERTIFICATE_VERIFY => "CertificateVerify",
        H::CLIENT_KEY_EXCHANGE => "ClientKeyExchange",
        H::FINISHED => "Finished",
        _ => "unknown handshake message",
    }
}

const fn rfc(msg_type: H) -> Rfc {
    match msg_type {
        H::HELLO_REQUEST => "RFC 5246 §7.4.1.1",
        H::CLIENT_HELLO => "RFC 5246 §7.4.1.2",
        H::SERVER_HELLO => "RFC 5246 §7.4.1.3",
        H::HELLO_VERIFY_REQUEST => "RFC 6347 §4.2.1",
        H::CERTIFICATE => "RFC 5246 §7.4.2",
        H::SERVER_KEY_EXCHANGE => "RFC 8422 §5.4",
        H::CERTIFICATE_REQUEST => "RFC 5246 §7.4.4",
        H::SERVER_HELLO_DONE => "RFC 5246 §7.4.5",
        H::CERTIFICATE_VERIFY => "RFC 5246 §7.4.8",
        H::CLIENT_KEY_EXCHANGE => "RFC 8422 §5.7",
        H::FINISHED => "RFC 5246 §7.4.9",
        _ => RFC,
    }
}

type Text = Result<Cow<'static, str>, ParseError>;

/// The body of a whole message.
fn message(walk: &mut Walk<'_>, msg_type: H) -> Text {
    let rfc = rfc(msg_type);
    match msg_type {
        H::CLIENT_HELLO => client_hello(walk, rfc),
        H::SERVER_HELLO => server_hello(walk, rfc),
        H::HELLO_VERIFY_REQUEST => {
            version(walk, "server_version", rfc)?;
            walk.opaque_vector(
                1,
                "cookie",
                rfc,
                "to be sent back: shows that the client receives at its address",
            )?;
            Ok("".into())
        }
        H::CERTIFICATE => certificates(walk, rfc),
        H::SERVER_KEY_EXCHANGE => server_key_exchange(walk, rfc),
        H::CERTIFICATE_REQUEST => {
            walk.opaque_vector(1, "certificate_types", rfc, "kinds of key that the client may show")?;
            walk.vector(2, "supported_signature_algorithms", rfc, |walk| schemes(walk, rfc))?;
            walk.opaque_vector(
                2,
                "certificate_authorities",
                rfc,
                "empty in WebRTC: certificates are self-signed",
            )?;
            Ok("".into())
        }
        H::CERTIFICATE_VERIFY => {
            let text = scheme(walk, rfc)?;
            walk.opaque_vector(2, "signature", rfc, "over all messages so far: the client holds its key")?;
            Ok(text.into())
        }
        H::CLIENT_KEY_EXCHANGE => {
            walk.opaque_vector(1, "ecdh_Yc", rfc, "the client's share of the key exchange")?;
            Ok("".into())
        }
        H::FINISHED => {
            walk.opaque(walk.remaining(), "verify_data", rfc, "both sides have seen the same handshake")?;
            Ok("".into())
        }
        _ => {
            if walk.remaining() > 0 {
                walk.opaque(walk.remaining(), "body", rfc, "")?;
            }
            Ok("".into())
        }
    }
}

fn version(walk: &mut Walk<'_>, name: &'static str, rfc: Rfc) -> Result<(), ParseError> {
    walk.code(2, name, rfc, |value| format!("{:?}", ProtocolVersion(value as u16)))?;
    Ok(())
}

fn client_hello(walk: &mut Walk<'_>, rfc: Rfc) -> Text {
    version(walk, "client_version", rfc)?;
    walk.opaque(32, "random", rfc, "fresh for every handshake")?;
    walk.opaque_vector(1, "session_id", rfc, "")?;
    let mut has_cookie = false;
    walk.vector(1, "cookie", "RFC 6347 §4.2.1", |walk| {
        has_cookie = walk.remaining() > 0;
        if has_cookie {
            walk.opaque(walk.remaining(), "content", rfc, "")?;
        }
        Ok(if has_cookie { "brought back from HelloVerifyRequest" } else { "none yet" }.into())
    })?;
    walk.vector(2, "cipher_suites", rfc, |walk| {
        while walk.remaining() > 0 {
            suite(walk, rfc)?;
        }
        Ok("best first".into())
    })?;
    walk.opaque_vector(1, "compression_methods", rfc, "none but null")?;
    extensions(walk, H::CLIENT_HELLO)?;
    Ok(if has_cookie { "with cookie" } else { "" }.into())
}

fn server_hello(walk: &mut Walk<'_>, rfc: Rfc) -> Text {
    version(walk, "server_version", rfc)?;
    walk.opaque(32, "random", rfc, "fresh for every handshake")?;
    walk.opaque_vector(1, "session_id", rfc, "")?;
    let suite = suite(walk, rfc)?;
    walk.number(1, "compression_method", rfc, |_| "")?;
    extensions(walk, H::SERVER_HELLO)?;
    Ok(format!("{suite}").into())
}

fn suite(walk: &mut Walk<'_>, rfc: Rfc) -> Result<CipherSuite, ParseError> {
    let value = walk.code(2, "cipher_suite", rfc, |value| format!("{}", CipherSuite(value as u16)))?;
    Ok(CipherSuite(value as u16))
}

fn certificates(walk: &mut Walk<'_>, rfc: Rfc) -> Text {
    let mut count = 0;
    walk.vector(3, "certificate_list", rfc, |walk| {
        while walk.remaining() > 0 {
            let text =
                if count == 0 { "the sender's own: SDP's fingerprint is its hash" } else { "its issuer" };
            walk.opaque_vector(3, "certificate", rfc, text)?;
            count += 1;
        }
        Ok("".into())
    })?;
    Ok(if count == 0 { "none" } else { "" }.into())
}

fn server_key_exchange(walk: &mut Walk<'_>, rfc: Rfc) -> Text {
    walk.number(1, "curve_type", rfc, |kind| if kind == 3 { "named_curve" } else { "not used" })?;
    let group = walk.code(2, "namedcurve", rfc, |value| format!("{:?}", NamedGroup(value as u16)))?;
    walk.opaque_vector(1, "public", rfc, "the server's share of the key exchange")?;
    let scheme = scheme(walk, rfc)?;
    walk.opaque_vector(2, "signature", rfc, "over both randoms and the share, by the certificate's key")?;
    Ok(format!("{:?}, {scheme}", NamedGroup(group as u16)).into())
}

fn scheme(walk: &mut Walk<'_>, rfc: Rfc) -> Result<String, ParseError> {
    let name = |value: u64| format!("{:?}", SignatureScheme(value as u16));
    walk.code(2, "algorithm", rfc, name).map(name)
}

/// A list of signature schemes, to the end.
pub(super) fn schemes(walk: &mut Walk<'_>, rfc: Rfc) -> Text {
    while walk.remaining() > 0 {
        scheme(walk, rfc)?;
    }
    Ok("best first".into())
}
