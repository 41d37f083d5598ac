//! Templates: what frames of a stream can be like. AV1 RTP specification, appendix A.8.2, A.8.3.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use crate::ext::bits::{BitReader, BitWriter};

/// What a frame is to those who want a decode target: a choice of layers. Table A.1.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Indication {
    /// It does not belong to it.
    #[default]
    NotPresent,
    /// It belongs to it, and nothing else of it needs it.
    Discardable,
    /// From here on the target can be decoded, if everything before was decoded for another target.
    Switch,
    /// Others of it need it.
    Required,
}

/// The indications of up to 32 decode targets.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Indications(u64);

impl Indications {
    /// For one target.
    pub fn get(self, target: u8) -> Indication {
        match self.0.checked_shr(u32::from(target) * 2).unwrap_or(0) & 3 {
            0 => Indication::NotPresent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }

    /// Sets one target, 0 to 31; others have no place.
    pub fn set(&mut self, target: u8, indication: Indication) {
        if target < Structure::MAX_TARGETS {
            let at = u32::from(target) * 2;
            self.0 = self.0 & !(3 << at) | (indication as u64) << at;
        }
    }

    pub(super) fn read(reader: &mut BitReader<'_>, targets: u8) -> Result<Self, ParseError> {
        let mut bits = 0;
        for target in 0..targets {
            bits |= u64::from(reader.bits(2, "DTI")?) << (target * 2);
        }
        Ok(Indications(bits))
    }

    pub(super) fn write(self, writer: &mut BitWriter<'_>, targets: u8) {
        (0..targets).for_each(|target| writer.bits(2, self.get(target) as u32));
    }
}

/// What a frame can be like.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Template {
    /// Its spatial layer, 0 to 3.
    pub spatial_id: u8,
    /// Its temporal layer, 0 to 7.
    pub temporal_id: u8,
    /// What it is to each decode target.
    pub indications: Indications,
    /// The frames that it refers to: how many frames back, 1 to 16.
    pub differences: Vec<u8>,
    /// The last frame of each chain before it: how many frames back, 0 to 15.
    pub chains: Vec<u8>,
}

/// What the frames of a stream are like, until the next structure. At most 64 templates, 32 decode targets and 32 chains.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Structure {
    /// The id of the first template, 0 to 63.
    pub template_id_offset: u8,
    /// How many decode targets there are, 1 to 32.
    pub targets: u8,
    /// What frames can be like, layer by layer upwards.
    pub templates: Vec<Template>,
    /// Which chain protects each decode target; empty where there are no chains.
    pub protected_by: Vec<u8>,
    /// How many chains there are, up to the number of targets.
    pub chains: u8,
    /// Width and height in pixels, 1 to 65536, of each spatial layer; empty where they are not said.
    pub resolutions: Vec<(u32, u32)>,
}

impl Structure {
    /// Ids of templates are 6 bits.
    pub const MAX_TEMPLATES: usize = 64;
    /// Decode targets are counted by 5 bits.
    pub const MAX_TARGETS: u8 = 32;
    const MAX_SPATIAL_ID: u8 = 3;
    const MAX_TEMPORAL_ID: u8 = 7;

    /// The template of an id. `None`: the structure has no such one.
    pub fn template(&self, id: u8) -> Option<&Template> {
        self.templates.get(usize::from(id.wrapping_sub(self.template_id_offset) % 64))
    }

    /// The highest spatial and temporal layer of a decode target. A.8.2 `decode_target_layers`.
    pub fn target_layers(&self, target: u8) -> (u8, u8) {
        let of_target = |template: &&Template| template.indications.get(target) != Indication::NotPresent;
        self.templates.iter().filter(of_target).fold((0, 0), |(spatial, temporal), template| {
            (spatial.max(template.spatial_id), temporal.max(template.temporal_id))
        })
    }

    pub(super) fn read(reader: &mut BitReader<'_>) -> Result<Self, ParseError> {
        let mut structure = Structure {
            template_id_offset: reader.bits(6, "template_id_offset")? as u8,
            targets: reader.bits(5, "dt_cnt_minus_one")? as u8 + 1,
            ..Default::default()
        };
        structure.read_layers(reader)?;
        for template in &mut structure.templates {
            template.indications = Indications::read(reader, structure.targets)?;
        }
        for template in &mut structure.templates {
            while reader.flag("fdiff_follows_flag")? {
                template.differences.push(reader.bits(4, "fdiff_minus_one")? as u8 + 1);
            }
        }
        structure.read_chains(reader)?;
        if reader.flag("resolutions_present_flag")? {
            for _ in 0..=structure.max_spatial_id() {
                let width = reader.bits(16, "max_render_width_minus_1")? + 1;
                structure.resolutions.push((width, reader.bits(16, "max_render_height_minus_1")? + 1));
            }
        }
        Ok(structure)
    }

