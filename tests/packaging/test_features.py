"""What training learns is frozen; what is about rows or the target is left out."""

from __future__ import annotations

import ast
import subprocess
import sys
import types
from pathlib import Path

import pandas as pd
import pytest
from packaged import CONTEXT, run_modules
from recorded import CORPUS, Notebook, sources

from notewright.errors import ExportFailed, NotTheSame, UnknownVariable
from notewright.packaging.effects import free_names, read_first
from notewright.packaging.emit import modules
from notewright.packaging.plan import Plan
from notewright.packaging.planning import plan
from notewright.packaging.stopwatches import without_stopwatches


def planned(project: Path, name: str, target: str) -> Plan:
    text = (CORPUS / f"{name}.py").read_text(encoding="utf-8")
    return plan(sources(text), target, project)


def test_learned_values_have_names_and_row_drops_are_left_out(project: Path) -> None:
    made = planned(project, "credit_forest", "model")
    features = modules(made, CONTEXT)["features.py"]
    assert {v.name for v in made.derived.learned} == {
        "credit_amount_median",
        "credit_amount_edges",
        "dummy_categories",
    }
    assert "dropna" not in features
    assert "creditability" not in features
    assert "# bins of age" in features  # the author's comments stay
    assert "# burden a month" in features
    assert made.derived.target_columns == ("creditability",)


def test_encoders_fitted_in_a_loop_are_kept_for_each_column(project: Path) -> None:
    made = planned(project, "credit_kaggle", "clf")
    features = modules(made, CONTEXT)["features.py"]
    assert "learned.fitted_le[col].transform(df[col])" in features
    assert '"creditability": "target"' in features
    assert made.derived.target_columns == ("creditability",)
    assert ".map(learned.credit_amount_mean_by_purpose)" in features


def test_helper_functions_and_the_global_seed_are_kept(project: Path) -> None:
    made = planned(project, "credit_functions", "model")
    code = modules(made, CONTEXT)
    assert "def add_features(table):" in code["helpers.py"]
    assert "np.random.seed(11)" in code["stages/prepare.py"]
    assert "seed" not in code["features.py"]


def test_a_rank_is_named_with_its_cell_and_line_and_what_to_write(project: Path) -> None:
    made = planned(project, "credit_rank", "tree")
    assert made.derived.problem is not None
    words = str(made.derived.problem)
    assert "cell [1], line 7" in words
    assert ".rank(pct=True)" in words
    assert "Write instead" in words
    assert "features.py" not in modules(made, CONTEXT)


def test_settings_are_the_literals_that_people_change(project: Path) -> None:
    made = planned(project, "credit_scaled", "model")
    found = {s.name: s.default for s in made.lifted.settings}
    assert found["data"] == "data/german_credit.csv"
    assert found["seed"] == 3
    assert found["c"] == 0.3


SEARCHED = """# %%
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.feature_selection import SelectKBest
from sklearn.ensemble import VotingClassifier
credit = pd.read_csv("data/german_credit.csv")
X = credit[["credit_amount", "duration_in_month"]] / 100
y = credit["creditability"]
# %%
params = {"max_depth": 3, "learning_rate": 0.2, "max_iter": 20, "random_state": 0}
grid = {"clf__C": [0.1, 1.0], "clf__solver": ["lbfgs"], "select__k": [1, 2], "clf__tol": [1, 0.1]}
boosted = HistGradientBoostingClassifier(**params)
pipe = Pipeline([("select", SelectKBest(k=1)), ("clf", LogisticRegression(max_iter=300))])
search = GridSearchCV(pipe, grid, cv=3)
model = VotingClassifier([("a", boosted), ("b", search)], voting="soft").fit(X, y)
"""


