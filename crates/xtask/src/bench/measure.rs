//! Running the programs and reading what they print.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::row::Program;

/// One value of one run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) measure: String,
    pub(crate) peer: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
}

/// All values of one measure by one peer, a value a round.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Series {
    pub(crate) unit: String,
    pub(crate) values: Vec<f64>,
}

impl Series {
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// From the least to the largest value, as a part of the median.
    pub(crate) fn spread(&self) -> f64 {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == least { 0.0 } else { (largest - least) / self.median() }
    }

    /// Rates are better when they are higher; times and sizes when they are lower.
    pub(crate) fn higher_is_better(&self) -> bool {
        self.unit.ends_with("/s")
    }
}

/// By measure and peer.
pub(crate) type Table = BTreeMap<(String, String), Series>;

pub(crate) fn add(table: &mut Table, values: Vec<Value>) {
    for Value { measure, peer, value, unit } in values {
        let series = table.entry((measure, peer)).or_default();
        series.unit = unit;
        series.values.push(value);
    }
}

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Places {
    /// The release folder of the bench workspace.
    pub(crate) bench: PathBuf,
    /// The binary `limpid`.
    pub(crate) limpid: PathBuf,
}

/// Runs a program once.
pub(crate) fn run(places: &Places, program: &Program, port: u16) -> Result<Vec<Value>, String> {
    match program {
        Program::Bench { package, arguments, environment } => {
            let mut command = Command::new(places.bench.join(package));
            command.args(*arguments).envs(environment.iter().copied());
            Ok(lines(&output(command, package)?))
        }
        Program::Relayed { package, arguments, path } => {
            let ports = [port, port + 1];
            let mut relay = Command::new(places.bench.join("relay"));
            relay.args(ports.map(|port| port.to_string())).args(path).stdout(Stdio::null());
            let relay = Running(relay.spawn().map_err(|error| format!("relay: {error}"))?);
            let mut command = Command::new(places.bench.join(package));
            command.args(*arguments).env("BENCH_RELAY", format!("{},{}", ports[0], ports[1]));
            let text = output(command, package)?;
            drop(relay);
            Ok(lines(&text))
        }
        Program::Limpid { arguments, values } => {
            let mut command = Command::new(&places.limpid);
            command.args(*arguments);
            let text = output(command, "limpid")?;
            pointers(&text, values)
        }
    }
}

/// Stops what it holds when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn output(mut command: Command, name: &str) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(format!("{name}: {}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// Lines `measure peer value unit # …`; all others are left out.
fn lines(text: &str) -> Vec<Value> {
    let value = |line: &str| {
        let mut words = line.split_whitespace();
        let (measure, peer) = (words.next()?.to_owned(), words.next()?.to_owned());
        let value = words.next()?.parse().ok()?;
        Some(Value { measure, peer, value, unit: words.next()?.to_owned() })
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(value).collect()
}

/// The wanted values of the last JSON line that has them.
fn pointers(text: &str, wanted: &[(&str, &str, &str)]) -> Result<Vec<Value>, String> {
    let parsed: Vec<serde_json::Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    wanted
        .iter()
        .map(|(pointer, measure, unit)| {
            let found = parsed.iter().rev().find_map(|value| value.pointer(pointer)?.as_f64());
            let value = found.ok_or_else(|| format!("limpid did not say {pointer}:\n{text}"))?;
            let (measure, peer, unit) = ((*measure).to_owned(), "limpid".to_owned(), (*unit).to_owned());
            Ok(Value { measure, peer, value, unit })
        })
        .collect()
}

/// The release folder of a workspace that is built with cargo's usual settings.
pub(crate) fn release(workspace: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| workspace.join("target")).join("release")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_measures_are_read_and_others_left_out() {
        let text = "# message 108 bytes\nstun-build is-0.12 181.5 ns/op # min 180.0 max 190.0\nnonsense\n";
        let expected = Value {
            measure: "stun-build".into(),
            peer: "is-0.12".into(),
            value: 181.5,
            unit: "ns/op".into(),
        };
        assert_eq!(lines(text), [expected]);
    }

    #[test]
    fn values_are_found_in_the_last_json_line_that_has_them() {
        let text = "{\"event\":\"start\"}\n{\"event\":\"result\",\"a\":{\"b\":2.5}}\n";
        let found = pointers(text, &[("/a/b", "m", "ms")]).unwrap();
        assert_eq!((found[0].value, found[0].measure.as_str()), (2.5, "m"));
        assert!(pointers(text, &[("/c", "m", "ms")]).is_err());
    }

    #[test]
    fn median_and_spread_are_of_all_rounds() {
        let series = Series { unit: "MB/s".into(), values: vec![90.0, 110.0, 100.0] };
        assert_eq!((series.median(), series.spread(), series.higher_is_better()), (100.0, 0.2, true));
    }
}
