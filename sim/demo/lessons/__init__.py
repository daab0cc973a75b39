"""Lessons of the demo, one TOML file each: docs/how-to/write-a-lesson.md."""
