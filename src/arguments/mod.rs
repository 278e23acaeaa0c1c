//! The command line.

mod site;
mod values;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::site::{SiteCheckArguments, SiteImportArguments, SiteLearnArguments};
use self::values::{at_least_one, bytes, drops, duration, log_choice, source, verdict};
use crate::{
    capture::{DEFAULT_BUFFER_BYTES, DEFAULT_SNAP_LEN, Source},
    judge::Verdict,
    present::{Format, screen::ThemeName},
};

/// Holds traffic, live or in captures, against the port matrix of System Center VMM.
///
/// Says of every conversation between the machines of a site whether it should be there and whether
/// it works: what is blocked, what is unexpected, what is proven.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours; `NO_COLOR` is heeded.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

const EXIT_CODES: &str = "\
Exit codes: 0 as expected, 1 findings, 2 could not verify (usage, bad file, no permission).

Examples:
  vmmtap site check                          is the site file good, and what does it cover?
  vmmtap check capture.pcapng                what is blocked, what is unexpected?
  vmmtap check -i eth0 --duration 5m         the same of what goes over an interface now
  vmmtap watch -i eth0                       the same in a screen, while VMM is at work
  vmmtap check --format json ring*.pcapng    the same for a script, over a ring buffer's files
  vmmtap flows capture.pcap                  the conversations alone, without a site file
  vmmtap matrix --from vmm-server --to hyperv-host --port 5985
  vmmtap firewall --format powershell -o vmm-firewall.ps1";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge captures, or an interface, against the matrix and the site, and report.
    Check(CheckArguments),
    /// The same in a terminal screen.
    Watch(WatchArguments),
    /// List the conversations of captures; needs no site file.
    Flows(FlowsArguments),
    /// Show the matrix in force, or ask whether one machine may talk to another.
    Matrix(MatrixArguments),
    /// List the inbound firewall exceptions that each machine needs.
    Firewall(FirewallArguments),
    /// Work with the site file.
    #[command(subcommand)]
    Site(SiteCommand),
    /// List the interfaces that can be listened on.
    Interfaces(InterfacesArguments),
    /// Print what a shell needs to complete this program's commands and options.
    Completions(CompletionsArguments),
    /// Print the manual page.
    Man(ManArguments),
}

/// What to do with the site file.
#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// Read the site file and say what it covers.
    Check(SiteCheckArguments),
    /// Make a site file, or bring it up to date, from what VMM exports.
    Import(SiteImportArguments),
    /// Propose a site file from captures: who serves which rule's port, with how sure that is.
    Learn(SiteLearnArguments),
}

/// For which shell.
#[derive(Args, Clone, Copy, Debug)]
pub struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Of what.
#[derive(Args, Clone, Debug)]
pub struct ManArguments {
    /// A command, such as `check` or `site check`; the program itself where nothing is said.
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// The site file's name where none is given.
pub const DEFAULT_SITE: &str = "vmmtap.toml";

/// Where the captures are and how they are read.
#[derive(Args, Debug)]
pub struct Reading {
    /// Captures: pcap or pcapng, plain or in gzip or zstd; `-` for standard input. Several are
    /// merged by time.
    #[arg(value_name = "CAPTURE", required_unless_present = "dropped", value_parser = source())]
    pub captures: Vec<Source>,
    /// A capture of nothing but what the recording machine dropped, as `pktmon etl2pcap
    /// --drop-only` makes it; may be given more than once.
    #[arg(long, value_name = "FILE", value_parser = drops())]
    pub dropped: Vec<Source>,
    /// How much is kept, and how many threads there are.
    #[command(flatten)]
    pub capacity: Capacity,
}

/// The captures, or the interface in their place.
#[derive(Args, Debug)]
pub struct Watching {
    /// Captures: pcap or pcapng, plain or in gzip or zstd; `-` for standard input. Several are
    /// merged by time.
    #[arg(value_name = "CAPTURE", required_unless_present_any = ["interface", "dropped"],
        value_parser = source())]
    pub captures: Vec<Source>,
    /// A capture of nothing but what the recording machine dropped, as `pktmon etl2pcap
    /// --drop-only` makes it; may be given more than once.
    #[arg(long, value_name = "FILE", conflicts_with = "interface", value_parser = drops())]
    pub dropped: Vec<Source>,
    /// How much is kept, and how many threads there are.
    #[command(flatten)]
    pub capacity: Capacity,
    /// Expect a port of the dynamic RPC range only where an endpoint mapper or an activation named
    /// it, or RPC is seen to be spoken there.
    #[arg(long)]
    pub strict_rpc: bool,
    /// How to listen.
    #[command(flatten)]
    pub listening: Listening,
}

