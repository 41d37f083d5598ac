//! Takes the payloads of a recorded stream apart, and makes such streams: what the interop tests put between other programs.
//!
//! ```sh
//! cargo run -p limpid-rtp --example payloads read VP8 in.rtp out.ivf         # frames as a file that decoders read
//! cargo run -p limpid-rtp --example payloads relay H264 in.rtp out.rtp 400   # frames, cut again into payloads of 400 bytes
//! cargo run -p limpid-rtp --example payloads write AV1 in.ivf out.rtp 1200   # frames of a file, cut
//! cargo run -p limpid-rtp --example payloads dtmf 159D 8000 out.rtp          # keys as events, at this clock
//! ```
//!
//! A stream is a file of packets behind their lengths in 16 bits (RFC 4571), without loss and in order. `read` makes IVF of VP8,
//! VP9 and AV1, bare bytes of all others. `RED` stands for redundant Opus: the payload of each packet goes out again with the two
//! before it. Prints one line of JSON.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use limpid_rtp::codec::telephone_event::{Output, Sender};
use limpid_rtp::codec::{
    Depacketizer, FirstIds, Format, FrameInfo, FrameToSend, Packetizer, Unsendable, red,
};
use limpid_rtp::{Form, Header, Packet, PacketWriter, PayloadType};
use limpid_sansio::Instant;

type Failure = Box<dyn Error>;

/// One frame, and what its packets said.
struct Frame {
    timestamp: u32,
    data: Vec<u8>,
    info: FrameInfo,
}

/// Packets behind their lengths.
fn packets(mut stream: &[u8]) -> Result<Vec<Packet<'_>>, Failure> {
    let mut packets = Vec::new();
    while let Some((len, rest)) = stream.split_first_chunk() {
        let len = usize::from(u16::from_be_bytes(*len));
        let (packet, rest) = rest.split_at_checked(len).ok_or("the stream is cut off")?;
        packets.push(Packet::parse(packet)?);
        stream = rest;
    }
    Ok(packets)
}

/// Frames of a stream: of video, all packets of one timestamp. Checks that the payloads tell where frames begin and end.
fn frames(format: Format, stream: &[u8]) -> Result<Vec<Frame>, Failure> {
    let mut depacketizer = Depacketizer::new(format);
    let packets = packets(stream)?;
    let belong = |a: &Packet<'_>, b: &Packet<'_>| {
        format.is_video() && a.header.timestamp == b.header.timestamp && !a.header.marker
    };
    let mut frames = Vec::new();
    for group in packets.chunk_by(belong) {
        let mut data = Vec::new();
        let begins = depacketizer.begins_frame(group[0].payload);
        let ends = group.iter().position(|packet| depacketizer.ends_frame(packet.payload));
        if !begins || ends.is_some_and(|at| at + 1 != group.len()) {
            return Err(format!("frame {}: begins {begins}, ends with packet {ends:?}", frames.len()).into());
        }
        let info = depacketizer.depacketize(&mut group.iter().map(|packet| packet.payload), &mut data)?;
        frames.push(Frame { timestamp: group[0].header.timestamp, data, info });
    }
    Ok(frames)
}

/// A stream that is written.
struct Writer {
    out: Vec<u8>,
    sequence_number: u16,
    packets: usize,
}

impl Writer {
    fn packet(&mut self, timestamp: u32, marker: bool, payload: &[u8]) {
        let header = Header {
            marker,
            payload_type: PayloadType(96),
            sequence_number: self.sequence_number,
            timestamp,
            ..Header::default()
        };
        self.out.extend_from_slice(&((payload.len() + Packet::HEADER_LEN) as u16).to_be_bytes());
        PacketWriter::new(&mut self.out, &header, Form::OneByte).payload().extend_from_slice(payload);
        self.sequence_number = self.sequence_number.wrapping_add(1);
        self.packets += 1;
    }
}

/// Cuts frames, and checks that packetiser and frame say the same.
fn cut(format: Format, frames: &[Frame], max_payload: usize) -> Result<Writer, Failure> {
    let first = FirstIds { picture_id: 0x7ff0, tl0_picture_index: 0xf0 };
    let mut packetizer = Packetizer::new(format, first);
    let mut writer = Writer { out: Vec::new(), sequence_number: 0xfff0, packets: 0 };
    let mut payload = Vec::new();
    for frame in frames {
        let said = packetizer.start(&frame.data, &FrameToSend::default(), max_payload)?;
        if (said.is_key, said.size.is_some()) != (frame.info.is_key, frame.info.size.is_some()) {
            return Err(format!("{said:?} is not {:?}", frame.info).into());
        }
        while let Some(piece) = packetizer.next_payload(&frame.data, &mut payload) {
            writer.packet(frame.timestamp, piece.marker, &payload);
            payload.clear();
        }
    }
    Ok(writer)
}

/// Redundant packets made anew: what each is about, and the two before it.
fn redundant(stream: &[u8], max_payload: usize) -> Result<(usize, Writer), Failure> {
    let mut writer = Writer { out: Vec::new(), sequence_number: 0, packets: 0 };
    let (mut sender, mut payload, mut earlier) = (None, Vec::new(), 0);
    for packet in packets(stream)? {
        let blocks: Vec<_> = red::Blocks::parse(packet.payload)?.collect();
        earlier += blocks.len() - 1;
        let Some(block) = blocks.last() else { continue };
        let sender = sender.get_or_insert_with(|| red::Sender::new(block.payload_type, 2));
        payload.clear();
        if !sender.write(packet.header.timestamp, block.data, max_payload, &mut payload) {
            return Err(Unsendable::TooLarge.into());
        }
        writer.packet(packet.header.timestamp, packet.header.marker, &payload);
    }
    Ok((earlier, writer))
}

