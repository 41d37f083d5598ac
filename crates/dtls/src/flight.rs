//! A flight: the messages that one side sends in one go, sent again as a whole until they are answered (RFC 6347 §4.2.4).
//!
//! A flight keeps its messages, cuts them to whatever fits into a datagram now, and remembers which record carried which
//! bytes, so that an acknowledgement (RFC 9147 §7) takes out exactly those. Version 1.2 has none and repeats everything.

use limpid_sansio::wire::Writer;

use crate::message::{FragmentHeader, HandshakeType};
use crate::ranges::Ranges;
use crate::record::{ContentType, Epoch, Epochs, RecordNumber};

/// A fragment with fewer bytes than this is not worth its headers: it waits for the next datagram, unless it is the last.
const SMALLEST_CUT: usize = 32;

/// One thing to be sent.
#[derive(Clone, Debug)]
struct Part {
    epoch: Epoch,
    /// Where in the arena its content lies.
    at: usize,
    content: Content,
    acknowledged: Ranges,
}

#[derive(Clone, Copy, Debug)]
enum Content {
    /// A message whose body has that many bytes, in fragments.
    Message(HandshakeType, u16, u32),
    /// The one byte of ChangeCipherSpec.
    ChangeCipherSpec,
}

impl Content {
    const fn len(self) -> u32 {
        match self {
            Content::Message(_, _, len) => len,
            Content::ChangeCipherSpec => 1,
        }
    }
}

/// One record that went out, and what of the flight it carried.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SentRecord {
    /// The record.
    pub number: RecordNumber,
    /// Which message of the flight.
    pub part: usize,
    /// From this byte of it.
    pub start: u32,
    /// To this one, exclusive.
    pub end: u32,
}

/// Holds what one side sends in one go: a handful of its own messages, so bounded by what they are.
#[derive(Clone, Debug, Default)]
pub struct Flight {
    /// Bodies, end to end.
    arena: Vec<u8>,
    parts: Vec<Part>,
    /// What goes out next: which part, from which byte. `None`: nothing, until [`rewind`](Flight::rewind).
    cursor: Option<(usize, u32)>,
    /// Of the last [`Flight::REMEMBERED`] records.
    sent: Vec<SentRecord>,
}

impl Flight {
    /// How many sent records are remembered: those of several repetitions.
    pub const REMEMBERED: usize = 256;

    /// Forgets everything: the flight was answered, or another one begins.
    pub fn clear(&mut self) {
        *self = Flight::default();
    }

    /// There is nothing to send, now or again.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds a message with this body.
    pub fn push_message(&mut self, epoch: Epoch, msg_type: HandshakeType, message_seq: u16, body: &[u8]) {
        let content = Content::Message(msg_type, message_seq, body.len() as u32);
        let at = self.arena.len();
        self.parts.push(Part { epoch, at, content, acknowledged: Ranges::default() });
        self.arena.extend_from_slice(body);
    }

    /// Adds a ChangeCipherSpec: not a message, but part of the flight (RFC 6347 §4.2.5).
    pub fn push_change_cipher_spec(&mut self) {
        let content = Content::ChangeCipherSpec;
        let at = self.arena.len();
        self.parts.push(Part { epoch: Epoch(0), at, content, acknowledged: Ranges::default() });
        self.arena.push(1);
    }

    /// Sends everything that was not acknowledged, from the first byte.
    pub fn rewind(&mut self) {
        self.cursor = Some((0, 0));
        self.settle();
    }

    /// Whether something waits to be packed.
    pub const fn is_waiting(&self) -> bool {
        self.cursor.is_some()
    }

    /// The records that went out, oldest first.
    pub fn sent(&self) -> &[SentRecord] {
        &self.sent
    }

    /// The peer has this record: what it carried is not sent again.
    pub fn acknowledge(&mut self, number: RecordNumber) {
        for record in self.sent.iter().filter(|record| record.number == number) {
            if let Some(part) = self.parts.get_mut(record.part) {
                // A full list of ranges only means that some bytes are sent once more.
                let _ = part.acknowledged.insert(record.start, record.end);
            }
        }
        self.settle();
    }

    /// Appends one datagram of at most `max` bytes. Returns how many; 0: nothing waits, or not even one byte fits.
    pub fn pack(&mut self, epochs: &mut Epochs, out: &mut Vec<u8>, max: usize) -> usize {
        let begin = out.len();
        while let Some((index, from)) = self.cursor {
            let room = max.saturating_sub(out.len() - begin);
            let Some(number_and_end) = self.pack_record(epochs, out, index, from, room) else { break };
            let (number, end) = number_and_end;
            if self.sent.len() == Self::REMEMBERED {
                self.sent.remove(0);
            }
            self.sent.push(SentRecord { number, part: index, start: from, end });
            // An empty message is done after its one record.
            let done = end >= self.parts[index].content.len();
            self.cursor = Some(if done { (index + 1, 0) } else { (index, end) });
            self.settle();
        }
        out.len() - begin
    }

