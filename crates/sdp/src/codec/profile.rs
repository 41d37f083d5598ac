//! Which parameters make two codecs of one name different ones, and what an answer says of the others.
//! RFC 6184 §8.1 and §8.2.2, RFC 7798 §7.1, RFC 9628 §6, the RTP payload format of AV1 §7.2.

use alloc::string::String;

use super::Codec;
use crate::lexer::number;

/// Whether streams of one can be sent to who named the other.
pub(super) fn is_same(one: &Codec, other: &Codec) -> bool {
    let equal = |key: &str, default: &str| {
        let value = |codec: &Codec| codec.parameter(key).unwrap_or(default).to_ascii_lowercase();
        value(one) == value(other)
    };
    if one.is("H264") {
        return equal("packetization-mode", "0") && h264(one).0 == h264(other).0;
    }
    if one.is("H265") {
        return equal("profile-id", "1") && equal("tier-flag", "0") && equal("tx-mode", "SRST");
    }
    if one.is("VP9") {
        return equal("profile-id", "0");
    }
    !one.is("AV1") || equal("profile", "0")
}

/// The parameters that an answer states for a codec that we have as `ours` and that was offered as `theirs`.
///
/// They are ours, but for the level of H.264 and H.265: without leave to differ it is the lower of both.
pub(crate) fn answered_parameters(ours: &Codec, theirs: &Codec) -> String {
    if ours.is("H264") && !(may_differ(ours) && may_differ(theirs)) {
        let (profile, idc, iop, our_level) = h264(ours);
        let level = our_level.min(h264(theirs).3);
        let iop = if profile.has_level_1b() { iop & !LEVEL_1B_BIT | level.bit() } else { iop };
        let id = alloc::format!("{idc:02x}{iop:02x}{:02x}", level.idc());
        return with(ours, "profile-level-id", &id);
    }
    if ours.is("H265") {
        let level =
            |codec: &Codec| codec.parameter("level-id").and_then(|id| number(id).ok()).unwrap_or(93u8);
        let level = level(ours).min(level(theirs));
        return with(ours, "level-id", &alloc::format!("{level}"));
    }
    ours.parameters.clone()
}

fn may_differ(codec: &Codec) -> bool {
    codec.parameter("level-asymmetry-allowed") == Some("1")
}

/// The parameters with another value for one key, which is added if it is not there.
fn with(codec: &Codec, key: &str, value: &str) -> String {
    let mut out = String::with_capacity(codec.parameters.len() + key.len() + value.len() + 2);
    let mut is_there = false;
    for pair in codec.parameters.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or_default();
        if !out.is_empty() {
            out.push(';');
        }
        match name.eq_ignore_ascii_case(key) {
            true => {
                is_there = true;
                out = out + key + "=" + value;
            }
            false => out.push_str(pair),
        }
    }
    if !is_there {
        let separator = if out.is_empty() { "" } else { ";" };
        out = out + separator + key + "=" + value;
    }
    out
}

/// The profiles of H.264 that RFC 6184 tells apart (§8.1, table 5), and all others by their bytes.
#[derive(PartialEq, Eq)]
enum H264 {
    ConstrainedBaseline,
    Baseline,
    Main,
    Extended,
    High,
    ConstrainedHigh,
    Other(u8, u8),
}

impl H264 {
    /// In these level 1b is 1.1 with another bit (H.264 A.3.1, RFC 6184 §8.1).
    const fn has_level_1b(&self) -> bool {
        !matches!(self, H264::High | H264::ConstrainedHigh | H264::Other(..))
    }
}

/// constraint_set3_flag.
const LEVEL_1B_BIT: u8 = 0x10;

/// A level of H.264: twice its number, so that 1b has a place below 1.1.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Level(u16);

impl Level {
    const ONE_B: Level = Level(21);

    const fn idc(self) -> u8 {
        self.0.div_ceil(2) as u8
    }

    const fn bit(self) -> u8 {
        if self.0 == Self::ONE_B.0 { LEVEL_1B_BIT } else { 0 }
    }
}

/// Profile, its two bytes, and level. Nothing said: Baseline, level 1 (RFC 6184 §8.1).
fn h264(codec: &Codec) -> (H264, u8, u8, Level) {
    let digits = codec.parameter("profile-level-id").filter(|id| id.len() == 6 && id.is_ascii());
    let digits = digits.unwrap_or("42000a");
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap_or(0);
    let (idc, iop, level) = (byte(0), byte(2), byte(4));
    let profile = match (idc, iop) {
        (0x42, iop) if iop & 0x4f == 0x40 => H264::ConstrainedBaseline,
        (0x4d, iop) if iop & 0x8f == 0x80 => H264::ConstrainedBaseline,
        (0x58, iop) if iop & 0xcf == 0xc0 => H264::ConstrainedBaseline,
        (0x42, iop) if iop & 0x4f == 0 => H264::Baseline,
        (0x58, iop) if iop & 0xcf == 0x80 => H264::Baseline,
        (0x4d, iop) if iop & 0xaf == 0 => H264::Main,
        (0x58, iop) if iop & 0xcf == 0 => H264::Extended,
        (0x64, 0x00) => H264::High,
        (0x64, 0x0c) => H264::ConstrainedHigh,
        (idc, iop) => H264::Other(idc, iop),
    };
    let is_1b = profile.has_level_1b() && level == 11 && iop & LEVEL_1B_BIT != 0;
    (profile, idc, iop, if is_1b { Level::ONE_B } else { Level(u16::from(level) * 2) })
}