    fn read_layers(&mut self, reader: &mut BitReader<'_>) -> Result<(), ParseError> {
        let (mut spatial_id, mut temporal_id) = (0, 0);
        loop {
            self.templates.push(Template { spatial_id, temporal_id, ..Default::default() });
            let too_large = reader.error("next_layer_idc", ParseErrorKind::TooLarge);
            match reader.bits(2, "next_layer_idc")? {
                0 => {}
                1 => temporal_id += 1,
                2 => (spatial_id, temporal_id) = (spatial_id + 1, 0),
                _ => return Ok(()),
            }
            if self.templates.len() == Self::MAX_TEMPLATES
                || spatial_id > Self::MAX_SPATIAL_ID
                || temporal_id > Self::MAX_TEMPORAL_ID
            {
                return Err(too_large);
            }
        }
    }

    fn read_chains(&mut self, reader: &mut BitReader<'_>) -> Result<(), ParseError> {
        let chains = reader.below(u32::from(self.targets) + 1, "chain_cnt")?;
        self.chains = chains as u8;
        if chains == 0 {
            return Ok(());
        }
        for _ in 0..self.targets {
            self.protected_by.push(reader.below(chains, "decode_target_protected_by")? as u8);
        }
        for template in &mut self.templates {
            for _ in 0..chains {
                template.chains.push(reader.bits(4, "template_chain_fdiff")? as u8);
            }
        }
        Ok(())
    }

    fn max_spatial_id(&self) -> u8 {
        self.templates.last().map_or(0, |template| template.spatial_id)
    }

    /// Writes what [`is_sound`](Structure::is_sound).
    pub(super) fn write(&self, writer: &mut BitWriter<'_>) {
        writer.bits(6, self.template_id_offset.into());
        writer.bits(5, u32::from(self.targets) - 1);
        for pair in self.templates.windows(2) {
            let step = layer_step(&pair[0], &pair[1]).unwrap_or(3);
            writer.bits(2, step);
        }
        writer.bits(2, 3);
        self.templates.iter().for_each(|template| template.indications.write(writer, self.targets));
        for template in &self.templates {
            for difference in &template.differences {
                writer.flag(true);
                writer.bits(4, u32::from(*difference) - 1);
            }
            writer.flag(false);
        }
        writer.below(u32::from(self.targets) + 1, self.chains.into());
        self.protected_by.iter().for_each(|chain| writer.below(self.chains.into(), (*chain).into()));
        let chains = self.templates.iter().flat_map(|template| &template.chains);
        chains.for_each(|difference| writer.bits(4, (*difference).into()));
        writer.flag(!self.resolutions.is_empty());
        for (width, height) in &self.resolutions {
            writer.bits(16, width - 1);
            writer.bits(16, height - 1);
        }
    }

    /// All numbers are in their ranges, and lists have the lengths that they must have.
    pub fn is_sound(&self) -> bool {
        let template = |template: &Template| {
            template.spatial_id <= Self::MAX_SPATIAL_ID
                && template.temporal_id <= Self::MAX_TEMPORAL_ID
                && template.differences.iter().all(|difference| (1..=16).contains(difference))
                && template.chains.len() == usize::from(self.chains)
                && template.chains.iter().all(|difference| *difference < 16)
        };
        let protected = if self.chains == 0 { 0 } else { usize::from(self.targets) };
        let resolutions = usize::from(self.max_spatial_id()) + 1;
        self.template_id_offset < 64
            && (1..=Self::MAX_TARGETS).contains(&self.targets)
            && (1..=Self::MAX_TEMPLATES).contains(&self.templates.len())
            && (self.templates[0].spatial_id, self.templates[0].temporal_id) == (0, 0)
            && self.templates.windows(2).all(|pair| layer_step(&pair[0], &pair[1]).is_some())
            && self.templates.iter().all(template)
            && self.chains <= self.targets
            && self.protected_by.len() == protected
            && self.protected_by.iter().all(|chain| *chain < self.chains)
            && (self.resolutions.is_empty() || self.resolutions.len() == resolutions)
            && self.resolutions.iter().flat_map(|(a, b)| [a, b]).all(|side| (1..=0x1_0000).contains(side))
    }
}

/// How the layer of a template follows from the one before it; `None`: it can not. Table A.2.
fn layer_step(from: &Template, to: &Template) -> Option<u32> {
    match (to.spatial_id.checked_sub(from.spatial_id)?, to.temporal_id) {
        (0, temporal) if temporal == from.temporal_id => Some(0),
        (0, temporal) if temporal == from.temporal_id + 1 => Some(1),
        (1, 0) => Some(2),
        _ => None,
    }
}
