//! The client proves that it holds the key of its certificate.

use super::WaitFinished;
use crate::error::Error;
use crate::handshake::Context;
use crate::handshake::peer::PeerKey;
use crate::handshake12::{Secrets, State};
use crate::message::Message;
use crate::reassembly::Received;

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitCertificateVerify {
    pub(super) secrets: Secrets,
    pub(super) client_key: PeerKey,
}

impl WaitCertificateVerify {
    pub(crate) fn handle(self, context: &mut Context, message: &Received) -> Result<State, Error> {
        let Message::CertificateVerify(verify) = message.parse()? else {
            return Err(Error::UnexpectedMessage(message.msg_type));
        };
        let signed = context.transcript.messages();
        self.client_key.verify(&context.config.provider, verify.scheme, signed, verify.signature)?;
        context.transcript.forget_messages();
        context.transcript.add(&message.raw);
        Ok(State::ServerWaitFinished(WaitFinished { secrets: self.secrets }))
    }
}
