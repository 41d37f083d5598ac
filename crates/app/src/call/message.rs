//! What goes over the channel `call`: JSON texts. PROTOCOLS.md 11.

use serde::{Deserialize, Serialize};

/// The label of the channel.
pub const CHANNEL: &str = "call";
/// The longest message in bytes.
pub const MAX_TEXT: usize = 64 * 1024;
/// The longest name, in characters.
pub const MAX_NAME: usize = 64;
/// The longest chat, in characters.
pub const MAX_CHAT: usize = 4000;
/// How many chats are kept for those who come later.
pub const HISTORY: usize = 50;
/// Most members of a call.
pub const MAX_MEMBERS: usize = 6;
/// Most of them that send pictures.
pub const MAX_VIDEO: usize = 4;

/// What becomes of a microphone or a camera.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// It is sent.
    On,
    /// Its user turned it off.
    Off,
    /// The device or its system turned it off.
    Muted,
    /// There is none, or one that we do not know.
    #[default]
    #[serde(other)]
    None,
}

/// What a member sends.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The voice.
    pub mic: Source,
    /// The picture.
    pub camera: Source,
    /// The section that carries a screen.
    pub screen: Option<String>,
}

impl State {
    /// Whether pictures are sent, or would be but for the device: they count among [`MAX_VIDEO`].
    pub fn has_video(&self) -> bool {
        matches!(self.camera, Source::On | Source::Muted) || self.screen.is_some()
    }
}

/// Something that was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Chat {
    /// 8 to 16 random bytes as hex: one that is known is dropped.
    pub id: String,
    /// Who.
    #[serde(default)]
    pub member: String,
    /// What that one is called.
    #[serde(default)]
    pub name: String,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub at: u64,
    /// What.
    pub text: String,
}

/// A message.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "m", rename_all = "lowercase")]
pub enum Message {
    /// Each side's first.
    Hello {
        /// Versions that this side speaks.
        v: Vec<u32>,
        /// 32 bytes as hex; none in a named room.
        #[serde(default)]
        proof: Option<String>,
        /// 32 bytes as hex: see [`words`](crate::call::words). None from whoever knows no words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
        /// 16 bytes as hex.
        #[serde(default)]
        member: Option<String>,
        /// What the member is called.
        #[serde(default)]
        name: String,
        /// `page` or `native`.
        #[serde(default)]
        kind: String,
        /// It writes down what it gets.
        #[serde(default)]
        recording: bool,
        /// What it sends.
        #[serde(default)]
        state: State,
    },
    /// The number that `hello` was about.
    Reveal {
        /// 32 bytes as hex.
        number: String,
    },
    /// What is sent has changed.
    State(State),
    /// Something that was written.
    Chat(Chat),
    /// What was written before this member came.
    History {
        /// Oldest first.
        chats: Vec<Chat>,
    },
    /// Whether the member writes down what it gets.
    Recording {
        /// It does.
        on: bool,
    },
    /// The end.
    Bye {
        /// `done`, `declined`, `busy`, `cancelled`, `error`.
        #[serde(default)]
        reason: String,
    },
}

/// Not a message: no JSON object, too long, or a member missing or of the wrong type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Malformed;

const KINDS: [&str; 7] = ["hello", "reveal", "state", "chat", "history", "recording", "bye"];

impl Message {
    /// Reads a message. `None`: a kind that we do not know, to be ignored. (A `description` or a `candidate` is a body of
    /// signalling, and read as such.)
    pub fn parse(text: &str) -> Result<Option<Self>, Malformed> {
        #[derive(Deserialize)]
        struct Kind<'a> {
            #[serde(borrow)]
            m: std::borrow::Cow<'a, str>,
        }
        if text.len() > MAX_TEXT || !text.trim_start().starts_with('{') {
            return Err(Malformed);
        }
        let Kind { m } = serde_json::from_str(text).map_err(|_| Malformed)?;
        match KINDS.contains(&m.as_ref()) {
            true => serde_json::from_str(text).map(Some).map_err(|_| Malformed),
            false => Ok(None),
        }
    }

    /// The message as JSON.
    pub fn to_text(&self) -> String {
        // invariant: strings, numbers and booleans always serialise.
        serde_json::to_string(self).expect("a message is plain data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stand_as_the_protocol_says() {
        let state = State { mic: Source::On, camera: Source::Muted, screen: Some("4".into()) };
        let hello = Message::Hello {
            v: vec![1],
            proof: None,
            commit: None,
            member: Some("00ff".into()),
            name: "terminal".into(),
            kind: "native".into(),
            recording: true,
            state: state.clone(),
        };
        let text = r#"{"m":"hello","v":[1],"proof":null,"member":"00ff","name":"terminal","kind":"native","recording":true,"state":{"mic":"on","camera":"muted","screen":"4"}}"#;
        assert_eq!(hello.to_text(), text);
        assert_eq!(Message::parse(text), Ok(Some(hello)));
        let state = Message::State(state);
        assert_eq!(state.to_text(), r#"{"m":"state","mic":"on","camera":"muted","screen":"4"}"#);
        assert_eq!(Message::parse(&state.to_text()), Ok(Some(state)));
    }

    #[test]
    fn pictures_are_a_camera_or_a_screen() {
        let state = |camera, screen: Option<&str>| State {
            mic: Source::On,
            camera,
            screen: screen.map(str::to_owned),
        };
        assert!(state(Source::On, None).has_video() && state(Source::Muted, None).has_video());
        assert!(state(Source::Off, Some("2")).has_video());
        assert!(!state(Source::Off, None).has_video() && !State::default().has_video());
    }

    #[test]
    fn unknown_kinds_are_ignored_and_unknown_words_are_nothing() {
        assert_eq!(Message::parse(r#"{"m":"wave"}"#), Ok(None));
        assert_eq!(Message::parse(r#"{"m":"description","description":{}}"#), Ok(None));
        let odd = Message::parse(r#"{"m":"state","mic":"asleep","colour":3}"#);
        assert_eq!(odd, Ok(Some(Message::State(State::default()))));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for text in ["", "[]", "{}", r#"{"m":"chat"}"#, r#"{"m":"hello","v":1}"#, r#"{"m":3}"#] {
            assert_eq!(Message::parse(text), Err(Malformed), "{text}");
        }
        let long = format!(r#"{{"m":"bye","reason":"{}"}}"#, "x".repeat(MAX_TEXT));
        assert_eq!(Message::parse(&long), Err(Malformed));
    }
}
