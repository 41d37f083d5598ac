//! A tone, and a card whose frames are as large as the path allows.

use std::path::Path;
use std::sync::Arc;

use limpid::limpid_rtp::codec::Format;
use limpid::{Frame, MediaKind, PeerConnection, Transceiver};
use limpid_app::media::{Options, Source};
use tokio::time::{Instant, sleep_until};

use crate::Outcome;
use crate::tracks::Board;

/// Frames of the card in a second.
const RATE: u64 = 30;
/// How much of what may be sent the pictures take; the rest is sound and repair.
const SHARE: u64 = 85;

/// Sends in the first section of each kind. `fill`: with pictures as large as the estimate allows.
pub(crate) fn start(connection: &Arc<PeerConnection>, board: &Arc<Board>, fill: bool) -> Outcome {
    let options = Options { key_interval: 3000, ..Options::default() };
    let sources = [
        (MediaKind::Audio, Format::Pcmu, Source::audio(Path::new("tone"), &options)?),
        (MediaKind::Video, Format::Vp8, Source::video(Path::new("pattern"), &options)?),
    ];
    for (kind, format, source) in sources {
        let mut all = connection.transceivers().into_iter();
        let Some(transceiver) = all.find(|it| it.kind() == Some(kind)) else { continue };
        if !transceiver.send_as(format) {
            return Err(format!("the other side does not take {format:?}").into());
        }
        let fill = (fill && kind == MediaKind::Video).then(|| connection.clone());
        tokio::spawn(run(transceiver, source, board.clone(), fill));
    }
    Ok(())
}

async fn run(
    transceiver: Transceiver,
    mut source: Source,
    board: Arc<Board>,
    fill: Option<Arc<PeerConnection>>,
) {
    let kind = if transceiver.kind() == Some(MediaKind::Audio) { "audio" } else { "video" };
    let start = Instant::now();
    while let Ok(Some(frame)) = source.next_frame() {
        loop {
            tokio::select! {
                () = sleep_until(start + frame.at) => break,
                () = transceiver.key_frame_requested() => {
                    board.asked();
                    source.request_key_frame();
                }
            }
        }
        let mut data = frame.data.to_vec();
        if let Some(rate) = fill.as_ref().and_then(|connection| connection.target_bitrate()) {
            // A decoder stops where the last macroblock ends: what follows costs the path and nothing else.
            let size = (rate * SHARE / 100 / RATE / 8) as usize;
            data.resize(data.len().max(size), 0);
        }
        let taken = transceiver.write(&Frame::new(frame.at, &data)).is_ok();
        board.sent(kind, data.len(), frame.is_key, taken);
    }
}
