//! The layers of a connection, each with one mark and one colour, the same in the terminal, the pages and the docs.

/// A layer, as a reader recognises it by eye. Never by colour alone: every layer has a mark.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Layer {
    /// Signalling and SDP.
    Signalling,
    /// STUN and ICE.
    Ice,
    /// TURN.
    Turn,
    /// DTLS.
    Dtls,
    /// SRTP and RTP.
    Rtp,
    /// RTCP.
    Rtcp,
    /// SCTP.
    Sctp,
    /// DCEP and what applications send.
    Data,
    /// What was dropped or is malformed.
    Fault,
}

impl Layer {
    /// The mark: one character, of one column.
    pub const fn mark(self) -> char {
        match self {
            Layer::Signalling => '○',
            Layer::Ice => '◇',
            Layer::Turn => '◈',
            Layer::Dtls => '▣',
            Layer::Rtp => '▲',
            Layer::Rtcp => '△',
            Layer::Sctp => '■',
            Layer::Data => '●',
            Layer::Fault => '✗',
        }
    }

    /// The colour on a light ground and the colour on a dark one, as `#RRGGBB`.
    pub const fn colours(self) -> [&'static str; 2] {
        match self {
            Layer::Signalling => ["#6B7280", "#9CA3AF"],
            Layer::Ice => ["#0D9488", "#2DD4BF"],
            Layer::Turn => ["#0891B2", "#22D3EE"],
            Layer::Dtls => ["#7C3AED", "#A78BFA"],
            Layer::Rtp => ["#EA580C", "#FB923C"],
            Layer::Rtcp => ["#CA8A04", "#FACC15"],
            Layer::Sctp => ["#2563EB", "#60A5FA"],
            Layer::Data => ["#16A34A", "#4ADE80"],
            Layer::Fault => ["#DC2626", "#F87171"],
        }
    }

    /// The layer by the first byte of a datagram, as one port is shared out (RFC 7983 §7).
    pub const fn of_datagram(first_byte: u8) -> Option<Layer> {
        Some(match first_byte {
            0..=3 => Layer::Ice,
            20..=63 => Layer::Dtls,
            64..=79 => Layer::Turn,
            128..=191 => Layer::Rtp,
            _ => return None,
        })
    }
}
