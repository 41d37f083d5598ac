//! Keys of a telephone: those that we send, those that come. RFC 4733; W3C webrtc-pc §7.
//!
//! Tones go in the audio stream, under its number and on its clock. While one sounds, frames that are written are left out:
//! the other side plays the tone in their place.

use core::time::Duration;

use limpid_rtp::codec::telephone_event::{Heard, Listener, Output, Report, Sender, key_of};
use limpid_rtp::session::{ReceiverId, Session};
use limpid_rtp::{Extras, Packet, PayloadType, Ssrc, send};
use limpid_sansio::Instant;
use limpid_sdp::{Codec, CodecRole};

use crate::flows::Flow;
use crate::media::NegotiatedMedia;
use crate::peer::Peer;
use crate::transceiver::TransceiverId;
use crate::{Event, Misuse};

/// A tone of which nothing more comes has ended: three times the longest usual distance of reports (RFC 4733 §2.5.2.2).
const LAPSE: Duration = Duration::from_millis(150);

/// The tones of one section.
#[derive(Default, Debug)]
pub(crate) struct Tones {
    speaking: Option<Speaking>,
    /// Payload types of tones that come, with their clock rates.
    taken: Vec<(PayloadType, u32)>,
    hearing: Vec<Hearing>,
}

#[derive(Debug)]
struct Speaking {
    codec: Codec,
    sender: Sender,
}

#[derive(Debug)]
struct Hearing {
    receiver: ReceiverId,
    clock_rate: u32,
    listener: Listener,
    lapses: Option<Instant>,
}

impl Tones {
    /// What was agreed on. Tones that can not be sent any more are forgotten.
    pub(crate) fn agree(&mut self, negotiated: &NegotiatedMedia) {
        let is_taken = |codec: &Codec| negotiated.may_send && negotiated.send_codecs.contains(codec);
        self.speaking = self.speaking.take().filter(|speaking| is_taken(&speaking.codec));
        let tones = negotiated.receive_codecs.iter().filter(|codec| codec.role() == CodecRole::Tones);
        self.taken = match negotiated.may_receive {
            true => tones.map(|codec| (PayloadType(codec.payload_type), codec.clock_rate)).collect(),
            false => Vec::new(),
        };
        if self.taken.is_empty() {
            self.hearing.clear();
        }
    }

    /// Whether a tone of ours fills this moment.
    pub(crate) fn sound_at(&self, now: Instant) -> bool {
        self.speaking.as_ref().is_some_and(|speaking| speaking.sender.sounds_at(now))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let speaking = self.speaking.as_ref().and_then(|speaking| speaking.sender.poll_timeout());
        Instant::earliest(speaking, self.hearing.iter().filter_map(|hearing| hearing.lapses).min())
    }

    /// Tells what comes of a packet.
    fn hear(
        &mut self,
        now: Instant,
        receiver: ReceiverId,
        packet: &Packet<'_>,
        mut each: impl FnMut(Heard, u32),
    ) {
        let known = |taken: &&(PayloadType, u32)| taken.0 == packet.header.payload_type;
        let Some(&(_, clock_rate)) = self.taken.iter().find(known) else { return };
        let at = self.hearing.iter().position(|hearing| hearing.receiver == receiver).unwrap_or_else(|| {
            let listener = Listener::default();
            self.hearing.push(Hearing { receiver, clock_rate, listener, lapses: None });
            self.hearing.len() - 1
        });
        let hearing = &mut self.hearing[at];
        (hearing.clock_rate, hearing.lapses) = (clock_rate, Some(now + LAPSE));
        // What is no row of reports says nothing.
        let timestamp = packet.header.timestamp;
        let _ = hearing.listener.receive(timestamp, packet.payload, |heard| each(heard, clock_rate));
    }
}

/// Keys of a telephone.
impl Peer {
    /// Whether tones can be sent now (W3C `canInsertDTMF`): we may send, and the other side takes them.
    #[doc(alias = "canInsertDTMF")]
    pub fn can_insert_dtmf(&self, id: TransceiverId) -> bool {
        self.codec_of_tones(id).is_some()
    }

    /// Sends these tones after the one that sounds now, in place of all that wait: `0` to `9`, `A` to `D`, `*`, `#`, and `,` for
    /// a pause of two seconds. Durations are held between 40 ms and 6 s (usual: 100 ms), gaps between 30 ms and 6 s (usual:
    /// 70 ms). An empty text stops what waits. [`Event::ToneChanged`] tells how it goes on (W3C `insertDTMF`).
    #[doc(alias = "insertDTMF")]
    pub fn insert_dtmf(
        &mut self,
        now: Instant,
        id: TransceiverId,
        tones: &str,
        timing: (Duration, Duration),
    ) -> Result<(), Misuse> {
        let codec = self.codec_of_tones(id).ok_or(Misuse::NoTones)?.clone();
        let flow = self.flow_of(id).ok_or(Misuse::NoTones)?;
        let known = flow.tones.speaking.take().filter(|speaking| speaking.codec == codec);
        let mut speaking = known.unwrap_or_else(|| {
            let mut sender = Sender::new(codec.clock_rate);
            if !codec.parameters.is_empty() {
                sender.restrict(&codec.parameters);
            }
            Speaking { codec, sender }
        });
        let (duration, gap) = timing;
        let inserted = speaking.sender.insert(now, tones, duration, gap);
        flow.tones.speaking = Some(speaking);
        inserted.map_err(Misuse::Tones)
    }

