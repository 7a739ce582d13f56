"""Card images: never below the bare decoder, clearly above it, and nothing ever raises (C77)."""

from __future__ import annotations

import io
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scanner.decode import RESCUES, read_codes
from tests.scanner.damaged_cards import DAMAGES, Picture, empty_counter, frame, photograph

QR, PLAIN = zxingcpp.BarcodeFormat.QRCode, zxingcpp.TextMode.Plain
FEW = 2


def bare(picture: Any) -> tuple[str, ...]:
    """What zxing-cpp reads in the image as it is."""
    found = zxingcpp.read_barcodes(picture, formats=QR, text_mode=PLAIN)
    return tuple(one.text for one in found)


def encoded(picture: Picture, kind: str, **options: Any) -> bytes:
    """A picture (BGR) as a file of this kind."""
    file = io.BytesIO()
    Image.fromarray(picture[:, :, ::-1]).save(file, kind, **options)
    return file.getvalue()


def counted(seeds: range) -> tuple[int, int, int]:
    """Over all damages and these seeds: pictures, read by the bare decoder, read by ours."""
    pictures = bare_right = ours_right = 0
    for kind in DAMAGES:
        for seed in seeds:
            photo = photograph(kind, seed)
            found, ours = bare(photo.picture), read_codes(photo.picture)
            pictures += 1
            bare_right += found == (photo.text,)
            ours_right += ours == (photo.text,)
            assert ours == found or not found, f"{kind} {seed}: the bare decoder is the answer"
            assert ours in ((), (photo.text,)), f"{kind} {seed}: {ours} is not what stands there"
    return pictures, bare_right, ours_right


def test_damaged_cards_are_read_more_often_than_by_the_bare_decoder() -> None:
    pictures, bare_right, ours_right = counted(range(730, 730 + FEW))
    assert pictures == FEW * len(DAMAGES)
    assert ours_right >= bare_right + pictures // 20, f"{bare_right} -> {ours_right}"


@pytest.mark.soak
def test_three_hundred_damaged_cards_gain_many_points() -> None:
    pictures, bare_right, ours_right = counted(range(10_000, 10_020))
    assert (ours_right - bare_right) / pictures > 0.08


@pytest.mark.soak
def test_a_frame_with_a_card_costs_little_more_than_the_bare_decoder() -> None:
    """Turn by turn with zxing-cpp's own look at the same grey picture, on the same machine."""
    photos = [frame(seed) for seed in range(15)]
    greys = [grey_of(photo.picture) for photo in photos]
    ratios = [
        quickest(read_codes, photo.picture) / quickest(bare, grey)
        for photo, grey in zip(photos, greys, strict=True)
    ]
    assert statistics.median(ratios) < 2.5, sorted(ratios)


@pytest.mark.soak
def test_a_frame_without_a_card_costs_a_bounded_multiple_of_the_bare_decoder() -> None:
    picture = empty_counter()
    ratio = quickest(read_codes, picture) / quickest(bare, grey_of(picture))
    assert ratio < 150, ratio


def test_a_frame_without_a_card_holds_no_code() -> None:
    assert read_codes(empty_counter()) == ()


def quickest(look: Callable[[Any], object], picture: Picture) -> float:
    """Seconds of the processors for the quietest of a few looks."""
    took = []
    for _ in range(6):
        start = time.process_time()
        look(picture)
        took.append(time.process_time() - start)
    return min(took)


@pytest.mark.parametrize("rescue", RESCUES, ids=lambda rescue: rescue.__name__)
def test_each_rescue_reads_plain_cards_and_invents_none(rescue: Any) -> None:
    photos = [frame(seed) for seed in range(4)]
    found = [rescue(grey_of(photo.picture)) for photo in photos]
    assert any(found)
    assert all(ours in ((), (photo.text,)) for ours, photo in zip(found, photos, strict=True))
    assert rescue(grey_of(empty_counter())) == ()


