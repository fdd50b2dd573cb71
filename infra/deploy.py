"""`make deploy`: puts build/package on AWS with CloudFormation and the built pages on the site's bucket.

Needs AWS credentials and a bucket for the code in the region. It was not run against AWS (docs/operating.md).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mimetypes
import os
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from infra.local.package import PROJECT
from infra.template import functions


def main() -> int:
    """Deploy; the exit status is 1, with a sentence, when it did not come to its end."""
    parser = argparse.ArgumentParser(prog="make deploy")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--bucket", required=True, help="for the functions' code, in the region deployed to")
    parser.add_argument("--push-credential-file", type=Path, help="FCM's service account key (JSON), for mobile push")
    arguments = parser.parse_args()
    if not arguments.bucket:
        print("make deploy: say where the code goes, BUCKET=<a bucket in the region>", file=sys.stderr)
        return 1
    built = PROJECT / "build" / "package"
    if not (built / "template.json").is_file():
        print("make deploy: there is no build/package/template.json: run make package first", file=sys.stderr)
        return 1
    try:
        parameters = parameters_of_environment()
        if arguments.push_credential_file:
            credential = arguments.push_credential_file.read_text()
            parameters["PushApplication"] = put_push_application(arguments.stage, credential)
        outputs = put_stack(arguments.stage, arguments.bucket, built, parameters)
        if outputs.get("SiteBucketName"):
            put_site(outputs["SiteBucketName"], PROJECT / "web" / "dist")
    except (ClientError, BotoCoreError, OSError) as error:
        print(f"make deploy: {error}", file=sys.stderr)
        return 1
    print(json.dumps(outputs, indent=2))
    return 0


def parameters_of_environment() -> dict[str, str]:
    """Template parameters given as PARVIS_SITE_URL, PARVIS_OPERATIONS_EMAIL and PARVIS_MAIL_FROM; those not given keep
    their value."""
    given = {"SiteUrl": "PARVIS_SITE_URL", "OperationsEmail": "PARVIS_OPERATIONS_EMAIL", "MailFrom": "PARVIS_MAIL_FROM"}
    return {parameter: os.environ[name] for parameter, name in given.items() if name in os.environ}


def put_stack(stage: str, bucket: str, built: Path, parameters: dict[str, str]) -> dict[str, str]:
    """Upload the code, make and execute a change set, wait; returns the stack's outputs. Raises ClientError and
    WaiterError."""
    template = json.loads((built / "template.json").read_text())
    code = (built / "deployment.zip").read_bytes()
    key = f"parvis/{hashlib.sha256(code).hexdigest()}.zip"
    s3: Any = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=code)
    for _, function in functions(template):
        function["CodeUri"] = f"s3://{bucket}/{key}"
    body = json.dumps(template).encode()
    template_key = f"parvis/{hashlib.sha256(body).hexdigest()}.json"
    s3.put_object(Bucket=bucket, Key=template_key, Body=body)

    cloudformation: Any = boto3.client("cloudformation")
    name = f"parvis-{stage}"
    before = _stack(cloudformation, name)
    kept = [parameter["ParameterKey"] for parameter in (before or {}).get("Parameters", [])]
    given = {**parameters, "Stage": stage}
    values: list[dict[str, Any]] = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    values += [
        {"ParameterKey": key, "UsePreviousValue": True}
        for key in kept
        if key in template["Parameters"] and key not in given
    ]
    change = f"parvis-{hashlib.sha256(body + repr(values).encode()).hexdigest()[:16]}"
    cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=change,
        ChangeSetType="CREATE" if before is None else "UPDATE",
        TemplateURL=s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": template_key}),
        Parameters=values,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(StackName=name, ChangeSetName=change)
    except WaiterError:
        state = cloudformation.describe_change_set(StackName=name, ChangeSetName=change)
        cloudformation.delete_change_set(StackName=name, ChangeSetName=change)
        if "contain changes" not in state.get("StatusReason", ""):
            raise
        return _outputs(_stack(cloudformation, name))
    cloudformation.execute_change_set(StackName=name, ChangeSetName=change)
    waiter = "stack_create_complete" if before is None else "stack_update_complete"
    cloudformation.get_waiter(waiter).wait(StackName=name)
    return _outputs(_stack(cloudformation, name))


def put_push_application(stage: str, credential: str) -> str:
    """The SNS platform application, for which CloudFormation has no type; made once, its credential replaced then on.
    Returns its ARN. Raises ClientError."""
    sns: Any = boto3.client("sns")
    name = f"parvis-{stage}"
    pages = sns.get_paginator("list_platform_applications").paginate()
    present = [each["PlatformApplicationArn"] for page in pages for each in page["PlatformApplications"]]
    for arn in present:
        if str(arn).endswith(f":app/GCM/{name}"):
            sns.set_platform_application_attributes(
                PlatformApplicationArn=arn, Attributes={"PlatformCredential": credential}
            )
            return str(arn)
    made = sns.create_platform_application(Name=name, Platform="GCM", Attributes={"PlatformCredential": credential})
    return str(made["PlatformApplicationArn"])


def put_site(bucket: str, folder: Path) -> None:
    """Upload the built pages: hashed files for a year, pages never from a cache unasked, index.html last."""
    s3: Any = boto3.client("s3")
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.name == "index.html")
    for path in files:
        key = str(path.relative_to(folder))
        hashed = key.startswith("assets/")
        s3.upload_file(
            str(path),
            bucket,
            key,
            ExtraArgs={
                "ContentType": mimetypes.guess_type(path.name)[0] or "application/octet-stream",
                "CacheControl": "public, max-age=31536000, immutable" if hashed else "no-cache",
            },
        )


def _stack(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    # A change set that was never executed leaves this behind; the stack is still to be created.
    return None if stack["StackStatus"] == "REVIEW_IN_PROGRESS" else stack


def _outputs(stack: dict[str, Any] | None) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in (stack or {}).get("Outputs", [])}


if __name__ == "__main__":
    sys.exit(main())
