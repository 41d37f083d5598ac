//! Files are written beside the connection, so that a slow disk does not keep it waiting.

use limpid_app::share::failure::Failure;
use limpid_app::share::message::Entry;
use limpid_app::share::receiver::Work;
use limpid_app::share::writer::Writer;
use tokio::sync::mpsc;

/// The next thing that was done with the files.
pub(crate) async fn worked(writer: &mut Option<Aside>) -> (Work, Result<(), Failure>) {
    let done = match writer {
        Some(writer) => writer.done.recv().await,
        None => None,
    };
    match done {
        Some(done) => done,
        None => std::future::pending().await,
    }
}

/// A thread of its own for the disk. What waits for it is bounded by the credit that the sender was given.
#[derive(Debug)]
pub(crate) struct Aside {
    work: std::sync::mpsc::Sender<Work>,
    done: mpsc::UnboundedReceiver<(Work, Result<(), Failure>)>,
    thread: std::thread::JoinHandle<Writer>,
}

impl Aside {
    /// Of a list that was accepted.
    pub(crate) fn new(mut writer: Writer, entries: Vec<Entry>) -> Self {
        let (give, given) = std::sync::mpsc::channel::<Work>();
        let (tell, done) = mpsc::unbounded_channel();
        let thread = std::thread::spawn(move || {
            while let Ok(work) = given.recv() {
                let result = writer.perform(&entries, &work);
                let failed = result.is_err();
                if tell.send((work, result)).is_err() || failed {
                    break;
                }
            }
            writer
        });
        Aside { work: give, done, thread }
    }

    /// To be done after everything that was given before.
    pub(crate) fn give(&self, work: Work) {
        // A thread that has failed has said so, and that ends the transfer.
        let _ = self.work.send(work);
    }

    /// What is whole, and what is not.
    pub(crate) fn finish(self) -> (Vec<String>, Option<String>) {
        drop(self.work);
        match self.thread.join() {
            Ok(writer) => (writer.saved().to_vec(), writer.unfinished()),
            Err(_) => Default::default(),
        }
    }
}
