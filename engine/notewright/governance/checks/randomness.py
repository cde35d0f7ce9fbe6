"""Cells that draw random numbers without a seed, so that they do something else each time."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from notewright.governance.checks.cell_code import Code, Names, is_constant, keyword


@dataclass(frozen=True)
class Draw:
    """One thing that draws without a seed.

    Parameters
    ----------
    cell : str
        The cell's label.
    execution : object or None
        The record of its execution, where there is one.
    what : str
        What draws: ``train_test_split``.
    remedy : str
        How to give it a seed.
    """

    cell: str
    execution: object
    what: str
    remedy: str


#: These give several generators a seed at once.
_SEED_ALL = re.compile(r"(^|\.)(seed_everything|set_random_seed|set_seed|enable_full_determinism)$")
_SEEDS = {
    "numpy.random.seed": "numpy", "numpy.random.set_state": "numpy", "random.seed": "python",
    "random.setstate": "python", "torch.manual_seed": "torch", "torch.random.manual_seed": "torch",
    "torch.set_rng_state": "torch", "tensorflow.random.set_seed": "tensorflow",
    "tensorflow.set_random_seed": "tensorflow",
}  # fmt: skip
_GENERATORS = ("numpy", "python", "torch", "tensorflow")
#: Attributes of ``numpy.random`` that draw nothing by themselves.
_NO_DRAW = re.compile(
    r"(seed|get_state|set_state|default_rng|RandomState|Generator|SeedSequence|BitGenerator|"
    r"PCG64|PCG64DXSM|MT19937|Philox|SFC64|get_bit_generator|set_bit_generator|mtrand)$"
)
_MAKERS = frozenset(
    f"numpy.random.{name}"
    for name in ("default_rng", "RandomState", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937",
                 "Philox", "SFC64")
)  # fmt: skip
_PYTHON = re.compile(
    r"random\.(random|randint|randrange|randbytes|choice|choices|shuffle|sample|uniform|triangular|"
    r"gauss|normalvariate|lognormvariate|expovariate|betavariate|gammavariate|getrandbits|"
    r"vonmisesvariate|paretovariate|weibullvariate|binomialvariate)$"
)
_TORCH = re.compile(
    r"torch\.(rand|randn|randint|randperm|normal|bernoulli|multinomial|rand_like|randn_like)$|"
    r"torch\.nn\.(Linear|Bilinear|Conv\w+|LSTM|GRU|RNN|LSTMCell|GRUCell|RNNCell|Embedding|"
    r"EmbeddingBag|MultiheadAttention|Transformer\w*)$|torch\.nn\.init\.\w+_$"
)
_TENSORFLOW = re.compile(
    r"tensorflow\.random\.(normal|uniform|shuffle|truncated_normal|categorical)$|"
    r"((tensorflow\.)?keras\.)(layers\.(Dense|Conv\w+|LSTM|GRU|Embedding|Dropout))$"
)
#: Classes and functions that draw unless `random_state` is given; by the name's end, since what
#: they are imported from varies.
_ALWAYS = re.compile(
    r"sklearn\..*\.(RandomForest\w+|ExtraTree\w*|DecisionTree\w+|GradientBoosting\w+|Bagging\w+|"
    r"AdaBoost\w+|IsolationForest|RandomTreesEmbedding|MLP\w+|KMeans|MiniBatchKMeans|"
    r"BisectingKMeans|GaussianMixture|BayesianGaussianMixture|SpectralClustering|TruncatedSVD|"
    r"FastICA|LatentDirichletAllocation|MiniBatchDictionaryLearning|MiniBatchNMF|TSNE|"
    r"RandomizedSearchCV|HalvingRandomSearchCV|RepeatedKFold|RepeatedStratifiedKFold|"
    r"ShuffleSplit|StratifiedShuffleSplit|GroupShuffleSplit|RANSACRegressor|TheilSenRegressor|"
    r"Nystroem|RBFSampler|SkewedChi2Sampler|GaussianRandomProjection|SparseRandomProjection|"
    r"BernoulliRBM|resample|shuffle|permutation_importance|make_(classification|regression|blobs|"
    r"moons|circles|gaussian_quantiles|hastie_10_2|friedman[123]|sparse_uncorrelated|swiss_roll|"
    r"s_curve|multilabel_classification|biclusters|checkerboard|low_rank_matrix|spd_matrix))$|"
    r"imblearn\..*\.(\w*SMOTE\w*|ADASYN|RandomOverSampler|RandomUnderSampler|Balanced\w+|"
    r"RUSBoostClassifier|EasyEnsembleClassifier)$|umap(\.umap_)?\.UMAP$"
)


def unseeded(cells: Sequence[Code]) -> list[Draw]:
    """Return what draws without a seed in the executed cells, once for each thing and cell.

    Functions and classes of the notebook are looked into where they are used, because a seed
    may be set between their definition and that.

    Parameters
    ----------
    cells : sequence of Code
        In the order they ran.
    """
    walk = _Walk()
    found: dict[tuple[str, str], Draw] = {}
    for code in cells:
        for what, remedy in walk.body(code.tree.body):
            draw = Draw(code.cell.label, code.cell.execution, what, remedy)
            found.setdefault((draw.cell, draw.what), draw)
    return list(found.values())


@dataclass
class _Walk:
    names: Names = field(default_factory=Names)
    seeded: set[str] = field(default_factory=set)
    defined: dict[str, ast.AST] = field(default_factory=dict)
    _inside: set[str] = field(default_factory=set)

    def body(self, nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
        for node in nodes:
            yield from self.node(node)

    def node(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        self.names.note(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.defined[node.name] = node
            yield from self.body(node.decorator_list)
            return
        if isinstance(node, ast.Lambda):
            yield from self.node(node.body)
            return
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield from self._used(node.id)
            return
        if isinstance(node, ast.Assign) and _is_lambda(node):
            self.defined[node.targets[0].id] = node.value  # type: ignore[attr-defined]
            return
        yield from self.body(list(_children(node)))
        if isinstance(node, ast.Call):
            yield from self._call(node)

    def _used(self, name: str) -> Iterator[tuple[str, str]]:
        """Look into a function or class of the notebook that is about to be used."""
        made = self.defined.get(name)
        if made is None or name in self._inside:
            return
        self._inside.add(name)
        try:
            if isinstance(made, ast.ClassDef):
                for part in made.body:
                    inner = part.body if isinstance(part, ast.FunctionDef) else [part]
                    yield from self.body(inner)
            elif isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from self.body(made.body)
            else:
                yield from self.node(made)
        finally:
            self._inside.discard(name)

    def _call(self, call: ast.Call) -> Iterator[tuple[str, str]]:
        path = self.names.path(call.func)
        last = path.rpartition(".")[2]
        if _SEED_ALL.search(path) and last not in self.defined and call.args + call.keywords:
            self.seeded.update(_GENERATORS)
        elif path in _SEEDS:
            given = call.args[0] if call.args else None
            if (given is not None and not is_constant(given, None)) or call.keywords:
                self.seeded.add(_SEEDS[path])
        elif any(k.arg is None for k in call.keywords):
            return  # `**options` may give the seed
        elif path in _MAKERS or path in ("random.Random", "torch.Generator"):
            if path != "torch.Generator" and _gives_no_seed(call):
                yield f"{last}()", f"Give it a seed: `{last}(0)`."
        elif path in ("random.SystemRandom",) or path.startswith("secrets."):
            yield path, "Use `random.Random(0)`: what the system draws cannot be drawn again."
        elif path.startswith("numpy.random.") and not _NO_DRAW.search(path):
            if "numpy" not in self.seeded:
                yield path, "Draw from `rng = np.random.default_rng(0)`."
        elif _PYTHON.match(path) and self.names.is_imported(call.func):
            if "python" not in self.seeded:
                yield path, "Call `random.seed(0)` before, or draw from `random.Random(0)`."
        elif _TORCH.match(path) and keyword(call, "generator") is None:
            if "torch" not in self.seeded:
                yield path, "Call `torch.manual_seed(0)` before."
        elif path == "torch.utils.data.DataLoader":
            shuffles = is_constant(keyword(call, "shuffle"), True)
            if shuffles and keyword(call, "generator") is None and "torch" not in self.seeded:
                yield "DataLoader(shuffle=True)", "Call `torch.manual_seed(0)` before."
        elif _TENSORFLOW.match(path):
            if "tensorflow" not in self.seeded:
                yield path, "Call `keras.utils.set_random_seed(0)` before."
        elif "numpy" not in self.seeded and (what := _needs_state(call, path, last)):
            yield what, f"Give it a seed: `{last}(..., random_state=0)`."


def _needs_state(call: ast.Call, path: str, last: str) -> str:
    """Return what draws because no `random_state` is given, or an empty text."""
    given = keyword(call, "random_state")
    if given is not None and not is_constant(given, None):
        return ""
    if last == "sample" and "." in path and not path.startswith(("random.", "torch.")):
        by = keyword(call, "n") or keyword(call, "frac")
        number = len(call.args) == 1 and isinstance(call.args[0], ast.Constant)
        return "DataFrame.sample" if by is not None or number else ""
    if not path.startswith(("sklearn.", "imblearn.", "umap.")):
        return ""
    if _ALWAYS.match(path):
        return last
    why = _IF.get(last)
    return last if why is not None and why(call) else ""


def _says(name: str, *values: object) -> Callable[[ast.Call], bool]:
    """Return a test whether a keyword has one of these values."""

    def test(call: ast.Call) -> bool:
        given = keyword(call, name)
        return isinstance(given, ast.Constant) and given.value in values

    return test


def _unless(name: str, value: object) -> Callable[[ast.Call], bool]:
    """Return a test whether a keyword has another value than this."""
    return lambda call: not is_constant(keyword(call, name), value)


#: Classes and functions that draw only with certain settings.
_IF: dict[str, Callable[[ast.Call], bool]] = {
    "train_test_split": _unless("shuffle", False),
    "KFold": _says("shuffle", True),
    "StratifiedKFold": _says("shuffle", True),
    "StratifiedGroupKFold": _says("shuffle", True),
    "GroupKFold": _says("shuffle", True),
    "LogisticRegression": _says("solver", "sag", "saga", "liblinear"),
    "LogisticRegressionCV": _says("solver", "sag", "saga", "liblinear"),
    "Ridge": _says("solver", "sag", "saga"),
    "RidgeClassifier": _says("solver", "sag", "saga"),
    "Lasso": _says("selection", "random"),
    "ElasticNet": _says("selection", "random"),
    "LinearSVC": _says("dual", True),
    "SVC": _says("probability", True),
    "NuSVC": _says("probability", True),
    "SGDClassifier": _unless("shuffle", False),
    "SGDRegressor": _unless("shuffle", False),
    "Perceptron": _unless("shuffle", False),
    "PassiveAggressiveClassifier": _unless("shuffle", False),
    "PassiveAggressiveRegressor": _unless("shuffle", False),
    "PCA": _says("svd_solver", "randomized", "arpack"),
    "NMF": _says("init", "random", "nndsvdar"),
    "HistGradientBoostingClassifier": _says("early_stopping", True),
    "HistGradientBoostingRegressor": _says("early_stopping", True),
    "IterativeImputer": _says("sample_posterior", True),
    "DummyClassifier": _says("strategy", "stratified", "uniform"),
}


def _gives_no_seed(call: ast.Call) -> bool:
    given = [*call.args, *(k.value for k in call.keywords)]
    return all(is_constant(each, None) for each in given)


def _is_lambda(node: ast.Assign) -> bool:
    plain = len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    return plain and isinstance(node.value, ast.Lambda)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is inside, what is worked out first before it."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
        yield node.value
        yield from (c for c in ast.iter_child_nodes(node) if c is not node.value)
    else:
        yield from ast.iter_child_nodes(node)
