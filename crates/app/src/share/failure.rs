//! Everything that can end a transfer: a slug for programs, words for people, what to do next, an exit code.
//!
//! One table for the command line, the documentation and the tests; the page keeps the same words in `strings.js`.

use std::fmt;

use limpid_signaling::CloseCode;

use crate::exit::Exit;

/// Why a transfer ended without success.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The text is no link.
    BadLink,
    /// Nobody came within the time given.
    NobodyCame,
    /// The signalling server closed the socket with one of its codes.
    Server(CloseCode),
    /// The signalling server can not be reached.
    ServerUnreachable,
    /// Something else answers there.
    NotSignalling,
    /// The signalling server's TLS certificate is not trusted.
    ServerCertificate,
    /// The other side never sent an address.
    NoCandidates,
    /// No pair of addresses works.
    NoPath,
    /// ICE found a path, the handshake did not finish.
    HandshakeTimeout,
    /// The certificate is not the one that was announced.
    Fingerprint,
    /// The other side does not hold the link, or somebody stands between.
    BadProof,
    /// The two ends speak different versions.
    Version,
    /// The connection ended before the transfer did.
    ConnectionLost,
    /// A group was damaged three times, or a file's root is wrong.
    Integrity,
    /// The other side said no.
    Declined,
    /// No room on the disk.
    DiskFull,
    /// A file can not be written.
    CannotWrite,
    /// A file can not be read.
    CannotRead,
    /// A file changed while it was sent.
    FileChanged,
    /// Every name in the list is unsafe.
    AllNamesRefused,
    /// The browser takes no more than 256 MiB.
    TooLargeHere,
    /// The other side broke the protocol.
    PeerProtocol,
    /// The other side gave up, for a reason of its own.
    PeerFailed,
    /// The person stopped it.
    Cancelled,
    /// As many are in the call as a call holds.
    CallFull,
}

struct Row {
    slug: &'static str,
    message: &'static str,
    hint: &'static str,
    exit: Exit,
}

const fn row(exit: Exit, slug: &'static str, message: &'static str, hint: &'static str) -> Row {
    Row { slug, message, hint, exit }
}

impl Failure {
    /// All of them, for tables and tests.
    pub fn all() -> impl Iterator<Item = Failure> {
        use Failure as F;
        let own = [
            F::BadLink,
            F::NobodyCame,
            F::ServerUnreachable,
            F::NotSignalling,
            F::ServerCertificate,
            F::NoCandidates,
            F::NoPath,
            F::HandshakeTimeout,
            F::Fingerprint,
            F::BadProof,
            F::Version,
            F::ConnectionLost,
            F::Integrity,
            F::Declined,
            F::DiskFull,
            F::CannotWrite,
            F::CannotRead,
            F::FileChanged,
            F::AllNamesRefused,
            F::TooLargeHere,
            F::PeerProtocol,
            F::PeerFailed,
            F::Cancelled,
            F::CallFull,
        ];
        own.into_iter().chain(CloseCode::ALL.into_iter().map(F::Server))
    }

    /// What the other side says of itself in `error`. It has no say in what we alone can see: that the proof was wrong, that
    /// somebody stands in between.
    pub fn from_peer(slug: &str) -> Failure {
        use Failure as F;
        match Failure::from_slug(slug) {
            Some(
                said @ (F::Version
                | F::Integrity
                | F::DiskFull
                | F::CannotWrite
                | F::CannotRead
                | F::FileChanged
                | F::AllNamesRefused
                | F::TooLargeHere
                | F::PeerProtocol
                | F::Cancelled),
            ) => said,
            _ => F::PeerFailed,
        }
    }

    /// The failure with this slug.
    pub fn from_slug(slug: &str) -> Option<Failure> {
        Failure::all().find(|failure| failure.slug() == slug)
    }

