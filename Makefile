# The targets for people; `make help` lists them. The recipes are thin: scripts/ and Benchmarks/ do the work.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

DESTDIR :=
PREFIX := /usr/local
ROUNDS := 200
SEED :=
FUZZ_SECONDS := 600

checked := --explicit-target-dependency-import-check error
release := -c release --static-swift-stdlib $(checked)
thread := --sanitize=thread --scratch-path .build-tsan $(checked)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## Check the requirements of building and testing; install missing ones with apt-get
	@scripts/setup

.PHONY: engines
engines: ## The same, and the container engines that the tests start
	@scripts/setup --engines

.PHONY: lab
lab: ## The same, and the Debian that the tests boot as machines, in .build-lab (needs root)
	@scripts/setup --package --systemd
	@[ "$$(id -u)" -ne 0 ] || Tests/systemd/lab root .build-lab/root

.PHONY: build
build: setup ## Build tactusd and tactusctl for release, into .build/release
	swift build $(release) --product tactusd
	swift build $(release) --product tactusctl

# Each test runs once, under ThreadSanitizer; `make quick` runs them without it. The machines of TactusServiceTests run the
# package, which is a release build without a sanitizer.
.PHONY: test
test: export TSAN_OPTIONS := halt_on_error=1 suppressions=$(CURDIR)/.ci/tsan.suppressions $(TSAN_OPTIONS)
test: engines lab lint deb ## Run everything that must hold: lint, imports, all tests, data races (ends with a summary)
	@scripts/test --machines $(thread)

.PHONY: test-busy
test-busy: export TSAN_OPTIONS := halt_on_error=1 suppressions=$(CURDIR)/.ci/tsan.suppressions $(TSAN_OPTIONS)
test-busy: engines lab lint deb ## Run the same tests beside four busy loops, to find tests that depend on a quick machine
	@scripts/test --machines --busy 4 $(thread)

.PHONY: quick
quick: engines lint ## Run the same tests without ThreadSanitizer and machines, for use while you work
	@scripts/test $(checked)

.PHONY: lint
lint: ## Check the format, the house rules, the import lines, the documents and the words
	@scripts/check-style
	@scripts/check-imports
	@scripts/check-docs
	@scripts/check-words
	@scripts/check-rooms >/dev/null

.PHONY: demo
demo: build ## Show Tactus live for 30 seconds: a private daemon with the example workflows
	@scripts/demo

.PHONY: bench
bench: lab deb ## Measure Tactus against bare loops and the installed peers
	@$(MAKE) --no-print-directory -C Benchmarks run

.PHONY: soak
soak: build ## Kill the daemon ROUNDS times under load; prove that no job was lost, doubled or stuck
	@scripts/kill-loop --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))
	TACTUS_TEST_STORES=1000 $(if $(SEED),TACTUS_TEST_SEED=$(SEED)) swift test --disable-xctest --filter DamagedStoreTests
	@scripts/setup --engines
	@$(MAKE) --no-print-directory lab deb
	TACTUS_TEST_KILLS=50 swift test --disable-xctest --filter 'ContainerTests/kills|UnitJobTests/killRounds'

.PHONY: sim
sim: setup ## Live through a simulated year of 100 workflows with faults, twice, and audit it
	swift build $(release) --product tactus-sim
	.build/release/tactus-sim $(if $(SEED),--seed=$(SEED)) --twice

.PHONY: fuzz
fuzz: ## Fuzz the socket's messages and the unit files, FUZZ_SECONDS each (needs no `make build`)
	@scripts/setup --fuzz
	@scripts/fuzz --seconds $(FUZZ_SECONDS)

.PHONY: install
install: ## Install the result of `make build` into DESTDIR/PREFIX, with man pages, completions, units and examples
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' scripts/install

.PHONY: deb
deb: build ## Build the Debian package .build/tactus_VERSION_ARCHITECTURE.deb
	@scripts/setup --package
	@scripts/deb

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf .build .build-tsan .build-fuzz .build-lab Benchmarks/.build
