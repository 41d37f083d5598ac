//! Handshake messages made by hand, and messages altered on their way.

use limpid_dtls::ProtocolVersion;
use limpid_dtls::message::{FragmentHeader, HandshakeType};
use limpid_dtls::record::{ContentType, Epoch, RecordHeader, RecordNumber, RecordView};
use limpid_sansio::wire::{Reader, Writer};

/// A ClientHello that any server of ours takes, to be made worse.
#[derive(Clone, Debug)]
pub struct Hello {
    pub version: u16,
    pub random: [u8; 32],
    pub cookie: Vec<u8>,
    pub suites: Vec<u16>,
    pub compression: Vec<u8>,
    pub extensions: Vec<(u16, Vec<u8>)>,
}

pub fn list16(numbers: &[u16]) -> Vec<u8> {
    let mut out = ((numbers.len() * 2) as u16).to_be_bytes().to_vec();
    out.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
    out
}

impl Default for Hello {
    fn default() -> Self {
        Hello {
            version: 0xfefd,
            random: [0x42; 32],
            cookie: Vec::new(),
            suites: vec![0xc02b],
            compression: vec![0],
            extensions: vec![
                (10, list16(&[0x001d, 0x0017])),
                (11, vec![1, 0]),
                (13, list16(&[0x0403, 0x0401])),
                (14, [list16(&[1, 7]), vec![0]].concat()),
                (23, Vec::new()),
                (65281, vec![0]),
            ],
        }
    }
}

impl Hello {
    /// Replaces the data of one extension, or with `None` takes it out.
    pub fn with(mut self, kind: u16, data: Option<Vec<u8>>) -> Self {
        self.extensions.retain(|(one, _)| *one != kind);
        self.extensions.extend(data.map(|data| (kind, data)));
        self
    }

    pub fn body(&self) -> Vec<u8> {
        let mut out = self.version.to_be_bytes().to_vec();
        out.extend_from_slice(&self.random);
        out.push(0);
        out.push(self.cookie.len() as u8);
        out.extend_from_slice(&self.cookie);
        out.extend(list16(&self.suites));
        out.push(self.compression.len() as u8);
        out.extend_from_slice(&self.compression);
        out.extend(extensions(&self.extensions));
        out
    }

    /// In one datagram, as the first message.
    pub fn datagram(&self) -> Vec<u8> {
        handshake(HandshakeType::CLIENT_HELLO, 0, &self.body())
    }
}

pub fn extensions(list: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (kind, data) in list {
        out.extend(kind.to_be_bytes());
        out.extend((data.len() as u16).to_be_bytes());
        out.extend_from_slice(data);
    }
    let mut framed = (out.len() as u16).to_be_bytes().to_vec();
    framed.extend(out);
    framed
}

/// A plaintext record.
pub fn record(content_type: ContentType, version: u16, sequence: u64, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let header = RecordHeader {
        content_type,
        version: ProtocolVersion(version),
        number: RecordNumber { epoch: Epoch(0), sequence },
        length: content.len() as u16,
    };
    header.write(&mut Writer::new(&mut out));
    out.extend_from_slice(content);
    out
}

/// A fragment of a message, in a record of its own.
pub fn fragment(
    kind: HandshakeType,
    seq: u16,
    body: &[u8],
    start: usize,
    end: usize,
    sequence: u64,
) -> Vec<u8> {
    let mut content = Vec::new();
    let header = FragmentHeader {
        msg_type: kind,
        length: body.len() as u32,
        message_seq: seq,
        fragment_offset: start as u32,
        fragment_length: (end - start) as u32,
    };
    header.write(&mut Writer::new(&mut content));
    content.extend_from_slice(&body[start..end]);
    record(ContentType::HANDSHAKE, 0xfeff, sequence, &content)
}

/// A whole message in one record.
pub fn handshake(kind: HandshakeType, seq: u16, body: &[u8]) -> Vec<u8> {
    fragment(kind, seq, body, 0, body.len(), u64::from(seq))
}

/// Lets `alter` change the bodies of the plaintext handshake messages in a datagram, none of which may be cut.
pub fn alter(datagram: &[u8], mut alter: impl FnMut(HandshakeType, &mut Vec<u8>)) -> Vec<u8> {
    let (mut reader, mut out) = (Reader::new(datagram), Vec::new());
    while !reader.is_empty() {
        let view = RecordView::parse(&mut reader).unwrap();
        if view.header.content_type != ContentType::HANDSHAKE || view.header.number.epoch != Epoch(0) {
            view.header.write(&mut Writer::new(&mut out));
            out.extend_from_slice(view.fragment);
            continue;
        }
        let mut content = Reader::new(view.fragment);
        let header = FragmentHeader::parse(&mut content).unwrap();
        assert_eq!(header.fragment_length, header.length, "alter wants whole messages");
        let mut body = content.rest().to_vec();
        alter(header.msg_type, &mut body);
        let message =
            fragment(header.msg_type, header.message_seq, &body, 0, body.len(), view.header.number.sequence);
        out.extend(message);
    }
    out
}

/// The alerts that stand in plaintext in these datagrams: level and description.
pub fn alerts<'d>(datagrams: impl IntoIterator<Item = &'d Vec<u8>>) -> Vec<(u8, u8)> {
    let mut found = Vec::new();
    for datagram in datagrams {
        let mut reader = Reader::new(datagram);
        while let Ok(view) = RecordView::parse(&mut reader) {
            if view.header.content_type == ContentType::ALERT && view.header.number.epoch == Epoch(0) {
                found.push((view.fragment[0], view.fragment[1]));
            }
        }
    }
    found
}
