//! The client's share: with it the keys are there.

use super::{Exchange, WaitCertificateVerify, WaitFinished};
use crate::error::Error;
use crate::handshake::Context;
use crate::handshake::peer::PeerKey;
use crate::handshake12::keys::{PremasterSecret, Side};
use crate::handshake12::{Secrets, State};
use crate::message::Message;
use crate::reassembly::Received;

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitClientKeyExchange {
    pub(super) exchange: Exchange,
    /// Of the certificate that the client showed.
    pub(super) client_key: Option<PeerKey>,
}

impl WaitClientKeyExchange {
    pub(crate) fn handle(self, context: &mut Context, message: &Received) -> Result<State, Error> {
        let Message::ClientKeyExchange(exchange) = message.parse()? else {
            return Err(Error::UnexpectedMessage(message.msg_type));
        };
        let Exchange { agreed, group, ours } = self.exchange;
        // A bad point is the peer's fault, not ours (RFC 8422 §5.11).
        let shared = ours.finish(exchange.public).map_err(|_| Error::IllegalParameter("public"))?;
        context.transcript.add(&message.raw);
        let secrets = Secrets::derive(context, agreed, group, PremasterSecret::new(shared), Side::Server)?;
        Ok(match self.client_key {
            Some(client_key) => {
                State::ServerWaitCertificateVerify(WaitCertificateVerify { secrets, client_key })
            }
            None => {
                context.transcript.forget_messages();
                State::ServerWaitFinished(WaitFinished { secrets })
            }
        })
    }
}
