"""The one error of reading an audio container."""


class BrokenAudio(ValueError):
    """The leading bytes promise a format that the rest of the file does not keep."""
