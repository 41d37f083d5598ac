//! The bytes of each attribute's value: `parse` and `write`, in the order of the types' numbers.

use super::*;

use AttributeType as T;

impl<'a> Attribute<'a> {
    /// Understands the value of an attribute. The transaction id clears up IPv6 addresses.
    ///
    /// Errors: a value that this type does not allow, at an offset from the value's first byte. Reserved bits are ignored.
    pub fn parse(ty: AttributeType, value: &'a [u8], id: TransactionId) -> Result<Self, ParseError> {
        let mut reader = Reader::new(value);
        let r = &mut reader;
        let attribute = match ty {
            T::MAPPED_ADDRESS => Attribute::MappedAddress(address::read(r)?),
            T::CHANGE_REQUEST => {
                let flags = r.u32("flags")?;
                Attribute::ChangeRequest { address: flags & 4 != 0, port: flags & 2 != 0 }
            }
            T::USERNAME => Attribute::Username(text(r, "USERNAME", MAX_TEXT_READ)?),
            T::MESSAGE_INTEGRITY => Attribute::MessageIntegrity(fixed(r, "MESSAGE-INTEGRITY")?),
            T::ERROR_CODE => {
                r.u16("reserved")?;
                Attribute::ErrorCode(ErrorCode::read(r)?)
            }
            T::UNKNOWN_ATTRIBUTES => Attribute::UnknownAttributes(UnknownAttributes::from_wire(rest(r))?),
            T::CHANNEL_NUMBER => {
                let number = r.u16("channel number")?;
                r.u16("reserved")?;
                Attribute::ChannelNumber(number)
            }
            T::LIFETIME => Attribute::Lifetime(r.u32("lifetime")?),
            T::XOR_PEER_ADDRESS => Attribute::XorPeerAddress(address::xor(address::read(r)?, id)),
            T::DATA => Attribute::Data(rest(r)),
            T::REALM => Attribute::Realm(text(r, "REALM", MAX_TEXT_READ)?),
            T::NONCE => Attribute::Nonce(text(r, "NONCE", MAX_TEXT_READ)?),
            T::XOR_RELAYED_ADDRESS => Attribute::XorRelayedAddress(address::xor(address::read(r)?, id)),
            T::REQUESTED_ADDRESS_FAMILY => Attribute::RequestedAddressFamily(family(r)?),
            T::EVEN_PORT => Attribute::EvenPort { reserve: r.u8("flags")? & 0x80 != 0 },
            T::REQUESTED_TRANSPORT => {
                let protocol = r.u8("protocol")?;
                r.u24("reserved")?;
                Attribute::RequestedTransport(protocol)
            }
            T::DONT_FRAGMENT => Attribute::DontFragment,
            T::MESSAGE_INTEGRITY_SHA256 => Attribute::MessageIntegritySha256(rest(r)),
            T::PASSWORD_ALGORITHM => Attribute::PasswordAlgorithm(PasswordAlgorithm::read(r)?),
            T::USERHASH => Attribute::UserHash(fixed(r, "USERHASH")?),
            T::XOR_MAPPED_ADDRESS => Attribute::XorMappedAddress(address::xor(address::read(r)?, id)),
            T::RESERVATION_TOKEN => Attribute::ReservationToken(r.array("token")?),
            T::PRIORITY => Attribute::Priority(r.u32("priority")?),
            T::USE_CANDIDATE => Attribute::UseCandidate,
            T::CONNECTION_ID => Attribute::ConnectionId(r.u32("connection id")?),
            T::ADDITIONAL_ADDRESS_FAMILY => Attribute::AdditionalAddressFamily(family(r)?),
            T::ADDRESS_ERROR_CODE => {
                let family = AddressFamily::read(r)?;
                r.u8("reserved")?;
                Attribute::AddressErrorCode(family, ErrorCode::read(r)?)
            }
            T::PASSWORD_ALGORITHMS => Attribute::PasswordAlgorithms(PasswordAlgorithms::from_wire(rest(r))?),
            T::ALTERNATE_DOMAIN => Attribute::AlternateDomain(text(r, "ALTERNATE-DOMAIN", 255)?),
            T::ICMP => {
                r.u16("reserved")?;
                Attribute::Icmp { icmp_type: r.u8("type")?, code: r.u8("code")?, data: r.u32("error data")? }
            }
            T::SOFTWARE => Attribute::Software(text(r, "SOFTWARE", MAX_TEXT_READ)?),
            T::ALTERNATE_SERVER => Attribute::AlternateServer(address::read(r)?),
            T::FINGERPRINT => Attribute::Fingerprint(r.u32("crc")?),
            T::ICE_CONTROLLED => Attribute::IceControlled(r.u64("tie-breaker")?),
            T::ICE_CONTROLLING => Attribute::IceControlling(r.u64("tie-breaker")?),
            T::RESPONSE_ORIGIN => Attribute::ResponseOrigin(address::read(r)?),
            T::OTHER_ADDRESS => Attribute::OtherAddress(address::read(r)?),
            _ => Attribute::Other(ty, rest(r)),
        };
        reader.finish("attribute")?;
        Ok(attribute)
    }

