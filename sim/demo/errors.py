"""What an action of a viewer may answer instead of doing it."""


class NotPossible(Exception):
    """It is not possible now; the text says why and what to do. Answered with 409."""


class BadArguments(ValueError):
    """The arguments are not those of the action; the text says which. Answered with 400."""
