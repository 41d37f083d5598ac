use std::string::ToString;

use super::*;

fn parse(text: &str) -> Result<Uri, (&'static str, usize)> {
    text.parse().map_err(|fault: ParseError| (fault.field, fault.offset))
}

#[test]
fn the_examples_of_both_documents_read_as_their_tables_say() {
    //~ covers 7064-3.1-a, 7064-3.2-a, 7065-3.1-a, 7065-3.2-a
    let cases = [
        ("stun:example.org", Scheme::Stun, 3478, UriTransport::Udp),
        ("stuns:example.org", Scheme::Stuns, 5349, UriTransport::Tcp),
        ("stun:example.org:8000", Scheme::Stun, 8000, UriTransport::Udp),
        ("turn:example.org", Scheme::Turn, 3478, UriTransport::Udp),
        ("turns:example.org", Scheme::Turns, 5349, UriTransport::Tcp),
        ("turn:example.org:8000", Scheme::Turn, 8000, UriTransport::Udp),
        ("turn:example.org?transport=udp", Scheme::Turn, 3478, UriTransport::Udp),
        ("turn:example.org?transport=tcp", Scheme::Turn, 3478, UriTransport::Tcp),
        ("turns:example.org?transport=tcp", Scheme::Turns, 5349, UriTransport::Tcp),
        ("turns:example.org?transport=udp", Scheme::Turns, 5349, UriTransport::Udp),
    ];
    for (text, scheme, port, transport) in cases {
        let uri = parse(text).unwrap();
        assert_eq!((uri.scheme, uri.port_or_default()), (scheme, port), "{text}");
        assert_eq!((&uri.host, uri.transport_or_default()), (&Host::Name("example.org".into()), transport));
        assert_eq!(uri.to_string(), text);
    }
}

#[test]
fn addresses_schemes_and_extensions() {
    let uri = parse("STUN:[2001:DB8::1]:19302").unwrap();
    assert_eq!((uri.host.clone(), uri.port), (Host::Ip("2001:db8::1".parse().unwrap()), Some(19302)));
    assert_eq!(uri.to_string(), "stun:[2001:db8::1]:19302");
    assert_eq!(parse("turn:192.0.2.1").unwrap().host, Host::Ip("192.0.2.1".parse().unwrap()));
    let other = Some(UriTransport::Other("sctp-x".into()));
    assert_eq!(parse("turn:a?transport=sctp-x").unwrap().transport, other);
}

#[test]
fn a_secure_uri_of_an_address_has_no_name_to_verify() {
    //~ covers 8489-8.1-a neg
    assert_eq!(parse("stuns:192.0.2.1"), Err(("host", 6)));
    assert_eq!(parse("stuns:[2001:db8::1]"), Err(("host", 6)));
}

#[test]
fn what_looks_like_a_web_address_is_refused() {
    //~ covers 7064-3.1-b neg, 7065-3.1-b neg
    let cases = [
        ("http://example.org", ("scheme", 0)),
        ("example.org", ("scheme", 0)),
        ("stun://example.org", ("host", 5)),
        ("stun:user@example.org", ("host", 5)),
        ("stun:", ("host", 5)),
        ("stun::3478", ("host", 5)),
        ("stun:a/b", ("host", 5)),
        ("stun:a%4", ("host", 5)),
        ("stun:2001:db8::1", ("port", 10)),
        ("stun:[2001:db8::1", ("host", 5)),
        ("stun:[fe80::1%25eth0]", ("host", 5)),
        ("stun:[::1]x", ("host", 5)),
        ("stun:a:", ("port", 7)),
        ("stun:a:0", ("port", 7)),
        ("stun:a:65536", ("port", 7)),
        ("stun:a:+5", ("port", 7)),
        ("stun:a?transport=udp", ("transport", 7)),
        ("turn:a?transport=", ("transport", 7)),
        ("turn:a?transport=u p", ("transport", 7)),
        ("turn:a?other=udp", ("transport", 7)),
        ("turn:a#x", ("host", 5)),
    ];
    for (text, fault) in cases {
        assert_eq!(parse(text), Err(fault), "{text}");
    }
}
