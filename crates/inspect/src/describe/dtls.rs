//! DTLS datagrams: records of version 1.2 (RFC 6347 §4.1), and as much of 1.3 as is in the clear (RFC 9147 §4).

use std::borrow::Cow;

use limpid_dtls::alert::{Alert, AlertDescription};
use limpid_dtls::record::{ContentType, ProtocolVersion};
use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::{dtls_handshake, sctp};
use crate::layer::Layer;
use crate::walk::{Described, Walk, describe};

const RFC: &str = "RFC 6347 §4.1";
/// Bytes of an AEAD tag at the end of a protected fragment.
const TAG_LEN: usize = 16;

/// The tree of a datagram of DTLS records. What is encrypted stays so.
pub fn dtls(bytes: &[u8]) -> Described {
    dtls_opened(bytes, &[])
}

/// The same, with the plaintexts of its encrypted records, in order, as far as the caller has them. Plaintext is shown
/// where its ciphertext stands.
pub fn dtls_opened(bytes: &[u8], plaintexts: &[&[u8]]) -> Described {
    describe(Layer::Dtls, "DTLS datagram", RFC, (bytes, 0), |walk| {
        let mut plaintexts = plaintexts.iter().copied();
        let mut records = Vec::new();
        while walk.remaining() > 0 {
            records.push(match walk.rest()[0] {
                0x20..=0x3f => unified(walk)?,
                _ => record(walk, &mut plaintexts)?,
            });
        }
        Ok(match records.len() {
            0 => "no records".into(),
            _ => records.join(" + ").into(),
        })
    })
}

/// One record with the header of 1.2.
fn record<'a>(
    walk: &mut Walk<'a>,
    plaintexts: &mut impl Iterator<Item = &'a [u8]>,
) -> Result<String, ParseError> {
    let header = walk.rest().first_chunk::<13>().copied();
    let header = header.ok_or(walk.fault("record header", ParseErrorKind::Truncated));
    let len = header.map_or(walk.remaining(), |h| 13 + usize::from(u16::from_be_bytes([h[11], h[12]])));
    let mut summary = Cow::from("");
    walk.group("DTLS record", len, RFC, |walk| {
        let mut content_type = ContentType(0);
        walk.number(1, "type", RFC, |value| {
            content_type = ContentType(value as u8);
            format!("{content_type:?}")
        })?;
        walk.code(2, "version", RFC, |value| format!("{:?}", ProtocolVersion(value as u16)))?;
        let epoch = walk.number(2, "epoch", RFC, |epoch| match epoch {
            0 => "in the clear",
            _ => "under the keys of a handshake",
        })?;
        walk.number(6, "sequence_number", RFC, |_| "counts the records of this epoch")?;
        walk.number(2, "length", RFC, |_| "bytes of fragment that follow")?;
        summary = match (epoch, plaintexts_for(epoch, plaintexts)) {
            (0, _) => content(walk, content_type)?,
            (_, Some(plaintext)) => opened(walk, content_type, plaintext)?,
            (_, None) => {
                let len = walk.remaining();
                walk.opaque(len, "fragment", "RFC 6347 §4.1.2", "encrypted")?;
                format!("encrypted {content_type:?}, {len} bytes").into()
            }
        };
        Ok(summary.clone())
    })?;
    Ok(summary.into_owned())
}

/// The next plaintext, if the record is encrypted at all.
fn plaintexts_for<'a>(epoch: u64, plaintexts: &mut impl Iterator<Item = &'a [u8]>) -> Option<&'a [u8]> {
    if epoch == 0 { None } else { plaintexts.next() }
}

