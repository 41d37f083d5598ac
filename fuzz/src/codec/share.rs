//! Links, and what goes over the channels of a file transfer: JSON and chunks.

use limpid_app::share::link::Link;
use limpid_app::share::message::{Chunk, Control, MAX_CHUNK};

use crate::Outcome;

/// Parse, write, parse again.
pub fn link(data: &[u8]) -> Outcome {
    let Some(link) = std::str::from_utf8(data).ok().and_then(|text| Link::parse(text).ok()) else {
        return Outcome::Refused;
    };
    let written = link.to_text();
    assert!(Link::parse(&written) == Ok(link), "a link that was written reads the same");
    Outcome::Accepted
}

/// Parse, write, parse again: manifests and all other control messages.
pub fn control(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let Ok(Some(message)) = Control::parse(text) else { return Outcome::Refused };
    let written = message.to_text();
    if written.len() <= limpid_app::share::message::MAX_TEXT {
        assert_eq!(Control::parse(&written), Ok(Some(message)));
    }
    Outcome::Accepted
}

/// Parse, write, parse again.
pub fn chunk(data: &[u8]) -> Outcome {
    let Ok(Some(chunk)) = Chunk::parse(data) else { return Outcome::Refused };
    assert!((1..=MAX_CHUNK).contains(&chunk.bytes.len()));
    let mut out = Vec::new();
    chunk.write(&mut out);
    assert_eq!(out, data);
    Outcome::Accepted
}

/// Of both schemes.
pub fn link_seeds() -> Vec<Vec<u8>> {
    let secret = "A".repeat(43);
    ["http://127.0.0.1:8080", "https://[2001:db8::1]/share?x=1", "https://example.org"]
        .map(|origin| format!("{origin}/#s.{secret}").into_bytes())
        .into()
}

/// One of each kind.
pub fn control_seeds() -> Vec<Vec<u8>> {
    [
        r#"{"m":"hello","v":[1],"proof":"00ff"}"#,
        r#"{"m":"manifest","id":"00","hash":"sha256t","group":1048576,"total":5,"files":[{"f":0,"path":"a/b.txt","size":5,"mtime":7,"exec":true}],"more":true}"#,
        r#"{"m":"manifest","id":"00","hash":"sha256t","group":1048576,"total":0,"files":[{"f":1,"path":"../x","size":0,"dir":true}],"more":false}"#,
        r#"{"m":"accept","files":"all"}"#,
        r#"{"m":"accept","files":[0,2],"more":true}"#,
        r#"{"m":"decline","reason":"no room"}"#,
        r#"{"m":"credit","bytes":8388608}"#,
        r#"{"m":"group","f":0,"i":5,"h":"00"}"#,
        r#"{"m":"file","f":0,"root":"00"}"#,
        r#"{"m":"bad","f":0,"i":5}"#,
        r#"{"m":"done","root":"00"}"#,
        r#"{"m":"bye"}"#,
        r#"{"m":"error","error":"hash"}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// Small and larger.
pub fn chunk_seeds() -> Vec<Vec<u8>> {
    [1, 100]
        .map(|len| {
            let mut out = Vec::new();
            Chunk { file: 1, offset: 1 << 40, bytes: &vec![7; len] }.write(&mut out);
            out
        })
        .into()
}