def test_tables_of_hyperparameters_and_what_a_search_tries_are_settings(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = plan(sources(SEARCHED), "model", project)
    found = {s.name: (s.type, s.default) for s in made.lifted.settings}
    assert found["max_depth"] == ("int", 3)
    assert found["learning_rate"] == ("float", 0.2)
    assert found["clf_c_grid"] == ("tuple[float, ...]", (0.1, 1.0))
    assert found["clf_solver_grid"] == ("tuple[str, ...]", ("lbfgs",))
    assert found["select_k_grid"] == ("tuple[int, ...]", (1, 2))
    assert "clf_tol_grid" not in found
    assert {found[name][1] for name in found if name.endswith("max_iter")} == {20, 300}
    code = modules(made, CONTEXT)
    assert "list(settings.clf_c_grid)" in code["stages/train.py"]
    module = types.ModuleType("made_settings")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code["settings.py"], "settings.py", "exec"), vars(module))
    read = module.Settings.read
    assert read({"clf_c_grid": "0.5, 2"}).clf_c_grid == (0.5, 2.0)
    assert read({"select_k_grid": [2]}).select_k_grid == (2,)
    for wrong, words in (("0.5,x", "must be a number, not 'x'"), ([], "with commas between them")):
        with pytest.raises(module.SettingsError, match=words):
            read({"clf_c_grid": wrong})


CONFIGURED = """# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
CONFIG = {"path": "data/german_credit.csv", "seed": 7, "test_size": 0.3, "rf": {"n_estimators": 9}}
HOW = {"sep": ",", "depth": 4}
credit = pd.read_csv(CONFIG["path"], sep=HOW["sep"])
X, y = credit[["credit_amount", "duration_in_month"]], credit["creditability"]
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=CONFIG["test_size"], random_state=CONFIG["seed"])
model = RandomForestClassifier(
    **CONFIG["rf"], random_state=CONFIG["seed"], max_depth=HOW["depth"]).fit(X_train, y_train)
print(model.score(X_test, y_test))
"""


def test_what_a_dictionary_of_the_notebook_says_of_the_model_and_the_split_is_a_setting(
    project: Path,
) -> None:
    package = Notebook(project).run(CONFIGURED).export("model", "configured")
    code = (package.path / "src" / "configured" / "settings.py").read_text(encoding="utf-8")
    for field in (
        "seed: int = 7",
        "test_size: float = 0.3",
        "n_estimators: int = 9",
        "depth: int = 4",
    ):
        assert field in code
    assert "sep:" not in code  # that is how the table is read


def test_settings_that_are_alike_say_what_they_are_in(project: Path) -> None:
    text = (
        "# %%\nimport pandas as pd\nfrom sklearn.impute import SimpleImputer\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n"
        'credit = pd.read_csv("data/german_credit.csv")\n'
        'X, y = credit[["credit_amount", "age_in_years"]], credit["creditability"]\n'
        'first = make_pipeline(SimpleImputer(strategy="median"))\n'
        'second = make_pipeline(SimpleImputer(strategy="mean"), LogisticRegression(C=0.5))\n'
        "model = make_pipeline(first, second).fit(X, y)\n"
    )
    made = plan(sources(text), "model", project)
    assert {s.default: s.doc for s in made.lifted.settings} == {
        "data/german_credit.csv": "The file with the raw rows.",
        "median": "`strategy` of `SimpleImputer`, in `first`.",
        "mean": "`strategy` of `SimpleImputer`, in `second`.",
        0.5: "`C` of `LogisticRegression`.",
    }


def test_what_a_function_gives_an_estimator_is_no_setting_that_would_change_nothing(
    project: Path,
) -> None:
    text = (
        "# %%\nimport pandas as pd\nfrom sklearn.cluster import KMeans\n"
        'credit = pd.read_csv("data/german_credit.csv")\n'
        "def groups():\n"
        "    return KMeans(n_clusters=3, random_state=0)\n"
        "model = groups().fit(credit[['credit_amount']])\n"
    )
    made = plan(sources(text), "model", project)
    assert "n_clusters=3" in modules(made, CONTEXT)["helpers.py"]
    assert {s.name for s in made.lifted.settings} == {"data"}


def test_the_first_argument_and_numbers_below_zero_are_settings_of_an_estimator(
    project: Path,
) -> None:
    text = (
        "# %%\nimport pandas as pd\nfrom sklearn.cluster import KMeans\n"
        'credit = pd.read_csv("data/german_credit.csv")\n'
        "model = KMeans(3, random_state=0, tol=-1e-4 * -1, verbose=-0).fit(\n"
        "    credit[['credit_amount']])\n"
    )
    made = plan(sources(text), "model", project)
    found = {s.name: s.default for s in made.lifted.settings}
    assert found == {
        "data": "data/german_credit.csv", "n_clusters": 3, "random_state": 0, "verbose": 0
    }  # fmt: skip


