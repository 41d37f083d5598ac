//! A tap that remembers: what an endpoint recorded, to be written as a ladder, a capture or a log.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use limpid_sansio::tap::{Record, Tap, Value};
use limpid_sansio::{Direction, Instant, Path};

use crate::codecs::Codecs;
use crate::keylog::KeyLog;
use crate::ladder::{self, Floor};
use crate::layer::Layer;
use crate::pcap;
use crate::rtclog;

/// What a capture keeps.
#[derive(Copy, Clone, Debug)]
pub struct Limits {
    /// Records at the beginning that never fall out, so that a long transfer keeps its handshakes. Default: none.
    pub first: usize,
    /// Records; the oldest fall out. Default: 65,536.
    pub records: usize,
    /// Bytes of packets and fields in all; the oldest records fall out. Default: 64 MiB.
    pub bytes: usize,
    /// Whether key material is kept at all, outside of the ring. Default: no.
    pub keys: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { first: 0, records: 1 << 16, bytes: 64 << 20, keys: false }
    }
}

/// How much of a capture leaves the process.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Detail {
    /// No keys, and nothing that was encrypted on the wire: may be shown to others.
    #[default]
    Shareable,
    /// Keys, if the capture kept any, and decrypted packets. Name the file with `.SECRET`.
    Full,
}

/// A value of a field, owned.
#[derive(Clone, PartialEq, Debug)]
pub enum Field {
    /// A count, id or code point.
    Number(u64),
    /// A word.
    Text(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
}

/// A [`Record`], owned.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// Which connection.
    pub connection: u64,
    /// Which machine spoke.
    pub machine: &'static str,
    /// What happened.
    pub name: &'static str,
    /// Which way, on which path.
    pub flow: Option<(Direction, Option<Path>)>,
    /// Details.
    pub fields: Vec<(&'static str, Field)>,
    /// The packet.
    pub bytes: Option<Vec<u8>>,
}

impl Entry {
    fn of(record: &Record<'_>) -> Self {
        let owned = |value: &Value<'_>| match value {
            Value::Number(number) => Field::Number(*number),
            Value::Text(text) => Field::Text(text.to_string()),
            Value::Bytes(bytes) => Field::Bytes(bytes.to_vec()),
        };
        Entry {
            at: record.at,
            connection: record.connection,
            machine: record.machine,
            name: record.name,
            flow: record.flow,
            fields: record.fields.iter().map(|(name, value)| (*name, owned(value))).collect(),
            bytes: record.bytes.map(<[u8]>::to_vec),
        }
    }

    fn size(&self) -> usize {
        let fields = self.fields.iter().map(|(_, field)| match field {
            Field::Number(_) => 0,
            Field::Text(text) => text.len(),
            Field::Bytes(bytes) => bytes.len(),
        });
        size_of::<Entry>()
            + self.fields.len() * size_of::<(&str, Field)>()
            + fields.sum::<usize>()
            + self.bytes.as_ref().map_or(0, Vec::len)
    }

    /// On which floor the packet was seen; `None`: this is no packet.
    pub(crate) fn floor(&self) -> Option<Floor> {
        self.bytes.as_ref()?;
        match (self.machine, self.name) {
            ("wire", "packet" | "drop") => Some(Floor::Wire),
            ("sctp", "packet" | "drop") => Some(Floor::Sctp),
            ("rtp" | "rtcp", "packet" | "drop") => Some(Floor::Rtp),
            _ => None,
        }
    }

    /// It was thrown away.
    pub(crate) fn is_dropped(&self) -> bool {
        self.name == "drop"
    }

    /// The text of a field.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|field| field.0 == name);
        found.map_or("", |(_, field)| if let Field::Text(text) = field { text } else { "" })
    }
}

#[derive(Debug, Default)]
struct Ring {
    first: Vec<Entry>,
    entries: VecDeque<Entry>,
    bytes: usize,
    fallen_out: u64,
    keys: KeyLog,
}

impl Ring {
    /// All that is still here, oldest first.
    fn all(&self) -> impl Iterator<Item = &Entry> {
        self.first.iter().chain(&self.entries)
    }

    /// What payload types stand for.
    fn codecs(&self) -> Codecs {
        let mut codecs = Codecs::default();
        self.all().for_each(|entry| codecs.learn(entry));
        codecs
    }
}

/// A bounded memory of records. Clones share it: one stays with whoever writes, [`tap`](Capture::tap) goes to the machine.
///
/// Records of the machines `wire`, `sctp`, `rtp` and `rtcp` with the name `packet` (or `drop`) are packets: datagrams, SCTP
/// as DTLS carried it, and RTP and RTCP as SRTP did. Of records marked secret, only lines of a key log are kept, and only if [`Limits::keys`] says so.
#[derive(Clone, Debug)]
pub struct Capture {
    limits: Limits,
    ring: Arc<Mutex<Ring>>,
}

impl Capture {
    /// Nothing recorded yet.
    pub fn new(limits: Limits) -> Self {
        Capture { limits, ring: Arc::default() }
    }

    /// What the outermost machine holds.
    pub fn tap(&self) -> Box<dyn Tap + Send> {
        Box::new(self.clone())
    }

