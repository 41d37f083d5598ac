//! The blocks of pcapng: type, length, body, options, length again; little-endian, padded to four bytes.

use std::net::IpAddr;

use limpid_sansio::Direction;

pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(super) const INTERFACE: u32 = 1;
pub(super) const NAME_RESOLUTION: u32 = 4;
pub(super) const ENHANCED_PACKET: u32 = 6;
pub(super) const DECRYPTION_SECRETS: u32 = 10;

/// "TLSK": a TLS key log.
const TLS_KEY_LOG: u32 = 0x544c_534b;

const OPTION_END: u16 = 0;
const OPTION_COMMENT: u16 = 1;
const SECTION_APPLICATION: u16 = 4;
const INTERFACE_NAME: u16 = 2;
const INTERFACE_DESCRIPTION: u16 = 3;
const INTERFACE_TIME_RESOLUTION: u16 = 9;
const PACKET_FLAGS: u16 = 2;

/// One block that is being written.
pub(super) struct Block<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    has_options: bool,
}

impl<'a> Block<'a> {
    /// Begins a block; [`finish`](Block::finish) fills in its lengths.
    pub(super) fn new(out: &'a mut Vec<u8>, kind: u32) -> Self {
        let start = out.len();
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        Block { out, start, has_options: false }
    }

    fn u16(&mut self, value: u16) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    fn padded(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        self.out.resize(self.out.len() + bytes.len().next_multiple_of(4) - bytes.len(), 0);
    }

    /// An option; what does not fit its length field is cut.
    fn option(&mut self, code: u16, value: &[u8]) {
        let value = &value[..value.len().min(usize::from(u16::MAX))];
        self.u16(code);
        self.u16(value.len() as u16);
        self.padded(value);
        self.has_options = true;
    }

    /// The body of a section header.
    pub(super) fn section(&mut self, comment: &str, application: &str) {
        // Byte order, version 1.0, length unknown.
        self.u32(0x1a2b_3c4d);
        self.u16(1);
        self.u16(0);
        self.out.extend_from_slice(&[0xff; 8]);
        if !comment.is_empty() {
            self.option(OPTION_COMMENT, comment.as_bytes());
        }
        self.option(SECTION_APPLICATION, application.as_bytes());
    }

    /// A whole interface block: times in nanoseconds, packets of any length.
    pub(super) fn interface(mut self, link_type: u16, name: &str, description: &str) {
        self.u16(link_type);
        self.u16(0);
        self.u32(0);
        self.option(INTERFACE_NAME, name.as_bytes());
        self.option(INTERFACE_DESCRIPTION, description.as_bytes());
        self.option(INTERFACE_TIME_RESOLUTION, &[9]);
        self.finish();
    }

    /// A whole block of secrets.
    pub(super) fn key_log(mut self, text: &[u8]) {
        self.u32(TLS_KEY_LOG);
        self.u32(text.len() as u32);
        self.padded(text);
        self.finish();
    }

    /// A whole block of names.
    pub(super) fn names(mut self, names: &[(IpAddr, &str)]) {
        for (address, name) in names {
            let (kind, mut record) = match address {
                IpAddr::V4(v4) => (1, v4.octets().to_vec()),
                IpAddr::V6(v6) => (2, v6.octets().to_vec()),
            };
            record.extend(name.bytes().filter(|byte| *byte != 0).take(255));
            record.push(0);
            self.u16(kind);
            self.u16(record.len() as u16);
            self.padded(&record);
        }
        self.u32(0);
        self.finish();
    }

    /// The fixed part of an enhanced packet block.
    pub(super) fn packet(&mut self, interface: u32, nanos: u64, frame: &[u8]) {
        self.u32(interface);
        self.u32((nanos >> 32) as u32);
        self.u32(nanos as u32);
        self.u32(frame.len() as u32);
        self.u32(frame.len() as u32);
        self.padded(frame);
    }

    /// Which way it went, and a remark.
    pub(super) fn packet_options(&mut self, direction: Direction, comment: &str) {
        if !comment.is_empty() {
            self.option(OPTION_COMMENT, comment.as_bytes());
        }
        let flags: u32 = match direction {
            Direction::In => 1,
            Direction::Out => 2,
        };
        self.option(PACKET_FLAGS, &flags.to_le_bytes());
    }

    /// Ends the options and fills in both lengths.
    pub(super) fn finish(mut self) {
        if self.has_options {
            self.u16(OPTION_END);
            self.u16(0);
        }
        let len = (self.out.len() - self.start + 4) as u32;
        self.u32(len);
        self.out[self.start + 4..self.start + 8].copy_from_slice(&len.to_le_bytes());
    }
}
