from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

from notewright.state.values import fingerprint

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def typed(value):
    """Equality that tells 1 from True and 1.0, which == does not."""
    if isinstance(value, list):
        return ("list", [typed(v) for v in value])
    if isinstance(value, dict):
        return ("dict", {k: typed(v) for k, v in value.items()})
    return (type(value).__name__, repr(value))


@given(values, values)
def test_fingerprints_are_equal_exactly_for_equal_values(a, b) -> None:
    assert (fingerprint(a) == fingerprint(b)) == (typed(a) == typed(b))


def test_the_layout_of_a_frame_is_not_part_of_its_value() -> None:
    one = pd.DataFrame(np.arange(6.0).reshape(3, 2), columns=["a", "b"])
    two = pd.DataFrame({"a": one["a"].to_numpy().copy()})
    two["b"] = one["b"].to_numpy().copy()
    assert fingerprint(one) == fingerprint(two)
    two.loc[1, "b"] += 1e-12
    assert fingerprint(one) != fingerprint(two)


def test_two_fits_with_one_seed_are_the_same_model_and_with_two_are_not() -> None:
    X, y = np.arange(60.0).reshape(-1, 2), np.arange(30) % 2

    def fit(seed: int) -> str:
        return fingerprint(RandomForestClassifier(4, random_state=seed).fit(X, y))

    assert fit(0) == fit(0)
    assert fit(0) != fit(1)


def test_what_cannot_be_reduced_is_an_error() -> None:
    with pytest.raises(TypeError):
        fingerprint(i for i in range(3))


def test_a_generator_is_what_it_will_give_next_not_how_it_was_seeded() -> None:
    one, two = np.random.default_rng(3), np.random.default_rng(3)
    assert fingerprint(one) == fingerprint(two)
    one.random()
    assert fingerprint(one) != fingerprint(two)
    two.bit_generator.state = one.bit_generator.state
    assert fingerprint(one) == fingerprint(two)
    assert fingerprint(np.random.RandomState(1)) != fingerprint(np.random.RandomState(2))


def test_a_bunch_has_the_value_of_its_items_also_after_a_pickle():
    import pickle

    from sklearn.utils import Bunch

    bunch = Bunch(a=1, b=[2.0])
    assert fingerprint(pickle.loads(pickle.dumps(bunch))) == fingerprint(bunch)
    assert fingerprint(Bunch(a=1, b=[3.0])) != fingerprint(bunch)


@pytest.mark.parametrize("made", ["words", "search"])
def test_where_and_how_fast_a_model_was_fitted_is_not_part_of_its_value(made: str) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV

    def fit(noise: int) -> str:
        if made == "words":
            model = TfidfVectorizer().fit(["a text", "another text"])
            assert hasattr(model, "_stop_words_id")
            model._stop_words_id = noise  # the address of None, of no two processes the same
        else:
            X, y = np.arange(40.0).reshape(-1, 2), np.arange(20.0)
            model = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2).fit(X, y)
            model.refit_time_ = model.cv_results_["mean_fit_time"][0] = noise
        return fingerprint(model)

    assert fit(1) == fit(2)
    other = TfidfVectorizer().fit(["a text", "no other"])
    assert fingerprint(other) != fit(1)


def test_a_model_that_was_asked_is_the_same_model() -> None:
    rows = np.arange(12.0).reshape(6, 2)
    model = KNeighborsClassifier(2).fit(rows, [0, 0, 0, 1, 1, 1])
    before = fingerprint(model)
    model.predict(rows)
    assert fingerprint(model) == before
    assert fingerprint(KNeighborsClassifier(2).fit(rows + 1, [0, 0, 0, 1, 1, 1])) != before
