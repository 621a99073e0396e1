//! Builds images on the engine, on first use, and lists and removes them.
//!
//! The base is pulled where a registry answers and bootstrapped from Debian's
//! packages where none does. Builds work behind a TLS-inspecting proxy: the host's
//! CA bundle is a file of the build context. Submissions are never built.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::{
    BuildImageOptionsBuilder, CreateImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptions,
};
use futures_util::StreamExt;
use tokio::io::AsyncReadExt;

use super::{Engine, NO_SPACE, OPERATION, translate, within};
use crate::sandbox::SandboxError;
use crate::sandbox::recipe::{BASE_PACKAGES, DEBIAN_IMAGE, DEBIAN_RELEASE, Parent, Recipe};

pub(super) const IMAGE_LABEL: &str = "takehome.image";
/// A registry that has not begun to answer by then is taken as absent.
const REGISTRY_PATIENCE: Duration = Duration::from_secs(20);
/// A pull or build that prints nothing for so long hangs.
const SILENCE: Duration = Duration::from_secs(600);

/// An image of ours on the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageInfo {
    /// Repository and tag; the id where another image has taken the tag.
    pub tag: String,
    /// Engine id.
    pub id: String,
    /// Bytes, shared layers included.
    pub size: i64,
}

/// Why an image cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] SandboxError),
    /// A build step failed.
    #[error(
        "image {image} could not be built: {message}\nhint: the steps above tell why; `takehome images build` tries again"
    )]
    Build {
        /// The image's short name.
        image: String,
        /// The engine's words.
        message: String,
    },
    /// No registry answers and the base cannot be bootstrapped either.
    #[error(
        "no Debian base: the registry said `{registry}`, and {bootstrap}\nhint: install mmdebstrap, or load {DEBIAN_IMAGE} into the engine"
    )]
    NoBase {
        /// What pulling said.
        registry: String,
        /// What bootstrapping said.
        bootstrap: String,
    },
    /// The runner cannot read its own executable.
    #[error("the runner's own executable cannot be read: {0}")]
    Runner(std::io::Error),
}

/// This program's executable, which the examiner image carries as its prober.
pub fn runner_executable() -> Result<Vec<u8>, ImageError> {
    let path = std::env::current_exe().map_err(ImageError::Runner)?;
    std::fs::read(path).map_err(ImageError::Runner)
}

impl Engine {
    /// The id of an image, if the engine has it.
    pub async fn image_id(&self, tag: &str) -> Result<Option<String>, SandboxError> {
        match tokio::time::timeout(OPERATION, self.docker.inspect_image(tag)).await {
            Err(_) => Err(SandboxError::TimedOut { doing: "inspect an image", within: OPERATION }),
            Ok(Ok(image)) => Ok(image.id),
            Ok(Err(Error::DockerResponseServerError { status_code: 404, .. })) => Ok(None),
            Ok(Err(error)) => Err(translate("inspect an image", &error)),
        }
    }

    /// The id of an image, built first where the engine does not have it.
    /// `line` gets the name of the image and each line of its build.
    pub async fn ensure_image(
        &self,
        recipe: &Recipe,
        line: &mut (dyn FnMut(&str, &str) + Send),
    ) -> Result<String, ImageError> {
        if let Some(id) = self.image_id(&recipe.tag).await? {
            return Ok(id);
        }
        let mut id = None;
        for step in recipe.chain() {
            id = match self.image_id(&step.tag).await? {
                Some(id) => Some(id),
                None => {
                    self.build(step, line).await?;
                    self.image_id(&step.tag).await?
                }
            };
        }
        id.ok_or_else(|| SandboxError::ImageMissing(recipe.tag.clone()).into())
    }

    async fn build(&self, recipe: &Recipe, line: &mut (dyn FnMut(&str, &str) + Send)) -> Result<(), ImageError> {
        let parent = match &recipe.parent.1 {
            Parent::Debian => self.debian(line).await?,
            Parent::Recipe(parent) => parent.tag.clone(),
        };
        let mut arguments = HashMap::from([(recipe.parent.0.to_owned(), parent)]);
        arguments.extend(passed_on());
        let labels = HashMap::from([(IMAGE_LABEL.to_owned(), recipe.name.clone())]);
        let options = BuildImageOptionsBuilder::default()
            .dockerfile("Dockerfile")
            .t(&recipe.tag)
            .buildargs(&arguments)
            .labels(&labels)
            .rm(true)
            .forcerm(true)
            .build();
        let failed = |message: String| {
            if message.contains(NO_SPACE) {
                return SandboxError::NoSpace { doing: "build an image" }.into();
            }
            ImageError::Build { image: recipe.name.clone(), message }
        };
        let context = build_context(recipe).map_err(|error| failed(error.to_string()))?;
        let mut stream = Box::pin(self.docker.build_image(options, None, Some(bollard::body_full(context.into()))));
        line(&recipe.name, "starting");
        loop {
            match tokio::time::timeout(SILENCE, stream.next()).await {
                Err(_) => {
                    return Err(failed(format!("it printed nothing for {} s", SILENCE.as_secs())));
                }
                Ok(None) => return Ok(()),
                Ok(Some(Err(error))) => return Err(failed(super::one_line(&error.to_string()))),
                Ok(Some(Ok(info))) => {
                    if let Some(detail) = info.error_detail {
                        return Err(failed(detail.message.unwrap_or_default()));
                    }
                    for text in info.stream.unwrap_or_default().lines().filter(|text| !text.trim().is_empty()) {
                        line(&recipe.name, &plain(text));
                    }
                }
            }
        }
    }

