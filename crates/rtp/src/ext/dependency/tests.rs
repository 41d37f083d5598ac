//! Structures and descriptors that browsers send, by hand, and any others by chance.

use limpid_sansio::wire::{ParseError, ParseErrorKind};
use proptest::collection::vec;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;

/// Two temporal layers, two decode targets, one chain: L1T2.
fn two_layers() -> Structure {
    let template = |temporal_id, targets: [Indication; 2], differences: &[u8], chains: &[u8]| {
        let mut indications = Indications::default();
        (0..).zip(targets).for_each(|(target, indication)| indications.set(target, indication));
        Template {
            spatial_id: 0,
            temporal_id,
            indications,
            differences: differences.to_vec(),
            chains: chains.to_vec(),
        }
    };
    Structure {
        template_id_offset: 5,
        targets: 2,
        templates: std::vec![
            template(0, [Indication::Switch; 2], &[], &[0]),
            template(0, [Indication::Required, Indication::Switch], &[2], &[2]),
            template(1, [Indication::NotPresent, Indication::Discardable], &[1], &[1]),
        ],
        protected_by: std::vec![0, 0],
        chains: 1,
        resolutions: std::vec![(640, 360)],
    }
}

fn key_frame() -> Descriptor {
    Descriptor {
        start_of_frame: true,
        template_id: 5,
        frame_number: 0xfffe,
        structure: Some(two_layers()),
        ..Default::default()
    }
}

#[test]
fn a_key_frame_brings_the_structure() {
    let mut out = Vec::new();
    assert!(key_frame().write(None, &mut out));
    // start, template 5 | 0xfffe | structure present, 4 absent, offset 5 …
    assert_eq!(out[..4], [0x85, 0xff, 0xfe, 0x80]);
    assert_eq!(Descriptor::parse(&out, None), Ok(key_frame()));
}

#[test]
fn later_frames_need_the_structure_only_where_they_differ() {
    let plain = Descriptor { end_of_frame: true, template_id: 7, frame_number: 3, ..Default::default() };
    let mut out = Vec::new();
    assert!(plain.write(Some(&two_layers()), &mut out));
    assert_eq!(out, [0x47, 0, 3]);
    assert_eq!(Descriptor::parse(&out, None), Ok(plain.clone()));

    let own = Descriptor {
        active_decode_targets: Some(1),
        differences: Some(std::vec![1, 16, 17, 256, 257, 4096]),
        chains: Some(std::vec![255]),
        ..plain
    };
    out.clear();
    assert!(own.write(Some(&two_layers()), &mut out));
    assert_eq!(Descriptor::parse(&out, Some(&two_layers())), Ok(own.clone()));
    let fault = Descriptor::parse(&out, None).map_err(|error| error.kind);
    assert_eq!(fault, Err(ParseErrorKind::Missing));
    assert!(!own.write(None, &mut out));
}

#[test]
fn ids_of_templates_wrap_at_64_and_others_are_faults() {
    let structure = Structure { template_id_offset: 62, ..two_layers() };
    assert_eq!(structure.template(0), structure.templates.get(2));
    assert_eq!(structure.template(1), None);
    let fault = ParseError::new("frame_dependency_template_id", 0, ParseErrorKind::BadValue);
    assert_eq!(Descriptor::parse(&[1, 0, 0], Some(&structure)), Err(fault));
}

#[test]
fn a_target_has_the_layers_of_its_frames() {
    assert_eq!(two_layers().target_layers(0), (0, 0));
    assert_eq!(two_layers().target_layers(1), (0, 1));
    assert_eq!(two_layers().target_layers(200), (0, 0));
}

#[test]
fn more_templates_than_ids_and_more_layers_than_there_are_end_the_reading() {
    // The offset and the count of targets, then layers that never end.
    for idc in [0x00, 0x55, 0xaa] {
        let mut data = std::vec![0x80, 0, 0, 0x80, 0x00];
        data.extend([idc; 40]);
        let fault = Descriptor::parse(&data, None).map_err(|error| (error.field, error.kind));
        assert_eq!(fault, Err(("next_layer_idc", ParseErrorKind::TooLarge)));
    }
}

