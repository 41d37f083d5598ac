//! The server may ask who we are; when it is done, our second flight goes out and the keys are there.

use limpid_crypto::{KeyKind, NamedGroup, SignatureScheme};
use limpid_sansio::Instant;

use super::WaitFinished;
use crate::error::Error;
use crate::handshake::server_hello::Agreed;
use crate::handshake::{Context, choose};
use crate::handshake12::keys::{PremasterSecret, Side};
use crate::handshake12::{Secrets, State};
use crate::message::{
    CertificateChain, CertificateRequest, CertificateVerify, ClientCertificateType, ClientKeyExchange,
    HandshakeType, Message,
};
use crate::reassembly::Received;
use crate::record::Epoch;

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitServerHelloDone {
    pub(super) agreed: Agreed,
    pub(super) group: NamedGroup,
    /// Our share.
    pub(super) share: Vec<u8>,
    pub(super) premaster: PremasterSecret,
    /// The server asked for a certificate, and this is how ours would sign for it; `Some(None)`: it can not.
    pub(super) request: Option<Option<SignatureScheme>>,
}

impl WaitServerHelloDone {
    pub(crate) fn handle(
        mut self,
        context: &mut Context,
        now: Instant,
        message: &Received,
    ) -> Result<State, Error> {
        match message.parse()? {
            Message::CertificateRequest(request) if self.request.is_none() => {
                self.request = Some(scheme_for(context.our_kind(), &request));
                context.transcript.add(&message.raw);
                Ok(State::ClientWaitServerHelloDone(self))
            }
            Message::ServerHelloDone => {
                context.transcript.add(&message.raw);
                self.answer(context, now)
            }
            other => Err(Error::UnexpectedMessage(other.msg_type())),
        }
    }

    fn answer(self, context: &mut Context, now: Instant) -> Result<State, Error> {
        context.begin_flight();
        match self.request {
            Some(Some(_)) => context.send_certificate(),
            // Asked, but we have none that would do (RFC 5246 §7.4.6).
            Some(None) => {
                context.send(Epoch(0), HandshakeType::CERTIFICATE, |w| CertificateChain::EMPTY.write(w));
            }
            None => {}
        }
        let share = self.share;
        context.send(Epoch(0), HandshakeType::CLIENT_KEY_EXCHANGE, |writer| {
            ClientKeyExchange { public: &share }.write(writer);
        });
        let secrets = Secrets::derive(context, self.agreed, self.group, self.premaster, Side::Client)?;
        if let Some(Some(scheme)) = self.request {
            let signature = context.config.certificate.key().sign(scheme, context.transcript.messages())?;
            context.send(Epoch(0), HandshakeType::CERTIFICATE_VERIFY, |writer| {
                CertificateVerify { scheme, signature: &signature }.write(writer);
            });
        }
        context.transcript.forget_messages();
        secrets.send_finished(context, Side::Client)?;
        context.launch(now);
        Ok(State::ClientWaitFinished(WaitFinished { secrets }))
    }
}

/// How a key of this kind would sign for the server; `None`: it can not.
fn scheme_for(kind: KeyKind, request: &CertificateRequest<'_>) -> Option<SignatureScheme> {
    let certificate_type = match kind {
        KeyKind::Rsa => ClientCertificateType::RSA_SIGN,
        _ => ClientCertificateType::ECDSA_SIGN,
    };
    let scheme = choose::scheme(kind, request.signature_algorithms);
    scheme.filter(|_| request.accepts(certificate_type))
}
