//! What is said in one packet. AV1 RTP specification, appendix A.8.2.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::{Indications, Structure};
use crate::ext::bits::{BitReader, BitWriter};

/// What a packet says of its frame. Where a field is `None`, the template's holds.
///
/// Takes memory only for a structure and for lists of the frame's own, a few hundred entries at most.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Descriptor {
    /// The frame begins in this packet.
    pub start_of_frame: bool,
    /// The frame ends in this packet.
    pub end_of_frame: bool,
    /// Which template the frame is like, 0 to 63.
    pub template_id: u8,
    /// The frame's number in order of decoding; wraps.
    pub frame_number: u16,
    /// What frames are like from here on.
    pub structure: Option<Structure>,
    /// Which decode targets are sent from here on, a bit each. With a new structure, all are where this is `None`.
    pub active_decode_targets: Option<u32>,
    /// What the frame is to each decode target.
    pub indications: Option<Indications>,
    /// The frames that it refers to: how many frames back, 1 to 4096.
    pub differences: Option<Vec<u16>>,
    /// The last frame of each chain: how many frames back.
    pub chains: Option<Vec<u8>>,
}

/// Longer ones have more than what is always there.
const MANDATORY_LEN: usize = 3;
/// The largest element of the two-byte form.
const MAX_LEN: usize = 255;

/// The number of the frame, which stands in each descriptor and can be read without a structure.
pub fn frame_number(data: &[u8]) -> Option<u16> {
    let &[_, high, low, ..] = data else { return None };
    Some(u16::from_be_bytes([high, low]))
}

impl Descriptor {
    /// Reads a descriptor. `known` is the structure in force: the last one that came on this stream. Fails where fields depend
    /// on a structure and none came, and where the template is none of the structure's.
    pub fn parse(data: &[u8], known: Option<&Structure>) -> Result<Self, ParseError> {
        let mut reader = BitReader::new(data);
        let mut read = Descriptor {
            start_of_frame: reader.flag("start_of_frame")?,
            end_of_frame: reader.flag("end_of_frame")?,
            template_id: reader.bits(6, "frame_dependency_template_id")? as u8,
            frame_number: reader.bits(16, "frame_number")? as u16,
            ..Default::default()
        };
        if data.len() > MANDATORY_LEN {
            read.extended(&mut reader, known)?;
        }
        let structure = read.structure.as_ref().or(known);
        if structure.is_some_and(|structure| structure.template(read.template_id).is_none()) {
            return Err(ParseError::new("frame_dependency_template_id", 0, ParseErrorKind::BadValue));
        }
        Ok(read)
    }

    fn extended(&mut self, reader: &mut BitReader<'_>, known: Option<&Structure>) -> Result<(), ParseError> {
        let [has_structure, has_active, has_indications, has_differences, has_chains] = [
            reader.flag("template_dependency_structure_present_flag")?,
            reader.flag("active_decode_targets_present_flag")?,
            reader.flag("custom_dtis_flag")?,
            reader.flag("custom_fdiffs_flag")?,
            reader.flag("custom_chains_flag")?,
        ];
        if has_structure {
            self.structure = Some(Structure::read(reader)?);
        }
        let missing = reader.error("template_dependency_structure", ParseErrorKind::Missing);
        let structure = self.structure.as_ref().or(known);
        if has_active {
            let targets = structure.ok_or(missing)?.targets;
            self.active_decode_targets = Some(reader.bits(targets.into(), "active_decode_targets_bitmask")?);
        }
        if has_indications {
            self.indications = Some(Indications::read(reader, structure.ok_or(missing)?.targets)?);
        }
        if has_differences {
            let mut differences = Vec::new();
            loop {
                let size = reader.bits(2, "next_fdiff_size")? as usize;
                if size == 0 {
                    break;
                }
                differences.push(reader.bits(size * 4, "fdiff_minus_one")? as u16 + 1);
            }
            self.differences = Some(differences);
        }
        if has_chains {
            let mut chains = Vec::new();
            for _ in 0..structure.ok_or(missing)?.chains {
                chains.push(reader.bits(8, "frame_chain_fdiff")? as u8);
            }
            self.chains = Some(chains);
        }
        Ok(())
    }

    /// The counterpart of [`parse`](Descriptor::parse). `false`: a number is out of its range, a list has not the length that
    /// the structure asks for, or the whole is longer than an element can be; nothing was written.
    pub fn write(&self, known: Option<&Structure>, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let is_written = self.is_sound(known) && self.write_sound(known, out);
        if !is_written {
            out.truncate(start);
        }
        is_written
    }

    fn write_sound(&self, known: Option<&Structure>, out: &mut Vec<u8>) -> bool {
        let (start, targets) =
            (out.len(), self.structure.as_ref().or(known).map_or(0, |structure| structure.targets));
        let mut writer = BitWriter::new(out);
        writer.flag(self.start_of_frame);
        writer.flag(self.end_of_frame);
        writer.bits(6, self.template_id.into());
        writer.bits(16, self.frame_number.into());
        let present = [
            self.structure.is_some(),
            self.active_decode_targets.is_some(),
            self.indications.is_some(),
            self.differences.is_some(),
            self.chains.is_some(),
        ];
        if !present.contains(&true) {
            return true;
        }
        present.into_iter().for_each(|flag| writer.flag(flag));
        if let Some(structure) = &self.structure {
            structure.write(&mut writer);
        }
        if let Some(active) = self.active_decode_targets {
            writer.bits(targets.into(), active);
        }
        if let Some(indications) = self.indications {
            indications.write(&mut writer, targets);
        }
        if let Some(differences) = &self.differences {
            for difference in differences {
                let value = u32::from(*difference) - 1;
                let size = (u32::BITS - value.leading_zeros()).div_ceil(4).max(1);
                writer.bits(2, size);
                writer.bits(size as usize * 4, value);
            }
            writer.bits(2, 0);
        }
        self.chains.iter().flatten().for_each(|difference| writer.bits(8, (*difference).into()));
        out.len() - start <= MAX_LEN
    }

    fn is_sound(&self, known: Option<&Structure>) -> bool {
        let structure = self.structure.as_ref().or(known);
        let (targets, chains) = structure.map_or((0, 0), |structure| (structure.targets, structure.chains));
        let needs_structure =
            self.active_decode_targets.is_some() || self.indications.is_some() || self.chains.is_some();
        let fits = |active: u32| u64::from(active) < 1 << targets;
        self.template_id < 64
            && structure.is_none_or(|structure| structure.template(self.template_id).is_some())
            && self.structure.as_ref().is_none_or(Structure::is_sound)
            && (structure.is_some() || !needs_structure)
            && self.active_decode_targets.is_none_or(fits)
            && self.differences.iter().flatten().all(|difference| (1..=4096).contains(difference))
            && self.chains.as_ref().is_none_or(|list| list.len() == usize::from(chains))
    }
}
