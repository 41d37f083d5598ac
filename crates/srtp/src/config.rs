//! What can be chosen about a context.

use crate::header_ext::ExtensionIds;

/// What a [`Context`](crate::Context) is told when it is made.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// How many indices back from the highest may still come (RFC 3711 §3.3.2: at least 64). Rounded up to a power of two from
    /// 64 to 32 768, beyond which no index could be told.
    ///
    /// Default 1024: an RTP packet that is sent again under its own sequence number comes a round trip late, and video
    /// of 10 Mbit/s sends about 1000 packets in a second.
    pub replay_window: usize,
    /// How many SSRCs may be in use. A new one beyond it is refused; four times as many that were
    /// [removed](crate::Context::remove_source) are remembered. Default 256: a meeting of 50, each with three layers of video
    /// and their retransmissions, is within it, and at most 200 KiB of memory.
    pub max_sources: usize,
    /// RFC 9335: CSRCs and header extensions encrypted as a whole. Default [`Cryptex::Receive`].
    pub cryptex: Cryptex,
    /// RFC 6904: the header extensions that are encrypted one by one. Both sides know the same. Default: none.
    pub encrypted_extensions: ExtensionIds,
    /// Whether RTCP is encrypted, or authenticated only (RFC 3711 §3.4). A receiver reads this from each packet. Default: yes.
    pub encrypt_rtcp: bool,
    /// How many RTP packets the key may protect: at most, and by default, 2⁴⁸ (RFC 3711 §9.2).
    pub rtp_lifetime: u64,
    /// How many RTCP packets the key may protect: at most, and by default, 2³¹ (RFC 3711 §9.2).
    pub rtcp_lifetime: u64,
}

/// RFC 3711 §9.2: RTP packets under one master key.
pub(crate) const MAX_RTP_PACKETS: u64 = 1 << 48;
/// RFC 3711 §9.2: RTCP packets under one master key.
pub(crate) const MAX_RTCP_PACKETS: u64 = 1 << 31;

impl Default for Config {
    fn default() -> Self {
        Config {
            replay_window: 1024,
            max_sources: 256,
            cryptex: Cryptex::default(),
            encrypted_extensions: ExtensionIds::default(),
            encrypt_rtcp: true,
            rtp_lifetime: MAX_RTP_PACKETS,
            rtcp_lifetime: MAX_RTCP_PACKETS,
        }
    }
}

impl Config {
    /// Words of 64 bits in a replay window of RTP.
    pub(crate) fn window_words(&self) -> usize {
        self.replay_window.clamp(64, 1 << 15).next_power_of_two() / 64
    }
}

/// How a context deals with RFC 9335.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Cryptex {
    /// Not at all: a received `0xC0DE` is an extension like any other.
    Off,
    /// Received packets are decrypted where they say so; ours are sent without. What is right before the peer's `a=cryptex`
    /// is known.
    #[default]
    Receive,
    /// And ours are sent with it, if they have CSRCs or extensions of RFC 8285. What is right once it was negotiated.
    Send,
    /// And what should have come with it, but did not, is dropped; what can not be sent with it is refused.
    Require,
}

impl Cryptex {
    pub(crate) fn receives(self) -> bool {
        self != Cryptex::Off
    }

    pub(crate) fn sends(self) -> bool {
        matches!(self, Cryptex::Send | Cryptex::Require)
    }
}
