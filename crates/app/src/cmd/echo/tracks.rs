//! Sound and pictures sent back: each frame as it came, in its own format, at its own pace.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use limpid::limpid_rtp::Rid;
use limpid::limpid_rtp::codec::{Format, FrameToSend};
use limpid::{Direction, Frame, PeerConnection, ReceivedFrame, Transceiver, TransceiverId};
use tokio::task::JoinHandle;

use super::clock::Clock;

/// Whoever sends us something gets it back in the same section. Between an offer and its answer.
pub(crate) fn agree_to_send(connection: &PeerConnection) {
    for transceiver in connection.transceivers() {
        // One that is stopped says so, and needs no answer.
        let _ = transceiver.set_direction(Direction::SendRecv);
    }
}

/// Sends back every track, until the connection ends.
pub(crate) async fn send_back_all(connection: Arc<PeerConnection>) {
    let mut echoes: BTreeMap<TransceiverId, JoinHandle<()>> = BTreeMap::new();
    while let Some(transceiver) = connection.next_track().await {
        echoes.retain(|_, echo| !echo.is_finished());
        // A track that was away for some time is told of again.
        echoes.entry(transceiver.id()).or_insert_with(|| tokio::spawn(send_back(transceiver)));
    }
}

async fn send_back(transceiver: Transceiver) {
    let mut echo = Echo { layer: None, format: None, clock: Clock::default(), began: Instant::now() };
    loop {
        tokio::select! {
            frame = transceiver.recv() => match frame {
                Some(frame) => echo.write(&transceiver, &frame),
                None => return,
            },
            () = transceiver.key_frame_requested() => transceiver.request_key_frame(),
        }
    }
}

/// What is kept from one frame to the next.
struct Echo {
    /// Of simulcast, only the layer whose frame came first goes back.
    layer: Option<Option<Rid>>,
    format: Option<Format>,
    clock: Clock,
    began: Instant,
}

impl Echo {
    fn write(&mut self, transceiver: &Transceiver, frame: &ReceivedFrame) {
        if *self.layer.get_or_insert(frame.rid) != frame.rid {
            return;
        }
        if self.format != Some(frame.format) {
            if !transceiver.send_as(frame.format) {
                return; // it sends what it does not take
            }
            self.format = Some(frame.format);
        }
        let (layer, is_discardable) = (frame.info.layer, frame.info.is_discardable);
        // Of VP9's layers the references would have to be known too; as a stream without layers it is as good.
        let layer = layer.filter(|_| frame.format == Format::Vp8);
        let info = FrameToSend { layer, is_discardable, ..FrameToSend::default() };
        let media_time =
            self.clock.media_time(self.began.elapsed(), frame.timestamp, frame.format.clock_rate());
        let back = Frame { media_time, data: &frame.data, info, extras: frame.extras };
        if transceiver.write(&back).is_err() {
            self.format = None; // an exchange of descriptions may have changed what is taken
        }
    }
}
