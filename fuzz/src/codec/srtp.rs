//! SRTP and SRTCP: a sender and its receiver in lock-step, and a victim of raw bytes.

use limpid_crypto::null;
use limpid_srtp::{Config, Context, Cryptex, DropReason, MasterKey, Profile, is_rtcp};

use crate::{Outcome, show};

const MAX_SOURCES: usize = 4;

/// What a step does; more bits say how.
#[derive(Debug)]
struct Step<'a> {
    op: u8,
    bytes: &'a [u8],
}

/// Takes the next step off: an operation, a length, as many bytes as there are.
fn step<'a>(script: &mut &'a [u8]) -> Option<Step<'a>> {
    let (head, rest) = script.split_first_chunk::<2>()?;
    let (bytes, after) = rest.split_at(usize::from(head[1]).min(rest.len()));
    *script = after;
    Some(Step { op: head[0], bytes })
}

/// The first three bytes choose profile and settings.
fn context(head: [u8; 3]) -> Context {
    let profile = Profile::ALL[usize::from(head[0]) % Profile::ALL.len()];
    let modes = [Cryptex::Off, Cryptex::Receive, Cryptex::Send, Cryptex::Require];
    let config = Config {
        replay_window: 64,
        max_sources: MAX_SOURCES,
        cryptex: modes[usize::from(head[1]) % 4],
        encrypted_extensions: if head[1] & 4 == 0 {
            Default::default()
        } else {
            [1, 3, head[2]].into_iter().collect()
        },
        encrypt_rtcp: head[1] & 8 == 0,
        ..Config::default()
    };
    let master = MasterKey::new(&vec![1; profile.key_len()], &vec![2; profile.salt_len()]);
    Context::new(&null::provider(), profile, &master, config).expect("the null provider has every cipher")
}

/// The two ends of a stream, whose states never differ as long as all that is sent arrives.
struct Ends {
    sender: Context,
    receiver: Context,
    delivered: usize,
}

impl Ends {
    /// Sends any bytes: they are refused and left alone, or arrive as they were, and only once.
    fn send(&mut self, step: &Step<'_>, control: bool) {
        let mut wire = step.bytes.to_vec();
        let sent = match control {
            true => self.sender.protect_rtcp(&mut wire, 0),
            false => self.sender.protect_rtp(&mut wire, 0),
        };
        if sent.is_err() {
            assert_eq!(wire, step.bytes, "refused packets stay as they were");
            return;
        }
        if step.op & 4 != 0 {
            let bit = usize::from(step.op >> 4) * 8 * wire.len() / 16;
            let mut altered = wire.clone();
            altered[bit / 8] ^= 1 << (step.op >> 4 & 7);
            assert!(self.open(&mut altered, control).is_err(), "an altered packet is not authentic");
        }
        let mut copy = wire.clone();
        let plain = self.open(&mut copy, control).expect("what is sent is received").to_vec();
        compare(step.bytes, &plain);
        if step.op & 8 != 0 {
            assert_eq!(self.open(&mut wire, control), Err(DropReason::Replayed));
        }
        self.delivered += 1;
    }

    fn open<'a>(&mut self, wire: &'a mut [u8], control: bool) -> Result<&'a mut [u8], DropReason> {
        match control {
            true => self.receiver.unprotect_rtcp(wire),
            false => self.receiver.unprotect_rtp(wire),
        }
    }

    /// A stream ends, or is told its rollover counter, at both ends.
    fn manage(&mut self, step: &Step<'_>) {
        let Some((ssrc, rest)) = step.bytes.split_first_chunk() else { return };
        let ssrc = u32::from_be_bytes(*ssrc);
        if step.op & 4 == 0 {
            assert_eq!(self.sender.remove_source(ssrc), self.receiver.remove_source(ssrc));
        } else if let Some(counter) = rest.first_chunk() {
            let counter = u32::from_be_bytes(*counter);
            let told = self.sender.set_rollover_counter(ssrc, counter);
            assert_eq!(told, self.receiver.set_rollover_counter(ssrc, counter));
        }
    }
}

/// The same, but for the empty extension that shows cryptex where CSRCs have none.
fn compare(sent: &[u8], received: &[u8]) {
    if sent == received {
        return;
    }
    let at = 12 + 4 * usize::from(sent[0] & 0x0f);
    assert_eq!(received.len(), sent.len() + 4);
    assert_eq!((received[0], &received[1..at]), (sent[0] | 0x10, &sent[1..at]));
    assert_eq!((&received[at..at + 4], &received[at + 4..]), (&[0xbe, 0xde, 0, 0][..], &sent[at..]));
}

/// A script: packets between the ends, raw bytes for the victim.
pub fn packets(data: &[u8]) -> Outcome {
    let Some((head, mut script)) = data.split_first_chunk() else { return Outcome::Refused };
    let mut ends = Ends { sender: context(*head), receiver: context(*head), delivered: 0 };
    let mut victim = context(*head);
    while let Some(step) = step(&mut script) {
        show(&step);
        match step.op % 4 {
            0 => ends.send(&step, false),
            1 => ends.send(&step, true),
            2 => ends.manage(&step),
            _ if is_rtcp(step.bytes) => drop(victim.unprotect_rtcp(&mut step.bytes.to_vec()).map(|_| ())),
            _ => drop(victim.unprotect_rtp(&mut step.bytes.to_vec()).map(|_| ())),
        }
        for context in [&ends.sender, &ends.receiver, &victim] {
            assert!(context.source_count() <= MAX_SOURCES);
        }
        assert_eq!(ends.sender.sources().collect::<Vec<_>>(), ends.receiver.sources().collect::<Vec<_>>());
    }
    if ends.delivered > 0 { Outcome::Accepted } else { Outcome::Refused }
}

/// Each profile with another setting: media with and without extensions and CSRCs, control, a wrap, a removal, noise.
pub fn packets_seeds() -> Vec<Vec<u8>> {
    let rtp = |first: u8, seq: u16, ssrc: u8, rest: &[u8]| {
        let [high, low] = seq.to_be_bytes();
        [&[first, 96, high, low, 0, 0, 0, 9, 0, 0, 0, ssrc], rest].concat()
    };
    let media = [
        rtp(0x80, 65_534, 1, b"payload"),
        rtp(0x90, 65_535, 1, b"\xbe\xde\x00\x02\x10\x07\x31\x08\x09\x00\x00\x00payload"),
        rtp(0x92, 0, 1, b"CSRCcsrc\x10\x00\x00\x02\x01\x01\x07\x03\x02\x08\x09\x00payload"),
        rtp(0x81, 1, 2, b"CSRCpayload"),
    ];
    let control = b"\x80\xc9\x00\x01\x00\x00\x00\x01report";
    (0..Profile::ALL.len() as u8)
        .map(|profile| {
            let mut script = vec![profile, profile.wrapping_mul(5), 200];
            let mut step = |op: u8, bytes: &[u8]| {
                script.extend_from_slice(&[op, bytes.len() as u8]);
                script.extend_from_slice(bytes);
            };
            media.iter().zip([0, 4 | 0x30, 8, 12 | 0xa0]).for_each(|(packet, op)| step(op, packet));
            step(1 | 8, control);
            step(2, &[0, 0, 0, 2]);
            step(2 | 4, &[0, 0, 0, 3, 0, 0, 0, 7]);
            step(3, &media[1]);
            step(3, control);
            step(1 | 4 | 0x70, control);
            script
        })
        .collect()
}
