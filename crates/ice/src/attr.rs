//! The grammar of `a=candidate`. RFC 8839 §5.1.
//!
//! ```text
//! candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ KIND [raddr A rport P] {NAME VALUE}
//! ```
//! Names that we do not know keep their place. Whether a candidate is of any use is not decided here.

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::ParseErrorKind;

use crate::candidate::{Candidate, CandidateKind, CandidateTransport, Host};
use crate::id::ComponentId;

/// Longer lines than this are refused unread: three times what any known peer writes.
const MAX_LEN: usize = 1024;

impl Candidate {
    /// Reads the attribute's value, with or without `a=` in front and a line end behind.
    ///
    /// # Errors
    /// The first field that breaks the grammar, with its offset in `text`.
    ///
    /// ```
    /// use limpid_ice::{Candidate, CandidateKind};
    /// let line = "candidate:1 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.1 rport 8998";
    /// let candidate = Candidate::parse(line).unwrap();
    /// assert_eq!(candidate.kind, CandidateKind::ServerReflexive);
    /// assert_eq!(candidate.to_string(), line);
    /// ```
    pub fn parse(text: &str) -> Result<Candidate, ParseError> {
        if text.len() > MAX_LEN {
            return Err(ParseError::new("candidate", 0, ParseErrorKind::TooLarge));
        }
        let body = text.strip_prefix("a=").unwrap_or(text);
        let body = body.strip_prefix("candidate:").ok_or(bad("candidate-attribute", 0))?;
        let mut tokens = Tokens { at: text.len() - body.len(), rest: body.trim_end_matches(['\r', '\n']) };
        let foundation = tokens.next("foundation")?.checked(is_foundation)?.into();
        let component = ComponentId(tokens.next("component-id")?.number(1..=256)?);
        let transport = transport(tokens.next("transport")?)?;
        let priority = tokens.next("priority")?.number(1..=(1 << 31) - 1)?;
        let host = host(tokens.next("connection-address")?)?;
        let port = tokens.next("port")?.number(0..=u16::MAX)?;
        let typ = tokens.next("cand-type")?;
        if typ.text != "typ" {
            return Err(typ.bad());
        }
        let kind = kind(tokens.next("candidate-types")?)?;
        let related = related(&mut tokens)?;
        let mut extensions = Vec::new();
        while !tokens.rest.is_empty() {
            let name = tokens.next("extension-att-name")?.text.into();
            extensions.push((name, tokens.next("extension-att-value")?.text.into()));
        }
        Ok(Candidate { foundation, component, transport, priority, host, port, kind, related, extensions })
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Candidate { foundation, component, transport, priority, host, port, kind, .. } = self;
        write!(f, "candidate:{foundation} {} {transport} {priority} {host} {port} typ {kind}", component.0)?;
        if let Some((address, port)) = &self.related {
            write!(f, " raddr {address} rport {port}")?;
        }
        self.extensions.iter().try_for_each(|(name, value)| write!(f, " {name} {value}"))
    }
}

/// `ice-char`: letters, digits, `+` and `/` (RFC 8839 §5.1).
pub(crate) fn is_ice_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

fn is_foundation(text: &str) -> bool {
    text.len() <= 32 && text.bytes().all(is_ice_char)
}

fn transport(token: Token<'_>) -> Result<CandidateTransport, ParseError> {
    Ok(match token.text {
        text if text.eq_ignore_ascii_case("udp") => CandidateTransport::Udp,
        text if text.eq_ignore_ascii_case("tcp") => CandidateTransport::Tcp,
        text => CandidateTransport::Other(text.into()),
    })
}

fn host(token: Token<'_>) -> Result<Host, ParseError> {
    match token.text.parse() {
        Ok(ip) => Ok(Host::Ip(ip)),
        Err(_) => {
            let is_name = |text: &str| {
                text.len() <= 253 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
            };
            Ok(Host::Name(token.checked(is_name)?.into()))
        }
    }
}

fn kind(token: Token<'_>) -> Result<CandidateKind, ParseError> {
    use CandidateKind::*;
    let known = [Host, ServerReflexive, PeerReflexive, Relayed];
    known.into_iter().find(|kind| kind.name() == token.text).ok_or(token.bad())
}

fn related(tokens: &mut Tokens<'_>) -> Result<Option<(Host, u16)>, ParseError> {
    if !tokens.take("raddr") {
        return Ok(None);
    }
    let address = host(tokens.next("rel-addr")?)?;
    if !tokens.take("rport") {
        return Err(ParseError::new("rel-port", tokens.at, ParseErrorKind::Missing));
    }
    Ok(Some((address, tokens.next("rel-port")?.number(0..=u16::MAX)?)))
}

fn bad(field: &'static str, offset: usize) -> ParseError {
    ParseError::new(field, offset, ParseErrorKind::BadValue)
}

/// What lies between two spaces, and where it stood.
#[derive(Copy, Clone)]
struct Token<'a> {
    field: &'static str,
    at: usize,
    text: &'a str,
}

impl<'a> Token<'a> {
    fn bad(self) -> ParseError {
        bad(self.field, self.at)
    }

    fn checked(self, is_right: impl Fn(&str) -> bool) -> Result<&'a str, ParseError> {
        if is_right(self.text) { Ok(self.text) } else { Err(self.bad()) }
    }

    /// Digits only: no sign, at most ten.
    fn number<N: TryFrom<u64> + PartialOrd>(
        self,
        range: core::ops::RangeInclusive<N>,
    ) -> Result<N, ParseError> {
        let digits = self.checked(|text| text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit()))?;
        let number = digits.parse::<u64>().ok().and_then(|number| N::try_from(number).ok());
        number.filter(|number| range.contains(number)).ok_or(self.bad())
    }
}

/// Cuts at single spaces.
struct Tokens<'a> {
    at: usize,
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn next(&mut self, field: &'static str) -> Result<Token<'a>, ParseError> {
        let at = self.at;
        let (text, rest) = self.rest.split_once(' ').unwrap_or((self.rest, ""));
        if text.is_empty() {
            return Err(ParseError::new(field, at, ParseErrorKind::Missing));
        }
        self.at += self.rest.len() - rest.len();
        self.rest = rest;
        if text.bytes().any(|b| b.is_ascii_control()) {
            return Err(bad(field, at));
        }
        Ok(Token { field, at, text })
    }

    /// Takes the next token if it is this word.
    fn take(&mut self, word: &'static str) -> bool {
        let is_next = self.rest.split(' ').next() == Some(word);
        if is_next {
            let len = (word.len() + 1).min(self.rest.len());
            (self.at, self.rest) = (self.at + len, &self.rest[len..]);
        }
        is_next
    }
}
