//! ClientHello as we write it (RFC 5246 §7.4.1.2). Browsers' order of extensions means nothing; ours is that of the registry.

use limpid_sansio::wire::Writer;

use super::{Context, choose};
use crate::extension::{EcPointFormats, ExtensionType, RenegotiationInfo, write_extension};
use crate::message::{HandshakeType, HelloRandom};
use crate::record::{Epoch, ProtocolVersion};

/// The extensions that we offer, and so those that a server may answer.
pub(crate) const OFFERED: [ExtensionType; 6] = [
    ExtensionType::SUPPORTED_GROUPS,
    ExtensionType::EC_POINT_FORMATS,
    ExtensionType::SIGNATURE_ALGORITHMS,
    ExtensionType::USE_SRTP,
    ExtensionType::EXTENDED_MASTER_SECRET,
    ExtensionType::RENEGOTIATION_INFO,
];

/// Sends our hello. The second one, with a cookie, repeats everything else byte for byte (RFC 6347 §4.2.1).
pub(crate) fn send(context: &mut Context, random: &HelloRandom, cookie: &[u8]) {
    let suites: Vec<u16> = choose::our_suites(&context.config).map(|suite| suite.0).collect();
    let groups: Vec<u16> = choose::our_groups(&context.config).map(|group| group.0).collect();
    let profiles = context.config.srtp_profiles.clone();
    context.send(Epoch(0), HandshakeType::CLIENT_HELLO, |writer| {
        writer.u16(ProtocolVersion::DTLS_1_2.0);
        writer.bytes(random);
        writer.u8(0); // session_id: nothing to resume
        writer.u8(cookie.len() as u8);
        writer.bytes(cookie);
        write_list(writer, &suites);
        writer.bytes(&[1, 0]); // compression_methods: null
        let extensions = writer.open(2);
        write_extensions(writer, &groups, &profiles);
        writer.close(extensions);
    });
}

fn write_extensions(writer: &mut Writer<'_>, groups: &[u16], profiles: &[u16]) {
    write_extension(writer, ExtensionType::SUPPORTED_GROUPS, |writer| write_list(writer, groups));
    write_extension(writer, ExtensionType::EC_POINT_FORMATS, |writer| {
        EcPointFormats::UNCOMPRESSED.write(writer);
    });
    write_extension(writer, ExtensionType::SIGNATURE_ALGORITHMS, |writer| {
        write_list(writer, &choose::SCHEMES.map(|scheme| scheme.0));
    });
    if !profiles.is_empty() {
        write_extension(writer, ExtensionType::USE_SRTP, |writer| {
            write_list(writer, profiles);
            writer.u8(0); // srtp_mki
        });
    }
    write_extension(writer, ExtensionType::EXTENDED_MASTER_SECRET, |_| ());
    write_extension(writer, ExtensionType::RENEGOTIATION_INFO, |writer| {
        RenegotiationInfo::FIRST.write(writer)
    });
}

/// Appends 16-bit code points behind their length in bytes.
pub(crate) fn write_list(writer: &mut Writer<'_>, numbers: &[u16]) {
    let length = writer.open(2);
    numbers.iter().for_each(|number| writer.u16(*number));
    writer.close(length);
}
