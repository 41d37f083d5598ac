//! The server sends its share, signed with the key of its certificate.

use super::WaitServerHelloDone;
use crate::error::Error;
use crate::handshake::peer::PeerKey;
use crate::handshake::server_hello::Agreed;
use crate::handshake::{Context, choose};
use crate::handshake12::State;
use crate::handshake12::keys::PremasterSecret;
use crate::message::Message;
use crate::reassembly::Received;

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitServerKeyExchange {
    pub(super) agreed: Agreed,
    pub(super) server_key: PeerKey,
}

impl WaitServerKeyExchange {
    pub(crate) fn handle(self, context: &mut Context, message: &Received) -> Result<State, Error> {
        let Message::ServerKeyExchange(exchange) = message.parse()? else {
            return Err(Error::UnexpectedMessage(message.msg_type));
        };
        let parameters = exchange.parameters;
        if !choose::our_groups(&context.config).any(|group| group == parameters.group) {
            return Err(Error::IllegalParameter("named_curve"));
        }
        let signed = self.agreed.randoms.signed_with(&parameters);
        self.server_key.verify(&context.config.provider, exchange.scheme, &signed, exchange.signature)?;
        // A bad point is the peer's fault, not ours (RFC 8422 §5.11).
        let exchanged = context.config.provider.key_exchange.answer(parameters.group, parameters.public);
        let (share, shared) = exchanged.map_err(|_| Error::IllegalParameter("public"))?;
        context.transcript.add(&message.raw);
        Ok(State::ClientWaitServerHelloDone(WaitServerHelloDone {
            agreed: self.agreed,
            group: parameters.group,
            share,
            premaster: PremasterSecret::new(shared),
            request: None,
        }))
    }
}
