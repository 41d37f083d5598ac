//! Alerts: the words that two endpoints exchange about the connection itself (RFC 5246 §7.2).
//!
//! ```text
//!  0        1        2
//! +--------+--------+
//! | level  | descr. |
//! +--------+--------+
//! ```

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

/// How grave an alert is. `close_notify` and `no_renegotiation` are warnings; whatever ends a connection is fatal.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum AlertLevel {
    /// The connection goes on, or ends in peace.
    Warning,
    /// The connection is over.
    Fatal,
}

/// A code point of the TLS registry "Alerts". Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertDescription(pub u8);

macro_rules! descriptions {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $word:literal;)*) => {
        impl AlertDescription {
            $($(#[$doc])* pub const $name: AlertDescription = AlertDescription($code);)*

            /// The registry's name, if we know it.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($word),)*
                    _ => None,
                }
            }
        }
    };
}

descriptions! {
    /// The sender will send no more (RFC 5246 §7.2.1).
    CLOSE_NOTIFY = 0, "close_notify";
    /// A message does not belong here.
    UNEXPECTED_MESSAGE = 10, "unexpected_message";
    /// A record does not authenticate. Never sent over DTLS: such records are dropped (RFC 6347 §4.1.2.7).
    BAD_RECORD_MAC = 20, "bad_record_mac";
    /// A record is longer than allowed.
    RECORD_OVERFLOW = 22, "record_overflow";
    /// No acceptable parameters.
    HANDSHAKE_FAILURE = 40, "handshake_failure";
    /// A certificate is corrupt, missing, or not the one that was promised (RFC 8122 §6.2).
    BAD_CERTIFICATE = 42, "bad_certificate";
    /// A certificate is of a kind that we can not use.
    UNSUPPORTED_CERTIFICATE = 43, "unsupported_certificate";
    /// A certificate is not acceptable for another reason.
    CERTIFICATE_UNKNOWN = 46, "certificate_unknown";
    /// A field is out of range or contradicts another.
    ILLEGAL_PARAMETER = 47, "illegal_parameter";
    /// The certificate's issuer is not known.
    UNKNOWN_CA = 48, "unknown_ca";
    /// A valid certificate was not granted access.
    ACCESS_DENIED = 49, "access_denied";
    /// A message can not be parsed.
    DECODE_ERROR = 50, "decode_error";
    /// A signature or a Finished does not verify.
    DECRYPT_ERROR = 51, "decrypt_error";
    /// The version is not supported.
    PROTOCOL_VERSION = 70, "protocol_version";
    /// Parameters are too weak.
    INSUFFICIENT_SECURITY = 71, "insufficient_security";
    /// Something failed that has nothing to do with the peer.
    INTERNAL_ERROR = 80, "internal_error";
    /// The user gave up.
    USER_CANCELED = 90, "user_canceled";
    /// There will be no other handshake (RFC 5246 §7.2.2); a warning.
    NO_RENEGOTIATION = 100, "no_renegotiation";
    /// A required extension is missing (RFC 8446 §6.2).
    MISSING_EXTENSION = 109, "missing_extension";
    /// An extension was answered that nobody offered (RFC 5246 §7.4.1.4).
    UNSUPPORTED_EXTENSION = 110, "unsupported_extension";
}

impl fmt::Debug for AlertDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "alert {}", self.0),
        }
    }
}

impl fmt::Display for AlertDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The two bytes of an alert record.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Alert {
    /// How grave.
    pub level: AlertLevel,
    /// What about.
    pub description: AlertDescription,
}

impl Alert {
    /// Bytes on the wire.
    pub const LEN: usize = 2;

    /// An alert after which the connection is over.
    pub const fn fatal(description: AlertDescription) -> Self {
        Alert { level: AlertLevel::Fatal, description }
    }

    /// An alert after which it goes on, or ends in peace.
    pub const fn warning(description: AlertDescription) -> Self {
        Alert { level: AlertLevel::Warning, description }
    }

    /// From the content of an alert record.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let level = match reader.u8("level")? {
            1 => AlertLevel::Warning,
            2 => AlertLevel::Fatal,
            _ => return Err(ParseError::new("level", 0, ParseErrorKind::BadValue)),
        };
        let description = AlertDescription(reader.u8("description")?);
        reader.finish("alert")?;
        Ok(Alert { level, description })
    }

    /// Appends both bytes.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(match self.level {
            AlertLevel::Warning => 1,
            AlertLevel::Fatal => 2,
        });
        writer.u8(self.description.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_two_bytes_and_an_unknown_description_is_kept() {
        for alert in [
            Alert::warning(AlertDescription::CLOSE_NOTIFY),
            Alert::fatal(AlertDescription::DECRYPT_ERROR),
            Alert::fatal(AlertDescription(213)),
        ] {
            let mut out = Vec::new();
            alert.write(&mut Writer::new(&mut out));
            assert_eq!(out.len(), Alert::LEN);
            assert_eq!(Alert::parse(&out), Ok(alert));
        }
        assert!(Alert::parse(&[3, 0]).is_err(), "there are two levels");
        assert!(Alert::parse(&[1]).is_err());
        assert!(Alert::parse(&[1, 0, 0]).is_err());
        assert_eq!(format!("{}", AlertDescription(213)), "alert 213");
    }
}
