"""The application packaged for this machine: app.py and chalicelib only.

Locally a function runs in the interpreter that runs the stack, so what it imports is there already and the package
stays thin. The template is the one `make package` writes, whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from infra.template import complete, made_up_environment, pieces

PROJECT = Path(__file__).resolve().parents[2]
REGION = "ca-central-1"
"""Where the stack believes to be; AWS has an account and a region, so has its likeness."""
CHALICE_STAGE = "production"
"""The stage of .chalice/config.json: the same functions, memory and roles as on AWS."""


@dataclass(frozen=True)
class Package:
    """A packaged application: its content's hash, the functions' code and the CloudFormation template."""

    revision: str
    code: Path
    template: dict[str, Any]


def sources(project: Path) -> Iterator[Path]:
    """Every file that decides what is deployed."""
    yield project / "app.py"
    for folder in ("chalicelib", ".chalice", "infra/resources"):
        for path in sorted((project / folder).rglob("*")):
            inside = path.relative_to(project).parts
            if (
                path.is_file()
                and "__pycache__" not in inside
                and inside[:2]
                not in (
                    (".chalice", "deployments"),
                    (".chalice", "deployed"),
                )
            ):
                yield path
    yield project / "infra" / "template.py"


def revision_of(project: Path) -> str:
    """A hash of everything that decides what is deployed, the tools included."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} chalice {version('chalice')}".encode())
    for path in sources(project):
        digest.update(f"\0{path.relative_to(project)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def package(folder: Path, project: Path = PROJECT) -> Package:
    """The packaged application, made again only when a source changed.

    Raises RuntimeError with what Chalice said when it refuses, and infra.template.TemplateError.
    """
    revision = revision_of(project)
    made = folder / revision
    if not (made / "deployment.zip").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        _chalice_package(made, project)
    template = complete(json.loads((made / "sam.json").read_text()))
    return Package(revision=revision, code=made / "deployment.zip", template=template)


def _chalice_package(made: Path, project: Path) -> None:
    source = made.parent / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    shutil.copy(project / "app.py", source)
    ignore = shutil.ignore_patterns("__pycache__", "deployments", "deployed")
    shutil.copytree(project / "chalicelib", source / "chalicelib", ignore=ignore)
    shutil.copytree(project / ".chalice", source / ".chalice", ignore=ignore)
    (source / "requirements.txt").write_text("")
    result = chalice_package(
        source, made.with_name("made"), python=sys.executable, environment=made_up_environment(pieces())
    )
    if result.returncode:
        raise RuntimeError(f"chalice could not package the application:\n{result.stdout}{result.stderr}")
    made.with_name("made").rename(made)


def chalice_package(
    source: Path, output: Path, *, python: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `chalice package` with the interpreter given, which must have Chalice.

    Chalice imports the application: `environment` is what its functions would find.
    """
    return subprocess.run(
        [
            python,
            "-c",
            "from chalice.cli import main; main()",
            "--project-dir",
            str(source),
            "package",
            "--stage",
            CHALICE_STAGE,
            str(output),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", REGION), **(environment or {})},
        check=False,
    )
