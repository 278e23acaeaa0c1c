//! The exceptions as a script of `New-NetFirewallRule` that can be run again and again.
//!
//! Source of the parameters: Microsoft's reference of the NetSecurity module.

use std::io::{self, Write};

use super::{
    clean::{powershell_remark, powershell_string as quoted},
    client_lists::SharedLists,
    firewall::notes,
    names,
};
use crate::judge::{Exception, FirewallProtocol, Policy, Requirement, RuleRef, Section};

const HEAD: &str = "\
#Requires -RunAsAdministrator
# Inbound firewall exceptions for System Center Virtual Machine Manager, written by vmmtap.
# Run it on each Windows machine of the site; it takes the part for the machine it runs on:
#     .\\vmm-firewall.ps1                    # by computer name
#     .\\vmm-firewall.ps1 -Machine hv07      # by the name in the site file
# A rule is found by its -Name and replaced, so the script can be run again after a change; what an
# earlier run made and this one no longer does is removed. Nothing outside the group 'VMM (vmmtap)'
# is touched.
#
# Rules that are needed only under a condition (V2V conversion, WinRM over TLS, perimeter hosts) or by
# old releases are created disabled. Create a conditional rule enabled with
#     vmmtap firewall --format powershell --conditional RULE
#
# Dynamic RPC: the keyword RPC as local port opens only the ports that the RPC runtime has
# assigned, instead of the whole range 49152-65535; RPCEPMap is the keyword for the endpoint mapper
# (TCP 135), which reports those ports to clients. Both are used here instead of numbers.
param([string]$Machine = $env:COMPUTERNAME)
$ErrorActionPreference = 'Stop'
$group = 'VMM (vmmtap)'
$made = @()

function Set-VmmException {
    param([string]$Name, [string]$DisplayName, [string]$Description, [string]$Protocol,
        [string[]]$LocalPort, [string]$IcmpType, [string[]]$RemoteAddress,
        [string]$Enabled = 'True')
    Get-NetFirewallRule -Name $Name -ErrorAction SilentlyContinue | Remove-NetFirewallRule
    $rule = @{ Name = $Name; DisplayName = $DisplayName; Description = $Description
        Group = $group; Direction = 'Inbound'; Action = 'Allow'; Profile = 'Any'
        Protocol = $Protocol; RemoteAddress = $RemoteAddress; Enabled = $Enabled }
    if ($LocalPort) { $rule.LocalPort = $LocalPort }
    if ($IcmpType) { $rule.IcmpType = $IcmpType }
    New-NetFirewallRule @rule | Out-Null
    $script:made += $Name
    Write-Host \"${Machine}: $DisplayName\"
}

";

const DEFAULT: &str = "    default {
        Write-Warning \"No exceptions for a machine named ${Machine}. If the site file has another \
name for it, run this again with -Machine NAME.\"
        return
    }
}
";

const TAIL: &str = "
Get-NetFirewallRule -Group $group -ErrorAction SilentlyContinue |
    Where-Object { $made -notcontains $_.Name } | Remove-NetFirewallRule
";

/// Writes the script for all machines; those without Windows are listed in comments.
pub(super) fn powershell(
    policy: &Policy,
    exceptions: &[Exception],
    to: &mut dyn Write,
) -> io::Result<()> {
    let lists = SharedLists::new(exceptions);
    to.write_all(HEAD.as_bytes())?;
    for (number, list) in lists.iter() {
        let remotes: Vec<_> =
            list.remotes.iter().map(|one| quoted(&names::network(&one.network))).collect();
        let lines: Vec<_> = remotes.chunks(REMOTES_PER_LINE).map(|line| line.join(", ")).collect();
        writeln!(to, "$clients{number} = @(\n    {}\n)", lines.join(",\n    "))?;
    }
    to.write_all(b"switch ($Machine) {\n")?;
    for of_machine in exceptions.chunk_by(|a, b| a.machine == b.machine) {
        let machine = policy.site.machine(of_machine[0].machine);
        if machine.may_run_windows() {
            writeln!(to, "    {} {{", quoted(&machine.name))?;
            for one in of_machine {
                to.write_all(command(policy, &lists, one).as_bytes())?;
            }
            to.write_all(b"    }\n")?;
        } else {
            let name = powershell_remark(&machine.name);
            writeln!(to, "    # {name} does not run Windows; allow in its own firewall:")?;
            for one in of_machine {
                to.write_all(remark(policy, &lists, one).as_bytes())?;
            }
        }
    }
    to.write_all(DEFAULT.as_bytes())?;
    to.write_all(TAIL.as_bytes())
}

/// Addresses on a line of a shared list.
const REMOTES_PER_LINE: usize = 8;

fn command(policy: &Policy, lists: &SharedLists<'_>, exception: &Exception) -> String {
    let mut command = String::new();
    for note in notes(policy, exception) {
        command += &format!("        # {}\n", powershell_remark(&note));
    }
    command += &format!("        Set-VmmException -Name {}", quoted(&rule_name(policy, exception)));
    command += &format!(" -DisplayName {}", quoted(&display_name(policy, exception)));
    command += &format!(" -Description {}", quoted(&description(policy, exception)));
    command += &format!(" {}", matching(policy, exception));
    command += &format!(" -RemoteAddress {}", remote_addresses(lists, exception));
    if !exception.enabled {
        command += " -Enabled False";
    }
    command + "\n"
}

