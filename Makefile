# The project's commands. `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
DISTRIBUTIONS := $(wildcard libs/*) $(wildcard services/*)
SECONDS ?= 0
WORLD ?= seeded
LIVE ?=
LAG ?= 2
SEED ?= 1
PORT ?= 8900
DRAWS ?= 50
STATE ?=
WORKERS ?= --numprocesses 3 --dist loadscope --no-loadscope-reorder

.PHONY: help setup run simulator replay check test unit integration integration-containers end-to-end torment test-containers images bench soak docs dashboards lock \
  format clean

help: ## list every target with a sentence
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(BIN)/.ready ## make .venv with everything in it, every package's hash required

$(BIN)/.ready: requirements.lock $(wildcard libs/*/pyproject.toml) $(wildcard services/*/pyproject.toml)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(addprefix --editable ,$(DISTRIBUTIONS))
	@touch $@

run: setup ## run the whole system on this machine, on paper, or live on the simulated exchange (LIVE=sim SECONDS=180 WORLD=seeded,recording,live LAG=2 SEED=1)
	$(BIN)/pm-arb up --seconds $(SECONDS) --world $(WORLD) $(if $(LIVE),--live $(LIVE)) --lag $(LAG) --seed $(SEED) $(if $(STATE),--state $(STATE))

simulator: setup ## run the simulated exchange and feeds alone, on port 8900 (PORT=8900 SEED=1 LAG=2)
	$(BIN)/python -m simulator --port $(PORT) --seed $(SEED) --lag $(LAG)

replay: setup ## replay the recorded morning through the real cores in virtual time
	$(BIN)/pm-arb replay

check: setup ## lint, types, import contracts and tidiness
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/architecture

test: check ## check, and every test that needs no container, on three workers
	$(BIN)/pytest -m "not containers" --ignore tests/architecture --durations 30 $(WORKERS)

unit: setup ## the tests without I/O
	$(BIN)/pytest -q tests/unit tests/contracts tests/architecture

integration: setup ## the tests against real NATS, real Postgres and the simulator over sockets, and of the rendered manifests
	$(BIN)/pytest -q tests/integration tests/simulation tests/deployment

integration-containers: setup ## the same with NATS and Postgres in containers of the images that are deployed, one after the other
	INTEGRATION_SERVERS=containers $(BIN)/pytest -q -m "not containers" tests/integration

end-to-end: setup ## the tests that run the whole system as processes
	$(BIN)/pytest -q -m "not containers" tests/end_to_end

torment: setup ## draw many more moments to kill executors at, and combinations of faults (DRAWS=50 of each; about half an hour)
	LIVE_KILLS=$(DRAWS) LIVE_COMBINATIONS=$(DRAWS) $(BIN)/pytest -q tests/end_to_end/test_live_kills.py tests/end_to_end/test_live_faults.py -k "any_moment or together"

test-containers: setup ## build the images and run the tests that need a Docker engine
	$(BIN)/pytest -m containers --durations 12

images: ## build the images and list their size, content and digest
	@deploy/secrets.sh >/dev/null
	docker compose --profile sim build --build-arg REVISION=$$(git rev-parse --short HEAD)
	$(PYTHON) deploy/images.py

bench: setup ## measure frame-in to an order's bytes out, beside the bare hops, replay speed, and what the simulated exchange takes a second; writes build/bench*.json
	$(BIN)/python tests/benchmarks/bench.py
	$(BIN)/python tests/benchmarks/exchange.py

soak: setup ## run the whole system for an hour at 2,000 book changes a second: memory, lag, what was shed; PASS or FAIL (SOAK_SECONDS=3600 SOAK_CHANGES=2000)
	$(BIN)/python tests/benchmarks/soak.py

docs: setup ## write the documents that are generated
	$(BIN)/python -m console.documents

dashboards: setup ## write Grafana's dashboards, which are made in code
	PYTHONPATH=deploy/grafana $(BIN)/python -m boards

lock: setup ## pin every dependency anew, with hashes
	$(BIN)/python deploy/lock.py

format: setup ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove what was built and run (not the environment)
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
