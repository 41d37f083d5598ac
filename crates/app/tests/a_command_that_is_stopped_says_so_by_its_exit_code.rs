//! Stopped from outside, whatever it is in the middle of: PROTOCOLS.md 7 and 9.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::Running;
use rustix::process::Signal;

#[test]
fn servers_end_with_the_signal_that_stopped_them() {
    let commands: [&[&str]; 4] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["echo", "--listen", "127.0.0.1:0"],
        &["bench", "data", "--listen", "127.0.0.1:0"],
        &["dtls", "serve", "127.0.0.1:0"],
    ];
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        for command in commands {
            let mut server = Running::start(command);
            assert_eq!(server.event()["event"], "listening");
            server.signal(signal);
            assert_eq!(server.end(), Some(code), "{command:?}");
        }
    }
}

#[test]
fn nobodys_half_of_a_request_keeps_an_echo_from_ending() {
    let mut echo = Running::start(&["echo", "--listen", "127.0.0.1:0"]);
    let address = echo.event()["listen"].as_str().unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let head = format!("POST /offer HTTP/1.1\r\nHost: {address}\r\nExpect: 100-continue\r\n");
    write!(stream, "{head}Content-Type: application/sdp\r\nContent-Length: 100\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100", "it waits for the offer");
    echo.signal(Signal::INT);
    // The rest of that answer's head, and then nothing.
    let ended = stream.read_to_end(&mut Vec::new());
    assert!(ended.is_ok(), "it still waits: {ended:?}");
    assert_eq!(echo.end(), Some(130));
}
