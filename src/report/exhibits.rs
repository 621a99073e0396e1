//! What a suite wants shown → exhibits: tables, curves, images and texts, bounded once more. Pure.
//!
//! The suite is ours, but what it shows was shaped by candidate code. So everything is counted and cut, and an image
//! is shown only if it is a PNG as our suites write it (`png`). What cannot be shown says so in its place.

mod png;
#[cfg(test)]
pub(crate) mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes of what one test, or one suite, wants shown.
pub const CAP: usize = 3 << 20;
/// Exhibits of one test.
const OF_A_TEST: usize = 6;
/// Exhibits of a run.
const OF_A_RUN: usize = 32;
/// Characters of a title, or of a name in a picture.
const TITLE: usize = 160;
/// Characters of a note, or of the words for an image.
const NOTE: usize = 600;
/// Characters of a cell.
const CELL: usize = 300;
/// Characters of a text.
const TEXT: usize = 8_000;
const COLUMNS: usize = 12;
const ROWS: usize = 60;
const LINES: usize = 8;
const POINTS: usize = 400;
/// Bytes of all images of a run, in Base64.
const IMAGES: usize = 2 << 20;

/// Something to look at. It decides nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Exhibit {
    /// Rows and columns.
    Table(Table),
    /// Curves over two axes.
    Series(Series),
    /// A picture.
    Image(Image),
    /// Plain text, or a note alone.
    Text(Text),
}

/// Rows and columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// How to read it; may be empty.
    pub note: String,
    /// In order.
    pub columns: Vec<Column>,
    /// Each has as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Further rows, which are not shown.
    pub more: u64,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Whether it holds numbers.
    pub number: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// What stands in it.
    pub text: String,
    /// How it is set off.
    #[serde(default, skip_serializing_if = "Mark::is_none")]
    pub mark: Mark,
}

/// How a cell is set off; never the only thing that says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Not at all.
    #[default]
    None,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// In between.
    Warn,
    /// What differs from the cell beside it.
    Differs,
}

/// Curves over two axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What it shows.
    pub title: String,
    /// How to read it; may be empty.
    pub note: String,
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// In order.
    pub lines: Vec<Line>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// What it measures, with its unit.
    pub title: String,
    /// Logarithmic.
    pub log: bool,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// Something to compare with: a promise, a floor.
    pub dashed: bool,
    /// Each is `[x, y]`, or `[x, y, low, high]` with an interval.
    pub points: Vec<Vec<f64>>,
}

/// A picture that the suite wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// What it is.
    pub title: String,
    /// How to read it; may be empty.
    pub note: String,
    /// In words.
    pub alt: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// A PNG in Base64, with nothing in it but pixels.
    pub png: String,
}

/// Plain text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// What it is.
    pub title: String,
    /// How to read it; may be empty.
    pub note: String,
    /// The text; empty where there is nothing but the note.
    pub text: String,
}

impl Mark {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// What a run shows, beside what its tests show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunExhibits {
    /// Near the score.
    pub glance: Vec<Exhibit>,
    /// Behind the findings.
    pub further: Vec<Exhibit>,
}

/// What a test shows, from what its suite recorded.
pub fn of_a_test(raw: &str) -> Vec<Exhibit> {
    let mut room = IMAGES / 4;
    list(raw, OF_A_TEST).iter().map(|value| exhibit(value, &mut room)).collect()
}

/// What a run shows, from what its suites recorded.
pub fn of_a_run<'a>(raw: impl IntoIterator<Item = &'a str>) -> RunExhibits {
    let mut room = IMAGES;
    let mut found = RunExhibits::default();
    for value in raw.into_iter().flat_map(|raw| list(raw, OF_A_RUN)).take(OF_A_RUN) {
        let place = if value["place"] == "glance" { &mut found.glance } else { &mut found.further };
        place.push(exhibit(&value, &mut room));
    }
    found
}

