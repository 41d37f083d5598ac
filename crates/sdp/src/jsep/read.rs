//! What a description of the other side means. RFC 9429 §5.8.2 and §5.8.3.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::facts::{DataSection, Remote, SectionSummary};
use super::{DEFAULT_MAX_MESSAGE_SIZE, rtp, transport};
use crate::attribute::Attribute;
use crate::error::JsepError;
use crate::media::Media;
use crate::session::SessionDescription;

/// Reads an offer or an answer: every section in short, those of audio and video and the first live one for data channels
/// in full.
///
/// Fails when the section for data channels, or every section, names no transport that could be used.
pub fn read(description: &SessionDescription) -> Result<Remote, JsepError> {
    let sections = summaries(description)?;
    let is_live_data =
        |section: &&SectionSummary| !section.rejected && description.media[section.index].is_data();
    let data = sections.iter().find(is_live_data).map(|section| section.index);
    let session = rtp::Session::of(description);
    let media = sections.iter().filter_map(|section| {
        rtp::read(&description.media[section.index], section.index, section.rejected, session)
    });
    let media: Vec<_> = media.collect();
    let data_section = data.map(|index| data_section(&description.media[index], index)).transpose()?;
    let live = media.iter().filter(|section| !section.is_rejected).map(|section| section.index);
    let wanted: Vec<usize> = match data {
        Some(index) => [index].into(),
        None => live.collect(),
    };
    let transport = transport::first_usable(description, &wanted)?;
    let groups = description.groups().filter(|group| group.is_lip_sync());
    let lip_sync = groups.map(|group| group.mids().map(String::from).collect()).collect();
    Ok(Remote { sections, transport, data: data_section, media, lip_sync })
}

/// Every section in short; no two have one name.
pub(super) fn summaries(description: &SessionDescription) -> Result<Vec<SectionSummary>, JsepError> {
    let mut names = BTreeMap::new();
    for (index, media) in description.media.iter().enumerate() {
        if let Some(mid) = media.mid()
            && names.insert(mid, index).is_some()
        {
            return Err(JsepError::RepeatedMid(index));
        }
    }
    let bundles = description.groups().filter(|group| group.is_bundle());
    let bundled: BTreeSet<&str> = bundles.flat_map(|group| group.mids()).collect();
    let summary = |(index, media): (usize, &Media)| {
        let is_bundled = media.mid().is_some_and(|mid| bundled.contains(mid));
        SectionSummary {
            index,
            mid: media.mid().map(String::from),
            kind: media.kind.as_str().into(),
            // Port 0 refuses, but for a section that an offer puts into a group and nowhere else (RFC 9143 §6).
            rejected: media.port == 0 && !(media.is_bundle_only() && is_bundled),
            bundled: is_bundled,
        }
    };
    Ok(description.media.iter().enumerate().map(summary).collect())
}

fn data_section(media: &Media, index: usize) -> Result<DataSection, JsepError> {
    let (mut sctp_port, mut mapped_port, mut max_message_size) = (None, None, None);
    for attribute in media.attributes() {
        match attribute {
            Attribute::SctpPort(port) => sctp_port = Some(*port),
            Attribute::SctpMap(map) => mapped_port = Some(map.port),
            Attribute::MaxMessageSize(size) => max_message_size = Some(*size),
            _ => {}
        }
    }
    Ok(DataSection {
        index,
        mid: media.mid().map(String::from),
        sctp_port: sctp_port.or(mapped_port).ok_or(JsepError::MissingSctpPort(index))?,
        max_message_size: max_message_size.unwrap_or(DEFAULT_MAX_MESSAGE_SIZE),
    })
}
