//! A report as text: what `JSON.stringify` makes of the entries of a page's report. RFC 8259; RFC 4648 §4.

use core::fmt::{self, Write};

use super::{Report, ReportValue, StatsReport};

impl StatsReport {
    /// One object, in which each entry stands under its id.
    pub fn to_json(&self) -> String {
        let mut out = String::from("{");
        for (at, entry) in self.entries.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            string(&mut out, &entry.id);
            out.push(':');
            // Writing into a `String` can not fail.
            let _ = write!(out, "{entry}");
        }
        out.push('}');
        out
    }
}

/// As JSON.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::from("{\"id\":");
        string(&mut out, &self.id);
        out.push_str(",\"timestamp\":");
        number(&mut out, self.timestamp);
        out.push_str(",\"type\":");
        string(&mut out, self.kind.as_str());
        for (name, value) in &self.members {
            out.push(',');
            string(&mut out, name);
            out.push(':');
            match value {
                ReportValue::Count(count) => write!(out, "{count}")?,
                ReportValue::Number(value) => number(&mut out, *value),
                ReportValue::Text(text) => string(&mut out, text),
                ReportValue::Flag(flag) => write!(out, "{flag}")?,
            }
        }
        out.push('}');
        f.write_str(&out)
    }
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\0'..='\x1f' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}

/// There is no word for what is no number.
fn number(out: &mut String, value: f64) {
    let _ = match value.is_finite() {
        true => write!(out, "{value}"),
        false => write!(out, "null"),
    };
}

/// Bytes as letters, padded.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let index = bits >> (18 - 6 * at) & 63;
            out.push(if at <= group.len() { char::from(LETTERS[index as usize]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReportKind;

    #[test]
    fn bytes_are_written_as_rfc_4648_section_10_writes_them() {
        let written = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(written, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }

    #[test]
    fn what_the_other_side_wrote_can_not_leave_its_string() {
        let entry = Report::new(ReportKind::DataChannel, "D0", 1.5)
            .text("label", "a\"b\\c\nd\u{1}é")
            .number("jitter", f64::NAN)
            .flag("nominated", true)
            .count("port", 7_u16);
        let report = StatsReport { entries: vec![entry.clone(), entry] };
        let one = r#"{"id":"D0","timestamp":1.5,"type":"data-channel","label":"a\"b\\c\u000ad\u0001é","jitter":null,"nominated":true,"port":7}"#;
        assert_eq!(report.to_json(), format!(r#"{{"D0":{one},"D0":{one}}}"#));
    }
}
