//! The exceptions as a script of `New-NetFirewallRule` that can be run again and again.
//!
//! Source of the parameters: Microsoft's reference of the NetSecurity module.

use ipnet::IpNet;

use super::{
    clean::{powershell_remark, powershell_string as quoted},
    names,
};
use crate::{
    flow::Transport,
    judge::{Exception, Policy, Requirement, RuleRef, Section},
};

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
# Dynamic RPC: the keyword RPC as local port opens just the ports that the RPC runtime has handed
# out, instead of the whole range 49152-65535; RPCEPMap is the keyword for the endpoint mapper that
# tells clients those ports (TCP 135). Both are used here in the place of numbers.
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

const TAIL: &str = "
Get-NetFirewallRule -Group $group -ErrorAction SilentlyContinue |
    Where-Object { $made -notcontains $_.Name } | Remove-NetFirewallRule
";

/// The script for all machines; those without Windows are told of in comments.
pub(super) fn powershell(policy: &Policy, exceptions: &[Exception]) -> String {
    let mut script = String::from(HEAD);
    script += "switch ($Machine) {\n";
    for of_machine in exceptions.chunk_by(|a, b| a.machine == b.machine) {
        let machine = policy.site.machine(of_machine[0].machine);
        if machine.may_run_windows() {
            script += &format!("    {} {{\n", quoted(&machine.name));
            of_machine.iter().for_each(|one| script += &commands(policy, one));
            script += "    }\n";
        } else {
            let name = powershell_remark(&machine.name);
            script += &format!("    # {name} does not run Windows; in its own firewall, let in:\n");
            of_machine.iter().for_each(|one| script += &remark(policy, one));
        }
    }
    script += "    default {\n        Write-Warning \"No exceptions for a machine named ${Machine}. \
               If the site file has another name for it, run this again with -Machine NAME.\"\n        \
               return\n    }\n}\n";
    script + TAIL
}

/// One command per IP version for ICMP, whose types differ; one for anything else.
fn commands(policy: &Policy, exception: &Exception) -> String {
    if exception.transport != Transport::Icmp {
        let protocol = if exception.transport == Transport::Udp { "UDP" } else { "TCP" };
        return command(policy, exception, "", protocol, &exception.remotes);
    }
    let (v4, v6): (Vec<IpNet>, Vec<IpNet>) =
        exception.remotes.iter().partition(|remote| remote.addr().is_ipv4());
    let of = |suffix, protocol, remotes: &[IpNet]| match remotes {
        [] => String::new(),
        remotes => command(policy, exception, suffix, protocol, remotes),
    };
    of("-v4", "ICMPv4 -IcmpType 8", &v4) + &of("-v6", "ICMPv6 -IcmpType 128", &v6)
}

fn command(
    policy: &Policy,
    exception: &Exception,
    suffix: &str,
    protocol: &str,
    remotes: &[IpNet],
) -> String {
    let entry = policy.entry(exception.rule);
    let id = names::rule_id(policy, exception.rule);
    let service = entry.map_or("allowed by the site file", |entry| entry.service.as_str());
    let name = rule_name(policy, exception.rule) + suffix;
    let remotes: Vec<_> = remotes.iter().map(|one| quoted(&names::network(one))).collect();
    let mut command = format!("        Set-VmmException -Name {}", quoted(&name));
    command += &format!(" -DisplayName {}", quoted(&format!("VMM: {service} ({id})")));
    command += &format!(" -Description {}", quoted(&description(policy, exception)));
    command += &format!(" -Protocol {protocol}");
    let ports = local_ports(policy, exception);
    if !ports.is_empty() {
        command += &format!(" -LocalPort {}", ports.join(","));
    }
    command += &format!(" -RemoteAddress {}", remotes.join(","));
    if entry.is_some_and(|entry| entry.requirement == Requirement::Legacy) {
        command += " -Enabled False";
    }
    command + "\n"
}

fn description(policy: &Policy, exception: &Exception) -> String {
    let entry = policy.entry(exception.rule);
    let title = policy.title(exception.rule);
    let service = entry.map_or("allowed by the site file", |entry| entry.service.as_str());
    let clients: Vec<_> =
        exception.clients.iter().map(|client| names::machine(policy, *client)).collect();
    let mut description = format!("{title}: {service}, from {}", clients.join(", "));
    match entry.map(|entry| entry.requirement) {
        Some(Requirement::Legacy) => {
            description += "; legacy, enable it only where an old release needs it";
        }
        Some(Requirement::Conditional) => {
            description += "; needed under a condition only, see vmmtap matrix";
        }
        _ => {}
    }
    if exception.assumed {
        description += "; the port is assumed";
    }
    description
}

/// One exception as a command that stands alone, for the machine that it belongs to.
pub(super) fn one_command(policy: &Policy, exception: &Exception) -> String {
    let id = names::rule_id(policy, exception.rule);
    let entry = policy.entry(exception.rule);
    let service = entry.map_or("allowed by the site file", |entry| entry.service.as_str());
    let remotes: Vec<_> =
        exception.remotes.iter().map(|one| quoted(&names::network(one))).collect();
    let mut command = format!(
        "New-NetFirewallRule -DisplayName {} -Direction Inbound -Action Allow",
        quoted(&format!("VMM: {service} ({id})"))
    );
    match exception.transport {
        Transport::Tcp => command += " -Protocol TCP",
        Transport::Udp => command += " -Protocol UDP",
        Transport::Icmp => command += " -Protocol ICMPv4 -IcmpType 8",
    }
    let ports = local_ports(policy, exception);
    if !ports.is_empty() {
        command += &format!(" -LocalPort {}", ports.join(","));
    }
    command + &format!(" -RemoteAddress {}", remotes.join(","))
}

/// A name that is the rule's alone and holds no wildcard, since it is used to find the rule again.
fn rule_name(policy: &Policy, rule: RuleRef) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let id: String = names::rule_id(policy, rule).chars().map(plain).collect();
    match rule {
        RuleRef::Entry(_) => format!("vmmtap-{id}"),
        RuleRef::Allow(number) => format!("vmmtap-site-{}-{id}", number + 1),
    }
}

/// The endpoint mapper's port.
const ENDPOINT_MAPPER: &str = "135";

fn local_ports(policy: &Policy, exception: &Exception) -> Vec<String> {
    let dynamic = policy.entry(exception.rule).is_some_and(|entry| entry.section == Section::Note);
    if dynamic {
        return vec![quoted("RPC")];
    }
    let ports = exception.ports.0.iter().map(ToString::to_string);
    let keyword = |port: String| if port == ENDPOINT_MAPPER { "RPCEPMap".to_owned() } else { port };
    ports.map(|port| quoted(&keyword(port))).collect()
}

fn remark(policy: &Policy, exception: &Exception) -> String {
    let remotes: Vec<_> = exception.remotes.iter().map(names::network).collect();
    let title = policy.title(exception.rule);
    format!(
        "    #   {} {} from {}: {}\n",
        exception.transport,
        exception.ports.join(","),
        remotes.join(", "),
        powershell_remark(&title)
    )
}
