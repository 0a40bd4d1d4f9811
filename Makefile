# guardpage. Needs Node 20.19 or later with npm; everything else is installed here.

MODULES = node_modules/.package-lock.json
SOURCES = $(shell find src examples bench -name '*.ts') tsconfig.json tsconfig.build.json package.json
VITEST  = npx vitest run --reporter=default --reporter=json --outputFile.json=out/tests.json

.PHONY: all build check test test-slow bench demo clean
all: build

$(MODULES): package.json package-lock.json
	npm ci --no-fund --no-audit
	@touch $@

dist/.built: $(MODULES) $(SOURCES)
	rm -rf dist
	npm run --silent build
	@chmod +x dist/src/cli/main.js
	@ln -sf ../../dist/src/cli/main.js node_modules/.bin/guardpage # so that `npx guardpage` works here
	@touch $@

build: dist/.built

# Types, then lint; a warning is an error.
check: $(MODULES)
	npm run --silent check
	npm run --silent lint

# A few minutes at most; the long walks are in test-slow.
test: check build
	@mkdir -p out
	$(VITEST)

test-slow: build
	@mkdir -p out
	GUARDPAGE_SLOW=1 $(VITEST)

# Hot operations with mitata; schedules a second; primitives, and a million stacks at once, beside the host's own; a
# million areas with holes.
bench: build
	node dist/bench/hot.js
	node dist/bench/explore.js
	node dist/bench/primitives.js --native
	node dist/bench/pairs.js --native
	node dist/bench/holes.js

# test_str02 on three machines with both searches: tables, a plot, out/demo.svg and out/demo.json.
demo: build
	node dist/src/cli/main.js demo

clean:
	rm -rf dist out
