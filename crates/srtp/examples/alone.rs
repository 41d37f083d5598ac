//! SRTP alone, in the shortest form: `cargo run -p limpid-srtp --example alone`.

use limpid_crypto::ring;
use limpid_srtp::{Config, Error, Profile, Session};

fn main() -> Result<(), Error> {
    let (provider, profile) = (ring::provider(), Profile::AeadAes128Gcm);
    // What the DTLS exporter gave both sides under `EXPORTER_LABEL`.
    let material = vec![7; profile.keying_material_len()];
    let mut client = Session::from_dtls(&provider, profile, &material, true, Config::default())?;
    let mut server = Session::from_dtls(&provider, profile, &material, false, Config::default())?;

    let mut packet = vec![0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 42]; // RTP, sequence number 1, SSRC 42
    packet.extend_from_slice(b"a frame");
    client.outbound.protect_rtp(&mut packet, 0)?;
    println!("on the wire: {} bytes", packet.len());

    match server.inbound.unprotect_rtp(&mut packet) {
        Ok(rtp) => println!("received: {}", String::from_utf8_lossy(&rtp[12..])),
        Err(reason) => println!("dropped: {reason}"),
    }
    Ok(())
}
