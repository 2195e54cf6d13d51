# Everything here needs Go and python3, and nothing else.

GO          ?= go
STATICCHECK ?= $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 10s

# Packages whose tests run a second time with the race detector. store/s3 is left
# out: with it the AWS SDK is compiled twice, which takes longer than all tests.
RACE = ./engine/... ./runtime ./runs ./store ./store/dir ./store/mem ./store/count ./store/faulty ./cmd/flowc/internal/progress

.PHONY: help build demo test vet race lint golden fuzz e2e bench clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' Makefile

build: ## the programs, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/ ./cmd/...

demo: build ## run the example, and say where to look
	@sh examples/demo.sh bin/flowc

test: vet ## vet, formatting, all tests, and some again with the race detector
	$(GO) test ./...
	@$(MAKE) --no-print-directory race

vet:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...

# The race detector needs a C compiler.
race:
	@if command -v "$$($(GO) env CC)" >/dev/null 2>&1; then \
		echo '$(GO) test -race -short $(RACE)'; CGO_ENABLED=1 $(GO) test -race -short $(RACE); \
	else echo 'no C compiler: the race detector is left out'; fi

lint: vet ## vet, staticcheck, go.mod in order
	$(STATICCHECK) ./...
	$(GO) mod tidy -diff

golden: ## write anew what the tests compare with, generated docs included
	@for pkg in $$(grep -rlE 'flag\.Bool\("update"' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
		echo "$(GO) test $$pkg -update"; $(GO) test $$pkg -update || exit 1; done

# When time is up in the middle of an input, go test says "context deadline
# exceeded" and fails; that is no finding.
fuzz: ## every fuzz target for FUZZTIME (10s)
	@for pkg in $$($(GO) list ./...); do \
		targets=$$($(GO) test -list '^Fuzz' $$pkg) || { echo "$$targets"; exit 1; }; \
		for target in $$(echo "$$targets" | grep '^Fuzz'); do \
			echo "== $$pkg $$target"; \
			if out=$$($(GO) test $$pkg -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) 2>&1); then \
				echo "$$out" | grep 'fuzz: elapsed' | tail -n 1; \
			else \
				echo "$$out"; \
				case "$$out" in \
				*'Failing input'*) exit 1;; \
				*'context deadline exceeded'*) ;; \
				*) exit 1;; \
				esac; \
			fi; \
		done; done

e2e: ## tests against real servers, which are built first, into .cache/bin/
	@sh e2e/versitygw.sh
	$(GO) test -count=1 ./store/s3/...

bench: ## measure, as a table; on S3 too, where versitygw was built by `make e2e`
	$(GO) run ./bench
	@! test -x .cache/bin/versitygw || { $(GO) test -run '^$$' -bench 'Put|Get|Many' -benchtime 1x ./store/s3 && \
		$(GO) test -run '^$$' -bench Small ./store/s3; }

clean: ## remove what was built
	rm -rf bin .cache
	$(GO) clean -testcache
