//! Draws the pictures of the README: the recording `captures/add-host-mended` goes through the engine
//! and the screen as an interface's frames would, and the screen's own cells become SVG.
//!
//! `cargo run --example draw_pictures [FOLDER]` writes them, into `pictures` where nothing is said.

use std::{error::Error, fmt::Write, fs, path::Path, sync::Arc};

use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::{Buffer, Cell},
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
    style::{Color, Modifier},
};
use vmmtap::{
    capture::{CaptureFile, NANOS_PER_SECOND, Source, Timestamp},
    engine::Engine,
    identify::Site,
    judge::{Matrix, Policy, Witness},
    ledger::{Changes, Ledger, Status},
    present::screen::{Screen, Setup, draw},
};

const SIZE: (u16, u16) = (100, 26);
const RECORDING: &str = "captures/add-host-mended";

/// File, seconds of the recording that have gone by, keys, what is seen.
const PICTURES: [(&str, f64, &[KeyCode], &str); 4] = [
    ("blocked.svg", 1.9, &[], "Findings, within a second of the second SYN: hv07 drops WinRM"),
    ("detail.svg", 1.9, &[KeyCode::Enter], "the finding in detail, with the exception to create"),
    ("mended.svg", 9.0, &[], "Findings after the exception: it works since"),
    (
        "coverage.svg",
        9.0,
        &[
            KeyCode::Char('3'),
            KeyCode::Down,
            KeyCode::Down,
            KeyCode::Down,
            KeyCode::Down,
            KeyCode::Down,
            KeyCode::Enter,
        ],
        "coverage: WinRM is verified for hv07",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "pictures".to_owned());
    fs::create_dir_all(&folder)?;
    for (file, seconds, keys, title) in PICTURES {
        let picture = svg(&picture(seconds, keys)?, title)?;
        fs::write(Path::new(&folder).join(file), picture)?;
    }
    Ok(())
}

/// The screen after so many seconds of the recording and these keys.
fn picture(seconds: f64, keys: &[KeyCode]) -> Result<Buffer, Box<dyn Error>> {
    let text = fs::read_to_string(Path::new(RECORDING).join("vmmtap.toml"))?;
    let site = Site::parse("vmmtap.toml", &text)?;
    let policy = Arc::new(Policy::new(Matrix::embedded()?, site));
    let setup = Setup { source: "eth0".to_owned(), live: true, ..Setup::default() };
    let mut screen = Screen::new(setup, SIZE);
    let mut ledger = Ledger::new(Arc::clone(&policy));
    let mut engine = Engine::new(policy, 1000);
    engine.follow();
    let source = Source::File(Path::new(RECORDING).join("capture.pcap"));
    let mut capture = CaptureFile::open(&source, Arc::default())?;
    let mut end = None;
    while capture.advance() {
        let Some(frame) = capture.frame() else { break };
        let end = *end
            .get_or_insert(Timestamp(frame.time.0 + (seconds * NANOS_PER_SECOND as f64) as i64));
        if frame.time > end {
            break;
        }
        engine.feed(&frame);
    }
    engine.pass(end.unwrap_or_default());
    take_in(&mut engine, &mut ledger, &mut screen);
    for key in keys {
        screen.key(&KeyEvent::new(*key, KeyModifiers::NONE), &ledger);
        screen.refresh(&ledger);
    }
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1))?;
    Ok(terminal.draw(|frame| draw::draw(frame, &screen, &ledger))?.buffer.clone())
}

/// What the feed and the loop of the program do for each other.
fn take_in(engine: &mut Engine, ledger: &mut Ledger, screen: &mut Screen) {
    let now = engine.now().unwrap_or_default();
    let (places, renumbered) = engine.take_changes();
    let conversation = |place: u32| Some((place, engine.conversation(place)?.clone()));
    ledger.apply(Changes {
        renumbered,
        conversations: places.into_iter().filter_map(conversation).collect(),
        shed: engine.shed_tally().clone(),
        witness: Witness::new(Vec::new(), now),
        now,
    });
    screen.status = Status {
        frames: engine.frames(),
        skipped: engine.skipped(),
        now: Some(now),
        per_second: engine.per_second().clone(),
        ..Status::default()
    };
    screen.clock = now;
    screen.look_for_news(ledger);
    screen.refresh(ledger);
}

/// Width and height of a cell, and where its letters stand.
const CELL: (f64, f64, f64) = (8.4, 18.0, 13.5);
const MARGIN: f64 = 12.0;
const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d6d9e0";

/// The cells as SVG: runs of one style, each with its background.
fn svg(buffer: &Buffer, title: &str) -> Result<String, std::fmt::Error> {
    let (width, height) = (buffer.area.width, buffer.area.height);
    let full =
        (f64::from(width) * CELL.0 + 2.0 * MARGIN, f64::from(height) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{:.0}\" \
         viewBox=\"0 0 {:.0} {:.0}\" font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, \
         monospace\" font-size=\"14\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n",
        full.0,
        full.1,
        full.0,
        full.1,
        escaped(title)
    );
    for y in 0..height {
        let mut x = 0;
        while x < width {
            let first = &buffer[(x, y)];
            let same = |at: &u16| buffer[(*at, y)].style() == first.style();
            let run: Vec<u16> = (x..width).take_while(same).collect();
            let text: String = run.iter().map(|at| buffer[(*at, y)].symbol()).collect();
            write_run(&mut svg, (x, y), &text, first)?;
            x += u16::try_from(run.len()).unwrap_or(1);
        }
    }
    svg += "</svg>\n";
    Ok(svg)
}

fn write_run(svg: &mut String, (x, y): (u16, u16), text: &str, cell: &Cell) -> std::fmt::Result {
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let colour = colour(cell.fg);
    let (ink, paper) = if reversed { (BACKGROUND, Some(colour)) } else { (colour, None) };
    let left = MARGIN + f64::from(x) * CELL.0;
    let top = MARGIN + f64::from(y) * CELL.1;
    let length = text.chars().count() as f64 * CELL.0;
    if let Some(paper) = paper {
        writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{length:.1}\" height=\"{:.1}\" fill=\"{paper}\"/>",
            CELL.1
        )?;
    }
    if text.trim().is_empty() && !cell.modifier.contains(Modifier::UNDERLINED) {
        return Ok(());
    }
    let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let line = match cell.modifier.contains(Modifier::UNDERLINED) {
        true => " text-decoration=\"underline\"",
        false => "",
    };
    writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{length:.1}\" xml:space=\"preserve\" \
         fill=\"{ink}\"{bold}{line}>{}</text>",
        top + CELL.2,
        escaped(text)
    )
}

/// The colours that terminals commonly show.
fn colour(colour: Color) -> &'static str {
    match colour {
        Color::LightRed => "#ff6b6b",
        Color::LightMagenta => "#e891f0",
        Color::LightYellow => "#ffd866",
        Color::Yellow => "#c9a227",
        Color::Gray => "#b4b8c0",
        Color::LightGreen => "#7bd88f",
        Color::DarkGray => "#7d8390",
        Color::LightCyan => "#6fd6e8",
        _ => FOREGROUND,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
