//! What this side proposes. RFC 9429 §5.2.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::check::is_refused;
use super::facts::MediaSection;
use super::numbers::Numbers;
use super::rtp::{self, kind_of};
use super::section::{self, Form, Place, RTP_PROTOCOL, Rtp};
use super::wish::{BundlePolicy, Wish};
use super::{Local, Negotiated, Setup};
use crate::codec::Codec;
use crate::lexer::number;
use crate::media::Media;
use crate::session::SessionDescription;

/// An offer of audio and video, as `local.media` wishes, and of data channels.
///
/// With `previous` descriptions in force it is a re-offer: sections keep their places and names, those that are refused or
/// that nobody wishes for any more stay as empty slots, the session keeps its id, and its version is higher than the one
/// before, and at least `local.session_version`. New sections take slots that are empty in both descriptions, or in one,
/// under new names, and then stand behind all others: audio and video as they are wished, data channels last.
pub fn offer(local: &Local<'_>, previous: Option<Negotiated<'_>>) -> SessionDescription {
    let mut local = *local;
    if let Some(previous) = previous {
        let next = previous.local.origin.version().unwrap_or(0).saturating_add(1);
        local.session_id = number(&previous.local.origin.session_id).unwrap_or(local.session_id);
        local.session_version = local.session_version.max(next);
    }
    let plan = Plan::new(&local, previous);
    plan.write(&local, previous)
}

/// What becomes of one place.
enum Slot<'a> {
    Refused(&'a Media),
    Data { mid: Option<String>, form: Form<'a> },
    Media { mid: Option<String>, wish: &'a Wish<'a>, protocol: &'a str },
}

struct Plan<'a> {
    slots: Vec<Slot<'a>>,
    /// Names that some section has or had.
    taken: BTreeSet<String>,
}

impl<'a> Plan<'a> {
    fn new(local: &Local<'a>, previous: Option<Negotiated<'a>>) -> Self {
        let (ours, theirs) = previous.map_or(([].as_slice(), [].as_slice()), |previous| {
            (previous.local.media.as_slice(), previous.remote.media.as_slice())
        });
        let taken = ours.iter().chain(theirs).filter_map(Media::mid).map(String::from).collect();
        let mut plan = Plan { slots: ours.iter().map(Slot::Refused).collect(), taken };
        let mut free: Vec<usize> = Vec::new();
        let mut has_data = false;
        for (index, media) in ours.iter().enumerate() {
            let is_dead = is_refused(media) || theirs.get(index).is_none_or(is_refused);
            if is_dead {
                free.push(index);
            } else if media.is_data() && !has_data {
                has_data = true;
                plan.slots[index] = Slot::Data { mid: media.mid().map(String::from), form: form(media) };
            } else if let Some(wish) = local.wish_for(index).filter(|wish| kind_of(media) == Some(wish.kind))
            {
                let (mid, protocol) = (media.mid().map(String::from), media.protocol.as_str());
                plan.slots[index] = Slot::Media { mid, wish, protocol };
            }
        }
        let mut free = free.into_iter();
        for wish in local.media.iter().filter(|wish| wish.section.is_none()) {
            let mid = Some(plan.fresh_mid(wish.mid));
            plan.put(free.next(), Slot::Media { mid, wish, protocol: RTP_PROTOCOL });
        }
        if let Some(wish) = local.data_mid.filter(|_| !has_data) {
            let mid = Some(plan.fresh_mid(Some(wish)));
            plan.put(free.next(), Slot::Data { mid, form: Form::CURRENT });
        }
        plan
    }

    fn put(&mut self, place: Option<usize>, slot: Slot<'a>) {
        match place {
            Some(index) => self.slots[index] = slot,
            None => self.slots.push(slot),
        }
    }

    /// The wished name, or a number above all that are names: so that the name of a section whose slot was used again does
    /// not come back either. Names are sent in packets; large numbers of other peers do not count.
    fn fresh_mid(&mut self, wish: Option<&str>) -> String {
        let numbers = self.taken.iter().filter_map(|name| number::<u32>(name).ok());
        let start = numbers.filter(|number| *number < 10_000).max().map_or(0, |highest| highest + 1);
        let numbers = (start..=start + self.taken.len() as u32).map(|number| alloc::format!("{number}"));
        let mut names = wish.map(String::from).into_iter().chain(numbers);
        // invariant: of one more numbers than there are names, one is no name.
        let name = names.find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(name.clone());
        name
    }

    /// The names of the group: those that were in it before keep their order, so that the transport stays where it is.
    fn bundled(&self, previous: Option<Negotiated<'_>>) -> Vec<&str> {
        let live: Vec<&str> = self.slots.iter().filter_map(Slot::mid).collect();
        let before = previous.into_iter().flat_map(|previous| previous.local.groups());
        let before = before.filter(|group| group.is_bundle()).flat_map(|group| group.mids());
        let mut seen = BTreeSet::new();
        let known: BTreeSet<&str> = live.iter().copied().collect();
        let mut names: Vec<&str> = Vec::with_capacity(live.len());
        for name in before.filter_map(|name| known.get(name).copied()).chain(live) {
            if seen.insert(name) {
                names.push(name);
            }
        }
        names
    }

    fn write(&self, local: &Local<'_>, previous: Option<Negotiated<'_>>) -> SessionDescription {
        let before = previous.map(Before::of).unwrap_or_default();
        let mut numbers = before.numbers();
        let bundled = self.bundled(previous);
        let mut kinds = BTreeSet::new();
        let mut media = Vec::with_capacity(self.slots.len());
        for (index, slot) in self.slots.iter().enumerate() {
            // Re-offers have no such sections: what was bundled once stays bundled (RFC 9429 §5.2.2).
            let is_first_of_kind = kinds.insert(slot.kind());
            let is_bundle_only = previous.is_none()
                && match local.bundle_policy {
                    BundlePolicy::MaxCompat => false,
                    BundlePolicy::Balanced => !is_first_of_kind,
                    BundlePolicy::MaxBundle => index > 0,
                };
            let is_tag = slot.mid().is_none() || slot.mid() == bundled.first().copied();
            let place = Place { setup: Setup::Actpass, is_tag, is_bundle_only };
            media.push(match slot {
                Slot::Refused(like) => section::rejected(like),
                Slot::Data { mid, form } => section::data(local, mid.as_deref(), *form, place),
                Slot::Media { mid, wish, protocol } => {
                    let before = before.section(index).filter(|_| wish.section.is_some());
                    wished(wish, mid.as_deref(), before, &mut numbers).write(local, protocol, place, false)
                }
            });
        }
        let mixes = self.slots.iter().any(|slot| matches!(slot, Slot::Media { .. }));
        section::session(local, media, &bundled, mixes, &[])
    }
}

impl Slot<'_> {
    fn mid(&self) -> Option<&str> {
        match self {
            Slot::Refused(_) => None,
            Slot::Data { mid, .. } | Slot::Media { mid, .. } => mid.as_deref(),
        }
    }

    fn kind(&self) -> &str {
        match self {
            Slot::Refused(_) => "",
            Slot::Data { .. } => "application",
            Slot::Media { wish, .. } => wish.kind.as_str(),
        }
    }
}

