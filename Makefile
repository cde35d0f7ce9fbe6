# Notewright: `make demo` and `make test` do everything on a fresh machine with Python >= 3.11.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OBJECTS := $(CURDIR)/$(VENV)/objects/lib
MLFLOW  := $(CURDIR)/$(VENV)/mlflow/lib
export OMP_NUM_THREADS ?= 1
# Kernels, servers and packages start several times faster when libraries stay compiled.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo lab test test-all lint bench lock clean

help:  ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/installed  ## Run the demo notebooks from top to bottom
	$(BIN)/python scripts/demo.py

lab: $(VENV)/panel  ## Open a copy of the demo notebook, in lab/, in JupyterLab with the panel
	$(BIN)/python scripts/lab.py

test: $(VENV)/panel  ## Run the tests (browser tests too)
	$(BIN)/python scripts/ensure_chromium.py
	$(BIN)/python scripts/test.py

test-all: $(VENV)/panel $(VENV)/objects/done $(VENV)/mlflow/done  ## Run the slow suites as well
	$(BIN)/python scripts/ensure_chromium.py
	$(BIN)/python scripts/test.py -m "slow or not slow"
	$(BIN)/python -m pytest -m "slow or not slow" --store postgresql \
	  $(addprefix tests/,store experiments governance lineage afresh serving/test_retrace.py)
	PYTHONPATH=$(OBJECTS) $(BIN)/python -m pytest tests/state tests/restricted/test_columnar.py
	PYTHONPATH=$(OBJECTS) $(BIN)/python -m pytest -m "slow or not slow" \
	  $(addprefix tests/packaging/,test_arrow.py test_onnx.py test_openers.py) \
	  $(addprefix tests/governance/,test_explainability.py test_subjects.py) \
	  $(addprefix tests/experiments/,test_every_estimator.py test_rows_of_boosters.py)
	PYTHONPATH=$(MLFLOW) $(BIN)/python -m pytest -m slow tests/experiments/test_mlflow.py

lint: $(VENV)/installed  ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed  ## Measure; tables here, JSON in benchmarks/results
	for file in benchmarks/[a-z]*.py; do $(BIN)/python $$file || exit 1; done

lock:  ## Resolve the dependencies anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --extra lab --extra serve --extra team --group dev pyproject.toml \
	  -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --group objects --constraints requirements/dev.txt \
	  --no-emit-package nvidia-nccl-cu12 --no-emit-package nvidia-nccl-cu13 \
	  --no-emit-package narwhals --no-emit-package numpy --no-emit-package scipy \
	  --no-emit-package scikit-learn --no-emit-package joblib --no-emit-package threadpoolctl \
	  --no-emit-package packaging --no-emit-package typing-extensions --no-emit-package cloudpickle \
	  --no-emit-package pandas --no-emit-package python-dateutil --no-emit-package tzdata \
	  -o requirements/objects.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --group mlflow --constraints requirements/dev.txt \
	  $$(sed -n 's/^\([a-z][a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements/dev.txt | sort -u) \
	  -o requirements/mlflow.txt

clean:  ## Remove what was made
	rm -rf $(VENV) dist build demo_run

# The environment: locked dependencies, then Notewright itself.
$(VENV)/installed: pyproject.toml requirements/dev.txt scripts/install.py
	@$(PYTHON) -c 'import sys; sys.exit("Notewright needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) scripts/install.py $(VENV)
	@touch $@

# Libraries that snapshots are tried on, in a folder of their own: pandas behaves otherwise
# where PyArrow is installed, and the other suites shall see what users without it see.
$(VENV)/objects/done: $(VENV)/installed requirements/objects.txt
	$(PYTHON) scripts/install.py $(VENV) requirements/objects.txt $(VENV)/objects/lib
	@touch $@

# MLflow, in a folder of its own: nothing but its interchange shall need it.
$(VENV)/mlflow/done: $(VENV)/installed requirements/mlflow.txt
	$(PYTHON) scripts/install.py $(VENV) requirements/mlflow.txt $(VENV)/mlflow/lib
	@touch $@

# The JupyterLab panel, built from its sources and linked into the environment.
$(VENV)/panel: $(VENV)/installed $(shell find extension -type f -not -path '*/node_modules/*' -not -path '*/lib/*' -not -path '*/labextension/*' -not -path '*/.yarn/*' -not -name '*.tsbuildinfo' -not -name '*.pyc')
	$(BIN)/python extension/build_panel.py --link
	@touch $@
