//! Media sources: `ssrc`, `ssrc-group`, `msid`. RFC 5576, RFC 8830.

use alloc::string::String;

use limpid_sansio::wire::ParseErrorKind;

use crate::lexer::{Words, number, push_number};
use crate::text::Text;

/// One property of one synchronisation source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ssrc {
    /// Which source.
    pub ssrc: u32,
    /// `cname:…`, `msid:…`.
    pub attribute: Option<Text>,
}

impl Ssrc {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        Ok(Ssrc { ssrc: number(words.word()?)?, attribute: words.rest().map(Text::from_line) })
    }

    pub(super) fn write(&self, out: &mut String) {
        push_number(out, self.ssrc.into());
        if let Some(attribute) = &self.attribute {
            out.push(' ');
            out.push_str(attribute);
        }
    }
}

/// Sources that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SsrcGroup {
    /// `FID`, `SIM`, `FEC-FR`.
    pub semantics: Text,
    sources: Option<Text>,
}

impl SsrcGroup {
    /// A group of these sources, in the order that has a meaning.
    pub fn new(semantics: &str, sources: &[u32]) -> Self {
        let mut list = String::new();
        for source in sources {
            if !list.is_empty() {
                list.push(' ');
            }
            push_number(&mut list, (*source).into());
        }
        SsrcGroup { semantics: semantics.into(), sources: (!list.is_empty()).then(|| list.into()) }
    }

    /// The sources, in order.
    pub fn sources(&self) -> impl Iterator<Item = u32> {
        self.sources.iter().flat_map(|sources| sources.split(' ')).filter_map(|source| number(source).ok())
    }

    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let group = SsrcGroup { semantics: words.text()?, sources: words.rest().map(Text::from_line) };
        match group.sources.iter().flat_map(|sources| sources.split(' ')).all(|s| number::<u32>(s).is_ok()) {
            true => Ok(group),
            false => Err(ParseErrorKind::BadValue),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str(&self.semantics);
        if let Some(sources) = &self.sources {
            out.push(' ');
            out.push_str(sources);
        }
    }
}

/// Which stream and track a section carries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Msid {
    /// The stream; `-`: none.
    pub stream: Text,
    /// The track, from an older form: ignored by JSEP.
    pub appdata: Option<Text>,
}

impl Msid {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        Ok(Msid { stream: words.text()?, appdata: words.rest().map(Text::from_line) })
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str(&self.stream);
        if let Some(appdata) = &self.appdata {
            out.push(' ');
            out.push_str(appdata);
        }
    }
}
