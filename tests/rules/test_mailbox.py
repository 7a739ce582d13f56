"""Two ways to write one mailbox."""

import pytest

from cardservice.domain.mailbox import same_mailbox


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("lea@mail.example", "LEA@Mail.example ", True),
        ("lea@mail.example", "lea+maman@mail.example", True),
        ("lea+a@mail.example", "lea+b@mail.example", True),
        ("l.e.a+x@gmail.com", "lea@googlemail.com", True),
        ("l.ea@mail.example", "lea@mail.example", False),
        ("lea@mail.example", "lea@other.example", False),
        ("lea@mail.example", "leo@mail.example", False),
    ],
)
def test_plus_and_gmails_dots_lead_nowhere_else(one: str, other: str, same: bool) -> None:
    assert same_mailbox(one, other) is same
