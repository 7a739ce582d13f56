"""The line to a printer: bytes out, bytes in, never for ever.

python-escpos opens USB, serial and network; this room gives its three ways one face and one
error. The law: every wait has an end, and any failure is `Unreachable`, never a crash.
"""

from __future__ import annotations

import errno
import logging
import termios
from pathlib import Path
from typing import Any, Final, Protocol

from escpos.exceptions import Error as EscposError
from escpos.printer import Network, Serial, Usb

from tpe_client.printer.address import (
    Address,
    FilePrinter,
    NetworkPrinter,
    SerialPrinter,
    UsbPrinter,
)

_SECONDS_TO_READ: Final = 1
_SECONDS_TO_WRITE: Final = 10
# What the three drivers raise, found by pulling plugs; termios.error is no OSError.
_FAILURES: Final = (
    OSError,
    EscposError,
    termios.error,
    AssertionError,
    AttributeError,
    TypeError,
    ValueError,
)
# The library reports on its root logger what we tell the cashier in words.
logging.getLogger("escpos").setLevel(logging.CRITICAL)


class Unreachable(Exception):
    """The printer is not there, or no longer takes anything."""


class Link(Protocol):
    """An open line to a printer."""

    def write(self, data: bytes) -> None: ...

    def read(self) -> bytes:
        """What the printer said, empty when it says nothing in time or cannot talk."""

    def close(self) -> None: ...


def open_link(address: Address) -> Link:
    """Opens the line; Unreachable when the printer is not there."""
    if isinstance(address, FilePrinter):
        return _FileLink(address.path)
    return _EscposLink(_driver(address))


class _FileLink:
    """A file, added to; or a port that only listens."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        try:
            self._file = self._path.open("ab", buffering=0)
        except OSError as gone:
            raise Unreachable(self._path.name) from gone

    def write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as gone:
            raise Unreachable(self._path.name) from gone

    def read(self) -> bytes:
        return b""

    def close(self) -> None:
        self._file.close()


class _EscposLink:
    """USB, serial or network through python-escpos."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        try:
            driver.open()
            if isinstance(driver, Serial):
                driver.device.write_timeout = _SECONDS_TO_WRITE
        except _FAILURES as gone:
            raise Unreachable(type(driver).__name__) from gone

    def write(self, data: bytes) -> None:
        # A block at a time: a printer that stops in the middle is seen at the next block.
        for start in range(0, len(data), 512):
            try:
                self._driver._raw(data[start : start + 512])
            except _FAILURES as gone:
                raise Unreachable(type(self._driver).__name__) from gone

    def read(self) -> bytes:
        try:
            if isinstance(self._driver, Serial):
                # One byte, then what is there already: read(16) would wait for sixteen.
                port = self._driver.device
                first: bytes = port.read(1)
                return first + port.read(port.in_waiting) if first else b""
            return bytes(self._driver._read())
        except TimeoutError:
            return b""
        except _FAILURES as gone:
            if getattr(gone, "errno", None) == errno.ETIMEDOUT:
                return b""
            raise Unreachable(type(self._driver).__name__) from gone

    def close(self) -> None:
        try:
            if isinstance(self._driver, Serial):
                # The driver's own close waits until a printer that is gone has taken everything.
                port = self._driver._device
                vars(self._driver).update(_device=False)
                if port:
                    port.close()
            else:
                self._driver.close()
        except _FAILURES:
            return


def _driver(address: UsbPrinter | SerialPrinter | NetworkPrinter) -> Any:
    if isinstance(address, UsbPrinter):
        return Usb(
            address.vendor,
            address.product,
            timeout=_SECONDS_TO_READ * 1000,
            in_ep=address.in_endpoint,
            out_ep=address.out_endpoint,
        )
    if isinstance(address, SerialPrinter):
        return Serial(address.path, address.baud, timeout=_SECONDS_TO_READ)
    return Network(address.host, address.port, timeout=_SECONDS_TO_READ)
