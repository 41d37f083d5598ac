//! A crypto provider: one struct of statics, passed in as a value.
//!
//! Protocol crates name algorithms and call these traits; which library does the work is decided by whoever builds the
//! connection. Every function is total: an algorithm that a provider does not have is `None` or [`CryptoError`], never a
//! panic.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::digest::Digest;
use crate::secret::Secret;

/// What a connection needs of cryptography. Copy it, pass it on, compare providers by [`name`](Provider::name).
#[derive(Copy, Clone)]
pub struct Provider {
    /// For traces and error messages: `ring`, `null`, …
    pub name: &'static str,
    /// MD5, SHA-1, SHA-256, SHA-384, SHA-512.
    pub hash: &'static dyn Hashing,
    /// HMAC over those.
    pub mac: &'static dyn Macs,
    /// AES-GCM and ChaCha20-Poly1305.
    pub aead: &'static dyn Aeads,
    /// AES in counter mode, and single AES blocks.
    pub cipher: &'static dyn Ciphers,
    /// Ephemeral key exchange.
    pub key_exchange: &'static dyn KeyExchanges,
    /// Private keys for certificates.
    pub sign: &'static dyn Signing,
    /// Checks of signatures by a public key.
    pub verify: &'static dyn Verifying,
    /// Keys, nonces, seeds: from the operating system; with `null` always the same.
    pub random: &'static dyn Randomness,
}

impl Provider {
    /// 32 bytes of its randomness: a fresh seed for the [`Random`](crate::Random) of one machine.
    pub fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.random.fill(&mut seed);
        seed
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.name)
    }
}

/// A hash function.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HashAlgorithm {
    /// RFC 1321; only for STUN's long-term credentials.
    Md5,
    /// FIPS 180-4; only within HMAC.
    Sha1,
    /// FIPS 180-4.
    Sha256,
    /// FIPS 180-4.
    Sha384,
    /// FIPS 180-4.
    Sha512,
}

impl HashAlgorithm {
    /// Bytes of output.
    pub const fn output_len(self) -> usize {
        match self {
            HashAlgorithm::Md5 => 16,
            HashAlgorithm::Sha1 => 20,
            HashAlgorithm::Sha256 => 32,
            HashAlgorithm::Sha384 => 48,
            HashAlgorithm::Sha512 => 64,
        }
    }
}

/// Hash functions.
pub trait Hashing: Sync {
    /// A running hash; `None`: not offered.
    fn start(&self, algorithm: HashAlgorithm) -> Option<Box<dyn Hasher>>;
    /// The hash of `parts`, one after the other; `None`: not offered.
    fn digest(&self, algorithm: HashAlgorithm, parts: &[&[u8]]) -> Option<Digest> {
        let mut hasher = self.start(algorithm)?;
        parts.iter().for_each(|part| hasher.update(part));
        Some(hasher.so_far())
    }
}

/// A running hash.
pub trait Hasher: Send + Sync {
    /// Takes more input.
    fn update(&mut self, bytes: &[u8]);
    /// The hash of all input so far; the hasher goes on (a handshake hashes its transcript at several points).
    fn so_far(&self) -> Digest;
    /// An independent copy.
    fn fork(&self) -> Box<dyn Hasher>;
}

/// HMAC (RFC 2104).
pub trait Macs: Sync {
    /// A key with its states prepared, to be kept for as long as the key lives; `None`: not offered.
    fn key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Option<Box<dyn MacKey>>;
}

/// A prepared HMAC key.
pub trait MacKey: Send + Sync {
    /// The MAC of `parts`, one after the other.
    fn sign(&self, parts: &[&[u8]]) -> Digest;
    /// Compares in constant time. `tag` may be a truncation of at least four bytes; shorter never verifies.
    fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        let whole = self.sign(parts);
        tag.len() >= 4 && tag.len() <= whole.len() && crate::secret::equal(&whole[..tag.len()], tag)
    }
}

/// An authenticated cipher with a nonce of 12 and a tag of 16 bytes.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AeadAlgorithm {
    /// NIST SP 800-38D.
    Aes128Gcm,
    /// NIST SP 800-38D.
    Aes256Gcm,
    /// RFC 8439.
    ChaCha20Poly1305,
}

impl AeadAlgorithm {
    /// Bytes of key.
    pub const fn key_len(self) -> usize {
        match self {
            AeadAlgorithm::Aes128Gcm => 16,
            AeadAlgorithm::Aes256Gcm | AeadAlgorithm::ChaCha20Poly1305 => 32,
        }
    }
}

/// Bytes of an AEAD tag.
pub const TAG_LEN: usize = 16;
/// Bytes of an AEAD nonce.
pub const NONCE_LEN: usize = 12;