def test_a_variable_that_no_cell_makes_is_named(project: Path) -> None:
    with pytest.raises(UnknownVariable, match="modell"):
        planned(project, "credit_rank", "modell")


def test_an_unseeded_split_is_named(project: Path) -> None:
    text = (
        (CORPUS / "credit_rank.py").read_text(encoding="utf-8").replace(", random_state=0)", ")", 1)
    )
    with pytest.raises(NotTheSame, match="draws random numbers without a seed"):
        plan(sources(text), "tree", project, expected="0" * 64)


def test_a_model_that_was_only_cross_validated_is_named_and_a_refit_is_offered(
    project: Path,
) -> None:
    with pytest.raises(ExportFailed, match=r"only cross-validated, in cell \[2\], line 3.*--refit"):
        planned(project, "credit_cross_validated", "model")


def test_k_folds_give_features_and_what_the_model_is_judged_by(project: Path) -> None:
    made = planned(project, "credit_folds", "clf")
    code = modules(made, CONTEXT)
    assert "return clf, oof" in code["stages/train.py"]
    assert "clf, oof = train(" in code["pipeline.py"]
    assert made.derived.problem is None


def test_columns_by_place_are_named_for_raw_rows_which_lack_the_target(project: Path) -> None:
    made = planned(project, "credit_by_place", "classifier")
    code = modules(made, CONTEXT)
    assert made.derived.target_columns == ("20",)
    assert "x = dataset[[1, 4, 7, 10, 12, 15, 17]].values" in code["features.py"]
    assert "dataset[20]" not in code["features.py"]
    assert "iloc[:, [1, 4, 7, 10, 12, 15, 17]].values" in code["stages/prepare.py"]
    assert "LABELS = {str(number): number for number in range(21)}" in code["rows.py"]


def test_names_given_to_all_columns_go_to_those_that_raw_rows_have(project: Path) -> None:
    made = planned(project, "credit_named", "clf")
    code = modules(made, CONTEXT)
    assert made.derived.target_columns == ("20",)
    assert "df = df.rename(" in code["features.py"]
    assert "20: 'creditability'" in code["features.py"]
    assert "df.columns = [" in code["stages/prepare.py"]
    assert "np.random.seed" not in code["stages/prepare.py"]


def test_blocks_that_are_only_timed_stand_by_themselves_and_codes_are_learned(
    project: Path,
) -> None:
    made = planned(project, "credit_config_class", "final")
    code = modules(made, CONTEXT)
    assert made.derived.target_columns == ("creditability",)
    assert made.derived.problem is None
    written = "".join(code.values())
    assert "timer" not in written
    assert "seed_everything" not in written
    assert "# columns made of others" in code["stages/prepare.py"]
    assert ".get_indexer(train[c])" in code["features.py"]
    assert ".factorize" not in code["features.py"]


@pytest.mark.parametrize(
    "function",
    [
        "def timer(name):\n    rows.append(1)\n    yield",
        "def timer(name):\n    yield\n    yield",
        "def timer(name):\n    yield rows",
        "def timer(name):\n    global began\n    began = time.time()\n    yield",
        "def timer(name):\n    with other():\n        yield",
        "def timer(name):\n    try:\n        yield\n    except ValueError:\n        print()",
    ],
)
def test_a_context_manager_that_may_do_more_than_time_is_kept(function: str) -> None:
    text = f"# %%\n@contextmanager\n{function}\nwith timer('x'):\n    y = 1\n"
    (cell,) = without_stopwatches(sources(text))
    assert "with timer('x'):" in cell.code


def test_numbers_of_values_are_those_of_training(project: Path) -> None:
    text = """# %%
import pandas as pd
from sklearn.linear_model import Ridge
df = pd.read_csv("data/german_credit.csv")
df["job"] = pd.factorize(df["job"])[0]
df["housing"] = df["housing"].factorize(sort=True)[0]
codes, uniques = pd.factorize(df["purpose"])
df["purpose"] = codes
print(len(uniques))
model = Ridge().fit(df[["job", "housing", "purpose"]], df["credit_amount"])
"""
    notebook = Notebook(project).run(text)
    package = notebook.export("model", "numbered")
    assert package.serves_raw_rows


