//! Whoever lives at an address: an object-safe face over any machine that speaks datagrams.

use core::any::Any;
use core::fmt;
use core::net::SocketAddr;

use limpid_sansio::{
    Answer, Datagram, Drained, Driven, Instant, Machine, Outbox, Path, Transmit, Wish, WishId, drain,
};

/// What the world asks of whoever lives at an address. [`Driver`] is one for every [`Driven`] machine.
pub trait Host: Any {
    /// A datagram, or a frame of a stream, has arrived.
    fn receive(&mut self, now: Instant, datagram: Datagram<'_>);
    /// Timeouts that are due, events (each told to `say` too), transmits; as [`limpid_sansio::drain`].
    fn drain(
        &mut self,
        now: Instant,
        outbox: &mut Outbox<Path>,
        say: &mut dyn FnMut(&dyn fmt::Debug),
    ) -> Drained;
    /// The next wish.
    fn poll_wish(&mut self) -> Option<Wish> {
        None
    }
    /// The answer to a wish.
    fn answer(&mut self, _now: Instant, _id: WishId, _answer: Answer<'_>) {}
    /// Why it is finished, if it failed.
    fn error(&self) -> Option<&str> {
        None
    }
}

type OnYield<M> = Box<dyn for<'a> FnMut(&mut M, Instant, <M as Machine>::Yield<'a>)>;

/// A [`Driven`] machine and what has come out of it.
pub struct Driver<M: Machine> {
    machine: M,
    on_yield: OnYield<M>,
    events: Vec<(Instant, M::Event)>,
    error: Option<String>,
}

impl<M: Machine> Driver<M> {
    /// Drives `machine`; what its `handle_input` yields goes to `on_yield`.
    pub fn new(machine: M, on_yield: impl for<'a> FnMut(&mut M, Instant, M::Yield<'a>) + 'static) -> Self {
        Driver { machine, on_yield: Box::new(on_yield), events: Vec::new(), error: None }
    }

    /// The machine.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The machine, to give it a command. Drain the host afterwards.
    pub fn machine_mut(&mut self) -> &mut M {
        &mut self.machine
    }

    /// What it has said since the last [`Driver::take_events`], with the time.
    pub fn events(&self) -> &[(Instant, M::Event)] {
        &self.events
    }

    /// The same, taken out.
    pub fn take_events(&mut self) -> Vec<(Instant, M::Event)> {
        core::mem::take(&mut self.events)
    }

    fn note<T>(&mut self, result: Result<T, M::Error>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.error.get_or_insert_with(|| error.to_string());
                None
            }
        }
    }
}

impl<M> Host for Driver<M>
where
    M: Driven + for<'a> Machine<Input<'a> = Datagram<'a>> + 'static,
    M::Event: fmt::Debug,
{
    fn receive(&mut self, now: Instant, datagram: Datagram<'_>) {
        let handled = self.machine.handle_input(now, datagram);
        if let Some(yielded) = self.note(handled) {
            (self.on_yield)(&mut self.machine, now, yielded);
        }
    }

    fn drain(
        &mut self,
        now: Instant,
        outbox: &mut Outbox<Path>,
        say: &mut dyn FnMut(&dyn fmt::Debug),
    ) -> Drained {
        let events = &mut self.events;
        let drained = drain(&mut self.machine, now, outbox, |_, event| {
            say(&event);
            events.push((now, event));
        });
        match self.note(drained) {
            Some(drained) => drained,
            // Its last words may be more than one outbox holds.
            None if !outbox.has_room() => Drained::More,
            None => Drained::Idle(None),
        }
    }

    fn poll_wish(&mut self) -> Option<Wish> {
        self.machine.poll_wish()
    }

    fn answer(&mut self, now: Instant, id: WishId, answer: Answer<'_>) {
        self.machine.handle_answer(now, id, answer);
    }

    fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

impl<M: Machine + fmt::Debug> fmt::Debug for Driver<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("machine", &self.machine).field("error", &self.error).finish()
    }
}

/// Makes a [`Driven`] of a machine that sends on paths but wishes for nothing.
#[derive(Clone, Debug)]
pub struct NoWishes<M>(pub M);

impl<M: Machine> Machine for NoWishes<M> {
    type Input<'a> = M::Input<'a>;
    type Yield<'a> = M::Yield<'a>;
    type Route = M::Route;
    type Event = M::Event;
    type Error = M::Error;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        self.0.handle_input(now, input)
    }
    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        self.0.handle_timeout(now)
    }
    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Self::Route>> {
        self.0.poll_transmit(now, out)
    }
    fn poll_event(&mut self) -> Option<Self::Event> {
        self.0.poll_event()
    }
    fn poll_timeout(&self) -> Option<Instant> {
        self.0.poll_timeout()
    }
}

impl<M: Machine<Route = Path>> Driven for NoWishes<M> {
    fn poll_wish(&mut self) -> Option<Wish> {
        None
    }
    fn handle_answer(&mut self, _: Instant, _: WishId, _: Answer<'_>) {}
}

/// A server without memory: answers each datagram from its bytes and its sender alone. A STUN server is one line.
pub struct Responder<F> {
    answer: F,
    waiting: Vec<(Path, Vec<u8>)>,
}

impl<F> Responder<F>
where
    F: FnMut(SocketAddr, &[u8], &mut Vec<u8>) -> Option<usize> + 'static,
{
    /// `answer` appends its reply to the buffer and returns the length of the reply; `None`: no reply.
    pub fn new(answer: F) -> Self {
        Responder { answer, waiting: Vec::new() }
    }
}

impl<F> Host for Responder<F>
where
    F: FnMut(SocketAddr, &[u8], &mut Vec<u8>) -> Option<usize> + 'static,
{
    fn receive(&mut self, _now: Instant, datagram: Datagram<'_>) {
        let mut reply = Vec::new();
        if let Some(len) = (self.answer)(datagram.path.remote, datagram.payload, &mut reply) {
            reply.truncate(len);
            self.waiting.push((datagram.path, reply));
        }
    }

    fn drain(
        &mut self,
        _now: Instant,
        outbox: &mut Outbox<Path>,
        _say: &mut dyn FnMut(&dyn fmt::Debug),
    ) -> Drained {
        for (path, reply) in self.waiting.drain(..) {
            outbox.fill(|out| {
                out.extend_from_slice(&reply);
                Some(Transmit::new(path, reply.len()))
            });
        }
        Drained::Idle(None)
    }
}

impl<F> fmt::Debug for Responder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder")
    }
}
