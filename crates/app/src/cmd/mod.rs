//! One command a file: a struct of arguments and `pub async fn run(args) -> Exit`.

pub(crate) mod bench;
pub(crate) mod call;
pub(crate) mod decode;
pub(crate) mod dtls;
pub(crate) mod echo;
pub(crate) mod offer;
pub(crate) mod probe;
pub(crate) mod receive;
pub(crate) mod say;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod share;
pub(crate) mod stun;
pub(crate) mod trace;

use limpid_app::exit::Exit;
use limpid_app::share::failure::Failure;
use say::Trouble;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits until the user or the system ends the program: the exit code that says who did. From this call on, so that
/// whoever was told that the program is up can end it.
pub(crate) fn stopped() -> impl Future<Output = Exit> {
    let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async {
        tokio::select! {
            () = heard(interrupt) => Exit::Sigint,
            () = heard(terminate) => Exit::Sigterm,
        }
    }
}

/// A signal that can not be listened to ends the program by itself.
async fn heard(signal: std::io::Result<Signal>) {
    match signal {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

/// Does its work, unless the program is ended before.
pub(crate) async fn unless_stopped<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::select! {
        done = work => done,
        exit = stopped() => Err(Trouble::new(exit, Failure::Cancelled.slug(), "Stopped.")),
    }
}
