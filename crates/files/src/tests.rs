use super::*;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("there").mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("set");
}

#[test]
fn every_way_to_make_a_file_makes_it_for_its_owner_alone() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    open(&at("opened")).expect("made");
    create_new(&at("created")).expect("made");
    write(&at("written"), b"x").expect("made");
    prepare_database(&at("database")).expect("made");
    make_folder(&at("deep/er")).expect("made");
    for name in ["opened", "created", "written", "database"] {
        assert_eq!(mode(&at(name)), 0o600, "{name}");
    }
    assert_eq!((mode(&at("deep")), mode(&at("deep/er"))), (0o700, 0o700));
    assert_eq!(faults(folder.path(), &["opened", "created", "written", "database"]), []);
}

#[test]
fn no_way_follows_a_link() {
    let folder = folder();
    let (victim, link) = (folder.path().join("victim"), folder.path().join("link"));
    std::fs::write(&victim, "precious").expect("written");
    for target in [victim.clone(), folder.path().join("nowhere")] {
        symlink(&target, &link).expect("linked");
        for refused in [open(&link).map(drop), read(&link).map(drop), prepare_database(&link)] {
            let said = refused.expect_err("refused").to_string();
            assert!(said.contains("symbolic link"), "{said}");
        }
        assert_eq!(create_new(&link).expect_err("refused").kind(), io::ErrorKind::AlreadyExists);
        std::fs::remove_file(&link).expect("removed");
    }
    // Beside a database, and beside a file that is written whole.
    for suffix in DATABASE_SUFFIXES {
        let beside = beside_database(&folder.path().join("database"), suffix);
        symlink(&victim, &beside).expect("linked");
        let said = prepare_database(&folder.path().join("database")).expect_err("refused").to_string();
        assert!(said.contains(suffix) && said.contains("symbolic link"), "{said}");
        std::fs::remove_file(&beside).expect("removed");
    }
    symlink(&victim, folder.path().join("key.new")).expect("linked");
    symlink(&victim, folder.path().join("key")).expect("linked");
    write(&folder.path().join("key"), b"secret").expect("written");
    assert_eq!(std::fs::read_to_string(&victim).expect("read"), "precious");
    assert_eq!(read(&folder.path().join("key")).expect("read").as_deref(), Some("secret"));
    assert_eq!(read(&folder.path().join("nothing")).expect("looked"), None);
}

#[test]
fn files_of_an_earlier_version_are_closed_to_others() {
    let folder = folder();
    let database = folder.path().join("database");
    for path in [database.clone(), beside_database(&database, "-wal")] {
        std::fs::write(&path, "").expect("written");
        set_mode(&path, 0o644);
    }
    prepare_database(&database).expect("prepared");
    assert_eq!((mode(&database), mode(&beside_database(&database, "-wal"))), (0o600, 0o600));
    let lock = folder.path().join("lock");
    std::fs::write(&lock, "").expect("written");
    set_mode(&lock, 0o664);
    open(&lock).expect("opened");
    assert_eq!(mode(&lock), 0o600);
}

#[test]
fn a_folder_that_others_may_write_is_a_fault() {
    let outer = folder();
    let folder = outer.path().join("data");
    make_folder(&folder).expect("made");
    for (of_folder, count) in [(0o700, 0), (0o750, 0), (0o755, 0), (0o770, 1), (0o757, 1), (0o777, 1)] {
        set_mode(&folder, of_folder);
        let found = faults(&folder, &[]);
        assert_eq!(found.len(), count, "{of_folder:o}: {found:?}");
        assert!(found.iter().all(|fault| fault.change.starts_with("chmod 700 /")), "{found:?}");
    }
    set_mode(&folder, 0o700);
    set_mode(outer.path(), 0o777);
    assert_eq!(faults(&folder, &[]).len(), 1, "a folder above");
    assert_eq!(faults(&outer.path().join("not yet made"), &[]).len(), 1, "also before it is made");
    set_mode(outer.path(), 0o1777);
    assert_eq!(faults(&folder, &[]), [], "as /tmp");
}

#[test]
fn a_file_that_others_may_write_or_a_link_is_a_fault() {
    let folder = folder();
    let database = folder.path().join("database");
    for name in [database.clone(), beside_database(&database, "-wal"), beside_database(&database, "-shm")] {
        std::fs::write(&name, "").expect("written");
        for (of_file, count) in [(0o600, 0), (0o644, 0), (0o660, 1), (0o602, 1)] {
            set_mode(&name, of_file);
            assert_eq!(faults(folder.path(), &["database"]).len(), count, "{} {of_file:o}", name.display());
        }
        std::fs::remove_file(&name).expect("removed");
        symlink("/etc/hostname", &name).expect("linked");
        let found = faults(folder.path(), &["database"]);
        assert!(found.len() == 1 && found[0].what.contains("symbolic link"), "{found:?}");
        std::fs::remove_file(&name).expect("removed");
    }
    assert!(faults(&folder.path().join("nowhere"), &["database"]).is_empty());
}

#[test]
fn what_belongs_to_another_user_is_a_fault() {
    // Root may give a file away; an ordinary user looks at root's.
    if own_user() == 0 {
        let folder = folder();
        std::fs::write(folder.path().join("database"), "").expect("written");
        std::os::unix::fs::chown(folder.path().join("database"), Some(65_534), None).expect("given away");
        let found = faults(folder.path(), &["database"]);
        assert!(found.len() == 1 && found[0].what.contains("nobody"), "{found:?}");
        std::os::unix::fs::chown(folder.path(), Some(65_534), None).expect("given away");
        assert_eq!(faults(folder.path(), &[]).len(), 1);
    } else {
        let found = faults(Path::new("/etc"), &["passwd"]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].change.contains("sudo -u root"), "{found:?}");
    }
}
