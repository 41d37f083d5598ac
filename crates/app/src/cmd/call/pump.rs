//! One source for all members: its frames are paced here, once, and go to everybody who listens.

use std::sync::Arc;
use std::time::Duration;

use limpid_app::media::{Codec, EncodedFrame, Source};
use tokio::sync::{Notify, broadcast};
use tokio::time::Instant;

/// Frames that a listener may be behind before it misses some.
const BEHIND: usize = 64;
/// A source that is later than this was asleep: it goes on from here.
const ASLEEP: Duration = Duration::from_secs(1);
/// Between two key frames that somebody asked for.
const BETWEEN_KEYS: Duration = Duration::from_millis(250);

/// A source of sound or pictures that runs while somebody listens.
#[derive(Clone, Debug)]
pub(crate) struct Pump {
    codec: Codec,
    frames: broadcast::Sender<EncodedFrame>,
    bells: Arc<Bells>,
}

#[derive(Debug, Default)]
struct Bells {
    listened: Notify,
    key_frame: Notify,
}

impl Pump {
    /// Runs for the rest of the program; `broken` is told why, if the source can not go on.
    pub(crate) fn start(source: Source, broken: impl FnOnce(std::io::Error) + Send + 'static) -> Self {
        let (frames, _) = broadcast::channel(BEHIND);
        let pump = Pump { codec: source.codec(), frames, bells: Arc::default() };
        let runner = pump.clone();
        tokio::spawn(async move {
            if let Err(error) = runner.run(source).await {
                broken(error);
            }
        });
        pump
    }

    /// How the frames are encoded.
    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// Listens from the next frame on. Pictures can not be understood before the first key frame: ask for one.
    pub(crate) fn listen(&self) -> broadcast::Receiver<EncodedFrame> {
        let receiver = self.frames.subscribe();
        self.bells.listened.notify_one();
        receiver
    }

    /// Somebody needs a frame with which decoding can begin.
    pub(crate) fn request_key_frame(&self) {
        self.bells.key_frame.notify_one();
    }

    async fn run(&self, mut source: Source) -> std::io::Result<()> {
        // When the frame of time 0 was due.
        let mut zero = Instant::now();
        // Where the last frame stands in the medium, and the last key frame.
        let (mut last, mut last_key) = (Duration::ZERO, None);
        let mut is_wanted = false;
        loop {
            let was_alone = self.frames.receiver_count() == 0;
            while self.frames.receiver_count() == 0 {
                self.bells.listened.notified().await;
            }
            let may_now = last_key.is_none_or(|key| last.saturating_sub(key) >= BETWEEN_KEYS);
            if is_wanted && may_now {
                source.request_key_frame();
                is_wanted = false;
            }
            let Some(frame) = source.next_frame()? else { return Ok(()) };
            if was_alone || zero.elapsed() > frame.at + ASLEEP {
                zero = Instant::now().checked_sub(frame.at).unwrap_or(zero);
            }
            is_wanted |= self.wait(zero + frame.at).await;
            last = frame.at;
            if frame.is_key {
                last_key = Some(last);
            }
            // Nobody listens any more: then nobody misses it.
            let _ = self.frames.send(frame);
        }
    }

    /// Waits for a moment; whether somebody asked for a key frame meanwhile.
    async fn wait(&self, until: Instant) -> bool {
        let mut is_wanted = false;
        let time = tokio::time::sleep_until(until);
        tokio::pin!(time);
        loop {
            tokio::select! {
                () = &mut time => return is_wanted,
                () = self.bells.key_frame.notified() => is_wanted = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use limpid_app::media::Options;

    use super::*;

    fn card() -> Pump {
        let source = Source::video(Path::new("pattern"), &Options::default()).unwrap();
        Pump::start(source, |error| panic!("{error}"))
    }

    #[tokio::test]
    async fn frames_come_not_before_they_are_due_and_to_everybody() {
        let pump = card();
        let start = Instant::now();
        let (mut first, mut second) = (pump.listen(), pump.listen());
        for number in 0..15u32 {
            let (frame, same) = (first.recv().await.unwrap(), second.recv().await.unwrap());
            assert_eq!(frame, same);
            assert_eq!(frame.is_key, number == 0);
            assert!(start.elapsed() >= frame.at, "{number}: {:?}", frame.at);
        }
    }

    #[tokio::test]
    async fn a_key_frame_comes_when_it_is_asked_for_and_not_in_a_flood() {
        let pump = card();
        let mut ear = pump.listen();
        let mut keys = Vec::new();
        for number in 0..40 {
            pump.request_key_frame();
            if ear.recv().await.unwrap().is_key {
                keys.push(number);
            }
        }
        assert!(keys.len() >= 3, "{keys:?}");
        // 250 ms are more than seven frames.
        assert!(keys.windows(2).all(|pair| pair[1] - pair[0] > 7), "{keys:?}");
    }
}
