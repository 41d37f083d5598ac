//! Cryptography without security: for fuzzing, and for traces that come out the same every time.
//!
//! Everything has the lengths of the real thing and the laws that protocols lean on (a MAC notices any change, key
//! exchange commutes, a signature verifies only for its key, scheme and message), but rests on a 64-bit checksum that
//! anyone can compute. Nothing is hidden: **AEADs leave the plaintext readable** and only append a tag.
//!
//! There is no state, hence no chance:
//!
//! - [`Randomness::fill`] gives the same stream *from its beginning at every call*: equal lengths, equal bytes.
//! - `key_exchange.start` gives one share per group, and `sign.generate` one key per kind, every time.
//! - `sign.load_pkcs8` takes any bytes, not PKCS #8 alone, and makes a P-256 key that depends on all of them: give two
//!   peers different bytes where they must have different certificates.
//!
//! What must differ between two connections then comes from the seed in each machine's config.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::digest::Digest;
use crate::provider::*;
use crate::secret::Secret;

/// No security at all. See the [module](self).
pub fn provider() -> Provider {
    Provider {
        name: "null",
        hash: &Null,
        mac: &Null,
        aead: &Null,
        cipher: &Null,
        key_exchange: &Null,
        sign: &Null,
        verify: &Null,
        random: &Null,
    }
}

/// Every trait of a provider.
struct Null;

/// A checksum (FNV-1a, 64 bits) over all bytes absorbed: two inputs that differ in one byte never have the same.
#[derive(Copy, Clone)]
struct Sum(u64);

impl Sum {
    /// A sum for one purpose, so that a MAC is not a hash.
    fn of(purpose: u64) -> Self {
        Sum(0xcbf2_9ce4_8422_2325 ^ purpose)
    }

    /// Goes on with one more byte string.
    fn absorb(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The same, and where it ended.
    fn with(mut self, bytes: &[u8]) -> Self {
        self.absorb(bytes);
        self.absorb(&(bytes.len() as u64).to_be_bytes());
        self
    }

    /// Fills `out` with what follows from the sum (SplitMix64).
    fn expand(self, out: &mut [u8]) {
        let mut state = self.0;
        for chunk in out.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(word ^ (word >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }

    /// As many bytes as wanted.
    fn bytes<const N: usize>(self) -> [u8; N] {
        let mut out = [0; N];
        self.expand(&mut out);
        out
    }

    /// Bytes in the length of a hash.
    fn digest(self, algorithm: HashAlgorithm) -> Digest {
        Digest::new(&self.bytes::<64>()[..algorithm.output_len()])
    }
}

impl Hashing for Null {
    fn start(&self, algorithm: HashAlgorithm) -> Option<Box<dyn Hasher>> {
        Some(Box::new(Running(algorithm, Sum::of(algorithm.output_len() as u64))))
    }
}

/// A running hash.
#[derive(Copy, Clone)]
struct Running(HashAlgorithm, Sum);

impl Hasher for Running {
    fn update(&mut self, bytes: &[u8]) {
        self.1.absorb(bytes);
    }

    fn so_far(&self) -> Digest {
        self.1.digest(self.0)
    }

    fn fork(&self) -> Box<dyn Hasher> {
        Box::new(*self)
    }
}

impl Macs for Null {
    fn key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Option<Box<dyn MacKey>> {
        Some(Box::new(Running(algorithm, Sum::of(0x6d61_6300 + algorithm.output_len() as u64).with(key))))
    }
}

impl MacKey for Running {
    fn sign(&self, parts: &[&[u8]]) -> Digest {
        let mut sum = self.1;
        parts.iter().for_each(|part| sum.absorb(part));
        sum.digest(self.0)
    }
}

impl Aeads for Null {
    fn key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Option<Box<dyn AeadKey>> {
        (key.len() == algorithm.key_len())
            .then(|| Box::new(Sum::of(algorithm as u64).with(key)) as Box<dyn AeadKey>)
    }
}

impl Sum {
    /// The tag of a message that is not encrypted.
    fn tag(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], plaintext: &[u8]) -> [u8; TAG_LEN] {
        self.with(nonce).with(aad).with(plaintext).bytes()
    }
}

impl AeadKey for Sum {
    fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], in_out: &mut [u8]) -> [u8; TAG_LEN] {
        self.tag(nonce, aad, in_out)
    }

    fn open<'a>(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], in_out: &'a mut [u8]) -> Option<&'a mut [u8]> {
        let (plaintext, tag) = in_out.split_at_mut_checked(in_out.len().checked_sub(TAG_LEN)?)?;
        (self.tag(nonce, aad, plaintext)[..] == *tag).then_some(plaintext)
    }
}

impl Ciphers for Null {
    fn aes(&self, key: &[u8]) -> Option<Box<dyn AesKey>> {
        matches!(key.len(), 16 | 24 | 32).then(|| Box::new(Mask(Sum::of(0x0061_6573).with(key).bytes())) as _)
    }
}

/// A "cipher" that XORs every block with the same bytes.
struct Mask([u8; 16]);

