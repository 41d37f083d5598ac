use super::*;

const BARS: [Bar; 4] = [
    Bar { measure: "tput", asks: Asks::Ratio("quinn", 1.0) },
    Bar { measure: "tput", asks: Asks::Ratio("str0m", 5.0) },
    Bar { measure: "setup", asks: Asks::AtMost(2.0) },
    Bar { measure: "setup-worst", asks: Asks::AtMost(20.0) },
];

const ROW: Row =
    Row { name: "dc", ours: Program::Limpid { arguments: &[], values: &[] }, rivals: &[], bars: &BARS };

fn series(unit: &str, value: f64) -> Series {
    Series { unit: unit.into(), values: vec![value] }
}

fn table(entries: &[(&str, &str, &str, f64)]) -> Table {
    entries
        .iter()
        .map(|(measure, peer, unit, value)| (((*measure).into(), (*peer).into()), series(unit, *value)))
        .collect()
}

#[test]
fn each_rival_gets_a_line_and_its_own_bar() {
    let table = table(&[
        ("tput", "limpid", "MB/s", 400.0),
        ("tput", "quinn-1", "MB/s", 500.0),
        ("tput", "str0m-1", "MB/s", 50.0),
        ("tput", "other", "MB/s", 800.0),
    ]);
    let lines = compare(&ROW, &table);
    let facts: Vec<_> = lines.iter().map(|l| (l.rival.unwrap().0, l.ratio().unwrap(), l.met)).collect();
    assert_eq!(facts, [("other", 0.5, None), ("quinn-1", 0.8, Some(false)), ("str0m-1", 8.0, Some(true))]);
}

#[test]
fn lower_times_are_better_and_the_longest_name_decides() {
    let table = table(&[
        ("setup", "limpid", "ms", 1.0),
        ("setup", "str0m-1", "ms", 4.0),
        ("setup-worst", "limpid", "ms", 15.0),
    ]);
    let lines = compare(&ROW, &table);
    let facts: Vec<_> = lines.iter().map(|l| (l.measure, l.ratio(), l.met)).collect();
    assert_eq!(facts, [("setup", Some(4.0), Some(true)), ("setup-worst", None, Some(true))]);
    assert!(lines[0].text().ends_with("4.00      0%  met"), "{}", lines[0].text());
    assert!(
        lines[1].text().contains("15.0 ms") && lines[0].text().contains("1.000 ms"),
        "{}",
        lines[0].text()
    );
}

#[test]
fn nothing_beside_nothing_is_level() {
    let table = table(&[("setup", "limpid", "ms", 0.0), ("setup", "str0m-1", "ms", 0.0)]);
    let lines = compare(&ROW, &table);
    assert_eq!((lines[0].ratio(), lines[0].ours.spread()), (Some(1.0), 0.0));
}

#[test]
fn measures_that_must_be_flat_are_judged_together() {
    let row = Row { bars: &[Bar { measure: "flat", asks: Asks::Flat(0.1) }], ..ROW };
    for (other, met) in [(91.0, true), (89.0, false)] {
        let table = table(&[("flat-1K", "limpid", "Gbit/s", 100.0), ("flat-2K", "limpid", "Gbit/s", other)]);
        assert!(compare(&row, &table).iter().all(|line| line.met == Some(met)), "{other}");
    }
}

#[test]
fn options_are_no_rows() {
    let arguments = ["stun", "--rounds", "3", "sdp", "--json", "x"].map(String::from);
    assert_eq!(names(&arguments), ["stun", "sdp"]);
}

#[test]
fn every_row_has_another_name_and_every_bar_a_measure() {
    let mut names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ROWS.len());
    assert!(ROWS.iter().flat_map(|row| row.bars).all(|bar| !bar.measure.is_empty()));
}
