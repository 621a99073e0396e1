//! The pages as a browser would read them: structure, escaping, what they show and what they must not.

use std::collections::BTreeSet;

use super::view::View;
use super::{candidate_html, html};
use crate::evidence::{Fault, Reason};
use crate::judge::FindingStatus;
use crate::report::tests::{HOSTILE, graded, hostile, inconclusive, rejected, with_exhibits};
use crate::report::{CandidateReport, CriterionView, FindingView, ProofView, Report};

const VOID: [&str; 3] = ["meta", "link", "img"];

fn interviewer(report: &Report) -> String {
    html(report).expect("renders")
}

fn candidate(report: &Report) -> String {
    candidate_html(&CandidateReport::of(report)).expect("renders")
}

/// Every kind of page.
fn pages() -> Vec<String> {
    let ended = [rejected(Reason::CrashedAtStart), inconclusive(Fault::NoSpace)];
    let reports = [graded(), hostile(), many_losses(), with_exhibits("shown")].into_iter().chain(ended);
    let reports: Vec<Report> = reports.collect();
    reports.iter().flat_map(|report| [interviewer(report), candidate(report)]).collect()
}

/// A run in which each check was lost in another way.
fn many_losses() -> Report {
    use FindingStatus::{Errored, Failed, Inconclusive, NotAssessable, NotRun, Partial, TimedOut};
    let mut report = graded();
    let shown = report.findings.iter().find_map(|finding| finding.proof.first().cloned()).expect("has a proof");
    let statuses = [Failed, Partial, TimedOut, NotRun, NotAssessable, Errored, Inconclusive];
    for (finding, status) in report.findings.iter_mut().zip(statuses.into_iter().cycle()) {
        let bare = ProofView {
            test: "test_a.py::test_b".to_owned(),
            message: "did not report".to_owned(),
            expected: String::new(),
            observed: String::new(),
            arithmetic: vec![],
            timeline: vec![],
            exchanges: vec![],
            exhibits: vec![],
            reproduce: String::new(),
            status,
        };
        finding.proof = vec![ProofView { status, ..shown.clone() }, bare];
        finding.message = "the answer should be 409, but is 500".to_owned();
        finding.status = status;
        finding.points = 0;
        if status.is_ours() {
            finding.max_points = 0;
        }
    }
    for criterion in &mut report.criteria {
        (criterion.points, criterion.capped_by) = (0, None);
    }
    report.points = Some(0);
    report
}

/// Names of the tags of a page in order, closing ones with their slash, and their attributes as text.
fn tags(page: &str) -> Vec<(&str, &str)> {
    let style = page.find("<style>").expect("has a style")..page.find("</style>").expect("has a style");
    assert!(!page[style].contains("url("), "a style loads something");
    let mut tags = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("each < is a tag's");
        tags.push(tag.split_once(char::is_whitespace).unwrap_or((tag, "")));
    }
    tags
}

/// The values of an attribute.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let begin = format!(" {attribute}=\"");
    page.split(begin.as_str()).skip(1).filter_map(|part| part.split('"').next()).collect()
}

