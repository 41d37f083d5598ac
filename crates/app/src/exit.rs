//! Exit codes of the command line. PROTOCOLS.md 7.

use std::process::ExitCode;

/// How a command ended.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Exit {
    /// It worked.
    Ok = 0,
    /// Something that was not foreseen.
    Unexpected = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Nobody came, or it took too long.
    NobodyCame = 3,
    /// A wrong code or link, or one that was used already.
    WrongSecret = 4,
    /// No path through the network.
    NoPath = 5,
    /// A security check failed: fingerprint, certificate.
    Insecure = 6,
    /// Cut off on the way; what is there was kept.
    Interrupted = 7,
    /// What came is not what was sent.
    Damaged = 8,
    /// The other side said no.
    Declined = 9,
    /// A local file or disk.
    Local = 10,
    /// A server, a version or a full call refused.
    Refused = 11,
    /// The other side broke the protocol.
    PeerProtocol = 12,
    /// A test is not supported here.
    NotSupported = 127,
    /// SIGINT.
    Sigint = 130,
    /// SIGTERM.
    Sigterm = 143,
}

/// The same for whoever asks for help.
pub const HELP: &str = "\
Exit codes:
  0    it worked
  1    unexpected
  2    usage
  3    nobody came, or too late
  4    wrong or used secret
  5    no path
  6    a security check failed
  7    cut off, what is there was kept
  8    what came is not what was sent
  9    the other side said no
  10   a local file or disk
  11   a server, a version or a full call refused
  12   the other side broke the protocol
  130  SIGINT
  143  SIGTERM";

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_says_what_the_page_of_formats_says() {
        let page = include_str!("../PROTOCOLS.md");
        let (_, table) = page.split_once("## 7. Exit codes").expect("a section");
        let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
        let rows: Vec<_> = rows.take_while(|(code, _)| !code.starts_with("130")).collect();
        let is_number = |code: &str| code.parse::<u8>().is_ok();
        let told: Vec<_> = rows.into_iter().filter(|(code, _)| is_number(code)).collect();
        assert_eq!(told.len(), 14, "0 to 12, and 127");
        for (code, rest) in told.into_iter().filter(|(code, _)| *code != "127") {
            let meaning = rest.split(" |").next().unwrap_or_default();
            assert!(HELP.contains(&format!("\n  {code:<4} {meaning}\n")), "{code} {meaning}");
        }
        for exit in [Exit::PeerProtocol, Exit::Sigint, Exit::Sigterm] {
            assert!(HELP.contains(&format!("\n  {}  ", exit.code())), "{exit:?}");
        }
    }
}
