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
        let mut last_key: Option<Instant> = None;
        let mut is_wanted = false;
        loop {
            let was_alone = self.frames.receiver_count() == 0;
            while self.frames.receiver_count() == 0 {
                self.bells.listened.notified().await;
            }
            let may_now = last_key.is_none_or(|last| last.elapsed() >= BETWEEN_KEYS);
            if is_wanted && may_now {
                source.request_key_frame();
                is_wanted = false;
            }
            let Some(frame) = source.next_frame()? else { return Ok(()) };
            if was_alone || zero.elapsed() > frame.at + ASLEEP {
                zero = Instant::now().checked_sub(frame.at).unwrap_or(zero);
            }
            is_wanted |= self.wait(zero + frame.at).await;
            if frame.is_key && !self.codec.is_audio() {
                last_key = Some(Instant::now());
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

    #[tokio::test(start_paused = true)]
    async fn frames_come_when_they_are_due_and_to_everybody() {
        let pump = card();
        let (mut first, mut second) = (pump.listen(), pump.listen());
        let start = Instant::now();
        for number in 0..90u32 {
            let (frame, same) = (first.recv().await.unwrap(), second.recv().await.unwrap());
            assert_eq!(frame, same);
            assert_eq!(frame.is_key, number == 0);
            assert!(start.elapsed() >= frame.at && start.elapsed() < frame.at + Duration::from_millis(5));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_rests_while_nobody_listens_and_goes_on_from_there() {
        let pump = card();
        let mut ear = pump.listen();
        let first = ear.recv().await.unwrap();
        drop(ear);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let mut ear = pump.listen();
        let next = ear.recv().await.unwrap();
        // What was under way when the listener left was sent to nobody.
        assert!(next.at - first.at < Duration::from_millis(100), "{:?}", next.at);
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_frame_comes_when_it_is_asked_for_and_not_in_a_flood() {
        let pump = card();
        let mut ear = pump.listen();
        let mut keys = Vec::new();
        for number in 0..90 {
            pump.request_key_frame();
            if ear.recv().await.unwrap().is_key {
                keys.push(number);
            }
        }
        assert!(keys.len() > 3 && keys.windows(2).all(|pair| pair[1] - pair[0] >= 7), "{keys:?}");
    }
}
