"""Which statements draw random numbers, and what that means for the package."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from notewright.packaging.random_states import RandomState
from notewright.packaging.roles import Roles
from notewright.packaging.slicing import Program

#: Classes that begin so draw whenever they are fitted.
_RANDOM = (
    "AdaBoost",
    "Bagging",
    "BayesianGaussianMixture",
    "BernoulliRBM",
    "BisectingKMeans",
    "DecisionTree",
    "ExtraTree",
    "FastICA",
    "GaussianMixture",
    "GradientBoosting",
    "IsolationForest",
    "KMeans",
    "MLP",
    "MiniBatch",
    "Nystroem",
    "PassiveAggressive",
    "Perceptron",
    "RANSAC",
    "RBFSampler",
    "RandomForest",
    "RandomTrees",
    "SGD",
    "TruncatedSVD",
)


def about_draws(program: Program, roles: Roles, states: Sequence[RandomState]) -> list[str]:
    """Return where the package is given a random state, because it has no seed for it, and why."""
    seeds = {i for i in roles.to_run() if program.seeds(i)}
    return [
        f"{program.body[index].place} draws random numbers "
        + (
            "that go on from those that made the rows: the package gives the generator the state "
            "that it had there."
            if any(i < index for i in seeds)
            else "without a seed: the package gives the generator the state with which the "
            "statements gave the notebook's model when they ran again."
        )
        for index in sorted({state.index for state in states})
    ]


def what_differs(program: Program, roles: Roles, target: str) -> str:
    """Return why running the cells again may have given another model."""
    index = draws_unseeded(program, roles)
    if index is None:
        asked = [load.remote.address or "its address" for load in roles.loads if load.remote]
        also = f"; perhaps {' or '.join(asked)} gives other rows now" if asked else ""
        return f"running the cells again gives another '{target}' than the notebook holds{also}"
    line = program.body[index].text.splitlines()[0]
    return (
        f"running the cells again gives another '{target}': "
        f"{program.body[index].place} (`{line[:80]}`) draws random numbers without a seed"
    )


def draws_unseeded(program: Program, roles: Roles) -> int | None:
    """Return the first statement that draws without a seed, unless all of NumPy was given one."""
    run = sorted(roles.to_run())
    if any(program.seeds(index) for index in run):
        return None
    for index in run:
        for node in ast.walk(program.body[index].node):
            if isinstance(node, ast.Call) and _unseeded(program, node):
                return index
    return None


def _unseeded(program: Program, node: ast.Call) -> bool:
    name = (program.imports.dotted(node.func) or "").split(".")[-1]
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    random = (
        name in ("train_test_split", "shuffle") or method == "sample" or name.startswith(_RANDOM)
    )
    return random and not any(k.arg == "random_state" for k in node.keywords)
