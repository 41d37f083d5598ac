//! What we take of an offered section. RFC 9429 §5.3.1, RFC 3264 §6.1, RFC 8285 §6, RFC 8853 §5.3.2.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::Direction;
use super::facts::{Extension, Layer, MediaSection};
use super::section::Rtp;
use super::wish::Wish;
use crate::codec::{CCFB, Codec, CodecRole, TRANSPORT_WIDE, answered_parameters, common_feedback};

/// What the names of both versions of the extension have in common.
const TRANSPORT_WIDE_URI: &str = "transport-wide-cc";

/// What the numbers of an answer mean: one thing over all of its sections, as those share a transport.
#[derive(Default)]
pub(super) struct Meanings {
    /// Of header extensions (RFC 9143 §12).
    extensions: BTreeMap<u16, String>,
    /// Of payload types (RFC 9143 §9.1.1).
    codecs: BTreeMap<u8, Codec>,
}

impl Meanings {
    fn allow(&self, codec: &Codec) -> bool {
        let same = |known: &Codec| known.matches(codec) && known.references() == codec.references();
        self.codecs.get(&codec.payload_type).is_none_or(same)
    }
}

/// The section that answers `offered`; `None`: nothing in it suits us.
pub(super) fn accept<'a>(
    wish: &'a Wish<'a>,
    offered: &'a MediaSection,
    meanings: &mut Meanings,
) -> Option<Rtp<'a>> {
    // There is no second component for RTCP here (RFC 9429 §5.3.1).
    if wish.kind != offered.kind || offered.is_rejected || !offered.rtcp_mux {
        return None;
    }
    let mut codecs = codecs(wish, offered, meanings);
    if !codecs.iter().any(|codec| codec.role() == CodecRole::Media) {
        return None;
    }
    meanings.codecs.extend(codecs.iter().map(|codec| (codec.payload_type, codec.clone())));
    let extensions = extensions(wish, offered, &mut meanings.extensions);
    choose_arrivals(&mut codecs, &extensions);
    let direction = offered.direction.reversed().intersect(wish.direction);
    let is_usable = |layer: &&Layer| {
        let has = |pt: &u8| codecs.iter().any(|codec| codec.payload_type == *pt);
        layer.payload_types.is_empty() || layer.payload_types.iter().any(has)
    };
    let rids = |layers: &[Layer], count: usize| -> Vec<String> {
        layers.iter().filter(is_usable).map(|layer| layer.rid.clone()).take(count).collect()
    };
    let is_ours = |rid: &String| wish.sources.iter().any(|source| source.rid.as_ref() == Some(rid));
    let mut send_rids = rids(&offered.receive_layers, if direction.sends() { usize::MAX } else { 0 });
    send_rids.retain(is_ours);
    Some(Rtp {
        wish,
        mid: offered.mid.as_deref(),
        direction,
        extensions,
        send_rids,
        receive_rids: rids(&offered.send_layers, if direction.receives() { wish.max_layers } else { 0 }),
        reduced_size_rtcp: offered.reduced_size_rtcp,
        codecs,
    })
}

/// The codecs of both, in the order of the offer, or in ours if we prefer ours; each under the offer's number. One whose
/// number means another codec in another section is left out.
fn codecs(wish: &Wish<'_>, offered: &MediaSection, meanings: &Meanings) -> Vec<Codec> {
    let ours_for = |theirs: &Codec| wish.codecs.iter().position(|ours| ours.matches(theirs));
    let mut taken: BTreeMap<u8, usize> = BTreeMap::new();
    for rank in 0..3 {
        for theirs in &offered.codecs {
            let is_backed = theirs.references().iter().all(|number| taken.contains_key(number));
            let takes = match theirs.role() {
                CodecRole::Retransmission => rank == 2 && is_backed && theirs.repairs().is_some(),
                CodecRole::Redundancy => rank == 1 && is_backed,
                _ => rank == 0,
            };
            if let Some(place) = ours_for(theirs).filter(|_| takes && meanings.allow(theirs)) {
                taken.insert(theirs.payload_type, place);
            }
        }
    }
    let mut chosen: Vec<Codec> = Vec::with_capacity(taken.len());
    for theirs in &offered.codecs {
        if let Some(place) = taken.get(&theirs.payload_type) {
            let ours = &wish.codecs[*place];
            let parameters = match theirs.role() {
                // These name the other side's numbers.
                CodecRole::Retransmission | CodecRole::Redundancy => theirs.parameters.clone(),
                _ => answered_parameters(ours, theirs),
            };
            chosen.push(Codec { parameters, feedback: common_feedback(theirs, ours), ..theirs.clone() });
        }
    }
    if wish.has_preference {
        // What repeats another codec follows it.
        chosen.sort_by_key(|codec| {
            let leader = codec.repairs().unwrap_or(codec.payload_type);
            (taken.get(&leader).copied(), codec.repairs().is_some())
        });
    }
    chosen
}

/// Of two ways to tell what arrived the answer names one, each time the same (RFC 8888 §6): by numbers of the transport where
/// packets carry them.
fn choose_arrivals(codecs: &mut [Codec], extensions: &[Extension]) {
    let has = |word: &str| codecs.iter().any(|codec| codec.feedback.iter().any(|known| known == word));
    if has(CCFB) && has(TRANSPORT_WIDE) {
        let is_numbered = extensions.iter().any(|extension| extension.uri.contains(TRANSPORT_WIDE_URI));
        let other = if is_numbered { CCFB } else { TRANSPORT_WIDE };
        codecs.iter_mut().for_each(|codec| codec.feedback.retain(|word| word != other));
    }
}

/// The extensions of both, under the offer's numbers. One whose number already means something else is left out; one that
/// was offered without a real number gets one.
fn extensions(wish: &Wish<'_>, offered: &MediaSection, ids: &mut BTreeMap<u16, String>) -> Vec<Extension> {
    let mut chosen = Vec::new();
    for theirs in &offered.extensions {
        let Some(ours) = wish.extensions.iter().find(|ours| ours.uri == theirs.uri) else { continue };
        let direction = theirs.direction.reversed().intersect(ours.direction);
        let known = ids.iter().find(|(_, uri)| **uri == theirs.uri).map(|(id, _)| *id);
        let is_taken =
            |id: &u16| ids.contains_key(id) || offered.extensions.iter().any(|other| other.id == *id);
        let id = match theirs.id {
            id if id < 256 => Some(id).filter(|id| ids.get(id).is_none_or(|uri| *uri == theirs.uri)),
            _ => known.or_else(|| (1..=14).find(|id| !is_taken(id))),
        };
        if let Some(id) = id.filter(|_| direction != Direction::Inactive) {
            ids.insert(id, theirs.uri.clone());
            chosen.push(Extension { id, direction, uri: theirs.uri.clone() });
        }
    }
    chosen
}
