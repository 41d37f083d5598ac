//! Units into an access unit: whole ones, several in one payload, and one in parts. What H.264 (RFC 6184 §5.7, §5.8) and H.265
//! (RFC 7798 §4.4.2, §4.4.3) have in common.

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::START_CODE;
use crate::codec::frame::{Assembly, FrameInfo, Malformed, missing};

/// What the format knows of its units.
#[derive(Copy, Clone)]
pub(in crate::codec) struct Rules {
    /// Notes what a unit says of its frame.
    pub(in crate::codec) look: fn(&[u8], &mut FrameInfo),
    /// Whether this may stand in a payload of several.
    pub(in crate::codec) is_unit: fn(&[u8]) -> bool,
    /// What its document calls the length of a unit in such a payload, and the unit there.
    pub(in crate::codec) names: [&'static str; 2],
}

/// A part of a unit.
pub(in crate::codec) struct Part<'a> {
    /// The header of the unit, as it was before it was cut.
    pub(in crate::codec) header: &'a [u8],
    /// The type of the unit: the same in all its parts.
    pub(in crate::codec) kind: u8,
    /// S, E and type, and where in the payload they stand.
    pub(in crate::codec) fu_header: (u8, usize),
    /// What is behind.
    pub(in crate::codec) data: &'a [u8],
}

/// An access unit that grows.
pub(in crate::codec) struct Joiner {
    rules: Rules,
    info: FrameInfo,
    /// Where the unit lies of which parts have come, and its type.
    open: Option<(usize, u8)>,
}

impl Joiner {
    pub(in crate::codec) fn new(rules: Rules) -> Self {
        Joiner { rules, info: FrameInfo::default(), open: None }
    }

    /// A whole unit, in two pieces that belong together.
    pub(in crate::codec) fn unit(
        &mut self,
        pieces: [&[u8]; 2],
        assembly: &mut Assembly<'_>,
    ) -> Result<(), ParseError> {
        let at = push_start(assembly)?;
        pieces.into_iter().try_for_each(|piece| assembly.push(piece))?;
        (self.rules.look)(&assembly.frame()[at..], &mut self.info);
        Ok(())
    }

    /// Several units, each behind its length in sixteen bits.
    pub(in crate::codec) fn several(
        &mut self,
        reader: &mut Reader<'_>,
        assembly: &mut Assembly<'_>,
    ) -> Result<(), ParseError> {
        let [length, unit_there] = self.rules.names;
        if reader.is_empty() {
            return Err(reader.error(length, ParseErrorKind::Missing));
        }
        while !reader.is_empty() {
            let at = reader.offset();
            let unit = reader.vec16(length)?;
            if !(self.rules.is_unit)(unit) {
                return Err(ParseError::new(unit_there, at, ParseErrorKind::BadValue));
            }
            self.unit([unit, &[]], assembly)?;
        }
        Ok(())
    }

    /// A part: S (the highest bit) begins a unit, E ends it.
    pub(in crate::codec) fn part(
        &mut self,
        part: &Part<'_>,
        assembly: &mut Assembly<'_>,
    ) -> Result<(), ParseError> {
        let (flags, place) = part.fu_header;
        match (flags & 0x80 != 0, self.open) {
            (true, _) => {
                self.close(assembly);
                self.open = Some((push_start(assembly)?, part.kind));
                assembly.push(part.header)?;
            }
            (false, Some((_, begun))) if begun == part.kind => {}
            (false, _) => return Err(ParseError::new("S", place, ParseErrorKind::Missing)),
        }
        assembly.push(part.data)?;
        if flags & 0x40 != 0 {
            self.close(assembly);
        }
        Ok(())
    }

    /// The unit of which parts came is whole. Nothing is lost between two payloads of a frame: a sender that forgot the end
    /// bit has ended it all the same.
    pub(in crate::codec) fn close(&mut self, assembly: &Assembly<'_>) {
        if let Some((at, _)) = self.open.take() {
            (self.rules.look)(&assembly.frame()[at..], &mut self.info);
        }
    }

    /// All `count` payloads were taken.
    pub(in crate::codec) fn finish(
        mut self,
        count: usize,
        assembly: &Assembly<'_>,
    ) -> Result<FrameInfo, Malformed> {
        self.close(assembly);
        if assembly.len() == 0 {
            return Err(missing(count, "NAL unit"));
        }
        Ok(self.info)
    }
}

/// Begins a unit: where its header will lie.
fn push_start(assembly: &mut Assembly<'_>) -> Result<usize, ParseError> {
    assembly.push(&START_CODE)?;
    Ok(assembly.len())
}
