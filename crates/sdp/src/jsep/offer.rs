//! What this side proposes. RFC 9429 §5.2.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::section::{self, Form};
use super::{Local, Negotiated, Setup};
use crate::lexer::number;
use crate::media::Media;
use crate::session::SessionDescription;

/// An offer of data channels.
///
/// With `previous` descriptions in force it is a re-offer: sections keep their places and names, refused ones stay as empty
/// slots (the first of which is used again, under a new name, when data channels have no section), the session keeps its
/// id, and its version is higher than the one before, and at least `local.session_version`.
pub fn offer(local: &Local<'_>, previous: Option<Negotiated<'_>>) -> SessionDescription {
    let Some(previous) = previous else {
        let mid = local.data_mid;
        let media = mid.map(|mid| section::data(local, Some(mid), Setup::Actpass, Form::CURRENT));
        let bundled: Vec<&str> = mid.into_iter().collect();
        return section::session(local, media.into_iter().collect(), &bundled);
    };
    let next = previous.local.origin.version().unwrap_or(0).saturating_add(1);
    let session_id = number(&previous.local.origin.session_id).unwrap_or(local.session_id);
    let local = Local { session_id, session_version: local.session_version.max(next), ..*local };
    let (media, mid) = sections(&local, previous);
    let bundled: Vec<&str> = mid.as_deref().into_iter().collect();
    section::session(&local, media, &bundled)
}

/// The sections of a re-offer, and the name of the one for data channels.
fn sections(local: &Local<'_>, previous: Negotiated<'_>) -> (Vec<Media>, Option<String>) {
    let both = || previous.local.media.iter().zip(&previous.remote.media);
    let is_free = |(ours, theirs): (&Media, &Media)| ours.port == 0 || theirs.port == 0;
    let live = both().position(|pair| !is_free(pair) && pair.0.is_data());
    let slot = live.or_else(|| both().position(is_free)).unwrap_or(previous.local.media.len());
    let (mid, form) = match live {
        Some(index) => {
            (previous.local.media[index].mid().map(String::from), form(&previous.local.media[index]))
        }
        None => (local.data_mid.map(|wish| fresh_mid(wish, previous)), Form::CURRENT),
    };
    let mut media: Vec<Media> = previous.local.media.iter().map(section::rejected).collect();
    if live.is_some() || mid.is_some() {
        let data = section::data(local, mid.as_deref(), Setup::Actpass, form);
        match media.get_mut(slot) {
            Some(place) => *place = data,
            None => media.push(data),
        }
    }
    (media, mid)
}

/// A section keeps the form in which it was negotiated.
fn form(media: &Media) -> Form<'_> {
    let protocol = media.protocol.as_str();
    let format = media.formats().next().unwrap_or(Form::CURRENT.format);
    Form { protocol, format, is_legacy: number::<u16>(format).is_ok() }
}

/// `wish`, or the first number that no section was ever called.
fn fresh_mid(wish: &str, previous: Negotiated<'_>) -> String {
    let all = previous.local.media.iter().chain(&previous.remote.media);
    let taken: BTreeSet<&str> = all.filter_map(Media::mid).collect();
    if !taken.contains(wish) {
        return wish.into();
    }
    let mut names = (0..=taken.len()).map(|number| alloc::format!("{number}"));
    // invariant: of one more numbers than there are names, one is no name.
    names.find(|name| !taken.contains(name.as_str())).unwrap_or_default()
}
