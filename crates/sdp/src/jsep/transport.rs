//! Whose transport a section uses, and what is said of it. RFC 9143 §7.1.3 and §7.2.1, RFC 8839 §5, RFC 8842 §5.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Setup;
use super::facts::{SectionSummary, TransportSection};
use super::read::summaries;
use crate::attribute::Attribute;
use crate::error::JsepError;
use crate::session::SessionDescription;

/// The transport of one section: what it says itself; what it does not say, the session says; and for a section in a
/// BUNDLE group, what neither says, the section whose transport the group shares.
pub fn transport(description: &SessionDescription, index: usize) -> Result<TransportSection, JsepError> {
    let session = Gathered::of(description.attributes());
    Shared::of(description, &session).transport(index)
}

/// The section that holds the transport of the first live section: in an answer, of all that was accepted. `None`: nothing
/// is alive.
pub fn tagged(description: &SessionDescription) -> Option<usize> {
    let sections = summaries(description).ok()?;
    let units = Units::of(description, &sections);
    let first = sections.iter().find(|section| !section.rejected)?.index;
    let is_live = |index: usize| !sections[index].rejected;
    Some(
        units
            .members(first)
            .find(|member| is_live(*member) && description.media[*member].port != 0)
            .unwrap_or(first),
    )
}

