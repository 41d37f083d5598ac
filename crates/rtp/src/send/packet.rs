//! How a packet of a stream is put together: header, elements, payload; fresh, once more, or as padding.

use alloc::vec::Vec;

use limpid_sansio::Instant;

use super::frame::{Kind, Sent};
use super::history::Packet;
use super::{Config, Stream};
use crate::elements::{self, ElementIds};
use crate::ext::Kind as Ext;
use crate::header::{Header, PacketWriter};
use crate::names::{PayloadType, Ssrc};
use crate::rtx;

/// Largest count that a byte of padding can say. RFC 3550 §5.1.
const MAX_PADDING: usize = 255;

/// About what elements take that are in each packet.
pub(super) fn expected_extension(ids: &ElementIds) -> usize {
    let small = [ids.transport_wide(), ids.id(Ext::AudioLevel), ids.id(Ext::VideoOrientation)];
    let larger = [ids.id(Ext::AbsSendTime), ids.id(Ext::TransmissionOffset)];
    match small.iter().flatten().count() * 3 + larger.iter().flatten().count() * 4 {
        0 => 0,
        bytes => 4 + bytes.next_multiple_of(4),
    }
}

/// Under which names a packet leaves.
struct Label {
    ssrc: Ssrc,
    payload_type: PayloadType,
    sequence_number: u16,
    kind: Kind,
    names: bool,
    is_repair: bool,
}

impl Stream {
    /// Appends the next packet: one that was asked for again, else the next of the queue. `None`: nothing waits.
    ///
    /// The places for what only the transport knows are handed back with it; fill them in before the packet is protected.
    pub fn poll_packet(&mut self, now: Instant, ids: &ElementIds, out: &mut Vec<u8>) -> Option<Sent> {
        self.poll_again(now, ids, out).or_else(|| self.poll_fresh(now, ids, out))
    }

    fn poll_fresh(&mut self, now: Instant, ids: &ElementIds, out: &mut Vec<u8>) -> Option<Sent> {
        let packet = self.queue.pop_front()?;
        self.queued_bytes -= packet.bytes.len();
        if packet.lost_before {
            self.history.skip(now, &packet);
        }
        let label = Label {
            ssrc: self.config.ssrc,
            payload_type: packet.payload_type,
            sequence_number: self.history.next(),
            kind: Kind::Media,
            names: self.reports.names_are_due(packet.is_key),
            is_repair: false,
        };
        let sent = write(&self.config, &label, now, &packet, (ids, self.timeline.clock_rate()), out);
        let ends = self.queue.front().is_none_or(|next| next.timestamp != packet.timestamp);
        self.is_mid_frame = !ends;
        self.stats.frames_sent += u64::from(ends);
        self.stats.key_frames_sent += u64::from(ends && packet.is_key);
        self.stats.total_packet_send_delay += now.since(packet.written);
        self.count(&sent, packet.payload().len());
        self.reports.sent(now, packet.payload().len(), false);
        self.history.push(now, packet, &mut self.slots);
        Some(sent)
    }

    fn poll_again(&mut self, now: Instant, ids: &ElementIds, out: &mut Vec<u8>) -> Option<Sent> {
        let clock_rate = self.timeline.clock_rate();
        let (taken, refused) = self.history.take_again(now);
        self.stats.retransmissions_refused += refused;
        let (sequence, past) = taken?;
        let mut label = Label {
            ssrc: self.config.ssrc,
            payload_type: past.packet.payload_type,
            sequence_number: sequence,
            kind: Kind::Retransmission,
            names: self.reports.repair_names_are_due(past.packet.is_key),
            is_repair: false,
        };
        if let Some(rtx) = self.config.rtx {
            label.relabel(rtx, &mut self.rtx_sequence);
        }
        let len = past.packet.payload().len();
        let sent = write_again(&self.config, &label, now, (sequence, &past.packet), (ids, clock_rate), out);
        self.stats.retransmitted_packets_sent += 1;
        self.stats.retransmitted_bytes_sent += len as u64;
        self.count(&sent, len);
        self.reports.sent(now, len + if label.is_repair { rtx::OVERHEAD } else { 0 }, label.is_repair);
        Some(sent)
    }

    /// Appends one packet of about `len` bytes (at most that much, or 255 bytes of padding) that is only there to fill the
    /// path: a recent packet once more, or an empty one. `None`: the stream has no retransmission stream or has sent
    /// nothing, so that padding would need numbers of the media.
    pub fn poll_padding(
        &mut self,
        now: Instant,
        len: usize,
        ids: &ElementIds,
        out: &mut Vec<u8>,
    ) -> Option<Sent> {
        let rtx = self.config.rtx.filter(|_| self.history.len() > 0)?;
        let clock_rate = self.timeline.clock_rate();
        let mut label = Label {
            ssrc: self.config.ssrc,
            payload_type: self.config.payload_type,
            sequence_number: 0,
            kind: Kind::Padding,
            names: self.reports.repair_names_are_due(false),
            is_repair: false,
        };
        label.relabel(rtx, &mut self.rtx_sequence);
        let overhead = crate::Packet::HEADER_LEN + expected_extension(ids) + rtx::OVERHEAD;
        let largest = len.saturating_sub(overhead);
        let (sent, payload) = match self.history.for_padding(now, largest) {
            Some((sequence, past)) => {
                let again = (sequence, &past.packet);
                let payload = past.packet.payload().len() + rtx::OVERHEAD;
                (write_again(&self.config, &label, now, again, (ids, clock_rate), out), payload)
            }
            None => {
                let timestamp = self.timeline.extrapolate(now);
                (write_padding(&self.config, &label, (timestamp, largest), ids, out), 0)
            }
        };
        self.reports.sent(now, payload, true);
        self.stats.padding_packets_sent += 1;
        self.count(&sent, 0);
        Some(sent)
    }