    /// The tag of a Debian base: present, pulled or bootstrapped.
    async fn debian(&self, line: &mut (dyn FnMut(&str, &str) + Send)) -> Result<String, ImageError> {
        if self.image_id(DEBIAN_IMAGE).await?.is_some() {
            return Ok(DEBIAN_IMAGE.to_owned());
        }
        let bootstrapped = format!("takehome/debian:{DEBIAN_RELEASE}");
        if self.image_id(&bootstrapped).await?.is_some() {
            return Ok(bootstrapped);
        }
        line("debian", &format!("pulling {DEBIAN_IMAGE}"));
        match self.pull().await {
            Ok(()) => Ok(DEBIAN_IMAGE.to_owned()),
            Err(registry) => {
                line("debian", "no registry answers; bootstrapping from Debian packages with mmdebstrap");
                match self.bootstrap(&bootstrapped).await {
                    Ok(()) => Ok(bootstrapped),
                    Err(bootstrap) => Err(ImageError::NoBase { registry, bootstrap }),
                }
            }
        }
    }

    async fn pull(&self) -> Result<(), String> {
        let options = CreateImageOptionsBuilder::default().from_image(DEBIAN_IMAGE).build();
        let mut stream = Box::pin(self.docker.create_image(Some(options), None, None));
        let mut patience = REGISTRY_PATIENCE;
        loop {
            match tokio::time::timeout(patience, stream.next()).await {
                Err(_) => return Err(format!("nothing for {} s", patience.as_secs())),
                Ok(None) => return Ok(()),
                Ok(Some(Err(error))) => return Err(super::one_line(&error.to_string())),
                Ok(Some(Ok(_))) => patience = SILENCE,
            }
        }
    }

    async fn bootstrap(&self, tag: &str) -> Result<(), String> {
        let mut child = tokio::process::Command::new("mmdebstrap")
            .args(["--quiet", "--variant=minbase", "--format=tar"])
            .arg(format!("--include={BASE_PACKAGES}"))
            .args([DEBIAN_RELEASE, "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("mmdebstrap could not be started: {error}"))?;
        let (Some(mut stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("mmdebstrap has no output".to_owned());
        };
        let mut tar = Vec::new();
        let mut errors = Vec::new();
        let run = async {
            let read = tokio::try_join!(stdout.read_to_end(&mut tar), stderr.read_to_end(&mut errors));
            read.map_err(|error| error.to_string())?;
            child.wait().await.map_err(|error| error.to_string())
        };
        let status = tokio::time::timeout(SILENCE, run)
            .await
            .map_err(|_| format!("mmdebstrap did not end within {} s", SILENCE.as_secs()))??;
        if !status.success() {
            let errors = String::from_utf8_lossy(&errors);
            let last = errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no message");
            return Err(format!("mmdebstrap failed: {last}"));
        }
        let (repository, version) = tag.split_once(':').unwrap_or((tag, "latest"));
        let options = CreateImageOptionsBuilder::default()
            .from_src("-")
            .repo(repository)
            .tag(version)
            .changes(vec![format!("LABEL {IMAGE_LABEL}=debian")])
            .build();
        let mut stream = Box::pin(self.docker.create_image(Some(options), Some(bollard::body_full(tar.into())), None));
        while let Some(item) = stream.next().await {
            item.map_err(|error| format!("the engine did not import it: {}", super::one_line(&error.to_string())))?;
        }
        Ok(())
    }

    /// All images of ours on the engine, sorted by tag.
    pub async fn images(&self) -> Result<Vec<ImageInfo>, SandboxError> {
        let filters = HashMap::from([("label", vec![IMAGE_LABEL])]);
        let options = ListImagesOptionsBuilder::default().filters(&filters).build();
        let listed = within("list images", OPERATION, self.docker.list_images(Some(options))).await?;
        let mut images: Vec<ImageInfo> = listed
            .into_iter()
            .flat_map(|image| {
                let (id, size) = (image.id, image.size);
                let mut tags: Vec<String> =
                    image.repo_tags.into_iter().filter(|tag| tag.starts_with("takehome/")).collect();
                // Two builds of one recipe at a time: the second takes the tag, the first image is left.
                if tags.is_empty() {
                    tags.push(id.clone());
                }
                tags.into_iter().map(move |tag| ImageInfo { tag, id: id.clone(), size })
            })
            .collect();
        images.sort_by(|a, b| a.tag.cmp(&b.tag));
        Ok(images)
    }

    /// Removes an image of ours by its tag.
    pub async fn remove_image(&self, tag: &str) -> Result<(), SandboxError> {
        let removed = self.docker.remove_image(tag, None::<RemoveImageOptions>, None);
        within("remove an image", OPERATION, removed).await.map(drop)
    }
}

/// A line without the colours that installers print.
fn plain(text: &str) -> String {
    console::strip_ansi_codes(text).chars().filter(|c| !c.is_control()).collect()
}

fn build_context(recipe: &Recipe) -> std::io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(if path == "takehome" { 0o755 } else { 0o644 });
        header.set_mtime(0);
        builder.append_data(&mut header, path, bytes)
    };
    add("Dockerfile", recipe.dockerfile.as_bytes())?;
    add("ca.pem", &host_ca())?;
    for (path, bytes) in &recipe.files {
        add(path, bytes)?;
    }
    builder.into_inner()
}

/// The host's CA bundle; empty where there is none, as inside Docker Desktop's VM.
pub fn host_ca() -> Vec<u8> {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let usual = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    named.into_iter().chain(usual.map(PathBuf::from)).find_map(|path| std::fs::read(path).ok()).unwrap_or_default()
}

/// Settings of the host that name a mirror or a proxy; builds and installs need them too.
pub fn passed_on() -> Vec<(String, String)> {
    [
        "PIP_INDEX_URL",
        "UV_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    ]
    .iter()
    .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
    .collect()
}
