//! Close codes: part of the protocol, each with a slug for programs and a sentence for people.

use std::fmt;

/// Why the server closed a WebSocket: codes 4000 to 4010 of the private range of RFC 6455 §7.4.2.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u16)]
pub enum CloseCode {
    /// Nobody who sends is in the room that a receiver wanted.
    NoSuchRoom = 4000,
    /// A short code was spent before. (Links are never spent; kept for codes.)
    CodeUsed = 4001,
    /// Time ran out: nothing was said, no room was joined, or a code grew old.
    Expired = 4002,
    /// The room, or the server, has as many as it takes; a share takes one receiver.
    Full = 4003,
    /// What came is not `limpid.1`: another version, malformed, binary, or out of turn.
    Version = 4004,
    /// A proof of knowledge failed. (The server never sees the proof of a link; kept for codes.)
    BadProof = 4005,
    /// The sender of a share has left, which ends its room.
    PeerLeft = 4006,
    /// More than a limit allows: messages, candidates, bytes in a frame, sockets or joins of one address.
    Rate = 4007,
    /// The client does not read what it is sent.
    SlowConsumer = 4008,
    /// The server is going down, or the same client came back on another socket.
    GoAway = 4009,
    /// A pass is needed. (For servers that ask for one.)
    Auth = 4010,
}

impl CloseCode {
    /// All of them, in order.
    pub const ALL: [CloseCode; 11] = [
        CloseCode::NoSuchRoom,
        CloseCode::CodeUsed,
        CloseCode::Expired,
        CloseCode::Full,
        CloseCode::Version,
        CloseCode::BadProof,
        CloseCode::PeerLeft,
        CloseCode::Rate,
        CloseCode::SlowConsumer,
        CloseCode::GoAway,
        CloseCode::Auth,
    ];

    /// The number on the wire.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The code with this number, if it is one of ours.
    pub fn from_number(number: u16) -> Option<Self> {
        CloseCode::ALL.into_iter().find(|code| code.number() == number)
    }

    /// A name for programs: stable, lower case, with dashes.
    pub const fn slug(self) -> &'static str {
        match self {
            CloseCode::NoSuchRoom => "no-such-room",
            CloseCode::CodeUsed => "code-used",
            CloseCode::Expired => "expired",
            CloseCode::Full => "full",
            CloseCode::Version => "version",
            CloseCode::BadProof => "bad-proof",
            CloseCode::PeerLeft => "peer-left",
            CloseCode::Rate => "rate",
            CloseCode::SlowConsumer => "slow-consumer",
            CloseCode::GoAway => "goaway",
            CloseCode::Auth => "auth",
        }
    }

    /// What a person reads: what happened, and what to do next.
    pub const fn message(self) -> &'static str {
        match self {
            CloseCode::NoSuchRoom => {
                "Nobody is sharing under this link now. Ask the sender to keep the page open, or for a new link."
            }
            CloseCode::CodeUsed => "This code was used already. Ask the sender for a new one.",
            CloseCode::Expired => "The server waited too long for an answer. Try again.",
            CloseCode::Full => {
                "Somebody else is already receiving this. Ask the sender for a link of your own."
            }
            CloseCode::Version => "The two ends speak different versions. Reload the page, or update limpid.",
            CloseCode::BadProof => "That was the wrong code. Ask the sender for a new one.",
            CloseCode::PeerLeft => "The sender has left. Ask for a new link.",
            CloseCode::Rate => "Too much at once for this server. Wait a minute, then try again.",
            CloseCode::SlowConsumer => "This side did not read its messages in time. Try again.",
            CloseCode::GoAway => "The server is restarting. Trying again by itself.",
            CloseCode::Auth => "This server asks for a pass.",
        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.slug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_run_from_4000_to_4010_with_slugs_of_their_own() {
        let numbers: Vec<u16> = CloseCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, (4000..=4010).collect::<Vec<u16>>());
        let slugs: std::collections::BTreeSet<&str> = CloseCode::ALL.iter().map(|code| code.slug()).collect();
        assert_eq!(slugs.len(), CloseCode::ALL.len());
        assert!(CloseCode::ALL.iter().all(|code| CloseCode::from_number(code.number()) == Some(*code)));
        assert_eq!(CloseCode::from_number(4011), None);
    }
}
