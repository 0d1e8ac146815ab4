# SPDX-License-Identifier: Apache-2.0
# Every target that compiles runs scripts/bootstrap first; see docs/install.md.

PREFIX ?= /usr/local
DESTDIR ?=
SHELL := /bin/bash
ENGINE := .build/engine
SOURCES := Package.swift Sources Tests Fuzz/Targets

# Libraries are looked for beside the program (installed) and in the engine that scripts/bootstrap links into .build.
RUN_PATH := -Xlinker -rpath -Xlinker '$$ORIGIN' -Xlinker -rpath -Xlinker '$$ORIGIN/../../engine/lib'
SWIFT := PKG_CONFIG_PATH="$(CURDIR)/$(ENGINE)/lib/pkgconfig$${PKG_CONFIG_PATH:+:$$PKG_CONFIG_PATH}" swift
RELEASE := -c release --static-swift-stdlib $(RUN_PATH)
# The same flags for check and test, so that one build serves both.
DEBUG := BAIGO_WARNINGS_AS_ERRORS=1 $(SWIFT)
DEBUG_FLAGS := --explicit-target-dependency-import-check error $(RUN_PATH)
TSAN_FLAGS := --sanitize=thread --scratch-path .build/tsan $(RUN_PATH) -Xlinker $(CURDIR)/.build/tsan/mutex.o

.DEFAULT_GOAL := help
.PHONY: help bootstrap build check test templates vulkan tsan crash fuzz quickstart bench install uninstall format clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

bootstrap: ## Install missing apt packages and build the pinned llama.cpp, once
	@scripts/bootstrap

build: bootstrap ## Build baigo and baigo-engine for release
	$(SWIFT) build $(RELEASE) --product baigo
	$(SWIFT) build $(RELEASE) --product baigo-engine

check: bootstrap ## Lint, and build everything with warnings as errors
	swift format lint --strict --recursive --parallel $(SOURCES)
	$(DEBUG) build $(DEBUG_FLAGS) --build-tests

test: bootstrap ## Build and run every test
	@scripts/test-tools
	$(DEBUG) build $(DEBUG_FLAGS) --build-tests
	$(DEBUG) test $(DEBUG_FLAGS) --skip-build --disable-xctest

templates: bootstrap ## Compare every chat template with llama-server, not only a sample
	@scripts/test-tools
	$(DEBUG) build $(DEBUG_FLAGS) --build-tests
	BAIGO_ALL_TEMPLATES=1 $(DEBUG) test $(DEBUG_FLAGS) --skip-build --disable-xctest --filter TemplateTests

vulkan: bootstrap ## Build an engine with the Vulkan backend, and test it on llvmpipe, a software renderer
	BAIGO_ACCEL=vulkan scripts/bootstrap --beside
	@scripts/test-tools vulkan
	$(DEBUG) build $(DEBUG_FLAGS) --build-tests
	$(DEBUG) test $(DEBUG_FLAGS) --skip-build --disable-xctest --filter VulkanTests

tsan: bootstrap ## Run the tests of store and files, and the stress test, under the thread sanitizer
	@mkdir -p .build/tsan && ln -sfn ../engine .build/tsan/engine
	clang -c -O1 -fPIC -Wall -Wextra scripts/tsan/mutex.c -o .build/tsan/mutex.o
	$(SWIFT) build $(TSAN_FLAGS) --build-tests
	$(SWIFT) test $(TSAN_FLAGS) --skip-build --disable-xctest \
		--filter 'ModelStoreTests|BaigoCoreTests|DataPipelineTests|ParallelVerifyTests|StressTests'

crash: build ## Cut off the store's commands at every EVERY-th (default 1) call that writes
	@scripts/crash --every $(or $(EVERY),1)

fuzz: bootstrap ## Fuzz every reader, SECONDS (default 60) each, under the address sanitizer
	@PKG_CONFIG_PATH="$(CURDIR)/$(ENGINE)/lib/pkgconfig$${PKG_CONFIG_PATH:+:$$PKG_CONFIG_PATH}" Fuzz/run $(SECONDS)

quickstart: build ## Carry the fixture model across a simulated gap and ask it a question
	@scripts/quickstart

bench: build ## Measure speed and memory against other tools; writes docs/benchmarks.md
	@scripts/bench

install: ## Install into PREFIX (default /usr/local; DESTDIR is honoured)
	@if [ ! -x .build/release/baigo ] || [ ! -x .build/release/baigo-engine ]; then $(MAKE) build; fi
	@scripts/install "$(DESTDIR)" "$(PREFIX)"

uninstall: ## Remove what install put into PREFIX
	@scripts/install --remove "$(DESTDIR)" "$(PREFIX)"

format: ## Format the Swift sources
	swift format --in-place --recursive --parallel $(SOURCES)

clean: ## Remove build products; the cached engine stays
	rm -rf .build
