//! What changed between two descriptions of one side. RFC 9429 §5.10 and §5.11, RFC 8842 §3.3, RFC 8841 §9.3.

use alloc::collections::BTreeSet;
use alloc::string::String;

use super::DataSection;
use crate::error::JsepError;

/// What a new description of the other side asks for.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Changes {
    /// New ICE credentials: candidates and checks begin anew, DTLS and SCTP go on.
    pub ice_restart: bool,
    /// Another certificate, or another name of the DTLS association.
    pub new_dtls_association: bool,
    /// Another SCTP port.
    pub new_sctp_association: bool,
}

/// Compares what the other side says now with what it said before.
///
/// Fails when it changes its certificate without an ICE restart: then packets of both associations could not be told apart.
pub fn compare(before: &DataSection, now: &DataSection) -> Result<Changes, JsepError> {
    // Who was answered without a `tls-id` may offer with one later: the lack of it says nothing.
    let renamed = before.tls_id.is_some() && now.tls_id.is_some() && before.tls_id != now.tls_id;
    let changes = Changes {
        ice_restart: before.ufrag != now.ufrag || before.pwd != now.pwd,
        new_dtls_association: renamed || fingerprints(before) != fingerprints(now),
        new_sctp_association: before.sctp_port != now.sctp_port,
    };
    match changes.new_dtls_association && !changes.ice_restart {
        true => Err(JsepError::NewCertificateWithoutRestart),
        false => Ok(changes),
    }
}

/// As a set, without regard to case (RFC 8122 §5).
fn fingerprints(section: &DataSection) -> BTreeSet<String> {
    section.fingerprints.iter().map(|text| text.to_ascii_lowercase()).collect()
}
