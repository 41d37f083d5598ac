//! Payload types and extension numbers of our own offers: once a number means something, it means that for the whole
//! session. RFC 3264 §8.3.2, RFC 9143 §9.1.1 and §12, RFC 8285 §5.

use alloc::string::String;
use alloc::vec::Vec;

use super::facts::{Extension, MediaSection};
use super::wish::Wish;
use crate::codec::{Codec, CodecRole};

/// What numbers mean in a session.
#[derive(Default)]
pub(super) struct Numbers {
    codecs: Vec<Codec>,
    /// Of what was ever said, also in sections that have ended.
    extensions: Vec<(u16, String)>,
}

impl Numbers {
    /// Learns what a section made of its numbers.
    pub(super) fn learn(&mut self, section: &MediaSection) {
        for codec in &section.codecs {
            if self.is_free(codec.payload_type) {
                self.codecs.push(codec.clone());
            }
        }
        for extension in &section.extensions {
            let is_new = |(id, uri): &(u16, String)| *id != extension.id && *uri != extension.uri;
            if self.extensions.iter().all(is_new) && extension.id < 256 {
                self.extensions.push((extension.id, extension.uri.clone()));
            }
        }
    }

    fn is_free(&self, payload_type: u8) -> bool {
        self.codecs.iter().all(|known| known.payload_type != payload_type)
    }

    /// The codecs of a wish under their numbers: those that they have in this section or in another one, else those that
    /// they ask for, else free ones. Those for which no number is left are left out.
    pub(super) fn codecs(&mut self, wish: &Wish<'_>, before: Option<&MediaSection>) -> Vec<Codec> {
        let mut numbered: Vec<(u8, Codec)> = Vec::with_capacity(wish.codecs.len());
        // What points to others comes after all that does not: only then the numbers of those are known. Retransmissions
        // come last, as they may repeat redundancy.
        let rank = |codec: &Codec| match codec.role() {
            CodecRole::Retransmission => 2,
            CodecRole::Redundancy => 1,
            _ => 0,
        };
        for rank_now in 0..3 {
            for codec in wish.codecs.iter().filter(|codec| rank(codec) == rank_now) {
                let new = |old| {
                    numbered.iter().find(|(wished, _)| *wished == old).map(|(_, codec)| codec.payload_type)
                };
                let Some(pointing) = codec.renumbered(codec.payload_type, new) else { continue };
                let used =
                    |number| numbered.iter().any(|(_, codec): &(u8, Codec)| codec.payload_type == number);
                let Some(number) = self.number(&pointing, before, used) else { continue };
                numbered.push((codec.payload_type, Codec { payload_type: number, ..pointing }));
            }
        }
        let place =
            |codec: &Codec| wish.codecs.iter().position(|wished| wished.payload_type == codec.payload_type);
        numbered.sort_by_key(|(wished, codec)| place(&Codec { payload_type: *wished, ..codec.clone() }));
        numbered.into_iter().map(|(_, codec)| codec).collect()
    }

    fn number(
        &mut self,
        codec: &Codec,
        before: Option<&MediaSection>,
        used: impl Fn(u8) -> bool,
    ) -> Option<u8> {
        let is_same = |known: &Codec| match codec.role() {
            CodecRole::Retransmission => known.repairs() == codec.repairs(),
            CodecRole::Redundancy => known.matches(codec) && known.references() == codec.references(),
            _ => known.matches(codec),
        };
        let here = before.into_iter().flat_map(|section| section.codecs.iter());
        let known = here.chain(&self.codecs).filter(|known| is_same(known)).map(|known| known.payload_type);
        if let Some(number) = known.into_iter().find(|number| !used(*number)) {
            return Some(number);
        }
        let dynamic = core::iter::once(codec.payload_type).chain(96..=127).chain(35..=63);
        let number = dynamic.into_iter().find(|number| self.is_free(*number))?;
        self.codecs.push(Codec { payload_type: number, ..codec.clone() });
        Some(number)
    }

    /// The extensions of a wish under their numbers.
    pub(super) fn extensions(&mut self, wish: &Wish<'_>) -> Vec<Extension> {
        let numbered = |extension: &Extension| {
            let known = self.extensions.iter().find(|(_, uri)| *uri == extension.uri).map(|(id, _)| *id);
            let id = known.or_else(|| {
                let is_free = |id: &u16| self.extensions.iter().all(|(taken, _)| taken != id);
                let ids = core::iter::once(extension.id).chain(1..=14).chain(16..=255);
                let id = ids.into_iter().find(is_free)?;
                self.extensions.push((id, extension.uri.clone()));
                Some(id)
            });
            Some(Extension { id: id?, ..extension.clone() })
        };
        wish.extensions.iter().filter_map(numbered).collect()
    }
}
