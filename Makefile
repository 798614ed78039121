# Two doors: `make demo` and `make test`. Each does all set-up on a fresh machine by itself.
SHELL := /usr/bin/env bash
PYTHON := .venv/bin/python
TEMPLATES = $(shell find deploy studies explainers analysis -path '*/templates/*' -name '*.html')
PYTEST := .venv/bin/pytest -n 2 --dist loadscope

.PHONY: demo test test-long lint format bench bench-explainers bench-explainers-gpu screenshots clean-venv
.DEFAULT_GOAL := demo

demo: ## everything once, for real, on this machine: study, explanations, participants, report
	@deploy/setup.sh demo
	@$(PYTHON) manage.py demo

test: lint ## every check and every test: about twenty minutes on two cores
	@$(PYTEST) -m 'not long and not browser'
	@$(PYTEST) -m 'not long and browser'

test-long: lint ## with the tests at full size
	@$(PYTEST) -m 'not browser'
	@$(PYTEST) -m browser

lint: ## style, types, import contracts, migrations, container files
	@deploy/setup.sh test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/djade --check $(TEMPLATES)
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run
	.venv/bin/shellcheck .ci/run deploy/*.sh
	.venv/bin/yamllint --strict -c deploy/yamllint.yaml deploy/compose.yaml
	.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	.venv/bin/hadolint deploy/Dockerfile

format: ## put code and templates into the house style
	@deploy/setup.sh test
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/djade $(TEMPLATES)

bench: ## measure loads and times
	@deploy/setup.sh test
	@$(PYTHON) -m tests.bench

bench-explainers: ## explanations a second against Captum; fails if a number is wrong or a goal is missed
	@deploy/setup.sh test
	@OMP_NUM_THREADS=1 $(PYTHON) -W ignore -m tests.bench.explainers
	@OMP_NUM_THREADS=1 $(PYTHON) -W ignore -m tests.bench.explainers_end_to_end

bench-explainers-gpu: ## the same on a GPU: ResNet-18 at 224 px in TF32 and bf16
	@deploy/setup.sh test
	@$(PYTHON) -W ignore -m tests.bench.explainers_gpu

bench-analysis: ## measure the analysis: reports on 100,000 and 1,000,000 trials, mixed models
	@deploy/setup.sh test
	@$(PYTHON) -m tests.bench.analysis
	@$(PYTHON) -m tests.bench.mixed_models
	@OMP_NUM_THREADS=1 $(PYTHON) -m tests.bench.power

screenshots: ## take the pictures of the README
	@deploy/setup.sh test
	@$(PYTHON) -m tests.screenshots

clean-venv: ## forget the virtual environment; the next target makes it again
	rm -rf .venv
