//! What offer and answer agreed on becomes streams: senders and receivers of each section, header extensions and feedback of
//! all of them.

use core::time::Duration;

use limpid_rtp::codec::Format;
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::fec::Form;
use limpid_rtp::session::{Feedback, Meaning, Payload, ReceiverId, Section, SenderConfig, Session};
use limpid_rtp::{Mid, PayloadType, Rid, Ssrc};
use limpid_sansio::Instant;
use limpid_sdp::jsep::{LocalSource, MediaKind};
use limpid_sdp::{Codec, CodecRole};

use crate::media::NegotiatedMedia;
use crate::peer::Peer;
use crate::tones::Tones;
use crate::transceiver::TransceiverId;

/// How long packets of pictures are kept for those who ask again.
const HISTORY: Duration = Duration::from_secs(1);
/// Of all formats of pictures, in hertz.
const VIDEO_CLOCK: u32 = 90_000;

/// The streams of one section.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) mid: String,
    pub(crate) transceiver: Option<TransceiverId>,
    /// Ours, the encodings in their order.
    pub(crate) senders: Vec<(Option<Rid>, Ssrc)>,
    /// Theirs.
    pub(crate) receivers: Vec<(Option<Rid>, ReceiverId)>,
    pub(crate) tones: Tones,
}

impl Peer {
    /// There is an answer: this is what every section agreed on.
    pub(crate) fn apply_media(&mut self, now: Instant, sections: Vec<NegotiatedMedia>) {
        let is_wanted = sections.iter().any(|section| section.may_send || section.may_receive);
        if is_wanted {
            self.make_media();
        }
        let most = self.config.capabilities.max_layers;
        if let Some(media) = &mut self.media {
            let session = &mut media.session;
            // Descriptions that say nothing of media leave alone what the application has said itself.
            if !sections.is_empty() || !self.negotiated.is_empty() {
                session.set_extensions(&extensions_of(&sections));
                session.set_mixed_extensions(sections.iter().all(|section| section.mixed_extensions));
                let reduced_size = sections.iter().all(|section| section.reduced_size_rtcp);
                session.set_feedback(feedback_of(&sections), reduced_size);
            }
            for section in &sections {
                let known = media.flows.iter().position(|flow| flow.mid == section.mid);
                let at = known.unwrap_or_else(|| {
                    media.flows.push(Flow {
                        mid: section.mid.clone(),
                        transceiver: None,
                        senders: Vec::new(),
                        receivers: Vec::new(),
                        tones: Tones::default(),
                    });
                    media.flows.len() - 1
                });
                let flow = &mut media.flows[at];
                flow.transceiver = section.transceiver;
                flow.receive(now, session, section, most);
                flow.send(now, session, section);
                flow.tones.agree(section);
            }
            let is_gone = |flow: &Flow| !sections.iter().any(|section| section.mid == flow.mid);
            for flow in media.flows.iter_mut().filter(|flow| is_gone(flow) || flow.transceiver.is_none()) {
                flow.end(session);
            }
            media.flows.retain(|flow| flow.transceiver.is_some());
        }
        self.negotiated = sections;
    }
}

