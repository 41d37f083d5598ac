//! The handshake of DTLS 1.2 (RFC 5246 §7.3, RFC 6347 §4.2.4): one struct per state, each of which takes a message and
//! gives the next state or the reason why there is none.
//!
//! ```text
//!        client                                                  server
//!                       ── ClientHello ──────────────────────→   WaitClientHello
//! WaitServerHello       ←─ HelloVerifyRequest ───────────────    (Acceptor, if there is one)
//!                       ── ClientHello with cookie ──────────→
//! WaitServerHello       ←─ ServerHello ──────────────────────
//! WaitCertificate       ←─ Certificate ──────────────────────
//! WaitServerKeyExchange ←─ ServerKeyExchange ────────────────
//! WaitServerHelloDone   ←─ CertificateRequest? ──────────────
//! WaitServerHelloDone   ←─ ServerHelloDone ──────────────────
//!                       ── Certificate? ─────────────────────→   WaitCertificate
//!                       ── ClientKeyExchange ────────────────→   WaitClientKeyExchange
//!                       ── CertificateVerify? ───────────────→   WaitCertificateVerify
//!                       ── ChangeCipherSpec, Finished ───────→   WaitFinished
//! WaitFinished          ←─ ChangeCipherSpec, Finished ───────
//! ```

pub(crate) mod client;
pub(crate) mod keys;
mod prf;
pub(crate) mod server;
#[cfg(test)]
mod tests;

use limpid_sansio::Instant;

use crate::error::Error;
use crate::event::Info;
use crate::handshake::Context;
use crate::handshake::server_hello::Agreed;
use crate::message::Finished;
use crate::reassembly::Received;
use crate::record::{Epoch, Opener, ProtocolVersion, Sealer};

/// What the handshake is waiting for.
#[derive(Debug)]
pub(crate) enum State {
    ClientWaitServerHello(client::WaitServerHello),
    ClientWaitCertificate(client::WaitCertificate),
    ClientWaitServerKeyExchange(client::WaitServerKeyExchange),
    ClientWaitServerHelloDone(client::WaitServerHelloDone),
    ClientWaitFinished(client::WaitFinished),
    ServerWaitClientHello(server::WaitClientHello),
    ServerWaitCertificate(server::WaitCertificate),
    ServerWaitClientKeyExchange(server::WaitClientKeyExchange),
    ServerWaitCertificateVerify(server::WaitCertificateVerify),
    ServerWaitFinished(server::WaitFinished),
    /// Nothing: it is over.
    Completed,
}

impl State {
    /// Takes one whole message.
    pub(crate) fn handle(
        self,
        context: &mut Context,
        now: Instant,
        message: &Received,
    ) -> Result<State, Error> {
        match self {
            State::ClientWaitServerHello(state) => state.handle(context, now, message),
            State::ClientWaitCertificate(state) => state.handle(context, message),
            State::ClientWaitServerKeyExchange(state) => state.handle(context, message),
            State::ClientWaitServerHelloDone(state) => state.handle(context, now, message),
            State::ClientWaitFinished(state) => state.handle(context, message),
            State::ServerWaitClientHello(state) => state.handle(context, now, message),
            State::ServerWaitCertificate(state) => state.handle(context, message),
            State::ServerWaitClientKeyExchange(state) => state.handle(context, message),
            State::ServerWaitCertificateVerify(state) => state.handle(context, message),
            State::ServerWaitFinished(state) => state.handle(context, now, message),
            State::Completed => Err(Error::UnexpectedMessage(message.msg_type)),
        }
    }

    /// For traces.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            State::ClientWaitServerHello(_) => "wait ServerHello",
            State::ClientWaitCertificate(_) | State::ServerWaitCertificate(_) => "wait Certificate",
            State::ClientWaitServerKeyExchange(_) => "wait ServerKeyExchange",
            State::ClientWaitServerHelloDone(_) => "wait ServerHelloDone",
            State::ServerWaitClientHello(_) => "wait ClientHello",
            State::ServerWaitClientKeyExchange(_) => "wait ClientKeyExchange",
            State::ServerWaitCertificateVerify(_) => "wait CertificateVerify",
            State::ClientWaitFinished(_) | State::ServerWaitFinished(_) => "wait Finished",
            State::Completed => "completed",
        }
    }
}

/// What both sides have once the key exchange is done: enough for their Finished.
#[derive(Debug)]
pub(crate) struct Secrets {
    agreed: Agreed,
    group: limpid_crypto::NamedGroup,
    master: keys::MasterSecret,
}

impl Secrets {
    /// The transcript ends with ClientKeyExchange: makes the master secret, and installs the keys of both directions.
    fn derive(
        context: &mut Context,
        agreed: Agreed,
        group: limpid_crypto::NamedGroup,
        premaster: keys::PremasterSecret,
        side: keys::Side,
    ) -> Result<Self, Error> {
        let session_hash = context.transcript.hash();
        let provider = context.config.provider;
        let master = premaster.extended_master_secret(&provider, agreed.parameters.hash, &session_hash)?;
        let keys = master.traffic_keys(&agreed.parameters, &agreed.randoms)?;
        let (ours, theirs) = match side {
            keys::Side::Client => (keys.client_write, keys.server_write),
            keys::Side::Server => (keys.server_write, keys.client_write),
        };
        context.epochs.install_sealer(Sealer::new(ours, Epoch(1)));
        context.epochs.install_opener(Opener::new(theirs));
        Ok(Secrets { agreed, group, master })
    }

    /// Sends ChangeCipherSpec and our Finished.
    fn send_finished(&self, context: &mut Context, side: keys::Side) -> Result<(), Error> {
        let verify_data = self.master.verify_data(side, &context.transcript.hash())?;
        context.outgoing.flight.push_change_cipher_spec();
        context.write_epoch = Epoch(1);
        context.send(Epoch(1), crate::message::HandshakeType::FINISHED, |writer| {
            Finished { verify_data }.write(writer);
        });
        Ok(())
    }

    /// Compares the peer's Finished with what it must be.
    fn check_finished(&self, context: &Context, side: keys::Side, finished: &Finished) -> Result<(), Error> {
        let expected = self.master.verify_data(side, &context.transcript.hash())?;
        if limpid_crypto::secret::equal(&expected, &finished.verify_data) {
            Ok(())
        } else {
            Err(Error::BadFinished)
        }
    }

    /// Both Finished are good.
    fn complete(self, context: &mut Context) -> State {
        let info = Info {
            version: ProtocolVersion::DTLS_1_2,
            suite: self.agreed.suite,
            group: self.group,
            srtp_profile: self.agreed.srtp_profile,
            extended_master_secret: true,
        };
        context.complete(info, self.master.into_exporter(self.agreed.randoms));
        State::Completed
    }
}
