"""What networks are called, in whatever leaves the application; the screen has its own (web/src/ui/Network.tsx)."""

from __future__ import annotations

NAMES = {
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "threads": "Threads",
    "x": "X",
    "linkedin": "LinkedIn",
    "youtube": "YouTube",
    "rss": "RSS",
}
