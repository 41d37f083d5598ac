//! From a seat in a room to a connection whose other end has proved that it holds the link.
//!
//! The one who joined second offers (PROTOCOLS.md, section 2); candidates travel as they are found; the first messages on
//! `control` are the proofs, made with the certificates that were really seen (section 3).

use std::time::Duration;

use limpid::{ConnectionState, DataChannel, Description, DescriptionKind, Event, PeerConnection};
use limpid_app::share::failure::Failure;
use limpid_app::share::message::{from_hex, to_hex};
use limpid_app::share::proof::{Greeting, SHARE, Session, Side};
use limpid_crypto::{HashAlgorithm, Provider, Secret};
use limpid_signaling::client::Event as Signal;
use limpid_signaling::{Body, Bye, Candidate, Presence};

use super::seat::Seat;
use crate::cmd::say::Trouble;
use crate::cmd::trace::Trace;

/// How long two peers that know of each other may take to be connected.
const PATIENCE: Duration = Duration::from_secs(45);
/// How long our own proof may take to leave when the other one is wrong.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long an alert may be under way when a goodbye is here already.
const ALERT: Duration = Duration::from_millis(500);

/// A connection whose other end holds the link, with both channels open.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) connection: PeerConnection,
    pub(crate) control: DataChannel,
    pub(crate) data: DataChannel,
}

/// Meets others in one room.
pub(crate) struct Meeting<'a> {
    pub(crate) provider: Provider,
    /// The key of the proof.
    pub(crate) auth: Secret,
    pub(crate) seat: &'a mut Seat,
    pub(crate) trace: &'a Trace,
}

/// One attempt with one member of the room.
struct Attempt {
    connection: PeerConnection,
    peer: String,
    side: Side,
    our_nonce: [u8; 32],
    their_nonce: Option<[u8; 32]>,
    control: Option<DataChannel>,
    data: Option<DataChannel>,
}

impl Meeting<'_> {
    /// Offers to a member of the room.
    pub(crate) async fn offer_to(&mut self, peer: String) -> Result<Met, Trouble> {
        let mut attempt = self.attempt(peer, Side::Offerer).await?;
        let open = |label| attempt.connection.create_data_channel(label).map_err(Trouble::unexpected);
        (attempt.control, attempt.data) = (Some(open("control")?), Some(open("data/0")?));
        let offer = attempt.connection.create_offer().map_err(Trouble::unexpected)?;
        attempt.connection.set_local_description(offer.clone()).map_err(Trouble::unexpected)?;
        self.describe(&attempt, offer).await?;
        self.connect(attempt).await
    }

    /// Waits for somebody's offer and answers it. How long it takes until somebody comes does not matter.
    pub(crate) async fn wait(&mut self) -> Result<Met, Trouble> {
        loop {
            let Signal::Said { from, body, .. } = self.seat.next().await? else { continue };
            let Body::Description { kind, sdp, nonce } = body else { continue };
            if kind != "offer" {
                continue;
            }
            let mut attempt = self.attempt(from, Side::Answerer).await?;
            attempt.their_nonce = nonce.as_deref().and_then(from_hex);
            let set = attempt.connection.set_remote_description(Description::offer(sdp));
            let answer = set.and_then(|()| attempt.connection.create_answer());
            let Ok(answer) = answer else {
                self.say_bye(&attempt.peer, Bye::Error).await;
                return Err(Failure::PeerProtocol.into());
            };
            attempt.connection.set_local_description(answer.clone()).map_err(Trouble::unexpected)?;
            self.describe(&attempt, answer).await?;
            return self.connect(attempt).await;
        }
    }

    async fn attempt(&mut self, peer: String, side: Side) -> Result<Attempt, Trouble> {
        let builder = PeerConnection::builder().ice_servers(self.seat.ice_servers.iter().cloned());
        let connection = self.trace.watch(builder).build().await.map_err(Trouble::unexpected)?;
        let mut our_nonce = [0; 32];
        self.provider.random.fill(&mut our_nonce);
        Ok(Attempt { connection, peer, side, our_nonce, their_nonce: None, control: None, data: None })
    }

    async fn describe(&mut self, attempt: &Attempt, description: Description) -> Result<(), Trouble> {
        let kind = description.kind.as_str().to_owned();
        let nonce = Some(to_hex(&attempt.our_nonce));
        self.seat.say(&attempt.peer, &Body::Description { kind, sdp: description.sdp, nonce }).await
    }

    /// Everything between the descriptions and the proofs.
    async fn connect(&mut self, mut attempt: Attempt) -> Result<Met, Trouble> {
        let risen = tokio::time::timeout(PATIENCE, self.rise(&mut attempt)).await;
        let proved = match risen {
            Ok(Ok(())) => {
                let proved = attempt.prove(&self.provider, &self.auth, &self.seat.room);
                tokio::time::timeout(PATIENCE, proved).await.unwrap_or_else(late(&attempt))
            }
            Ok(Err(trouble)) => Err(of_handshake(&attempt.connection, trouble).await),
            Err(_) => Err(Trouble::of_connection(&attempt.connection)),
        };
        if let Err(trouble) = proved {
            self.say_bye(&attempt.peer, Bye::Error).await;
            attempt.connection.close();
            return Err(trouble);
        }
        match (attempt.control, attempt.data) {
            (Some(control), Some(data)) => Ok(Met { connection: attempt.connection, control, data }),
            _ => Err(Failure::PeerProtocol.into()),
        }
    }

    /// Signals travel both ways until both channels are open.
    async fn rise(&mut self, attempt: &mut Attempt) -> Result<(), Trouble> {
        loop {
            let channels = attempt.control.as_ref().zip(attempt.data.as_ref());
            tokio::select! {
                signal = self.seat.next() => hear(attempt, signal?)?,
                event = attempt.connection.next_event() => {
                    if let Some(body) = candidate_of(&attempt.connection, event)? {
                        self.seat.say(&attempt.peer, &body).await?;
                    }
                }
                channel = attempt.connection.next_channel(), if channels.is_none() => {
                    take_channel(attempt, channel);
                }
                opened = both_open(channels), if channels.is_some() => {
                    return opened.map_err(|_| Trouble::of_connection(&attempt.connection));
                }
            }
        }
    }

    async fn say_bye(&mut self, peer: &str, bye: Bye) {
        // Best effort: the server may be what failed.
        let _ = self.seat.say(peer, &Body::Bye(bye)).await;
    }
}

