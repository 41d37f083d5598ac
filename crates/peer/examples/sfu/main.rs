//! One camera, three watchers, and an SFU between them: packets are passed on as they come, nothing is decoded, and who can
//! not go on without a key frame is heard by the camera. Streams are made without descriptions; those only say how to connect.
//!
//! `cargo run -p limpid-peer --example sfu`

mod scene;

use std::time::Duration;

use limpid_netsim::{Link, World};
use limpid_peer::limpid_rtp::codec::FrameToSend;
use limpid_peer::limpid_rtp::session::{self, ReceiverId};
use limpid_peer::limpid_rtp::{Extras, Ssrc, send};
use limpid_peer::{Event, Mux, PeerId};
use limpid_sansio::Instant;
use scene::{connect, host, peer, picture, section, stream};

fn main() {
    let (sent, seen) = run(Link { loss: 0.02, ..Link::millis(20) }, 300);
    println!("of {sent} pictures the watchers saw {seen:?}");
}

/// All that an SFU knows: where the camera comes in, where its packets go out.
struct Sfu {
    camera: (PeerId, ReceiverId),
    watchers: Vec<(PeerId, Ssrc)>,
}

impl Sfu {
    /// Each packet goes on to all, under the numbers of its own stream there; their wishes for key frames go back.
    fn pass_on(&self, mux: &mut Mux, now: Instant, events: &[(Instant, (PeerId, Event))]) {
        let (mut bytes, mut described) = (Vec::new(), Vec::new());
        loop {
            let read = mux.with(self.camera.0, |peer| {
                let packet = peer.rtp().receiver(self.camera.1)?.read_packet(now)?;
                bytes.clear();
                bytes.extend_from_slice(packet.data);
                described.clear();
                described.extend_from_slice(packet.dependencies.unwrap_or_default());
                Some(packet.with_data(&[], None))
            });
            // Here it would be rewritten, were there layers to choose from.
            let dependencies = Some(&described[..]).filter(|data| !data.is_empty());
            let Some(Some(packet)) =
                read.map(|read| read.map(|read| send::Payload { data: &bytes, dependencies, ..read }))
            else {
                break;
            };
            for (watcher, ssrc) in &self.watchers {
                // A watcher whose queue is full loses packets, and asks for a key frame by itself.
                mux.with(*watcher, |peer| {
                    Some(peer.rtp().sender(*ssrc)?.write_payload(now, &packet).is_ok())
                });
            }
        }
        if events.iter().any(|(_, (from, event))| *from != self.camera.0 && is_request(event)) {
            let ask = |mut receiver: session::Receiver<'_>| receiver.request_key_frame();
            mux.with(self.camera.0, |peer| peer.rtp().receiver(self.camera.1).map(ask));
        }
    }
}

fn is_request(event: &Event) -> bool {
    matches!(event, Event::Rtp(session::Event::KeyFrameRequested(_)))
}

/// Sends so many pictures over such links. How many the camera sent, how many each watcher saw.
pub(crate) fn run(link: Link, count: u32) -> (u32, Vec<u32>) {
    let mut world = World::new(7);
    let (house, port) = host(&mut world, 1, link);
    let mux = world.install(house, Mux::new());
    let mut guest = |ip| {
        let (host, socket) = host(&mut world, ip, link);
        let guest = peer(&mut world, socket);
        let guest = world.install(host, guest);
        let end = peer(&mut world, port);
        let end = world.with(mux, |mux, _| mux.insert(end));
        connect(&mut world, guest, (mux, end)).expect("they agree");
        (guest, end)
    };
    let (camera, inlet) = guest(2);
    let guests = [guest(3), guest(4), guest(5)];
    // The numbers of the streams are known to both ends from elsewhere.
    world.with(camera, |peer, now| peer.rtp().add_sender(now, stream(1)).expect("a free number"));
    let source =
        world.with(mux, |mux, now| mux.with(inlet, |peer| peer.rtp().add_receiver(now, section(), None)));
    let source = source.expect("is there");
    world.with(mux, |mux, _| {
        mux.with(inlet, |peer| peer.rtp().receiver(source).expect("added").set_by_packet(true))
    });
    let mut sfu = Sfu { camera: (inlet, source), watchers: Vec::new() };
    let screens = guests.map(|(guest, end)| {
        let ssrc = 100 + sfu.watchers.len() as u32;
        let added =
            world.with(mux, |mux, now| mux.with(end, |peer| peer.rtp().add_sender(now, stream(ssrc))));
        sfu.watchers.push((end, added.flatten().expect("a free number")));
        (guest, world.with(guest, |peer, now| peer.rtp().add_receiver(now, section(), None)))
    });
    world.run_for(Duration::from_secs(2));

    let (mut seen, mut is_key) = (vec![0; screens.len()], true);
    for number in 0..count {
        let data = picture(std::mem::take(&mut is_key));
        let (media_time, info, extras) =
            (Duration::from_millis(30) * number, FrameToSend::default(), Extras::default());
        let frame = send::Frame { media_time, captured: None, data: &data, info, extras };
        world.with(camera, |peer, now| {
            peer.rtp().sender(Ssrc(1)).expect("added").write(now, &frame).expect("room")
        });
        for _ in 0..10 {
            world.run_for(Duration::from_millis(3));
            let events = world.take_events(mux);
            world.with(mux, |mux, now| sfu.pass_on(mux, now, &events));
        }
        is_key |= world.take_events(camera).iter().any(|(_, event)| is_request(event));
        for ((watcher, screen), seen) in screens.iter().zip(&mut seen) {
            let mut read = || {
                world.with(*watcher, |peer, now| Some(peer.rtp().receiver(*screen)?.read(now)?.data.len()))
            };
            *seen += std::iter::from_fn(&mut read).count() as u32;
        }
    }
    (count, seen)
}
