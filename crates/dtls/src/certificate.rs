//! X.509 as far as WebRTC needs it: whose public key, and may it sign.
//!
//! A certificate is trusted because its hash was announced (RFC 8122 §5), so names, dates, issuer and signature are read
//! over: they may be as odd as they like. What is left are the public key and the key usage (RFC 5280 §4.2.1.3).

use der::asn1::{
    AnyRef, BitStringRef, GeneralizedTime, OctetStringRef, SetOfVec, UintRef, UtcTime, Utf8StringRef,
};
use der::oid::ObjectIdentifier;
use der::{Choice, Decode, Encode, Sequence, ValueOrd};
use limpid_crypto::{KeyKind, Random, SignatureScheme, SigningKey};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use crate::error::Misuse;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");

/// Bit 0 of KeyUsage, the first of the first byte.
const DIGITAL_SIGNATURE: u8 = 0x80;

/// How long a certificate of ours lasts: a month, as browsers do. Nobody checks it.
const LIFETIME_SECS: u64 = 30 * 24 * 3600;
/// Begins a day early, for clocks that are behind.
const BACKDATED_SECS: u64 = 24 * 3600;

#[derive(Sequence)]
struct Certificate<'a> {
    tbs_certificate: TbsCertificate<'a>,
    signature_algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
}

#[derive(Sequence)]
struct TbsCertificate<'a> {
    #[asn1(context_specific = "0", optional = "true")]
    version: Option<u8>,
    serial_number: AnyRef<'a>,
    signature: AnyRef<'a>,
    issuer: AnyRef<'a>,
    validity: AnyRef<'a>,
    subject: AnyRef<'a>,
    subject_public_key_info: SubjectPublicKeyInfoRef<'a>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    issuer_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    subject_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "3", optional = "true")]
    extensions: Option<Vec<Extension<'a>>>,
}

#[derive(Sequence)]
struct Extension<'a> {
    id: ObjectIdentifier,
    #[asn1(default = "Default::default")]
    critical: bool,
    value: &'a OctetStringRef,
}

#[derive(Sequence, ValueOrd, Clone)]
struct AttributeTypeAndValue<'a> {
    kind: ObjectIdentifier,
    value: Utf8StringRef<'a>,
}

#[derive(Sequence)]
struct Validity {
    not_before: Time,
    not_after: Time,
}

#[derive(Choice)]
enum Time {
    #[asn1(type = "UTCTime")]
    Utc(UtcTime),
    #[asn1(type = "GeneralizedTime")]
    General(GeneralizedTime),
}

impl Time {
    /// Two-digit years up to 2049, four-digit ones from then on (RFC 5280 §4.1.2.5).
    fn from_unix(secs: u64) -> der::Result<Self> {
        let since_1970 = core::time::Duration::from_secs(secs);
        UtcTime::from_unix_duration(since_1970)
            .map(Time::Utc)
            .or_else(|_| GeneralizedTime::from_unix_duration(since_1970).map(Time::General))
    }
}

/// The public key of a certificate, still in it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PublicKey<'a> {
    /// What kind of key.
    pub kind: KeyKind,
    /// The bit string of its SubjectPublicKeyInfo.
    pub bytes: &'a [u8],
}

/// Why a certificate is of no use.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum CertificateFault {
    /// Not a certificate.
    Malformed,
    /// A key of a kind that we do not know.
    UnknownKey,
    /// The key may not sign.
    MayNotSign,
}

/// Finds the public key of a certificate in DER, and checks that it may sign.
pub fn public_key(certificate: &[u8]) -> Result<PublicKey<'_>, CertificateFault> {
    let certificate = Certificate::from_der(certificate).map_err(|_| CertificateFault::Malformed)?;
    for extension in certificate.tbs_certificate.extensions.iter().flatten() {
        if extension.id == KEY_USAGE {
            let usage = BitStringRef::from_der(extension.value.as_bytes());
            let usage = usage.map_err(|_| CertificateFault::Malformed)?;
            if usage.raw_bytes().first().is_none_or(|bits| bits & DIGITAL_SIGNATURE == 0) {
                return Err(CertificateFault::MayNotSign);
            }
        }
    }
    let info = certificate.tbs_certificate.subject_public_key_info;
    let kind = key_kind(&info.algorithm).ok_or(CertificateFault::UnknownKey)?;
    Ok(PublicKey { kind, bytes: info.subject_public_key.raw_bytes() })
}

