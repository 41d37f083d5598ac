//! What is agreed on for one section of the description: which payload types mean what. RFC 9143 §9.

use alloc::vec::Vec;

use crate::codec::Format;
use crate::fec::Form;
use crate::names::{Mid, PayloadType, Rid};

/// What a payload type of a section stands for.
#[derive(Clone, PartialEq, Debug)]
pub enum Meaning {
    /// Frames of this format.
    Media(Format),
    /// Packets of that payload type once more. RFC 4588.
    Retransmission(PayloadType),
    /// Keys of a telephone, which lie beside the frames: their packets count, and are not read as frames. RFC 4733.
    Tones,
    /// Packets of this format, with earlier ones repeated behind them. RFC 2198.
    Redundancy(Format),
    /// Packets of any format of the section, or generic parity, in the wrapping of RFC 2198: `red` of pictures.
    Wrapping,
    /// Packets that bring back lost ones. Generic parity comes inside of [`Meaning::Wrapping`], the flexible ones as a stream
    /// of their own ([`Session::bind_parity`](super::Session::bind_parity)).
    Parity(Form),
}

/// One payload type.
#[derive(Clone, PartialEq, Debug)]
pub struct Payload {
    /// The number on the wire.
    pub payload_type: PayloadType,
    /// What it stands for.
    pub meaning: Meaning,
    /// Units of the timestamp in a second.
    pub clock_rate: u32,
    /// Lost packets may be asked for (`nack`).
    pub nack: bool,
    /// Key frames may be asked for by PLI (`nack pli`).
    pub pli: bool,
    /// Key frames may be asked for by FIR (`ccm fir`).
    pub fir: bool,
}

/// One section: a track in each direction at most, in one or several encodings.
#[derive(Clone, PartialEq, Debug)]
pub struct Section {
    /// Its name in header extensions; `None` where names are not in use.
    pub mid: Option<Mid>,
    /// What we take, the preferred first.
    pub payloads: Vec<Payload>,
    /// The encodings that were announced by name. Empty: one, without a name.
    pub rids: Vec<Rid>,
    /// Frames are pictures: they are asked for again, and decoded from key frames on.
    pub is_video: bool,
}

impl Section {
    /// What this number stands for here.
    pub fn payload(&self, payload_type: PayloadType) -> Option<&Payload> {
        self.payloads.iter().find(|payload| payload.payload_type == payload_type)
    }

    /// The number under which packets of `payload_type` are sent again.
    pub fn retransmission_of(&self, payload_type: PayloadType) -> Option<PayloadType> {
        let repairs = |payload: &&Payload| payload.meaning == Meaning::Retransmission(payload_type);
        self.payloads.iter().find(repairs).map(|payload| payload.payload_type)
    }

    /// Lost packets are asked for again.
    pub(super) fn asks_again(&self) -> bool {
        self.payloads.iter().any(|payload| payload.nack)
    }

    /// Key frames are asked for by FIR, as there is no PLI.
    pub(super) fn asks_by_fir(&self) -> bool {
        !self.payloads.iter().any(|payload| payload.pli) && self.payloads.iter().any(|payload| payload.fir)
    }
}
