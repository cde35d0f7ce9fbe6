"""Boosting libraries, statsmodels, networkx, Pillow."""

from __future__ import annotations

from kinds.kind import Kind

_D = "import numpy as np\nr = np.random.default_rng(0); X = r.random((60, 3)); y = (X[:, 0] > .5).astype(int)\ndel r\n"

KINDS = [
    Kind(
        "xgboost classifier",
        _D + "import xgboost\nx = xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(X, y)",
        expect="x.predict_proba(X).tolist()",
        needs="xgboost",
        change="x.set_params(max_depth=9)",
        stable=False,
    ),
    Kind(
        "xgboost booster",
        _D + "import xgboost\nx = xgboost.train({'nthread': 1}, xgboost.DMatrix(X, y), 3)",
        expect="x.inplace_predict(X).tolist()",
        needs="xgboost",
        change="x.set_attr(k='v')",
    ),
    Kind(
        "xgboost data",
        _D + "import xgboost\nx = xgboost.DMatrix(X, y)",
        named="pointer",
        needs="xgboost",
    ),
    Kind(
        "lightgbm classifier",
        _D
        + "import lightgbm\nx = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1).fit(X, y)",
        expect="x.predict_proba(X, validate_features=False).tolist()",
        needs="lightgbm",
        change="x.set_params(max_depth=9)",
        stable=False,
    ),
    Kind(
        "lightgbm booster",
        _D
        + "import lightgbm\nx = lightgbm.train({'verbose': -1, 'num_threads': 1}, lightgbm.Dataset(X, y), 3)",
        expect="x.predict(X).tolist()",
        needs="lightgbm",
        stable=False,
    ),
    Kind(
        "lightgbm data",
        _D + "import lightgbm\nx = lightgbm.Dataset(X, y).construct()",
        named="pointer",
        needs="lightgbm",
    ),
    Kind(
        "least squares",
        _D + "import statsmodels.api as sm\nx = sm.OLS(y, sm.add_constant(X)).fit()",
        expect="x.params.tolist(), x.predict(sm.add_constant(X)).tolist(), x.pvalues.tolist()",
        needs="statsmodels",
        stable=False,
    ),
    Kind(
        "formula",
        _D
        + "import pandas as pd, statsmodels.formula.api as smf\nf = pd.DataFrame(X, columns=list('abc')); f['y'] = y\nx = smf.glm('y ~ a + np.log(b + 1)', f).fit()",
        expect="x.params.tolist(), x.predict(f).tolist()",
        needs="statsmodels",
        stable=False,
    ),
    Kind(
        "time series",
        "import numpy as np\nfrom statsmodels.tsa.arima.model import ARIMA\nx = ARIMA(np.sin(np.arange(40.)), order=(1, 0, 0)).fit()",
        expect="x.forecast(3).tolist()",
        needs="statsmodels",
        stable=False,
    ),
    Kind(
        "graph",
        "import networkx as nx\nd = {'w': 1}; x = nx.Graph(); x.add_edge('a', 'b', data=d); v = x.nodes; e = x.edges",
        "x.add_node('c')\nassert 'c' in v and x['a']['b']['data'] is d and x['b']['a'] is x['a']['b'] and len(e) == 1",
        needs="networkx",
        change="d['w'] = 2",
        changes="x d",
        stable=False,
    ),
    Kind(
        "directed graph, subgraph view",
        "import networkx as nx\nx = nx.DiGraph([(1, 2), (2, 3)]); v = x.subgraph([1, 2]); m = nx.MultiGraph([(1, 2), (1, 2)])",
        "x.remove_edge(1, 2)\nassert list(v.edges) == [] and m.number_of_edges() == 2 and nx.has_path(x, 2, 3)",
        needs="networkx",
        stable=False,
    ),
    Kind(
        "image",
        "from PIL import Image\nimport numpy as np\nx = Image.fromarray(np.arange(12, dtype='u1').reshape(2, 2, 3)); x.info['k'] = 'v'; p = Image.new('P', (2, 2)); p.putpalette([1, 2, 3])",
        "import numpy as np\nassert np.asarray(x).tolist()[1][1] == [9, 10, 11] and x.mode == 'RGB' and x.info == {'k': 'v'} and p.getpalette()[:3] == [1, 2, 3]",
        needs="PIL",
        change="x.putpixel((0, 0), (9, 9, 9))",
    ),
    Kind(
        "image from a file",
        "from PIL import Image\nImage.new('RGB', (3, 2), 'red').save('i.png', dpi=(72, 72)); x = Image.open('i.png')",
        "assert x.format == 'PNG' and x.size == (3, 2) and x.getpixel((0, 0)) == (255, 0, 0) and 'dpi' in x.info",
        needs="PIL",
        stable=False,
    ),
    Kind(
        "image font, filter",
        "from PIL import ImageFilter, ImageColor\nx = ImageFilter.GaussianBlur(2), ImageColor.getrgb('red')",
        "assert x[0].radius == 2 and x[1] == (255, 0, 0)",
        needs="PIL",
    ),
]
