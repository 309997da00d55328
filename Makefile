# Every target sets up what it needs; the two to know are `make up` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
STACKYARD := $(BIN)/python -m stackyard
GRAPH := tests/graph tests/release tests/stacks tests/documents tests/features tests/pipelines
STYLE := tests/test_house_rules.py
SCHEMAS := tests/fidelity
# They record graphs: in a process of their own, since the SDK keeps what an engine's program left.
RECORDED := tests/ops tests/report tests/engine/test_replacements.py

.PHONY: up down release repair status doctor logs check test test-full bench reliability replacements image tools
.PHONY: docs features reports
.PHONY: setup fix lint types imports graph fidelity schemas coverage uncovered parts thought

up: setup  ## the whole program on the embedded cloud; ends with a URL
	@$(STACKYARD) local up
down: setup  ## destroy it through the engine, end every process; FORCE=1 leaves the engine out
	@$(STACKYARD) local down $(if $(FORCE),--force)
repair: setup  ## look up what a killed run left unfinished; adopt or clear it
	@$(STACKYARD) local repair
release: setup  ## a live release under load on the stack that is up; BAD=1: one that is rolled back
	@$(BIN)/python -m tests.bench.release $(if $(BAD),bad)
status: setup  ## what runs
	@$(STACKYARD) local status
doctor: setup  ## what keeps make up from going well, each with the command that mends it
	@$(STACKYARD) local doctor
logs: setup  ## last lines of every log, of what failed last; NAME=part of a name
	@$(STACKYARD) local logs $(NAME)

# Side by side: the types take as long as all the others.
check: setup  ## a few minutes: style, types, rooms, graph, AWS's schemas
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types lint imports graph schemas
# What is under load runs alone; then what starts daemons beside what only thinks.
test: tools  ## everything, on real parts
	$(BIN)/python -m pytest tests/end_to_end
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=line parts thought
parts: tools
	$(BIN)/python -m pytest tests app-image/tests \
	  $(addprefix --ignore=,tests/end_to_end $(GRAPH) $(STYLE) $(SCHEMAS) $(RECORDED))
thought: lint types imports schemas coverage
	$(BIN)/python -m pytest $(RECORDED)
test-full: tools  ## the long walks and random kills that `make test` leaves out; renews their rows too
	$(BIN)/python -m pytest -m full --reliability tests $(addprefix --ignore=,$(SCHEMAS))
	$(BIN)/python -m pytest -q -m full $(SCHEMAS)
	$(BIN)/python -m pytest -q -m sweep --hypothesis-profile=anew $(GRAPH)
	@$(MAKE) --no-print-directory uncovered
reliability: tools  ## every fault made once, but the long ones; renews docs/reliability.md from what was seen
	$(BIN)/python -m pytest -q -m 'fault and not full' --reliability $(RECORDED)
	$(BIN)/python -m pytest -q -m 'fault and not full' --reliability tests $(addprefix --ignore=,$(RECORDED))
fidelity: setup  ## the graphs against AWS's schemas; renews docs/limits.md where they end
	$(BIN)/python -m tests.fidelity
docs: setup  ## the documents that are made of the program: settings, schemas, features as tests are marked
	@$(BIN)/python -m tests.documents
# No test selected is exit code 5: none outside of the graph's may be marked.
features: tools  ## the tests that show a feature, then docs/features.md; ends with what no test shows
	$(BIN)/python -m pytest -q -m '(row or ask) and not full' $(GRAPH) $(RECORDED)
	$(BIN)/python -m pytest -q -m '(row or ask) and not full' tests \
	  $(addprefix --ignore=,$(GRAPH) $(RECORDED)) || [ $$? -eq 5 ]
	@$(MAKE) --no-print-directory docs
	@$(BIN)/python -m tests.features
replacements: tools  ## what a change replaces, asked of the engine; renews docs/replacements.md
	$(BIN)/python -m tests.engine.replacements
reports: tools  ## previews of ten changes, asked of the engine; renews docs/report.md and its picture
	$(BIN)/python -m tests.report.goldens
	$(BIN)/python -m tests.report.reviewers_test
bench: setup  ## figures; ONLY=name runs one
	@$(BIN)/python -m tests.bench $(ONLY)

image: setup  ## the API's image as an OCI layout, without Docker; as root
	@PATH="$(CURDIR)/$(BIN):$$PATH" app-image/build.sh
tools: setup  ## what the local stack runs: fetched, or built from the pinned modules
	@$(STACKYARD) local tools
setup: .venv/ready
fix: setup
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .
lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q $(STYLE)
types: setup
	$(BIN)/pyright
	$(BIN)/python app-image/tests/packages.py > /dev/null && $(BIN)/pyright --project app-image
imports: setup
	$(BIN)/lint-imports
# The inner loop: what draws cases draws a few, and what is all drawing is left to `coverage`.
graph: setup
	$(BIN)/python -m pytest -q -m 'not sweep and not full' --hypothesis-profile=few $(GRAPH)

schemas: setup
	$(BIN)/python -m pytest -q $(SCHEMAS)

coverage: setup  ## the graph tests, and what they leave uncovered
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q $(GRAPH)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --include='components/*,release/*,stacks/*' --fail-under=100
	$(BIN)/coverage report --include='infra/*' --fail-under=90

# Not in `make test`: the embedded cloud's processes are slower when they are traced.
uncovered: tools  ## what the tests leave uncovered of the commands and the embedded cloud
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q $(RECORDED)
	$(BIN)/coverage run -m pytest -q tests/command tests/engine tests/local \
	  $(addprefix --ignore=,$(RECORDED) tests/engine/test_failure_walk.py)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --include='stackyard/*' --fail-under=90

# Bytecode is compiled here: importing the SDKs is the slowest part of the inner loop.
.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || \
	  { echo 'Python 3.11 or newer with its venv module is needed; run: sudo apt-get install python3-venv, or name one: make PYTHON=python3.11' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes -r requirements.lock
	@touch $@
