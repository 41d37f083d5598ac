//! Words that one floor says and another understands: the only place where they are translated.

use limpid_stun::{Class, Message};

use crate::Misuse;

/// The user name fragment that a Binding request addresses (RFC 8445 §7.2.2: `theirs:mine`, seen from the sender).
/// `None`: no request, or none of ICE.
pub(crate) fn addressed_ufrag(datagram: &[u8]) -> Option<&str> {
    if !limpid_stun::looks_like_stun(datagram) {
        return None;
    }
    let message = Message::parse(datagram).ok().filter(|message| message.class() == Class::Request)?;
    let (addressed, _) = message.username()?.split_once(':')?;
    Some(addressed)
}

impl From<limpid_ice::Misuse> for Misuse {
    fn from(misuse: limpid_ice::Misuse) -> Self {
        Misuse::Ice(misuse)
    }
}

impl From<limpid_sctp::Misuse> for Misuse {
    fn from(misuse: limpid_sctp::Misuse) -> Self {
        Misuse::Channel(misuse)
    }
}
