# make prints what there is; make check is what the continuous integration runs.

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
GOBUILD  := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'
FUZZTIME ?= 2m
ROWS     ?= 100000
PLATFORMS := linux/amd64 linux/arm64 windows/amd64 windows/arm64 darwin/amd64 darwin/arm64

.DEFAULT_GOAL := help
.PHONY: help build demo test check bench crash fuzz dist

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the static binary ./bin/tagkeep
	$(GOBUILD) -o bin/tagkeep ./cmd/tagkeep

demo: build ## build, then import the sample spreadsheets into a throw-away database
	bin/tagkeep demo

test: ## run all tests, on SQLite and on a private MariaDB (scripts/test.sh)
	scripts/test.sh go test -timeout 25m ./...

check: ## gofmt, vet, staticcheck and all tests with the race detector (needs gcc)
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then \
		echo "not formatted (gofmt -w FILE):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	CGO_ENABLED=1 scripts/test.sh go test -race -timeout 25m ./...

bench: ## measure against other programs with files of ROWS=100000 (scripts/bench.sh)
	scripts/bench.sh -rows $(ROWS) $(BENCHFLAGS)

crash: ## try every fault at every step of delete, restore, undo and purge, and count
	TAGKEEP_MATRIX=all scripts/test.sh go test -timeout 15m -count 1 -v -run 'TestCrashMatrix|TestF05' ./recycle | grep -v '^=== '

fuzz: ## run every fuzz target for FUZZTIME=2m each
	@set -e; for pkg in $$(go list ./...); do \
		listed=$$(go test -list '^Fuzz' $$pkg); \
		for target in $$(echo "$$listed" | grep '^Fuzz' || true); do \
			echo "$$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg; \
		done; \
	done

dist: ## cross-build for Linux, Windows and macOS into dist/, with SHA256SUMS
	rm -rf dist && mkdir dist
	@set -e; for platform in $(PLATFORMS); do \
		os=$${platform%/*} arch=$${platform#*/} ext=; \
		if [ $$os = windows ]; then ext=.exe; fi; \
		echo "dist/tagkeep-$(VERSION)-$$os-$$arch$$ext"; \
		GOOS=$$os GOARCH=$$arch $(GOBUILD) -o dist/tagkeep-$(VERSION)-$$os-$$arch$$ext ./cmd/tagkeep; \
	done
	cd dist && { sha256sum tagkeep-* 2>/dev/null || shasum -a 256 tagkeep-*; } >SHA256SUMS