fn key_kind(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<KeyKind> {
    match algorithm.oid {
        RSA_ENCRYPTION => Some(KeyKind::Rsa),
        ED25519 => Some(KeyKind::Ed25519),
        EC_PUBLIC_KEY => match algorithm.parameters_oid().ok()? {
            P256 => Some(KeyKind::EcdsaP256),
            P384 => Some(KeyKind::EcdsaP384),
            _ => None,
        },
        _ => None,
    }
}

/// Writes a self-signed certificate for an ECDSA key. `unix_secs` is the wall time; the name is one that browsers use too.
pub(crate) fn self_signed(
    key: &dyn SigningKey,
    random: &mut Random,
    unix_secs: u64,
) -> Result<Vec<u8>, Misuse> {
    let (curve, scheme, signature_oid) = match key.kind() {
        KeyKind::EcdsaP256 => (P256, SignatureScheme::ECDSA_SECP256R1_SHA256, ECDSA_WITH_SHA256),
        KeyKind::EcdsaP384 => (P384, SignatureScheme::ECDSA_SECP384R1_SHA384, ECDSA_WITH_SHA384),
        _ => return Err(Misuse::Unusable),
    };
    let serial: [u8; 16] = random.bytes();
    let unsigned = Unsigned { serial, curve, signature_oid, unix_secs, public_key: key.public_key() };
    let tbs = unsigned.to_der().map_err(|_| Misuse::Unusable)?;
    let signature = key.sign(scheme, &tbs)?;
    sign(&tbs, signature_oid, &signature).map_err(|_| Misuse::Unusable)
}

/// What a certificate of ours says before it is signed.
struct Unsigned<'a> {
    serial: [u8; 16],
    curve: ObjectIdentifier,
    signature_oid: ObjectIdentifier,
    unix_secs: u64,
    public_key: &'a [u8],
}

impl Unsigned<'_> {
    fn to_der(&self) -> der::Result<Vec<u8>> {
        let serial = UintRef::new(&self.serial)?.to_der()?;
        let signature = AlgorithmIdentifierRef { oid: self.signature_oid, parameters: None }.to_der()?;
        let value = Utf8StringRef::new("WebRTC")?;
        let part = SetOfVec::try_from(vec![AttributeTypeAndValue { kind: COMMON_NAME, value }])?;
        let name = vec![part].to_der()?;
        let validity = Validity {
            not_before: Time::from_unix(self.unix_secs.saturating_sub(BACKDATED_SECS))?,
            not_after: Time::from_unix(self.unix_secs.saturating_add(LIFETIME_SECS))?,
        };
        let validity = validity.to_der()?;
        TbsCertificate {
            version: Some(2), // v3
            serial_number: AnyRef::from_der(&serial)?,
            signature: AnyRef::from_der(&signature)?,
            issuer: AnyRef::from_der(&name)?,
            validity: AnyRef::from_der(&validity)?,
            subject: AnyRef::from_der(&name)?,
            subject_public_key_info: SubjectPublicKeyInfoRef {
                algorithm: AlgorithmIdentifierRef {
                    oid: EC_PUBLIC_KEY,
                    parameters: Some(AnyRef::from(&self.curve)),
                },
                subject_public_key: BitStringRef::from_bytes(self.public_key)?,
            },
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: None,
        }
        .to_der()
    }
}

fn sign(tbs: &[u8], signature_oid: ObjectIdentifier, signature: &[u8]) -> der::Result<Vec<u8>> {
    let algorithm = AlgorithmIdentifierRef { oid: signature_oid, parameters: None }.to_der()?;
    Certificate {
        tbs_certificate: TbsCertificate::from_der(tbs)?,
        signature_algorithm: AnyRef::from_der(&algorithm)?,
        signature: BitStringRef::from_bytes(signature)?,
    }
    .to_der()
}
