//! Curves → the places of a picture: two axes with ticks, lines with points and intervals. Pure.

use crate::report::{Axis, Line, Series};

/// Units of the picture; the page scales it. Small, so that its text can be read on a narrow screen.
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 424.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 236.0;
/// Points whose numbers stand in a table below the picture.
const LISTED: usize = 60;
/// Ticks of an axis, about.
const TICKS: f64 = 5.0;

/// A picture of curves.
#[derive(Debug, PartialEq)]
pub struct Chart<'a> {
    /// Its width.
    pub width: String,
    /// Its height.
    pub height: String,
    /// For those who do not see it.
    pub summary: String,
    /// Where the axes begin and end: left, right, top, bottom.
    pub frame: [String; 4],
    /// What is to the right.
    pub x: Scale<'a>,
    /// What is upwards.
    pub y: Scale<'a>,
    /// In order.
    pub curves: Vec<Curve<'a>>,
    /// The numbers, by line; empty where there are too many to read.
    pub listed: Vec<[String; 3]>,
}

/// An axis.
#[derive(Debug, PartialEq)]
pub struct Scale<'a> {
    /// What it measures.
    pub title: &'a str,
    /// Where its ticks are, and what they say.
    pub ticks: Vec<(String, String)>,
    low: f64,
    high: f64,
    log: bool,
}

/// A line.
#[derive(Debug, PartialEq)]
pub struct Curve<'a> {
    /// What it is.
    pub name: &'a str,
    /// How it is drawn: a class of the style sheet.
    pub class: String,
    /// The points that it goes through, as SVG writes them.
    pub path: String,
    /// Points that are drawn: x and y.
    pub dots: Vec<(String, String)>,
    /// Intervals: x, upper and lower end.
    pub spans: Vec<(String, String, String)>,
}

impl<'a> Chart<'a> {
    /// The picture; `None` where there is no point.
    pub fn of(series: &'a Series) -> Option<Self> {
        let points = || series.lines.iter().flat_map(|line| &line.points);
        let x = Scale::of(&series.x, points().map(|point| point[0]))?;
        let y = Scale::of(&series.y, points().flat_map(|point| point[1..].iter().copied()))?;
        // A line to compare with is told by its name.
        let told = || series.lines.iter().filter(|line| !line.dashed || line.points.len() <= 2);
        let scaled = |scale: &Axis| if scale.log { ", logarithmic" } else { "" };
        let names: Vec<&str> = series.lines.iter().map(|line| line.name.as_str()).collect();
        let lines = series.lines.iter().enumerate();
        let curves = lines.map(|(index, line)| curve(line, class(&series.lines[..index], line), &x, &y)).collect();
        Some(Self {
            width: number(WIDTH),
            height: number(HEIGHT),
            summary: format!(
                "{}{} against {}{}: {}",
                series.y.title,
                scaled(&series.y),
                series.x.title,
                scaled(&series.x),
                names.join("; ")
            ),
            frame: [LEFT, RIGHT, TOP, BOTTOM].map(number),
            x: x.placed(LEFT, RIGHT),
            y: y.placed(BOTTOM, TOP),
            curves,
            listed: if told().map(|line| line.points.len()).sum::<usize>() <= LISTED {
                told().flat_map(listed).collect()
            } else {
                vec![]
            },
        })
    }
}

impl Curve<'_> {
    /// Whether it has more than one point.
    pub fn is_line(&self) -> bool {
        self.path.contains(' ')
    }
}

impl<'a> Scale<'a> {
    /// An axis on which all values have a place.
    fn of(axis: &'a Axis, values: impl Iterator<Item = f64>) -> Option<Self> {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), value| (l.min(value), h.max(value)));
        if low > high {
            return None;
        }
        let scale = Self { title: &axis.title, ticks: vec![], low, high, log: axis.log };
        Some(if axis.log { Self { low: low / 1.4, high: high * 1.4, ..scale } } else { scale.rounded() })
    }

