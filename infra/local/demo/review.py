"""How the demonstration agency reviews: a colleague, then a lawyer outside. Publishers may do without."""

from __future__ import annotations

from infra.local.demo.visitor import Visitor

DEPARTMENT = "communications"
LAWYER = "me.lavoie@cabinet-lavoie.example"


def set_up_review(visitor: Visitor) -> None:
    """Nothing when the department has its workflow."""
    if any(each["department"] == DEPARTMENT for each in visitor.call("GET", "/api/workflows")["items"]):
        return
    visitor.call(
        "POST",
        "/api/workflows",
        {
            "name": "Relecture et avis juridique",
            "department": DEPARTMENT,
            "required": False,
            "steps": [
                {"name": "Relecture", "roles": ["approver"], "need": "any"},
                {"name": "Avis juridique", "emails": [LAWYER], "need": "any"},
            ],
        },
    )
