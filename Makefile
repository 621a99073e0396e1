# The two commands of the README. Each does its own set-up.
.PHONY: demo test verify bench setup fmt

export PROFILE = release
TAKEHOME = cargo run --quiet --profile $(PROFILE) --

demo: setup
	@./scripts/demo

# Everything is built once, with overflow checks and assertions.
test: export PROFILE = quick
test: setup
	cargo fmt --check
	cargo clippy --profile $(PROFILE) --all-targets -- -D warnings
	./scripts/lint-python
	./scripts/grader-tests
	cargo test --profile $(PROFILE) --no-fail-fast
	# Some strong references in full, and of flawed ones only what must find the flaw: all of them in full take hours,
	# and are for `make verify`.
	$(TAKEHOME) verify stockroom strong-fastapi strong-django strong-gunicorn starter-fastapi --seed 1
	$(TAKEHOME) verify stockroom --kind flawed --alone --seed 1
	$(TAKEHOME) verify orders-audit strong-stdlib starter --seed 1
	$(TAKEHOME) verify orders-audit --kind flawed --alone --seed 1
	$(TAKEHOME) verify churn-scoring strong-sklearn starter --seed 1
	$(TAKEHOME) verify churn-scoring any-file-loaded leaky output-before-rows pickle-runs-code shared-buffer --alone --seed 1
	./scripts/public-tests

# Everything that proves the grader, unattended: a night.
verify: setup
	$(TAKEHOME) verify stockroom --runs 5 --out target/verify/stockroom
	$(TAKEHOME) verify orders-audit --runs 3 --out target/verify/orders-audit
	$(TAKEHOME) verify churn-scoring --runs 3 --out target/verify/churn-scoring

bench: setup
	cargo build --release
	./benches/overhead

setup:
	@./scripts/setup
