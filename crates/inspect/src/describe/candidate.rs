//! ICE candidates as SDP and trickle write them (RFC 8839 §5.1).

use std::borrow::Cow;

use limpid_ice::Candidate;
use limpid_sansio::wire::{ParseError, ParseErrorKind};

use crate::layer::Layer;
use crate::walk::{Described, Walk, describe};

const RFC: &str = "RFC 8839 §5.1";

/// The tree of a candidate, with or without `a=` in front and a line end behind.
pub fn candidate(text: &str) -> Described {
    candidate_at(text, 0)
}

/// The tree of a candidate that stands at `base` in its description.
pub(super) fn candidate_at(text: &str, base: usize) -> Described {
    let line = text.trim_end_matches(['\r', '\n']);
    describe(Layer::Ice, "ICE candidate", RFC, (line.as_bytes(), base), |walk| fields(walk, line, base))
}

fn fields(walk: &mut Walk<'_>, line: &str, base: usize) -> Result<Cow<'static, str>, ParseError> {
    let head = line.find(':').map_or(line.len(), |colon| colon + 1);
    if !matches!(&line[..head], "candidate:" | "a=candidate:") {
        return Err(ParseError::new("candidate-attribute", base, ParseErrorKind::BadValue));
    }
    walk.utf8(head, "attribute", RFC, "")?;
    walk.word("foundation", RFC, |_| "candidates alike in kind, base, server and transport share it")?;
    walk.word("component-id", RFC, |id| match id {
        "1" => "RTP, or all there is",
        "2" => "RTCP",
        _ => "",
    })?;
    let transport = walk.word("transport", RFC, |_| "")?;
    walk.word("priority", "RFC 8445 §5.1.2", |text| text.parse().map(priority).unwrap_or_default())?;
    let host = walk.word("connection-address", RFC, |text| match text.ends_with(".local") {
        true => "a name that hides an address, for mDNS to find",
        false => "",
    })?;
    let port = walk.word("port", RFC, |_| "")?;
    walk.word("typ", RFC, |_| "")?;
    let kind = walk.word("candidate-types", RFC, kind)?;
    while walk.remaining() > 0 {
        let name = walk.word("extension name", RFC, |_| "")?;
        walk.word("extension value", RFC, |_| extension(name))?;
    }
    Candidate::parse(line).map_err(|error| error.within(base))?;
    let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    Ok(format!("{}: {} {place}", kind_words(kind), transport.to_ascii_lowercase()).into())
}

/// The three parts of a priority (RFC 8445 §5.1.2.1).
fn priority(value: u32) -> String {
    format!(
        "type preference {}, local preference {}, component {}",
        value >> 24,
        value >> 8 & 0xffff,
        256_u32.saturating_sub(value & 0xff)
    )
}

fn kind(word: &str) -> &'static str {
    match word {
        "host" => "an address of the host itself",
        "srflx" => "as a STUN server sees the host",
        "prflx" => "as the peer sees the host",
        "relay" => "an address at a TURN server",
        _ => "unknown",
    }
}

fn kind_words(word: &str) -> &'static str {
    match word {
        "host" => "host",
        "srflx" => "server-reflexive",
        "prflx" => "peer-reflexive",
        "relay" => "relayed",
        _ => "unknown kind",
    }
}

fn extension(name: &str) -> &'static str {
    match name {
        "raddr" => {
            "where it came from: its base, or for a relay the address that the server saw; often masked"
        }
        "rport" => "the port to raddr",
        "tcptype" => "who opens the TCP connection (RFC 6544)",
        "ufrag" => "the generation of credentials that it belongs to (RFC 8838)",
        "generation" => "Chromium's count of restarts",
        "network-id" | "network-cost" => "Chromium's notes on the network interface",
        _ => "",
    }
}