/// Authenticated ciphers.
pub trait Aeads: Sync {
    /// A key with its schedule prepared; `None`: not offered, or `key` has the wrong length.
    fn key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Option<Box<dyn AeadKey>>;
}

/// A prepared AEAD key.
pub trait AeadKey: Send + Sync {
    /// Encrypts `in_out` where it lies and returns the tag. The caller never repeats a nonce.
    fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], in_out: &mut [u8]) -> [u8; TAG_LEN];
    /// Decrypts `in_out` (ciphertext, then tag) where it lies and returns the plaintext; `None`: not authentic, and the
    /// bytes are then unspecified.
    fn open<'a>(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], in_out: &'a mut [u8]) -> Option<&'a mut [u8]>;
}

/// Ciphers without authentication, for SRTP's counter mode and for header masks.
pub trait Ciphers: Sync {
    /// AES with a key of 16, 24 or 32 bytes; `None`: not offered, or another length.
    fn aes(&self, key: &[u8]) -> Option<Box<dyn AesKey>>;
}

/// A prepared AES key.
pub trait AesKey: Send + Sync {
    /// XORs the key stream of counter mode over `in_out`; `counter` is the first 128-bit big-endian block.
    fn counter_mode(&self, counter: &[u8; 16], in_out: &mut [u8]);
    /// Encrypts one block.
    fn encrypt_block(&self, block: &mut [u8; 16]);
}

/// A group of the TLS registry "Supported Groups". Unknown code points are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedGroup(pub u16);

impl NamedGroup {
    /// P-256.
    pub const SECP256R1: NamedGroup = NamedGroup(0x0017);
    /// P-384.
    pub const SECP384R1: NamedGroup = NamedGroup(0x0018);
    /// RFC 7748.
    pub const X25519: NamedGroup = NamedGroup(0x001d);
    /// ML-KEM-768 beside X25519.
    pub const X25519MLKEM768: NamedGroup = NamedGroup(0x11ec);

    /// The registry's name, if we know it.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            NamedGroup::SECP256R1 => "secp256r1",
            NamedGroup::SECP384R1 => "secp384r1",
            NamedGroup::X25519 => "x25519",
            NamedGroup::X25519MLKEM768 => "X25519MLKEM768",
            _ => return None,
        })
    }
}

impl fmt::Debug for NamedGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "group {:#06x}", self.0),
        }
    }
}

/// Ephemeral key exchange. Written for both kinds: Diffie-Hellman, where either side may begin, and KEMs, where the
/// answer depends on the offer.
pub trait KeyExchanges: Sync {
    /// The groups on offer, best first.
    fn groups(&self) -> &[NamedGroup];
    /// Makes a key pair; `None`: the group is not offered.
    fn start(&self, group: NamedGroup) -> Option<Box<dyn KeyExchange>>;
    /// Answers a peer's share at once: our share and the shared secret.
    fn answer(&self, group: NamedGroup, peer_share: &[u8]) -> Result<(Vec<u8>, Secret), CryptoError> {
        let ours = self.start(group).ok_or(CryptoError::Unsupported)?;
        let share = ours.share().to_vec();
        Ok((share, ours.finish(peer_share)?))
    }
}

/// Our half of a key exchange.
pub trait KeyExchange: Send + Sync {
    /// What the peer is sent: an uncompressed point (X9.62) or 32 bytes of X25519.
    fn share(&self) -> &[u8];
    /// The shared secret. Fails on a point that is off the curve or an all-zero X25519 result.
    fn finish(self: Box<Self>, peer_share: &[u8]) -> Result<Secret, CryptoError>;
}

/// A code point of the TLS registry "SignatureScheme". Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignatureScheme(pub u16);

impl SignatureScheme {
    /// RSA PKCS #1 v1.5 with SHA-256.
    pub const RSA_PKCS1_SHA256: SignatureScheme = SignatureScheme(0x0401);
    /// RSA PKCS #1 v1.5 with SHA-384.
    pub const RSA_PKCS1_SHA384: SignatureScheme = SignatureScheme(0x0501);
    /// RSA PKCS #1 v1.5 with SHA-512.
    pub const RSA_PKCS1_SHA512: SignatureScheme = SignatureScheme(0x0601);
    /// ECDSA with SHA-256; in TLS 1.3 on P-256 only.
    pub const ECDSA_SECP256R1_SHA256: SignatureScheme = SignatureScheme(0x0403);
    /// ECDSA with SHA-384; in TLS 1.3 on P-384 only.
    pub const ECDSA_SECP384R1_SHA384: SignatureScheme = SignatureScheme(0x0503);
    /// RSA-PSS with SHA-256 and an rsaEncryption key.
    pub const RSA_PSS_RSAE_SHA256: SignatureScheme = SignatureScheme(0x0804);
    /// RSA-PSS with SHA-384 and an rsaEncryption key.
    pub const RSA_PSS_RSAE_SHA384: SignatureScheme = SignatureScheme(0x0805);
    /// RSA-PSS with SHA-512 and an rsaEncryption key.
    pub const RSA_PSS_RSAE_SHA512: SignatureScheme = SignatureScheme(0x0806);
    /// RFC 8032.
    pub const ED25519: SignatureScheme = SignatureScheme(0x0807);

