"""Everything that Footnote raises on purpose.

    FootnoteError
    |-- UsageError                the person asked for something that cannot be done as asked
    |   |-- SettingsError         a setting is unknown, malformed or contradicts another
    |   |-- QuestionError         an empty question, or one that is too long
    |   `-- NotInLibrary          no such article or version
    |-- LibraryError              the library cannot do it now
    |   |-- LibraryNotFound       there is no library at that place
    |   |-- LibraryTooNew         written by a later version of Footnote
    |   |-- LibraryUnwritable     disk full, read-only folder, no permission
    |   `-- EmbeddingMismatch     its vectors come from another embedding model
    |-- IngestError               one item could not be ingested; the rest goes on
    |   |-- SourceNotFound        no such file, folder or URL
    |   |-- FetchRefused          the URL may not be fetched (not public, wrong scheme, too many redirects)
    |   |-- FetchFailed           it was fetched and did not come
    |   |-- UnsupportedMedia      no loader for this kind of file
    |   |-- Unreadable            the loader cannot make sense of the file
    |   |-- NoText                the file holds no text (a scanned PDF, an empty page)
    |   `-- OverLimit             too large, too slow or too deep
    |-- ModelError                an embedding, reader or chat model cannot be used
    |   `-- ChatFailed            the chat model gave no answer that can be used
    `-- CaseError                 an evaluation file does not hold what it should

Every error says what happened, to which input, and (`remedy`) what to do next.
"""


class FootnoteError(Exception):
    """`message` names the input; `remedy` is what to do next, or "" where the message says it all."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UsageError(FootnoteError):
    """The person asked for something that cannot be done as asked."""


class SettingsError(UsageError):
    """A setting is unknown, malformed or contradicts another."""


class QuestionError(UsageError):
    """An empty question, or one that is too long."""


class NotInLibrary(UsageError):
    """No such article or version."""


class LibraryError(FootnoteError):
    """The library cannot do it now."""


class LibraryNotFound(LibraryError):
    """There is no library at that place."""


class LibraryTooNew(LibraryError):
    """The library was written by a later version of Footnote."""


class LibraryUnwritable(LibraryError):
    """Disk full, read-only folder, no permission."""


class EmbeddingMismatch(LibraryError):
    """The library's vectors come from another embedding model."""


class IngestError(FootnoteError):
    """One item could not be ingested; the rest goes on."""


class SourceNotFound(IngestError):
    """No such file, folder or URL."""


class FetchRefused(IngestError):
    """The URL may not be fetched: not public, wrong scheme, too many redirects."""


class FetchFailed(IngestError):
    """It was fetched and did not come."""


class UnsupportedMedia(IngestError):
    """No loader for this kind of file."""


class Unreadable(IngestError):
    """The loader cannot make sense of the file."""


class NoText(IngestError):
    """The file holds no text: a scanned PDF, an empty page."""


class OverLimit(IngestError):
    """Too large, too slow or too deep."""


class ModelError(FootnoteError):
    """An embedding, reader or chat model cannot be used."""


class ChatFailed(ModelError):
    """The chat model gave no answer that can be used; `reason` is one word for programs."""

    def __init__(self, reason: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.reason = reason


class CaseError(FootnoteError):
    """An evaluation file does not hold what it should."""


def first_line(error: Exception) -> str:
    """Of what another library's error says, for a message of Footnote's own; its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
