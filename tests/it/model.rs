//! A task of the kind `[model]`: what each of its containers may see, and that nothing of them stays.

use takehome::evidence::Ended;
use takehome::inside::protocol::{Ask, ModelRef, PredictAsk, TrainAsk};
use takehome::run::cancel;
use takehome::run::execute::execute;
use takehome::sandbox::scripted::{Script, Scripted};
use takehome::sandbox::{ContainerSpec, Network};
use takehome::task::{Catalog, Grader};

use crate::support::{Nowhere, plan, root};

/// The built-in task of a model.
fn churn() -> Grader {
    Catalog { tasks: root().join("tasks"), graders: root().join("graders") }.grader("churn-scoring").expect("valid")
}

fn train_ask(data: &str, model: usize) -> TrainAsk {
    TrainAsk { data: data.to_owned(), model, seed: 7, env: vec![("PYTHONHASHSEED".to_owned(), "1".to_owned())] }
}

fn predict_ask(model: ModelRef, existing: Option<&str>) -> PredictAsk {
    let existing = existing.map(str::to_owned);
    PredictAsk { model, rows: "given-1/rows.csv".to_owned(), output: "o000".to_owned(), existing }
}

fn trained(model: usize) -> ModelRef {
    ModelRef::Trained { model }
}

fn altered(folder: &str) -> ModelRef {
    ModelRef::Altered { folder: folder.to_owned() }
}

