//! The little of DNS messages that multicast DNS needs: questions and address records. RFC 1035 §4.1, RFC 6762 §18.
//!
//! Records of other types are stepped over. Names are lower case here: they compare without regard to it.

use std::net::IpAddr;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader, Writer};

/// Questions and records that are read of one packet; the rest is left unread.
const MAX_ENTRIES: usize = 64;
/// Bytes of a name, RFC 1035 §2.3.4.
const MAX_NAME: usize = 255;
/// Type A.
pub(super) const A: u16 = 1;
/// Type AAAA, RFC 3596.
pub(super) const AAAA: u16 = 28;
/// Any type.
pub(super) const ANY: u16 = 255;
/// Class IN.
const IN: u16 = 1;
/// In a question: "by unicast, please"; in a record: "forget what you knew". RFC 6762 §18.12, §18.13.
const TOP_BIT: u16 = 0x8000;

/// One question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Question {
    pub(super) name: String,
    /// A type.
    pub(super) kind: u16,
}

/// One address record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Record {
    pub(super) name: String,
    /// Seconds for which it holds; zero takes it back.
    pub(super) ttl: u32,
    pub(super) address: IpAddr,
}

/// A message, as far as it concerns us.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Packet {
    pub(super) id: u16,
    pub(super) is_response: bool,
    pub(super) questions: Vec<Question>,
    pub(super) records: Vec<Record>,
}

impl Packet {
    /// Reads a message. Errors: it is malformed within the part that is read.
    pub(super) fn parse(bytes: &[u8]) -> Result<Packet, ParseError> {
        let mut r = Reader::new(bytes);
        let (id, flags) = (r.u16("id")?, r.u16("flags")?);
        let questions = usize::from(r.u16("question count")?).min(MAX_ENTRIES);
        let records = usize::from(r.u16("answer count")?)
            + usize::from(r.u16("authority count")?)
            + usize::from(r.u16("additional count")?);
        // Opcode and response code must be zero to be heeded (RFC 6762 §18.3, §18.11).
        if flags & 0x780f != 0 {
            return Err(ParseError::new("flags", 2, ParseErrorKind::BadValue));
        }
        let mut packet = Packet { id, is_response: flags & TOP_BIT != 0, ..Packet::default() };
        for _ in 0..questions {
            let name = read_name(bytes, &mut r)?;
            let (kind, class) = (r.u16("type")?, r.u16("class")? & !TOP_BIT);
            if class == IN || class == ANY {
                packet.questions.push(Question { name, kind });
            }
        }
        for _ in 0..records.min(MAX_ENTRIES) {
            packet.records.extend(read_record(bytes, &mut r)?);
        }
        Ok(packet)
    }

    /// Appends the message: records with the cache-flush bit unless `is_legacy` (RFC 6762 §6.7).
    pub(super) fn write(&self, is_legacy: bool, out: &mut Vec<u8>) {
        let mut w = Writer::new(out);
        w.u16(self.id);
        w.u16(if self.is_response { 0x8400 } else { 0 });
        let (questions, records) = (self.questions.len() as u16, self.records.len() as u16);
        [questions, records, 0, 0].into_iter().for_each(|count| w.u16(count));
        for question in &self.questions {
            write_name(&question.name, &mut w);
            w.u16(question.kind);
            w.u16(IN);
        }
        for record in &self.records {
            write_name(&record.name, &mut w);
            w.u16(kind_of(&record.address));
            let flush = self.is_response && !is_legacy;
            w.u16(if flush { IN | TOP_BIT } else { IN });
            w.u32(record.ttl);
            let length = w.open(2);
            match record.address {
                IpAddr::V4(ip) => w.bytes(&ip.octets()),
                IpAddr::V6(ip) => w.bytes(&ip.octets()),
            }
            w.close(length);
        }
    }
}

/// The type of an address's record.
pub(super) fn kind_of(address: &IpAddr) -> u16 {
    if address.is_ipv4() { A } else { AAAA }
}

fn read_record<'a>(bytes: &'a [u8], r: &mut Reader<'a>) -> Result<Option<Record>, ParseError> {
    let name = read_name(bytes, r)?;
    let (kind, class, ttl) = (r.u16("type")?, r.u16("class")? & !TOP_BIT, r.u32("ttl")?);
    let data = r.vec16("rdata")?;
    let address = match (kind, class) {
        (A, IN) => <[u8; 4]>::try_from(data).ok().map(IpAddr::from),
        (AAAA, IN) => <[u8; 16]>::try_from(data).ok().map(IpAddr::from),
        _ => None,
    };
    Ok(address.map(|address| Record { name, ttl, address }))
}