def test_what_is_computed_from_all_rows_by_group_by_lambda_or_by_fitting_is_learned(
    project: Path,
) -> None:
    made = planned(project, "credit_idioms", "model")
    features = modules(made, CONTEXT)["features.py"]
    assert made.derived.problem is None
    for written in (
        "learned.age_median_by_housing_job.reindex(df.set_index(['housing', 'job']).index)",
        "fillna(df['housing'].map(learned.age_fill_by_housing))",
        "df['purpose'].map(learned.amount_std_by_purpose)",
        "pd.Categorical(df['job'], categories=learned.job_categories).codes",
        'learned.kmeans.predict(df[["amount", "months"]])',
        "big=(df.amount > learned.amount_median).astype(int)",
    ):
        assert written in features
    for gone in ("groupby", "transform", "fit_predict", "factorize", "lambda"):
        assert gone not in features


@pytest.mark.parametrize(
    ("statement", "instead"),
    [
        ("from sklearn.preprocessing import scale\nX = scale(X)", "StandardScaler()"),
        (
            "from sklearn.model_selection import cross_val_predict\n"
            "X['p'] = cross_val_predict(Ridge(), X, df['age_in_years'])",
            "its `predict`",
        ),
    ],
)
def test_what_is_computed_from_all_rows_together_says_what_to_write_instead(
    project: Path, statement: str, instead: str
) -> None:
    text = f"""# %%
import pandas as pd
from sklearn.linear_model import Ridge
df = pd.read_csv("data/german_credit.csv")
X = df[["credit_amount", "duration_in_month"]].copy()
{statement}
model = Ridge().fit(X, df["age_in_years"])
"""
    made = plan(sources(text), "model", project)
    assert made.derived.problem is not None
    assert instead in str(made.derived.problem)


def test_a_table_whose_rows_fail_alone_gives_a_package_that_trains(project: Path) -> None:
    text = """# %%
import pandas as pd
from sklearn.linear_model import Ridge
df = pd.read_csv("data/german_credit.csv")
def spread(table):
    return table.apply(lambda c: (c - c.min()) / (c.max() - c.min()), axis=0)
X = spread(df[["credit_amount", "duration_in_month"]])
model = Ridge().fit(X, df["age_in_years"])
"""
    package = Notebook(project).run(text).export("model", "spread")
    assert not package.serves_raw_rows
    assert any("`features`" in f or "Write instead" in f for f in package.findings)


def test_columns_that_no_file_can_name_are_told(project: Path) -> None:
    text = """# %%
import pandas as pd
from sklearn.linear_model import Ridge
df = pd.read_csv("data/german_credit.csv", header=[0, 1])
X, y = df.iloc[:, [1, 4]], df.iloc[:, 12]
model = Ridge().fit(X.to_numpy(), y)
"""
    made = plan(sources(text), "model", project)
    with pytest.raises(ExportFailed, match="which no file or request can say"):
        modules(made, CONTEXT)


def test_tables_of_a_split_are_one_table_for_raw_rows(project: Path) -> None:
    made = planned(project, "titanic_combine", "logreg")
    features = modules(made, CONTEXT)["features.py"]
    assert "combine = [train_df]" in features
    assert "fillna(learned.guess_age)" in features


def test_images_are_flattened_for_as_many_rows_as_there_are(project: Path) -> None:
    made = planned(project, "digits_images", "clf")
    features = modules(made, CONTEXT)["features.py"]
    assert "n_samples" not in features
    assert ".reshape((len(" in features


