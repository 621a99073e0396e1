//! The packages of an image as a read-only volume, on engines that open files in images slowly.
//!
//! With the fuse-overlayfs storage driver every new container starts with a cold cache of its image; a volume is a
//! plain folder of the host. Its content is the image's own: the engine copies it when the first container with the
//! still empty volume is created. That container is never started and stays as the mark that the copy is complete.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig, Mount as EngineMount, MountType, VolumeCreateRequest};
use bollard::query_parameters::{CreateContainerOptionsBuilder, InspectContainerOptions, ListVolumesOptionsBuilder};

use super::images::IMAGE_LABEL;
use super::{ContainerId, Engine, OPERATION, translate, within};
use crate::sandbox::recipe::PACKAGES_DIR;
use crate::sandbox::{Sandbox, SandboxError};

const PREFIX: &str = "takehome-packages-";
/// Copying some gigabytes takes minutes on a slow disk.
const COPY: Duration = Duration::from_secs(900);
const POLL: Duration = Duration::from_millis(200);

impl Engine {
    /// The volume that holds an image's packages, filled first where it is not; none where images are as fast.
    pub async fn ensure_packages(&self, image: &str) -> Result<Option<String>, SandboxError> {
        if !self.traits.slow_images {
            return Ok(None);
        }
        let digest = image.trim_start_matches("sha256:");
        let name = format!("{PREFIX}{}", &digest[..digest.len().min(16)]);
        let begin = Instant::now();
        while !self.has_container(&name).await? {
            if begin.elapsed() > COPY {
                return Err(SandboxError::TimedOut { doing: "copy an image's packages", within: COPY });
            }
            if !self.fill(&name, image).await? {
                // Another runner is at it.
                tokio::time::sleep(POLL).await;
            }
        }
        Ok(Some(name))
    }

    /// Copies the packages; `false` if somebody else does.
    async fn fill(&self, name: &str, image: &str) -> Result<bool, SandboxError> {
        // What an interrupted copy left is not empty, and would stay as it is.
        match self.remove_volume(name).await {
            Err(SandboxError::Failed { message, .. }) if message.contains("in use") => return Ok(false),
            other => other?,
        }
        let labels = HashMap::from([(IMAGE_LABEL.to_owned(), image.to_owned())]);
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            driver: Some("local".to_owned()),
            labels: Some(labels.clone()),
            ..Default::default()
        };
        within("create a volume", OPERATION, self.docker.create_volume(request)).await?;
        let mount = EngineMount {
            typ: Some(MountType::VOLUME),
            source: Some(name.to_owned()),
            target: Some(PACKAGES_DIR.to_owned()),
            ..Default::default()
        };
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            cmd: Some(vec!["true".to_owned()]),
            labels: Some(labels),
            host_config: Some(HostConfig {
                network_mode: Some("none".to_owned()),
                mounts: Some(vec![mount]),
                ..Default::default()
            }),
            ..Default::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        match tokio::time::timeout(COPY, self.docker.clone().with_timeout(COPY).create_container(Some(options), body))
            .await
        {
            Err(_) => Err(SandboxError::TimedOut { doing: "copy an image's packages", within: COPY }),
            Ok(Ok(_)) => Ok(true),
            Ok(Err(Error::DockerResponseServerError { status_code: 409, .. })) => Ok(false),
            Ok(Err(error)) => Err(translate("copy an image's packages", &error)),
        }
    }

    async fn has_container(&self, name: &str) -> Result<bool, SandboxError> {
        let inspected = self.docker.inspect_container(name, None::<InspectContainerOptions>);
        match tokio::time::timeout(OPERATION, inspected).await {
            Err(_) => Err(SandboxError::TimedOut { doing: "inspect a container", within: OPERATION }),
            Ok(Ok(_)) => Ok(true),
            Ok(Err(Error::DockerResponseServerError { status_code: 404, .. })) => Ok(false),
            Ok(Err(error)) => Err(translate("inspect a container", &error)),
        }
    }

    /// The volumes of packages, and the image of each.
    pub async fn packages(&self) -> Result<Vec<(String, String)>, SandboxError> {
        let filters = HashMap::from([("label", vec![IMAGE_LABEL])]);
        let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
        let volumes = within("list volumes", OPERATION, self.docker.list_volumes(Some(options))).await?;
        let ours = volumes.volumes.unwrap_or_default().into_iter().filter(|volume| volume.name.starts_with(PREFIX));
        Ok(ours.map(|v| (v.name, v.labels.get(IMAGE_LABEL).cloned().unwrap_or_default())).collect())
    }

    /// Removes a volume of packages and its mark, the mark first.
    pub async fn remove_packages(&self, name: &str) -> Result<(), SandboxError> {
        self.remove(&ContainerId(name.to_owned())).await?;
        self.remove_volume(name).await
    }
}
