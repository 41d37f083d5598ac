//! `/offer`: one HTTP request that carries an offer there and its answer back. PROTOCOLS.md, section 6.

pub(crate) mod client;
pub(crate) mod server;

use limpid::{Description, DescriptionKind};

/// The largest body that is taken, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// How a body says what it is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// `{"type":"offer","sdp":…}`
    Json,
    /// The bare text.
    Sdp,
}

impl Form {
    /// The form of a content type; `None`: not one of ours.
    pub(crate) fn of(content_type: &str) -> Option<Form> {
        match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/json" => Some(Form::Json),
            "application/sdp" => Some(Form::Sdp),
            _ => None,
        }
    }

    /// Its content type.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Sdp => "application/sdp",
        }
    }

    /// Reads a description; `expected` is the kind that a bare text has. `None`: it can not be read.
    pub(crate) fn read(self, body: &str, expected: DescriptionKind) -> Option<Description> {
        match self {
            Form::Sdp => Some(Description { kind: expected, sdp: body.to_owned() }),
            Form::Json => {
                let value: serde_json::Value = serde_json::from_str(body).ok()?;
                let kind = DescriptionKind::from_word(value.get("type")?.as_str()?)?;
                Some(Description { kind, sdp: value.get("sdp")?.as_str()?.to_owned() })
            }
        }
    }

    /// Writes a description.
    pub(crate) fn write(self, description: &Description) -> String {
        match self {
            Form::Sdp => description.sdp.clone(),
            Form::Json => {
                serde_json::json!({ "type": description.kind.as_str(), "sdp": description.sdp }).to_string()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_carry_a_description_there_and_back() {
        let offer = Description::offer("v=0\r\n");
        for form in [Form::Json, Form::Sdp] {
            assert_eq!(form.read(&form.write(&offer), DescriptionKind::Offer), Some(offer.clone()));
            assert_eq!(Form::of(form.content_type()), Some(form));
        }
        assert_eq!(Form::of("application/json; charset=utf-8"), Some(Form::Json));
        assert_eq!(Form::of("text/html"), None);
        assert_eq!(Form::Json.read("{}", DescriptionKind::Offer), None);
    }
}
