//! Which argument is taken for what; only the path tests touch the file system.

use super::*;

fn git(source: &str) -> (String, &'static str, Option<String>, String) {
    match classify(source) {
        Ok(Source::Git { remote, revision, name }) => (remote.address, remote.transport, revision, name),
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn addresses_are_told_apart() {
    let check = |source: &str, address: &str, transport: &str, revision: Option<&str>, name: &str| {
        let (a, t, r, n) = git(source);
        assert_eq!((a.as_str(), t, r.as_deref(), n.as_str()), (address, transport, revision, name));
    };
    check("https://h.example/o/shop.git", "https://h.example/o/shop.git", "https", None, "shop");
    check("https://h.example/o/shop/#v1", "https://h.example/o/shop/", "https", Some("v1"), "shop");
    check("HTTPS://h.example/shop#fix/#12", "HTTPS://h.example/shop", "https", Some("fix/#12"), "shop");
    check("ssh://git@h.example:22/o/shop", "ssh://git@h.example:22/o/shop", "ssh", None, "shop");
    check("git@h.example:o/shop.git#main", "git@h.example:o/shop.git", "ssh", Some("main"), "shop");
    check("git@h.example:shop", "git@h.example:shop", "ssh", None, "shop");
    check("file:///srv/shop.git", "file:///srv/shop.git", "file", None, "shop");
}

#[test]
fn other_addresses_are_refused() {
    for source in [
        "-oProxyCommand=id",
        "--upload-pack=id",
        "http://h.example/x",
        "git://h.example/x",
        "ext::sh -c id",
        "ext::sh%20-c%20id://",
        "fd::3",
        "ftp://h.example/x",
        "ssh://-oProxyCommand=id/x",
        "https://u@-x/y",
        "https://h.example/a b",
        "https://h.example/a\nb",
    ] {
        let error = classify(source).expect_err(source);
        assert!(matches!(error, InputError::RefusedAddress { .. }), "{source}: {error}");
        assert!(!error.to_string().contains('\n'));
    }
    for source in ["https://h.example/x#", "https://h.example/x#-x", "https://h.example/x#a b"] {
        let error = classify(source).expect_err(source);
        assert!(matches!(error, InputError::UnknownRevision { .. }), "{source}: {error}");
    }
    for source in ["", "/no/such/path", "git@-bad host:x", "a:b", "no\0such"] {
        let error = classify(source).expect_err(source);
        assert!(matches!(error, InputError::Missing { .. }), "{source}: {error}");
    }
}

#[test]
fn credentials_are_not_shown() {
    let check = |address: &str, expected: &str| assert_eq!(without_credentials(address), expected);
    check("https://u:secret@h/x", "https://h/x");
    check("https://token@h/x@y", "https://h/x@y");
    check("ssh://git@h/x", "ssh://git@h/x");
    check("ssh://git:secret@h/x", "ssh://h/x");
    check("git@h:x", "git@h:x");
    let error = classify("http://u:secret@h/x").unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn paths_are_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(at("folder")).unwrap();
    fs::create_dir(at("with#hash")).unwrap();
    for name in ["a.zip", "b.TAR.GZ", "c.tgz", "d.rar", ".zip"] {
        fs::write(at(name), b"").unwrap();
    }
    let name = |source: Result<Source, InputError>| match source {
        Ok(Source::Folder { name, .. }) => format!("folder {name}"),
        Ok(Source::Zip { name, .. }) => format!("zip {name}"),
        Ok(Source::TarGz { name, .. }) => format!("tar {name}"),
        other => format!("{other:?}"),
    };
    assert_eq!(name(classify(&at("folder"))), "folder folder");
    assert_eq!(name(classify(&at("folder/"))), "folder folder");
    assert_eq!(name(classify(&at("with#hash/../folder/."))), "folder folder");
    assert_eq!(name(classify(&at("with#hash"))), "folder with#hash");
    assert_eq!(name(classify(&at("a.zip"))), "zip a");
    assert_eq!(name(classify(&at("b.TAR.GZ"))), "tar b");
    assert_eq!(name(classify(&at("c.tgz"))), "tar c");
    assert_eq!(name(classify(&at(".zip"))), "zip ");
    for source in [at("d.rar"), at("folder#main"), at("a.zip#main"), "/dev/null".to_owned()] {
        let error = classify(&source).expect_err(&source);
        assert!(matches!(error, InputError::UnknownKind { .. }), "{error}");
    }
    assert!(matches!(classify(&at("a.zip/x")), Err(InputError::Missing { .. })));
}
