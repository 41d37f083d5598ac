//! Certificates and private keys from PEM files, as `openssl` writes them.

use der::asn1::{AnyRef, Null, OctetStringRef};
use der::oid::ObjectIdentifier;
use der::{Decode, Encode, SecretDocument, Sequence};
use limpid_crypto::Secret;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::spki::AlgorithmIdentifierRef;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// RFC 5915 §3, as far as we need it: which curve.
#[derive(Sequence)]
struct EcPrivateKey<'a> {
    version: u8,
    private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", optional = "true")]
    parameters: Option<ObjectIdentifier>,
    #[asn1(context_specific = "1", optional = "true")]
    public_key: Option<AnyRef<'a>>,
}

/// The sections of a PEM file, each from its `-----BEGIN` to its `-----END …-----`, with their labels.
fn sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let section = &rest[rest.find("-----BEGIN ")?..];
        let label = section.strip_prefix("-----BEGIN ")?.split("-----").next()?;
        let end_marker = format!("-----END {label}-----");
        let end = section.find(&end_marker)? + end_marker.len();
        rest = &section[end..];
        Some((label, &section[..end]))
    })
}

/// The first certificate, in DER.
pub(super) fn certificate(text: &str) -> Option<Vec<u8>> {
    let (_, section) = sections(text).find(|(label, _)| *label == "CERTIFICATE")?;
    let (_, document) = der::Document::from_pem(section).ok()?;
    Some(document.into_vec())
}

/// The first private key, in PKCS #8 DER.
pub(super) fn private_key(text: &str) -> Option<Secret> {
    sections(text).find_map(|(label, section)| match label {
        "PRIVATE KEY" | "EC PRIVATE KEY" | "RSA PRIVATE KEY" => {
            let (_, document) = SecretDocument::from_pem(section).ok()?;
            pkcs8(label, document.as_bytes())
        }
        _ => None,
    })
}

fn pkcs8(label: &str, der: &[u8]) -> Option<Secret> {
    let info = match label {
        "EC PRIVATE KEY" => {
            let curve = EcPrivateKey::from_der(der).ok()?.parameters?;
            return wrap(EC_PUBLIC_KEY, AnyRef::from(&curve), der);
        }
        "RSA PRIVATE KEY" => return wrap(RSA_ENCRYPTION, AnyRef::from(Null), der),
        _ => der,
    };
    Some(Secret::copy_of(info))
}

fn wrap(oid: ObjectIdentifier, parameters: AnyRef<'_>, key: &[u8]) -> Option<Secret> {
    let algorithm = AlgorithmIdentifierRef { oid, parameters: Some(parameters) };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(key).ok()?);
    info.to_der().ok().map(Secret::new)
}
