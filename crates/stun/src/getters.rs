//! The typed getters of [`Message`]: one line each. A value that its type does not allow counts as absent.

use core::net::SocketAddr;

use crate::address::AddressFamily;
use crate::attribute::{Attribute, AttributeType, UnknownAttributes};
use crate::error_code::ErrorCode;
use crate::message::Message;
use crate::password_algorithm::{PasswordAlgorithm, PasswordAlgorithms};

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $ty:ident, $variant:pat => $value:expr, $out:ty;)*) => {
        impl<'a> Message<'a> {
            $($(#[$doc])*
            pub fn $name(&self) -> Option<$out> {
                match self.get(AttributeType::$ty) {
                    Ok(Some($variant)) => Some($value),
                    _ => None,
                }
            })*
        }
    };
}

getters! {
    /// MAPPED-ADDRESS: what old servers send.
    mapped_address: MAPPED_ADDRESS, Attribute::MappedAddress(a) => a, SocketAddr;
    /// XOR-MAPPED-ADDRESS, cleared up.
    xor_mapped_address: XOR_MAPPED_ADDRESS, Attribute::XorMappedAddress(a) => a, SocketAddr;
    /// USERNAME.
    username: USERNAME, Attribute::Username(t) => t, &'a str;
    /// USERHASH.
    userhash: USERHASH, Attribute::UserHash(h) => h, &'a [u8; 32];
    /// REALM.
    realm: REALM, Attribute::Realm(t) => t, &'a str;
    /// NONCE.
    nonce: NONCE, Attribute::Nonce(t) => t, &'a str;
    /// PASSWORD-ALGORITHM.
    password_algorithm: PASSWORD_ALGORITHM, Attribute::PasswordAlgorithm(p) => p, PasswordAlgorithm<'a>;
    /// PASSWORD-ALGORITHMS.
    password_algorithms: PASSWORD_ALGORITHMS, Attribute::PasswordAlgorithms(p) => p, PasswordAlgorithms<'a>;
    /// ERROR-CODE.
    error_code: ERROR_CODE, Attribute::ErrorCode(e) => e, ErrorCode<'a>;
    /// UNKNOWN-ATTRIBUTES.
    unknown_attributes: UNKNOWN_ATTRIBUTES, Attribute::UnknownAttributes(u) => u, UnknownAttributes<'a>;
    /// SOFTWARE.
    software: SOFTWARE, Attribute::Software(t) => t, &'a str;
    /// ALTERNATE-SERVER.
    alternate_server: ALTERNATE_SERVER, Attribute::AlternateServer(a) => a, SocketAddr;
    /// ALTERNATE-DOMAIN.
    alternate_domain: ALTERNATE_DOMAIN, Attribute::AlternateDomain(t) => t, &'a str;
    /// PRIORITY.
    priority: PRIORITY, Attribute::Priority(p) => p, u32;
    /// ICE-CONTROLLED: the sender's tie-breaker.
    ice_controlled: ICE_CONTROLLED, Attribute::IceControlled(n) => n, u64;
    /// ICE-CONTROLLING: the sender's tie-breaker.
    ice_controlling: ICE_CONTROLLING, Attribute::IceControlling(n) => n, u64;
    /// CHANNEL-NUMBER.
    channel_number: CHANNEL_NUMBER, Attribute::ChannelNumber(n) => n, u16;
    /// LIFETIME, in seconds.
    lifetime: LIFETIME, Attribute::Lifetime(s) => s, u32;
    /// The first XOR-PEER-ADDRESS. CreatePermission may carry many: see [`xor_peer_addresses`](Message::xor_peer_addresses).
    xor_peer_address: XOR_PEER_ADDRESS, Attribute::XorPeerAddress(a) => a, SocketAddr;
    /// DATA.
    data: DATA, Attribute::Data(d) => d, &'a [u8];
    /// XOR-RELAYED-ADDRESS.
    xor_relayed_address: XOR_RELAYED_ADDRESS, Attribute::XorRelayedAddress(a) => a, SocketAddr;
    /// REQUESTED-ADDRESS-FAMILY.
    requested_address_family: REQUESTED_ADDRESS_FAMILY, Attribute::RequestedAddressFamily(f) => f, AddressFamily;
    /// ADDITIONAL-ADDRESS-FAMILY.
    additional_address_family: ADDITIONAL_ADDRESS_FAMILY, Attribute::AdditionalAddressFamily(f) => f, AddressFamily;
    /// ADDRESS-ERROR-CODE.
    address_error_code: ADDRESS_ERROR_CODE, Attribute::AddressErrorCode(f, e) => (f, e), (AddressFamily, ErrorCode<'a>);
    /// EVEN-PORT: whether the next port is to be held too.
    even_port: EVEN_PORT, Attribute::EvenPort { reserve } => reserve, bool;
    /// REQUESTED-TRANSPORT: an IP protocol number.
    requested_transport: REQUESTED_TRANSPORT, Attribute::RequestedTransport(p) => p, u8;
    /// RESERVATION-TOKEN.
    reservation_token: RESERVATION_TOKEN, Attribute::ReservationToken(t) => t, [u8; 8];
    /// RESPONSE-ORIGIN.
    response_origin: RESPONSE_ORIGIN, Attribute::ResponseOrigin(a) => a, SocketAddr;
    /// OTHER-ADDRESS.
    other_address: OTHER_ADDRESS, Attribute::OtherAddress(a) => a, SocketAddr;
}

impl<'a> Message<'a> {
    /// USE-CANDIDATE is there.
    pub fn use_candidate(&self) -> bool {
        self.attribute(AttributeType::USE_CANDIDATE).is_some()
    }

    /// DONT-FRAGMENT is there.
    pub fn dont_fragment(&self) -> bool {
        self.attribute(AttributeType::DONT_FRAGMENT).is_some()
    }

    /// Every XOR-PEER-ADDRESS that is well-formed.
    pub fn xor_peer_addresses(&self) -> impl Iterator<Item = SocketAddr> + use<'a> {
        let id = self.transaction_id();
        let peers = self.attributes().filter(|(ty, _)| *ty == AttributeType::XOR_PEER_ADDRESS);
        peers.filter_map(move |(ty, value)| match Attribute::parse(ty, value, id) {
            Ok(Attribute::XorPeerAddress(address)) => Some(address),
            _ => None,
        })
    }
}
