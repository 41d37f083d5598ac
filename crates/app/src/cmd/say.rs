//! What the measuring commands say: JSON Lines for programs, or words for people. PROTOCOLS.md, section 5.

use std::fmt::Display;
use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use limpid::{ConnectionError, HandshakeError, PeerConnection};
use limpid_app::exit::Exit;
use limpid_app::share::failure::Failure;
use limpid_dtls::alert::AlertDescription;
use serde_json::{Value, json};

/// Why a command ends without success.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Trouble {
    /// With which code.
    pub exit: Exit,
    /// One word that stays the same.
    pub slug: &'static str,
    /// One sentence.
    pub message: String,
    /// What to do next, or "".
    pub hint: &'static str,
}

impl Trouble {
    /// Without a hint.
    pub(crate) fn new(exit: Exit, slug: &'static str, message: impl Into<String>) -> Self {
        Trouble { exit, slug, message: message.into(), hint: "" }
    }

    /// Something that should not happen.
    pub(crate) fn unexpected(error: impl Display) -> Self {
        Trouble::new(Exit::Unexpected, "unexpected", error.to_string())
    }

    /// An address that a server can not have.
    pub(crate) fn cannot_listen(address: SocketAddr, error: std::io::Error) -> Self {
        Trouble::new(Exit::Local, "cannot-listen", format!("cannot listen on {address}: {error}"))
    }

    /// Why a connection did not come up, or broke.
    pub(crate) fn of_connection(connection: &PeerConnection) -> Self {
        match connection.error() {
            Some(ConnectionError::Dtls(error)) => Trouble::of_handshake(error),
            _ if connection.path().is_some() => Failure::ConnectionLost.into(),
            _ => Failure::NoPath.into(),
        }
    }

    /// Why the secure handshake failed.
    pub(crate) fn of_handshake(error: HandshakeError) -> Self {
        use HandshakeError as E;
        match error {
            E::FingerprintMismatch | E::NoUsableFingerprint | E::BadCertificate | E::NoCertificate => {
                Failure::Fingerprint.into()
            }
            // The other side saw another certificate than the one that was announced as ours.
            E::PeerAlert(AlertDescription::BAD_CERTIFICATE | AlertDescription::CERTIFICATE_UNKNOWN) => {
                Failure::Fingerprint.into()
            }
            E::TimedOut => Failure::HandshakeTimeout.into(),
            other => Trouble::new(Exit::PeerProtocol, "handshake", other.to_string()),
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Trouble {
            exit: failure.exit(),
            slug: failure.slug(),
            message: failure.message().into(),
            hint: failure.hint(),
        }
    }
}

/// Says what happens, in the form that was asked for.
#[derive(Debug)]
pub(crate) struct Events {
    is_json: bool,
    start: Instant,
}

impl Events {
    /// `is_json`: for programs.
    pub(crate) fn new(is_json: bool) -> Self {
        Events { is_json, start: Instant::now() }
    }

    /// Whether a program listens.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// One event: its members for programs, words for people.
    pub(crate) fn say(&self, event: &str, members: &Value, words: impl FnOnce() -> String) {
        if self.is_json {
            self.line(event, members);
        } else {
            eprintln!("{}", words());
        }
    }

    /// The last event of a command, and the code that it ends with.
    pub(crate) fn conclude(&self, result: Result<Value, Trouble>) -> Exit {
        match result {
            Ok(members) => self.succeed(members),
            Err(trouble) => self.fail(&trouble),
        }
    }

    /// It did what it should. People get one `name: value` a line.
    fn succeed(&self, members: Value) -> Exit {
        if self.is_json {
            self.line("result", &success(&members));
        } else if let Value::Object(members) = members {
            let mut out = std::io::stdout().lock();
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                let _ = writeln!(out, "{name}: {}", plain(value));
            }
        }
        Exit::Ok
    }

    /// The last event of a command that did not do what it should.
    pub(crate) fn fail(&self, trouble: &Trouble) -> Exit {
        if self.is_json {
            self.line("result", &failure(trouble));
        } else {
            eprintln!("{}", trouble.message);
            if !trouble.hint.is_empty() {
                eprintln!("{}", trouble.hint);
            }
        }
        trouble.exit
    }

    fn line(&self, event: &str, members: &Value) {
        let line = line(self.start.elapsed(), event, members);
        let mut out = std::io::stdout().lock();
        // A reader that has gone is no error.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

/// An event that happened so long after the start.
fn line(since_start: Duration, event: &str, members: &Value) -> Value {
    with(json!({ "v": 1, "t": millis(since_start), "event": event }), members)
}

fn success(members: &Value) -> Value {
    with(json!({ "ok": true, "exit": Exit::Ok.code(), "error": null, "message": "" }), members)
}

fn failure(trouble: &Trouble) -> Value {
    json!({
        "ok": false,
        "exit": trouble.exit.code(),
        "error": trouble.slug,
        "message": trouble.message,
        "hint": trouble.hint,
    })
}

fn with(mut object: Value, members: &Value) -> Value {
    if let (Value::Object(object), Value::Object(members)) = (&mut object, members) {
        object.extend(members.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    object
}

/// Milliseconds as the format has them: to the microsecond.
pub(crate) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name} {}", plain(value)));
            members.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// `path` as the format has it; `null` before there is one.
pub(crate) fn path(connection: &PeerConnection) -> Value {
    let (Some(path), Some(pair)) = (connection.path(), connection.selected_pair()) else {
        return Value::Null;
    };
    let is_relayed = [pair.local, pair.remote].contains(&limpid::CandidateKind::Relayed);
    json!({
        "kind": if is_relayed { "relay" } else { "direct" },
        "local": pair.local.name(),
        "remote": pair.remote.name(),
        "family": if path.remote.is_ipv4() { 4 } else { 6 },
        "transport": "udp",
        "rtt_ms": pair.round_trip.map(millis),
    })
}

/// `cipher` as the format has it; `null` before there is one.
pub(crate) fn cipher(connection: &PeerConnection) -> Value {
    let Some(info) = connection.dtls_info() else { return Value::Null };
    json!({
        "dtls": info.version.name(),
        "suite": info.suite.name(),
        "group": info.group.name(),
        "srtp": info.srtp_profile.map(srtp_profile),
    })
}

/// The IANA name of an SRTP protection profile.
pub(crate) fn srtp_profile(profile: u16) -> String {
    match profile {
        0x0001 => "SRTP_AES128_CM_HMAC_SHA1_80".into(),
        0x0002 => "SRTP_AES128_CM_HMAC_SHA1_32".into(),
        0x0007 => "SRTP_AEAD_AES_128_GCM".into(),
        0x0008 => "SRTP_AEAD_AES_256_GCM".into(),
        other => format!("{other:#06x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_as_the_format_says() {
        assert_eq!(
            line(Duration::from_nanos(1_500_400), "ready", &json!({ "link": "http://a/#s.b" })),
            json!({ "v": 1, "t": 1.5, "event": "ready", "link": "http://a/#s.b" })
        );
        assert_eq!(
            line(Duration::ZERO, "result", &success(&json!({ "files": 3 }))),
            json!({ "v": 1, "t": 0.0, "event": "result", "ok": true, "exit": 0, "error": null, "message": "", "files": 3 })
        );
        assert_eq!(
            line(Duration::ZERO, "result", &failure(&Failure::Integrity.into())),
            json!({
                "v": 1, "t": 0.0, "event": "result", "ok": false, "exit": 8, "error": "integrity",
                "message": "A part arrived damaged three times: this file cannot be trusted.",
                "hint": "Send it again; if it happens again, check both machines.",
            })
        );
    }
}