    /// The tones that wait (W3C `toneBuffer`).
    #[doc(alias = "toneBuffer")]
    pub fn tone_buffer(&self, id: TransceiverId) -> String {
        let flows = self.media.iter().flat_map(|media| &media.flows);
        let speaking =
            flows.filter(|flow| flow.transceiver == Some(id)).find_map(|flow| flow.tones.speaking.as_ref());
        speaking.map_or_else(String::new, |speaking| speaking.sender.waiting().collect())
    }

    /// Tones on the clock of the sound that is sent, else the first that there are: then only their durations are on a clock
    /// of their own.
    fn codec_of_tones(&self, id: TransceiverId) -> Option<&Codec> {
        let transceiver = self.transceiver(id).filter(|transceiver| !transceiver.is_stopping)?;
        let section = self.negotiated.iter().find(|section| section.transceiver == Some(transceiver.id))?;
        let media = self.media.as_ref().filter(|_| section.may_send && !self.is_closed())?;
        let (_, ssrc) = media.flows.iter().find(|flow| flow.transceiver == Some(id))?.senders.first()?;
        let sound = media.session.outbound().find(|stream| stream.id == *ssrc)?;
        let tones = || section.send_codecs.iter().filter(|codec| codec.role() == CodecRole::Tones);
        tones().find(|codec| codec.clock_rate == sound.clock_rate).or_else(|| tones().next())
    }

    fn flow_of(&mut self, id: TransceiverId) -> Option<&mut Flow> {
        self.media.as_mut()?.flows.iter_mut().find(|flow| flow.transceiver == Some(id))
    }

    /// Tones that are due are sent, those of which nothing comes have ended.
    pub(crate) fn attend_tones(&mut self, now: Instant) {
        let Some(media) = &mut self.media else { return };
        for flow in &mut media.flows {
            let Some(id) = flow.transceiver else { continue };
            if let (Some(speaking), Some((_, ssrc))) = (&mut flow.tones.speaking, flow.senders.first()) {
                while let Some(output) = speaking.sender.poll(now) {
                    match output {
                        Output::Began(tone) => self.events.push_back(Event::ToneChanged(id, Some(tone))),
                        Output::Finished => self.events.push_back(Event::ToneChanged(id, None)),
                        Output::Report(report) => {
                            say(&mut media.session, now, *ssrc, &report, &speaking.codec);
                        }
                    }
                }
            }
            for hearing in &mut flow.tones.hearing {
                if hearing.lapses.is_some_and(|at| at <= now) {
                    hearing.lapses = None;
                    let clock_rate = hearing.clock_rate;
                    let ended = hearing.listener.lapse().and_then(|heard| told(id, heard, clock_rate));
                    self.events.extend(ended);
                }
            }
        }
    }

    /// A packet came, and was taken: it may be of a tone.
    pub(crate) fn hear_tones(&mut self, now: Instant, packet: &[u8]) {
        let Some(media) =
            self.media.as_mut().filter(|media| media.flows.iter().any(|f| !f.tones.taken.is_empty()))
        else {
            return;
        };
        let number = PayloadType(packet.get(1).map_or(0, |byte| byte & 0x7f));
        if !media.flows.iter().any(|flow| flow.tones.taken.iter().any(|(taken, _)| *taken == number)) {
            return;
        }
        let Ok(packet) = Packet::parse(packet) else { return };
        let Some(receiver) = media.session.receiver_of(packet.header.ssrc) else { return };
        let is_of = |flow: &&mut Flow| flow.receivers.iter().any(|(_, id)| *id == receiver);
        let Some(flow) = media.flows.iter_mut().find(is_of) else { return };
        let Some(id) = flow.transceiver else { return };
        let events = &mut self.events;
        flow.tones
            .hear(now, receiver, &packet, |heard, clock_rate| events.extend(told(id, heard, clock_rate)));
    }

    /// When tones want to be called.
    pub(crate) fn tones_timeout(&self) -> Option<Instant> {
        let flows = self.media.iter().flat_map(|media| &media.flows);
        flows.filter_map(|flow| flow.tones.poll_timeout()).min()
    }
}

/// One report in a packet of the stream.
fn say(session: &mut Session, now: Instant, ssrc: Ssrc, report: &Report, codec: &Codec) {
    let Some(mut stream) = session.sender(ssrc) else { return };
    let timestamp = stream.timestamp_at(report.begun).wrapping_add(report.timestamp_offset);
    let ticks = u64::from(report.timestamp_offset);
    let offset = Duration::from_nanos(ticks * 1_000_000_000 / u64::from(codec.clock_rate.max(1)));
    let payload = send::Payload {
        payload_type: PayloadType(codec.payload_type),
        timestamp: Some(timestamp),
        captured: Some(report.begun + offset),
        marker: report.marker,
        lost_before: false,
        is_key: false,
        data: &report.payload,
        extras: Extras::default(),
        dependencies: None,
        elements: &[],
    };
    // A stream that takes nothing now takes no tones either; those go on in silence.
    let _ = stream.write_payload(now, &payload);
}

/// What is no key is nothing to tell.
fn told(id: TransceiverId, heard: Heard, clock_rate: u32) -> Option<Event> {
    Some(match heard {
        Heard::Began { code } => Event::ToneBegan(id, key_of(code)?),
        Heard::Ended { code, duration } => {
            let nanos = u64::from(duration) * 1_000_000_000 / u64::from(clock_rate.max(1));
            Event::ToneEnded(id, key_of(code)?, Duration::from_nanos(nanos))
        }
    })
}
