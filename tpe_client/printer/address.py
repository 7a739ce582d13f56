"""Where a printer is: `usb:04b8:0202`, `serial:/dev/ttyUSB0`, `tcp:192.168.1.9:9100`, `file:PATH`.

`none` is a box without printer: tickets are then shown on the screen alone. A serial address may
end in `@115200`, a USB address in its two endpoints `:82:01`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_USB: Final = re.compile(
    r"usb:([0-9a-f]{4}):([0-9a-f]{4})(?::([0-9a-f]{2}):([0-9a-f]{2}))?", re.IGNORECASE
)
_SERIAL: Final = re.compile(r"serial:([^@]+?)(?:@(\d{3,7}))?")
_TCP: Final = re.compile(r"tcp:(\[[0-9a-fA-F:]+\]|[^:]+)(?::(\d{1,5}))?")
_FILE: Final = re.compile(r"file:(.+)")


@dataclass(frozen=True)
class UsbPrinter:
    """Vendor and product number, and the endpoints that most printers have."""

    vendor: int
    product: int
    in_endpoint: int = 0x82
    out_endpoint: int = 0x01


@dataclass(frozen=True)
class SerialPrinter:
    """A serial port and its speed."""

    path: str
    baud: int = 9600


@dataclass(frozen=True)
class NetworkPrinter:
    """A printer that listens, by custom on port 9100."""

    host: str
    port: int = 9100


@dataclass(frozen=True)
class FilePrinter:
    """A file or a one-way port such as /dev/usb/lp0."""

    path: str


Address = UsbPrinter | SerialPrinter | NetworkPrinter | FilePrinter


def parse_address(text: str) -> Address | None:
    """The printer an operator named, None for `none`; ValueError when it is no address."""
    if text == "none":
        return None
    if found := _USB.fullmatch(text):
        numbers = [int(part, 16) for part in found.groups() if part]
        return UsbPrinter(*numbers)
    if found := _SERIAL.fullmatch(text):
        return SerialPrinter(found[1], int(found[2] or 9600))
    if (found := _TCP.fullmatch(text)) and int(found[2] or 9100) < 65536:
        return NetworkPrinter(found[1].strip("[]"), int(found[2] or 9100))
    if found := _FILE.fullmatch(text):
        return FilePrinter(found[1])
    raise ValueError(text)
