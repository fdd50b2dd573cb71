"""Puts the packaged application on the local cloud, as CloudFormation does on AWS."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.package import REGION, Package
from infra.template import functions

STACK = "parvis"
API_STAGE = "s"
"""Stage of the API in API Gateway (.chalice/config.json): a route /api/posts is served at <api_url>/api/posts."""
CODE_BUCKET = "parvis-local-code"
_DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
_WAIT_SECONDS = 120.0


class DeployError(Exception):
    """CloudFormation refused the template; the message says which resource and why."""


@dataclass(frozen=True)
class Deployed:
    """What stands: the stack's outputs and the physical name of each logical resource."""

    outputs: dict[str, str]
    resources: dict[str, str]
    changed: bool


def client(name: str, endpoint: str, *, read_timeout: float = 60) -> Any:
    """A client of the local cloud. Its keys are an account number, which is all that ministack reads in them."""
    return boto3.client(  # type: ignore[call-overload]
        name,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="000000000000",
        aws_secret_access_key="local",
        config=Config(connect_timeout=3, read_timeout=read_timeout, retries={"max_attempts": 2}),
    )


def deploy(package: Package, *, endpoint: str, parameters: dict[str, str]) -> Deployed:
    """Create or update the stack; leave it alone when this revision with these parameters stands already.

    Raises DeployError.
    """
    cloudformation = client("cloudformation", endpoint)
    revision = f"{package.revision} {json.dumps(parameters, sort_keys=True)}"
    before = _describe(cloudformation)
    if before is not None and before["StackStatus"] in _DONE and _outputs(before).get("Revision") == revision:
        return _deployed(cloudformation, before, package, endpoint, changed=False)
    if before is not None and before["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"):
        cloudformation.delete_stack(StackName=STACK)
        _settled(cloudformation)
        before = None
    request = {
        "StackName": STACK,
        "TemplateURL": _template_url(package, endpoint, revision),
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    try:
        if before is None:
            cloudformation.create_stack(**request)
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        raise DeployError(error.response["Error"]["Message"][:500]) from error
    after = _settled(cloudformation)
    if after is None or after["StackStatus"] not in _DONE:
        raise DeployError(_why(cloudformation, after))
    return _deployed(cloudformation, after, package, endpoint, changed=True)


def push_application(endpoint: str) -> str:
    """The platform application, which CloudFormation has no type for; the same each time."""
    answer = client("sns", endpoint).create_platform_application(
        Name="parvis-local", Platform="GCM", Attributes={"PlatformCredential": "practice"}
    )
    arn: str = answer["PlatformApplicationArn"]
    return arn


def verify_sender(package: Package, endpoint: str) -> None:
    """What an agency does once in SES: prove that it owns the address that mail comes from."""
    address = package.template["Parameters"]["MailFrom"]["Default"]
    ses = client("sesv2", endpoint)
    if address not in [each["IdentityName"] for each in ses.list_email_identities()["EmailIdentities"]]:
        ses.create_email_identity(EmailIdentity=address)


def functions_environment(endpoint: str) -> dict[str, str]:
    """What the functions of the running stack find in theirs, and how to reach it as they do."""
    resources = _resources(client("cloudformation", endpoint))
    functions = client("lambda", endpoint)
    configured = functions.get_function_configuration(FunctionName=resources["APIHandler"])
    return {
        **configured.get("Environment", {}).get("Variables", {}),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": functions.meta.region_name,
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def _deployed(
    cloudformation: Any, stack: dict[str, Any], package: Package, endpoint: str, *, changed: bool
) -> Deployed:
    deployed = Deployed(_outputs(stack), _resources(cloudformation), changed)
    _put_gateway_responses(package, endpoint, deployed.outputs["RestAPIId"])
    return deployed


def _put_gateway_responses(package: Package, endpoint: str, api: str) -> None:
    """Do what SAM does on AWS: ministack does not read the gateway responses in the API's definition."""
    wanted = package.template["Resources"]["RestAPI"]["Properties"].get("GatewayResponses", {})
    gateway = client("apigateway", endpoint)
    present = {
        response["responseType"]: (response.get("statusCode"), response["responseTemplates"])
        for response in gateway.get_gateway_responses(restApiId=api, limit=500)["items"]
        if not response.get("defaultResponse")
    }
    put = False
    for kind, response in wanted.items():
        status = str(response["StatusCode"]) if "StatusCode" in response else None
        if present.get(kind) == (status, response["ResponseTemplates"]):
            continue
        gateway.put_gateway_response(
            restApiId=api,
            responseType=kind,
            responseTemplates=response["ResponseTemplates"],
            **({"statusCode": status} if status else {}),
        )
        put = True
    if put:
        gateway.create_deployment(restApiId=api, stageName=API_STAGE)


def _template_url(package: Package, endpoint: str, revision: str) -> str:
    """CloudFormation takes at most 51,200 bytes in a request; a larger template is read from a bucket."""
    body = json.dumps(_with_code(package, endpoint, revision))
    key = f"{package.revision}.template.json"
    client("s3", endpoint).put_object(Bucket=CODE_BUCKET, Key=key, Body=body.encode())
    return f"{endpoint}/{CODE_BUCKET}/{key}"


def _with_code(package: Package, endpoint: str, revision: str) -> dict[str, Any]:
    s3 = client("s3", endpoint)
    key = f"{package.revision}.zip"
    if CODE_BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.upload_file(str(package.code), CODE_BUCKET, key)
    template = copy.deepcopy(package.template)
    for _, function in functions(template):
        function["CodeUri"] = f"s3://{CODE_BUCKET}/{key}"
    template["Outputs"]["Revision"] = {"Value": revision}
    return template


def _describe(cloudformation: Any) -> dict[str, Any] | None:
    try:
        stacks = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    except ClientError:
        return None
    return next((stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"), None)


def _settled(cloudformation: Any) -> dict[str, Any] | None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        stack = _describe(cloudformation)
        if stack is None or not stack["StackStatus"].endswith("IN_PROGRESS"):
            return stack
        time.sleep(0.1)
    raise DeployError(f"CloudFormation did not come to an end within {_WAIT_SECONDS:.0f} s")


def _why(cloudformation: Any, stack: dict[str, Any] | None) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    ]
    reason = (stack or {}).get("StackStatusReason", "")
    return "; ".join(failed) or f"the stack is {(stack or {}).get('StackStatus', 'gone')}: {reason}"


def _outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _resources(cloudformation: Any) -> dict[str, str]:
    summaries = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    return {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for page in summaries
        for resource in page["StackResourceSummaries"]
    }
