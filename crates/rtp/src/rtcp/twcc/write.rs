//! Writes transport-wide feedback: runs and vectors, whichever tells more. §3.1.2.

use alloc::vec::Vec;
use core::iter::Peekable;

use limpid_sansio::wire::Writer;

use super::{FORMAT, LARGE, MAX_RUN, NOT_RECEIVED, SMALL, TICKS_PER_REFERENCE, symbol_len};
use crate::names::Ssrc;

/// What stands in front of the statuses of a packet that is written.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Heading {
    /// Who received the packets.
    pub sender: Ssrc,
    /// Any stream of the transport.
    pub media: Ssrc,
    /// The number of the first status.
    pub base_sequence: u16,
    /// Grows by one with each feedback.
    pub feedback_count: u8,
}

/// Appends one RTCP packet of at most `max_len` bytes about arrivals in the order of their numbers: `Some` are ticks on a
/// clock of one's own, `None` is not here. Returns how many statuses it tells; 0: nothing has arrived, or nothing fits, and
/// nothing was written.
///
/// It tells fewer than there are when the packet is full, when a delta exceeds two bytes (±8.19 s), and where nothing arrived
/// any more. The rest begins the next packet.
pub fn write<I>(out: &mut Vec<u8>, heading: &Heading, arrivals: I, max_len: usize) -> u16
where
    I: Iterator<Item = Option<u64>> + Clone,
{
    let Some(first) = arrivals.clone().flatten().next() else { return 0 };
    let reference = first as i64 / TICKS_PER_REFERENCE;
    let start = out.len();
    let mut writer = Writer::new(out);
    writer.bytes(&[2 << 6 | FORMAT, 205, 0, 0]);
    writer.u32(heading.sender.0);
    writer.u32(heading.media.0);
    writer.u16(heading.base_sequence);
    writer.u16(0);
    writer.u24(reference as u32);
    writer.u8(heading.feedback_count);

    let deltas = WrittenDeltas { arrivals: arrivals.clone(), at: reference * TICKS_PER_REFERENCE };
    let count = write_chunks(&mut writer, deltas.clone(), max_len.saturating_sub(3));
    if count == 0 {
        out.truncate(start);
        return 0;
    }
    for delta in deltas.take(usize::from(count)).flatten() {
        match u8::try_from(delta) {
            Ok(small) => writer.u8(small),
            Err(_) => writer.bytes(&delta.to_be_bytes()),
        }
    }
    let padding = writer.len().wrapping_neg() & 3;
    if padding > 0 {
        writer.zeros(padding - 1);
        writer.u8(padding as u8);
    }
    let words = (writer.len() / 4 - 1) as u16;
    let packet = &mut out[start..];
    if padding > 0 {
        packet[0] |= 0x20;
    }
    packet[2..4].copy_from_slice(&words.to_be_bytes());
    packet[14..16].copy_from_slice(&count.to_be_bytes());
    count
}

/// Turns arrivals into deltas; ends at the first that two bytes cannot hold.
#[derive(Clone)]
struct WrittenDeltas<I> {
    arrivals: I,
    at: i64,
}

impl<I: Iterator<Item = Option<u64>>> Iterator for WrittenDeltas<I> {
    type Item = Option<i16>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(arrival) = self.arrivals.next()? else { return Some(None) };
        let delta = i16::try_from(arrival as i64 - self.at).ok()?;
        self.at = arrival as i64;
        Some(Some(delta))
    }
}

fn symbol_of(delta: Option<i16>) -> u8 {
    match delta {
        None => NOT_RECEIVED,
        Some(0..=255) => SMALL,
        Some(_) => LARGE,
    }
}

/// Writes chunks for as many statuses as `max_len` has room for together with their deltas. Returns how many.
fn write_chunks<I>(writer: &mut Writer<'_>, deltas: I, max_len: usize) -> u16
where
    I: Iterator<Item = Option<i16>> + Clone,
{
    let mut symbols = deltas.map(symbol_of).peekable();
    let (mut count, mut delta_len) = (0usize, 0usize);
    while symbols.peek().is_some() {
        let Some(room) = max_len.checked_sub(writer.len() + delta_len + 2) else { break };
        let limit = usize::from(u16::MAX) - count;
        let (word, len, bytes) = next_chunk(&symbols, room.min(MAX_RUN), limit.min(MAX_RUN));
        // A packet that ends in packets that are not here says no more than one without them.
        if len == 0 || (bytes == 0 && symbols.clone().take(len + 1).count() == len) {
            break;
        }
        writer.u16(word);
        count += len;
        delta_len += bytes;
        symbols.nth(len - 1);
    }
    count as u16
}

/// The chunk that tells most of what comes: its word, how many symbols, and bytes of their deltas, which fit `room`.
fn next_chunk<I>(symbols: &Peekable<I>, room: usize, limit: usize) -> (u16, usize, usize)
where
    I: Iterator<Item = u8> + Clone,
{
    let first = symbols.clone().next().unwrap_or(NOT_RECEIVED);
    let fits = |len: usize| room.checked_div(symbol_len(first)).map_or(len, |most| len.min(most));
    let run = symbols.clone().take(limit).take_while(|&symbol| symbol == first).count();
    let has_large = symbols.clone().take(14).any(|symbol| symbol == LARGE);
    let (head, vector, width) = if has_large { (0b11u16, 7, 2) } else { (0b10, 14, 1) };
    if run >= vector || run == symbols.clone().take(run + 1).count() {
        let len = fits(run);
        return (u16::from(first) << 13 | len as u16, len, len * symbol_len(first));
    }
    let (mut word, mut len, mut bytes) = (head << 14, 0, 0);
    for symbol in symbols.clone().take(vector.min(limit)) {
        // What has no room now has none later: a vector that is not full is the last chunk.
        if bytes + symbol_len(symbol) > room {
            break;
        }
        len += 1;
        word |= u16::from(symbol) << (14 - width * len);
        bytes += symbol_len(symbol);
    }
    (word, len, bytes)
}
