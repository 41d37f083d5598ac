//! limpid-sdp: typed parse of the Chrome-like offer of ../../offer.sdp, and write it again.
use common::*;
use limpid_sdp::SessionDescription;

fn main() {
    let s = include_str!("../../offer.sdp").replace("\r\n", "\n").replace('\n', "\r\n");
    let parse = |s: &str| SessionDescription::parse(s).unwrap();
    assert_eq!(parse(&s).to_string(), s);
    report_ns("sdp-parse", "limpid", |n| {
        for _ in 0..n {
            black_box(parse(black_box(&s)));
        }
    });
    let p = parse(&s);
    report_ns("sdp-write", "limpid", |n| {
        for _ in 0..n {
            let mut out = String::new();
            p.write(&mut out);
            black_box(out);
        }
    });
}
