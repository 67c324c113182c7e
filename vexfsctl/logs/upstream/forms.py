"""Every form of line of every known build, in one table."""

from vexfsctl.logs.upstream import (
    archived,
    daemons,
    ffi_calls,
    ffi_files,
    ffi_module,
    fixed_files,
    fixed_module,
    hang_prevention,
    rust_engine,
)
from vexfsctl.logs.upstream.form import Form

UPSTREAM_FORMS: tuple[Form, ...] = (
    *ffi_calls.FORMS,
    *ffi_module.FORMS,
    *fixed_module.FORMS,
    *archived.FORMS,
    *rust_engine.FORMS,
    *ffi_files.FORMS,
    *hang_prevention.FORMS,
    *daemons.FORMS,
    *fixed_files.FORMS,
)
"""Every form, in the order tried; those that begin with a field come last."""
