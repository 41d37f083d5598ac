//! RTP packets to SRTP and back. RFC 3711 §3.1, §3.3.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use crate::context::Context;
use crate::error::{DropReason, Error};
use crate::header_ext::{Form, check_elements, cryptex};
use crate::transform::{PacketId, Region};
use crate::window::Verdict;

/// Bytes of an RTP header without CSRCs and extension (RFC 3550 §5.1).
pub(crate) const FIXED_HEADER_LEN: usize = 12;
/// Bytes in front of an extension's body (RFC 3550 §5.3.1).
pub(crate) const EXTENSION_HEADER_LEN: usize = 4;
/// No packet is longer: no datagram is, and no frame of RFC 4571. One of 2²⁰ bytes would run out of counter blocks, and into the
/// key stream of the next (RFC 3711 §4.1.1).
pub(crate) const MAX_PACKET_LEN: usize = 65_535;
/// The bit of the first byte that tells of an extension.
pub(crate) const X_BIT: u8 = 0x10;

/// A header extension.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Extension {
    /// "Defined by profile".
    pub(crate) profile: u16,
    /// Bytes behind its header.
    pub(crate) body: usize,
}

/// Where the parts of an RTP packet lie.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) ssrc: u32,
    pub(crate) sequence_number: u16,
    /// Bytes of CSRCs.
    pub(crate) csrcs: usize,
    pub(crate) extension: Option<Extension>,
}

impl Layout {
    /// Reads the header, which lies in `packet` as a whole.
    #[inline]
    pub(crate) fn parse(packet: &[u8]) -> Result<Self, ParseError> {
        let truncated = |field, at| ParseError::new(field, at, ParseErrorKind::Truncated);
        let Some(fixed) = packet.first_chunk::<FIXED_HEADER_LEN>() else {
            return Err(truncated("RTP header", 0));
        };
        if packet.len() > MAX_PACKET_LEN {
            return Err(ParseError::new("RTP packet", 0, ParseErrorKind::TooLarge));
        }
        if fixed[0] >> 6 != 2 {
            return Err(ParseError::new("version", 0, ParseErrorKind::BadValue));
        }
        let csrcs = 4 * usize::from(fixed[0] & 0x0f);
        let Some(rest) = packet.get(FIXED_HEADER_LEN + csrcs..) else {
            return Err(truncated("CSRC", FIXED_HEADER_LEN));
        };
        let extension = match fixed[0] & X_BIT {
            0 => None,
            _ => Some(extension(rest).ok_or(truncated("header extension", FIXED_HEADER_LEN + csrcs))?),
        };
        let [_, _, s0, s1, _, _, _, _, ssrc @ ..] = *fixed;
        Ok(Layout {
            ssrc: u32::from_be_bytes(ssrc),
            sequence_number: u16::from_be_bytes([s0, s1]),
            csrcs,
            extension,
        })
    }

    /// Where the body of the extension begins, and the payload if there is none.
    fn body_at(&self) -> usize {
        FIXED_HEADER_LEN + self.csrcs + if self.extension.is_some() { EXTENSION_HEADER_LEN } else { 0 }
    }

    /// What is encrypted without cryptex: the payload.
    fn payload(&self) -> Region {
        let body = self.extension.map_or(0, |extension| extension.body);
        Region { from: self.body_at() + body, csrcs: 0 }
    }

    /// The form of the elements, where there are any.
    fn form(&self) -> Option<(Form, usize)> {
        let extension = self.extension?;
        Some((Form::of(extension.profile)?, extension.body))
    }
}

/// Reads the header of an extension whose body lies in `rest`.
fn extension(rest: &[u8]) -> Option<Extension> {
    let [p0, p1, l0, l1] = *rest.first_chunk()?;
    let body = 4 * usize::from(u16::from_be_bytes([l0, l1]));
    let fits = rest.len() - EXTENSION_HEADER_LEN >= body;
    fits.then_some(Extension { profile: u16::from_be_bytes([p0, p1]), body })
}

