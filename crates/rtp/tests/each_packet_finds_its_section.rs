//! Whose a packet is: by the section and the encoding that it names, by its number, by its payload type, and nobody's where
//! two could be meant. RFC 9143 §9.2, RFC 8852 §3.

mod common;

use std::time::Duration;

use common::{audio_payloads, picture, section, video_payloads};
use limpid_rtp::codec::Format;
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::session::{
    Config, DropReason, Event, Inbound, Meaning, Payload, ReceiverId, Section, Session,
};
use limpid_rtp::{Form, Header, PacketWriter, PayloadType, Rid, Ssrc, rtx};
use limpid_sansio::{Instant, Machine};

const VP8: u8 = 96;
const REPAIR: u8 = 97;
const OPUS: u8 = 111;

/// What a packet says of itself.
#[derive(Clone, Copy, Default)]
struct Names {
    mid: Option<&'static str>,
    rid: Option<&'static str>,
    repaired: Option<&'static str>,
}

const NONE: Names = Names { mid: None, rid: None, repaired: None };

fn mid(mid: &'static str) -> Names {
    Names { mid: Some(mid), ..NONE }
}

fn rid(rid: &'static str) -> Names {
    Names { rid: Some(rid), ..NONE }
}

struct Watcher {
    session: Session,
    now: Instant,
}

impl Watcher {
    fn new() -> Self {
        let mut session = Session::new(Config::new([3; 32], "watcher"));
        let mut map = Map::new();
        for (id, kind) in [(1, Kind::Mid), (2, Kind::RtpStreamId), (3, Kind::RepairedRtpStreamId)] {
            assert!(map.insert(id, kind));
        }
        session.set_extensions(&map);
        Watcher { session, now: Instant::from_millis(1000) }
    }

    fn add(&mut self, section: Section, rid: Option<&str>) -> ReceiverId {
        self.session.add_receiver(self.now, section, rid.and_then(Rid::new))
    }

    /// Gives one packet, half a second after the last one.
    fn give(&mut self, payload_type: u8, ssrc: u32, sequence: u16, names: Names) {
        self.now += Duration::from_millis(500);
        let payload = match payload_type {
            VP8 => [&[0x10][..], &picture(u32::from(sequence), true, 40)].concat(),
            REPAIR => {
                let mut payload = Vec::new();
                rtx::write(&mut payload, sequence, &[0x10, 1, 2, 3]);
                payload
            }
            _ => vec![0x78, 1, 2, 3],
        };
        let header = Header {
            marker: true,
            payload_type: PayloadType(payload_type),
            sequence_number: sequence,
            timestamp: u32::from(sequence) * 3000,
            ssrc: Ssrc(ssrc),
        };
        let mut bytes = Vec::new();
        let mut writer = PacketWriter::new(&mut bytes, &header, Form::OneByte);
        for (id, name) in [(1, names.mid), (2, names.rid), (3, names.repaired)] {
            name.map(|name| writer.element(id, name.as_bytes()));
        }
        writer.payload().extend_from_slice(&payload);
        let Ok(()) = self.session.handle_input(self.now, Inbound { ecn: None, bytes: &bytes });
    }

    /// The stream that a receiver has, and how many packets came on it.
    fn has(&mut self, id: ReceiverId) -> Option<(u32, u64)> {
        let receiver = self.session.receiver(id)?;
        Some((receiver.ssrc()?.0, receiver.stats()?.packets_received))
    }

    fn repaired(&mut self, id: ReceiverId) -> u64 {
        let stats = self.session.receiver(id).and_then(|receiver| receiver.stats());
        stats.map_or(0, |stats| stats.retransmitted_packets_received)
    }

    fn dropped(&self, reason: DropReason) -> u64 {
        self.session.dropped()[reason as usize]
    }
}

