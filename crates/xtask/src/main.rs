//! `cargo xtask …`: the project's own checks and measurements. Every check ends with a line `N passed, N failed`.
//!
//! | command | file |
//! |---|---|
//! | `lengths [--tighten] [--list]`: files and functions that are too long; the list may only shrink | `lengths.rs` |
//! | `boundaries`: who may depend on whom, and what stays outside of protocol crates | `boundaries.rs` |
//! | `rfc [--report FILE] [--json FILE] [--list FILE]`: requirement notes against tests | `rfc/` |
//! | `deps`: lines and dependencies of each crate | `deps.rs` |
//! | `bench [ROW…] [--rounds N] [--json FILE]`: ours beside rivals | `bench/` |
//! | `interop [NAME…]`: browsers and other implementations | `interop.rs` |

mod bench;
mod boundaries;
mod deps;
mod files;
mod findings;
mod interop;
mod lengths;
mod lex;
mod rfc;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND
  lengths [--tighten] [--list]   files over 400 lines, functions over 80
  boundaries                     who may depend on whom
  rfc [--report FILE.md] [--json FILE] [--list FILE]
                                 requirement notes against tests; RFC_TEXT_DIR checks paraphrases
  deps                           lines and dependencies of each crate
  bench [ROW...] [--rounds N] [--json FILE]
                                 ours beside rivals
  interop [NAME...]              browsers and other implementations; needs root";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let root = files::root();
    let result = match command.as_str() {
        "lengths" => lengths::run(&root, rest),
        "boundaries" => boundaries::run(&root),
        "rfc" => rfc::run(&root, rest),
        "deps" => deps::run(&root),
        "bench" => bench::run(&root, rest),
        "interop" => interop::run(&root, rest),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// The value after `name`, if the arguments have it.
fn option<'a>(arguments: &'a [String], name: &str) -> Result<Option<&'a Path>, String> {
    let Some(at) = arguments.iter().position(|argument| argument == name) else { return Ok(None) };
    let value = arguments.get(at + 1).ok_or_else(|| format!("{name} needs a value"))?;
    Ok(Some(Path::new(value)))
}
