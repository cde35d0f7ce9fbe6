"""Planted dangers in models, packages and cells are named; honest projects pass."""

from __future__ import annotations

import importlib.metadata
import pickle
from pathlib import Path

import numpy as np
import pytest
from tests.damage import flip_byte
from tests.edited import edited
from tests.governance.test_pickles import Calls
from tests.governance.trained import Notebook, failures, found_in, found_in_cells

from notewright.governance.checks.licences import forbidden_part, licence_of
from notewright.governance.checks.requirement_files import wanted

# -- code in cells ------------------------------------------------------------------------

RISKY = {
    "requests.get(u, verify=False)": ("verify", "import requests\nrequests.get(url, verify=False)"),
    "session.verify": ("verify", "import requests\ns = requests.Session()\ns.verify = False"),
    "unverified context": (
        "verify",
        "import ssl\nssl._create_default_https_context = ssl._create_unverified_context",
    ),
    "curl -k": ("verify", "!curl -k https://example.org/a.csv -o a.csv"),
    "remote code": (
        "remote_code",
        "from transformers import AutoModel\nm = AutoModel.from_pretrained('x/y', "
        "trust_remote_code=True)",
    ),
    "allow_pickle": ("allow_pickle", "import numpy as np\na = np.load('a.npy', allow_pickle=True)"),
    "weights_only": (
        "weights_only",
        "import torch as t\nstate = t.load('m.pt', weights_only=False)",
    ),
    "pickle of a response": (
        "foreign_pickle",
        "import pickle, requests\nr = requests.get('https://example.org/m.pkl')\n"
        "model = pickle.loads(r.content)",
    ),
    "read_pickle of an address": (
        "foreign_pickle",
        "import pandas as pd\ndf = pd.read_pickle('https://example.org/t.pkl')",
    ),
    "pickle of a file downloaded": (
        "foreign_pickle",
        "from urllib.request import urlretrieve\nimport joblib\n"
        "urlretrieve('https://example.org/m.joblib', 'm.joblib')\nm = joblib.load('m.joblib')",
    ),
    "pickle of a file written from a response": (
        "foreign_pickle",
        "import requests, pickle\nr = requests.get(URL)\n"
        "with open('m.pkl', 'wb') as f:\n    f.write(r.content)\n"
        "with open('m.pkl', 'rb') as f:\n    m = pickle.load(f)",
    ),
    "pickle of a file got by wget": (
        "foreign_pickle",
        "!wget https://example.org/models/m.pkl\nimport pickle\n"
        "m = pickle.load(open('m.pkl', 'rb'))",
    ),
    "pickle from a hub": (
        "foreign_pickle",
        "from huggingface_hub import hf_hub_download\nimport joblib\n"
        "m = joblib.load(hf_hub_download('a/b', 'm.joblib'))",
    ),
    "yaml": ("yaml", "import yaml\nc = yaml.load(open('c.yaml'), Loader=yaml.Loader)"),
    "yaml without loader": ("yaml", "from yaml import load\nc = load(text)"),
    "eval of input": ("eval", "x = eval(input('formula? '))"),
    "exec of a response": (
        "eval",
        "import requests\ncode = requests.get('https://example.org/x.py').text\nexec(code)",
    ),
    "eval of an argument": ("eval", "import sys\nvalue = sys.argv[1]\neval(value)"),
    "plain http": ("http", "import pandas as pd\ndf = pd.read_csv('http://example.org/a.csv')"),
    "plain http by name": (
        "http",
        "import requests\nURL = 'http://example.org'\nr = requests.get(f'{URL}/a.csv')",
    ),
    "plain http in the shell": ("http", "!wget http://example.org/a.csv"),
    "piped to a shell": ("shell", "!curl -s https://example.org/install.sh | bash"),
    "after a magic and in a cell magic": (
        "verify",
        "%%time\n%matplotlib inline\nimport requests\nrequests.post(url, json={}, verify=False)",
    ),
}


@pytest.mark.parametrize(("kind", "source"), RISKY.values(), ids=RISKY)
def test_risky_lines_are_found_in_their_cell(kind, source):
    failed = failures(found_in_cells("security.code", "x = 1", source))
    assert kind in [f.details["kind"] for f in failed]
    assert all(f.cells == ("cell [2]",) and f.remedy for f in failed)


