"""What is known of a function of a shared library: its name, what it returns, where its errno is.

Functions of ctypes and of cffi, in ABI and in API mode, and Python functions that call some. cffi
is asked only where a function of its own is given, so that it is loaded already.
"""

import ctypes
import sys
from collections.abc import Callable
from enum import Enum, auto
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import BuiltinFunctionType
from typing import Any, NamedTuple

_CFuncPtr: Any = ctypes._CFuncPtr  # type: ignore[attr-defined]
_Simple: Any = ctypes._SimpleCData
_Pointer: Any = ctypes._Pointer
_USE_ERRNO, _PYTHON_API, _CDECL = 0x8, 0x4, 0x1
"""Flags of functions of ctypes (Modules/_ctypes/ctypes.h)."""
_SIGNED, _ADDRESSES = frozenset("bhilq"), frozenset("PzZ")
"""Type codes of ctypes."""
_RUN_LATER = (iscoroutinefunction, isgeneratorfunction, isasyncgenfunction)
_FLOATING = frozenset({"float", "double", "long double"})


class Result(Enum):
    """What a function returns, as far as it can tell of a failure."""

    SIGNED = auto()
    """A signed integer."""
    POINTER = auto()
    OBJECT = auto()
    """What a Python function returns, perhaps a code."""
    OTHER = auto()
    """Nothing, or a value that is never a failure by itself."""


class Errno(NamedTuple):
    """Access to the errno that the last foreign call of this thread left."""

    set: Callable[[int], object]
    get: Callable[[], int]


class ForeignFunction(NamedTuple):
    """A function, and what is known of it."""

    call: Callable[..., Any]
    """Leaves the errno of its call where `errno` finds it."""
    name: str
    result: Result
    errno: Errno
    converted: bool = False
    """Whether integers and addresses come as Python's own: int, None for NULL."""
    holds_interpreter: bool = False
    """Whether no other thread can run meanwhile, and so none can leave it behind."""


def describe(function: Callable[..., Any]) -> ForeignFunction:
    """Return what is known of *function*; raise TypeError if it is none."""
    if isinstance(function, _CFuncPtr):
        return _of_ctypes(function)
    if type(function).__module__ == "_cffi_backend" or _is_of_cffi_library(function):
        return _of_cffi(function)
    if not callable(function):
        raise TypeError(f"not a function: {function!r}")
    if any(is_kind(function) for is_kind in _RUN_LATER):
        raise TypeError(f"{function!r} would be guarded only while it is being made")
    name = getattr(function, "__name__", None) or type(function).__name__
    if isinstance(function, partial):
        name = describe(function.func).name
    return ForeignFunction(function, name, Result.OBJECT, _ANY_ERRNO)


# ctypes


def _of_ctypes(function: Any) -> ForeignFunction:
    return ForeignFunction(
        call=_with_errno(function),
        name=getattr(function, "__name__", None) or _symbol_at(_address(function)),
        # A function with an errcheck judges its results itself.
        result=Result.OTHER if function.errcheck else _result_of_ctypes(function.restype),
        errno=_CTYPES_ERRNO,
        converted=getattr(function.restype, "__base__", None) is _Simple,
        holds_interpreter=bool(function._flags_ & _PYTHON_API),
    )


def _result_of_ctypes(restype: Any) -> Result:
    if not isinstance(restype, type):
        return Result.OTHER
    if issubclass(restype, _Pointer | _CFuncPtr):
        return Result.POINTER
    code = getattr(restype, "_type_", None) if issubclass(restype, _Simple) else None
    if code in _ADDRESSES:
        return Result.POINTER
    return Result.SIGNED if code in _SIGNED else Result.OTHER


def _with_errno(function: Any) -> Any:
    """Return *function*, or a twin that keeps errno if its library was loaded without use_errno.

    Only functions that are attributes of a library have a twin: of one made from a prototype nobody
    can tell what its parameters are.
    """
    made_by_library = type(function).__name__ == "_FuncPtr"
    if function._flags_ & (_USE_ERRNO | _PYTHON_API) or not made_by_library:
        return function
    twin = _Twin(_address(function))
    twin.restype = function.restype
    if function.argtypes is not None:
        twin.argtypes = function.argtypes
    if function.errcheck:
        twin.errcheck = function.errcheck
    return twin


class _Twin(_CFuncPtr):  # type: ignore[misc]
    _flags_ = _CDECL | _USE_ERRNO
    _restype_ = ctypes.c_int


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


# cffi


def _is_of_cffi_library(function: object) -> bool:
    """Whether it is a function of a module that cffi made: API mode."""
    if not isinstance(function, BuiltinFunctionType):
        return False
    return type(function.__self__).__module__ == "_cffi_backend"


def _of_cffi(function: Any) -> ForeignFunction:
    backend = sys.modules["_cffi_backend"]
    ffi = backend.FFI()
    kind = ffi.typeof(function)
    if kind.kind != "function":
        raise TypeError(f"not a function: {function!r}")
    result = _result_of_cffi(ffi, kind.result)
    in_api_mode = isinstance(function, BuiltinFunctionType)
    return ForeignFunction(
        call=function,
        name=function.__name__ if in_api_mode else _symbol_at(int(ffi.cast("uintptr_t", function))),
        result=result,
        errno=Errno(backend.set_errno, backend.get_errno),
        converted=result is Result.SIGNED,
    )


def _result_of_cffi(ffi: Any, result: Any) -> Result:
    if result.kind == "pointer":
        return Result.POINTER
    if (
        result.kind not in ("primitive", "enum")
        or result.cname in _FLOATING
        or "char" in result.cname
    ):
        return Result.OTHER
    return Result.SIGNED if int(ffi.cast(result, -1)) < 0 else Result.OTHER


# What both need


class _Symbol(ctypes.Structure):
    """`Dl_info` of dladdr(3)."""

    _fields_ = (
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


def _symbol_at(address: int) -> str:
    """Return what the function at *address* is called in its library: pointers have no name."""
    symbol = _Symbol()
    found = ctypes.CDLL(None).dladdr(ctypes.c_void_p(address), ctypes.byref(symbol))
    return symbol.name.decode() if found and symbol.name else "unnamed"


_CTYPES_ERRNO = Errno(ctypes.set_errno, ctypes.get_errno)


def _set_any(number: int) -> None:
    ctypes.set_errno(number)
    if backend := sys.modules.get("_cffi_backend"):
        backend.set_errno(number)


def _get_any() -> int:
    backend = sys.modules.get("_cffi_backend")
    return ctypes.get_errno() or (backend.get_errno() if backend else 0)


_ANY_ERRNO = Errno(_set_any, _get_any)
"""For Python functions: whichever they have called."""


def with_keywords(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return *function* for arguments that come as a tuple and a mapping."""

    @wraps(function, updated=())
    def apply(args: Any, kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return apply
