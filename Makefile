# What a developer does with the suite. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# CGO_ENABLED=0 and no local paths: small binaries that are the same everywhere.
export CGO_ENABLED := 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/kubechores/kubechores/pkg/cli.version=$(VERSION)
# -trimpath as in build: what is compiled with another flag is compiled once more. The tag
# leaves out schemas that the stand-in does without, and that take as long to compile.
DEMO := go run -trimpath -tags standin ./scripts/demo
CLUSTER := go -C scripts/cluster run .
# What the Cloud SQL Proxy's tests run: the proxies in both versions, and databases.
SQL_IMAGES := cloud-sql-proxy:2.25.3=../sqlproxy/v2 gce-proxy:1.37.6=../sqlproxy/v1 postgres=../sqlproxy/postgres mariadb=../sqlproxy/mariadb
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
SHFMT := mvdan.cc/sh/v3/cmd/shfmt@v3.12.0
SHELL_SCRIPTS := .ci/run scripts/size.sh scripts/mlogs.sh scripts/testdata/kubectl $(wildcard plugins/kubectl-*/kubectl_complete-*)
POSIX_SCRIPTS := plugins/kubectl-mlogs/file/agent.sh

.DEFAULT_GOAL := help
.PHONY: help build test test-programs e2e e2e-images e2e-acme bench demo serve cluster cluster-down lint size dist pictures clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build every plugin into bin/, with its completion script
	@mkdir -p bin
	go build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./plugins/...
	@cp plugins/kubectl-*/kubectl_complete-* bin/

# What the tests run, as PROGRAM=PACKAGES of Debian.
TEST_PROGRAMS := gcc=gcc,libc6-dev git=git bats=bats shellcheck=shellcheck dash=dash busybox=busybox-static openssl=openssl setsid=util-linux script=bsdutils

# What is missing is said before minutes go by, and all at once.
test-programs:
	@missing=; for p in $(TEST_PROGRAMS); do command -v "$${p%=*}" >/dev/null || missing+=" $${p#*=}"; done; \
	  [ -z "$$missing" ] || { echo "the tests need: apt-get install$${missing//,/ }" >&2; exit 1; }
	@command -v kubectl >/dev/null || { echo "the tests need kubectl: go -C scripts/kubectl build -o /usr/local/bin/kubectl ." >&2; exit 1; }

# Built all at once, then run one package after the other: some tests start hundreds of
# processes, and those of two packages would take the machine from each other.
test: test-programs ## Run the unit and component tests, with the race detector (and bats)
	CGO_ENABLED=1 go test -race -count=1 -run '^$$' ./... >/dev/null
	CGO_ENABLED=1 go test -race -count=1 -p 1 ./...
	go -C scripts/cluster test -count=1 ./...
	go -C scripts/image test -count=1 ./...
	bats scripts/mlogs.bats

# One package after the other: several tests judge what a busy machine cannot keep up
# with, as how much of a log is rotated away before it is read.
e2e: build ## Run the built plugins on a real Kubernetes (starts one; E2E_KUBECONFIG names another)
	@$(CLUSTER) up -log-max-size=10Mi,1Mi -kwok >/dev/null # the second node rotates early
	@$(MAKE) e2e-images
	E2E_KUBECONFIG="$$($(CLUSTER) kubeconfig)" go test -tags e2e -count=1 -v -p 1 -timeout 25m ./plugins/*/e2e/ ./pkg/kube/e2e/

# The first time builds two programs and downloads Debian packages; they stay in the cluster's cache.
e2e-images: ## Put the images of the end-to-end tests on the running test cluster
	@mkdir -p bin/images
	@go build -trimpath -ldflags "$(LDFLAGS)" -o bin/images/kubectl-stagger ./plugins/kubectl-stagger
	@go -C scripts/image run . -program "$(CURDIR)/bin/images/kubectl-stagger" -plugin stagger -version "$(VERSION)" -out "$(CURDIR)/bin/images/stagger.tar"
	@test -n "$${E2E_KUBECONFIG:-}" || $(CLUSTER) load "kubectl-stagger=$(CURDIR)/bin/images/stagger.tar" >/dev/null
	@test -n "$${E2E_KUBECONFIG:-}" || $(CLUSTER) load $(SQL_IMAGES) >/dev/null

# E2E_ACME names a built scripts/acme, whose first build takes ten minutes and more.
e2e-acme: build ## Check certcheck against the real cert-manager, an ACME server and a stand-in of AWS (slow)
	@$(CLUSTER) up >/dev/null
	go -C scripts/crds run . | kubectl --kubeconfig "$$($(CLUSTER) kubeconfig)" apply --server-side -f - >/dev/null
	E2E_KUBECONFIG="$$($(CLUSTER) kubeconfig)" go test -tags 'e2e acme' -count=1 -v -timeout 60m -run TestACME ./plugins/kubectl-certcheck/e2e/

bench: build ## Compare with the peers on one source of logs, in one run
	go run -trimpath ./scripts/bench

demo: build ## See each plugin at its main job, on the real cluster or on a stand-in
	@$(DEMO)

serve: build ## Keep the stand-in of the demo running, for kubectl and the plugins
	@$(DEMO) serve

pictures: build ## Draw the screens of the demo, from real runs on the stand-in, beside each plugin
	@$(DEMO) -stand-in -pictures . >/dev/null

cluster: ## Start a real Kubernetes on this machine (Linux, root; the first build takes minutes)
	@$(CLUSTER) up

cluster-down: ## Stop it and leave nothing behind
	@$(CLUSTER) down

lint: ## Check formatting, vet, staticcheck, go.mod and the shell scripts
	@test -z "$$(gofmt -s -l . | tee /dev/stderr)" || { echo "gofmt -s -w the files above" >&2; exit 1; }
	go mod tidy -diff
	go vet ./...
	go vet -tags e2e,acme ./...
	go vet -tags standin ./scripts/demo ./pkg/kubetest
	go -C scripts/cluster vet ./...
	go -C scripts/crds vet ./...
	go -C scripts/image vet ./...
	go -C scripts/kubectl vet ./...
	GOOS=windows go vet ./plugins/... ./pkg/cli ./pkg/kube
	GOOS=darwin go vet ./plugins/... ./pkg/cli ./pkg/kube
	go run $(STATICCHECK) -tags e2e,acme ./...
	shellcheck $(SHELL_SCRIPTS)
	shellcheck -s sh $(POSIX_SCRIPTS)
	shellcheck plugins/kubectl-certcheck/byhand/*.sh
	go run $(SHFMT) -d -i 2 -ci $(SHELL_SCRIPTS)
	go run $(SHFMT) -d -i 2 -ci -ln posix $(POSIX_SCRIPTS)
	go run $(SHFMT) -d -i 2 -ci -ln bats scripts/mlogs.bats

size: build ## Check each binary's size and start-up, and the sizes in dist/ where it is there
	@scripts/size.sh bin/kubectl-* $(wildcard dist/build/*/kubectl-*)

dist: ## Make the archives of a release, checksums, SBOMs and krew's manifests in dist/ (minutes)
	go run -trimpath ./scripts/release -out dist -version "$(VERSION)"

clean: ## Remove what was built here (not the cluster's components)
	rm -rf bin dist
