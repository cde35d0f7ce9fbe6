"""scikit-learn: fitted estimators predict what they predicted."""

from __future__ import annotations

from kinds.kind import Kind

_D = "import numpy as np\nr = np.random.default_rng(0); X = r.random((60, 3)); y = (X[:, 0] > .5).astype(int)\n"

_FITTED = {
    "logistic regression": ("linear_model", "LogisticRegression()", "predict_proba"),
    "ridge": ("linear_model", "Ridge()", "predict"),
    "lasso": ("linear_model", "Lasso(alpha=.01)", "predict"),
    "gradient descent": ("linear_model", "SGDClassifier(random_state=0)", "predict"),
    "support vectors": ("svm", "SVC(probability=False)", "decision_function"),
    "neighbours": ("neighbors", "KNeighborsClassifier()", "predict_proba"),
    "decision tree": ("tree", "DecisionTreeClassifier(random_state=0)", "predict_proba"),
    "forest": ("ensemble", "RandomForestClassifier(5, random_state=0)", "predict_proba"),
    "gradient boosting": (
        "ensemble",
        "GradientBoostingClassifier(n_estimators=5, random_state=0)",
        "predict_proba",
    ),
    "histogram boosting": (
        "ensemble",
        "HistGradientBoostingClassifier(max_iter=5, random_state=0)",
        "predict_proba",
    ),
    "isolation forest": (
        "ensemble",
        "IsolationForest(n_estimators=5, random_state=0)",
        "decision_function",
    ),
    "naive Bayes": ("naive_bayes", "GaussianNB()", "predict_proba"),
    "neural net": (
        "neural_network",
        "MLPClassifier((4,), max_iter=5, random_state=0)",
        "predict_proba",
    ),
    "Gaussian process": ("gaussian_process", "GaussianProcessRegressor()", "predict"),
    "k-means": ("cluster", "KMeans(2, n_init=1, random_state=0)", "predict"),
    "mixture": ("mixture", "GaussianMixture(2, random_state=0)", "predict"),
    "principal components": ("decomposition", "PCA(2)", "transform"),
    "scaler": ("preprocessing", "StandardScaler()", "transform"),
    "splines": ("preprocessing", "SplineTransformer()", "transform"),
    "imputer": ("impute", "SimpleImputer()", "transform"),
    "selection": ("feature_selection", "SelectKBest(k=2)", "transform"),
}

KINDS = [
    *(
        Kind(
            name,
            f"{_D}import warnings\nwarnings.simplefilter('ignore')\nfrom sklearn.{module} import *\nx = {code}.fit(X, y)\ndel r",
            expect=f"x.{method}(X).tolist()",
            stable=False,  # names of parameters are interned or not
            change="x.set_params(**{next(iter(x.get_params())): 'other'})",
        )
        for name, (module, code, method) in _FITTED.items()
    ),
    Kind(
        "pipeline with columns and a function of the cell",
        _D
        + "import pandas as pd\nfrom sklearn.pipeline import make_pipeline\nfrom sklearn.compose import make_column_transformer\nfrom sklearn.preprocessing import *\nfrom sklearn.linear_model import Ridge\nf = pd.DataFrame(X, columns=list('abc')); f['k'] = ['u', 'v'] * 30\nscale = [2]\ndef double(v): return v * scale[0]\nx = make_pipeline(make_column_transformer((FunctionTransformer(double), ['a']), (OneHotEncoder(), ['k']), (StandardScaler(), ['b'])), Ridge()).fit(f, y)",
        "before = x.predict(f).tolist()\nscale[0] = 3\nassert x.predict(f).tolist() != before",
        expect="x.predict(f).tolist()",
        change="scale.append(1)",
        changes="scale",
        stable=False,
    ),
    Kind(
        "grid search",
        _D
        + "from sklearn.model_selection import GridSearchCV, KFold\nfrom sklearn.tree import DecisionTreeClassifier\nx = GridSearchCV(DecisionTreeClassifier(random_state=0), {'max_depth': [1, 2]}, cv=KFold(3)).fit(X, y)",
        expect="x.best_params_, x.predict(X).tolist(), x.cv_results_['mean_test_score'].tolist()",
        stable=False,
    ),
    Kind(
        "text features",
        "from sklearn.feature_extraction.text import TfidfVectorizer\nx = TfidfVectorizer().fit(['a word', 'another word'])",
        expect="x.transform(['word word']).toarray().tolist()",
    ),
    Kind(
        "stacking and calibration",
        _D
        + "from sklearn.ensemble import StackingClassifier\nfrom sklearn.calibration import CalibratedClassifierCV\nfrom sklearn.linear_model import LogisticRegression\nfrom sklearn.naive_bayes import GaussianNB\nx = StackingClassifier([('a', GaussianNB())], LogisticRegression()).fit(X, y); z = CalibratedClassifierCV(GaussianNB()).fit(X, y)",
        expect="x.predict_proba(X).tolist(), z.predict_proba(X).tolist()",
        stable=False,
    ),
    Kind(
        "a part shared with its whole",
        _D
        + "from sklearn.pipeline import Pipeline\nfrom sklearn.linear_model import Ridge\nm = Ridge(); x = Pipeline([('m', m)])",
        "x.fit(X, y)\nassert x.steps[0][1] is m and hasattr(m, 'coef_')",
        change="m.alpha = 9",
        changes="m x",
    ),
    Kind(
        "datasets, splits, scorers",
        "from sklearn.datasets import load_iris\nfrom sklearn.model_selection import StratifiedKFold\nfrom sklearn.metrics import make_scorer, f1_score\nx = load_iris(), StratifiedKFold(3), make_scorer(f1_score)",
        "assert x[0].data.shape == (150, 4) and x[1].n_splits == 3",
        stable=False,
    ),
]