//~ covers 9143-9.2-a, 9143-9.2-b
#[test]
fn a_name_decides_then_a_known_number_then_a_payload_type_of_one_section_alone() {
    let mut watcher = Watcher::new();
    let one = watcher.add(section("1", video_payloads(), true), None);
    let two = watcher.add(section("2", video_payloads(), true), None);
    let sound = watcher.add(section("3", audio_payloads(), false), None);
    watcher.give(VP8, 10, 1, mid("1"));
    watcher.give(VP8, 20, 1, mid("2"));
    watcher.give(VP8, 10, 2, NONE);
    watcher.give(VP8, 20, 2, NONE);
    assert_eq!((watcher.has(one), watcher.has(two)), (Some((10, 2)), Some((20, 2))), "then by number");
    watcher.give(OPUS, 30, 1, NONE);
    assert_eq!(watcher.has(sound), Some((30, 1)), "nobody announced it, and only one section has the type");
    watcher.give(VP8, 40, 1, NONE);
    watcher.give(VP8, 40, 2, mid("9"));
    assert_eq!(watcher.dropped(DropReason::Unrouted), 2, "two sections, or none, could be meant");
    watcher.give(OPUS, 10, 3, NONE);
    assert_eq!(
        watcher.dropped(DropReason::UnknownPayloadType),
        1,
        "the section of its number has no such type"
    );
    watcher.give(OPUS, 50, 1, mid("1"));
    assert_eq!(watcher.dropped(DropReason::Unrouted), 3, "nor has the one that it names");
    assert_eq!(watcher.has(one), Some((10, 2)));
}

//~ covers 9143-9.2-a, 7941-4.2.6-a
#[test]
fn a_stream_moves_to_the_section_that_it_names_last_and_not_back_by_what_was_overtaken() {
    let mut watcher = Watcher::new();
    let one = watcher.add(section("1", video_payloads(), true), None);
    let two = watcher.add(section("2", video_payloads(), true), None);
    watcher.give(VP8, 10, 100, mid("1"));
    watcher.give(VP8, 10, 102, mid("2"));
    assert_eq!((watcher.has(one), watcher.has(two)), (None, Some((10, 1))));
    watcher.give(VP8, 10, 101, mid("1"));
    assert_eq!((watcher.has(one), watcher.has(two)), (None, Some((10, 1))), "an old packet with an old name");
    watcher.give(VP8, 11, 5, mid("2"));
    assert_eq!(watcher.has(two), Some((11, 1)), "another stream takes the place");
    watcher.give(VP8, 10, 103, NONE);
    assert_eq!(watcher.has(two), Some((11, 1)), "and the number of the first is forgotten");
}

//~ covers 8852-3-b
#[test]
fn encodings_are_told_apart_by_name_also_those_of_repeated_packets() {
    let mut watcher = Watcher::new();
    let rids = ["l", "h"].into_iter().filter_map(Rid::new).collect();
    let layers = Section { rids, ..section("1", video_payloads(), true) };
    let low = watcher.add(layers.clone(), Some("l"));
    let high = watcher.add(layers, Some("h"));
    watcher.give(VP8, 10, 1, Names { mid: Some("1"), ..rid("l") });
    watcher.give(VP8, 20, 1, rid("h"));
    assert_eq!((watcher.has(low), watcher.has(high)), (Some((10, 1)), Some((20, 1))));
    watcher.give(VP8, 30, 1, mid("1"));
    assert_eq!(watcher.dropped(DropReason::Unrouted), 1, "it could be either, and takes nobody's place");
    watcher.give(REPAIR, 21, 7, Names { mid: Some("1"), repaired: Some("h"), ..NONE });
    watcher.give(REPAIR, 21, 8, NONE);
    assert_eq!((watcher.repaired(low), watcher.repaired(high)), (0, 2));
    assert_eq!((watcher.has(low), watcher.has(high)), (Some((10, 1)), Some((20, 1))));
    watcher.give(VP8, 10, 2, rid("x"));
    assert_eq!(watcher.dropped(DropReason::Unrouted), 2, "an encoding that was not agreed on");
}

#[test]
fn a_single_stream_may_have_a_name_that_nobody_asked_for() {
    let mut watcher = Watcher::new();
    let one = watcher.add(section("1", video_payloads(), true), None);
    watcher.give(VP8, 10, 1, Names { mid: Some("1"), ..rid("hi") });
    watcher.give(VP8, 10, 2, rid("hi"));
    assert_eq!(watcher.has(one), Some((10, 2)));
}

#[test]
fn without_names_announced_numbers_and_payload_types_do() {
    let mut watcher = Watcher::new();
    let nameless = |payloads, is_video| Section { mid: None, ..section("-", payloads, is_video) };
    let pictures = watcher.add(nameless(video_payloads(), true), None);
    let sound = watcher.add(nameless(audio_payloads(), false), None);
    watcher.session.bind(pictures, Ssrc(10), Some(Ssrc(11)));
    watcher.give(VP8, 10, 1, NONE);
    watcher.give(REPAIR, 11, 1, NONE);
    watcher.give(OPUS, 30, 1, NONE);
    assert_eq!((watcher.has(pictures), watcher.repaired(pictures)), (Some((10, 1)), 1));
    assert_eq!(watcher.has(sound), Some((30, 1)));
    watcher.give(VP8, 12, 1, mid("1"));
    assert_eq!(watcher.has(pictures), Some((10, 1)), "a section of that name there is not");
}

