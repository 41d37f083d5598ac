//! Extensions read back as written; unknown ones pass, repeated ones do not.

use limpid_crypto::{NamedGroup, SignatureScheme};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::message::U16List;
use crate::record::ProtocolVersion;

fn data(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Writer::new(&mut out));
    out
}

proptest! {
    #[test]
    fn typed_data_reads_back(numbers in vec(any::<u16>(), 1..20), bytes in vec(any::<u8>(), 1..=100)) {
        let list: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        let list = U16List::new(&list, "list").unwrap();

        let wire = data(|w| NamedGroups(list).write(w));
        prop_assert_eq!(NamedGroups::parse(&mut Reader::new(&wire)), Ok(NamedGroups(list)));
        prop_assert!(NamedGroups(list).contains(NamedGroup(numbers[0])));

        let wire = data(|w| SignatureAlgorithms(list).write(w));
        prop_assert_eq!(SignatureAlgorithms::parse(&mut Reader::new(&wire)), Ok(SignatureAlgorithms(list)));
        prop_assert!(SignatureAlgorithms(list).contains(SignatureScheme(numbers[0])));

        let wire = data(|w| SupportedVersions(list).write(w));
        prop_assert_eq!(SupportedVersions::parse(&mut Reader::new(&wire)), Ok(SupportedVersions(list)));
        prop_assert!(SupportedVersions(list).contains(ProtocolVersion(numbers[0])));

        let offer = UseSrtp { profiles: list, mki: &bytes };
        let wire = data(|w| offer.write(w));
        prop_assert_eq!(UseSrtp::parse(&mut Reader::new(&wire)), Ok(offer));

        let info = RenegotiationInfo { renegotiated_connection: &bytes };
        let wire = data(|w| info.write(w));
        prop_assert_eq!(RenegotiationInfo::parse(&mut Reader::new(&wire)), Ok(info));

        let mut wire = vec![bytes.len() as u8];
        wire.extend_from_slice(&bytes);
        let formats = EcPointFormats::parse(&mut Reader::new(&wire)).unwrap();
        prop_assert_eq!(data(|w| formats.write(w)), wire);
    }

    #[test]
    fn any_bytes_parse_or_fail_in_peace(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(extensions) = Extensions::new(&bytes) {
            let mut again = Vec::new();
            for (kind, content) in extensions.iter() {
                write_extension(&mut Writer::new(&mut again), kind, |w| w.bytes(content));
            }
            prop_assert_eq!(again, bytes.clone());
        }
        let _ = UseSrtp::parse(&mut Reader::new(&bytes));
        let _ = SupportedVersions::parse(&mut Reader::new(&bytes));
    }
}

#[test]
fn a_type_that_stands_twice_is_a_fault() {
    let list = data(|w| {
        write_extension(w, ExtensionType(0x0a0a), |_| ());
        write_extension(w, ExtensionType::EXTENDED_MASTER_SECRET, |_| ());
    });
    let extensions = Extensions::new(&list).unwrap();
    assert_eq!(extensions.get(ExtensionType::EXTENDED_MASTER_SECRET), Some(&[][..]));
    assert_eq!(extensions.get(ExtensionType::USE_SRTP), None);

    let mut twice = list.clone();
    twice.extend_from_slice(&list[..4]);
    let fault = Extensions::new(&twice).unwrap_err();
    assert_eq!((fault.kind, fault.offset), (ParseErrorKind::Repeated, 8));
}

#[test]
fn an_absent_list_is_not_an_empty_one() {
    assert_eq!(Extensions::parse_at_end(&mut Reader::new(&[])), Ok(Extensions::ABSENT));
    let empty = Extensions::parse_at_end(&mut Reader::new(&[0, 0])).unwrap();
    assert_ne!(empty, Extensions::ABSENT);
    assert_eq!(data(|w| empty.write(w)), [0, 0]);
    assert!(data(|w| Extensions::ABSENT.write(w)).is_empty());
}

#[test]
fn data_behind_a_value_is_a_fault() {
    let list = data(|w| write_extension(w, ExtensionType::RENEGOTIATION_INFO, |w| w.bytes(&[0, 0])));
    let extensions = Extensions::new(&list).unwrap();
    assert!(extensions.find(ExtensionType::RENEGOTIATION_INFO, RenegotiationInfo::parse).is_err());
}
