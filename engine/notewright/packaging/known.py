"""What is known of libraries, of Python's own functions and of methods, by name."""

from __future__ import annotations

import sys


def words(text: str) -> frozenset[str]:
    """Return the words of a text, as a set."""
    return frozenset(text.split())


#: Methods of texts, and of pandas' ``.str``: they give texts, change nothing and call nobody.
TEXT_METHODS = words(
    """
    capitalize casefold endswith isalnum isalpha isascii isdecimal isdigit islower isnumeric
    isspace istitle isupper ljust lower lstrip removeprefix removesuffix rjust rsplit rstrip
    splitlines startswith strip swapcase title upper zfill
    """
)
#: Methods that texts have among others: given nothing but texts, they give a number or the like.
TEXT_METHODS_TOO = words("count find")
#: Methods that give a new value and leave their object as it is.
PURE_METHODS = TEXT_METHODS | words(
    """
    abs add_prefix add_suffix agg aggregate aic align all any apply applymap argmax argmin
    argpartition argsort asfreq asof assign astimezone astype at_time autocorr bar barh between
    between_time bfill bic box boxplot build_analyzer build_preprocessor build_tokenizer clip
    columns combine combine_first compare conj conjugate contains convert_dtypes copy corr
    corrwith cost_complexity_pruning_path count count_nonzero cov cumcount cummax cummin cumprod
    cumsum day day_name decision_function decision_path describe diff difference div divide dot
    drop drop_duplicates droplevel dropna dtypes duplicated eq equals ewm expanding explode
    extract extractall factorize ffill fillna filter find findall first first_valid_index
    flatten floordiv format fullmatch ge get get_covariance get_depth get_dummies
    get_feature_names_out get_group get_indexer get_level_values get_loc get_n_leaves get_params
    get_precision get_support getcol getnnz getrow groupby gt head hist hour idxmax idxmin
    infer_objects info interpolate intersection inverse_transform isdisjoint isin isna isnull
    isocalendar isoformat isoweekday issubset issuperset item items iterrows itertuples join kde
    keys kneighbors kneighbors_graph kurt kurtosis last last_valid_index le len line lt
    mahalanobis map mask match max maximum mean median melt memory_usage merge min minimum mod
    mode month month_name mul multiply ne ngroup nlargest nonzero notna notnull nsmallest
    nunique ohlc pct_change pie pivot pivot_table plot pow power predict predict_log_proba
    predict_proba prod product quantile query radd radius_neighbors radius_neighbors_graph rank
    ravel rdiv reconstruction_error reindex reindex_like rename rename_axis reorder_levels
    repeat replace resample reset_index reshape rfloordiv rmod rmul rolling round rpow rsub
    rtruediv sample sample_y scatter score score_samples searchsorted select_dtypes sem set_axis
    set_index shape shift size skew slice_replace sort_index sort_values split squeeze stack
    staged_decision_function staged_predict staged_predict_proba staged_score std str strftime
    sub subtract sum swaplevel symmetric_difference tail take timestamp timetuple to_csv to_dict
    to_excel to_frame to_json to_list to_numpy to_parquet to_period to_pydatetime to_records
    to_string to_timestamp to_xarray toarray tobsr tobytes tocoo tocsc tocsr todense todia todok
    tolil tolist toordinal trace transform transpose truediv tz_convert tz_localize unique
    unstack value_counts values var weekday where xs year
    """
)
#: Functions of the libraries below that change what they are given.
MUTATING_FUNCTIONS = words(
    """
    copyto delattr fill_diagonal heappop heappush place put putmask setattr setitem
    shuffle
    """
)
#: Built-in functions that change nothing.
PURE_BUILTINS = words(
    """
    abs all any bool bytes callable dict display divmod enumerate filter float format
    frozenset getattr hasattr hash id int isinstance issubclass len list map max min pow
    print range repr reversed round set slice sorted str sum tuple type vars zip
    """
)
#: Libraries whose functions leave their arguments as they are.
PURE_ROOTS = words(
    """
    IPython PIL bs4 catboost category_encoders cloudpickle cv2 dask dateutil eli5 geopandas
    imblearn joblib keras lightgbm lxml matplotlib missingno networkx nltk numpy openpyxl optuna
    pandas plotly polars pyarrow pytz requests scipy seaborn shap skimage sklearn spacy sqlalchemy
    statsmodels tabulate tensorflow threadpoolctl torch torchvision tqdm transformers umap xgboost
    yaml
    """
)
#: Python's own modules, of which few have a state.
STANDARD = frozenset(sys.stdlib_module_names) - words("__main__ antigravity gc this")
#: Functions that draw from the global random state unless they are given a seed.
SEEDABLE = words(
    """
    KFold StratifiedKFold resample sample shuffle train_test_split
    """
)
#: Libraries whose calls only show something.
SHOWS = words(
    """
    IPython matplotlib plotly seaborn warnings
    """
)
#: Libraries, or parts of them, that are imported for what importing does.
IMPORTED_FOR_EFFECT = ("sklearn.experimental", "sklearnex", "daal4py", "cudf.pandas")
#: Functions that set something which the whole process sees.
CONFIGURING = words(
    """
    decimal.setcontext locale.setlocale numpy.seterr numpy.seterrcall numpy.set_printoptions
    os.chdir os.environ.clear os.environ.pop os.environ.setdefault os.environ.update os.putenv
    os.umask os.unsetenv pandas.reset_option pandas.set_option sklearn.set_config sys.path.append
    sys.path.extend sys.path.insert sys.path.remove sys.setrecursionlimit time.tzset
    torch.set_default_device torch.set_default_dtype torch.use_deterministic_algorithms
    """
)
CONFIGURING_MODULES = ("sklearnex.patch_sklearn", "tensorflow.keras.backend.set_")
#: Variables of the environment that nothing reads once Python runs.
INERT_VARIABLES = words("PYTHONHASHSEED")
#: Built-in functions that do not use up what they are given, nor share it.
WITHOUT_LOOKING_INSIDE = words(
    """
    ascii bool bytes callable chr complex display float format hash hex id int isinstance
    issubclass len oct ord print range repr str
    """
)
#: Built-in functions whose result asks for elements when it is used.
LAZY_BUILTINS = words("aiter enumerate filter iter map reversed zip")
#: Built-in functions that make a container of elements.
CONTAINERS = {
    "dict": "dict",
    "frozenset": "set",
    "list": "list",
    "set": "set",
    "sorted": "list",
    "tuple": "tuple",
}
#: Attributes that give the object's own memory.
VIEW_ATTRIBUTES = words(
    """
    T array at axes base cat columns data dt flat iat iloc imag index loc mT real sparse str values
    """
)
#: Methods that may give the object's own memory.
VIEW_METHODS = words(
    """
    align astimezone conj conjugate convert_dtypes diagonal droplevel get_group get_params
    getcol getrow iloc infer_objects pipe ravel rename_axis reshape squeeze swapaxes swaplevel
    take to_numpy tobsr tocoo tocsc tocsr todia todok tolil transpose tz_convert tz_localize
    view
    """
)
#: Functions of libraries that may give the memory of what they are given.
SAME_MEMORY = words(
    """
    Categorical DataFrame DatetimeIndex Index MultiIndex Series array_split as_strided asanyarray
    asarray ascontiguousarray asfortranarray atleast_1d atleast_2d atleast_3d broadcast_arrays
    broadcast_to diag diagonal expand_dims flip fliplr flipud frombuffer from_numpy hsplit imag
    memmap moveaxis nditer ravel real require reshape rot90 rollaxis sliding_window_view split
    squeeze swapaxes transpose vsplit as_tensor wraps dataclass
    """
)
#: Methods of tables that call the functions they are given.
CALLING_METHODS = words("agg aggregate apply applymap assign filter map mask transform where")
#: Methods that give elements of a container.
ELEMENT_METHODS = words("get items keys values")
#: Methods that give something which looks at its table when it is asked.
LOOKING_LATER = words("ewm expanding groupby resample rolling")
#: Methods that give an iterator over a table.
ITERATING_METHODS = words("iterrows itertuples")
#: Methods that take something out, and give it.
TAKING_METHODS = words("pop popitem popleft")
#: Methods that put what they are given into their object.
EXTENDING = words(
    """
    add append appendleft discard extend extendleft insert pop popitem popleft put push remove
    setdefault update
    """
)
#: Methods and functions that train.
FITTING = words(
    """
    cross_val_predict cross_val_score cross_validate fit fit_predict fit_resample fit_transform
    partial_fit permutation_importance
    """
)
#: What estimators answer with numbers alone, by scikit-learn's contract (*Glossary*).
NUMERIC_ANSWERS = words("decision_function predict_log_proba predict_proba score score_samples")
#: What statsmodels' models and results only answer, by its documentation of each.
RESULT_ANSWERS = words(
    """
    compare_f_test compare_lm_test compare_lr_test conf_int cov_params f_test forecast
    get_forecast get_influence get_margeff get_prediction info_criteria outlier_test
    pred_table summary summary2 t_test t_test_pairwise test_heteroskedasticity test_normality
    test_serial_correlation wald_test wald_test_terms
    """
)

