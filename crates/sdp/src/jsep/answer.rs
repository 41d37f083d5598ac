//! What this side says to a proposal. RFC 9429 §5.3.

use alloc::string::String;
use alloc::vec::Vec;

use super::choose::{self, Meanings};
use super::facts::DataSection;
use super::read::summaries;
use super::section::{self, Form, Place, Rtp};
use super::transport::{Units, transport};
use super::{Local, Setup, read};
use crate::attribute::Attribute;
use crate::error::JsepError;
use crate::lexer::number;
use crate::media::Media;
use crate::session::SessionDescription;

/// The answer to `offer`: as many sections in the same order under the same names. Of audio and video those are accepted for
/// which `local.media` has a wish and that share a codec with it; of data channels the first section; and of all these, what
/// shares the transport of the first. All others are refused with port 0. What was accepted is in a BUNDLE group if the
/// offer had one that named it.
///
/// The DTLS role is `local.setup` if that is a role (it is kept in re-negotiations, RFC 8842 §5.5), else the offer's
/// opposite, else active. An offer that demands the role that this side must keep is an error.
///
/// Deviation: RFC 9143 §7.3.1 and RFC 9429 §5.3.1 give a group up when the section that holds its transport is refused.
/// Here the group lives on with the next accepted section as the tag: the transport's attributes are known
/// either way, and data channels of a page that offers video we know nothing of would be lost.
pub fn answer(local: &Local<'_>, offer: &SessionDescription) -> Result<SessionDescription, JsepError> {
    let remote = read(offer)?;
    let sections = summaries(offer)?;
    let units = Units::of(offer, &sections);
    let mut meanings = Meanings::default();
    let mut accepted: Vec<Option<Accepted<'_>>> = Vec::with_capacity(sections.len());
    let mut first = None;
    for index in 0..sections.len() {
        let shares = |first: &usize| units.share(*first, index);
        let answer = match (remote.media_at(index), remote.data.as_ref()) {
            _ if !first.as_ref().is_none_or(shares) => None,
            (Some(section), _) => {
                let wish = local.wish_for(index);
                wish.and_then(|wish| choose::accept(wish, section, &mut meanings)).map(Accepted::Rtp)
            }
            (None, Some(data)) if data.index == index && data.sctp_port != 0 => Some(Accepted::Data(data)),
            _ => None,
        };
        first = first.or(answer.as_ref().map(|_| index));
        accepted.push(answer);
    }
    let Some(first) = first else {
        return Ok(section::session(
            local,
            offer.media.iter().map(section::rejected).collect(),
            &[],
            false,
            &[],
        ));
    };
    let members: Vec<usize> = units.members(first).filter(|index| accepted[*index].is_some()).collect();
    let tag = members.first().copied().unwrap_or(first);
    let setup = choose_setup(local.setup, transport(offer, tag)?.setup).ok_or(JsepError::BadSetup(tag))?;
    let mixes = offer.attributes().any(|attribute| *attribute == Attribute::ExtMapAllowMixed);
    let write = |(index, answer): (usize, &Option<Accepted<'_>>)| {
        let place = Place { setup, is_tag: index == tag, is_bundle_only: false };
        match answer {
            Some(answer) => answer.write(local, &offer.media[index], place, mixes),
            None => section::rejected(&offer.media[index]),
        }
    };
    let media: Vec<Media> = accepted.iter().enumerate().map(write).collect();
    let names = members.iter().filter(|index| units.is_bundled(**index));
    let bundled: Vec<&str> = names.filter_map(|index| offer.media[*index].mid()).collect();
    let has_rtp = accepted.iter().flatten().any(|answer| matches!(answer, Accepted::Rtp(_)));
    let lip_sync: Vec<Vec<&str>> =
        remote.lip_sync.iter().filter_map(|names| in_step(names, &accepted, offer)).collect();
    Ok(section::session(local, media, &bundled, mixes && has_rtp, &lip_sync))
}

/// Of the sections that the other side plays in step, those for which we say the same: what we send there belongs to one
/// stream, or to none (RFC 9429 §5.3.1). Fewer than two are no group.
fn in_step<'a>(
    names: &[String],
    accepted: &[Option<Accepted<'_>>],
    offer: &'a SessionDescription,
) -> Option<Vec<&'a str>> {
    let named = accepted.iter().zip(&offer.media).filter_map(|(answer, media)| match answer {
        Some(Accepted::Rtp(rtp)) => Some((media.mid()?, rtp.wish.streams)),
        _ => None,
    });
    let ours: Vec<(&str, &[String])> =
        named.filter(|(mid, _)| names.iter().any(|name| name == mid)).collect();
    let of_stream = |stream: Option<&String>| -> Vec<&'a str> {
        let is_in =
            |streams: &[String]| streams.is_empty() || stream.is_some_and(|name| streams.contains(name));
        ours.iter().filter(|(_, streams)| is_in(streams)).map(|(mid, _)| *mid).collect()
    };
    let streams = ours.iter().flat_map(|(_, streams)| streams.iter());
    let mut groups = streams.map(|stream| of_stream(Some(stream))).chain([of_stream(None)]);
    groups.find(|group| group.len() > 1)
}

/// A section that we take.
enum Accepted<'a> {
    Data(&'a DataSection),
    Rtp(Rtp<'a>),
}

impl Accepted<'_> {
    fn write(&self, local: &Local<'_>, offered: &Media, place: Place, session_mixes: bool) -> Media {
        match self {
            Accepted::Data(data) => {
                let format = offered.formats().next().unwrap_or(Form::CURRENT.format);
                let is_legacy = number::<u16>(format).is_ok();
                let form = Form { protocol: &offered.protocol, format, is_legacy };
                section::data(local, data.mid.as_deref(), form, place)
            }
            Accepted::Rtp(rtp) => {
                let mixes = offered.attributes().any(|attribute| *attribute == Attribute::ExtMapAllowMixed);
                rtp.write(local, &offered.protocol, place, mixes && !session_mixes)
            }
        }
    }
}

/// RFC 8842 §5.3; `None`: both want the same role.
fn choose_setup(ours: Setup, offered: Setup) -> Option<Setup> {
    match (ours, offered) {
        (Setup::Active, Setup::Actpass | Setup::Passive) => Some(Setup::Active),
        (Setup::Passive, Setup::Actpass | Setup::Active) => Some(Setup::Passive),
        (Setup::Actpass, Setup::Actpass | Setup::Passive) => Some(Setup::Active),
        (Setup::Actpass, Setup::Active) => Some(Setup::Passive),
        _ => None,
    }
}
