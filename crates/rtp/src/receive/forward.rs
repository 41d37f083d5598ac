//! Packets read one by one, for who passes them on: in their order, what was lost and came again in its place.

use limpid_sansio::Instant;

use super::Stream;
use crate::elements::Extras;
use crate::names::PayloadType;
use crate::send;

/// A packet as it is passed on. Its own number is left behind: the stream that it goes out on gives it one.
#[derive(Copy, Clone, Debug)]
pub struct PacketRead<'a> {
    /// Its format, by the numbers of the side that sent it.
    pub payload_type: PayloadType,
    /// Its timestamp.
    pub timestamp: u32,
    /// The marker.
    pub marker: bool,
    /// When it came.
    pub arrived: Instant,
    /// The bytes behind the header.
    pub data: &'a [u8],
    /// What the header extension tells.
    pub extras: Extras,
    /// Which frames need which, where that was agreed on: the element as it stands in the packet, which
    /// [`Descriptor::parse`](crate::ext::dependency::Descriptor::parse) reads with the structure in force.
    pub dependencies: Option<&'a [u8]>,
    /// Something is missing between this packet and the one before.
    pub lost_before: bool,
}

impl PacketRead<'_> {
    /// As it goes out on another stream, with copies of its bytes and of its dependency descriptor, or what they are rewritten
    /// to. Its timestamp, marker and extras are kept; change them, and the payload type, where the other side speaks by other
    /// numbers.
    pub fn with_data<'b>(&self, data: &'b [u8], dependencies: Option<&'b [u8]>) -> send::Payload<'b> {
        send::Payload {
            payload_type: self.payload_type,
            timestamp: Some(self.timestamp),
            captured: Some(self.arrived),
            lost_before: self.lost_before,
            marker: self.marker,
            is_key: false,
            data,
            extras: self.extras,
            dependencies,
            elements: &[],
        }
    }
}

impl Stream {
    /// The next packet that brings something. `None`: none is there, or one before it is still waited for: a picture's as long
    /// as it may be asked for again, a sound's until the next one is to be played.
    ///
    /// For streams that are [by packet](super::Config::by_packet), in place of [`read`](Stream::read).
    pub fn read_packet(&mut self, now: Instant) -> Option<PacketRead<'_>> {
        loop {
            let first = self.packets.first();
            let Some(entry) = self.packets.get(first) else {
                let next = self.packets.present_from(self.packets.gap()?)?;
                if self.gives_up_at().is_none_or(|at| at > now) {
                    return None;
                }
                self.reading.lose_packets();
                self.advance(next);
                continue;
            };
            if entry.is_filler {
                self.advance(first + 1);
                continue;
            }
            let (payload_type, timestamp, marker) =
                (entry.payload_type, entry.timestamp as u32, entry.marker);
            let (arrived, extras, described) = (entry.arrived, entry.extras, entry.described);
            let lost_before = self.reading.keep(&entry.bytes);
            self.advance(first + 1);
            let (dependencies, data) = self.reading.kept().split_at(described);
            let dependencies = Some(dependencies).filter(|data| !data.is_empty());
            return Some(PacketRead {
                payload_type,
                timestamp,
                marker,
                arrived,
                data,
                extras,
                dependencies,
                lost_before,
            });
        }
    }

    /// From now on packets are read, or frames.
    pub fn set_by_packet(&mut self, by_packet: bool) {
        self.config.by_packet = by_packet;
    }
}
