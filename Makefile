# Set-up is part of every target; everything goes into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
# More options for pip, e.g. the index with PyTorch's builds without CUDA.
PIP_ARGS ?=
# Options for the test run, e.g. PYTEST_ARGS="-k cli".
PYTEST_ARGS ?=

# Processes that run the tests; a file of tests stays in one.
WORKERS ?= auto

# Folder with the shared npz files, for the trainings and `make results`.
DATA ?= DATA

# What `make viewer` opens; nothing for an empty page.
VOLUME ?=

BIN := .venv/bin
READY := .venv/ready
# What a user gets, without PyTorch.
DEMO := .venv-demo
# trame-slicer needs another version of slicer-core than the tests are pinned to, hence a second environment.
VIEWER := .venv-viewer

# How long `make baselines` trains, if not 1,600 steps; "--steps 6800 --patience 5" is as many crops as the bundled
# weights' last training, or until the validation curve is flat.
BASELINES ?=

# A file with multi-rater slices for `make benchmark`; without it accuracy is left out.
NPZ ?=
# CI lets the browser's tests, which take longest, have the processor first: LATER="nice -n 10".
LATER ?=
# What `make benchmark` measures, if not everything.
PARTS ?=
CASES ?=

.PHONY: help venv demo viewer screenshot screenshots test test-all chromium e2e viewer-test browser-test e2e-all \
	screenshot-viewer benchmark-viewer \
	benchmark baselines losses ablations embedding widening protocol structures results beyond named lint \
	lint-windows mutation index-check \
	address dist translations tutorial clean
.DELETE_ON_ERROR:

help:
	@echo "make venv        set up .venv, with the spa command in it"
	@echo "make demo        one click to an accepted mask on a phantom; writes out/demo"
	@echo "make viewer      SPA in the browser; VOLUME=scan.nrrd opens a volume"
	@echo "make test        ruff, mypy and the tests"
	@echo "make test-all    the same, with the slow tests and types as Windows has them"
	@echo "make e2e         the tests of the viewer, in Chromium; make e2e-all with the slow ones"
	@echo "make mutation    change a hundred operators one by one and list what no test notices; about an hour"
	@echo "make benchmark-viewer   how fast the viewer is; writes docs/viewer-benchmark.md"
	@echo "make screenshot  the pictures of make demo and of a session on the sample image, for the README"
	@echo "make screenshot-viewer  the README's picture of the viewer, from a run in Chromium"
	@echo "make screenshots pictures of the Segment Editor effect, in out/screenshots (real volumes: SPA_SHARED_DATA)"
	@echo "make tutorial    pictures of the tutorials, in docs/pictures"
	@echo "make baselines   train what SPA is compared with, on DATA=folder/of/shared/data; goes on where it stopped"
	@echo "make losses      train with each term of the loss left out in turn, on DATA; goes on where it stopped"
	@echo "make ablations   train with parts of the preference generator, on DATA; goes on where it stopped"
	@echo "make embedding   train the network with the paper's fusion; goes on where it stopped"
	@echo "make widening    train on more than lungs and on lungs alone, and compare"
	@echo "make protocol    the paper's protocol on LIDC: train on splits by slice and by patient; docs/protocol.md"
	@echo "make structures  train for structures of any kind, calibrate, and measure on sets kept apart; two hours"
	@echo "make results     run all measurements on DATA and write docs/results.md; goes on where it stopped"
	@echo "make beyond      measure structures of any kind and volumes on DATA and write docs/beyond-lungs.md"
	@echo "make named       what the profile learns of named people, five-fold, on DATA; goes on where it stopped"
	@echo "make benchmark   time and memory beside the published procedure, in docs/benchmarks.md (about 17 minutes);"
	@echo "                 NPZ=val.npz adds what speed costs in accuracy; PARTS=product,soak measures some again"
	@echo "make index-check the rules of Slicer's extension index"
	@echo "make address URL=https://github.com/ME/SlicerSPA   put the public address everywhere"
	@echo "make translations  bring the translations up to date with the texts, and list what is not translated"
	@echo "make dist        wheel and source distribution in dist/, tried in an environment with nothing else"
	@echo "make clean       remove everything that was made here"

venv: $(READY)

