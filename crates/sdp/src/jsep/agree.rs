//! What two descriptions of one section agree on. RFC 3264 §6.1 and §7, RFC 9429 §5.11.

use alloc::string::String;
use alloc::vec::Vec;

use super::Direction;
use super::facts::{Extension, Layer, MediaKind, MediaSection, PrimarySource, StreamName};
use crate::codec::{Codec, CodecRole, common_feedback};

/// What holds for one section of audio or video once offer and answer are exchanged, seen from this side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreement {
    /// The section's place.
    pub index: usize,
    /// The section's name.
    pub mid: Option<String>,
    /// Sound or pictures.
    pub kind: MediaKind,
    /// What this side may do. `Inactive` when one of both rejects the section.
    pub direction: Direction,
    /// What we may send, the most wanted first, under the other side's numbers and with its parameters.
    pub send_codecs: Vec<Codec>,
    /// What we may be sent, under our numbers and with our parameters.
    pub receive_codecs: Vec<Codec>,
    /// Header extensions of both; the direction says who uses them, seen from this side.
    pub extensions: Vec<Extension>,
    /// The layers that we send, in the other side's order; fewer than two: a single stream.
    pub send_layers: Vec<Layer>,
    /// The layers that we are sent.
    pub receive_layers: Vec<Layer>,
    /// Where the other side sends from, as far as it says so.
    pub remote_sources: Vec<PrimarySource>,
    /// How many of them, the first ones, are layers of one picture in the old form; 0: none.
    pub remote_legacy_layers: usize,
    /// The name that its sources share.
    pub remote_cname: Option<String>,
    /// The streams of what it sends.
    pub remote_streams: Vec<StreamName>,
    /// RTCP need not be compound, for what we send.
    pub reduced_size_rtcp: bool,
    /// Both forms of header extensions may be mixed.
    pub mixed_extensions: bool,
    /// The most that the other side wants to be sent, in bits per second.
    pub max_bitrate: Option<u64>,
    /// The packet length that the other side likes, in milliseconds.
    pub packet_time: Option<u32>,
}

/// Compares what we say of a section with what the other side says of it. `is_offerer`: we offered, so that the other side's
/// order of codecs is the last word; else ours is.
///
/// Deviation: RFC 3264 §6.1 forbids answers that send what was not asked for, RFC 9429 §5.11 those with feedback that was not
/// offered. Browsers take both, and so do we: what is in one description only does not happen.
pub fn agree(ours: &MediaSection, theirs: &MediaSection, is_offerer: bool) -> Agreement {
    let is_dead = ours.is_rejected || theirs.is_rejected;
    let pairs = if is_dead { Vec::new() } else { codec_pairs(ours, theirs, is_offerer) };
    let carries = pairs.iter().any(|(ours, _)| ours.role() == CodecRole::Media);
    let direction = match carries {
        true => ours.direction.intersect(theirs.direction.reversed()),
        false => Direction::Inactive,
    };
    let with =
        |codec: &Codec, other: &Codec| Codec { feedback: common_feedback(codec, other), ..codec.clone() };
    let layers = |one: &[Layer], other: &[Layer], takes: bool| -> Vec<Layer> {
        let is_common = |layer: &&Layer| takes && other.iter().any(|named| named.rid == layer.rid);
        one.iter().filter(is_common).cloned().collect()
    };
    Agreement {
        index: ours.index,
        mid: ours.mid.clone(),
        kind: ours.kind,
        direction,
        send_codecs: pairs.iter().map(|(ours, theirs)| with(theirs, ours)).collect(),
        receive_codecs: pairs.iter().map(|(ours, theirs)| with(ours, theirs)).collect(),
        extensions: if is_dead { Vec::new() } else { extensions(ours, theirs) },
        send_layers: layers(&theirs.receive_layers, &ours.send_layers, direction.sends()),
        receive_layers: layers(&theirs.send_layers, &ours.receive_layers, direction.receives()),
        remote_sources: if direction.receives() { theirs.primary_sources() } else { Vec::new() },
        remote_legacy_layers: if direction.receives() { theirs.legacy_layers() } else { 0 },
        remote_cname: theirs.cname().map(String::from),
        remote_streams: theirs.streams.clone(),
        reduced_size_rtcp: ours.reduced_size_rtcp && theirs.reduced_size_rtcp,
        mixed_extensions: ours.mixed_extensions && theirs.mixed_extensions,
        max_bitrate: theirs.max_bitrate,
        packet_time: theirs.packet_time,
    }
}

/// The codecs of both, ours and theirs, in the order of the answer. A codec with the same number on both sides is paired with
/// that one, else with the first that is the same.
fn codec_pairs<'a>(
    ours: &'a MediaSection,
    theirs: &'a MediaSection,
    is_offerer: bool,
) -> Vec<(&'a Codec, &'a Codec)> {
    let (leading, following) = if is_offerer { (theirs, ours) } else { (ours, theirs) };
    let mut pairs: Vec<(&Codec, &Codec)> = Vec::new();
    for rank in 0..2 {
        for leader in leading.codecs.iter().filter(|codec| rank == usize::from(codec.repairs().is_some())) {
            let is_same = |follower: &&Codec| match (leader.repairs(), follower.repairs()) {
                (None, None) => leader.matches(follower),
                // Two that repeat are the same if what they repeat is.
                (Some(one), Some(other)) => {
                    pairs.iter().any(|(l, f)| l.payload_type == one && f.payload_type == other)
                }
                _ => false,
            };
            let alike = || following.codecs.iter().filter(is_same);
            let same_number = alike().find(|follower| follower.payload_type == leader.payload_type);
            if let Some(follower) = same_number.or_else(|| alike().next()) {
                pairs.push((leader, follower));
            }
        }
    }
    let place =
        |codec: &Codec| leading.codecs.iter().position(|known| known.payload_type == codec.payload_type);
    pairs.sort_by_key(|(leader, _)| place(leader));
    match is_offerer {
        true => pairs.into_iter().map(|(leader, follower)| (follower, leader)).collect(),
        false => pairs,
    }
}

fn extensions(ours: &MediaSection, theirs: &MediaSection) -> Vec<Extension> {
    let common = |ours: &Extension| {
        let theirs = theirs.extensions.iter().find(|theirs| theirs.uri == ours.uri)?;
        // One of both may have been a wish for any number (RFC 8285 §6); two real ones have to be the same.
        let id = ours.id.min(theirs.id);
        let is_agreed = id < 256 && (ours.id == theirs.id || ours.id.max(theirs.id) >= 4096);
        let direction = ours.direction.intersect(theirs.direction.reversed());
        (is_agreed && direction != Direction::Inactive).then(|| Extension {
            id,
            direction,
            uri: ours.uri.clone(),
        })
    };
    ours.extensions.iter().filter_map(common).collect()
}
