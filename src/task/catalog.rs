//! Finds tasks and pairs each with its grader: the loaders of all manifests.
//!
//! A task is `tasks/<slug>/` with `task.toml`; its grader is `graders/<slug>/`
//! with `rubric.toml`, `suite.toml`, `suite/`, and for services `probes.toml`. Problems of all files of a
//! task are reported together.

use std::path::{Path, PathBuf};

use super::fields::Problem;
use super::{PROBE_PREFIX, Probes, Rubric, SuitePlan, Task};

/// Where tasks and graders lie.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Public folders, one a task.
    pub tasks: PathBuf,
    /// Hidden folders, one a task.
    pub graders: PathBuf,
}

/// Everything that grading one task needs, loaded and valid.
#[derive(Debug, Clone)]
pub struct Grader {
    /// The public part.
    pub task: Task,
    /// The closed denominator.
    pub rubric: Rubric,
    /// How the suite is run.
    pub suite: SuitePlan,
    /// How the probes are run; none where there is no `probes.toml`.
    pub probes: Probes,
    /// Files for the examiner, each with its path there relative to `/grader`.
    pub files: Vec<(String, Vec<u8>)>,
    /// The folder of the reference submissions.
    pub references: PathBuf,
}

/// Why a task cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// No such task; names those that exist.
    #[error("there is no task `{slug}` in {}\nhint: {hint}", folder.display())]
    UnknownTask {
        /// What was asked for.
        slug: String,
        /// Where it was looked for.
        folder: PathBuf,
        /// What exists.
        hint: String,
    },
    /// A file or folder cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The manifests have mistakes.
    #[error("{}", list(problems))]
    Invalid {
        /// All of them.
        problems: Vec<Problem>,
    },
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

impl Catalog {
    /// The slugs of all folders with a `task.toml`, sorted.
    pub fn slugs(&self) -> Result<Vec<String>, CatalogError> {
        let mut slugs: Vec<String> = read_dir(&self.tasks)?
            .into_iter()
            .filter(|path| path.join("task.toml").is_file())
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect();
        slugs.sort();
        Ok(slugs)
    }

    /// Loads the public part of a task.
    pub fn task(&self, slug: &str) -> Result<Task, CatalogError> {
        let slugs = self.slugs()?;
        if !slugs.iter().any(|known| known == slug) {
            let hint = if slugs.is_empty() {
                "the folder holds no task; name another one with --tasks".to_owned()
            } else {
                format!("tasks are {}", slugs.join(", "))
            };
            return Err(CatalogError::UnknownTask { slug: slug.to_owned(), folder: self.tasks.clone(), hint });
        }
        let path = self.tasks.join(slug).join("task.toml");
        let name = path.display().to_string();
        let task = Task::parse(&name, &read_text(&path)?).map_err(|problems| CatalogError::Invalid { problems })?;
        if task.slug != slug {
            let message = format!("is `{}`, but the folder is `{slug}`", task.slug);
            let problem = Problem { file: name, field: "slug".into(), message };
            return Err(CatalogError::Invalid { problems: vec![problem] });
        }
        Ok(task)
    }

    /// Loads a task with its grader.
    pub fn grader(&self, slug: &str) -> Result<Grader, CatalogError> {
        let task = self.task(slug)?;
        let folder = self.graders.join(slug);
        let mut problems = Vec::new();
        let rubric_path = folder.join("rubric.toml");
        let rubric = Rubric::parse(&rubric_path.display().to_string(), &read_text(&rubric_path)?, slug)
            .map_err(|found| problems.extend(found))
            .ok();
        let suite_path = folder.join("suite.toml");
        let suite = SuitePlan::parse(&suite_path.display().to_string(), &read_text(&suite_path)?, &task.service.ports)
            .map_err(|found| problems.extend(found))
            .ok();
        let probes_path = folder.join("probes.toml");
        let probes = if probes_path.is_file() {
            Probes::parse(&probes_path.display().to_string(), &read_text(&probes_path)?)
                .map_err(|found| problems.extend(found))
                .ok()
        } else {
            Some(Probes::default())
        };
        let (Some(rubric), Some(suite), Some(probes)) = (rubric, suite, probes) else {
            return Err(CatalogError::Invalid { problems });
        };

        let mut files = Vec::new();
        collect(&folder.join("suite"), "suite", &mut files)?;
        collect(&self.graders.join("common"), "common", &mut files)?;
        let openapi = self.tasks.join(slug).join("openapi.json");
        if openapi.is_file() {
            files.push(("openapi.json".into(), read(&openapi)?));
        }
        for file in suite.live.files.iter().chain(&suite.after.files) {
            if !files.iter().any(|(path, _)| path == &format!("suite/{file}")) {
                problems.push(Problem {
                    file: suite_path.display().to_string(),
                    field: "phase.files".into(),
                    message: format!("`{file}` is not in {}", folder.join("suite").display()),
                });
            }
        }
        pair_probes(&rubric, &probes, &rubric_path, &probes_path, &mut problems);
        if !problems.is_empty() {
            return Err(CatalogError::Invalid { problems });
        }
        Ok(Grader { task, rubric, suite, probes, files, references: folder.join("references") })
    }
}

/// Every probe decides a check or is an observation, and every `probe::` of the rubric is one of them.
fn pair_probes(rubric: &Rubric, probes: &Probes, rubric_path: &Path, probes_path: &Path, problems: &mut Vec<Problem>) {
    let asked: Vec<&str> = rubric
        .checks()
        .flat_map(|(_, check)| &check.tests)
        .filter(|test| test.starts_with(PROBE_PREFIX))
        .map(String::as_str)
        .collect();
    for test in &asked {
        if !probes.probes.iter().any(|probe| probe.test() == **test && !probe.observe) {
            problems.push(Problem {
                file: rubric_path.display().to_string(),
                field: "criterion.check.tests".into(),
                message: format!("`{test}` is no scored probe of {}", probes_path.display()),
            });
        }
    }
    for probe in probes.probes.iter().filter(|probe| !probe.observe && !asked.contains(&probe.test().as_str())) {
        problems.push(Problem {
            file: probes_path.display().to_string(),
            field: "probe.name".into(),
            message: format!("`{}` is in no check of the rubric; name it there, or set observe = true", probe.test()),
        });
    }
}

/// Reads a file of the library; its path is in the error.
pub fn read_text(path: &Path) -> Result<String, CatalogError> {
    let bytes = read(path)?;
    String::from_utf8(bytes).map_err(|_| CatalogError::Unreadable {
        path: path.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8"),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, CatalogError> {
    std::fs::read(path).map_err(|source| CatalogError::Unreadable { path: path.to_owned(), source })
}

/// The entries of a folder of the library, sorted.
pub fn read_dir(path: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let unreadable = |source| CatalogError::Unreadable { path: path.to_owned(), source };
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(unreadable)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    entries.sort();
    Ok(entries)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), CatalogError> {
    for path in read_dir(folder)? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.starts_with('.') || name == "__pycache__" {
            continue;
        }
        let inner = format!("{prefix}/{name}");
        if path.is_dir() {
            collect(&path, &inner, files)?;
        } else {
            files.push((inner, read(&path)?));
        }
    }
    Ok(())
}
