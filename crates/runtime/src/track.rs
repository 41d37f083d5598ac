//! Sound and pictures as a tokio program holds them: a transceiver, what it sends, what it receives.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use limpid_peer::limpid_rtp::codec::{Format, FrameInfo, FrameToSend};
use limpid_peer::limpid_rtp::{Extras, PayloadType, Rid, send};
use limpid_peer::{Codec, Direction, MediaKind, Peer, PeerId, Track, TrackState, TransceiverId};
use limpid_sansio::Instant;

use crate::channel::wait;
use crate::connection::{SharedConnections, with_peer};
use crate::error::Error;
use crate::port::TrackBells;

/// A place for one track each way.
#[doc(alias = "RTCRtpTransceiver")]
#[derive(Clone, Debug)]
pub struct Transceiver {
    shared: SharedConnections,
    peer: PeerId,
    id: TransceiverId,
    bells: Arc<TrackBells>,
}

/// An encoded frame to be sent: a picture, or one packet's worth of sound.
#[derive(Copy, Clone, Debug)]
pub struct Frame<'a> {
    /// Where it stands in its medium.
    pub media_time: Duration,
    /// What the encoder made.
    pub data: &'a [u8],
    /// What the encoder says of it. The default is right for streams without layers.
    pub info: FrameToSend,
    /// What is told beside it: loudness, orientation.
    pub extras: Extras,
}

impl<'a> Frame<'a> {
    /// A frame of which there is nothing more to say.
    pub fn new(media_time: Duration, data: &'a [u8]) -> Self {
        Frame { media_time, data, info: FrameToSend::default(), extras: Extras::default() }
    }
}

/// A frame that came.
#[derive(Clone, Debug)]
pub struct ReceivedFrame {
    /// Its bytes, as the decoder of its format takes them.
    pub data: Bytes,
    /// Its format.
    pub format: Format,
    /// Its payload type.
    pub payload_type: PayloadType,
    /// Its timestamp, unwrapped, in units of the format's clock.
    pub timestamp: u64,
    /// What its packets say of it: key frame, size, layers.
    pub info: FrameInfo,
    /// How long to wait before it is played, so that what the network did to it does not show.
    pub plays_in: Duration,
    /// How long ago it was captured, by the sender's reports; `None`: not known yet.
    pub age: Option<Duration>,
    /// Something is missing between this frame and the one before.
    pub lost_before: bool,
    /// Which encoding it belongs to.
    pub rid: Option<Rid>,
    /// What was told beside it.
    pub extras: Extras,
}

impl Transceiver {
    pub(crate) fn new(
        shared: SharedConnections,
        peer: PeerId,
        id: TransceiverId,
        bells: Arc<TrackBells>,
    ) -> Self {
        Transceiver { shared, peer, id, bells }
    }

    /// Its handle in events.
    pub fn id(&self) -> TransceiverId {
        self.id
    }

    /// Sound or pictures; `None` once it has gone.
    pub fn kind(&self) -> Option<MediaKind> {
        self.look(|peer| peer.transceiver(self.id).map(|transceiver| transceiver.kind()))
    }

    /// The name of its section, once it has one.
    pub fn mid(&self) -> Option<String> {
        self.look(|peer| peer.transceiver(self.id)?.mid().map(str::to_owned))
    }

    /// Who may send, as of the last exchange.
    #[doc(alias = "currentDirection")]
    pub fn current_direction(&self) -> Option<Direction> {
        self.look(|peer| peer.transceiver(self.id)?.current_direction())
    }

    /// Changes who shall send; an exchange of descriptions has to follow.
    pub fn set_direction(&self, direction: Direction) -> Result<(), Error> {
        self.with(|peer, _| peer.set_direction(self.id, direction).map_err(Error::Misuse))?
    }

    /// Ends both ways for good; an exchange of descriptions has to follow.
    pub fn stop(&self) -> Result<(), Error> {
        self.with(|peer, _| peer.stop_transceiver(self.id).map_err(Error::Misuse))?
    }

    /// What we send; `None`: nothing.
    pub fn track(&self) -> Option<Track> {
        self.look(|peer| peer.transceiver(self.id)?.track().cloned())
    }

    /// What we receive: whether it is muted, and whether it is over. `None`: the transceiver has gone.
    pub fn remote_track(&self) -> Option<Track> {
        self.look(|peer| Some(peer.transceiver(self.id)?.remote_track().clone()))
    }

    /// The streams that what we receive belongs to; tracks of one stream are played in step, by [`ReceivedFrame::age`].
    pub fn remote_streams(&self) -> Vec<String> {
        self.look(|peer| Some(peer.transceiver(self.id)?.remote_streams().to_vec())).unwrap_or_default()
    }

    /// Sends another track of the same kind, or none, without an exchange of descriptions.
    #[doc(alias = "replaceTrack")]
    pub fn replace_track(&self, track: Option<Track>) -> Result<(), Error> {
        self.with(|peer, _| peer.replace_track(self.id, track).map_err(Error::Misuse))?
    }

