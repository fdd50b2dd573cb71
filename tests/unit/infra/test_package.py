"""`make package` refuses a package that would fail on Lambda."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra import package
from infra.package import PackageError, check_archive, check_handlers, lint, requirements


def archive(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def template(handler: str) -> dict[str, Any]:
    return {
        "Globals": {"Function": {"Environment": {"Variables": {"PARVIS_TABLE_CONTENT": {"Ref": "ContentTable"}}}}},
        "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": handler}}},
    }


def test_requirements_are_read_from_a_locked_file(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(
        "pyjwt[crypto]==2.15.1\n    # via -r requirements.in\nAWS.Lambda-Powertools==3.37.0 ; python_version > '3'\n"
    )
    assert requirements(file) == {"pyjwt": "2.15.1", "aws_lambda_powertools": "3.37.0"}


def test_a_requirement_that_was_left_out_is_noticed(tmp_path: Path) -> None:
    made = archive(tmp_path / "d.zip", {"pydantic-2.13.5.dist-info/METADATA": "", "pydantic/__init__.py": ""})
    assert check_archive(made, {"pydantic": "2.13.5"}) == 0
    with pytest.raises(PackageError, match="duckdb"):
        check_archive(made, {"pydantic": "2.13.5", "duckdb": "2.0.0"})
    with pytest.raises(PackageError, match="pydantic"):
        check_archive(made, {"pydantic": "2.13.6"})


def test_a_package_above_lambdas_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LARGEST_UNPACKED", 2**20)
    made = archive(tmp_path / "d.zip", {"big": "x" * (2**20 + 1)})
    with pytest.raises(PackageError, match="Lambda takes 1 MB"):
        check_archive(made, {})


def test_a_handler_is_imported_with_the_functions_environment(tmp_path: Path) -> None:
    code = "import os\nos.environ['PARVIS_TABLE_CONTENT']\ndef deliver(event, context): ...\n"
    check_handlers(archive(tmp_path / "d.zip", {"app.py": code}), template("app.deliver"), sys.executable)


@pytest.mark.parametrize(
    ("code", "handler"),
    [
        ("import requests\ndef deliver(event, context): ...", "app.deliver"),
        ("def deliver(event, context): ...", "app.gone"),
        ("deliver = 3", "app.deliver"),
    ],
)
def test_a_handler_that_needs_what_is_not_in_the_package_is_refused(tmp_path: Path, code: str, handler: str) -> None:
    with pytest.raises(PackageError, match=handler.replace(".", r"\.")):
        check_handlers(archive(tmp_path / "d.zip", {"app.py": code}), template(handler), sys.executable)


def test_cfn_lint_is_heard(tmp_path: Path) -> None:
    bad = tmp_path / "template.json"
    bad.write_text('{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": "soon"}}}}')
    with pytest.raises(PackageError, match="is not of type"):
        lint(bad)
