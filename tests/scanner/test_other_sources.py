"""A camera (a film stands in), image files and standard input, read through the same protocol."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from scanner.decode import RESCUES, read_codes
from scanner.sources.image_file import ImageFiles
from scanner.sources.reading import Happening, Reading, Source, SourceFailed
from scanner.sources.standard_input import StandardInput
from scanner.sources.webcam import Webcam
from tests.scanner.damaged_cards import Picture, empty_counter, frame, photograph

CODE = "10AZQWM01SXK8N"
# A seed whose card lies in a shadow that the bare decoder does not see through.
SHADOWED = 11


def all_told(source: Source) -> list[str]:
    """Everything until the source is over."""
    found: list[str] = []
    with source:
        for _ in range(400):
            came = source.next(seconds=0.1)
            if came is Happening.OVER:
                return found
            if came is not None:
                found.append(came.text if isinstance(came, Reading) else f"<{came}>")
    raise AssertionError("never over")


def slow_clock() -> Callable[[], float]:
    """A millisecond at every look: a busy machine does not make a card come back."""
    looks = itertools.count()
    return lambda: next(looks) / 1000


def film(path: Path, frames: Iterable[Picture]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (1280, 720))
    for picture in frames:
        writer.write(picture)
    writer.release()
    return path


def test_a_card_held_before_the_camera_is_told_once(tmp_path: Path) -> None:
    card, counter = frame(1), empty_counter()
    path = film(tmp_path / "film.avi", [counter] * 2 + [card.picture] * 8 + [counter] * 2)
    assert all_told(Webcam(path, clock=slow_clock())) == [card.text]


def test_two_cards_one_after_the_other_are_both_told(tmp_path: Path) -> None:
    one, other = frame(1), frame(2)
    path = film(tmp_path / "film.avi", [one.picture] * 4 + [other.picture] * 4)
    assert all_told(Webcam(path, clock=slow_clock())) == [one.text, other.text]


def test_a_card_that_comes_back_later_is_told_again(tmp_path: Path) -> None:
    card = frame(1)
    now = [0.0]
    with Webcam(film(tmp_path / "film.avi", [card.picture]), clock=lambda: now[0]) as camera:
        for at, told in ((0.0, True), (1.0, False), (2.5, False), (5.0, True)):
            now[0] = at
            camera._see("A")
            assert bool(camera._told) is told, at
            camera._told.clear()


def test_a_hard_card_is_rescued_by_one_of_the_next_frames(tmp_path: Path) -> None:
    # Each frame gets one rescue: what the bare decoder cannot read comes a few frames later.
    hard = photograph("shadow", SHADOWED)
    assert read_codes(hard.picture, rescues=()) == ()
    with Webcam(film(tmp_path / "film.avi", [hard.picture] * len(RESCUES))) as camera:
        told = (camera.next(seconds=0.5) for _ in range(400))
        assert next(one for one in told if one is not None) == Reading("camera", hard.text)


@pytest.mark.parametrize("content", [b"", b"no film at all" * 50])
def test_what_is_no_camera_is_said_at_once(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "film.avi").write_bytes(content)
    with pytest.raises(SourceFailed):
        Webcam(tmp_path / "film.avi")
    with pytest.raises(SourceFailed) as failure:
        Webcam(tmp_path / "none.avi")
    assert failure.value.code == "not_found"


def test_closing_in_the_middle_of_a_film_is_clean(tmp_path: Path) -> None:
    camera = Webcam(film(tmp_path / "film.avi", [empty_counter()] * 20))
    camera.next(seconds=0.05)
    camera.close()
    camera.close()
    assert not camera._thread.is_alive()


def test_the_cards_of_several_images_are_read_in_their_order(tmp_path: Path) -> None:
    photos = [frame(seed) for seed in (1, 2)]
    paths = [tmp_path / "a.png", tmp_path / "empty.png", tmp_path / "not.png", tmp_path / "b.jpg"]
    cv2.imwrite(str(paths[0]), photos[0].picture)
    cv2.imwrite(str(paths[1]), np.full((90, 90), 200, np.uint8))
    paths[2].write_bytes(b"this is no picture")
    cv2.imwrite(str(paths[3]), photos[1].picture)
    assert all_told(ImageFiles(paths)) == [photo.text for photo in photos]


def test_an_image_that_is_not_there_is_said_by_its_name(tmp_path: Path) -> None:
    with ImageFiles([tmp_path / "none.png"]) as images, pytest.raises(SourceFailed) as failure:
        images.next(seconds=1)
    assert failure.value.place.endswith("none.png")
    with ImageFiles([tmp_path]) as images, pytest.raises(SourceFailed):
        images.next(seconds=1)


def test_a_pipe_is_read_line_by_line_and_its_last_line_needs_no_end() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, f"{CODE}\nfoo\r\nbar".encode())
    os.close(theirs)
    assert all_told(StandardInput(ours)) == [CODE, "foo", "bar"]
    os.close(ours)


def test_a_pipe_may_pause_within_a_code() -> None:
    ours, theirs = os.pipe()
    source = StandardInput(ours)
    os.write(theirs, CODE[:4].encode())
    assert source.next(seconds=0.2) is None
    os.write(theirs, CODE[4:].encode() + b"\n")
    assert source.next(seconds=5) == Reading("stdin", CODE)
    os.close(theirs)
    assert source.next(seconds=5) is Happening.OVER
    os.close(ours)
