//! Captures that a stock Wireshark opens: pcapng with the keys inside, and interfaces of their own for what lies
//! within DTLS and SRTP.
//!
//! - Interface 0, `wire`: the datagrams as they were sent, behind Ethernet, IP and UDP headers that are made up but for
//!   the addresses and ports.
//! - Interface 1, `sctp`: the packets that DTLS carried, in the clear, behind an IP header of protocol 132 (link type
//!   RAW), since Wireshark does not take SCTP out of decrypted DTLS on its own.
//! - Interface 2, `rtp`: the packets of RTP and RTCP that SRTP carried, in the clear, behind IP and UDP headers (RAW). Wireshark
//!   takes them for RTP where it is told to look for it (`rtp_udp` among the heuristics, or "Decode as").
//! - A Decryption Secrets Block with a TLS key log stands before all packets: Wireshark decrypts on its first pass.
//!
//! Times are nanoseconds. Blocks: draft-ietf-opsawg-pcapng §4.

mod block;
mod headers;

use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use limpid_sansio::{Direction, Instant, Path};

use crate::keylog::KeyLog;
use block::Block;

/// What goes into the head of a capture.
#[derive(Clone, Debug, Default)]
pub struct Options<'a> {
    /// The wall time of [`Instant::ZERO`], since 1970. Zero for virtual time.
    pub epoch: Duration,
    /// Keys that decrypt the DTLS inside. Whoever gets the file can then read everything: give it a name with `.SECRET`.
    pub keys: Option<&'a KeyLog>,
    /// Names of the peers, shown in place of their addresses where the reader asks for it.
    pub names: &'a [(IpAddr, &'a str)],
    /// A line about the whole capture.
    pub comment: &'a str,
}

/// Writes one capture, block by block; nothing is kept in memory.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    epoch: Duration,
    buffer: Vec<u8>,
}

/// One packet on its way into a capture.
#[derive(Copy, Clone, Debug)]
pub struct Packet<'a> {
    /// When it was sent or received.
    pub at: Instant,
    /// Seen from the endpoint that took the capture.
    pub path: Path,
    /// Which way it went on that path.
    pub direction: Direction,
    /// What UDP, DTLS or SRTP carried.
    pub bytes: &'a [u8],
    /// A remark, or "".
    pub comment: &'a str,
}

const ETHERNET: u16 = 1;
const RAW: u16 = 101;

impl<W: Write> Writer<W> {
    /// Writes the head: section, interfaces, keys, names.
    pub fn new(out: W, options: &Options<'_>) -> io::Result<Self> {
        let mut writer = Writer { out, epoch: options.epoch, buffer: Vec::new() };
        let mut section = Block::new(&mut writer.buffer, block::SECTION_HEADER);
        section.section(options.comment, concat!("limpid ", env!("CARGO_PKG_VERSION")));
        section.finish();
        Block::new(&mut writer.buffer, block::INTERFACE).interface(
            ETHERNET,
            "wire",
            "datagrams as they were sent",
        );
        Block::new(&mut writer.buffer, block::INTERFACE).interface(
            RAW,
            "sctp",
            "what DTLS carried, decrypted",
        );
        Block::new(&mut writer.buffer, block::INTERFACE).interface(
            RAW,
            "rtp",
            "what SRTP carried, decrypted",
        );
        if let Some(keys) = options.keys.filter(|keys| !keys.is_empty()) {
            Block::new(&mut writer.buffer, block::DECRYPTION_SECRETS).key_log(&keys.text());
        }
        if !options.names.is_empty() {
            Block::new(&mut writer.buffer, block::NAME_RESOLUTION).names(options.names);
        }
        writer.flush_block()?;
        Ok(writer)
    }

    /// A datagram as it was on the wire. Payloads above 65,507 bytes are cut, as UDP could not carry them.
    pub fn wire(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let mut frame = Vec::with_capacity(packet.bytes.len() + 62);
        headers::ethernet_ip_udp(&mut frame, packet.path, packet.direction, packet.bytes);
        self.packet(0, packet, &frame)
    }

    /// An SCTP packet as DTLS carried it.
    pub fn sctp(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let mut frame = Vec::with_capacity(packet.bytes.len() + 40);
        headers::ip_sctp(&mut frame, packet.path, packet.direction, packet.bytes);
        self.packet(1, packet, &frame)
    }

    /// An RTP or RTCP packet as SRTP carried it.
    pub fn rtp(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let mut frame = Vec::with_capacity(packet.bytes.len() + 48);
        headers::ip_udp(&mut frame, packet.path, packet.direction, packet.bytes);
        self.packet(2, packet, &frame)
    }

    /// Hands the output back.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn packet(&mut self, interface: u32, packet: &Packet<'_>, frame: &[u8]) -> io::Result<()> {
        let at = self.epoch + Duration::from_nanos(packet.at.as_nanos());
        let nanos = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        let mut block = Block::new(&mut self.buffer, block::ENHANCED_PACKET);
        block.packet(interface, nanos, frame);
        block.packet_options(packet.direction, packet.comment);
        block.finish();
        self.flush_block()
    }

    fn flush_block(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}
