//! What a handshake agreed on, as lines or as JSON with the same keys. PROTOCOLS.md, section 8.

use limpid_crypto::{Fingerprint, HashAlgorithm};
use limpid_dtls::Endpoint;
use serde_json::{Value, json};

use super::Common;
use crate::cmd::say::{Trouble, srtp_profile};

/// What was agreed on; `null` where there is nothing to say.
pub(super) fn describe(endpoint: &Endpoint, common: &Common) -> Result<Value, Trouble> {
    let info = endpoint.info().ok_or_else(|| Trouble::unexpected("nothing was agreed on"))?;
    let provider = limpid_crypto::ring::provider();
    let fingerprint = endpoint.peer_certificate();
    let fingerprint = fingerprint.and_then(|der| Fingerprint::of(&provider, HashAlgorithm::Sha256, der));
    let exported = match &common.export_label {
        Some(label) => Some(endpoint.export(label, None, common.export_length).map_err(Trouble::unexpected)?),
        None => None,
    };
    Ok(json!({
        "version": format!("DTLS {}", info.version.name().unwrap_or("?")),
        "suite": info.suite.name(),
        "group": info.group.name(),
        "peer-fingerprint": fingerprint.map(|fingerprint| fingerprint.to_string()),
        "srtp": info.srtp_profile.map(srtp_profile),
        "exporter": exported.map(|secret| hex(&secret)),
    }))
}

/// The same, a line each.
pub(super) fn lines(description: &Value) -> String {
    let Value::Object(members) = description else { return String::new() };
    let order = ["version", "suite", "group", "peer-fingerprint", "srtp", "exporter"];
    let told = order.iter().filter_map(|name| Some((name, members.get(*name)?.as_str()?)));
    told.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
