//! `bench`: ours and the rivals in turn, several rounds, the first one discarded; a line for each measure and rival, and
//! whether the bars are met.

mod measure;
mod row;

use std::path::Path;
use std::process::Command;

pub(crate) use measure::release;
use measure::{Places, Series, Table};
use row::{Asks, Bar, Program, ROWS, Row};
use serde_json::json;

use crate::option;

const WORKSPACE: &str = "interop-tests/bench";
const KEPT: &str = "interop-tests/out/bench.json";

/// Runs the rows that the arguments name, or all.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<bool, String> {
    let rounds = match option(arguments, "--rounds")? {
        Some(text) => text.to_str().and_then(|text| text.parse().ok()).ok_or("--rounds needs a number")?,
        None => 4,
    };
    let wanted = names(arguments);
    if let Some(unknown) = wanted.iter().find(|name| !ROWS.iter().any(|row| row.name == **name)) {
        let known: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        return Err(format!("no row is called {unknown}; there are {}", known.join(", ")));
    }
    let rows: Vec<&Row> = ROWS.iter().filter(|row| wanted.is_empty() || wanted.contains(&row.name)).collect();
    let places = build(root, &rows)?;
    let (mut results, mut kept) = (Vec::new(), Vec::new());
    println!("{:<34}{:>18}  {:<30}{:>18}{:>8}{:>8}", "row", "ours", "rival", "", "ratio", "spread");
    for row in rows {
        let table = measure_row(&places, row, rounds)?;
        let lines = compare(row, &table);
        lines.iter().for_each(|line| println!("{}", line.text()));
        kept.push(json!({ "row": row.name, "lines": lines.iter().map(Line::json).collect::<Vec<_>>() }));
        results.extend(lines.into_iter().filter_map(|line| line.met));
    }
    keep(root, option(arguments, "--json")?, &json!({ "rounds": rounds, "rows": kept }))?;
    let failed = results.iter().filter(|met| !**met).count();
    println!("{} passed, {failed} failed", results.len() - failed);
    Ok(failed == 0)
}

/// The arguments that are no options.
fn names(arguments: &[String]) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument.starts_with("--") {
            rest.next();
        } else {
            names.push(argument.as_str());
        }
    }
    names
}

/// Builds what the rows need, in release.
fn build(root: &Path, rows: &[&Row]) -> Result<Places, String> {
    let workspace = root.join(WORKSPACE);
    let mut packages = vec!["relay"];
    let mut needs_limpid = false;
    for program in rows.iter().flat_map(|row| row.rivals.iter().chain([&row.ours])) {
        match program {
            Program::Bench { package, .. } | Program::Relayed { package, .. } => packages.push(package),
            Program::Limpid { .. } => needs_limpid = true,
        }
    }
    let packages: Vec<&str> = packages.iter().flat_map(|package| ["-p", package]).collect();
    cargo(&workspace, &packages)?;
    if needs_limpid {
        cargo(root, &["-p", "limpid-app"])?;
    }
    Ok(Places { bench: release(&workspace), limpid: release(root).join("limpid") })
}

/// Builds packages of a workspace in release.
pub(crate) fn cargo(workspace: &Path, packages: &[&str]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status =
        Command::new(cargo).args(["build", "--release"]).args(packages).current_dir(workspace).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo build in {}: {status}", workspace.display())),
        Err(error) => Err(format!("cargo build: {error}")),
    }
}

fn measure_row(places: &Places, row: &Row, rounds: usize) -> Result<Table, String> {
    let (mut table, mut port) = (Table::new(), 40_000);
    for round in 0..=rounds {
        for program in [&row.ours].into_iter().chain(row.rivals) {
            let values = measure::run(places, program, port)?;
            port += 2;
            // The first round meets cold caches and a processor that has not settled.
            if round > 0 {
                measure::add(&mut table, values);
            }
        }
    }
    Ok(table)
}

/// One measure of ours beside one rival, or alone.
struct Line<'a> {
    measure: &'a str,
    ours: &'a Series,
    rival: Option<(&'a str, &'a Series)>,
    /// Whether every bar about it is met; `None`: there is none.
    met: Option<bool>,
}