impl Flow {
    fn receive(&mut self, now: Instant, session: &mut Session, negotiated: &NegotiatedMedia, most: usize) {
        if !negotiated.may_receive {
            self.receivers.drain(..).for_each(|(_, id)| session.remove_receiver(id));
            return;
        }
        let section = Section {
            mid: Mid::new(&negotiated.mid),
            payloads: payloads_of(&negotiated.receive_codecs),
            rids: negotiated.remote_rids.iter().filter_map(|rid| Rid::new(rid)).collect(),
            is_video: negotiated.kind == MediaKind::Video,
        };
        let layers = if section.rids.is_empty() { legacy_layers(negotiated, most) } else { Vec::new() };
        let mut wanted: Vec<Option<Rid>> = section.rids.iter().chain(&layers).copied().map(Some).collect();
        if wanted.is_empty() {
            wanted.push(None);
        }
        self.receivers.retain(|(rid, id)| {
            let stays = wanted.contains(rid);
            if !stays {
                session.remove_receiver(*id);
            }
            stays
        });
        for rid in wanted {
            match self.receivers.iter().find(|(known, _)| *known == rid) {
                Some((_, id)) => session.update_receiver(*id, section.clone()),
                None => {
                    // Packets of layers in the old form carry no name: their numbers tell them apart.
                    let told = rid.filter(|_| layers.is_empty());
                    self.receivers.push((rid, session.add_receiver(now, section.clone(), told)));
                }
            }
        }
        // Without names of layers the numbers that were announced belong to the layers in their order.
        for ((_, id), source) in self.receivers.iter().zip(&negotiated.remote_sources) {
            session.bind(*id, Ssrc(source.ssrc), source.rtx.map(Ssrc));
            source.fec.into_iter().for_each(|ssrc| session.bind_parity(*id, Ssrc(ssrc)));
        }
    }

    /// A stream that may not be sent for the time being is paused: its numbers are used up, and must not begin anew.
    fn send(&mut self, now: Instant, session: &mut Session, negotiated: &NegotiatedMedia) {
        let payloads = payloads_of(&negotiated.send_codecs);
        let first = payloads.iter().find(|payload| is_frames(payload)).map(|payload| payload.payload_type);
        for source in &negotiated.local_sources {
            let (Some(payload_type), true) = (first, negotiated.may_send) else { continue };
            if self.senders.iter().any(|(_, known)| is_under(session, *known, source)) {
                continue;
            }
            let config = sender_config(negotiated, source, payloads.clone(), payload_type);
            let rid = config.rid;
            self.senders.extend(session.add_sender(now, config).map(|ssrc| (rid, ssrc)));
        }
        // What the other side takes of the section is for all layers together.
        let layers = self.senders.len().max(1) as u64;
        let max_bitrate = negotiated.max_bitrate.map(|bits_per_second| bits_per_second / layers);
        for (_, ssrc) in &self.senders {
            let is_agreed = negotiated.local_sources.iter().any(|source| is_under(session, *ssrc, source));
            if let Some(mut sender) = session.sender(*ssrc) {
                sender.set_payloads(now, &payloads);
                sender.set_max_bitrate(now, max_bitrate);
                sender.set_paused(!negotiated.may_send || !is_agreed);
            }
        }
    }

    fn end(&mut self, session: &mut Session) {
        self.transceiver = None;
        self.senders.drain(..).for_each(|(_, ssrc)| session.remove_sender(ssrc));
        self.receivers.drain(..).for_each(|(_, id)| session.remove_receiver(id));
    }
}

/// Whether a stream of ours has the number of this source.
fn is_under(session: &Session, stream: Ssrc, source: &LocalSource) -> bool {
    session.numbers_of(stream).is_some_and(|(ssrc, _)| ssrc.0 == source.ssrc)
}

/// The layers of the old form, lowest first, under names that they have here only. As many as we take, but always one.
fn legacy_layers(negotiated: &NegotiatedMedia, most: usize) -> Vec<Rid> {
    let count = negotiated.remote_legacy_layers.min(most);
    let name = |number: usize| Rid::new(&number.to_string());
    if count > 1 { (0..count).filter_map(name).collect() } else { Vec::new() }
}

fn sender_config(
    negotiated: &NegotiatedMedia,
    source: &LocalSource,
    payloads: Vec<Payload>,
    payload_type: PayloadType,
) -> SenderConfig {
    SenderConfig {
        ssrc: Ssrc(source.ssrc),
        repair: source.rtx.map(Ssrc),
        mid: Mid::new(&negotiated.mid),
        rid: source.rid.as_deref().and_then(Rid::new),
        payloads,
        payload_type,
        is_video: negotiated.kind == MediaKind::Video,
        history: HISTORY,
    }
}

