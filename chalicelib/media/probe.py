"""What libmediainfo finds in a file, printed as JSON. Run in a process of its own (judging.py).

Of its own, because a library that reads what anybody may upload must be able to hang or to die without the
function dying with it: of some thousand damaged files of 20 kB one kept it busy for minutes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pymediainfo import MediaInfo

FIELDS = (
    "track_type",
    "format",
    "codec_id",
    "istruncated",
    "width",
    "height",
    "rotation",
    "duration",
    "frame_rate",
    "bit_depth",
    "chroma_subsampling",
)


def main(path: str) -> None:
    # No other parser is tried on what the MPEG-4 one does not understand.
    found = MediaInfo.parse(Path(path), mediainfo_options={"File_ForceParser": "Mpeg4"})
    tracks = [{name: getattr(track, name) for name in FIELDS} for track in found.tracks]
    sys.stdout.write(json.dumps(tracks))
