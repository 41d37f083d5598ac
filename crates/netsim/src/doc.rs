//! The machine of the front page's example, also used by this crate's own tests: says hello until it is answered.

use core::convert::Infallible;
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::VecDeque;

use limpid_sansio::{Answer, Datagram, Driven, Instant, Machine, Path, Transmit, Wish, WishId, WishKind};

/// Sends `hello` to a server every 100 ms until something comes back; tells what came, as text. Answers strangers' `hello`s
/// with nothing.
#[derive(Debug)]
pub struct Greeter {
    path: Path,
    next: Option<Instant>,
    due: bool,
    queued: VecDeque<(Path, Vec<u8>)>,
    events: VecDeque<String>,
    wishes: VecDeque<Wish>,
}

impl Greeter {
    /// Sends from `local`, where a socket is bound, to `server`.
    pub fn new(local: SocketAddr, server: SocketAddr) -> Self {
        Greeter { next: Some(Instant::ZERO), ..Greeter::silent(local, server) }
    }

    /// Only listens, and sends what [`Greeter::send`] is given.
    pub fn silent(local: SocketAddr, server: SocketAddr) -> Self {
        Greeter {
            path: Path::udp(local, server),
            next: None,
            due: false,
            queued: VecDeque::new(),
            events: VecDeque::new(),
            wishes: VecDeque::new(),
        }
    }

    /// Sends these bytes to `remote`.
    pub fn send(&mut self, remote: SocketAddr, bytes: &[u8]) {
        self.send_on(Path { remote, ..self.path }, bytes);
    }

    /// Sends these bytes on this path.
    pub fn send_on(&mut self, path: Path, bytes: &[u8]) {
        self.queued.push_back((path, bytes.to_vec()));
    }

    /// Wishes for something; the answer becomes an event.
    pub fn wish(&mut self, id: u64, kind: WishKind) {
        self.wishes.push_back(Wish { id: WishId(id), kind });
    }
}

impl Machine for Greeter {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = ();
    type Route = Path;
    type Event = String;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        _: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        self.next = None;
        self.events.push_back(String::from_utf8_lossy(input.payload).into_owned());
        Ok(())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Infallible> {
        if self.next.is_some_and(|at| at <= now) {
            self.next = Some(now + Duration::from_millis(100));
            self.due = true;
        }
        Ok(())
    }

    fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        if core::mem::take(&mut self.due) {
            out.extend_from_slice(b"hello");
            return Some(Transmit::new(self.path, 5));
        }
        let (path, bytes) = self.queued.pop_front()?;
        out.extend_from_slice(&bytes);
        Some(Transmit::new(path, bytes.len()))
    }

    fn poll_event(&mut self) -> Option<String> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }
}

impl Driven for Greeter {
    fn poll_wish(&mut self) -> Option<Wish> {
        self.wishes.pop_front()
    }

    fn handle_answer(&mut self, _: Instant, id: WishId, answer: Answer<'_>) {
        self.events.push_back(format!("{}: {answer:?}", id.0));
    }
}
