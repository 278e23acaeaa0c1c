//! RPC interfaces by their identifiers.

use uuid::{Uuid, uuid};

/// The name of a known interface.
pub(super) fn name(interface: Uuid) -> Option<&'static str> {
    KNOWN.iter().find(|(known, _)| *known == interface).map(|(_, name)| *name)
}

/// Interfaces as their specifications name them (the section "Standards Assignments" of each).
const KNOWN: &[(Uuid, &str)] = &[
    // C706, appendix O.
    (uuid!("e1af8308-5d1f-11c9-91a4-08002b14a0fa"), "epmapper"),
    // [MS-DCOM]
    (uuid!("000001a0-0000-0000-c000-000000000046"), "IRemoteSCMActivator"),
    (uuid!("4d9f4ab8-7d1c-11cf-861e-0020af6e7c57"), "IActivation"),
    (uuid!("99fcfec4-5260-101b-bbcb-00aa0021347a"), "IObjectExporter"),
    (uuid!("00000131-0000-0000-c000-000000000046"), "IRemUnknown"),
    (uuid!("00000143-0000-0000-c000-000000000046"), "IRemUnknown2"),
    // [MS-WMI]
    (uuid!("f309ad18-d86a-11d0-a075-00c04fb68820"), "IWbemLevel1Login"),
    (uuid!("9556dc99-828c-11cf-a37e-00aa003240c7"), "IWbemServices"),
    (uuid!("d4781cd6-e5d3-44df-ad94-930efe48a887"), "IWbemLoginClientID"),
    (uuid!("1c1c45ee-4395-11d2-b60b-00104b703efd"), "IWbemFetchSmartEnum"),
    (uuid!("423ec01e-2e35-11d2-b604-00104b703efd"), "IWbemWCOSmartEnum"),
    (uuid!("027947e1-d731-11ce-a357-000000000001"), "IEnumWbemClassObject"),
    // [MS-SCMR], [MS-SRVS], [MS-WKST], [MS-RRP]
    (uuid!("367abb81-9844-35f1-ad32-98f038001003"), "svcctl"),
    (uuid!("4b324fc8-1670-01d3-1278-5a47bf6ee188"), "srvsvc"),
    (uuid!("6bffd098-a112-3610-9833-46c3f87e345a"), "wkssvc"),
    (uuid!("338cd001-2244-31f1-aaaa-900038001003"), "winreg"),
    // [MS-SAMR], [MS-LSAD], [MS-DSSP], [MS-NRPC], [MS-DRSR]
    (uuid!("12345778-1234-abcd-ef00-0123456789ac"), "samr"),
    (uuid!("12345778-1234-abcd-ef00-0123456789ab"), "lsarpc"),
    (uuid!("3919286a-b10c-11d0-9ba8-00c04fd92ef5"), "dssetup"),
    (uuid!("12345678-1234-abcd-ef00-01234567cffb"), "netlogon"),
    (uuid!("e3514235-4b06-11d1-ab04-00c04fc2dcd2"), "drsuapi"),
    // [MS-TSCH]
    (uuid!("86d35949-83c9-4044-b424-db363231fd0c"), "ITaskSchedulerService"),
    (uuid!("1ff70682-0a51-30e8-076d-740be8cee98b"), "atsvc"),
    // [MS-EVEN], [MS-EVEN6]
    (uuid!("82273fdc-e32a-18c3-3f78-827929dc23ea"), "eventlog"),
    (uuid!("f6beaff7-1e19-4fbb-9f8f-b89e2018337c"), "IEventService"),
    // [MS-RPRN], [MS-PAR]
    (uuid!("12345678-1234-abcd-ef00-0123456789ab"), "winspool"),
    (uuid!("76f03f96-cdfd-44fc-a22c-64950a001209"), "IRemoteWinspool"),
    // [MS-CMRP], [MS-FASP], [MS-DNSP], [MS-RSP], [MS-EFSR], [MS-DFSNM], [MS-FSRVP]
    (uuid!("b97db8b2-4c63-11cf-bff6-08002be23f2f"), "clusapi"),
    (uuid!("6b5bdd1e-528c-422c-af8c-a4079be4fe48"), "RemoteFW"),
    (uuid!("50abc2a4-574d-40b3-9d66-ee4fd5fba076"), "DnsServer"),
    (uuid!("d95afe70-a6d5-4259-822e-2c84da1ddb0d"), "WindowsShutdown"),
    (uuid!("c681d488-d850-11d0-8c52-00c04fd90f7e"), "efsrpc"),
    (uuid!("4fc742e0-4a10-11cf-8273-00aa004ae673"), "netdfs"),
    (uuid!("a8e0653c-2744-4389-a61d-7373df8b2292"), "FileServerVssAgent"),
    // [MS-RPCE], the management interface of C706, appendix Q.
    (uuid!("afa8bd80-7d8a-11c9-bef4-08002b102989"), "mgmt"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_interface_has_two_names() {
        let unique: std::collections::BTreeSet<Uuid> = KNOWN.iter().map(|(one, _)| *one).collect();
        assert_eq!(unique.len(), KNOWN.len());
    }
}
