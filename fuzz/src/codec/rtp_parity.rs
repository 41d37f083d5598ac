//! Repair packets of any form, and a stream of which one packet is missing.

use limpid_rtp::fec::{Decoder, Form, Parity, Repair};
use limpid_rtp::{ElementIds, Form as ElementForm, Header, Packet, PacketWriter, PayloadType, Ssrc};

use crate::Outcome;

const SSRC: Ssrc = Ssrc(9);
const FORMS: [Form; 3] = [Form::Generic, Form::Flexible, Form::FlexibleDraft03];

/// The first byte says the form, the second which of the protected packets is missing; then comes a repair packet.
///
/// What is brought back makes the parity right: together with the packets that are here it gives what the repair packet says.
pub fn repair(data: &[u8]) -> Outcome {
    let [form, missing, bytes @ ..] = data else { return Outcome::Refused };
    let form = FORMS[usize::from(*form) % 3];
    let Ok(packet) = Packet::parse(bytes) else { return Outcome::Refused };
    let Ok(parity) = form.parse(&packet) else { return Outcome::Refused };
    let repair = match parity {
        Parity::Repair(repair) => Repair { ssrc: None, ..repair },
        Parity::Packet(bytes) => {
            Packet::parse(bytes).expect("it was read as one");
            return Outcome::Accepted;
        }
    };
    let offsets: Vec<u16> = repair.protected.offsets().collect();
    assert!(!offsets.is_empty() && offsets.is_sorted_by(|a, b| a < b), "{offsets:?}");
    assert_eq!(offsets.last(), Some(&repair.protected.span()));
    let base = 1_000_000 + u64::from(repair.protected.base);
    let lost = base + u64::from(offsets[usize::from(*missing) % offsets.len()]);
    let mut decoder = Decoder::new(SSRC);
    let sources: Vec<Vec<u8>> =
        offsets.iter().map(|offset| base + u64::from(*offset)).filter(|at| *at != lost).map(source).collect();
    for (number, bytes) in
        offsets.iter().map(|offset| base + u64::from(*offset)).filter(|at| *at != lost).zip(&sources)
    {
        decoder.add_source(number, &Packet::parse(bytes).expect("our own"), &ElementIds::default());
    }
    if !decoder.add_repair(base, &repair) {
        return Outcome::Refused;
    }
    let mut found = Vec::new();
    decoder.recover(|number, packet| found.push((number, packet.bytes().to_vec())));
    assert!(found.len() <= 1 && !decoder.is_waiting(), "it helps once or never");
    let Some((number, bytes)) = found.pop() else { return Outcome::Refused };
    assert_eq!(number, lost);
    check(&repair, &bytes, &sources);
    Outcome::Accepted
}

fn source(number: u64) -> Vec<u8> {
    let header = Header {
        marker: number.is_multiple_of(5),
        payload_type: PayloadType(96),
        sequence_number: number as u16,
        timestamp: number as u32 * 3000,
        ssrc: SSRC,
    };
    let mut out = Vec::new();
    let payload = PacketWriter::new(&mut out, &header, ElementForm::OneByte).payload();
    payload.resize(12 + (number % 50) as usize, number as u8);
    out
}

/// The exclusive or of all packets is the parity.
fn check(repair: &Repair<'_>, found: &[u8], sources: &[Vec<u8>]) {
    let mut payload = vec![0; repair.payload.len()];
    let (mut first, mut timestamp, mut len) = ([0; 2], [0; 4], 0);
    for packet in sources.iter().map(Vec::as_slice).chain([found]) {
        first = [first[0] ^ packet[0] & 0x3f, first[1] ^ packet[1]];
        (0..4).for_each(|at| timestamp[at] ^= packet[4 + at]);
        len ^= packet.len() as u16 - 12;
        payload.iter_mut().zip(&packet[12..]).for_each(|(byte, other)| *byte ^= other);
    }
    assert_eq!((first[0], first[1]), (repair.first[0] & 0x3f, repair.first[1]));
    assert_eq!((u32::from_be_bytes(timestamp), len), (repair.timestamp, repair.len));
    // Behind the end of what was found nothing is known.
    let known = found.len() - 12;
    assert_eq!(payload[..known], repair.payload[..known]);
}

/// One of each form.
pub fn repair_seeds() -> Vec<Vec<u8>> {
    let head = |form: u8, sources: u8| {
        let mut seed = vec![form, 1, 0x80 | sources, 49, 0, 1, 0, 0, 0, 2, 0, 0, 0, 8];
        seed.extend_from_slice(&[0, 0, 0, 9][..usize::from(sources) * 4]);
        seed
    };
    let mut generic = head(0, 0);
    generic.extend_from_slice(&[0, 96, 0xff, 0xfe, 0, 0, 1, 2, 0, 20, 0, 64, 0xf0, 0x01]);
    generic.resize(generic.len() + 64, 7);
    let mut long = head(0, 0);
    long.extend_from_slice(&[0x40, 96, 0, 5, 0, 0, 1, 2, 0, 20, 0, 64, 0xc0, 0, 0, 0, 0, 1]);
    long.resize(long.len() + 64, 7);
    let mut flexible = head(1, 1);
    flexible.extend_from_slice(&[
        0, 96, 0, 20, 0, 0, 1, 2, 0xff, 0xfe, 0xc0, 1, 0x80, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1,
    ]);
    flexible.resize(flexible.len() + 64, 7);
    let mut fixed = head(1, 1);
    fixed.extend_from_slice(&[0x40, 96, 0, 20, 0, 0, 1, 2, 0xff, 0xfe, 5, 4]);
    fixed.resize(fixed.len() + 64, 7);
    let mut again = head(1, 0);
    again.extend_from_slice(&source(7));
    let mut draft = head(2, 0);
    draft.extend_from_slice(&[
        0, 96, 0, 20, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 9, 0xff, 0xfe, 0x40, 1, 0xc0, 0, 0, 3,
    ]);
    draft.resize(draft.len() + 64, 7);
    vec![generic, long, flexible, fixed, again, draft]
}
