//! What arrives: a record is opened, its fragments join their messages, whole messages move the handshake on.

use limpid_sansio::Instant;
use limpid_sansio::wire::Reader;

use super::{Endpoint, Opened, Phase};
use crate::alert::{Alert, AlertDescription, AlertLevel};
use crate::error::{DropReason, Error};
use crate::event::Event;
use crate::handshake12::State;
use crate::message::{FragmentHeader, HandshakeType};
use crate::reassembly::{Added, Received};
use crate::record::{ContentType, Epoch, HEADER_LEN, MAX_FRAGMENT, Opening, ProtocolVersion, RecordHeader};

/// The first byte of every DTLS version.
const MAJOR_VERSION: u16 = 0xfe;

impl Endpoint {
    pub(super) fn receive<'a>(&mut self, now: Instant, input: &'a mut [u8]) -> Result<Opened<'a>, Error> {
        match self.phase {
            Phase::Failed(error) => return Err(error),
            Phase::Closed => {
                self.stats.drop(DropReason::Closed);
                return Ok(Opened { plaintext: None, rest: &mut [] });
            }
            Phase::Handshaking(_) | Phase::Established => {}
        }
        let Some((header, fragment, rest)) = split(input) else {
            self.stats.drop(DropReason::Truncated);
            return Ok(Opened { plaintext: None, rest: &mut [] });
        };
        let mut taken = self.take_record(now, &header, fragment);
        if taken.is_ok() && self.context.epochs.has_opener() {
            taken = self.take_held(now).and(taken);
        }
        match taken {
            Ok(plaintext) => Ok(Opened { plaintext, rest }),
            Err(error) => Err(self.fail(now, error)),
        }
    }

    /// Records that came before their keys. Their application data waits with the rest.
    fn take_held(&mut self, now: Instant) -> Result<(), Error> {
        while let Some(mut record) = self.early.pop_sealed() {
            let Some((header, fragment, _)) = split(&mut record) else { continue };
            if let Some(content) = self.take_record(now, &header, fragment)? {
                self.hold(content);
            }
        }
        Ok(())
    }

    fn take_record<'a>(
        &mut self,
        now: Instant,
        header: &RecordHeader,
        fragment: &'a mut [u8],
    ) -> Result<Option<&'a mut [u8]>, Error> {
        if header.version.0 >> 8 != MAJOR_VERSION {
            self.stats.drop(DropReason::Unknown);
            return Ok(None);
        }
        let content = match self.context.epochs.open(header, fragment) {
            Opening::Content(content) => content,
            Opening::TooEarly(fragment) => {
                if !self.early.hold_sealed(&header.to_bytes(), fragment) {
                    self.stats.drop(DropReason::NoRoom);
                }
                return Ok(None);
            }
            Opening::Drop(reason) => {
                self.stats.drop(reason);
                return Ok(None);
            }
        };
        let epoch = header.number.epoch;
        match header.content_type {
            ContentType::APPLICATION_DATA if epoch == Epoch(0) => self.stats.drop(DropReason::Unprotected),
            ContentType::APPLICATION_DATA if self.is_connected() => {
                self.stats.records_received += 1;
                return Ok(Some(content));
            }
            ContentType::APPLICATION_DATA => self.hold(content),
            ContentType::HANDSHAKE => self.take_fragments(now, header, content)?,
            ContentType::ALERT => self.take_alert(now, epoch, content)?,
            // Epochs stand in every record, so that this one says nothing new, early, late or twice; keys come from
            // the key exchange alone.
            ContentType::CHANGE_CIPHER_SPEC if content == [1] => {}
            _ => self.stats.drop(DropReason::Unknown),
        }
        Ok(None)
    }

    fn hold(&mut self, content: &[u8]) {
        if self.early.hold_opened(content) {
            self.stats.records_received += 1;
        } else {
            self.stats.drop(DropReason::NoRoom);
        }
    }

    fn take_fragments(&mut self, now: Instant, record: &RecordHeader, content: &[u8]) -> Result<(), Error> {
        let mut reader = Reader::new(content);
        loop {
            let header = FragmentHeader::parse(&mut reader);
            let parsed = header
                .and_then(|header| Ok((header, reader.bytes(header.fragment_length as usize, "fragment")?)));
            let Ok((header, fragment)) = parsed else {
                self.stats.drop(DropReason::BadFragment);
                return Ok(());
            };
            match self.phase {
                Phase::Handshaking(_) => self.take_fragment(now, record, &header, fragment)?,
                Phase::Established => self.take_late_fragment(now, record.number.epoch, &header),
                Phase::Closed | Phase::Failed(_) => self.stats.drop(DropReason::Closed),
            }
            if reader.is_empty() {
                return Ok(());
            }
        }
    }

    fn take_fragment(
        &mut self,
        now: Instant,
        record: &RecordHeader,
        header: &FragmentHeader,
        fragment: &[u8],
    ) -> Result<(), Error> {
        // Finished is the first message under keys, and the only one: others there, or it in plaintext, are forged.
        let epoch = record.number.epoch;
        if (header.msg_type == HandshakeType::FINISHED) != (epoch == Epoch(1)) {
            self.stats.drop(DropReason::Unprotected);
            return Ok(());
        }
        // A server may ask for what already happens; the request has no place in the sequence (RFC 5246 §7.4.1.1).
        if header.msg_type == HandshakeType::HELLO_REQUEST {
            self.stats.drop(DropReason::OldMessage);
            return Ok(());
        }
        match self.reassembly.add(header, fragment) {
            Added::Stored => {
                while let Some(message) = self.reassembly.take() {
                    self.prepare_first_flight(record, &message);
                    self.take_message(now, &message)?;
                }
            }
            Added::Old => {
                self.stats.drop(DropReason::OldMessage);
                self.repeat_if_asked(now, epoch, header);
            }
            Added::Dropped(reason) => self.stats.drop(reason),
        }
        Ok(())
    }

    /// Behind a stateless cookie, the server's record numbers go on from the hello's, which used up those before; and a
    /// hello's record may say 1.0, which ours do not repeat (RFC 6347 §4.2.1).
    fn prepare_first_flight(&mut self, record: &RecordHeader, message: &Received) {
        if self.after_cookie && message.msg_type == HandshakeType::CLIENT_HELLO {
            self.context.epochs.start_plain_at(record.number.sequence);
        }
        if message.msg_type == HandshakeType::SERVER_HELLO {
            self.context.epochs.set_plain_version(ProtocolVersion::DTLS_1_2);
        }
    }

    fn take_message(&mut self, now: Instant, message: &Received) -> Result<(), Error> {
        let from = self.phase.name();
        let Phase::Handshaking(state) = core::mem::replace(&mut self.phase, Phase::Established) else {
            return Err(Error::UnexpectedMessage(message.msg_type));
        };
        self.context.received = message.message_seq.saturating_add(1);
        match state.handle(&mut self.context, now, message) {
            Err(error) => {
                self.phase = Phase::Failed(error);
                self.note(now, from);
                Err(error)
            }
            Ok(State::Completed) => {
                self.reassembly.clear();
                self.note(now, from);
                self.report(Event::HandshakeCompleted);
                self.check_verified()
            }
            Ok(next) => {
                self.phase = Phase::Handshaking(Box::new(next));
                self.note(now, from);
                Ok(())
            }
        }
    }

    /// After the handshake: the peer lost our last flight, or wants another handshake, which it does not get.
    fn take_late_fragment(&mut self, now: Instant, epoch: Epoch, header: &FragmentHeader) {
        let wants_another =
            matches!(header.msg_type, HandshakeType::CLIENT_HELLO | HandshakeType::HELLO_REQUEST);
        if epoch == Epoch(0) {
            self.stats.drop(DropReason::Unprotected);
        } else if wants_another {
            if header.fragment_offset == 0 && self.words.is_empty() {
                self.say(Alert::warning(AlertDescription::NO_RENEGOTIATION));
            }
        } else {
            self.stats.drop(DropReason::OldMessage);
            self.repeat_if_asked(now, epoch, header);
        }
    }

    fn repeat_if_asked(&mut self, now: Instant, epoch: Epoch, header: &FragmentHeader) {
        let outgoing = &mut self.context.outgoing;
        if outgoing.is_asked_for_by(header) && outgoing.repeat_on_request(now, epoch == Epoch(1)) {
            self.stats.flights_repeated += 1;
        }
    }

    /// Alerts in plaintext count only while there is no better way to say them.
    fn take_alert(&mut self, now: Instant, epoch: Epoch, content: &[u8]) -> Result<(), Error> {
        if epoch == Epoch(0) && matches!(self.phase, Phase::Established) {
            self.stats.drop(DropReason::Unprotected);
            return Ok(());
        }
        match Alert::parse(content) {
            Ok(Alert { description: AlertDescription::CLOSE_NOTIFY, .. }) => {
                self.say(Alert::warning(AlertDescription::CLOSE_NOTIFY));
                self.enter(now, Phase::Closed);
                self.report(Event::Closed);
            }
            Ok(Alert { level: AlertLevel::Fatal, description }) => return Err(Error::PeerAlert(description)),
            Ok(Alert { level: AlertLevel::Warning, description }) => self.report(Event::Warned(description)),
            Err(_) => self.stats.drop(DropReason::Alert),
        }
        Ok(())
    }
}

/// Cuts the first record off a datagram: its header, its fragment, and what follows.
fn split(input: &mut [u8]) -> Option<(RecordHeader, &mut [u8], &mut [u8])> {
    let header = RecordHeader::parse(&mut Reader::new(input)).ok()?;
    let length = usize::from(header.length);
    if length > MAX_FRAGMENT || HEADER_LEN + length > input.len() {
        return None;
    }
    let (record, rest) = input.split_at_mut(HEADER_LEN + length);
    Some((header, &mut record[HEADER_LEN..], rest))
}