    /// A name for programs: stable, lower case, with dashes.
    pub fn slug(self) -> &'static str {
        self.row().slug
    }

    /// What happened, in one sentence.
    pub fn message(self) -> &'static str {
        self.row().message
    }

    /// What to do next.
    pub fn hint(self) -> &'static str {
        self.row().hint
    }

    /// How the command line ends.
    pub fn exit(self) -> Exit {
        self.row().exit
    }

    #[rustfmt::skip]
    fn row(self) -> Row {
        use Exit as E;
        use Failure as F;
        match self {
            F::BadLink => row(E::Usage, "bad-link", "This is not a link, or it was cut short.", "Copy the whole link, from http to its end."),
            F::NobodyCame => row(E::NobodyCame, "nobody-came", "Nobody opened the link in time.", "Run the command again and pass on the new link."),
            F::Server(code) => row(server_exit(code), code.slug(), code.message(), server_hint(code)),
            F::ServerUnreachable => row(E::NoPath, "server-unreachable", "The server of this link cannot be reached.", "Check the address, and that limpid serve runs there."),
            F::NotSignalling => row(E::Refused, "not-signalling", "Something answers at this address, but it is no limpid server.", "Check the address."),
            F::ServerCertificate => row(E::Insecure, "server-certificate", "The server's certificate is not trusted. Nothing was sent.", "Check the address, and the clock of this machine."),
            F::NoCandidates => row(E::NobodyCame, "no-candidates", "The other side never sent an address: it may have closed the page.", "Wait for it, or make a new link."),
            F::NoPath => row(E::NoPath, "no-path", "No path between the two networks works.", "Bring both into one network, or use a relay."),
            F::HandshakeTimeout => row(E::NoPath, "handshake-timeout", "We found a path, but the secure handshake did not finish.", "Try again."),
            F::Fingerprint => row(E::Insecure, "fingerprint", "Somebody else answered in the middle, or the server's page was altered. Nothing was sent.", "Stop, and meet through a server that you trust."),
            F::BadProof => row(E::WrongSecret, "bad-proof", "The other side could not prove that it holds this link: somebody may stand in between. Nothing was sent.", "Make a new link, and pass it on by another way."),
            F::Version => row(E::Refused, "version", "The two ends speak different versions.", "Update the older one."),
            F::ConnectionLost => row(E::Interrupted, "connection-lost", "The connection broke. What had come is kept as .part.", "Start the transfer again."),
            F::Integrity => row(E::Damaged, "integrity", "A part arrived damaged three times: this file cannot be trusted.", "Send it again; if it happens again, check both machines."),
            F::Declined => row(E::Declined, "declined", "The other side declined.", "Ask it why."),
            F::DiskFull => row(E::Local, "disk-full", "There is not enough room on the disk.", "Free some and start again, or choose another folder with --out."),
            F::CannotWrite => row(E::Local, "cannot-write", "A file could not be written.", "Check the folder's permissions, or choose another one with --out."),
            F::CannotRead => row(E::Local, "cannot-read", "A file could not be read.", "Check that it is there, and its permissions."),
            F::FileChanged => row(E::Local, "file-changed", "A file changed while it was being sent.", "Send it again once it rests."),
            F::AllNamesRefused => row(E::Local, "names-refused", "Every name in this list is unsafe, so nothing was written.", "Ask the sender to rename the files."),
            F::TooLargeHere => row(E::Local, "too-large-here", "This page can take 256 MB at most, since it is not on https or localhost.", "Receive with limpid receive, or open the page over https."),
            F::PeerProtocol => row(E::PeerProtocol, "protocol", "The other side broke the protocol.", "Update both ends."),
            F::PeerFailed => row(E::Interrupted, "peer-failed", "The other side gave up.", "See what it says there."),
            F::Cancelled => row(E::Interrupted, "cancelled", "The other side stopped the transfer.", "Ask it to start again."),
            F::CallFull => row(E::Refused, "call-full", "This call is full: six people are in it.", "Wait until somebody leaves, then try again."),
        }
    }
}

/// PROTOCOLS.md 7.
const fn server_exit(code: CloseCode) -> Exit {
    match code {
        CloseCode::NoSuchRoom | CloseCode::Expired | CloseCode::PeerLeft => Exit::NobodyCame,
        CloseCode::CodeUsed | CloseCode::BadProof => Exit::WrongSecret,
        _ => Exit::Refused,
    }
}

const fn server_hint(code: CloseCode) -> &'static str {
    match code {
        CloseCode::NoSuchRoom | CloseCode::PeerLeft => "The sender has to keep its page or command open.",
        CloseCode::CodeUsed | CloseCode::BadProof | CloseCode::Full => "Ask the sender for another link.",
        CloseCode::Version => "Update limpid, or the server.",
        CloseCode::Auth => "Ask whoever runs the server.",
        _ => "Try again in a minute.",
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_that_was_agreed() {
        let table: String = Failure::all()
            .map(|failure| {
                format!("{:>3} {:<18} {}\n", failure.exit().code(), failure.slug(), failure.message())
            })
            .collect();
        let agreed = include_str!("../../tests/snapshots/failures.txt");
        assert_eq!(table, agreed, "tests/snapshots/failures.txt:\n{table}");
    }

    #[test]
    fn the_page_uses_the_same_slugs_and_words() {
        let page = include_str!("../../web/strings.js");
        let (_, table) = page.split_once("export const failures = {").unwrap();
        let (table, _) = table.split_once("\n};").unwrap();
        let mut rows = 0;
        for row in table.lines().filter_map(|line| line.trim().strip_prefix('\'')) {
            let (slug, rest) = row.split_once("': [").unwrap();
            if slug == "unexpected" {
                continue;
            }
            let failure = Failure::from_slug(slug).unwrap_or_else(|| panic!("{slug} is unknown"));
            let quote = &rest[..1];
            let message = rest[1..].split(quote).next().unwrap();
            // A page keeps no .part.
            if failure != Failure::ConnectionLost {
                assert_eq!(message, failure.message(), "{slug}");
            }
            rows += 1;
        }
        assert!(rows > 20);
    }

    #[test]
    fn every_failure_says_what_to_do_next_and_has_a_slug_of_its_own() {
        let mut slugs = std::collections::BTreeSet::new();
        for failure in Failure::all() {
            assert!(failure.hint().ends_with('.') && failure.message().ends_with('.'), "{failure:?}");
            assert!(!failure.message().contains('!'), "{failure:?}");
            // A version that differs is one thing, whoever noticed it.
            assert!(
                slugs.insert(failure.slug()) || matches!(failure.slug(), "version" | "bad-proof"),
                "{failure:?}"
            );
            assert_eq!(Failure::from_slug(failure.slug()).map(Failure::slug), Some(failure.slug()));
            assert_ne!(failure.exit(), Exit::Ok);
        }
        assert_eq!(Failure::from_slug("no such thing"), None);
    }

    #[test]
    fn the_other_side_speaks_of_itself_only() {
        assert_eq!(Failure::from_peer("disk-full"), Failure::DiskFull);
        for slug in ["fingerprint", "bad-proof", "bad-link", "no such thing"] {
            assert_eq!(Failure::from_peer(slug), Failure::PeerFailed, "{slug}");
        }
    }
}
