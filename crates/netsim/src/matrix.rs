//! A grid of conditions as one stable text table, for snapshots that a person can read.

use core::fmt::Display;

/// Runs `cell` for every row and column and lays the answers out as a table, aligned, without trailing blanks.
///
/// ```
/// let table = limpid_netsim::matrix("loss \\ delay", &["0%", "10%"], &["5ms", "50ms"], |loss, delay| {
///     format!("{loss} {delay}")
/// });
/// assert_eq!(table, "loss \\ delay  5ms      50ms\n0%            0% 5ms   0% 50ms\n10%           10% 5ms  10% 50ms\n");
/// ```
pub fn matrix<R: Display, C: Display, T: Display>(
    corner: &str,
    rows: &[R],
    columns: &[C],
    mut cell: impl FnMut(&R, &C) -> T,
) -> String {
    let mut table = vec![vec![corner.to_owned()]];
    table[0].extend(columns.iter().map(|column| column.to_string()));
    for row in rows {
        let mut line = vec![row.to_string()];
        line.extend(columns.iter().map(|column| cell(row, column).to_string()));
        table.push(line);
    }
    layout(&table)
}

/// Aligns the columns of a table, two blanks apart.
fn layout(table: &[Vec<String>]) -> String {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        table.iter().filter_map(|line| line.get(column)).map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in table {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_run_once_row_by_row() {
        let mut runs = vec![];
        let table = matrix("", &[1, 2], &["a", "b"], |row, column| {
            runs.push(format!("{row}{column}"));
            row * 10
        });
        assert_eq!(runs, ["1a", "1b", "2a", "2b"]);
        assert_eq!(table, "   a   b\n1  10  10\n2  20  20\n");
    }
}
