//! All that is known of a finding, a conversation or a machine.

use ratatui::{
    style::Style,
    text::{Line, Span},
};
use textwrap::Options;

use crate::{
    capture::NANOS_PER_SECOND,
    flow::{ConnState, Event, Moment, Timeline, community_id},
    judge::{Judgement, Policy, Verdict},
    ledger::{Finding, Ledger, Row},
    present::{
        clean, names,
        screen::{
            listing::MachineLine,
            remedy,
            state::{DetailOf, Screen},
            theme::{Theme, mark},
        },
    },
};

/// Columns of the labels at the left.
const LABEL: usize = 12;

/// The lines of a detail.
#[must_use]
pub fn lines(screen: &Screen, ledger: &Ledger, of: &DetailOf) -> Vec<Line<'static>> {
    let mut page = Page::new(screen);
    match of {
        DetailOf::Machine(line) => machine(&mut page, line),
        DetailOf::Flow(place) => match ledger.row(*place) {
            Some(row) => conversation(&mut page, ledger, row),
            None => page.say("", "this conversation's detail was given up to save memory"),
        },
        DetailOf::Finding(key) => match ledger.finding(key) {
            Some(found) => finding(&mut page, ledger, found),
            None => page.say("", "this finding stands no more: its conversations were judged anew"),
        },
    }
    page.lines
}

/// Lines under way.
struct Page {
    lines: Vec<Line<'static>>,
    width: usize,
    theme: Theme,
}

impl Page {
    fn new(screen: &Screen) -> Self {
        let width = usize::from(screen.size.0).max(LABEL + 20);
        Self { lines: Vec::new(), width, theme: screen.theme() }
    }

    /// A label and a text that is wrapped beside it.
    fn say(&mut self, label: &str, text: &str) {
        self.say_in(label, text, Style::new());
    }

    fn say_in(&mut self, label: &str, text: &str, style: Style) {
        let width = self.width - LABEL - 1;
        for (line, part) in textwrap::wrap(&clean(text), Options::new(width)).iter().enumerate() {
            let label = if line == 0 { label } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(format!("{label:<LABEL$}"), self.theme.quiet),
                Span::styled(part.to_string(), style),
            ]));
        }
    }

    fn title(&mut self, mark: &str, text: &str, style: Style) {
        self.lines.push(Line::styled(format!("{mark} {}", clean(text)), style));
    }

    fn gap(&mut self) {
        self.lines.push(Line::default());
    }
}

fn finding(page: &mut Page, ledger: &Ledger, finding: &Finding) {
    let Some(row) = finding.places.last().and_then(|place| ledger.row(*place)) else { return };
    conversation(page, ledger, row);
    page.gap();
    let count = names::plural(finding.places.len() as u64, "conversation");
    let first = names::second(finding.first);
    page.say(
        "all of it",
        &format!("{count} of this kind, the first at {first} UTC; Enter lists them"),
    );
    if let Some(since) = ledger.mended(finding) {
        let text = format!("works since {} UTC, after the last failure", names::second(since));
        page.say_in("mended", &text, page.theme.good);
    }
}

fn conversation(page: &mut Page, ledger: &Ledger, row: &Row) {
    let policy = ledger.policy();
    let judgement = row.judgement(policy);
    let style = page.theme.verdict(row.verdict);
    let (client, server) = names::parties(policy, &judgement);
    let service = names::service(row.conversation.transport, row.server_end().port);
    let head = format!("{}  {client} -> {server}  {service}", row.verdict.name().to_uppercase());
    page.title(mark(row.verdict), &head, style);
    page.say("why", &policy.why(&judgement));
    page.say("evidence", &format!("{}; outcome {}", row.evidence.name(), row.outcome.name()));
    if row.verdict == Verdict::Blocked
        && let Some(remedy) = remedy::of(policy, &judgement)
    {
        page.gap();
        page.say("fix", &remedy.words);
        if let Some(command) = &remedy.command {
            page.say_in(&format!("on {}", remedy.machine), command, page.theme.accent);
            page.say("", "y copies it");
        }
    }
    page.gap();
    timeline(page, row);
    page.gap();
    sides(page, policy, row);
    page.gap();
    rules(page, policy, &judgement);
}

fn rules(page: &mut Page, policy: &Policy, judgement: &Judgement<'_>) {
    let expectation = &judgement.expectation;
    if judgement.verdict == Verdict::Outside {
        return;
    }
    page.say("expectation", expectation.kind.name());
    for rule in &expectation.rules {
        page.say("rule", &policy.title(*rule));
        let Some(entry) = policy.entry(*rule) else { continue };
        let requirement = entry.requirement.name();
        page.say("", &format!("{}; {requirement}", entry.service));
        if let Some(row) = entry.row {
            let inbound =
                if entry.page_inbound.is_empty() { "nothing" } else { &entry.page_inbound };
            page.say("the page", &format!("row {row}; as inbound rule it names: {inbound}"));
        }
        if !entry.note.is_empty() {
            let label = if entry.corrected { "corrected" } else { "note" };
            page.say(label, &entry.note);
        }
    }
    let spoken = judgement.observed().map_or("not seen", |protocol| protocol.name());
    let expected: Vec<&str> = judgement.protocols.iter().map(|one| one.name()).collect();
    let expected = if expected.is_empty() { "anything".to_owned() } else { expected.join(" or ") };
    page.say("protocol", &format!("{spoken}; expected {expected}"));
    heard(page, judgement);
}

