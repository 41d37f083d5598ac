//! Looking at a world: its time, its machines, what they said, what was dropped.

use limpid_sansio::{Instant, Machine};

use super::{Handle, HostId, Sent, World};
use crate::host::Driver;
use crate::packet::DropCause;
use crate::trace::{Describe, Trace};

impl World {
    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// A new seed for a machine, from the world's.
    pub fn seed(&mut self) -> [u8; 32] {
        self.random().seed()
    }

    /// The host with this name.
    pub fn find_host(&self, name: &str) -> Option<HostId> {
        self.nodes.iter().position(|node| node.name == name).map(HostId)
    }

    /// The machine that lives there.
    ///
    /// # Panics
    /// If it does not live there any more.
    pub fn machine<M: Machine + 'static>(&self, handle: Handle<M>) -> &M {
        self.driver(handle).machine()
    }

    /// What a machine has said since its events were last taken.
    ///
    /// # Panics
    /// If it does not live there any more.
    pub fn events<M: Machine + 'static>(&self, handle: Handle<M>) -> &[(Instant, M::Event)] {
        self.driver(handle).events()
    }

    /// The same, taken out.
    ///
    /// # Panics
    /// If it does not live there any more.
    pub fn take_events<M: Machine + 'static>(&mut self, handle: Handle<M>) -> Vec<(Instant, M::Event)> {
        self.driver_mut(handle).take_events()
    }

    /// Why the resident is finished, if it failed.
    pub fn error(&self, host: impl Into<HostId>) -> Option<&str> {
        self.nodes[host.into().0].resident.as_ref()?.error()
    }

    /// What a host has sent.
    pub fn sent(&self, host: impl Into<HostId>) -> Sent {
        self.nodes[host.into().0].sent
    }

    /// How many packets were dropped for this cause.
    pub fn dropped(&self, cause: DropCause) -> u64 {
        self.drops.get(&cause).copied().unwrap_or(0)
    }

    /// What happened.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Keeps the text of the trace from now on; see [`Trace::keep_text`].
    pub fn keep_trace(&mut self, describe: Option<Describe>) {
        self.trace.keep_text(describe);
    }

    fn driver<M: Machine + 'static>(&self, handle: Handle<M>) -> &Driver<M> {
        let resident = self.nodes[handle.0.0].resident.as_deref();
        let driver = resident.and_then(|host| (host as &dyn core::any::Any).downcast_ref());
        driver.expect("the machine lives there no more")
    }

    pub(super) fn driver_mut<M: Machine + 'static>(&mut self, handle: Handle<M>) -> &mut Driver<M> {
        let resident = self.nodes[handle.0.0].resident.as_deref_mut();
        let driver = resident.and_then(|host| (host as &mut dyn core::any::Any).downcast_mut());
        driver.expect("the machine lives there no more")
    }
}
