//! AES in counter mode and single AES blocks, by RustCrypto.

use alloc::boxed::Box;

use aes::cipher::{
    BlockCipher, BlockEncrypt, BlockSizeUser, InnerIvInit, KeyInit, StreamCipher, consts::U16,
};
use aes::{Aes128, Aes192, Aes256};
use ctr::{Ctr128BE, CtrCore};

use crate::provider::{AesKey, Ciphers};

/// AES without authentication.
pub(super) struct RustCrypto;

impl Ciphers for RustCrypto {
    fn aes(&self, key: &[u8]) -> Option<Box<dyn AesKey>> {
        Some(match key.len() {
            16 => Box::new(Key(Aes128::new_from_slice(key).ok()?)),
            24 => Box::new(Key(Aes192::new_from_slice(key).ok()?)),
            32 => Box::new(Key(Aes256::new_from_slice(key).ok()?)),
            _ => return None,
        })
    }
}

/// The expanded key.
struct Key<C>(C);

impl<C> AesKey for Key<C>
where
    C: BlockEncrypt + BlockCipher + BlockSizeUser<BlockSize = U16> + Send + Sync,
{
    fn counter_mode(&self, counter: &[u8; 16], in_out: &mut [u8]) {
        // The key schedule is lent to each stream, not copied into it.
        let core = CtrCore::inner_iv_init(&self.0, counter.into());
        Ctr128BE::<&C>::from_core(core).apply_keystream(in_out);
    }

    fn encrypt_block(&self, block: &mut [u8; 16]) {
        self.0.encrypt_block(block.into());
    }
}
