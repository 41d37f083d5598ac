//! Whether an answer answers its offer, and whether an offer goes on from where the session stands. RFC 9429 §5.8.3 and §5.11, RFC 3264 §6, RFC 9143 §7.3, RFC 8842 §5.3.

use alloc::collections::BTreeMap;
use alloc::string::String;

use super::facts::SectionSummary;
use super::read::summaries;
use super::transport::{Units, tagged, transport};
use super::{Negotiated, Setup, read, rtp};
use crate::error::JsepError;
use crate::media::Media;
use crate::session::SessionDescription;

/// Checks an answer of the other side against our offer, before anything of it is applied. All that it accepts has to share
/// one transport: this side has no other.
pub fn check_answer(offer: &SessionDescription, answer: &SessionDescription) -> Result<(), JsepError> {
    if offer.media.len() != answer.media.len() {
        return Err(JsepError::SectionCount);
    }
    for (section, media) in summaries(offer)?.iter().zip(&answer.media) {
        check_section(section, &offer.media[section.index], media)?;
    }
    let answered = read(answer)?;
    check_bundle(offer, answer)?;
    let without_mux = answered.media.iter().find(|section| !section.is_rejected && !section.rtcp_mux);
    if let Some(section) = without_mux {
        return Err(JsepError::RtcpNotMultiplexed(section.index));
    }
    check_transport(offer, answer)
}

/// Checks a new offer of the other side against the descriptions that are in force: it has at least as many sections, and
/// those that live, or were never refused, keep place, kind and name (RFC 3264 §8, RFC 9429 §5.2.2).
pub fn check_offer(previous: Negotiated<'_>, offer: &SessionDescription) -> Result<(), JsepError> {
    let (ours, theirs) = (&previous.local.media, &previous.remote.media);
    if offer.media.len() < ours.len() {
        return Err(JsepError::SectionCount);
    }
    let both = ours.iter().zip(theirs);
    for (index, ((ours, theirs), now)) in both.zip(&offer.media).enumerate() {
        // A refused slot is free for anything; one that is refused now need not be named.
        if is_refused(ours) || is_refused(theirs) || is_refused(now) {
            continue;
        }
        if ours.kind != now.kind {
            return Err(JsepError::SectionKind(index));
        }
        if theirs.mid() != now.mid() {
            return Err(JsepError::SectionMid(index));
        }
    }
    Ok(())
}

/// Port 0 says no, unless an offer says with it that there is no port but the group's.
pub(super) fn is_refused(media: &Media) -> bool {
    media.port == 0 && !media.is_bundle_only()
}

fn check_section(section: &SectionSummary, offered: &Media, answered: &Media) -> Result<(), JsepError> {
    let index = section.index;
    // Of RTP's profiles one is as good as the other: each means what is spoken under DTLS (RFC 9429 §5.1.2).
    let same_protocol = offered.protocol == answered.protocol
        || (rtp::is_rtp(&offered.protocol) && rtp::is_rtp(&answered.protocol));
    if offered.kind != answered.kind || !same_protocol {
        return Err(JsepError::SectionKind(index));
    }
    let is_refused = answered.port == 0;
    // A refused section may come without its name: then there is nothing left to mix up.
    let same_name = offered.mid() == answered.mid() || (is_refused && answered.mid().is_none());
    if !same_name {
        return Err(JsepError::SectionMid(index));
    }
    match section.rejected && !is_refused {
        true => Err(JsepError::NotOffered(index)),
        false => Ok(()),
    }
}

/// The answer's groups are parts of the offer's, and hold all that is live in a group only.
///
/// Deviation: RFC 9143 §7.3.3 wants refused sections out of the group. Servers exist that name all sections of the offer, and
/// browsers take it: a refused section has no transport to be shared.
fn check_bundle(offer: &SessionDescription, answer: &SessionDescription) -> Result<(), JsepError> {
    let group_of = |description: &SessionDescription| -> BTreeMap<String, usize> {
        let bundles = description.groups().filter(|group| group.is_bundle()).enumerate();
        bundles.flat_map(|(number, group)| group.mids().map(move |mid| (mid.into(), number))).collect()
    };
    let (offered, answered) = (group_of(offer), group_of(answer));
    let mut came_from = BTreeMap::new();
    for (mid, number) in &answered {
        let origin = offered.get(mid).ok_or(JsepError::BadBundle)?;
        if came_from.insert(number, origin).is_some_and(|other| other != origin) {
            return Err(JsepError::BadBundle);
        }
    }
    let sections = offer.media.iter().zip(&answer.media);
    let fits = sections.into_iter().all(|(offered, answered_media)| {
        let is_member = answered_media.mid().is_some_and(|mid| answered.contains_key(mid));
        let is_live = answered_media.port != 0;
        // Alive and outside of the only place where it may live is no answer.
        is_member || !is_live || offered.port != 0
    });
    if fits { Ok(()) } else { Err(JsepError::BadBundle) }
}

/// One transport for all; and of its two ends the answer takes one role, and not the one that the offer took.
fn check_transport(offer: &SessionDescription, answer: &SessionDescription) -> Result<(), JsepError> {
    let Some(tag) = tagged(answer) else { return Ok(()) };
    let sections = summaries(answer)?;
    let units = Units::of(answer, &sections);
    let stranger = sections.iter().find(|section| !section.rejected && !units.share(tag, section.index));
    if let Some(section) = stranger {
        return Err(JsepError::NotBundled(section.index));
    }
    match (transport(offer, tag)?.setup, transport(answer, tag)?.setup) {
        (Setup::Actpass, Setup::Active | Setup::Passive)
        | (Setup::Active, Setup::Passive)
        | (Setup::Passive, Setup::Active) => Ok(()),
        _ => Err(JsepError::BadSetup(tag)),
    }
}