/// The addresses, or the variable that holds them, without those of the machine itself.
fn remote_addresses(lists: &SharedLists<'_>, exception: &Exception) -> String {
    let Some(number) = lists.number(exception) else { return literals(exception) };
    let own: String = exception
        .own_remotes()
        .map(|remote| format!(" -ne {}", quoted(&names::network(&remote.network))))
        .collect();
    if own.is_empty() { format!("$clients{number}") } else { format!("($clients{number}{own})") }
}

fn literals(exception: &Exception) -> String {
    let remotes = exception.remotes().map(|one| quoted(&names::network(&one.network)));
    remotes.collect::<Vec<_>>().join(",")
}

fn service<'a>(policy: &'a Policy, exception: &Exception) -> &'a str {
    let entry = policy.entry(exception.rule);
    entry.map_or("allowed by the site file", |entry| entry.service.as_str())
}

fn display_name(policy: &Policy, exception: &Exception) -> String {
    let id = names::rule_id(policy, exception.rule);
    format!("VMM: {} ({id})", service(policy, exception))
}

/// Clients named in a description; of more, the number.
const CLIENTS_NAMED: usize = 10;

fn description(policy: &Policy, exception: &Exception) -> String {
    let mut clients = exception.clients().map(|client| names::machine(policy, client));
    let named: Vec<String> = clients.by_ref().take(CLIENTS_NAMED).collect();
    let title = policy.title(exception.rule);
    let mut description =
        format!("{title}: {}, from {}", service(policy, exception), named.join(", "));
    match clients.count() {
        0 => {}
        more => description += &format!(" and {more} more"),
    }
    match policy.entry(exception.rule).map(|entry| entry.requirement) {
        Some(Requirement::Legacy) => {
            description += "; legacy, enable it only where an old release needs it";
        }
        Some(Requirement::Conditional) => {
            description += "; conditional, see vmmtap matrix for the condition";
        }
        _ => {}
    }
    if exception.assumed {
        description += "; the port is assumed";
    }
    description
}

/// The parameters that say which packets match: protocol, and local ports or ICMP type.
fn matching(policy: &Policy, exception: &Exception) -> String {
    let mut parameters = format!(
        "-Protocol {}",
        match exception.protocol {
            FirewallProtocol::Tcp => "TCP",
            FirewallProtocol::Udp => "UDP",
            FirewallProtocol::IcmpV4 => "ICMPv4",
            FirewallProtocol::IcmpV6 => "ICMPv6",
        }
    );
    if let Some(number) = exception.protocol.icmp_type() {
        parameters += &format!(" -IcmpType {number}");
    }
    let ports = local_ports(policy, exception);
    if !ports.is_empty() {
        parameters += &format!(" -LocalPort {}", ports.join(","));
    }
    parameters
}

/// One exception as a command that stands alone, for the machine that it belongs to.
pub(super) fn one_command(policy: &Policy, exception: &Exception) -> String {
    format!(
        "New-NetFirewallRule -DisplayName {} -Direction Inbound -Action Allow {} -RemoteAddress {}",
        quoted(&display_name(policy, exception)),
        matching(policy, exception),
        literals(exception)
    )
}

/// A name that belongs to one rule alone and holds no wildcard, since it is used to find the rule
/// again. Bytes other than lower-case letters, digits and hyphens are written as `_` and two
/// hexadecimal digits, so no two ids share a name; nothing else in the name begins like that.
fn rule_name(policy: &Policy, exception: &Exception) -> String {
    let suffix = match exception.protocol {
        FirewallProtocol::Tcp | FirewallProtocol::Udp => "",
        FirewallProtocol::IcmpV4 => "_v4",
        FirewallProtocol::IcmpV6 => "_v6",
    };
    let id = names::rule_id(policy, exception.rule);
    match exception.rule {
        RuleRef::Entry(_) => format!("vmmtap-{}{suffix}", escaped(&id)),
        RuleRef::Allow(number) => {
            let plain =
                |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
            let id: String = id.chars().map(plain).collect();
            format!("vmmtap-site_{}-{id}{suffix}", number + 1)
        }
    }
}

fn escaped(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
            other => name += &format!("_{other:02x}"),
        }
    }
    name
}

/// The endpoint mapper's port.
const ENDPOINT_MAPPER: &str = "135";

/// The ports; the keywords for RPC are valid with TCP only.
fn local_ports(policy: &Policy, exception: &Exception) -> Vec<String> {
    let is_tcp = exception.protocol == FirewallProtocol::Tcp;
    let is_note = policy.entry(exception.rule).is_some_and(|entry| entry.section == Section::Note);
    if is_tcp && is_note {
        return vec![quoted("RPC")];
    }
    let keyword = |port: String| {
        if is_tcp && port == ENDPOINT_MAPPER { "RPCEPMap".to_owned() } else { port }
    };
    exception.ports.0.iter().map(|port| quoted(&keyword(port.to_string()))).collect()
}

fn remark(policy: &Policy, lists: &SharedLists<'_>, exception: &Exception) -> String {
    let remotes: Vec<_> = match lists.number(exception) {
        Some(number) => vec![format!("the addresses in $clients{number}")],
        None => exception.remotes().map(|remote| names::network(&remote.network)).collect(),
    };
    let what = match exception.protocol.icmp_type() {
        Some(number) => format!("type {number}"),
        None => exception.ports.join(","),
    };
    let state = if exception.enabled { "" } else { " (only under a condition)" };
    let mut lines = format!(
        "    #   {} {what} from {}: {}{state}\n",
        exception.protocol.name(),
        remotes.join(", "),
        powershell_remark(&policy.title(exception.rule))
    );
    for note in notes(policy, exception) {
        lines += &format!("    #     {}\n", powershell_remark(&note));
    }
    lines
}
