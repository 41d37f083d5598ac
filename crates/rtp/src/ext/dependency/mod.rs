//! Which frames need which: the dependency descriptor. AV1 RTP specification, appendix A.
//!
//! A relay that may not look into the payload learns from it which packets a receiver can do without. The first frame brings
//! a [`Structure`]: a list of templates. Later frames name one, and say only in what they differ from it.

mod descriptor;
mod structure;

pub use descriptor::{Descriptor, frame_number};
pub use structure::{Indication, Indications, Structure, Template};

#[cfg(test)]
mod tests;