def test_rows_of_an_array_that_are_chosen_by_masks_or_numbers_are_left_out(project: Path) -> None:
    text = """# %%
import numpy as np
from sklearn import datasets, svm
iris = datasets.load_iris()
X, y = iris.data, iris.target
X = X[y != 0, :2]
y = y[y != 0]
np.random.seed(0)
order = np.random.permutation(len(X))
X = X[order]
y = y[order].astype(float)
X_train = X[: int(0.9 * len(X))]
y_train = y[: int(0.9 * len(X))]
# %%
model = svm.SVC().fit(X_train, y_train)
"""
    made = plan(sources(text), "model", project)
    assert made.derived.target_columns == ("target",)
    features = modules(made, CONTEXT)["features.py"]
    assert [line.strip() for line in features.splitlines()[-4:]] == [
        "iris_table = conform(rows)",
        "X = iris_table.to_numpy().copy()",
        "X = X[:, :2]",
        "return X",
    ]


def test_numpy_reshapes_as_many_rows_as_there_are_and_no_learned_value_hides_a_builtin(
    project: Path,
) -> None:
    text = (
        "# %%\nimport numpy as np\nfrom sklearn import datasets\n"
        "from sklearn.cluster import KMeans\n"
        "digits = datasets.load_digits()\nimages = digits.images\n"
        "X = np.reshape(images, (len(images), -1)) / len(images)\n"
        "# %%\nmodel = KMeans(2, random_state=0).fit(X)\n"
    )
    made = modules(plan(sources(text), "model", project), CONTEXT)
    assert "np.reshape(images, (len(images), -1)) / learned.len_2" in made["features.py"]
    assert "len_2 = len(images)" in made["stages/prepare.py"]


def test_a_second_name_for_a_model_is_exported_under_its_first(project: Path) -> None:
    text = (CORPUS / "credit_rank.py").read_text(encoding="utf-8") + "\n# %%\nbest = tree\n"
    made = plan(sources(text), "best", project)
    assert made.target == "tree"
    assert [metric.name for metric in made.roles.metrics] == ["accuracy_score"]


def test_names_of_the_packages_own_functions_are_told_apart(project: Path) -> None:
    made = planned(project, "titanic_kaggle", "rf")
    assert "train_ = load(settings)" in modules(made, CONTEXT)["pipeline.py"]
    made = planned(project, "diabetes_ridge", "ridge")
    assert "import features_" in modules(made, CONTEXT)["features.py"]


def test_rows_put_together_again_are_those_of_the_table_and_the_target_is_not_asked_for(
    project: Path,
) -> None:
    made = planned(project, "credit_upsampled", "rf")
    features = modules(made, CONTEXT)["features.py"]
    assert made.derived.problem is None
    assert "train = df[cols]" in features
    made = planned(project, "titanic_concat", "rf")
    features = modules(made, CONTEXT)["features.py"]
    assert made.derived.target_columns == ("Survived",)
    assert "concat" not in features
    assert "Survived" not in features


@pytest.mark.parametrize("again", [False, True])
def test_a_scaler_whose_cell_ran_twice_is_as_fitted_for_the_rows_to_predict(
    project: Path, again: bool
) -> None:
    load, scale = (
        "import pandas as pd\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.preprocessing import StandardScaler\n"
        'df = pd.read_csv("data/german_credit.csv")\n',
        'X, y = df[["credit_amount", "age_in_years"]].astype(float), df["creditability"]\n'
        "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=3)\n"
        "scaler = StandardScaler()\n"
        "X_train[X.columns] = scaler.fit_transform(X_train[X.columns])\n"
        "X_test[X.columns] = scaler.transform(X_test[X.columns])\n"
        "model = LogisticRegression().fit(X_train, y_train)\n"
        "model.score(X_test, y_test)\n",
    )
    cells = [load, scale, scale] if again else [load, scale]
    made = plan(sources("# %%\n" + "# %%\n".join(cells)), "model", project)
    features = modules(made, CONTEXT)["features.py"]
    assert made.derived.problem is None
    assert "StandardScaler" not in features
    assert "scaler.transform(" in features.split("learned.", 1)[1]


def test_a_limit_of_the_notebooks_own_is_among_the_findings(project: Path) -> None:
    cells = (
        "import pandas as pd\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import f1_score\n"
        'df = pd.read_csv("data/german_credit.csv")\n'
        'X, y = df[["credit_amount", "age_in_years"]], df["creditability"] == "good"\n'
        "model = LogisticRegression().fit(X, y)\n"
        "LIMIT = 0.7\n"
        "said = model.predict_proba(X)[:, 1] > LIMIT\n"
        "f1_score(y, said)\n"
    )
    made = plan(sources("# %%\n" + cells), "model", project)
    assert any("`model.predict_proba(X)[:, 1] > LIMIT`" in finding for finding in made.findings)


