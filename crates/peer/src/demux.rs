//! Which protocol a datagram speaks, told by its first byte (RFC 7983 §7).

/// What a datagram is, so far as its first byte can tell.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// 0–3.
    Stun,
    /// 20–63.
    Dtls,
    /// 64–79: ChannelData of a TURN server (RFC 8656 §12.4).
    TurnChannel,
    /// 128–191: RTP and RTCP, protected or not.
    Rtp,
    /// Everything else, and the empty datagram.
    Unknown,
}

impl Kind {
    /// Looks at the first byte only.
    pub fn of(datagram: &[u8]) -> Kind {
        match datagram.first() {
            Some(0..=3) => Kind::Stun,
            Some(20..=63) => Kind::Dtls,
            Some(64..=79) => Kind::TurnChannel,
            Some(128..=191) => Kind::Rtp,
            _ => Kind::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_byte_has_the_one_kind_of_the_figure() {
        let expected = |byte: u8| match byte {
            0..=3 => Kind::Stun,
            20..=63 => Kind::Dtls,
            64..=79 => Kind::TurnChannel,
            128..=191 => Kind::Rtp,
            _ => Kind::Unknown, // 4..=15 and 16..=19 (ZRTP), 80..=127 (QUIC) are not ours
        };
        assert!((0..=255).all(|byte| Kind::of(&[byte, 9]) == expected(byte)));
        assert_eq!(Kind::of(&[]), Kind::Unknown);
    }
}