fn is_frames(payload: &Payload) -> bool {
    match payload.meaning {
        Meaning::Media(format) => format != Format::ComfortNoise,
        _ => false,
    }
}

/// The codecs of a description in the words of [`rtp`](Peer::rtp)'s streams. Those that are not understood are left out.
pub fn payloads_of(codecs: &[Codec]) -> Vec<Payload> {
    let format_of = |codec: &Codec| Format::from_rtpmap(&codec.name, &codec.parameters);
    let media = |number: u8| codecs.iter().find(|codec| codec.payload_type == number).and_then(format_of);
    let payloads = codecs.iter().filter_map(|codec| {
        let meaning = match codec.role() {
            CodecRole::Media | CodecRole::ComfortNoise => Meaning::Media(format_of(codec)?),
            CodecRole::Tones => Meaning::Tones,
            CodecRole::Retransmission => Meaning::Retransmission(PayloadType(codec.repairs()?)),
            // With pictures it names none: it wraps any of the section.
            CodecRole::Redundancy if codec.clock_rate == VIDEO_CLOCK => Meaning::Wrapping,
            CodecRole::Redundancy => Meaning::Redundancy(media(first_reference(codec)?)?),
            CodecRole::ErrorCorrection => Meaning::Parity(Form::from_name(&codec.name)?),
        };
        let says = |word: &str| codec.feedback.iter().any(|feedback| feedback == word);
        Some(Payload {
            payload_type: PayloadType(codec.payload_type),
            meaning,
            clock_rate: codec.clock_rate,
            nack: says("nack"),
            pli: says("nack pli"),
            fir: says("ccm fir"),
        })
    });
    payloads.collect()
}

/// `111/111`: what is repeated, and how often.
fn first_reference(red: &Codec) -> Option<u8> {
    red.parameters.split('/').next()?.trim().parse().ok()
}

/// One id has one meaning in the whole bundle (RFC 9143 §12).
fn extensions_of(sections: &[NegotiatedMedia]) -> Map {
    let mut map = Map::new();
    for (id, uri) in sections.iter().flat_map(|section| &section.send_extensions) {
        if let Some(kind) = Kind::from_uri(uri)
            && map.id(kind).is_none()
        {
            map.insert(*id, kind);
        }
    }
    for (id, uri) in sections.iter().flat_map(|section| &section.receive_extensions) {
        if let Some(kind) = Kind::from_uri(uri)
            && map.id(kind).is_none()
        {
            map.insert(*id, kind);
        }
    }
    map
}

fn feedback_of(sections: &[NegotiatedMedia]) -> Feedback {
    let any = |says: fn(&NegotiatedMedia) -> bool| sections.iter().any(says);
    match () {
        () if any(|section| section.uses_transport_feedback) => Feedback::TransportWide,
        () if any(|section| section.uses_ccfb) => Feedback::CongestionControl,
        () => Feedback::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Capabilities;

    #[test]
    fn codecs_are_named_in_the_words_of_streams() {
        let payloads = payloads_of(&Capabilities::default().video_codecs);
        let meaning = |number| {
            let found = payloads.iter().find(|payload| payload.payload_type == PayloadType(number));
            found.map(|payload| payload.meaning.clone())
        };
        assert_eq!(meaning(96), Some(Meaning::Media(Format::Vp8)));
        assert_eq!(meaning(97), Some(Meaning::Retransmission(PayloadType(96))));
        assert_eq!(meaning(118), Some(Meaning::Wrapping));
        assert_eq!(meaning(119), Some(Meaning::Retransmission(PayloadType(118))));
        assert_eq!(meaning(120), Some(Meaning::Parity(Form::Generic)));
        assert_eq!(meaning(35), Some(Meaning::Parity(Form::FlexibleDraft03)));
        let payloads = payloads_of(&Capabilities::default().audio_codecs);
        let red = payloads.iter().find(|payload| payload.payload_type == PayloadType(63));
        assert_eq!(red.map(|red| red.meaning.clone()), Some(Meaning::Redundancy(Format::Opus)));
    }
}
