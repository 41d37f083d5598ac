//! str0m: one stream of pictures to many, each with ICE, DTLS and SRTP of its own, over UDP loopback.
//!   media-str0m [peers=50] [rate=2000000] [secs=10] [bwe]   one thread sends; another process receives
//! Does what `limpid bench media` does: the same frames at the same times, the same calls of the system (GSO and GRO), the
//! same window of time. `bwe` turns str0m's bandwidth estimation and pacing on, which ours always has.
mod receivers;
mod sender;
mod socket;

use std::time::{Instant, SystemTime, UNIX_EPOCH};
use str0m::{Input, Output, Rtc, RtcConfig};

fn main() {
    str0m::crypto::from_feature_flags().install_process_default();
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|a| a == "receive") {
        return receivers::run();
    }
    let arg = |i: usize, d: u64| args.get(i).and_then(|s| s.parse().ok()).unwrap_or(d);
    sender::run(arg(0, 50), arg(1, 2_000_000), arg(2, 10), args.iter().any(|a| a == "bwe"));
}

fn config() -> RtcConfig {
    Rtc::builder().clear_codecs().enable_vp8(true)
}

/// Takes what there is to send or to tell, and lets it go on while its time has come; when that is again.
fn drain(rtc: &mut Rtc, mut take: impl FnMut(Output)) -> Instant {
    loop {
        match rtc.poll_output().unwrap() {
            Output::Timeout(t) => {
                let now = Instant::now();
                if t > now {
                    return t;
                }
                rtc.handle_input(Input::Timeout(now)).unwrap();
            }
            output => take(output),
        }
    }
}

/// A description on one line, for the pipe between the processes. Its own lines end in CR LF.
fn flat(sdp: &str) -> String {
    sdp.replace("\r\n", "\t")
}

fn unflat(line: &str) -> String {
    line.replace('\t', "\r\n")
}

/// The clock that both processes share.
fn nanos() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}
