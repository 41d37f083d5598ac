//! COOKIE ECHO and COOKIE ACK (RFC 9260 §3.3.11, §3.3.12). The cookie itself is opaque here.

use limpid_sansio::wire::Writer;

use super::ChunkType;

/// Brings the cookie back, as it came.
pub fn write_cookie_echo(writer: &mut Writer<'_>, cookie: &[u8]) {
    let chunk = super::open(writer, ChunkType::COOKIE_ECHO, 0);
    writer.bytes(cookie);
    super::close(writer, chunk);
}

/// The association is up.
pub fn write_cookie_ack(writer: &mut Writer<'_>) {
    super::write_empty(writer, ChunkType::COOKIE_ACK, 0);
}
