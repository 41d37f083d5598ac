//! Bodies come back as they went; unknown ones are ignored.

use super::*;
use proptest::prelude::*;

fn body(json: &str) -> Result<Option<Body>, Malformed> {
    Body::parse(&RawValue::from_string(json.to_owned()).unwrap())
}

#[test]
fn unknown_bodies_are_ignored() {
    assert_eq!(body(r#"{"mood":"good"}"#), Ok(None));
    assert_eq!(body(r#"{"bye":"asleep"}"#), Ok(Some(Body::Bye(Bye::Error))));
    assert_eq!(body(r#"{"restart":true}"#), Ok(Some(Body::Restart)));
    assert_eq!(body("[1]"), Err(Malformed));
}

#[test]
fn a_null_candidate_is_the_end_and_not_nothing() {
    assert_eq!(body(r#"{"candidate":null}"#), Ok(Some(Body::Candidate(None))));
    assert_eq!(body("{}"), Ok(None));
    let raw = RawValue::from_string(r#"{"candidate":null}"#.into()).unwrap();
    assert_eq!(Shape::of(&raw), Ok(Shape::Candidate));
}

fn bodies() -> impl Strategy<Value = Body> {
    let text = || "\\PC{0,40}";
    prop_oneof![
        (text(), text(), proptest::option::of(text())).prop_map(|(kind, sdp, nonce)| Body::Description {
            kind,
            sdp,
            nonce
        }),
        proptest::option::of((text(), proptest::option::of(text()), proptest::option::of(text())).prop_map(
            |(candidate, sdp_mid, username_fragment)| Candidate { candidate, sdp_mid, username_fragment }
        ))
        .prop_map(Body::Candidate),
        prop_oneof![Just(Bye::Done), Just(Bye::Declined), Just(Bye::Busy), Just(Bye::Cancelled)]
            .prop_map(Body::Bye),
        text().prop_map(Body::Sealed),
        Just(Body::Resync),
        Just(Body::Restart),
        (text(), any::<bool>()).prop_map(|(member, reply)| Body::Here { member, reply }),
    ]
}

proptest! {
    #[test]
    fn bodies_come_back_as_they_went(body in bodies()) {
        prop_assert_eq!(Body::parse(&body.to_raw()), Ok(Some(body)));
    }

    #[test]
    fn what_a_call_says_besides_comes_back_too(
        body in bodies(), member in proptest::option::of("[0-9a-f]{32}"), session: u64,
        offer in proptest::option::of(any::<u64>())
    ) {
        let tags = Tags { member, session, offer };
        let raw = body.to_raw_with(&tags);
        prop_assert_eq!(Tags::parse(&raw), Ok(tags));
        prop_assert_eq!(Body::parse(&raw), Ok(Some(body)));
    }
}

#[test]
fn the_first_offer_is_another_one_than_none() {
    let tags = |json: &str| Tags::parse(&RawValue::from_string(json.to_owned()).unwrap()).unwrap();
    assert_eq!(tags(r#"{"resync":true}"#), Tags::default());
    assert_eq!(tags(r#"{"resync":true,"offer":0}"#).offer, Some(0));
    let first = Tags { offer: Some(0), ..Tags::default() };
    assert!(Body::Resync.to_raw_with(&first).get().contains(r#""offer":0"#));
    assert!(!Body::Resync.to_raw().get().contains("offer"));
}
