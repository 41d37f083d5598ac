//! The wire format, word for word and byte for byte.

use super::*;
use proptest::prelude::*;

#[test]
fn messages_stand_on_the_wire_as_the_format_says() {
    let cases = [
        (Control::Hello { v: vec![1], proof: "00".into() }, r#"{"m":"hello","v":[1],"proof":"00"}"#),
        (Control::Accept { files: Files::All(All::All), more: false }, r#"{"m":"accept","files":"all"}"#),
        (Control::Accept { files: Files::Some(vec![0, 2]), more: false }, r#"{"m":"accept","files":[0,2]}"#),
        (Control::Decline { reason: None }, r#"{"m":"decline"}"#),
        (Control::Credit { bytes: 9 }, r#"{"m":"credit","bytes":9}"#),
        (Control::Group { f: 0, i: 5, h: "aa".into() }, r#"{"m":"group","f":0,"i":5,"h":"aa"}"#),
        (Control::File { f: 0, root: "aa".into() }, r#"{"m":"file","f":0,"root":"aa"}"#),
        (Control::Bad { f: 0, i: 5 }, r#"{"m":"bad","f":0,"i":5}"#),
        (Control::Done { root: "aa".into() }, r#"{"m":"done","root":"aa"}"#),
        (Control::Bye, r#"{"m":"bye"}"#),
        (Control::Error { error: "disk-full".into() }, r#"{"m":"error","error":"disk-full"}"#),
    ];
    for (message, text) in cases {
        assert_eq!(message.to_text(), text);
        assert_eq!(Control::parse(text), Ok(Some(message)));
    }
    let entry = Entry { f: 0, path: "a/b".into(), size: 3, mtime: None, exec: false, dir: false };
    let manifest = Control::Manifest {
        id: "00".into(),
        hash: HASH.into(),
        group: 1_048_576,
        total: 3,
        files: vec![entry],
        more: false,
    };
    let text = r#"{"m":"manifest","id":"00","hash":"sha256t","group":1048576,"total":3,"files":[{"f":0,"path":"a/b","size":3}],"more":false}"#;
    assert_eq!(manifest.to_text(), text);
    assert_eq!(Control::parse(text), Ok(Some(manifest)));
}

#[test]
fn unknown_members_and_kinds_are_ignored() {
    assert_eq!(Control::parse(r#"{"m":"bye","why":"tired"}"#), Ok(Some(Control::Bye)));
    assert_eq!(Control::parse(r#"{"m":"sing","f":"high"}"#), Ok(None));
    assert_eq!(Chunk::parse(&[9, 1, 2]), Ok(None));
}

#[test]
fn what_is_no_message_is_malformed() {
    for text in [
        "",
        "bye",
        "[]",
        "{}",
        r#"{"m":1}"#,
        r#"{"m":"credit","bytes":-1}"#,
        r#"{"m":"accept","files":"some"}"#,
    ] {
        assert_eq!(Control::parse(text), Err(Malformed), "{text}");
    }
    let long = format!(r#"{{"m":"bye","x":"{}"}}"#, "x".repeat(MAX_TEXT));
    assert_eq!(Control::parse(&long), Err(Malformed));
    assert_eq!(Chunk::parse(&[]), Err(Malformed));
    assert_eq!(Chunk::parse(&[1; CHUNK_HEADER]), Err(Malformed), "an empty chunk");
    assert!(Chunk::parse(&vec![1; CHUNK_HEADER + MAX_CHUNK]).is_ok());
    assert_eq!(Chunk::parse(&vec![1; CHUNK_HEADER + MAX_CHUNK + 1]), Err(Malformed));
}

#[test]
fn a_chunk_is_13_bytes_of_header_and_its_payload() {
    let mut out = Vec::new();
    Chunk { file: 0x0102_0304, offset: 0x0506_0708_090a_0b0c, bytes: b"hi" }.write(&mut out);
    assert_eq!(out, [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, b'h', b'i']);
}

#[test]
fn hex_is_read_in_any_case_and_in_full_length_only() {
    assert_eq!(from_hex::<2>("aB01"), Some([0xab, 1]));
    assert_eq!((from_hex::<2>("aB0"), from_hex::<2>("aB01c"), from_hex::<2>("aB0g")), (None, None, None));
    assert_eq!(from_hex::<1>("+1"), None);
    assert_eq!(to_hex(&[0xab, 1]), "ab01");
}

proptest! {
    #[test]
    fn chunks_come_back_as_they_went(file: u32, offset: u64, bytes in proptest::collection::vec(any::<u8>(), 1..500)) {
        let mut out = Vec::new();
        Chunk { file, offset, bytes: &bytes }.write(&mut out);
        prop_assert_eq!(Chunk::parse(&out), Ok(Some(Chunk { file, offset, bytes: &bytes })));
    }

    #[test]
    fn arbitrary_input_never_panics(text in "\\PC{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = Control::parse(&text);
        let _ = Control::parse(&format!(r#"{{"m":"manifest",{text}}}"#));
        let _ = Chunk::parse(&bytes);
    }
}
