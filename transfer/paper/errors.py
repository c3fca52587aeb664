"""What keeps a letter from being printed; the docstring of an error is its message."""


class PaperError(ValueError):
    """The letter cannot be printed."""

    def __init__(self, detail: str = "") -> None:
        """``detail`` is a name, a number or single characters; never a text of the letter."""
        self.detail = detail
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The sentence for a person, with the detail."""
        text = (type(self).__doc__ or type(self).__name__).strip()
        return f"{text} ({self.detail})" if self.detail else text


class FontMissing(PaperError):
    """A font that letters are printed with is not on this machine."""


class NoGlyph(PaperError):
    """No font here has this character, so it is refused and not printed as an empty box."""


class NotPrintable(PaperError):
    """The letter holds a character that cannot be shown."""


class LayoutFailed(PaperError):
    """The typesetter refused the letter."""


class TableUneven(PaperError):
    """A row of a table has another number of cells than its head."""