fn list(raw: &str, most: usize) -> Vec<Value> {
    if raw.is_empty() {
        return Vec::new();
    }
    let parsed = if raw.len() > CAP { None } else { serde_json::from_str(raw).ok() };
    let Some(Value::Array(mut values)) = parsed else {
        return vec![serde_json::json!({ "title": "Exhibits", "note": "They cannot be read, so they are not shown." })];
    };
    values.truncate(most);
    values
}

/// Reads one, leniently: what is missing is left empty, what is too much is cut.
fn exhibit(value: &Value, room: &mut usize) -> Exhibit {
    let (title, note) = (cut(&value["title"], TITLE), cut(&value["note"], NOTE));
    match value["kind"].as_str() {
        Some("table") => Exhibit::Table(table(value, title, note)),
        Some("series") => Exhibit::Series(series(value, title, note)),
        Some("image") => image(value, title, note, room),
        _ => Exhibit::Text(Text { title, note, text: cut(&value["text"], TEXT) }),
    }
}

fn table(value: &Value, title: String, note: String) -> Table {
    let columns: Vec<Column> = some(&value["columns"], COLUMNS)
        .map(|column| Column { title: cut(&column["title"], TITLE), number: column["number"] == true })
        .collect();
    let rows: Vec<Vec<Cell>> = some(&value["rows"], ROWS)
        .map(|row| {
            let mut cells: Vec<Cell> = some(row, columns.len()).map(cell).collect();
            cells.resize(columns.len(), Cell { text: String::new(), mark: Mark::None });
            cells
        })
        .collect();
    let given = value["rows"].as_array().map_or(0, Vec::len);
    let more = value["more"].as_u64().unwrap_or_default().saturating_add((given - rows.len()) as u64);
    Table { title, note, columns, rows, more }
}

fn cell(value: &Value) -> Cell {
    let mark = serde_json::from_value(value["mark"].clone()).unwrap_or_default();
    Cell { text: cut(&value["text"], CELL), mark }
}

fn series(value: &Value, title: String, note: String) -> Series {
    let axis = |name: &str| Axis { title: cut(&value[name]["title"], TITLE), log: value[name]["log"] == true };
    let (x, y) = (axis("x"), axis("y"));
    let lines = some(&value["lines"], LINES)
        .map(|line| Line {
            name: cut(&line["name"], TITLE),
            dashed: line["dashed"] == true,
            points: some(&line["points"], POINTS).filter_map(|values| point(values, &x, &y)).collect(),
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    Series { title, note, x, y, lines }
}

/// A point that has a place on these axes.
fn point(value: &Value, x: &Axis, y: &Axis) -> Option<Vec<f64>> {
    const LARGEST: f64 = 1e15;
    let numbers: Vec<f64> = some(value, 5).map_while(Value::as_f64).collect();
    let has_place = |at: f64, axis: &Axis| at.abs() <= LARGEST && (!axis.log || at >= 1.0 / LARGEST);
    let fits = matches!(numbers.len(), 2 | 4) && value.as_array().is_some_and(|all| all.len() == numbers.len());
    let placed = fits && has_place(numbers[0], x) && numbers[1..].iter().all(|at| has_place(*at, y));
    placed.then_some(numbers)
}

fn image(value: &Value, title: String, note: String, room: &mut usize) -> Exhibit {
    let png = value["png"].as_str().unwrap_or_default();
    let size = if png.len() > *room { Err("it is too large to be shown") } else { png::size(png) };
    match size {
        Ok((width, height)) => {
            *room -= png.len();
            Exhibit::Image(Image { title, note, alt: cut(&value["alt"], NOTE), width, height, png: png.to_owned() })
        }
        Err(why) => Exhibit::Text(Text { title, note: format!("The image is not shown: {why}."), text: String::new() }),
    }
}

/// The first elements of an array; of anything else, none.
fn some(value: &Value, most: usize) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten().take(most)
}

/// A text of at most so many characters.
fn cut(value: &Value, most: usize) -> String {
    let text = value.as_str().unwrap_or_default();
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}