    /// A linear axis from a round number to a round number.
    fn rounded(self) -> Self {
        let room = if self.high > self.low { 0.0 } else { self.high.abs().max(1.0) / 2.0 };
        let (low, high) = (self.low - room, self.high + room);
        let step = step(high - low);
        Self { low: (low / step + 1e-9).floor() * step, high: (high / step - 1e-9).ceil() * step, ..self }
    }

    /// Where a value is, between 0 and 1.
    fn share(&self, value: f64) -> f64 {
        let place = |value: f64| if self.log { value.ln() } else { value };
        ((place(value) - place(self.low)) / (place(self.high) - place(self.low))).clamp(0.0, 1.0)
    }

    /// With ticks between two places of the picture.
    fn placed(mut self, from: f64, to: f64) -> Self {
        let at = |value: f64| number(from + self.share(value) * (to - from));
        self.ticks = self.values().into_iter().map(|value| (at(value), label(value))).collect();
        self
    }

    fn values(&self) -> Vec<f64> {
        if !self.log {
            let step = step(self.high - self.low);
            let count = ((self.high - self.low) / step).round() as usize;
            return (0..=count.min(20)).map(|n| self.low + n as f64 * step).collect();
        }
        let decades = (self.low.log10().floor() as i32)..=(self.high.log10().ceil() as i32);
        let span = self.high.log10() - self.low.log10();
        // Few decades need ticks inside of them, many not even each.
        let within: &[f64] = match span {
            ..1.5 => &[1.0, 2.0, 5.0],
            1.5..3.0 => &[1.0, 3.0],
            _ => &[1.0],
        };
        let every = (span / TICKS).ceil().max(1.0) as usize;
        let all = decades.step_by(every).flat_map(|decade| within.iter().map(move |part| part * 10_f64.powi(decade)));
        all.filter(|value| (self.low..=self.high).contains(value)).collect()
    }
}

/// A round step with which a span has about as many ticks as fit.
fn step(span: f64) -> f64 {
    let rough = span / TICKS;
    let decade = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|part| part * decade).find(|step| *step >= rough).unwrap_or(rough)
}

/// Colours tell lines apart, and dashes those that are something to compare with.
fn class(before: &[Line], line: &Line) -> String {
    match before.iter().filter(|other| other.dashed).count() {
        _ if !line.dashed => format!("tone-{}", before.len() % 4),
        0 => "dashed".to_owned(),
        _ => "dotted".to_owned(),
    }
}

fn curve<'a>(line: &'a Line, class: String, x: &Scale<'_>, y: &Scale<'_>) -> Curve<'a> {
    const DOTS: usize = 30;
    let right = |value: f64| number(LEFT + x.share(value) * (RIGHT - LEFT));
    let up = |value: f64| number(BOTTOM - y.share(value) * (BOTTOM - TOP));
    let places: Vec<(String, String)> = line.points.iter().map(|point| (right(point[0]), up(point[1]))).collect();
    let spans = line.points.iter().filter_map(|point| match point[..] {
        [at, _, low, high] => Some((right(at), up(high), up(low))),
        _ => None,
    });
    Curve {
        name: &line.name,
        class,
        path: places.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" "),
        spans: spans.collect(),
        dots: if places.len() <= DOTS && !line.dashed || places.len() == 1 { places } else { vec![] },
    }
}