#[test]
fn what_cannot_be_said_is_not_written() {
    let mut out = Vec::new();
    let broken: [fn(&mut Structure); 7] = [
        |structure| structure.targets = 33,
        |structure| structure.template_id_offset = 64,
        |structure| structure.templates[2].temporal_id = 2,
        |structure| structure.templates[1].differences.push(17),
        |structure| structure.templates[1].chains.clear(),
        |structure| structure.protected_by[1] = 1,
        |structure| structure.resolutions[0].0 = 0,
    ];
    for breaks in broken {
        let mut descriptor = key_frame();
        descriptor.structure.iter_mut().for_each(breaks);
        assert!(!descriptor.write(None, &mut out));
    }
    let mut long = key_frame();
    long.differences = Some(std::vec![4096; 200]);
    assert!(!long.write(None, &mut out));
    assert!(out.is_empty());
}

fn structures() -> impl Strategy<Value = Structure> {
    let template = (0u32..3, any::<u64>(), vec(1u8..=16, 0..4), any::<[u8; 3]>());
    (0u8..64, 1u8..=8, vec(template, 1..12), 0u8..=3, any::<[u8; 8]>(), any::<bool>()).prop_map(
        |(template_id_offset, targets, templates, chains, protected_by, sized)| {
            let chains = chains.min(targets);
            let (mut spatial_id, mut temporal_id) = (0, 0);
            let mut list = Vec::new();
            for (step, bits, differences, back) in templates {
                match step {
                    _ if list.is_empty() => {}
                    1 if temporal_id < 7 => temporal_id += 1,
                    2 if spatial_id < 3 => (spatial_id, temporal_id) = (spatial_id + 1, 0),
                    _ => {}
                }
                let mut indications = Indications::default();
                let kinds = [
                    Indication::NotPresent,
                    Indication::Discardable,
                    Indication::Switch,
                    Indication::Required,
                ];
                (0..targets).for_each(|at| indications.set(at, kinds[(bits >> (at * 2) & 3) as usize]));
                let chains = back[..usize::from(chains)].iter().map(|back| back & 15).collect();
                list.push(Template { spatial_id, temporal_id, indications, differences, chains });
            }
            let protected = if chains == 0 { 0 } else { targets.into() };
            Structure {
                template_id_offset,
                targets,
                templates: list,
                protected_by: protected_by[..protected].iter().map(|chain| chain % chains.max(1)).collect(),
                chains,
                resolutions: if sized {
                    std::vec![(1, 65536); usize::from(spatial_id) + 1]
                } else {
                    Vec::new()
                },
            }
        },
    )
}

proptest! {
    #[test]
    fn any_structure_reads_back(structure in structures(), active in any::<u8>()) {
        prop_assert!(structure.is_sound());
        let sent = Descriptor {
            template_id: structure.template_id_offset,
            active_decode_targets: Some(u32::from(active) & ((1 << structure.targets) - 1)),
            structure: Some(structure),
            ..Default::default()
        };
        let mut out = Vec::new();
        prop_assert!(sent.write(None, &mut out));
        prop_assert_eq!(Descriptor::parse(&out, None), Ok(sent));
    }

    #[test]
    fn any_bytes_are_read_without_harm_and_what_is_read_can_be_written(data in vec(any::<u8>(), 0..255)) {
        let known = two_layers();
        for structure in [None, Some(&known)] {
            if let Ok(read) = Descriptor::parse(&data, structure) {
                let mut out = Vec::new();
                prop_assert!(read.write(structure, &mut out));
                prop_assert!(out.len() <= data.len());
                prop_assert_eq!(Descriptor::parse(&out, structure), Ok(read));
            }
        }
    }
}
