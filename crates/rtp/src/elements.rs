//! Which id each header extension element has on a transport, and those that streams write and read themselves.

use limpid_sansio::Instant;

use crate::clock::ticks;
use crate::ext::{AbsCaptureTime, AudioLevel, Kind, Map, PlayoutDelay, TransmissionOffset, VideoOrientation};
use crate::header::{Form, Packet, PacketWriter};

/// The ids that were negotiated for one transport, and the form in which elements are written there. RFC 8285 §4.2, §5.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ElementIds {
    /// How elements are written.
    pub form: Form,
    /// The ids.
    pub map: Map,
    /// Single packets may have the other form, where an element fits no other (RFC 8285 §6, `extmap-allow-mixed`).
    pub mixed: bool,
}

impl Default for ElementIds {
    fn default() -> Self {
        ElementIds { form: Form::OneByte, map: Map::new(), mixed: false }
    }
}

impl ElementIds {
    /// What a description agreed on. Two-byte elements are written where an id asks for them.
    pub fn of(map: &Map) -> Self {
        let form = if map.largest() > 14 { Form::TwoByte } else { Form::OneByte };
        ElementIds { form, map: *map, mixed: false }
    }

    /// The form of a packet that has these elements beside those that streams write themselves, which fit any form.
    pub(crate) fn form_for<'a>(&self, elements: impl Iterator<Item = (u8, &'a [u8])>) -> Form {
        let needs_two = |(id, data): (u8, &[u8])| id > 14 || data.is_empty() || data.len() > 16;
        match self.mixed && elements.into_iter().any(needs_two) {
            true => Form::TwoByte,
            false => self.form,
        }
    }

    /// The id of an extension, if it is in use.
    pub fn id(&self, kind: Kind) -> Option<u8> {
        self.map.id(kind)
    }

    /// The id under which packets carry their number on the transport.
    pub fn transport_wide(&self) -> Option<u8> {
        self.id(Kind::TransportWide).or(self.id(Kind::TransportWide02))
    }
}

/// What is told of a frame beside its data, in the header extension of its packets.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Extras {
    /// How loud it is, and whether there is voice. RFC 6464.
    pub audio_level: Option<AudioLevel>,
    /// How the camera was held.
    pub video_orientation: Option<VideoOrientation>,
    /// The bounds of the playout delay that the sender wishes.
    pub playout_delay: Option<PlayoutDelay>,
    /// When it was captured.
    pub capture_time: Option<AbsCaptureTime>,
}

impl Extras {
    /// Reads what a packet tells. Elements that can not be read count as absent.
    pub fn read(packet: &Packet<'_>, ids: &ElementIds) -> Extras {
        let mut extras = Extras::default();
        for (id, data) in packet.elements() {
            match ids.map.kind(id) {
                Some(Kind::AudioLevel) => extras.audio_level = AudioLevel::parse(data).ok(),
                Some(Kind::VideoOrientation) => extras.video_orientation = VideoOrientation::parse(data).ok(),
                Some(Kind::PlayoutDelay) => extras.playout_delay = PlayoutDelay::parse(data).ok(),
                Some(Kind::AbsCaptureTime) => extras.capture_time = AbsCaptureTime::parse(data).ok(),
                _ => {}
            }
        }
        extras
    }

    pub(crate) fn write(&self, writer: &mut PacketWriter<'_>, ids: &ElementIds) {
        if let (Some(id), Some(level)) = (ids.id(Kind::AudioLevel), self.audio_level) {
            writer.element(id, &level.to_bytes());
        }
        if let (Some(id), Some(orientation)) = (ids.id(Kind::VideoOrientation), self.video_orientation) {
            writer.element(id, &orientation.to_bytes());
        }
        if let (Some(id), Some(delay)) = (ids.id(Kind::PlayoutDelay), self.playout_delay) {
            writer.element(id, &delay.to_bytes());
        }
        if let (Some(id), Some(time)) = (ids.id(Kind::AbsCaptureTime), self.capture_time) {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&time.ntp.to_be_bytes());
            bytes[8..].copy_from_slice(&time.clock_offset.unwrap_or(0).to_be_bytes());
            writer.element(id, &bytes[..if time.clock_offset.is_some() { 16 } else { 8 }]);
        }
    }
}

