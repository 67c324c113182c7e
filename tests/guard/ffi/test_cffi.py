"""Functions of cffi, in ABI and in API mode."""

import importlib.util
import sys
import sysconfig
from errno import EACCES, EIO, EROFS
from pathlib import Path
from typing import Any

import pytest

from tests.guard.ffi.conftest import Lines, raised_by
from vexfsctl.guard.ffi import Boundary, error_of

cffi = pytest.importorskip("cffi")

DECLARED = """
int return_code(int code);
unsigned return_unsigned(unsigned code);
double return_double(double value);
int fail_with_errno(int number, int result);
void *find(int number, int there);
int read_block(int code, int *length);
struct pair { int a; int b; };
struct pair make_pair(int a, int b);
int sum(int count, ...);
int visit(int (*each)(int), int number);
int visit_in_thread(int (*each)(int), int number);
void visit_void(void (*each)(int), int number);
"""
CALLED_BACK = 'extern "Python" int each(int); extern "Python" void each_void(int);'


@pytest.fixture(scope="session")
def modules(library_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """FFI object and library of each mode."""
    abi = cffi.FFI()
    abi.cdef(DECLARED)
    found = {"ABI": (abi, abi.dlopen(str(library_file)))}
    if WITH_HEADERS:
        found["API"] = compiled(library_file, tmp_path_factory.mktemp("api"))
    return found


def compiled(library_file: Path, directory: Path) -> Any:
    """Make a module of the library, and import it."""
    maker = cffi.FFI()
    maker.cdef(DECLARED + CALLED_BACK)
    maker.set_source(
        "_tried",
        DECLARED,
        extra_objects=[str(library_file)],
        extra_link_args=[f"-Wl,-rpath,{library_file.parent}"],
    )
    spec = importlib.util.spec_from_file_location("_tried", maker.compile(str(directory)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["_tried"] = module
    spec.loader.exec_module(module)
    return module.ffi, module.lib


WITH_HEADERS = Path(sysconfig.get_path("include"), "Python.h").exists()


@pytest.fixture(
    params=[
        "ABI",
        pytest.param("API", marks=pytest.mark.skipif(not WITH_HEADERS, reason="no Python.h")),
    ]
)
def mode(request: pytest.FixtureRequest, modules: dict[str, Any]) -> Any:
    """FFI object and library of one mode."""
    return modules[request.param]


def test_results(boundary: Boundary, mode: Any, lines: Lines) -> None:
    """As with ctypes: by the type of the result, and nobody has to say which library it is."""
    ffi, library = mode
    assert boundary(library.return_code, 7) == 7
    assert boundary(library.return_unsigned, 0xFFFFFFFB) == 0xFFFFFFFB
    assert boundary(library.return_double, -5.0) == -5.0
    length = ffi.new("int *")
    assert boundary(library.read_block, 0, length, deadline=60) == 0
    assert length[0] == 4096
    assert boundary(library.make_pair, 3, 4).b == 4
    assert boundary(library.sum, 2, ffi.cast("int", 20), ffi.cast("int", 22)) == 42

    failure = raised_by(lambda: boundary(library.return_code, -5))
    known = error_of(failure)
    assert known is not None
    assert (known.call, known.code, known.number) == ("return_code", -5, 2)
    assert lines[0].startswith(f"VexFS: [CALL-2] [{known.id}] FFI call return_code failed: -5 ")


def test_errno_and_null(boundary: Boundary, mode: Any) -> None:
    """errno is that of the call, in a worker as well; NULL is a failure."""
    _, library = mode
    for deadline in (None, 60):
        failing = boundary(deadline=deadline)(library.fail_with_errno)
        assert isinstance(raised_by(lambda: failing(EACCES, -1)), PermissionError)  # noqa: B023
        assert failing(EACCES, 0) == 0
        assert raised_by(lambda: failing(0, -1)).errno == EIO  # noqa: B023
    assert raised_by(lambda: boundary(library.find, EROFS, 0)).errno == EROFS
    assert boundary(library.find, 0, 1)


@pytest.mark.parametrize("name", ["visit", "visit_in_thread"])
def test_callbacks(boundary: Boundary, mode: Any, name: str) -> None:
    """What they raise comes out whole; cffi prints nothing."""
    ffi, library = mode
    error = OSError(EROFS, "read-only")

    def each(_: int) -> int:
        raise error

    if hasattr(library, "each"):
        ffi.def_extern(name="each")(boundary.callback(each))
        callback = library.each
    else:
        callback = ffi.callback("int(int)")(boundary.callback(each))
    assert raised_by(lambda: boundary(getattr(library, name), callback, 1)) is error


def test_a_callback_that_returns_nothing(boundary: Boundary, mode: Any) -> None:
    """Its answer has to be None for cffi."""
    ffi, library = mode
    bug = KeyError("a bug")

    def each(_: int) -> None:
        raise bug

    guarded = boundary.callback(each, answer=None)
    if hasattr(library, "each_void"):
        ffi.def_extern(name="each_void")(guarded)
        callback = library.each_void
    else:
        callback = ffi.callback("void(int)")(guarded)
    with pytest.raises(KeyError) as caught:
        boundary(library.visit_void, callback, 1)
    assert caught.value is bug
