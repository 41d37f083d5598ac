//! Attributes: their types (one table), and what their values mean. RFC 8489 §14, RFC 8656 §18, RFC 8445 §16.1, RFC 5780 §7.
//!
//! [`Attribute`] is the typed value: always legal, parsed from and written to the bytes of one attribute. A type that this
//! table does not know is kept as [`Attribute::Other`], so that a message can be taken apart and put together again.

use core::fmt;
use core::net::SocketAddr;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader, Writer};

use crate::address::{self, AddressFamily};
use crate::error_code::ErrorCode;
use crate::message::TransactionId;
use crate::password_algorithm::{PasswordAlgorithm, PasswordAlgorithms};

/// Texts that we write are shorter than 509 bytes (RFC 8489 §14.3, §14.8 to §14.10, §14.14).
pub const MAX_TEXT_LEN: usize = 508;
/// Texts that we read may be this long, for peers that follow RFC 5389 (RFC 8489 §14.3).
pub(crate) const MAX_TEXT_READ: usize = 763;

macro_rules! attribute_types {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        impl AttributeType {
            $($(#[$doc])* pub const $name: AttributeType = AttributeType($code);)*

            /// Every type that has a name here.
            pub const KNOWN: &[AttributeType] = &[$(AttributeType($code)),*];

            /// The registry's name.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

/// What an attribute is about: a number of the registry "STUN Attributes". Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeType(pub u16);

attribute_types! {
    /// RFC 8489 §14.1.
    MAPPED_ADDRESS = 0x0001, "MAPPED-ADDRESS";
    /// RFC 5780 §7.2.
    CHANGE_REQUEST = 0x0003, "CHANGE-REQUEST";
    /// RFC 8489 §14.3.
    USERNAME = 0x0006, "USERNAME";
    /// RFC 8489 §14.5.
    MESSAGE_INTEGRITY = 0x0008, "MESSAGE-INTEGRITY";
    /// RFC 8489 §14.8.
    ERROR_CODE = 0x0009, "ERROR-CODE";
    /// RFC 8489 §14.13.
    UNKNOWN_ATTRIBUTES = 0x000a, "UNKNOWN-ATTRIBUTES";
    /// RFC 8656 §18.1.
    CHANNEL_NUMBER = 0x000c, "CHANNEL-NUMBER";
    /// RFC 8656 §18.2.
    LIFETIME = 0x000d, "LIFETIME";
    /// RFC 8656 §18.3.
    XOR_PEER_ADDRESS = 0x0012, "XOR-PEER-ADDRESS";
    /// RFC 8656 §18.4.
    DATA = 0x0013, "DATA";
    /// RFC 8489 §14.9.
    REALM = 0x0014, "REALM";
    /// RFC 8489 §14.10.
    NONCE = 0x0015, "NONCE";
    /// RFC 8656 §18.5.
    XOR_RELAYED_ADDRESS = 0x0016, "XOR-RELAYED-ADDRESS";
    /// RFC 8656 §18.6.
    REQUESTED_ADDRESS_FAMILY = 0x0017, "REQUESTED-ADDRESS-FAMILY";
    /// RFC 8656 §18.7.
    EVEN_PORT = 0x0018, "EVEN-PORT";
    /// RFC 8656 §18.8.
    REQUESTED_TRANSPORT = 0x0019, "REQUESTED-TRANSPORT";
    /// RFC 8656 §18.9.
    DONT_FRAGMENT = 0x001a, "DONT-FRAGMENT";
    /// RFC 7635 §6.2.
    ACCESS_TOKEN = 0x001b, "ACCESS-TOKEN";
    /// RFC 8489 §14.6.
    MESSAGE_INTEGRITY_SHA256 = 0x001c, "MESSAGE-INTEGRITY-SHA256";
    /// RFC 8489 §14.12.
    PASSWORD_ALGORITHM = 0x001d, "PASSWORD-ALGORITHM";
    /// RFC 8489 §14.4.
    USERHASH = 0x001e, "USERHASH";
    /// RFC 8489 §14.2.
    XOR_MAPPED_ADDRESS = 0x0020, "XOR-MAPPED-ADDRESS";
    /// RFC 8656 §18.10.
    RESERVATION_TOKEN = 0x0022, "RESERVATION-TOKEN";
    /// RFC 8445 §16.1.
    PRIORITY = 0x0024, "PRIORITY";
    /// RFC 8445 §16.1.
    USE_CANDIDATE = 0x0025, "USE-CANDIDATE";
    /// RFC 5780 §7.6.
    PADDING = 0x0026, "PADDING";
    /// RFC 5780 §7.5.
    RESPONSE_PORT = 0x0027, "RESPONSE-PORT";
    /// RFC 6062 §6.2.1.
    CONNECTION_ID = 0x002a, "CONNECTION-ID";
    /// RFC 8656 §18.11.
    ADDITIONAL_ADDRESS_FAMILY = 0x8000, "ADDITIONAL-ADDRESS-FAMILY";
    /// RFC 8656 §18.12.
    ADDRESS_ERROR_CODE = 0x8001, "ADDRESS-ERROR-CODE";
    /// RFC 8489 §14.11.
    PASSWORD_ALGORITHMS = 0x8002, "PASSWORD-ALGORITHMS";
    /// RFC 8489 §14.16.
    ALTERNATE_DOMAIN = 0x8003, "ALTERNATE-DOMAIN";
    /// RFC 8656 §18.13.
    ICMP = 0x8004, "ICMP";
    /// RFC 8489 §14.14.
    SOFTWARE = 0x8022, "SOFTWARE";
    /// RFC 8489 §14.15.
    ALTERNATE_SERVER = 0x8023, "ALTERNATE-SERVER";
    /// RFC 7982 §3.2.
    TRANSACTION_TRANSMIT_COUNTER = 0x8025, "TRANSACTION_TRANSMIT_COUNTER";
    /// RFC 8489 §14.7.
    FINGERPRINT = 0x8028, "FINGERPRINT";
    /// RFC 8445 §16.1.
    ICE_CONTROLLED = 0x8029, "ICE-CONTROLLED";
    /// RFC 8445 §16.1.
    ICE_CONTROLLING = 0x802a, "ICE-CONTROLLING";
    /// RFC 5780 §7.3.
    RESPONSE_ORIGIN = 0x802b, "RESPONSE-ORIGIN";
    /// RFC 5780 §7.4.
    OTHER_ADDRESS = 0x802c, "OTHER-ADDRESS";
    /// RFC 7635 §6.1.
    THIRD_PARTY_AUTHORIZATION = 0x802e, "THIRD-PARTY-AUTHORIZATION";
    /// RFC 8016 §3.
    MOBILITY_TICKET = 0x8030, "MOBILITY-TICKET";
    /// What Chromium says about its network in every check (registered, no document).
    GOOG_NETWORK_INFO = 0xc057, "GOOG-NETWORK-INFO";
}

impl AttributeType {
    /// Below 0x8000: who does not understand it can not process the message (RFC 8489 §14).
    pub const fn is_comprehension_required(self) -> bool {
        self.0 < 0x8000
    }
}

impl fmt::Debug for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "attribute {:#06x}", self.0),
        }
    }
}