# The stamp is newer than what it was made from, so that nothing is installed twice. torch comes first and by itself:
# no other requirement can then pull in another build of it. Python compiles what it imports; pip would compile the rest.
$(READY): pyproject.toml constraints-dev.txt
	@echo "Setting up .venv; the first time takes some minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile $(PIP_ARGS) --constraint constraints-dev.txt torch
	$(BIN)/python -m pip install --quiet --no-compile $(PIP_ARGS) --constraint constraints-dev.txt --editable '.[dev]'
	touch $@

$(VIEWER)/ready: pyproject.toml constraints-dev.txt constraints-viewer.txt
	@echo "Setting up $(VIEWER); the first time takes some minutes."
	$(PYTHON) -m venv $(VIEWER)
	grep -v '^slicer-core' constraints-dev.txt | cat - constraints-viewer.txt > $(VIEWER)/constraints.txt
	$(VIEWER)/bin/python -m pip install --quiet --no-compile $(PIP_ARGS) --constraint $(VIEWER)/constraints.txt \
		--editable '.[viewer,e2e]'
	touch $@

$(DEMO)/ready: pyproject.toml constraints-dev.txt
	@echo "Setting up $(DEMO); the first time takes a minute."
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet --no-compile $(PIP_ARGS) --constraint constraints-dev.txt --editable .
	touch $@

demo: $(DEMO)/ready
	$(DEMO)/bin/spa demo --output out/demo

viewer: $(VIEWER)/ready
	$(VIEWER)/bin/spa viewer $(if $(VOLUME),"$(VOLUME)")

screenshot: demo
	cp out/demo/demo.png Resources/Screenshots/demo.png
	$(DEMO)/bin/spa segment SPASegment/Resources/SampleData/AverageBrainMR.nii.gz --click=-8,10,18 \
		--choices 0,accept3 --output out/demo/brain.seg.nrrd --figure Resources/Screenshots/brain.png

screenshots: $(READY)
	$(BIN)/python Testing/host/screenshots.py out/screenshots

# Of the tutorials, from the effect and the viewer at work on the sample image.
tutorial: $(READY) $(VIEWER)/ready chromium
	$(BIN)/python Testing/host/tutorial_pictures.py docs/pictures
	$(VIEWER)/bin/python Testing/e2e/tutorial_pictures.py docs/pictures

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy

# What only Linux has is missing then; part of `make test-all`, since all files are looked at once more.
lint-windows: $(READY)
	$(BIN)/mypy --platform win32 --no-warn-unreachable --cache-dir .mypy_cache/windows

test: lint
	$(LATER) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow and not viewer and not e2e" $(PYTEST_ARGS)

test-all: lint lint-windows
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not viewer and not e2e" $(PYTEST_ARGS)

# MUTANTS="--count 20 --seed 1" for others. Remove out/mutation once code or tests have changed.
mutation: $(READY)
	$(BIN)/python Testing/mutation.py --jobs 2 --kept out/mutation $(MUTANTS)

index-check: $(READY)
	$(BIN)/python -m pytest Testing/repository/test_index_rules.py Testing/repository/test_extension_description.py \
		Testing/repository/test_cmake_lists.py Testing/repository/test_cmake_configure.py

# The public address is not known yet; it stands where the index, Slicer and people read it, and changes in all places.
# What a browser shows and what git clones from are both taken. No `sed -i`, which BSD's and GNU's want different things of.
OLD_ADDRESS = $(shell sed -n 's|.*"scm_url": "https://github.com/\([^"]*\)".*|\1|p' SPA.json)
export URL
address:
	@test -n "$$URL" || { echo "Give the address: make address URL=https://github.com/ME/SlicerSPA"; exit 2; }
	@new=$$(printf '%s\n' "$$URL" | sed -e 's|//*$$||' -e 's|\.git$$||' -e 's|^http[s]*://||' -e 's|^ssh://||' \
		-e 's|^git@||' -e 's|^www\.||' -e 's|^github\.com[:/]||'); \
	printf '%s\n' "$$new" | grep -Eqx '[A-Za-z0-9-]+/[A-Za-z0-9._-]+' || { \
		echo "$$URL is no address of a repository on GitHub, such as https://github.com/ME/SlicerSPA."; exit 2; }; \
	git grep -lF "$(OLD_ADDRESS)" | while read -r file; do \
		sed "s|$(subst .,\.,$(OLD_ADDRESS))|$$new|g" "$$file" > "$$file.new" && cat "$$file.new" > "$$file" && \
			rm "$$file.new" || exit 1; \
		echo "$$file"; \
	done