    /// Appends one record from byte `from` of a part, if it is worth it.
    fn pack_record(
        &self,
        epochs: &mut Epochs,
        out: &mut Vec<u8>,
        index: usize,
        from: u32,
        room: usize,
    ) -> Option<(RecordNumber, u32)> {
        let part = self.parts.get(index)?;
        let room = room.checked_sub(epochs.overhead(part.epoch))?;
        let (msg_type, message_seq, length) = match part.content {
            Content::ChangeCipherSpec => {
                let byte = &self.arena[part.at..part.at + 1];
                let write = |writer: &mut Writer<'_>| writer.bytes(byte);
                let kind = ContentType::CHANGE_CIPHER_SPEC;
                return (room >= 1)
                    .then(|| epochs.write(out, part.epoch, kind, write))
                    .flatten()
                    .map(|n| (n, 1));
            }
            Content::Message(msg_type, message_seq, length) => (msg_type, message_seq, length),
        };
        let room = room.checked_sub(FragmentHeader::LEN)?;
        let (_, wanted_end) = part.acknowledged.gap(from, length).unwrap_or((from, length));
        let wanted = (wanted_end - from) as usize;
        let len = wanted.min(room);
        if len < wanted && len < SMALLEST_CUT {
            return None;
        }
        let (fragment_offset, fragment_length) = (from, len as u32);
        let header = FragmentHeader { msg_type, length, message_seq, fragment_offset, fragment_length };
        let start = part.at + from as usize;
        let fragment = &self.arena[start..start + len];
        let number = epochs.write(out, part.epoch, ContentType::HANDSHAKE, |writer| {
            header.write(writer);
            writer.bytes(fragment);
        })?;
        Some((number, from + len as u32))
    }

    /// Moves the cursor to the first byte at or behind it that still has to go out.
    fn settle(&mut self) {
        let Some((mut index, mut from)) = self.cursor else { return };
        self.cursor = loop {
            let Some(part) = self.parts.get(index) else { break None };
            let len = part.content.len();
            let open = if len == 0 { !part.acknowledged.cover(0) } else { from < len };
            match part.acknowledged.gap(from, len) {
                Some((start, _)) => break Some((index, start)),
                None if open && len == 0 => break Some((index, 0)),
                None => (index, from) = (index + 1, 0),
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reassembly::Reassembly;
    use crate::record::{ProtocolVersion, RecordView};
    use limpid_sansio::wire::Reader;

    fn flight() -> Flight {
        let mut flight = Flight::default();
        flight.push_message(Epoch(0), HandshakeType::CERTIFICATE, 0, &(0..=255).collect::<Vec<u8>>());
        flight.push_message(Epoch(0), HandshakeType::SERVER_HELLO_DONE, 1, &[]);
        flight.push_change_cipher_spec();
        flight
    }

    fn send(flight: &mut Flight, epochs: &mut Epochs, max: usize) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::new();
        loop {
            let mut out = Vec::new();
            if flight.pack(epochs, &mut out, max) == 0 {
                return datagrams;
            }
            assert!(out.len() <= max);
            datagrams.push(out);
        }
    }

    fn receive(datagrams: &[Vec<u8>]) -> (Vec<(HandshakeType, Vec<u8>)>, usize) {
        let (mut reassembly, mut messages, mut specs) = (Reassembly::default(), Vec::new(), 0);
        for datagram in datagrams {
            let mut reader = Reader::new(datagram);
            while !reader.is_empty() {
                let record = RecordView::parse(&mut reader).unwrap();
                if record.header.content_type == ContentType::CHANGE_CIPHER_SPEC {
                    specs += 1;
                    continue;
                }
                let mut fragments = Reader::new(record.fragment);
                let header = FragmentHeader::parse(&mut fragments).unwrap();
                reassembly.add(&header, fragments.rest());
                while let Some(message) = reassembly.take() {
                    messages.push((message.msg_type, message.raw[FragmentHeader::LEN..].to_vec()));
                }
            }
        }
        (messages, specs)
    }

    //~ covers 6347-4.2.3-d, 6347-4.2.4-a, 6347-4.2.4-b, 6347-4.2.5-a
    #[test]
    fn a_flight_fits_any_datagram_and_is_repeated_whole_under_new_numbers() {
        for max in [1500, 300, 200, 128, 64] {
            let mut epochs = Epochs::new(ProtocolVersion::DTLS_1_2);
            let mut flight = flight();
            flight.rewind();
            let first = send(&mut flight, &mut epochs, max);
            assert!(!flight.is_waiting());
            flight.rewind();
            let second = send(&mut flight, &mut epochs, 256);
            for datagrams in [&first, &second] {
                let (messages, specs) = receive(datagrams);
                assert_eq!(messages.len(), 2, "mtu {max}");
                assert_eq!(messages[0].1, (0..=255).collect::<Vec<u8>>());
                assert_eq!((messages[1].0, specs), (HandshakeType::SERVER_HELLO_DONE, 1));
            }
            let numbers: Vec<u64> = flight.sent().iter().map(|record| record.number.sequence).collect();
            assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "no number twice: {numbers:?}");
        }
    }

    #[test]
    fn an_acknowledged_record_is_not_sent_again() {
        let mut epochs = Epochs::new(ProtocolVersion::DTLS_1_2);
        let mut flight = flight();
        flight.rewind();
        send(&mut flight, &mut epochs, 128);
        let sent = flight.sent().to_vec();
        assert!(sent.len() >= 5);

        // All but the second fragment of the certificate.
        sent.iter().filter(|record| record.number.sequence != 1).for_each(|r| flight.acknowledge(r.number));
        flight.rewind();
        let again = send(&mut flight, &mut epochs, 1500);
        assert_eq!(again.len(), 1);
        let last = *flight.sent().last().unwrap();
        assert_eq!((last.part, last.start, last.end), (sent[1].part, sent[1].start, sent[1].end));

        // Another cut than at first: the new record is acknowledged by its own number.
        flight.acknowledge(last.number);
        flight.rewind();
        assert!(!flight.is_waiting(), "everything is there");
    }
}
