"""What went wrong -> HTML, in the place of what could not be shown. Pure."""

from ui.conversation import Failure
from ui.markup import tag, text


def failure(failure: Failure) -> str:
    remedy = f"<p>{text(failure.remedy)}</p>" if failure.remedy else ""
    error_id = f'<p class="fn-small">Error {text(failure.error_id)}</p>' if failure.error_id else ""
    message = f"<p><strong>{text(failure.message)}</strong></p>"
    return tag("div", message + remedy + error_id, cls="fn-failure", role="alert")
