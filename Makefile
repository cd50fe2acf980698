# The two commands of the README are `make run` and `make test`; both install what is missing first.
PREFIX ?= /usr/local
SWIFT_BUILD_FLAGS ?=
RELEASE = .build/release/braid
# Where each shell looks for what it completes, under share/.
COMPLETIONS = bash-completion/completions/braid zsh/site-functions/_braid fish/vendor_completions.d/braid.fish

.PHONY: help run test build setup install uninstall format bench bench-inference bench-features bench-live soak test-devices clean

help:
	@echo "make run       build the release and run it on samples/, printing JSON Lines"
	@echo "make test      run all tests"
	@echo "make build     build the release: $(RELEASE)"
	@echo "make install   install braid and its models under PREFIX ($(PREFIX))"
	@echo "make uninstall remove them again"
	@echo "make format    format the sources, then lint them"
	@echo "make bench     measure against the peers (see Benchmarks/README.md)"
	@echo "make bench-inference  models beside ONNX Runtime and OpenVINO"
	@echo "make bench-features  features of sound beside kaldi-native-fbank and librosa"
	@echo "make bench-live  live capture: latency from device to reader, processor time"
	@echo "make test-devices  the cases that need a camera and a sound card, in a virtual machine"
	@echo "make soak      the full lengths of live capture's cases, about two hours"
	@echo "make setup     install what Braid needs of Debian's packages (scripts/debian-packages)"

setup:
	@scripts/setup

# With Swift's libraries in it, where the toolchain has them to link: it starts in half the time, and runs where there is no Swift.
build: setup
	@folder=$$(dirname "$$(readlink -f "$$(command -v swift)")")/../lib/swift_static; \
	swift build -c release --product braid $$([ ! -d "$$folder" ] || echo --static-swift-stdlib) $(SWIFT_BUILD_FLAGS) 1>&2

run: build
	@$(RELEASE) run samples/media/bounce.mp4 --model samples/models/hit-sound --model samples/models/hit-picture

test: setup
	@scripts/test $(SWIFT_BUILD_FLAGS)

install: build
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/braid/models"
	install -m 755 $(RELEASE) "$(DESTDIR)$(PREFIX)/bin/braid"
	for model in samples/models/*/; do \
	  name=$$(basename $$model); \
	  install -d "$(DESTDIR)$(PREFIX)/share/braid/models/$$name"; \
	  install -m 644 $$model/braid.json $$model/*.onnx "$(DESTDIR)$(PREFIX)/share/braid/models/$$name/"; \
	done
	scripts/manual $(RELEASE) .build/man
	install -d "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -m 644 .build/man/braid.1 .build/man/braid.*.1 "$(DESTDIR)$(PREFIX)/share/man/man1/"
	install -d $(addprefix "$(DESTDIR)$(PREFIX)/share"/,$(dir $(COMPLETIONS)))
	for file in $(COMPLETIONS); do \
	  shell=$${file%%-*}; shell=$${shell%%/*}; \
	  $(RELEASE) --generate-completion-script $$shell > "$(DESTDIR)$(PREFIX)/share/$$file"; \
	done

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/braid" "$(DESTDIR)$(PREFIX)"/share/man/man1/braid.1 "$(DESTDIR)$(PREFIX)"/share/man/man1/braid.*.1
	cd "$(DESTDIR)$(PREFIX)/share" && rm -f $(COMPLETIONS)
	rm -rf "$(DESTDIR)$(PREFIX)/share/braid"

format: setup
	@scripts/format

bench: build
	@Benchmarks/run

bench-inference: build
	@Benchmarks/inference

bench-features: setup
	@Benchmarks/features

bench-live: build
	@Benchmarks/live

test-devices: build
	@scripts/test-devices $(RELEASE)

soak: build
	@Benchmarks/soak

clean:
	swift package clean
