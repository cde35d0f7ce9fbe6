"""A quick model of any table, to learn what its rows tell of a label."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Parts that a table is cut into; each is judged by a model of the others.
FOLDS = 3
_SEED = 0
_TREES = 60
_LEAF = 5


def encoded(frame: pd.DataFrame) -> np.ndarray:
    """Return a table as numbers: texts as codes by frequency, times as seconds, NaN as it is."""
    import numpy as np
    import pandas as pd

    columns = []
    for _, values in frame.items():
        kind = pd.api.types
        if kind.is_numeric_dtype(values):
            columns.append(values.to_numpy(dtype=float, na_value=np.nan))
        elif kind.is_datetime64_any_dtype(values):
            plain = values if values.dt.tz is None else values.dt.tz_convert(None)
            columns.append((plain - pd.Timestamp(0)).dt.total_seconds().to_numpy())
        else:
            text = values.astype(str)
            order = text.value_counts()
            # Of texts that are nearly all different, such as names, the trees could learn rows.
            if len(order) <= max(50, len(text) // 20):
                ranks = dict(zip(order.index, range(len(order)), strict=True))
                columns.append(text.map(ranks).to_numpy(dtype=float))
    return np.column_stack(columns) if columns else np.zeros((len(frame), 1))


def out_of_fold(features: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return each row's class probabilities by a model that was trained on other rows."""
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import StratifiedKFold

    said = np.zeros((len(codes), int(codes.max()) + 1))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=_SEED)
    for train, test in folds.split(features, codes):
        # Boosted trees are too sure of themselves: they call four times as many labels wrong.
        model = RandomForestClassifier(_TREES, min_samples_leaf=_LEAF, random_state=_SEED)
        model.fit(features[train], codes[train])
        said[test] = model.predict_proba(features[test])
    return said
