//! Satisfies the pcap crate's `-lpcap` with nothing: the functions are this program's own
//! (`capture::live::binding`), and the library is looked for when somebody wants to listen.

use std::{env, fs, path::Path};

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let (Some(folder), Ok(system)) = (env::var_os("OUT_DIR"), env::var("CARGO_CFG_TARGET_OS"))
    else {
        return Err(std::io::Error::other("cargo gives OUT_DIR and the target's system"));
    };
    let folder = Path::new(&folder);
    let tools = env::var("CARGO_CFG_TARGET_ENV").unwrap_or_default();
    let name = match (system.as_str(), tools.as_str()) {
        ("windows", "msvc") => "wpcap.lib",
        ("windows", _) => "libwpcap.a",
        _ => "libpcap.a",
    };
    fs::write(folder.join(name), "!<arch>\n")?;
    println!("cargo:rustc-link-search=native={}", folder.display());
    Ok(())
}
