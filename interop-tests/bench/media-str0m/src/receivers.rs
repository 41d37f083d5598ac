//! The other process: answers offers, takes frames and counts them. What it costs is not held against the sender.
use crate::socket::{Socket, wait};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{TryRecvError, channel};
use std::time::{Duration, Instant};
use str0m::change::SdpOffer;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};

/// The process, as the sender holds it. It ends with its handle.
pub struct Receivers {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    process: Child,
}

/// Frames that count, and their latencies in milliseconds.
pub struct Seen {
    pub frames: f64,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Receivers {
    pub fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut process =
            command.arg("receive").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Receivers { to, from: BufReader::new(from), process }
    }

    /// One more receiver takes this offer; its answer.
    pub fn answer(&mut self, offer: &str) -> String {
        crate::unflat(&self.ask(&crate::flat(offer)))
    }

    pub fn report(&mut self) -> Seen {
        let line = self.ask("report");
        let mut values = line.split(' ').map(|v| v.parse().unwrap());
        let mut next = || values.next().unwrap();
        Seen { frames: next(), p50: next(), p99: next(), max: next() }
    }

    fn ask(&mut self, line: &str) -> String {
        writeln!(self.to, "{line}").unwrap();
        let mut reply = String::new();
        self.from.read_line(&mut reply).unwrap();
        reply.trim_end_matches('\n').to_owned()
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Receiver {
    rtc: Rtc,
    socket: Socket,
    timeout: Instant,
}

impl Receiver {
    /// Answers the offer on standard output.
    fn open(offer: &str) -> Self {
        let socket = Socket::bind();
        let mut rtc = crate::config().build(Instant::now());
        rtc.add_local_candidate(Candidate::host(socket.addr, "udp").unwrap());
        let answer = rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(offer).unwrap()).unwrap();
        println!("{}", crate::flat(&answer.to_sdp_string()));
        Receiver { rtc, socket, timeout: Instant::now() }
    }

    fn turn(&mut self, buffer: &mut [u8], seen: &mut Vec<u64>) {
        while let Some((from, len, stride)) = self.socket.receive(buffer) {
            for datagram in buffer[..len].chunks(stride) {
                let Ok(r) = Receive::new(Protocol::Udp, from, self.socket.addr, datagram) else { continue };
                self.rtc.handle_input(Input::Receive(Instant::now(), r)).unwrap();
                self.poll(seen);
            }
        }
        if self.timeout <= Instant::now() {
            self.poll(seen);
        }
    }

    fn poll(&mut self, seen: &mut Vec<u64>) {
        let socket = &mut self.socket;
        self.timeout = crate::drain(&mut self.rtc, |output| match output {
            Output::Transmit(t) => socket.send(t.destination, &t.contents),
            Output::Event(Event::MediaData(d)) => seen.extend(latency(&d.data)),
            _ => {}
        });
        self.socket.flush();
    }
}

/// Of a frame that counts: nanoseconds from writing to reading.
fn latency(frame: &[u8]) -> Option<u64> {
    let (rest, [counts]) = frame.split_last_chunk()?;
    let written = rest.last_chunk().filter(|_| *counts == 1)?;
    Some(crate::nanos().saturating_sub(u64::from_be_bytes(*written)))
}

/// Is that process: one thread for all receivers, and one for standard input, until it ends.
pub fn run() {
    let (lines, input) = channel();
    std::thread::spawn(move || {
        let mut all = std::io::stdin().lock().lines().map_while(Result::ok);
        all.try_for_each(|line| lines.send(line))
    });
    let (mut all, mut seen, mut buffer) = (Vec::<Receiver>::new(), Vec::new(), vec![0; 65_535]);
    loop {
        match input.try_recv() {
            Ok(line) if line == "report" => report(&mut seen),
            Ok(offer) => all.push(Receiver::open(&crate::unflat(&offer))),
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {}
        }
        let limit = Instant::now() + Duration::from_millis(5);
        let next = all.iter().map(|r| r.timeout).fold(limit, Instant::min);
        wait(all.iter().map(|r| &r.socket), next.saturating_duration_since(Instant::now()));
        all.iter_mut().for_each(|r| r.turn(&mut buffer, &mut seen));
    }
}

/// Frames, and what 50, 99 and 100 of a hundred do not exceed.
fn report(seen: &mut [u64]) {
    seen.sort_unstable();
    let at = |percent: usize| match (seen.len() * percent).div_ceil(100).checked_sub(1) {
        Some(index) => seen[index] as f64 / 1e6,
        None => f64::NAN,
    };
    println!("{} {} {} {}", seen.len(), at(50), at(99), at(100));
}
