//! The seat of a call at its signalling server: kept for as long as it takes, since a call outlives it.

use std::time::Duration;

use limpid_signaling::client::{Event, Joined};
use limpid_signaling::{Body, Tags};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cmd::say::Trouble;
use crate::cmd::share::seat::Seat;

/// What may wait to be said.
const WAITING: usize = 256;
/// How long leaving may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What comes from the server.
#[derive(Debug)]
pub(crate) enum News {
    /// Something happened in the room.
    Event(Event),
    /// The server is away; it is being called.
    Away,
    /// It is back, and says who we are now and who is there.
    Back(Joined),
    /// It turned us out.
    Over(Trouble),
}

/// What goes to it.
#[derive(Debug)]
enum Out {
    Say(String, Body, Tags),
    Leave,
}

/// A seat that somebody else keeps.
#[derive(Debug)]
pub(crate) struct Signal {
    say: mpsc::Sender<Out>,
    news: mpsc::Receiver<News>,
    task: JoinHandle<()>,
}

impl Signal {
    /// Keeps a seat from now on.
    pub(crate) fn keep(seat: Seat) -> Self {
        let (say, said) = mpsc::channel(WAITING);
        let (tell, news) = mpsc::channel(WAITING);
        let task = tokio::spawn(async move {
            let mut seat = seat;
            keep(&mut seat, said, tell).await;
            seat.leave().await;
        });
        Signal { say, news, task }
    }

    /// Says something to somebody in the room. What a server that is away, or slow, does not take is lost: numbers tell.
    pub(crate) fn say(&self, to: &str, body: Body, tags: Tags) {
        let _ = self.say.try_send(Out::Say(to.to_owned(), body, tags));
    }

    /// The next thing that comes.
    pub(crate) async fn next(&mut self) -> News {
        match self.news.recv().await {
            Some(news) => news,
            // What there was to say was said before.
            None => std::future::pending().await,
        }
    }

    /// Leaves the room, once what was said is out.
    pub(crate) async fn leave(mut self) {
        let _ = self.say.try_send(Out::Leave);
        if tokio::time::timeout(GOODBYE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Carries both ways until there is no way back.
async fn keep(seat: &mut Seat, mut said: mpsc::Receiver<Out>, tell: mpsc::Sender<News>) {
    loop {
        let is_up = tokio::select! {
            heard = seat.hear() => match heard {
                Ok(Some(event)) => {
                    let _ = tell.send(News::Event(event)).await;
                    true
                }
                Ok(None) => false,
                Err(trouble) => return drop(tell.send(News::Over(trouble)).await),
            },
            out = said.recv() => {
                let Some(Out::Say(to, body, tags)) = out else { return };
                match seat.say_with(&to, &body, &tags).await {
                    Ok(is_up) => is_up,
                    Err(trouble) => return drop(tell.send(News::Over(trouble)).await),
                }
            }
        };
        if !is_up {
            let _ = tell.send(News::Away).await;
            match come_back(seat, &mut said).await {
                Ok(joined) => drop(tell.send(News::Back(joined)).await),
                Err(trouble) => return drop(tell.send(News::Over(trouble)).await),
            }
        }
    }
}

/// Tries until the server is there. What is said meanwhile was said to nobody.
async fn come_back(seat: &mut Seat, said: &mut mpsc::Receiver<Out>) -> Result<Joined, Trouble> {
    loop {
        let joined = seat.come_back().await?;
        while said.try_recv().is_ok() {}
        if let Some(joined) = joined {
            return Ok(joined);
        }
    }
}
