//! supported_groups: where a key exchange could take place, best first (RFC 8422 §5.1.1).

use limpid_crypto::NamedGroup;
use limpid_sansio::ParseError;
use limpid_sansio::wire::{Reader, Writer};

use crate::message::U16List;

/// The client's groups.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct NamedGroups<'a>(pub U16List<'a>);

impl<'a> NamedGroups<'a> {
    /// Reads the data.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        U16List::parse(reader, "named_group_list").map(NamedGroups)
    }

    /// Appends the data.
    pub fn write(&self, writer: &mut Writer<'_>) {
        self.0.write(writer);
    }

    /// Whether this group is among them.
    pub fn contains(&self, group: NamedGroup) -> bool {
        self.0.contains(group.0)
    }
}
