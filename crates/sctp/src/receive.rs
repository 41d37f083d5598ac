//! A packet comes in: is it ours (RFC 9260 §8.4, §8.5), and whose are its chunks?

use limpid_sansio::Instant;
use limpid_sansio::wire::ParseErrorKind;

use crate::association::Association;
use crate::chunk::{
    CauseCode, Causes, Chunk, ChunkType, Data, FLAG_T, ForwardTsn, Heartbeat, Sack, Shutdown,
};
use crate::control::{Bundled, Standalone};
use crate::error::{DropReason, Error};
use crate::event::{CloseReason, State};
use crate::packet::Packet;

/// How many bytes of an unknown chunk we send back.
const MAX_ECHO: usize = 128;

impl Association {
    /// Takes one packet.
    pub(crate) fn receive(&mut self, now: Instant, bytes: &[u8]) {
        let packet = match Packet::parse(bytes) {
            Ok(packet) => packet,
            Err(error) if error.kind == ParseErrorKind::BadChecksum => {
                return self.drop_for(DropReason::BadChecksum);
            }
            Err(_) => return self.drop_for(DropReason::Malformed),
        };
        let ports = (packet.source_port, packet.destination_port);
        if ports != (self.config.remote_port, self.config.local_port) {
            return self.drop_for(DropReason::WrongPort);
        }
        let mut chunks = packet.chunks();
        let Some(Ok(first)) = chunks.next() else { return self.drop_for(DropReason::Malformed) };
        if first.kind == ChunkType::INIT {
            // Tag 0, and alone (RFC 9260 §8.5.1 A, §3).
            if packet.verification_tag != 0 || chunks.next().is_some() {
                return self.drop_for(DropReason::WrongTag);
            }
            return self.on_init(now, &first);
        }
        if first.kind == ChunkType::COOKIE_ECHO {
            if self.on_cookie_echo(now, first.value, packet.verification_tag) {
                self.log.stats.packets_received += 1;
                self.take_chunks(now, packet.chunks().skip(1));
            }
            return;
        }
        if self.state == State::Closed {
            return self.out_of_the_blue(packet.verification_tag, &first);
        }
        if !self.is_tag_right(packet.verification_tag, &first) {
            return self.drop_for(DropReason::WrongTag);
        }
        self.log.stats.packets_received += 1;
        self.take_chunks(now, packet.chunks());
    }

    /// RFC 9260 §8.5.1: chunks that end things may carry the tag that we gave to the peer, or reflect the peer's own.
    fn is_tag_right(&self, tag: u32, first: &Chunk<'_>) -> bool {
        let reflects = matches!(first.kind, ChunkType::ABORT | ChunkType::SHUTDOWN_COMPLETE);
        match reflects && first.flags & FLAG_T != 0 {
            true => Some(tag) == self.peer_tag(),
            false => tag == self.local.tag,
        }
    }

