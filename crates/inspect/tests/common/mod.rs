//! What the tests of trees and captures share.
#![allow(dead_code, clippy::unwrap_used, reason = "no test uses all of it; one that can not go on fails")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use limpid_inspect::Node;
use limpid_sansio::wire::Writer;
use limpid_sansio::{Direction, Instant, Path};
use limpid_sctp::chunk::{self, Data};
use limpid_sctp::packet;

/// Bytes from hexadecimal digits.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    digits.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// A file under `tests/vectors`.
pub(crate) fn vector(name: &str) -> String {
    read(&in_tests("vectors", name))
}

fn in_tests(folder: &str, name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder).join(name)
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares with a file under `tests/snapshots`; with `LIMPID_UPDATE_SNAPSHOTS` set, writes it.
pub(crate) fn assert_snapshot(name: &str, text: &str) {
    let path = in_tests("snapshots", name);
    if std::env::var_os("LIMPID_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, read(&path), "{}:\n{text}", path.display());
}

/// The fields at the tips of a tree, in order.
pub(crate) fn leaves(node: &Node) -> Vec<&Node> {
    match node.children.is_empty() {
        true => vec![node],
        false => node.children.iter().flat_map(leaves).collect(),
    }
}

/// The fields at the tips of a tree cover every bit of the packet, once and in order, and groups end where their last
/// fields do.
pub(crate) fn assert_tiles(node: &Node, bits: usize) {
    let mut at = 0;
    for leaf in leaves(node) {
        assert_eq!(leaf.bits.0, at, "{} begins where the field before it ends, in\n{node}", leaf.name);
        assert!(leaf.bits.1 >= at, "{} ends behind its beginning", leaf.name);
        at = leaf.bits.1;
    }
    assert_eq!(at, bits, "the last field ends where the packet does, in\n{node}");
    assert_nests(node);
}

/// Children lie within their parent.
pub(crate) fn assert_nests(node: &Node) {
    assert!(node.bits.0 <= node.bits.1, "{}", node.name);
    for child in &node.children {
        assert!(
            node.bits.0 <= child.bits.0 && child.bits.1 <= node.bits.1,
            "{} within {}",
            child.name,
            node.name
        );
        assert_nests(child);
    }
}

/// A handshake that OpenSSL 3.0 had with itself: client to server is `Out`.
pub(crate) fn openssl_handshake() -> Vec<(Instant, Direction, Vec<u8>)> {
    let line = |line: &str| {
        let mut words = line.split(' ');
        let direction = if words.next() == Some(">") { Direction::Out } else { Direction::In };
        let micros: u64 = words.next().unwrap().parse().unwrap();
        (Instant::from_nanos(micros * 1000), direction, hex(words.next().unwrap()))
    };
    vector("openssl_dtls12.txt").lines().map(line).collect()
}

/// From a host of ours to one of theirs.
pub(crate) fn path() -> Path {
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    Path::udp(address("192.0.2.1:41000"), address("198.51.100.7:42000"))
}

/// An SCTP packet with these chunks.
pub(crate) fn sctp_packet(tag: u32, chunks: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    packet::begin(&mut writer, 5000, 5000, tag);
    chunks(&mut writer);
    packet::finish(&mut out);
    out
}

/// INIT as Chromium sends it (draft-hancke-tsvwg-snap prints its bytes; padded to a whole packet here).
pub(crate) fn init() -> Vec<u8> {
    let chunk = hex("0100001e896cdd1d00500000ffffffffe079651dc00000048008000682c0");
    sctp_packet(0, |writer| {
        writer.bytes(&chunk);
        writer.zeros(2);
    })
}

/// DATA with one whole message.
pub(crate) fn data(tsn: u32, ppid: u32, payload: &[u8]) -> Vec<u8> {
    sctp_packet(0x0102_0304, |writer| {
        Data { flags: Data::BEGIN | Data::END, tsn, stream_id: 1, ssn: 0, ppid, payload }.write(writer);
    })
}

/// DATA_CHANNEL_OPEN for an ordered, reliable channel "chat", by hand after RFC 8832 §5.1.
pub(crate) fn dcep_open() -> Vec<u8> {
    [&hex("03 00 0100 00000000 0004 0000")[..], b"chat"].concat()
}

/// An association's first packets: INIT, DATA with OPEN, DATA with text, SACK.
pub(crate) fn association() -> Vec<(Direction, Vec<u8>)> {
    let sack = sctp_packet(0x896c_dd1d, |writer| writer.bytes(&hex("03000010 e079651e 00100000 0000 0000")));
    vec![
        (Direction::Out, init()),
        (Direction::Out, sctp_packet(0x0102_0304, |writer| chunk::write_cookie_echo(writer, &[7; 32]))),
        (Direction::Out, data(0xe079_651d, 50, &dcep_open())),
        (Direction::Out, data(0xe079_651e, 51, b"hello")),
        (Direction::In, sack),
    ]
}

/// Runs tshark; `None` if it is not there and may be missing. `.ci/run` demands it.
pub(crate) fn tshark(arguments: &[&str]) -> Option<String> {
    let output = match Command::new("tshark").args(arguments).output() {
        Ok(output) => output,
        Err(_) if std::env::var_os("LIMPID_CI").is_none() => {
            eprintln!("skipped: tshark is not installed");
            return None;
        }
        Err(error) => panic!("tshark: {error}"),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tshark {arguments:?}: {errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The lines of a ladder that have a time: its arrows.
pub(crate) fn arrows(ladder: &str) -> Vec<&str> {
    ladder.lines().skip(1).filter(|line| !line.starts_with("             ")).collect()
}

/// A file that is removed when the test ends.
pub(crate) struct TempFile(pub(crate) PathBuf);

impl TempFile {
    pub(crate) fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("limpid-inspect-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        TempFile(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