def test_columns_of_two_tables_that_one_line_sets_are_those_of_each(project: Path) -> None:
    cells = (
        "import pandas as pd\n"
        "from sklearn.linear_model import LogisticRegression\n"
        'a, b = pd.read_csv("data/german_credit.csv"), pd.read_csv("data/german_credit.csv")\n'
        'a["part"], b["part"] = "train", "test"\n'
        "df = pd.concat([a, b])\n"
        'df["age"] = df["age_in_years"] / 10\n'
        'train = df[df["part"] == "train"]\n'
        'model = LogisticRegression().fit(train[["age"]], train["creditability"])\n'
    )
    made = plan(sources("# %%\n" + cells), "model", project)
    assert made.derived.problem is None
    assert "b" not in {n for _, node in made.derived.serve for n in free_names(node)}


def test_a_notebook_whose_features_fail_for_raw_rows_gives_a_package_that_trains(
    project: Path,
) -> None:
    cells = (
        "import pandas as pd\n"
        "from sklearn.linear_model import LogisticRegression\n"
        'df = pd.read_csv("data/german_credit.csv")\n'
        'means = df.groupby("purpose")["credit_amount"].mean().apply(complex)\n'
        'df["share"] = df["purpose"].map(means).apply(abs)\n'
        'model = LogisticRegression().fit(df[["share"]], df["creditability"])\n'
        'print(model.score(df[["share"]], df["creditability"]))\n'
    )
    package = Notebook(project).run("# %%\n" + cells).export("model", "odd")
    (finding,) = (f for f in package.findings if "raw rows" in f)
    assert "not JSON serializable" in finding


GROUPS = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression

df = pd.read_csv("data/german_credit.csv")
rates = {k: v for k, v in df.groupby(["housing", "job"])["credit_amount"].mean().items()}
seen = set(df["purpose"].unique())
stats = df.groupby("purpose").agg(m=("credit_amount", "mean"), s=("credit_amount", "std"))
bands = df.groupby(pd.cut(df["age_in_years"], [0, 25, 40, 100]))["credit_amount"].mean()
means = df.groupby(["housing", "telephone"])["credit_amount"].mean()
df["born"] = pd.to_datetime(2000 - df["age_in_years"], format="%Y")
by_year = df.groupby(df["born"].dt.to_period("Y"))["credit_amount"].mean()
by_day = df.groupby(df["born"].dt.date)["credit_amount"].max()


def rate_of(row):
    return rates.get((row["housing"], row["job"]), 0.0) / means[row["housing"], row["telephone"]]


df["rate"] = df.apply(rate_of, axis=1)
df["year"] = df["born"].dt.to_period("Y").map(by_year) / df["born"].dt.date.map(by_day)
df["known"] = df["purpose"].apply(lambda p: p in seen).astype(int)
df = df.merge(stats, on="purpose", how="left")
df["z"] = (df["credit_amount"] - df["m"]) / df["s"]
df["band"] = pd.cut(df["age_in_years"], [0, 25, 40, 100]).map(bands).astype(float)
df = df.join(pd.get_dummies(df.pop("job"), prefix="job"))
jobs = [c for c in df if c.startswith("job_")]
X = df[["rate", "year", "known", "z", "m", "band", *jobs]].fillna(0)
model = LogisticRegression(max_iter=2000).fit(X, df["creditability"])
print(model.score(X, df["creditability"]))
"""
TWICE = """
import pandas as pd
from groups.predict import predict
from groups.rows import SchemaError
rows = pd.read_csv("data/german_credit.csv").head(5)
twice = predict(pd.concat([rows, rows]))
assert list(twice.index) == [*range(5)] * 2
pd.testing.assert_frame_equal(twice, pd.concat([predict(rows)] * 2))
try:
    predict(rows.assign(housing=1.5))
except SchemaError as error:
    assert str(error) == "The column 'housing' must hold text, not 1.5."
