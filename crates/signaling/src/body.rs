//! What members say to each other: read by them alone, passed on by the server as the bytes that came.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::message::{Malformed, object};

/// What members say to each other: read by them alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// An offer or an answer, with this side's nonce for the proof.
    Description {
        /// `offer`, `answer`, `rollback`.
        kind: String,
        /// RFC 8866.
        sdp: String,
        /// 32 bytes as 64 hex digits.
        nonce: Option<String>,
    },
    /// A candidate that was found later; `None`: there are no more.
    Candidate(Option<Candidate>),
    /// The other side ends it.
    Bye(Bye),
    /// Encrypted by a key that the server does not hold. (For codes.)
    Sealed(String),
    /// A number was skipped: send your description again.
    Resync,
    /// To the side of a call that leads the way back: restart ICE, this one's network is another.
    Restart,
    /// "I am that member of the call, under this id."
    Here {
        /// 16 bytes as hex.
        member: String,
        /// Said in answer to another one.
        reply: bool,
    },
}

/// What bodies of a call say besides: of whom, and of which of several connections between two members they speak.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tags {
    /// 16 bytes as hex, the same as long as the member lives.
    pub member: Option<String>,
    /// Counts the connections between two members.
    pub session: u64,
    /// Counts its sender's offers in a session; an answer repeats that of its offer. `None`: it does not say.
    pub offer: Option<u64>,
}

/// A trickled candidate, shaped as the W3C's `RTCIceCandidateInit`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// `candidate:…`; empty: the end of this generation.
    pub candidate: String,
    /// The media section it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The generation it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

/// Why a member ends it.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bye {
    /// All went well.
    Done,
    /// The person said no.
    Declined,
    /// Somebody else is being served.
    Busy,
    /// The person stopped it.
    Cancelled,
    /// Something broke, or a reason that we do not know.
    #[serde(other)]
    Error,
}

#[derive(Serialize, Deserialize)]
struct Description<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    sdp: Cow<'a, str>,
}

/// All members of all bodies. A candidate of `null` differs from none.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct BodyFrame<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    description: Option<Description<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    nonce: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    candidate: Option<Option<Candidate>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bye: Option<Bye>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    sealed: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resync: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restart: Option<bool>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    here: Option<Here<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    member: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_zero")]
    session: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Here<'a> {
    #[serde(borrow)]
    member: Cow<'a, str>,
    #[serde(default)]
    reply: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Candidate>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Body {
    /// Reads a body. `None`: a kind that we do not know, to be ignored.
    pub fn parse(body: &RawValue) -> Result<Option<Self>, Malformed> {
        let frame: BodyFrame<'_> = object(body.get())?;
        Ok(if let Some(description) = frame.description {
            Some(Body::Description {
                kind: description.kind.into_owned(),
                sdp: description.sdp.into_owned(),
                nonce: frame.nonce.map(Cow::into_owned),
            })
        } else if let Some(candidate) = frame.candidate {
            Some(Body::Candidate(candidate))
        } else if let Some(bye) = frame.bye {
            Some(Body::Bye(bye))
        } else if let Some(sealed) = frame.sealed {
            Some(Body::Sealed(sealed.into_owned()))
        } else if let Some(here) = frame.here {
            Some(Body::Here { member: here.member.into_owned(), reply: here.reply })
        } else if frame.restart.is_some() {
            Some(Body::Restart)
        } else {
            frame.resync.map(|_| Body::Resync)
        })
    }

    /// The body as JSON.
    pub fn to_raw(&self) -> Box<RawValue> {
        self.to_raw_with(&Tags::default())
    }

    /// The body of a call as JSON.
    pub fn to_raw_with(&self, tags: &Tags) -> Box<RawValue> {
        let mut frame = BodyFrame {
            member: tags.member.as_deref().map(Cow::Borrowed),
            session: tags.session,
            offer: tags.offer,
            ..BodyFrame::default()
        };
        match self {
            Body::Description { kind, sdp, nonce } => {
                frame.description = Some(Description { kind: kind.into(), sdp: sdp.into() });
                frame.nonce = nonce.as_deref().map(Cow::Borrowed);
            }
            Body::Candidate(candidate) => frame.candidate = Some(candidate.clone()),
            Body::Bye(bye) => frame.bye = Some(*bye),
            Body::Sealed(sealed) => frame.sealed = Some(sealed.into()),
            Body::Resync => frame.resync = Some(true),
            Body::Restart => frame.restart = Some(true),
            Body::Here { member, reply } => {
                frame.here = Some(Here { member: member.into(), reply: *reply });
            }
        }
        // invariant: strings, booleans and maps with string keys always serialise.
        serde_json::value::to_raw_value(&frame).expect("a body is plain data")
    }
}

impl Tags {
    /// Reads what a body says besides; what is not there is nothing, and a session that is not there is 0.
    pub fn parse(body: &RawValue) -> Result<Self, Malformed> {
        let frame: BodyFrame<'_> = object(body.get())?;
        Ok(Tags { member: frame.member.map(Cow::into_owned), session: frame.session, offer: frame.offer })
    }
}

/// What the server looks at in a body: which budget it draws on. Anything that is no object is malformed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    Description,
    Candidate,
    Other,
}

impl Shape {
    pub(crate) fn of(body: &RawValue) -> Result<Self, Malformed> {
        #[derive(Deserialize)]
        struct Peek {
            description: Option<serde::de::IgnoredAny>,
            #[serde(default, deserialize_with = "there")]
            candidate: bool,
        }
        fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
            serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
        }
        let peek: Peek = object(body.get())?;
        Ok(match (peek.description, peek.candidate) {
            (Some(_), _) => Shape::Description,
            (None, true) => Shape::Candidate,
            (None, false) => Shape::Other,
        })
    }
}

#[cfg(test)]
#[path = "body/tests.rs"]
mod tests;
