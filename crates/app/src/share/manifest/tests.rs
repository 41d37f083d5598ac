//! Lists from real folders, pages of long lists, and lists that lie.

use super::*;
use crate::share::message::MAX_TEXT;
use limpid_crypto::ring::provider;

fn entry(f: u32, path: &str, size: u64) -> Entry {
    Entry { f, path: path.into(), size, mtime: None, exec: false, dir: false }
}

fn page(files: Vec<Entry>, total: u64, more: bool) -> Page {
    Page { id: "x".into(), hash: HASH.into(), group: GROUP as u64, total, files, more }
}

fn as_page(text: &str) -> Page {
    match Control::parse(text) {
        Ok(Some(Control::Manifest { id, hash, group, total, files, more })) => {
            Page { id, hash, group, total, files, more }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_folder_is_listed_in_order_without_links_and_hidden_files() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join("photos").join(path);
    fs::create_dir_all(at("sub/empty")).unwrap();
    fs::write(at("b.txt"), "12").unwrap();
    fs::write(at("a.txt"), "1").unwrap();
    fs::write(at(".secret"), "s").unwrap();
    fs::write(at("sub/e\u{301}.txt"), "123").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", at("link")).unwrap();
    let lone = root.path().join(".lone");
    fs::write(&lone, "xyz").unwrap();

    let scan = Scan::of(&[root.path().join("photos"), lone.clone(), lone], false).unwrap();
    let listed: Vec<(u32, &str, u64, bool)> = scan
        .files
        .iter()
        .map(|file| (file.entry.f, &*file.entry.path, file.entry.size, file.entry.dir))
        .collect();
    assert_eq!(
        listed,
        [
            (0, "photos/a.txt", 1, false),
            (1, "photos/b.txt", 2, false),
            (2, "photos/sub/empty", 0, true),
            (3, "photos/sub/\u{e9}.txt", 3, false),
            (4, ".lone", 3, false),
            (5, ".lone (2)", 3, false),
        ]
    );
    assert_eq!((scan.hidden, scan.skipped), (1, 1));
    assert_eq!(Scan::of(&[root.path().join("photos")], true).unwrap().hidden, 0);
    assert_eq!(Scan::of(&[root.path().join("missing")], false), Err(Failure::CannotRead));
}

#[test]
fn a_long_list_goes_in_pages_that_fit_and_comes_back_whole() {
    let awkward = "\u{1}\"\\".repeat(80);
    let entries: Vec<Entry> = (0..5000).map(|f| entry(f, &format!("{awkward}/{f}"), u64::from(f))).collect();
    let texts = pages(&provider(), &entries);
    assert!(texts.len() > 20 && texts.iter().all(|text| text.len() <= MAX_TEXT));
    let mut listing = Listing::default();
    let last = texts.len() - 1;
    for (number, text) in texts.iter().enumerate() {
        match listing.take(as_page(text)).unwrap() {
            None => assert!(number < last),
            Some(whole) => assert_eq!((number, whole == entries), (last, true)),
        }
    }
}

#[test]
fn lists_that_lie_are_refused() {
    let refused = |page| Listing::default().take(page).unwrap_err();
    assert_eq!(refused(page(vec![], 0, false)), Failure::PeerProtocol, "nothing offered");
    assert_eq!(refused(page(vec![entry(0, "a", 5)], 6, false)), Failure::PeerProtocol, "sums differ");
    assert_eq!(refused(page(vec![entry(1, "a", 5)], 5, false)), Failure::PeerProtocol, "out of turn");
    assert_eq!(refused(page(vec![entry(0, "a", MAX_TOTAL)], MAX_TOTAL, false)), Failure::PeerProtocol);
    let wrapping = vec![entry(0, "a", u64::MAX), entry(1, "b", 2)];
    assert_eq!(refused(page(wrapping, 1, false)), Failure::PeerProtocol);
    let folder = Entry { dir: true, ..entry(0, "a", 5) };
    assert_eq!(refused(page(vec![folder], 5, false)), Failure::PeerProtocol, "a folder with content");
    assert_eq!(refused(Page { hash: "md5".into(), ..page(vec![], 0, false) }), Failure::Version);
    assert_eq!(refused(Page { group: 1, ..page(vec![], 0, false) }), Failure::Version);
    let mut listing = Listing::default();
    listing.take(page(vec![entry(0, "a", 1)], 2, true)).unwrap();
    let other = Page { id: "y".into(), ..page(vec![entry(1, "b", 1)], 2, false) };
    assert_eq!(listing.take(other).unwrap_err(), Failure::PeerProtocol, "pages of two lists");
}

#[test]
fn a_list_without_end_is_cut_off() {
    let mut listing = Listing::default();
    let long = "x".repeat(60_000);
    let mut f = 0;
    let end = loop {
        match listing.take(page(vec![entry(f, &long, 0)], 0, true)) {
            Ok(None) => f += 1,
            other => break other,
        }
    };
    assert_eq!(end.unwrap_err(), Failure::PeerProtocol);
    assert!(f as usize * long.len() <= MAX_NAMES);
    let mut listing = Listing::default();
    let mut f = 0;
    let end = loop {
        let files = (f..f + 1000).map(|f| entry(f, "", 0)).collect();
        match listing.take(page(files, 0, true)) {
            Ok(None) => f += 1000,
            other => break other,
        }
    };
    assert_eq!(end.unwrap_err(), Failure::PeerProtocol);
    assert_eq!(f as usize, MAX_ENTRIES);
}