/// The transport of the first of these sections that has a whole one; what the first lacks, if none has.
pub(super) fn first_usable(
    description: &SessionDescription,
    sections: &[usize],
) -> Result<Option<TransportSection>, JsepError> {
    let session = Gathered::of(description.attributes());
    let shared = Shared::of(description, &session);
    let mut fault = None;
    for index in sections {
        match shared.transport(*index) {
            Ok(transport) => return Ok(Some(transport)),
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    fault.map_or(Ok(None), Err)
}

/// Which sections share a transport: those of one BUNDLE group, in the group's order.
pub(super) struct Units {
    /// Of each section, the group that it is in first.
    group_of: Vec<Option<usize>>,
    groups: Vec<Vec<usize>>,
}

impl Units {
    pub(super) fn of(description: &SessionDescription, sections: &[SectionSummary]) -> Self {
        let named = sections.iter().filter_map(|section| Some((section.mid.as_deref()?, section.index)));
        let by_mid: BTreeMap<&str, usize> = named.collect();
        let mut group_of = alloc::vec![None; sections.len()];
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for group in description.groups().filter(|group| group.is_bundle()) {
            let mut members = Vec::new();
            for member in group.mids().filter_map(|mid| by_mid.get(mid).copied()) {
                if group_of[member].is_none() {
                    group_of[member] = Some(groups.len());
                    members.push(member);
                }
            }
            groups.push(members);
        }
        Units { group_of, groups }
    }

    /// All that share the transport of one section, itself among them.
    pub(super) fn members(&self, index: usize) -> impl Iterator<Item = usize> {
        let group = self.group_of.get(index).copied().flatten();
        let members = group.map_or([].as_slice(), |group| self.groups[group].as_slice());
        let alone = members.is_empty().then_some(index);
        members.iter().copied().chain(alone)
    }

    /// Whether two sections share a transport.
    pub(super) fn share(&self, one: usize, other: usize) -> bool {
        one == other || (self.group_of[one].is_some() && self.group_of[one] == self.group_of[other])
    }

    /// Whether a section is in a group.
    pub(super) fn is_bundled(&self, index: usize) -> bool {
        self.group_of[index].is_some()
    }
}

/// A description with what is needed to look up many transports in it.
struct Shared<'a> {
    description: &'a SessionDescription,
    session: &'a Gathered<'a>,
    by_mid: BTreeMap<&'a str, usize>,
}

impl<'a> Shared<'a> {
    fn of(description: &'a SessionDescription, session: &'a Gathered<'a>) -> Self {
        let named =
            description.media.iter().enumerate().filter_map(|(index, media)| Some((media.mid()?, index)));
        Shared { description, session, by_mid: named.collect() }
    }

    /// The first live section with a port of its own in the group of `index`, if that is another one.
    fn tag_of(&self, index: usize) -> Option<usize> {
        let mid = self.description.media[index].mid()?;
        let mut bundles = self.description.groups().filter(|group| group.is_bundle());
        let group = bundles.find(|group| group.mids().any(|name| name == mid))?;
        let members = group.mids().filter_map(|name| self.by_mid.get(name).copied());
        let mut live = members.filter(|member| self.description.media[*member].port != 0);
        live.next().filter(|tag| *tag != index)
    }

    fn transport(&self, index: usize) -> Result<TransportSection, JsepError> {
        let media = self.description.media.get(index).ok_or(JsepError::MissingCredentials(index))?;
        let own = Gathered::of(media.attributes());
        let tag = self.tag_of(index).map(|tag| Gathered::of(self.description.media[tag].attributes()));
        let tag = tag.unwrap_or_default();
        let chain = [&own, self.session, &tag];
        let first = |pick: fn(&Gathered<'a>) -> Option<&'a str>| chain.into_iter().find_map(pick);

        let ufrag = first(|g| g.ufrag).ok_or(JsepError::MissingCredentials(index))?;
        let pwd = first(|g| g.pwd).ok_or(JsepError::MissingCredentials(index))?;
        let fingerprints = chain.iter().map(|g| &g.fingerprints).find(|list| !list.is_empty());
        let fingerprints = fingerprints.ok_or(JsepError::MissingFingerprint(index))?;
        let setup = chain.iter().find_map(|g| g.setup).filter(|setup| *setup != Setup::Holdconn);
        let options = first(|g| g.ice_options).unwrap_or_default();
        // Of sections that share a transport only one lists its candidates.
        let shares = own.candidates.is_empty() && tag.ufrag == Some(ufrag);
        let source = if shares { &tag } else { &own };
        Ok(TransportSection {
            index,
            ice_lite: self.session.ice_lite,
            ice_options: options.split(' ').filter(|word| !word.is_empty()).map(String::from).collect(),
            fingerprints: fingerprints.iter().map(|attribute| attribute.to_string()).collect(),
            setup: setup.ok_or(JsepError::BadSetup(index))?,
            tls_id: first(|g| g.tls_id).map(String::from),
            candidates: source.candidates.iter().map(|text| alloc::format!("candidate:{text}")).collect(),
            end_of_candidates: own.end_of_candidates
                || self.session.end_of_candidates
                || source.end_of_candidates,
            ufrag: ufrag.into(),
            pwd: pwd.into(),
        })
    }
}

/// The attributes of one level that this page cares for.
#[derive(Default)]
struct Gathered<'a> {
    ufrag: Option<&'a str>,
    pwd: Option<&'a str>,
    ice_options: Option<&'a str>,
    ice_lite: bool,
    fingerprints: Vec<&'a crate::attribute::Fingerprint>,
    setup: Option<Setup>,
    tls_id: Option<&'a str>,
    candidates: Vec<&'a str>,
    end_of_candidates: bool,
}

impl<'a> Gathered<'a> {
    fn of(attributes: impl Iterator<Item = &'a Attribute>) -> Self {
        let mut found = Gathered::default();
        for attribute in attributes {
            match attribute {
                Attribute::IceUfrag(ufrag) => found.ufrag = Some(ufrag),
                Attribute::IcePwd(pwd) => found.pwd = Some(pwd),
                Attribute::IceOptions(options) => found.ice_options = Some(options),
                Attribute::IceLite => found.ice_lite = true,
                Attribute::Fingerprint(fingerprint) => found.fingerprints.push(fingerprint),
                Attribute::Setup(setup) => found.setup = Some(*setup),
                Attribute::TlsId(id) => found.tls_id = Some(id),
                Attribute::Candidate(text) => found.candidates.push(text),
                Attribute::EndOfCandidates => found.end_of_candidates = true,
                _ => {}
            }
        }
        found
    }
}