impl AesKey for Mask {
    fn counter_mode(&self, counter: &[u8; 16], in_out: &mut [u8]) {
        let mut counter = u128::from_be_bytes(*counter);
        for chunk in in_out.chunks_mut(16) {
            let mut block = counter.to_be_bytes();
            self.encrypt_block(&mut block);
            chunk.iter_mut().zip(block).for_each(|(byte, key)| *byte ^= key);
            counter = counter.wrapping_add(1);
        }
    }

    fn encrypt_block(&self, block: &mut [u8; 16]) {
        block.iter_mut().zip(self.0).for_each(|(byte, key)| *byte ^= key);
    }
}

impl KeyExchanges for Null {
    fn groups(&self) -> &[NamedGroup] {
        &[NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1]
    }

    fn start(&self, group: NamedGroup) -> Option<Box<dyn KeyExchange>> {
        let share = match group {
            NamedGroup::X25519 => Sum::of(0x2519).bytes::<32>().to_vec(),
            NamedGroup::SECP256R1 => point(65, Sum::of(0x0256)),
            NamedGroup::SECP384R1 => point(97, Sum::of(0x0384)),
            _ => return None,
        };
        Some(Box::new(Share(share)))
    }
}

/// Bytes shaped like an uncompressed point; the last eight tell whether it is "on the curve".
fn point(len: usize, sum: Sum) -> Vec<u8> {
    let mut point = vec![4; len];
    sum.expand(&mut point[1..]);
    let check = Sum::of(0).with(&point[..len - 8]).bytes::<8>();
    point[len - 8..].copy_from_slice(&check);
    point
}

/// Half of an exchange in which nothing is secret.
struct Share(Vec<u8>);

impl Share {
    /// Whether a peer of this group could have sent `share`.
    fn accepts(&self, share: &[u8]) -> bool {
        if share.len() != self.0.len() {
            return false;
        }
        match share.len().checked_sub(8) {
            Some(body) if share.len() > 32 => {
                share[0] == 4 && Sum::of(0).with(&share[..body]).bytes::<8>() == share[body..]
            }
            _ => share.iter().any(|byte| *byte != 0),
        }
    }
}

impl KeyExchange for Share {
    fn share(&self) -> &[u8] {
        &self.0
    }

    fn finish(self: Box<Self>, peer_share: &[u8]) -> Result<Secret, CryptoError> {
        if !self.accepts(peer_share) {
            return Err(CryptoError::BadKey);
        }
        let [ours, theirs] = [&self.0, peer_share].map(|share| Sum::of(0).with(share).0);
        // As long as one coordinate; a sum, so that both sides come to the same.
        let mut secret = vec![0; if self.0.len() == 97 { 48 } else { 32 }];
        Sum(ours.wrapping_add(theirs)).expand(&mut secret);
        Ok(Secret::new(secret))
    }
}

impl Signing for Null {
    fn generate(&self, kind: KeyKind) -> Option<Box<dyn SigningKey>> {
        Some(Box::new(Key::new(kind, Sum::of(kind as u64))))
    }

    fn load_pkcs8(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        match der {
            [] => Err(CryptoError::BadKey),
            _ => Ok(Box::new(Key::new(KeyKind::EcdsaP256, Sum::of(0x0070_6b38).with(der)))),
        }
    }
}

/// A key pair whose halves are the same.
struct Key {
    kind: KeyKind,
    public: Vec<u8>,
}

impl Key {
    /// A public key in the shape of its kind.
    fn new(kind: KeyKind, sum: Sum) -> Self {
        let public = match kind {
            KeyKind::EcdsaP256 => point(65, sum),
            KeyKind::EcdsaP384 => point(97, sum),
            KeyKind::Ed25519 => sum.bytes::<32>().to_vec(),
            KeyKind::Rsa => rsa_public_key(sum),
        };
        Key { kind, public }
    }
}

/// RSAPublicKey (RFC 8017 §A.1.1) with a "modulus" of 2048 bits and the exponent 65537.
fn rsa_public_key(sum: Sum) -> Vec<u8> {
    let mut der = vec![0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00];
    der.extend_from_slice(&sum.bytes::<256>());
    der[9] |= 0x80;
    der.extend_from_slice(&[0x02, 0x03, 0x01, 0x00, 0x01]);
    der
}

/// What stands for a signature: 64 bytes that anyone can compute.
fn signature(scheme: SignatureScheme, public_key: &[u8], message: &[u8]) -> [u8; 64] {
    Sum::of(u64::from(scheme.0)).with(public_key).with(message).bytes()
}

impl SigningKey for Key {
    fn kind(&self) -> KeyKind {
        self.kind
    }

    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if !self.kind.schemes().contains(&scheme) {
            return Err(CryptoError::Unsupported);
        }
        Ok(signature(scheme, &self.public, message).to_vec())
    }
}

impl Verifying for Null {
    fn verify(
        &self,
        scheme: SignatureScheme,
        kind: KeyKind,
        public_key: &[u8],
        message: &[u8],
        bytes: &[u8],
    ) -> Result<(), CryptoError> {
        if !kind.schemes().contains(&scheme) {
            return Err(CryptoError::Unsupported);
        }
        (signature(scheme, public_key, message) == bytes).then_some(()).ok_or(CryptoError::BadSignature)
    }
}

impl Randomness for Null {
    fn fill(&self, out: &mut [u8]) {
        Sum::of(0x7261_6e64).expand(out);
    }
}
