//! SCTP packets with all chunks that we speak, and DCEP messages.

use limpid_sansio::wire::Writer;
use limpid_sctp::chunk::{
    Cause, CauseCode, Causes, Chunk, ChunkType, Data, ForwardTsn, GapBlock, Heartbeat, Init, Reconfig,
    ReconfigResult, Sack, Shutdown, write_abort, write_cookie_ack, write_cookie_echo, write_error,
    write_reconfig,
};
use limpid_sctp::datachannel::dcep::{ACK, Dcep, Open};
use limpid_sctp::packet::{self, Packet};
use limpid_sctp::{Reliability, param};

use crate::Outcome;

/// Parse each chunk, write it anew, parse again. The checksum is put right first: a fuzzer would never find it.
pub fn packet(data: &[u8]) -> Outcome {
    let _ = Packet::parse(data);
    let mut data = data.to_vec();
    let Some(checksum) = data.get_mut(8..12) else { return Outcome::Refused };
    checksum.fill(0);
    packet::finish(&mut data);
    let packet = Packet::parse(&data).expect("a header and its checksum");
    let mut good = 0;
    for chunk in packet.chunks() {
        let Ok(chunk) = chunk else { break };
        assert!(chunk.whole.len() >= chunk.value.len() + 4 && chunk.whole.len() <= data.len());
        good += usize::from(reread(&chunk));
    }
    if good > 0 { Outcome::Accepted } else { Outcome::Refused }
}

/// Parses a chunk as a type, writes it, and wants the same back. `false`: the chunk is malformed.
macro_rules! rewrite {
    ($type:ident, $chunk:ident, $write:expr) => {{
        let Ok(value) = $type::parse($chunk) else { return false };
        let bytes = written(|out| $write(&value, out));
        assert_eq!($type::parse(&first_chunk(&bytes)).as_ref(), Ok(&value));
        true
    }};
}

/// `false`: the chunk is malformed, or one that we do not take apart.
fn reread(chunk: &Chunk<'_>) -> bool {
    match chunk.kind {
        ChunkType::DATA => rewrite!(Data, chunk, |data: &Data<'_>, out: &mut Writer<'_>| data.write(out)),
        ChunkType::SACK => rewrite!(Sack, chunk, rewrite_sack),
        ChunkType::FORWARD_TSN => rewrite!(ForwardTsn, chunk, rewrite_forward_tsn),
        ChunkType::SHUTDOWN => rewrite!(Shutdown, chunk, Shutdown::write),
        ChunkType::HEARTBEAT | ChunkType::HEARTBEAT_ACK => {
            rewrite!(Heartbeat, chunk, |beat: &Heartbeat<'_>, out: &mut Writer<'_>| beat
                .write(out, chunk.kind))
        }
        ChunkType::INIT | ChunkType::INIT_ACK => Init::parse(chunk).is_ok_and(|init| {
            let _ = (init.cookie(), init.is_legal());
            init.parameters().all(|param| param.is_ok_and(|param| reread_param(&param)))
        }),
        ChunkType::RECONFIG => {
            let Ok(all) = Reconfig::all(chunk).collect::<Result<Vec<_>, _>>() else { return false };
            let bytes = written(|out| write_reconfig(out, &all));
            assert_eq!(Reconfig::all(&first_chunk(&bytes)).collect::<Result<Vec<_>, _>>().as_ref(), Ok(&all));
            !all.is_empty()
        }
        ChunkType::ABORT | ChunkType::ERROR => Causes::of(chunk).all(|cause| cause.is_ok()),
        ChunkType::COOKIE_ECHO => {
            let bytes = written(|out| write_cookie_echo(out, chunk.value));
            assert_eq!(first_chunk(&bytes).value, chunk.value);
            true
        }
        _ => false,
    }
}

fn rewrite_sack(sack: &Sack<'_>, out: &mut Writer<'_>) {
    let (gaps, duplicates): (Vec<_>, Vec<u32>) = (sack.gaps().collect(), sack.duplicates().collect());
    Sack::write(out, sack.cumulative_tsn_ack, sack.a_rwnd, gaps.into_iter(), &duplicates);
}