impl Line<'_> {
    /// How many times as good as the rival we are.
    fn ratio(&self) -> Option<f64> {
        let (_, rival) = self.rival?;
        let (ours, theirs) = (self.ours.median(), rival.median());
        // Nothing lost beside nothing lost is as good.
        let ratio = if ours == theirs { 1.0 } else { ours / theirs };
        Some(if self.ours.higher_is_better() { ratio } else { 1.0 / ratio })
    }

    fn text(&self) -> String {
        let value = |series: &Series| {
            let median = series.median();
            let digits = if median < 10.0 { 3 } else { 1 };
            format!("{median:.digits$} {}", series.unit)
        };
        let (name, rival) = self.rival.map_or(("-", String::new()), |(name, series)| (name, value(series)));
        let ratio = self.ratio().map_or(String::from("-"), |ratio| format!("{ratio:.2}"));
        let verdict = match self.met {
            Some(true) => "  met",
            Some(false) => "  MISSED",
            None => "",
        };
        let spread = format!("{:.0}%", self.ours.spread() * 100.0);
        format!(
            "{:<34}{:>18}  {name:<30}{rival:>18}{ratio:>8}{spread:>8}{verdict}",
            self.measure,
            value(self.ours)
        )
    }

    fn json(&self) -> serde_json::Value {
        let rival = self.rival.map(|(name, series)| json!({ "name": name, "values": series.values }));
        json!({
            "measure": self.measure, "unit": self.ours.unit, "ours": self.ours.values,
            "rival": rival, "ratio": self.ratio(), "met": self.met,
        })
    }
}

fn compare<'a>(row: &Row, table: &'a Table) -> Vec<Line<'a>> {
    let ours = table.iter().filter(|((_, peer), _)| peer == "limpid");
    let mut lines = Vec::new();
    for ((measure, _), series) in ours {
        let rivals = table.iter().filter(|((name, peer), _)| name == measure && peer != "limpid");
        let rivals: Vec<_> = rivals.map(|((_, peer), series)| Some((peer.as_str(), series))).collect();
        let alone = if rivals.is_empty() { vec![None] } else { rivals };
        lines.extend(alone.into_iter().map(|rival| Line { measure, ours: series, rival, met: None }));
    }
    for line in &mut lines {
        line.met = judge(row.bars, line, table);
    }
    lines
}

/// Whether the bars about this line are met. A measure's bars are those with the longest name that fits.
fn judge(bars: &[Bar], line: &Line<'_>, table: &Table) -> Option<bool> {
    let fits = |bar: &&Bar| line.measure.starts_with(bar.measure);
    let longest = bars.iter().filter(fits).map(|bar| bar.measure.len()).max()?;
    let met = bars.iter().filter(fits).filter(|bar| bar.measure.len() == longest).filter_map(|bar| match bar
        .asks
    {
        Asks::AtMost(limit) => Some(line.ours.median() <= limit),
        Asks::Flat(part) => Some(unevenness(table, bar.measure) <= part),
        Asks::Ratio(name, least) => {
            let is_asked = line.rival.is_some_and(|(rival, _)| rival.starts_with(name));
            is_asked.then(|| line.ratio().is_some_and(|ratio| ratio >= least))
        }
    });
    let met: Vec<bool> = met.collect();
    (!met.is_empty()).then(|| met.iter().all(|met| *met))
}

/// How far our measures with this beginning lie apart, as a part of the largest.
fn unevenness(table: &Table, beginning: &str) -> f64 {
    let ours = table.iter().filter(|((measure, peer), _)| peer == "limpid" && measure.starts_with(beginning));
    let values: Vec<f64> = ours.map(|(_, series)| series.median()).collect();
    let largest = values.iter().copied().fold(f64::MIN, f64::max);
    (largest - values.iter().copied().fold(f64::MAX, f64::min)) / largest
}

fn keep(root: &Path, file: Option<&Path>, value: &serde_json::Value) -> Result<(), String> {
    let path = file.map_or_else(|| root.join(KEPT), Path::to_owned);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    std::fs::write(&path, format!("{value:#}\n")).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