/// How much is kept in memory, and who works on it.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Capacity")]
pub struct Capacity {
    /// Memory for conversations, such as 500M or 2G; beyond it the least telling ones are only
    /// counted. A quarter of the machine's where nothing is said.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<usize>,
    /// Conversations kept in detail; beyond them the least telling ones are only counted.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub max_conversations: Option<usize>,
    /// Threads that work on captures; as many as there are cores where nothing is said. What is
    /// found does not depend on them.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,
}

/// Which interface to listen on, and how.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub struct Listening {
    /// Listen on this interface, by its name, friendly name or address; `vmmtap interfaces` lists
    /// them.
    #[arg(short, long, value_name = "IFACE", conflicts_with = "captures")]
    pub interface: Option<String>,
    /// Take in what this pcap-filter(7) expression lets through, instead of what concerns the
    /// machines of the site; an empty one lets everything through.
    #[arg(long, value_name = "EXPR", requires = "interface", conflicts_with = "captures")]
    pub filter: Option<String>,
    /// End after this time, such as 90s, 5m or 1h 30m.
    #[arg(long, value_name = "TIME", requires = "interface", conflicts_with = "captures", value_parser = duration)]
    pub duration: Option<Duration>,
    /// End after so many packets.
    #[arg(long, value_name = "N", requires = "interface", conflicts_with = "captures",
        value_parser = clap::value_parser!(u64).range(1..))]
    pub packets: Option<u64>,
    /// Keep what is captured in a pcapng file.
    #[arg(short, long, value_name = "FILE", requires = "interface", conflicts_with = "captures")]
    pub write: Option<PathBuf>,
    /// Bytes kept of each packet.
    #[arg(long, value_name = "BYTES", requires = "interface", conflicts_with = "captures", default_value_t = DEFAULT_SNAP_LEN,
        value_parser = clap::value_parser!(u32).range(96..=i64::from(DEFAULT_SNAP_LEN)))]
    pub snap_length: u32,
    /// The kernel's buffer in MiB: what comes while the program is elsewhere waits there.
    #[arg(long, value_name = "MIB", requires = "interface", conflicts_with = "captures",
        default_value_t = DEFAULT_BUFFER_BYTES >> 20,
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub buffer: u32,
    /// See only what is for this machine.
    #[arg(long, requires = "interface", conflicts_with = "captures")]
    pub no_promiscuous: bool,
    /// Keep privileges and access to files after opening the interface.
    #[arg(long, requires = "interface", conflicts_with = "captures")]
    pub no_sandbox: bool,
}