/// A section keeps the form in which it was negotiated.
fn form(media: &Media) -> Form<'_> {
    let protocol = media.protocol.as_str();
    let format = media.formats().next().unwrap_or(Form::CURRENT.format);
    Form { protocol, format, is_legacy: number::<u16>(format).is_ok() }
}

fn wished<'a>(
    wish: &'a Wish<'a>,
    mid: Option<&'a str>,
    before: Option<(&MediaSection, &MediaSection)>,
    numbers: &mut Numbers,
) -> Rtp<'a> {
    let mut codecs = numbers.codecs(wish, before.map(|(ours, _)| ours));
    if let Some((ours, theirs)) = before.filter(|_| !wish.has_preference) {
        // The order of the answer, which names no more than the offer; what is not in it comes behind (RFC 9429 §5.2.2).
        let answer = if theirs.codecs.len() <= ours.codecs.len() { theirs } else { ours };
        let place = |codec: &Codec| answer.codecs.iter().position(|c| c.payload_type == codec.payload_type);
        codecs.sort_by_key(|codec| place(codec).unwrap_or(usize::MAX));
    }
    let rids: Vec<String> = wish.sources.iter().filter_map(|source| source.rid.clone()).collect();
    let sends_layers = wish.direction.sends() && rids.len() > 1;
    Rtp {
        wish,
        mid,
        direction: wish.direction,
        codecs,
        extensions: numbers.extensions(wish),
        send_rids: if sends_layers { rids } else { Vec::new() },
        receive_rids: if wish.direction.receives() { wish.receive_rids.to_vec() } else { Vec::new() },
        reduced_size_rtcp: before
            .is_none_or(|(ours, theirs)| ours.reduced_size_rtcp && theirs.reduced_size_rtcp),
    }
}

/// The sections of audio and video that are in force, ours and theirs, by place.
#[derive(Default)]
struct Before {
    ours: Vec<Option<MediaSection>>,
    theirs: Vec<Option<MediaSection>>,
}

impl Before {
    fn of(previous: Negotiated<'_>) -> Self {
        let all = |description: &SessionDescription| {
            let session = rtp::Session::of(description);
            let sections = description.media.iter().enumerate();
            sections.map(|(index, media)| rtp::read(media, index, is_refused(media), session)).collect()
        };
        Before { ours: all(previous.local), theirs: all(previous.remote) }
    }

    fn section(&self, index: usize) -> Option<(&MediaSection, &MediaSection)> {
        Some((self.ours.get(index)?.as_ref()?, self.theirs.get(index)?.as_ref()?))
    }

    fn numbers(&self) -> Numbers {
        let mut numbers = Numbers::default();
        self.ours.iter().chain(&self.theirs).flatten().for_each(|section| numbers.learn(section));
        numbers
    }
}
