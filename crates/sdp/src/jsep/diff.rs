//! What changed between two descriptions of one side. RFC 9429 §5.10 and §5.11, RFC 8842 §3.3, RFC 8841 §9.3.

use alloc::collections::BTreeSet;
use alloc::string::String;

use super::facts::{DataSection, TransportSection};
use crate::error::JsepError;

/// What a new description of the other side asks of the transport.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Changes {
    /// New ICE credentials: candidates and checks begin anew, DTLS and SCTP go on.
    pub ice_restart: bool,
    /// Another certificate, or another name of the DTLS association.
    pub new_dtls_association: bool,
}

/// Compares what the other side says now of its transport with what it said before.
///
/// Fails when it changes its certificate without an ICE restart: then packets of both associations could not be told apart.
pub fn compare(before: &TransportSection, now: &TransportSection) -> Result<Changes, JsepError> {
    // Who was answered without a `tls-id` may offer with one later: the lack of it says nothing.
    let renamed = before.tls_id.is_some() && now.tls_id.is_some() && before.tls_id != now.tls_id;
    let changes = Changes {
        ice_restart: before.ufrag != now.ufrag || before.pwd != now.pwd,
        new_dtls_association: renamed || fingerprints(before) != fingerprints(now),
    };
    match changes.new_dtls_association && !changes.ice_restart {
        true => Err(JsepError::NewCertificateWithoutRestart),
        false => Ok(changes),
    }
}

/// As a set, without regard to case (RFC 8122 §5).
fn fingerprints(section: &TransportSection) -> BTreeSet<String> {
    section.fingerprints.iter().map(|text| text.to_ascii_lowercase()).collect()
}

impl DataSection {
    /// Whether this asks for another SCTP association than `before` did: it has another port (RFC 8841 §9.3).
    pub fn is_new_association(&self, before: &DataSection) -> bool {
        self.sctp_port != before.sctp_port
    }
}
