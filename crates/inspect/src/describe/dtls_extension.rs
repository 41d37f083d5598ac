//! Hello extensions, of 1.2 and of the 1.3 that browsers offer beside it (RFC 5246 §7.4.1.4, RFC 8446 §4.2).

use std::borrow::Cow;

use limpid_crypto::NamedGroup;
use limpid_dtls::extension::ExtensionType as E;
use limpid_dtls::message::HandshakeType;
use limpid_dtls::record::ProtocolVersion;
use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::dtls_handshake::schemes;
use crate::walk::{Rfc, Walk};

const RFC: Rfc = "RFC 5246 §7.4.1.4";

/// All that is left of a hello: nothing, or the list of extensions.
pub(super) fn extensions(walk: &mut Walk<'_>, hello: HandshakeType) -> Result<(), ParseError> {
    if walk.remaining() == 0 {
        return Ok(());
    }
    walk.vector(2, "extensions", RFC, |walk| {
        while walk.remaining() > 0 {
            extension(walk, hello)?;
        }
        Ok("".into())
    })
}

fn extension(walk: &mut Walk<'_>, hello: HandshakeType) -> Result<(), ParseError> {
    let Some([a, b, c, d]) = walk.rest().first_chunk::<4>().copied() else {
        return Err(walk.fault("extension", ParseErrorKind::Truncated));
    };
    let kind = E(u16::from_be_bytes([a, b]));
    let len = usize::from(u16::from_be_bytes([c, d]));
    walk.group(kind.name().unwrap_or("unknown extension"), 4 + len, rfc(kind), |walk| {
        walk.code(2, "extension_type", RFC, |value| {
            if is_grease(value) { "GREASE (RFC 8701): to be ignored" } else { "" }
        })?;
        walk.number(2, "length", RFC, |_| "")?;
        data(walk, kind, hello == HandshakeType::CLIENT_HELLO)
    })
}

/// Values that clients offer so that servers stay used to unknown ones.
const fn is_grease(value: u64) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

type Text = Result<Cow<'static, str>, ParseError>;

fn data(walk: &mut Walk<'_>, kind: E, is_client: bool) -> Text {
    let rfc = rfc(kind);
    match kind {
        E::SUPPORTED_GROUPS => {
            walk.vector(2, "named_group_list", rfc, |walk| {
                while walk.remaining() > 0 {
                    group(walk, rfc)?;
                }
                Ok("best first".into())
            })?;
            Ok("groups for the key exchange".into())
        }
        E::EC_POINT_FORMATS => {
            walk.opaque_vector(1, "ec_point_format_list", rfc, "")?;
            Ok("how points are written".into())
        }
        E::SIGNATURE_ALGORITHMS => {
            walk.vector(2, "supported_signature_algorithms", rfc, |walk| schemes(walk, rfc))?;
            Ok("what the client can check".into())
        }
        E::USE_SRTP => use_srtp(walk, rfc),
        E::SUPPORTED_VERSIONS if is_client => {
            walk.vector(1, "versions", rfc, |walk| {
                while walk.remaining() > 0 {
                    version(walk, rfc)?;
                }
                Ok("best first".into())
            })?;
            Ok("".into())
        }
        E::SUPPORTED_VERSIONS => {
            version(walk, rfc)?;
            Ok("the version that was chosen".into())
        }
        E::KEY_SHARE if is_client => {
            walk.vector(2, "client_shares", rfc, |walk| {
                while walk.remaining() > 0 {
                    share(walk, rfc)?;
                }
                Ok("".into())
            })?;
            Ok("shares for DTLS 1.3".into())
        }
        E::KEY_SHARE => {
            share(walk, rfc)?;
            Ok("".into())
        }
        E::RENEGOTIATION_INFO => {
            walk.opaque_vector(1, "renegotiated_connection", rfc, "")?;
            Ok("empty in a first handshake".into())
        }
        _ => {
            if walk.remaining() > 0 {
                walk.opaque(walk.remaining(), "extension_data", rfc, "")?;
            }
            Ok(match kind {
                E::EXTENDED_MASTER_SECRET => "the master secret will depend on the whole handshake".into(),
                _ if kind.name().is_none() => format!("{kind:?}").into(),
                _ => "".into(),
            })
        }
    }
}

fn group(walk: &mut Walk<'_>, rfc: Rfc) -> Result<(), ParseError> {
    walk.code(2, "group", rfc, |value| format!("{:?}", NamedGroup(value as u16)))?;
    Ok(())
}

fn version(walk: &mut Walk<'_>, rfc: Rfc) -> Result<(), ParseError> {
    walk.code(2, "version", rfc, |value| format!("{:?}", ProtocolVersion(value as u16)))?;
    Ok(())
}

fn share(walk: &mut Walk<'_>, rfc: Rfc) -> Result<(), ParseError> {
    group(walk, rfc)?;
    if walk.remaining() == 0 {
        // A HelloRetryRequest names the group alone.
        return Ok(());
    }
    walk.opaque_vector(2, "key_exchange", rfc, "")
}

fn use_srtp(walk: &mut Walk<'_>, rfc: Rfc) -> Text {
    walk.vector(2, "SRTPProtectionProfiles", rfc, |walk| {
        while walk.remaining() > 0 {
            walk.code(2, "profile", rfc, |value| profile(value as u16))?;
        }
        Ok("best first".into())
    })?;
    walk.opaque_vector(1, "srtp_mki", rfc, "")?;
    Ok("media will be protected by SRTP under one of these".into())
}

/// The IANA registry "DTLS-SRTP Protection Profiles".
const fn profile(value: u16) -> &'static str {
    match value {
        1 => "SRTP_AES128_CM_HMAC_SHA1_80",
        2 => "SRTP_AES128_CM_HMAC_SHA1_32",
        5 => "SRTP_NULL_HMAC_SHA1_80",
        6 => "SRTP_NULL_HMAC_SHA1_32",
        7 => "SRTP_AEAD_AES_128_GCM",
        8 => "SRTP_AEAD_AES_256_GCM",
        _ => "unknown profile",
    }
}

/// Where an extension is defined.
const fn rfc(kind: E) -> Rfc {
    match kind {
        E::SUPPORTED_GROUPS => "RFC 8422 §5.1.1",
        E::EC_POINT_FORMATS => "RFC 8422 §5.1.2",
        E::SIGNATURE_ALGORITHMS => "RFC 5246 §7.4.1.4.1",
        E::USE_SRTP => "RFC 5764 §4.1",
        E::ALPN => "RFC 7301 §3.1",
        E::EXTENDED_MASTER_SECRET => "RFC 7627 §5.1",
        E::RECORD_SIZE_LIMIT => "RFC 8449 §4",
        E::SUPPORTED_VERSIONS => "RFC 8446 §4.2.1",
        E::PSK_KEY_EXCHANGE_MODES => "RFC 8446 §4.2.9",
        E::KEY_SHARE => "RFC 8446 §4.2.8",
        E::CONNECTION_ID => "RFC 9146 §3",
        E::RENEGOTIATION_INFO => "RFC 5746 §3.2",
        _ => RFC,
    }
}
