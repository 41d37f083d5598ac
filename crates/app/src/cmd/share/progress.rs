//! How a transfer goes: a bar for who watches a terminal, a line now and then for who reads a log, events for programs.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{is_watched, size};
use crate::cmd::say::Events;

/// Programs hear of it this often.
const FOR_PROGRAMS: Duration = Duration::from_millis(500);
/// Logs hear of it this often, or each tenth of the way.
const FOR_LOGS: Duration = Duration::from_secs(10);

/// Tells how a transfer goes.
#[derive(Debug)]
pub(crate) struct Progress {
    total: u64,
    start: Instant,
    told: (Instant, u64),
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing of `total` bytes has gone yet.
    pub(crate) fn new(events: &Events, total: u64) -> Self {
        let bar = (!events.is_json() && is_watched()).then(|| {
            let bar = ProgressBar::new(total);
            let style = "[{bar:30}] {percent:>3} %  {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
            bar.set_style(
                ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        let now = Instant::now();
        Progress { total, start: now, told: (now, 0), bar }
    }

    /// `bytes` have gone. Says so when it is time.
    pub(crate) fn update(&mut self, events: &Events, bytes: u64) {
        let (last, before) = self.told;
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
            return;
        }
        let is_tenth = self.total > 0 && bytes * 10 / self.total > before * 10 / self.total;
        let is_time = match events.is_json() {
            true => last.elapsed() >= FOR_PROGRAMS,
            false => last.elapsed() >= FOR_LOGS || is_tenth,
        };
        if !is_time {
            return;
        }
        let rate = (bytes - before) as f64 / last.elapsed().as_secs_f64().max(0.001);
        self.told = (Instant::now(), bytes);
        let members = json!({ "bytes": bytes, "total": self.total, "bytes_per_s": rate.round() });
        events.say("progress", &members, || {
            format!("{} of {}, {}/s", size(bytes), size(self.total), size(rate as u64))
        });
    }

    /// Takes the bar away, and tells how long it took, in seconds.
    pub(crate) fn finish(self) -> f64 {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        (self.start.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
    }
}