fn listed(line: &Line) -> Vec<[String; 3]> {
    let row = |point: &Vec<f64>| {
        let y = match point[..] {
            [_, y, low, high] => format!("{} ({} to {})", label(y), label(low), label(high)),
            _ => label(point[1]),
        };
        [line.name.clone(), label(point[0]), y]
    };
    line.points.iter().map(row).collect()
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

/// A value for people: `48,000`, `0.25`, `1e9`.
fn label(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        let text = format!("{value:.3e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    let places = if size >= 1000.0 { 0 } else { 4 };
    let text = format!("{value:.places$}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if digits == "0" && part.is_empty() { "" } else { sign };
    if part.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(log: bool) -> Axis {
        Axis { title: "t".into(), log }
    }

    fn series(log: bool, points: &[&[f64]]) -> Series {
        let points = points.iter().map(|point| point.to_vec()).collect();
        let lines = vec![Line { name: "run".into(), dashed: false, points }];
        Series { title: "T".into(), note: String::new(), x: axis(log), y: axis(log), lines }
    }

    fn labels(scale: &Scale<'_>) -> Vec<String> {
        scale.ticks.iter().map(|(_, label)| label.clone()).collect()
    }

    #[test]
    fn equal_factors_are_equal_ways_on_logarithmic_axes() {
        let series = series(true, &[&[10.0, 1.0], &[100.0, 10.0], &[1000.0, 100.0]]);
        let chart = Chart::of(&series).expect("has points");
        let x: Vec<f64> = chart.curves[0].dots.iter().map(|(x, _)| x.parse().expect("a number")).collect();
        assert!(((x[1] - x[0]) - (x[2] - x[1])).abs() < 0.2, "{x:?}");
        assert_eq!(labels(&chart.x), ["10", "30", "100", "300", "1,000"]);
        assert_eq!(chart.listed[2], ["run", "1,000", "100"]);
        assert_eq!(chart.summary, "t, logarithmic against t, logarithmic: run");
    }

    #[test]
    fn two_lines_to_compare_with_are_told_apart() {
        let mut series = series(false, &[&[0.0, 0.0], &[1.0, 1.0]]);
        let line = series.lines[0].clone();
        series.lines.extend([Line { dashed: true, ..line.clone() }, Line { dashed: true, ..line.clone() }, line]);
        let chart = Chart::of(&series).expect("has points");
        let classes: Vec<&str> = chart.curves.iter().map(|curve| curve.class.as_str()).collect();
        assert_eq!(classes, ["tone-0", "dashed", "dotted", "tone-3"]);
    }

    #[test]
    fn linear_axes_end_at_round_numbers() {
        let series = series(false, &[&[0.0, 0.7, 0.68, 0.74], &[1.0, 0.9, 0.85, 0.97]]);
        let chart = Chart::of(&series).expect("has points");
        assert_eq!(labels(&chart.x), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(&chart.y), ["0.6", "0.7", "0.8", "0.9", "1"]);
        assert_eq!((chart.curves[0].spans.len(), chart.listed[0][2].as_str()), (2, "0.7 (0.68 to 0.74)"));
    }

    #[test]
    fn one_point_and_extremes_have_a_picture() {
        assert_eq!(Chart::of(&series(false, &[])), None);
        for points in [[1e15, 1e15], [-1e15, 0.0], [1e-15, 1e-15], [0.0, 0.0]] {
            let one = series(false, &[&points]);
            let chart = Chart::of(&one).expect("has a point");
            assert!(chart.x.ticks.len() <= 21 && !chart.curves[0].path.contains("NaN"), "{chart:?}");
        }
        let wide = series(true, &[&[1e-15, 1e-15], &[1e15, 1e15]]);
        let chart = Chart::of(&wide).expect("has points");
        assert!((3..9).contains(&chart.x.ticks.len()), "{chart:?}");
        let narrow = series(true, &[&[3.0, 3.0]]);
        assert_eq!(labels(&Chart::of(&narrow).expect("has a point").x).len(), 0);
    }

    #[test]
    fn numbers_for_people() {
        let labels = [(0.0, "0"), (-0.00001, "-1e-5"), (0.25, "0.25"), (-1234.6, "-1,235"), (1e6, "1,000,000")];
        for (value, expected) in labels {
            assert_eq!(label(value), expected);
        }
        assert_eq!((label(2.5e9), label(999.95)), ("2.5e9".into(), "999.95".into()));
    }
}
