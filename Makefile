# Each target does its own set-up. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s $$'\t'

.PHONY: run
run: ## Build everything and start the demo platform with its dashboard
	@tools/web build
	@exec cargo run --quiet --package nija-server --bin nija -- serve --demo $(ARGS)

.PHONY: web
web: ## Build the dashboard (examples/mobile-app/dist)
	@tools/web build

.PHONY: test
test: ## Set up what the tests need and run all of them; prints the summed counts
	@tools/test

.PHONY: lint
lint: ## Format, clippy with -D warnings, licences, bans and sources
	@tools/lint

.PHONY: coverage
coverage: ## Line coverage of core, ledger, vault and router; fails below 90 %
	@tools/coverage

.PHONY: sbom
sbom: ## Software bills of materials (CycloneDX), in target/sbom
	@tools/sbom

.PHONY: fuzz
fuzz: ## Fuzz each venue's decoders for SECONDS (60) each, guided by coverage
	@tools/fuzz --seconds $(or $(SECONDS),60)

.PHONY: bench
bench: ## Run the benchmarks and print the rows of docs/benchmarks.md
	@tools/bench
