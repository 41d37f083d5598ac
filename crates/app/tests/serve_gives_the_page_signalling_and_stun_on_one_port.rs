//! `limpid serve` as a process: its first line, its headers, its doors, its STUN.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use common::{Running, limpid};

struct Server {
    _running: Running,
    address: SocketAddr,
    first_line: serde_json::Value,
}

impl Server {
    fn start(listen: &str) -> Self {
        let mut running = Running::start(&["serve", "--listen", listen]);
        let first_line = running.event();
        let mut address: SocketAddr = first_line["listen"].as_str().unwrap().parse().unwrap();
        if address.ip().is_unspecified() {
            address.set_ip([127, 0, 0, 1].into());
        }
        Server { _running: running, address, first_line }
    }

    /// Status and headers, and the body.
    fn get(&self, path: &str, headers: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_ascii_lowercase(), body.to_owned())
    }

    fn own_host(&self) -> String {
        format!("Host: {}\r\n", self.address)
    }
}

#[test]
fn the_first_line_says_where_it_is() {
    let server = Server::start("127.0.0.1:0");
    assert_eq!((&server.first_line["v"], &server.first_line["event"]), (&1.into(), &"listening".into()));
    assert_eq!(server.first_line["url"], format!("http://{}", server.address));
    assert_eq!(server.first_line["stun"], serde_json::Value::Null, "a local page cannot use it");
    let everywhere = Server::start("0.0.0.0:0");
    assert!(everywhere.first_line["stun"].as_str().unwrap().starts_with("stun:"));
}

#[test]
fn pages_come_under_a_strict_policy() {
    let server = Server::start("127.0.0.1:0");
    for path in ["/", "/main.js", "/base.css", "/download-worker.js", "/no/such/page"] {
        let (head, _) = server.get(path, &server.own_host());
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self';",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(header), "{path} lacks {header}:\n{head}");
        }
        assert!(!head.contains("unsafe-"), "{head}");
    }
    let (head, body) = server.get("/", &server.own_host());
    assert!(head.starts_with("http/1.1 200") && head.contains("text/html") && body.contains("Limpid"));
    assert!(server.get("/main.js", &server.own_host()).0.contains("text/javascript"));
    assert!(server.get("/../Cargo.toml", &server.own_host()).0.starts_with("http/1.1 404"));
}

#[test]
fn only_the_page_of_calls_may_ask_for_camera_and_microphone() {
    let server = Server::start("127.0.0.1:0");
    let (head, body) = server.get("/call", &server.own_host());
    assert!(head.starts_with("http/1.1 200") && head.contains("text/html") && body.contains("call.js"));
    assert!(
        head.contains("camera=(self), microphone=(self)") && head.contains("script-src 'self';"),
        "{head}"
    );
    for path in ["/", "/call.js", "/no/such/page"] {
        let (head, _) = server.get(path, &server.own_host());
        assert!(head.contains("camera=(), microphone=()"), "{path}:\n{head}");
    }
}

#[test]
fn rebound_names_and_other_sites_are_turned_away_at_every_path() {
    let server = Server::start("127.0.0.1:0");
    let host = server.own_host();
    for path in ["/", "/main.js", "/ws"] {
        let rebound = format!("Host: evil.example:{}\r\n", server.address.port());
        assert!(server.get(path, &rebound).0.starts_with("http/1.1 403"), "{path}");
        let foreign = format!("{host}Origin: http://evil.example\r\n");
        assert!(server.get(path, &foreign).0.starts_with("http/1.1 403"), "{path}");
    }
    let own = format!("{host}Origin: http://{}\r\n", server.address);
    assert!(server.get("/", &own).0.starts_with("http/1.1 200"));
}

#[test]
fn the_same_udp_port_answers_binding_requests() {
    let server = Server::start("127.0.0.1:0");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    // A Binding request without attributes (RFC 8489 §5).
    let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    request.extend_from_slice(b"abcdefghijkl");
    socket.send_to(b"noise", server.address).unwrap();
    socket.send_to(&request, server.address).unwrap();
    let mut answer = [0; 100];
    let (length, from) = socket.recv_from(&mut answer).unwrap();
    assert_eq!(from, server.address);
    assert_eq!((&answer[..2], &answer[8..20]), (&[1, 1][..], &b"abcdefghijkl"[..]));
    // XOR-MAPPED-ADDRESS, IPv4, our port.
    assert_eq!(&answer[20..26], &[0, 0x20, 0, 8, 0, 1]);
    let port = u16::from_be_bytes([answer[26], answer[27]]) ^ 0x2112;
    assert_eq!((length, port), (32, socket.local_addr().unwrap().port()));
}

#[test]
fn an_address_that_is_taken_ends_with_10_and_words() {
    let server = Server::start("127.0.0.1:0");
    let second = limpid(&["serve", "--json", "--listen", &server.address.to_string()], b"");
    assert_eq!(second.status.code(), Some(10));
    let line: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(
        (&line["event"], &line["exit"], &line["error"]),
        (&"result".into(), &10.into(), &"cannot-listen".into())
    );
}