    /// The records that are still here, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().all().cloned().collect()
    }

    /// Records that fell out because there were too many.
    pub fn fallen_out(&self) -> u64 {
        self.lock().fallen_out
    }

    /// Lines of key log that were kept.
    pub fn keys(&self) -> KeyLog {
        self.lock().keys.clone()
    }

    /// The ladder between this endpoint, on the left, and all others. Where SCTP or RTP was recorded, it stands in place of the
    /// encrypted datagrams that carried it. Records of the machine `call` are decisions: their `words` stand between the packets.
    pub fn ladder(&self, sides: [&str; 2]) -> String {
        let ring = self.lock();
        let has = |floor| ring.all().any(|entry| entry.floor() == Some(floor));
        let (has_sctp, has_rtp) = (has(Floor::Sctp), has(Floor::Rtp));
        let codecs = ring.codecs();
        let rows = ring.all().filter_map(|entry| {
            if entry.machine == "call" {
                let (at, layer, text) = (entry.at, Layer::Signalling, entry.text("words"));
                return Some(ladder::Row::Event { at, layer, text });
            }
            let floor = entry.floor()?;
            let bytes = entry.bytes.as_deref()?;
            let is_shown_above = has_sctp && is_encrypted_data(bytes) || has_rtp && is_srtp(bytes);
            let is_carrier = floor == Floor::Wire && is_shown_above;
            let packet = || ladder::Packet {
                at: entry.at,
                direction: entry.flow.map_or(Direction::Out, |flow| flow.0),
                floor,
                bytes,
                dropped: entry.is_dropped(),
                note: match entry.text("note") {
                    "" => codecs.name(entry),
                    note => note,
                },
            };
            (!is_carrier).then(|| ladder::Row::Packet(packet()))
        });
        ladder::of_rows(sides, rows)
    }

    /// A pcapng capture; see [`pcap`]. `epoch` is the wall time of [`Instant::ZERO`], since 1970.
    pub fn write_pcapng<W: Write>(&self, out: W, detail: Detail, epoch: Duration) -> io::Result<()> {
        let ring = self.lock();
        let keys = (detail == Detail::Full).then_some(&ring.keys);
        let mut writer = pcap::Writer::new(out, &pcap::Options { epoch, keys, ..pcap::Options::default() })?;
        // Above ICE no path is known: it is the one that the connection's last DTLS datagram took.
        let mut paths = BTreeMap::new();
        for entry in ring.all() {
            let (Some(floor), Some((direction, path)), Some(bytes)) =
                (entry.floor(), entry.flow, &entry.bytes)
            else {
                continue;
            };
            let is_dtls = bytes.first().and_then(|first| Layer::of_datagram(*first)) == Some(Layer::Dtls);
            if let (Floor::Wire, true, Some(path)) = (floor, is_dtls, path) {
                paths.insert(entry.connection, path);
            }
            let Some(path) = path.or(paths.get(&entry.connection).copied()) else { continue };
            let comment = if entry.is_dropped() {
                format!("dropped {}", entry.text("note"))
            } else {
                entry.text("note").into()
            };
            let packet = pcap::Packet { at: entry.at, path, direction, bytes, comment: &comment };
            match floor {
                Floor::Wire => writer.wire(&packet)?,
                Floor::Sctp if detail == Detail::Full => writer.sctp(&packet)?,
                Floor::Rtp if detail == Detail::Full => writer.rtp(&packet)?,
                Floor::Sctp | Floor::Rtp => {}
            }
        }
        writer.into_inner().flush()
    }

    /// A log of JSON lines; see [`rtclog`].
    pub fn write_rtclog<W: Write>(&self, mut out: W, detail: Detail, title: &str) -> io::Result<()> {
        let ring = self.lock();
        let start = ring.all().next().map_or(Instant::ZERO, |entry| entry.at);
        out.write_all(rtclog::head(title, ring.fallen_out).as_bytes())?;
        let codecs = ring.codecs();
        for entry in ring.all() {
            out.write_all(rtclog::line(entry, start, detail, codecs.name(entry)).as_bytes())?;
        }
        out.flush()
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        // A panic elsewhere leaves a ring that is whole: every change to it is one push or pop.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A datagram that begins with an application data record.
fn is_encrypted_data(bytes: &[u8]) -> bool {
    bytes.first() == Some(&23)
}

/// A datagram of SRTP or SRTCP.
fn is_srtp(bytes: &[u8]) -> bool {
    bytes.first().and_then(|first| Layer::of_datagram(*first)) == Some(Layer::Rtp)
}

impl Tap for Capture {
    fn record(&mut self, record: &Record<'_>) {
        let mut ring = self.lock();
        if record.secret {
            let fields = record.fields.iter().filter_map(|(_, value)| match value {
                Value::Text(text) => Some(text.as_bytes()),
                Value::Bytes(bytes) => Some(*bytes),
                Value::Number(_) => None,
            });
            for line in fields.chain(record.bytes).filter(|_| self.limits.keys) {
                // What is no line of a key log is dropped, not kept as something else.
                let _ = ring.keys.push(line);
            }
            return;
        }
        let entry = Entry::of(record);
        ring.bytes += entry.size();
        if ring.entries.is_empty() && ring.first.len() < self.limits.first && ring.bytes <= self.limits.bytes
        {
            ring.first.push(entry);
            return;
        }
        ring.entries.push_back(entry);
        while ring.entries.len() > self.limits.records || ring.bytes > self.limits.bytes {
            let Some(oldest) = ring.entries.pop_front() else { break };
            ring.bytes -= oldest.size();
            ring.fallen_out += 1;
        }
    }
}