#[test]
fn pages_are_well_formed() {
    for page in pages() {
        let mut open = Vec::new();
        for (name, _) in tags(&page) {
            if let Some(closed) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "{page}");
            } else if !VOID.contains(&name) && name != "!DOCTYPE" {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn pages_hold_only_these_elements_and_attributes() {
    const ELEMENTS: &str = "!DOCTYPE a article b bdi body caption circle code dd desc details div dl dt figcaption figure g \
         h1 h2 h3 h4 h5 head header html i img li line link main mark meta nav ol p polyline pre rect section span style \
         summary svg table tbody td text th thead time title tr ul";
    const ATTRIBUTES: &str = "alt aria-hidden aria-label aria-labelledby charset class content data-label datetime href html \
         http-equiv id lang name open rel role scope src style tabindex \
         viewBox x x1 x2 y y1 y2 cx cy r points dx dy width height text-anchor";
    let elements: BTreeSet<&str> = ELEMENTS.split_whitespace().collect();
    let attributes: BTreeSet<&str> = ATTRIBUTES.split_whitespace().collect();
    for page in pages() {
        for (name, text) in tags(&page) {
            assert!(elements.contains(name.trim_start_matches('/')), "<{name}>");
            // Outside of quotes there is nothing but names: candidate text cannot leave a value.
            for name in text.split('"').step_by(2).flat_map(str::split_whitespace) {
                assert!(attributes.contains(name.trim_end_matches('=')), "<… {text}>");
            }
        }
    }
}

#[test]
fn links_lead_only_within_the_page() {
    for page in pages() {
        let ids = values(&page, "id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "{ids:?}");
        for href in values(&page, "href") {
            let inside = href.strip_prefix('#').is_some_and(|id| unique.contains(id));
            assert!(inside || href == "data:,", "{href}");
        }
        for id in values(&page, "aria-labelledby").into_iter().flat_map(str::split_whitespace) {
            assert!(unique.contains(id), "{id}");
        }
        for source in values(&page, "src") {
            let data = source.strip_prefix("data:image/png;base64,").expect("an image is in the page");
            assert!(data.chars().all(|c| c.is_ascii_alphanumeric() || "+/=&#;".contains(c)), "{data}");
        }
    }
}

#[test]
fn headings_descend_step_by_step() {
    for page in pages() {
        let mut before = 0;
        for (name, _) in tags(&page) {
            let Some(level) = name.strip_prefix('h').and_then(|level| level.parse::<u32>().ok()) else {
                continue;
            };
            assert!(level <= before + 1 && (level > 1 || before == 0), "h{level} after h{before}");
            before = level;
        }
    }
}

#[test]
fn a_policy_forbids_everything_but_the_style() {
    for page in pages() {
        let policy = "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; ";
        assert!(page.find(policy).expect("has a policy") < page.find("<style>").expect("has a style"));
        assert!(page.contains("<html lang=\"en\">"));
    }
}

#[test]
fn hostile_text_is_shown_as_text() {
    let page = interviewer(&hostile());
    assert!(!page.contains("<script"));
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    assert!(page.contains("⟨U+001B⟩[31mred⟨U+001B⟩[0m user⟨U+202E⟩gpj.exe ⟨U+200B⟩⟨U+2066⟩⟨U+000D⟩"));
    for hidden in HOSTILE.chars().filter(|c| c.is_control() || *c > '\u{7f}').filter(|c| *c != '\n') {
        assert!(!page.contains(hidden), "{hidden:?}");
        assert!(!candidate(&hostile()).contains(hidden), "{hidden:?}");
    }
}

#[test]
fn exhibits_stand_where_they_belong() {
    let report = with_exhibits("shown <b>");
    let page = interviewer(&report);
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    let order =
        ["<h2 id=\"criteria\"", "<h2 id=\"glance\"", "<h2 id=\"critical\"", "<h2 id=\"exhibits\"", "<h2 id=\"checks\""];
    assert!(order.map(at).is_sorted(), "{:?}", order.map(at));
    for told in [
        "<a href=\"#glance\">",
        "<a href=\"#exhibits\">",
        "<h4 id=\"shown-race-oversell-1-1\">shown &#60;b&#62;</h4>",
        "<caption>shown &#60;b&#62;</caption>",
        "<th scope=\"col\" role=\"columnheader\" class=\"number\">Lost</th>",
        "class=\"number\"><span class=\"bad\">shown &#60;b&#62;</span></td>",
        "<mark>shown &#60;b&#62;</mark>",
        "2 further rows not shown.",
        "role=\"img\" aria-labelledby=\"exhibit-1-title exhibit-1-desc\"",
        "<title id=\"exhibit-1-title\">shown &#60;b&#62;</title>",
        "<polyline points=",
        "width=\"2\" height=\"1\" alt=\"shown &#60;b&#62;\">",
    ] {
        assert!(page.contains(told), "{told}");
    }
    let alike = values(&page, "src");
    assert_eq!(alike.len(), 3, "one of the run and one of each of two lost tests");
    // A table stands for what was expected and observed.
    assert!(!page.contains("<h4>Expected</h4>"));
    let page = interviewer(&graded());
    assert!(!page.contains("id=\"glance\"") && !page.contains("id=\"exhibits\"") && page.contains("<h4>Expected</h4>"));
}

#[test]
fn a_forged_image_cannot_leave_its_place() {
    let mut report = with_exhibits("shown");
    let Some(crate::report::Exhibit::Image(image)) = report.exhibits.last_mut() else { panic!("no image") };
    image.png = "\"><script>alert(1)</script>".to_owned();
    let page = interviewer(&report);
    assert!(!page.contains("<script") && page.contains("base64,&#34;&#62;&#60;script&#62;"));
}

#[test]
fn what_matters_most_comes_first() {
    let report = many_losses();
    let view = View::of(&report);
    let groups: Vec<&str> = view.groups.iter().map(|group| group.id).collect();
    assert_eq!(groups, ["critical", "losses", "undecided"]);
    for group in &view.groups {
        let lost = |finding: &FindingView| finding.max_points - finding.points;
        assert!(group.losses.is_sorted_by(|a, b| lost(a.finding) >= lost(b.finding)), "{}", group.id);
        let undecided = group.id == "undecided";
        assert!(group.losses.iter().all(|loss| loss.finding.status.is_ours() == undecided));
        let critical = |finding: &FindingView| finding.critical && finding.status == FindingStatus::Failed;
        assert!(group.losses.iter().all(|loss| critical(loss.finding) == (group.id == "critical")));
    }
    let proofs = view.groups.iter().flat_map(|group| &group.losses).flat_map(|loss| &loss.proofs);
    let unfolded: Vec<bool> = proofs.map(|proof| proof.open).collect();
    assert_eq!(unfolded.iter().filter(|open| **open).count(), 6);
    assert!(unfolded.is_sorted_by(|a, b| a >= b));
}

#[test]
fn the_points_that_a_cap_takes_count_as_lost() {
    let report = graded();
    let view = View::of(&report);
    let first = &view.groups[0].losses[0];
    assert_eq!(first.finding.id, "race-oversell");
    let cap = "It caps Concurrency at 5 of 13 points, 5 fewer than its checks earned.";
    assert_eq!(first.cap.as_deref(), Some(cap));
    assert!(interviewer(&report).contains(cap));
}

#[test]
fn the_first_sentence_tells_the_outcome() {
    let summary = |report: &Report| View::of(report).summary;
    assert_eq!(summary(&graded()), "78 of 80 checks passed. 2 critical promises are broken.");
    assert!(summary(&many_losses()).ends_with(" checks could not be decided by the grader."));
    assert!(summary(&rejected(Reason::TooLarge)).starts_with("Nothing was tested"));
    assert!(summary(&inconclusive(Fault::NoSpace)).starts_with("There is no score"));
    let mut perfect = graded();
    for finding in &mut perfect.findings {
        finding.status = FindingStatus::Passed;
        finding.proof.clear();
    }
    assert_eq!(summary(&perfect), "All 80 checks passed.");
}

#[test]
fn every_loss_is_told_with_its_proof() {
    let report = graded();
    let page = interviewer(&report);
    let lost = report.findings.iter().filter(|finding| finding.status != FindingStatus::Passed);
    for finding in lost {
        assert!(page.contains(&format!("<article class=\"finding\" id=\"check-{}\">", finding.id)));
        assert!(page.contains(&finding.hint.replace('\'', "&#39;")), "{}", finding.hint);
    }
    for told in [
        "<mark>&#34;stock&#34;: 78,</mark>",
        "curl -i --path-as-is -X GET",
        "<ol class=\"arithmetic\">",
        "<svg viewBox=",
        "takehome grade stockroom SUBMISSION --only race-oversell --seed 8",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert!(page.contains("takehome grade stockroom SUBMISSION --seed 8"));
}

#[test]
fn a_rejection_tells_whose_doing_it_is_and_shows_the_log() {
    let page = interviewer(&rejected(Reason::CrashedAtStart));
    for told in ["<code>crashed-at-start</code>", "The submission’s", "Read the end of its log", "<b>0</b> of 100"] {
        assert!(page.contains(told), "{told}");
    }
    assert!(page.contains("<details class=\"row\" open>\n<summary><b>Replica a</b>"));
}

#[test]
fn an_inconclusive_page_has_no_number() {
    for page in [interviewer(&inconclusive(Fault::NoSpace)), candidate(&inconclusive(Fault::NoSpace))] {
        assert!(!page.contains(" points") && !page.contains("of 100"));
    }
    let page = interviewer(&inconclusive(Fault::NoSpace));
    assert!(page.contains("no score") && page.contains("The grader’s, or its machine’s."));
}

#[test]
fn a_candidate_sees_every_criterion_and_nothing_hidden() {
    let report = graded();
    let page = candidate(&report);
    let (_, page) = page.split_once("</style>").expect("has a style");
    for CriterionView { title, points, max_points, .. } in &report.criteria {
        assert!(page.contains(title.as_str()) && page.contains(&format!("<b>{points}</b> of {max_points}")), "{title}");
    }
    for finding in &report.findings {
        assert!(!page.contains(&finding.id) && !page.contains(&finding.title), "{}", finding.id);
        for proof in &finding.proof {
            assert!(!page.contains(&proof.test) && !page.contains(&proof.message), "{}", proof.test);
        }
    }
    for hidden in [&report.digests.grader, &report.run, "critical", "seed", "capped by"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    let page = candidate(&rejected(Reason::NeverReady));
    assert!(page.contains("it ended early <code>never-ready</code>"));
}
