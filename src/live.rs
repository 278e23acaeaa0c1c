//! Opening an interface: from the arguments to a listener, with privileges given up on the way.

use std::{
    io::BufWriter,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::{
    arguments::Listening,
    capture::{PcapngWriter, Problem, Problems, Tap, TapError, TapOptions, shown},
    confine::{Rooms, confine, make_file},
    identify::{Site, capture_filter},
    listen::{Keep, Limits, Listener},
};

/// Opens the interface and gives up what is not needed any more; in the folders `writes` files may
/// yet be made. What the user should know is told by `note`.
///
/// # Errors
/// The interface cannot be listened on, or the file that keeps the capture cannot be made.
pub fn open(
    listening: &Listening,
    site: &Site,
    writes: &[PathBuf],
    mut note: impl FnMut(&str),
) -> anyhow::Result<Listener> {
    let interface = listening.interface.as_deref().unwrap_or_default();
    let own = listening.filter.as_deref().map(str::trim);
    let mut options = TapOptions {
        interface: interface.to_owned(),
        filter: match own {
            Some(filter) => Some(filter.to_owned()).filter(|filter| !filter.is_empty()),
            None => capture_filter(site),
        },
        snap_len: listening.snap_length,
        buffer_bytes: listening.buffer << 20,
        promiscuous: !listening.no_promiscuous,
    };
    let mut problems = Problems::default();
    let tap = match Tap::open(&options) {
        Err(error @ (TapError::FilterTooLarge { .. } | TapError::BadFilter { .. }))
            if own.is_none() =>
        {
            problems.note(Problem::Unfiltered, || error.to_string());
            note(&format!("{error}; everything on {interface} is taken in"));
            options.filter = None;
            Tap::open(&options)?
        }
        opened => opened?,
    };
    tap.notes().iter().for_each(|line| note(line));
    let keep = listening.write.as_deref().map(|path| keep(path, &tap, &options)).transpose()?;
    if !listening.no_sandbox {
        give_up_privileges(&tap, writes, &mut note);
    }
    let limits = Limits { duration: listening.duration, packets: listening.packets };
    Ok(Listener::new(tap, keep, limits, problems))
}

fn give_up_privileges(tap: &Tap, writes: &[PathBuf], note: &mut impl FnMut(&str)) {
    let reads = tap.reads();
    let read = reads.iter().map(PathBuf::as_path).collect();
    let write = writes.iter().map(PathBuf::as_path).collect();
    for missing in confine(&Rooms { read, write }).missing {
        note(&missing);
    }
}

fn keep(path: &Path, tap: &Tap, options: &TapOptions) -> anyhow::Result<Keep> {
    let name = shown(path);
    if path.extension().is_some_and(|ending| ending == "pcap") {
        bail!(
            "cannot keep the capture in {name}: it is written as pcapng; end its name in .pcapng"
        );
    }
    let cannot = || format!("cannot keep the capture in {name}");
    let file = make_file(path).with_context(cannot)?;
    file.set_len(0).with_context(cannot)?;
    let filter = options.filter.as_deref();
    let writer = BufWriter::with_capacity(1 << 18, file);
    PcapngWriter::new(writer, tap.title(), tap.link(), options.snap_len, filter)
        .with_context(cannot)
}