else:
    raise AssertionError
"""


def test_tables_by_groups_sets_and_functions_that_read_them_serve_raw_rows(project: Path) -> None:
    package = Notebook(project).run(GROUPS).export("model", "groups")
    assert not package.findings
    text = (package.path / "src" / "groups" / "features.py").read_text(encoding="utf-8")
    assert 'learned.means[row["housing"], row["telephone"]]' in text
    # Rows whose numbers occur twice, as after a concatenation, are told apart.
    python = package.environment / "bin" / "python"
    subprocess.run([python, "-c", TWICE], cwd=package.path, check=True)


BINNED = """\
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

df = pd.read_csv("data/german_credit.csv")
y = df.pop("creditability")
df["quarter"], edges = pd.qcut(df["credit_amount"], 4, labels=False, retbins=True)
df["same"] = pd.cut(df["credit_amount"], edges, labels=False, include_lowest=True)
df["third"], cuts = pd.cut(df["duration_in_month"], bins=3, retbins=True, labels=["a", "b", "c"])
df["wide"] = df["duration_in_month"] > cuts[1]
for c in ["third", "housing"]:
    df[c] = df[c].astype("category")
X = df[["quarter", "same", "third", "wide", "housing"]]
model = HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype").fit(X, y)
"""


def test_bins_asked_for_with_their_edges_and_ordered_categories_are_learned(project: Path) -> None:
    package = Notebook(project).run(BINNED).export("model", "binned")
    assert package.serves_raw_rows, package.findings


AT_ONCE = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression


def prepared(d):
    d = d.copy()
    d["left"] = (d.pop("churn") == "Yes").astype(int)
    return d.drop(columns=["plan"])


old, new = pd.read_csv("data/customers.csv"), pd.read_csv("data/customers.csv").head(40)
old, new = prepared(old), prepared(new)
model = LogisticRegression(max_iter=500).fit(old.drop(columns="left"), old["left"])
print(model.score(new.drop(columns="left"), new["left"]))
"""


def test_tables_that_one_line_prepares_are_prepared_apart_for_raw_rows(project: Path) -> None:
    package = Notebook(project).run(AT_ONCE).export("model", "apart")
    text = (package.path / "src" / "apart" / "features.py").read_text(encoding="utf-8")
    assert "old = prepared(" in text
    assert "new" not in text


PREPARED_BESIDE = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

df = pd.read_csv("data/customers.csv")
orders = pd.read_csv("data/orders.csv")
regions = pd.read_csv("data/regions.csv")
orders["amount"] = orders["amount"] * 1.2
orders = orders[orders["amount"] > 30]
for c in ["income"]:
    regions[c] = np.log(regions[c])
spent = orders.groupby("customer_id")["amount"].sum().rename("spent").reset_index()
df = df.merge(spent, on="customer_id", how="left").merge(regions, on="region_id").fillna(0)
X = df[["tenure", "spent", "income"]]
model = LogisticRegression(max_iter=500).fit(X, df["churn"])
"""


def test_other_tables_are_for_raw_rows_as_the_notebook_prepared_them(project: Path) -> None:
    package = Notebook(project).run(PREPARED_BESIDE).export("model", "beside")
    assert package.serves_raw_rows, package.findings
    text = (package.path / "src" / "beside" / "features.py").read_text(encoding="utf-8")
    assert "np.log" not in text


IN_TWO_FILES = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

train = pd.read_csv("data/old.csv")
test = pd.read_csv("data/new.csv")
for c in ["plan"]:
    train[c] = train[c].astype("category")
    test[c] = pd.Categorical(test[c], categories=train[c].cat.categories)
train["plan"], test["plan"] = train["plan"].cat.codes, test["plan"].cat.codes
names = [c for c in train.columns if c not in ("churn", "customer_id")]
model = LogisticRegression(max_iter=500).fit(train[names], train["churn"])
print(accuracy_score(test["churn"], model.predict(test[names])))
"""


