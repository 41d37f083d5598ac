//! The first message of all; the answer to it is a flight of four or five.

use limpid_crypto::CryptoError;
use limpid_sansio::Instant;

use super::{Exchange, WaitCertificate, WaitClientKeyExchange};
use crate::config::ClientAuth;
use crate::error::Error;
use crate::handshake::{Context, choose, client_hello, server_hello};
use crate::handshake12::State;
use crate::message::{ClientCertificateType, EcdheParameters, HandshakeType, Message, ServerKeyExchange};
use crate::reassembly::Received;
use crate::record::Epoch;

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitClientHello;

impl WaitClientHello {
    pub(crate) fn handle(
        self,
        context: &mut Context,
        now: Instant,
        message: &Received,
    ) -> Result<State, Error> {
        let Message::ClientHello(hello) = message.parse()? else {
            return Err(Error::UnexpectedMessage(message.msg_type));
        };
        let chosen = server_hello::choose(context, &hello)?;
        let provider = context.config.provider;
        context.transcript.choose(&provider, chosen.agreed.parameters.hash)?;
        context.transcript.add(&message.raw);

        let ours = provider.key_exchange.start(chosen.group).ok_or(CryptoError::Unsupported)?;
        let exchange = Exchange { agreed: chosen.agreed, group: chosen.group, ours };
        context.begin_flight();
        server_hello::send(context, &chosen);
        context.send_certificate();
        send_key_exchange(context, &chosen, exchange.ours.share())?;
        let client_auth = context.config.mutual;
        if client_auth != ClientAuth::None {
            send_certificate_request(context);
        }
        context.send(Epoch(0), HandshakeType::SERVER_HELLO_DONE, |_| ());
        context.launch(now);
        Ok(match client_auth {
            ClientAuth::None => {
                State::ServerWaitClientKeyExchange(WaitClientKeyExchange { exchange, client_key: None })
            }
            _ => State::ServerWaitCertificate(WaitCertificate { exchange }),
        })
    }
}

/// Our share, signed together with both randoms.
fn send_key_exchange(
    context: &mut Context,
    chosen: &server_hello::Chosen,
    share: &[u8],
) -> Result<(), Error> {
    let parameters = EcdheParameters { group: chosen.group, public: share };
    let signed = chosen.agreed.randoms.signed_with(&parameters);
    let signature = context.config.certificate.key().sign(chosen.scheme, &signed)?;
    context.send(Epoch(0), HandshakeType::SERVER_KEY_EXCHANGE, |writer| {
        ServerKeyExchange { parameters, scheme: chosen.scheme, signature: &signature }.write(writer);
    });
    Ok(())
}

fn send_certificate_request(context: &mut Context) {
    let types = [ClientCertificateType::ECDSA_SIGN.0, ClientCertificateType::RSA_SIGN.0];
    context.send(Epoch(0), HandshakeType::CERTIFICATE_REQUEST, |writer| {
        writer.u8(types.len() as u8);
        writer.bytes(&types);
        client_hello::write_list(writer, &choose::SCHEMES.map(|scheme| scheme.0));
        writer.u16(0); // certificate_authorities: any
    });
}
