# A thin front for CMake, so that two commands are enough: make run, make test.

BUILD ?= build
ASAN ?= build-asan
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
LISTEN ?= 127.0.0.1:8070
JOBS ?= $(shell nproc)
TARGETS ?= all

# The kernel that `make test` boots in qemu; empty for none.
GUEST ?= 6.12
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)

PREFIX ?= /usr/local

.PHONY: all install uninstall deb image tarball run demo-http test test-fast test-kernels test-arm64 test-threads bench pictures lint format deps deps-test build asan clean

all: build

# Installs what is missing to build and run; says what, and does nothing when all is there.
deps:
	@.ci/deps build

deps-test:
	@.ci/deps test

# What a build directory is, said when it can't be made: configure DIR OPTION...
configure = mkdir -p $(1) && { cmake -S . -B $(1) -G Ninja $(2) >$(1)/configure.log || \
	{ cat $(1)/configure.log; exit 1; }; }

build:
	@$(call configure,$(BUILD),-DCMAKE_BUILD_TYPE=RelWithDebInfo -DLUNETTE_BUNDLE=ON)
	@cmake --build $(BUILD) -j$(JOBS) --target $(TARGETS)

# The explorer with the demo: system calls by process, counted by our own BPF program.
run: deps
	@$(MAKE) --no-print-directory build TARGETS="lunette examples"
	@LUNETTE_BUILD=$(BUILD) exec $(SUDO) $(BUILD)/lunette serve --listen $(LISTEN) \
		--script examples/syscalls $(ARGS)

# The explorer beside a small mesh of HTTP services in Go, whose requests it traces.
demo-http: deps
	@command -v go >/dev/null || { echo "lunette: make demo-http needs Go: apt-get install golang-go"; exit 1; }
	@$(MAKE) --no-print-directory build TARGETS="lunette examples"
	@cd examples/http_mesh && CGO_ENABLED=0 go build -o $(abspath $(BUILD))/mesh .
	@$(BUILD)/mesh & mesh=$$!; trap "kill $$mesh" EXIT INT TERM; sleep 1; \
		LUNETTE_BUILD=$(BUILD) $(SUDO) $(BUILD)/lunette serve --listen $(LISTEN) \
		--tool httpobserver:path=$(abspath $(BUILD))/mesh $(ARGS)

# Installs what was built below PREFIX (/usr/local); uninstall removes what that wrote.
install:
	@$(MAKE) --no-print-directory build TARGETS="lunette examples"
	@$(SUDO) cmake --install $(BUILD) --strip --prefix $(PREFIX)

uninstall:
	@test -e $(BUILD)/install_manifest.txt || { echo "lunette: nothing was installed from $(BUILD)"; exit 1; }
	@sed 's|^|$(DESTDIR)|' $(BUILD)/install_manifest.txt | $(SUDO) xargs -d '\n' rm -f

# A Debian package in the build folder.
deb:
	@$(MAKE) --no-print-directory build TARGETS="lunette examples"
	@cd $(BUILD) && cpack -G DEB

# A container image in OCI's layout.
image:
	@$(MAKE) --no-print-directory build TARGETS="lunette examples"
	@.ci/image $(BUILD)

# The sources with the page, so that building them needs neither node nor npm.
tarball:
	@$(MAKE) --no-print-directory build TARGETS=lunette
	@version=$$($(BUILD)/lunette --version | cut -d' ' -f2) && name=lunette-$$version && \
		git archive --prefix=$$name/ HEAD -o $(BUILD)/$$name.tar && \
		tar -rf $(BUILD)/$$name.tar --transform "s,^,$$name/," web/dist && \
		gzip -nf $(BUILD)/$$name.tar && echo "$(BUILD)/$$name.tar.gz"

# Everything: lint, the C, Lua, HTTP, metrics, GraphQL and browser tests, and again under ASan.
test: export LUNETTE_TIMES = $(BUILD)/times
test:
	@mkdir -p $(BUILD) && rm -f $(LUNETTE_TIMES)
	@.ci/timed install .ci/deps test
	@.ci/timed build $(MAKE) --no-print-directory build
	@.ci/timed "asan: build" $(MAKE) --no-print-directory asan
	@$(SUDO) env LUNETTE_BUILD=$(BUILD) LUNETTE_ASAN=$(ASAN) LUNETTE_TIMES=$(LUNETTE_TIMES) \
		LUNETTE_GUEST=$(GUEST) XDG_CACHE_HOME=$(CACHE) \
		lua5.4 tests/run.lua $(ONLY)

# Without the sanitizers' second round: for use while working.
test-fast: deps-test
	@$(MAKE) --no-print-directory build
	@$(SUDO) env LUNETTE_BUILD=$(BUILD) lua5.4 tests/run.lua $(ONLY)

# The C, Lua, command line and metrics tests on each kernel of the list, in qemu. BOOT=6.12: a shell.
test-kernels: deps-test
	@$(MAKE) --no-print-directory build
	@$(SUDO) env LUNETTE_BUILD=$(BUILD) KERNELS="$(KERNELS)" BOOT="$(BOOT)" \
		XDG_CACHE_HOME=$(CACHE) lua5.4 tests/kernels/run.lua $(ONLY)

# A cross build for arm64, and its tests in a guest.
test-arm64: deps-test
	@$(SUDO) env XDG_CACHE_HOME=$(CACHE) tests/kernels/arm64 $(ONLY)

asan:
	@export CC=clang; $(call configure,$(ASAN),-DCMAKE_BUILD_TYPE=Debug -DLUNETTE_SANITIZE=ON \
		-DLUNETTE_WERROR=ON)
	@cmake --build $(ASAN) -j$(JOBS)

# Data races: the HTTP and Lua tests in a build with ThreadSanitizer. A server that is told twice to
# end leaves its threads: that is no finding.
test-threads: deps-test
	@export CC=clang; $(call configure,build-tsan,-DCMAKE_BUILD_TYPE=RelWithDebInfo \
		-DLUNETTE_SANITIZE=thread)
	@cmake --build build-tsan -j$(JOBS)
	@$(SUDO) env LUNETTE_BUILD=build-tsan LUNETTE_QUICK=1 \
		TSAN_OPTIONS="suppressions=$(CURDIR)/tests/lib/tsan.supp exitcode=66 report_thread_leaks=0" \
		lua5.4 tests/run.lua $(or $(ONLY),tests/http tests/lua)

# Figures, as ratios in one run; not a test.
bench: deps-test
	@$(MAKE) --no-print-directory build
	@$(SUDO) env LUNETTE_BUILD=$(BUILD) lua5.4 tests/bench/run.lua $(ONLY)

# The pictures of README and docs/, taken from the running program.
pictures: deps-test
	@$(MAKE) --no-print-directory build
	@$(SUDO) env LUNETTE_BUILD=$(BUILD) node tests/web/pictures.mjs

# The checks that take seconds: formats, luacheck, layers. As a hook: ln -s ../../.ci/pre-commit .git/hooks/
lint:
	@.ci/pre-commit

format:
	@clang-format -i $$(git ls-files 'src/**.[ch]' 'tests/**.[ch]' 'examples/**.c')

clean:
	rm -rf $(BUILD) $(ASAN) web/dist
