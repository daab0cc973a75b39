"""Makes `audio/` and `recordings.json` from `scripts.toml`: `python -m sim.recordings.make`.

Needs espeak-ng and ffmpeg from the distribution (`apt-get install espeak-ng ffmpeg`). The results are checked in, so it
is only run after a change of a script. Encoders differ between ffmpeg versions: a second run on the same machine gives
the same bytes, one on another machine may not. Only the digests in the manifest depend on that.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from sim.recordings import AUDIO, HOME, MANIFEST
from sim.recordings.formats import FORMATS, detect

SCRIPTS = HOME / "scripts.toml"
ANALYSIS_FIELDS = ("title", "summary", "topics", "people", "mood")
LIMIT_SECONDS = 120
CONTAINERS = {"m4a": "ipod"}  # ffmpeg's name of the container where it differs from ours


def main() -> int:
    """Make every recording; 1 with a message when a tool is missing."""
    for tool in ("espeak-ng", "ffmpeg"):
        if shutil.which(tool) is None:
            print(f"{tool} is not installed; try: apt-get install espeak-ng ffmpeg", file=sys.stderr)
            return 1
    AUDIO.mkdir(exist_ok=True)
    scripts = tomllib.loads(SCRIPTS.read_text("utf-8"))["recording"]
    entries = [_make(script) for script in scripts]
    _remove_others({entry["file_name"] for entry in entries})
    manifest = {"made_by": "python -m sim.recordings.make", "recordings": entries}
    MANIFEST.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


def _make(script: dict[str, Any]) -> dict[str, Any]:
    """Speak and encode one script; returns its manifest entry."""
    transcript = " ".join(script["transcript"].split())
    path = AUDIO / f"{script['name']}.{script['format']}"
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        _speak(transcript, script, spoken)
        _encode(spoken, script, path)
    entry = _described(path, script["name"], transcript, {name: script[name] for name in ANALYSIS_FIELDS})
    print(f"{path.name}: {entry['duration_seconds']} s, {path.stat().st_size} bytes")
    return entry


def _speak(transcript: str, script: dict[str, Any], spoken: Path) -> None:
    pace = ["-v", script["voice"], "-s", str(script["words_per_minute"])]
    command = ["espeak-ng", *pace, "-w", str(spoken), "--stdin"]
    subprocess.run(command, input=transcript.encode(), check=True, timeout=LIMIT_SECONDS)


def _encode(spoken: Path, script: dict[str, Any], path: Path) -> None:
    """Mono, without the encoder's own tags, so that a second run gives the same bytes."""
    sound = ["-ac", "1", "-ar", str(script["sample_rate_hz"]), "-c:a", script["codec"]]
    rate = ["-b:a", script["bit_rate"]] if "bit_rate" in script else []
    plain = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact", "-id3v2_version", "0"]
    plain = plain if script["format"] == "mp3" else plain[:-2]
    target = ["-f", CONTAINERS.get(script["format"], script["format"]), str(path)]
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(spoken), *sound, *rate, *plain, *target]
    subprocess.run(command, check=True, timeout=LIMIT_SECONDS)


def _described(path: Path, name: str, transcript: str, analysis: dict[str, Any]) -> dict[str, Any]:
    data = path.read_bytes()
    audio_format = detect(data)
    if audio_format is None or audio_format not in FORMATS:
        raise ValueError(f"{path.name} is in none of the formats the recordings come in")
    return {
        "name": name,
        "file_name": path.name,
        "format": audio_format.name,
        "content_type": audio_format.content_type,
        "duration_seconds": round(audio_format.seconds(data), 2),
        "sha256": hashlib.sha256(data).hexdigest(),
        "transcript": transcript,
        "analysis": analysis,
    }


def _remove_others(kept: set[str]) -> None:
    for path in AUDIO.iterdir():
        if path.name not in kept:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main())
