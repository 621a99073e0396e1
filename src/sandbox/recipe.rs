//! What images are made from, as data: pure, so that a digest decides whether to build.
//!
//! An image's tag carries the digest of its Dockerfile, its files and its parent's
//! tag. A changed lock builds a new image; an unchanged one builds nothing. The
//! host's CA bundle takes part in the build but not in the digest.

use sha2::{Digest, Sha256};

const BASE: &str = include_str!("../../docker/base.Dockerfile");
const PACKAGES: &str = include_str!("../../docker/packages.Dockerfile");
const EXAMINER: &str = include_str!("../../docker/examiner.Dockerfile");
const UV_LOCK: &str = include_str!("../../docker/requirements/uv.lock");
const EXAMINER_LOCK: &str = include_str!("../../docker/requirements/examiner.lock");

/// What submissions of a specialization run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runtime {
    /// Kebab name, as a task's manifest has it.
    pub name: &'static str,
    /// Locked requirements.
    pub lock: &'static str,
    /// Packages that are Debian's, with spaces between them.
    pub debian: &'static str,
    /// Distributions that these are. Whatever version is pinned, this one is used.
    pub from_debian: &'static [&'static str],
    /// Distributions that stand for others of the same releases.
    pub instead: &'static [(&'static str, &'static str)],
}

const RUNTIMES: [Runtime; 3] = [
    Runtime {
        name: "stockroom",
        lock: include_str!("../../docker/requirements/stockroom.lock"),
        debian: "",
        from_debian: &[],
        instead: &[],
    },
    Runtime {
        name: "orders-audit",
        lock: include_str!("../../docker/requirements/orders-audit.lock"),
        debian: "",
        from_debian: &[],
        instead: &[],
    },
    // The index has PyTorch for x86_64 only with CUDA, which does not start without 3 GB of libraries.
    Runtime {
        name: "churn-scoring",
        lock: include_str!("../../docker/requirements/churn-scoring.lock"),
        debian: "python3-torch",
        from_debian: &["torch"],
        instead: &[("xgboost", "xgboost-cpu")],
    },
];

/// Debian packages of the base, where it is bootstrapped.
pub const BASE_PACKAGES: &str = "python3,python3-venv,ca-certificates,tzdata";
/// The Debian release of the base.
pub const DEBIAN_RELEASE: &str = "bookworm";
/// The base where a registry answers.
pub const DEBIAN_IMAGE: &str = "debian:bookworm-slim";

/// Where images have their packages; `packages.Dockerfile` says the same.
pub const PACKAGES_DIR: &str = "/opt/venv";

/// An image to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Short name for people, such as `runtime-stockroom`.
    pub name: String,
    /// Repository and tag; the tag is the digest.
    pub tag: String,
    /// The Dockerfile.
    pub dockerfile: &'static str,
    /// Files of the build context besides the CA bundle.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// Build argument that names the parent, and the parent.
    pub parent: (&'static str, Parent),
}

/// What an image is built on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// Debian itself: pulled or bootstrapped.
    Debian,
    /// Another image of ours.
    Recipe(Box<Recipe>),
}

impl Recipe {
    fn new(
        name: &str,
        dockerfile: &'static str,
        files: Vec<(&'static str, Vec<u8>)>,
        parent: (&'static str, Parent),
    ) -> Self {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        field(dockerfile.as_bytes());
        for (path, bytes) in &files {
            field(path.as_bytes());
            field(bytes);
        }
        match &parent.1 {
            Parent::Debian => field(DEBIAN_IMAGE.as_bytes()),
            Parent::Recipe(recipe) => field(recipe.tag.as_bytes()),
        }
        let digest = hex::encode(hash.finalize());
        Self { name: name.to_owned(), tag: format!("takehome/{name}:{}", &digest[..16]), dockerfile, files, parent }
    }

    /// Debian with Python.
    pub fn base() -> Self {
        Self::new("base", BASE, vec![("uv.lock", UV_LOCK.into())], ("DEBIAN", Parent::Debian))
    }

    fn packages(name: &str, lock: &str, debian: &str) -> Self {
        let parent = ("BASE", Parent::Recipe(Box::new(Self::base())));
        Self::new(name, PACKAGES, vec![("requirements.lock", lock.into()), ("debian.list", debian.into())], parent)
    }

    /// What submissions of a runtime run on; `None` for an unknown runtime.
    pub fn runtime(name: &str) -> Option<Self> {
        runtime(name).map(|runtime| Self::packages(&format!("runtime-{name}"), runtime.lock, runtime.debian))
    }

    /// The examiner and the holder. `runner` is the executable of this program.
    pub fn examiner(runner: Vec<u8>) -> Self {
        let packages = Self::packages("examiner-packages", EXAMINER_LOCK, "");
        let parent = ("PACKAGES", Parent::Recipe(Box::new(packages)));
        Self::new("examiner", EXAMINER, vec![("takehome", runner)], parent)
    }

    /// This image and those that it is built on, parents first.
    pub fn chain(&self) -> Vec<&Self> {
        let mut chain = match &self.parent.1 {
            Parent::Debian => Vec::new(),
            Parent::Recipe(parent) => parent.chain(),
        };
        chain.push(self);
        chain
    }
}

/// The names of all runtimes.
pub fn runtime_names() -> impl Iterator<Item = &'static str> {
    RUNTIMES.iter().map(|runtime| runtime.name)
}

/// A runtime by its name.
pub fn runtime(name: &str) -> Option<&'static Runtime> {
    RUNTIMES.iter().find(|runtime| runtime.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_follows_what_the_image_is_made_from() {
        let one = Recipe::examiner(vec![1]);
        assert_eq!(one.tag, Recipe::examiner(vec![1]).tag);
        assert_ne!(one.tag, Recipe::examiner(vec![2]).tag);
        let names: Vec<_> = one.chain().iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["base", "examiner-packages", "examiner"]);
    }

    #[test]
    fn every_lock_is_hashed() {
        for lock in RUNTIMES.iter().map(|runtime| runtime.lock).chain([EXAMINER_LOCK, UV_LOCK]) {
            let pins = lock.lines().filter(|line| line.contains("==")).count();
            assert!(pins > 0 && lock.matches("--hash=sha256:").count() >= pins);
        }
        assert!(Recipe::runtime("nope").is_none());
    }
}
