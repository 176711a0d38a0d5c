"""JSON in, checked records out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.errors import BadInput
from handbook.model.library import Document, Section
from handbook.protocol import codec
from tests.protocol.samples import document, texts

sections = st.builds(Section, anchor=texts, level=st.integers(0, 4), heading=texts, text=texts)


@given(st.lists(sections, max_size=4).map(tuple), texts, st.dates())
def test_a_record_survives_the_wire(parts, title, day) -> None:
    sent = document(sections=parts, title=title, issued_on=day)
    data = codec.encode(sent)
    assert codec.decode(data, Document, limit=len(data)) == sent
    assert codec.encode(codec.decode(data, Document, limit=len(data))) == data


def test_a_record_longer_than_allowed_is_refused_unread() -> None:
    data = codec.encode(document())
    with pytest.raises(BadInput, match="giới hạn"):
        codec.decode(data, Document, limit=len(data) - 1)
    with pytest.raises(BadInput, match=r"dài 1\.001 byte, giới hạn là 10 byte"):
        codec.decode(b"\xff" * 1001, Document, limit=10)


@given(st.binary(max_size=200))
def test_noise_is_never_a_record(noise: bytes) -> None:
    with pytest.raises(BadInput):
        codec.decode(noise, Document, limit=1000)


def test_what_is_nested_deeper_than_can_be_read_is_no_record() -> None:
    with pytest.raises(BadInput, match="khuôn dạng"):
        codec.decode(b'{"x":' * 100_000, Document, limit=1_000_000)


@pytest.mark.parametrize(
    ("field", "value"), [("edition", "1"), ("status", "lạ"), ("issued_on", "hôm qua"), ("sections", None)]
)
def test_a_field_of_the_wrong_kind_is_refused(field: str, value: object) -> None:
    fields = codec.decode(codec.encode(document()), dict, limit=10_000)
    with pytest.raises(BadInput, match="khuôn dạng"):
        codec.decode(codec.encode(fields | {field: value}), Document, limit=10_000)
