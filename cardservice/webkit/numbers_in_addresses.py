"""Numbers in addresses (`{delegate_id:number}`): at most as long as the keys of our rows.

Starlette's own `int` takes any length, and Python refuses to read a number of five thousand digits:
that would be a defect of ours instead of an address that does not exist.
"""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor


class NumberConvertor(Convertor[int]):
    """One to eighteen digits: every one of them fits a bigint."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("number", NumberConvertor())
