//! A native peer that a scenario commands: a line of JSON in, lines of JSON out. What the interop scenarios with a bad path,
//! with layers, with keys of a telephone run.
//!
//! ```sh
//! cargo run -p limpid-app --example lab
//! ```
//!
//! | `do` | what it does | what it says |
//! |---|---|---|
//! | `offer` | offers sound and pictures; `restart`: and a new path | `description` |
//! | `take` (`type`, `sdp`) | takes an answer, or answers an offer; says that it sends in every section | `taken`, `description` |
//! | `send` | sends a tone and the card; `fill`: frames as large as the path's estimate allows | |
//! | `forward` (`rid`) | sends back what comes: of simulcast that layer, from its next key frame on | `forwards` |
//! | `key` | asks for a key frame | `came-key` when one is there |
//! | `report` | | `report` |
//!
//! `asked`: the other side wants a key frame. `key-sent`: it has left. `key`: a key of a telephone was pressed; `key-up` (`ms`):
//! and released. `ceased` (`trip`), `resumed`: a stream of ours sends no longer, or again (RFC 8083).

mod send;
mod tracks;

use std::sync::Arc;

use limpid::{Description, DescriptionKind, Direction, MediaKind, PeerConnection, TransceiverInit};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use tracks::Board;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main(worker_threads = 2)]
async fn main() -> Outcome {
    let connection = Arc::new(PeerConnection::new().await?);
    let board = Arc::new(Board::default());
    tokio::spawn(tracks::listen_to_all(connection.clone(), board.clone()));
    tokio::spawn(tracks::listen_to_events(connection.clone()));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    say("ready", json!({}));
    while let Some(line) = lines.next_line().await? {
        if let Err(error) = obey(&connection, &board, &serde_json::from_str(&line)?).await {
            say("trouble", json!({ "error": error.to_string() }));
        }
    }
    connection.close();
    Ok(())
}

async fn obey(connection: &Arc<PeerConnection>, board: &Arc<Board>, line: &Value) -> Outcome {
    match line["do"].as_str().unwrap_or_default() {
        "offer" => {
            if connection.transceivers().is_empty() {
                for kind in [MediaKind::Audio, MediaKind::Video] {
                    connection.add_transceiver(kind, TransceiverInit::default())?;
                }
            }
            if line["restart"] == true {
                connection.restart_ice()?;
            }
            describe(&connection.offer().await?);
        }
        "take" => take(connection, line).await?,
        "send" => send::start(connection, board, line["fill"] == true)?,
        "forward" => board.forward(line["rid"].as_str()),
        "key" => {
            board.want_key();
            let pictures = connection.transceivers().into_iter();
            pictures.filter(|it| it.kind() == Some(MediaKind::Video)).for_each(|it| it.request_key_frame());
        }
        "report" => {
            let path = connection.path().map(|path| format!("{} {}", path.local, path.remote));
            let mut report = board.report();
            report["target"] = json!(connection.target_bitrate());
            report["path"] = json!(path);
            let stats = connection.stats();
            report["ice"] = json!(stats.as_ref().map(|stats| format!("{:?}", stats.ice)));
            report["dropped"] = json!(stats.map(|stats| stats.dropped));
            report["streams"] = streams(connection);
            say("report", report);
        }
        other => return Err(format!("{other:?} is no command").into()),
    }
    Ok(())
}

/// What is counted of each stream, in the W3C's words.
fn streams(connection: &PeerConnection) -> Value {
    let all = connection.get_stats().map(|stats| stats.to_json());
    let all: Value = all.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let is_stream = |entry: &&Value| entry["type"].as_str().is_some_and(|kind| kind.ends_with("bound-rtp"));
    all.as_object().into_iter().flat_map(|entries| entries.values()).filter(is_stream).cloned().collect()
}

async fn take(connection: &PeerConnection, line: &Value) -> Outcome {
    let sdp = line["sdp"].as_str().unwrap_or_default().to_owned();
    if line["type"] == "answer" {
        connection.set_remote_description(Description { kind: DescriptionKind::Answer, sdp })?;
        say("taken", json!({}));
        return Ok(());
    }
    connection.set_remote_description(Description { kind: DescriptionKind::Offer, sdp })?;
    for transceiver in connection.transceivers() {
        // One that is stopped says so.
        let _ = transceiver.set_direction(Direction::SendRecv);
    }
    connection.set_local_description(connection.create_answer()?)?;
    connection.gathered().await;
    describe(&connection.local_description().ok_or("it has gone")?);
    Ok(())
}

fn describe(description: &Description) {
    let kind = if description.kind == DescriptionKind::Offer { "offer" } else { "answer" };
    say("description", json!({ "type": kind, "sdp": description.sdp }));
}

/// One line; `println!` writes it whole.
fn say(event: &str, mut members: Value) {
    members["event"] = json!(event);
    println!("{members}");
}
