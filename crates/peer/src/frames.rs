//! Frames of a transceiver: written to the other side, read from it.

use limpid_rtp::codec::Format;
use limpid_rtp::session::{Meaning, Received, ReceiverId};
use limpid_rtp::{Rid, send};
use limpid_sansio::Instant;
use limpid_sdp::Codec;

use crate::flows::Flow;
use crate::peer::Peer;
use crate::transceiver::TransceiverId;

/// Frames in and out.
impl Peer {
    /// What the other side takes in this section, the preferred first. Empty: nothing may be sent yet.
    pub fn send_codecs(&self, id: TransceiverId) -> &[Codec] {
        let agreed = self.negotiated.iter().find(|section| section.transceiver == Some(id));
        agreed.filter(|section| section.may_send).map_or(&[], |section| &section.send_codecs)
    }

    /// Frames written from now on are in this format. `false`: the other side takes none such.
    pub fn send_as(&mut self, now: Instant, id: TransceiverId, format: Format) -> bool {
        let Some((flow, session)) = self.flow(id) else { return false };
        let mut is_agreed = !flow.senders.is_empty();
        for (_, ssrc) in &flow.senders {
            let Some(mut sender) = session.sender(*ssrc) else { continue };
            let is_it = |meaning: &Meaning| *meaning == Meaning::Media(format);
            let found = sender.payloads().iter().find(|payload| is_it(&payload.meaning));
            let payload_type = found.map(|payload| payload.payload_type);
            is_agreed &= payload_type.is_some_and(|number| sender.set_payload_type(now, number));
        }
        is_agreed
    }

    /// Queues a frame for the other side: sound leaves at once, pictures as the path takes them. With simulcast it is the
    /// frame of the first layer; [`write_layer`](Peer::write_layer) names another.
    pub fn write_frame(
        &mut self,
        now: Instant,
        id: TransceiverId,
        frame: &send::Frame<'_>,
    ) -> Result<(), FrameRefused> {
        self.write_layer(now, id, None, frame)
    }

    /// The same for one layer of simulcast.
    pub fn write_layer(
        &mut self,
        now: Instant,
        id: TransceiverId,
        rid: Option<Rid>,
        frame: &send::Frame<'_>,
    ) -> Result<(), FrameRefused> {
        let is_enabled = self.transceiver(id).and_then(|it| it.track()).is_none_or(|track| track.enabled);
        let (flow, session) = self.flow(id).ok_or(FrameRefused::NotNegotiated)?;
        let found = flow.senders.iter().find(|(known, _)| rid.is_none() || *known == rid);
        let (_, ssrc) = *found.ok_or(FrameRefused::NotNegotiated)?;
        if !is_enabled || flow.tones.sound_at(now) {
            return Ok(()); // what a track that is off gives is nobody's business, and a tone takes the place of sound
        }
        let mut sender = session.sender(ssrc).ok_or(FrameRefused::NotNegotiated)?;
        sender.write(now, frame).map_err(FrameRefused::Stream)
    }

    /// The next frame of any layer, and the layer's name; layers in the old form, without names, are called `0`, `1` and so on,
    /// lowest first. It lies in the stream's buffer until the next one is read. Of a track that is [off](crate::Track::enabled)
    /// there is none, and what came is gone.
    pub fn read_frame(&mut self, now: Instant, id: TransceiverId) -> Option<(Received<'_>, Option<Rid>)> {
        let is_shown = self.transceiver(id).is_none_or(|it| it.remote_track().enabled);
        let media = self.media.as_mut()?;
        let flow = media.flows.iter().find(|flow| flow.transceiver == Some(id))?;
        let session = &mut media.session;
        if !is_shown {
            for (_, id) in &flow.receivers {
                while session.receiver(*id).and_then(|receiver| receiver.read(now)).is_some() {}
            }
            return None;
        }
        let readable = flow
            .receivers
            .iter()
            .find(|(_, id)| session.receiver(*id).is_some_and(|receiver| receiver.is_readable(now)));
        let Some((rid, receiver)) = readable.copied() else {
            // Who has found nothing is told when there is something again: the streams have to know that somebody looked.
            for (_, id) in &flow.receivers {
                let _ = session.receiver(*id).and_then(|receiver| receiver.read(now));
            }
            return None;
        };
        Some((session.receiver(receiver)?.read(now)?, rid))
    }

    /// Asks the other side for pictures that can be decoded by themselves.
    pub fn request_key_frame(&mut self, id: TransceiverId) {
        let Some((flow, session)) = self.flow(id) else { return };
        for (_, receiver) in &flow.receivers {
            if let Some(mut receiver) = session.receiver(*receiver) {
                receiver.request_key_frame();
            }
        }
    }

    /// What all our streams together may send, in bits per second, as the path is estimated. `None`: there are none.
    pub fn target_bitrate(&self) -> Option<u64> {
        self.media.as_ref().map(|media| media.session.target_bitrate())
    }

    /// Where the streams of a transceiver come in, by layer: handles for [`rtp`](Peer::rtp).
    pub fn receivers_of(&self, id: TransceiverId) -> Vec<(Option<Rid>, ReceiverId)> {
        let flows = self.media.iter().flat_map(|media| &media.flows);
        flows
            .filter(|flow| flow.transceiver == Some(id))
            .flat_map(|flow| flow.receivers.iter().copied())
            .collect()
    }

    /// The streams of ours of a transceiver, by layer: handles for [`rtp`](Peer::rtp).
    pub fn senders_of(&self, id: TransceiverId) -> Vec<(Option<Rid>, limpid_rtp::Ssrc)> {
        let flows = self.media.iter().flat_map(|media| &media.flows);
        flows
            .filter(|flow| flow.transceiver == Some(id))
            .flat_map(|flow| flow.senders.iter().copied())
            .collect()
    }

    /// The transceiver that a receiver belongs to.
    pub fn transceiver_of(&self, receiver: ReceiverId) -> Option<TransceiverId> {
        let flows = &self.media.as_ref()?.flows;
        flows.iter().find(|flow| flow.receivers.iter().any(|(_, id)| *id == receiver))?.transceiver
    }

    /// The transceiver that a stream of ours belongs to.
    pub fn transceiver_of_sender(&self, ssrc: limpid_rtp::Ssrc) -> Option<TransceiverId> {
        let flows = &self.media.as_ref()?.flows;
        flows.iter().find(|flow| flow.senders.iter().any(|(_, known)| *known == ssrc))?.transceiver
    }

    /// What is written from now on comes from another source.
    pub(crate) fn join_timelines(&mut self, id: TransceiverId) {
        let Some((flow, session)) = self.flow(id) else { return };
        for (_, ssrc) in &flow.senders {
            session.sender(*ssrc).into_iter().for_each(|mut sender| sender.replace_source());
        }
    }

    fn flow(&mut self, id: TransceiverId) -> Option<(&Flow, &mut limpid_rtp::Session)> {
        let media = self.media.as_mut()?;
        let flow = media.flows.iter().find(|flow| flow.transceiver == Some(id))?;
        Some((flow, &mut media.session))
    }
}

/// Why a frame was not taken.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FrameRefused {
    /// The other side does not take anything in this section, now or yet.
    NotNegotiated,
    /// The stream does not take it.
    Stream(send::Refused),
}

impl core::fmt::Display for FrameRefused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            FrameRefused::NotNegotiated => f.write_str("the other side takes nothing in this section"),
            FrameRefused::Stream(refused) => refused.fmt(f),
        }
    }
}

impl core::error::Error for FrameRefused {}
