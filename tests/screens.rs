//! Every view as text, at three sizes; `VMMTAP_BLESS=1` writes what is drawn now.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod stage;

use std::{collections::BTreeMap, fs, path::PathBuf};

use ratatui::style::{Color, Modifier, Style};
use stage::Stage;
use vmmtap::present::screen::{
    Effect, Filter, Screen, Setup, ThemeName, View, Window, action::BINDINGS, export,
};

/// What is shown, and the keys that lead there.
const SCREENS: [(&str, &[&str]); 16] = [
    ("findings", &[]),
    ("finding in detail", &["<down>", "<enter>"]),
    ("finding in detail, scrolled to its end", &["<down>", "<enter>", "<end>"]),
    ("finding acknowledged", &["a"]),
    ("flows", &["2"]),
    ("flows sorted by client, the other way round", &["2", "sssS", "S"]),
    ("flows with a filter", &["2", "/", "verdict:ok !client:con01 /kerb|smb/", "<enter>"]),
    ("a mistake in the filter", &["2", "/", "port:5985 verdict:bloked hv07"]),
    ("column chooser", &["2", "c", "<down>", "<down>", "<enter>"]),
    ("coverage", &["3"]),
    ("pairs of a rule", &["3", "<down>", "<enter>"]),
    ("machines", &["4"]),
    ("machine in detail", &["4", "<enter>"]),
    ("held", &["p"]),
    ("help", &["?"]),
    ("help, the last page", &["?", "<end>"]),
];

fn compare(name: &str, drawn: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/screens").join(name);
    if std::env::var_os("VMMTAP_BLESS").is_some() {
        fs::write(&path, drawn).expect("written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(drawn, expected, "{name} differs; VMMTAP_BLESS=1 takes it over after a look");
}

#[test]
fn every_view_fits_every_size() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut drawn = String::new();
        for (what, keys) in SCREENS {
            let mut stage = Stage::of_scenario(Setup::default(), size);
            stage.press(keys);
            drawn += &format!("==== {what}\n{}", stage.text());
        }
        compare(&format!("{}x{}.txt", size.0, size.1), &drawn);
    }
}

#[test]
fn themes_differ_in_colour_and_never_in_text() {
    let mut drawn = String::new();
    let mut texts = Vec::new();
    for theme in ThemeName::ALL {
        let setup = Setup { theme, ..Setup::default() };
        let stage = Stage::of_scenario(setup, (80, 24));
        texts.push(stage.text());
        drawn += &format!("==== {}\n", theme.name());
        drawn += &styles(&stage);
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
    compare("themes.txt", &drawn);
}

/// The runs of one style, line by line.
fn styles(stage: &Stage) -> String {
    let buffer = stage.buffer();
    let mut lines = String::new();
    for y in 0..8 {
        let mut runs: Vec<(String, Style)> = Vec::new();
        for x in 0..stage.screen.size.0 {
            let cell = &buffer[(x, y)];
            match runs.last_mut().filter(|(_, style)| *style == cell.style()) {
                Some((text, _)) => text.push_str(cell.symbol()),
                None => runs.push((cell.symbol().to_owned(), cell.style())),
            }
        }
        for (text, style) in runs.into_iter().filter(|(text, _)| !text.trim().is_empty()) {
            lines += &format!("{y:>2} {:<24} {}\n", style_words(style), text.trim());
        }
    }
    lines
}

fn style_words(style: Style) -> String {
    let colour = style.fg.filter(|colour| *colour != Color::Reset);
    let colour = colour.map_or_else(|| "plain".to_owned(), |colour| colour.to_string());
    let modifiers = [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::REVERSED, "reversed"),
        (Modifier::UNDERLINED, "underlined"),
    ];
    let words = modifiers.iter().filter(|(one, _)| style.add_modifier.contains(*one));
    words.fold(colour, |text, (_, word)| format!("{text} {word}"))
}

#[test]
fn without_colour_nothing_has_a_colour() {
    let setup = Setup { theme: ThemeName::Mono, ..Setup::default() };
    for (what, keys) in SCREENS {
        let mut stage = Stage::of_scenario(setup.clone(), (120, 40));
        stage.press(keys);
        let coloured = stage
            .buffer()
            .content()
            .iter()
            .any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        assert!(!coloured, "{what}");
    }
}