impl Attempt {
    /// Nothing else is said or heard before both proofs hold. Ours leaves in any case: by it the other side finds out that
    /// somebody stands in between, where the server that would say goodbye for us is the one who does.
    async fn prove(&self, provider: &Provider, auth: &Secret, room: &str) -> Result<(), Trouble> {
        let Some(control) = &self.control else { return Err(Failure::PeerProtocol.into()) };
        let sha256 = |der: Option<Vec<u8>>| -> Option<[u8; 32]> {
            let digest = provider.hash.digest(HashAlgorithm::Sha256, &[&der?])?;
            (*digest).try_into().ok()
        };
        let ours = sha256(self.connection.local_certificate());
        let theirs = sha256(self.connection.remote_certificate());
        let (Some(our_fingerprint), Some(their_fingerprint)) = (ours, theirs) else {
            return Err(Failure::Fingerprint.into());
        };
        let their_nonce = self.their_nonce.ok_or(Failure::PeerProtocol)?;
        let (side, our_nonce) = (self.side, self.our_nonce);
        let session = Session {
            protocol: SHARE,
            room,
            side,
            our_nonce,
            their_nonce,
            our_fingerprint,
            their_fingerprint,
        };
        let greeting = Greeting::new(provider, auth, &session);
        let lost = |_| Trouble::from(Failure::ConnectionLost);
        control.send_text(&greeting.say()).await.map_err(lost)?;
        let hello = control.recv().await.ok_or(Failure::ConnectionLost)?;
        let heard = greeting.hear(hello.text().ok_or(Failure::PeerProtocol)?);
        if heard.is_err() {
            let _ = tokio::time::timeout(LAST_WORDS, control.drained_to(0)).await;
        }
        Ok(heard?)
    }
}

/// A goodbye through the server may overtake the alert that says why: the alert counts.
async fn of_handshake(connection: &PeerConnection, trouble: Trouble) -> Trouble {
    if trouble.slug != Failure::PeerFailed.slug() {
        return trouble;
    }
    let _ = tokio::time::timeout(ALERT, connection.closed()).await;
    match connection.error() {
        Some(_) => Trouble::of_connection(connection),
        None => trouble,
    }
}

fn late(attempt: &Attempt) -> impl FnOnce(tokio::time::error::Elapsed) -> Result<(), Trouble> {
    let trouble = Trouble::of_connection(&attempt.connection);
    move |_| Err(trouble)
}