/// Follows compression pointers, which must point backwards: so it ends.
fn read_name<'a>(bytes: &'a [u8], r: &mut Reader<'a>) -> Result<String, ParseError> {
    let bad = ParseError::new("name", r.offset(), ParseErrorKind::BadValue);
    let mut name = String::new();
    let mut limit = r.offset();
    let mut jumped: Option<Reader<'a>> = None;
    loop {
        let here = jumped.as_mut().unwrap_or(&mut *r);
        let length = here.u8("label")?;
        match length >> 6 {
            0 if length == 0 => return Ok(name),
            0 => {
                let label = here.bytes(length.into(), "label")?;
                if !label.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'.') {
                    // Of no interest to us, but legal: kept as something that no name of ours equals.
                    name.push('?');
                }
                if !name.is_empty() {
                    name.push('.');
                }
                name.extend(label.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
            }
            3 => {
                let target = usize::from(length & 0x3f) << 8 | usize::from(here.u8("pointer")?);
                if target >= limit {
                    return Err(bad);
                }
                limit = target;
                let mut reader = Reader::new(bytes);
                reader.bytes(target, "pointer")?;
                jumped = Some(reader);
            }
            _ => return Err(bad),
        }
        if name.len() > MAX_NAME {
            return Err(bad);
        }
    }
}

fn write_name(name: &str, w: &mut Writer<'_>) {
    for label in name.split('.').filter(|label| !label.is_empty()) {
        let label = &label.as_bytes()[..label.len().min(63)];
        w.u8(label.len() as u8);
        w.bytes(label);
    }
    w.u8(0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_compressed_response_reads() {
        // Header, question "a.local" at 12, record with a pointer to it.
        let mut bytes = vec![
            0, 7, 0x84, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, b'A', 5, b'l', b'o', b'c', b'a', b'l', 0, 0, 1, 0, 1,
        ];
        bytes.extend_from_slice(&[0xc0, 12, 0, 16, 0x80, 1, 0, 0, 0, 120, 0, 1, 0]); // TXT: stepped over
        bytes.extend_from_slice(&[1, b'b', 0xc0, 14, 0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 10, 0, 0, 1]);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!((packet.id, packet.is_response), (7, true));
        assert_eq!(packet.questions, [Question { name: "a.local".into(), kind: A }]);
        let address = IpAddr::from([10, 0, 0, 1]);
        assert_eq!(packet.records, [Record { name: "b.local".into(), ttl: 120, address }]);
    }

    #[test]
    fn pointers_that_do_not_point_backwards_are_refused() {
        let question = |name: &[u8]| {
            let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(&[0, 1, 0, 1]);
            Packet::parse(&bytes).map(|packet| packet.questions.len())
        };
        assert!(question(&[0xc0, 12]).is_err(), "to itself");
        assert!(question(&[1, b'a', 0xc0, 12]).is_err(), "round and round");
        assert!(question(&[0xc0, 200]).is_err(), "out of the packet");
        assert!(question(&[0x80, 0]).is_err(), "neither label nor pointer");
        assert_eq!(question(&[1, b'a', 0]), Ok(1));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            id in any::<u16>(), is_response in any::<bool>(), is_legacy in any::<bool>(),
            questions in proptest::collection::vec(("[a-z0-9-]{1,40}\\.local", prop_oneof![Just(A), Just(AAAA), Just(ANY)]), 0..4),
            records in proptest::collection::vec(("[a-z0-9-]{1,40}\\.local", any::<u32>(), any::<IpAddr>()), 0..4),
        ) {
            let packet = Packet {
                id,
                is_response,
                questions: questions.into_iter().map(|(name, kind)| Question { name, kind }).collect(),
                records: records.into_iter().map(|(name, ttl, address)| Record { name, ttl, address }).collect(),
            };
            let mut out = Vec::new();
            packet.write(is_legacy, &mut out);
            prop_assert_eq!(Packet::parse(&out), Ok(packet));
        }

        #[test]
        fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400), pointers in any::<bool>()) {
            let mut bytes = bytes;
            if pointers && bytes.len() > 12 {
                bytes[2..12].copy_from_slice(&[0, 0, 0, 9, 0, 9, 0, 0, 0, 0]);
                bytes[12..].iter_mut().for_each(|byte| if *byte > 0x3f { *byte |= 0xc0 } else { *byte &= 0x0f });
            }
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.questions.len() <= MAX_ENTRIES && packet.records.len() <= MAX_ENTRIES);
            }
        }
    }
}
