"""What the demonstration agency has planned: written for this project, in French and English."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from PIL import Image, ImageDraw

from infra.local.demo.visitor import Visitor

TOWN, TOWN_MASTODON, POLICE, WATER = (
    "rivemont.practice.test",
    "rivemont",
    "police.rivemont.practice.test",
    "eau_rivemont",
)


def write_posts(visitor: Visitor, profiles: dict[str, str]) -> None:
    """Nothing when posts of the demonstration are there already."""
    campaigns = visitor.call("GET", "/api/campaigns")["items"]
    if campaigns:
        return
    now = datetime.now(UTC).replace(microsecond=0)
    winter = visitor.call(
        "POST",
        "/api/campaigns",
        {
            "name": "Hiver 2026-2027 · Winter",
            "department": "water",
            "brief": "Déneigement, stationnement de nuit, gel des conduites. Snow clearing, night parking, pipes.",
            "starts_on": now.date().isoformat(),
            "ends_on": (now + timedelta(days=120)).date().isoformat(),
        },
    )["id"]
    lights = visitor.upload("communications", "marche-de-noel.png", "image/png", christmas_market())
    both = [profiles[TOWN], profiles[TOWN_MASTODON]]
    plans = (
        (
            "communications",
            "Le marché de Noël ouvre vendredi à 17 h sur le parvis de l’hôtel de ville. Quarante artisans, du vin "
            "chaud et la chorale des écoles. 🎄 #Rivemont",
            both,
            None,
            [{"media": lights, "alt": "Des guirlandes lumineuses au-dessus de petits chalets de bois, la nuit."}],
            timedelta(seconds=5),
        ),
        (
            "communications",
            "Council meets on Tuesday at 7 pm. The agenda is out: the 2027 budget, the Pine Street bridge and the new "
            "library hours. Watch live or come in person.",
            both,
            None,
            [],
            timedelta(days=1, hours=2),
        ),
        (
            "water",
            "Avis : la rue des Tanneurs sera fermée mercredi de 9 h à 15 h pour la réparation d’une conduite d’eau. "
            "L’eau sera coupée aux numéros 12 à 48.",
            [profiles[WATER]],
            winter,
            [],
            timedelta(days=2),
        ),
        (
            "police",
            "Rappel : du 1er décembre au 31 mars, le stationnement de nuit est interdit dans les rues du centre les "
            "soirs de déneigement. Inscrivez-vous aux alertes.",
            [profiles[POLICE]],
            winter,
            [],
            timedelta(days=3, hours=5),
        ),
        (
            "water",
            "Freezing nights ahead: let a thin stream of water run if your pipes are exposed. If they freeze, never "
            "use an open flame. Call 311.",
            [profiles[WATER], profiles[TOWN_MASTODON]],
            winter,
            [],
            timedelta(days=5),
        ),
        (
            "communications",
            "Brouillon : collecte des sapins, dates à confirmer avec la voirie.",
            both,
            None,
            [],
            None,
        ),
    )
    for position, (department, text, targets, campaign, media, later) in enumerate(plans):
        post = visitor.call(
            "POST",
            "/api/posts",
            {
                "department": department,
                "text": text,
                "targets": targets,
                "campaign": campaign,
                "media": media,
                "language": "en" if text.isascii() else "fr",
            },
            key=f"demonstration-{position}",
        )
        if later is not None:
            due_at = (now + later).isoformat()
            visitor.call("POST", f"/api/posts/{post['id']}/schedule", {"due_at": due_at}, version=post["version"])


def christmas_market() -> bytes:
    """A drawing in the demonstration's own hand: no photograph, no licence."""
    image = Image.new("RGB", (1200, 675), "#101a33")
    draw = ImageDraw.Draw(image)
    for x in range(0, 1200, 40):
        y = 150 + round(60 * (1 - ((x - 600) / 600) ** 2))
        draw.line((x, y - 6, x + 40, y), fill="#33415f", width=3)
        draw.ellipse((x + 12, y, x + 28, y + 16), fill=("#ffd166", "#ef476f", "#06d6a0")[x // 40 % 3])
    for position, colour in enumerate(("#8d5b3e", "#7a4c32", "#946246", "#80523a")):
        left = 90 + position * 270
        draw.rectangle((left, 430, left + 190, 610), fill=colour)
        draw.polygon([(left - 20, 430), (left + 95, 340), (left + 210, 430)], fill="#e8edf5")
        draw.rectangle((left + 45, 480, left + 145, 545), fill="#ffdf9e")
    draw.rectangle((0, 610, 1200, 675), fill="#dfe6f1")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