#[test]
fn drawing_changes_nothing() {
    for (what, keys) in SCREENS {
        let mut stage = Stage::of_scenario(Setup::default(), (80, 24));
        stage.press(keys);
        let before = format!("{:?}", stage.screen);
        let first = stage.text();
        assert_eq!(first, stage.text(), "{what}");
        assert_eq!(before, format!("{:?}", stage.screen), "{what}");
    }
}

#[test]
fn any_size_can_be_drawn() {
    for size in [(1, 1), (20, 3), (39, 9), (40, 10), (41, 11), (80, 10), (300, 12), (45, 200)] {
        for (_, keys) in SCREENS {
            let mut stage = Stage::of_scenario(Setup::default(), size);
            stage.press(keys);
            stage.press(&["<pagedown>", "<up>", "<right>", "<end>", "<home>"]);
            assert_eq!(stage.text().lines().count(), usize::from(size.1));
        }
    }
}

/// Every action, by its first key, does something somewhere.
#[test]
fn every_key_of_the_table_does_something() {
    let states: [&[&str]; 7] = [
        &[],
        &["<down>"],
        &["2", "<down>", "<down>"],
        &["2", "<right>"],
        &["?"],
        &["/", "hv07", "<enter>"],
        &[":", "hv07", "<enter>"],
    ];
    let mut done: BTreeMap<&str, bool> = BTreeMap::new();
    for binding in BINDINGS {
        let key = match binding.keys[0] {
            key if key.len() == 1 => key.to_owned(),
            key => format!("<{key}>"),
        };
        for keys in states {
            let mut stage = Stage::of_scenario(Setup::default(), (80, 10));
            stage.press(keys);
            stage.screen.message = None;
            let before = format!("{:?}", stage.screen);
            let effect = stage.press(&[&key]);
            let changed = effect.is_some() || before != format!("{:?}", stage.screen);
            *done.entry(binding.name).or_default() |= changed;
        }
    }
    let idle: Vec<_> = done.iter().filter(|(_, done)| !**done).collect();
    assert!(idle.is_empty(), "{idle:?}");
}

#[test]
fn esc_always_goes_back_and_q_quits_from_everywhere() {
    for (what, keys) in SCREENS {
        let mut stage = Stage::of_scenario(Setup::default(), (80, 24));
        stage.press(keys);
        for _ in 0..5 {
            stage.press(&["<esc>"]);
        }
        let Screen { windows, prompt, filter, .. } = &stage.screen;
        assert!(windows.is_empty() && prompt.is_none() && filter.is_empty(), "{what}");
        assert_eq!(stage.press(&["q"]), Some(Effect::Quit), "{what}");
        stage.press(&["/", "q"]);
        assert_eq!(stage.press(&["<ctrl-c>"]), Some(Effect::Quit), "{what}");
    }
}

#[test]
fn a_row_that_is_opened_leads_to_its_flows() {
    let mut stage = Stage::of_scenario(Setup::default(), (80, 24));
    for (view, keys) in [
        ("1", &["<enter>", "<enter>"][..]),
        ("3", &["<down>", "<enter>", "<enter>"]),
        ("4", &["<enter>", "<enter>"]),
    ] {
        stage.press(&[view]);
        stage.press(keys);
        assert_eq!(stage.screen.view, View::Flows, "{view}");
        assert!(!stage.screen.filter.is_empty(), "{view}");
        stage.press(&["<esc>"]);
    }
}

#[test]
fn what_is_blocked_is_copied_as_the_exception_that_mends_it() {
    let mut stage = Stage::of_scenario(Setup::default(), (80, 24));
    stage.press(&["/", "verdict:blocked", "<enter>"]);
    let Some(Effect::Copy(command)) = stage.press(&["y"]) else { panic!("nothing copied") };
    assert!(command.starts_with("New-NetFirewallRule -DisplayName "), "{command}");
    assert!(
        command.contains("-Protocol TCP -LocalPort '5985' -RemoteAddress '10.20."),
        "{command}"
    );
}

#[test]
fn filters_used_before_come_back() {
    let mut stage = Stage::of_scenario(Setup::default(), (80, 24));
    stage.press(&["2", "/", "verdict:ok", "<enter>", "/", "<ctrl-u>", "port:5985", "<enter>"]);
    stage.press(&["/", "<up>", "<up>"]);
    assert!(stage.text().contains("filter: verdict:ok"), "{}", stage.text());
    stage.press(&["<up>", "<down>", "<enter>"]);
    assert_eq!(stage.screen.filter.text, "port:5985");
    stage.press(&["/", "<up>", "<down>", "<enter>"]);
    assert!(stage.screen.filter.is_empty(), "what was not typed yet is empty");
}