# LANGUAGES="fr-FR" begins a new one.
translations: $(READY)
	$(BIN)/python Testing/translations.py $(LANGUAGES)

# The wheel is built from the source distribution, which shows that it is whole.
dist: $(READY)
	rm -rf dist build/sources && mkdir -p build/sources
	$(BIN)/python -m hatchling build --target sdist --directory dist
	tar -xzf dist/*.tar.gz -C build/sources --strip-components 1
	cd build/sources && $(abspath $(BIN))/python -m hatchling build --target wheel --directory $(abspath dist)
	PIP_ARGS="$(PIP_ARGS)" SPA_DIST=$(abspath dist) $(BIN)/python -m pytest Testing/repository/test_distribution.py

# Chromium is the distribution's; where nothing may be installed, it has to be there.
chromium:
	command -v chromium > /dev/null || (apt-get update --quiet && \
		apt-get install --quiet --yes --no-install-recommends chromium)

# Two processes, which CI runs side by side.
e2e: viewer-test browser-test

viewer-test: $(VIEWER)/ready
	$(VIEWER)/bin/python -m pytest Testing/viewer Testing/contract -m "viewer and not slow" $(PYTEST_ARGS)

browser-test: $(VIEWER)/ready chromium
	$(VIEWER)/bin/python -m pytest Testing/e2e -m "e2e and not slow" $(PYTEST_ARGS)

e2e-all: $(VIEWER)/ready chromium
	$(VIEWER)/bin/python -m pytest Testing/viewer Testing/contract Testing/e2e -m "viewer or e2e" $(PYTEST_ARGS)

screenshot-viewer: $(VIEWER)/ready chromium
	$(VIEWER)/bin/python -m pytest Testing/e2e/test_session.py -k hover
	cp out/e2e/viewer.png Resources/Screenshots/viewer.png

# How fast the page is on this machine, with nothing else running on it.
benchmark-viewer: $(VIEWER)/ready chromium
	$(VIEWER)/bin/python Testing/e2e/benchmark.py --json out/viewer.json --markdown docs/viewer-benchmark.md

baselines: $(READY)
	$(BIN)/spa baselines train $(foreach i,0 1 2 3,--npz $(DATA)/lidc_idri/train-$(i).npz) --output runs/baselines \
		$(BASELINES)

# $(call loss,NAME,TERMS): a training without the TERMS of the loss.
loss = $(BIN)/spa train Resources/Training/losses.yaml --data $(DATA) --device cpu --name $(1) \
	--output runs/losses/$(1) $(foreach term,$(2),--set train.unroll.weights.$(term)=0)

# The paper's fusion, for the table of fusions.
embedding: $(READY)
	$(BIN)/spa train Resources/Training/compact-embedding.yaml --data $(DATA) --device cpu \
		--output runs/losses/compact-embedding

losses: $(READY)
	$(call loss,full)
	$(call loss,without-best-of-n,best_of_n)
	$(call loss,without-energy,energy)
	$(call loss,without-components,components)
	$(call loss,recommended-only,best_of_n energy components)

# $(call part,PART): the same training with a PART of the preference generator alone. In single precision, which is much
# faster where the processor has no bfloat16; "all" is trained here too, so that all four differ in nothing else.
part = $(BIN)/spa train Resources/Training/losses.yaml --data $(DATA) --device cpu --name generator-$(1) \
	--output runs/losses/generator-$(1) --set train.bfloat16=false --set train.unroll.generator=$(1)

ablations: $(READY)
	$(call part,all)
	$(call part,none)
	$(call part,gaussians)
	$(call part,weights)

# Patients that no training has seen (see `skip_patients` in Resources/Training/compact.yaml).
KEPT_OUT := STS_010 STS_011 STS_012 STS_015

# $(call unseen,NAME,WEIGHTS): sets that no training has seen, with weights of `make losses` or of this target.
unseen = \
	$(BIN)/spa evaluate masks $(DATA)/volumes --weights $(2) --json out/results/widening-volumes-$(1).json && \
	$(BIN)/spa evaluate masks $(DATA)/msd_hippocampus --limit 100 --weights $(2) \
		--json out/results/widening-hippocampus-$(1).json && \
	$(BIN)/spa evaluate masks $(DATA)/sarcoma_mr_ct $(KEPT_OUT:%=--patient %) --limit 100 --weights $(2) \
		--json out/results/widening-sarcoma-$(1).json

# Needs `make losses`.
widening: $(READY)
	$(BIN)/spa train Resources/Training/widened.yaml --data $(DATA) --device cpu --name widened \
		--output runs/losses/widened
	$(BIN)/spa evaluate lidc --npz $(DATA)/lidc_idri/val.npz --limit 116 \
		--weights runs/losses/widened/widened.safetensors --json out/results/widening-lidc-widened.json
	$(call unseen,widened,runs/losses/widened/widened.safetensors)
	$(call unseen,alone,runs/losses/full/full.safetensors)

# $(call protocol,SPLIT): a training that leaves out a fifth of the slices, or of the patients, measured on the slices
# that neither leaves in. The paper's user picks a candidate, and the released code adds a point with the true label.
PROTOCOL ?=
ALL_LIDC := train-0 train-1 train-2 train-3 val
protocol_of = $(BIN)/spa evaluate lidc $(ALL_LIDC:%=--npz $(DATA)/lidc_idri/%.npz) --raters 0 --split both --rounds 3 \
	--user $(2) --weights runs/protocol/$(1)/protocol-$(1).safetensors --json out/protocol/protocol-$(1)-$(3).json
protocol = $(BIN)/spa train Resources/Training/protocol.yaml --data $(DATA) --device cpu --name protocol-$(1) \
	--output runs/protocol/$(1) --set sources.1.split=$(1) $(PROTOCOL) && \
	$(call protocol_of,$(1),candidate,candidate) && $(call protocol_of,$(1),choice+oracle-point,oracle)

protocol: $(READY)
	$(call protocol,patients)
	$(call protocol,slices)
	$(BIN)/spa report out/protocol --output docs/protocol.md

# Sets that the training leaves out (see `leave_out`): what is expected of unfamiliar things is learned there.
LEFT_OUT := ct_heart_hocm endo_larynx mr_kidney_t2 us_carotid_ccaus

structures: $(READY)
	$(BIN)/spa train Resources/Training/structures.yaml --data $(DATA) --device cpu --output runs/structures
	$(BIN)/spa average runs/structures/structures.safetensors Resources/Models/compact.safetensors --share 0.5 \
		--name compact --output runs/structures/averaged.safetensors
	$(BIN)/spa hold-out Resources/Training/structures.yaml --data $(DATA) --output out/lungs-held-out.npz
	$(BIN)/spa calibrate --weights runs/structures/averaged.safetensors --npz out/lungs-held-out.npz --limit 60 \
		$(LEFT_OUT:%=--structures $(DATA)/structures/train/%.npz)
	$(BIN)/spa calibrate-volumes $(DATA)/sarcoma_mr_ct $(DATA)/volumes_train $(KEPT_OUT:%=--skip %) \
		--npz $(DATA)/lidc_idri/train-0.npz --index $(DATA)/lidc_idri/index.csv --limit 24 \
		--weights runs/structures/averaged.safetensors
	$(BIN)/spa evaluate structures $(DATA)/structures/unseen --weights runs/structures/averaged.safetensors \
		--json out/structures-unseen.json --pictures out/structures-unseen

# The example rounds are crops of the data; they stay in out/.
results: $(READY)
	$(BIN)/spa results --npz $(DATA)/lidc_idri/val.npz --output out/results
	$(BIN)/spa evaluate masks $(DATA)/volumes --json out/results/masks-volumes.json
	$(BIN)/spa evaluate masks $(DATA)/msd_hippocampus --limit 200 \
		--json out/results/masks-hippocampus.json
	$(BIN)/spa evaluate masks $(DATA)/sarcoma_mr_ct $(KEPT_OUT:%=--patient %) \
		--json out/results/masks-sarcoma.json
	$(BIN)/spa report out/results --npz $(DATA)/lidc_idri/val.npz --output docs/results.md --examples out/examples

# $(call structures_of,NAME,OPTIONS): sets that no training has seen.
structures_of = $(BIN)/spa evaluate structures $(DATA)/structures/unseen $(2) --json out/beyond/structures-$(1).json \
	--pictures out/structures-unseen/$(1)

# What lies beyond the paper's tables; volumes are compared with ITK's contour interpolation, which nothing else needs.
beyond: $(READY)
	$(BIN)/python -m pip install --quiet --no-compile $(PIP_ARGS) --constraint constraints-dev.txt --editable '.[volumes]'
	$(call structures_of,click,)
	$(call structures_of,box,--start box)
	$(call structures_of,sloppy-box,--start sloppy-box)
	$(call structures_of,clicks,--user clicks)
	$(BIN)/spa evaluate volumes $(DATA)/volumes $(DATA)/sarcoma_mr_ct --patient mr_brain1 --patient ct_spleen \
		$(KEPT_OUT:%=--patient %) --actions 30 --json out/beyond/volumes-kept-out.json
	$(BIN)/spa evaluate volumes --npz $(DATA)/lidc_idri/val.npz --index $(DATA)/lidc_idri/index.csv --limit 40 \
		--actions 6 --json out/beyond/volumes-lidc.json
	$(BIN)/spa report out/beyond --output docs/beyond-lungs.md --examples out/examples

# Sets in which every mask has its person. The bundled weights have seen them: these go on from version 0.1.0's, which
# the history of the repository has, first without the sets, then with each but for a fifth of its images, or a person.
NAMED := runs/named
EACH_PERSON ?= --each-person
# $(call taught_by,SET,FILE,OPTIONS): the weights of a set, by fold.
taught_by = $(BIN)/spa train-people Resources/Training/person.yaml --data $(DATA) --device cpu \
	--file structures/train/$(2).npz --output $(NAMED)/$(1) $(3)
# $(call people_of,NAME,FILE,OPTIONS): the people of a set at work.
people_of = $(BIN)/spa evaluate named --npz $(DATA)/structures/train/$(2).npz $(3) --json out/beyond/named-$(1).json
NEURONS := fluo_neurons_experts
RATS := phase_rat_cells_bubil1_imagej
RABBITS := phase_rabbit_cells_bubil2b_amira

$(NAMED)/first.safetensors:
	mkdir -p $(NAMED)
	git show 4d94366:Resources/Models/compact.json > $(NAMED)/first.json
	git show 4d94366:Resources/Models/compact.safetensors > $@

named: $(READY) $(NAMED)/first.safetensors
	$(BIN)/spa train Resources/Training/people.yaml --data $(DATA) --device cpu --name base --output $(NAMED)/base
	$(call taught_by,neurons,$(NEURONS),$(EACH_PERSON))
	$(call taught_by,rats,$(RATS),$(EACH_PERSON))
	$(call taught_by,rabbits,$(RABBITS),$(EACH_PERSON))
	$(call people_of,neurons-unseen,$(NEURONS),--weights $(NAMED)/base/base.safetensors)
	$(call people_of,neurons,$(NEURONS),--folds $(NAMED)/neurons)
	$(call people_of,rats,$(RATS),--folds $(NAMED)/rats --start box \
		--second $(DATA)/structures/named/phase_rat_cells_bubil1_amira.npz)
	$(call people_of,rabbits,$(RABBITS),--folds $(NAMED)/rabbits --start box)
	$(BIN)/spa report out/beyond --output docs/beyond-lungs.md --examples out/examples

# On a machine that does nothing else.
# PARTS=product,soak measures these again; CASES="--backbones vit_b --sizes 512" some of the comparison's cases.
benchmark: $(READY)
	$(BIN)/spa benchmark --json out/benchmark/rounds.json $(if $(PARTS),--parts $(PARTS)) $(CASES)
	$(if $(NPZ),$(BIN)/spa benchmark accuracy --npz $(NPZ) --limit 40 --json out/benchmark/accuracy.json)
	$(BIN)/spa benchmark report out/benchmark --output docs/benchmarks.md

clean:
	rm -rf .venv $(DEMO) $(VIEWER) out build dist .mypy_cache .ruff_cache .pytest_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
