//! Plays a film to an `/offer` endpoint: `cargo run -p limpid --example play -- FILM.ivf HOST:PORT`.

use std::error::Error;
use std::time::Duration;

use limpid::{Description, DescriptionKind, Frame, MediaKind, PeerConnection, Track};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let [_, film, host] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("FILM.ivf HOST:PORT".into());
    };
    play(&std::fs::read(film)?, async |offer| post(host, &offer.sdp).await).await
}

/// Plays the frames of an IVF file, VP8, each at its own time.
pub(crate) async fn play(
    ivf: &[u8],
    exchange: impl AsyncFnOnce(Description) -> Outcome<Description>,
) -> Outcome<()> {
    let connection = PeerConnection::new().await?;
    let film = connection.add_track(Track::local(MediaKind::Video, "film"), &["film"])?;
    let answer = exchange(connection.offer().await?).await?; // by whatever way you have
    connection.set_remote_description(answer)?;
    connection.connected().await?;

    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let (rate, scale) = (number(&ivf[16..20]) as f64, number(&ivf[20..24]) as f64);
    let (start, mut rest) = (Instant::now(), &ivf[32..]);
    while let Some((header, frames)) = rest.split_at_checked(12) {
        let Some((frame, others)) = frames.split_at_checked(number(&header[..4]) as usize) else { break };
        let time = Duration::try_from_secs_f64(number(&header[4..]) as f64 * scale / rate)?;
        sleep_until(start + time).await;
        // A full queue drops the frame: the path takes less than the film needs.
        let _ = film.write(&Frame::new(time, frame));
        rest = others;
    }
    sleep_until(Instant::now() + Duration::from_millis(500)).await; // the last ones are on their way
    connection.close();
    connection.closed().await; // the goodbye is out: the program may end
    Ok(())
}

async fn post(host: &str, offer: &str) -> Outcome<Description> {
    let mut server = tokio::net::TcpStream::connect(host).await?;
    let head = format!("POST /offer HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/sdp\r\n");
    let request = format!("{head}Connection: close\r\nContent-Length: {}\r\n\r\n{offer}", offer.len());
    server.write_all(request.as_bytes()).await?;
    let mut reply = String::new();
    server.read_to_string(&mut reply).await?;
    let sdp = reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    let answered = sdp.filter(|body| body.starts_with("v=0")).ok_or(reply)?;
    Ok(Description { kind: DescriptionKind::Answer, sdp: answered })
}
