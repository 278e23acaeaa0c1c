//! The arguments of `vmmtap site`.

use std::path::PathBuf;

use clap::Args;

use super::{DEFAULT_SITE, PolicyChoice, Reading, Writing};

/// `vmmtap site check`.
#[derive(Args, Debug)]
pub struct SiteCheckArguments {
    /// The site and the matrix.
    #[command(flatten)]
    pub policy: PolicyChoice,
    /// The results.
    #[command(flatten)]
    pub writing: Writing,
}

/// What to run in a VMM command shell; names no more than VMM's module has.
const HOW_TO_EXPORT: &str = r#"Run this in a VMM command shell, with the name of your VMM server in the place of vmm01:

  $vmm = Get-SCVMMServer vmm01
  & { $vmm; Get-SCVMHost; Get-SCLibraryServer; Get-SCVMMManagedComputer
      Get-SCPXEServer; Get-SCUpdateServer; Get-SCVirtualizationManager
      Get-SCLoadBalancer; Get-SCStorageProvider; Get-SCStorageFileServer
      $sql = $vmm.DatabaseServerName -replace '[\\,].*'
      [pscustomobject]@{Cmdlet='SqlServer'; Name=$sql}
      foreach ($node in $vmm.FailoverVMMNodes) {
        [pscustomobject]@{Cmdlet='VMMServer'; Name="$node"} } } |
    Select-Object Name, FQDN, RoleString, VirtualizationPlatform,
      PerimeterNetworkHost, NonTrustedDomainHost, BMCAddress, Port, TCPPort,
      Address, NetworkAddress, ProviderType, ManagedComputer, ProductVersion,
      DatabaseServerName, DatabaseInstanceName,
      @{n='Cmdlet';e={if ($_.Cmdlet) {$_.Cmdlet} else {$_.GetType().Name}}},
      @{n='IPAddresses';e={
        $url = $_.NetworkAddress -replace '^\w+://|[:/].*$'
        $names = $_.FQDN, $url, $_.Address, $_.ManagedComputer, $_.Name
        $name = $names.Where({"$_"})[0]
        [Net.Dns]::GetHostAddresses("$name").IPAddressToString -join ' '}} |
    Export-Csv vmm.csv -NoTypeInformation -Encoding UTF8

and then

  vmmtap site import vmm.csv

What one cmdlet alone exports, as CSV or through ConvertTo-Json, is taken as well, and so are a hosts file and the VMServer.ini that VMM was set up with. Give all of them at once: names in one find their addresses in another. What is no machine of VMM's own, such as domain controllers, consoles and monitoring, comes from a list of yours: a CSV with the columns Name, Roles and IPAddresses.

Run again, it adds what is new. What you changed or took out by hand stays so: the comments that begin with `# imported:` tell the program what it gave the last time. To leave a machine out for good, comment its lines out and leave that comment standing."#;

/// `vmmtap site import`.
#[derive(Args, Debug)]
#[command(after_help = HOW_TO_EXPORT)]
pub struct SiteImportArguments {
    /// Exports of VMM's cmdlets as CSV or JSON, a hosts file, a VMServer.ini; `-` for standard input.
    #[arg(value_name = "EXPORT", required = true)]
    pub exports: Vec<PathBuf>,
    /// The site file to make or to bring up to date.
    #[arg(short, long, value_name = "FILE", default_value = DEFAULT_SITE)]
    pub site: PathBuf,
    /// Write without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Show what would change and write nothing.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Ask the system's resolver for the addresses of machines that no export has any of.
    #[arg(long)]
    pub resolve: bool,
}

/// `vmmtap site learn`.
#[derive(Args, Debug)]
pub struct SiteLearnArguments {
    /// The captures.
    #[command(flatten)]
    pub reading: Reading,
    /// Write the proposal to a file that is not there yet.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