/// Keys, each for 120 ms, as events of this clock.
fn dtmf(keys: &str, clock_rate: u32) -> Result<Writer, Failure> {
    let mut writer = Writer { out: Vec::new(), sequence_number: 0, packets: 0 };
    let mut sender = Sender::new(clock_rate);
    sender.insert(Instant::ZERO, keys, Duration::from_millis(120), Duration::from_millis(80))?;
    while let Some(now) = sender.poll_timeout() {
        while let Some(output) = sender.poll(now) {
            let Output::Report(report) = output else { continue };
            let begun = report.begun.as_nanos() / 1000 * u64::from(clock_rate) / 1_000_000;
            writer.packet(begun as u32 + report.timestamp_offset, report.marker, &report.payload);
        }
    }
    Ok(writer)
}

/// An IVF file, whose clock is that of the packets.
fn ivf(four: &[u8; 4], frames: &[Frame]) -> Vec<u8> {
    let (width, height) = frames.iter().find_map(|frame| frame.info.size).unwrap_or_default();
    let mut out = b"DKIF\0\0\x20\0".to_vec();
    out.extend_from_slice(four);
    out.extend([width, height].iter().flat_map(|side| (*side as u16).to_le_bytes()));
    out.extend([90_000, 1, frames.len() as u32, 0].iter().flat_map(|number: &u32| number.to_le_bytes()));
    let start = frames.first().map_or(0, |frame| frame.timestamp);
    for frame in frames {
        // A temporal unit of AV1 begins with its delimiter, which no packet carries.
        let delimiter: &[u8] = if four == b"AV01" { &[0x12, 0] } else { &[] };
        out.extend_from_slice(&((frame.data.len() + delimiter.len()) as u32).to_le_bytes());
        out.extend_from_slice(&u64::from(frame.timestamp.wrapping_sub(start)).to_le_bytes());
        out.extend_from_slice(delimiter);
        out.extend_from_slice(&frame.data);
    }
    out
}

/// The frames of an IVF file at 30 a second.
fn frames_of_ivf(format: Format, file: &[u8]) -> Result<Vec<Frame>, Failure> {
    let mut rest = file.get(32..).ok_or("no IVF file")?;
    let (mut packetizer, mut frames) = (Packetizer::new(format, FirstIds::default()), Vec::new());
    while let Some((head, behind)) = rest.split_first_chunk::<12>() {
        let len = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let (data, behind) = behind.split_at_checked(len).ok_or("the file is cut off")?;
        let info = packetizer.start(data, &FrameToSend::default(), 1200)?;
        frames.push(Frame { timestamp: frames.len() as u32 * 3000, data: data.to_vec(), info });
        rest = behind;
    }
    Ok(frames)
}

fn tell(frames: &[Frame], packets: usize) {
    let keys = frames.iter().filter(|frame| frame.info.is_key).count();
    let (width, height) = frames.iter().find_map(|frame| frame.info.size).unwrap_or_default();
    let count = frames.len();
    println!(r#"{{"frames":{count},"keys":{keys},"width":{width},"height":{height},"packets":{packets}}}"#);
}

fn run(arguments: &[&str]) -> Result<(), Failure> {
    let (verb, name, input, output, max) = match arguments {
        [verb, name, input, output] => (*verb, *name, *input, *output, 1200),
        [verb, name, input, output, max] => (*verb, *name, *input, *output, max.parse()?),
        _ => return Err("usage: payloads read|relay|write FORMAT IN OUT [MAX PAYLOAD]".into()),
    };
    if verb == "dtmf" {
        let writer = dtmf(name, input.parse()?)?;
        std::fs::write(output, &writer.out)?;
        println!(r#"{{"packets":{}}}"#, writer.packets);
        return Ok(());
    }
    let bytes = std::fs::read(input)?;
    if name == "RED" && verb == "relay" {
        let (earlier, writer) = redundant(&bytes, max)?;
        std::fs::write(output, &writer.out)?;
        println!(r#"{{"earlier":{earlier},"packets":{}}}"#, writer.packets);
        return Ok(());
    }
    let format =
        Format::from_rtpmap(name, "packetization-mode=1").ok_or("not a format that is spoken here")?;
    let frames = match verb {
        "write" => frames_of_ivf(format, &bytes)?,
        _ => frames(format, &bytes)?,
    };
    let (out, packets) = match (verb, format) {
        ("relay" | "write", _) => {
            let writer = cut(format, &frames, max)?;
            (writer.out, writer.packets)
        }
        ("read", Format::Vp8) => (ivf(b"VP80", &frames), 0),
        ("read", Format::Vp9) => (ivf(b"VP90", &frames), 0),
        ("read", Format::Av1) => (ivf(b"AV01", &frames), 0),
        ("read", _) => (frames.iter().flat_map(|frame| frame.data.clone()).collect(), 0),
        _ => return Err("read, relay or write".into()),
    };
    std::fs::write(output, out)?;
    tell(&frames, packets);
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
