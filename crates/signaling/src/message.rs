//! The messages: JSON text frames of at most 64 KiB, over a WebSocket of the subprotocol `limpid.1`.
//!
//! Readers ignore members and kinds that they do not know. The server reads the envelope only: a body passes through as
//! the bytes that came.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The version in `join`.
pub const VERSION: u32 = 1;
/// The WebSocket subprotocol that both ends must name.
pub const SUBPROTOCOL: &str = "limpid.1";
/// The longest frame in bytes. A description is 2 to 10 KiB.
pub const MAX_FRAME: usize = 64 * 1024;

/// Not a message of ours: no JSON object, a member missing, or one of the wrong type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a message of limpid.1")
    }
}

impl std::error::Error for Malformed {}

/// What a member came for. It decides the kind of the room: a share (`send`, `receive`) or a call.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Has files; opens the room.
    Send,
    /// Wants them; one for each share.
    Receive,
    /// Talks with everyone in the room.
    Call,
}

/// From a client to the server.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub enum ToServer<'a> {
    /// Enters a room, or comes back to one.
    Join {
        /// [`VERSION`].
        v: u32,
        /// What the room is called: 1 to 64 characters of base64url.
        room: Cow<'a, str>,
        /// What for.
        role: Role,
        /// The token of an earlier `joined`: comes back as the same member.
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<Cow<'a, str>>,
    },
    /// Passes a body on to another member.
    To {
        /// That member's id.
        to: Cow<'a, str>,
        /// Counts this member's messages to that one, from 0.
        n: u64,
        /// A [`Body`](crate::Body), as it stands.
        body: &'a RawValue,
    },
}

/// Reads an object. (serde would take an array for a struct, too.)
pub(crate) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Malformed> {
    if !text.trim_start().starts_with('{') {
        return Err(Malformed);
    }
    serde_json::from_str(text).map_err(|_| Malformed)
}

/// The kind of a message, read first: members of unknown kinds may have any type.
fn kind(text: &str) -> Result<Cow<'_, str>, Malformed> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow)]
        t: Cow<'a, str>,
    }
    object::<Kind<'_>>(text).map(|kind| kind.t)
}

/// All members of all messages to the server.
#[derive(Deserialize)]
struct ToServerFrame<'a> {
    v: Option<u32>,
    #[serde(borrow)]
    room: Option<Cow<'a, str>>,
    role: Option<Role>,
    #[serde(borrow)]
    resume: Option<Cow<'a, str>>,
    #[serde(borrow)]
    to: Option<Cow<'a, str>>,
    n: Option<u64>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

impl<'a> ToServer<'a> {
    /// Reads a frame. `None`: a kind that we do not know, to be ignored.
    pub fn parse(text: &'a str) -> Result<Option<Self>, Malformed> {
        let kind = kind(text)?;
        if !matches!(kind.as_ref(), "join" | "to") {
            return Ok(None);
        }
        let frame: ToServerFrame<'a> = object(text)?;
        Ok(Some(match kind.as_ref() {
            "join" => ToServer::Join {
                v: frame.v.ok_or(Malformed)?,
                room: frame.room.ok_or(Malformed)?,
                role: frame.role.ok_or(Malformed)?,
                resume: frame.resume,
            },
            _ => ToServer::To {
                to: frame.to.ok_or(Malformed)?,
                n: frame.n.ok_or(Malformed)?,
                body: frame.body.ok_or(Malformed)?,
            },
        }))
    }
}

/// A STUN or TURN server, shaped as the W3C's `RTCIceServer`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:HOST:PORT`, `turn:…`.
    pub urls: Vec<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// Whether a member came or went.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Came.
    Joined,
    /// Went, for good.
    Left,
}

/// From the server to a client. Owned: the client keeps what it says.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub enum FromServer {
    /// The answer to `join`.
    Joined {
        /// The id that the server chose for this member.
        you: String,
        /// For coming back within 30 s after the socket broke. Secret; another one each time.
        resume: String,
        /// Who was there first. The newcomer makes the offers.
        peers: Vec<String>,
        /// Servers that this client can reach; often none.
        ice: Vec<IceServer>,
    },
    /// Another member came or went.
    Peer {
        /// Who.
        id: String,
        /// Which.
        state: Presence,
        /// Why it left: `closed`, `lost`, or the slug of a close code.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A body from another member.
    From {
        /// Who: set by the server.
        from: String,
        /// Counts that member's messages to this one, from 0.
        n: u64,
        /// A [`Body`](crate::Body), as it stands.
        body: Box<RawValue>,
    },
    /// What went wrong, right before the socket closes with a [`CloseCode`](crate::CloseCode).
    Error {
        /// The close code's slug.
        error: String,
        /// The sentence for people.
        message: String,
    },
}

#[derive(Deserialize)]
struct FromServerFrame {
    you: Option<String>,
    resume: Option<String>,
    peers: Option<Vec<String>>,
    #[serde(default)]
    ice: Vec<IceServer>,
    id: Option<String>,
    state: Option<Presence>,
    reason: Option<String>,
    from: Option<String>,
    n: Option<u64>,
    body: Option<Box<RawValue>>,
    error: Option<String>,
    message: Option<String>,
}

impl FromServer {
    /// Reads a frame. `None`: a kind that we do not know, to be ignored.
    pub fn parse(text: &str) -> Result<Option<Self>, Malformed> {
        let kind = kind(text)?;
        if !matches!(kind.as_ref(), "joined" | "peer" | "from" | "error") {
            return Ok(None);
        }
        let frame: FromServerFrame = object(text)?;
        Ok(Some(match kind.as_ref() {
            "joined" => FromServer::Joined {
                you: frame.you.ok_or(Malformed)?,
                resume: frame.resume.ok_or(Malformed)?,
                peers: frame.peers.ok_or(Malformed)?,
                ice: frame.ice,
            },
            "peer" => FromServer::Peer {
                id: frame.id.ok_or(Malformed)?,
                state: frame.state.ok_or(Malformed)?,
                reason: frame.reason,
            },
            "from" => FromServer::From {
                from: frame.from.ok_or(Malformed)?,
                n: frame.n.ok_or(Malformed)?,
                body: frame.body.ok_or(Malformed)?,
            },
            _ => FromServer::Error {
                error: frame.error.ok_or(Malformed)?,
                message: frame.message.unwrap_or_default(),
            },
        }))
    }
}

/// Any message as the text of a frame.
pub fn to_text(message: &impl Serialize) -> String {
    // invariant: messages are strings, numbers and raw JSON.
    serde_json::to_string(message).expect("a message is plain data")
}

#[cfg(test)]
#[path = "message/tests.rs"]
mod tests;
