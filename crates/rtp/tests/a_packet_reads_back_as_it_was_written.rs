//! RTP packets: what is written reads back with all elements, and whatever comes is read without harm.
#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

use limpid_rtp::{Form, Header, Packet, PacketWriter, PayloadType, Ssrc};
use proptest::collection::vec;
use proptest::prelude::*;

fn headers() -> impl Strategy<Value = Header> {
    (any::<bool>(), 0u8..128, any::<u16>(), any::<u32>(), any::<u32>()).prop_map(
        |(marker, payload_type, sequence_number, timestamp, ssrc)| Header {
            marker,
            payload_type: PayloadType(payload_type),
            sequence_number,
            timestamp,
            ssrc: Ssrc(ssrc),
        },
    )
}

proptest! {
    #[test]
    fn any_packet_reads_back(
        header in headers(),
        is_two_byte in any::<bool>(),
        elements in vec((any::<u8>(), vec(any::<u8>(), 0..300)), 0..9),
        payload in vec(any::<u8>(), 0..40),
    ) {
        //~ covers 3550-5.1-a, 8285-4.2-a, 8285-4.3-a
        let form = if is_two_byte { Form::TwoByte } else { Form::OneByte };
        let mut out = Vec::new();
        let mut writer = PacketWriter::new(&mut out, &header, form);
        let written: Vec<_> = elements.iter().filter(|(id, data)| writer.element(*id, data).is_some()).collect();
        writer.payload().extend_from_slice(&payload);
        let packet = Packet::parse(&out).unwrap();
        prop_assert_eq!((packet.header, packet.payload), (header, &payload[..]));
        let read: Vec<_> = packet.elements().collect();
        let written: Vec<_> = written.into_iter().map(|(id, data)| (*id, &data[..])).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn any_bytes_are_read_without_harm(mut bytes in vec(any::<u8>(), 0..80)) {
        for first in [0x80, 0x90, 0xb0, 0xbf] {
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.elements().map(|(_, data)| data.len()).sum::<usize>() <= bytes.len());
                prop_assert_eq!(packet.csrcs().count(), usize::from(first & 15));
                prop_assert!(packet.payload.len() + usize::from(packet.padding) + 12 <= bytes.len());
            }
        }
    }
}

/// A head without contributing sources, then this.
fn packet(first: u8, rest: &[u8]) -> Vec<u8> {
    [&[first, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3][..], rest].concat()
}

fn elements(profile: [u8; 2], words: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let extension = [&profile[..], &[0, (words.len() / 4) as u8], words].concat();
    let bytes = packet(0x90, &extension);
    Packet::parse(&bytes).unwrap().elements().map(|(id, data)| (id, data.to_vec())).collect()
}

#[test]
fn the_examples_of_rfc_8285() {
    //~ covers 8285-4.2-a, 8285-4.3-a, 8285-4.1-a
    let read = elements([0xbe, 0xde], &[0x10, 7, 0x21, 8, 9, 0, 0, 0x33, 1, 2, 3, 4]);
    assert_eq!(read, [(1, vec![7]), (2, vec![8, 9]), (3, vec![1, 2, 3, 4])]);
    let read = elements([0x10, 0x00], &[1, 0, 2, 1, 7, 0, 3, 4, 1, 2, 3, 4]);
    assert_eq!(read, [(1, vec![]), (2, vec![7]), (3, vec![1, 2, 3, 4])]);
}

#[test]
fn an_identifier_of_fifteen_ends_the_one_byte_form_and_is_one_among_others_in_the_two_byte_form() {
    //~ covers 8285-4.2-b neg, 8285-4.3-b
    assert_eq!(elements([0xbe, 0xde], &[0x10, 7, 0xf1, 0x20, 9, 0, 0, 0]), [(1, vec![7])]);
    // The four bits that belong to applications may say anything.
    assert_eq!(elements([0x10, 0x0f], &[15, 1, 7, 0]), [(15, vec![7])]);
    // Neither form: bytes that nobody reads.
    assert_eq!(elements([0xab, 0xcd], &[0x10, 7, 0, 0]), []);
}

#[test]
fn what_does_not_fit_is_refused() {
    //~ covers 3550-5.1-b neg, 3550-5.1-c neg, 3550-5.3.1-a neg
    let fault = |bytes: &[u8]| Packet::parse(bytes).map_err(|error| (error.field, error.offset)).err();
    assert_eq!(fault(&packet(0x40, &[])), Some(("V", 0)));
    assert_eq!(fault(&packet(0x81, &[0, 0, 0])), Some(("CSRC", 12)));
    assert_eq!(fault(&packet(0x90, &[0xbe, 0xde, 0, 2, 0, 0, 0, 0])), Some(("extension", 16)));
    for padding in [&[][..], &[1, 0], &[1, 3]] {
        assert_eq!(fault(&packet(0xa0, padding)), Some(("padding count", 12)), "{padding:?}");
    }
    let bytes = packet(0xa0, &[9, 0, 2]);
    let sound = Packet::parse(&bytes).unwrap();
    assert_eq!((sound.payload, sound.padding), (&[9][..], 2));
}
