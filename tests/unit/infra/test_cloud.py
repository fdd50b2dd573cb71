"""The local cloud refuses what AWS would refuse."""

from __future__ import annotations

import json

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from infra.local.package import REGION
from tests.unit.infra.conftest import Cloud

pytestmark = pytest.mark.stack


def test_a_right_that_was_not_given_is_refused_and_a_batch_needs_no_right_of_its_own(cloud: Cloud) -> None:
    url = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    iam = cloud.client("iam")
    iam.create_user(UserName="sender")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}
    iam.put_user_policy(UserName="sender", PolicyName="send", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="sender")["AccessKey"]
    sender = boto3.client(
        "sqs",
        endpoint_url=cloud.endpoint,
        region_name=REGION,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    answer = sender.send_message_batch(QueueUrl=url, Entries=[{"Id": "0", "MessageBody": "x"}])
    assert [entry["Id"] for entry in answer["Successful"]] == ["0"]
    with pytest.raises(ClientError, match="AccessDenied"):
        sender.receive_message(QueueUrl=url)


def test_a_file_is_given_only_to_a_signed_request(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="files", Key="a", Body=b"content")
    address = s3.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "a"})
    assert requests.get(address, timeout=5).content == b"content"
    assert requests.get(f"{cloud.endpoint}/files/a", timeout=5).status_code == 403
    assert requests.get(address[:-4] + "0000", timeout=5).status_code == 403