    /// The registry's name, if we know it.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            SignatureScheme::RSA_PKCS1_SHA256 => "rsa_pkcs1_sha256",
            SignatureScheme::RSA_PKCS1_SHA384 => "rsa_pkcs1_sha384",
            SignatureScheme::RSA_PKCS1_SHA512 => "rsa_pkcs1_sha512",
            SignatureScheme::ECDSA_SECP256R1_SHA256 => "ecdsa_secp256r1_sha256",
            SignatureScheme::ECDSA_SECP384R1_SHA384 => "ecdsa_secp384r1_sha384",
            SignatureScheme::RSA_PSS_RSAE_SHA256 => "rsa_pss_rsae_sha256",
            SignatureScheme::RSA_PSS_RSAE_SHA384 => "rsa_pss_rsae_sha384",
            SignatureScheme::RSA_PSS_RSAE_SHA512 => "rsa_pss_rsae_sha512",
            SignatureScheme::ED25519 => "ed25519",
            _ => return None,
        })
    }
}

impl fmt::Debug for SignatureScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "signature scheme {:#06x}", self.0),
        }
    }
}

/// The kind of key in a certificate.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum KeyKind {
    /// ECDSA on P-256.
    EcdsaP256,
    /// ECDSA on P-384.
    EcdsaP384,
    /// RSA, 2048 to 8192 bits.
    Rsa,
    /// Ed25519.
    Ed25519,
}

impl KeyKind {
    /// What a key of this kind can sign with under every provider, best first. Checking takes more: in TLS 1.2 an ECDSA
    /// key of either curve goes with SHA-256 and SHA-384 (RFC 8422 §5.1.1).
    pub const fn schemes(self) -> &'static [SignatureScheme] {
        match self {
            KeyKind::EcdsaP256 => &[SignatureScheme::ECDSA_SECP256R1_SHA256],
            KeyKind::EcdsaP384 => &[SignatureScheme::ECDSA_SECP384R1_SHA384],
            KeyKind::Ed25519 => &[SignatureScheme::ED25519],
            KeyKind::Rsa => &[
                SignatureScheme::RSA_PSS_RSAE_SHA256,
                SignatureScheme::RSA_PKCS1_SHA256,
                SignatureScheme::RSA_PSS_RSAE_SHA384,
                SignatureScheme::RSA_PKCS1_SHA384,
                SignatureScheme::RSA_PSS_RSAE_SHA512,
                SignatureScheme::RSA_PKCS1_SHA512,
            ],
        }
    }
}

/// Private keys.
pub trait Signing: Sync {
    /// Makes a key of this kind; `None`: not offered (ring makes no RSA keys).
    fn generate(&self, kind: KeyKind) -> Option<Box<dyn SigningKey>>;
    /// Loads a private key from PKCS #8 DER.
    fn load_pkcs8(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError>;
}

/// A private key.
pub trait SigningKey: Send + Sync {
    /// What it is.
    fn kind(&self) -> KeyKind;
    /// The public key as it stands in a SubjectPublicKeyInfo's bit string: an uncompressed point, an RSAPublicKey, or 32 bytes.
    fn public_key(&self) -> &[u8];
    /// Signs `message` (hashing it as the scheme says). ECDSA signatures are DER.
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, CryptoError>;
}

/// Checks of signatures.
pub trait Verifying: Sync {
    /// Whether `signature` over `message` is by `public_key` (shaped as [`SigningKey::public_key`]) of `kind`.
    fn verify(
        &self,
        scheme: SignatureScheme,
        kind: KeyKind,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError>;
}

/// Unpredictable bytes.
pub trait Randomness: Sync {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);
}

/// Why a cryptographic operation gave nothing. Says no more than that, on purpose.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CryptoError {
    /// The provider does not offer the algorithm.
    Unsupported,
    /// A key or share is malformed.
    BadKey,
    /// A signature does not verify.
    BadSignature,
    /// The operation failed.
    Failed,
}

impl fmt::Display for CryptoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CryptoError::Unsupported => "the crypto provider does not offer this algorithm",
            CryptoError::BadKey => "a key is malformed",
            CryptoError::BadSignature => "a signature does not verify",
            CryptoError::Failed => "a cryptographic operation failed",
        })
    }
}

impl core::error::Error for CryptoError {}
