//! The tap of a connection: one branch when it is off.

use limpid_sansio::tap::{Direction, Note, Record, Tap, Value};
use limpid_sansio::{Instant, Path};
use limpid_sctp::Association;

use crate::description::Description;
use crate::peer::Peer;

/// The looker-on, if there is one, and the number that it knows this connection by.
#[derive(Default)]
pub(crate) struct Tapped {
    pub(crate) sink: Option<Box<dyn Tap + Send>>,
    pub(crate) connection: u64,
}

impl Tapped {
    /// A packet crossed a floor.
    #[inline]
    pub(crate) fn packet(
        &mut self,
        at: Instant,
        machine: &'static str,
        direction: Direction,
        path: Option<Path>,
        bytes: &[u8],
    ) {
        if let Some(sink) = &mut self.sink {
            sink.record(&Record {
                at,
                connection: self.connection,
                machine,
                name: "packet",
                flow: Some((direction, path)),
                fields: &[],
                bytes: Some(bytes),
                secret: false,
            });
        }
    }

    /// A child machine changed its state.
    pub(crate) fn state(&mut self, machine: &'static str, note: Note) {
        let fields = [("from", Value::Text(note.from)), ("to", Value::Text(note.to))];
        self.fact(note.at, machine, "state", &fields, false);
    }

    /// A line of a key log.
    pub(crate) fn secret(&mut self, at: Instant, line: &str) {
        self.fact(at, "dtls", "secret", &[("keylog", Value::Text(line))], true);
    }

    /// A description was handed in. Passwords of ICE are left out: whoever reads a trace must not be able to take part.
    pub(crate) fn description(&mut self, at: Instant, name: &'static str, description: &Description) {
        if self.sink.is_some() {
            let sdp = description.without_passwords();
            let fields = [("type", Value::Text(description.kind.as_str())), ("sdp", Value::Text(&sdp))];
            self.fact(at, "sdp", name, &fields, false);
        }
    }

    /// Anything else.
    pub(crate) fn fact(
        &mut self,
        at: Instant,
        machine: &'static str,
        name: &'static str,
        fields: &[(&'static str, Value<'_>)],
        secret: bool,
    ) {
        if let Some(sink) = &mut self.sink {
            let connection = self.connection;
            sink.record(&Record { at, connection, machine, name, flow: None, fields, bytes: None, secret });
        }
    }
}

impl Peer {
    /// What the children noted of their states.
    pub(crate) fn tell_states(&mut self) {
        while let Some(note) = self.transport.ice.pop_note() {
            self.tap.state("ice", note);
        }
        while let Some(note) = self.transport.dtls.as_mut().and_then(|dtls| dtls.pop_note()) {
            self.tap.state("dtls", note);
        }
        while let Some(note) = self.association.as_mut().and_then(Association::pop_note) {
            self.tap.state("sctp", note);
        }
    }
}
