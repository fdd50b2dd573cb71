"""Runs a module in a process that ends with the one that started it: python -m infra.local.child MODULE [ARGUMENT]."""

from __future__ import annotations

import runpy
import sys

from infra.local.processes import end_with_parent

GRACE_SECONDS = 3.0

if __name__ == "__main__":
    del sys.argv[0]
    end_with_parent(GRACE_SECONDS)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
