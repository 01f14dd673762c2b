"""What the service says when it does not take a message: an empty Id and a sentence, or a status of HTTP."""

__all__ = ["RefusedError"]


class RefusedError(Exception):
    """The service does not take the message; the text is for the caller, as the service would word it.

    `status` is 200 for what was understood and refused, 4xx for what could not be read at all.
    """

    def __init__(self, text: str, status: int = 200) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
