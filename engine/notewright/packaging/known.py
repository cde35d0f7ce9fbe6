"""What is known to be harmless: the tables behind :mod:`notewright.packaging.effects`."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Methods that give a new value and leave their object as it is.
PURE_METHODS = _words(
    """
    abs add_prefix add_suffix agg aggregate all any apply applymap argmax argmin argsort
    assign astype at_time bar barh between bfill box boxplot capitalize clip columns
    combine_first contains copy corr count cov cumsum day decision_function describe diff
    dot drop drop_duplicates dropna dtypes duplicated endswith eq explode extract ffill
    fillna filter find first flatten format ge get get_feature_names_out get_params
    groupby gt head hist hour idxmax idxmin info inverse_transform isin isna isnull items
    iterrows itertuples join kde keys kurt last le len line lower lt map mask max mean
    median melt memory_usage merge min mode month ne nlargest notna notnull nsmallest
    nunique pct_change pie pivot pivot_table plot predict predict_log_proba predict_proba
    prod quantile query rank ravel reindex rename replace resample reset_index reshape
    rolling round sample scatter score score_samples select_dtypes sem set_index shape
    shift size skew sort_index sort_values split squeeze stack startswith std str strip
    sub sum tail title to_csv to_dict to_excel to_frame to_json to_list to_numpy
    to_parquet to_string tolist transform transpose unique unstack upper value_counts
    values var where xs year
    """
)
#: Functions of the libraries below that change what they are given.
MUTATING_FUNCTIONS = _words(
    """
    copyto delattr fill_diagonal heappop heappush place put putmask setattr setitem
    shuffle
    """
)
#: Built-in functions that change nothing.
PURE_BUILTINS = _words(
    """
    abs all any bool bytes callable dict display divmod enumerate filter float format
    frozenset getattr hasattr hash id int isinstance issubclass len list map max min pow
    print range repr reversed round set slice sorted str sum tuple type vars zip
    """
)
#: Libraries whose functions leave their arguments as they are.
PURE_ROOTS = _words(
    """
    IPython collections datetime functools itertools json lightgbm math matplotlib numpy
    os pandas pathlib plotly re scipy seaborn sklearn statistics statsmodels time warnings
    xgboost
    """
)
#: Where functions that draw from the global random state live.
RANDOM_ROOTS = ("numpy.random", "random.")
#: Functions that draw from it unless they are given a seed.
SEEDABLE = _words(
    """
    KFold StratifiedKFold resample sample shuffle train_test_split
    """
)
#: Libraries whose calls only show something.
SHOWS = _words(
    """
    IPython matplotlib plotly seaborn warnings
    """
)