impl Context {
    /// Protects the RTP packet that lies in `packet[start..]`, and grows it at its end by
    /// [`Profile::rtp_overhead`](crate::Profile::rtp_overhead).
    ///
    /// Sequence numbers may come in any order within [`Config::replay_window`](crate::Config::replay_window), each once:
    /// a packet that is sent again is kept as it was protected, or goes another way (RFC 4588). After an error the packet
    /// is as it was.
    #[inline]
    pub fn protect_rtp(&mut self, packet: &mut Vec<u8>, start: usize) -> Result<(), Error> {
        let layout = Layout::parse(packet.get(start..).unwrap_or_default())?;
        if self.stats.rtp >= self.config.rtp_lifetime {
            return Err(Error::KeyExhausted);
        }
        let slot = self.sources.find(layout.ssrc).ok_or(Error::TooManySources)?;
        let index = match self.sources.judge_rtp(slot, layout.sequence_number) {
            Some((index, Verdict::Fresh)) => index,
            None if self.rollover_counter(layout.ssrc) == Some(u32::MAX) => return Err(Error::KeyExhausted),
            _ => return Err(Error::IndexReused),
        };
        let id = PacketId { ssrc: layout.ssrc, index };
        let region = if cryptex::is_for(self.config.cryptex, &layout)? {
            cryptex::mark(&layout, packet, start)
        } else {
            if let (Some(header), Some((form, len))) = (&self.header, layout.form()) {
                let body = &mut packet[start + layout.body_at()..][..len];
                check_elements(form, body)?;
                header.mask(id, form, &self.config.encrypted_extensions, body);
            }
            layout.payload()
        };
        self.rtp.seal_rtp(id, region, packet, start);
        self.passed_rtp(slot, id);
        Ok(())
    }

    /// Opens an SRTP packet where it lies, and gives the RTP packet. State changes only once it is authentic. What was dropped
    /// is counted, and the bytes of `packet` are then unspecified.
    #[inline]
    pub fn unprotect_rtp<'a>(&mut self, packet: &'a mut [u8]) -> Result<&'a mut [u8], DropReason> {
        match self.open_rtp(packet) {
            Ok(len) => Ok(&mut packet[..len]),
            Err(reason) => self.dropped(reason),
        }
    }

    fn open_rtp(&mut self, packet: &mut [u8]) -> Result<usize, DropReason> {
        let end = packet.len().checked_sub(self.profile.rtp_tag_len()).ok_or(DropReason::Malformed)?;
        let layout = Layout::parse(&packet[..end]).map_err(|_| DropReason::Malformed)?;
        if self.stats.rtp >= self.config.rtp_lifetime {
            return Err(DropReason::KeyExhausted);
        }
        let slot = self.sources.find(layout.ssrc).ok_or(DropReason::TooManySources)?;
        let judged = self.sources.judge_rtp(slot, layout.sequence_number);
        let index = match judged.ok_or(DropReason::NoIndex)? {
            (index, Verdict::Fresh) => index,
            (_, Verdict::Replayed) => return Err(DropReason::Replayed),
            (_, Verdict::TooOld) => return Err(DropReason::TooOld),
        };
        let id = PacketId { ssrc: layout.ssrc, index };
        let cryptex = cryptex::received(self.config.cryptex, &layout)?;
        let region = cryptex.map_or(layout.payload(), |(region, _)| region);
        let len = self.rtp.open_rtp(id, region, packet).ok_or(DropReason::NotAuthentic)?;
        if let Some((_, plain)) = cryptex {
            cryptex::unmark(&layout, plain, packet);
        } else if let (Some(header), Some((form, len))) = (&self.header, layout.form()) {
            let body = &mut packet[layout.body_at()..][..len];
            header.mask(id, form, &self.config.encrypted_extensions, body);
        }
        self.passed_rtp(slot, id);
        Ok(len)
    }

    /// The packet is authentic, or ours.
    fn passed_rtp(&mut self, slot: crate::sources::Slot, id: PacketId) {
        let words = self.config.window_words();
        let source = self.sources.settle(slot, id.ssrc);
        source.highest.advance(id.index);
        source.rtp.record(id.index, words);
        self.stats.rtp += 1;
    }
}
