//! `rtclog`: a trace as JSON lines. The first line says what the file is, every other is one event:
//!
//! ```json
//! {"file_schema":"urn:limpid:rtclog:1","title":"…","time":"milliseconds since the first event","fallen_out":0}
//! {"time":12.345678,"group_id":"1","name":"stun:packet_sent","data":{"text":"Binding request","length":108}}
//! ```
//! Names are `machine:event`; packets are named after what they are: `stun:packet_sent`, `dtls:record_received`,
//! `sctp:chunk_sent`, `rtp:packet_sent`, `rtcp:sent` (as SRTP carried them: `srtp:packet_sent`), dropped ones `sim:drop`. Members that a reader does not know are to be ignored.

use std::fmt::Write as _;

use limpid_rtp::rtcp::is_rtcp;
use limpid_sansio::{Direction, Instant};

use crate::capture::{Detail, Entry, Field};
use crate::describe;
use crate::json;
use crate::ladder::Floor;
use crate::layer::Layer;

/// The first line.
pub(crate) fn head(title: &str, fallen_out: u64) -> String {
    let mut out = String::from("{\"file_schema\":\"urn:limpid:rtclog:1\",\"title\":");
    json::string(&mut out, title);
    // invariant: writing to a String does not fail.
    let _ = writeln!(out, ",\"time\":\"milliseconds since the first event\",\"fallen_out\":{fallen_out}}}");
    out
}

/// One event.
/// `codec`: what its payload type stands for, or "".
pub(crate) fn line(entry: &Entry, start: Instant, detail: Detail, codec: &str) -> String {
    let nanos = entry.at.as_nanos().saturating_sub(start.as_nanos());
    let mut out = format!(
        "{{\"time\":{}.{:06},\"group_id\":\"{}\",\"name\":",
        nanos / 1_000_000,
        nanos % 1_000_000,
        entry.connection
    );
    json::string(&mut out, &name(entry));
    out.push_str(",\"data\":{");
    let mut data = Members { out: &mut out, first: true };
    if let (Some(bytes), Some(floor)) = (&entry.bytes, entry.floor()) {
        data.string("text", &text(bytes, floor));
        if !codec.is_empty() {
            data.string("codec", codec);
        }
    }
    if let Some(bytes) = &entry.bytes {
        data.raw("length", &bytes.len().to_string());
    }
    if let Some((_, Some(path))) = entry.flow {
        data.string("local", &path.local.to_string());
        data.string("remote", &path.remote.to_string());
    }
    for (name, field) in &entry.fields {
        match field {
            Field::Number(number) => data.raw(name, &number.to_string()),
            Field::Text(text) => data.string(name, text),
            Field::Bytes(bytes) if detail == Detail::Full => data.string(name, &all_hex(bytes)),
            Field::Bytes(bytes) => data.raw(name, &format!("{{\"length\":{}}}", bytes.len())),
        }
    }
    if let (Some(bytes), Detail::Full) = (&entry.bytes, detail) {
        data.string("bytes", &all_hex(bytes));
    }
    out.push_str("}}\n");
    out
}

/// The members of one object.
struct Members<'a> {
    out: &'a mut String,
    first: bool,
}

impl Members<'_> {
    fn key(&mut self, name: &str) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        json::string(self.out, name);
        self.out.push(':');
    }

    fn string(&mut self, name: &str, value: &str) {
        self.key(name);
        json::string(self.out, value);
    }

    fn raw(&mut self, name: &str, value: &str) {
        self.key(name);
        self.out.push_str(value);
    }
}

/// `machine:event`.
fn name(entry: &Entry) -> String {
    let sent = match entry.flow {
        Some((Direction::In, _)) => "received",
        _ => "sent",
    };
    let layer = entry.bytes.as_ref().and_then(|bytes| Layer::of_datagram(*bytes.first()?));
    match (entry.floor(), layer) {
        (Some(_), _) if entry.is_dropped() => "sim:drop".into(),
        (Some(Floor::Sctp), _) => format!("sctp:chunk_{sent}"),
        (Some(Floor::Rtp), _) if entry.bytes.as_deref().is_some_and(is_rtcp) => format!("rtcp:{sent}"),
        (Some(Floor::Rtp), _) => format!("rtp:packet_{sent}"),
        (Some(Floor::Wire), Some(Layer::Ice)) => format!("stun:packet_{sent}"),
        (Some(Floor::Wire), Some(Layer::Dtls)) => format!("dtls:record_{sent}"),
        (Some(Floor::Wire), Some(Layer::Rtp)) => format!("srtp:packet_{sent}"),
        _ => format!("{}:{}", entry.machine, entry.name),
    }
}

fn text(bytes: &[u8], floor: Floor) -> String {
    match floor {
        Floor::Wire => describe::summary(bytes),
        Floor::Sctp => describe::sctp_summary(bytes),
        Floor::Rtp => describe::media_summary(bytes),
    }
}

fn all_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
