//! The JSON, word for word, and hostile variants of it.

use super::*;
use crate::body::{Body, Bye, Shape};
use proptest::prelude::*;

#[test]
fn messages_stand_on_the_wire_as_the_format_says() {
    let join = ToServer::Join { v: 1, room: "r".into(), role: Role::Send, resume: None };
    assert_eq!(to_text(&join), r#"{"t":"join","v":1,"room":"r","role":"send"}"#);
    let bye = Body::Bye(Bye::Done).to_raw();
    let to = ToServer::To { to: "b".into(), n: 3, body: &bye };
    assert_eq!(to_text(&to), r#"{"t":"to","to":"b","n":3,"body":{"bye":"done"}}"#);
    let peer = FromServer::Peer { id: "b".into(), state: Presence::Joined, reason: None };
    assert_eq!(to_text(&peer), r#"{"t":"peer","id":"b","state":"joined"}"#);
    let joined =
        FromServer::Joined { you: "a".into(), resume: "x".into(), peers: vec!["b".into()], ice: vec![] };
    assert_eq!(to_text(&joined), r#"{"t":"joined","you":"a","resume":"x","peers":["b"],"ice":[]}"#);
}

#[test]
fn a_body_passes_through_byte_for_byte() {
    let text = r#"{"t":"to","to":"b","n":0,"body":{ "odd" : [1,2,  {"x":"\u0041"}] }}"#;
    let Ok(Some(ToServer::To { body, .. })) = ToServer::parse(text) else { panic!() };
    assert_eq!(body.get(), r#"{ "odd" : [1,2,  {"x":"\u0041"}] }"#);
    let from = to_text(&FromServer::From { from: "a".into(), n: 0, body: body.to_owned() });
    let Ok(Some(FromServer::From { body: again, .. })) = FromServer::parse(&from) else { panic!() };
    assert_eq!(again.get(), body.get());
}

#[test]
fn unknown_members_and_kinds_are_ignored() {
    let text = r#"{"t":"join","v":1,"room":"r","role":"call","colour":"blue"}"#;
    assert!(matches!(ToServer::parse(text), Ok(Some(ToServer::Join { role: Role::Call, .. }))));
    assert!(matches!(ToServer::parse(r#"{"t":"dance","v":"a waltz"}"#), Ok(None)));
    assert!(matches!(FromServer::parse(r#"{"t":"dance","n":"one"}"#), Ok(None)));
}

#[test]
fn what_is_no_message_is_malformed() {
    for text in [
        "",
        "{",
        "[]",
        r#"["join"]"#,
        "null",
        "{}",
        r#"{"t":1}"#,
        r#"{"t":"join"}"#,
        r#"{"t":"join","v":1,"room":"r","role":"king"}"#,
        r#"{"t":"join","v":-1,"room":"r","role":"send"}"#,
        r#"{"t":"to","to":"b","n":0}"#,
        r#"{"t":"to","to":"b","n":1.5,"body":{}}"#,
    ] {
        assert!(matches!(ToServer::parse(text), Err(Malformed)), "{text}");
    }
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let deep =
        format!(r#"{{"t":"to","to":"b","n":0,"body":{{"x":{}{}}}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    let Ok(Some(ToServer::To { body, .. })) = ToServer::parse(&deep) else { panic!() };
    assert_eq!((Shape::of(body), Body::parse(body)), (Ok(Shape::Other), Ok(None)));
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        let _ = ToServer::parse(&text);
        let _ = FromServer::parse(&text);
    }
}
