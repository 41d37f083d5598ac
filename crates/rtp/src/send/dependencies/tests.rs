//! What is described reads back, and whoever follows it can decode.

use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn frame(is_key: bool, layer: Option<(u8, bool)>) -> FrameInfo {
    let layer = layer.map(|(temporal_id, is_switching_point)| Layer {
        temporal_id,
        is_switching_point,
        ..Layer::default()
    });
    FrameInfo { is_key, layer, size: is_key.then_some((640, 360)), ..FrameInfo::default() }
}

/// What the only packet of a frame says.
fn one(dependencies: &mut Dependencies, info: &FrameInfo) -> Vec<u8> {
    dependencies.begin(info);
    dependencies.packet(true, true).as_bytes().to_vec()
}

//~ covers av1-A.8-a
#[test]
fn without_layers_a_frame_takes_three_bytes() {
    let mut dependencies = Dependencies::default();
    assert_eq!(one(&mut dependencies, &frame(false, None)), [0; 0], "before a key frame nothing is known");
    dependencies.begin(&frame(true, None));
    let first = dependencies.packet(true, false).as_bytes().to_vec();
    assert!(first.len() <= 16, "{} bytes fit into the one-byte form", first.len());
    let said = Descriptor::parse(&first, None).expect("sound");
    let structure = said.structure.expect("a key frame brings it");
    assert_eq!((structure.targets, structure.chains, &structure.resolutions[..]), (1, 1, &[(640, 360)][..]));
    let template = structure.template(1).expect("of the others");
    assert_eq!((&template.differences[..], &template.chains[..]), (&[1][..], &[1][..]));
    assert_eq!(dependencies.packet(false, true).as_bytes(), [0x40, 0, 2]);
    assert_eq!(one(&mut dependencies, &frame(false, None)), [0xc1, 0, 3]);
    assert_eq!(one(&mut dependencies, &frame(false, None)), [0xc1, 0, 4]);
}

//~ covers av1-A.8-a
#[test]
fn a_layer_that_was_not_announced_ends_it_until_the_next_key_frame() {
    let mut dependencies = Dependencies::default();
    let key = one(&mut dependencies, &frame(true, Some((0, false))));
    assert_eq!(Descriptor::parse(&key, None).map(|said| said.structure.map(|all| all.targets)), Ok(Some(3)));
    assert!(key.len() <= 16, "{} bytes", key.len());
    assert!(!one(&mut dependencies, &frame(false, Some((2, true)))).is_empty());
    assert!(one(&mut dependencies, &frame(false, Some((3, true)))).is_empty());
    assert!(one(&mut dependencies, &frame(false, Some((0, false)))).is_empty());
    let key = one(&mut dependencies, &frame(true, Some((0, false))));
    assert_eq!(Descriptor::parse(&key, None).map(|said| said.structure.map(|all| all.targets)), Ok(Some(4)));
}

#[test]
fn a_frame_of_a_higher_spatial_layer_is_not_described() {
    let mut dependencies = Dependencies::default();
    one(&mut dependencies, &frame(true, None));
    let layer = Some(Layer { spatial_id: 1, ..Layer::default() });
    assert!(one(&mut dependencies, &FrameInfo { layer, ..FrameInfo::default() }).is_empty());
}

#[derive(Debug)]
struct Said {
    number: u16,
    references: Vec<u16>,
    indications: Vec<Indication>,
    chain: u16,
    is_base: bool,
}

/// Reads what was written, as a relay does.
fn read(structure: &mut Option<Structure>, bytes: &[u8]) -> Said {
    let said = Descriptor::parse(bytes, structure.as_ref()).expect("sound");
    *structure = said.structure.clone().or(structure.take());
    let structure = structure.as_ref().expect("a key frame came first");
    let template = structure.template(said.template_id).expect("known");
    let back = |differences: Vec<u16>| -> Vec<u16> {
        differences.into_iter().map(|back| said.frame_number.wrapping_sub(back)).collect()
    };
    let inherited = || template.differences.iter().map(|back| u16::from(*back)).collect();
    let chain = said.chains.as_ref().map_or(template.chains[0], |chains| chains[0]);
    let indications = said.indications.unwrap_or(template.indications);
    Said {
        number: said.frame_number,
        references: back(said.differences.clone().unwrap_or_else(inherited)),
        indications: (0..structure.targets).map(|target| indications.get(target)).collect(),
        chain: said.frame_number.wrapping_sub(chain.into()),
        is_base: template.temporal_id == 0,
    }
}

proptest! {
    //~ covers av1-A.8-b
    #[test]
    fn each_decode_target_is_whole_and_can_be_begun_where_it_says(
        frames in vec((0..20u8, 0..3u8, any::<bool>(), any::<bool>()), 1..80),
        target in 0..3usize,
    ) {
        let mut dependencies = Dependencies { frame_number: 65_500, ..Default::default() };
        let mut structure = None;
        // Who decodes the target from the beginning, and who decoded the one below until the first switch.
        let (mut whole, mut switched): (Vec<u16>, Vec<u16>) = Default::default();
        let mut has_switched = target == 0;
        let mut last_base = None;
        for (index, (key, temporal_id, is_switching_point, is_discardable)) in frames.into_iter().enumerate() {
            let is_key = index == 0 || key == 0;
            let temporal_id = if is_key { 0 } else { temporal_id };
            let is_discardable = is_discardable && !is_key;
            let info = FrameInfo { is_discardable, ..frame(is_key, Some((temporal_id, is_switching_point))) };
            let said = read(&mut structure, &one(&mut dependencies, &info));
            prop_assert_eq!(said.is_base, temporal_id == 0);
            prop_assert_eq!(said.references.is_empty(), is_key);
            prop_assert_eq!(said.chain, if is_key { said.number } else { last_base.expect("a key frame") });
            last_base = if temporal_id == 0 && !is_discardable { Some(said.number) } else { last_base };
            let own = said.indications[target];
            if own != Indication::NotPresent {
                prop_assert!(said.references.iter().all(|number| whole.contains(number)), "{:?}", said);
                whole.push(said.number);
            }
            has_switched |= own == Indication::Switch && index > 0;
            let seen = if has_switched { target } else { target.saturating_sub(1) };
            if said.indications[seen] != Indication::NotPresent {
                prop_assert!(said.references.iter().all(|number| switched.contains(number)), "{:?}", said);
                switched.push(said.number);
            }
        }
    }
}
