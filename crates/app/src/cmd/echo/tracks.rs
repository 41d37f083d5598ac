//! Sound and pictures sent back: each frame as it came, in its own format, at its own pace.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use limpid::limpid_rtp::Rid;
use limpid::limpid_rtp::codec::{Format, FrameToSend};
use limpid::{Direction, Frame, PeerConnection, ReceivedFrame, Transceiver, TransceiverId};
use tokio::task::JoinHandle;

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
    let mut echo = Echo::default();
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
#[derive(Default)]
struct Echo {
    /// Of simulcast, only the layer whose frame came first goes back.
    layer: Option<Option<Rid>>,
    format: Option<Format>,
    clock: Clock,
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
        let media_time = self.clock.media_time(frame.timestamp, frame.format.clock_rate());
        let back = Frame { media_time, data: &frame.data, info, extras: frame.extras };
        if transceiver.write(&back).is_err() {
            self.format = None; // an exchange of descriptions may have changed what is taken
        }
    }
}

/// Turns timestamps into time: as far apart as they came, whatever the clock rate.
#[derive(Default)]
struct Clock {
    /// A timestamp, its clock rate, and the time that it stands for.
    from: Option<(u64, u32, Duration)>,
    last: Duration,
}

impl Clock {
    fn media_time(&mut self, timestamp: u64, rate: u32) -> Duration {
        let rate = rate.max(1);
        let (first, _, base) = match self.from {
            // Frames of layers may come out of order by a little, and never before the first.
            Some(from) if from.1 == rate && timestamp >= from.0 => from,
            // Another rate counts from elsewhere: it goes on where the one before stopped.
            _ => *self.from.insert((timestamp, rate, self.last)),
        };
        let (ticks, rate) = (timestamp - first, u64::from(rate));
        let nanos = ticks % rate * 1_000_000_000 / rate;
        self.last = base + Duration::from_secs(ticks / rate) + Duration::from_nanos(nanos);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_as_it_came_through_a_change_of_rate() {
        let mut clock = Clock::default();
        let start = u64::from(u32::MAX) - 100;
        let mut at = |timestamp, rate| clock.media_time(timestamp, rate).as_nanos();
        assert_eq!(at(start, 48_000), 0);
        assert_eq!(at(start + 960, 48_000), 20_000_000);
        assert_eq!(at(start + 48_000 * 86_400, 48_000), 86_400_000_000_000);
        assert_eq!(at(5, 8_000), 86_400_000_000_000, "the other clock begins where this one was");
        assert_eq!(at(5 + 80, 8_000), 86_400_010_000_000);
    }
}
