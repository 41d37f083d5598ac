//! Whose clock a stream goes by: sources with one name (CNAME) share one, others have clocks of their own. RFC 3550 §6.5.1;
//! RFC 8834 §4.1 and §4.9.

use alloc::boxed::Box;
use alloc::vec::Vec;

use limpid_sansio::Instant;

use super::incoming::Incoming;
use super::route::Route;
use super::{Received, Session};
use crate::clock::{Common, Ntp};
use crate::names::Ssrc;
use crate::receive::Frame;
use crate::rtcp::SourceDescription;

/// The name that sources share; `None`: of those that did not say one yet.
pub(super) type Name = Option<Box<[u8]>>;

/// Clocks by name: never more than there are receivers, and one.
#[derive(Debug, Default)]
pub(super) struct Clocks(Vec<(Name, Common)>);

impl Clocks {
    fn of(&self, name: &Name) -> Option<&Common> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, clock)| clock)
    }

    fn on_sender_report(&mut self, now: Instant, name: &Name, ntp: Ntp) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, clock)) => clock.on_sender_report(now, ntp),
            None => {
                let mut clock = Common::default();
                clock.on_sender_report(now, ntp);
                self.0.push((name.clone(), clock));
            }
        }
    }

    /// Where a frame stands on the clock of its source.
    pub(super) fn place<'a>(&self, name: &Name, frame: Frame<'a>) -> Received<'a> {
        let clock = self.of(name);
        let captured_at = frame.captured.and_then(|ntp| clock?.local(ntp));
        Received { frame, captured_at }
    }
}

impl Session {
    /// Who stands behind streams. Told before the reports of the same datagram are, as those belong to the name's clock.
    pub(super) fn on_source_description(&mut self, description: &SourceDescription<'_>) {
        for chunk in description.chunks() {
            let Some(name) = chunk.cname() else { continue };
            let Some(Route::Media(id)) = self.routes.find(chunk.source) else { continue };
            let receiver = self.receivers.iter_mut().find(|receiver| receiver.id == id);
            if let Some(receiver) = receiver.filter(|receiver| receiver.cname.as_deref() != Some(name)) {
                receiver.cname = Some(name.into());
                let receivers = &self.receivers;
                let is_used = |name: &Name| name.is_none() || receivers.iter().any(|one| one.cname == *name);
                self.clocks.0.retain(|(name, _)| is_used(name));
            }
        }
    }

    pub(super) fn set_clock(&mut self, now: Instant, source: Ssrc, ntp: Ntp) {
        let receiver = self.routes.find(source).map(Route::receiver);
        let receiver = self.receivers.iter().find(|one| Some(one.id) == receiver);
        let name: &Name = receiver.map_or(&None, |receiver: &Incoming| &receiver.cname);
        self.clocks.on_sender_report(now, name, ntp);
    }
}
