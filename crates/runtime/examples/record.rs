//! Writes down the film that `play` sends to it: `cargo run -p limpid --example record -- HOST:PORT FILM.ivf`.

use std::error::Error;

use limpid::{Description, PeerConnection, limpid_rtp::codec::Format};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [_, host, file] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("HOST:PORT FILM.ivf".into());
    };
    let mut http = BufReader::new(tokio::net::TcpListener::bind(host).await?.accept().await?.0);
    let (mut line, mut offer) = (String::new(), Vec::new());
    while http.read_line(&mut line).await? > 2 {
        let length = line.to_lowercase().strip_prefix("content-length:").map(|length| length.trim().parse());
        offer.resize(length.transpose()?.unwrap_or(offer.len()), 0);
        line.clear();
    }
    http.read_exact(&mut offer).await?;
    let film = record(Description::offer(String::from_utf8(offer)?), async |Description { sdp, .. }| {
        let head = format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n", sdp.len());
        http.write_all((head + &sdp).as_bytes()).await?;
        Ok(http.shutdown().await?)
    });
    Ok(std::fs::write(file, film.await?)?)
}

/// Answers an offer, and gives the first film that comes as IVF, as far as it came when the connection ends.
pub(crate) async fn record(
    offer: Description,
    reply: impl AsyncFnOnce(Description) -> Result<(), Box<dyn Error>>,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let connection = PeerConnection::new().await?;
    reply(connection.answer(offer).await?).await?;
    let mut ivf = b"DKIF\0\0\x20\0VP80\0\0\0\0\x90\x5f\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    while let Some(track) = connection.next_track().await {
        let mut first = None; // in ticks of 1/90 000 s
        while let Some(frame) = track.recv().await {
            if frame.format != Format::Vp8 {
                break; // sound, or another codec: the next track
            }
            ivf.extend_from_slice(&(frame.data.len() as u32).to_le_bytes());
            let time = frame.timestamp.saturating_sub(*first.get_or_insert(frame.timestamp));
            ivf.extend_from_slice(&time.to_le_bytes());
            ivf.extend_from_slice(&frame.data);
        }
    }
    Ok(ivf)
}
