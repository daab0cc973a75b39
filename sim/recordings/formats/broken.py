"""The one error of reading an audio container."""


class BrokenAudio(ValueError):
    """The file is not what its leading bytes announce: it is cut, or a part of it is missing or invalid."""
