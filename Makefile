# Lingtan 零碳: what one needs to build, try and check it. Plain `make` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Commit and tag go into the binary; a source archive without git still builds.
REVISION := $(shell git rev-parse --short HEAD 2>/dev/null)
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1.0-dev)
GOBUILD := go build -trimpath $(if $(REVISION),,-buildvcs=false) -ldflags "-X main.version=$(VERSION)"

# npm ci and the console's build run again only when what they read has changed.
CONSOLE := web/dist/index.html
MODULES := web/node_modules/.installed
CONSOLE_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' \
	-not -path 'web/e2e/*' -not -path 'web/test-results/*' -not -path 'web/playwright-report/*' -not -name '*.go')

.PHONY: help demo test bench kill build web fmt fuzz clean

help:
	@echo 'make demo    构建并运行演示园区 · build everything and run the demo park on http://127.0.0.1:8080'
	@echo 'make test    运行全部检查 · run every check (under 15 minutes on 2 cores)'
	@echo 'make bench   性能测量 · measure speed and memory (BENCH="-points 100 -days 60")'
	@echo 'make kill    反复强杀服务器，核对确认过的样本 · kill the server KILLS=1000 times and look for what was acknowledged'
	@echo 'make build   只构建程序 bin/lingtan · build the binary with the console that is there'
	@echo 'make web     构建控制台 · build the console into web/dist'
	@echo 'make fmt     整理 Go 代码格式 · format the Go code'
	@echo 'make fuzz    每个解析器模糊测试 10 秒 · fuzz every parser for 10 s (FUZZTIME=1m)'
	@echo 'make clean   删除构建产物 · remove what was built; data directories stay'

demo: web build
	@echo '== 演示园区：真实读数，组合园区；Ctrl-C 结束 · the demo park: real readings, assembled park; Ctrl-C ends it'
	@bin/lingtan demo

test: web build
	@scripts/test.sh

bench:
	@scripts/need.sh go compiler
	@scripts/peers.sh || true
	@go run ./bench $(BENCH)

# The server is killed again and again while every door brings samples.
kill: build
	@LINGTAN_PROGRAM=$(CURDIR)/bin/lingtan LINGTAN_DOOR_KILLS=$(or $(KILLS),1000) go test -count=1 -timeout 0 -v -run TestKill ./test/doorkill

build:
	@scripts/need.sh go compiler
	@echo '== 构建 bin/lingtan（首次约两分钟） · building bin/lingtan (the first time about two minutes)'
	@$(GOBUILD) $$(scripts/need.sh solver) -o bin/lingtan ./cmd/lingtan

web: $(CONSOLE)

$(CONSOLE): $(MODULES) $(CONSOLE_SOURCES)
	@echo '== 构建控制台 · building the console'
	@cd web && npm run --silent build
	@touch $@

$(MODULES): web/package.json web/package-lock.json
	@scripts/need.sh node
	@echo '== 安装控制台依赖（按锁定版本） · installing what the console needs, at its locked versions'
	@cd web && npm ci --no-audit --no-fund
	@touch $@

fmt:
	@find . -name '*.go' -not -path './web/node_modules/*' -not -path './.cache/*' -exec gofmt -l -w {} +

fuzz: build
	@scripts/fuzz.sh

clean:
	@rm -rf bin .cache web/node_modules web/test-results web/playwright-report
	@find web/dist -mindepth 1 -not -name .keep -delete
	@echo '数据目录（lingtan-data、demo-data）未删除 · data directories (lingtan-data, demo-data) were left alone'