    /// A packet for which there is no association (RFC 9260 §8.4).
    fn out_of_the_blue(&mut self, tag: u32, first: &Chunk<'_>) {
        self.drop_for(DropReason::OutOfTheBlue);
        let stale = |chunk: &Chunk<'_>| {
            Causes::of(chunk).flatten().any(|cause| cause.code == CauseCode::STALE_COOKIE)
        };
        let reply = match first.kind {
            ChunkType::ABORT | ChunkType::SHUTDOWN_COMPLETE | ChunkType::COOKIE_ACK => return,
            ChunkType::ERROR if stale(first) => return,
            ChunkType::SHUTDOWN_ACK => Standalone::ShutdownComplete { tag, reflected: true },
            _ => Standalone::Abort { tag, reflected: true, cause: None, value: Vec::new() },
        };
        if tag != 0 && !self.out.reply(reply) {
            self.drop_for(DropReason::ReplyLimit);
        }
    }

    fn take_chunks<'a>(
        &mut self,
        now: Instant,
        chunks: impl Iterator<Item = Result<Chunk<'a>, limpid_sansio::ParseError>>,
    ) {
        let mut data = 0;
        for chunk in chunks {
            let Ok(chunk) = chunk else {
                self.drop_for(DropReason::Malformed);
                break;
            };
            if chunk.kind == ChunkType::DATA {
                data += 1;
                match Data::parse(&chunk) {
                    Ok(chunk) => self.on_data(now, &chunk),
                    Err(_) => self.drop_for(DropReason::Malformed),
                }
            } else if !self.take_chunk(now, &chunk) {
                break;
            }
            if self.finished() {
                return;
            }
        }
        if data > 0 {
            self.after_data(now);
        }
    }

    /// Everything but DATA. `false`: what follows in the packet is not looked at.
    fn take_chunk(&mut self, now: Instant, chunk: &Chunk<'_>) -> bool {
        let parsed = match chunk.kind {
            ChunkType::SACK => Sack::parse(chunk).map(|sack| self.on_sack(now, &sack)),
            ChunkType::FORWARD_TSN => ForwardTsn::parse(chunk).map(|skip| self.on_forward_tsn(now, &skip)),
            ChunkType::RECONFIG => {
                self.on_reconfig(now, chunk);
                Ok(())
            }
            ChunkType::HEARTBEAT => Heartbeat::parse(chunk).map(|heartbeat| self.on_heartbeat(&heartbeat)),
            ChunkType::HEARTBEAT_ACK => {
                Heartbeat::parse(chunk).map(|heartbeat| self.on_heartbeat_ack(now, &heartbeat))
            }
            ChunkType::SHUTDOWN => Shutdown::parse(chunk).map(|shutdown| self.on_shutdown(now, &shutdown)),
            other => return self.take_plain_chunk(now, other, chunk),
        };
        if parsed.is_err() {
            self.drop_for(DropReason::Malformed);
        }
        true
    }

    fn take_plain_chunk(&mut self, now: Instant, kind: ChunkType, chunk: &Chunk<'_>) -> bool {
        match kind {
            ChunkType::INIT_ACK => self.on_init_ack(now, chunk),
            ChunkType::COOKIE_ACK => self.on_cookie_ack(now),
            ChunkType::ABORT => self.on_abort(now, chunk),
            ChunkType::SHUTDOWN_ACK => self.on_shutdown_ack(now),
            ChunkType::SHUTDOWN_COMPLETE => self.on_shutdown_complete(now),
            ChunkType::ERROR => self.on_error(now, chunk),
            ChunkType::PAD => {}
            // Not negotiated: there is nothing to echo or to answer.
            ChunkType::ECNE | ChunkType::CWR => self.drop_for(DropReason::Unexpected),
            ChunkType::INIT | ChunkType::COOKIE_ECHO => {
                self.drop_for(DropReason::Unexpected);
                return false;
            }
            unknown => return self.on_unknown(unknown, chunk),
        }
        true
    }

    /// RFC 9260 §3.2: the type itself says what to do.
    fn on_unknown(&mut self, kind: ChunkType, chunk: &Chunk<'_>) -> bool {
        self.drop_for(DropReason::UnknownChunk);
        if kind.if_unknown().report {
            let part = chunk.whole[..chunk.whole.len().min(MAX_ECHO)].to_vec();
            self.out.bundle(Bundled::Error(CauseCode::UNRECOGNIZED_CHUNK, part));
        }
        kind.if_unknown().skip
    }

    fn on_abort(&mut self, now: Instant, chunk: &Chunk<'_>) {
        let cause = Causes::of(chunk).flatten().next().map(|cause| cause.code.0);
        self.finish(now, CloseReason::Failed(Error::AbortedByPeer(cause)));
    }

    /// An ERROR ends nothing (RFC 9260 §3.3.10), except that a stale cookie starts the handshake again.
    fn on_error(&mut self, now: Instant, chunk: &Chunk<'_>) {
        for cause in Causes::of(chunk) {
            match cause {
                Ok(cause) if cause.code == CauseCode::STALE_COOKIE => self.on_stale_cookie(now),
                Ok(_) => {}
                Err(_) => self.drop_for(DropReason::Malformed),
            }
        }
    }

    fn on_heartbeat(&mut self, heartbeat: &Heartbeat<'_>) {
        let limit = crate::association::max_payload(self.config.max_datagram);
        if heartbeat.info.len() > limit || !self.out.bundle(Bundled::HeartbeatAck(heartbeat.info.to_vec())) {
            self.drop_for(DropReason::ReplyLimit);
        }
    }

    /// RFC 9260 §8.3: proves that the path works, if the words are ours.
    fn on_heartbeat_ack(&mut self, now: Instant, heartbeat: &Heartbeat<'_>) {
        match self.ending.heartbeat {
            Some((nonce, sent_at)) if nonce.to_be_bytes() == *heartbeat.info => {
                self.ending.heartbeat = None;
                self.tx.errors = 0;
                self.tx.rto.sample(&self.config.timing, now, now.since(sent_at));
            }
            _ => self.drop_for(DropReason::Unexpected),
        }
    }
}
