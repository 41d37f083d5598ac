//! One command a file: a struct of arguments and `pub async fn run(args) -> Exit`.

pub(crate) mod bench;
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

/// Waits for the user or the system to end the program.
pub(crate) async fn interrupted() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                () = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    interrupt.await;
}