/// A protected fragment whose plaintext is known: an explicit nonce (AES-GCM, RFC 5288 §3), the ciphertext, the tag.
fn opened<'a>(
    walk: &mut Walk<'a>,
    content_type: ContentType,
    plaintext: &'a [u8],
) -> Result<Cow<'static, str>, ParseError> {
    let nonce_len = walk.remaining().checked_sub(plaintext.len() + TAG_LEN);
    let nonce_len = nonce_len.ok_or(walk.fault("plaintext", ParseErrorKind::BadLength))?;
    if nonce_len > 0 {
        walk.opaque(nonce_len, "nonce_explicit", "RFC 5288 §3", "the part of the nonce that is sent")?;
    }
    let mut summary = Cow::from("");
    walk.overlay("plaintext", plaintext, "RFC 6347 §4.1.2", |walk| {
        summary = content(walk, content_type)?;
        Ok(summary.clone())
    })?;
    walk.opaque(TAG_LEN, "tag", "RFC 5116 §5.1", "proves that nothing was altered")?;
    Ok(summary)
}

/// A fragment in the clear, to its end.
fn content(walk: &mut Walk<'_>, content_type: ContentType) -> Result<Cow<'static, str>, ParseError> {
    match content_type {
        ContentType::HANDSHAKE => {
            let mut messages = Vec::new();
            while walk.remaining() > 0 {
                messages.push(dtls_handshake::fragment(walk)?);
            }
            Ok(messages.join(", ").into())
        }
        ContentType::ALERT => alert(walk),
        ContentType::CHANGE_CIPHER_SPEC => {
            walk.number(1, "type", "RFC 5246 §7.1", |_| "from now on under the new keys")?;
            Ok("ChangeCipherSpec".into())
        }
        ContentType::APPLICATION_DATA => {
            let text = walk.embed(sctp::packet_at(walk.rest(), walk.at()))?;
            Ok(format!("{} {text}", Layer::Sctp.mark()).into())
        }
        _ => {
            walk.opaque(walk.remaining(), "fragment", RFC, "not looked into")?;
            Ok(format!("{content_type:?}").into())
        }
    }
}

fn alert(walk: &mut Walk<'_>) -> Result<Cow<'static, str>, ParseError> {
    const RFC: &str = "RFC 5246 §7.2";
    let (bytes, base) = (walk.rest(), walk.at());
    let level = walk.number(1, "level", RFC, |level| match level {
        1 => "warning",
        2 => "fatal: the connection is over",
        _ => "unknown",
    })?;
    let description =
        walk.number(1, "description", RFC, |value| format!("{}", AlertDescription(value as u8)))?;
    Alert::parse(bytes).map_err(|error| error.within(base))?;
    let grave = if level == 2 { "fatal alert" } else { "alert" };
    Ok(format!("{grave} {}", AlertDescription(description as u8)).into())
}

/// A protected record of 1.3 (RFC 9147 §4): all but the first bits is encrypted.
fn unified(walk: &mut Walk<'_>) -> Result<String, ParseError> {
    const RFC: &str = "RFC 9147 §4";
    let flags = walk.rest()[0];
    let (has_id, long_sequence, has_length) = (flags & 0x10 != 0, flags & 8 != 0, flags & 4 != 0);
    let head = 1 + if long_sequence { 2 } else { 1 };
    let said =
        walk.rest().get(head..head + 2).map_or(0, |len| usize::from(u16::from_be_bytes([len[0], len[1]])));
    // With a connection id, whose length only the two ends know, nothing after the first byte can be told apart.
    let len = if has_length && !has_id { head + 2 + said } else { walk.remaining() };
    walk.group("DTLS 1.3 record", len, RFC, |walk| {
        let mut bits = walk.bits(1, "unified header")?;
        bits.take(3, "001", RFC, |_| "a protected record of DTLS 1.3");
        bits.flag("C bit", RFC, "a connection id follows");
        bits.flag("S bit", RFC, "the sequence number has 16 bits");
        bits.flag("L bit", RFC, "a length follows");
        bits.take(2, "epoch", RFC, |_| "its low two bits");
        if !has_id {
            walk.opaque(head - 1, "sequence number", RFC, "encrypted")?;
            if has_length {
                walk.number(2, "length", RFC, |_| "")?;
            }
        }
        walk.opaque(walk.remaining(), "encrypted record", RFC, "")?;
        Ok("encrypted".into())
    })?;
    Ok(format!("encrypted 1.3 record, {len} bytes"))
}
