//! The client was asked who it is.

use super::{Exchange, WaitClientKeyExchange};
use crate::config::ClientAuth;
use crate::error::Error;
use crate::handshake::Context;
use crate::handshake12::State;
use crate::message::Message;
use crate::reassembly::Received;

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitCertificate {
    pub(super) exchange: Exchange,
}

impl WaitCertificate {
    pub(crate) fn handle(self, context: &mut Context, message: &Received) -> Result<State, Error> {
        let Message::Certificate(chain) = message.parse()? else {
            return Err(Error::UnexpectedMessage(message.msg_type));
        };
        let client_key = match chain.end_entity() {
            Some(der) => Some(context.peer.show(&context.config.provider, der)?),
            None if context.config.mutual == ClientAuth::Required => return Err(Error::NoCertificate),
            None => None,
        };
        context.transcript.add(&message.raw);
        Ok(State::ServerWaitClientKeyExchange(WaitClientKeyExchange { exchange: self.exchange, client_key }))
    }
}
