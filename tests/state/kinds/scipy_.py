"""SciPy."""

from __future__ import annotations

from kinds.kind import Kind

_S = "import numpy as np, scipy.sparse as sp\n"

KINDS = [
    *(
        Kind(
            f"sparse {form}",
            _S + f"x = sp.{form}_matrix([[0, 1.5], [2, 0]]); y = x",
            f"assert x is y and x.toarray().tolist() == [[0, 1.5], [2, 0]] and x.format == '{form}'",
            stable=form != "dok",
        )
        for form in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr")
    ),
    Kind(
        "sparse array and its data",
        _S + "x = sp.csr_array([[0, 1.], [2, 0]]); d = x.data",
        "d[0] = 9\nassert x[0, 1] == 9",
        change="d[0] = 5",
        changes="x d",
    ),
    Kind(
        "frozen distribution",
        "from scipy import stats\nx = stats.norm(1, 2), stats.gaussian_kde([1., 2, 4])",
        expect="x[0].cdf(1.3), x[1](2.)",
        stable=False,
    ),
    Kind(
        "interpolators",
        "import numpy as np\nfrom scipy.interpolate import *\nx = CubicSpline([0, 1, 2.], [0, 1, 4.]), interp1d([0, 1], [0, 2.]), RegularGridInterpolator(([0, 1.],), [0, 3.])",
        expect="float(x[0](.5)), float(x[1](.5)), float(x[2]([.5])[0])",
    ),
    Kind(
        "trees and hulls",
        "import numpy as np\nfrom scipy.spatial import cKDTree, ConvexHull\np = np.random.default_rng(0).random((20, 2)); x = cKDTree(p)",
        "assert x.query(p[3])[1] == 3",
        expect="x.query([.5, .5])",
        stable=False,
    ),
    Kind(
        "optimisation result",
        "from scipy.optimize import minimize\nx = minimize(lambda v: (v[0] - 1) ** 2, [0.])",
        expect="x.x.tolist(), x.success",
    ),
    Kind(
        "test result, rotation",
        "from scipy import stats\nfrom scipy.spatial.transform import Rotation\nx = stats.ttest_ind([1, 2, 3.], [2, 3, 4.]), Rotation.from_euler('z', 90, degrees=True)",
        expect="x[0].pvalue, x[1].as_quat().tolist()",
        stable=False,
    ),
    Kind(
        "linear operator, signal system",
        "from scipy.sparse.linalg import aslinearoperator\nfrom scipy import signal\nimport numpy as np\nx = aslinearoperator(np.eye(2)), signal.lti([1], [1, 1])",
        "import numpy as np\nassert x[0].matvec(np.ones(2)).tolist() == [1, 1] and x[1].poles.tolist() == [-1]",
        stable=False,
    ),
]
