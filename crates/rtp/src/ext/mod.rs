//! Header extensions as typed values: what a few bytes in front of the payload say of a packet. RFC 8285.
//!
//! Offer and answer give each extension a number ([`Map`]); [`Packet::element`](crate::Packet::element) finds the bytes of a
//! number, and the types here read and write them. An extension of an application's own stays bytes.
//!
//! | extension | type | file |
//! |---|---|---|
//! | section, encoding, repaired encoding | [`Mid`](crate::Mid), [`Rid`](crate::Rid) | `identity` |
//! | how loud (RFC 6464, 6465) | [`AudioLevel`], [`CsrcAudioLevels`] | `audio_level` |
//! | when it left (RFC 5450, abs-send-time) | [`TransmissionOffset`], [`AbsSendTime`] | `send_time` |
//! | its number on the transport | [`TransportSequence`], [`FeedbackRequest`] | `transport_wide` |
//! | how the camera was held | [`VideoOrientation`] | `orientation` |
//! | how long to hold it before it is shown | [`PlayoutDelay`] | `playout_delay` |
//! | when it was captured | [`AbsCaptureTime`] | `capture_time` |
//! | what the pictures show, how long encoding took, colours | [`VideoContentType`], [`VideoTiming`], [`ColorSpace`] | `video` |
//! | which layers are sent, and at what rate | [`VideoLayersAllocation`] | `layers` |
//! | which frames need which | [`dependency::Descriptor`] | `dependency` |

mod audio_level;
mod bits;
mod capture_time;
pub mod dependency;
mod identity;
mod kind;
mod layers;
mod orientation;
mod playout_delay;
mod send_time;
mod transport_wide;
mod video;

pub use audio_level::{AudioLevel, CsrcAudioLevels};
pub use capture_time::AbsCaptureTime;
pub use identity::{parse_mid, parse_rid};
pub use kind::{Kind, Map};
pub use layers::{Layer, Resolution, VideoLayersAllocation};
pub use orientation::{Rotation, VideoOrientation};
pub use playout_delay::PlayoutDelay;
pub use send_time::{AbsSendTime, TransmissionOffset};
pub use transport_wide::{FeedbackRequest, TransportSequence};
pub use video::{ColorSpace, VideoContentType, VideoTiming};

use limpid_sansio::wire::{ParseError, ParseErrorKind};

/// The data of an element that has one length only.
fn exactly<const N: usize>(data: &[u8], field: &'static str) -> Result<[u8; N], ParseError> {
    data.try_into().map_err(|_| ParseError::new(field, 0, ParseErrorKind::BadLength))
}

#[cfg(test)]
mod tests;