/// Where and how the results are written.
#[derive(Args, Debug)]
pub struct Writing {
    /// How to write the results.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Write the results to a file.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The matrix to use.
#[derive(Args, Debug)]
pub struct MatrixChoice {
    /// A matrix of your own in the place of the page's, as TOML.
    #[arg(long = "matrix", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// The site and the matrix to judge by.
#[derive(Args, Debug)]
pub struct PolicyChoice {
    /// The site file.
    #[arg(short, long, value_name = "FILE", default_value = DEFAULT_SITE)]
    pub site: PathBuf,
    /// The matrix.
    #[command(flatten)]
    pub matrix: MatrixChoice,
}

/// `vmmtap check`.
#[derive(Args, Debug)]
pub struct CheckArguments {
    /// The captures, or the interface.
    #[command(flatten)]
    pub watching: Watching,
    /// The site and the matrix.
    #[command(flatten)]
    pub policy: PolicyChoice,
    /// The results.
    #[command(flatten)]
    pub writing: Writing,
    /// The verdicts that make the exit code 1.
    #[arg(long, value_name = "VERDICT,...", value_delimiter = ',', value_parser = verdict,
        default_value = "blocked,unexpected,mismatch")]
    pub fail_on: Vec<Verdict>,
    /// A machine's firewall log (pfirewall.log): what it dropped and let through is joined to the
    /// conversations; may be given more than once.
    #[arg(long, value_name = "MACHINE=FILE", conflicts_with = "interface", value_parser = log_choice())]
    pub firewall_log: Vec<LogChoice>,
    /// List the conversations with machines that the site does not know, too.
    #[arg(long)]
    pub all: bool,
}

/// A firewall log and whose it is.
#[derive(Clone, Debug)]
pub struct LogChoice {
    /// Name of a machine of the site.
    pub machine: String,
    /// The log.
    pub file: PathBuf,
}

/// `vmmtap watch`.
#[derive(Args, Debug)]
pub struct WatchArguments {
    /// The captures, or the interface.
    #[command(flatten)]
    pub watching: Watching,
    /// The site and the matrix.
    #[command(flatten)]
    pub policy: PolicyChoice,
    /// A filter to begin with, such as `verdict:blocked server:hv07`.
    #[arg(long, value_name = "WORDS")]
    pub show: Option<String>,
    /// Colours of the screen.
    #[arg(long, value_enum, value_name = "THEME")]
    pub theme: Option<ThemeName>,
    /// Draw with ASCII alone; so it is without being asked where the locale is not UTF-8.
    #[arg(long)]
    pub ascii: bool,
    /// Theme, columns, bell and keys, in the place of ~/.config/vmmtap/config.toml.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The verdicts that make the exit code 1.
    #[arg(long, value_name = "VERDICT,...", value_delimiter = ',', value_parser = verdict,
        default_value = "blocked,unexpected,mismatch")]
    pub fail_on: Vec<Verdict>,
}

/// `vmmtap interfaces`.
#[derive(Args, Debug)]
pub struct InterfacesArguments {
    /// The results.
    #[command(flatten)]
    pub writing: Writing,
}

/// `vmmtap flows`.
#[derive(Args, Debug)]
pub struct FlowsArguments {
    /// The captures.
    #[command(flatten)]
    pub reading: Reading,
    /// A site file, to name and judge the conversations as well.
    #[arg(short, long, value_name = "FILE")]
    pub site: Option<PathBuf>,
    /// The results.
    #[command(flatten)]
    pub writing: Writing,
}

/// `vmmtap matrix`.
#[derive(Args, Debug)]
pub struct MatrixArguments {
    /// The client: a machine, a role or an address.
    #[arg(long, value_name = "WHO")]
    pub from: Option<String>,
    /// The server: a machine, a role or an address.
    #[arg(long, value_name = "WHO")]
    pub to: Option<String>,
    /// The server's port, such as 5985 or 623/udp.
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// The site file, for machines and changed ports; vmmtap.toml is used where it is there.
    #[arg(short, long, value_name = "FILE")]
    pub site: Option<PathBuf>,
    /// The matrix.
    #[command(flatten)]
    pub matrix: MatrixChoice,
    /// The results.
    #[command(flatten)]
    pub writing: Writing,
}

/// `vmmtap firewall`.
#[derive(Args, Debug)]
pub struct FirewallArguments {
    /// Only the exceptions of this machine.
    #[arg(long, value_name = "NAME")]
    pub machine: Option<String>,
    /// Conditional rules to enable, by their ids: exceptions of conditional rules are created
    /// disabled.
    #[arg(long, value_name = "RULE,...", value_delimiter = ',')]
    pub conditional: Vec<String>,
    /// The site and the matrix.
    #[command(flatten)]
    pub policy: PolicyChoice,
    /// The results.
    #[command(flatten)]
    pub writing: Writing,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
