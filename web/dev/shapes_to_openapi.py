"""Writes the schemas of chalicelib.api.shapes as an OpenAPI 3.1 document without paths: `python -m` from the root.

Answers are described as they are sent (every field present), requests as they are accepted.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

RESOURCES = ("base", "session", "profiles", "media", "posts", "planning")


def document() -> dict[str, object]:
    models: dict[str, type[BaseModel]] = {}
    for resource in RESOURCES:
        module = importlib.import_module(f"chalicelib.api.shapes.{resource}")
        for name, value in vars(module).items():
            if inspect.isclass(value) and issubclass(value, BaseModel) and value.__module__ == module.__name__:
                models[name] = value
    models.pop("Page")
    _, schema = models_json_schema(
        [(model, "validation") for _, model in sorted(models.items())],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parvis", "version": "1"},
        "paths": {},
        "components": {"schemas": schema["$defs"]},
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(), indent=1, sort_keys=True) + "\n")
