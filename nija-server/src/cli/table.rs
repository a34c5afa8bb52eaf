//! Tables on standard output: plain text, numbers to the right.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// A table with these column heads; the columns from `numbers` on hold numbers.
pub(super) fn table(heads: &[&str], numbers: std::ops::Range<usize>, rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads.iter().copied());
    table.add_rows(rows);
    for index in numbers {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}
