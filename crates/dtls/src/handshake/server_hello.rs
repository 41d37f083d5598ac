//! What the hellos agree on: read from a ClientHello by the server, from a ServerHello by the client.

use super::{Context, choose, client_hello};
use crate::error::Error;
use crate::extension::{
    EcPointFormats, ExtensionType, Extensions, NamedGroups, RenegotiationInfo, SignatureAlgorithms,
    SupportedVersions, UseSrtp, write_extension,
};
use crate::handshake12::keys::Randoms;
use crate::message::{ClientHello, HandshakeType, HelloRandom, ServerHello};
use crate::record::{Epoch, ProtocolVersion};
use crate::suite::{CipherSuite, SuiteParameters};
use limpid_crypto::{NamedGroup, SignatureScheme};

/// The null method, the only one.
const NO_COMPRESSION: u8 = 0;

/// What both sides know after the hellos.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Agreed {
    pub(crate) suite: CipherSuite,
    pub(crate) parameters: SuiteParameters,
    pub(crate) randoms: Randoms,
    pub(crate) srtp_profile: Option<u16>,
}

/// What the server chose of a ClientHello, beyond what both sides know.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) agreed: Agreed,
    pub(crate) group: NamedGroup,
    pub(crate) scheme: SignatureScheme,
    answer_formats: bool,
    answer_renegotiation: bool,
}

/// The server reads a hello and decides. Whatever it does not know, it passes over: that is how 1.3, post-quantum shares,
/// ALPN and GREASE go by.
pub(crate) fn choose(context: &mut Context, hello: &ClientHello<'_>) -> Result<Chosen, Error> {
    let (start, extensions) = (&hello.start, &hello.extensions);
    check_version(start.version, extensions)?;
    if !start.compression_methods.contains(&NO_COMPRESSION) {
        return Err(Error::IllegalParameter("compression_methods"));
    }
    let answer_renegotiation = check_renegotiation(extensions)?
        || start.cipher_suites.contains(CipherSuite::EMPTY_RENEGOTIATION_INFO_SCSV.0);
    check_extended_master_secret(extensions)?;
    let formats = extensions.find(ExtensionType::EC_POINT_FORMATS, EcPointFormats::parse)?;
    if formats.is_some_and(|formats| !formats.has_uncompressed()) {
        return Err(Error::IllegalParameter("ec_point_formats"));
    }

    let config = &context.config;
    let suite = choose::suite(config, start.cipher_suites)?;
    let parameters = suite.parameters().ok_or(Error::NoCommonSuite)?;
    let groups = extensions.find(ExtensionType::SUPPORTED_GROUPS, NamedGroups::parse)?;
    let group = choose::group(config, groups)?;
    let kind = config.certificate.kind();
    // Without the extension a client means SHA-1 (RFC 5246 §7.4.1.4.1), with which nothing is signed any more.
    let schemes = extensions.find(ExtensionType::SIGNATURE_ALGORITHMS, SignatureAlgorithms::parse)?;
    let scheme = schemes.and_then(|schemes| choose::scheme(kind, schemes.0));
    let scheme = scheme.filter(|_| choose::curve_is_offered(kind, groups));
    let srtp = extensions.find(ExtensionType::USE_SRTP, UseSrtp::parse)?;
    let srtp_profile = srtp.and_then(|srtp| choose::srtp_profile(config, srtp.profiles));

    let randoms = Randoms { client: start.random, server: context.random.bytes() };
    Ok(Chosen {
        agreed: Agreed { suite, parameters, randoms, srtp_profile },
        group,
        scheme: scheme.ok_or(Error::NoCommonSignatureScheme)?,
        answer_formats: formats.is_some(),
        answer_renegotiation,
    })
}

/// Sends the ServerHello that says what was chosen.
pub(crate) fn send(context: &mut Context, chosen: &Chosen) {
    let mut list = Vec::with_capacity(32);
    let mut writer = limpid_sansio::wire::Writer::new(&mut list);
    if chosen.answer_formats {
        write_extension(&mut writer, ExtensionType::EC_POINT_FORMATS, |w| {
            EcPointFormats::UNCOMPRESSED.write(w);
        });
    }
    if let Some(profile) = chosen.agreed.srtp_profile {
        write_extension(&mut writer, ExtensionType::USE_SRTP, |w| {
            client_hello::write_list(w, &[profile]);
            w.u8(0); // srtp_mki, whatever the client's was (RFC 5764 §4.1.3)
        });
    }
    write_extension(&mut writer, ExtensionType::EXTENDED_MASTER_SECRET, |_| ());
    if chosen.answer_renegotiation {
        write_extension(&mut writer, ExtensionType::RENEGOTIATION_INFO, |w| {
            RenegotiationInfo::FIRST.write(w)
        });
    }
    let agreed = chosen.agreed;
    context.send(Epoch(0), HandshakeType::SERVER_HELLO, |writer| {
        writer.u16(ProtocolVersion::DTLS_1_2.0);
        writer.bytes(&agreed.randoms.server);
        writer.u8(0); // session_id: not to be resumed
        writer.u16(agreed.suite.0);
        writer.u8(NO_COMPRESSION);
        writer.u16(list.len() as u16);
        writer.bytes(&list);
    });
}

