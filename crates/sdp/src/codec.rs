//! Codecs as sections name them: a number, a name, a clock, parameters and feedback, and when two of them are the same.
//! RFC 3264 §6.1, RFC 8866 §6.6, RFC 4585 §4.2.
//!
//! Nothing here encodes. Parameters stay the text that they are; only those that tell one codec from another of the same
//! name are looked into (`codec/profile.rs`), and those that name other codecs (`apt` of RFC 4588, the list of RFC 2198).

mod profile;

use alloc::string::String;
use alloc::vec::Vec;

use crate::lexer::number;

pub(crate) use profile::answered_parameters;

/// One payload type of one section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Codec {
    /// 0 to 127, the number in RTP packets.
    pub payload_type: u8,
    /// `opus`, `VP8`, `rtx`, …: compared without regard to case.
    pub name: String,
    /// Of the RTP timestamps, in hertz.
    pub clock_rate: u32,
    /// Of audio; `None` means one.
    pub channels: Option<u8>,
    /// What stands behind `a=fmtp:<payload type>`; empty: nothing.
    pub parameters: String,
    /// `nack`, `nack pli`, `ccm fir`, `transport-cc`, …: one entry for each `a=rtcp-fb` line, also those for all types.
    pub feedback: Vec<String>,
}

/// What a payload type is for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum CodecRole {
    /// It carries sound or pictures of its own.
    Media,
    /// It repeats packets of another payload type (RFC 4588).
    Retransmission,
    /// It carries several payloads of others in one packet (RFC 2198).
    Redundancy,
    /// It mends losses of others: `ulpfec` (RFC 5109), `flexfec-03` (RFC 8627 and its draft).
    ErrorCorrection,
    /// Key presses (RFC 4733).
    Tones,
    /// What silence sounds like (RFC 3389).
    ComfortNoise,
}

impl Codec {
    /// A codec without parameters and feedback.
    pub fn new(payload_type: u8, name: &str, clock_rate: u32) -> Self {
        let (parameters, feedback) = (String::new(), Vec::new());
        Codec { payload_type, name: name.into(), clock_rate, channels: None, parameters, feedback }
    }

    /// The same with so many channels.
    pub fn with_channels(self, channels: u8) -> Self {
        Codec { channels: Some(channels), ..self }
    }

    /// The same with these parameters.
    pub fn with_parameters(self, parameters: &str) -> Self {
        Codec { parameters: parameters.into(), ..self }
    }

    /// The same with this feedback.
    pub fn with_feedback(self, feedback: &[&str]) -> Self {
        Codec { feedback: feedback.iter().map(|word| String::from(*word)).collect(), ..self }
    }

    /// `rtx` for the codec of this number (RFC 4588 §8.1).
    pub fn rtx(payload_type: u8, repairs: u8) -> Self {
        Codec::new(payload_type, "rtx", 90_000).with_parameters(&alloc::format!("apt={repairs}"))
    }

    /// Whether it is called so.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// What it is for.
    pub fn role(&self) -> CodecRole {
        let roles = [
            ("rtx", CodecRole::Retransmission),
            ("red", CodecRole::Redundancy),
            ("ulpfec", CodecRole::ErrorCorrection),
            ("flexfec-03", CodecRole::ErrorCorrection),
            ("flexfec", CodecRole::ErrorCorrection),
            ("telephone-event", CodecRole::Tones),
            ("CN", CodecRole::ComfortNoise),
        ];
        roles.into_iter().find(|(name, _)| self.is(name)).map_or(CodecRole::Media, |(_, role)| role)
    }

    /// One of the parameters of the form `key=value` between semicolons.
    pub fn parameter(&self, key: &str) -> Option<&str> {
        let pairs = self.parameters.split(';').filter_map(|pair| pair.split_once('='));
        let mut found = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(key));
        found.next().map(|(_, value)| value.trim())
    }

    /// Which payload type it repeats, if it is `rtx`.
    pub fn repairs(&self) -> Option<u8> {
        let is_rtx = self.role() == CodecRole::Retransmission;
        self.parameter("apt").filter(|_| is_rtx).and_then(|apt| number(apt).ok())
    }

    /// Whether two sides mean the same by them, whatever their numbers: name, clock, channels, and what the codec's own
    /// document counts as part of its identity. For `rtx` and `red` that is only the kind: what they point to is
    /// compared where both sides' numbers are known.
    pub fn matches(&self, other: &Codec) -> bool {
        let channels = |codec: &Codec| codec.channels.unwrap_or(1);
        self.is(&other.name)
            && self.clock_rate == other.clock_rate
            && channels(self) == channels(other)
            && profile::is_same(self, other)
    }

    /// The numbers of other codecs that the parameters name.
    pub(crate) fn references(&self) -> Vec<u8> {
        match self.role() {
            CodecRole::Retransmission => self.repairs().into_iter().collect(),
            CodecRole::Redundancy => self.parameters.split('/').filter_map(|pt| number(pt).ok()).collect(),
            _ => Vec::new(),
        }
    }

    /// The same under another number, and with other numbers for the codecs that it names. `None`: one of them is gone.
    pub(crate) fn renumbered(&self, payload_type: u8, new: impl Fn(u8) -> Option<u8>) -> Option<Codec> {
        let mut codec = Codec { payload_type, ..self.clone() };
        let numbers: Option<Vec<u8>> = self.references().into_iter().map(new).collect();
        let numbers = numbers?;
        match (self.role(), numbers.first()) {
            (CodecRole::Retransmission, None) => return None,
            (CodecRole::Retransmission, Some(apt)) => {
                let others = self.parameters.split(';').map(str::trim);
                let others = others.filter(|pair| !pair.is_empty() && !pair.starts_with("apt="));
                codec.parameters = others.fold(alloc::format!("apt={apt}"), |all, one| all + ";" + one);
            }
            (CodecRole::Redundancy, Some(_)) => {
                let words: Vec<String> = numbers.iter().map(|pt| alloc::format!("{pt}")).collect();
                codec.parameters = words.join("/");
            }
            _ => {}
        }
        Some(codec)
    }

    /// The codec of a payload type that every RTP profile knows without a word (RFC 3551 §6).
    pub(crate) fn well_known(payload_type: u8) -> Option<Codec> {
        let (name, clock_rate) = match payload_type {
            0 => ("PCMU", 8000),
            3 => ("GSM", 8000),
            8 => ("PCMA", 8000),
            9 => ("G722", 8000),
            13 => ("CN", 8000),
            18 => ("G729", 8000),
            26 => ("JPEG", 90_000),
            31 => ("H261", 90_000),
            34 => ("H263", 90_000),
            _ => return None,
        };
        Some(Codec::new(payload_type, name, clock_rate))
    }
}

/// Feedback by stream and sequence number (RFC 8888 §6).
pub(crate) const CCFB: &str = "ack ccfb";
/// Feedback by the numbers of a header extension (draft-holmer-rmcat-transport-wide-cc-extensions-01 §5).
pub(crate) const TRANSPORT_WIDE: &str = "transport-cc";

/// What both sides give or want of feedback, in the order of the first.
pub(crate) fn common_feedback(ours: &Codec, theirs: &Codec) -> Vec<String> {
    ours.feedback.iter().filter(|word| theirs.feedback.contains(word)).cloned().collect()
}

#[cfg(test)]
mod tests;
