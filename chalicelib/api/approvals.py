"""/api/workflows, /api/approvals and the reviews of posts."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import approvals as shapes
from chalicelib.api.shapes import posts
from chalicelib.api.shapes.base import Page


def get_workflows(call: Call) -> Page[shapes.Workflow]:
    """The departments' workflows."""
    raise NotImplementedError


def post_workflow(call: Call, asked: shapes.NewWorkflow) -> shapes.Workflow:
    """A workflow for a department that has none."""
    raise NotImplementedError


def patch_workflow(call: Call, asked: shapes.NewWorkflow) -> shapes.Workflow:
    """Change a workflow. Reviews under way go on by the steps they began with."""
    raise NotImplementedError


def get_approvals(call: Call) -> Page[shapes.Review]:
    """Every review that is open, the earliest due first."""
    raise NotImplementedError


def post_submission(call: Call, asked: shapes.Submission) -> posts.Post:
    """Ask for review of a post as it stands, by its department's workflow."""
    raise NotImplementedError


def get_review(call: Call) -> shapes.Review:
    """The review under way of a post, or its last one."""
    raise NotImplementedError


def post_decision(call: Call, asked: shapes.Decision) -> shapes.Review:
    """Approve a post's version, or send it back."""
    raise NotImplementedError


def post_withdrawal(call: Call) -> posts.Post:
    """Take a post back from review."""
    raise NotImplementedError


def get_versions(call: Call) -> Page[shapes.PostVersion]:
    """Every version of a post's content, the oldest first."""
    raise NotImplementedError


def get_difference(call: Call) -> shapes.Difference:
    """What changed between two versions of a post."""
    raise NotImplementedError
