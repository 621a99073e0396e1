"""Tokens that are made invalid are other tokens, whatever their alphabet is."""

import uuid

import pytest
from tokens import damaged


@pytest.mark.parametrize("number", range(64))
def test_a_changed_token_of_hex_is_another(number: int) -> None:
    token = uuid.UUID(int=number * 0x1357_9BDF_0246_8ACE_1122_3344_5566_7788 % 2**128, version=4).hex
    for what, other in damaged(token):
        assert other.lower() != token, what
