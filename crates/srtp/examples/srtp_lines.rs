//! SRTP on a pipe: one command a line in, one answer a line out. What other implementations are compared with.
//!
//! ```text
//! open NAME PROFILE KEY     a context; KEY is master key and salt in hex, PROFILE a number of the DTLS registry or aes256
//! protect NAME HEX          an RTP packet     -> ok HEX | error REASON
//! unprotect NAME HEX        an SRTP packet
//! protect_rtcp, unprotect_rtcp: the same for control packets
//! ```

use std::collections::HashMap;
use std::io::{self, BufRead, Write};

use limpid_crypto::ring;
use limpid_srtp::{Config, Context, MasterKey, Profile};

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn open(profile: &str, key: &str) -> Result<Context, String> {
    let profile = match profile {
        "aes256" => Some(Profile::Aes256CmSha1_80),
        number => number.parse().ok().and_then(Profile::from_code),
    };
    let (profile, key) = profile.zip(from_hex(key)).ok_or("no such profile, or no key")?;
    let (key, salt) = key.split_at_checked(profile.key_len()).ok_or("too short a key")?;
    let master = MasterKey::new(key, salt);
    Context::new(&ring::provider(), profile, &master, Config::default()).map_err(|error| error.to_string())
}

fn apply(context: &mut Context, command: &str, packet: &str) -> Result<Vec<u8>, String> {
    let mut packet = from_hex(packet).ok_or("not hex")?;
    let opened = match command {
        "protect" => return context.protect_rtp(&mut packet, 0).map(|()| packet).map_err(|e| e.to_string()),
        "protect_rtcp" => {
            return context.protect_rtcp(&mut packet, 0).map(|()| packet).map_err(|e| e.to_string());
        }
        "unprotect" => context.unprotect_rtp(&mut packet),
        "unprotect_rtcp" => context.unprotect_rtcp(&mut packet),
        other => return Err(format!("no command {other}")),
    };
    opened.map(|packet| packet.to_vec()).map_err(|reason| reason.to_string())
}

fn main() -> io::Result<()> {
    let (mut contexts, mut out) = (HashMap::new(), io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words[..] {
            ["open", name, profile, key] => open(profile, key).map(|context| {
                contexts.insert(name.to_owned(), context);
                Vec::new()
            }),
            [command, name, packet] => match contexts.get_mut(name) {
                Some(context) => apply(context, command, packet),
                None => Err(format!("no context {name}")),
            },
            _ => Err("not a command".to_owned()),
        };
        match answer {
            Ok(bytes) => writeln!(out, "ok {}", to_hex(&bytes))?,
            Err(reason) => writeln!(out, "error {reason}")?,
        }
    }
    Ok(())
}
