# `make run` and `make test` work on a fresh Debian or Ubuntu with a Swift toolchain. The work is done by the scripts
# in deploy/local; what is started lives below .stack and listens on loopback only.

.DEFAULT_GOAL := help

.PHONY: help
help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

.PHONY: run
run: ## Build, start everything, answer an example callback, serve on 8080 until Ctrl-C
	@deploy/local/run

.PHONY: test
test: ## Lint, build and run every test against a PostgreSQL and a RabbitMQ of their own
	@deploy/local/test

.PHONY: chaos
chaos: ## Befall an installation with random faults, 200 times, and prove what holds; takes more than an hour
	@deploy/local/chaos

.PHONY: sanitize
sanitize: ## Run the tests that start no process under ThreadSanitizer and AddressSanitizer
	@deploy/local/sanitize

.PHONY: fuzz
fuzz: ## Fuzz everything that reads foreign bytes, a minute each; 'deploy/local/fuzz --seconds 600' for longer
	@deploy/local/fuzz

.PHONY: drill-alerts
drill-alerts: ## Have every alert fire at a running installation that is hurt for it; takes some ten minutes
	@deploy/local/drill-alerts

.PHONY: bench
bench: ## Measure the whole path beside a floor and a simple peer; 'deploy/local/bench path --help' has more
	@deploy/local/bench path

.PHONY: bench-gate
bench-gate: ## Fail when the whole path has become slower beside the floor than Benchmarks/gate.json says
	@deploy/local/bench gate

.PHONY: bench-growth
bench-growth: ## Measure the whole path with more gateways, workers, rules and connections
	@deploy/local/bench growth

.PHONY: bench-rules
bench-rules: ## Measure what a decision costs with 10, 10 thousand and a million rules
	@deploy/local/bench rules

.PHONY: build
build: ## Build the release executable
	@bash -c '. deploy/local/common.sh && build_release'

.PHONY: format
format: ## Format the Swift sources in place
	swift format --in-place --recursive --parallel Sources Tests Benchmarks/Sources Fuzzing/Sources Package.swift Benchmarks/Package.swift Fuzzing/Package.swift

.PHONY: lint
lint: ## Check the format of the Swift sources
	swift format lint --strict --recursive --parallel Sources Tests Benchmarks/Sources Fuzzing/Sources Package.swift Benchmarks/Package.swift Fuzzing/Package.swift

.PHONY: stack-up
stack-up: ## Start the local PostgreSQL and RabbitMQ; 'deploy/local/stack help' has more
	@deploy/local/stack up

.PHONY: stack-down
stack-down: ## Stop them; their data stays
	@deploy/local/stack down

.PHONY: clean
clean: ## Remove what was built, and the local stacks with their data
	@NEEDRECORD_STACK_DIR=.stack/test deploy/local/stack destroy
	@deploy/local/stack destroy
	rm -rf .stack .build .build-tsan .build-asan .build-fuzz Benchmarks/.build