/// Something came by way of the signalling server.
fn hear(attempt: &mut Attempt, signal: Signal) -> Result<(), Trouble> {
    match signal {
        Signal::Said { from, body, .. } if from == attempt.peer => match body {
            Body::Description { kind, sdp, nonce } if attempt.side == Side::Offerer && kind == "answer" => {
                let theirs = nonce.as_deref().and_then(from_hex);
                attempt.their_nonce = attempt.their_nonce.or(theirs); // the first one counts
                let answer = Description { kind: DescriptionKind::Answer, sdp };
                // A second answer changes nothing; a first one that can not be used ends in no path.
                let _ = attempt.connection.set_remote_description(answer);
                Ok(())
            }
            Body::Candidate(candidate) => {
                let word = candidate.as_ref().map_or("", |candidate| &candidate.candidate);
                let fragment =
                    candidate.as_ref().and_then(|candidate| candidate.username_fragment.as_deref());
                // One that can not be used is left out: the others may do.
                let _ = attempt.connection.add_ice_candidate(word, fragment);
                Ok(())
            }
            Body::Bye(Bye::Declined) => Err(Failure::Declined.into()),
            Body::Bye(Bye::Busy) => Err(Failure::Server(limpid_signaling::CloseCode::Full).into()),
            Body::Bye(_) => Err(Failure::PeerFailed.into()),
            _ => Ok(()),
        },
        Signal::Peer(id, Presence::Left, _) if id == attempt.peer => Err(Failure::NoCandidates.into()),
        _ => Ok(()),
    }
}

/// A candidate of ours, to be passed on.
fn candidate_of(connection: &PeerConnection, event: Option<Event>) -> Result<Option<Body>, Trouble> {
    match event {
        Some(Event::IceCandidate { candidate, mid, username_fragment }) => {
            Ok(Some(Body::Candidate(Some(Candidate {
                candidate,
                sdp_mid: Some(mid),
                username_fragment: Some(username_fragment),
            }))))
        }
        Some(Event::IceGatheringCompleted) => Ok(Some(Body::Candidate(None))),
        Some(Event::ConnectionStateChanged(ConnectionState::Failed)) | None => {
            Err(Trouble::of_connection(connection))
        }
        Some(_) => Ok(None),
    }
}

/// Channels are known by their labels; others are left alone.
fn take_channel(attempt: &mut Attempt, channel: Option<DataChannel>) {
    let Some(channel) = channel else { return };
    match channel.details().map(|details| details.label).as_deref() {
        Some("control") if attempt.control.is_none() => attempt.control = Some(channel),
        Some("data/0") if attempt.data.is_none() => attempt.data = Some(channel),
        _ => {}
    }
}

async fn both_open(channels: Option<(&DataChannel, &DataChannel)>) -> Result<(), limpid::Error> {
    let Some((control, data)) = channels else { return Ok(()) };
    control.opened().await?;
    data.opened().await
}

#[cfg(test)]
mod tests {
    use limpid_app::share::link::ShareSecret;
    use limpid_app::share::message::Control;

    use super::*;
    use crate::cmd::bench::pair::Pair;

    /// On one thread nothing is sent before something waits, so the wrong proof is there before ours has left.
    #[tokio::test]
    async fn our_proof_leaves_even_where_the_other_one_came_first_and_is_wrong() {
        let Pair { left, right, from, to, .. } = Pair::open(None, None).await.unwrap();
        let hello = |proof: u8| Control::Hello { v: vec![1], proof: to_hex(&[proof; 32]) }.to_text();
        to.send_text(&hello(1)).await.unwrap();
        // Opened after it was sent: once that is done, it has come.
        let beside = right.create_data_channel("beside").unwrap();
        beside.opened().await.unwrap();
        let provider = limpid_crypto::ring::provider();
        let attempt = Attempt {
            connection: left,
            peer: String::new(),
            side: Side::Offerer,
            our_nonce: [2; 32],
            their_nonce: Some([3; 32]),
            control: Some(from),
            data: None,
        };
        let auth = ShareSecret::generate(&provider).auth(&provider);
        let trouble = attempt.prove(&provider, &auth, "room").await.unwrap_err();
        assert_eq!(trouble.slug, Failure::BadProof.slug());
        attempt.connection.close();
        let ours = to.recv().await.expect("our proof");
        assert!(matches!(Control::parse(ours.text().unwrap()), Ok(Some(Control::Hello { .. }))));
    }
}
