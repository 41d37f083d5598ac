//! What a description of the other side means. RFC 9429 §5.8.2 and §5.8.3.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{DEFAULT_MAX_MESSAGE_SIZE, DataSection, Remote, SectionSummary, Setup};
use crate::attribute::Attribute;
use crate::error::JsepError;
use crate::media::Media;
use crate::session::SessionDescription;

/// Reads an offer or an answer: every section in short, and the first live one for data channels in full.
///
/// Transport attributes come from the section; then from the session; then, for a section in a BUNDLE group, from the
/// section whose transport it shares (RFC 9143 §7.1.3).
pub fn read(description: &SessionDescription) -> Result<Remote, JsepError> {
    let mut by_mid = BTreeMap::new();
    for (index, media) in description.media.iter().enumerate() {
        if let Some(mid) = media.mid()
            && by_mid.insert(mid, index).is_some()
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
    let sections: Vec<SectionSummary> = description.media.iter().enumerate().map(summary).collect();
    let is_live_data =
        |section: &&SectionSummary| !section.rejected && description.media[section.index].is_data();
    let data = sections.iter().find(is_live_data).map(|section| section.index);
    let data = data.map(|index| data_section(description, index, &by_mid)).transpose()?;
    Ok(Remote { sections, data })
}

fn data_section(
    description: &SessionDescription,
    index: usize,
    by_mid: &BTreeMap<&str, usize>,
) -> Result<DataSection, JsepError> {
    let media = &description.media[index];
    let own = Gathered::of(media.attributes());
    let session = Gathered::of(description.attributes());
    let tag = tag_of(description, index, by_mid);
    let tag = tag.map(|index| Gathered::of(description.media[index].attributes())).unwrap_or_default();
    let chain = [&own, &session, &tag];
    let first = |pick: fn(&Gathered) -> Option<&str>| chain.into_iter().find_map(pick).map(String::from);

    let ufrag = first(|g| g.ufrag.as_deref()).ok_or(JsepError::MissingCredentials(index))?;
    let pwd = first(|g| g.pwd.as_deref()).ok_or(JsepError::MissingCredentials(index))?;
    let fingerprints = chain.iter().map(|g| &g.fingerprints).find(|list| !list.is_empty());
    let fingerprints = fingerprints.ok_or(JsepError::MissingFingerprint(index))?.clone();
    let setup = chain.iter().find_map(|g| g.setup).filter(|setup| *setup != Setup::Holdconn);
    let sctp_port = own.sctp_port.or(own.mapped_port).ok_or(JsepError::MissingSctpPort(index))?;
    let options = first(|g| g.ice_options.as_deref()).unwrap_or_default();
    // Of sections that share a transport only one lists its candidates.
    let shares = own.candidates.is_empty() && tag.ufrag.as_deref() == Some(&ufrag);
    let source = if shares { &tag } else { &own };
    Ok(DataSection {
        index,
        mid: media.mid().map(String::from),
        ice_lite: session.ice_lite,
        ice_options: options.split(' ').filter(|word| !word.is_empty()).map(String::from).collect(),
        fingerprints,
        setup: setup.ok_or(JsepError::BadSetup(index))?,
        tls_id: first(|g| g.tls_id.as_deref()),
        sctp_port,
        max_message_size: own.max_message_size.unwrap_or(DEFAULT_MAX_MESSAGE_SIZE),
        candidates: source.candidates.clone(),
        end_of_candidates: own.end_of_candidates || session.end_of_candidates || source.end_of_candidates,
        ufrag,
        pwd,
    })
}

/// The other section that holds the transport of `index`: the first live one of its BUNDLE group (RFC 9143 §7.2.1).
fn tag_of(description: &SessionDescription, index: usize, by_mid: &BTreeMap<&str, usize>) -> Option<usize> {
    let mid = description.media[index].mid()?;
    let mut bundles = description.groups().filter(|group| group.is_bundle());
    let group = bundles.find(|group| group.mids().any(|name| name == mid))?;
    let members = group.mids().filter_map(|name| by_mid.get(name).copied());
    let mut live = members.filter(|member| description.media[*member].port != 0);
    live.next().filter(|tag| *tag != index)
}

/// The attributes of one level that this page cares for.
#[derive(Default)]
struct Gathered {
    ufrag: Option<String>,
    pwd: Option<String>,
    ice_options: Option<String>,
    ice_lite: bool,
    fingerprints: Vec<String>,
    setup: Option<Setup>,
    tls_id: Option<String>,
    sctp_port: Option<u16>,
    mapped_port: Option<u16>,
    max_message_size: Option<u64>,
    candidates: Vec<String>,
    end_of_candidates: bool,
}

impl Gathered {
    fn of<'a>(attributes: impl Iterator<Item = &'a Attribute>) -> Self {
        let mut found = Gathered::default();
        for attribute in attributes {
            match attribute {
                Attribute::IceUfrag(ufrag) => found.ufrag = Some(ufrag.as_str().into()),
                Attribute::IcePwd(pwd) => found.pwd = Some(pwd.as_str().into()),
                Attribute::IceOptions(options) => found.ice_options = Some(options.as_str().into()),
                Attribute::IceLite => found.ice_lite = true,
                Attribute::Fingerprint(fingerprint) => found.fingerprints.push(fingerprint.to_string()),
                Attribute::Setup(setup) => found.setup = Some(*setup),
                Attribute::TlsId(id) => found.tls_id = Some(id.as_str().into()),
                Attribute::SctpPort(port) => found.sctp_port = Some(*port),
                Attribute::SctpMap(map) => found.mapped_port = Some(map.port),
                Attribute::MaxMessageSize(size) => found.max_message_size = Some(*size),
                Attribute::Candidate(text) => found.candidates.push(alloc::format!("candidate:{text}")),
                Attribute::EndOfCandidates => found.end_of_candidates = true,
                _ => {}
            }
        }
        found
    }
}
