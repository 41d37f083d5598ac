//! Official test vectors, as hexadecimal digits. Each names the document that prints it.

use crate::provider::{AeadAlgorithm, HashAlgorithm};

/// A message and its hash.
pub(super) struct Hash {
    pub(super) source: &'static str,
    pub(super) algorithm: HashAlgorithm,
    pub(super) message: &'static str,
    pub(super) digest: &'static str,
}

/// A message and its MAC, which may be cut.
pub(super) struct Mac {
    pub(super) source: &'static str,
    pub(super) algorithm: HashAlgorithm,
    pub(super) key: &'static str,
    pub(super) message: &'static str,
    pub(super) tag: &'static str,
}

/// A derivation in both steps.
pub(super) struct Hkdf {
    pub(super) source: &'static str,
    pub(super) algorithm: HashAlgorithm,
    pub(super) ikm: &'static str,
    pub(super) salt: &'static str,
    pub(super) info: &'static str,
    pub(super) prk: &'static str,
    pub(super) okm: &'static str,
}

/// A sealed message: `sealed` is the ciphertext, then the tag.
pub(super) struct Aead {
    pub(super) source: &'static str,
    pub(super) algorithm: AeadAlgorithm,
    pub(super) key: &'static str,
    pub(super) nonce: &'static str,
    pub(super) aad: &'static str,
    pub(super) plaintext: &'static str,
    pub(super) sealed: &'static str,
}

/// A block of AES key stream.
pub(super) struct KeyStream {
    pub(super) source: &'static str,
    pub(super) key: &'static str,
    pub(super) counter: &'static str,
    pub(super) stream: &'static str,
}

/// A signature that must verify.
pub(super) struct Signature {
    pub(super) source: &'static str,
    pub(super) public_key: &'static str,
    pub(super) message: &'static str,
    pub(super) signature: &'static str,
}

/// Hashes.
pub(super) const HASHES: &[Hash] = &[
    Hash {
        source: "RFC 1321 §A.5",
        algorithm: HashAlgorithm::Md5,
        message: "",
        digest: "d41d8cd98f00b204e9800998ecf8427e",
    },
    Hash {
        source: "RFC 1321 §A.5",
        algorithm: HashAlgorithm::Md5,
        message: "616263",
        digest: "900150983cd24fb0d6963f7d28e17f72",
    },
    Hash {
        source: "RFC 3174 §7.3",
        algorithm: HashAlgorithm::Sha1,
        message: "616263",
        digest: "a9993e364706816aba3e25717850c26c9cd0d89d",
    },
    Hash {
        source: "RFC 3174 §7.3",
        algorithm: HashAlgorithm::Sha1,
        message: "6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e6c6d6e6f6d6e6f706e6f7071",
        digest: "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
    },
    Hash {
        source: "RFC 6234 §8.5",
        algorithm: HashAlgorithm::Sha256,
        message: "616263",
        digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    },
    Hash {
        source: "RFC 6234 §8.5",
        algorithm: HashAlgorithm::Sha256,
        message: "6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e6c6d6e6f6d6e6f706e6f7071",
        digest: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    },
    Hash {
        source: "RFC 6234 §8.5",
        algorithm: HashAlgorithm::Sha384,
        message: "616263",
        digest: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    },
    Hash {
        source: "RFC 6234 §8.5",
        algorithm: HashAlgorithm::Sha512,
        message: "616263",
        digest: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    },
];

