//! The table on which the states of a handshake work: what outlives each of them.

use limpid_crypto::{KeyKind, Random};
use limpid_sansio::Instant;
use limpid_sansio::wire::Writer;

use super::outgoing::Outgoing;
use super::peer::Peer;
use crate::config::Config;
use crate::error::Error;
use crate::event::Info;
use crate::handshake12::keys::Exporter;
use crate::message::{FragmentHeader, HandshakeType};
use crate::record::{Epoch, Epochs};
use crate::transcript::Transcript;

/// Everything that a state may read and change while it handles a message.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) random: Random,
    pub(crate) epochs: Epochs,
    pub(crate) outgoing: Outgoing,
    pub(crate) transcript: Transcript,
    pub(crate) peer: Peer,
    /// What the handshake agreed on, and the secret for exporters: there once it has completed.
    pub(crate) session: Option<(Info, Exporter)>,
    /// How many messages of the peer have come, the one that is being handled included.
    pub(crate) received: u16,
    /// The epoch of what we send now.
    pub(crate) write_epoch: Epoch,
    /// Where bodies are written before they join the flight.
    scratch: Vec<u8>,
}

impl Context {
    pub(crate) fn new(config: Config, epochs: Epochs) -> Self {
        Context {
            random: Random::from_seed(config.seed),
            outgoing: Outgoing::new(&config),
            config,
            epochs,
            transcript: Transcript::default(),
            peer: Peer::default(),
            session: None,
            received: 0,
            write_epoch: Epoch(0),
            scratch: Vec::new(),
        }
    }

    /// What our certificate's key is.
    pub(crate) fn our_kind(&self) -> KeyKind {
        self.config.certificate.kind()
    }

    /// Our next message: into the flight, and into the transcript.
    pub(crate) fn send(&mut self, epoch: Epoch, msg_type: HandshakeType, body: impl FnOnce(&mut Writer<'_>)) {
        let message_seq = self.outgoing.take_seq();
        self.scratch.clear();
        self.scratch.resize(FragmentHeader::LEN, 0);
        body(&mut Writer::new(&mut self.scratch));
        let header =
            FragmentHeader::whole(msg_type, message_seq, (self.scratch.len() - FragmentHeader::LEN) as u32);
        let mut front = Vec::with_capacity(FragmentHeader::LEN);
        header.write(&mut Writer::new(&mut front));
        self.scratch[..FragmentHeader::LEN].copy_from_slice(&front);
        self.transcript.add(&self.scratch);
        let body = &self.scratch[FragmentHeader::LEN..];
        self.outgoing.flight.push_message(epoch, msg_type, message_seq, body);
    }

    /// Our certificate, as a message.
    pub(crate) fn send_certificate(&mut self) {
        let identity = self.config.certificate.clone();
        self.send(Epoch(0), HandshakeType::CERTIFICATE, |writer| {
            crate::message::CertificateChain::write_one(identity.certificate_der(), writer);
        });
    }

    /// The peer's flight has arrived, so that ours is answered: room for the next.
    pub(crate) fn begin_flight(&mut self) {
        self.outgoing.flight.clear();
    }

    /// The handshake is over.
    pub(crate) fn complete(&mut self, info: Info, exporter: Exporter) {
        self.session = Some((info, exporter));
        self.transcript.restart();
        self.scratch = Vec::new();
    }

    /// Whether the peer is one that was expected, now that the handshake is over.
    pub(crate) fn is_verified(&self) -> Result<bool, Error> {
        if self.session.is_some() { self.peer.is_verified() } else { Ok(false) }
    }

    /// Sends the flight that lies ready, and waits for an answer.
    pub(crate) fn launch(&mut self, now: Instant) {
        self.outgoing.launch(now, self.received);
    }

    /// Sends the flight that lies ready, which ends the handshake.
    pub(crate) fn launch_last(&mut self, now: Instant) {
        self.outgoing.launch_last(now, self.received);
    }
}
