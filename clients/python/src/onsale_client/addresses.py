"""Addresses of operations, with their parts and parameters."""

from __future__ import annotations

import re
from typing import Any, Mapping, Optional
from urllib.parse import quote, urlencode

from .operations import QUERIES


def fill(operation: str, path: Optional[Mapping[str, Any]], query: Optional[Mapping[str, Any]]) -> tuple[str, str]:
    """Method and address of an operation. A misspelt name is refused here, before it is sent."""
    if operation not in QUERIES:
        raise ValueError(f"the API has no operation {operation!r}")
    method, template = operation.split(" ", 1)
    given, (known, needed) = dict(path or {}), QUERIES[operation]
    wanted = re.findall(r"\{(\w+)\}", template)
    if set(wanted) != set(given):
        raise ValueError(f"{operation} takes path={wanted}, not {sorted(given)}")
    address = re.sub(r"\{(\w+)\}", lambda part: quote(text_of(given[part[1]]), safe=":~"), template)
    parameters = {name: value for name, value in (query or {}).items() if value is not None}
    unknown, missing = set(parameters) - set(known), set(needed) - set(parameters)
    if unknown or missing:
        raise ValueError(f"{operation} takes query={list(known)} and needs {list(needed)}, not {sorted(parameters)}")
    pairs = [(name, text_of(value)) for name, value in parameters.items()]
    return method, f"{address}?{urlencode(pairs)}" if pairs else address


def text_of(value: Any) -> str:
    return ("false", "true")[value] if isinstance(value, bool) else str(value)
