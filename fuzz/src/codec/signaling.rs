//! The JSON of the signalling protocol, in both directions, and the bodies inside.

use limpid_signaling::message::to_text;
use limpid_signaling::{Body, FromServer, ToServer};
use serde_json::value::RawValue;

use crate::Outcome;

/// What a server reads: parse, write, parse again.
pub fn to_server(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let Ok(Some(message)) = ToServer::parse(text) else { return Outcome::Refused };
    let written = to_text(&message);
    let again = ToServer::parse(&written).expect("what was written can be read").expect("and is known");
    assert_eq!(to_text(&again), written);
    if let ToServer::To { body, .. } = message {
        read_body(body);
    }
    Outcome::Accepted
}

/// What a client reads: parse, write, parse again.
pub fn from_server(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let Ok(Some(message)) = FromServer::parse(text) else { return Outcome::Refused };
    let written = to_text(&message);
    let again = FromServer::parse(&written).expect("what was written can be read").expect("and is known");
    assert_eq!(to_text(&again), written);
    if let FromServer::From { body, .. } = &message {
        read_body(body);
    }
    Outcome::Accepted
}

fn read_body(body: &RawValue) {
    let Ok(Some(body)) = Body::parse(body) else { return };
    let raw = body.to_raw();
    let again = Body::parse(&raw).expect("what was written can be read").expect("and is known");
    assert_eq!(again.to_raw().get(), raw.get());
}

/// One message of each kind, with bodies of each kind.
pub fn to_server_seeds() -> Vec<Vec<u8>> {
    let bodies = bodies().map(|body| format!(r#"{{"t":"to","to":"b","n":3,"body":{body}}}"#).into_bytes());
    let join = br#"{"t":"join","v":1,"room":"AAAAAAAAAAAAAAAAAAAAAA","role":"send","resume":"token"}"#;
    bodies.into_iter().chain([join.to_vec()]).collect()
}

/// One message of each kind, with bodies of each kind.
pub fn from_server_seeds() -> Vec<Vec<u8>> {
    let bodies =
        bodies().map(|body| format!(r#"{{"t":"from","from":"a","n":0,"body":{body}}}"#).into_bytes());
    let others = [
        r#"{"t":"joined","you":"a","resume":"x","peers":["b","c"],"ice":[{"urls":["stun:192.0.2.1:3478"]}]}"#,
        r#"{"t":"peer","id":"b","state":"left","reason":"lost"}"#,
        r#"{"t":"error","error":"room-full","message":"somebody else is there"}"#,
    ];
    bodies.into_iter().chain(others.map(|text| text.as_bytes().to_vec())).collect()
}

fn bodies() -> [&'static str; 5] {
    [
        r#"{"description":{"type":"offer","sdp":"v=0\r\n"},"nonce":"00ff"}"#,
        r#"{"candidate":{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0","usernameFragment":"abcd"}}"#,
        r#"{"candidate":null}"#,
        r#"{"bye":"declined"}"#,
        r#"{"sealed":"AAAA"}"#,
    ]
}