    fn count(&mut self, sent: &Sent, payload: usize) {
        self.stats.packets_sent += 1;
        self.stats.bytes_sent += payload as u64;
        self.stats.header_bytes_sent += (sent.len - payload) as u64;
    }
}

impl Label {
    /// The packet leaves on the retransmission stream.
    fn relabel(&mut self, rtx: rtx::Rtx, next: &mut u16) {
        (self.ssrc, self.payload_type, self.is_repair) = (rtx.ssrc, rtx.payload_type, true);
        self.sequence_number = *next;
        *next = next.wrapping_add(1);
    }

    fn header(&self, marker: bool, timestamp: u32) -> Header {
        Header {
            marker,
            payload_type: self.payload_type,
            sequence_number: self.sequence_number,
            timestamp,
            ssrc: self.ssrc,
        }
    }

    fn sent(&self, places: Places, len: usize) -> Sent {
        Sent {
            ssrc: self.ssrc,
            sequence_number: self.sequence_number,
            len,
            kind: self.kind,
            transport_wide_cc_at: places.transport_wide_cc,
            absolute_send_time_at: places.absolute_send_time,
        }
    }
}

/// Where what only the transport knows is to be filled in.
struct Places {
    transport_wide_cc: Option<usize>,
    absolute_send_time: Option<usize>,
}

/// The elements that every packet has, then the names.
fn open(config: &Config, label: &Label, ids: &ElementIds, writer: &mut PacketWriter<'_>) -> Places {
    let places = Places {
        transport_wide_cc: ids.transport_wide().and_then(|id| writer.element(id, &[0; 2])),
        absolute_send_time: ids.id(Ext::AbsSendTime).and_then(|id| writer.element(id, &[0; 3])),
    };
    if label.names {
        let rid = if label.is_repair { Ext::RepairedRtpStreamId } else { Ext::RtpStreamId };
        if let (Some(id), Some(mid)) = (ids.id(Ext::Mid), &config.mid) {
            writer.element(id, mid.as_str().as_bytes());
        }
        if let (Some(id), Some(name)) = (ids.id(rid), &config.rid) {
            writer.element(id, name.as_str().as_bytes());
        }
    }
    places
}

type Clocked<'a> = (&'a ElementIds, u32);

fn write(
    config: &Config,
    label: &Label,
    now: Instant,
    packet: &Packet,
    (ids, clock_rate): Clocked<'_>,
    out: &mut Vec<u8>,
) -> Sent {
    let start = out.len();
    let places = write_head(config, label, now, packet, (ids, clock_rate), out);
    out.extend_from_slice(packet.payload());
    label.sent(places, out.len() - start)
}

fn write_again(
    config: &Config,
    label: &Label,
    now: Instant,
    (sequence, packet): (u16, &Packet),
    clocked: Clocked<'_>,
    out: &mut Vec<u8>,
) -> Sent {
    if !label.is_repair {
        return write(config, label, now, packet, clocked, out);
    }
    let start = out.len();
    let places = write_head(config, label, now, packet, clocked, out);
    rtx::write(out, sequence, packet.payload());
    label.sent(places, out.len() - start)
}

fn write_head(
    config: &Config,
    label: &Label,
    now: Instant,
    packet: &Packet,
    (ids, clock_rate): Clocked<'_>,
    out: &mut Vec<u8>,
) -> Places {
    let header = label.header(packet.marker, packet.timestamp);
    let dependencies = ids.id(Ext::DependencyDescriptor).map(|id| (id, packet.dependencies()));
    let dependencies = dependencies.filter(|(_, data)| !data.is_empty());
    let form = ids.form_for(packet.elements().chain(dependencies));
    let mut writer = PacketWriter::new(out, &header, form);
    let places = open(config, label, ids, &mut writer);
    if let Some(id) = ids.id(Ext::TransmissionOffset) {
        writer.element(id, &elements::transmission_offset(packet.captured, now, clock_rate).to_bytes());
    }
    packet.extras.write(&mut writer, ids);
    for (id, data) in dependencies.into_iter().chain(packet.elements()) {
        writer.element(id, data);
    }
    writer.payload();
    places
}

/// An empty packet: no OSN, nothing but padding, which browsers know as a probe.
fn write_padding(
    config: &Config,
    label: &Label,
    (timestamp, padding): (u32, usize),
    ids: &ElementIds,
    out: &mut Vec<u8>,
) -> Sent {
    let start = out.len();
    let mut writer = PacketWriter::new(out, &label.header(false, timestamp), ids.form);
    let places = open(config, label, ids, &mut writer);
    writer.payload();
    let padding = padding.clamp(1, MAX_PADDING);
    out[start] |= 0x20;
    out.resize(out.len() + padding - 1, 0);
    out.push(padding as u8);
    label.sent(places, out.len() - start)
}
