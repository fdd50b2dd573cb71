"""Logs, traces and metrics, as JSON lines that carry ids and codes; never a token, never anybody's words."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

SERVICE = "parvis"

logger = Logger(service=SERVICE)
metrics = Metrics(namespace="Parvis", service=SERVICE)
