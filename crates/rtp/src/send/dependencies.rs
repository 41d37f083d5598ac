//! What a stream tells relays of its frames: which can be left out, and from which one can begin. AV1 RTP specification,
//! appendix A.
//!
//! Encoders do not say which frames a frame refers to. What is written is what holds for every encoder that keeps to its
//! temporal layers: a frame may refer to the last one of each layer up to its own, one of the lowest layer only to the last of
//! that, and a switching point likewise. A relay that follows it forwards now and then more than it had to, and never too
//! little. One chain, that of the lowest layer, protects all.

use alloc::vec::Vec;

use crate::codec::{Format, FrameInfo, Layer};
use crate::ext::dependency::{Descriptor, Indication, Indications, Structure, Template};

/// So many temporal layers are announced where frames have layers and none of a higher one was seen: what browsers use.
const USUAL_LAYERS: u8 = 3;
/// More are not described: appendix A.8.2 gives a layer three bits, VP8 two.
const MAX_LAYERS: u8 = 8;

/// What is written into a packet.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Written {
    bytes: [u8; Self::LONGEST],
    len: u8,
}

impl Written {
    /// The structure of eight layers takes 55 bytes: it is left out, as it needs the two-byte form with room to spare. Four
    /// layers, which is as far as VP8 goes, take 21.
    const LONGEST: usize = 24;

    /// Empty: nothing is to be written.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The frames of one stream. Its memory goes around: a stream in its stride allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    frame_number: u16,
    /// The last frame of each temporal layer since the last key frame.
    last: [Option<u16>; MAX_LAYERS as usize],
    /// How many layers frames have had.
    seen: u8,
    /// In force since the last key frame. `None`: frames are not described until the next.
    structure: Option<Structure>,
    /// Of the frame at hand.
    descriptor: Descriptor,
    is_described: bool,
    scratch: Vec<u8>,
}

impl Dependencies {
    /// Formats whose frames are described. VP9 has its own words for it, and several spatial layers; sound has no layers.
    pub(super) fn describe(format: Format) -> bool {
        matches!(format, Format::Vp8 | Format::Av1 | Format::H264 { .. } | Format::H265)
    }

    /// The next frame is this one. Each of its packets is then [written](Dependencies::packet).
    pub(super) fn begin(&mut self, info: &FrameInfo) {
        self.frame_number = self.frame_number.wrapping_add(1);
        let layer = info.layer.unwrap_or_default();
        self.seen = self.seen.max(layer.temporal_id.saturating_add(1));
        if info.is_key {
            self.begin_anew(info);
        }
        let number = self.frame_number;
        self.is_described = self.describe_frame(info.is_key, layer, info.is_discardable).is_some();
        if !self.is_described {
            self.structure = None;
        }
        let is_referred_to = info.is_key || !info.is_discardable;
        if let Some(last) = self.last.get_mut(usize::from(layer.temporal_id)).filter(|_| is_referred_to) {
            *last = Some(number);
        }
    }

    fn begin_anew(&mut self, info: &FrameInfo) {
        let layers = match info.layer {
            None => self.seen.max(1),
            Some(_) => self.seen.max(USUAL_LAYERS),
        };
        self.last = Default::default();
        let resolution = info.size.filter(|(width, height)| *width > 0 && *height > 0);
        self.structure = (layers <= MAX_LAYERS).then(|| structure(layers, resolution));
    }

    /// `None`: there is no structure in force, or the frame does not fit it.
    fn describe_frame(&mut self, is_key: bool, layer: Layer, is_discardable: bool) -> Option<()> {
        let targets = self.structure.as_ref()?.targets;
        let Layer { temporal_id, is_switching_point, .. } = layer;
        if temporal_id >= targets || layer.spatial_id > 0 || (is_key && temporal_id > 0) {
            return None;
        }
        let number = self.frame_number;
        let base = self.last[0];
        let said = &mut self.descriptor;
        said.frame_number = number;
        said.template_id = template_id(is_key, temporal_id, is_switching_point);
        said.indications = is_discardable.then(|| indications(targets, temporal_id, Indication::Discardable));
        let mut differences = said.differences.take().unwrap_or_default();
        let mut chains = said.chains.take().unwrap_or_default();
        differences.clear();
        chains.clear();
        // What the template of a stream without layers says already.
        if is_key || (targets == 1 && base == Some(number.wrapping_sub(1))) {
            return Some(());
        }
        let highest = if is_switching_point { 0 } else { temporal_id };
        for last in self.last[..=usize::from(highest)].iter().flatten() {
            let back = number.wrapping_sub(*last);
            if back > 4096 {
                return None;
            }
            differences.push(back);
        }
        chains.push(u8::try_from(number.wrapping_sub(base?)).ok()?);
        (said.differences, said.chains) = (Some(differences), Some(chains));
        Some(())
    }

    /// What stands in a packet of the frame that was begun. The first one of a key frame brings the structure.
    pub(super) fn packet(&mut self, is_first: bool, is_last: bool) -> Written {
        let mut written = Written::default();
        if !self.is_described {
            return written;
        }
        let said = &mut self.descriptor;
        (said.start_of_frame, said.end_of_frame) = (is_first, is_last);
        let brings_structure = is_first && said.template_id == 0;
        if brings_structure {
            said.structure = self.structure.take();
        }
        self.scratch.clear();
        said.write(self.structure.as_ref(), &mut self.scratch);
        if brings_structure {
            self.structure = said.structure.take();
        }
        if let Some(place) = written.bytes.get_mut(..self.scratch.len()) {
            place.copy_from_slice(&self.scratch);
            written.len = self.scratch.len() as u8;
        }
        written
    }
}

/// Templates in their order: a key frame; of each layer a frame, and above the lowest a switching point.
fn template_id(is_key: bool, temporal_id: u8, is_switching_point: bool) -> u8 {
    match temporal_id {
        0 => u8::from(!is_key),
        _ => temporal_id * 2 + u8::from(is_switching_point),
    }
}

/// Decode target `d` has the layers up to `d`.
fn indications(targets: u8, temporal_id: u8, own: Indication) -> Indications {
    let mut indications = Indications::default();
    for target in temporal_id..targets {
        let to_higher = if own == Indication::Discardable { own } else { Indication::Required };
        indications.set(target, if target == temporal_id { own } else { to_higher });
    }
    indications
}

fn structure(layers: u8, resolution: Option<(u32, u32)>) -> Structure {
    let is_single = layers == 1;
    let template = |temporal_id, indications, differences: &[u8], chain| Template {
        spatial_id: 0,
        temporal_id,
        indications,
        differences: differences.to_vec(),
        chains: alloc::vec![chain],
    };
    let mut all = Indications::default();
    (0..layers).for_each(|target| all.set(target, Indication::Switch));
    let of = |temporal_id, own| indications(layers, temporal_id, own);
    let mut templates = alloc::vec![
        template(0, all, &[], 0),
        template(0, of(0, Indication::Switch), if is_single { &[1] } else { &[] }, u8::from(is_single)),
    ];
    for temporal_id in 1..layers {
        templates.push(template(temporal_id, of(temporal_id, Indication::Required), &[], 0));
        templates.push(template(temporal_id, of(temporal_id, Indication::Switch), &[], 0));
    }
    Structure {
        template_id_offset: 0,
        targets: layers,
        templates,
        protected_by: alloc::vec![0; layers.into()],
        chains: 1,
        // With layers it would no longer fit into an element of the one-byte form.
        resolutions: resolution.into_iter().filter(|_| is_single).collect(),
    }
}

#[cfg(test)]
mod tests;
