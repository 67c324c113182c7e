"""Safe calls of functions in shared libraries, through ctypes and cffi.

    from vexfsctl.guard.ffi import safe_ffi_call

    safe_ffi_call(libc.fsync, fd)

docs/ffi.md shows what there is. `boundary` is the entry point.
"""

from vexfsctl.guard.call import CallRejected
from vexfsctl.guard.errors import EnhancedError, error_of, exception_of
from vexfsctl.guard.ffi.boundary import Boundary, Scope, safe_ffi_call
from vexfsctl.guard.ffi.codes import code_of, fallback_error
from vexfsctl.guard.ffi.components import Component, Components
from vexfsctl.guard.ffi.returns import Returns

__all__ = [
    "Boundary",
    "CallRejected",
    "Component",
    "Components",
    "EnhancedError",
    "Returns",
    "Scope",
    "code_of",
    "error_of",
    "exception_of",
    "fallback_error",
    "safe_ffi_call",
]