def test_rows_of_a_second_file_that_the_model_is_judged_on_are_told_apart(project: Path) -> None:
    table = pd.read_csv(project / "data" / "customers.csv")
    table.head(200).to_csv(project / "data" / "old.csv", index=False)
    table.tail(100).to_csv(project / "data" / "new.csv", index=False)
    package = Notebook(project).run(IN_TWO_FILES).export("model", "files")
    assert package.serves_raw_rows, package.findings
    (finding,) = package.findings
    assert "asks the model about rows that are not made of 'train'" in finding
    assert set(package.equivalence["metrics"]) == {"accuracy_score"}


REBOUND = """# %%
import pandas as pd
from sklearn import tree
rows = pd.read_csv("data/german_credit.csv")
depth = 1
X, y = rows[["credit_amount", "age_in_years"]].copy(), rows["creditability"]
for name in ["credit_amount"]:
    depth += 1
    X[name] = X[name] / depth
# %%
model = tree.DecisionTreeClassifier(random_state=0)
depth += 1
model.set_params(max_depth=depth)
tree = model.fit(X, y)
print(tree.score(X, y))
"""


def test_a_name_that_a_stage_reads_and_binds_again_is_what_it_was_before(
    project: Path, tmp_path: Path
) -> None:
    made = plan(sources(REBOUND), "model", project)
    code = modules(made, CONTEXT)["stages/train.py"]
    head, body = code.split("def train(")
    assert "import tree" not in head
    assert body.count("    from sklearn import tree\n") == 1
    printed = run_modules(
        made,
        tmp_path,
        "import inspect\n"
        "from credit_risk.settings import Settings\n"
        "from credit_risk.stages import load, prepare, train\n"
        "settings = Settings()\n"
        "ready = prepare.prepare(load.load(settings))\n"
        "given = {**ready._asdict(), 'settings': settings}\n"
        "print(train.train(**{k: given[k] for k in inspect.signature(train.train).parameters}))\n",
    )
    assert "max_depth=3" in printed


READ_FIRST = {
    "x = 1; y = x": "",
    "x += 1": "x",
    "for a in rows: a.b; c += 1; d = 1; d.e": "rows c",
    "for a in rows: pass\nprint(a)": "print rows a",
    "if a: b = 1\nelse: b = 2\nb": "a",
    "if a: b = 1\nb": "a b",
    "with open(p) as f: g = f.read()\ng, f": "open p",
    "while a: a = b": "a b",
    "try: a = 1\nexcept E as e: e, a\nelse: a\nfinally: f": "E a f",
    "def g(x): return x + y\ng": "y",
    "match a:\n case 1: b = 2\n case c: c, b": "a b",
    "import a.b as c, d\nc, d, a": "a",
    "[x for x in y if x > z]": "y z",
}


@pytest.mark.parametrize("code", READ_FIRST)
def test_names_that_are_read_before_they_are_surely_bound(code: str) -> None:
    assert read_first(ast.parse(code).body) == set(READ_FIRST[code].split())


def test_a_text_with_values_in_it_is_left_as_it_was_written(project: Path) -> None:
    text = (
        "# %%\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        'credit = pd.read_csv("data/german_credit.csv")\n'
        "names = ['credit_amount', 'age_in_years']\n"
        "X = credit[names].rename(columns={n: f'{n:>20}_{len(n):02d}' for n in names})\n"
        "X = (X - X.mean()).add_prefix(f'{len(names):03d} ')\n"
        "model = LogisticRegression().fit(X, credit['creditability'])\n"
    )
    made = plan(sources(text), "model", project)
    assert made.derived.problem is None
    features = modules(made, CONTEXT)["features.py"]
    assert "{n: f'{n:>20}_{len(n):02d}' for n in names}" in features
    assert ".add_prefix(f'{len(names):03d} ')" in features


def test_a_replay_that_ends_early_says_how(project: Path) -> None:
    text = (
        "# %%\nimport os\nimport pandas as pd\nfrom sklearn.tree import DecisionTreeClassifier\n"
        'credit = pd.read_csv("data/german_credit.csv")\n'
        "credit['more'] = os._exit(3)\n"
        "model = DecisionTreeClassifier().fit(credit[['more']], credit['creditability'])\n"
    )
    with pytest.raises(ExportFailed, match="ended with status 3"):
        plan(sources(text), "model", project)