/// All that the header extension of one packet tells of what is in it.
#[derive(Copy, Clone, Default, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) extras: Extras,
    /// The dependency descriptor, as it stands there: only with those before it can it be read.
    pub(crate) dependencies: Option<&'a [u8]>,
}

impl<'a> Told<'a> {
    pub(crate) fn read(packet: &Packet<'a>, ids: &ElementIds) -> Self {
        let dependencies = ids.id(Kind::DependencyDescriptor).and_then(|id| packet.element(id));
        Told { extras: Extras::read(packet, ids), dependencies: dependencies.filter(|data| !data.is_empty()) }
    }
}

/// How long after the instant of its timestamp a packet leaves.
pub(crate) fn transmission_offset(captured: Instant, now: Instant, clock_rate: u32) -> TransmissionOffset {
    TransmissionOffset(ticks(now.since(captured), clock_rate).min(0x7f_ffff) as i32)
}

/// Where the data of a timing element begins that is filled in when the packet leaves, and later.
const LATE_TIMING: usize = 7;

/// Zeroes the elements of a packet that are filled in only when it leaves: parity is made before.
pub(crate) fn clear_late_ones(bytes: &mut [u8], ids: &ElementIds) {
    let Ok(packet) = Packet::parse(bytes) else { return };
    // One of each at most; a second one of a kind is nothing that senders write.
    let mut places: [core::ops::Range<usize>; 5] = Default::default();
    for (id, place) in packet.element_places() {
        let at = match ids.map.kind(id) {
            Some(Kind::TransportWide) => 0,
            Some(Kind::TransportWide02) => 1,
            Some(Kind::TransmissionOffset) => 2,
            Some(Kind::AbsSendTime) => 3,
            Some(Kind::VideoTiming) => 4,
            _ => continue,
        };
        places[at] = if at == 4 { (place.start + LATE_TIMING).min(place.end)..place.end } else { place };
    }
    for place in places {
        bytes[place].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::Header;
    use alloc::vec::Vec;
    use core::time::Duration;

    #[test]
    fn what_is_told_of_a_frame_reads_back() {
        let mut ids = ElementIds::default();
        let kinds = [Kind::AudioLevel, Kind::VideoOrientation, Kind::PlayoutDelay, Kind::AbsCaptureTime];
        for (id, kind) in (1..).zip(kinds) {
            assert!(ids.map.insert(id, kind));
        }
        for clock_offset in [None, Some(-7)] {
            let extras = Extras {
                audio_level: Some(AudioLevel { voice: true, level: 42 }),
                video_orientation: VideoOrientation::parse(&[3]).ok(),
                playout_delay: Some(PlayoutDelay {
                    min: Duration::from_millis(20),
                    max: Duration::from_secs(2),
                }),
                capture_time: Some(AbsCaptureTime { ntp: 0x0102_0304_0506_0708, clock_offset }),
            };
            let mut out = Vec::new();
            let mut writer = PacketWriter::new(&mut out, &Header::default(), ids.form);
            extras.write(&mut writer, &ids);
            writer.payload();
            let packet = Packet::parse(&out).expect("sound");
            assert_eq!(Extras::read(&packet, &ids), extras);
            assert_eq!(Extras::read(&packet, &ElementIds::default()), Extras::default());
        }
    }

    #[test]
    fn a_transmission_offset_stays_within_its_bits() {
        let second = Instant::from_millis(1000);
        assert_eq!(transmission_offset(Instant::ZERO, second, 90_000).0, 90_000);
        assert_eq!(transmission_offset(Instant::ZERO, Instant::from_nanos(u64::MAX), 90_000).0, 0x7f_ffff);
        assert_eq!(transmission_offset(second, Instant::ZERO, 90_000).0, 0);
    }
}
