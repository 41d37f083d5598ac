//! The server says who it is.

use super::WaitServerKeyExchange;
use crate::error::Error;
use crate::handshake::Context;
use crate::handshake::server_hello::Agreed;
use crate::handshake12::State;
use crate::message::Message;
use crate::reassembly::Received;

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitCertificate {
    pub(super) agreed: Agreed,
}

impl WaitCertificate {
    pub(crate) fn handle(self, context: &mut Context, message: &Received) -> Result<State, Error> {
        let Message::Certificate(chain) = message.parse()? else {
            return Err(Error::UnexpectedMessage(message.msg_type));
        };
        let der = chain.end_entity().ok_or(Error::NoCertificate)?;
        let server_key = context.peer.show(&context.config.provider, der)?;
        if !server_key.authenticates(self.agreed.parameters.authentication) {
            return Err(Error::UnsupportedCertificate);
        }
        context.transcript.add(&message.raw);
        Ok(State::ClientWaitServerKeyExchange(WaitServerKeyExchange { agreed: self.agreed, server_key }))
    }
}