    /// Its type.
    pub const fn ty(&self) -> AttributeType {
        match self {
            Attribute::MappedAddress(_) => T::MAPPED_ADDRESS,
            Attribute::ChangeRequest { .. } => T::CHANGE_REQUEST,
            Attribute::Username(_) => T::USERNAME,
            Attribute::MessageIntegrity(_) => T::MESSAGE_INTEGRITY,
            Attribute::ErrorCode(_) => T::ERROR_CODE,
            Attribute::UnknownAttributes(_) => T::UNKNOWN_ATTRIBUTES,
            Attribute::ChannelNumber(_) => T::CHANNEL_NUMBER,
            Attribute::Lifetime(_) => T::LIFETIME,
            Attribute::XorPeerAddress(_) => T::XOR_PEER_ADDRESS,
            Attribute::Data(_) => T::DATA,
            Attribute::Realm(_) => T::REALM,
            Attribute::Nonce(_) => T::NONCE,
            Attribute::XorRelayedAddress(_) => T::XOR_RELAYED_ADDRESS,
            Attribute::RequestedAddressFamily(_) => T::REQUESTED_ADDRESS_FAMILY,
            Attribute::EvenPort { .. } => T::EVEN_PORT,
            Attribute::RequestedTransport(_) => T::REQUESTED_TRANSPORT,
            Attribute::DontFragment => T::DONT_FRAGMENT,
            Attribute::MessageIntegritySha256(_) => T::MESSAGE_INTEGRITY_SHA256,
            Attribute::PasswordAlgorithm(_) => T::PASSWORD_ALGORITHM,
            Attribute::UserHash(_) => T::USERHASH,
            Attribute::XorMappedAddress(_) => T::XOR_MAPPED_ADDRESS,
            Attribute::ReservationToken(_) => T::RESERVATION_TOKEN,
            Attribute::Priority(_) => T::PRIORITY,
            Attribute::UseCandidate => T::USE_CANDIDATE,
            Attribute::ConnectionId(_) => T::CONNECTION_ID,
            Attribute::AdditionalAddressFamily(_) => T::ADDITIONAL_ADDRESS_FAMILY,
            Attribute::AddressErrorCode(..) => T::ADDRESS_ERROR_CODE,
            Attribute::PasswordAlgorithms(_) => T::PASSWORD_ALGORITHMS,
            Attribute::AlternateDomain(_) => T::ALTERNATE_DOMAIN,
            Attribute::Icmp { .. } => T::ICMP,
            Attribute::Software(_) => T::SOFTWARE,
            Attribute::AlternateServer(_) => T::ALTERNATE_SERVER,
            Attribute::Fingerprint(_) => T::FINGERPRINT,
            Attribute::IceControlled(_) => T::ICE_CONTROLLED,
            Attribute::IceControlling(_) => T::ICE_CONTROLLING,
            Attribute::ResponseOrigin(_) => T::RESPONSE_ORIGIN,
            Attribute::OtherAddress(_) => T::OTHER_ADDRESS,
            Attribute::Other(ty, _) => *ty,
        }
    }

    /// Whether the value may be written: texts are at most [`MAX_TEXT_LEN`] bytes, a domain 255, an error code 300 to 699.
    /// [`Builder::attribute`](crate::Builder::attribute) leaves out what may not.
    pub fn is_legal(&self) -> bool {
        let code =
            |error: &ErrorCode<'_>| (300..700).contains(&error.code) && error.reason.len() <= MAX_TEXT_LEN;
        match self {
            Attribute::Username(text)
            | Attribute::Realm(text)
            | Attribute::Nonce(text)
            | Attribute::Software(text) => text.len() <= MAX_TEXT_LEN,
            Attribute::AlternateDomain(name) => name.len() <= 255 && name.is_ascii(),
            Attribute::ErrorCode(error) | Attribute::AddressErrorCode(_, error) => code(error),
            Attribute::PasswordAlgorithm(algorithm) => algorithm.parameters.len() <= 1024,
            Attribute::MessageIntegrity(_)
            | Attribute::MessageIntegritySha256(_)
            | Attribute::Fingerprint(_) => false,
            _ => true,
        }
    }

