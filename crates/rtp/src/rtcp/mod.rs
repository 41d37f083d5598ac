//! RTCP packets: what senders and receivers tell each other about streams. RFC 3550 §6, RFC 4585 §6, RFC 5104 §4, RFC 3611.
//!
//! Bytes of one datagram go in, views that borrow from them come out ([`packets`]); writers append to the caller's buffer
//! and write nothing but legal packets. One file a packet type:
//!
//! | packet | file |
//! |---|---|
//! | the four bytes in front of each | `common` |
//! | sender and receiver report (200, 201) | `report` |
//! | source description (202) | `sdes` |
//! | goodbye (203) | `bye` |
//! | application-defined (204) | `app` |
//! | generic NACK (205/1) | `nack` |
//! | requests for a key frame: picture loss (206/1), full intra (206/4) | `key_frame` |
//! | rates that a receiver takes: TMMBR, TMMBN (205/3, 205/4), REMB (206/15) | `tmmb`, `remb` |
//! | arrivals: by transport-wide number (205/15), by SSRC (205/11) | `twcc`, `ccfb` |
//! | extended reports (207) | `xr` |
//! | what may be put into one datagram | `compound` |

mod app;
mod bye;
pub mod ccfb;
mod common;
pub mod compound;
mod key_frame;
mod nack;
mod packet;
mod rate;
mod remb;
mod report;
mod sdes;
mod tmmb;
pub mod twcc;
mod xr;

pub use app::{Application, write_application};
pub use bye::{Goodbye, write_goodbye};
pub use common::{
    Feedback, Raw, RawPackets, feedback_format, is_rtcp, packet_type, raw_packets, write_feedback,
};
pub use key_frame::{
    FullIntraEntry, FullIntraRequest, write_full_intra_request, write_picture_loss_indication,
};
pub use nack::{Nack, NackPair, write_nack};
pub use packet::{Packet, Packets, packets};
pub use remb::{Remb, write_remb};
pub use report::{
    ReceiverReport, ReportBlock, SenderInfo, SenderReport, compact_duration, compact_ntp, round_trip,
    write_receiver_report, write_sender_report,
};
pub use sdes::{Chunk, Item, ItemKind, SourceDescription, cname_len, write_cname, write_source_description};
pub use tmmb::{RateLimit, Tmmb, write_tmmbn, write_tmmbr};
pub use xr::{Block, ExtendedReport, ExtendedReportWriter, LastReceiverReport};
