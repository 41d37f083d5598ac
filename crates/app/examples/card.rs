//! Files of test signals, and what is in files: what the interop scenario `media files` runs.
//!
//! ```sh
//! cargo run -p limpid-app --example card -- card OUT.ivf [WIDTH HEIGHT FRAMES KEY_INTERVAL]
//! cargo run -p limpid-app --example card -- tone OUT.wav [HERTZ SECONDS]
//! cargo run -p limpid-app --example card -- record DIR NAME FILE    # plays FILE once into a recorder
//! cargo run -p limpid-app --example card -- numbers WIDTH HEIGHT < I420    # the number of each picture
//! ```
//!
//! `card` also writes `OUT.ivf.i420`, what a decoder must make of it. All print one line of JSON for each frame.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use limpid_app::media::card::{Card, Style, read_number};
use limpid_app::media::picture::Picture;
use limpid_app::media::vp8::{DEFAULT_QUANTISER, Encoder};
use limpid_app::media::{Codec, EncodedFrame, Options, Recorder, Source, ivf};
use serde_json::json;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["card", path] => card(path, [320, 240, 90, 30]),
        ["card", path, width, height, frames, interval] => {
            card(path, [width.parse()?, height.parse()?, frames.parse()?, interval.parse()?])
        }
        ["tone", path] => tone(path, 440, 2),
        ["tone", path, hertz, seconds] => tone(path, hertz.parse()?, seconds.parse()?),
        ["record", folder, name, file] => record(Path::new(folder), name, Path::new(file)),
        ["numbers", width, height] => numbers(width.parse()?, height.parse()?),
        _ => Err("card, tone, record or numbers; see the first lines of this example".into()),
    }
}

/// Cards as IVF at 30 frames a second, and beside it what the encoder believes a decoder shows.
fn card(path: &str, [width, height, frames, interval]: [usize; 4]) -> Outcome {
    let mut card = Card::new(Style { width, height, ..Style::default() });
    let mut encoder = Encoder::new(DEFAULT_QUANTISER);
    let style = card.style();
    let (width, height) = (style.width as u16, style.height as u16);
    let header = ivf::Header { codec: Codec::Vp8, width, height, rate: 30, scale: 1, frames: 0 };
    let mut out = ivf::Writer::new(BufWriter::new(File::create(path)?), header)?;
    let mut decoded = BufWriter::new(File::create(format!("{path}.i420"))?);
    for number in 0..frames {
        let key = number % interval.max(1) == 0;
        let (frame, is_key) = encoder.encode(card.picture(number as u32), key);
        out.write(number as u64, &frame)?;
        println!("{}", json!({ "number": number, "bytes": frame.len(), "key": is_key }));
        if let Some(picture) = encoder.decoded() {
            write_i420(picture, &mut decoded)?;
        }
    }
    out.finish()?.flush()?;
    decoded.flush()?;
    Ok(())
}

fn write_i420(picture: &Picture, out: &mut impl Write) -> std::io::Result<()> {
    for (plane, by) in picture.planes.iter().zip([1, 2, 2]) {
        for row in 0..picture.height().div_ceil(by) {
            out.write_all(&plane.row(row)[..picture.width().div_ceil(by)])?;
        }
    }
    Ok(())
}

/// A tone by way of the recorder.
fn tone(path: &str, tone_hertz: u16, seconds: u64) -> Outcome {
    let path = Path::new(path);
    let options = Options { tone_hertz, ..Options::default() };
    let source = Source::audio(Path::new("tone"), &options)?;
    let folder = path.parent().ok_or("no folder")?;
    let name = path.file_stem().ok_or("no name")?.to_string_lossy();
    copy(source, folder, &name, seconds * 50)
}

/// Plays a file once, and records it.
fn record(folder: &Path, name: &str, file: &Path) -> Outcome {
    let options = Options { repeat: false, ..Options::default() };
    let source = Source::audio(file, &options).or_else(|_| Source::video(file, &options))?;
    copy(source, folder, name, u64::MAX)
}

fn copy(mut source: Source, folder: &Path, name: &str, limit: u64) -> Outcome {
    let mut recorder = Recorder::create(folder, name, source.codec())?;
    for _ in 0..limit {
        let Some(EncodedFrame { at, duration, data, is_key }) = source.next_frame()? else { break };
        // Rounded, as a sender's clock would.
        let rate = u128::from(source.codec().clock_rate());
        recorder.write(((at.as_nanos() * rate + 500_000_000) / 1_000_000_000) as u64, &data)?;
        let (at, duration) = (at.as_secs_f64() * 1e3, duration.as_secs_f64() * 1e3);
        println!("{}", json!({ "at": at, "duration": duration, "bytes": data.len(), "key": is_key }));
    }
    let codec = source.codec().name();
    let (path, stats) = recorder.finish()?;
    println!("{}", json!({ "path": path, "codec": codec, "frames": stats.frames, "dropped": stats.dropped }));
    Ok(())
}

/// Reads pictures of a size from stdin, and prints the number of each.
fn numbers(width: usize, height: usize) -> Outcome {
    let mut picture = vec![0; width * height + 2 * width.div_ceil(2) * height.div_ceil(2)];
    let mut input = std::io::stdin().lock();
    while input.read_exact(&mut picture).is_ok() {
        println!("{}", json!({ "number": read_number(&picture, width, width, height) }));
    }
    Ok(())
}