/// The client reads what the server chose, and checks that it may.
pub(crate) fn accept(
    context: &Context,
    client_random: &HelloRandom,
    hello: &ServerHello<'_>,
) -> Result<Agreed, Error> {
    if hello.version != ProtocolVersion::DTLS_1_2 {
        return Err(Error::ProtocolVersion);
    }
    if hello.compression_method != NO_COMPRESSION {
        return Err(Error::IllegalParameter("compression_method"));
    }
    let suite = hello.cipher_suite;
    if !choose::our_suites(&context.config).any(|ours| ours == suite) {
        return Err(Error::IllegalParameter("cipher_suite"));
    }
    let parameters = suite.parameters().ok_or(Error::IllegalParameter("cipher_suite"))?;

    let profiles = &context.config.srtp_profiles;
    let offered = |kind: ExtensionType| {
        client_hello::OFFERED.contains(&kind) && (kind != ExtensionType::USE_SRTP || !profiles.is_empty())
    };
    if let Some((kind, _)) = hello.extensions.iter().find(|(kind, _)| !offered(*kind)) {
        return Err(Error::UnrequestedExtension(kind.0));
    }
    check_extended_master_secret(&hello.extensions)?;
    check_renegotiation(&hello.extensions)?;
    let formats = hello.extensions.find(ExtensionType::EC_POINT_FORMATS, EcPointFormats::parse)?;
    if formats.is_some_and(|formats| !formats.has_uncompressed()) {
        return Err(Error::IllegalParameter("ec_point_formats"));
    }
    let srtp = hello.extensions.find(ExtensionType::USE_SRTP, UseSrtp::parse)?;
    let srtp_profile = srtp.map(|srtp| check_srtp_answer(profiles, &srtp)).transpose()?;
    let randoms = Randoms { client: *client_random, server: hello.random };
    Ok(Agreed { suite, parameters, randoms, srtp_profile })
}

/// One profile, of those that were offered, and no MKI, since ours was empty (RFC 5764 §4.1.1, §4.1.3).
fn check_srtp_answer(offered: &[u16], answer: &UseSrtp<'_>) -> Result<u16, Error> {
    if !answer.mki.is_empty() {
        return Err(Error::IllegalParameter("srtp_mki"));
    }
    let mut profiles = answer.profiles.iter();
    match (profiles.next(), profiles.next()) {
        (Some(profile), None) if offered.contains(&profile) => Ok(profile),
        _ => Err(Error::IllegalParameter("SRTPProtectionProfiles")),
    }
}

/// A client that lists its versions means those; else it means everything up to its legacy one. Later versions have lower
/// numbers.
fn check_version(legacy: ProtocolVersion, extensions: &Extensions<'_>) -> Result<(), Error> {
    let listed = extensions.find(ExtensionType::SUPPORTED_VERSIONS, SupportedVersions::parse)?;
    let speaks = match listed {
        Some(versions) => versions.contains(ProtocolVersion::DTLS_1_2),
        None => legacy.0 >> 8 == 0xfe && legacy.0 <= ProtocolVersion::DTLS_1_2.0,
    };
    if speaks { Ok(()) } else { Err(Error::ProtocolVersion) }
}

/// Without it exporters are not safe (RFC 7627 §5.4).
fn check_extended_master_secret(extensions: &Extensions<'_>) -> Result<(), Error> {
    let found = extensions.find(ExtensionType::EXTENDED_MASTER_SECRET, |_| Ok(()))?;
    found.ok_or(Error::NoExtendedMasterSecret)
}

/// Whether the extension is there; if it is, it must be that of a first handshake (RFC 5746 §3.4, §3.6).
fn check_renegotiation(extensions: &Extensions<'_>) -> Result<bool, Error> {
    match extensions.find(ExtensionType::RENEGOTIATION_INFO, RenegotiationInfo::parse)? {
        Some(info) if info != RenegotiationInfo::FIRST => Err(Error::BadRenegotiationInfo),
        found => Ok(found.is_some()),
    }
}