#[test]
fn the_mouse_selects_opens_scrolls_and_changes_views() {
    use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
    let mut stage = Stage::of_scenario(Setup::default(), (80, 24));
    let mouse = |stage: &mut Stage, kind, column, row| {
        let event = MouseEvent {
            kind,
            column,
            row,
            modifiers: ratatui::crossterm::event::KeyModifiers::NONE,
        };
        stage.screen.mouse(&event, &stage.ledger);
        stage.screen.refresh(&stage.ledger);
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    mouse(&mut stage, click, 14, 2);
    assert_eq!(stage.screen.view, View::Flows);
    mouse(&mut stage, click, 5, 6);
    assert_eq!(stage.screen.cursors[View::Flows as usize].selected, 2);
    assert!(stage.screen.windows.is_empty());
    mouse(&mut stage, click, 9, 6);
    assert!(matches!(stage.screen.windows[..], [Window::Detail(..)]));
    mouse(&mut stage, MouseEventKind::ScrollDown, 9, 6);
    mouse(&mut stage, click, 79, 23);
    stage.press(&["<esc>"]);
    mouse(&mut stage, MouseEventKind::ScrollDown, 9, 6);
    mouse(&mut stage, click, 0, 2);
    assert_eq!(stage.screen.view, View::Findings);
}

#[test]
fn what_is_exported_is_what_the_filter_shows() {
    let mut stage = Stage::of_scenario(Setup::default(), (80, 24));
    stage.press(&["2", "/", "verdict:blocked", "<enter>"]);
    let file = |name: &str| {
        export(&stage.screen, &stage.ledger, std::path::Path::new(name))
            .map_err(|error| error.to_string())
    };
    let json: serde_json::Value =
        serde_json::from_str(&file("a.json").expect("JSON")).expect("JSON");
    let rows = json["rows"].as_array().expect("rows");
    assert!(!rows.is_empty() && rows.iter().all(|row| row["verdict"] == "blocked"));
    assert_eq!(json["filter"], "verdict:blocked");
    let csv = file("a.csv").expect("CSV");
    assert_eq!(csv.lines().count(), rows.len() + 1);
    let markdown = file("a.md").expect("Markdown");
    assert!(markdown.contains("Filter: verdict:blocked"), "{markdown}");
    assert!(file("a.txt").expect_err("no such format").contains(".json, .csv or .md"));
    for view in ["1", "3", "4"] {
        let mut stage = Stage::of_scenario(Setup::default(), (80, 24));
        stage.press(&[view]);
        for name in ["a.json", "a.csv", "a.md"] {
            let text = export(&stage.screen, &stage.ledger, std::path::Path::new(name));
            assert!(text.expect("written").lines().count() >= 3, "{view} {name}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Whatever is typed: a mistake stands at a word of the line, and the screen can be drawn.
    #[test]
    fn any_filter_line_is_understood_or_shown_where_it_is_wrong(
        line in "([!a-z:,/\"\\\\0-9. -]|verdict:|port:|ip:|[(\\[ü日\u{202e}]){0,24}",
    ) {
        match Filter::parse(&line) {
            Ok(filter) => proptest::prop_assert_eq!(filter.text, line.trim()),
            Err(mistake) => proptest::prop_assert!(line.get(mistake.at).is_some_and(|word| !word.is_empty())),
        }
    }

    /// Whatever keys are pressed, in whatever order: no panic, and the selection is among the rows.
    #[test]
    fn any_keys_leave_a_screen_that_can_be_drawn(
        keys in proptest::collection::vec("[ -~]|<(enter|esc|up|down|left|right|home|end|pageup|pagedown|tab|backtab|backspace)>", 0..24),
    ) {
        let mut stage = Stage::of_scenario(Setup::default(), (60, 14));
        for key in &keys {
            stage.press(&[key]);
        }
        proptest::prop_assert_eq!(stage.text().lines().count(), 14);
        for list in 0..stage.screen.cursors.len() {
            let (len, _) = stage.screen.extent(list);
            proptest::prop_assert!(stage.screen.cursors[list].selected < len.max(1));
        }
    }
}