#: How the names of methods begin that use what training made.
PREDICTING = (
    "predict", "transform", "inverse_transform", "score", "decision_function", "apply",
)  # fmt: skip
#: How the names of estimators begin that keep the memory of what they are fitted to.
KEEPS_ITS_ROWS = (
    "KNeighbors", "RadiusNeighbors", "NearestNeighbors", "KernelDensity", "GaussianProcess",
    "LocalOutlierFactor", "LabelPropagation", "LabelSpreading",
)  # fmt: skip
#: How the names of estimators begin that draw from the global state without a seed.
DRAWING_ESTIMATORS = (
    "AdaBoost", "Bagging", "BayesianGaussianMixture", "DecisionTree", "ExtraTree",
    "GaussianMixture", "GradientBoosting", "IsolationForest", "KMeans", "LatentDirichlet",
    "LinearSV", "MLP", "MiniBatch", "NMF", "Perceptron", "RandomForest", "RandomizedSearch",
    "SGD", "TSNE", "TruncatedSVD",
)  # fmt: skip
#: Where the classes are that never draw.
DETERMINISTIC = (
    "sklearn.compose", "sklearn.feature_extraction", "sklearn.impute", "sklearn.linear_model.Lin",
    "sklearn.linear_model.Logistic", "sklearn.naive_bayes", "sklearn.neighbors",
    "sklearn.preprocessing",
)  # fmt: skip
#: Of scikit-learn's, what trains the estimators in it themselves, and no clones of them.
TRAINS_ITS_PARTS = words("FeatureUnion Pipeline make_pipeline make_union")
#: Of the modules of random numbers, what has a state of its own or only looks.
OWN_GENERATORS = words(
    """
    BitGenerator Generator MT19937 PCG64 Philox Random RandomState SFC64 SeedSequence SystemRandom
    default_rng get_state getstate seed set_state setstate
    """
)
#: Methods of generators of random numbers: they change them, and nothing they are given.
DRAWING_FROM_GENERATOR = words(
    """
    binomial choice choices exponential gamma integers multivariate_normal normal permutation
    poisson rand randint randn random random_sample randrange sample standard_normal triangular
    uniform
    """
)
TORCH_DRAWS = ("rand", "normal", "bernoulli", "multinomial")
#: Modules of PyTorch whose layers begin with random weights, or that shuffle.
TORCH_DRAWING_MODULES = ("torch.nn.", "torch.utils.data.")
#: Functions that give a function or class they were given.
WRAPPERS = words("contextmanager dataclass total_ordering wraps")
#: Functions of libraries that give an iterator.
ITERATORS = words("Scandir finditer iglob iwalk reader scandir walk")
#: Methods that draw a figure.
DRAWING_METHODS = words("bar barh box boxplot hist kde line pie plot scatter")
#: Methods that write a file.
WRITING_METHODS = words(
    """
    to_csv to_excel to_feather to_hdf to_html to_json to_latex to_markdown to_orc to_parquet
    to_pickle to_stata to_xml tofile
    """
)
#: Methods whose result is never part of their object.
NUMBERS = words("any all argmax argmin corr count cov max mean median min nunique std sum var")
#: Functions that read a file.
FILE_READERS = words(
    """
    exists fromfile genfromtxt getsize isfile load loadtxt read_csv read_excel read_feather
    read_fwf read_hdf read_html read_json read_orc read_parquet read_pickle read_sas read_stata
    read_table read_xml
    """
)
#: Functions that write one.
FILE_WRITERS = words("dump save savetxt savez savez_compressed")
#: Functions that change the file system.
FILE_CHANGES = words(
    """
    copy copy2 copyfile copytree makedirs mkdir move remove removedirs rename replace rmdir rmtree
    symlink system unlink
    """
)
#: Context managers that let errors through.
NEVER_SWALLOW = words(
    """
    Pool ThreadPoolExecutor ProcessPoolExecutor catch_warnings closing config_context errstate
    nullcontext open option_context parallel_backend printoptions rc_context redirect_stderr
    redirect_stdout style.context threadpool_limits
    """
)
#: Libraries, or parts of them, whose functions read variables that a text names.
READS_BY_NAME = ("duckdb.", "pandas.eval", "pandasql.", "patsy.", "statsmodels.formula.")
#: Arguments that are generators of random numbers, and are drawn from.
GENERATORS = words("generator random_state rng seed")
#: Functions that give the running frame, and with it the notebook's variables.
FRAMES = words("inspect.currentframe inspect.stack sys._getframe")
#: Functions that give a library's own state, and no copy of it.
OWN_STATE = words(
    """
    asyncio.get_event_loop asyncio.get_running_loop decimal.getcontext logging.getLogger
    """
)


