//! A machine between its driver and its handles: behind one short lock, with a bell for the driver.
//!
//! Handles call the machine's own verbs under the lock and ring; nothing is queued twice and no message is passed. The
//! driver holds the lock while it hands in a burst and takes out a batch, never during a system call. A panic inside one
//! connection is caught by the [`Mux`](limpid_peer::Mux): that connection ends, and only that one. One anywhere else under
//! the lock poisons it, and then nobody waits in vain.

use std::sync::{Arc, Mutex};

use limpid_sansio::{Datagram, Driven, Instant, Machine};
use tokio::sync::Notify;

use crate::clock::Clock;

/// A machine with those who wait for its events.
pub(crate) trait Actor: Send + 'static {
    /// What is driven.
    type Machine: Driven + for<'a> Machine<Input<'a> = Datagram<'a>>;
    /// Those who wait.
    type Listener;
    /// Both, at once.
    fn parts(&mut self) -> (&mut Self::Machine, &mut Self::Listener);
    /// The machine said something: note it, wake who waits for it. Runs under the lock.
    fn on_event(
        machine: &mut Self::Machine,
        listener: &mut Self::Listener,
        now: Instant,
        event: <Self::Machine as Machine>::Event,
    );
    /// All that the machine had to say is sent: those that have ended can go. Runs under the lock.
    fn after_drain(&mut self);
    /// The machine has ended: after one more drain, the driver stops.
    fn is_finished(&self) -> bool;
    /// The driver has stopped, or the machine panicked: wake everybody who waits. Nothing will happen any more.
    fn on_stopped(&mut self);
}

/// The machine, its lock, its clock, and the driver's bell.
#[derive(Debug)]
pub(crate) struct Shared<A> {
    actor: Mutex<A>,
    clock: Clock,
    bell: Notify,
}

impl<A: Actor> Shared<A> {
    /// Nobody drives it yet.
    pub(crate) fn new(actor: A, clock: Clock) -> Arc<Self> {
        Arc::new(Shared { actor: Mutex::new(actor), clock, bell: Notify::new() })
    }

    /// For a handle: does something with the machine and lets the driver see to what follows. `None`: it has panicked.
    pub(crate) fn with<R>(&self, verb: impl FnOnce(&mut A, Instant) -> R) -> Option<R> {
        let result = self.lock(verb);
        self.bell.notify_one();
        result
    }

    /// The same without ringing: for looking, or for the driver itself.
    pub(crate) fn lock<R>(&self, verb: impl FnOnce(&mut A, Instant) -> R) -> Option<R> {
        let mut actor = self.actor.lock().ok()?;
        Some(verb(&mut actor, self.clock.now()))
    }

    /// For the driver, when all is over, also after a panic: everybody who waits wakes up.
    pub(crate) fn stop(&self) {
        self.actor.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).on_stopped();
    }

    /// For the driver: a handle has done something.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// The clock that all of them share.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }
}
