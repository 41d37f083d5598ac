//! The server sends its share, signed with the key of its certificate.

use super::WaitServerHelloDone;
use crate::error::Error;
use crate::handshake::peer::PeerKey;
use crate::handshake::server_hello::Agreed;
use crate::handshake::{Context, choose};
use crate::handshake12::State;
use crate::handshake12::keys::PremasterSecret;
use crate::message::{Message, ServerKeyExchange};
use crate::reassembly::Received;
use limpid_sansio::wire::Writer;

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
        self.check_signature(context, &exchange)?;
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

    /// The signature covers both randoms and the parameters (RFC 8422 §5.4).
    fn check_signature(&self, context: &Context, exchange: &ServerKeyExchange<'_>) -> Result<(), Error> {
        let mut signed = Vec::with_capacity(64 + 4 + exchange.parameters.public.len());
        signed.extend_from_slice(&self.agreed.randoms.client);
        signed.extend_from_slice(&self.agreed.randoms.server);
        exchange.parameters.write(&mut Writer::new(&mut signed));
        self.server_key.verify(&context.config.provider, exchange.scheme, &signed, exchange.signature)
    }
}