fn rewrite_forward_tsn(forward: &ForwardTsn<'_>, out: &mut Writer<'_>) {
    let skipped: Vec<_> = forward.skipped().collect();
    ForwardTsn::write(out, forward.new_cumulative_tsn, &skipped);
}

fn reread_param(param: &param::Parameter<'_>) -> bool {
    let mut bytes = Vec::new();
    param::write(&mut Writer::new(&mut bytes), param.kind, &[param.value]);
    let again = param::Parameters::new(&bytes, 0).next().expect("one").expect("well formed");
    assert_eq!((again.kind, again.value), (param.kind, param.value));
    true
}

/// A packet with what `write` appends.
fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    packet::begin(&mut writer, 5000, 5000, 0x5eed_5eed);
    write(&mut writer);
    packet::finish(&mut bytes);
    bytes
}

fn first_chunk(packet: &[u8]) -> Chunk<'_> {
    let packet = Packet::parse(packet).expect("its checksum was just made");
    packet.chunks().next().expect("a chunk was just written").expect("and is well formed")
}

/// Parse, write, parse again.
pub fn dcep(data: &[u8]) -> Outcome {
    match Dcep::parse(data) {
        Ok(Dcep::Open(open)) => {
            let mut out = Vec::new();
            open.write(&mut Writer::new(&mut out));
            assert_eq!(Dcep::parse(&out), Ok(Dcep::Open(open)));
            Outcome::Accepted
        }
        Ok(Dcep::Ack) => Outcome::Accepted,
        Err(_) => Outcome::Refused,
    }
}

/// One packet for each chunk.
pub fn packet_seeds() -> Vec<Vec<u8>> {
    let gap = |start, end| GapBlock { start, end };
    let streams = [0, 1, 0, 2];
    let reset = Reconfig::OutgoingReset { request: 7, response: 6, last_tsn: 99, streams: &streams };
    let answer = Reconfig::Response { response: 7, result: ReconfigResult::PERFORMED };
    let cause = Cause { code: CauseCode(12), value: b"goodbye" };
    // INIT by hand: tag, window, streams, TSN, and the parameters that browsers send.
    let init = |out: &mut Writer<'_>, kind: u8| {
        let start = out.len();
        out.bytes(&[kind, 0, 0, 0]);
        out.bytes(&[0x5e, 0xed, 0, 1, 0, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 42]);
        param::write(out, param::ParameterType::FORWARD_TSN_SUPPORTED, &[]);
        param::write(out, param::ParameterType::SUPPORTED_EXTENSIONS, &[&[192, 130]]);
        param::write(out, param::ParameterType::STATE_COOKIE, &[b"a cookie of some length"]);
        let len = (out.len() - start) as u16;
        out.written_mut()[start + 2..start + 4].copy_from_slice(&len.to_be_bytes());
    };
    let data = Data { flags: 3, tsn: 42, stream_id: 1, ssn: 0, ppid: 51, payload: b"hello" };
    vec![
        written(|out| init(out, 1)),
        written(|out| init(out, 2)),
        written(|out| write_cookie_echo(out, b"a cookie of some length")),
        written(|out| {
            write_cookie_ack(out);
            data.write(out);
        }),
        written(|out| Sack::write(out, 41, 1 << 20, [gap(2, 3), gap(5, 9)].into_iter(), &[40, 41])),
        written(|out| ForwardTsn::write(out, 50, &[(1, 3), (2, 9)])),
        written(|out| Heartbeat { info: b"sent at noon" }.write(out, ChunkType::HEARTBEAT)),
        written(|out| write_reconfig(out, &[reset, answer])),
        written(|out| Shutdown { cumulative_tsn_ack: 42 }.write(out)),
        written(|out| write_abort(out, false, Some(&cause))),
        written(|out| write_error(out, &cause)),
    ]
}

/// OPEN in each reliability, and ACK.
pub fn dcep_seeds() -> Vec<Vec<u8>> {
    let kinds = [Reliability::Reliable, Reliability::Retransmits(3), Reliability::Lifetime(500)];
    let open = |reliability| {
        let open =
            Open { ordered: false, reliability, priority: 256, label: "chat", protocol: "limpid-share/1" };
        let mut out = Vec::new();
        open.write(&mut Writer::new(&mut out));
        out
    };
    kinds.into_iter().map(open).chain([ACK.to_vec()]).collect()
}
