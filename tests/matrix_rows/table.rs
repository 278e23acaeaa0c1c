//! The table: one line for each of the page's rows.

/// Row, conversations that it expects, and conversations just outside with the kind of expectation
/// that they have instead.
pub type Row = (u8, &'static [&'static str], &'static [(&'static str, &'static str)]);

pub const TABLE: &[Row] = &[
    (
        1,
        &[
            "vmm-server > hyperv-host tcp 80",
            "vmm-server > hyperv-host tcp 135",
            "vmm-server > hyperv-host tcp 139",
            "vmm-server > hyperv-host tcp 445",
            "vmm-server > library-server tcp 80",
            "vmm-server > library-server tcp 135",
            "vmm-server > library-server tcp 139",
            "vmm-server > library-server tcp 445",
            "vmm-server > perimeter-host tcp 445",
        ],
        &[
            ("hyperv-host > vmm-server tcp 80", "none"),
            ("hyperv-host > vmm-server tcp 445", "none"),
            ("vmm-console > hyperv-host tcp 135", "none"),
            ("vmm-server > hyperv-host tcp 136", "none"),
            ("vmm-server > hyperv-host tcp 138", "none"),
            ("vmm-server > hyperv-host tcp 444", "none"),
            ("vmm-server > hyperv-host udp 445", "none"),
            ("vmm-server > sql-server tcp 445", "companion"),
        ],
    ),
    (
        2,
        &["vmm-server > hyperv-host tcp 443", "vmm-server > library-server tcp 443"],
        &[
            ("library-server > vmm-server tcp 443", "reverse"),
            ("vmm-console > hyperv-host tcp 443", "none"),
            ("vmm-server > hyperv-host tcp 442", "none"),
            ("vmm-server > library-server tcp 444", "none"),
            ("vmm-server > hyperv-host udp 443", "none"),
        ],
    ),
    (
        3,
        &["vmm-server > hyperv-host tcp 5985", "vmm-server > library-server tcp 5985"],
        &[
            ("hyperv-host > vmm-server tcp 5985", "none"),
            ("vmm-console > hyperv-host tcp 5985", "none"),
            ("vmm-server > hyperv-host tcp 5984", "none"),
            ("vmm-server > hyperv-host udp 5985", "none"),
            ("vmm-server > sql-server tcp 5985", "none"),
        ],
    ),
    (
        4,
        &["vmm-server > hyperv-host tcp 5986", "vmm-server > perimeter-host tcp 5986"],
        &[
            ("hyperv-host > vmm-server tcp 5986", "none"),
            ("library-server > hyperv-host tcp 5986", "none"),
            ("vmm-server > hyperv-host tcp 5987", "none"),
            ("vmm-server > hyperv-host udp 5986", "none"),
        ],
    ),
    (
        5,
        &["vmm-server > guest-agent tcp 443"],
        &[
            ("guest-agent > vmm-server tcp 443", "reverse"),
            ("hyperv-host > guest-agent tcp 443", "none"),
            ("vmm-server > guest-agent tcp 444", "none"),
            ("vmm-server > guest-agent udp 443", "none"),
        ],
    ),
    (
        6,
        &["vmm-server > guest-agent tcp 5985"],
        &[
            ("guest-agent > vmm-server tcp 5985", "none"),
            ("vmm-console > guest-agent tcp 5985", "none"),
            ("vmm-server > guest-agent tcp 5986", "none"),
            ("vmm-server > guest-agent udp 5985", "none"),
        ],
    ),
    (
        7,
        &[
            "hyperv-host > other-host tcp 443",
            "other-host > hyperv-host tcp 443",
            "hyperv-host > perimeter-host tcp 443",
            "hyperv-host > vmm-server tcp 443",
        ],
        &[
            ("hyperv-host > vmm-console tcp 443", "none"),
            ("hyperv-host > other-host tcp 444", "none"),
            ("hyperv-host > other-host udp 443", "none"),
            ("sql-server > other-host tcp 443", "none"),
        ],
    ),
    (
        8,
        &["vmm-server > esxi-host tcp 22"],
        &[
            ("esxi-host > vmm-server tcp 22", "none"),
            ("hyperv-host > esxi-host tcp 22", "none"),
            ("vmm-server > esxi-host tcp 21", "none"),
            ("vmm-server > esxi-host udp 22", "none"),
            ("vmm-server > vcenter-server tcp 22", "none"),
        ],
    ),
    (
        9,
        &["vmm-server > load-balancer tcp 80", "vmm-server > load-balancer tcp 443"],
        &[
            ("load-balancer > vmm-server tcp 443", "none"),
            ("vmm-console > load-balancer tcp 443", "none"),
            ("vmm-server > load-balancer tcp 8080", "none"),
            ("vmm-server > load-balancer udp 443", "none"),
        ],
    ),
    (
        10,
        &["vmm-server > sql-server tcp 1433"],
        &[
            ("sql-server > vmm-server tcp 1433", "none"),
            ("vmm-console > sql-server tcp 1433", "none"),
            ("hyperv-host > sql-server tcp 1433", "none"),
            ("vmm-server > sql-server tcp 1434", "none"),
            ("vmm-server > sql-server udp 1433", "none"),
        ],
    ),
    (
        11,
        &[
            "vmm-server > wsus-server tcp 80",
            "vmm-server > wsus-server tcp 8530",
            "vmm-server > wsus-server tcp 443",
            "vmm-server > wsus-server tcp 8531",
        ],
        &[
            ("wsus-server > vmm-server tcp 8530", "none"),
            ("hyperv-host > wsus-server tcp 8530", "companion"),
            ("vmm-server > wsus-server tcp 8540", "none"),
            ("vmm-server > wsus-server tcp 8529", "none"),
            ("vmm-server > wsus-server udp 8530", "none"),
        ],
    ),
    (
        12,
        &["library-server > hyperv-host tcp 443", "library-server > perimeter-host tcp 443"],
        &[
            ("hyperv-host > library-server tcp 443", "reverse"),
            ("library-server > hyperv-host tcp 444", "none"),
            ("library-server > hyperv-host udp 443", "none"),
            ("library-server > guest-agent tcp 443", "none"),
        ],
    ),
    (
        13,
        &[
            "vmm-console > vmm-server tcp 8100",
            "vmm-console > vmm-server tcp 8101",
            "vmm-console > vmm-server tcp 8102",
        ],
        &[
            ("vmm-server > vmm-console tcp 8100", "none"),
            ("vmm-server > vmm-console tcp 8101", "none"),
            ("vmm-server > vmm-console tcp 8102", "none"),
            ("hyperv-host > vmm-server tcp 8100", "none"),
            ("vmm-console > vmm-server tcp 8099", "none"),
            ("vmm-console > vmm-server tcp 8103", "companion"),
            ("vmm-console > vmm-server udp 8100", "none"),
        ],
    ),
    // A call within the VMM server: no conversation on the wire is ever its.
    (
        14,
        &[],
        &[
            ("vmm-server > vmm-server tcp 5985", "none"),
            ("vmm-server > vmm-server tcp 135", "companion"),
        ],
    ),
    (
        15,
        &["vmm-server > smis-provider tcp 5988", "vmm-server > smis-provider tcp 5989"],
        &[
            ("smis-provider > vmm-server tcp 5989", "none"),
            ("hyperv-host > smis-provider tcp 5989", "none"),
            ("vmm-server > smis-provider tcp 5987", "none"),
            ("vmm-server > smis-provider tcp 5990", "none"),
            ("vmm-server > smis-provider udp 5988", "none"),
        ],
    ),
    (
        16,
        &["vmm-server > bmc tcp 443"],
        &[
            ("bmc > vmm-server tcp 443", "none"),
            ("hyperv-host > bmc tcp 443", "none"),
            ("vmm-server > bmc tcp 80", "none"),
            ("vmm-server > bmc udp 443", "none"),
        ],
    ),
    (
        17,
        &["vmm-server > bmc udp 623"],
        &[
            ("bmc > vmm-server udp 623", "none"),
            ("hyperv-host > bmc udp 623", "none"),
            ("vmm-server > bmc tcp 623", "none"),
            ("vmm-server > bmc udp 664", "none"),
            ("vmm-server > bmc udp 622", "none"),
        ],
    ),
    (
        18,
        &["winpe-agent > vmm-server tcp 8101", "winpe-agent > vmm-server tcp 8103"],
        &[
            ("vmm-server > winpe-agent tcp 8101", "reverse"),
            ("vmm-server > winpe-agent tcp 8103", "reverse"),
            ("winpe-agent > vmm-server tcp 8102", "none"),
            ("winpe-agent > vmm-server tcp 8104", "none"),
            ("winpe-agent > vmm-server udp 8101", "none"),
            ("sql-server > vmm-server tcp 8103", "none"),
        ],
    ),
    (
        19,
        &["pxe-server > vmm-server tcp 8102"],
        &[
            ("vmm-server > pxe-server tcp 8102", "reverse"),
            ("pxe-server > vmm-server tcp 8101", "none"),
            ("pxe-server > vmm-server tcp 8103", "none"),
            ("pxe-server > vmm-server udp 8102", "none"),
            ("sql-server > vmm-server tcp 8102", "none"),
        ],
    ),
    (
        20,
        &["perimeter-host > vmm-server tcp 443"],
        &[
            ("perimeter-host > vmm-server tcp 444", "none"),
            ("perimeter-host > vmm-server udp 443", "none"),
            ("perimeter-host > vmm-console tcp 443", "none"),
        ],
    ),
    (
        21,
        &["perimeter-host > library-server tcp 443"],
        &[
            ("hyperv-host > library-server tcp 443", "reverse"),
            ("perimeter-host > library-server tcp 442", "none"),
            ("perimeter-host > library-server udp 443", "none"),
        ],
    ),
    (
        22,
        &[
            "vmm-server > file-server tcp 80",
            "vmm-server > file-server tcp 135",
            "vmm-server > file-server tcp 139",
            "vmm-server > file-server tcp 445",
        ],
        &[
            ("file-server > vmm-server tcp 445", "none"),
            ("vmm-console > file-server tcp 445", "none"),
            ("hyperv-host > file-server tcp 445", "companion"),
            ("vmm-server > file-server tcp 134", "none"),
            ("vmm-server > file-server udp 139", "none"),
        ],
    ),
    (
        23,
        &["vmm-server > file-server tcp 443"],
        &[
            ("file-server > vmm-server tcp 443", "reverse"),
            ("vmm-console > file-server tcp 443", "none"),
            ("vmm-server > file-server tcp 444", "none"),
            ("vmm-server > file-server udp 443", "none"),
        ],
    ),
    (
        24,
        &["vmm-server > file-server tcp 5985", "vmm-server > file-server tcp 5986"],
        &[
            ("file-server > vmm-server tcp 5985", "none"),
            ("vmm-console > file-server tcp 5986", "none"),
            ("vmm-server > file-server tcp 5984", "none"),
            ("vmm-server > file-server tcp 5987", "none"),
            ("vmm-server > file-server udp 5985", "none"),
        ],
    ),
    (
        25,
        &["vmm-server > vcenter-server tcp 443"],
        &[
            ("hyperv-host > vcenter-server tcp 443", "none"),
            ("vmm-console > vcenter-server tcp 443", "companion"),
            ("vmm-server > vcenter-server tcp 444", "none"),
            ("vmm-server > vcenter-server udp 443", "none"),
        ],
    ),
    (
        26,
        &["vcenter-server > vmm-server tcp 443"],
        &[
            ("vcenter-server > hyperv-host tcp 443", "none"),
            ("vcenter-server > vmm-server tcp 442", "none"),
            ("vcenter-server > vmm-server udp 443", "none"),
        ],
    ),
    (
        27,
        &["vmm-server > esxi-host tcp 22", "vmm-server > esxi-host tcp 443"],
        &[
            ("hyperv-host > esxi-host tcp 22", "none"),
            ("vmm-server > esxi-host tcp 23", "none"),
            ("vmm-server > esxi-host tcp 444", "none"),
            ("vmm-server > esxi-host udp 443", "none"),
        ],
    ),
    (
        28,
        &["esxi-host > hyperv-host tcp 443", "esxi-host > hyperv-host tcp 445"],
        &[
            ("hyperv-host > esxi-host tcp 443", "reverse"),
            ("hyperv-host > esxi-host tcp 445", "none"),
            ("esxi-host > hyperv-host tcp 444", "none"),
            ("esxi-host > hyperv-host udp 445", "none"),
            ("esxi-host > library-server tcp 445", "none"),
        ],
    ),
    (
        29,
        &["esxi-host > vmm-server tcp 443"],
        &[
            ("esxi-host > vmm-server tcp 445", "none"),
            ("esxi-host > vmm-server udp 443", "none"),
            ("esxi-host > vmm-console tcp 443", "none"),
        ],
    ),
];
