//! Just enough of Rust's grammar to find functions and tests in a text: comments, literals, braces.

use std::ops::RangeInclusive;

/// A function and where it stands; lines from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The line of its first attribute, or of `fn`.
    pub(crate) first: usize,
    /// The line of `fn`.
    pub(crate) line: usize,
    pub(crate) last: usize,
    /// Its attributes, blanks removed.
    pub(crate) attributes: String,
}

impl Function {
    /// `#[test]`, `#[tokio::test]` and their like.
    pub(crate) fn is_test(&self) -> bool {
        let attribute = |text: &str| {
            let name = text.split(['(', ']']).next().unwrap_or_default();
            name == "test" || name.ends_with("::test")
        };
        self.attributes.split("#[").any(attribute)
    }

    pub(crate) fn is_ignored(&self) -> bool {
        self.attributes.contains("#[ignore")
    }

    /// Lines of the function itself, attributes not counted.
    pub(crate) fn lines(&self) -> usize {
        self.last + 1 - self.line
    }
}

/// The text with everything in comments and literals replaced by blanks; line breaks and lengths stay.
pub(crate) fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(bytes, at);
        if end > at {
            out[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            at = end;
        } else {
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where the comment or literal that begins at `at` ends; `at` itself if none does.
fn literal_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let find = |from: usize, what: &[u8]| {
        let found =
            rest.get(from..).and_then(|rest| rest.windows(what.len()).position(|window| window == what));
        found.map_or(bytes.len(), |found| at + from + found)
    };
    let after_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest {
        [b'/', b'/', ..] => find(0, b"\n"),
        [b'/', b'*', ..] => block_comment_end(bytes, at),
        [b'"', ..] => string_end(bytes, at + 1),
        [b'r', b'"' | b'#', ..] | [b'b' | b'c', b'r', b'"' | b'#', ..] if !after_word => {
            let hashes_at = 1 + usize::from(rest[0] != b'r');
            let hashes = rest[hashes_at..].iter().take_while(|byte| **byte == b'#').count();
            if rest.get(hashes_at + hashes) != Some(&b'"') {
                return at; // a raw identifier
            }
            let close = [&b"\""[..], &vec![b'#'; hashes]].concat();
            (find(hashes_at + hashes + 1, &close) + close.len()).min(bytes.len())
        }
        [b'\'', b'\\', _, ..] => (find(3, b"'") + 1).min(bytes.len()),
        [b'\'', ..] => char_end(bytes, at),
        _ => at,
    }
}

/// A character literal has its quote after one character; a lifetime has none.
fn char_end(bytes: &[u8], at: usize) -> usize {
    let width = match bytes.get(at + 1) {
        Some(0xf0..) => 4,
        Some(0xe0..) => 3,
        Some(0xc0..) => 2,
        _ => 1,
    };
    if bytes.get(at + 1 + width) == Some(&b'\'') { at + 2 + width } else { at }
}

fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn block_comment_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// All functions with a body in a text that was [`blank`]ed.
pub(crate) fn functions(blanked: &str) -> Vec<Function> {
    let mut functions = Vec::new();
    for (at, _) in blanked.match_indices("fn ") {
        let before = blanked[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let name: String =
            blanked[at + 3..].trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if name.is_empty() {
            continue; // a function pointer's type
        }
        if let Some(open) = body(blanked, at) {
            let line = line_of(blanked, at);
            let (first, attributes) = attributes(blanked, line);
            let last = line_of(blanked, close_of(blanked, open));
            functions.push(Function { name, first, line, last, attributes });
        }
    }
    functions
}

/// The lines of every `name! { … }` and `name!( … )`.
pub(crate) fn macros(blanked: &str, name: &str) -> Vec<RangeInclusive<usize>> {
    let call = format!("{name}!");
    let calls = blanked.match_indices(&call);
    calls
        .filter_map(|(at, _)| {
            let open = at + blanked[at..].find(['{', '('])?;
            Some(line_of(blanked, at)..=line_of(blanked, close_of(blanked, open)))
        })
        .collect()
}

/// Where the body of the function at `at` opens; `None`: it has none.
fn body(blanked: &str, at: usize) -> Option<usize> {
    let mut depth = 0;
    for (offset, byte) in blanked[at..].bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(at + offset),
            b';' if depth == 0 => return None,
            _ if depth < 0 => return None,
            _ => {}
        }
    }
    None
}

/// Where the bracket at `open` closes.
fn close_of(blanked: &str, open: usize) -> usize {
    let mut depth = 0;
    for (offset, byte) in blanked[open..].bytes().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + offset;
        }
    }
    blanked.len()
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// The line of the first attribute above the item on `line`, and the attributes.
fn attributes(blanked: &str, line: usize) -> (usize, String) {
    let lines: Vec<&str> = blanked.lines().collect();
    let mut first = line;
    let mut open = 0i32;
    for number in (1..line).rev() {
        let text = lines[number - 1].trim();
        open += text.matches(']').count() as i32 - text.matches('[').count() as i32;
        let belongs = text.is_empty() || text.starts_with("#[") || open > 0;
        if !belongs {
            break;
        }
        if text.starts_with("#[") {
            first = number;
        }
    }
    let text: String = lines[first - 1..line - 1].concat().split_whitespace().collect();
    (first, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_comments_and_literals_do_not_count() {
        let text = "fn a() { let s = \"}\\\"}\"; /* } /* } */ */ // }\n let c = '}'; let l: &'static str = r#\"}\"}\"#; }\nfn b() {}\n";
        let found: Vec<(String, usize, usize)> =
            functions(&blank(text)).into_iter().map(|f| (f.name, f.line, f.last)).collect();
        assert_eq!(found, [("a".to_owned(), 1, 2), ("b".to_owned(), 3, 3)]);
        assert_eq!(blank(text).len(), text.len());
    }

    #[test]
    fn functions_without_a_body_and_function_pointers_are_none() {
        let text = "trait T { fn a(&self) -> [u8; 4]; fn b(f: fn (u8) -> u8) {\n} }";
        let names: Vec<String> = functions(&blank(text)).into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["b"]);
    }

    #[test]
    fn attributes_belong_to_the_function_below_them() {
        let text = "struct S;\n/// Doc.\n#[test]\n// why\n#[ignore = \"slow\"]\nfn a() {\n}\n\n#[tokio::test(flavor = \"x\")]\nasync fn b() {}\nfn c() {}\n";
        let found = functions(&blank(text));
        let facts: Vec<_> = found.iter().map(|f| (f.first, f.is_test(), f.is_ignored())).collect();
        assert_eq!(facts, [(3, true, true), (9, true, false), (11, false, false)]);
    }

    #[test]
    fn a_macro_spans_its_brackets() {
        let text = "a\nproptest! {\n fn x() {}\n}\nfuzz_target!(|d| {\n});";
        assert_eq!(macros(&blank(text), "proptest"), [2..=4]);
        assert_eq!(macros(&blank(text), "fuzz_target"), [5..=6]);
    }
}
