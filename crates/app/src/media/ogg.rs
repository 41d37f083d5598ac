//! Ogg: packets of Opus in pages that can be found again and checked (RFC 3533, RFC 7845).
//!
//! A *packet* is cut into *segments* of up to 255 bytes; a *page* carries up to 255 segments behind a header with a
//! checksum and a position. The position says where the last packet that ends on the page ends, in samples at 48 kHz:
//! if it is ahead of what the packets add up to, packets are missing.
//!
//! | | file |
//! |---|---|
//! | pages, lacing, checksum (RFC 3533 §6) | `page.rs` |
//! | the two headers, and how long a packet lasts (RFC 7845 §5, RFC 6716 §3.1) | `opus.rs` |
//! | packets with their times | `reader.rs`, `writer.rs` |

pub mod opus;
pub mod page;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::{Packet, Reader};
pub use writer::Writer;
