//! STUN.
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod address;
mod attribute;
pub mod auth;
pub mod binding;
mod builder;
mod client;
mod error;
mod error_code;
mod fingerprint;
mod getters;
mod integrity;
mod message;
mod password_algorithm;
mod transaction;
mod uri;

pub use address::AddressFamily;
pub use attribute::{Attribute, AttributeType, MAX_TEXT_LEN, UnknownAttributes};
pub use auth::{Credentials, short_term_key};
pub use builder::{Builder, Protected, Sealed};
pub use client::{Client, ClientConfig, Event, Failure};
pub use error::{DropReason, FingerprintError, IntegrityError, Misuse};
pub use error_code::ErrorCode;
pub use fingerprint::FINGERPRINT_XOR;
pub use message::{
    Class, HEADER_LEN, MAGIC_COOKIE, MAX_MESSAGE_LEN, Message, Method, RawAttribute, TransactionId,
    looks_like_stun,
};
pub use password_algorithm::{PasswordAlgorithm, PasswordAlgorithms};
pub use transaction::{Due, MIN_RTO, Retransmit, RtoEstimate, TI, Timing};
pub use uri::{Host, Scheme, Uri, UriTransport};