    /// Appends the value, without type, length and padding.
    pub(crate) fn write_value(&self, id: TransactionId, w: &mut Writer<'_>) {
        match self {
            Attribute::MappedAddress(a)
            | Attribute::AlternateServer(a)
            | Attribute::ResponseOrigin(a)
            | Attribute::OtherAddress(a) => address::write(a, w),
            Attribute::XorPeerAddress(a)
            | Attribute::XorRelayedAddress(a)
            | Attribute::XorMappedAddress(a) => address::write(&address::xor(*a, id), w),
            Attribute::ChangeRequest { address, port } => {
                w.u32(u32::from(*address) << 2 | u32::from(*port) << 1)
            }
            Attribute::Username(text)
            | Attribute::Realm(text)
            | Attribute::Nonce(text)
            | Attribute::AlternateDomain(text)
            | Attribute::Software(text) => w.bytes(text.as_bytes()),
            Attribute::ErrorCode(error) => {
                w.u16(0);
                error.write(w);
            }
            Attribute::AddressErrorCode(family, error) => {
                w.u8(family.code());
                w.u8(0);
                error.write(w);
            }
            Attribute::UnknownAttributes(list) => w.bytes(list.0),
            Attribute::ChannelNumber(number) => w.u32(u32::from(*number) << 16),
            Attribute::RequestedAddressFamily(family) | Attribute::AdditionalAddressFamily(family) => {
                w.u32(u32::from(family.code()) << 24);
            }
            Attribute::EvenPort { reserve } => w.u8(u8::from(*reserve) << 7),
            Attribute::RequestedTransport(protocol) => w.u32(u32::from(*protocol) << 24),
            Attribute::DontFragment | Attribute::UseCandidate => {}
            Attribute::PasswordAlgorithm(algorithm) => algorithm.write(w),
            Attribute::PasswordAlgorithms(list) => w.bytes(list.as_wire()),
            Attribute::UserHash(hash) => w.bytes(*hash),
            Attribute::ReservationToken(token) => w.bytes(token),
            Attribute::Lifetime(n)
            | Attribute::Priority(n)
            | Attribute::ConnectionId(n)
            | Attribute::Fingerprint(n) => {
                w.u32(*n);
            }
            Attribute::IceControlled(n) | Attribute::IceControlling(n) => w.u64(*n),
            Attribute::Icmp { icmp_type, code, data } => {
                w.u32(u32::from(*icmp_type) << 8 | u32::from(*code));
                w.u32(*data);
            }
            Attribute::MessageIntegrity(mac) => w.bytes(*mac),
            Attribute::MessageIntegritySha256(bytes)
            | Attribute::Data(bytes)
            | Attribute::Other(_, bytes) => {
                w.bytes(bytes);
            }
        }
    }
}

/// All that is left, as text of at most `max` bytes.
pub(crate) fn text<'a>(r: &mut Reader<'a>, field: &'static str, max: usize) -> Result<&'a str, ParseError> {
    let (too_large, bad) =
        (r.error(field, ParseErrorKind::TooLarge), r.error(field, ParseErrorKind::BadValue));
    let bytes = rest(r);
    if bytes.len() > max {
        return Err(too_large);
    }
    core::str::from_utf8(bytes).map_err(|_| bad)
}

/// All that is left.
fn rest<'a>(r: &mut Reader<'a>) -> &'a [u8] {
    r.bytes(r.remaining(), "value").unwrap_or_default()
}

/// Exactly `N` bytes, borrowed.
fn fixed<'a, const N: usize>(r: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8; N], ParseError> {
    let bad = r.error(field, ParseErrorKind::BadLength);
    r.bytes(N, field)?.first_chunk().ok_or(bad)
}

/// A family and three bytes to be ignored.
fn family(r: &mut Reader<'_>) -> Result<AddressFamily, ParseError> {
    let family = AddressFamily::read(r)?;
    r.u24("reserved")?;
    Ok(family)
}