/// HMAC.
pub(super) const MACS: &[Mac] = &[
    Mac {
        source: "RFC 2202 §3 case 1",
        algorithm: HashAlgorithm::Sha1,
        key: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        message: "4869205468657265",
        tag: "b617318655057264e28bc0b6fb378c8ef146be00",
    },
    Mac {
        source: "RFC 2202 §3 case 2",
        algorithm: HashAlgorithm::Sha1,
        key: "4a656665",
        message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        tag: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    },
    Mac {
        source: "RFC 2202 §3 case 3",
        algorithm: HashAlgorithm::Sha1,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        tag: "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
    },
    Mac {
        source: "RFC 2202 §3 case 4",
        algorithm: HashAlgorithm::Sha1,
        key: "0102030405060708090a0b0c0d0e0f10111213141516171819",
        message: "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        tag: "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
    },
    Mac {
        source: "RFC 2202 §3 case 5",
        algorithm: HashAlgorithm::Sha1,
        key: "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        message: "546573742057697468205472756e636174696f6e",
        tag: "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04",
    },
    Mac {
        source: "RFC 2202 §3 case 6",
        algorithm: HashAlgorithm::Sha1,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        tag: "aa4ae5e15272d00e95705637ce8a3b55ed402112",
    },
    Mac {
        source: "RFC 2202 §3 case 7",
        algorithm: HashAlgorithm::Sha1,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b657920616e64204c6172676572205468616e204f6e6520426c6f636b2d53697a652044617461",
        tag: "e8e99d0f45237d786d6bbaa7965c7808bbff1a91",
    },
    Mac {
        source: "RFC 4231 §4 case 1",
        algorithm: HashAlgorithm::Sha256,
        key: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        message: "4869205468657265",
        tag: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    },
    Mac {
        source: "RFC 4231 §4 case 1",
        algorithm: HashAlgorithm::Sha384,
        key: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        message: "4869205468657265",
        tag: "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
    },
    Mac {
        source: "RFC 4231 §4 case 1",
        algorithm: HashAlgorithm::Sha512,
        key: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        message: "4869205468657265",
        tag: "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
    },
    Mac {
        source: "RFC 4231 §4 case 2",
        algorithm: HashAlgorithm::Sha256,
        key: "4a656665",
        message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        tag: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    },
    Mac {
        source: "RFC 4231 §4 case 2",
        algorithm: HashAlgorithm::Sha384,
        key: "4a656665",
        message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        tag: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    },
    Mac {
        source: "RFC 4231 §4 case 2",
        algorithm: HashAlgorithm::Sha512,
        key: "4a656665",
        message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        tag: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    },
    Mac {
        source: "RFC 4231 §4 case 3",
        algorithm: HashAlgorithm::Sha256,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        tag: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    },
    Mac {
        source: "RFC 4231 §4 case 3",
        algorithm: HashAlgorithm::Sha384,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        tag: "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
    },
    Mac {
        source: "RFC 4231 §4 case 3",
        algorithm: HashAlgorithm::Sha512,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        tag: "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
    },
    Mac {
        source: "RFC 4231 §4 case 4",
        algorithm: HashAlgorithm::Sha256,
        key: "0102030405060708090a0b0c0d0e0f10111213141516171819",
        message: "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        tag: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    },
    Mac {
        source: "RFC 4231 §4 case 4",
        algorithm: HashAlgorithm::Sha384,
        key: "0102030405060708090a0b0c0d0e0f10111213141516171819",
        message: "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        tag: "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
    },
    Mac {
        source: "RFC 4231 §4 case 4",
        algorithm: HashAlgorithm::Sha512,
        key: "0102030405060708090a0b0c0d0e0f10111213141516171819",
        message: "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        tag: "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
    },
    Mac {
        source: "RFC 4231 §4 case 5",
        algorithm: HashAlgorithm::Sha256,
        key: "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        message: "546573742057697468205472756e636174696f6e",
        tag: "a3b6167473100ee06e0c796c2955552b",
    },
    Mac {
        source: "RFC 4231 §4 case 5",
        algorithm: HashAlgorithm::Sha384,
        key: "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        message: "546573742057697468205472756e636174696f6e",
        tag: "3abf34c3503b2a23a46efc619baef897",
    },
    Mac {
        source: "RFC 4231 §4 case 5",
        algorithm: HashAlgorithm::Sha512,
        key: "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        message: "546573742057697468205472756e636174696f6e",
        tag: "415fad6271580a531d4179bc891d87a6",
    },
    Mac {
        source: "RFC 4231 §4 case 6",
        algorithm: HashAlgorithm::Sha256,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        tag: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    },
    Mac {
        source: "RFC 4231 §4 case 6",
        algorithm: HashAlgorithm::Sha384,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        tag: "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
    },
    Mac {
        source: "RFC 4231 §4 case 6",
        algorithm: HashAlgorithm::Sha512,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        tag: "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
    },
    Mac {
        source: "RFC 4231 §4 case 7",
        algorithm: HashAlgorithm::Sha256,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
        tag: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    },
    Mac {
        source: "RFC 4231 §4 case 7",
        algorithm: HashAlgorithm::Sha384,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
        tag: "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
    },
    Mac {
        source: "RFC 4231 §4 case 7",
        algorithm: HashAlgorithm::Sha512,
        key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        message: "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
        tag: "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
    },
];

/// HKDF.
pub(super) const HKDFS: &[Hkdf] = &[
    Hkdf {
        source: "RFC 5869 §A.1",
        algorithm: HashAlgorithm::Sha256,
        ikm: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        salt: "000102030405060708090a0b0c",
        info: "f0f1f2f3f4f5f6f7f8f9",
        prk: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        okm: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    },
    Hkdf {
        source: "RFC 5869 §A.2",
        algorithm: HashAlgorithm::Sha256,
        ikm: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
        salt: "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        info: "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        prk: "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        okm: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    },
    Hkdf {
        source: "RFC 5869 §A.3",
        algorithm: HashAlgorithm::Sha256,
        ikm: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        salt: "",
        info: "",
        prk: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        okm: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    },
    Hkdf {
        source: "RFC 5869 §A.4",
        algorithm: HashAlgorithm::Sha1,
        ikm: "0b0b0b0b0b0b0b0b0b0b0b",
        salt: "000102030405060708090a0b0c",
        info: "f0f1f2f3f4f5f6f7f8f9",
        prk: "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243",
        okm: "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896",
    },
    Hkdf {
        source: "RFC 5869 §A.5",
        algorithm: HashAlgorithm::Sha1,
        ikm: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
        salt: "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        info: "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        prk: "8adae09a2a307059478d309b26c4115a224cfaf6",
        okm: "0bd770a74d1160f7c9f12cd5912a06ebff6adcae899d92191fe4305673ba2ffe8fa3f1a4e5ad79f3f334b3b202b2173c486ea37ce3d397ed034c7f9dfeb15c5e927336d0441f4c4300e2cff0d0900b52d3b4",
    },
    Hkdf {
        source: "RFC 5869 §A.6",
        algorithm: HashAlgorithm::Sha1,
        ikm: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        salt: "",
        info: "",
        prk: "da8c8a73c7fa77288ec6f5e7c297786aa0d32d01",
        okm: "0ac1af7002b3d761d1e55298da9d0506b9ae52057220a306e07b6b87e8df21d0ea00033de03984d34918",
    },
    Hkdf {
        source: "RFC 5869 §A.7",
        algorithm: HashAlgorithm::Sha1,
        ikm: "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        salt: "",
        info: "",
        prk: "2adccada18779e7c2077ad2eb19d3f3e731385dd",
        okm: "2c91117204d745f3500d636a62f64f0ab3bae548aa53d423b0d1f27ebba6f5e5673a081d70cce7acfc48",
    },
];

/// AES-GCM and ChaCha20-Poly1305.
pub(super) const AEADS: &[Aead] = &[
    Aead {
        source: "RFC 7714 §16.1.1",
        algorithm: AeadAlgorithm::Aes128Gcm,
        key: "000102030405060708090a0b0c0d0e0f",
        nonce: "51753c6580c2726f20718414",
        aad: "8040f17b8041f8d35501a0b2",
        plaintext: "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
        sealed: "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
    },
    Aead {
        source: "RFC 7714 §16.1.3",
        algorithm: AeadAlgorithm::Aes128Gcm,
        key: "000102030405060708090a0b0c0d0e0f",
        nonce: "51753c6580c2726f20718414",
        aad: "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
        plaintext: "",
        sealed: "22493f82d2bce397e9d79e3b19aa4216",
    },
    Aead {
        source: "RFC 7714 §16.2.1",
        algorithm: AeadAlgorithm::Aes256Gcm,
        key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        nonce: "51753c6580c2726f20718414",
        aad: "8040f17b8041f8d35501a0b2",
        plaintext: "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
        sealed: "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
    },
    Aead {
        source: "RFC 7714 §16.2.3",
        algorithm: AeadAlgorithm::Aes256Gcm,
        key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        nonce: "51753c6580c2726f20718414",
        aad: "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
        plaintext: "",
        sealed: "a866d5910f887463067ceefec45215d4",
    },
    Aead {
        source: "RFC 8439 §2.8.2",
        algorithm: AeadAlgorithm::ChaCha20Poly1305,
        key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        nonce: "070000004041424344454647",
        aad: "50515253c0c1c2c3c4c5c6c7",
        plaintext: "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e",
        sealed: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
    },
];

/// AES-128, AES-192 and AES-256 in counter mode.
pub(super) const KEY_STREAMS: &[KeyStream] = &[
    KeyStream {
        source: "RFC 3711 §B.2",
        key: "2b7e151628aed2a6abf7158809cf4f3c",
        counter: "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
        stream: "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0",
    },
    KeyStream {
        source: "RFC 3711 §B.2",
        key: "2b7e151628aed2a6abf7158809cf4f3c",
        counter: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        stream: "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44",
    },
    KeyStream {
        source: "RFC 6188 §7.1",
        key: "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
        counter: "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
        stream: "92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31",
    },
    KeyStream {
        source: "RFC 6188 §7.1",
        key: "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
        counter: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        stream: "cea518c90fd91ced9cbb18c078a547113dbc4814f4da5f00a08772b63c6a046d6eb246913062a16891433e97dd01a57f",
    },
    KeyStream {
        source: "RFC 6188 §7.3",
        key: "eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7",
        counter: "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
        stream: "35096cba4610028dc1b57503804ce37c5de986291dcce161d5165ec4568f5c9a474a40c77894bc17180202272a4c264d",
    },
    KeyStream {
        source: "RFC 6188 §7.3",
        key: "eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7",
        counter: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        stream: "d108d1a31a00bad6367ec23eb044b415c8f57129fdeb970b59f917b257662d4ca5dab625811034e8cebdfeb6dc158dd3",
    },
];

/// One AES block (RFC 9001 §A.2): key, input, output.
pub(super) const AES_BLOCK: [&str; 3] = [
    "9f50449e04a0e810283a1e9933adedd2",
    "d1b1c98dd7689fb8ec11d242b123dc9b",
    "437b9aec36be423400cdd115d9db3241",
];

/// ECDSA on P-256 with SHA-256.
pub(super) const ECDSA_P256: &[Signature] = &[
    Signature {
        source: "RFC 6979 §A.2.5",
        public_key: "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
        message: "73616d706c65",
        signature: "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    },
    Signature {
        source: "RFC 6979 §A.2.5",
        public_key: "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
        message: "74657374",
        signature: "3045022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d383670220019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
    },
];

/// Ed25519.
pub(super) const ED25519: &[Signature] = &[
    Signature {
        source: "RFC 8032 §7.1",
        public_key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        message: "",
        signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    },
    Signature {
        source: "RFC 8032 §7.1",
        public_key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        message: "72",
        signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    },
    Signature {
        source: "RFC 8032 §7.1",
        public_key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        message: "af82",
        signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    },
];

/// The private keys of [`ED25519`].
pub(super) const ED25519_SEEDS: &[&str] = &[
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
];

/// X25519 shares whose result is zero whatever the private key (RFC 7748 §6.1).
pub(super) const LOW_ORDER: &[&str] = &[
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
];
