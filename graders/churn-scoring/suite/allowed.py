"""Which globals a pickle may name: classes of the allowed libraries, numpy's ufuncs, and what the formats need themselves.

An allow-list: lists of what is dangerous are known to miss things.
"""

import re

LIBRARIES = (
    "joblib",
    "lightgbm",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "polars",
    "safetensors",
    "scipy",
    "skl2onnx",
    "sklearn",
    "skops",
    "torch",
    "xgboost",
)
# Parts of these libraries that exist to run, find or wrap something else.
_RUNS_OTHERS = re.compile(
    r"(^|\.)(externals|tests|testing|_testing|f2py|distutils|hub|jit|package|distributed|multiprocessing|memory|cpp_extension"
    r"|_dynamo|_inductor|parallel|_parallel_backends|numpy_pickle_utils|computation|backends|tools|io)(\.|$)"
)
# Classes of the standard library that modules of these libraries import, and that start, load or run what they are given.
_IMPORTED = frozenset(
    {
        "CDLL",
        "Client",
        "CodeType",
        "FunctionType",
        "Listener",
        "MethodType",
        "Mock",
        "ModuleType",
        "Pool",
        "Popen",
        "Process",
        "ProcessPoolExecutor",
        "PyDLL",
        "SourceFileLoader",
        "Thread",
        "ThreadPoolExecutor",
        "Timer",
    }
)
_CLASS = re.compile(r"_?[A-Z][A-Za-z0-9_]*")
_BUILTINS = frozenset(
    [
        "object",
        "set",
        "frozenset",
        "list",
        "dict",
        "tuple",
        "int",
        "float",
        "complex",
        "bool",
        "str",
        "bytes",
        "bytearray",
        "slice",
        "range",
    ]
)
_UFUNCS = frozenset(
    [
        "absolute",
        "add",
        "arccos",
        "arccosh",
        "arcsin",
        "arcsinh",
        "arctan",
        "arctan2",
        "arctanh",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "cbrt",
        "ceil",
        "conjugate",
        "copysign",
        "cos",
        "cosh",
        "deg2rad",
        "degrees",
        "divide",
        "divmod",
        "equal",
        "exp",
        "exp2",
        "expm1",
        "fabs",
        "float_power",
        "floor",
        "floor_divide",
        "fmax",
        "fmin",
        "fmod",
        "frexp",
        "gcd",
        "greater",
        "greater_equal",
        "heaviside",
        "hypot",
        "invert",
        "isfinite",
        "isinf",
        "isnan",
        "isnat",
        "lcm",
        "ldexp",
        "left_shift",
        "less",
        "less_equal",
        "log",
        "log10",
        "log1p",
        "log2",
        "logaddexp",
        "logaddexp2",
        "logical_and",
        "logical_not",
        "logical_or",
        "logical_xor",
        "matmul",
        "maximum",
        "minimum",
        "mod",
        "modf",
        "multiply",
        "negative",
        "nextafter",
        "not_equal",
        "positive",
        "power",
        "rad2deg",
        "radians",
        "reciprocal",
        "remainder",
        "right_shift",
        "rint",
        "sign",
        "signbit",
        "sin",
        "sinh",
        "spacing",
        "sqrt",
        "square",
        "subtract",
        "tan",
        "tanh",
        "true_divide",
        "trunc",
    ]
)
_SCALARS = re.compile(
    r"(u?int|float|complex)(8|16|32|64|128|256|c|p)?_?|bool_?|str_|bytes_|void|object_|datetime64|timedelta64"
)
_NUMPY_CORE = re.compile(
    r"numpy(\.(core|_core)(\.(_multiarray_umath|multiarray|umath|numeric|numerictypes))?)?"
)
# Kinds of scalars, by which columns are chosen.
_ABSTRACT = frozenset(
    [
        "number",
        "integer",
        "signedinteger",
        "unsignedinteger",
        "floating",
        "inexact",
        "complexfloating",
        "generic",
    ]
)
_NUMPY = frozenset(
    {
        *_ABSTRACT,
        "dtype",
        "ndarray",
        "matrix",
        "recarray",
        "record",
        "_reconstruct",
        "scalar",
        "_frombuffer",
        *_UFUNCS,
    }
)
_EXACT = frozenset(
    {
        "_codecs.encode",
        "copyreg._reconstructor",
        "copy_reg._reconstructor",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "collections.Counter",
        "datetime.date",
        "datetime.datetime",
        "datetime.timedelta",
        "datetime.timezone",
        "decimal.Decimal",
        "numpy.random._pickle.__randomstate_ctor",
        "numpy.random._pickle.__generator_ctor",
        "numpy.random._pickle.__bit_generator_ctor",
        "numpy.ma.core._mareconstruct",
        "pandas._libs.internals._unpickle_block",
        "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked",
        "pandas._libs.tslibs.nattype._nat_unpickle",
        "pandas._libs.tslibs.timedeltas._timedelta_unpickle",
        "pandas._libs.tslibs.timestamps._unpickle_timestamp",
        "pandas.core.indexes.base._new_Index",
        "pandas.core.indexes.datetimes._new_DatetimeIndex",
        "pandas.core.indexes.interval._new_IntervalIndex",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "scipy.interpolate._interpolate.interp1d",
        "scipy.interpolate.interpolate.interp1d",
        "scipy.stats._distn_infrastructure.rv_continuous_frozen",
        "scipy.stats._distn_infrastructure.rv_discrete_frozen",
        "sklearn.compose._column_transformer.make_column_selector",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter",
        "torch.serialization._get_layout",
        "torch.storage._load_from_bytes",
        "torch.device",
        "torch.Size",
    }
)
_SPARSE = re.compile(r"scipy\.sparse\.[a-z_.]*_?(csr|csc|coo|bsr|dia|dok|lil)_(matrix|array)")
_CYTHON = re.compile(r"(sklearn|scipy|numpy)\.[a-zA-Z_.]+\.(__pyx_unpickle_[A-Za-z0-9_]+|newObj)")
_SELECTORS = re.compile(
    r"sklearn\.feature_selection\.[a-z_.]+\.(f_classif|f_regression|chi2|mutual_info_classif)"
)
# What a search over parameters compares models by.
_METRICS = re.compile(r"sklearn\.metrics\._(classification|ranking)\.[a-z0-9_]+_(score|loss)")
# Their state holds text that is run when they are unpickled; scipy writes it itself, and anybody could write another.
_DISTRIBUTIONS = re.compile(r"scipy\.stats\._[a-z_]+\.[A-Za-z0-9_]+_gen")
_TORCH_TYPES = re.compile(r"torch\.(u?int|float|bfloat|complex|q?u?int)[0-9]+|torch\.bool")


def is_allowed(name: str) -> bool:
    """Whether a pickle may name this: `module.attribute`, as it stands in the stream.

    `module:attribute` is what only other attributes lead to, and is nothing that any library writes.
    """
    if ":" in name:
        return False
    module, _, attribute = name.rpartition(".")
    if name in _EXACT or any(
        rule.fullmatch(name) for rule in (_SPARSE, _CYTHON, _SELECTORS, _METRICS, _TORCH_TYPES)
    ):
        return True
    if module in ("builtins", "__builtin__"):
        return attribute in _BUILTINS
    if _NUMPY_CORE.fullmatch(module) and (attribute in _NUMPY or _SCALARS.fullmatch(attribute)):
        return True
    if module.split(".")[0] not in LIBRARIES or _RUNS_OTHERS.search(module):
        return False
    return _CLASS.fullmatch(attribute) is not None and attribute not in _IMPORTED


def is_open(name: str) -> bool:
    """Whether a right model may name this, and a wrong one just as well."""
    return _DISTRIBUTIONS.fullmatch(name) is not None
