//! What `--json` prints: one line an event, `{"v":1,"t":<ms since start>,"event":…}`. PROTOCOLS.md 5.

use std::io::Write;

use serde::Serialize;
use tokio::time::Instant;

use crate::exit::Exit;
use crate::share::failure::Failure;

/// An event. Sizes are integers, milliseconds and rates are floats.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// A server is up.
    Listening {
        /// The page.
        url: String,
        /// The STUN server, as `stun:HOST:PORT`.
        #[serde(skip_serializing_if = "Option::is_none")]
        stun: Option<String>,
        /// The address that it listens on.
        listen: String,
    },
    /// A sender waits.
    Ready {
        /// The link: secret.
        link: String,
    },
    /// A peer is there, and what secures the way to it.
    Connected {
        /// The addresses.
        path: Path,
        /// The handshake's result.
        cipher: Cipher,
        /// What is known about who it is.
        peer: Verification,
    },
    /// A transfer goes on.
    Progress {
        /// Payload so far.
        bytes: u64,
        /// Payload in all.
        total: u64,
        /// Lately.
        bytes_per_s: f64,
        /// What holds it back.
        #[serde(skip_serializing_if = "Option::is_none")]
        limiter: Option<&'static str>,
    },
    /// The last line.
    Result(Outcome),
}

/// How two peers reach each other.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Path {
    /// `direct`: neither candidate is a relay; or `relay`.
    pub kind: &'static str,
    /// `host`, `srflx`, `prflx`, `relay`.
    pub local: &'static str,
    /// The same of the other side.
    pub remote: &'static str,
    /// 4 or 6.
    pub family: u8,
    /// `udp` or `tcp`.
    pub transport: &'static str,
    /// Round trip.
    pub rtt_ms: f64,
}

impl Path {
    /// For people: `direct v6`, `relayed`.
    pub fn words(&self) -> String {
        match self.kind {
            "direct" => format!("direct v{}", self.family),
            _ => "relayed".to_owned(),
        }
    }
}

/// What the handshake agreed on.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Cipher {
    /// `1.2`, `1.3`.
    pub dtls: &'static str,
    /// The IANA name.
    pub suite: String,
    /// `x25519`, …
    pub group: String,
    /// The SRTP profile, if media was negotiated.
    pub srtp: Option<String>,
}

/// What is known about the other side.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verification {
    /// Nothing.
    Unverified,
    /// It holds the link.
    Link,
}

/// How it ended.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Outcome {
    /// Exit code 0.
    pub ok: bool,
    /// Exit code.
    pub exit: u8,
    /// Slug.
    pub error: Option<String>,
    /// A sentence.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Files transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// Payload transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// From the first byte to the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// `sha256t:HEX`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// What was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved: Option<Vec<String>>,
}

impl Outcome {
    /// Success.
    pub fn success(message: impl Into<String>) -> Self {
        Outcome { ok: true, message: message.into(), ..Outcome::default() }
    }

    /// A failure of the table.
    pub fn failure(failure: Failure) -> Self {
        let hint = failure.hint();
        Outcome {
            exit: failure.exit().code(),
            error: Some(failure.slug().to_owned()),
            message: failure.message().to_owned(),
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
            ..Outcome::default()
        }
    }

    /// Anything else.
    pub fn other(exit: Exit, slug: &str, message: impl Into<String>) -> Self {
        let error = Some(slug.to_owned());
        Outcome { exit: exit.code(), error, message: message.into(), ..Outcome::default() }
    }
}

/// Prints events on stdout as JSON Lines.
#[derive(Debug)]
pub struct Lines {
    start: Instant,
}

impl Default for Lines {
    fn default() -> Self {
        Lines { start: Instant::now() }
    }
}

impl Lines {
    /// Prints one event. A reader that has gone is no error.
    pub fn print(&self, event: &Event) {
        let line = to_line(self.start.elapsed().as_secs_f64() * 1000.0, event);
        let mut stdout = std::io::stdout().lock();
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    }
}

/// An event as a line, `t` milliseconds after the start.
pub fn to_line(t: f64, event: &Event) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        v: u32,
        t: f64,
        #[serde(flatten)]
        event: &'a Event,
    }
    let t = (t * 1000.0).round() / 1000.0;
    // invariant: events are strings, numbers and lists.
    serde_json::to_string(&Line { v: 1, t, event }).expect("an event is plain data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_as_the_format_says() {
        let listening =
            Event::Listening { url: "http://127.0.0.1:1".into(), stun: None, listen: "127.0.0.1:1".into() };
        assert_eq!(
            to_line(1.5, &listening),
            r#"{"v":1,"t":1.5,"event":"listening","url":"http://127.0.0.1:1","listen":"127.0.0.1:1"}"#
        );
        let result = Event::Result(Outcome::failure(Failure::Integrity));
        assert_eq!(
            to_line(0.0, &result),
            r#"{"v":1,"t":0.0,"event":"result","ok":false,"exit":8,"error":"integrity","message":"A part arrived damaged three times: this file cannot be trusted.","hint":"Send it again; if it happens again, check both machines."}"#
        );
        let path = Path {
            kind: "direct",
            local: "host",
            remote: "prflx",
            family: 6,
            transport: "udp",
            rtt_ms: 0.25,
        };
        assert_eq!(path.words(), "direct v6");
        let cipher = Cipher { dtls: "1.2", suite: "TLS_X".into(), group: "x25519".into(), srtp: None };
        let connected = Event::Connected { path, cipher, peer: Verification::Link };
        assert_eq!(
            to_line(2.0, &connected),
            r#"{"v":1,"t":2.0,"event":"connected","path":{"kind":"direct","local":"host","remote":"prflx","family":6,"transport":"udp","rtt_ms":0.25},"cipher":{"dtls":"1.2","suite":"TLS_X","group":"x25519","srtp":null},"peer":"link"}"#
        );
    }
}
