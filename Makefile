# Everything a contributor runs. "make help" lists it. Needs Go and make; what
# else is needed (a PostgreSQL server, the linter) is found or fetched, and said.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# The linter's version; raise it on purpose, findings change with it.
GOLANGCI_LINT_VERSION := v2.15.0
# benchstat has no releases: a commit's version.
BENCHSTAT_VERSION := v0.0.0-20260908200009-22c9c6c9d4da

# The checker of accessibility that test-browser runs in the page, from npm.
AXE_VERSION := 4.14.1

# Majors of PostgreSQL for test-versions; those that cannot be had are passed over.
VERSIONS ?= 14 15 16 17 18
# How long each fuzz test runs.
FUZZTIME ?= 30s
# Random worlds for the sweep, and the seed of the first (0: from the clock).
WORLDS ?= 5000
SEED ?= 0
# The disk of a fault is a real one where the user may mount it.
MOUNT ?= $(if $(filter 0,$(shell id -u)),-mount)
# How many events bench measures with.
EVENTS ?= 1000000
# Packages for test, test-race and bench, and further arguments of go test.
PACKAGES ?= ./...
ARGS ?=

# The module that checks deploy/ is tested whenever everything is.
CHECK := $(if $(filter ./...,$(PACKAGES)),-module deploy/check)

# A home that cannot be written to is no obstacle: all caches then go below
# .cache. A checkout that cannot be is one.
writable = $(if $(filter /%,$(1)),$(shell mkdir -p "$(1)" 2>/dev/null && test -w "$(1)" && echo yes))
ifneq ($(call writable,$(CURDIR)/bin),yes)
$(error $(CURDIR) cannot be written to by $(shell id -un): clone the project into a folder of your own)
endif
ifneq ($(call writable,$(shell go env GOCACHE 2>/dev/null)),yes)
export XDG_CACHE_HOME := $(CURDIR)/.cache
export GOCACHE := $(CURDIR)/.cache/go-build
export npm_config_cache := $(CURDIR)/.cache/npm
endif
ifneq ($(call writable,$(shell go env GOMODCACHE 2>/dev/null)),yes)
export GOMODCACHE := $(CURDIR)/.cache/mod
export GOFLAGS := $(GOFLAGS) -modcacherw
endif

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
TOOLS := $(CURDIR)/bin
LINT := $(CURDIR)/.cache/bin/golangci-lint-$(GOLANGCI_LINT_VERSION)
AXE := $(CURDIR)/.cache/axe-core/axe.min.js
BENCHSTAT := $(CURDIR)/.cache/bin/benchstat-$(BENCHSTAT_VERSION)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z\/-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/attribution, one static binary
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/attribution ./cmd/attribution

.PHONY: update-rules
update-rules: ## take the public lists of rules/third_party anew (needs a network)
	go run ./scripts/updaterules $(ARGS)

.PHONY: demo
demo: build ## run the whole pipeline on made-up events and show the result
	bin/attribution demo

.PHONY: tools
tools:
	@go build -buildvcs=false -o bin/ ./scripts/withpg ./scripts/gotest

.PHONY: test
test: tools ## run all tests against one private PostgreSQL server
	@bin/withpg bin/gotest -summary bin/test-summary $(CHECK) -timeout 10m $(ARGS) $(PACKAGES)

.PHONY: test-versions
test-versions: tools ## run all tests on each of VERSIONS="14 15 16 17 18" that can be had
	@sh scripts/test-versions.sh $(VERSIONS) -- $(ARGS) $(PACKAGES)

.PHONY: test-race
test-race: tools ## run all tests under the race detector (needs a C compiler)
	@CGO_ENABLED=1 bin/withpg bin/gotest -race -timeout 30m $(ARGS) $(PACKAGES)

.PHONY: test-install
test-install: ## fetch PostgreSQL by each of the ways the tool knows, and try it
	go test -tags install -count=1 -v -run '^TestInstall$$' ./internal/pg/embedded

.PHONY: test-browser
test-browser: tools $(AXE) ## look at the report's page in a headless Chromium; pictures go to bin/report
	@bin/withpg bin/gotest -summary bin/test-browser-summary -tags browser -count=1 -timeout 10m -run '^TestBrowser' $(ARGS) ./internal/report

$(AXE):
	@command -v npm >/dev/null || { echo "no npm on this machine, which fetches axe-core: apt-get install npm"; exit 1; }
	@echo "fetching axe-core $(AXE_VERSION) through npm"
	@mkdir -p .cache/axe-core
	@cd .cache/axe-core && npm pack --silent axe-core@$(AXE_VERSION) >/dev/null && tar -xzf axe-core-$(AXE_VERSION).tgz && rm axe-core-$(AXE_VERSION).tgz
	@mv .cache/axe-core/package/axe.min.js $@

.PHONY: sweep
sweep: tools ## compare nightly, full and reference on WORLDS=5000 random worlds
	@bin/withpg go test -count=1 -timeout 0 -run '^TestWorlds' ./internal/pipeline -args -worlds=$(WORLDS) -seed=$(SEED)

.PHONY: faults
faults: tools ## do every fault to every step of a night (hours; ARGS="-night full -k 17 -fault reply-lost" does one)
	@cd internal/faults && ../../bin/withpg go test -count=1 -timeout 0 . -args -all -kills=100 $(MOUNT) $(ARGS)

.PHONY: fuzz
fuzz: tools ## run each fuzz test for FUZZTIME=30s
	@bin/withpg sh scripts/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: build tools $(BENCHSTAT) ## run the benchmarks, then measure EVENTS=1000000 against plain SQL
	@bin/withpg go test -run '^$$' -bench . -benchmem -count=6 -timeout 60m $(ARGS) $(PACKAGES) > bin/benchmarks.txt || { cat bin/benchmarks.txt; exit 1; }
	@$(BENCHSTAT) bin/benchmarks.txt
	bin/attribution bench --events $(EVENTS)

$(BENCHSTAT):
	@echo "fetching benchstat $(BENCHSTAT_VERSION) through the Go module proxy"
	@mkdir -p .cache/bin
	@GOBIN=$(CURDIR)/.cache/bin GOFLAGS= go install golang.org/x/perf/cmd/benchstat@$(BENCHSTAT_VERSION)
	@mv .cache/bin/benchstat $@

.PHONY: lint
lint: $(LINT) ## check style, imports between packages, and formatting
	$(LINT) run
	cd deploy/check && $(LINT) run

.PHONY: format
format: $(LINT) ## format the Go files
	$(LINT) fmt
	cd deploy/check && $(LINT) fmt

$(LINT):
	@echo "fetching golangci-lint $(GOLANGCI_LINT_VERSION) through the Go module proxy (a minute or two)"
	@mkdir -p .cache/bin
	@GOBIN=$(CURDIR)/.cache/bin GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv .cache/bin/golangci-lint $@

.PHONY: verify
verify: ## check that go.mod is tidy and generated files are fresh
	go mod tidy -diff
	go -C deploy/check mod tidy -diff
	sh scripts/generated.sh

.PHONY: db/reset
db/reset: tools ## delete the demo's private server and its data
	bin/withpg -remove .demo

.PHONY: clean
clean: db/reset ## delete all that was built or fetched below this folder
	chmod -R u+w .cache 2>/dev/null || true
	rm -rf bin .cache
