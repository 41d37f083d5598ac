//! `limpid decode`: one packet, description or candidate as a tree. PROTOCOLS.md, section 8.

use std::io::{Read, Write};
use std::path::PathBuf;

use limpid_app::exit::Exit;
use limpid_inspect::{Described, describe};
use limpid_rtp::ext;

/// One packet, description or candidate as a tree of its fields.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// What it is.
    kind: Kind,
    /// Where it is. Default: standard input. Hex digits, white space and `:` only are hex, else raw.
    file: Option<PathBuf>,
    /// The tree as JSON.
    #[arg(long)]
    json: bool,
    /// For `rtp`: which header extension a number stands for, as in `a=extmap`; may be repeated.
    #[arg(long, value_name = "ID=URI", value_parser = extension)]
    extmap: Vec<(u8, ext::Kind)>,
}

/// What can be taken apart.
#[derive(clap::ValueEnum, Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A STUN message.
    Stun,
    /// A datagram of DTLS records.
    Dtls,
    /// An SCTP packet, as it lies in a record.
    Sctp,
    /// An RTP packet, decrypted.
    Rtp,
    /// A datagram of RTCP packets, decrypted.
    Rtcp,
    /// A session description.
    Sdp,
    /// An ICE candidate, with or without `a=`.
    Candidate,
}

/// Reads, takes apart, prints.
pub(crate) async fn run(args: Args) -> Exit {
    let input = match read(&args.file) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("This can not be read: {error}");
            return Exit::Local;
        }
    };
    let (described, exit) = match decode(args.kind, &input, &args.extmap) {
        Ok(node) => (node, Exit::Ok),
        Err((node, fault)) => {
            eprintln!("{fault}");
            (node, Exit::PeerProtocol)
        }
    };
    let text = if args.json { described.to_json() } else { described.to_string() };
    let mut out = std::io::stdout().lock();
    // A reader that has gone is no error.
    let _ = writeln!(out, "{}", text.trim_end());
    exit
}

fn read(file: &Option<PathBuf>) -> std::io::Result<Vec<u8>> {
    let mut input = Vec::new();
    match file {
        Some(path) => std::fs::File::open(path)?.read_to_end(&mut input)?,
        None => std::io::stdin().lock().read_to_end(&mut input)?,
    };
    Ok(input)
}

#[allow(clippy::result_large_err, reason = "a fault comes with the tree up to it")]
fn decode(kind: Kind, input: &[u8], extensions: &[(u8, ext::Kind)]) -> Described {
    let text = || String::from_utf8_lossy(input);
    match kind {
        Kind::Stun => describe::stun(&bytes_of(input)),
        Kind::Dtls => describe::dtls(&bytes_of(input)),
        Kind::Sctp => describe::sctp(&bytes_of(input)),
        Kind::Rtp => describe::rtp(&bytes_of(input), &numbers(extensions)),
        Kind::Rtcp => describe::rtcp(&bytes_of(input)),
        Kind::Sdp => describe::sdp(&text()),
        Kind::Candidate => describe::candidate(text().trim()),
    }
}

/// `ID=URI`.
fn extension(text: &str) -> Result<(u8, ext::Kind), &'static str> {
    let (id, uri) = text.split_once('=').ok_or("should be ID=URI")?;
    let id = id.parse().ok().filter(|id| *id > 0).ok_or("the number is 1 to 255")?;
    Ok((id, ext::Kind::from_uri(uri).ok_or("this extension is not known")?))
}

fn numbers(extensions: &[(u8, ext::Kind)]) -> ext::Map {
    let mut map = ext::Map::new();
    for (id, kind) in extensions {
        map.insert(*id, *kind);
    }
    map
}

/// Hex where it is nothing else, and whole; else the bytes as they are.
fn bytes_of(input: &[u8]) -> Vec<u8> {
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace() || *byte == b':';
    let digits: Vec<u8> = input.iter().copied().filter(u8::is_ascii_hexdigit).collect();
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !input.iter().all(is_hex) {
        return input.to_vec();
    }
    let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
    digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 §2.1.
    const REQUEST: &str = "00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
        80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74
        00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36
        00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20
        00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2
        80 28 00 04 e5 7a 3b cf";

    #[test]
    fn the_request_of_rfc_5769_shows_what_the_rfc_says_it_holds() {
        let node = decode(Kind::Stun, REQUEST.as_bytes(), &[]).expect("a STUN message");
        let text = node.to_string();
        let (priority, tie_breaker) = (0x6e00_01ff_u32.to_string(), 0x932f_f9b1_5126_3b36_u64.to_string());
        for said in ["STUN test client", "evtj:h6vY", &priority, &tie_breaker] {
            assert!(text.contains(said), "{said} in\n{text}");
        }
        let json: serde_json::Value = serde_json::from_str(&node.to_json()).expect("JSON");
        assert_eq!(json["bits"], serde_json::json!([0, 108 * 8]));
    }

    #[test]
    fn a_cut_message_shows_the_tree_up_to_the_fault() {
        let cut = &REQUEST.replace(char::is_whitespace, "")[..120];
        let (node, fault) = decode(Kind::Stun, cut.as_bytes(), &[]).expect_err("cut");
        assert!(
            fault.offset <= 60 && node.to_string().contains("b7e7a701bc34d686fa87dfae"),
            "{fault}\n{node}"
        );
    }

    #[test]
    fn hex_is_read_with_colons_and_blanks_and_anything_else_is_raw() {
        assert_eq!(bytes_of(b"00:ff 1A\n"), [0, 255, 26]);
        assert_eq!(bytes_of(b"00 1"), b"00 1");
        assert_eq!(bytes_of(b"v=0"), b"v=0");
    }

    #[test]
    fn a_number_with_the_name_of_its_extension_makes_an_element_readable() {
        let packet = b"90 60 0001 00000000 00000001 bede 0001 30 9e 0000";
        let bare = decode(Kind::Rtp, packet, &[]).expect("an RTP packet").to_string();
        assert!(!bare.contains("dBov"), "{bare}");
        let level = extension("3=urn:ietf:params:rtp-hdrext:ssrc-audio-level").expect("known");
        let told = decode(Kind::Rtp, packet, &[level]).expect("an RTP packet").to_string();
        assert!(told.contains("-30 dBov, voice"), "{told}");
        assert!(
            ["3", "0=urn:ietf:params:rtp-hdrext:sdes:mid", "3=urn:x"]
                .iter()
                .all(|text| extension(text).is_err())
        );
    }
}
