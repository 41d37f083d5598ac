//! Which keys hold in which direction: epoch 0 without any, epoch 1 with those of the handshake.
//!
//! Both write epochs stay usable to the end: a flight that is sent again goes out under the epochs it first had, with new
//! sequence numbers (RFC 6347 §4.2.4).

use limpid_sansio::wire::Writer;

use super::{
    ContentType, Epoch, HEADER_LEN, MAX_SEQUENCE, Opener, ProtocolVersion, RecordHeader, RecordNumber, Sealer,
};
use crate::error::DropReason;

/// The epochs of one connection.
#[derive(Debug)]
pub struct Epochs {
    plain_version: ProtocolVersion,
    plain_next: u64,
    sealer: Option<Sealer>,
    opener: Option<Opener>,
}

/// How far a record could be opened.
#[derive(Debug)]
pub enum Opening<'a> {
    /// Its content, in plaintext.
    Content(&'a mut [u8]),
    /// Its keys are not there yet: the fragment as it came.
    TooEarly(&'a mut [u8]),
    /// It is not worth keeping.
    Drop(DropReason),
}

impl Epochs {
    /// Plaintext in both directions; records carry `version`.
    pub fn new(version: ProtocolVersion) -> Self {
        Epochs { plain_version: version, plain_next: 0, sealer: None, opener: None }
    }

    /// Goes on behind this sequence number of epoch 0, when whoever verified the cookie used up those before
    /// (RFC 6347 §4.2.1).
    pub fn start_plain_at(&mut self, sequence: u64) {
        self.plain_next = sequence.min(MAX_SEQUENCE / 2);
    }

    /// The version is known: later plaintext records carry it.
    pub fn set_plain_version(&mut self, version: ProtocolVersion) {
        self.plain_version = version;
    }

    /// Keys for what we send in epoch 1.
    pub fn install_sealer(&mut self, sealer: Sealer) {
        self.sealer = Some(sealer);
    }

    /// Keys for what we receive in epoch 1.
    pub fn install_opener(&mut self, opener: Opener) {
        self.opener = Some(opener);
    }

    /// Whether what we receive in epoch 1 can be opened.
    pub const fn has_opener(&self) -> bool {
        self.opener.is_some()
    }

    /// What writes epoch 1, once its keys are there.
    pub const fn sealer(&self) -> Option<&Sealer> {
        self.sealer.as_ref()
    }

    /// What writes epoch 1, once its keys are there.
    pub const fn sealer_mut(&mut self) -> Option<&mut Sealer> {
        self.sealer.as_mut()
    }

    /// Bytes that a record of this epoch adds to its content.
    pub fn overhead(&self, epoch: Epoch) -> usize {
        match (&self.sealer, epoch) {
            (Some(sealer), Epoch(1..)) => sealer.overhead(),
            _ => HEADER_LEN,
        }
    }

    /// Appends one record under the keys of `epoch`. `None`: there are none, or its numbers are used up; nothing was
    /// appended.
    pub fn write(
        &mut self,
        out: &mut Vec<u8>,
        epoch: Epoch,
        content_type: ContentType,
        content: impl FnOnce(&mut Writer<'_>),
    ) -> Option<RecordNumber> {
        if epoch != Epoch(0) {
            let sealer = self.sealer.as_mut()?;
            let start = sealer.begin(out);
            content(&mut Writer::new(out));
            return sealer.seal(out, start, content_type);
        }
        if self.plain_next > MAX_SEQUENCE {
            return None;
        }
        let number = RecordNumber { epoch, sequence: self.plain_next };
        self.plain_next += 1;
        let start = out.len();
        let header = RecordHeader { content_type, version: self.plain_version, number, length: 0 };
        header.write(&mut Writer::new(out));
        content(&mut Writer::new(out));
        let length = (out.len() - start - HEADER_LEN) as u16;
        out[start + HEADER_LEN - 2..start + HEADER_LEN].copy_from_slice(&length.to_be_bytes());
        Some(number)
    }

    /// Opens one record.
    ///
    /// Epoch 0 has no replay window: its numbers prove nothing, and a forged high one would shut out the true ones.
    /// Handshake messages are told apart by their own numbers.
    pub fn open<'a>(&mut self, header: &RecordHeader, fragment: &'a mut [u8]) -> Opening<'a> {
        match header.number.epoch {
            Epoch(0) => Opening::Content(fragment),
            Epoch(1) => match &mut self.opener {
                None => Opening::TooEarly(fragment),
                Some(opener) => match opener.open(header, fragment) {
                    Ok(content) => Opening::Content(content),
                    Err(reason) => Opening::Drop(reason),
                },
            },
            _ => Opening::Drop(DropReason::Unknown),
        }
    }
}
