"""Models as MLflow keeps them, written in skops' format and read without running their code.

MLflow's own `log_model` of a random forest fails where skops does not trust the types in it; the
flavour that is written here names exactly the types that this model has.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import yaml

from notewright.experiments.stored_models import dumped
from notewright.store.ids import now

_MODEL = "model.skops"
_NEEDED = ("scikit-learn", "skops", "numpy", "scipy", "pandas")
#: Libraries whose classes may be rebuilt from somebody else's bytes. Functions never are.
_LIBRARIES = {"sklearn", "xgboost", "lightgbm"}


class NotLoadable(Exception):
    """Why a model cannot be taken over, in words."""


def written(model: Any, data: bytes | None = None) -> dict[str, bytes]:
    """Return the files of an MLflow model that `mlflow.pyfunc.load_model` loads.

    Parameters
    ----------
    model : estimator
    data : bytes, optional
        The model in skops' format, if it is there already.
    """
    import skops.io

    data = dumped(model) if data is None else data
    python = platform.python_version()
    sklearn = version("scikit-learn")
    # The libraries the model's class comes from, in the versions it was made with.
    own = type(model).__module__.partition(".")[0]
    names = [*_NEEDED, *([own] if own in ("xgboost", "lightgbm") else [])]
    requirements = "".join(f"{name}=={found}\n" for name in names if (found := _version(name)))
    described = {
        "flavors": {
            "python_function": {
                "env": {"virtualenv": "python_env.yaml"},
                "loader_module": "mlflow.sklearn",
                "model_path": _MODEL,
                "predict_fn": "predict",
                "python_version": python,
            },
            "sklearn": {
                "code": None,
                "pickled_model": _MODEL,
                "serialization_format": "skops",
                "sklearn_version": sklearn,
                "skops_trusted_types": skops.io.get_untrusted_types(data=data) or None,
            },
        },
        "utc_time_created": now().replace("T", " ").rstrip("Z"),
    }
    environment = {"python": python, "build_dependencies": ["pip"]}
    environment["dependencies"] = ["-r requirements.txt"]
    return {
        "MLmodel": yaml.safe_dump(described).encode(),
        _MODEL: data,
        "requirements.txt": f"mlflow\n{requirements}".encode(),
        "python_env.yaml": yaml.safe_dump(environment).encode(),
    }


def read(files: Mapping[str, bytes], *, trust_pickles: bool) -> tuple[Any, bytes]:
    """Return the model of an MLflow model's files, and its bytes in skops' format.

    Parameters
    ----------
    files : mapping
        Contents by their paths, `MLmodel` among them.
    trust_pickles : bool
        Load pickles as well, which runs the code of whoever wrote them.

    Raises
    ------
    NotLoadable
    """
    try:
        flavours = yaml.safe_load(files["MLmodel"])["flavors"]
        own = flavours["sklearn"]
        name, kind = str(own["pickled_model"]), str(own.get("serialization_format", "pickle"))
    except (KeyError, TypeError, yaml.YAMLError):
        raise NotLoadable("it has no scikit-learn flavour") from None
    data = files.get(name)
    if data is None:
        raise NotLoadable(f"{name} is missing")
    if kind == "skops":
        return parsed(data), data
    if not trust_pickles:
        raise NotLoadable("it is a pickle, and loading it runs code (`--trust-pickles` does)")
    return _unpickled(data)


def parsed(data: bytes) -> Any:
    """Return the model in somebody else's skops file.

    Raises
    ------
    NotLoadable
        If it holds anything but classes of scikit-learn, XGBoost or LightGBM besides what skops
        itself trusts: constructing others may run anything.
    """
    import skops.io

    from notewright.experiments.skops_types import refused

    if not data.startswith(b"PK"):
        raise NotLoadable("its bytes are not in skops' format")
    try:
        foreign, types = refused(data, _LIBRARIES, functions=False)
        if foreign:
            raise NotLoadable(f"it contains types that are not trusted: {', '.join(foreign)}")
        return skops.io.loads(data, trusted=types)
    except NotLoadable:
        raise
    except Exception as error:  # skops raises whatever a file makes it
        raise NotLoadable(f"it cannot be read ({error})") from error


def _unpickled(data: bytes) -> tuple[Any, bytes]:
    import cloudpickle

    try:
        model = cloudpickle.loads(data)
        return model, dumped(model)
    except Exception as error:  # whatever the pickle does
        raise NotLoadable(f"it cannot be loaded ({error})") from error


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