    /// Turns what is sent, or what comes, on or off without telling the other side.
    pub fn set_enabled(&self, sending: bool, receiving: bool) -> Result<(), Error> {
        self.with(|peer, _| peer.set_enabled(self.id, sending, receiving).map_err(Error::Misuse))?
    }

    /// Which codecs to use, best first.
    #[doc(alias = "setCodecPreferences")]
    pub fn set_codec_preferences(&self, codecs: &[Codec]) -> Result<(), Error> {
        self.with(|peer, _| peer.set_codec_preferences(self.id, codecs).map_err(Error::Misuse))?
    }

    /// What the other side takes, the preferred first. Empty: nothing may be sent yet.
    pub fn send_codecs(&self) -> Vec<Codec> {
        self.look(|peer| Some(peer.send_codecs(self.id).to_vec())).unwrap_or_default()
    }

    /// Frames written from now on are in this format. `false`: the other side takes none such.
    pub fn send_as(&self, format: Format) -> bool {
        self.with(|peer, now| peer.send_as(now, self.id, format)).unwrap_or(false)
    }

    /// Queues a frame: sound leaves at once, pictures as the path takes them. Never waits.
    pub fn write(&self, frame: &Frame<'_>) -> Result<(), Error> {
        self.write_layer(None, frame)
    }

    /// The same for one layer of simulcast.
    pub fn write_layer(&self, rid: Option<Rid>, frame: &Frame<'_>) -> Result<(), Error> {
        let frame = send::Frame {
            media_time: frame.media_time,
            captured: None,
            data: frame.data,
            info: frame.info,
            extras: frame.extras,
        };
        self.with(|peer, now| peer.write_layer(now, self.id, rid, &frame).map_err(Error::Frame))?
    }

    /// Whether tones can be sent now.
    #[doc(alias = "canInsertDTMF")]
    pub fn can_insert_dtmf(&self) -> bool {
        self.look(|peer| Some(peer.can_insert_dtmf(self.id))).unwrap_or(false)
    }

    /// Sends these tones after the one that sounds now, in place of all that wait: `0` to `9`, `A` to `D`, `*`, `#`, and `,` for
    /// a pause of two seconds. Each lasts so long (40 ms to 6 s, usually 100 ms), with such a gap behind it (30 ms to 6 s,
    /// usually 70 ms). [`Event::ToneChanged`](crate::Event::ToneChanged) tells how it goes on.
    #[doc(alias = "insertDTMF")]
    pub fn insert_dtmf(&self, tones: &str, duration: Duration, gap: Duration) -> Result<(), Error> {
        self.with(|peer, now| peer.insert_dtmf(now, self.id, tones, (duration, gap)).map_err(Error::Misuse))?
    }

    /// The tones that wait.
    #[doc(alias = "toneBuffer")]
    pub fn tone_buffer(&self) -> String {
        self.look(|peer| Some(peer.tone_buffer(self.id))).unwrap_or_default()
    }

    /// Waits until the other side can not go on without a key frame.
    pub async fn key_frame_requested(&self) {
        self.bells.key_frame.notified().await;
    }

    /// The next frame of any encoding. `None`: the track or the connection has ended.
    pub async fn recv(&self) -> Option<ReceivedFrame> {
        let received = wait(&self.bells.read, || match self.try_recv() {
            Ok(Some(frame)) => Some(Some(frame)),
            Ok(None) => None,
            Err(_) => Some(None),
        });
        received.await
    }

    /// The next frame, if one is there. An error: the track or the connection has ended.
    pub fn try_recv(&self) -> Result<Option<ReceivedFrame>, Error> {
        self.with(|peer, now| {
            let track = peer.transceiver(self.id).map(|transceiver| transceiver.remote_track());
            let is_live =
                !peer.is_closed() && track.is_some_and(|track| track.ready_state == TrackState::Live);
            let (frame, rid) = match peer.read_frame(now, self.id) {
                Some(read) => read,
                None if is_live => return Ok(None),
                None => return Err(Error::Closed),
            };
            Ok(Some(ReceivedFrame {
                data: Bytes::copy_from_slice(frame.data),
                format: frame.format,
                payload_type: frame.payload_type,
                timestamp: frame.timestamp,
                info: frame.info,
                plays_in: frame.playout.since(now),
                age: frame.captured_at.map(|captured| now.since(captured)),
                lost_before: frame.lost_before,
                rid,
                extras: frame.extras,
            }))
        })?
    }

    /// Asks the other side for a picture that can be decoded by itself.
    pub fn request_key_frame(&self) {
        let _ = self.with(|peer, _| peer.request_key_frame(self.id));
    }

    fn with<R>(&self, verb: impl FnOnce(&mut Peer, Instant) -> R) -> Result<R, Error> {
        let done =
            self.shared.with(|all, now| with_peer(all, self.peer, now, |peer, _, now| verb(peer, now)));
        done.flatten().ok_or(Error::Closed)
    }

    fn look<R>(&self, at: impl FnOnce(&Peer) -> Option<R>) -> Option<R> {
        self.shared.lock(|all, _| all.mux.look(self.peer).and_then(at))?
    }
}
