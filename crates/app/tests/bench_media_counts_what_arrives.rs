//! One stream to a few receivers in another process: what is reported adds up.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use serde_json::Value;

#[test]
fn every_frame_is_accounted_for() {
    let arguments = ["bench", "media", "--peers", "3", "--rate", "400000", "--duration", "1", "--json"];
    let output = common::limpid(&arguments, b"");
    let text = String::from_utf8(output.stdout).unwrap();
    let result: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((&result["event"], &result["ok"]), (&"result".into(), &true.into()), "{result}");
    let frames = |name: &str| result["frames"][name].as_u64().unwrap();
    assert_eq!((frames("sent"), frames("refused")), (90, 0), "three receivers, thirty frames each");
    assert_eq!(frames("received") + frames("lost"), 90);
    assert!(frames("received") > 0, "{result}");
    let [p50, p99, max] = ["p50", "p99", "max"].map(|name| result["latency_ms"][name].as_f64().unwrap());
    assert!(0.0 < p50 && p50 <= p99 && p99 <= max, "{result}");
    let [sent, received] = ["sent", "received"].map(|name| result["packets"][name].as_u64().unwrap());
    assert!(sent >= 180, "a frame of 1.6 KB is two packets: {sent}");
    assert!(
        received.abs_diff(sent) < 60,
        "both sides count the same frames, not those of warming up: {result}"
    );
    assert!(result["cpu_share"].as_f64().unwrap() > 0.0);
}
