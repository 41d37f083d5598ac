//! The side that is measured: one socket and one thread for all.
use crate::receivers::Receivers;
use crate::socket::{Socket, wait};
use common::cpu;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::bwe::Bitrate;
use str0m::change::SdpAnswer;
use str0m::media::{Direction, MediaKind, MediaTime, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};

const FPS: u32 = 30;
const WARM_UP: u32 = 2;
const GRACE: Duration = Duration::from_millis(1500);
/// What AES-GCM adds to a packet: both sides prefer it, as ours do.
const TAG: usize = 16;
/// The heads of frames that look like VP8: RFC 6386 §9.1.
const KEY: [u8; 10] = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];
const DELTA: [u8; 3] = [0x11, 0x02, 0x00];

struct Client {
    rtc: Rtc,
    mid: Mid,
    pt: Option<Pt>,
    timeout: Instant,
    is_up: bool,
}

struct Sender {
    socket: Socket,
    clients: Vec<Client>,
    by_addr: HashMap<SocketAddr, usize>,
    buffer: Vec<u8>,
    /// Of the stream itself: neither sent again nor padding, which have a payload type of their own.
    packets: u64,
    /// Of RTP, protection left out.
    bytes: u64,
}

impl Sender {
    fn open(&mut self, receivers: &mut Receivers, rate: u64, bwe: bool) {
        let config = crate::config().enable_bwe(bwe.then(|| Bitrate::bps(rate * 3 / 2)));
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(self.socket.addr, "udp").unwrap());
        rtc.bwe().set_bitrate(Bitrate::ZERO, Bitrate::bps(rate * 2));
        let mut api = rtc.sdp_api();
        let mid = api.add_media(MediaKind::Video, Direction::SendOnly, Some("bench".into()), None, None);
        let (offer, pending) = api.apply().unwrap();
        let answer = SdpAnswer::from_sdp_string(&receivers.answer(&offer.to_sdp_string())).unwrap();
        rtc.sdp_api().accept_answer(pending, answer).unwrap();
        self.clients.push(Client { rtc, mid, pt: None, timeout: Instant::now(), is_up: false });
        while self.clients.iter().any(|c| !c.is_up) {
            self.turn(Instant::now() + Duration::from_millis(100));
        }
        let client = self.clients.last_mut().unwrap();
        client.pt = client.rtc.writer(mid).unwrap().payload_params().next().map(|p| p.pt());
    }

    /// Sends what a client has.
    fn poll(&mut self, index: usize) {
        let Client { rtc, pt, timeout, is_up, .. } = &mut self.clients[index];
        *timeout = crate::drain(rtc, |output| match output {
            Output::Transmit(t) => {
                let is_rtp = (128..192).contains(&t.contents[0]);
                if is_rtp && pt.is_some_and(|pt| *pt == t.contents[1] & 0x7f) {
                    self.packets += 1;
                    self.bytes += (t.contents.len() - TAG) as u64;
                }
                self.socket.send(t.destination, &t.contents);
            }
            Output::Event(Event::Connected) => *is_up = true,
            _ => {}
        });
        self.socket.flush();
    }

    fn receive(&mut self, from: SocketAddr, datagram: &[u8]) {
        let Ok(r) = Receive::new(Protocol::Udp, from, self.socket.addr, datagram) else { return };
        let input = Input::Receive(Instant::now(), r);
        let known = self.by_addr.get(&from).copied();
        let found = known.or_else(|| self.clients.iter().position(|c| c.rtc.accepts(&input)));
        if let Some(i) = found {
            self.by_addr.insert(from, i);
            self.clients[i].rtc.handle_input(input).unwrap();
            self.poll(i);
        }
    }

    /// Waits for datagrams until `until` or the first client's time, and serves those whom it concerns.
    fn turn(&mut self, until: Instant) {
        let next = self.clients.iter().map(|c| c.timeout).fold(until, Instant::min);
        wait([&self.socket].into_iter(), next.saturating_duration_since(Instant::now()));
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some((from, len, stride)) = self.socket.receive(&mut buffer) {
            buffer[..len].chunks(stride).for_each(|datagram| self.receive(from, datagram));
        }
        self.buffer = buffer;
        let now = Instant::now();
        for i in 0..self.clients.len() {
            if self.clients[i].timeout <= now {
                self.poll(i);
            }
        }
    }

    /// Until then.
    fn turn_until(&mut self, due: Instant) {
        while Instant::now() < due {
            self.turn(due);
        }
    }

    fn write(&mut self, number: u32, len: usize, counts: bool) {
        let mut frame = if number == 0 { KEY.to_vec() } else { DELTA.to_vec() };
        frame.resize(if number == 0 { 3 * len } else { len } - 9, 0x5a);
        frame.extend_from_slice(&crate::nanos().to_be_bytes());
        frame.push(counts as u8);
        let frame: Arc<[u8]> = frame.into();
        let time = MediaTime::from_90khz(number as u64 * 90_000 / FPS as u64);
        for i in 0..self.clients.len() {
            let c = &mut self.clients[i];
            let writer = c.rtc.writer(c.mid).unwrap();
            writer.write(c.pt.unwrap(), Instant::now(), time, frame.clone()).unwrap();
            self.poll(i);
        }
    }
}

pub fn run(peers: u64, rate: u64, secs: u64, bwe: bool) {
    let mut receivers = Receivers::start();
    let mut s = Sender {
        socket: Socket::bind(),
        clients: Vec::new(),
        by_addr: HashMap::new(),
        buffer: vec![0; 65_535],
        packets: 0,
        bytes: 0,
    };
    (0..peers).for_each(|_| s.open(&mut receivers, rate, bwe));
    let len = (rate / 8 / FPS as u64) as usize;
    let (warm, all) = (WARM_UP * FPS, (WARM_UP + secs as u32) * FPS);
    let first = Instant::now();
    let due = |number: u32| first + Duration::from_secs(number.into()) / FPS;
    for number in 0..warm {
        s.turn_until(due(number));
        s.write(number, len, false);
    }
    s.turn_until(due(warm));
    let (start, before) = (Instant::now(), (s.packets, s.bytes, cpu()));
    for number in warm..all {
        s.write(number, len, true);
        s.turn_until(due(number + 1));
    }
    let (t, used) = (start.elapsed().as_secs_f64(), cpu() - before.2);
    let (packets, bytes) = ((s.packets - before.0) as f64, (s.bytes - before.1) as f64);
    s.turn_until(Instant::now() + GRACE);
    let seen = receivers.report();
    let frames = ((all - warm) as u64 * peers) as f64;
    let peer = if bwe { "str0m-0.25.0(bwe)" } else { "str0m-0.25.0" };
    println!("media-rate {peer} {:.3} Mbit/s # {:.0} packets/s", bytes * 8.0 / 1e6 / t, packets / t);
    println!("media-cpu {peer} {:.3} us/packet", used * 1e6 / packets);
    println!("media-core {peer} {:.3} cores", used / t);
    println!("media-lost {peer} {:.0} frames # of {frames}", frames - seen.frames);
    println!("media-latency {peer} {:.3} ms # p50 {:.3}", seen.p99, seen.p50);
    println!("media-latency-worst {peer} {:.3} ms", seen.max);
}
