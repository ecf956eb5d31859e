GO ?= go
BENCH ?= --run compare,handovers
OUT ?= report
FUZZTIME ?= 10s

.PHONY: help build test lint race compiler postgres chromium picture screenshots bench fuzz

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build the program, ./carriole
	$(GO) build -trimpath -o carriole ./cmd/carriole

test: lint race postgres chromium ## Run every check: lint, race detector, all tests; installs what they need
	$(GO) test -timeout 20m ./...

lint: ## Check formatting, go vet and staticcheck
	@unformatted="$$(gofmt -l .)"; [ -z "$$unformatted" ] || { echo "run gofmt -w on:" $$unformatted >&2; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck -checks all ./...

# What plans is tested without it: it searches for minutes under it, and what it runs side by side is the engine's and the
# store's.
race: compiler postgres ## Run what works side by side under the race detector
	CGO_ENABLED=1 $(GO) test -timeout 20m -race ./engine/... ./geo/... ./api/store ./api/hook ./api/signin

# The race detector needs a C compiler.
compiler:
	@command -v "$$($(GO) env CC)" >/dev/null || { \
		[ "$$(id -u)" = 0 ] || { echo "no C compiler: run 'apt-get install gcc libc6-dev' as root" >&2; exit 1; }; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends gcc libc6-dev; }

# The store's tests start a PostgreSQL of their own, wherever Debian or the PATH has one.
postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { \
		[ "$$(id -u)" = 0 ] || { echo "no PostgreSQL: run 'apt-get install postgresql' as root" >&2; exit 1; }; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends postgresql; }

# Pages are tested in a real browser.
chromium:
	@command -v chromium >/dev/null || { \
		[ "$$(id -u)" = 0 ] || { echo "no Chromium: run 'apt-get install chromium' as root" >&2; exit 1; }; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends chromium fonts-dejavu-core; }

picture: ## Draw the picture of the README
	$(GO) run ./cmd/carriole plan cmd/carriole/example.json --iterations 20000 --lang en --quiet --svg cmd/carriole/example.svg

screenshots: chromium ## Draw the pictures of the pages in the README
	$(GO) test ./api/web -run '^TestScreenshots$$' -count 1 -args -screenshots $(CURDIR)/api/web/screenshots

bench: ## Measure against VROOM and write OUT (report); BENCH=flags chooses, see go run ./benchmarks/weeks --help
	$(GO) run ./benchmarks/weeks $(BENCH) --out $(OUT)

fuzz: ## Fuzz each parser for FUZZTIME (10s)
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done
