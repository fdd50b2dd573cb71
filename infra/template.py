"""The CloudFormation template of Parvis: what Chalice packages, with the resources of infra/resources around it.

Every file of infra/resources (JSON, one idea a file) is a piece of a template. The pieces are merged into the one that
`chalice package` wrote: maps deeply, anything else replaced. What has to be said of every function or every queue
consumer is said here once. The same template serves AWS and the local stack; they differ in parameters.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Template = dict[str, Any]

RESOURCES = Path(__file__).parent / "resources"
_CHALICE_QUEUE_PREFIX = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"


class TemplateError(Exception):
    """The application and the files of infra/resources do not fit together."""


_SWITCHES = ("PARVIS_ALLOW_LOOPBACK_NETWORKS", "PARVIS_SECOND_FACTOR_OPTIONAL")
"""The variables that are no names."""


def merged(base: Any, piece: Any) -> Any:
    """A piece laid over a base: maps key by key, anything else replaced."""
    if isinstance(base, Mapping) and isinstance(piece, Mapping):
        return {**base, **{key: merged(base.get(key), value) for key, value in piece.items()}}
    return copy.deepcopy(piece)


def pieces(folder: Path = RESOURCES) -> Template:
    """The files of infra/resources as one; raises TemplateError when two declare the same thing."""
    whole: Template = {}
    for path in sorted(folder.glob("*.json")):
        piece = json.loads(path.read_text())
        for section, entries in piece.items():
            doubled = set(entries) & set(whole.get(section, {})) if section != "Globals" else set()
            if doubled:
                raise TemplateError(f"{path.name} declares {', '.join(sorted(doubled))} a second time ({section})")
        whole = merged(whole, piece)
    return whole


def functions(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Logical name and properties of every function."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield name, resource["Properties"]


def queue_sources(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name of the function and properties of every SQS event source."""
    for name, function in functions(template):
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                yield name, event["Properties"]


def complete(packaged: Template, folder: Path = RESOURCES) -> Template:
    """The whole template from the one Chalice packaged.

    Raises TemplateError when a function consumes a queue that is declared nowhere, or a queue shows a message again
    before the function that has it would have run out of time.
    """
    template: Template = merged(packaged, pieces(folder))
    default_timeout = template.get("Globals", {}).get("Function", {}).get("Timeout", 3)
    for name, source in queue_sources(template):
        queue = _queue_called(_consumed(source["Queue"]), template)
        source["Queue"] = {"Fn::GetAtt": [queue, "Arn"]}
        source["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
        timeout = template["Resources"][name]["Properties"].get("Timeout", default_timeout)
        visibility = template["Resources"][queue]["Properties"].get("VisibilityTimeout", 30)
        if visibility < timeout:
            raise TemplateError(f"{queue} shows a message again after {visibility} s, {name} may take {timeout} s")
    return template


def handlers(template: Template) -> list[str]:
    """Every handler the template names, once."""
    return sorted({properties["Handler"] for _, properties in functions(template)})


def made_up_environment(template: Template) -> dict[str, str]:
    """The functions' environment for importing the application: what a Ref gives is known on AWS only."""
    variables = template.get("Globals", {}).get("Function", {}).get("Environment", {}).get("Variables", {})
    made_up = {
        name: value if isinstance(value, str) else f"https://{name.lower().replace('_', '-')}.invalid/x"
        for name, value in variables.items()
    }
    return {name: "" if name in _SWITCHES else value for name, value in made_up.items()}


def _consumed(queue: Any) -> str:
    """The name an `on_sqs_message(queue=...)` was given, from the ARN Chalice made of it."""
    arn = queue.get("Fn::Sub", "") if isinstance(queue, Mapping) else str(queue)
    return str(arn).removeprefix(_CHALICE_QUEUE_PREFIX)


def _queue_called(name: str, template: Template) -> str:
    """Logical name of the queue that app.py calls `parvis-publish` and whose name is `parvis-<stage>-publish`."""
    with_stage = {"Fn::Sub": "parvis-${Stage}-" + name.removeprefix("parvis-")}
    for logical, resource in template["Resources"].items():
        if resource["Type"] == "AWS::SQS::Queue" and resource["Properties"].get("QueueName") in (name, with_stage):
            return str(logical)
    raise TemplateError(f"app.py consumes the queue {name}, which no file of infra/resources declares")
