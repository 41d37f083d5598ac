//! When packets arrived: transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1) and congestion
//! control feedback (RFC 8888 §3.1).

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::rtcp::ssrc;
use crate::walk::Walk;

const TWCC: &str = "draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1";
const CCFB: &str = "RFC 8888 §3.1";

/// What a packet's two bits say.
const NOT_RECEIVED: u8 = 0;
const SMALL_DELTA: u8 = 1;
const LARGE_DELTA: u8 = 2;

/// The control information of transport-wide feedback.
pub(super) fn transport_wide(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    let base = walk.number(2, "base sequence number", TWCC, |_| "of the first packet that this is about")?;
    let count = walk.number(2, "packet status count", TWCC, |_| "packets that this is about")? as usize;
    if count == 0 {
        return Err(ParseError::new("packet status count", walk.at() - 2, ParseErrorKind::BadValue));
    }
    let mut bits = walk.bits(3, "reference time")?;
    bits.take(24, "reference time", TWCC, |time| {
        format!("{} ms on the receiver's clock", ((time as i64) << 40 >> 40) * 64)
    });
    walk.number(1, "fb pkt. count", TWCC, |_| "counts these packets")?;
    let mut statuses = Vec::new();
    while statuses.len() < count {
        chunk(walk, &mut statuses)?;
    }
    statuses.truncate(count);
    for (index, status) in statuses.iter().enumerate() {
        delta(walk, *status, (base as u16).wrapping_add(index as u16))?;
    }
    if walk.remaining() > 0 {
        walk.opaque(walk.remaining(), "zero padding", TWCC, "fills up to a whole word; says nothing")?;
    }
    let received = statuses.iter().filter(|status| **status != NOT_RECEIVED).count();
    Ok(format!("{received} of {count} packets from #{base} have arrived"))
}

/// One chunk: the statuses of some packets.
fn chunk(walk: &mut Walk<'_>, statuses: &mut Vec<u8>) -> Result<(), ParseError> {
    let first = walk.rest().first().copied().unwrap_or(0);
    let word = u64::from(first) << 8 | u64::from(walk.rest().get(1).copied().unwrap_or(0));
    let mut bits = walk.bits(2, "packet chunk")?;
    let is_vector =
        bits.take(1, "T", TWCC, |kind| if kind == 0 { "run length" } else { "status vector" }) == 1;
    if !is_vector {
        let status = bits.take(2, "S", TWCC, |status| status_name(status as u8)) as u8;
        let run = bits.take(13, "run length", TWCC, |_| "packets with this status") as usize;
        if run == 0 {
            // Nothing is said: whoever sends these has no end.
            return Err(ParseError::new("run length", walk.at() - 2, ParseErrorKind::BadValue));
        }
        statuses.extend(std::iter::repeat_n(status, run));
        return Ok(());
    }
    let width =
        1 + bits.take(1, "S", TWCC, |wide| if wide == 0 { "one bit each" } else { "two bits each" }) as usize;
    bits.take(14, "symbol list", TWCC, |_| "packet by packet");
    let symbols = (0..14 / width).map(|at| (word >> (14 - (at + 1) * width)) as u8 & ((1 << width) - 1));
    statuses.extend(symbols);
    Ok(())
}

fn delta(walk: &mut Walk<'_>, status: u8, sequence: u16) -> Result<(), ParseError> {
    let text = |quarters: i64| {
        let (sign, quarters) = (if quarters < 0 { "-" } else { "" }, quarters.unsigned_abs());
        format!("#{sequence} came {sign}{}.{:02} ms after the one before", quarters / 4, quarters % 4 * 25)
    };
    match status {
        SMALL_DELTA => walk.number(1, "recv delta", TWCC, |delta| text(delta as i64)).map(|_| ()),
        LARGE_DELTA => {
            walk.number(2, "recv delta", TWCC, |delta| text(delta as u16 as i16 as i64)).map(|_| ())
        }
        _ => Ok(()),
    }
}

const fn status_name(status: u8) -> &'static str {
    match status {
        NOT_RECEIVED => "has not arrived",
        SMALL_DELTA => "arrived, its delta is one byte",
        LARGE_DELTA => "arrived, its delta is two bytes",
        _ => "reserved",
    }
}

/// What follows the sender's SSRC in congestion control feedback.
pub(super) fn congestion_control(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    let mut texts = Vec::new();
    // RFC 8888 can be read to mean one metric more than the count; some peer may.
    let is_inclusive = !fits(walk.rest(), false) && fits(walk.rest(), true);
    while walk.remaining() > 4 {
        let count = reports(walk.rest(), is_inclusive);
        let len = 8 + count * 2 + count % 2 * 2;
        walk.group("report block", len, CCFB, |walk| {
            let stream = ssrc(walk, "SSRC")?;
            let begin = walk.number(2, "begin_seq", CCFB, |_| "the first packet that this is about")?;
            walk.number(2, "num_reports", CCFB, |_| "packets that this is about")?;
            let mut received = 0;
            for index in 0..count {
                received += usize::from(metric(walk, (begin as u16).wrapping_add(index as u16))?);
            }
            walk.padding(count % 2 * 2, CCFB)?;
            let text = format!("{received} of {count} packets from #{begin} of {stream} have arrived");
            texts.push(text.clone());
            Ok(text.into())
        })?;
    }
    walk.number(4, "Report Timestamp", CCFB, |_| "the middle of the NTP time that offsets count back from")?;
    Ok(if texts.is_empty() { "nothing to report".into() } else { texts.join(", ") })
}

/// How many metrics follow the head of a block.
fn reports(block: &[u8], is_inclusive: bool) -> usize {
    let count = block.get(6..8).map_or(0, |count| usize::from(count[0]) << 8 | usize::from(count[1]));
    if is_inclusive && count > 0 { count + 1 } else { count }
}

/// Whether blocks end where the timestamp begins.
fn fits(mut bytes: &[u8], is_inclusive: bool) -> bool {
    while bytes.len() > 4 {
        let len = 8 + reports(bytes, is_inclusive).next_multiple_of(2) * 2;
        let Some(rest) = bytes.get(len..) else { return false };
        bytes = rest;
    }
    bytes.len() == 4
}

/// One packet. `true`: it has arrived.
fn metric(walk: &mut Walk<'_>, sequence: u16) -> Result<bool, ParseError> {
    let mut bits = walk.bits(2, "metric block")?;
    let received = bits.take(1, "R", CCFB, |received| match received {
        1 => format!("#{sequence} has arrived"),
        _ => format!("#{sequence} has not arrived"),
    }) == 1;
    bits.take(2, "ECN", CCFB, |ecn| match ecn {
        0 => "",
        1 => "ECT(1)",
        2 => "ECT(0)",
        _ => "congestion experienced",
    });
    bits.take(13, "ATO", CCFB, |offset| match offset {
        _ if !received => "says nothing".into(),
        0x1fff => "not known, or after the report".into(),
        0x1ffe => "more than 8 s before the report".into(),
        offset => format!("{} ms before the report", offset * 1000 / 1024),
    });
    Ok(received)
}
