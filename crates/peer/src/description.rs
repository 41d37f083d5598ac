//! A session description as the API hands it around: its kind and its text.

use core::fmt;

/// What a description is for (W3C `RTCSdpType`).
#[doc(alias = "RTCSdpType")]
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum DescriptionKind {
    /// Proposes a session.
    Offer,
    /// Answers for now: ICE, DTLS and media begin; another answer follows, of the same peer, which may take other sections and
    /// codecs.
    Pranswer,
    /// Answers for good.
    Answer,
    /// Takes the last offer back (RFC 9429 §4.1.10.2). Its text is empty.
    Rollback,
}

impl DescriptionKind {
    /// The word of the W3C API: `offer`, `pranswer`, `answer`, `rollback`.
    pub const fn as_str(self) -> &'static str {
        match self {
            DescriptionKind::Offer => "offer",
            DescriptionKind::Pranswer => "pranswer",
            DescriptionKind::Answer => "answer",
            DescriptionKind::Rollback => "rollback",
        }
    }

    /// The kind with that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Offer, Self::Pranswer, Self::Answer, Self::Rollback]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// A description: what it is for, and its SDP text.
#[doc(alias = "RTCSessionDescription")]
#[derive(Clone, PartialEq, Eq)]
pub struct Description {
    /// What it is for.
    pub kind: DescriptionKind,
    /// The text of RFC 8866, lines ended by CRLF.
    pub sdp: String,
}

impl Description {
    /// An offer with this text.
    pub fn offer(sdp: impl Into<String>) -> Self {
        Description { kind: DescriptionKind::Offer, sdp: sdp.into() }
    }

    /// An answer with this text.
    pub fn answer(sdp: impl Into<String>) -> Self {
        Description { kind: DescriptionKind::Answer, sdp: sdp.into() }
    }

    /// Takes the last offer back.
    ///
    /// Of two sides that offer at once exactly one has to give way (W3C's "perfect negotiation" calls it polite): it rolls
    /// back, which [`set_remote_description`](crate::Peer::set_remote_description) does by itself, and the other one
    /// ignores the offer that met its own. Which of them is which must be agreed on beforehand. If both give way,
    /// both answer, nobody's answer is wanted, and the handshake of two DTLS clients fails. If neither does, nobody answers.
    pub fn rollback() -> Self {
        Description { kind: DescriptionKind::Rollback, sdp: String::new() }
    }

    /// The text as it may be shown: who knows the password of ICE can take part.
    pub(crate) fn without_passwords(&self) -> String {
        let line = |line: &str| match line.strip_prefix("a=ice-pwd:") {
            Some(_) => "a=ice-pwd:…\r\n".to_owned(),
            None => line.to_owned(),
        };
        self.sdp.split_inclusive('\n').map(line).collect()
    }
}

impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sdp = self.without_passwords();
        f.debug_struct("Description").field("kind", &self.kind).field("sdp", &sdp).finish()
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sdp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_and_traces_show_descriptions_without_their_passwords() {
        let sdp = "a=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecretsecret\r\na=mid:0\r\n";
        let description = Description::offer(sdp);
        assert_eq!(description.without_passwords(), "a=ice-ufrag:abcd\r\na=ice-pwd:…\r\na=mid:0\r\n");
        assert!(!format!("{description:?}").contains("secret"));
        assert_eq!(description.to_string(), sdp, "it is sent as it is");
    }
}