/// What was heard of the talk, as far as it goes beyond the protocol's name.
fn heard(page: &mut Page, judgement: &Judgement<'_>) {
    let Some(heard) = judgement.conversation.heard.as_deref() else { return };
    if let Some(name) = &heard.name {
        page.say("dialled", name);
    }
    if !heard.details.is_empty() {
        page.say("", &heard.details.join(", "));
    }
    if !heard.auth.is_empty() {
        page.say("logon", &heard.auth.names().join(", "));
    }
    if !heard.interfaces.is_empty() {
        let names = heard
            .interfaces
            .iter()
            .map(|one| one.name().map_or_else(|| one.to_string(), str::to_owned));
        page.say("rpc", &names.collect::<Vec<_>>().join(", "));
    }
}

fn sides(page: &mut Page, policy: &Policy, row: &Row) {
    let ends = [
        ("client", row.client_machine, row.client_end(), row.client),
        ("server", row.server_machine, row.server_end(), !row.client),
    ];
    for (label, id, end, side) in ends {
        let machine = id.map(|id| policy.site.machine(id));
        let roles = machine.map_or_else(
            || "unknown to the site".to_owned(),
            |machine| machine.roles.names().join(" "),
        );
        let counters = row.conversation.counters[side as usize];
        page.say(
            label,
            &format!("{}  {}  {roles}", names::party(policy, id, end), names::endpoint(end),),
        );
        page.say(
            "",
            &format!(
                "{}, {} bytes of IP, {} of payload",
                names::plural(counters.packets, "packet"),
                counters.ip_bytes,
                counters.payload_bytes
            ),
        );
    }
    let conversation = &row.conversation;
    if let Some(tcp) = conversation.tcp() {
        let state = ConnState::of(conversation, row.client).name();
        let mut text = format!("{state}  {}", tcp.history(row.client));
        if let Some(nanos) = tcp.handshake() {
            let millis = nanos as f64 / (NANOS_PER_SECOND as f64 / 1000.0);
            text += &format!("  handshake {millis:.1} ms");
        }
        page.say("tcp", &text);
    }
    let [ours, theirs] = conversation.copies();
    if ours + theirs > 0 {
        let copies = names::plural(u64::from(ours + theirs), "packet");
        page.say("", &format!("{copies} recorded twice, counted once"));
    }
    if let Some(tenant) = conversation.tenant() {
        page.say("tunnel", &format!("{} {}", tenant.overlay.name(), tenant.id));
    }
    let [a, b] = conversation.ends();
    page.say("id", &community_id(a, b, conversation.transport));
}

/// What was seen, when, and how long after what came before.
fn timeline(page: &mut Page, row: &Row) {
    let conversation = &row.conversation;
    page.say("first", &format!("{} UTC", names::second(conversation.first)));
    let mut before = None;
    let mut tries = 0;
    for (time, moment) in conversation.timeline().into_iter().flat_map(Timeline::moments) {
        let since = time.since(conversation.first);
        let gap = before
            .map_or(String::new(), |before| format!("   {} later", precise(time.since(before))));
        before = Some(time);
        if moment.event == Event::Syn {
            tries += 1;
        }
        let what = moment_words(row, &moment, tries);
        page.say(&format!("+{}", precise(since)), &format!("{what}{gap}"));
    }
    let all = conversation.last.since(conversation.first);
    page.say("last", &format!("{} UTC, after {}", names::second(conversation.last), precise(all)));
}

fn moment_words(row: &Row, moment: &Moment, tries: u32) -> String {
    let who = if moment.side == row.client { "client" } else { "server" };
    match moment.event {
        Event::Syn if tries > 1 => format!("{who} asks again (SYN, try {tries})"),
        Event::Syn => format!("{who} asks (SYN)"),
        Event::SynAck => format!("{who} answers (SYN-ACK)"),
        Event::Data => format!("{who} sends its first data"),
        Event::Fin => format!("{who} closes (FIN)"),
        Event::Rst => format!("{who} resets (RST)"),
        Event::Datagram => format!("{who} sends"),
        Event::IcmpError => match row.conversation.icmp_error() {
            Some(error) => format!("{} says of the {who}'s packet: {}", error.from, error.words()),
            None => format!("an ICMP error about the {who}'s packet"),
        },
    }
}

/// `0.0 ms`, `1.02 s`.
fn precise(nanos: i64) -> String {
    let millis = nanos as f64 / (NANOS_PER_SECOND as f64 / 1000.0);
    if millis < 1000.0 { format!("{millis:.1} ms") } else { format!("{:.2} s", millis / 1000.0) }
}

fn machine(page: &mut Page, line: &MachineLine) {
    let style = page.theme.accent;
    page.title("", &format!("{}  {}", line.name, line.roles), style);
    if !line.addresses.is_empty() {
        page.say("addresses", &line.addresses);
    }
    for (verdict, count) in Verdict::ALL.into_iter().zip(line.verdicts) {
        if count > 0 {
            let text = names::plural(count, "conversation");
            let style = page.theme.verdict(verdict);
            page.say_in(&format!("{} {}", mark(verdict), verdict.name()), &text, style);
        }
    }
    page.gap();
    page.say("", "Enter lists its conversations");
    page.gap();
    for (place, peer) in line.peers.iter().enumerate() {
        page.say(if place == 0 { "talks" } else { "" }, peer);
    }
    if line.peers.is_empty() {
        page.say("talks", "not seen");
    }
}
