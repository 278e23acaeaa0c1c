//! What a site file says beyond its machines, and what is refused with line and remedy.

#![allow(clippy::expect_used, reason = "a test that cannot go on says why")]

use vmmtap::identify::Site;

const MACHINES: &str = "\
[[machine]]
name = \"hv07\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.1.16/28\", \"2001:db8::/126\", \"10.0.3.4/31\"]
";

fn parse(rest: &str) -> Result<Site, String> {
    Site::parse("test.toml", &format!("{MACHINES}{rest}")).map_err(|error| error.to_string())
}

#[test]
fn all_addresses_of_a_prefix_belong_to_it() {
    let site = parse("").expect("a good site");
    for (ip, expected) in [
        ("10.0.1.15", false),
        ("10.0.1.16", true),
        ("10.0.1.31", true),
        ("10.0.1.32", false),
        ("2001:db8::", true),
        ("2001:db8::3", true),
        ("2001:db8::4", false),
        ("10.0.3.3", false),
        ("10.0.3.4", true),
        ("10.0.3.5", true),
        ("10.0.3.6", false),
    ] {
        let owner = site.owner(ip.parse().expect("an address"));
        assert_eq!(owner.is_some(), expected, "{ip}");
    }
}

#[test]
fn overlay_networks_are_numbers_of_24_bits() {
    for (text, own, others) in [
        ("", vec![], vec![0, 5001]),
        ("[[overlay]]\nvni = [5001]\n", vec![5001], vec![0, 5000, 5002]),
        ("[[overlay]]\nname = \"a\"\nvni = [0, 16_777_215]\n", vec![0, 16_777_215], vec![1]),
        ("[[overlay]]\nvni = [0x10]\n[[overlay]]\nvni = [2, 2]\n", vec![16, 2], vec![1, 10]),
    ] {
        let site = parse(text).expect("a good site");
        assert!(own.iter().all(|vni| site.owns_overlay(*vni)), "{text}");
        assert!(!others.iter().any(|vni| site.owns_overlay(*vni)), "{text}");
    }
}

#[test]
fn mistakes_of_overlays_and_one_way_are_named_with_line_and_remedy() {
    let allow = |transport: &str, ports: &str, one_way: &str| {
        format!(
            "[[allow]]\nname = \"a\"\nfrom = [\"any\"]\nto = [\"any\"]\n\
             transport = \"{transport}\"\nports = {ports}\none_way = {one_way}\n"
        )
    };
    let remedy = "remove one_way, or write transport = \"udp\"";
    for (text, found) in [
        ("[[overlay]]\n".to_owned(), vec!["[[overlay]] has no `vni`", "add vni = [5001]"]),
        (
            "[[overlay]]\nvni = []\n".to_owned(),
            vec!["test.toml:6:7: `vni` of [[overlay]] is empty"],
        ),
        ("[[overlay]]\nvni = 5001\n".to_owned(), vec!["test.toml:6:7: `vni` wants a list"]),
        (
            "[[overlay]]\nvni = [16777216]\n".to_owned(),
            vec!["test.toml:6:8: `vni` is not", "a number from 0 to 16777215"],
        ),
        ("[[overlay]]\nvni = [-1]\n".to_owned(), vec!["test.toml:6:8: `vni` is not"]),
        ("[[overlay]]\nvni = [1, \"2\"]\n".to_owned(), vec!["test.toml:6:11: `vni` is not"]),
        ("[[overlay]]\nvni = [1.0]\n".to_owned(), vec!["test.toml:6:8: `vni` is not"]),
        ("[[overlay]]\nvni = [1]\nname = 1\n".to_owned(), vec!["test.toml:7:8: `name` wants"]),
        ("[[overlay]]\nvnis = [1]\n".to_owned(), vec!["unknown key `vnis`", "did you mean `vni`?"]),
        ("[overlay]\nvni = [1]\n".to_owned(), vec!["`overlay` wants a list of tables"]),
        (allow("tcp", "[1]", "true"), vec!["test.toml:11:11: `one_way` is for UDP", remedy]),
        (allow("icmp", "[]", "true"), vec!["test.toml:11:11: `one_way` is for UDP", remedy]),
        (allow("udp", "[1]", "1"), vec!["test.toml:11:11: `one_way` wants true or false"]),
    ] {
        let error = parse(&text).err().unwrap_or_default();
        for part in found {
            assert!(error.contains(part), "{part}\n in\n{error}\n of\n{text}");
        }
    }
    for (text, one_way) in [
        (allow("udp", "[514]", "true"), true),
        (allow("udp", "[514]", "false"), false),
        (allow("tcp", "[514]", "false"), false),
        (allow("udp", "[514]", "false").replace("one_way = false\n", ""), false),
    ] {
        assert_eq!(parse(&text).expect("a good site").allows[0].one_way, one_way, "{text}");
    }
}