def leaves_arguments(path: str) -> bool:
    """Tell whether functions of the library at a dotted path leave alone what they are given."""
    top = path.partition(".")[0]
    return top in PURE_ROOTS or top in STANDARD


#: What fits clones of the estimator that it is given, by scikit-learn's documentation of each.
CLONING = frozenset(
    f"sklearn.model_selection.{name}"
    for name in (
        "cross_val_predict",
        "cross_val_score",
        "cross_validate",
        "learning_curve",
        "permutation_test_score",
        "validation_curve",
    )
)
#: What gives something that calls what it was given.
SCORERS = words("check_scoring get_scorer make_scorer")
#: What writes objects as they are, and the methods that it calls for that.
PICKLERS = words("joblib.dump pickle.dump pickle.dumps")
PICKLING = words(
    """
    __getattr__ __getattribute__ __getnewargs__ __getnewargs_ex__ __getstate__ __reduce__
    __reduce_ex__
    """
)


def only_holds(path: str) -> bool:
    """Tell whether what is made at a dotted path is an estimator.

    By scikit-learn's contract, its class does nothing with what it is given but hold it.
    """
    last = path.rpartition(".")[2]
    made = last[:1].isupper() or last in TRAINS_ITS_PARTS
    apart = path.startswith(("sklearn.metrics.", "sklearn.model_selection.", "sklearn.utils."))
    searches = last.endswith(("SearchCV", "ThresholdClassifierCV"))
    return path.startswith("sklearn.") and made and (searches or not apart)


def is_display(path: str) -> bool:
    """Tell whether what is at a dotted path draws something of scikit-learn's and keeps it."""
    parts = path.split(".")
    return parts[0] == "sklearn" and any(part.endswith("Display") for part in parts[1:])
