//! Header extensions that are encrypted one by one. RFC 6904.
//!
//! A key stream of its own runs over the body of the extension; only the data of the chosen elements take it. Identifiers,
//! lengths and padding stay readable, so that a receiver finds the same elements.

use alloc::boxed::Box;

use limpid_crypto::{AesKey, Provider, Secret};
use limpid_sansio::ParseError;

use super::{ExtensionIds, Form, next_element};
use crate::context::aes_key;
use crate::error::Error;
use crate::kdf::{Label, MasterKey};
use crate::profile::Profile;
use crate::transform::{PacketId, counter};

/// The keys of header extensions. The cipher is counter mode with every profile (RFC 7714 §8.3).
pub(crate) struct HeaderCipher {
    cipher: Box<dyn AesKey>,
    salt: Secret,
}

impl HeaderCipher {
    pub(crate) fn new(provider: &Provider, profile: Profile, master: &MasterKey) -> Result<Self, Error> {
        let cipher = aes_key(provider, profile, master, Label::HeaderEncryption)?;
        let salt = master.derive(provider, Label::HeaderSalt, profile.salt_len())?;
        Ok(HeaderCipher { cipher, salt })
    }

    /// Encrypts or decrypts the chosen elements of `body`: the same either way. Stops at an element that does not fit.
    pub(crate) fn mask(&self, id: PacketId, form: Form, ids: &ExtensionIds, body: &mut [u8]) {
        let first = u128::from_be_bytes(counter(&self.salt, id));
        let (mut at, mut block, mut number) = (0, [0; 16], None);
        while let Ok(Some((element, data))) = next_element(form, body, at) {
            at = data.end;
            if !ids.contains(element) {
                continue;
            }
            for byte in data {
                if number != Some(byte / 16) {
                    number = Some(byte / 16);
                    block = first.wrapping_add((byte / 16) as u128).to_be_bytes();
                    self.cipher.encrypt_block(&mut block);
                }
                body[byte] ^= block[byte % 16];
            }
        }
    }
}

/// Whether every element fits: what does not could not be told apart by the receiver.
pub(crate) fn check(form: Form, body: &[u8]) -> Result<(), ParseError> {
    let mut at = 0;
    while let Some((_, data)) = next_element(form, body, at)? {
        at = data.end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use limpid_crypto::ring;

    use super::*;
    use crate::kdf::tests::{bytes, cases};

    //~ covers 6904-3-b, 6904-3-c, 6904-3.2-a
    #[test]
    fn the_masked_extension_of_rfc_6904_comes_out() {
        let cases = cases(include_str!("../../tests/vectors/srtp_rfc6904.json"));
        let master = MasterKey::new(&bytes(&cases[0], "master_key"), &bytes(&cases[0], "master_salt"));
        let cipher = HeaderCipher::new(&ring::provider(), Profile::Aes128CmSha1_80, &master).unwrap();
        let case = &cases[1];
        let id = PacketId { ssrc: 0xcafe_babe, index: 0x1234 };
        assert_eq!(counter(&cipher.salt, id)[..], bytes(case, "init_counter")[..]);
        let ids: ExtensionIds =
            case["encrypted_ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u8).collect();
        let mut body = bytes(case, "plaintext_ext_body");
        cipher.mask(id, Form::OneByte, &ids, &mut body);
        assert_eq!(body, bytes(case, "ciphertext_ext_body"));
        cipher.mask(id, Form::OneByte, &ids, &mut body);
        assert_eq!(body, bytes(case, "plaintext_ext_body"));
    }

    #[test]
    fn elements_of_both_forms_are_walked_to_their_end() {
        let walk = |form, body: &[u8]| {
            let (mut at, mut seen) = (0, std::vec::Vec::new());
            while let Some((id, data)) = next_element(form, body, at)? {
                at = data.end;
                seen.push((id, data));
            }
            Ok::<_, ParseError>(seen)
        };
        assert_eq!(walk(Form::OneByte, &[0x10, 7, 0, 0x21, 8, 9, 0, 0]), Ok([(1, 1..2), (2, 4..6)].into()));
        assert_eq!(walk(Form::OneByte, &[0x10, 7, 0xf0, 0x2f]), Ok([(1, 1..2)].into()));
        assert_eq!(walk(Form::TwoByte, &[15, 0, 0, 200, 2, 8, 9]), Ok([(15, 2..2), (200, 5..7)].into()));
        for (form, body) in
            [(Form::OneByte, &[0x12, 1, 2][..]), (Form::TwoByte, &[1]), (Form::TwoByte, &[1, 2, 3])]
        {
            assert!(walk(form, body).is_err() && check(form, body).is_err());
        }
    }
}
