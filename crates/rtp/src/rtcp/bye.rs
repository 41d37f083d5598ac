//! BYE: sources leave. RFC 3550 §6.6.
//!
//! ```text
//! |V=2|P|   SC    |    PT=203     |            length             |
//! |  SSRC/CSRC                                               ×SC  |
//! |  length 8     |  reason for leaving (opt) …      then zeros   |
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, Reader};

use super::common::{MAX_COUNT, Open, Raw, packet_type};
use crate::names::Ssrc;

/// A goodbye packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Goodbye<'a> {
    /// Why, in words for people: up to 255 bytes, UTF-8 when the sender keeps the rules.
    pub reason: Option<&'a [u8]>,
    sources: &'a [u8],
}

impl<'a> Goodbye<'a> {
    pub(super) fn parse(raw: &Raw<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(raw.body);
        let sources = reader.bytes(usize::from(raw.count) * 4, "SSRC/CSRC")?;
        let reason = match reader.is_empty() {
            true => None,
            false => Some(reader.vec8("reason for leaving")?),
        };
        reader.bytes(reader.remaining().min(3), "BYE padding")?;
        reader.finish("BYE")?;
        Ok(Goodbye { reason, sources })
    }

    /// Who leaves, at most 31.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Ssrc> + Clone + use<'a> {
        self.sources.as_chunks().0.iter().map(|bytes| Ssrc(u32::from_be_bytes(*bytes)))
    }
}

/// Appends a goodbye of these sources; one packet for every 31 of them, none for none. A reason is cut to 255 bytes, at a
/// character's end.
pub fn write_goodbye(out: &mut Vec<u8>, sources: impl IntoIterator<Item = Ssrc>, reason: Option<&str>) {
    let mut sources = sources.into_iter().peekable();
    while sources.peek().is_some() {
        let mut packet = Open::new(out, packet_type::GOODBYE, 0);
        let mut count = 0;
        for source in sources.by_ref().take(MAX_COUNT.into()) {
            packet.writer.u32(source.0);
            count += 1;
        }
        packet.count(count);
        if let Some(reason) = reason {
            let len = (0..=reason.len().min(255)).rfind(|&len| reason.is_char_boundary(len));
            let reason = &reason[..len.unwrap_or(0)];
            packet.writer.u8(reason.len() as u8);
            packet.writer.bytes(reason.as_bytes());
        }
        packet.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};
    use limpid_sansio::wire::ParseErrorKind;

    fn parse(bytes: &[u8]) -> Result<Goodbye<'_>, ParseError> {
        match packets(bytes).next() {
            Some(Ok(Packet::Goodbye(goodbye))) => Ok(goodbye),
            Some(Err(error)) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_reason_of_every_length_reads_back() {
        //~ covers 3550-6.6-a
        for len in 0..10 {
            let reason = &"battery low"[..len];
            let mut out = Vec::new();
            write_goodbye(&mut out, [Ssrc(1), Ssrc(2)], Some(reason));
            let goodbye = parse(&out).expect("sound");
            assert_eq!(goodbye.reason, Some(reason.as_bytes()));
            assert!(goodbye.sources().eq([Ssrc(1), Ssrc(2)]));
        }
        let mut out = Vec::new();
        write_goodbye(&mut out, (0..40).map(Ssrc), None);
        assert_eq!(packets(&out).count(), 2);
        assert_eq!(parse(&out).expect("sound").reason, None);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let mut out = Vec::new();
        write_goodbye(&mut out, [Ssrc(1)], Some(&"ä".repeat(200)));
        assert_eq!(parse(&out).expect("sound").reason, Some("ä".repeat(127).as_bytes()));
    }

    #[test]
    fn counts_and_lengths_have_to_fit() {
        //~ covers 3550-6.6-a neg
        let fault = |field, offset, kind| Err(ParseError::new(field, offset, kind));
        let count = [0x82, 203, 0, 1, 0, 0, 0, 1];
        assert_eq!(parse(&count), fault("SSRC/CSRC", 4, ParseErrorKind::Truncated));
        let reason = [0x81, 203, 0, 2, 0, 0, 0, 1, 4, b'a', b'b', b'c'];
        assert_eq!(parse(&reason), fault("reason for leaving", 9, ParseErrorKind::Truncated));
        let trailing = [0x80, 203, 0, 2, 1, b'a', 0, 0, 0, 0, 0, 0];
        assert_eq!(parse(&trailing), fault("BYE", 9, ParseErrorKind::TrailingBytes));
    }
}
