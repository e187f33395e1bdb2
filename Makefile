# make help lists the targets. Neither demo nor test needs anything but Go and the module
# proxy; the judges (make judges) make the tests stricter, and CI requires them.

SHELL       := /bin/bash
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# The race detector needs a C compiler. Where there is none the tests run without it; CI insists.
RACE        := $(if $(CI),-race,$(shell command -v $${CC:-cc} >/dev/null 2>&1 && echo -race))
SUDO        := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
JUDGES      := gcc libc6-dev libxml2-utils xmlsec1 qpdf poppler-utils openssl strace bsdutils chromium \
               libreoffice-writer-nogui libreoffice-calc-nogui python3-venv default-jdk-headless maven
# What Debian does not have lies in .judges, where the tests look for it.
PYHANKO     := pyhanko==0.38.0 pyhanko-cli==0.6.0

.DEFAULT_GOAL := help
.PHONY: help build demo test raced slow interop bench mutants judges lint nightly corpora clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

build: ## build bin/batch
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/batch ./cmd/batch

demo: ## build, then rehearse samples/ against the sandbox; the first build takes about two minutes
	@echo "Building (the first time about two minutes on two cores) …"
	@$(MAKE) --no-print-directory build
	@rm -rf demo
	bin/batch rehearse samples/manifest.csv --keep demo

# Under the race detector SQLite is ten to twenty times as slow: what is mostly SQLite or PDFs, or starts
# hundreds of processes, runs without it here but for the tests in which several act at once, and
# with it, whole, in make nightly. The longest come first.
SLOW  := ./cmd/batch ./internal/simulation ./internal/app ./internal/ledger ./internal/manifest ./internal/pdfprep ./internal/reconcile ./internal/sandbox ./internal/table
RACED := ./internal/app ./internal/ledger ./internal/manifest ./internal/reconcile
ATONCE := Share|CallerStops|WorkbookAndText|OneRows|SaysNoMore|SideBySide|OnlyOne|AtTheSameTime|AtOnce|Takers|Beside|WhileSending|Timekeeper|OnTheWay|Carried|WhileTheDocument|IsBeingConfirmed

test: ## run every test, with the race detector where it does not take an hour
	@[ -n "$(RACE)" ] || echo "no C compiler (install gcc): the tests run without the race detector"
	@$(MAKE) --no-print-directory -j2 raced slow

# Beside each other, for the slow ones wait much: for processes, for polls, for the disk.
raced:
	go test $(RACE) -timeout 14m $$(go list ./... | grep -vFx "$$(go list $(SLOW))")
	go test $(RACE) -timeout 10m -run '$(ATONCE)' $(RACED)
slow:
	go test -parallel 4 -timeout 14m $(SLOW)

interop: build ## run the portal's own Java client, unchanged, against "batch sandbox" (needs a JDK and Maven)
	@if command -v mvn >/dev/null && command -v javac >/dev/null; then \
	  mvn -B -q -ntp -f interop/pom.xml test && echo "interop: the Java client has nothing to complain about"; \
	else \
	  echo "interop: not run; install maven and a JDK (Debian: maven default-jdk-headless; make judges)"; [ -z "$(CI)" ]; \
	fi

bench: ## measure, each figure beside its limit
	go test -run '^$$' -bench 'Creates|Plan' -benchtime 3x -timeout 20m ./internal/app
	go test -run '^$$' -bench Follow -benchtime 1x -timeout 30m ./internal/app
	go test -run '^$$' -bench 'Start$$' -benchtime 20x -timeout 20m ./internal/app
	go test -run '^$$' -bench . -benchtime 2x -timeout 20m ./internal/pdfprep
	go test -run '^$$' -bench Lookup -timeout 10m ./internal/ledger
	go test -run '^$$' -bench Transitions -benchtime 5x -timeout 10m ./internal/ledger
	go test -run '^$$' -bench Report -benchtime 1x -timeout 60m ./internal/ledger
	go test -run '^$$' -bench Seal -timeout 10m ./internal/bundle
	go test -run '^$$' -bench Create -benchtime 5x -timeout 10m ./internal/sandbox
	go test -run '^TestEfficiency$$' -v -count=1 ./internal/pace
	go test -run '^$$' -bench . -benchtime 2x -timeout 20m ./internal/manifest

mutants: ## break one rule of the program at a time and see that its test turns red
	go run ./internal/mutants

judges: ## install the independent programs that the tests hold our work against (Debian)
	$(SUDO) apt-get update -qq
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(JUDGES)
	python3 -m venv .judges/python
	.judges/python/bin/pip install -q --disable-pip-version-check $(PYHANKO)

lint: ## gofmt, go vet, staticcheck, go mod tidy
	@test -z "$$(gofmt -l .)" || { echo "not formatted by gofmt:"; gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	go mod tidy -diff

nightly: mutants ## the long tests: many more tries of whatever is random, planted bugs, fuzzing
	go test -race -timeout 60m ./internal/ledger -rapid.checks=2000
	go test -race -timeout 90m $(SLOW)
	go test -timeout 150m ./internal/simulation -sim.seeds=10000 -sim.from=$$(date +%s) -sim.stride=1 -sim.twice=200
	go test -timeout 120m -run '^Test(A|PurgingOnA)DiskThatFailsAtAnyStep$$' ./internal/app -disk.all
	go test -race -timeout 90m -v -run '^TestKill' ./cmd/batch -kill.runs=200 -kill.seed=$$(date +%s)
	go test -race -timeout 60m -v -run '^TestNoEleventhCallWhateverHappens$$' ./internal/pace -pace.hours=24 -pace.seed=$$(date +%s)
	go test -timeout 90m -v -run '^TestFollowingForWeeks$$' ./internal/reconcile -soak.days=90 -soak.seed=$$(date +%s)
	go test -timeout 90m -v -run '^TestFollowingForAnHour$$' ./cmd/batch -soak.time=1h
	@for t in $$(grep -rlE '^func Fuzz' --include='*_test.go' internal | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -rhoE '^func Fuzz[A-Za-z0-9_]+' $$t/*_test.go | sed 's/func //'); do \
	    echo "$$t $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime 60s -fuzzminimizetime 1s ./$$t || exit 1; \
	  done; \
	done

corpora: ## judge public PDFs beside independent programs: PDF_CORPORA=FOLDER (docs/pdf.md says how to fetch them)
	@[ -d "$(PDF_CORPORA)" ] || { echo "name the folder: make corpora PDF_CORPORA=FOLDER; docs/pdf.md says how to fetch the files"; exit 2; }
	PDF_CORPORA="$$(cd "$(PDF_CORPORA)" && pwd)" go test -run '^TestCorpora$$' -v -count=1 -timeout 60m ./internal/pdfprep

clean: ## delete what the targets made
	rm -rf bin demo interop/target