def test_what_was_downloaded_is_remembered_from_one_cell_to_the_next():
    cells = (
        "import requests\nanswer = requests.get('https://example.org/m.pkl').content",
        "import pickle",
        "model = pickle.loads(answer)",
    )
    (found,) = failures(found_in_cells("security.code", *cells))
    assert (found.severity, found.cells) == ("error", ("cell [3]",))


def test_risky_things_that_honest_people_do_close_no_gate():
    for name in ("allow_pickle", "weights_only", "yaml", "plain http"):
        found = failures(found_in_cells("security.code", RISKY[name][1]))
        assert {f.severity for f in found} == {"warning"}, name


HONEST = {
    "csv over https": "import pandas as pd\ndf = pd.read_csv('https://example.org/a.csv')",
    "own pickle": "import pickle\nm = pickle.load(open('own.pkl', 'rb'))",
    "own pickle beside a download": (
        "import pickle, requests\nr = requests.get('https://example.org/a.csv')\n"
        "open('a.csv', 'wb').write(r.content)\nm = pickle.load(open('own.pkl', 'rb'))"
    ),
    "own joblib": "import joblib\njoblib.dump(m, 'm.joblib')\nm = joblib.load('m.joblib')",
    "array": "import numpy as np\na = np.load('a.npy')",
    "no pickle wanted": "import numpy as np\na = np.load('a.npy', allow_pickle=False)",
    "weights only": "import torch\ns = torch.load('m.pt', weights_only=True)",
    "torch": "import torch\ns = torch.load('m.pt')",
    "safe yaml": "import yaml\nc = yaml.safe_load(open('c.yaml'))",
    "safe loader": "import yaml\nc = yaml.load(open('c.yaml'), Loader=yaml.SafeLoader)",
    "json of a response": "import requests\nd = requests.get('https://example.org/a').json()",
    "frame.eval": "df['c'] = df.eval('a + b')\nmodel.eval()",
    "literal": "import ast\nx = ast.literal_eval(input())",
    "local server": "import requests\nrequests.get('http://localhost:8000/health')",
    "a namespace": "ns = {'dc': 'http://purl.org/dc/elements/1.1/'}",
    "a link in text": "print('see http://example.org')",
    "verify of another kind": "check(model, verify=False)",
    "certificate": "import requests\nrequests.get(url, verify='ca.pem')",
    "magics": "%matplotlib inline\n!ls -la\nfiles = !ls\ndf?",
    "a syntax error": "this is (not Python",
    "bash": "%%bash\nls | sort",
    "https in the shell": "!wget https://example.org/a.csv -O a.csv",
    "rebound": (
        "import pickle, requests\nd = requests.get('https://example.org/a').content\n"
        "d = open('own.pkl', 'rb').read()\nm = pickle.loads(d)"
    ),
}


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST)
def test_honest_cells_raise_no_alarm(source):
    assert failures(found_in_cells("security.code", source)) == []


CORPUS = sorted((Path(__file__).parents[1] / "packaging" / "corpus").glob("*.py"))


@pytest.mark.parametrize("check", ["security.code", "security.licences", "reproducibility.seeds"])
def test_notebooks_as_people_write_them_raise_no_alarm(check):
    assert len(CORPUS) > 40
    loud = {}
    for path in CORPUS:
        cells = path.read_text(encoding="utf-8").split("# %%")
        if said := failures(found_in_cells(check, *cells)):
            loud[path.name] = [f.sentence for f in said]
    assert len(loud) <= 0.05 * len(CORPUS), loud


# -- packages -----------------------------------------------------------------------------


@pytest.fixture
def notebook(workspace, tmp_path, monkeypatch) -> Notebook:
    monkeypatch.chdir(tmp_path)
    return Notebook(workspace, tmp_path)


FIT = "model = LogisticRegression().fit(X, y)\nscore = accuracy_score(y, model.predict(X))"
IMPORTS = (
    "import numpy as np\nfrom sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score\n"
)
DATA = "rng = np.random.default_rng(0)\nX = rng.normal(size=(80, 2))\ny = (X[:, 0] > 0).astype(int)"


@pytest.fixture
def version(notebook):
    notebook.run(IMPORTS)
    notebook.run(DATA)
    return notebook.train(FIT)