#[test]
fn a_model_is_written_by_its_training_only_and_served_without_inputs() {
    let plan = plan(&churn(), &[]);
    let model = plan.model.as_ref().expect("a model");
    let mounts = |spec: &ContainerSpec| -> Vec<(String, String, bool)> {
        spec.mounts.iter().map(|m| (m.volume[19..].to_owned(), m.target.clone(), m.read_only)).collect()
    };
    let mount = |volume: &str, target: &str, read_only| (volume.to_owned(), target.to_owned(), read_only);
    let training = model.training(0, &train_ask("given-0/train.csv", 1)).expect("a plain path");
    let code = mount("-code", "/app", true);
    assert_eq!(mounts(&training), [code.clone(), mount("-input", "/input", true), mount("-model-1", "/model", false)]);
    let arguments = ["train", "--data", "/input/given-0/train.csv", "--out", "/model/model", "--seed", "7"];
    assert_eq!(training.argv[2..], arguments);
    let prediction = model.prediction(1, &predict_ask(trained(1), None)).expect("a plain path");
    let written = mount("-output", "/output", false);
    let given = [code.clone(), mount("-input", "/input", true), written, mount("-model-1", "/model", true)];
    assert_eq!(mounts(&prediction), given);
    let serving = model.serving(1, &altered("altered-3")).expect("a plain folder");
    assert_eq!(mounts(&serving), [code.clone(), mount("-altered", "/model", true)]);
    // Instances of one trained model share a /tmp; an altered folder is served with an empty one.
    assert_eq!(serving.scratch.iter().map(|one| one.target.as_str()).collect::<Vec<_>>(), ["/tmp"]);
    for instance in 0..2 {
        let twin = model.serving(instance, &trained(2)).expect("a model");
        let tmp = mount("-tmp-2", "/tmp", false);
        assert_eq!(mounts(&twin), [code.clone(), tmp, mount("-model-2", "/model", true)]);
        assert!(twin.scratch.is_empty());
    }
    assert!(serving.env.contains(&("MODEL_DIR".to_owned(), "/model/altered-3".to_owned())));
    assert!(serving.env.contains(&("PORT".to_owned(), "8001".to_owned())));
    assert_eq!((&training.network, &prediction.network), (&Network::None, &Network::None));
    assert!(matches!(serving.network, Network::Of(_)));
    for spec in [&training, &prediction, &serving] {
        let text = format!("{spec:?}");
        for hidden in ["grader", "suite", "examiner", "sha256:e", "ask.sock"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    let of_examiner = mounts(&plan.examiner);
    for (volume, target, read_only) in of_examiner {
        let ours = ["-input", "-altered"].contains(&volume.as_str());
        assert_eq!(read_only, !ours, "{volume} at {target}");
    }
}

#[test]
fn what_a_suite_names_stays_below_its_volume() {
    let plan = plan(&churn(), &[]);
    let model = plan.model.as_ref().expect("a model");
    for path in ["../x", "/etc/passwd", "", "a//b", "a/../b", ".hidden", "a b", "a;b", &"a".repeat(65)] {
        assert!(model.training(0, &train_ask(path, 0)).is_err(), "{path}");
        assert!(model.serving(0, &altered(path)).is_err(), "{path}");
        assert!(model.prediction(1, &predict_ask(trained(0), Some(path))).is_err(), "{path}");
    }
    assert!(model.training(0, &train_ask("train.csv", 4)).is_err(), "there are four models");
    assert!(model.prediction(2, &predict_ask(trained(0), None)).is_err(), "two runs go on at once");
    assert!(model.serving(2, &trained(0)).is_err(), "there are two instances");
}

#[tokio::test(start_paused = true)]
async fn a_model_leaves_nothing_behind_whatever_the_suite_asks() {
    let suite_asks = vec![
        Ask::Train(train_ask("given-0/train.csv", 0)),
        Ask::Predict(predict_ask(trained(0), Some("given-1/existing.csv"))),
        Ask::Serve { replica: 0, model: trained(0) },
        Ask::Running { replica: 0 },
        Ask::Log { replica: 0 },
        Ask::Kill { replicas: vec![0] },
        Ask::Start { replicas: vec![0] },
        Ask::Serve { replica: 0, model: altered("altered-0") },
    ];
    let sandbox = Scripted::new(Script { suite_asks, ..Script::default() });
    let (_canceller, cancel) = cancel::pair();
    let evidence = execute(&plan(&churn(), &[]), &sandbox, &Nowhere, &cancel, vec![]).await;
    assert_eq!(evidence.ended, Ended::Completed);
    let log = sandbox.log();
    let count = |line: &str| log.iter().filter(|logged| logged.as_str() == line).count();
    assert_eq!((count("create run-1"), count("start run-1")), (2, 2), "{log:#?}");
    assert_eq!((count("create serve-a"), count("start serve-a")), (2, 3), "{log:#?}");
    assert_eq!(sandbox.left(), Vec::<String>::new());

    let suite_asks = vec![Ask::Train(train_ask("../train.csv", 0))];
    let sandbox = Scripted::new(Script { suite_asks, ..Script::default() });
    let evidence = execute(&plan(&churn(), &[]), &sandbox, &Nowhere, &cancel, vec![]).await;
    assert!(matches!(evidence.ended, Ended::Fault { .. }), "{:?}", evidence.ended);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn two_predictions_go_on_at_once_and_the_third_waits() {
    let suite_asks = (0..3).map(|_| Ask::Predict(predict_ask(trained(0), None))).collect();
    let sandbox = Scripted::new(Script { suite_asks, asks_at_once: true, ..Script::default() });
    let (_canceller, cancel) = cancel::pair();
    let evidence = execute(&plan(&churn(), &[]), &sandbox, &Nowhere, &cancel, vec![]).await;
    assert_eq!(evidence.ended, Ended::Completed);
    let mut there: Vec<String> = Vec::new();
    let (mut made, mut most) = (0, 0);
    for line in sandbox.log() {
        match line.split_once(' ') {
            Some(("create", name)) if name.starts_with("run-") => {
                assert!(!there.contains(&name.to_owned()), "{name} is taken: {:#?}", sandbox.log());
                there.push(name.to_owned());
                made += 1;
            }
            Some(("remove", name)) => there.retain(|other| other != name),
            _ => {}
        }
        most = most.max(there.len());
    }
    assert_eq!((made, most), (3, 2), "{:#?}", sandbox.log());
    assert_eq!(sandbox.left(), Vec::<String>::new());
}
