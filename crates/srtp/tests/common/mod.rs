//! Packets and pairs of contexts for tests.
#![allow(dead_code, clippy::unwrap_used, reason = "helpers of tests, of which each file uses some")]

use limpid_crypto::ring;
use limpid_srtp::{Config, Context, DropReason, MasterKey, Profile};

/// An RTP packet without CSRCs and extension.
pub(crate) fn rtp(ssrc: u32, sequence_number: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend_from_slice(&sequence_number.to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 9]);
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

/// An RTP packet with CSRCs and an extension.
pub(crate) fn rtp_with(
    ssrc: u32,
    sequence_number: u16,
    csrcs: &[u32],
    extension: Option<(u16, &[u8])>,
) -> Vec<u8> {
    let mut packet = rtp(ssrc, sequence_number, &[]);
    packet[0] |= csrcs.len() as u8;
    csrcs.iter().for_each(|csrc| packet.extend_from_slice(&csrc.to_be_bytes()));
    if let Some((profile, body)) = extension {
        packet[0] |= 0x10;
        packet.extend_from_slice(&profile.to_be_bytes());
        packet.extend_from_slice(&(body.len() as u16 / 4).to_be_bytes());
        packet.extend_from_slice(body);
    }
    packet.extend_from_slice(b"the payload");
    packet
}

/// A receiver report, and something behind it.
pub(crate) fn rtcp(ssrc: u32, rest: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(rest);
    packet
}

/// The same key for every test with this profile.
pub(crate) fn master(profile: Profile) -> MasterKey {
    MasterKey::new(&vec![0x2b; profile.key_len()], &vec![0xf7; profile.salt_len()])
}

pub(crate) fn context(profile: Profile, config: Config) -> Context {
    Context::new(&ring::provider(), profile, &master(profile), config).unwrap()
}

/// A sender and its receiver.
pub(crate) fn pair(profile: Profile, config: Config) -> (Context, Context) {
    (context(profile, config), context(profile, config))
}

/// What goes over the wire for an RTP packet.
pub(crate) fn sealed(sender: &mut Context, packet: &[u8]) -> Vec<u8> {
    let mut out = packet.to_vec();
    sender.protect_rtp(&mut out, 0).unwrap();
    out
}

/// What goes over the wire for an RTCP packet.
pub(crate) fn sealed_rtcp(sender: &mut Context, packet: &[u8]) -> Vec<u8> {
    let mut out = packet.to_vec();
    sender.protect_rtcp(&mut out, 0).unwrap();
    out
}

/// What a receiver makes of an SRTP packet.
pub(crate) fn opened(receiver: &mut Context, wire: &[u8]) -> Result<Vec<u8>, DropReason> {
    receiver.unprotect_rtp(&mut wire.to_vec()).map(|packet| packet.to_vec())
}

/// What a receiver makes of an SRTCP packet.
pub(crate) fn opened_rtcp(receiver: &mut Context, wire: &[u8]) -> Result<Vec<u8>, DropReason> {
    receiver.unprotect_rtcp(&mut wire.to_vec()).map(|packet| packet.to_vec())
}