NOW = {name: importlib.metadata.version(name) for name in ("numpy", "scikit-learn", "pandas")}
PINNED = f"numpy=={NOW['numpy']}\nscikit-learn=={NOW['scikit-learn']}\n"


def in_requirements(workspace, version, files: dict[str, str]):
    for path, text in files.items():
        target = workspace.root / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    found = failures(found_in(workspace, version, "security.dependencies"))
    for path in files:
        (workspace.root / path).unlink()
    return {f.subject: f for f in found}


def test_requirements_are_held_against_the_run(workspace, version):
    def subjects(**files: str) -> set[str]:
        named = {name.replace("__", "/").replace("_", "."): text for name, text in files.items()}
        return set(in_requirements(workspace, version, named))

    # clean twins
    assert subjects() == set()
    assert subjects(requirements_txt=PINNED) == set()
    assert subjects(requirements_txt="# all of it\n-r requirements/base.txt\n",
                    requirements__base_txt=PINNED) == set()  # fmt: skip
    listed = "\n".join(f"  - {line.replace('==', '=')}" for line in PINNED.splitlines())
    assert subjects(environment_yml=f"dependencies:\n  - python=3.11\n{listed}\n") == set()
    loose = '[project]\nname = "a"\nversion = "1"\ndependencies = ["numpy>=2", "scikit-learn"]\n'
    lock = '[[package]]\nname = "numpy"\n[[package]]\nname = "scikit-learn"\n'
    assert subjects(pyproject_toml=loose, uv_lock=lock) == set()
    # faults
    assert subjects(pyproject_toml=loose) == {"pyproject.toml"}
    assert subjects(requirements_txt=PINNED + "pandas>=2\n") == {"requirements.txt"}
    assert subjects(requirements_txt="numpy==1.0.0\n" + PINNED) == {"requirements.txt versions"}
    assert subjects(requirements_txt=f"numpy=={NOW['numpy']}\n") == {"sklearn"}
    wide = f"dependencies:\n  - numpy\n  - pip:\n    - scikit-learn=={NOW['scikit-learn']}\n"
    assert subjects(environment_yml=wide) == {"environment.yml"}


def test_a_requirement_that_is_open_is_named_with_its_file(workspace, version):
    text = PINNED.replace("numpy==", "numpy>=")
    found = in_requirements(workspace, version, {"requirements.txt": text})["requirements.txt"]
    assert f"numpy>={NOW['numpy']}" in found.sentence
    assert (found.severity, found.value) == ("warning", 1.0)


INSTALLS = {
    "%pip install polars": ["polars"],
    "!pip install -q 'polars>=1' xgboost==2.1.0": ["polars"],
    "%conda install -c conda-forge lightgbm": ["lightgbm"],
    "!python -m pip install --index-url https://example.org polars": ["polars"],
    "%pip install git+https://example.org/a/tool.git": ["tool"],
    "!uv pip install polars && echo done": ["polars"],
    "%pip install polars==1.20.0": [],
    "%pip install -r requirements.txt": [],
    "%pip install -e .": [],
    "%pip install ./wheels/a-1.0-py3-none-any.whl": [],
    "%pip install git+https://example.org/a/tool.git@9f1c2d3": [],
    "%pip list": [],
    "%conda install lightgbm=4.5.0": [],
    "print('pip install polars')": [],
}


@pytest.mark.parametrize(("source", "names"), INSTALLS.items())
def test_cells_that_install_without_a_version_are_named(source, names):
    found = failures(found_in_cells("security.dependencies", source))
    assert [name for f in found for name in f.details["packages"]] == names


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("pandas==2.2.3", True),
        ("pandas[excel] == 2.2.3 ; python_version > '3'", True),
        ("pandas===2.2.3", True),
        ("tool @ https://example.org/tool-1.0.whl", True),
        ("pandas", False),
        ("pandas~=2.2", False),
        ("pandas==2.*", False),
        ("pandas>=2,<3", False),
    ],
)
def test_only_one_version_is_a_fixed_version(text, fixed):
    assert wanted(text).fixed is fixed


LICENCES = {
    "GPL-3.0-only": True,
    "AGPL-3.0-or-later": True,
    "GNU General Public License v2 (GPLv2)": True,
    "GNU Affero General Public License v3": True,
    "GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007": True,
    "MIT AND GPL-2.0-or-later": True,
    "Server Side Public License": True,
    "MIT": False,
    "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0": False,
    "LGPL-3.0-or-later": False,
    "GNU Lesser General Public License v3 (LGPLv3)": False,
    "GNU Library or Lesser General Public License (LGPL)": False,
    "MIT OR GPL-2.0-only": False,
    "BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1": False,
    "Python Software Foundation License": False,
    "Apache-2.0 WITH LLVM-exception": False,
}


