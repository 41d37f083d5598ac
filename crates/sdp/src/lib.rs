//! Session descriptions: read and written without a loss, and the offers and answers of JSEP as pure functions.
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod attribute;
mod error;
pub mod jsep;
mod lexer;
mod line;
mod media;
mod session;
mod text;
mod write;

pub use attribute::Attribute;
pub use error::JsepError;
pub use lexer::{MAX_BYTES, MAX_LINES};
pub use limpid_sansio::ParseError;
pub use line::{Bandwidth, Connection, Line, Origin, Timing};
pub use media::Media;
pub use session::SessionDescription;
pub use text::Text;
