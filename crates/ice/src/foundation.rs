//! Foundations: what makes two candidates likely to fare alike. RFC 8445 §5.1.1.3, §6.1.2.6.

use core::net::IpAddr;

use crate::candidate::CandidateKind;

/// A number for a foundation, on our side or theirs.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Foundation(pub(crate) u16);

/// Ours and theirs together.
pub(crate) type PairFoundation = (Foundation, Foundation);

/// Gives our candidates their foundations, and theirs a number, for all streams of an agent together.
#[derive(Default, Debug)]
pub(crate) struct Foundations {
    local: Vec<LocalKey>,
    remote: Vec<Box<str>>,
    unnamed: u16,
}

/// RFC 8445 §5.1.1.3: kind, base address, server address. Transport is always UDP so far.
type LocalKey = (CandidateKind, IpAddr, Option<IpAddr>);

impl Foundations {
    /// Names of the peer's that are told apart: far more than it may have candidates.
    const LIMIT: usize = 1024;

    /// The foundation of one of our candidates, counted from 1; it is written as that number.
    pub(crate) fn local(&mut self, kind: CandidateKind, base: IpAddr, server: Option<IpAddr>) -> Foundation {
        number(&mut self.local, &(kind, base, server), |key| *key)
    }

    /// A number for one that the peer told. Beyond [`Foundations::LIMIT`] names all share one, which only makes them wait
    /// for each other.
    pub(crate) fn remote(&mut self, name: &str) -> Foundation {
        let position = self.remote.iter().position(|known| **known == *name);
        if position.is_none() && self.remote.len() >= Self::LIMIT {
            return Foundation(Self::LIMIT as u16 + 1);
        }
        let index = position.unwrap_or_else(|| {
            self.remote.push(name.into());
            self.remote.len() - 1
        });
        Foundation(u16::try_from(index + 1).unwrap_or(u16::MAX / 2))
    }

    /// A number for a candidate that was learned from a check, alike to no other (RFC 8445 §7.3.1.3).
    pub(crate) fn unlike_any(&mut self) -> Foundation {
        self.unnamed = self.unnamed.wrapping_add(1);
        Foundation(u16::MAX.wrapping_sub(self.unnamed) | 0x8000)
    }

    /// A restart: all names of the peer's are of the past, once no pair of the past is compared any more.
    pub(crate) fn forget_remote(&mut self) {
        self.remote.clear();
    }
}

fn number<K: PartialEq>(list: &mut Vec<K>, key: &K, copy: impl FnOnce(&K) -> K) -> Foundation {
    let index = list.iter().position(|known| known == key).unwrap_or_else(|| {
        list.push(copy(key));
        list.len() - 1
    });
    Foundation(u16::try_from(index + 1).unwrap_or(u16::MAX / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 8445-5.1.1.3-a
    #[test]
    fn kind_base_and_server_make_a_foundation() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut foundations = Foundations::default();
        let host = foundations.local(CandidateKind::Host, ip("10.0.0.1"), None);
        let server = Some(ip("192.0.2.1"));
        let reflexive = foundations.local(CandidateKind::ServerReflexive, ip("10.0.0.1"), server);
        assert_ne!(host, reflexive);
        assert_ne!(host, foundations.local(CandidateKind::Host, ip("10.0.0.2"), None));
        assert_ne!(
            reflexive,
            foundations.local(CandidateKind::ServerReflexive, ip("10.0.0.1"), Some(ip("192.0.2.2")))
        );
        assert_eq!(host, foundations.local(CandidateKind::Host, ip("10.0.0.1"), None));
    }

    #[test]
    fn a_peer_that_names_without_end_is_remembered_within_a_bound() {
        let mut foundations = Foundations::default();
        let first = foundations.remote("0");
        let names: Vec<_> = (1..5000).map(|n| foundations.remote(&n.to_string())).collect();
        assert_eq!(foundations.remote.len(), Foundations::LIMIT);
        assert_eq!(names[4000], names[4001]);
        assert_eq!(foundations.remote("0"), first);
    }

    #[test]
    fn learned_candidates_share_a_foundation_with_none() {
        let mut foundations = Foundations::default();
        let told = foundations.remote("1");
        let (a, b) = (foundations.unlike_any(), foundations.unlike_any());
        assert!(told != a && told != b && a != b);
    }
}