@pytest.mark.parametrize(("licence", "hit"), LICENCES.items())
def test_copyleft_licences_are_told_from_the_others(licence, hit):
    assert bool(forbidden_part(licence, ("AGPL", "GPL", "SSPL"))) is hit


def installed(folder, name: str, *lines: str) -> None:
    """Install a package that says this of itself."""
    (folder / f"{name}.py").write_text("")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "\n".join(["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *lines, ""])
    )
    (info / "RECORD").write_text(f"{name}.py,,\n{name}-1.0.dist-info/METADATA,,\n")
    (info / "top_level.txt").write_text(f"{name}\n")


def test_packages_with_unwanted_or_no_licences_are_named(tmp_path, monkeypatch):
    from notewright.governance.checks import licences

    installed(tmp_path, "nw_viral", "License-Expression: AGPL-3.0-only")
    installed(tmp_path, "nw_silent")
    installed(tmp_path, "nw_free", "Classifier: License :: OSI Approved :: MIT License")
    monkeypatch.syspath_prepend(str(tmp_path))
    for cached in (licences._providers, licences.licence_of):
        cached.cache_clear()
    try:
        source = "import numpy, nw_free, os\nfrom nw_viral import x\nimport nw_silent as s"
        found = failures(found_in_cells("security.licences", source))
        assert [f.subject for f in found] == ["nw_viral", "nw_silent"]
        assert "AGPL-3.0-only" in found[0].sentence
        assert "states no licence" in found[1].sentence
        assert {f.severity for f in found} == {"warning"}
        kept = found_in_cells("security.licences", source, allowed=("nw-viral", "nw_silent"))
        assert failures(kept) == []
        mit = found_in_cells("security.licences", "import nw_free", forbidden=("MIT",))
        assert [f.subject for f in failures(mit)] == ["nw_free"]
    finally:
        for cached in (licences._providers, licences.licence_of):
            cached.cache_clear()


@pytest.mark.parametrize(
    "package", ["numpy", "pandas", "scipy", "scikit-learn", "matplotlib", "joblib", "statsmodels"]
)
def test_the_usual_packages_have_licences_that_are_wanted(package):
    licence = licence_of(package)
    assert licence
    assert not forbidden_part(licence, ("AGPL", "GPL", "SSPL"))


# -- the stored model and data files ---------------------------------------------------------


def test_an_honest_model_and_its_signature_pass(workspace, version):
    for name in ("security.pickles", "security.signature", "security.code", "security.licences"):
        findings = found_in(workspace, version, name)
        assert failures(findings) == []
        assert findings


def test_a_model_that_came_without_a_notebook_passes_or_says_what_is_missing(workspace):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    run = workspace.runs.record("elsewhere", model=model)
    version = workspace.models.register(run, "model", workspace.identities.me())
    for name in ("security.pickles", "security.signature"):
        assert failures(found_in(workspace, version, name)) == []
    for name in ("security.code", "reproducibility.order", "reproducibility.replay"):
        (found,) = found_in(workspace, version, name)
        assert found.status == "could_not_run"
        assert found.remedy


def test_an_honest_notebook_passes_a_gate_that_demands_security(checked_notebook, workspace):
    policy = "version: 1\ngates: {production: {checks: [security, reproducibility]}}\n"
    report = checked_notebook(IMPORTS + DATA, FIT, policy)
    mine = [f for f in report.findings if f.family in ("security", "reproducibility")]
    assert {f.check for f in mine} >= {"security.signature", "reproducibility.order"}
    assert [f.sentence for f in mine if f.status != "passed"] == []
    version = workspace.models.get("model")
    assert workspace.gates.evaluate("production", version).open
    again = workspace.checks.run(version)
    assert again.content == report.content


def test_a_model_with_functions_of_the_notebook_passes(workspace, notebook):
    notebook.run(IMPORTS + "import os\nfrom sklearn.preprocessing import FunctionTransformer\n"
                 "from sklearn.pipeline import make_pipeline")  # fmt: skip
    notebook.run(DATA)
    version = notebook.train(
        "class Twice(FunctionTransformer):\n    def where(self):\n        return os.getcwd()\n"
        "def double(rows):\n    return 2 * rows\n"
        "model = make_pipeline(Twice(double), LogisticRegression()).fit(X, y)\n"
        "score = accuracy_score(y, model.predict(X))"
    )
    assert failures(found_in(workspace, version, "security.pickles")) == []


def test_a_planted_model_is_found_without_loading_it(workspace, notebook, tmp_path):
    notebook.run(IMPORTS)
    notebook.run(DATA)
    mark = tmp_path / "ran"
    notebook.variables["mark"] = str(mark)
    version = notebook.train(
        "import os\n"
        "class Payload:\n    def __reduce__(self):\n        return os.system, (f'touch {mark}',)\n"
        + FIT
        + "\nmodel.extra_ = Payload()"
    )
    (found,) = failures(found_in(workspace, version, "security.pickles"))
    assert (found.subject, found.severity) == ("model", "error")
    assert "posix.system" in found.sentence
    assert not mark.exists()


def test_a_planted_data_file_is_found_by_name_and_a_clean_one_passes(workspace, notebook, tmp_path):
    bad, good, plain = tmp_path / "bad.pkl", tmp_path / "good.pkl", tmp_path / "table.csv"
    bad.write_bytes(pickle.dumps(Calls(eval, "1")))
    good.write_bytes(pickle.dumps({"weights": np.ones(200_000)}))
    plain.write_text("a,b\n1,2\n")
    notebook.run(IMPORTS)
    notebook.run(DATA)
    notebook.run("for name in ('bad.pkl', 'good.pkl', 'table.csv'):\n    open(name, 'rb').read()")
    version = notebook.train(FIT)
    findings = found_in(workspace, version, "security.pickles")
    assert [f.subject for f in failures(findings)] == ["bad.pkl"]
    assert {f.subject for f in findings} == {"model", "bad.pkl", "good.pkl"}
    # The snapshot kept a copy of the small file; of the large one its hash is all there is.
    for path in (bad, good):
        path.write_bytes(pickle.dumps(None))
    was, changed = failures(found_in(workspace, version, "security.pickles"))
    assert (was.subject, was.severity) == ("bad.pkl", "error")
    assert (changed.subject, changed.severity) == ("good.pkl", "warning")
    assert "not the file any more" in changed.sentence


def change(workspace, statement: str, *values: str) -> None:
    """Change the versions' records, as somebody does who has the file."""
    of = "" if (workspace.store.root / "catalog.sqlite").exists() else " ON model_versions"
    edited(workspace.store.root, f"DROP TRIGGER model_versions_are_immutable{of}")
    edited(workspace.store.root, f"UPDATE model_versions SET {statement}", *values)


def change_body(workspace, version):
    change(workspace, "body = replace(body, ?, ?)", version.fingerprint, "0" * 64)
    return workspace.models.get(version.id)


def take_signature(workspace, version):
    change(workspace, "signer = NULL, signature = NULL")
    return version


def sign_with_a_key_of_ones_own(workspace, version):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    change(
        workspace,
        "signer = ?, signature = ?",
        key.public_key().public_bytes_raw().hex(),
        key.sign(version.digest.encode()).hex(),
    )
    return version


def change_snapshot_signature(workspace, version):
    edited(workspace.store.root, "UPDATE snapshots SET signature = ?", "00" * 64)
    return version


def damage_bytes(workspace, version):
    manifest = workspace.store.objects.get_json(version.model_object)
    flip_byte(workspace.store.objects, manifest["stream"])
    return version


TAMPERED = {
    "not signed": take_signature,
    "not the one that was signed": change_body,
    "a key that nobody registered": sign_with_a_key_of_ones_own,
    "snapshot that holds it": change_snapshot_signature,
    "not what was signed": damage_bytes,
}


@pytest.mark.parametrize(("words", "tamper"), TAMPERED.items(), ids=TAMPERED)
def test_a_version_that_was_tampered_with_cannot_be_vouched_for(workspace, version, words, tamper):
    changed = tamper(workspace, version)
    (found,) = failures(found_in(workspace, changed, "security.signature"))
    assert words in found.sentence
    assert found.severity == "error"
    assert not found.acceptable