/// One attribute, understood.
///
/// Addresses are clear: the XOR happens on the way from and to the wire. Texts are UTF-8; more than [`MAX_TEXT_LEN`] bytes
/// of one are never written.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Attribute<'a> {
    /// The client's address as the server sees it, for peers of RFC 3489.
    MappedAddress(SocketAddr),
    /// Answer from another address or port, please.
    ChangeRequest {
        /// From the other IP address.
        address: bool,
        /// From the other port.
        port: bool,
    },
    /// Whose key protects the message.
    Username(&'a str),
    /// HMAC-SHA1. Written by [`Builder::integrity`](crate::Builder::integrity) alone.
    MessageIntegrity(&'a [u8; 20]),
    /// Why not.
    ErrorCode(ErrorCode<'a>),
    /// What a server did not understand: two bytes a type.
    UnknownAttributes(UnknownAttributes<'a>),
    /// TURN: a channel, 0x4000 to 0x4fff when legal.
    ChannelNumber(u16),
    /// TURN: seconds.
    Lifetime(u32),
    /// TURN: the other end.
    XorPeerAddress(SocketAddr),
    /// TURN: what it sent.
    Data(&'a [u8]),
    /// Whose accounts these are.
    Realm(&'a str),
    /// A value that the server chose; see [`nonce`](crate::auth::nonce).
    Nonce(&'a str),
    /// TURN: the address that peers see.
    XorRelayedAddress(SocketAddr),
    /// TURN: the kind of relayed address that is wanted.
    RequestedAddressFamily(AddressFamily),
    /// TURN: an even port, please; and hold the next one.
    EvenPort {
        /// Reserve the next-higher port.
        reserve: bool,
    },
    /// TURN: an IP protocol number; 17 is UDP.
    RequestedTransport(u8),
    /// TURN: set the bit of that name.
    DontFragment,
    /// HMAC-SHA256, perhaps truncated. Written by [`Builder`](crate::Builder) alone.
    MessageIntegritySha256(&'a [u8]),
    /// How the key was made.
    PasswordAlgorithm(PasswordAlgorithm<'a>),
    /// Who, without saying it: SHA-256 of username and realm.
    UserHash(&'a [u8; 32]),
    /// The client's address as the server sees it.
    XorMappedAddress(SocketAddr),
    /// TURN: names a port that is held.
    ReservationToken([u8; 8]),
    /// ICE: of the peer-reflexive candidate that this check may reveal.
    Priority(u32),
    /// ICE: nominates the pair.
    UseCandidate,
    /// TURN CONNECT: names a connection.
    ConnectionId(u32),
    /// TURN: one more relayed address, of this kind.
    AdditionalAddressFamily(AddressFamily),
    /// TURN: why there is none of that kind.
    AddressErrorCode(AddressFamily, ErrorCode<'a>),
    /// How keys may be made, best first.
    PasswordAlgorithms(PasswordAlgorithms<'a>),
    /// The name in the other server's certificate.
    AlternateDomain(&'a str),
    /// TURN: what a router said about a relayed packet.
    Icmp {
        /// The ICMP type.
        icmp_type: u8,
        /// The ICMP code.
        code: u8,
        /// The next hop's MTU where type and code say so, else 0.
        data: u32,
    },
    /// Who made this, for people.
    Software(&'a str),
    /// Ask there.
    AlternateServer(SocketAddr),
    /// CRC-32 ⊕ 0x5354554e. Written by [`Builder`](crate::Builder) alone.
    Fingerprint(u32),
    /// ICE: the sender is controlled; its tie-breaker.
    IceControlled(u64),
    /// ICE: the sender controls; its tie-breaker.
    IceControlling(u64),
    /// The address that this response came from.
    ResponseOrigin(SocketAddr),
    /// The server's other address.
    OtherAddress(SocketAddr),
    /// Anything else, as it is.
    Other(AttributeType, &'a [u8]),
}

/// A list of attribute types. RFC 8489 §14.13.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct UnknownAttributes<'a>(&'a [u8]);

impl<'a> UnknownAttributes<'a> {
    /// From the attribute's value: two bytes a type.
    pub fn from_wire(value: &'a [u8]) -> Result<Self, ParseError> {
        if !value.len().is_multiple_of(2) {
            return Err(ParseError::new("UNKNOWN-ATTRIBUTES", 0, ParseErrorKind::BadLength));
        }
        Ok(UnknownAttributes(value))
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = AttributeType> + use<'a> {
        self.0.chunks_exact(2).map(|pair| AttributeType(u16::from_be_bytes([pair[0], pair[1]])))
    }
}

mod codec;
pub(crate) use codec::text;

#[cfg(test)]
mod tests;
