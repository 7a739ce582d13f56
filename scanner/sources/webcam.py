"""A camera as a reader: the newest frame is looked at, a card that stays in view is told once.

A thread empties the camera, since frames that wait in a driver are already old; at most fifteen
frames a second are decoded. Each frame gets one of the decoder's rescues, the next frame the next
one: over a stream that is worth as much as all of them on one frame, at a fraction of the time.

The law: no frame is kept, shown or written. A film serves as a camera (tests, trials); it waits for
whoever looks at it, so that a trial ends alike on a busy machine.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import cv2

from scanner.decode import RESCUES, Picture, read_codes
from scanner.sources.reading import Happening, Reading, SourceFailed

FRAMES_A_SECOND: Final = 15
SEEN_AGAIN_SECONDS: Final = 2.0
_RETRY_SECONDS: Final = 1.0


class Webcam:
    """Reads the codes held before a camera (its number) or in a film (its path)."""

    name = "camera"

    def __init__(self, camera: int | Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._camera, self._clock = camera, clock
        self._news = threading.Condition()
        self._newest: Picture | None = None
        self._film_over = self._lost = self._closed = False
        self._told: deque[Reading | Happening] = deque()
        self._seen_at: dict[str, float] = {}
        self._rescues = itertools.cycle(RESCUES)
        self._next_look_at = 0.0
        self._pause = 0.0 if isinstance(camera, Path) else 1 / FRAMES_A_SECOND
        self._thread = threading.Thread(target=self._empty, args=(self._opened(),), daemon=True)
        self._thread.start()

    def next(self, *, seconds: float) -> Reading | Happening | None:
        """The next code or happening; None when nothing came in that time."""
        until = self._clock() + seconds
        while not self._told:
            frame = self._awaited(until)
            if frame is None:
                break
            for text in read_codes(frame, rescues=(next(self._rescues),)):
                self._see(text)
        if self._told:
            return self._told.popleft()
        return Happening.OVER if self._film_over and self._newest is None else None

    def close(self) -> None:
        """Switches the camera off."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        self._thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _see(self, text: str) -> None:
        now = self._clock()
        last = self._seen_at.get(text)
        self._seen_at = {t: at for t, at in self._seen_at.items() if now - at < SEEN_AGAIN_SECONDS}
        self._seen_at[text] = now
        if last is None or now - last >= SEEN_AGAIN_SECONDS:
            self._told.append(Reading(self.name, text))

    def _awaited(self, until: float) -> Picture | None:
        """The newest frame, once it may be looked at; None when the time is over."""
        with self._news:
            while self._newest is not None or not (self._told or self._film_over):
                now = self._clock()
                if self._newest is not None and now >= self._next_look_at:
                    frame, self._newest = self._newest, None
                    self._news.notify_all()
                    self._next_look_at = now + self._pause
                    return frame
                wake = until if self._newest is None else min(until, self._next_look_at)
                if now >= until:
                    return None
                self._news.wait(max(0.001, wake - now))
        return None

    def _empty(self, capture: Any) -> None:
        """The camera's thread: takes every frame, keeps the last."""
        is_film = isinstance(self._camera, Path)
        while True:
            came, frame = capture.read()
            with self._news:
                if self._closed:
                    break
                if came:
                    self._newest = frame
                    self._news.notify_all()
                    if is_film:
                        self._news.wait_for(lambda: self._closed or self._newest is None)
                    continue
                if is_film:
                    self._film_over = True
                    self._news.notify_all()
                    break
            capture.release()
            capture = self._found_again()
            if capture is None:
                return
        capture.release()

    def _found_again(self) -> Any:
        """The camera, opened again after it was unplugged; None when the source was closed."""
        self._happen(Happening.LOST)
        while True:
            with self._news:
                if self._news.wait_for(lambda: self._closed, _RETRY_SECONDS):
                    return None
            try:
                capture = self._opened()
            except SourceFailed:
                continue
            self._happen(Happening.FOUND)
            return capture

    def _happen(self, happening: Happening) -> None:
        with self._news:
            self._told.append(happening)
            self._news.notify_all()

    def _opened(self) -> Any:
        place = str(self._camera)
        if isinstance(self._camera, Path) and not self._camera.is_file():
            raise SourceFailed("not_found", place)
        capture = cv2.VideoCapture(place if isinstance(self._camera, Path) else self._camera)
        if not capture.isOpened():
            capture.release()
            raise SourceFailed("not_found", place)
        if not isinstance(self._camera, Path):
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, 1280)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, 720)
        return capture
