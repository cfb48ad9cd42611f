# `make help` lists the targets. Each installs what it needs and is missing; a second run, with nothing changed,
# neither builds nor asks the network. Nothing here sets an environment that would make cargo build its
# dependencies anew between targets.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := build

CARGO ?= cargo
NPM ?= npm
# Arguments for `make run` and `make demo`: make run ARGS="--port 9000"
ARGS ?=

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
WEB_STAMP := web/node_modules/.package-lock.json
WEB_SOURCES := $(shell find web \( -name node_modules -o -name dist -o -name pictures -o -name tests -o -name test-results \) -prune -o -type f -print \
	2>/dev/null)

# Most of a test is waiting: two at a time for each core, as long as the test server has connections for them.
TEST_THREADS := $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 8 ? 2 * n : n)))

.PHONY: build run demo test lint bench bench-web screenshots fmt web clean help tools-rust tools-web nextest postgres clients

build: tools-rust web/dist/index.html ## Build the gateway, dashboard included, as ./gateway (the default)
	$(CARGO) build --release --locked
	cmp -s "$(TARGET_DIR)/release/gateway" gateway || install -m 755 "$(TARGET_DIR)/release/gateway" gateway

run: build postgres ## Build and start the gateway (ARGS="--port 9000" passes flags)
	exec ./gateway $(ARGS)

demo: build postgres ## Build and start the gateway on a simulated OpenAI, no account needed
	exec ./gateway demo $(ARGS)

test: tools-rust $(WEB_STAMP) web/dist/index.html nextest postgres clients ## Run every test: Rust, dashboard, real clients, browser
	.ci/test-postgres.sh $(CARGO) nextest run --locked --test-threads $(TEST_THREADS)
	CHROMIUM="$$(.ci/install-chromium.sh)" .ci/e2e.sh

# The binary comes from the tests' build: `cargo run` would build the dependencies once more, without the features
# that the tests add.
lint: tools-rust $(WEB_STAMP) ## Check formatting, lints, and that generated files are current
	$(CARGO) fmt --check
	CARGO="$(CARGO)" .ci/deny.sh
	$(CARGO) clippy --all-targets --locked -- -D warnings
	$(CARGO) test --no-run --locked --quiet --test it
	"$(TARGET_DIR)/debug/gateway" openapi | diff -u --label web/openapi.json --label "gateway openapi" web/openapi.json -
	cd web && $(NPM) run lint && $(NPM) run generate:check

bench: tools-rust postgres ## Measure the gateway's cost against calling the simulator directly
	.ci/test-postgres.sh $(CARGO) bench --locked

bench-web: build postgres ## Measure the dashboard: time to usable, blocking, shifts, size, long lists
	CHROMIUM="$$(.ci/install-chromium.sh)" .ci/bench-web.sh

screenshots: build postgres ## Take the README's pictures of the dashboard anew
	.ci/screenshots.sh

fmt: tools-rust $(WEB_STAMP) ## Format everything
	$(CARGO) fmt
	cd web && $(NPM) run format

web: web/dist/index.html ## Build the dashboard

clean: ## Remove everything that was built or fetched (no data)
	$(CARGO) clean
	rm -rf gateway web/dist web/node_modules web/test-results

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

$(WEB_STAMP): web/package-lock.json web/package.json | tools-web
	cd web && $(NPM) ci --no-audit --no-fund
	touch $@

# A release build embeds the files it finds in web/dist; cargo follows changed files but not new ones, so the module
# that embeds them is marked as changed.
web/dist/index.html: $(WEB_STAMP) $(WEB_SOURCES) | tools-web
	cd web && $(NPM) run build
	touch $@
	touch -c src/http/dashboard.rs

nextest: | tools-rust
	@$(CARGO) nextest --version >/dev/null 2>&1 || $(CARGO) install cargo-nextest --locked

postgres:
	@if [ -z "$${GATEWAY_POSTGRES_DSN:-}" ]; then .ci/install-postgres.sh; fi

# The programs from npm and PyPI that the tests use.
clients: | tools-web
	@.ci/install-clients.sh

tools-rust:
	@.ci/check-tools.sh rust

tools-web:
	@.ci/check-tools.sh web