//~ covers 4588-5.3-a
#[test]
fn repeated_packets_that_nobody_announced_are_known_by_their_payload_type() {
    let mut watcher = Watcher::new();
    let one = watcher.add(section("1", video_payloads(), true), None);
    watcher.give(VP8, 10, 1, NONE);
    watcher.give(REPAIR, 11, 1, NONE);
    assert_eq!((watcher.has(one), watcher.repaired(one)), (Some((10, 1)), 1));
}

#[test]
fn whatever_numbers_are_made_up_a_receiver_has_one_stream() {
    let mut watcher = Watcher::new();
    let one = watcher.add(section("1", video_payloads(), true), None);
    let mut started = 0;
    for ssrc in 0..2000 {
        watcher.now = Instant::from_millis(1000 + u64::from(ssrc)) - Duration::from_millis(500);
        watcher.give(VP8, ssrc, 1, mid("1"));
        while let Some(event) = watcher.session.poll_event() {
            started += u32::from(matches!(event, Event::Started { .. }));
        }
    }
    assert!((15..=21).contains(&started), "{started}: ten a second at most take the place of another");
    assert!(watcher.has(one).is_some_and(|(_, packets)| packets == 1));
    assert!(watcher.dropped(DropReason::Unrouted) > 1900);
}

//~ covers 8834-4.3-a
#[test]
fn another_agreement_leaves_a_stream_as_it_is_unless_its_payload_type_means_something_else() {
    let mut watcher = Watcher::new();
    let one = watcher.add(section("1", video_payloads(), true), None);
    watcher.give(VP8, 10, 1, mid("1"));
    let mut more = video_payloads();
    more.reverse();
    more.push(Payload {
        payload_type: PayloadType(98),
        meaning: Meaning::Media(Format::Vp9),
        ..more[1].clone()
    });
    watcher.session.update_receiver(one, section("1", more.clone(), true));
    assert_eq!(watcher.has(one), Some((10, 1)), "in another order, and with one more");
    watcher.give(98, 10, 2, NONE);
    assert_eq!(watcher.has(one), Some((10, 2)), "the new one is taken at once, on the same stream");
    more.pop();
    watcher.session.update_receiver(one, section("1", more.clone(), true));
    watcher.give(98, 10, 3, NONE);
    assert_eq!((watcher.has(one), watcher.dropped(DropReason::UnknownPayloadType)), (Some((10, 2)), 1));

    more[1].meaning = Meaning::Media(Format::Vp9);
    watcher.session.update_receiver(one, section("1", more, true));
    assert_eq!(watcher.has(one), None, "what is held can not be told from what comes");
    watcher.give(VP8, 10, 4, NONE);
    assert_eq!(watcher.has(one), Some((10, 1)), "it begins anew");
}

#[test]
fn another_number_that_a_description_gives_a_section_is_another_stream() {
    for names in [mid("1"), NONE] {
        let mut watcher = Watcher::new();
        let one = watcher.add(section("1", video_payloads(), true), None);
        watcher.session.bind(one, Ssrc(10), Some(Ssrc(11)));
        watcher.give(VP8, 10, 1, names);
        watcher.give(VP8, 10, 2, names);
        watcher.session.update_receiver(one, section("1", video_payloads(), true));
        watcher.session.bind(one, Ssrc(20), Some(Ssrc(21)));
        for sequence in 5000..5010 {
            watcher.give(VP8, 20, sequence, names);
        }
        assert_eq!(watcher.has(one), Some((20, 10)));
        watcher.session.receiver(one).expect("there").request_key_frame();
        let mut out = Vec::new();
        while watcher.session.poll_transmit(watcher.now, &mut out).is_some() {}
        let asked: Vec<u32> = limpid_rtp::rtcp::packets(&out)
            .filter_map(|packet| match packet {
                Ok(limpid_rtp::rtcp::Packet::PictureLossIndication { media, .. }) => Some(media.0),
                _ => None,
            })
            .collect();
        assert_eq!(asked, [20], "the one that is sent now");
    }
}
