//! Exhibits → what the page shows of them. Pure.

use super::series::Chart;
use super::text::count;
use crate::report::{Column, Exhibit, Image, Mark, Table};

/// An exhibit on the page.
#[derive(Debug)]
pub struct Shown<'a> {
    /// Of its heading; no two on a page are alike.
    pub id: String,
    /// What it shows.
    pub title: &'a str,
    /// How to read it; may be empty.
    pub note: &'a str,
    /// What it is.
    pub body: Body<'a>,
}

/// What an exhibit is.
#[derive(Debug)]
pub enum Body<'a> {
    /// Rows and columns.
    Table(Grid<'a>),
    /// Curves.
    Chart(Box<Chart<'a>>),
    /// A picture.
    Image(&'a Image),
    /// Plain text.
    Text(&'a str),
    /// Nothing but its note.
    Nothing,
}

/// A table.
#[derive(Debug)]
pub struct Grid<'a> {
    /// Its columns.
    pub columns: &'a [Column],
    /// Their cells.
    pub rows: Vec<Vec<Field<'a>>>,
    /// Rows that are not shown, in words; empty where there are none.
    pub more: String,
    /// How it fits a narrow screen: a row as a list of its cells, or smaller.
    pub narrow: &'static str,
}

/// A cell.
#[derive(Debug)]
pub struct Field<'a> {
    /// Its column.
    pub column: &'a Column,
    /// What stands in it.
    pub text: &'a str,
    /// How it is set off, for style sheets; mostly empty.
    pub tone: &'static str,
}

/// All of a list, with ids that begin alike.
pub fn shown<'a>(exhibits: &'a [Exhibit], id: &str) -> Vec<Shown<'a>> {
    exhibits.iter().enumerate().map(|(index, exhibit)| one(exhibit, format!("{id}-{}", index + 1))).collect()
}

fn one(exhibit: &Exhibit, id: String) -> Shown<'_> {
    match exhibit {
        Exhibit::Table(table) => Shown { id, title: &table.title, note: &table.note, body: Body::Table(grid(table)) },
        Exhibit::Series(series) => {
            let body = Chart::of(series).map_or(Body::Nothing, |chart| Body::Chart(Box::new(chart)));
            Shown { id, title: &series.title, note: &series.note, body }
        }
        Exhibit::Image(image) => Shown { id, title: &image.title, note: &image.note, body: Body::Image(image) },
        Exhibit::Text(text) => {
            let body = if text.text.is_empty() { Body::Nothing } else { Body::Text(&text.text) };
            Shown { id, title: &text.title, note: &text.note, body }
        }
    }
}

fn grid(table: &Table) -> Grid<'_> {
    Grid {
        columns: &table.columns,
        rows: table
            .rows
            .iter()
            .map(|row| {
                let cells = table.columns.iter().zip(row);
                cells.map(|(column, cell)| Field { column, text: &cell.text, tone: tone(cell.mark) }).collect()
            })
            .collect(),
        more: match usize::try_from(table.more).unwrap_or(usize::MAX) {
            0 => String::new(),
            more => format!("{} not shown.", count(more, "further row")),
        },
        // Columns of text have no room beside each other there; numbers have, and are to be compared.
        narrow: if table.columns.iter().any(|column| column.number) { "dense" } else { "listed" },
    }
}

fn tone(mark: Mark) -> &'static str {
    match mark {
        Mark::None => "",
        Mark::Good => "good",
        Mark::Bad => "bad",
        Mark::Warn => "warn",
        Mark::Differs => "differs",
    }
}