def grey_of(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


FILES: dict[str, Callable[[Picture], bytes]] = {
    "png": lambda p: encoded(p, "PNG"),
    "jpeg": lambda p: encoded(p, "JPEG"),
    "webp": lambda p: encoded(p, "WEBP"),
    "gif": lambda p: encoded(p, "GIF"),
    "bmp": lambda p: encoded(p, "BMP"),
    "tiff": lambda p: encoded(p, "TIFF"),
    "cmyk jpeg": lambda p: _saved(Image.fromarray(p[:, :, ::-1]).convert("CMYK"), "JPEG"),
    "palette": lambda p: _saved(Image.fromarray(p[:, :, ::-1]).convert("P"), "PNG"),
    "one bit": lambda p: _saved(Image.fromarray(p[:, :, ::-1]).convert("1"), "PNG"),
    "sixteen bits": lambda p: _saved(
        Image.fromarray(p[:, :, 1].astype(np.uint16) * 40 + 900), "PNG"
    ),
    "floats": lambda p: _saved(Image.fromarray(p[:, :, 1].astype(np.float32) / 255), "TIFF"),
    "animated": lambda p: encoded(
        p, "GIF", save_all=True, append_images=[Image.new("RGB", (9, 9))]
    ),
}


def _saved(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", FILES)
def test_a_card_is_read_in_every_kind_of_file(kind: str) -> None:
    photo = frame(5)
    assert read_codes(FILES[kind](photo.picture)) == (photo.text,)


def test_a_code_drawn_on_nothing_is_read_as_if_on_paper() -> None:
    photo = frame(5)
    ink = 255 - photo.picture.max(axis=2)
    image = Image.merge("LA", (Image.new("L", ink.shape[::-1], 0), Image.fromarray(ink)))
    assert read_codes(_saved(image, "PNG")) == (photo.text,)


def test_a_card_is_read_in_an_image_of_pillow() -> None:
    photo = frame(5)
    assert read_codes(Image.fromarray(photo.picture[:, :, ::-1])) == (photo.text,)


def test_the_upper_part_of_a_photograph_that_was_cut_off_is_read() -> None:
    photo = frame(5)
    whole = encoded(photo.picture, "JPEG", quality=90)
    assert read_codes(whole[: len(whole) * 95 // 100]) == (photo.text,)


@pytest.mark.parametrize(
    "shaped",
    [
        lambda p: p[:, :, 1],
        lambda p: p[:, :, 1:2],
        lambda p: np.dstack([p, np.full(p.shape[:2], 255, np.uint8)]),
        lambda p: p[:, :, 1].astype(np.uint16) * 257,
        lambda p: p.astype(np.float64) / 255,
        lambda p: p[:, :, 1] > 110,
        lambda p: np.asfortranarray(p),
        lambda p: p[::-1, ::-1][::-1, ::-1],
    ],
    ids=["grey", "one channel", "alpha", "16 bits", "floats", "bools", "fortran", "strides"],
)
def test_a_card_is_read_in_every_kind_of_array(shaped: Callable[[Picture], Any]) -> None:
    photo = frame(5)
    assert read_codes(shaped(photo.picture)) == (photo.text,)


@pytest.mark.parametrize(
    "nothing",
    [
        np.zeros((0, 0), np.uint8),
        np.zeros((0, 720, 3), np.uint8),
        np.zeros((1, 1), np.uint8),
        np.zeros((2, 3, 4, 5), np.uint8),
        np.zeros((50, 50, 7), np.uint8),
        np.full((40, 40), np.nan),
        np.full((40, 40), np.inf),
        np.array([["a", "b"]]),
        np.array(None),
        np.zeros((3, 30_000), np.uint8),
        None,
        "a text",
        {"a": 1},
        [[1, 2], [3]],
    ],
    ids=repr,
)
def test_what_is_no_image_holds_no_code(nothing: object) -> None:
    assert read_codes(nothing) == ()


def test_a_small_file_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    # 60,000 x 60,000 grey pixels, all alike: some megabytes of file, 3.6 GB of memory.
    header = _saved(Image.new("1", (8, 8)), "PNG")
    giant = header.replace(b"\0\0\0\x08\0\0\0\x08", (60_000).to_bytes(4, "big") * 2, 1)
    tracemalloc.start()
    try:
        assert read_codes(giant) == ()
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 50_000_000


def test_a_telephones_large_photograph_is_read() -> None:
    photo = frame(5)
    large = cv2.resize(photo.picture, (5120, 2880), interpolation=cv2.INTER_CUBIC)
    assert read_codes(encoded(np.asarray(large, np.uint8), "JPEG")) == (photo.text,)


def test_two_cards_in_one_picture_are_both_read() -> None:
    one, other = frame(1), frame(2)
    both = np.vstack([one.picture, other.picture])
    assert sorted(read_codes(both)) == sorted((one.text, other.text))


def test_a_code_that_is_no_text_does_not_stop_the_program() -> None:
    code = zxingcpp.create_barcode(bytes(range(128, 228)), zxingcpp.BarcodeFormat.QRCode)
    picture = np.array(code.to_image(scale=6, add_quiet_zones=True))
    assert len(read_codes(picture)) == 1


SNIPPET = photograph("small", 1).picture[200:520, 380:900]
PNG, JPEG, GIF = (FILES[kind](SNIPPET) for kind in ("png", "jpeg", "gif"))


@given(st.binary(max_size=400))
def test_no_bytes_raise(content: bytes) -> None:
    assert isinstance(read_codes(content, rescues=RESCUES[:1]), tuple)


@settings(max_examples=60)
@given(
    st.sampled_from((PNG, JPEG, GIF)),
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=6)), max_size=5),
    st.integers(0, 10**6),
)
def test_no_damaged_file_raises(
    content: bytes, patches: list[tuple[int, bytes]], cut_at: int
) -> None:
    damaged = bytearray(content)
    for at, patch in patches:
        start = at % len(damaged)
        damaged[start : start + len(patch)] = patch
    assert isinstance(read_codes(bytes(damaged)[: cut_at % len(damaged)], rescues=()), tuple)


@settings(max_examples=40)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))
def test_no_noise_raises_or_holds_a_code(height: int, width: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    assert read_codes(noise) == ()
