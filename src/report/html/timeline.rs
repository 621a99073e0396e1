//! The timeline of a proof → the places of a picture: one row a request, one line a moment. Pure.

use super::text::duration;
use crate::report::BarView;

/// Units of the picture; the page scales it.
const LABEL: f64 = 288.0;
const CHART: f64 = 400.0;
const ANSWER: f64 = 104.0;
const ROW: f64 = 16.0;
const TOP: f64 = 18.0;

/// A picture of requests over time.
#[derive(Debug, PartialEq)]
pub struct Timeline {
    /// Its width.
    pub width: String,
    /// Its height.
    pub height: String,
    /// For those who do not see it.
    pub summary: String,
    /// Where the rows end.
    pub bottom: String,
    /// In order of time.
    pub rows: Vec<Row>,
    /// Vertical lines.
    pub moments: Vec<Moment>,
    /// The begin of the chart.
    pub left: String,
    /// Its end.
    pub right: String,
    /// What its whole width is.
    pub span: String,
}

/// A request.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// Replica and request.
    pub label: String,
    /// What came back.
    pub answer: String,
    /// `ok`, `refused` or `bad`.
    pub tone: &'static str,
    /// Base line of its text.
    pub text_y: String,
    /// Top of its bar.
    pub bar_y: String,
    /// Begin of its bar.
    pub x: String,
    /// Length of its bar.
    pub length: String,
    /// Begin of its answer.
    pub answer_x: String,
}

/// A moment.
#[derive(Debug, PartialEq)]
pub struct Moment {
    /// What happened.
    pub label: String,
    /// Where.
    pub x: String,
    /// `start` or `end`: on which side of the line there is room for the label.
    pub anchor: &'static str,
}

impl Timeline {
    /// The picture; `None` where one request tells nothing about time.
    pub fn of(bars: &[BarView]) -> Option<Self> {
        let (moments, requests): (Vec<_>, Vec<_>) = bars.iter().partition(|bar| bar.lane.is_empty());
        if requests.len() < 2 {
            return None;
        }
        let end = bars.iter().map(|bar| bar.at_ms + bar.took_ms).fold(0.0, f64::max).max(0.001);
        let x = |at: f64| LABEL + (at / end).clamp(0.0, 1.0) * CHART;
        let number = |value: f64| format!("{value:.1}");
        let top = if moments.is_empty() { 2.0 } else { TOP };
        let rows: Vec<Row> = requests
            .iter()
            .enumerate()
            .map(|(index, bar)| {
                let y = top + index as f64 * ROW;
                Row {
                    label: shorten(&format!("{}  {}", bar.lane, bar.label)),
                    answer: bar.answer.clone(),
                    tone: tone(&bar.answer),
                    text_y: number(y + 11.5),
                    bar_y: number(y + 3.0),
                    x: number(x(bar.at_ms)),
                    length: number((x(bar.at_ms + bar.took_ms) - x(bar.at_ms)).max(1.5)),
                    answer_x: number(LABEL + CHART + 8.0),
                }
            })
            .collect();
        let bottom = top + rows.len() as f64 * ROW;
        let answered = requests.iter().filter(|bar| !bar.answer.is_empty());
        let lanes: std::collections::BTreeSet<&str> = answered.map(|bar| bar.lane.as_str()).collect();
        Some(Self {
            width: number(LABEL + CHART + ANSWER),
            height: number(bottom + 16.0),
            summary: format!("{} requests to {} replicas within {}", rows.len(), lanes.len(), duration(end)),
            bottom: number(bottom),
            moments: moments
                .iter()
                .map(|moment| Moment {
                    label: moment.label.clone(),
                    x: number(x(moment.at_ms)),
                    anchor: if moment.at_ms * 2.0 > end { "end" } else { "start" },
                })
                .collect(),
            rows,
            left: number(LABEL),
            right: number(LABEL + CHART),
            span: duration(end),
        })
    }
}

fn tone(answer: &str) -> &'static str {
    match answer.as_bytes().first() {
        Some(b'2') => "ok",
        Some(b'4') => "refused",
        _ => "bad",
    }
}

/// What fits before the chart.
fn shorten(text: &str) -> String {
    const MOST: usize = 42;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST - 1).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(lane: &str, answer: &str, at_ms: f64, took_ms: f64) -> BarView {
        BarView { lane: lane.into(), label: "GET /x".into(), answer: answer.into(), at_ms, took_ms }
    }

    #[test]
    fn bars_lie_where_their_times_are() {
        let bars = [bar("A", "201", 0.0, 50.0), bar("B", "409", 50.0, 50.0), bar("", "", 75.0, 0.0)];
        let timeline = Timeline::of(&bars).expect("two requests");
        assert_eq!((timeline.rows[0].x.as_str(), timeline.rows[0].length.as_str()), ("288.0", "200.0"));
        assert_eq!((timeline.rows[1].x.as_str(), timeline.rows[1].tone), ("488.0", "refused"));
        assert_eq!((timeline.moments[0].x.as_str(), timeline.moments[0].anchor), ("588.0", "end"));
        assert_eq!(Timeline::of(&bars[..1]), None);
    }
}
