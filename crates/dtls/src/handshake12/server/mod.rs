//! The server's states, in wire order.

mod wait_certificate;
mod wait_certificate_verify;
mod wait_client_hello;
mod wait_client_key_exchange;
mod wait_finished;

pub(crate) use wait_certificate::WaitCertificate;
pub(crate) use wait_certificate_verify::WaitCertificateVerify;
pub(crate) use wait_client_hello::WaitClientHello;
pub(crate) use wait_client_key_exchange::WaitClientKeyExchange;
pub(crate) use wait_finished::WaitFinished;

use limpid_crypto::{KeyExchange, NamedGroup};

use crate::handshake::server_hello::Agreed;

/// What the server keeps until the client's share is there.
pub(crate) struct Exchange {
    agreed: Agreed,
    group: NamedGroup,
    ours: Box<dyn KeyExchange>,
}

impl core::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Exchange").field("group", &self.group).finish_non_exhaustive()
    }
}
